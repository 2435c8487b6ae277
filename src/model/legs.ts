/** Levels and legs (design, section 7): what a sheet must fulfil, how far a leg may go, and what it does. */
import { max, min, monus, mulDivDown, mulDivUp, sum } from "./arithmetic.ts";
import {
  type Allocator,
  areScoresOld,
  capOf,
  class2Used,
  groupCapOf,
  groupIncreaseCapOf,
  groupPositionOf,
  higher,
  increaseCapOf,
  type Live,
  liveOf,
  lower,
  mayHold,
  membersOf,
  nextRoundAt,
  SMALLEST_STAKE,
  violationCapOf,
} from "./allocator.ts";
import { BPS, report, sendToAllocator, WAD } from "./book.ts";
import { required } from "./errors.ts";
import { noteLoss, type Operator, ROUNDING } from "./operators.ts";

export const MOST_LEGS = 200;
const NEED_MULTIPLE = 4n;
const MIN_MOVE_OF_TOTAL = 1n; // bp
const MIN_MOVE_OF_POSITION = 200n;

export interface Level {
  group: bigint;
  level: bigint; // 1e18: wei per unit of weight
}

export interface Leg {
  operator: bigint;
  amount: bigint;
  up: boolean;
}

export type Class = 0 | 1 | 2;
export type Charged = Record<Class, bigint>;

/* LEVELS */

/** t_i at the snapshot, with the levels in force or those of a sheet. */
export function targetOf(allocator: Allocator, operator: Operator, levels = allocator.snapshot?.levels): bigint {
  if (levels === undefined) return 0n;
  const { weight, groups } = operator.snapshot;
  if (weight === 0n) return 0n;
  const cap = capOf(allocator, operator);
  const bounds = [0n, ...groups].map((group) => levels.get(group)).filter((level) => level !== undefined);
  return bounds.length === 0 ? cap : min(cap, mulDivDown(weight, min(bounds[0]!, ...bounds), WAD));
}

/**
 * Puts a sheet in force if no group's sum exceeds its cap and every group with a level is full within a wei a member. It is
 * checked in pages, and judged once all operators of the snapshot have been looked at.
 */
export function certifyLevels(allocator: Allocator, sheet: Level[], maxOperators = Infinity): boolean {
  const { snapshot } = allocator;
  if (snapshot === undefined || allocator.round !== 0n) return false;
  if (snapshot.certified) return true;
  // A cap by a share of an unknown N is no cap that stake could be sent home for.
  if (snapshot.network === 0n && snapshot.netShareBps !== undefined && snapshot.healthy > 0n) return false;
  let last = -1n;
  for (const { group } of sheet) {
    required(group > last, "SheetNotAscending", group);
    required(snapshot.levels.has(group), "GroupWithoutLevel", group);
    last = group;
  }
  const key = sheet.map(({ group, level }) => `${group.toString()}:${level.toString()}`).join();
  const checked = Math.min(snapshot.operators, (snapshot.checked.get(key) ?? 0) + maxOperators);
  snapshot.checked.set(key, checked);
  if (checked < snapshot.operators) return false;

  const levels = new Map(sheet.map(({ group, level }) => [group, level]));
  const fits = [...snapshot.caps].every(([group, cap]) => {
    const members = membersOf(allocator, group);
    const total = sum(members.map((member) => targetOf(allocator, member, levels)));
    const isTight = total + BigInt(members.length) >= cap;
    return total <= cap && (!levels.has(group) || isTight);
  });
  if (!fits) return false;
  snapshot.certified = true;
  snapshot.levels = levels;
  return true;
}

/* ROOMS */

/** The cap that an increase must stay below: the smaller of the snapshot's and the live one. */
export function liveCapOf(allocator: Allocator, now: bigint, operator: Operator): bigint {
  return min(capOf(allocator, operator), increaseCapOf(allocator, now, operator, liveOf(allocator, now)));
}

export function roomUp(allocator: Allocator, now: bigint, operator: Operator, live = liveOf(allocator, now)): bigint {
  const { snapshot } = allocator;
  if (snapshot === undefined) return 0n;
  const recorded = monus(capOf(allocator, operator), operator.unbonding);
  const most = min(targetOf(allocator, operator), recorded, increaseCapOf(allocator, now, operator, live));
  const rooms = [0n, ...operator.snapshot.groups].map((group) => {
    const position = groupPositionOf(allocator, group);
    const cap = groupIncreaseCapOf(allocator, group, lower(snapshot, live));
    return cap === undefined ? most : monus(cap, position);
  });
  // What it lost since the last reading is not made up for before a reading has seen it.
  const lost = operator.lossSince > ROUNDING ? operator.lossSince : 0n;
  return min(monus(most, operator.position + lost), live.free, ...rooms);
}

