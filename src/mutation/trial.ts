import { type Build, type Codes, compile, PROJECT } from "./compiler.ts";
import type { Mutant } from "./mutants.ts";
import { Source } from "./source.ts";
import type { Suite } from "./suite.ts";

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
}

/** A test to be tried on a mutant. */
export interface Try {
  readonly name: string;
  readonly timeout: number;
}

/** Compiles a mutant, installs it and runs tests until one fails. */
export async function tryMutant(
  build: Build,
  suite: Suite,
  mutant: Mutant,
  tests: readonly Try[],
  originals: (optimization: "plain" | "deployed") => Codes,
  isSound: (test: Try) => Promise<boolean>,
): Promise<Verdict> {
  const contracts = [...originals("plain").keys()];
  const content = new Source(build.sources[PROJECT + mutant.file]!.content).replace(mutant, mutant.text);
  const codes = compile(build, contracts, { [mutant.file]: content }, "plain");
  if (codes === null) return { status: "uncompilable" };

  await suite.install(codes);
  for (const test of tests) {
    const { result, reason } = await suite.run(test.name, test.timeout);
    if (result === "late") return { status: "late", test: test.name };
    if (result === "passed") continue;
    if (await isSound(test)) return { status: "killed", test: test.name, reason };
    await suite.install(codes);
  }
  const deployed = compile(build, contracts, { [mutant.file]: content }, "deployed");
  const isEqual = deployed !== null && areEqual(deployed, originals("deployed"));
  return { status: isEqual ? "equal" : "survived" };
}

function areEqual(a: Codes, b: Codes): boolean {
  return [...a].every(([name, { bytecode }]) => b.get(name)?.bytecode === bytecode);
}
