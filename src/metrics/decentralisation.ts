/** How evenly stake is spread. `stakes` are amounts in any one unit; who has none still counts where it is said. */

/** A part of the whole, as a fraction. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Share that can halt a chain, and shares that can rewrite it or finalise alone. */
export const ONE_THIRD: Fraction = { numerator: 1n, denominator: 3n };
export const ONE_HALF: Fraction = { numerator: 1n, denominator: 2n };
export const TWO_THIRDS: Fraction = { numerator: 2n, denominator: 3n };

/** Fixed point in which ratios are taken before they become numbers. */
const RATIO_ONE = 10n ** 15n;

/** All measures at once; every one is 0 when there is no stake. */
export interface Decentralisation {
  /** Holders with a stake above zero. */
  readonly holders: number;
  readonly hhi: number;
  readonly effectiveNumber: number;
  readonly gini: number;
  readonly entropy: number;
  readonly maxShare: number;
  readonly nakamotoThird: number;
  readonly nakamotoHalf: number;
  readonly nakamotoTwoThirds: number;
}

/** Herfindahl–Hirschman index, 10^4·Σp²: 10,000 for a single holder, 10^4/n for n equal ones. */
export function hhi(stakes: readonly bigint[]): number {
  const total = totalOf(stakes);
  return 10_000 * ratio(squares(stakes), total * total);
}

/** 1/Σp²: the number of equal holders that would be as concentrated. */
export function effectiveNumber(stakes: readonly bigint[]): number {
  const total = totalOf(stakes);
  return ratio(total * total, squares(stakes));
}

/** Gini coefficient, 0 for equal stakes; who has no stake counts. */
export function gini(stakes: readonly bigint[]): number {
  const ascending = stakes.toSorted((first, second) => (first < second ? -1 : first > second ? 1 : 0));
  const count = BigInt(stakes.length);
  const total = totalOf(stakes);
  const ranked = ascending.reduce((sum, stake, index) => sum + BigInt(index + 1) * stake, 0n);
  return ratio(2n * ranked - (count + 1n) * total, count * total);
}

/** Shannon entropy in bits, −Σp·log₂p: log₂n for n equal holders. */
export function entropy(stakes: readonly bigint[]): number {
  const total = totalOf(stakes);
  return stakes.reduce((sum, stake) => {
    const share = ratio(stake, total);
    return share === 0 ? sum : sum - share * Math.log2(share);
  }, 0);
}

/** The fewest holders that have more than `threshold` of the stake together; 0 when even all of them have not. */
export function nakamoto(stakes: readonly bigint[], threshold: Fraction): number {
  const descending = stakes.toSorted((first, second) => (first < second ? 1 : first > second ? -1 : 0));
  const limit = totalOf(stakes) * threshold.numerator;
  let sum = 0n;
  return descending.findIndex((stake) => (sum += stake) * threshold.denominator > limit) + 1;
}

/** The largest holder's share, 0 to 1. */
export function maxShare(stakes: readonly bigint[]): number {
  const largest = stakes.reduce((most, stake) => (stake > most ? stake : most), 0n);
  return ratio(largest, totalOf(stakes));
}

/** Every measure of one distribution. */
export function decentralisation(stakes: readonly bigint[]): Decentralisation {
  return {
    holders: stakes.filter((stake) => stake > 0n).length,
    hhi: hhi(stakes),
    effectiveNumber: effectiveNumber(stakes),
    gini: gini(stakes),
    entropy: entropy(stakes),
    maxShare: maxShare(stakes),
    nakamotoThird: nakamoto(stakes, ONE_THIRD),
    nakamotoHalf: nakamoto(stakes, ONE_HALF),
    nakamotoTwoThirds: nakamoto(stakes, TWO_THIRDS),
  };
}

/** Adds up stakes by a key: by entity, country or client. */
export function stakeBy<Row>(
  rows: readonly Row[],
  key: (row: Row) => string,
  stake: (row: Row) => bigint,
): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const row of rows) sums.set(key(row), (sums.get(key(row)) ?? 0n) + stake(row));
  return sums;
}

function totalOf(stakes: readonly bigint[]): bigint {
  if (stakes.some((stake) => stake < 0n)) throw new RangeError("A stake is below zero.");
  return stakes.reduce((sum, stake) => sum + stake, 0n);
}

function squares(stakes: readonly bigint[]): bigint {
  return stakes.reduce((sum, stake) => sum + stake * stake, 0n);
}

/** A quotient as a number, to fifteen digits after the point; 0 for a denominator of 0. */
function ratio(numerator: bigint, denominator: bigint): number {
  return denominator === 0n ? 0 : Number((numerator * RATIO_ONE) / denominator) / Number(RATIO_ONE);
}
