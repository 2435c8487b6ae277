import { problemOf } from "../../../src/allocation/caps.ts";
import { fairAllocation } from "../../../src/allocation/fair.ts";
import { readLens } from "../../../src/lens/read.ts";
import { toSnapshot } from "../../../src/lens/snapshot.ts";
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
  /** Operators above their cap and grace: their violations are on their way out. */
  readonly above: number;
  readonly class2Used: bigint;
  readonly class2Limit: bigint;
}

const SCORE_ONE = 1_000_000n;
const BPS = 10_000n;

/** What a delegator keeps of a full epoch's reward, in millionths: the scores of the yard-stick (research §3.2). */
export function keptOf(report: EpochReport, name: string): bigint {
  const counters = report.operators.find(({ id }) => id === name)?.counters;
  if (counters === undefined || counters.assigned === 0n || counters.commissionBps >= BPS) return 0n;
  return (SCORE_ONE * counters.done * (BPS - counters.commissionBps)) / (counters.assigned * BPS);
}

/** Reads where everyone stands, of one block; no round may be open. */
export async function readFigures({ trellis, actors }: SeriesStage, report: EpochReport): Promise<Figures> {
  const reading = await readLens(trellis.lens);
  const snapshot = toSnapshot(reading);
  const problem = problemOf(snapshot);
  const fair = fairAllocation(problem);
  const positions = reading.operators.map(({ position }) => position.position);
  const placed = positions.reduce((sum, position) => sum + position, 0n);
  const kept = new Map(report.operators.map(({ id }) => [id, keptOf(report, id)]));
  const scores = actors.map(({ name }) => kept.get(name) ?? 0n);
  const best = await optimum(problem, scores);
  const groups = new Map(report.operators.map((reported) => [reported.id, reported.groups]));
  const rows = actors.map(({ name }, index) => ({ name, stake: positions[index]! }));
  const by = (kind: string) =>
    decentralisation([
      ...stakeBy(
        rows,
        ({ name }) => groups.get(name)?.[kind] ?? "Unknown",
        ({ stake }) => stake,
      ).values(),
    ]);
  const { class2Used, class2Limit } = reading.pool.budgets;
  return {
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
    above: reading.operators.filter(({ position, rooms }) =>
      isAbove(position.position, rooms.violationCap, reading.pool.parameters.graceBps),
    ).length,
    class2Used,
    class2Limit,
  };
}

function isAbove(position: bigint, cap: bigint, graceBps: bigint): boolean {
  return position * BPS > cap * (BPS + graceBps);
}
