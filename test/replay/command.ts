import { replayCommand } from "../../scripts/replay/command.ts";
import { runCommand } from "../../src/cli/command.ts";

/** What the command said, results and progress apart. */
export interface Said {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** Runs `npm run replay` with arguments. */
export async function runReplay(...args: readonly string[]): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  const connect = () => {
    throw new Error("The replay brings its own chain.");
  };
  const world = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line), connect };
  return { code: await runCommand(replayCommand, args, world), out, err };
}
