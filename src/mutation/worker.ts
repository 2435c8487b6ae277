import { type Chains, holdChains } from "./chains.ts";
import { type Codes, compile, type Optimization, readBuild } from "./compiler.ts";
import type { Answer, Request } from "./messages.ts";
import { compileTraced, listen, reach, statementsOf } from "./reach.ts";
import { loadSuite, type Suite } from "./suite.ts";
import { type Try, tryMutant } from "./trial.ts";

// What a failed test leaves behind must neither end the process nor fail the next one.
process.on("unhandledRejection", () => undefined);

const build = readBuild();
let chains: Chains;
let suite: Suite;
let heard: ReturnType<typeof listen> | undefined;
let traced: readonly string[] = [];
const codes = new Map<string, Codes>();
const soundness = new Map<string, boolean>();

/** Contracts that a test can deploy and that have code of `file`. */
function usersOf(file: string): string[] {
  return build.usersOf(file).filter((contract) => contract.startsWith("contracts/"));
}

function original(file: string, optimization: Optimization): Codes {
  const key = `${optimization} ${file}`;
  if (!codes.has(key)) codes.set(key, compile(build, usersOf(file), {}, optimization)!);
  return codes.get(key)!;
}

/** Whether a test passes without any mistake, compiled as mutants are. */
async function isSound({ name, timeout }: Try, file: string): Promise<boolean> {
  const key = `${file} ${name}`;
  if (!soundness.has(key)) {
    await suite.install(original(file, "plain"));
    soundness.set(key, (await suite.run(name, 4 * timeout)).result === "passed");
  }
  return soundness.get(key)!;
}

async function answer(request: Request): Promise<Answer> {
  switch (request.type) {
    case "setup":
      if (request.traced.length !== 0) heard = listen();
      traced = request.traced;
      chains = holdChains();
      suite = await loadSuite(request.files, chains);
      return { type: "ready", names: suite.names };
    case "reach": {
      const users = [...new Set(traced.flatMap(usersOf))];
      await suite.install(compileTraced(build, traced, users)!);
      const { tags } = statementsOf(build, traced);
      await reach(suite, chains.connections, heard!, tags, request.timeout, (reached) =>
        send({ type: "reached", reached }),
      );
      return { type: "allReached" };
    }
    case "try": {
      const { mutant, tests } = request;
      const verdict = await tryMutant(
        build,
        suite,
        mutant,
        tests,
        (optimization) => original(mutant.file, optimization),
        async (test) => isSound(test, mutant.file),
      );
      const unsound = tests.map(({ name }) => name).filter((name) => soundness.get(`${mutant.file} ${name}`) === false);
      return { type: "tried", verdict, unsound };
    }
  }
}

function send(message: Answer): void {
  process.send!(message);
}

process.on("message", (request: Request) => {
  answer(request).then(send, (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
});
