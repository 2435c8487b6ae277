/** The pool's delegations: readings, faults, write-downs and rounds (design, section 6; specification, section 3). */
import { max, min, monus, mulDivDown, mulDivUp, sum } from "./arithmetic.ts";
import * as metaBook from "./book.ts";
import { type Book, BPS, bufferOf, bufferTargetAt, DAY } from "./book.ts";
import { required } from "./errors.ts";
import {
  type Listing,
  newOperator,
  newSnapshot,
  noteLoss,
  type Operator,
  type OperatorPool,
  type Reading,
  ROUNDING,
  setWatch,
} from "./operators.ts";
import { followRamp } from "./ramps.ts";

const FAULTS_TO_WRITE_DOWN = 3;
const OVERDUE_EPOCHS = 2n;
const WRITE_DOWN_TERM = 90n * DAY;
const MOST_FAULTS = 255;
/** Epochs after the one that was reported in which its scores may be acted on. */
const MAX_SCORE_AGE = 3n;
/** A bond covers at least that part of a position that is frozen (design, section 8). */
const FREEZE = { from: 4n, of: 5n };

/** Less is dust (decision 0006): the buffer target pays it, and it may be worth no share at an operator's pool. */
export const SMALLEST_STAKE = 10n ** 9n;

export interface Caps {
  poolShareBps?: bigint; // of T'
  netShareBps?: bigint; // of N, others' stake included
  absoluteCap?: bigint;
}

export interface Group extends Caps {
  id: bigint; // 1 to 255
  dimension?: number; // 1 to 5
}

/** What the caps of a dimension's groups do; only hard ones hold. */
export type Mode = "Hard" | "Monitor" | "Off";

export interface Policy {
  poolShareBps: bigint;
  netShareBps: bigint | undefined;
  bondRatio: bigint | undefined; // none: bonds do not count
  guardianShareBps?: bigint; // of T: what may be made a violation per epoch without notice
}

export interface Parameters {
  graceBps: bigint;
  bandBps: bigint;
  budget0Bps: bigint;
  budget2Bps: bigint;
  maxLossBps: bigint;
  maxGainBps: bigint;
  minMove: bigint;
}

/** T, T' and N at one moment; what a leg may use of the buffer, and what exits and the buffer lack. */
export interface Live extends Totals {
  free: bigint;
  need: bigint;
}

/** T, T' and N at one moment. */
export interface Totals {
  total: bigint; // T
  withFaulted: bigint; // T'
  network: bigint; // N
}

export interface PoolSnapshot extends Totals {
  need: bigint; // need₀
  healthy: bigint; // X
  round: bigint;
  poolShareBps: bigint; // the policy's, when the round began
  netShareBps: bigint | undefined;
  operators: number; // that the round read
  groups: number; // that there were
  certified: boolean;
  checked: Map<string, number>; // operators, by sheet
  caps: Map<bigint, bigint>; // C_g; a group without an entry has none
  levels: Map<bigint, bigint>; // by group, 1e18; a group without an entry is unbounded
}

export interface Allocator {
  book: Book;
  parameters: Parameters;
  policy: Policy;
  groups: Group[];
  tenureGroup: bigint | undefined; // where operators sit while they ramp
  modes: Map<number, Mode>; // by dimension; Hard if it has none
  scoredEpoch: bigint; // 0 before the first
  groupRounds: Map<bigint, bigint>; // by group, the first whose snapshot has its members as they are
  operators: Operator[];
  networkStake: () => bigint; // N; 0 if it cannot be read
  lastRoundEpoch: bigint | undefined;
  round: bigint; // 0 if none is open
  cursor: number;
  roundGains: { amount: bigint; accrual: bigint }[];
  roundLosses: bigint[];
  begun: { network: bigint; poolShareBps: bigint; netShareBps: bigint | undefined; longestUnbonding: bigint };
  snapshot: PoolSnapshot | undefined;
  longestUnbonding: bigint; // of what the last round read, and of who was listed since
  class0Taken: bigint; // since the last round
  class2: { amount: bigint; round: bigint }[]; // every leg's, with the round before it
  guardianUsed: { epoch: bigint; amount: bigint };
}

