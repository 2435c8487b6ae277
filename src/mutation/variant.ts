import type { Installable } from "./chains.ts";
import { type Build, type Code, type Codes, compile, type Optimization, Refused } from "./compiler.ts";
import { processorTime } from "./processor.ts";

/** Contracts with some sources replaced. A group of them is compiled when one of it is first asked for. */
export class Variant implements Installable {
  /** What the compiler complained about, if it did. */
  refusal: Refused | undefined;
  /** What the compiler took of the processor so far, in milliseconds. */
  spent = 0;
  readonly #groups = new Map<string, readonly string[]>();
  readonly #codes = new Map<string, Code>();
  readonly #compile: (contracts: readonly string[]) => Codes;

  constructor(
    build: Build,
    groups: readonly (readonly string[])[],
    replaced: Readonly<Record<string, string>>,
    optimization: Optimization,
  ) {
    for (const group of groups) for (const name of group) this.#groups.set(name, group);
    this.#compile = (contracts) => compile(build, contracts, replaced, optimization);
  }

  /** The code of a contract; undefined if the replaced sources are not in it. */
  get(name: string): Code | undefined {
    const group = this.#groups.get(name);
    if (group === undefined) return undefined;
    if (!this.#codes.has(name)) {
      const begun = processorTime();
      try {
        for (const [each, code] of this.#compile(group)) this.#codes.set(each, code);
      } catch (error) {
        if (error instanceof Refused) this.refusal = error;
        throw error;
      } finally {
        this.spent += processorTime() - begun;
      }
    }
    return this.#codes.get(name);
  }

  equals(other: Variant): boolean {
    return [...this.#groups.keys()].every((name) => this.get(name)!.bytecode === other.get(name)!.bytecode);
  }
}
