/** How Lido on Kusama spreads stake over ledgers, what that saves when one of them is slashed, and who nominates whom. */
import type { Fraction } from "../metrics/decentralisation.ts";
import { fraction, multiply, subtract } from "./fractions.ts";

export const NOMINATIONS_PER_LEDGER = 3;

/** Periods that a year is divided into: the seed takes the day for an era, of which Kusama has four a day. */
export const PERIODS_PER_YEAR = { day: 365n, era: 1_460n } as const;

/** An average validator's stake: what is staked of the supply, spread over the active set. */
export function averageStake(supply: bigint, stakedPercent: bigint, validators: bigint): Fraction {
  return fraction(supply * stakedPercent, 100n * validators);
}

/** The ledgers that a pool of `stake` uses: as many as keep each within the optimum, beyond which it earns less. */
export function ledgersFor(stake: bigint, optimum: bigint): bigint {
  return (stake + optimum - 1n) / optimum;
}

export interface Hedge {
  /** Ledgers with the same stake, no two with a validator in common. */
  readonly ledgers: bigint;
  readonly stakePerLedger: bigint;
  readonly aprBps: bigint;
  /** Of the one ledger whose validator is slashed. */
  readonly slashBps: bigint;
  readonly periodsPerYear: bigint;
}

export interface Hedged {
  /** What the other ledgers earn in the period. */
  readonly reward: Fraction;
  readonly slash: Fraction;
  /** What the pool loses in the period. */
  readonly loss: Fraction;
  /** What it would lose if all of it stood on the validator that is slashed. */
  readonly lossOfOne: Fraction;
  /** What spreading avoids of the slash. */
  readonly avoided: Fraction;
}

const BPS = 10_000n;

export function hedge({ ledgers, stakePerLedger, aprBps, slashBps, periodsPerYear }: Hedge): Hedged {
  const reward = fraction(stakePerLedger * (ledgers - 1n) * aprBps, BPS * periodsPerYear);
  const slash = fraction(stakePerLedger * slashBps, BPS);
  const lossOfOne = multiply(slash, fraction(ledgers));
  return { reward, slash, loss: subtract(slash, reward), lossOfOne, avoided: subtract(lossOfOne, slash) };
}

/** Deals validators, best first, by rank: ledger i of N nominates i, i + N, i + 2N. */
export function dealInRanks<T>(ranked: readonly T[], ledgers: number): T[][] {
  return deal(ranked, ledgers, (ledger, turn) => turn * ledgers + ledger);
}

/** Deals forth and back: ledger i of N nominates i, 2N − 1 − i, 2N + i, so that the sums of ranks are closer. */
export function dealSerpentine<T>(ranked: readonly T[], ledgers: number): T[][] {
  return deal(ranked, ledgers, (ledger, turn) => turn * ledgers + (turn % 2 === 0 ? ledger : ledgers - 1 - ledger));
}

/** Ledgers go short where there are fewer validators than nominations. */
function deal<T>(ranked: readonly T[], ledgers: number, rankOf: (ledger: number, turn: number) => number): T[][] {
  return Array.from({ length: ledgers }, (_, ledger) =>
    Array.from({ length: NOMINATIONS_PER_LEDGER }, (_turn, turn) => rankOf(ledger, turn))
      .filter((rank) => rank < ranked.length)
      .map((rank) => ranked[rank]!),
  );
}