export function newAllocator(
  book: Book,
  rules: { parameters: Parameters; policy: Policy; groups?: Group[]; networkStake: () => bigint },
): Allocator {
  return {
    book,
    groups: [],
    tenureGroup: undefined,
    modes: new Map(),
    scoredEpoch: 0n,
    groupRounds: new Map(),
    ...rules,
    operators: [],
    lastRoundEpoch: undefined,
    round: 0n,
    cursor: 0,
    roundGains: [],
    roundLosses: [],
    begun: { network: 0n, poolShareBps: 0n, netShareBps: undefined, longestUnbonding: 0n },
    snapshot: undefined,
    longestUnbonding: 0n,
    class0Taken: 0n,
    class2: [],
    guardianUsed: { epoch: 0n, amount: 0n },
  };
}

export function list(allocator: Allocator, pool: OperatorPool, listing: Listing): Operator {
  const operator = newOperator(BigInt(allocator.operators.length + 1), pool, listing);
  allocator.longestUnbonding = max(allocator.longestUnbonding, pool.unbondingTime);
  allocator.operators.push(operator);
  return operator;
}

/* VIEWS */

export function operatorOf(allocator: Allocator, id: bigint): Operator {
  const operator = allocator.operators.find((candidate) => candidate.id === id);
  required(operator !== undefined, "UnknownOperator", id);
  return operator;
}

export function heldAt(operator: Operator): bigint {
  return operator.position + operator.unbonding;
}

export function committed(allocator: Allocator): bigint {
  return sum(allocator.operators.map((operator) => operator.position));
}

export function unbonding(allocator: Allocator): bigint {
  return sum(allocator.operators.map((operator) => operator.unbonding));
}

export function faultedStake(allocator: Allocator): bigint {
  return sum(allocator.operators.filter((operator) => operator.faulted).map(heldAt));
}

export function liveTotals(allocator: Allocator, now: bigint): Totals {
  const { book } = allocator;
  const faulted = faultedStake(allocator);
  const all = bufferOf(book) + committed(allocator) + unbonding(allocator);
  const total = monus(all, faulted + book.exits.owed + bufferTargetAt(book, now));
  return { total, withFaulted: total + faulted, network: allocator.networkStake() };
}

/** What exits and the buffer lack, beside what is on its way from operators that answer. */
export function liveNeed(allocator: Allocator, now: bigint): bigint {
  const { book } = allocator;
  const coming = sum(allocator.operators.filter((operator) => !operator.faulted).map((operator) => operator.unbonding));
  const target = bufferTargetAt(book, now);
  const need = monus(book.exits.owed + target, bufferOf(book) + coming);
  return need < SMALLEST_STAKE && target >= SMALLEST_STAKE ? 0n : need;
}

export function liveOf(allocator: Allocator, now: bigint): Live {
  const { book } = allocator;
  return {
    ...liveTotals(allocator, now),
    free: monus(bufferOf(book), book.exits.owed + bufferTargetAt(book, now)),
    need: liveNeed(allocator, now),
  };
}

/** What class 2 took since the rounds that the longest unbonding time can span, and the one before them. */
export function class2Used(allocator: Allocator): bigint {
  const round = allocator.snapshot?.round ?? 0n;
  const { epochLength } = allocator.book.parameters;
  const window = (allocator.longestUnbonding + epochLength - 1n) / epochLength + 1n;
  return sum(allocator.class2.filter((entry) => entry.round + window >= round).map((entry) => entry.amount));
}

/** Whether operators have been scored before, and not for too long: then class 2 is closed. */
export function areScoresOld({ book, scoredEpoch }: Allocator, now: bigint): boolean {
  return scoredEpoch !== 0n && metaBook.epochAt(book, now) > scoredEpoch + MAX_SCORE_AGE;
}

