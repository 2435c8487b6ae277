/**
 * Who may hold the pool's stake, and how much of it at most (design, section 8): list, states, whitelist, weights, caps. What
 * tightens is immediate within the guardian's share; by notice it is not bounded.
 */
import {
  type Allocator,
  type Caps,
  type Group,
  groupBound,
  groupFaultedOf,
  groupPositionOf,
  heldAt,
  list as addOperator,
  liveTotals,
  mayHold,
  type Mode,
  operatorOf,
  type Policy,
  type Totals,
} from "./allocator.ts";
import { max, min, monus, mulDivDown } from "./arithmetic.ts";
import { BPS, epochAt } from "./book.ts";
import { required } from "./errors.ts";
import { type Listing, type Operator, type OperatorPool, setWatch } from "./operators.ts";
import { beginRamp, enterTenure, giveGroups, isOfTenure, noteRegrouping, setState, TENURE } from "./tenure.ts";

const WEIGHT_STEP_BPS = 2_000n;
const DIMENSIONS = 5n;
/** How the contracts write that there is no cap. */
const NONE = { poolShareBps: 2n ** 16n - 1n, netShareBps: 2n ** 16n - 1n, absoluteCap: 2n ** 96n - 1n };
/** In the contracts' order. */
const MAX_POOL_SHARE_BPS = 3_333n;
const STATES = ["None", "Ramping", "Active", "Draining", "Delisted", "Removed"];

/** Who makes a call: by notice, or at once within the guardian's share. */
export type By = "notice" | "guardian" | "report";

/* LIST */

/** Lists a pool that the foundation vouches for, with notice: it ramps up. */
export function list(
  allocator: Allocator,
  now: bigint,
  pool: OperatorPool,
  { address, isVouchedFor, ...listing }: Listing & { address: string; isVouchedFor: boolean },
): Operator {
  checkNoRound(allocator);
  const before = allocator.operators.findLast((operator) => operator.pool === pool);
  required(before === undefined || before.state === "Removed", "AlreadyListed", address, before?.id ?? 0n);
  required(isVouchedFor, "NotWhitelisted", address);
  const epoch = epochAt(allocator.book, now);
  const operator = addOperator(allocator, pool, { ...listing, state: "Ramping", epoch });
  enterTenure(allocator, operator);
  noteRegrouping(allocator, [], operator.groups);
  return operator;
}

/** A guardian that drains what reports have drained takes from them the power to bring it back. */
export function drain(allocator: Allocator, now: bigint, id: bigint, by: By): void {
  const operator = operatorOf(allocator, id);
  if (operator.drainedByReport && by !== "report") {
    operator.drainedByReport = false;
    return;
  }
  required(operator.state === "Active" || operator.state === "Ramping", "WrongState", id, ordinalOf(operator));
  tighten(allocator, now, soundPosition(allocator, operator), by);
  operator.drainedFrom = operator.state;
  setState(operator, "Draining");
  operator.drainedByReport = by === "report";
}

export function reinstate(allocator: Allocator, id: bigint): void {
  const operator = operatorOf(allocator, id);
  required(operator.state === "Draining", "WrongState", id, ordinalOf(operator));
  checkNoRound(allocator);
  if (operator.drainedFrom === "Ramping") beginRamp(allocator, operator);
  else setState(operator, operator.drainedFrom);
}

/** Reports bring back what they drained: it ramps anew. */
export function readmit(allocator: Allocator, id: bigint): void {
  const operator = operatorOf(allocator, id);
  required(operator.state === "Draining", "WrongState", id, ordinalOf(operator));
  required(operator.drainedByReport, "NotDrainedByReport", id);
  checkNoRound(allocator);
  beginRamp(allocator, operator);
}

export function delist(allocator: Allocator, now: bigint, id: bigint, by: By): void {
  const operator = listedOf(allocator, id);
  tighten(allocator, now, soundPosition(allocator, operator), by);
  setState(operator, "Delisted");
}

