/** Ramps in the registry: how they begin and end, and the group that operators sit in meanwhile. */
import type { Allocator } from "./allocator.ts";
import type { Operator } from "./operators.ts";

/** The dimension of the tenure group. */
const TENURE = 5;

/** Lets an operator ramp that is listed already. */
export function beginRamp(allocator: Allocator, operator: Operator): void {
  setState(operator, "Ramping");
  enterTenure(allocator, operator);
}

export function endRamp(allocator: Allocator, operator: Operator): void {
  setState(operator, "Active");
  const { tenureGroup } = allocator;
  if (tenureGroup === undefined || !operator.groups.includes(tenureGroup)) return;
  operator.groups = withTenure(allocator, operator.groups, operator.laterGroup);
  operator.laterGroup = undefined;
}

/** Puts an operator that ramps into the tenure group, if there is one; its own group of that dimension waits. */
export function enterTenure(allocator: Allocator, operator: Operator): void {
  const { tenureGroup } = allocator;
  if (operator.state !== "Ramping" || tenureGroup === undefined || operator.groups.includes(tenureGroup)) return;
  operator.laterGroup = operator.groups.find((id) => isOfTenure(allocator, id));
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

export function isOfTenure({ groups }: Allocator, id: bigint): boolean {
  return groups.find((group) => group.id === id)?.dimension === TENURE;
}