/** When a round may begin at the earliest. */
export function nextRoundAt(allocator: Allocator): bigint {
  return ((allocator.lastRoundEpoch ?? -1n) + 1n) * allocator.book.parameters.epochLength;
}

/** When exits of a batch can be funded at the earliest, and when if keepers do their work. */
export function exitTimes(allocator: Allocator, now: bigint, batch: bigint): { earliest: bigint; estimated: bigint } {
  const { book } = allocator;
  const earliest = batch < book.exits.filling ? now : max(now, nextRoundAt(allocator));
  return { earliest, estimated: earliest + allocator.longestUnbonding + book.parameters.epochLength };
}

/* ROUNDS */

/** Begins the epoch's round if it is due and reads up to `maxOperators`. */
export function settle(allocator: Allocator, now: bigint, maxOperators: number): { read: number; completed: boolean } {
  const { book } = allocator;
  const epoch = metaBook.epochAt(book, now);
  if (allocator.round === 0n) {
    if (allocator.lastRoundEpoch === epoch) return { read: 0, completed: true };
    allocator.lastRoundEpoch = epoch;
    allocator.round = metaBook.beginRound(book);
    allocator.cursor = 0;
    allocator.roundGains = [];
    allocator.roundLosses = [];
    const { poolShareBps, netShareBps } = allocator.policy;
    allocator.begun = { network: allocator.networkStake(), poolShareBps, netShareBps, longestUnbonding: 0n };
  }

  const page = allocator.operators.slice(allocator.cursor, allocator.cursor + maxOperators);
  const sums: Sums = { cash: 0n, gain: 0n, loss: 0n };
  for (const operator of page) {
    if (operator.state === "Removed") {
      operator.snapshot = newSnapshot();
    } else {
      const lost = read(allocator, now, operator, sums);
      followRamp(allocator, operator, lost);
      const isOld = now >= operator.writtenDownAt + WRITE_DOWN_TERM;
      if (operator.writtenDown && operator.premiumUnits > 0n && isOld) endPremium(allocator, operator);
      takeSnapshot(allocator, operator);
    }
  }
  bookSums(allocator, now, sums);
  allocator.cursor += page.length;
  const completed = allocator.cursor === allocator.operators.length;
  if (completed) completeRound(allocator, now);
  return { read: page.length, completed };
}

/** What a page has read and not yet booked. */
interface Sums {
  cash: bigint;
  gain: bigint;
  loss: bigint;
}

/** Books the page so far: before a write-down, or the end of one, for it belongs to the price before. */
function bookSums(allocator: Allocator, now: bigint, sums: Sums): void {
  metaBook.report(allocator.book, now, sums);
  Object.assign(sums, { cash: 0n, gain: 0n, loss: 0n });
}

/** Returns what was lost since the reading before, as far as it is known. */
function read(allocator: Allocator, now: bigint, operator: Operator, sums: Sums): bigint {
  let reading: Reading;
  try {
    reading = operator.pool.collect(now);
  } catch {
    operator.bond = 0n;
    fault(allocator, now, operator, sums);
    return 0n;
  }
  operator.others = monus(reading.total, reading.staked);
  const insisted = insist(operator, now, reading);
  operator.bond = reading.bond;
  const isAway = operator.writtenDown && isOverdue(allocator, now, operator, reading.arrived);
  if (isAway || (operator.writtenDown && operator.refusedBps > 0n)) {
    // It still owes what was due and is not back: only its cash counts.
    if (reading.arrived > 0n) {
      bookSums(allocator, now, sums);
      const accrual = operator.readAt === undefined ? 0n : now - operator.readAt;
      allocator.roundGains.push({ amount: reading.arrived, accrual });
      recoverPart(allocator, operator, reading.arrived);
      sums.cash = reading.arrived;
    }
    fault(allocator, now, operator, sums);
    return 0n;
  }
  return bookReading(allocator, now, operator, reading, sums, insisted);
}

/**
 * Asks for what legs asked for in vain, as far as it is there, and forgets it if the pool heeds that. Returns what it has put on
 * its way; the reading is then as the pool shows it.
 */
