/** The pool's delegations: readings, faults, write-downs and rounds (design, section 6; specification, section 3). */
import { max, min, monus, mulDivDown, sum } from "./arithmetic.ts";
import * as metaBook from "./book.ts";
import { type Book, BPS, bufferOf, bufferTargetAt } from "./book.ts";
import { required } from "./errors.ts";
import { type Listing, newOperator, type Operator, type OperatorPool, type Reading } from "./operators.ts";

/** A loss up to it is rounding, which anyone may leave to the next round. */
export const TOLERATED_LOSS = 1000n;
const FAULTS_TO_WRITE_DOWN = 3;
const OVERDUE_EPOCHS = 2n;
const RAMP_START_BPS = 5n;
const ROUNDING = 1_000n; // wei

export interface Caps {
  poolShareBps?: bigint; // of T'
  netShareBps?: bigint; // of N, others' stake included
  absoluteCap?: bigint;
}

export interface Group extends Caps {
  id: bigint; // 1 to 255
}

export interface Policy {
  poolShareBps: bigint;
  netShareBps: bigint | undefined;
  bondRatio: bigint | undefined; // none: bonds do not count
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
  certified: boolean;
  caps: Map<bigint, bigint>; // C_g; a group without an entry has none
  levels: Map<bigint, bigint>; // by group, 1e18; a group without an entry is unbounded
}

export interface Allocator {
  book: Book;
  parameters: Parameters;
  policy: Policy;
  groups: Group[];
  operators: Operator[];
  networkStake: () => bigint; // N; 0 if it cannot be read
  lastRoundEpoch: bigint | undefined;
  round: bigint; // 0 if none is open
  cursor: number;
  roundGains: { amount: bigint; accrual: bigint }[];
  roundLosses: bigint[];
  snapshot: PoolSnapshot | undefined;
  class0Taken: bigint; // since the last round
  class2: { amount: bigint; at: bigint }[]; // every leg's
}

export function newAllocator(
  book: Book,
  rules: { parameters: Parameters; policy: Policy; groups?: Group[]; networkStake: () => bigint },
): Allocator {
  return {
    book,
    groups: [],
    ...rules,
    operators: [],
    lastRoundEpoch: undefined,
    round: 0n,
    cursor: 0,
    roundGains: [],
    roundLosses: [],
    snapshot: undefined,
    class0Taken: 0n,
    class2: [],
  };
}

export function list(allocator: Allocator, now: bigint, pool: OperatorPool, listing: Listing): Operator {
  const operator = newOperator(BigInt(allocator.operators.length + 1), pool, now, listing);
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
  return monus(book.exits.owed + bufferTargetAt(book, now), bufferOf(book) + coming);
}

export function longestUnbonding(allocator: Allocator): bigint {
  return max(0n, ...allocator.operators.map((operator) => operator.pool.unbondingTime));
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
  }

  const page = allocator.operators.slice(allocator.cursor, allocator.cursor + maxOperators);
  const booked = page
    .filter((operator) => operator.state !== "Removed")
    .map((operator) => read(allocator, now, operator));
  metaBook.report(book, now, {
    cash: sum(booked.map((result) => result.cash)),
    gain: sum(booked.map((result) => result.gain)),
    loss: sum(booked.map((result) => result.loss)),
  });
  allocator.cursor += page.length;
  const completed = allocator.cursor === allocator.operators.length;
  if (completed) completeRound(allocator, now);
  return { read: page.length, completed };
}

interface Booked {
  cash: bigint;
  gain: bigint;
  loss: bigint;
}

function read(allocator: Allocator, now: bigint, operator: Operator): Booked {
  let reading: Reading;
  try {
    reading = operator.pool.collect(now);
  } catch {
    fault(allocator, now, operator);
    return { cash: 0n, gain: 0n, loss: 0n };
  }
  const booked = bookReading(allocator, now, operator, reading);
  if (isOverdue(allocator, now, operator)) {
    fault(allocator, now, operator);
  } else {
    operator.faulted = false;
    operator.faults = 0;
    if (operator.writtenDown) recover(allocator, operator);
  }
  return booked;
}

