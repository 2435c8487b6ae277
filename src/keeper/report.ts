/**
 * How a job ended. `done`: it did what there was to do. `nothing`: there was nothing to do. `incomplete`: something is
 * left for the next run. `skipped`: it did not start, or may not spend gas now; in a dry run it only said what it would do.
 */
export type Outcome = "done" | "nothing" | "incomplete" | "skipped";

export interface JobReport {
  readonly outcome: Outcome;
  /** Why something is left, in a sentence. */
  readonly reason: string | null;
  readonly transactions: number;
  readonly gasUsed: bigint;
}

export interface SettleReport extends JobReport {
  /** The round that was worked on, 0 for none. */
  readonly round: bigint;
  readonly pages: number;
}

export interface CertifyReport extends JobReport {
  readonly round: bigint;
  /** Levels in the sheet. */
  readonly levels: number;
}

export interface RebalanceReport extends JobReport {
  readonly legs: number;
  /** Wei moved, by class of the downward legs, and upwards. */
  readonly moved: Moved;
}

export interface FundReport extends JobReport {
  /** Wei set aside for exits. */
  readonly funded: bigint;
}

export interface SlashReport extends JobReport {
  /** Wei of losses booked, and at how many operators. */
  readonly loss: bigint;
  readonly operators: number;
}

export interface Moved {
  readonly class0: bigint;
  readonly class1: bigint;
  readonly class2: bigint;
  readonly up: bigint;
}

/** What one run did. */
export interface KeeperReport {
  readonly chainId: bigint;
  readonly dryRun: boolean;
  readonly settle: SettleReport;
  readonly certify: CertifyReport;
  readonly rebalance: RebalanceReport;
  readonly fundExits: FundReport;
  readonly transactions: number;
  readonly gasUsed: bigint;
  /** Whether nothing is left to do until the next round is due or the state changes. */
  readonly complete: boolean;
}