function insist(operator: Operator, now: bigint, reading: Reading): bigint {
  const { refusedBps, writtenDown, lost, position } = operator;
  const asked = min(mulDivUp(writtenDown ? lost : position, refusedBps, BPS), reading.staked);
  if (asked === 0n) {
    operator.refusedBps = 0n;
    return 0n;
  }
  let seen: { staked: bigint; unstaked: bigint };
  try {
    seen = operator.pool.pull(now, asked, false);
  } catch {
    return 0n;
  }
  const isOnItsWay = seen.unstaked + ROUNDING >= reading.unstaked + asked;
  if (isOnItsWay && seen.staked + asked <= reading.staked + ROUNDING) operator.refusedBps = 0n;
  const insisted = monus(seen.unstaked, reading.unstaked);
  Object.assign(reading, seen);
  return insisted;
}

function bookReading(
  allocator: Allocator,
  now: bigint,
  operator: Operator,
  reading: Reading,
  sums: Sums,
  insisted: bigint,
): bigint {
  const { maxGainBps } = allocator.parameters;
  const { epochLength } = allocator.book.parameters;
  const unbondingBefore = operator.unbonding;
  const cashGain = monus(reading.arrived, unbondingBefore);
  const left = monus(unbondingBefore, reading.arrived);
  const booked = operator.position + left;
  const elapsed = operator.readAt === undefined ? 0n : now - operator.readAt;

  // Of a written-down operator what was written down may come back at once, as cash or as stake.
  const isRefusing = operator.refusedBps > 0n;
  const lost = operator.writtenDown ? operator.lost : 0n;
  const bound = isRefusing
    ? 0n
    : ((operator.position + unbondingBefore) * maxGainBps * elapsed) / (BPS * epochLength) +
      monus(lost, reading.arrived);
  // What was on its way comes back or is lost: stake that a pool makes of it counts only as far as it may have earned it.
  const isMovedBack = reading.unstaked - insisted + ROUNDING < left;
  const staked = isMovedBack ? min(reading.staked, monus(operator.position + bound, insisted)) : reading.staked;
  const seen = staked + reading.unstaked;
  const stakeGain = min(monus(seen, booked), bound);
  const loss = monus(booked, seen);
  const held = min(booked, seen) + stakeGain;
  operator.unbonding = min(reading.unstaked, held);
  operator.position = held - operator.unbonding;

  // A written-down operator's cash and what it had lost were taken off the amount that is due before.
  const vanished = min(monus(left, reading.unstaked), cashGain + stakeGain + ROUNDING);
  const settled = (operator.writtenDown ? 0n : reading.arrived + operator.lossSince) + vanished + loss;
  const overdue = isOverdue(allocator, now, operator, settled);
  if (operator.due?.at === undefined) {
    // Some of it may have been asked for in this epoch: its time runs from the next reading.
    const amount = max(operator.due?.amount ?? 0n, operator.unbonding);
    operator.due = amount === 0n ? undefined : { amount, at: undefined };
  }
  const gain = cashGain + stakeGain;
  allocator.roundGains.push({ amount: gain, accrual: elapsed });
  allocator.roundLosses.push(loss);
  if (operator.writtenDown) {
    bookSums(allocator, now, sums);
    operator.writtenDown = false;
    recoverPart(allocator, operator, gain, ROUNDING);
  } else if (gain > loss && operator.premiumUnits > 0n) {
    sums.gain += loss;
    bookSums(allocator, now, sums);
    recoverPart(allocator, operator, gain - loss);
  } else {
    sums.gain += gain;
  }
  const lossOfRound = loss + operator.lossSince + (lost > 0n ? operator.lost : 0n);
  operator.lossSince = 0n;
  if (lossOfRound > ROUNDING) watchForLoss(allocator, operator, lossOfRound);
  sums.loss += loss;
  sums.cash += reading.arrived;
  operator.readAt = now;
  if (overdue || isRefusing) {
    fault(allocator, now, operator, sums);
  } else {
    operator.faulted = false;
    operator.faults = 0;
  }
  return lossOfRound;
}

