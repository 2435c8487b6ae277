/** One in basis points. */
export const BPS = 10_000n;

/** The largest amount that a slot of the contracts holds, in wei; it stands for an unknown stake of the network. */
export const MAX_AMOUNT = 2n ** 96n - 1n;

/** A share of an amount, rounded down. */
export function shareDown(amount: bigint, bps: bigint): bigint {
  return (amount * bps) / BPS;
}

/** The first amount less the second, zero when it is smaller. */
export function lessDown(amount: bigint, taken: bigint): bigint {
  return amount > taken ? amount - taken : 0n;
}

export function smaller(first: bigint, second: bigint): bigint {
  return first < second ? first : second;
}

export function larger(first: bigint, second: bigint): bigint {
  return first > second ? first : second;
}

/** Order of two amounts for a sort, the smallest first. */
export function ascending(first: bigint, second: bigint): number {
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Sum of amounts. */
export function sumOf(amounts: Iterable<bigint>): bigint {
  let sum = 0n;
  for (const amount of amounts) sum += amount;
  return sum;
}