/** A de-listed operator goes once nothing is left there, or what is left is written down. */
export function remove(allocator: Allocator, id: bigint): void {
  const operator = operatorOf(allocator, id);
  required(operator.state === "Delisted", "WrongState", id, ordinalOf(operator));
  checkNoRound(allocator);
  const isEmpty = operator.writtenDown || heldAt(operator) === 0n;
  required(isEmpty, "StillHolding", id, operator.position, operator.unbonding);
  setState(operator, "Removed");
}

export function watch(allocator: Allocator, id: bigint, by: "guardian" | "report"): void {
  setWatch(operatorOf(allocator, id), by, true);
}

/** Takes back what reports did, and nothing else. */
export function liftWatch(allocator: Allocator, id: bigint): void {
  setWatch(operatorOf(allocator, id), "report", false);
}

export function clearWatch(allocator: Allocator, id: bigint): void {
  const operator = listedOf(allocator, id);
  setWatch(operator, "guardian", false);
  setWatch(operator, "report", false);
}

/** The foundation's word on one pool, which counts more than that on its factory. */
export function setWhitelisted(
  allocator: Allocator,
  now: bigint,
  id: bigint,
  { whitelisted, by }: { whitelisted: boolean; by: By },
): void {
  const operator = operatorOf(allocator, id);
  if (!whitelisted) tighten(allocator, now, soundPosition(allocator, operator), by);
  // The word is on the pool, and kept with its last id.
  allocator.operators.findLast(({ pool }) => pool === operator.pool)!.whitelisted = whitelisted;
}

/* WEIGHTS */

/** The scorer's port: each weight within its bounds, and at most a fifth away from what it was when the epoch began. */
export function setWeight(allocator: Allocator, now: bigint, id: bigint, weight: bigint): void {
  const operator = listedOf(allocator, id);
  const { least, most } = operator.weightBounds;
  required(weight >= least && weight <= most, "WeightOutOfBounds", id, weight, least, most);
  const epoch = epochAt(allocator.book, now);
  const [lowest, highest] = weightSteps(operator, epoch);
  required(weight >= lowest && weight <= highest, "WeightStepTooLarge", id, weight, lowest, highest);
  if (operator.weightBefore.epoch !== epoch) operator.weightBefore = { weight: operator.weight, epoch };
  operator.weight = weight;
}

/** The weights that the scorer may set now. */
export function weightRange(allocator: Allocator, now: bigint, id: bigint): { lowest: bigint; highest: bigint } {
  const operator = listedOf(allocator, id);
  const { least, most } = operator.weightBounds;
  const [lowest, highest] = weightSteps(operator, epochAt(allocator.book, now));
  return { lowest: max(lowest, least), highest: min(highest, most) };
}

function weightSteps({ weight, weightBefore }: Operator, epoch: bigint): [lowest: bigint, highest: bigint] {
  const before = weightBefore.epoch === epoch ? weightBefore.weight : weight;
  const step = max(1n, mulDivDown(before, WEIGHT_STEP_BPS, BPS));
  return [monus(before, step), before + step];
}

export function noteScores(allocator: Allocator, now: bigint, epoch: bigint): void {
  const current = epochAt(allocator.book, now);
  required(epoch <= current, "OutOfBounds", epoch, 0n, current);
  allocator.scoredEpoch = max(allocator.scoredEpoch, epoch);
}

export function setWeightBounds(allocator: Allocator, now: bigint, id: bigint, least: bigint, most: bigint): void {
  const operator = listedOf(allocator, id);
  required(least <= most, "OutOfBounds", least, 0n, most);
  operator.weightBounds = { least, most };
  const weight = min(most, max(least, operator.weight));
  if (weight === operator.weight) return;
  operator.weight = weight;
  operator.weightBefore = { weight, epoch: epochAt(allocator.book, now) };
}

/* CAPS AND GROUPS */

