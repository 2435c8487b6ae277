import type { Mutant } from "./mutants.ts";
import type { Reached } from "./statements.ts";

/**
 * Learns which tests notice mistakes, so that the likely and cheap ones come first. Before anything is learnt, folders count
 * in the order given: a test of the whole system costs a deployment that its own time does not show.
 */
export class Order {
  readonly #kills = new Map<string, number>();
  readonly #folders: readonly string[];

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  learn(mutant: Pick<Mutant, "file" | "function">, test: string): void {
    for (const key of [test, keyIn(mutant, test)]) this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1);
  }

  /** Tests by what they promise a second, best first. */
  sort(mutant: Pick<Mutant, "file" | "function">, tests: readonly Reached[]): Reached[] {
    const promise = ({ name, milliseconds }: Reached) =>
      (0.25 ** this.#rankOf(name) + (this.#kills.get(name) ?? 0) + 20 * (this.#kills.get(keyIn(mutant, name)) ?? 0)) /
      (milliseconds + 20);
    return tests.toSorted((a, b) => promise(b) - promise(a));
  }

  #rankOf(test: string): number {
    const rank = this.#folders.findIndex((folder) => test.startsWith(folder));
    return rank === -1 ? this.#folders.length : rank;
  }
}

function keyIn({ file, function: name }: Pick<Mutant, "file" | "function">, test: string): string {
  return `${file} ${name} ${test}`;
}
