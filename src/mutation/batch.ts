import type { Installable } from "./chains.ts";
import { type Build, type Code, type Codes, compile, PROJECT, Refused } from "./compiler.ts";
import type { Mutant } from "./mutants.ts";
import { processorTime } from "./processor.ts";
import { Source } from "./source.ts";
import { overlap, PLACEHOLDER, type Switch, switchOf, withSwitches } from "./switches.ts";
import type { Range } from "./tree.ts";

/** So many mutants are compiled at once. More make contracts too large to be deployed. */
const MOST = 16;

/** Groups what can be compiled at once: mutants of one file that do not overlap. The order is that of the first of each. */
export function batchesOf<T extends { readonly mutant: Mutant }>(build: Build, jobs: readonly T[]): T[][] {
  const sources = new Map<string, Source>();
  const open: { readonly jobs: T[]; readonly switches: Switch[] }[] = [];
  for (const job of jobs) {
    const { mutant } = job;
    if (!sources.has(mutant.file)) sources.set(mutant.file, new Source(build.sources[PROJECT + mutant.file]!.content));
    const own = switchOf(sources.get(mutant.file)!, build.trees[mutant.file]!, mutant);
    const place =
      own &&
      open.find(
        ({ jobs: [first], switches }) =>
          first!.mutant.file === mutant.file &&
          switches.length !== 0 &&
          switches.length < MOST &&
          !switches.some((each) => overlap(each, own)),
      );
    if (place === undefined) open.push({ jobs: [job], switches: own === undefined ? [] : [own] });
    else {
      place.jobs.push(job);
      place.switches.push(own!);
    }
  }
  return open.map((batch) => batch.jobs);
}

/** Contracts that hold several mutants of a file, of which at most one is on. Compiled when first asked for. */
export class Batch {
  /** What compiling took of the processor so far, in milliseconds. */
  spent = 0;
  readonly #build: Build;
  readonly #file: string;
  readonly #content: string;
  readonly #groups = new Map<string, readonly string[]>();
  readonly #codes = new Map<string, Code>();
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #switches = new Map<number, Switch>();

  constructor(build: Build, groups: readonly (readonly string[])[], mutants: readonly Mutant[]) {
    this.#build = build;
    this.#file = mutants[0]!.file;
    this.#content = build.sources[PROJECT + this.#file]!.content;
    for (const group of groups) for (const name of group) this.#groups.set(name, group);
    this.#numbers = new Map(mutants.map(({ id }, index) => [id, index + 1]));
    for (const mutant of mutants) {
      const own = switchOf(new Source(this.#content), build.trees[this.#file]!, mutant);
      if (own !== undefined) this.#switches.set(this.#numbers.get(mutant.id)!, own);
    }
  }

  /** Contracts in which `mutant` is on; none is without one. */
  choose(mutant?: Mutant): Installable {
    const number = mutant === undefined ? 0 : this.#numbers.get(mutant.id)!;
    const on = number.toString(16).padStart(PLACEHOLDER.length, "0");
    const spent = () => this.spent;
    return {
      get: (name) => {
        const code = this.#get(name);
        if (code === undefined) return undefined;
        if (mutant !== undefined && !this.has(mutant)) throw new Refused("It cannot be one of several.");
        const chosen = (bytecode: string) => bytecode.replaceAll(PLACEHOLDER, on);
        return { ...code, bytecode: chosen(code.bytecode), deployedBytecode: chosen(code.deployedBytecode) };
      },
      get spent() {
        return spent();
      },
    };
  }

  /** Whether a mutant can be one of several, as far as is known before it was asked for. */
  has({ id }: Mutant): boolean {
    return this.#switches.has(this.#numbers.get(id)!);
  }

  #get(name: string): Code | undefined {
    const group = this.#groups.get(name);
    if (group === undefined) return undefined;
    if (!this.#codes.has(name)) {
      const begun = processorTime();
      try {
        for (const [each, code] of this.#compile(group)) this.#codes.set(each, code);
      } finally {
        this.spent += processorTime() - begun;
      }
    }
    return this.#codes.get(name);
  }

  /** Leaves out what the compiler complains about, until it does not. */
  #compile(group: readonly string[]): Codes {
    for (;;) {
      const { content, places } = withSwitches(this.#content, this.#switches);
      try {
        return compile(this.#build, group, { [this.#file]: content }, "plain");
      } catch (error) {
        if (!(error instanceof Refused) || places.size === 0) throw error;
        for (const number of this.#blamed(places, error.start)) this.#switches.delete(number);
      }
    }
  }

  /** The switch at a place; where there is none, as when a function has too many variables, all in the function. */
  #blamed(places: ReadonlyMap<number, Range>, at: number): number[] {
    const inside = [...places].find(([, { start, end }]) => start <= at && at < end);
    if (inside !== undefined) return [inside[0]];
    const distance = ({ start, end }: Range) => Math.min(Math.abs(start - at), Math.abs(end - at));
    const [nearest] = [...places].toSorted(([, a], [, b]) => distance(a) - distance(b));
    const { mutant } = this.#switches.get(nearest![0])!;
    return [...this.#switches].filter(([, each]) => each.mutant.function === mutant.function).map(([number]) => number);
  }
}
