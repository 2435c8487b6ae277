/** The arithmetic of scores, equal to contracts/libraries/Scoring.sol to the unit. */
import { max, min, monus } from "../model/arithmetic.ts";
import type { Averages, Parameters } from "./types.ts";

export const ONE = 10n ** 9n;
const RATE_ONE = 10n ** 12n;
export const BPS = 10_000n;
export const GWEI = 10n ** 9n;
const MAX_GWEI = 2n ** 64n - 1n;

const MAX_RATE = 2n ** 48n - 1n;
const MAX_YIELD = (12n * ONE) / 10n;
const MAX_REPORTS = 2n ** 16n - 1n;

/** Reports after which an operator's own performance counts as much as the prior. */
const SHRINKAGE = 15n;
const SCORE_PER_WEIGHT = 100_000n;
const WEIGHT_STEP_BPS = 2_000n;

const BUCKET = 20_000_000n;
const BUCKETS = 64;
const MAX_COUNT = 2 ** 16 - 1;

/* COUNTERS */

/** Reward per stake; 0 without stake. */
export function rateOf(reward: bigint, stake: bigint): bigint {
  return stake === 0n ? 0n : min((reward * RATE_ONE) / stake, MAX_RATE);
}

/** What a commission leaves. */
export function net(amount: bigint, commissionBps: bigint): bigint {
  return (amount * monus(BPS, commissionBps)) / BPS;
}

/** Part of the assigned duties that was done; one if none was assigned. */
export function dutyOf(assigned: bigint, done: bigint): bigint {
  return assigned === 0n ? ONE : (min(done, assigned) * ONE) / assigned;
}

/** An operator's net rate relative to the mean of those that count. */
export function yieldOf(rate: bigint, commissionBps: bigint, meanRate: bigint): bigint {
  return min((rate * monus(BPS, commissionBps) * ONE) / (BPS * meanRate), MAX_YIELD);
}

/** At most what a slot holds: no report of one operator keeps the others' from being taken. */
export function toGwei(amount: bigint): bigint {
  return min(amount / GWEI, MAX_GWEI);
}

/* AVERAGES */

/** The average of `count` values: moving over `span` of them, the plain mean until that weighs a new value less. */
export function follow(average: bigint, value: bigint, count: bigint, span: bigint): bigint {
  if (2n * count < span + 1n) return (average * (count - 1n) + value) / count;
  return (average * (span - 1n) + 2n * value) / (span + 1n);
}

export function followYield(averages: Averages, value: bigint, parameters: Parameters): Averages {
  const yields = min(averages.yields + 1n, MAX_REPORTS);
  return {
    ...averages,
    yields,
    yieldWeek: follow(averages.yieldWeek, value, yields, parameters.weekSpan),
    yieldMonth: follow(averages.yieldMonth, value, yields, parameters.monthSpan),
    yieldYear: follow(averages.yieldYear, value, yields, parameters.yearSpan),
  };
}

export function followActivity(averages: Averages, active: boolean, parameters: Parameters): Averages {
  const value = active ? ONE : 0n;
  const reports = min(averages.reports + 1n, MAX_REPORTS);
  return {
    ...averages,
    reports,
    activeWeek: follow(averages.activeWeek, value, reports, parameters.weekSpan),
    activeMonth: follow(averages.activeMonth, value, reports, parameters.monthSpan),
    activeYear: follow(averages.activeYear, value, reports, parameters.yearSpan),
  };
}

/* SCORE */

/** The seed's metric: one for an operator that is as good as the mean, and always active. */
export function performanceOf(averages: Averages): bigint {
  const yields = averages.yieldWeek + 3n * averages.yieldMonth + averages.yieldYear;
  const activity = 2n * averages.activeWeek + averages.activeMonth + averages.activeYear;
  return (yields * activity) / (20n * ONE);
}

/** What is believed of a performance that `count` reports show. */
export function shrink(performance: bigint, count: bigint, prior: bigint): bigint {
  return (count * performance + SHRINKAGE * prior) / (count + SHRINKAGE);
}

/** `exponent` is a power of two. */
export function power(base: bigint, exponent: bigint): bigint {
  let result = base;
  for (let rest = exponent; rest > 1n; rest /= 2n) result = (result * result) / ONE;
  return result;
}

/** Falls from one to 0 as an operator's stake grows to its limit; one if nobody knows the network's stake. */
export function sizeFactor(stake: bigint, networkStake: bigint, limitBps: bigint): bigint {
  return networkStake === 0n ? ONE : monus(ONE, (stake * ONE * BPS) / (networkStake * limitBps));
}

/** How full a group is, at most one. */
export function fullnessOf(position: bigint, cap: bigint): bigint {
  return position >= cap ? ONE : (position * ONE) / cap;
}

/** Grows from one by `diversityBps` as the operator's capped groups, `count` of them, are empty. */
export function diversityFactor(fullness: bigint, count: bigint, diversityBps: bigint): bigint {
  return count === 0n ? ONE : ONE + (diversityBps * (ONE - fullness / count)) / BPS;
}

export function combine(powered: bigint, size: bigint, diversity: bigint): bigint {
  return (((powered * size) / ONE) * diversity) / ONE;
}

/** The weight that a score asks for, before the registry's bounds and steps; a score of one asks for 10,000. */
export function weightOf(score: bigint): bigint {
  return score / SCORE_PER_WEIGHT;
}

/** The weight that a score is given: `lowest` and `highest` are what the registry takes at this moment. */
export function clampWeight(score: bigint, lowest: bigint, highest: bigint): bigint {
  return min(max(weightOf(score), lowest), highest);
}

/** How far a weight may go in an epoch, before the registry's bounds. */
export function weightSteps(weight: bigint): readonly [lowest: bigint, highest: bigint] {
  const step = max((weight * WEIGHT_STEP_BPS) / BPS, 1n);
  return [monus(weight, step), weight + step];
}

/* PRIOR */

/** The lower edge of the bucket, of 2 %, that the lower quartile is in; undefined if there is nobody. */
export function lowerQuartile(performances: Iterable<bigint>): bigint | undefined {
  const counts = new Array<number>(BUCKETS).fill(0);
  for (const performance of performances) {
    const bucket = Math.min(Number(performance / BUCKET), BUCKETS - 1);
    counts[bucket] = Math.min(counts[bucket]! + 1, MAX_COUNT);
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let sum = 0;
  return BigInt(counts.findIndex((count) => 4 * (sum += count) >= total)) * BUCKET;
}