function bookReading(allocator: Allocator, now: bigint, operator: Operator, reading: Reading): Booked {
  const { maxGainBps, maxLossBps } = allocator.parameters;
  const { epochLength } = allocator.book.parameters;
  const unbondingBefore = operator.unbonding;
  const cashGain = monus(reading.arrived, unbondingBefore);
  const left = monus(unbondingBefore, reading.arrived);
  const booked = operator.position + left;
  const seen = reading.staked + reading.unstaked;
  const elapsed = now - operator.readAt;

  const bound = ((operator.position + unbondingBefore) * maxGainBps * elapsed) / (BPS * epochLength);
  const above = monus(seen, booked);
  const stakeGain = operator.writtenDown ? above : min(above, bound);
  const loss = monus(booked, seen);

  const unbondingAfter = min(reading.unstaked, left);
  operator.unbonding = unbondingAfter;
  const vanished = min(monus(left, reading.unstaked), cashGain + stakeGain + ROUNDING);
  updateDue(operator, now, reading.arrived + loss + vanished);
  operator.position = min(booked, seen) + stakeGain - unbondingAfter;
  operator.bond = reading.bond;
  operator.others = monus(reading.total, reading.staked);
  operator.readAt = now;
  const lost = operator.lossSince + loss;
  if (lost * BPS > maxLossBps * max(operator.snapshot.position, operator.position + lost)) operator.watch = true;
  operator.lossSince = 0n;

  const gain = cashGain + stakeGain;
  allocator.roundGains.push({ amount: gain, accrual: elapsed });
  allocator.roundLosses.push(loss);
  return { cash: reading.arrived, gain, loss };
}

/**
 * What is unbonding when nothing is waited for is due as a whole one unbonding time later. What arrived and what was lost
 * is taken off it; once nothing of it is left, what is unbonding then becomes due.
 */
function updateDue(operator: Operator, now: bigint, settled: bigint): void {
  takeOffDue(operator, settled);
  if (operator.due !== undefined || operator.unbonding === 0n) return;
  operator.due = { amount: operator.unbonding, at: now + operator.pool.unbondingTime };
}

export function takeOffDue(operator: Operator, settled: bigint): void {
  if (operator.due === undefined) return;
  operator.due.amount = monus(operator.due.amount, settled);
  if (operator.due.amount === 0n) operator.due = undefined;
}

function isOverdue(allocator: Allocator, now: bigint, operator: Operator): boolean {
  const patience = OVERDUE_EPOCHS * allocator.book.parameters.epochLength;
  return operator.due !== undefined && now > operator.due.at + patience;
}

/* FAULTS */

function fault(allocator: Allocator, now: bigint, operator: Operator): void {
  operator.faulted = true;
  operator.faults += 1;
  if (operator.faults < FAULTS_TO_WRITE_DOWN || operator.writtenDown) return;
  const loss = heldAt(operator);
  operator.position = 0n;
  operator.unbonding = 0n;
  operator.due = undefined;
  operator.writtenDown = true;
  operator.factor = metaBook.reportWriteDown(allocator.book, now, loss);
  allocator.roundLosses.push(loss);
}

function recover(allocator: Allocator, operator: Operator): void {
  operator.writtenDown = false;
  endFactor(allocator, operator);
}

/** Ends the premium that stakes pay because of a written-down operator. */
export function clearWriteDown(allocator: Allocator, id: bigint): void {
  const operator = operatorOf(allocator, id);
  required(operator.writtenDown && operator.factor > 0n, "NotWrittenDown", id);
  endFactor(allocator, operator);
}

function endFactor(allocator: Allocator, operator: Operator): void {
  if (operator.factor === 0n) return;
  const { factor } = operator;
  operator.factor = 0n;
  metaBook.endWriteDown(
    allocator.book,
    factor,
    allocator.operators.every((other) => other.factor === 0n),
  );
}

