/** Seeded numbers (mulberry32), so that a failing sequence can be run again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  /** True once in `times` on average. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** Mostly an amount up to `most`; now and then a few wei, or all of it. */
  amount(most: bigint): bigint {
    const kind = this.below(10);
    if (kind === 0) return BigInt(this.below(4));
    if (kind === 1) return most;
    const part = (most * BigInt(this.below(1_000_000))) / 1_000_000n;
    return most > 10n ** 9n ? part + BigInt(this.below(1000)) : part + BigInt(this.below(2));
  }
}
