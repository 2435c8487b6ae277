import { explainReasons, metricInWords } from "./explain.ts";
import { isImmediate } from "./select.ts";
import { isIn, type Listed, listedAs, type Standing } from "./standing.ts";
import type { Candidate, Selection } from "./types.ts";

/** A pool that an operator has, but that is not listed. */
export interface Newcomer {
  readonly pool: string;
  readonly factory: string;
  /** One per dimension, lowest first; 0 is none. */
  readonly groups: readonly number[];
}

/** Bounds of the weight of whoever comes in; 10,000 is the mean. */
export interface WeightBounds {
  readonly minWeight: number;
  readonly maxWeight: number;
}

/** A call of the registry, and why. */
export interface Change {
  readonly operator: string;
  readonly why: string;
  /** Who may make it: governance with notice, the guardian at once. */
  readonly by: "governance" | "guardian";
  readonly method: "list" | "reinstate" | "setWeightBounds" | "drain";
  readonly args: readonly unknown[];
}

/** Somebody for whom the registry cannot do what the selection wants. */
export interface Obstacle {
  readonly operator: string;
  readonly why: string;
}

export interface Changes {
  readonly changes: readonly Change[];
  readonly obstacles: readonly Obstacle[];
}

const NO_CAP = 2n ** 96n - 1n;

/**
 * Step 10: what has to change so that the pool has the chosen and nobody else. Who may not be chosen for a reason that
 * does not wait is drained, by the guardian; who is only outranked loses its weight, so that its stake leaves within the budget
 * of optimisation. Whoever the series does not know stays as it is.
 */
export function changesOf(
  selection: Selection,
  standing: Standing,
  newcomers: ReadonlyMap<string, Newcomer>,
  bounds: WeightBounds,
): Changes {
  const changes: Change[] = [];
  const obstacles: Obstacle[] = [];
  const wanted = new Set<bigint>();
  for (const candidate of selection.chosen) {
    const listed = listedAs(standing, candidate.id);
    if (listed !== null) wanted.add(listed.id);
    const obstacle = listed === null ? null : obstacleOf(listed);
    const newcomer = newcomers.get(candidate.id);
    if (obstacle !== null) obstacles.push({ operator: candidate.id, why: obstacle });
    else if (listed !== null) changes.push(...comingIn(candidate, listed, bounds));
    else if (newcomer !== undefined) changes.push(listing(candidate, newcomer, bounds));
    else
      obstacles.push({
        operator: candidate.id,
        why: "It is chosen, but no pool of it is known: name one with --pools.",
      });
  }

  const candidates = new Map(selection.candidates.map((candidate) => [candidate.id, candidate]));
  for (const listed of standing.listed.filter(({ id }) => !wanted.has(id))) {
    const candidate = candidates.get(listed.key) ?? candidates.get(listed.id.toString());
    if (candidate !== undefined) changes.push(...goingOut(selection, candidate, listed));
    else if (isIn(listed)) {
      obstacles.push({ operator: listed.key, why: "The pool has it, but the series does not know it: it stays." });
    }
  }
  return { changes, obstacles };
}

function obstacleOf({ state, whitelisted }: Listed): string | null {
  if (state === "delisted") return "It is chosen, but delisted for good: only another pool of it can be listed.";
  return whitelisted ? null : "It is chosen, but not whitelisted: that is the foundation's to change.";
}

function comingIn(candidate: Candidate, { id, state, maxWeight }: Listed, bounds: WeightBounds): Change[] {
  const why = `${candidate.id} is chosen, with metric ${metricInWords(candidate)}`;
  const base = { operator: candidate.id, by: "governance" } as const;
  const changes: Change[] = [];
  if (state === "draining") {
    changes.push({ ...base, why: `${why}: it is no longer drained.`, method: "reinstate", args: [id] });
  }
  if (maxWeight === 0n) {
    const args = [id, bounds.minWeight, bounds.maxWeight];
    changes.push({ ...base, why: `${why}: it gets a weight.`, method: "setWeightBounds", args });
  }
  return changes;
}

function listing(candidate: Candidate, { pool, factory, groups }: Newcomer, bounds: WeightBounds): Change {
  const { minWeight, maxWeight } = bounds;
  const packed = groups.reduce((sum, group, index) => sum | (BigInt(group) << BigInt(8 * index)), 0n);
  return {
    operator: candidate.id,
    why: `${candidate.id} is chosen, with metric ${metricInWords(candidate)}: it is listed.`,
    by: "governance",
    method: "list",
    args: [{ pool, factory, weight: minWeight, minWeight, maxWeight, absoluteCap: NO_CAP, groups: packed }],
  };
}

function goingOut(selection: Selection, candidate: Candidate, listed: Listed): Change[] {
  const isHere = listed.state === "ramping" || listed.state === "active";
  const base = { operator: candidate.id, args: [listed.id] };
  if (isHere && candidate.reasons.some(isImmediate)) {
    const why = `${candidate.id} goes at once: ${explainReasons(candidate)}.`;
    return [{ ...base, why, by: "guardian", method: "drain" }];
  }
  if (!isIn(listed)) return [];
  const why =
    candidate.reasons.length > 0
      ? `${candidate.id} gets no weight any more: ${explainReasons(candidate)}.`
      : `${candidate.id} gets no weight any more: ${selection.chosen.length} others have a better metric.`;
  return [{ ...base, why, by: "governance", method: "setWeightBounds", args: [listed.id, 0, 0] }];
}
