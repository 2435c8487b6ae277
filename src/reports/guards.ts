import { BPS, larger, smaller } from "../allocation/amounts.ts";
import type { Fault } from "./epoch.ts";

/** Duties of one operator in one epoch. */
export interface Duties {
  readonly assigned: bigint;
  readonly done: bigint;
}

/** How much a pool's stakes may add up to less, or more, than it had; 9 % was seen in sound data, 30 % in faulty. */
const POOL_SUM_TOLERANCE_BPS = 1_500n;

/** With fewer operators it may be chance that no stake moved. */
const FEWEST_TO_COMPARE = 10;

/**
 * A counter that grows through an epoch says something only beside those of the same moment: the most that anyone did is
 * what all were asked for, wherever in the epoch the snapshot was taken.
 */
export function relativeDuties(done: bigint, most: bigint): Duties {
  return { assigned: most, done: smaller(done, most) };
}

/** The most of a counter that anyone has. */
export function mostOf(counters: readonly bigint[]): bigint {
  return counters.reduce(larger, 0n);
}

/** A report in which no stake has moved since the one before, whoever is in both, is of the epoch before. */
export function staleFault(previous: ReadonlyMap<string, bigint>, current: ReadonlyMap<string, bigint>): Fault | null {
  const inBoth = [...current].filter(([id, stake]) => stake > 0n && (previous.get(id) ?? 0n) > 0n);
  if (inBoth.length < FEWEST_TO_COMPARE || inBoth.some(([id, stake]) => previous.get(id) !== stake)) return null;
  return { kind: "stale", operators: inBoth.length };
}

/** Nobody can have done more than there was time for. */
export function dutiesFault(most: bigint, possible: bigint): Fault | null {
  return most > possible ? { kind: "duties", most, possible } : null;
}

/** Stakes of the pool that add up to much less, or more, than it had are not all there. */
export function poolStakeFault(sum: bigint, stated: bigint): Fault | null {
  const off = sum > stated ? sum - stated : stated - sum;
  return off * BPS > stated * POOL_SUM_TOLERANCE_BPS ? { kind: "pool stake", sum, stated } : null;
}

/** What is not known of an operator now is what was known last: one that is not known at all is in a group of those. */
export function keptPlace(now: string, last: string | undefined, unknown: string): string {
  return now === unknown ? (last ?? unknown) : now;
}

/** A year's yield on a stake for one epoch, for the part of its duties that an operator did. */
export function rewardOf(stake: bigint, { assigned, done }: Duties, yearly: YearlyYield): bigint {
  return assigned === 0n ? 0n : (stake * yearly.yieldBps * done) / (BPS * yearly.epochs * assigned);
}

/** What a network pays, when a source does not say what it paid. */
export interface YearlyYield {
  /** On stake, before commission. */
  readonly yieldBps: bigint;
  /** Of a year. */
  readonly epochs: bigint;
}