/**
 * Takes what arrived and what was lost off the amount that is due; says whether the rest should be here for two epochs.
 * The time runs from the first reading after it was asked for. When at least half of it is settled, the rest becomes due anew, with
 * all that is on its way by then.
 */
function isOverdue(allocator: Allocator, now: bigint, operator: Operator, settled: bigint): boolean {
  if (operator.due === undefined) return false;
  const amount = monus(operator.due.amount, settled);
  if (amount === 0n || (settled >= amount && !operator.writtenDown)) {
    operator.due = { amount, at: undefined };
    return false;
  }
  const at = operator.due.at ?? now + operator.pool.unbondingTime;
  operator.due = { amount, at };
  return now > at + OVERDUE_EPOCHS * allocator.book.parameters.epochLength;
}

/* FAULTS */

function fault(allocator: Allocator, now: bigint, operator: Operator, sums: Sums): void {
  operator.faulted = true;
  // What is due and has no time yet would never be late of a pool that fails each time it would get one.
  if (operator.due !== undefined) operator.due.at ??= now + operator.pool.unbondingTime;
  operator.faults = Math.min(operator.faults + 1, MOST_FAULTS);
  const loss = heldAt(operator);
  if (operator.faults < FAULTS_TO_WRITE_DOWN || loss === 0n) return;
  bookSums(allocator, now, sums);
  operator.position = 0n;
  operator.unbonding = 0n;
  operator.writtenDown = true;
  const { units, era } = metaBook.reportWriteDown(allocator.book, now, loss);
  const left = metaBook.unitsIn(era, { units: operator.premiumUnits, era: operator.premiumEra });
  // By what is missing of each.
  const missing = left > 0n ? operator.lost : 0n;
  operator.writtenDownAt = (operator.writtenDownAt * missing + now * loss) / (missing + loss);
  operator.lost = missing + loss;
  [operator.premiumUnits, operator.premiumEra] = [left + units, era];
  // No reading takes what it had lost off what is due before it is back.
  if (operator.due !== undefined) operator.due.amount = monus(operator.due.amount, operator.lossSince);
  allocator.roundLosses.push(loss);
}

/** Ends the premium that stakes pay because of a written-down operator: by governance, or by anyone after 90 days. */
export function clearWriteDown(
  allocator: Allocator,
  now: bigint,
  id: bigint,
  caller: { address: string; mayCall: boolean } = { address: "governance", mayCall: true },
): void {
  const operator = allocator.operators.find((candidate) => candidate.id === id);
  const isOld = now >= (operator?.writtenDownAt ?? 0n) + WRITE_DOWN_TERM;
  required(caller.mayCall || isOld, "AccessManagedUnauthorized", caller.address);
  required(operator !== undefined && operator.premiumUnits > 0n, "NotWrittenDown", id);
  endPremium(allocator, operator);
}

/** Ends an operator's part of the premium, or some units of it, with what it turns out to have. */
function endPremium(allocator: Allocator, operator: Operator, gain = 0n, units = operator.premiumUnits): void {
  const claim = { units: operator.premiumUnits, era: operator.premiumEra };
  operator.premiumUnits -= units;
  metaBook.endWriteDown(allocator.book, gain, claim, operator.premiumUnits);
}

/** A written-down operator has `gain` after all: that part of its units ends, all of them when no more than `rounding` is missing. */
function recoverPart(allocator: Allocator, operator: Operator, gain: bigint, rounding = 0n): void {
  const { lost, premiumUnits: units } = operator;
  const missing = monus(lost, gain);
  operator.lost = missing > rounding ? missing : 0n;
  endPremium(allocator, operator, gain, operator.lost > 0n ? mulDivDown(units, gain, lost) : units);
}

