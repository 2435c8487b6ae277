import type { Fraction } from "../metrics/decentralisation.ts";
import type { EpochReport, ReportedOperator } from "../reports/epoch.ts";
import type { Percents, Windows } from "../scoring/seedMetric.ts";

/** How operators are chosen. */
export interface Settings {
  readonly windows: Windows;
  /** Three operators for each. */
  readonly ledgers: number;
  readonly deal: "ranks" | "serpentine";
  readonly commissionLimitBps: bigint;
  /** By how much a commission may rise from one report to the next. */
  readonly commissionRiseBps: bigint;
}

/** Why an operator is not chosen, whatever its rank. */
export type Reason =
  /** It is not in the last report. */
  | { readonly kind: "gone" }
  /** It takes no stake. */
  | { readonly kind: "closed" }
  | { readonly kind: "inactive" }
  | { readonly kind: "slashed"; readonly amount: bigint }
  /** In an earlier epoch. */
  | { readonly kind: "slashedBefore"; readonly amount: bigint }
  | { readonly kind: "raised"; readonly fromBps: bigint; readonly toBps: bigint }
  | { readonly kind: "dear"; readonly bps: bigint; readonly limitBps: bigint }
  /** It has earned nothing in any window. */
  | { readonly kind: "idle" };

/** What is known of an operator, over the three windows. */
export interface Candidate {
  readonly id: string;
  /** Null when it is not in the last report. */
  readonly last: ReportedOperator | null;
  readonly apr: Percents;
  /** Epochs in the active set. */
  readonly activity: Percents;
  /** Duties done of those assigned, over the week, in ppb: what equal metrics are told apart by. */
  readonly duty: bigint;
  readonly metric: Fraction;
  readonly reasons: readonly Reason[];
}

/** Who was chosen, and who nominates whom. */
export interface Selection {
  readonly report: EpochReport;
  readonly settings: Settings;
  /** Everyone ever seen, the best first; who may not be chosen comes after those who may. */
  readonly candidates: readonly Candidate[];
  /** Those of them who may be chosen. */
  readonly eligible: number;
  /** The best of the eligible, three for each ledger. */
  readonly chosen: readonly Candidate[];
  /** Of each ledger, whom it nominates. */
  readonly ledgers: readonly (readonly Candidate[])[];
}
