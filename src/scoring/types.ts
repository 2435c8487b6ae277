/** What contracts/Scores.sol keeps and is told, as src/scoring computes it. Amounts in wei, shares in basis points. */

export interface Parameters {
  readonly weekSpan: bigint;
  readonly monthSpan: bigint;
  readonly yearSpan: bigint;
  /** 1, 2, 4, 8 or 16. */
  readonly power: bigint;
  readonly sizeLimitBps: bigint;
  readonly diversityBps: bigint;
  readonly commissionLimitBps: bigint;
  readonly commissionRiseBps: bigint;
  readonly bondFloor: bigint;
}

/** Why reports drain an operator or put it on watch, as in IScores.Cause. */
export const CAUSES = {
  none: 0n,
  strikes: 1n,
  duties: 2n,
  commission: 3n,
  slash: 4n,
  doubtfulSlash: 5n,
} as const;

export type Cause = keyof typeof CAUSES;

/** The name of a cause. */
export function causeOf(value: bigint): Cause {
  return (Object.keys(CAUSES) as Cause[]).find((name) => CAUSES[name] === value)!;
}

/** Marks of what was reported, as in Sanity. */
export const MARKS = {
  active: 1n,
  ratePending: 2n,
  slashed: 4n,
  slashDue: 8n,
  slashPending: 16n,
  raised: 32n,
} as const;

/** What was reported of an operator last, and what of it is believed. */
export interface Reported {
  /** gwei. */
  readonly stake: bigint;
  readonly rate: bigint;
  readonly pendingRate: bigint;
  readonly epoch: bigint;
  readonly duty: bigint;
  readonly commissionBps: bigint;
  readonly marks: bigint;
}

/** Moving averages in ppb. */
export interface Averages {
  readonly yieldWeek: bigint;
  readonly yieldMonth: bigint;
  readonly yieldYear: bigint;
  readonly activeWeek: bigint;
  readonly activeMonth: bigint;
  readonly activeYear: bigint;
  readonly yields: bigint;
  readonly reports: bigint;
  readonly epoch: bigint;
}

/** What the rules remember of an operator. */
export interface ConductRecord {
  readonly lowDuties: bigint;
  readonly strikes: bigint;
  readonly clean: bigint;
  /** One of CAUSES. */
  readonly owed: bigint;
}

/** Everything that is kept of one operator. */
export interface Standing {
  readonly reported: Reported;
  readonly averages: Averages;
  readonly record: ConductRecord;
}

/** An operator of which nothing was reported yet. */
export const UNKNOWN: Standing = {
  reported: { stake: 0n, rate: 0n, pendingRate: 0n, epoch: 0n, duty: 0n, commissionBps: 0n, marks: 0n },
  averages: {
    yieldWeek: 0n,
    yieldMonth: 0n,
    yieldYear: 0n,
    activeWeek: 0n,
    activeMonth: 0n,
    activeYear: 0n,
    yields: 0n,
    reports: 0n,
    epoch: 0n,
  },
  record: { lowDuties: 0n, strikes: 0n, clean: 0n, owed: CAUSES.none },
};