/** Losses put an operator on watch once they add up to too much, each as a part of what it held, rounded up. */
function watchForLoss({ parameters }: Allocator, operator: Operator, loss: bigint): void {
  // What legs brought after the last round can be lost, too.
  const base = max(operator.snapshot.position, heldAt(operator) + loss);
  operator.lostBps += mulDivUp(loss, BPS, base);
  if (operator.lostBps <= parameters.maxLossBps) return;
  operator.lostBps = 0n;
  setWatch(operator, "guardian", true);
}

/** Collects what a removed operator returns, and ends as large a part of its premium as that is of what is lost. */
export function reclaim(allocator: Allocator, now: bigint, id: bigint): bigint {
  const operator = operatorOf(allocator, id);
  const isListedAnew = allocator.operators.some((other) => other.pool === operator.pool && other.id > id);
  required(operator.state === "Removed" && !isListedAnew, "UnknownOperator", id);
  const { arrived, staked } = operator.pool.collect(now);
  if (staked > 0n) operator.pool.pull(now, staked, true);
  if (arrived === 0n) return 0n;
  recoverPart(allocator, operator, arrived);
  metaBook.report(allocator.book, now, { cash: arrived });
  return arrived;
}

/** Books a loss above 1,000 wei that the operator's pool shows now; failing is no fault, and nobody is no loss. */
export function settleOne(allocator: Allocator, now: bigint, id: bigint): bigint {
  const operator = allocator.operators.find((candidate) => candidate.id === id);
  if (operator === undefined) return 0n;
  let seen: { staked: bigint; unstaked: bigint };
  try {
    seen = operator.pool.peek(now);
  } catch {
    return 0n;
  }
  const booked = heldAt(operator);
  const shown = seen.staked + seen.unstaked;
  if (shown + ROUNDING >= booked) return 0n;
  operator.unbonding = min(seen.unstaked, operator.unbonding);
  operator.position = min(shown - operator.unbonding, operator.position);
  const loss = booked - heldAt(operator);
  const isRead = allocator.round === 0n || allocator.operators.indexOf(operator) < allocator.cursor;
  noteLoss(operator, loss, isRead && !operator.faulted);
  metaBook.report(allocator.book, now, { loss });
  return loss;
}

/* THE END OF A ROUND */

function completeRound(allocator: Allocator, now: bigint): void {
  const { book } = allocator;
  const gains = sum(allocator.roundGains.map((gain) => gain.amount));
  const weighted = sum(allocator.roundGains.map((gain) => gain.amount * gain.accrual));
  const netGain = monus(gains, sum(allocator.roundLosses));
  metaBook.endRound(book, now, netGain, gains === 0n ? 0n : weighted / gains);

  const { network, ...shares } = allocator.begun;
  const totals = { ...liveTotals(allocator, now), network };
  allocator.snapshot = {
    ...totals,
    ...shares,
    need: liveNeed(allocator, now),
    healthy: sum(allocator.operators.filter((operator) => !operator.faulted).map((operator) => operator.position)),
    round: allocator.round,
    operators: allocator.operators.length,
    groups: allocator.groups.length,
    certified: false,
    checked: new Map(),
    caps: new Map(),
    levels: new Map(),
  };
  for (const id of [0n, ...allocator.groups.map((group) => group.id)]) {
    const cap = groupCapOf(allocator, id, totals, "target");
    const weight = groupWeightOf(allocator, id);
    if (cap === undefined) continue;
    allocator.snapshot.caps.set(id, cap);
    if (weight > 0n) allocator.snapshot.levels.set(id, mulDivDown(cap, metaBook.WAD, weight));
  }
  allocator.longestUnbonding = allocator.begun.longestUnbonding;
  allocator.class0Taken = 0n;
  allocator.round = 0n;
}

/** What the reading of an operator leaves for the round's end, and for legs after it. */
function takeSnapshot(allocator: Allocator, operator: Operator): void {
  operator.snapshot = {
    ...newSnapshot(),
    isListed: true,
    position: operator.position,
    faulted: operator.faulted ? heldAt(operator) : 0n,
    unbonding: operator.writtenDown ? operator.lost : operator.faulted ? 0n : operator.unbonding,
    fixedCap: fixedCapOf(allocator, operator),
    others: operator.others,
    weight: operator.weight,
    groups: [...operator.groups],
  };
  allocator.begun.longestUnbonding = max(allocator.begun.longestUnbonding, operator.pool.unbondingTime);
}

