import { MAX_AMOUNT, shareDown, smaller } from "../allocation/amounts.ts";
import { netShareCap, poolShareCap } from "../allocation/caps.ts";
import type { Problem } from "../allocation/problem.ts";
import type { ShareRules, Totals } from "../allocation/types.ts";

/** An operator as it was recorded. Amounts in any one unit, scores in any other. */
export interface RecordedOperator {
  /** What it earns for stake. */
  readonly score: bigint;
  /** Stake of everyone else there. */
  readonly others: bigint;
  /** A cap of its own, or null. */
  readonly absolute: bigint | null;
  /** Its group in each dimension. */
  readonly groups: Readonly<Record<string, string>>;
}

/** Rules of a pool: shares per operator, and of the pool per group, by dimension. */
export interface RecordedRules extends ShareRules {
  readonly groupShareBps: Readonly<Record<string, bigint>>;
}

/** The weight of the best one. */
const WEIGHT_ONE = 10n ** 12n;

/** The allocation problem of recorded operators: weights are scores to a power, at least 1; "Unknown" is a group as others are. */
export function recordedProblem(
  operators: readonly RecordedOperator[],
  rules: RecordedRules,
  totals: Totals,
  power: bigint,
): Problem {
  const best = operators.reduce((most, { score }) => (score > most ? score : most), 1n);
  const groups = groupsOf(operators, rules, totals);
  const ids = new Map(groups.map(({ key, id }) => [key, id]));
  return {
    total: totals.stake,
    operators: operators.map((operator) => {
      const share = poolShareCap(rules, totals);
      const net = netShareCap(rules.netShareBps, totals, operator.others) ?? share;
      const weight = (WEIGHT_ONE * operator.score ** power) / best ** power;
      return {
        weight: weight > 0n ? weight : 1n,
        cap: smaller(smaller(share, net), operator.absolute ?? MAX_AMOUNT),
        groups: Object.keys(rules.groupShareBps).map((dimension) => ids.get(keyOf(dimension, operator))!),
      };
    }),
    groups: groups.map(({ id, cap }) => ({ id, cap })),
  };
}

function groupsOf(operators: readonly RecordedOperator[], rules: RecordedRules, totals: Totals) {
  const keys = Object.entries(rules.groupShareBps).flatMap(([dimension, bps]) =>
    [...new Set(operators.map((operator) => keyOf(dimension, operator)))].map((key) => ({ key, bps })),
  );
  return keys.map(({ key, bps }, index) => ({ key, id: index + 1, cap: shareDown(totals.stake, bps) }));
}

function keyOf(dimension: string, { groups }: RecordedOperator): string {
  return `${dimension}: ${groups[dimension] ?? "none"}`;
}
