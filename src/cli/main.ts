import type { CommandFactory } from "./command.ts";

/**
 * Runs a command of the process. It is loaded late, so that a missing build is a sentence, too. The first interrupt ends
 * what waits, the second one everything.
 */
export async function main(load: () => Promise<CommandFactory>): Promise<void> {
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort());
  process.once("SIGTERM", () => abort.abort());
  for (const stream of [process.stdout, process.stderr]) stream.on("error", endUnread);
  try {
    const [command, { runCommand }, { connectHardhat }] = await Promise.all([
      load(),
      import("./command.ts"),
      import("./hardhat.ts"),
    ]);
    process.exitCode = await runCommand(command, process.argv.slice(2), {
      out: (line) => void process.stdout.write(`${line}\n`),
      err: (line) => void process.stderr.write(`${line}\n`),
      connect: connectHardhat,
      signal: abort.signal,
    });
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    process.stderr.write(missing ? "The contracts are not built: run npm run build.\n" : `${String(error)}\n`);
    process.exitCode = 1;
  }
}

/** Whoever reads may stop at any line, as `head` does. */
function endUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}