/* CAPS */

/**
 * What a group's cap is read for. An N that cannot be read leaves no room below a share of it, and makes nothing a violation.
 */
export type Use = "target" | "increase" | "violation";

export function mayHold(operator: Operator): boolean {
  return operator.whitelisted && (operator.state === "Active" || operator.state === "Ramping");
}

/** What of an operator's cap does not depend on T or N. Our own unbonding does not count (decision 0002). */
function fixedCapOf(allocator: Allocator, operator: Operator): bigint | undefined {
  if (!mayHold(operator) || operator.faulted) return 0n;
  const { position, ramp, state, watch } = operator;
  return least([
    bondCapOf(allocator, operator),
    operator.absoluteCap,
    watch ? position : undefined,
    // A ramp stops increases: below the position it takes nothing away.
    state === "Ramping" ? max(ramp, position) : undefined,
  ]);
}

/** What the bond covers beside others' stake; the position, if it covers that by four fifths at least. */
function bondCapOf({ policy: { bondRatio } }: Allocator, { bond, others, position }: Operator): bigint | undefined {
  if (bondRatio === undefined) return undefined;
  const covered = bond * bondRatio;
  const isFrozen = covered < position + others && covered * FREEZE.of >= (position + others) * FREEZE.from;
  return isFrozen ? position : monus(covered, others);
}

/** c_i at the snapshot. */
export function capOf(allocator: Allocator, operator: Operator): bigint {
  const { snapshot: pool } = allocator;
  const { snapshot } = operator;
  if (pool === undefined || !snapshot.isListed) return 0n;
  const terms = [
    policyShare(pool.poolShareBps, pool),
    netShare(pool.netShareBps, pool, snapshot, "target"),
    snapshot.fixedCap,
  ];
  return least(terms) ?? 0n;
}

/** The cap that lets an operator grow: by the smaller T and N, and its state, bond and absolute cap of this moment. */
export function increaseCapOf(allocator: Allocator, now: bigint, operator: Operator, live: Totals): bigint {
  const { policy, snapshot } = allocator;
  if (snapshot === undefined || !mayHold(operator) || operator.faulted) return 0n;
  const totals = lower(snapshot, live);
  const { others } = operator.snapshot;
  const { bondRatio } = policy;
  const terms = [
    policyShare(policy.poolShareBps, totals),
    netShare(policy.netShareBps, totals, { others }, "increase"),
    operator.absoluteCap,
    bondRatio === undefined ? undefined : monus(bondNow(operator, now) * bondRatio, others),
  ];
  const cap = monus(least(terms) ?? 0n, operator.unbonding);
  return operator.watch ? min(cap, operator.position) : cap;
}

function bondNow(operator: Operator, now: bigint): bigint {
  try {
    return operator.pool.peekBond(now);
  } catch {
    return 0n;
  }
}

/**
 * The cap above which a position is a violation: by the larger T and N, never above the snapshot's.
 * On watch the snapshot's is at most the position of then, which makes no violation by itself.
 */
export function violationCapOf(allocator: Allocator, operator: Operator, live: Totals): bigint | undefined {
  const { policy, snapshot } = allocator;
  if (snapshot === undefined || !mayHold(operator)) return 0n;
  const totals = higher(snapshot, live);
  return least([
    policyShare(policy.poolShareBps, totals),
    netShare(policy.netShareBps, totals, operator.snapshot, "violation"),
    operator.absoluteCap,
    operator.snapshot.fixedCap,
  ]);
}

export function lower(a: Totals, b: Totals): Totals {
  return {
    total: min(a.total, b.total),
    withFaulted: min(a.withFaulted, b.withFaulted),
    network: min(a.network, b.network),
  };
}

