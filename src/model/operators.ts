/** Operators as the model's allocator keeps them, and the pools behind them: honest ones, or whatever a test scripts. */
import { atomically } from "./errors.ts";
import type { Network } from "./network.ts";
import * as staking from "./stakingPool.ts";

/** What is lost or missing below it is rounding, in wei. */
export const ROUNDING = 1_000n;

export interface Reading {
  arrived: bigint; // wei that came in, as measured
  staked: bigint; // ours
  unstaked: bigint; // ours
  total: bigint; // everybody's stake
  bond: bigint;
}

/** The allocator's calls to one pool. Each may throw: then it changed nothing, and the pool has failed. */
export interface OperatorPool {
  collect: (now: bigint) => Reading;
  peek: (now: bigint) => { staked: bigint; unstaked: bigint };
  peekBond: (now: bigint) => bigint;
  push: (now: bigint, amount: bigint) => { staked: bigint; unstaked: bigint };
  pull: (now: bigint, amount: bigint, all: boolean) => { staked: bigint; unstaked: bigint };
  unbondingTime: bigint;
}

export type State = "Ramping" | "Active" | "Draining" | "Delisted" | "Removed";

export interface Operator {
  id: bigint;
  pool: OperatorPool;
  state: State;
  drainedFrom: State;
  watch: boolean; // by either of those
  watchedBy: { guardian: boolean; report: boolean }; // the allocator counts as a guardian
  drainedByReport: boolean; // and no guardian has drained it as well
  whitelisted: boolean;
  fromFactory: boolean; // trusted for its code
  weight: bigint;
  weightBounds: { least: bigint; most: bigint };
  weightBefore: { weight: bigint; epoch: bigint }; // when the epoch of the last change began
  groups: bigint[];
  isInTenure: boolean; // it sits in a tenure group instead of its own
  laterGroup: bigint | undefined; // that of its own, once it has ramped up
  absoluteCap: bigint | undefined;
  position: bigint;
  unbonding: bigint;
  due: { amount: bigint; at: bigint | undefined } | undefined; // what must have arrived, and when (decision 0003)
  readAt: bigint | undefined;
  faults: number; // faulted rounds in a row
  faulted: boolean;
  writtenDown: boolean;
  writtenDownAt: bigint;
  lost: bigint; // written down and not recovered
  premiumUnits: bigint; // of the book's premium, 0 if it has none
  premiumEra: bigint; // in which they were given
  refusedBps: bigint; // of the position: what legs asked for in vain since the last reading that the pool answered
  lossSince: bigint; // booked by settleOne and legs since the last reading
  lostBps: bigint; // of what it held, booked as losses since losses last put it on watch
  ramp: bigint; // what a newcomer may be lifted to, 0 for none
  bond: bigint; // at the last reading
  others: bigint; // stake at its pool that is not ours, at the last reading
  snapshot: OperatorSnapshot;
}

/** What the last round recorded. */
export interface OperatorSnapshot {
  isListed: boolean; // it was read
  position: bigint; // p_i
  faulted: bigint; // position and unbonding if it was faulted, else 0
  unbonding: bigint; // if it was healthy, and what it lost since; what is lost of who is written down; else 0
  fixedCap: bigint | undefined; // what does not depend on T or N; none without bond and absolute cap
  others: bigint;
  class1Taken: bigint; // since then
  weight: bigint;
  groups: bigint[];
}

export interface Listing {
  weight: bigint;
  groups?: bigint[];
  absoluteCap?: bigint;
  state?: State;
  weightBounds?: { least: bigint; most: bigint };
  fromFactory?: boolean;
  epoch?: bigint; // of the listing
}

export function newSnapshot(): OperatorSnapshot {
  return {
    isListed: false,
    position: 0n,
    faulted: 0n,
    unbonding: 0n,
    fixedCap: 0n,
    others: 0n,
    class1Taken: 0n,
    weight: 0n,
    groups: [],
  };
}

export function newOperator(id: bigint, pool: OperatorPool, listing: Listing): Operator {
  return {
    id,
    pool,
    state: listing.state ?? "Active",
    drainedFrom: "Active",
    watch: false,
    watchedBy: { guardian: false, report: false },
    drainedByReport: false,
    whitelisted: true,
    fromFactory: listing.fromFactory ?? true,
    weight: listing.weight,
    weightBounds: listing.weightBounds ?? { least: 0n, most: listing.weight * 10n },
    weightBefore: { weight: listing.weight, epoch: listing.epoch ?? 0n },
    groups: listing.groups ?? [],
    isInTenure: false,
    laterGroup: undefined,
    absoluteCap: listing.absoluteCap,
    position: 0n,
    unbonding: 0n,
    due: undefined,
    readAt: undefined,
    faults: 0,
    faulted: false,
    writtenDown: false,
    writtenDownAt: 0n,
    lost: 0n,
    premiumUnits: 0n,
    premiumEra: 0n,
    refusedBps: 0n,
    lossSince: 0n,
    lostBps: 0n,
    ramp: 0n,
    bond: 0n,
    others: 0n,
    snapshot: newSnapshot(),
  };
}

/** Stops increases, or takes that back for one of those who did it. */
export function setWatch(operator: Operator, by: keyof Operator["watchedBy"], isOn: boolean): void {
  operator.watchedBy[by] = isOn;
  operator.watch = operator.watchedBy.guardian || operator.watchedBy.report;
}

/** Notes a loss between two readings; until the next one neither the operator has room for it nor, if they are summed up, its groups. */
export function noteLoss(operator: Operator, loss: bigint, summedUp = true): void {
  operator.lossSince += loss;
  if (summedUp && loss > ROUNDING) operator.snapshot.unbonding += loss;
}

/** What a pool's views show: its book as the next call will find it. */
export function syncedCopy(pool: staking.StakingPool, network: Network, now: bigint): staking.StakingPool {
  const [copy, copiedNetwork] = [structuredClone(pool), structuredClone(network)];
  staking.sync(copy, copiedNetwork, now);
  return copy;
}

/** The allocator's account at a pool of this model. */
export function honestPool(pool: staking.StakingPool, network: Network, account = "allocator"): OperatorPool {
  const look = (now: bigint) => {
    const synced = syncedCopy(pool, network, now);
    return { staked: staking.stakedBalance(synced, account), unstaked: staking.unstakedBalance(synced, account) };
  };
  const frame = <Result>(operation: () => Result) => atomically([pool, network], operation);
  const pull = (now: bigint, amount: bigint, all: boolean) => {
    const staked = staking.stakedBalance(syncedCopy(pool, network, now), account);
    if (all || amount >= staked) staking.unstakeAll(pool, network, now, account);
    else staking.unstake(pool, network, now, account, amount);
    return look(now);
  };
  return {
    collect: (now) =>
      frame(() => {
        staking.ping(pool, network, now);
        const arrived = staking.withdrawable(syncedCopy(pool, network, now), account);
        if (arrived > 0n) staking.withdraw(pool, network, now, account, arrived);
        const synced = syncedCopy(pool, network, now);
        return { arrived, ...look(now), total: synced.equity, bond: staking.bondOf(synced) };
      }),
    peek: look,
    peekBond: (now) => staking.bondOf(syncedCopy(pool, network, now)),
    push: (now, amount) =>
      frame(() => {
        staking.depositAndStake(pool, network, now, account, amount);
        return look(now);
      }),
    pull: (now, amount, all) => frame(() => pull(now, amount, all)),
    unbondingTime: staking.unbondingTimeOf(pool, network),
  };
}
