/**
 * What still works when something stands still, by hand: every function under each standstill, and what it moves.
 * pause.test.ts brings the standstill about and calls as who may call. Where nothing is written the call goes through.
 */

/** How a pool can stand still. */
export const META_POOL_STATES = ["nothing", "paused", "round open", "all dead", "closed"] as const;
/** The last two are of the pool that delegates to it: its round is open, or all its other operators are written down. */
export const STAKING_POOL_STATES = ["nothing", "paused", "insolvent", "round open", "others dead"] as const;

export type MetaPoolState = (typeof META_POOL_STATES)[number];
export type StakingPoolState = (typeof STAKING_POOL_STATES)[number];

export interface Row<State extends string> {
  /** The error by state. */
  readonly refused: Partial<Record<State, string>>;
  /** By whose what: how much, in quantities of pause.test.ts. What is not named must not move. */
  readonly moves: Readonly<Record<string, string>>;
  readonly why: string;
}

const NOTHING = {} as const;

const STAKES = "the pause is for who enters";
const LEAVES = "P1: who leaves needs nobody, and nothing can stop it";
const BOOK = "P3: keepers' work goes on";
const HOLDER = "shares are their holder's";
const ROUND = "the allocator's: no pause stops a round";
const ROLE = "a rule changes, or does not, whatever stands still";
const OWNER = "the owner's price, key and successor have no part in it";

/** Money and claims that a call moves. The caller pays `value` wei with what takes ether. */
const DEPOSIT = { "caller ether": "-value", "caller unstaked": "+value", "pool ether": "+value" };
const STAKE = { "caller ether": "-value", "caller shares": "+minted", "pool ether": "+value" };
const STAKE_FOR = { "caller ether": "-value", "other shares": "+minted", "pool ether": "+value" };
const RESTAKE = { "caller unstaked": "-own", "caller shares": "+mintedForOwn" };
const RESTAKE_ALL = { "caller unstaked": "-withdrawable", "caller shares": "+mintedForAll" };
const UNSTAKE = { "caller shares": "-burned", "caller unstaked": "+own" };
const UNSTAKE_SHARES = { "caller shares": "-part", "caller unstaked": "+worth" };
const UNSTAKE_ALL = { "caller shares": "-all", "caller unstaked": "+allWorth" };
const WITHDRAW = { "caller ether": "+own", "caller unstaked": "-own", "pool ether": "-own" };
const WITHDRAW_TO = { "other ether": "+own", "caller unstaked": "-own", "pool ether": "-own" };
const WITHDRAW_ALL = {
  "caller ether": "+withdrawable",
  "caller unstaked": "-withdrawable",
  "pool ether": "-withdrawable",
};

/** Refused by `errors`, a state's or every state's. */
function row<State extends string>(states: readonly State[]) {
  return (why: string, moves: Row<State>["moves"] = NOTHING, errors: Row<State>["refused"] | string = {}) => ({
    refused: typeof errors === "string" ? Object.fromEntries(states.map((state) => [state, errors])) : errors,
    moves,
    why,
  });
}

const meta = row<MetaPoolState>(META_POOL_STATES);
const entry = { paused: "StakingIsPaused", closed: "PoolInsolvent" } as const;