/** Books a loss above 1,000 wei that the operator's pool shows now; failing is no fault. */
export function settleOne(allocator: Allocator, now: bigint, id: bigint): bigint {
  const operator = operatorOf(allocator, id);
  let seen: { staked: bigint; unstaked: bigint };
  try {
    seen = operator.pool.peek(now);
  } catch {
    return 0n;
  }
  const booked = heldAt(operator);
  const shown = seen.staked + seen.unstaked;
  if (shown + TOLERATED_LOSS >= booked) return 0n;
  const loss = booked - shown;
  operator.unbonding = min(seen.unstaked, operator.unbonding);
  takeOffDue(operator, loss);
  operator.position = shown - operator.unbonding;
  operator.lossSince += loss;
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

  const totals = liveTotals(allocator, now);
  for (const operator of allocator.operators) {
    moveRamp(operator, totals.total);
    operator.snapshot = {
      position: operator.position,
      fixedCap: fixedCapOf(allocator, operator, "target"),
      cap: 0n,
      class1Taken: 0n,
      weight: operator.weight,
      groups: [...operator.groups],
    };
    operator.snapshot.cap = capOf(allocator, operator, totals, "target");
  }
  allocator.snapshot = {
    ...totals,
    need: liveNeed(allocator, now),
    healthy: sum(allocator.operators.filter((operator) => !operator.faulted).map((operator) => operator.position)),
    round: allocator.round,
    certified: false,
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
  allocator.class0Taken = 0n;
  allocator.round = 0n;
}

/** From 5 bp of T, half as much again per clean epoch, halved on a fault. */
function moveRamp(operator: Operator, total: bigint): void {
  const start = mulDivDown(total, RAMP_START_BPS, BPS);
  operator.ramp = max(start, operator.faulted ? operator.ramp / 2n : (operator.ramp * 3n) / 2n);
}

/* CAPS */

/**
 * What a cap is read for. A target and a violation leave our own unbonding out of the bond term (decision 0002); a
 * violation leaves the ramp and the watch out too. A network whose stake cannot be read stops increases and nothing else.
 */
export type Use = "target" | "increase" | "violation";

/** What of an operator's cap does not depend on T or N. */
export function fixedCapOf(allocator: Allocator, operator: Operator, use: Use): bigint | undefined {
  const { bondRatio } = allocator.policy;
  const ours = use === "increase" ? operator.unbonding : 0n;
  const terms = [
    bondRatio === undefined ? undefined : monus(operator.bond * bondRatio, operator.others + ours),
    use !== "violation" && operator.state === "Ramping" ? operator.ramp : undefined,
    operator.absoluteCap,
  ];
  return least(terms);
}

export function mayHold(operator: Operator): boolean {
  return operator.whitelisted && (operator.state === "Active" || operator.state === "Ramping");
}

/** c_i, read with `totals`. */
export function capOf(allocator: Allocator, operator: Operator, totals: Totals, use: Use): bigint {
  if (!mayHold(operator) || operator.faulted) return 0n;
  const fixed = fixedCapOf(allocator, operator, use);
  const { policy } = allocator;
  const cap = least([
    policyShare(policy.poolShareBps, totals),
    netShare(policy.netShareBps, totals, operator, use),
    fixed,
  ]);
  return operator.watch && use !== "violation" ? min(cap ?? 0n, operator.position) : (cap ?? 0n);
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
  if (totals.network === 0n && use !== "increase") return undefined;
  return monus(mulDivDown(totals.network, shareBps, BPS), others);
}

function least(terms: (bigint | undefined)[]): bigint | undefined {
  const [first, ...others] = terms.filter((term) => term !== undefined);
  return first === undefined ? undefined : min(first, ...others);
}

export function membersOf(allocator: Allocator, group: bigint): Operator[] {
  return allocator.operators.filter((operator) => group === 0n || operator.groups.includes(group));
}

/** C_g, read with `totals`; none if the group has no cap. */
export function groupCapOf(allocator: Allocator, id: bigint, totals: Totals, use: Use): bigint | undefined {
  if (id === 0n) return totals.total;
  const group = allocator.groups.find((candidate) => candidate.id === id);
  if (group === undefined) return undefined;
  const members = membersOf(allocator, id);
  const others = sum(members.map((operator) => operator.others));
  const faulted = sum(members.filter((operator) => operator.faulted).map(heldAt));
  const cap = least([
    policyShare(group.poolShareBps, totals),
    netShare(group.netShareBps, totals, { others }, use),
    group.absoluteCap,
  ]);
  return cap === undefined ? undefined : monus(cap, faulted);
}

/** W_g: weights of members with a cap above zero at the snapshot. */
export function groupWeightOf(allocator: Allocator, id: bigint): bigint {
  const members = membersOf(allocator, id).filter((operator) => operator.snapshot.cap > 0n);
  return sum(members.map((operator) => operator.weight));
}
