import { fairAllocation } from "../allocation/fair.ts";
import type { Totals } from "../allocation/types.ts";
import { decentralisation, type Decentralisation } from "./decentralisation.ts";
import { optimum, valueOf } from "./optimum.ts";
import { type RecordedOperator, recordedProblem, type RecordedRules } from "./recorded.ts";

/** One way to place the stake, and what comes of it. */
export interface Placement {
  /** The exponent of the fair allocation's weights, or null for the optimum. */
  readonly power: bigint | null;
  /** Σ score·stake/total. */
  readonly value: number;
  /** What is earned less than the optimum, as a part of it. */
  readonly regret: number;
  /** What fits nowhere, as a part of the total. */
  readonly idle: number;
  /** Over those that get stake. */
  readonly spread: Decentralisation;
}

export interface Comparison {
  /** The optimum first, then the fair allocations. */
  readonly placements: readonly Placement[];
  /** What no allocation can exceed. */
  readonly bound: number;
}

/** Fair allocations by several exponents beside the most that the same caps let the pool earn. */
export async function compare(
  operators: readonly RecordedOperator[],
  rules: RecordedRules,
  totals: Totals,
  powers: readonly bigint[],
): Promise<Comparison> {
  const scores = operators.map(({ score }) => score);
  const best = await optimum(recordedProblem(operators, rules, totals, 0n), scores);
  const place = (power: bigint | null, stakes: readonly bigint[]): Placement => {
    const value = valueOf(stakes, scores, totals.stake);
    const placed = valueOf(
      stakes,
      stakes.map(() => 1n),
      totals.stake,
    );
    const holders = stakes.filter((stake) => stake > 0n);
    return {
      power,
      value,
      regret: best.value === 0 ? 0 : 1 - value / best.value,
      idle: 1 - placed,
      spread: decentralisation(holders),
    };
  };
  return {
    placements: [
      place(null, best.stakes),
      ...powers.map((power) => place(power, fairAllocation(recordedProblem(operators, rules, totals, power)).targets)),
    ],
    bound: best.bound,
  };
}