export function setAbsoluteCap(allocator: Allocator, id: bigint, cap: bigint | undefined): void {
  listedOf(allocator, id).absoluteCap = cap;
}

export function lowerAbsoluteCap(allocator: Allocator, now: bigint, id: bigint, cap: bigint, by: By): void {
  const operator = listedOf(allocator, id);
  const old = operator.absoluteCap;
  required(old === undefined || cap < old, "NotLower", old ?? NONE.absoluteCap, cap);
  const before = soundPosition(allocator, operator);
  const after = soundPosition(allocator, { ...operator, absoluteCap: cap });
  tighten(allocator, now, before - after, by);
  operator.absoluteCap = cap;
}

export function setGroups(allocator: Allocator, id: bigint, groups: bigint[]): void {
  const operator = listedOf(allocator, id);
  const before = operator.groups;
  giveGroups(allocator, operator, groups);
  noteRegrouping(allocator, before, operator.groups);
}

export function setTenureGroup(allocator: Allocator, id: bigint): void {
  const group = allocator.groups.find((candidate) => candidate.id === id);
  required(id === 0n || group !== undefined, "UnknownGroup", id);
  const isFitting = id === 0n || isOfTenure(allocator, id);
  required(isFitting, "WrongDimension", id, BigInt(group?.dimension ?? 0), DIMENSIONS);
  allocator.tenureGroup = id === 0n ? undefined : id;
}

export function setDimensionMode(allocator: Allocator, dimension: bigint, mode: Mode): void {
  required(dimension >= 1n && dimension <= DIMENSIONS, "OutOfBounds", dimension, 1n, DIMENSIONS);
  allocator.modes.set(Number(dimension), mode);
}

export function setGroup(allocator: Allocator, group: Group): void {
  const count = BigInt(allocator.groups.length);
  required(group.id > 0n && group.id <= count + 1n, "UnknownGroup", group.id);
  const index = allocator.groups.findIndex(({ id }) => id === group.id);
  const old = allocator.groups[index];
  if (old === undefined) {
    allocator.groups.push(group);
    return;
  }
  const [dimension, expected] = [BigInt(group.dimension ?? 0), BigInt(old.dimension ?? 0)];
  required(dimension === expected, "WrongDimension", group.id, dimension, expected);
  allocator.groups[index] = group;
}

/** While a round is open the sums of groups are not known, so it waits. */
export function lowerGroupCaps(allocator: Allocator, now: bigint, id: bigint, caps: Caps, by: By): void {
  const group = allocator.groups.find((candidate) => candidate.id === id);
  required(group !== undefined, "UnknownGroup", id);
  for (const key of ["poolShareBps", "netShareBps", "absoluteCap"] as const) {
    const old: bigint | undefined = group[key];
    const next = caps[key];
    const isHigher: boolean = old !== undefined && (next === undefined || next > old);
    required(!isHigher, "NotLower", old ?? NONE[key], next ?? NONE[key]);
  }
  checkNoRound(allocator);
  const lastRound = allocator.snapshot?.round ?? 0n;
  const firstRound = allocator.groupRounds.get(id) ?? 0n;
  required(by === "notice" || lastRound >= firstRound, "GroupNotRead", id, lastRound, firstRound);
  const [atSnapshot, live] = [allocator.snapshot?.network ?? 0n, liveTotals(allocator, now).network];
  const isCountable = caps.netShareBps === group.netShareBps || (atSnapshot !== 0n && live !== 0n);
  required(by === "notice" || isCountable, "NetworkNotRead", atSnapshot, live);
  tighten(allocator, now, groupTightening(allocator, now, group, caps), by);
  for (const key of ["poolShareBps", "netShareBps", "absoluteCap"] as const) Reflect.deleteProperty(group, key);
  Object.assign(group, caps);
}

