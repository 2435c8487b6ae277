/** A report from its counters to scores and verdicts, as contracts/Scores.sol takes it: everything but the registry's part. */
import { min } from "../model/arithmetic.ts";
import type { Counters } from "../reports/types.ts";
import { type Facts, judge, LOW_DUTY, noteDrain, STANDINGS, STRIKE_MARGIN, type Verdict } from "./conduct.ts";
import { has, isEligible, type Taken, takeCounters } from "./sanity.ts";
import { dutyOf, followActivity, followYield, lowerQuartile, net, rateOf, yieldOf } from "./score.ts";
import { CAUSES, MARKS, type Parameters, type Reported, type Standing, UNKNOWN } from "./types.ts";
import { GATES, type Place, type Scale, type Value, valueOf } from "./value.ts";

/** Everything that is kept between reports. Operator k + 1 is at index k. */
export interface ScoreBook {
  readonly parameters: Parameters;
  readonly standings: readonly Standing[];
  readonly prior: bigint | undefined;
}

/** What a report says of all operators together. */
export interface Totals {
  readonly epoch: bigint;
  readonly networkStake: bigint;
  /** Of eligible operators, as `netReward`. */
  readonly stake: bigint;
  readonly netReward: bigint;
  readonly assigned: bigint;
  readonly done: bigint;
  readonly meanRate: bigint;
  readonly averageDuty: bigint;
}

/** Where the registry has an operator, and whether it drains it if told to: not beyond the guardian share. */
export interface Seat extends Place {
  /** One of STANDINGS; null for one that is delisted or removed, which is not scored. */
  readonly standing: bigint | null;
  readonly isWhitelisted: boolean;
  readonly drain: (cause: bigint) => boolean;
}

/** What became of an operator's score. */
export interface Scored extends Value {
  readonly verdict: Verdict;
  /** Where the registry has it then. */
  readonly standing: bigint;
}

export function newScoreBook(parameters: Parameters): ScoreBook {
  return { parameters, standings: [], prior: undefined };
}

/** Takes the counters of all operators for `epoch`. */
export function recordReport(
  book: ScoreBook,
  epoch: bigint,
  networkStake: bigint,
  counters: readonly Counters[],
): { book: ScoreBook; totals: Totals; taken: Taken[] } {
  const { commissionLimitBps, commissionRiseBps } = book.parameters;
  const taken = counters.map((each, k) => {
    const { reported } = book.standings[k] ?? UNKNOWN;
    return takeCounters(reported, each, epoch, commissionRiseBps);
  });
  const standings = book.standings.slice();
  let [stake, netReward, assigned, done] = [0n, 0n, 0n, 0n];
  for (const [k, { reported }] of taken.entries()) {
    const each = counters[k]!;
    standings[k] = { ...(standings[k] ?? UNKNOWN), reported };
    assigned += each.assigned;
    done += min(each.done, each.assigned);
    if (!isEligible(reported, commissionLimitBps)) continue;
    stake += each.stake;
    netReward += net(each.reward, each.commissionBps);
  }

  const [meanRate, averageDuty] = [rateOf(netReward, stake), dutyOf(assigned, done)];
  const totals = { epoch, networkStake, stake, netReward, assigned, done, meanRate, averageDuty };
  return { book: { ...book, standings }, totals, taken };
}

/** Scores every operator that `seats` has, in order; one without a seat is not scored. */
export function scoreReport(
  book: ScoreBook,
  totals: Totals,
  seats: readonly (Seat | undefined)[],
): { book: ScoreBook; scores: (Scored | undefined)[] } {
  const scale: Scale = { parameters: book.parameters, networkStake: totals.networkStake, prior: book.prior };
  const standings = book.standings.slice();
  const performances: bigint[] = [];
  const scores = seats.map((seat, k) => {
    const before = standings[k];
    if (seat === undefined || seat.standing === null || before?.reported.epoch !== totals.epoch) return undefined;
    const { standing, scored } = scoreOne(scale, totals, before, seat, seat.standing);
    standings[k] = standing;
    const isOneOfAll = (scored.gates & (GATES.notListed | GATES.slashed)) === 0n;
    if (isOneOfAll) performances.push(scored.performance);
    return scored;
  });

  return { book: { ...book, standings, prior: lowerQuartile(performances) ?? book.prior }, scores };
}

/** Averages first, then conduct, which may change where the operator stands, then the score. */
function scoreOne(
  scale: Scale,
  totals: Totals,
  before: Standing,
  seat: Seat,
  at: bigint,
): { standing: Standing; scored: Scored } {
  const { reported } = before;
  const { parameters } = scale;
  const averages = follow(before, totals, parameters);
  const facts = factsOf(reported, totals, parameters, reported.epoch - before.averages.epoch);
  const { record: judged, verdict } = judge(before.record, facts, at);

  const isToDrain = verdict.drain !== CAUSES.none;
  const isDrained = isToDrain && seat.drain(verdict.drain);
  const record = isToDrain ? noteDrain(judged, verdict.drain, isDrained) : judged;
  const standing = isDrained ? STANDINGS.drainedByReport : verdict.readmit ? STANDINGS.listed : at;
  const mayHold = standing === STANDINGS.listed && seat.isWhitelisted;
  const value = valueOf(scale, { ...seat, mayHold }, reported, averages);

  const judgedReport = { ...reported, marks: reported.marks & ~MARKS.slashDue };
  return { standing: { reported: judgedReport, averages, record }, scored: { ...value, verdict, standing } };
}

/** A reward that is set aside, or that there is nothing to compare with, leaves the averages of yields alone. */
function follow({ reported, averages }: Standing, { meanRate }: Totals, parameters: Parameters) {
  const hasYield = meanRate !== 0n && !has(reported, MARKS.ratePending);
  const yielded = hasYield
    ? followYield(averages, yieldOf(reported.rate, reported.commissionBps, meanRate), parameters)
    : averages;
  return { ...followActivity(yielded, has(reported, MARKS.active), parameters), epoch: reported.epoch };
}

function factsOf(reported: Reported, totals: Totals, parameters: Parameters, distance: bigint): Facts {
  return {
    distance,
    isActive: has(reported, MARKS.active),
    isLow: reported.duty < LOW_DUTY,
    isBehind: reported.duty + STRIKE_MARGIN < totals.averageDuty,
    isDear: reported.commissionBps > parameters.commissionLimitBps,
    isOdd: has(reported, MARKS.ratePending),
    isDoubtful: has(reported, MARKS.slashPending),
    isSlashed: has(reported, MARKS.slashDue),
    isBarred: has(reported, MARKS.slashed),
  };
}
