/** What is reported of one operator for one epoch, as in IScores.Counters. Amounts in wei, commissions in basis points. */
export interface Counters {
  readonly assigned: bigint;
  readonly done: bigint;
  readonly active: boolean;
  readonly commissionBps: bigint;
  /** That earned: all delegators'. */
  readonly stake: bigint;
  /** At the operator, but not the pool's. */
  readonly external_: bigint;
  /** Before commission. */
  readonly reward: bigint;
  readonly slashed: bigint;
}

/** What is known of one epoch. */
export interface EpochCounters {
  /** The block that it was read at. */
  readonly refBlock: bigint;
  readonly networkStake: bigint;
  /** Of operator k + 1 at index k. */
  readonly operators: readonly Counters[];
}

/** Where a member of the committee takes its counters from. Whoever asks twice is told the same. */
export interface CounterSource {
  /** Rejects with `MissingEpoch` if nothing is known of the epoch. */
  countersOf(epoch: bigint): Promise<EpochCounters>;
}

/** A source knows nothing of an epoch. */
export class MissingEpoch extends Error {
  override readonly name = "MissingEpoch";
}

/** What a quorum agrees on, as in IReportOracle.Report. */
export interface Report {
  readonly epoch: bigint;
  readonly refBlock: bigint;
  readonly refBlockHash: string;
  readonly networkStake: bigint;
  readonly operators: bigint;
  readonly root: string;
}

/** The arguments of one `deliver`. */
export interface Page {
  readonly page: number;
  readonly counters: readonly Counters[];
  readonly proof: readonly string[];
}
