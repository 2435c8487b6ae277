import type { Mutant } from "./mutants.ts";
import type { Reached } from "./statements.ts";
import type { Try, Verdict } from "./trial.ts";

/** What a worker is asked for. The first message is a setup. */
export type Request =
  | { readonly type: "setup"; readonly files: readonly string[]; readonly traced: readonly string[] }
  | { readonly type: "reach"; readonly timeout: number }
  | {
      readonly type: "try";
      readonly mutant: Mutant;
      /** What is compiled with it. */
      readonly batch: readonly Mutant[];
      readonly tests: readonly Try[];
      readonly solidity: readonly string[];
      readonly quick: boolean;
    };

/** What it answers. */
export type Answer =
  | { readonly type: "ready"; readonly names: readonly string[] }
  | { readonly type: "reached"; readonly reached: Reached }
  | { readonly type: "allReached" }
  | { readonly type: "tried"; readonly verdict: Verdict; readonly unsound: readonly string[] };