export function higher(a: Totals, b: Totals): Totals {
  return {
    total: max(a.total, b.total),
    withFaulted: max(a.withFaulted, b.withFaulted),
    network: a.network === 0n || b.network === 0n ? 0n : max(a.network, b.network),
  };
}

function policyShare(shareBps: bigint | undefined, totals: Totals): bigint | undefined {
  return shareBps === undefined ? undefined : mulDivDown(totals.withFaulted, shareBps, BPS);
}

function netShare(
  shareBps: bigint | undefined,
  totals: Totals,
  { others }: { others: bigint },
  use: Use,
): bigint | undefined {
  if (shareBps === undefined) return undefined;
  if (totals.network === 0n && use === "violation") return undefined;
  return monus(mulDivDown(totals.network, shareBps, BPS), others);
}

function least(terms: (bigint | undefined)[]): bigint | undefined {
  const [first, ...others] = terms.filter((term) => term !== undefined);
  return first === undefined ? undefined : min(first, ...others);
}

/** Members of a group at the snapshot. */
export function membersOf(allocator: Allocator, group: bigint): Operator[] {
  return allocator.operators.filter(
    ({ snapshot }) => snapshot.isListed && (group === 0n || snapshot.groups.includes(group)),
  );
}

/** What a group's healthy members hold: C_g is net of the others' stake. */
export function groupPositionOf(allocator: Allocator, group: bigint): bigint {
  const healthy = membersOf(allocator, group).filter((member) => !member.faulted);
  return sum(healthy.map((member) => member.position));
}

/** C_g, read with `totals`; none if the group has no cap. Others' and faulted members' stake are the snapshot's. */
export function groupCapOf(allocator: Allocator, id: bigint, totals: Totals, use: Use): bigint | undefined {
  if (id === 0n) return totals.total;
  const group = allocator.groups.find((candidate) => candidate.id === id);
  if (group === undefined || modeOf(allocator, group.dimension ?? 0) !== "Hard") return undefined;
  return groupCapBy(allocator, group, totals, use);
}

/** What a group may be lifted to: no more than its cap at the snapshot, and with room for what was on its way back then. */
export function groupIncreaseCapOf(allocator: Allocator, id: bigint, totals: Totals): bigint | undefined {
  const cap = least([groupCapOf(allocator, id, totals, "increase"), allocator.snapshot?.caps.get(id)]);
  if (cap === undefined || id === 0n) return cap;
  return monus(cap, sum(membersOf(allocator, id).map((member) => member.snapshot.unbonding)));
}

export function modeOf({ modes }: Allocator, dimension: number): Mode {
  return modes.get(dimension) ?? "Hard";
}

/** The same by any caps. */
export function groupCapBy(allocator: Allocator, group: Group, totals: Totals, use: Use): bigint | undefined {
  const bound = groupBound(allocator, group, totals, use);
  return bound === undefined ? undefined : monus(bound, groupFaultedOf(allocator, group.id));
}

/** The same with what faulted members hold, for all members together. */
export function groupBound(allocator: Allocator, group: Group, totals: Totals, use: Use): bigint | undefined {
  const others = sum(membersOf(allocator, group.id).map((operator) => operator.snapshot.others));
  return least([
    policyShare(group.poolShareBps, totals),
    netShare(group.netShareBps, totals, { others }, use),
    group.absoluteCap,
  ]);
}

/** What a group's faulted members held at the snapshot. */
export function groupFaultedOf(allocator: Allocator, id: bigint): bigint {
  return sum(membersOf(allocator, id).map((operator) => operator.snapshot.faulted));
}

/** W_g: weights of members with a cap above zero, as far as it is known when they are read. */
export function groupWeightOf(allocator: Allocator, id: bigint): bigint {
  const { network, netShareBps } = allocator.begun;
  const members = membersOf(allocator, id).filter(({ snapshot }) => {
    const room = netShareBps === undefined ? 1n : monus(mulDivDown(network, netShareBps, BPS), snapshot.others);
    return snapshot.fixedCap !== 0n && room > 0n;
  });
  return sum(members.map((operator) => operator.snapshot.weight));
}
