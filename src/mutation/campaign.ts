import { type Build, deployableUsers, neededFor, PROJECT } from "./compiler.ts";
import { type Decision, decisionsOf } from "./decisions.ts";
import { hashOf, hashOfImports, testFilesOf } from "./files.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { type Reached, statementAround, statementsOf } from "./statements.ts";
import type { TestHashes } from "./store.ts";
import { LEFT_OUT, type Target } from "./targets.ts";

/** A target with all that is known before anything runs. */
export interface Campaign {
  readonly target: Target;
  readonly mutants: readonly Mutant[];
  readonly testFiles: readonly string[];
  readonly hashes: TestHashes;
  /** A hash of what a file's mutants are compiled from. */
  readonly sourcesOf: (file: string) => string;
}

/** For each contract's file, the tests and the statements in it that they get to. */
export type ReachByFile = ReadonlyMap<string, readonly Reached[]>;

export function prepare(build: Build, target: Target): Campaign {
  const testFiles = testFilesOf(target.tests, LEFT_OUT);
  const sources = new Map(target.files.map((file) => [file, hashOfSources(build, file)]));
  return {
    target,
    mutants: target.files.flatMap((file) =>
      mutantsOf(file, build.sources[PROJECT + file]!.content, build.trees[file]!),
    ),
    testFiles,
    hashes: new Map([...testFiles, ...target.solidity].map((file) => [file, hashOfImports(file)])),
    sourcesOf: (file) => sources.get(file)!,
  };
}

/** Where a file of the target goes one way or another. */
export function decisionsIn(build: Build, { mutants }: Campaign, file: string): Decision[] {
  return decisionsOf(
    build.sources[PROJECT + file]!.content,
    build.trees[file]!,
    mutants.filter((mutant) => mutant.file === file),
  );
}

/** The tests that get to a mutant. One outside of any statement, as a modifier is, is reached with its file. */
export function reachersOf(build: Build, reached: ReachByFile): (mutant: Mutant) => Reached[] {
  const places = new Map(
    [...reached].map(([file, tests]) => {
      const { statements } = statementsOf(build, [file]);
      const usable = tests.filter(({ name }) => !LEFT_OUT.some((pattern) => pattern.test(name)));
      const byStatement = statements.map(() => [] as Reached[]);
      for (const test of usable) for (const place of test.statements) byStatement[place]!.push(test);
      return [file, { statements, byStatement, all: usable.filter((test) => test.statements.length !== 0) }];
    }),
  );
  return (mutant) => {
    const { statements, byStatement, all } = places.get(mutant.file)!;
    const place = statementAround(statements, mutant.file, mutant);
    return place === undefined ? all : byStatement[place]!;
  };
}

/** A hash of all that the contracts with code of `file` are compiled from. */
export function hashOfSources(build: Build, file: string): string {
  return hashOf(sourcesBehind(build, file));
}

function sourcesBehind(build: Build, file: string): unknown {
  const users = deployableUsers(build, file).flat();
  const roots = users.map((contract) => PROJECT + contract.slice(0, contract.indexOf(":")));
  return [
    Object.entries(neededFor(roots, build.sources, build.settings)).sort(([a], [b]) => (a < b ? -1 : 1)),
    build.settings,
  ];
}
