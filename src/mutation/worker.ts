import { Batch } from "./batch.ts";
import { type Chains, holdChains } from "./chains.ts";
import { deployableUsers, type Optimization, readBuild } from "./compiler.ts";
import type { Answer, Request } from "./messages.ts";
import type { Mutant } from "./mutants.ts";
import { processorTime } from "./processor.ts";
import { listen, reach } from "./reach.ts";
import { compileTraced, statementsOf } from "./statements.ts";
import { runSolidityTests } from "./solidity.ts";
import { loadSuite, type Suite } from "./suite.ts";
import { oneByOne, type Try, tryMutant } from "./trial.ts";
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
  if (!variants.has(key)) {
    const users = deployableUsers(build, file);
    const groups = optimization === "deployed" ? oneByOne(users) : users;
    variants.set(key, new Variant(build, groups, {}, optimization));
  }
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

/** The last batch, and the tests that pass on it with no mistake on. */
let current: { readonly ids: string; readonly batch: Batch; readonly passed: Map<string, boolean> } | undefined;

function batchOf(mutants: readonly Mutant[]): Batch {
  const ids = mutants.map(({ id }) => id).join("\n");
  if (current?.ids !== ids) {
    const batch = new Batch(build, deployableUsers(build, mutants[0]!.file), mutants);
    current = { ids, batch, passed: new Map() };
  }
  return current.batch;
}

async function passesAmong({ name, timeout }: Try): Promise<true | undefined> {
  const { batch, passed } = current!;
  if (!passed.has(name)) {
    await suite.install(batch.choose());
    passed.set(name, (await suite.run(name, 4 * timeout)).result === "passed");
  }
  return passed.get(name) === true ? true : undefined;
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
      const { mutant, tests, solidity, quick } = request;
      const batch = batchOf(request.batch);
      const before = processorTime();
      const groups = deployableUsers(build, mutant.file);
      const verdict = await tryMutant(
        build,
        groups,
        suite,
        { mutant, batch, tests, solidity, quick },
        {
          variant: (optimization) => soundVariant(mutant.file, optimization),
          passes: async (test) => passes(test, mutant.file),
          passesAmong: async (test) => passesAmong(test),
          failing: async (files) => runSolidityTests(build, files, mutant.file, {}),
        },
      );
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
