import { shareDown, sumOf } from "../../../src/allocation/amounts.ts";
import { type Book, distance, openBook } from "../../../src/allocation/book.ts";
import { problemOf } from "../../../src/allocation/caps.ts";
import { fairAllocation } from "../../../src/allocation/fair.ts";
import { namedGroups, unpackGroups } from "../../../src/lens/dimensions.ts";
import { readLens } from "../../../src/lens/read.ts";
import { toSheet, toSnapshot } from "../../../src/lens/snapshot.ts";
import { decentralisation, type Decentralisation, stakeBy } from "../../../src/metrics/decentralisation.ts";
import { optimum, valueOf } from "../../../src/metrics/optimum.ts";
import type { EpochReport } from "../../../src/reports/epoch.ts";
import type { SeriesStage } from "./stage.ts";

/** Where the pool stands at the end of an epoch. Amounts in wei. */
export interface Figures {
  readonly placed: bigint;
  readonly idle: bigint;
  readonly unbonding: bigint;
  readonly spread: {
    readonly operator: Decentralisation;
    readonly jurisdiction: Decentralisation;
    readonly infrastructure: Decentralisation;
  };
  /** What the stake earns of what it would earn as the LP places it under the same caps, now and as the fair allocation. */
  readonly yieldOfOptimum: number;
  readonly fairOfOptimum: number;
  /** Σ |position − target| from the fair allocation. */
  readonly distance: bigint;
  /** Σ |target − target of the epoch before|: how far the fair allocation itself has moved. */
  readonly drift: bigint;
  /** How many are above their caps and grace, since caps have moved: their violations are on their way out. */
  readonly above: { readonly operators: number; readonly groups: number };
  readonly class2Used: bigint;
  readonly class2Limit: bigint;
}

const SCORE_ONE = 1_000_000n;
const BPS = 10_000n;
const NONE = "none";

/** What a delegator keeps of a full epoch's reward, in millionths: the scores of the yard-stick (research §3.2). */
function keptOf(report: EpochReport, name: string): bigint {
  const counters = report.operators.find(({ id }) => id === name)?.counters;
  if (counters === undefined || counters.assigned === 0n || counters.commissionBps >= BPS) return 0n;
  return (SCORE_ONE * counters.done * (BPS - counters.commissionBps)) / (counters.assigned * BPS);
}

/** Reads where everyone stands, of one block; no round may be open. `before` are the targets of the epoch before. */
export async function readFigures(
  { trellis, actors }: SeriesStage,
  report: EpochReport,
  before: readonly bigint[],
): Promise<{ readonly figures: Figures; readonly targets: readonly bigint[] }> {
  const reading = await readLens(trellis.lens);
  const snapshot = toSnapshot(reading);
  const problem = problemOf(snapshot);
  const fair = fairAllocation(problem);
  const book = openBook(snapshot, toSheet(reading));
  const positions = reading.operators.map(({ position }) => position.position);
  const placed = positions.reduce((sum, position) => sum + position, 0n);
  const kept = new Map(report.operators.map(({ id }) => [id, keptOf(report, id)]));
  const scores = actors.map(({ name }) => kept.get(name) ?? 0n);
  const best = await optimum(problem, scores);
  const targets = book.places.map(({ target }) => target);
  const rows = reading.operators.map(({ operator, position }) => ({
    groups: namedGroups(unpackGroups(operator.groups)),
    stake: position.position,
  }));
  const by = (dimension: string) =>
    decentralisation([
      ...stakeBy(
        rows,
        ({ groups }) => groups[dimension] ?? NONE,
        ({ stake }) => stake,
      ).values(),
    ]);
  const { class2Used, class2Limit } = reading.pool.budgets;
  const figures = {
    placed,
    idle: snapshot.live.free,
    unbonding: reading.operators.reduce((sum, { position }) => sum + position.unbonding, 0n),
    spread: {
      operator: decentralisation(positions),
      jurisdiction: by("jurisdiction"),
      infrastructure: by("infrastructure"),
    },
    yieldOfOptimum: best.value === 0 ? 0 : valueOf(positions, scores, problem.total) / best.value,
    fairOfOptimum: best.value === 0 ? 0 : valueOf(fair.targets, scores, problem.total) / best.value,
    distance: distance(book),
    drift: sumOf(targets.map((target, index) => apart(target, before[index] ?? 0n))),
    above: aboveIn(book),
    class2Used,
    class2Limit,
  };
  return { figures, targets };
}

function aboveIn({ places, pots, snapshot: { legRules } }: Book): Figures["above"] {
  return {
    operators: places.filter(
      ({ position, violationCap }) => position > violationCap + shareDown(violationCap, legRules.graceBps),
    ).length,
    groups: pots.filter(({ position, violationLimit }) => violationLimit !== null && position > violationLimit).length,
  };
}

function apart(first: bigint, second: bigint): bigint {
  return first > second ? first - second : second - first;
}
