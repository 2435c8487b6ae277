import { type Chains, holdChains } from "./chains.ts";
import { deployableUsers, type Optimization, readBuild } from "./compiler.ts";
import type { Answer, Request } from "./messages.ts";
import { processorTime } from "./processor.ts";
import { listen, reach } from "./reach.ts";
import { compileTraced, statementsOf } from "./statements.ts";
import { runSolidityTests } from "./solidity.ts";
import { loadSuite, type Suite } from "./suite.ts";
import { type Try, tryMutant } from "./trial.ts";
import { Variant } from "./variant.ts";

// What a failed test leaves behind must neither end the process nor fail the next one.
process.on("unhandledRejection", () => undefined);
process.on("disconnect", () => process.exit());

const build = readBuild();
let chains: Chains;
let suite: Suite;
let heard: ReturnType<typeof listen> | undefined;
let traced: readonly string[] = [];
const variants = new Map<string, Variant>();
const soundness = new Map<string, boolean>();

/** A file's contracts without a mistake. */
function soundVariant(file: string, optimization: Optimization): Variant {
  const key = `${optimization} ${file}`;
  if (!variants.has(key)) variants.set(key, new Variant(build, deployableUsers(build, file), {}, optimization));
  return variants.get(key)!;
}

/** Whether a test passes without any mistake, compiled as mutants are. */
async function passes({ name, timeout }: Try, file: string): Promise<boolean> {
  const key = `${file} ${name}`;
  if (!soundness.has(key)) {
    await suite.install(soundVariant(file, "plain"));
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
      const users = [...new Set(traced.flatMap((file) => deployableUsers(build, file).flat()))];
      await suite.install(compileTraced(build, traced, users));
      const { tags } = statementsOf(build, traced);
      await reach(suite, chains.connections, heard!, tags, request.timeout, (reached) =>
        send({ type: "reached", reached }),
      );
      return { type: "allReached" };
    }
    case "try": {
      const { mutant, tests, solidity } = request;
      const before = processorTime();
      const verdict = await tryMutant(build, deployableUsers(build, mutant.file), suite, mutant, tests, solidity, {
        variant: (optimization) => soundVariant(mutant.file, optimization),
        passes: async (test) => passes(test, mutant.file),
        failing: async (files) => runSolidityTests(build, files, mutant.file, {}),
      });
      const unsound = tests.map(({ name }) => name).filter((name) => soundness.get(`${mutant.file} ${name}`) === false);
      return { type: "tried", verdict: { ...verdict, cpu: Math.round(processorTime() - before) }, unsound };
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
