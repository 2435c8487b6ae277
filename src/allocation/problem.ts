import type { GroupId } from "./types.ts";
import { POOL } from "./types.ts";

/** One operator as the fair allocation sees it. */
export interface Candidate {
  readonly weight: bigint;
  /** c_i, in wei. */
  readonly cap: bigint;
  /** Groups without the pool, each at most once. */
  readonly groups: readonly GroupId[];
}

/** The allocation problem alone: what is left of a snapshot once its caps are known. Amounts in wei. */
export interface Problem {
  /** C_0, the stake to place. */
  readonly total: bigint;
  readonly operators: readonly Candidate[];
  readonly groups: readonly { readonly id: GroupId; readonly cap: bigint | null }[];
}

/** One in the fixed point of levels. */
export const LEVEL_ONE = 10n ** 18n;

/**
 * Largest sum of weights for which a level can always be met to the wei: one step of a level moves its group by
 * weight / 1e18, which has to stay within one wei.
 */
export const MAX_TOTAL_WEIGHT = LEVEL_ONE;

/** What an operator takes at a level, in wei, rounded down. */
export function takenAt(weight: bigint, level: bigint): bigint {
  return (weight * level) / LEVEL_ONE;
}

/** Whether an operator takes part in the filling. */
export function canTake(operator: Candidate): boolean {
  return operator.weight > 0n && operator.cap > 0n;
}

/** Refuses a problem that no snapshot can contain. */
export function checkProblem(problem: Problem): void {
  const known = new Set<GroupId>([POOL]);
  for (const group of problem.groups) {
    if (known.has(group.id)) throw new RangeError(`Group ${group.id} is listed twice.`);
    if (group.cap !== null && group.cap < 0n) throw new RangeError(`Group ${group.id} has a cap below zero.`);
    known.add(group.id);
  }
  if (problem.total < 0n) throw new RangeError("The stake to place is below zero.");

  let totalWeight = 0n;
  problem.operators.forEach((operator, index) => {
    if (operator.weight < 0n || operator.cap < 0n) {
      throw new RangeError(`The operator at index ${index} has a weight or cap below zero.`);
    }
    if (new Set(operator.groups).size !== operator.groups.length || operator.groups.includes(POOL)) {
      throw new RangeError(`The operator at index ${index} names a group twice, or the pool.`);
    }
    const unknown = operator.groups.find((group) => !known.has(group));
    if (unknown !== undefined) {
      throw new RangeError(`The operator at index ${index} names group ${unknown}, which does not exist.`);
    }
    totalWeight += operator.weight;
  });
  if (totalWeight > MAX_TOTAL_WEIGHT)
    throw new RangeError(`The weights sum to ${totalWeight}, above ${MAX_TOTAL_WEIGHT}.`);
}
