import { problemOf } from "./caps.ts";
import { canTake, LEVEL_ONE, takenAt } from "./problem.ts";
import type { Candidate, Problem } from "./problem.ts";
import type { GroupId, Level, Sheet, Snapshot } from "./types.ts";
import { POOL } from "./types.ts";

/** Why a sheet was refused. `malformed`: not strictly ascending, or it names a group without cap or weight. */
export type Refusal =
  | { readonly kind: "malformed"; readonly group: GroupId }
  | { readonly kind: "overfull" | "slack"; readonly group: GroupId; readonly sum: bigint; readonly cap: bigint };

/** What the contract would say of a sheet; targets are in the order of the operators, in wei. */
export type Verdict =
  | { readonly accepted: true; readonly targets: readonly bigint[] }
  | { readonly accepted: false; readonly refusal: Refusal };

/** What the check knows of one group. */
interface Tally {
  cap: bigint | null;
  weight: bigint;
  size: bigint;
  sum: bigint;
}

/** Judges a sheet by the snapshot's caps. */
export function checkLevels(snapshot: Snapshot, sheet: Sheet): Verdict {
  return checkSheet(problemOf(snapshot), sheet);
}

/**
 * Accepts a sheet when (F) no group's sum of targets exceeds its cap and (T) every named group is within as many wei of
 * its cap as it has members. Only the fair allocation passes both. Source: design §7.
 */
export function checkSheet(problem: Problem, sheet: Sheet): Verdict {
  const tallies = tally(problem);
  const malformed = findMalformed(sheet, tallies);
  if (malformed !== undefined) return refuse({ kind: "malformed", group: malformed.group });

  const targets = targetsAt(problem, sheet);
  problem.operators.forEach((operator, index) => {
    for (const group of [POOL, ...operator.groups]) {
      const entry = tallies.get(group);
      if (entry !== undefined) entry.sum += targets[index] ?? 0n;
    }
  });
  for (const [group, { cap, sum }] of tallies) {
    if (cap !== null && sum > cap) return refuse({ kind: "overfull", group, sum, cap });
  }
  for (const { group } of sheet) {
    const { cap, sum, size } = tallies.get(group) ?? { cap: null, sum: 0n, size: 0n };
    if (cap !== null && cap - sum > size) return refuse({ kind: "slack", group, sum, cap });
  }
  return { accepted: true, targets };
}

/** Levels that hold until a sheet is certified: ⌊C_g·1e18/W_g⌋ for each group with a cap and weight. */
export function initialLevels(problem: Problem): Sheet {
  const sheet: Level[] = [];
  for (const [group, { cap, weight }] of tally(problem)) {
    if (cap !== null && weight > 0n) sheet.push({ group, level: (cap * LEVEL_ONE) / weight });
  }
  return sheet.sort((first, second) => first.group - second.group);
}

/** Targets min(c_i, ⌊w_i·lowest level of its groups/1e18⌋), in the order of the operators, in wei. */
export function targetsAt(problem: Problem, sheet: Sheet): bigint[] {
  const levels = new Map(sheet.map(({ group, level }) => [group, level]));
  return problem.operators.map((operator) => {
    if (!canTake(operator)) return 0n;
    const lowest = lowestLevel(operator, levels);
    if (lowest === null) return operator.cap;
    const taken = takenAt(operator.weight, lowest.level);
    return taken < operator.cap ? taken : operator.cap;
  });
}

/** The lowest level among an operator's groups, the first one of equals, or null when none of them is bounded. */
export function lowestLevel(operator: Candidate, levels: ReadonlyMap<GroupId, bigint>): Level | null {
  let lowest: Level | null = null;
  for (const group of [POOL, ...operator.groups]) {
    const level = levels.get(group);
    if (level !== undefined && (lowest === null || level < lowest.level)) lowest = { group, level };
  }
  return lowest;
}

function tally(problem: Problem): Map<GroupId, Tally> {
  const tallies = new Map<GroupId, Tally>([[POOL, { cap: problem.total, weight: 0n, size: 0n, sum: 0n }]]);
  for (const { id, cap } of problem.groups) tallies.set(id, { cap, weight: 0n, size: 0n, sum: 0n });
  for (const operator of problem.operators) {
    for (const group of [POOL, ...operator.groups]) {
      const entry = tallies.get(group);
      if (entry === undefined) continue;
      entry.size += 1n;
      if (operator.cap > 0n) entry.weight += operator.weight;
    }
  }
  return tallies;
}

function findMalformed(sheet: Sheet, tallies: ReadonlyMap<GroupId, Tally>): Level | undefined {
  let last = -1;
  return sheet.find(({ group, level }) => {
    const entry = tallies.get(group);
    const ascending = group > last;
    last = group;
    return !ascending || level < 0n || entry === undefined || entry.cap === null || entry.weight === 0n;
  });
}

function refuse(refusal: Refusal): Verdict {
  return { accepted: false, refusal };
}