/** How a leg down is split: each class on what the ones before it leave. */
interface Split {
  charged: Charged;
  isWhole: boolean; // class 1 takes all that it may from this operator
}

export function splitDown(
  allocator: Allocator,
  now: bigint,
  operator: Operator,
  requested: bigint,
  live = liveOf(allocator, now),
): Split {
  const target = targetOf(allocator, operator);
  let left = operator.position;
  let wanted = requested;
  const take = (room: bigint) => {
    const taken = min(room, wanted);
    left -= taken;
    wanted -= taken;
    return taken;
  };
  const violations = take(room0(allocator, operator, target, live));
  const room = room1(allocator, operator, { left, target, need: monus(live.need, violations) });
  const forExits = take(room);
  const optimised = take(areScoresOld(allocator, now) ? 0n : room2(allocator, left, target));
  const matters = room >= smallestOf(allocator) || room === monus(live.need, violations);
  return { charged: { 0: violations, 1: forExits, 2: optimised }, isWhole: room > 0n && matters && forExits === room };
}

function room0(allocator: Allocator, operator: Operator, target: bigint, live: Live): bigint {
  const { snapshot, parameters } = allocator;
  if (snapshot === undefined) return 0n;
  const budget = monus(mulDivDown(snapshot.total, parameters.budget0Bps, BPS), allocator.class0Taken);
  return min(violation(allocator, operator, target, live), budget);
}

function violation(allocator: Allocator, operator: Operator, target: bigint, live: Live): bigint {
  const { snapshot, parameters } = allocator;
  const { position } = operator;
  if (snapshot === undefined) return 0n;
  if (!mayHold(operator)) return position;
  const withGrace = (cap: bigint) => mulDivDown(cap, BPS + parameters.graceBps, BPS);

  const cap = violationCapOf(allocator, operator, live);
  if (cap !== undefined && position > withGrace(cap)) return position - cap;

  const excesses = operator.snapshot.groups.map((group) => {
    const groupCap = groupCapOf(allocator, group, higher(snapshot, live), "violation");
    return groupCap === undefined ? 0n : monus(groupPositionOf(allocator, group), withGrace(groupCap));
  });
  return min(monus(position, target), max(0n, ...excesses));
}

/** `need` is what exits still need beside what the same leg moves as a violation. */
function room1(
  allocator: Allocator,
  operator: Operator,
  { left, target, need }: { left: bigint; target: bigint; need: bigint },
): bigint {
  const { snapshot } = allocator;
  if (snapshot === undefined) return 0n;
  const { position, class1Taken } = operator.snapshot;
  const part = snapshot.healthy === 0n ? 0n : mulDivUp(NEED_MULTIPLE * snapshot.need, position, snapshot.healthy);
  const quota = part === 0n ? 0n : max(part, smallestOf(allocator));
  const surplus = snapshot.certified ? monus(left, target) : 0n;
  return min(left, max(surplus, monus(quota, class1Taken)), need);
}

function room2(allocator: Allocator, left: bigint, target: bigint): bigint {
  const { snapshot, parameters } = allocator;
  const isOutside = left * BPS > target * (BPS + parameters.bandBps);
  if (snapshot?.certified !== true || !isOutside) return 0n;
  const budget = mulDivDown(snapshot.total, parameters.budget2Bps, BPS);
  return min(left - target, monus(budget, class2Used(allocator)));
}

function smallestOf(allocator: Allocator): bigint {
  return min(SMALLEST_STAKE, allocator.parameters.minMove);
}

/** min(1 bp of T, 2 % of `size`), but not below the parameter. */
function minMoveOf(allocator: Allocator, live: Live, size: bigint): bigint {
  const ofTotal = mulDivDown(live.total, MIN_MOVE_OF_TOTAL, BPS);
  return max(allocator.parameters.minMove, min(ofTotal, mulDivDown(size, MIN_MOVE_OF_POSITION, BPS)));
}

/** Below the smallest move, unless it lands on the target. */
export function isDustUp(allocator: Allocator, live: Live, operator: Operator, amount: bigint): boolean {
  const target = targetOf(allocator, operator);
  const lands = operator.position + amount === target;
  return amount < (lands ? smallestOf(allocator) : minMoveOf(allocator, live, target));
}

/** Below the smallest move, unless it lands on the target or on zero, or is all that exits may take. */
export function isDustDown(allocator: Allocator, live: Live, operator: Operator, { charged, isWhole }: Split): boolean {
  const amount = charged[0] + charged[1] + charged[2];
  const left = operator.position - amount;
  const lands = left === 0n || left === targetOf(allocator, operator);
  return amount < minMoveOf(allocator, live, operator.position) && !lands && !isWhole;
}