export function setPolicy(allocator: Allocator, policy: Policy): void {
  const { poolShareBps } = policy;
  const isFitting = poolShareBps >= 1n && poolShareBps <= MAX_POOL_SHARE_BPS;
  required(isFitting, "OutOfBounds", poolShareBps, 1n, MAX_POOL_SHARE_BPS);
  allocator.policy = policy;
}

/* THE GUARDIAN'S SHARE */

export function guardianShareLeft(allocator: Allocator, now: bigint): bigint {
  const { total: atSnapshot = 0n, healthy = 0n } = allocator.snapshot ?? {};
  const total = min(liveTotals(allocator, now).total, min(atSnapshot, healthy));
  const share = mulDivDown(total, allocator.policy.guardianShareBps ?? 0n, BPS);
  const { epoch, amount } = allocator.guardianUsed;
  return monus(share, epoch === epochAt(allocator.book, now) ? amount : 0n);
}

function tighten(allocator: Allocator, now: bigint, amount: bigint, by: By): void {
  if (amount === 0n || by === "notice") return;
  const left = guardianShareLeft(allocator, now);
  required(amount <= left, "GuardianShareExceeded", amount, left);
  const epoch = epochAt(allocator.book, now);
  const used = allocator.guardianUsed.epoch === epoch ? allocator.guardianUsed.amount : 0n;
  allocator.guardianUsed = { epoch, amount: used + amount };
}

/** What exceeds a cap, once that is more than the grace. */
function violation(allocator: Allocator, position: bigint, cap: bigint | undefined): bigint {
  if (cap === undefined) return 0n;
  return position * BPS > cap * (BPS + allocator.parameters.graceBps) ? position - cap : 0n;
}

/** The part of a position that neither the operator's state nor its absolute cap makes a violation. */
function soundPosition(allocator: Allocator, operator: Operator): bigint {
  if (!mayHold(operator)) return 0n;
  return operator.position - violation(allocator, operator.position, operator.absoluteCap);
}

/**
 * What lower caps of a group make a violation, of what it holds or is about to hold, whichever is more: by the last round's totals, by those of
 * now, or by what operators held when that round ended.
 */
function groupTightening(allocator: Allocator, now: bigint, group: Group, caps: Caps): bigint {
  const { id, dimension } = group;
  const held = { position: groupPositionOf(allocator, id), faulted: groupFaultedOf(allocator, id) };
  const awaited = { position: held.position + held.faulted, faulted: 0n };
  const { tenureGroup } = allocator;
  if (dimension === TENURE && tenureGroup !== undefined && tenureGroup !== id) {
    awaited.position += groupPositionOf(allocator, tenureGroup) + groupFaultedOf(allocator, tenureGroup);
  }
  const increases = momentsOf(allocator, now).flatMap((totals) => {
    const [before, after] = [group, { id, ...caps }].map((by) => groupBound(allocator, by, totals, "violation"));
    return [held, awaited].map(({ position, faulted }) => {
      const [old, next] = [before, after].map((cap) => (cap === undefined ? undefined : monus(cap, faulted)));
      return violation(allocator, position, next) - violation(allocator, position, old);
    });
  });
  return max(0n, ...increases);
}

function momentsOf(allocator: Allocator, now: bigint): Totals[] {
  const { snapshot } = allocator;
  const live = liveTotals(allocator, now);
  if (snapshot === undefined) return [live];
  const { total, healthy, withFaulted } = snapshot;
  return [snapshot, { ...snapshot, total: healthy, withFaulted: withFaulted - total + healthy }, live];
}

/* CHECKS */

function ordinalOf({ state }: Operator): bigint {
  return BigInt(STATES.indexOf(state));
}

/** An operator that is neither de-listed nor removed. */
function listedOf(allocator: Allocator, id: bigint): Operator {
  const operator = operatorOf(allocator, id);
  required(operator.state !== "Delisted" && operator.state !== "Removed", "WrongState", id, ordinalOf(operator));
  return operator;
}

function checkNoRound({ round }: Allocator): void {
  required(round === 0n, "RoundOpen", round);
}
