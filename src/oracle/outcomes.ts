import type { JobReport } from "../keeper/report.ts";

export interface VoteReport extends JobReport {
  /** The last one that has ended. */
  readonly epoch: bigint;
  /** What was voted for, or would be; null if nothing. */
  readonly hash: string | null;
}

export interface DeliverReport extends JobReport {
  /** Of the last agreed report, 0 for none. */
  readonly epoch: bigint;
  readonly pages: number;
}

export interface ScoreReport extends JobReport {
  readonly operators: bigint;
}

/** What one cycle of a member did. */
export interface MemberReport {
  readonly chainId: bigint;
  readonly dryRun: boolean;
  readonly vote: VoteReport;
  readonly deliver: DeliverReport;
  readonly score: ScoreReport;
  readonly transactions: number;
  readonly gasUsed: bigint;
  /** Whether the member has nothing left to do until other members vote or the epoch ends. */
  readonly complete: boolean;
}
