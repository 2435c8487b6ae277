import { dimensionNumber } from "../../src/lens/dimensions.ts";
import type { SolanaValidator } from "../../src/data/solana.ts";

/** Dimensions of the groups. */
export const DIMENSIONS = {
  country: dimensionNumber("jurisdiction"),
  network: dimensionNumber("infrastructure"),
} as const;

/** One lamport of the file is one gwei on the chain, so that a SOL becomes an ether. */
const WEI_PER_LAMPORT = 10n ** 9n;

const BPS = 10_000n;
/** A StakingPool charges no more. */
const MAX_COMMISSION_BPS = 5_000n;

/** An operator as the file describes it; amounts in wei. */
export interface Part {
  readonly name: string;
  /** Who is not is listed for its stake alone, and drained. */
  readonly eligible: boolean;
  readonly commissionBps: number;
  readonly weight: number;
  readonly poolStake: bigint;
  readonly othersStake: bigint;
  readonly country: string;
  readonly network: string;
  /** Ids of its groups: country, network. */
  readonly groups: readonly [country: number, network: number];
}

/** A group of operators; ids count from 1, countries first. */
export interface PartGroup {
  readonly id: number;
  readonly dimension: number;
  readonly name: string;
}

/** Everyone who plays a part. */
export interface Cast {
  readonly parts: readonly Part[];
  readonly groups: readonly PartGroup[];
  /** Σ of the recorded pool stakes. */
  readonly poolStake: bigint;
  /** Stake of the validators that the pool never lists. */
  readonly elsewhere: bigint;
}

/**
 * Who is listed: everyone eligible, then those that held pool stake all the same. "Unknown" is a group like any other: who
 * does not say where it runs shares a cap with the others that do not.
 */
export function castOf(validators: readonly SolanaValidator[]): Cast {
  const listed = [
    ...validators.filter(({ eligible }) => eligible),
    ...validators.filter(({ eligible, pool_stake_lamports }) => !eligible && pool_stake_lamports > 0n),
  ];
  const countries = namesOf(listed.map(({ country }) => country));
  const networks = namesOf(listed.map(({ aso }) => aso));
  const groups = [
    ...countries.map((name) => ({ dimension: DIMENSIONS.country, name })),
    ...networks.map((name) => ({ dimension: DIMENSIONS.network, name })),
  ].map((group, index) => ({ id: index + 1, ...group }));

  const parts = listed.map((validator) => ({
    name: validator.id,
    eligible: validator.eligible,
    commissionBps: Number(smaller(validator.commission_bps, MAX_COMMISSION_BPS)),
    weight: weightOf(validator),
    poolStake: validator.pool_stake_lamports * WEI_PER_LAMPORT,
    othersStake: (validator.stake_total_lamports - validator.pool_stake_lamports) * WEI_PER_LAMPORT,
    country: validator.country,
    network: validator.aso,
    groups: [countries.indexOf(validator.country) + 1, countries.length + networks.indexOf(validator.aso) + 1] as const,
  }));
  const known = new Set(listed);
  return {
    parts,
    groups,
    poolStake: sumOf(parts.map(({ poolStake }) => poolStake)),
    elsewhere: sumOf(
      validators.filter((one) => !known.has(one)).map((one) => one.stake_total_lamports * WEI_PER_LAMPORT),
    ),
  };
}

/** What a delegator keeps of what the validator earns: credits of the best one's, less the commission; at least 1. */
function weightOf({ credits_relative_bps, commission_bps }: SolanaValidator): number {
  const kept = commission_bps < BPS ? BPS - commission_bps : 0n;
  return Math.max(1, Number((credits_relative_bps * kept) / BPS));
}

function namesOf(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function smaller(first: bigint, second: bigint): bigint {
  return first < second ? first : second;
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}
