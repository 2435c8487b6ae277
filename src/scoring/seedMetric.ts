/**
 * The metric by which Lido chose validators on Kusama, exactly: what the score of contracts/Scores.sol is modelled on.
 * Averages are over windows of eras that end with the newest.
 */
import type { Fraction } from "../metrics/decentralisation.ts";
import { add, fraction, multiply, ZERO } from "./fractions.ts";

/** One era of a validator. */
export interface Era {
  /** In the active set. */
  readonly isActive: boolean;
  /** Before commission. */
  readonly reward: bigint;
  /** All of it, its own included: its nominators' alone would overstate what it earns. */
  readonly stake: bigint;
  /** In ppb. */
  readonly commission: bigint;
  /** In the coin's smallest unit. */
  readonly slashed: bigint;
}

/** Lengths of the windows, in eras, and how many eras a year has. */
export interface Windows {
  readonly week: number;
  readonly month: number;
  readonly year: number;
  readonly erasPerYear: number;
}

/** Kusama's eras are six hours long. */
export const KUSAMA: Windows = { week: 28, month: 120, year: 1_460, erasPerYear: 1_460 };

/** Percents, by window. */
export interface Percents {
  readonly week: Fraction;
  readonly month: Fraction;
  readonly year: Fraction;
}

/** What an average of rewards is taken over: all eras, those that are missing or inactive as zero, or only active ones. */
export type Over = "all" | "active";

const PPB = 10n ** 9n;
/** So much that one unit of slashing outweighs whatever was earned. */
const SLASHING = fraction(-(10n ** 18n));

/** Annual rewards in percent, after commission. `eras` are in order, the newest last. */
export function aprOf(eras: readonly Era[], windows: Windows, over: Over = "all"): Percents {
  return byWindow(windows, (length) => {
    const active = newest(eras, length).filter(({ isActive, stake }) => isActive && stake > 0n);
    const count = over === "all" ? length : active.length;
    if (count === 0) return ZERO;
    const rates = active.map(({ reward, stake, commission }) => fraction((PPB - commission) * reward, PPB * stake));
    return multiply(fraction(100n * BigInt(windows.erasPerYear), BigInt(count)), add(...rates));
  });
}

/** Eras in the active set, in percent. */
export function activityOf(eras: readonly Era[], windows: Windows): Percents {
  return byWindow(windows, (length) => {
    const active = newest(eras, length).filter(({ isActive }) => isActive);
    return fraction(100n * BigInt(active.length), BigInt(length));
  });
}

/** (aprWeek + 3·aprMonth + aprYear)·(2·actWeek + actMonth + actYear)/100 − 10¹⁸·slashing. */
export function metricOf(apr: Percents, activity: Percents, slashing = 0n): Fraction {
  const earned = add(apr.week, multiply(fraction(3n), apr.month), apr.year);
  const present = add(multiply(fraction(2n), activity.week), activity.month, activity.year);
  const gain = multiply(earned, present, fraction(1n, 100n));
  return add(gain, multiply(SLASHING, fraction(slashing)));
}

/** The metric of a validator's history, slashing of all time included. */
export function seedMetric(eras: readonly Era[], windows: Windows = KUSAMA, over: Over = "all"): Fraction {
  const slashing = eras.reduce((sum, { slashed }) => sum + slashed, 0n);
  return metricOf(aprOf(eras, windows, over), activityOf(eras, windows), slashing);
}

/** What the metric of a validator that was never slashed means: its rewards of a year in percent, less what it was absent. */
export function displayed(metric: Fraction): Fraction {
  return multiply(metric, fraction(1n, 20n));
}

function byWindow({ week, month, year }: Windows, average: (length: number) => Fraction): Percents {
  return { week: average(week), month: average(month), year: average(year) };
}

function newest(eras: readonly Era[], length: number): readonly Era[] {
  return eras.slice(-length);
}
