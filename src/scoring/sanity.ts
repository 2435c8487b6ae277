/** What of a report is believed, as contracts/libraries/Sanity.sol does. */
import { max } from "../model/arithmetic.ts";
import type { Counters } from "../reports/types.ts";
import { BPS, dutyOf, rateOf, toGwei } from "./score.ts";
import { MARKS, type Reported } from "./types.ts";

/** What became of a reward or a slash. */
export type Outcome = "taken" | "setAside" | "confirmed" | "dropped";

export interface Taken {
  readonly reported: Reported;
  readonly reward: Outcome;
  readonly slash: Outcome;
  /** As it was reported. */
  readonly rate: bigint;
}

const LIMIT_BPS = 3_000n;

/** Takes what is reported of an operator for `epoch`. */
export function takeCounters(before: Reported, counters: Counters, epoch: bigint, riseBps: bigint): Taken {
  const rate = rateOf(counters.reward, counters.stake);
  const isFirst = before.epoch === 0n;
  const isRaised = !isFirst && counters.commissionBps > before.commissionBps + riseBps;
  let marks = set(before.marks, MARKS.active, counters.active);
  marks = set(marks, MARKS.raised, isRaised);

  const isNear = isFirst || !isFar(rate, before.rate);
  const wasPending = has(before, MARKS.ratePending);
  const isAgreed = wasPending && !isFar(rate, before.pendingRate);
  const isBelieved = isNear || isAgreed;
  const near: Outcome = wasPending ? "dropped" : "taken";
  const reward: Outcome = isNear ? near : isAgreed ? "confirmed" : "setAside";
  marks = set(marks, MARKS.ratePending, !isBelieved);

  const isLarge = counters.slashed * BPS > LIMIT_BPS * counters.stake;
  const isDoubtful = isLarge && !has(before, MARKS.slashPending);
  const slash: Outcome = counters.slashed === 0n ? "taken" : isDoubtful ? "setAside" : "confirmed";
  if (slash === "setAside") marks = set(marks, MARKS.slashPending, true);
  if (slash === "confirmed") marks = set(marks, MARKS.slashPending, false) | MARKS.slashed | MARKS.slashDue;

  const reported = {
    stake: toGwei(max(counters.stake, counters.external_)),
    rate: isBelieved ? rate : before.rate,
    pendingRate: isBelieved ? 0n : rate,
    epoch,
    duty: dutyOf(counters.assigned, counters.done),
    commissionBps: counters.commissionBps,
    marks,
  };
  return { reported, reward, slash, rate };
}

/** Believes a rate in place of the one that was set aside. */
export function resolveRate(before: Reported, rate: bigint): Reported {
  return { ...before, rate, pendingRate: 0n, marks: set(before.marks, MARKS.ratePending, false) };
}

/** Takes the slash that was set aside, or drops it. */
export function resolveSlash(before: Reported, accept: boolean): Reported {
  const marks = set(before.marks, MARKS.slashPending, false);
  return { ...before, marks: accept ? marks | MARKS.slashed : marks };
}

/** Forgets the slashes that were taken, as governance says. */
export function pardonReported(before: Reported): Reported {
  return { ...before, marks: before.marks & ~MARKS.slashed };
}

export function has(reported: Reported, mark: bigint): boolean {
  return (reported.marks & mark) !== 0n;
}

/** Whether an operator counts in the mean of rewards. */
export function isEligible(reported: Reported, commissionLimitBps: bigint): boolean {
  return (
    has(reported, MARKS.active) &&
    !has(reported, MARKS.slashed | MARKS.ratePending) &&
    reported.commissionBps <= commissionLimitBps
  );
}

/** Whether a value differs from what it is compared with by more than 30 % of that. */
export function isFar(value: bigint, known: bigint): boolean {
  const difference = value > known ? value - known : known - value;
  return difference * BPS > LIMIT_BPS * known;
}

function set(marks: bigint, mark: bigint, value: boolean): bigint {
  return value ? marks | mark : marks & ~mark;
}
