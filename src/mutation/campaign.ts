import { type Build, deployableUsers, neededFor, PROJECT } from "./compiler.ts";
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

export function prepare(build: Build, target: Target): Campaign {
  const testFiles = testFilesOf(target.tests, LEFT_OUT);
  const sources = new Map(target.files.map((file) => [file, hashOf(sourcesBehind(build, file))]));
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

/** A hash of what decides where a test gets: the test, and the contracts that are traced. */
export function reachKey(build: Build, files: readonly string[], testFile: string): string {
  return hashOf([testFile, hashOfImports(testFile), files.map((file) => sourcesBehind(build, file))]);
}

/** The tests that get to a mutant. One outside of any statement, as a modifier is, is reached with its file. */
export function reachersOf(
  build: Build,
  { target }: Campaign,
  reached: readonly Reached[],
): (mutant: Mutant) => Reached[] {
  const { statements } = statementsOf(build, target.files);
  const usable = reached.filter(({ name }) => !LEFT_OUT.some((pattern) => pattern.test(name)));
  const byStatement = statements.map(() => [] as Reached[]);
  const byFile = new Map(target.files.map((file) => [file, new Set<Reached>()]));
  for (const test of usable) {
    for (const place of test.statements) {
      byStatement[place]!.push(test);
      byFile.get(statements[place]!.file)!.add(test);
    }
  }
  return (mutant) => {
    const place = statementAround(statements, mutant.file, mutant);
    return place === undefined ? [...byFile.get(mutant.file)!] : byStatement[place]!;
  };
}

function sourcesBehind(build: Build, file: string): unknown {
  const users = deployableUsers(build, file).flat();
  const roots = users.map((contract) => PROJECT + contract.slice(0, contract.indexOf(":")));
  return [
    Object.entries(neededFor(roots, build.sources, build.settings)).sort(([a], [b]) => (a < b ? -1 : 1)),
    build.settings,
  ];
}
