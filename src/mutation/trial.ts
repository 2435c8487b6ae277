import { type Build, type Optimization, PROJECT } from "./compiler.ts";
import type { Mutant } from "./mutants.ts";
import { Source } from "./source.ts";
import { type Failed, runSolidityTests } from "./solidity.ts";
import type { Suite } from "./suite.ts";
import { Variant } from "./variant.ts";

/** How a mutant fared. */
export type Status =
  | "killed" // a test failed that passes without the mistake
  | "survived"
  | "equal" // the compiler makes the same code of it
  | "late" // a test did not end in time, and none failed
  | "uncompilable"
  | "untested"; // no test gets there

export interface Verdict {
  readonly status: Status;
  /** The test that failed, and what it said; for a late one, the test that did not end. */
  readonly test?: string;
  readonly reason?: string;
  /** What it took of a processor, in milliseconds. */
  readonly cpu?: number;
  /** A late test still runs, so that the process is of no use any more. */
  readonly goesOn?: boolean;
}

/** More than so many late tests, and the others are not tried. */
export const MAX_LATE_TESTS = 3;

/** A test to be tried on a mutant. */
export interface Try {
  readonly name: string;
  readonly timeout: number;
}

/** What a trial compares with: the contracts without a mistake, and which tests pass on them. */
export interface Sound {
  readonly variant: (optimization: Optimization) => Variant;
  readonly passes: (test: Try) => Promise<boolean>;
  /** The tests in `files` of Solidity that fail even so. */
  readonly failing: (files: readonly string[]) => Promise<readonly Failed[]>;
}

/** Compiles a mutant, installs it and runs tests until one fails; those in Solidity last, for they are slow. */
export async function tryMutant(
  build: Build,
  groups: readonly (readonly string[])[],
  suite: Suite,
  mutant: Mutant,
  tests: readonly Try[],
  solidity: readonly string[],
  sound: Sound,
): Promise<Verdict> {
  const content = new Source(build.sources[PROJECT + mutant.file]!.content).replace(mutant, mutant.text);
  const variant = new Variant(build, groups, { [mutant.file]: content }, "plain");
  await suite.install(variant);
  const late: string[] = [];
  for (const [index, test] of tests.entries()) {
    let { result, reason, goesOn } = await suite.run(test.name, test.timeout);
    if (variant.refusal !== undefined) return { status: "uncompilable", reason: variant.refusal.message };
    if (result === "failed" && index !== 0) {
      // What other tests leave behind shall not decide.
      await suite.install(variant);
      ({ result, reason, goesOn } = await suite.run(test.name, test.timeout));
    }
    if (result === "passed") continue;
    if (result === "late") {
      late.push(test.name);
      if (goesOn || late.length > MAX_LATE_TESTS) return { status: "late", test: late[0]!, goesOn };
    } else if (await sound.passes(test)) return { status: "killed", test: test.name, reason };
    await suite.install(variant);
  }
  const deployed = new Variant(build, groups, { [mutant.file]: content }, "deployed");
  if (deployed.equals(sound.variant("deployed"))) return { status: "equal" };
  const alive: Verdict = late.length === 0 ? { status: "survived" } : { status: "late", test: late[0]! };
  if (solidity.length === 0) return alive;

  const failed = await runSolidityTests(build, solidity, mutant.file, { [mutant.file]: content });
  const known = failed.length === 0 ? [] : await sound.failing(solidity);
  const first = failed.find(({ name }) => known.every((each) => each.name !== name));
  return first === undefined ? alive : { status: "killed", test: first.name, reason: first.reason.slice(0, 200) };
}
