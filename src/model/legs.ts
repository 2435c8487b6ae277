/** Levels and legs (design, section 7): what a sheet must fulfil, how far a leg may go, and what it does. */
import { max, min, monus, mulDivDown, mulDivUp, sum } from "./arithmetic.ts";
import {
  type Allocator,
  capOf,
  groupCapOf,
  liveNeed,
  liveTotals,
  longestUnbonding,
  mayHold,
  membersOf,
  takeOffDue,
  type Totals,
} from "./allocator.ts";
import { BPS, bufferOf, bufferTargetAt, report, sendToAllocator, WAD } from "./book.ts";
import { required } from "./errors.ts";
import type { Operator } from "./operators.ts";

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
  const { cap, weight, groups } = operator.snapshot;
  if (weight === 0n) return 0n;
  const bounds = [0n, ...groups].map((group) => levels.get(group)).filter((level) => level !== undefined);
  return bounds.length === 0 ? cap : min(cap, mulDivDown(weight, min(bounds[0]!, ...bounds), WAD));
}

/** Puts a sheet in force if no group's sum exceeds its cap and every group with a level is full within a wei a member. */
export function certifyLevels(allocator: Allocator, sheet: Level[]): boolean {
  const { snapshot } = allocator;
  if (snapshot === undefined || allocator.round !== 0n || snapshot.certified) return false;
  let last = -1n;
  for (const { group } of sheet) {
    required(group > last, "SheetNotAscending", group);
    required(snapshot.levels.has(group), "GroupWithoutLevel", group);
    last = group;
  }
  const levels = new Map(sheet.map(({ group, level }) => [group, level]));
  const fits = [...snapshot.caps].every(([group, cap]) => {
    const members = allocator.operators.filter((operator) => group === 0n || operator.snapshot.groups.includes(group));
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

function lower(a: Totals, b: Totals): Totals {
  return {
    total: min(a.total, b.total),
    withFaulted: min(a.withFaulted, b.withFaulted),
    network: min(a.network, b.network),
  };
}

function higher(a: Totals, b: Totals): Totals {
  return {
    total: max(a.total, b.total),
    withFaulted: max(a.withFaulted, b.withFaulted),
    network: max(a.network, b.network),
  };
}

function positionOf(allocator: Allocator, group: bigint): bigint {
  const healthy = membersOf(allocator, group).filter((member) => !member.faulted);
  return sum(healthy.map((member) => member.position));
}

/** The cap that an increase must stay below: the smaller of the snapshot's and the live one. */
export function liveCapOf(allocator: Allocator, now: bigint, operator: Operator): bigint {
  const { snapshot } = allocator;
  if (snapshot === undefined) return 0n;
  return min(
    operator.snapshot.cap,
    capOf(allocator, operator, lower(snapshot, liveTotals(allocator, now)), "increase"),
  );
}

export function roomUp(allocator: Allocator, now: bigint, operator: Operator): bigint {
  const { snapshot, book } = allocator;
  if (snapshot === undefined) return 0n;
  const totals = lower(snapshot, liveTotals(allocator, now));
  const own = monus(min(targetOf(allocator, operator), liveCapOf(allocator, now, operator)), operator.position);
  const rooms = [0n, ...operator.groups].map((group) => {
    const caps = [groupCapOf(allocator, group, totals, "increase"), snapshot.caps.get(group)].filter(
      (cap) => cap !== undefined,
    );
    return monus(min(own + positionOf(allocator, group), ...caps), positionOf(allocator, group));
  });
  const idle = monus(bufferOf(book), book.exits.owed + bufferTargetAt(book, now));
  return min(own, idle, ...rooms);
}

/** Room of a class for a position of which `left` is left. */
export function roomDown(allocator: Allocator, now: bigint, operator: Operator, which: Class, left: bigint): bigint {
  const { snapshot, parameters } = allocator;
  if (snapshot === undefined) return 0n;
  const target = targetOf(allocator, operator);
  switch (which) {
    case 0:
      return min(
        violation(allocator, now, operator, left),
        monus(mulDivDown(snapshot.total, parameters.budget0Bps, BPS), allocator.class0Taken),
      );
    case 1: {
      const surplus = snapshot.certified ? monus(left, target) : 0n;
      const part =
        snapshot.healthy === 0n
          ? 0n
          : mulDivUp(NEED_MULTIPLE * snapshot.need, operator.snapshot.position, snapshot.healthy);
      const room = max(surplus, monus(part, operator.snapshot.class1Taken));
      return min(left, room, liveNeed(allocator, now));
    }
    case 2: {
      const isOutside = left * BPS > target * (BPS + parameters.bandBps);
      if (!snapshot.certified || !isOutside) return 0n;
      const since = now - longestUnbonding(allocator);
      const used = sum(allocator.class2.filter((entry) => entry.at > since).map((entry) => entry.amount));
      return min(left - target, monus(mulDivDown(snapshot.total, parameters.budget2Bps, BPS), used));
    }
  }
}

function violation(allocator: Allocator, now: bigint, operator: Operator, left: bigint): bigint {
  const { snapshot, parameters } = allocator;
  if (snapshot === undefined) return 0n;
  if (!mayHold(operator)) return left;
  const totals = higher(snapshot, liveTotals(allocator, now));
  const withGrace = (cap: bigint) => mulDivDown(cap, BPS + parameters.graceBps, BPS);

  const cap = capOf(allocator, operator, totals, "violation");
  if (left > withGrace(cap)) return left - cap;

  const taken = operator.position - left;
  const excesses = operator.groups.map((group) => {
    const groupCap = groupCapOf(allocator, group, totals, "violation");
    return groupCap === undefined ? 0n : monus(positionOf(allocator, group) - taken, withGrace(groupCap));
  });
  return min(monus(left, targetOf(allocator, operator)), max(0n, ...excesses));
}

function minMoveOf(allocator: Allocator, operator: Operator, up: boolean): bigint {
  const total = allocator.snapshot?.total ?? 0n;
  const size = up ? targetOf(allocator, operator) : operator.position;
  return max(
    allocator.parameters.minMove,
    min(mulDivDown(total, MIN_MOVE_OF_TOTAL, BPS), mulDivDown(size, MIN_MOVE_OF_POSITION, BPS)),
  );
}

/* LEGS */

/** Carries out up to 200 legs, each clipped to its room. Returns what each moved. */
export function rebalance(allocator: Allocator, now: bigint, legs: Leg[]): bigint[] {
  required(legs.length <= MOST_LEGS, "TooManyLegs", BigInt(legs.length), BigInt(MOST_LEGS));
  if (allocator.snapshot === undefined || allocator.round !== 0n) return legs.map(() => 0n);
  return legs.map((leg) => {
    const operator = allocator.operators.find((candidate) => candidate.id === leg.operator);
    if (operator === undefined || operator.faulted || operator.state === "Removed") return 0n;
    return leg.up ? moveUp(allocator, now, operator, leg.amount) : moveDown(allocator, now, operator, leg.amount).moved;
  });
}

function moveUp(allocator: Allocator, now: bigint, operator: Operator, requested: bigint): bigint {
  const room = roomUp(allocator, now, operator);
  const amount = min(requested, room);
  const landsOnTarget = operator.position + amount === targetOf(allocator, operator);
  if (amount === 0n || (amount < minMoveOf(allocator, operator, true) && !landsOnTarget)) return 0n;

  let staked: bigint;
  try {
    staked = operator.pool.push(now, amount);
  } catch {
    return 0n;
  }
  const position = min(operator.position + amount, staked);
  const loss = operator.position + amount - position;
  sendToAllocator(allocator.book, amount);
  operator.position = position;
  operator.lossSince += loss;
  report(allocator.book, now, { loss });
  return amount;
}

export function moveDown(
  allocator: Allocator,
  now: bigint,
  operator: Operator,
  requested: bigint,
): { moved: bigint; charged: Charged } {
  const charged: Charged = { 0: 0n, 1: 0n, 2: 0n };
  let left = operator.position;
  let wanted = min(requested, operator.position);
  for (const which of [0, 1, 2] as const) {
    charged[which] = min(wanted, roomDown(allocator, now, operator, which, left));
    wanted -= charged[which];
    left -= charged[which];
  }
  const amount = operator.position - left;
  const nothing = { moved: 0n, charged: { 0: 0n, 1: 0n, 2: 0n } };
  const landsOnTarget = left === targetOf(allocator, operator);
  const completesNeed = charged[1] > 0n && charged[1] === liveNeed(allocator, now);
  const isTooSmall = amount < minMoveOf(allocator, operator, false);
  if (amount === 0n || (isTooSmall && !landsOnTarget && left !== 0n && !completesNeed)) return nothing;

  let seen: { staked: bigint; unstaked: bigint };
  try {
    seen = operator.pool.pull(now, amount, left === 0n);
  } catch {
    return nothing;
  }
  const before = operator.unbonding;
  const booked = operator.position + before;
  const shown = seen.staked + seen.unstaked;
  const unbondingAfter = min(seen.unstaked, before + amount);
  const moved = monus(unbondingAfter, before);
  operator.position = monus(min(booked, shown), unbondingAfter);
  operator.unbonding = unbondingAfter;
  takeOffDue(operator, monus(booked, shown));
  operator.lossSince += monus(booked, shown);
  report(allocator.book, now, { loss: monus(booked, shown) });

  // What was moved is charged in the order of the classes.
  let rest = moved;
  for (const which of [0, 1, 2] as const) {
    charged[which] = min(rest, charged[which]);
    rest -= charged[which];
  }
  allocator.class0Taken += charged[0];
  operator.snapshot.class1Taken += charged[1];
  if (charged[2] > 0n) allocator.class2.push({ amount: charged[2], at: now });
  return { moved, charged };
}
