import { ascending } from "./amounts.ts";
import { popFromHeap, pushToHeap } from "./heap.ts";
import { canTake, checkProblem, LEVEL_ONE, takenAt } from "./problem.ts";
import type { Candidate, Problem } from "./problem.ts";
import type { GroupId, Sheet } from "./types.ts";
import { POOL } from "./types.ts";

/** The fair allocation: targets in the order of the operators, in wei, and the levels that prove it. */
export interface FairAllocation {
  readonly sheet: Sheet;
  readonly targets: readonly bigint[];
}

/** A group while the common level rises. */
interface Basin {
  readonly id: GroupId;
  readonly members: Runner[];
  /** Cap less what settled members took. */
  rest: bigint;
  /** Weight of the members that have not settled. */
  weight: bigint;
}

/** An operator while the common level rises. */
interface Runner {
  readonly weight: bigint;
  readonly cap: bigint;
  /** Lowest level at which the operator is at its own cap. */
  readonly saturation: bigint;
  readonly basins: readonly Basin[];
  settled: boolean;
  target: bigint;
}

/** A group with the level at which it was full when it was put into the heap. */
interface Ripening {
  readonly basin: Basin;
  readonly level: bigint;
}

/**
 * Weighted max–min fair allocation under own caps and overlapping group caps, exact in wei. One level rises; an operator
 * settles at its own cap, or with all others of a group when that group is full. O((n·D + G)·log(n + G)).
 *
 * Why plain floors pass the certificate, in any number of dimensions: let a group have `rest` for unsettled members A
 * of weight W ≤ 1e18, and L = ⌊rest·1e18/W⌋.
 * - (F) Σ_A ⌊w·L/1e18⌋ ≤ W·L/1e18 ≤ rest.
 * - (T) Σ_A ⌊w·L/1e18⌋ > W·L/1e18 − |A| > rest − W/1e18 − |A| ≥ rest − 1 − |A|, so at most |A| ≤ |g| wei are left.
 * - Levels only rise: a member that settles at level l takes at most w·l/1e18, and rest ≥ W·l/1e18 before gives
 *   rest' ≥ (W − w)·l/1e18 after. So the group at which an operator settled has the lowest level of its groups, and the
 *   formula min(cap, ⌊w·level/1e18⌋) gives back exactly what was taken here.
 *
 * At equal levels own caps come first, then the lower group id, so the order of the operators does not matter. Up to the
 * level at which the pool is full nothing depends on the total, so no target falls when the total rises.
 *
 * Source: design §7, research/allocation.md §4.
 */
export function fairAllocation(problem: Problem): FairAllocation {
  checkProblem(problem);
  const basins = new Map<GroupId, Basin>([[POOL, { id: POOL, members: [], rest: problem.total, weight: 0n }]]);
  for (const { id, cap } of problem.groups) {
    if (cap !== null) basins.set(id, { id, members: [], rest: cap, weight: 0n });
  }
  const runners = problem.operators.map((operator) => enter(operator, basins));
  const sheet = raiseLevel(runners, basins);

  sheet.sort((first, second) => first.group - second.group);
  return { sheet, targets: runners.map((runner) => runner.target) };
}

/** Puts an operator into its groups; one that can take nothing has settled at zero. */
function enter(operator: Candidate, all: ReadonlyMap<GroupId, Basin>): Runner {
  const settled = !canTake(operator);
  const basins: Basin[] = [];
  for (const id of [POOL, ...operator.groups]) {
    const basin = all.get(id);
    if (basin !== undefined) basins.push(basin);
  }
  const saturation = settled ? 0n : (operator.cap * LEVEL_ONE + operator.weight - 1n) / operator.weight;
  const runner = { weight: operator.weight, cap: operator.cap, saturation, basins, settled, target: 0n };
  if (!settled) {
    for (const basin of basins) {
      basin.members.push(runner);
      basin.weight += runner.weight;
    }
  }
  return runner;
}

/** Settles every operator and returns the level of each group that stopped one. */
function raiseLevel(
  runners: readonly Runner[],
  basins: ReadonlyMap<GroupId, Basin>,
): { group: GroupId; level: bigint }[] {
  const sheet: { group: GroupId; level: bigint }[] = [];
  const ripening: Ripening[] = [];
  for (const basin of basins.values()) {
    if (basin.weight > 0n) pushToHeap(ripening, { basin, level: levelOf(basin) }, ripensBefore);
  }
  const bySaturation = runners.filter((runner) => !runner.settled);
  bySaturation.sort((first, second) => ascending(first.saturation, second.saturation));

  for (const runner of bySaturation) {
    while (!runner.settled) {
      const next = ripening[0];
      if (next === undefined || next.level >= runner.saturation) {
        settle(runner, runner.cap);
        break;
      }
      popFromHeap(ripening, ripensBefore);
      const basin = next.basin;
      if (basin.weight === 0n) continue;

      const level = levelOf(basin);
      if (level > next.level) {
        // Members settled since it was put there, so it fills later than it seemed.
        pushToHeap(ripening, { basin, level }, ripensBefore);
        continue;
      }
      sheet.push({ group: basin.id, level });
      for (const member of basin.members) {
        if (!member.settled) settle(member, takenAt(member.weight, level));
      }
    }
  }
  return sheet;
}

function settle(runner: Runner, target: bigint): void {
  runner.settled = true;
  runner.target = target;
  for (const basin of runner.basins) {
    basin.rest -= target;
    basin.weight -= runner.weight;
  }
}

/** Level at which the unsettled members would fill the group, rounded down. */
function levelOf(basin: Basin): bigint {
  return (basin.rest * LEVEL_ONE) / basin.weight;
}

function ripensBefore(first: Ripening, second: Ripening): boolean {
  return first.level === second.level ? first.basin.id < second.basin.id : first.level < second.level;
}