export const META_POOL: Readonly<Record<string, Row<MetaPoolState>>> = {
  deposit: meta("a free balance needs no price: only the pause stops it", DEPOSIT, { paused: "StakingIsPaused" }),
  deposit_and_stake: meta(STAKES, STAKE, entry),
  stakeFor: meta(STAKES, STAKE_FOR, entry),
  stake: meta(STAKES, RESTAKE, entry),
  stake_all: meta(STAKES, RESTAKE_ALL, entry),
  unstake: meta(`${LEAVES}; shares of a closed pool are worth nothing`, UNSTAKE, { closed: "InsufficientStake" }),
  unstakeShares: meta(LEAVES, UNSTAKE_SHARES),
  unstake_all: meta(LEAVES, UNSTAKE_ALL),
  unstakeInstant: meta(
    "closed from a booked loss until a later round, or without a buffer; the ordinary exit is open",
    { "caller shares": "-part", "caller ether": "+instant", "pool ether": "-instant" },
    { "all dead": "InstantExitUnavailable", closed: "InstantExitUnavailable" },
  ),
  withdraw: meta(LEAVES, WITHDRAW),
  withdraw_all: meta(LEAVES, WITHDRAW_ALL),
  withdrawTo: meta(LEAVES, WITHDRAW_TO),
  withdrawFor: meta(LEAVES, WITHDRAW_ALL),
  ping: meta(BOOK),
  fundExits: meta(BOOK),
  transfer: meta(HOLDER, { "caller shares": "-part", "other shares": "+part" }),
  transferFrom: meta(HOLDER, { "holder shares": "-part", "other shares": "+part", "caller allowance": "-part" }),
  approve: meta(HOLDER, { "other allowance": "+part" }),
  permit: meta(HOLDER, { "other allowance": "+part" }),

  beginRound: meta(ROUND),
  report: meta(ROUND),
  reportWriteDown: meta(ROUND),
  endWriteDown: meta(ROUND),
  endRound: meta(ROUND),
  fund: meta(
    `${ROUND}; a closed pool has delegated everything`,
    { "caller ether": "+own", "pool ether": "-own" },
    { closed: "InsufficientBuffer" },
  ),

  setParameters: meta(ROLE),
  pauseStaking: meta("once in 60 days, so that a pause is not for ever", NOTHING, { paused: "PauseNotAllowedYet" }),
  resumeStaking: meta("what is not paused can be resumed, too"),
  renounceUpgrades: meta(ROLE),
  upgradeToAndCall: meta(ROLE),
  setAuthority: meta(ROLE),
  connect: meta("once, at deployment", NOTHING, "AlreadyConnected"),
  initialize: meta("once, at deployment", NOTHING, "InvalidInitialization"),
  receive: meta("ether comes in by a function that books it", NOTHING, "UnexpectedEther"),
};

const pool = row<StakingPoolState>(STAKING_POOL_STATES);
const poolEntry = { paused: "StakingPaused", insolvent: "PoolInsolvent" } as const;

export const STAKING_POOL: Readonly<Record<string, Row<StakingPoolState>>> = {
  deposit: pool("a free balance needs no price, and is not staked", DEPOSIT),
  deposit_and_stake: pool(STAKES, STAKE, poolEntry),
  stakeFor: pool(STAKES, STAKE_FOR, poolEntry),
  stake: pool(STAKES, RESTAKE, poolEntry),
  stake_all: pool(STAKES, RESTAKE_ALL, poolEntry),
  unstake: pool(`${LEAVES}; shares that are worth nothing buy nothing`, UNSTAKE, { insolvent: "InsufficientStake" }),
  unstakeShares: pool(LEAVES, UNSTAKE_SHARES),
  unstake_all: pool(LEAVES, UNSTAKE_ALL),
  withdraw: pool(LEAVES, WITHDRAW),
  withdraw_all: pool(LEAVES, WITHDRAW_ALL),
  withdrawTo: pool(LEAVES, WITHDRAW_TO),
  withdrawFor: pool(LEAVES, WITHDRAW_ALL),
  ping: pool(BOOK),
  fundExits: pool(BOOK),

  addBond: pool(
    "the bond is not an entry of a delegator: no pause stops it",
    { "caller ether": "-value", "caller bond": "+minted", "pool ether": "+value" },
    { insolvent: "PoolInsolvent" },
  ),
  requestBondWithdrawal: pool("the bond is burned first: none is left of it", NOTHING, {
    insolvent: "InsufficientBond",
  }),
  finishBondWithdrawal: pool("what has waited becomes the owner's shares", {
    "caller bond": "-bond",
    "caller shares": "+bond",
  }),
  announceCommission: pool(OWNER),
  cancelCommission: pool(OWNER),
  applyCommission: pool("anyone's, once the notice is over and those who left in it are paid"),
  lowerCommission: pool(OWNER),
  updateStakingKey: pool(OWNER),
  transferOwnership: pool(OWNER),
  acceptOwnership: pool(OWNER),
  renounceOwnership: pool("commission and bond always have an owner", NOTHING, "OwnershipCannotBeRenounced"),
  pauseStaking: pool("the owner's own pause, as often and as long as it likes"),
  resumeStaking: pool("what is not paused can be resumed, too"),

  initialize: pool("once, when it is created", NOTHING, "InvalidInitialization"),
  receive: pool("what has unbonded comes home", { "caller ether": "-value", "pool ether": "+value" }),
};
