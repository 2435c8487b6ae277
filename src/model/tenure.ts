/** Ramps in the registry: how they begin and end, and the group that operators sit in meanwhile. */
import type { Allocator } from "./allocator.ts";
import { max } from "./arithmetic.ts";
import type { Operator } from "./operators.ts";

/** The dimension of the tenure group. */
export const TENURE = 5;

/** Lets an operator ramp that is listed already. */
export function beginRamp(allocator: Allocator, operator: Operator): void {
  setState(operator, "Ramping");
  const before = operator.groups;
  enterTenure(allocator, operator);
  noteRegrouping(allocator, before, operator.groups);
}

export function endRamp(allocator: Allocator, operator: Operator): void {
  setState(operator, "Active");
  if (!operator.isInTenure) return;
  operator.groups = withTenure(allocator, operator.groups, operator.laterGroup);
  operator.laterGroup = undefined;
  operator.isInTenure = false;
}

/** Gives an operator its groups. Who is given back the tenure group that it sits in keeps what waits. */
export function giveGroups(allocator: Allocator, operator: Operator, groups: bigint[]): void {
  if (groupIn(allocator, groups) !== groupIn(allocator, operator.groups)) operator.isInTenure = false;
  operator.groups = groups;
  enterTenure(allocator, operator);
}

/** The groups of an operator have changed: what those that it left and joined hold is read in the next round. */
export function noteRegrouping(allocator: Allocator, oldGroups: readonly bigint[], newGroups: readonly bigint[]): void {
  const { round, snapshot, groupRounds } = allocator;
  const first = max(round, snapshot?.round ?? 0n) + 1n;
  for (const id of new Set([...oldGroups, ...newGroups])) {
    if (!oldGroups.includes(id) || !newGroups.includes(id)) groupRounds.set(id, first);
  }
}

/**
 * Puts an operator that ramps into the tenure group, if there is one; its own group of that dimension waits. Who was established in the tenure
 * group stays there afterwards; who is new does not.
 */
export function enterTenure(allocator: Allocator, operator: Operator): void {
  const { tenureGroup } = allocator;
  if (operator.state !== "Ramping" || tenureGroup === undefined) return;
  if (!operator.isInTenure) {
    const own = groupIn(allocator, operator.groups);
    operator.laterGroup = own === tenureGroup && operator.drainedFrom !== "Active" ? undefined : own;
    operator.isInTenure = true;
  }
  operator.groups = withTenure(allocator, operator.groups, tenureGroup);
}

/** No mark on a state outlives it. */
export function setState(operator: Operator, state: Operator["state"]): void {
  operator.state = state;
  operator.drainedByReport = false;
}

function withTenure(allocator: Allocator, groups: bigint[], group: bigint | undefined): bigint[] {
  const others = groups.filter((id) => !isOfTenure(allocator, id));
  return group === undefined ? others : [...others, group];
}

function groupIn(allocator: Allocator, groups: readonly bigint[]): bigint | undefined {
  return groups.find((id) => isOfTenure(allocator, id));
}

export function isOfTenure({ groups }: Allocator, id: bigint): boolean {
  return groups.find((group) => group.id === id)?.dimension === TENURE;
}