/* LEGS */

/**
 * Carries out up to 200 legs, each clipped to its room. T, N and what the buffer has are read once per call, and what the
 * legs lost is booked at its end. Returns what each moved.
 */
export function rebalance(allocator: Allocator, now: bigint, legs: Leg[]): bigint[] {
  required(legs.length <= MOST_LEGS, "TooManyLegs", BigInt(legs.length), BigInt(MOST_LEGS));
  if (allocator.snapshot === undefined || allocator.round !== 0n) return legs.map(() => 0n);
  const live = liveOf(allocator, now);
  const results = legs.map((leg) => {
    const operator = allocator.operators.find((candidate) => candidate.id === leg.operator);
    if (operator === undefined || operator.faulted) return NOTHING;
    return leg.up
      ? legUp(allocator, now, operator, leg.amount, live)
      : legDown(allocator, now, operator, leg.amount, live);
  });
  report(allocator.book, now, { loss: sum(results.map(({ loss }) => loss)) });
  return results.map(({ moved }) => moved);
}

/** One leg down, with the classes that it was charged to. */
export function moveDown(
  allocator: Allocator,
  now: bigint,
  operator: Operator,
  requested: bigint,
): { moved: bigint; charged: Charged } {
  const { moved, charged, loss } = legDown(allocator, now, operator, requested, liveOf(allocator, now));
  report(allocator.book, now, { loss });
  return { moved, charged };
}

interface Moved {
  moved: bigint;
  charged: Charged;
  loss: bigint;
}

const NO_CHARGE: Charged = { 0: 0n, 1: 0n, 2: 0n };
const NOTHING: Moved = { moved: 0n, charged: NO_CHARGE, loss: 0n };

function legUp(allocator: Allocator, now: bigint, operator: Operator, requested: bigint, live: Live): Moved {
  const amount = min(requested, roomUp(allocator, now, operator, live));
  if (amount === 0n || isDustUp(allocator, live, operator, amount)) return NOTHING;

  let seen: { staked: bigint; unstaked: bigint };
  try {
    seen = operator.pool.push(now, amount);
  } catch {
    return NOTHING;
  }
  live.free -= amount;
  const booked = operator.position + operator.unbonding + amount;
  const left = min(booked, seen.staked + seen.unstaked);
  sendToAllocator(allocator.book, amount);
  operator.unbonding = min(operator.unbonding, left);
  operator.position = left - operator.unbonding;
  noteLoss(operator, booked - left);
  return { moved: amount, charged: NO_CHARGE, loss: booked - left };
}

function legDown(allocator: Allocator, now: bigint, operator: Operator, requested: bigint, live: Live): Moved {
  const split = splitDown(allocator, now, operator, requested, live);
  const { charged } = split;
  const amount = charged[0] + charged[1] + charged[2];
  const left = operator.position - amount;
  if (amount === 0n || isDustDown(allocator, live, operator, split)) return NOTHING;

  let seen: { staked: bigint; unstaked: bigint };
  try {
    seen = operator.pool.pull(now, amount, left === 0n);
  } catch {
    noteRefusal(operator, amount);
    return NOTHING;
  }
  const before = operator.unbonding;
  const booked = operator.position + before;
  const unbonding = min(seen.unstaked, before + amount);
  const shown = min(booked, min(seen.staked, operator.position) + unbonding);
  const moved = monus(unbonding, before);
  noteRefusal(operator, monus(amount, moved + booked - shown));
  operator.unbonding = unbonding;
  operator.position = shown - unbonding;
  live.need = monus(live.need, moved);
  // Noted when it is asked for, and the time runs from the next reading; while a round is due, which may read the pool
  // before it can begin to unbond, noted by that reading. What is waited for already keeps its time.
  if (moved > 0n && now < nextRoundAt(allocator)) operator.due ??= { amount: operator.unbonding, at: undefined };

  // What was moved is charged in the order of the classes.
  let rest = moved;
  for (const which of [0, 1, 2] as const) {
    charged[which] = min(rest, charged[which]);
    rest -= charged[which];
  }
  allocator.class0Taken += charged[0];
  operator.snapshot.class1Taken += charged[1];
  if (charged[2] > 0n) allocator.class2.push({ amount: charged[2], round: allocator.snapshot!.round });
  noteLoss(operator, booked - shown);
  return { moved, charged, loss: booked - shown };
}

/** Notes what a pool did not unstake, though asked, in proportion to its position. */
function noteRefusal(operator: Operator, refused: bigint): void {
  if (refused <= ROUNDING) return;
  operator.refusedBps = max(operator.refusedBps, mulDivUp(refused, BPS, operator.position));
}
