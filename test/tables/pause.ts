/**
 * What still works when something stands still, by hand: every function that a user, a keeper or an owner calls, under
 * each standstill. pause.test.ts brings the standstill about and calls. Where nothing is written the call goes through.
 */

/** How a pool can stand still. */
export const META_POOL_STATES = ["nothing", "paused", "round open", "all dead", "closed"] as const;
export const STAKING_POOL_STATES = ["nothing", "paused", "insolvent"] as const;

export type MetaPoolState = (typeof META_POOL_STATES)[number];
export type StakingPoolState = (typeof STAKING_POOL_STATES)[number];

export interface Row<State extends string> {
  /** The error by state. */
  readonly refused: Partial<Record<State, string>>;
  readonly why: string;
}

const works = (why: string) => ({ refused: {}, why });

const PAUSED = "StakingIsPaused";
const ENTRY = "the pause is for who enters";
const LEAVES = "P1: who leaves needs nobody, and nothing can stop it";
const BOOK = "P3: keepers' work goes on";

export const META_POOL: Readonly<Record<string, Row<MetaPoolState>>> = {
  deposit: { refused: { paused: PAUSED }, why: "a free balance needs no price: only the pause stops it" },
  deposit_and_stake: { refused: { paused: PAUSED, closed: "PoolInsolvent" }, why: ENTRY },
  stakeFor: { refused: { paused: PAUSED, closed: "PoolInsolvent" }, why: ENTRY },
  stake: { refused: { paused: PAUSED, closed: "PoolInsolvent" }, why: ENTRY },
  stake_all: { refused: { paused: PAUSED, closed: "PoolInsolvent" }, why: ENTRY },
  unstake: { refused: { closed: "InsufficientStake" }, why: `${LEAVES}; shares of a closed pool are worth nothing` },
  unstakeShares: works(LEAVES),
  unstake_all: works(LEAVES),
  unstakeInstant: {
    refused: { "all dead": "InstantExitUnavailable", closed: "InstantExitUnavailable" },
    why: "closed from a booked loss until a later round, or without a buffer; the ordinary exit is open",
  },
  withdraw: works(LEAVES),
  withdraw_all: works(LEAVES),
  withdrawTo: works(LEAVES),
  withdrawFor: works(LEAVES),
  ping: works(BOOK),
  fundExits: works(BOOK),
  transfer: works("shares are their holder's"),
  transferFrom: works("shares are their holder's"),
  approve: works("shares are their holder's"),
};

const POOL_PAUSED = "StakingPaused";

export const STAKING_POOL: Readonly<Record<string, Row<StakingPoolState>>> = {
  deposit: works("a free balance needs no price, and is not staked"),
  deposit_and_stake: { refused: { paused: POOL_PAUSED, insolvent: "PoolInsolvent" }, why: ENTRY },
  stakeFor: { refused: { paused: POOL_PAUSED, insolvent: "PoolInsolvent" }, why: ENTRY },
  stake: { refused: { paused: POOL_PAUSED, insolvent: "PoolInsolvent" }, why: ENTRY },
  stake_all: { refused: { paused: POOL_PAUSED, insolvent: "PoolInsolvent" }, why: ENTRY },
  unstake: { refused: { insolvent: "InsufficientStake" }, why: `${LEAVES}; shares that are worth nothing buy nothing` },
  unstakeShares: works(LEAVES),
  unstake_all: works(LEAVES),
  withdraw: works(LEAVES),
  withdraw_all: works(LEAVES),
  withdrawTo: works(LEAVES),
  withdrawFor: works(LEAVES),
  ping: works(BOOK),
  fundExits: works(BOOK),
  addBond: {
    refused: { insolvent: "PoolInsolvent" },
    why: "the bond is not an entry of a delegator: no pause stops it",
  },
  requestBondWithdrawal: {
    refused: { insolvent: "InsufficientBond" },
    why: "the bond is burned first: none is left of it",
  },
};
