import { ascending } from "../allocation/amounts.ts";
import type { RecordedOperator } from "../metrics/recorded.ts";
import type { SolanaValidator } from "./solana.ts";

/** What a thousand coins earned in an epoch without any commission; 1e18 is one coin. */
export interface EpochRewards {
  readonly inflation: bigint;
  readonly tips: bigint;
}

const BPS = 10_000n;

/**
 * Rewards of the epoch that `solana-epoch-650.csv` records, as its source states them of validators without commission
 * (`inflationPmpe`; `mevPmpe` of one that takes a hundredth, so divided by 0.99).
 */
export const RECORDED_REWARDS: EpochRewards = {
  inflation: 434_305_985_873_516_200n,
  tips: 36_526_113_288_856_969n,
};

/**
 * What a thousand coins earn their delegators with each validator, 1e18 fixed point: inflation and tips less commissions,
 * times credits over those of the median one, at most one. Who takes no tips pays none.
 */
export function stakerYields(rows: readonly SolanaValidator[], rewards: EpochRewards = RECORDED_REWARDS): bigint[] {
  const credits = rows.map((row) => row.credits).sort(ascending);
  const median = credits[Math.floor(credits.length / 2)] ?? 0n;
  return rows.map((row) => {
    const inflation = kept(rewards.inflation, row.commission_bps);
    const tips = row.mev_commission_bps === null ? 0n : kept(rewards.tips, row.mev_commission_bps);
    return row.credits >= median ? inflation + tips : ((inflation + tips) * row.credits) / median;
  });
}

function kept(reward: bigint, commissionBps: bigint): bigint {
  return commissionBps < BPS ? (reward * (BPS - commissionBps)) / BPS : 0n;
}

/** Recorded validators as candidates for a pool's stake; with a ratio the bond times it is a cap of its own. */
export function solanaOperators(validators: readonly SolanaValidator[], bondRatio: bigint | null): RecordedOperator[] {
  const yields = stakerYields(validators);
  return validators.map((one, index) => ({
    score: yields[index]!,
    others: one.stake_total_lamports - one.pool_stake_lamports,
    absolute: bondRatio === null ? null : (one.bond_lamports ?? 0n) * bondRatio,
    groups: { country: one.country, network: one.aso },
  }));
}
