import type { Batch } from "./batch.ts";
import type { Installable } from "./chains.ts";
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
  /** The tests that were tried in vain. */
  readonly passed?: readonly string[];
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
  /** The same of the contracts that hold several mistakes, none of which is on; undefined, for no verdict, if not. */
  readonly passesAmong: (test: Try) => Promise<true | undefined>;
  /** The tests in `files` of Solidity that fail even so. */
  readonly failing: (files: readonly string[]) => Promise<readonly Failed[]>;
}

/** A mutant, what it is tried with, and others that are compiled with it. */
export interface Trial {
  readonly mutant: Mutant;
  readonly batch: Batch;
  readonly tests: readonly Try[];
  readonly solidity: readonly string[];
  /** Leaves what lives at that: it is neither compared as it is deployed nor tried on the tests in Solidity. */
  readonly quick: boolean;
}

/** Runs tests on a mutant until one fails; those in Solidity last, for they are slow. */
export async function tryMutant(
  build: Build,
  groups: readonly (readonly string[])[],
  suite: Suite,
  { mutant, batch, tests, solidity, quick }: Trial,
  sound: Sound,
): Promise<Verdict> {
  const content = new Source(build.sources[PROJECT + mutant.file]!.content).replace(mutant, mutant.text);
  const replaced = { [mutant.file]: content };
  let verdict = batch.has(mutant)
    ? await firstToFail(suite, batch.choose(mutant), tests, sound.passesAmong, () => batch.has(mutant))
    : undefined;
  if (verdict === undefined) {
    const alone = new Variant(build, groups, replaced, "plain");
    verdict = await firstToFail(suite, alone, tests, sound.passes, () => alone.refusal === undefined);
    if (verdict === undefined) return { status: "uncompilable", reason: alone.refusal!.message };
  }
  if (verdict.status === "killed" || verdict.goesOn !== undefined || quick) return verdict;

  const deployed = new Variant(build, oneByOne(groups), replaced, "deployed");
  if (deployed.equals(sound.variant("deployed"))) return { status: "equal" };
  if (solidity.length === 0) return verdict;

  const failed = await runSolidityTests(build, solidity, mutant.file, replaced);
  const known = failed.length === 0 ? [] : await sound.failing(solidity);
  const first = failed.find(({ name }) => known.every((each) => each.name !== name));
  return first === undefined ? verdict : { status: "killed", test: first.name, reason: first.reason.slice(0, 200) };
}

/**
 * The first test that fails on `codes` and passes without a mistake; late ones are noted. Undefined if the codes are found not
 * to be what they should, or if tests fail on them whatever the mistake.
 */
async function firstToFail(
  suite: Suite,
  codes: Installable,
  tests: readonly Try[],
  passes: (test: Try) => Promise<boolean | undefined>,
  isFit: () => boolean,
): Promise<Verdict | undefined> {
  await suite.install(codes);
  const late: string[] = [];
  const passed: string[] = [];
  for (const [index, test] of tests.entries()) {
    let { result, reason, goesOn } = await suite.run(test.name, test.timeout);
    if (!isFit()) return undefined;
    if (result === "failed" && index !== 0) {
      // What other tests leave behind shall not decide.
      await suite.install(codes);
      ({ result, reason, goesOn } = await suite.run(test.name, test.timeout));
    }
    if (result === "passed") {
      passed.push(test.name);
      continue;
    }
    if (result === "late") {
      late.push(test.name);
      if (goesOn || late.length > MAX_LATE_TESTS) return { status: "late", test: late[0]!, goesOn };
    } else {
      const known = await passes(test);
      if (known === true) return { status: "killed", test: test.name, reason };
      if (known === undefined) return undefined;
    }
    await suite.install(codes);
  }
  return late.length === 0 ? { status: "survived", passed } : { status: "late", test: late[0]!, passed };
}

/** Contracts without what is created with them, those that are alone first: to compare, and to stop at the first difference. */
export function oneByOne(groups: readonly (readonly string[])[]): string[][] {
  return groups
    .toSorted((a, b) => a.length - b.length)
    .flat()
    .map((contract) => [contract]);
}
