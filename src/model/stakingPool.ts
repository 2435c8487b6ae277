/**
 * One operator's pool: stake at the network, a commission as shares, the operator's bond as junior shares, exits in
 * batches of which at most one begins per epoch. Every operation first books what happened at the network.
 */
import { max, min, monus, mulDivDown, mulDivUp, sum } from "./arithmetic.ts";
import { atomically, required } from "./errors.ts";
import * as exits from "./exits.ts";
import * as net from "./network.ts";

const BPS = 10_000n;
const FOLDS_PER_UNSTAKE = 2;
const BATCHES_PER_WITHDRAWAL = 2;

export interface Account {
  shares: bigint;
  free: bigint;
}

export interface StakingPool {
  name: string; // at the network
  owner: string;
  commissionBps: bigint;
  epochLength: bigint;
  isPaused: boolean;
  accounts: Map<string, Account>;
  seedShares: bigint; // belong to nobody
  bondShares: bigint; // junior; those being withdrawn included
  bondWithdrawal: { shares: bigint; readyAt: bigint } | undefined;
  exits: exits.ExitBook;
  equity: bigint; // A: behind all shares
  bonded: bigint; // at the network, as booked
  unbonding: bigint;
  cash: bigint; // came back, for exits that wait
  lastBatchEpoch: bigint | undefined;
}

export interface StakingPoolParameters {
  name: string;
  owner: string;
  commissionBps: bigint;
  epochLength: bigint;
}

export function newStakingPool(network: net.Network, parameters: StakingPoolParameters, seed: bigint): StakingPool {
  net.bond(network, parameters.name, seed);
  return {
    ...parameters,
    isPaused: false,
    accounts: new Map(),
    seedShares: seed,
    bondShares: 0n,
    bondWithdrawal: undefined,
    exits: exits.newExitBook(),
    equity: seed,
    bonded: seed,
    unbonding: 0n,
    cash: 0n,
    lastBatchEpoch: undefined,
  };
}

/* VIEWS, OF THE BOOK AS IT IS: PING FIRST */

export function supplyOf(pool: StakingPool): bigint {
  return pool.seedShares + pool.bondShares + sum([...pool.accounts.values()].map((account) => account.shares));
}

export function sharesOf(pool: StakingPool, account: string): bigint {
  return pool.accounts.get(account)?.shares ?? 0n;
}

function worthOf(pool: StakingPool, shares: bigint): bigint {
  const supply = supplyOf(pool);
  return supply === 0n ? 0n : mulDivDown(shares, pool.equity, supply);
}

export function bondOf(pool: StakingPool): bigint {
  return worthOf(pool, pool.bondShares);
}

export function stakedBalance(pool: StakingPool, account: string): bigint {
  return worthOf(pool, sharesOf(pool, account));
}

export function withdrawable(pool: StakingPool, account: string): bigint {
  return (pool.accounts.get(account)?.free ?? 0n) + exits.accountMatured(pool.exits, account);
}

export function unstakedBalance(pool: StakingPool, account: string): bigint {
  return withdrawable(pool, account) + exits.accountOpen(pool.exits, account);
}

export function previewStake(pool: StakingPool, assets: bigint): bigint {
  return pool.equity === 0n ? 0n : mulDivDown(assets, supplyOf(pool), pool.equity);
}

export function previewUnstake(pool: StakingPool, assets: bigint): bigint {
  return pool.equity === 0n ? 0n : mulDivUp(assets, supplyOf(pool), pool.equity);
}

/* WHAT HAPPENED AT THE NETWORK */

/** Books rewards and slashes, begins a batch if one waits, funds exits, and bonds what nobody waits for. */
export function ping(pool: StakingPool, network: net.Network, now: bigint): void {
  bookNetwork(pool, network, now);
  beginBatch(pool, network, now);
  settleExits(pool, BATCHES_PER_WITHDRAWAL);
  if (pool.exits.owed === 0n && pool.cash > 0n) {
    net.bond(network, pool.name, pool.cash);
    pool.bonded += pool.cash;
    pool.cash = 0n;
  }
}

function bookNetwork(pool: StakingPool, network: net.Network, now: bigint): void {
  const before = pool.bonded + pool.unbonding;
  const collected = net.collect(network, pool.name, now);
  pool.cash += collected;
  pool.bonded = net.stakeAt(network, pool.name).bonded;
  pool.unbonding = net.unbondingOf(network, pool.name);
  const after = pool.bonded + pool.unbonding + collected;
  if (after > before) bookGain(pool, after - before);
  if (after < before) bookLoss(pool, before - after);
}

/** The commission is minted at the price after the rest of the gain. */
export function bookGain(pool: StakingPool, gain: bigint): void {
  const fee = mulDivDown(gain, pool.commissionBps, BPS);
  pool.equity += gain - fee;
  accountToChange(pool, pool.owner).shares += pool.equity === 0n ? 0n : mulDivDown(fee, supplyOf(pool), pool.equity);
  pool.equity += fee;
}

/** A loss takes the bond first, at the price before it; the rest falls on shares and open exits in proportion. */
export function bookLoss(pool: StakingPool, loss: bigint): void {
  const supply = supplyOf(pool);
  const burned = pool.equity === 0n ? 0n : min(pool.bondShares, mulDivUp(loss, supply, pool.equity));
  const covered = min(loss, worthOf(pool, burned));
  pool.equity -= covered;
  pool.bondShares -= burned;

  const rest = loss - covered;
  const { owed } = pool.exits;
  const fromExits = rest === 0n ? 0n : mulDivUp(rest, owed, pool.equity + owed);
  pool.equity -= rest - fromExits;
  exits.writeDown(pool.exits, fromExits);
  const isLost = pool.equity + pool.exits.owed === 0n || pool.exits.lossIndex < exits.LEAST_INDEX;
  if (isLost) pool.equity += exits.voidOpen(pool.exits);
}

/** At most one batch begins per epoch: what it lacks starts to unbond. */
function beginBatch(pool: StakingPool, network: net.Network, now: bigint): void {
  const epoch = now / pool.epochLength;
  const waiting = exits.batchOf(pool.exits, pool.exits.filling).openUnits;
  if (waiting === 0n || pool.lastBatchEpoch === epoch) return;
  pool.lastBatchEpoch = epoch;
  exits.complete(pool.exits, exits.closeFilling(pool.exits));
  const lacking = min(pool.bonded, monus(pool.exits.owed, pool.unbonding + pool.cash));
  if (lacking === 0n) return;
  net.unbond(network, pool.name, now, lacking);
  pool.bonded -= lacking;
  pool.unbonding += lacking;
}

function settleExits(pool: StakingPool, maxBatches: number): bigint {
  const { funded, rest } = exits.fund(pool.exits, pool.cash, maxBatches);
  pool.cash -= funded;
  pool.equity += rest;
  return funded;
}

/* DEPOSITS AND STAKES */

export function deposit(pool: StakingPool, network: net.Network, now: bigint, caller: string, value: bigint): void {
  required(value > 0n, "ZeroAmount");
  ping(pool, network, now);
  accountToChange(pool, caller).free += value;
}

export function depositAndStake(
  pool: StakingPool,
  network: net.Network,
  now: bigint,
  receiver: string,
  value: bigint,
): bigint {
  return atomically([pool, network], () => {
    ping(pool, network, now);
    return mint(pool, network, value, (shares) => {
      accountToChange(pool, receiver).shares += shares;
    });
  });
}

export function stake(pool: StakingPool, network: net.Network, now: bigint, caller: string, amount: bigint): bigint {
  return atomically([pool, network], () => {
    ping(pool, network, now);
    takeWithdrawable(pool, caller, amount);
    return mint(pool, network, amount, (shares) => {
      accountToChange(pool, caller).shares += shares;
    });
  });
}

/** Buys junior shares at the price of all others. */
export function addBond(pool: StakingPool, network: net.Network, now: bigint, value: bigint): bigint {
  return atomically([pool, network], () => {
    ping(pool, network, now);
    return mint(pool, network, value, (shares) => {
      pool.bondShares += shares;
    });
  });
}

function mint(pool: StakingPool, network: net.Network, assets: bigint, credit: (shares: bigint) => void): bigint {
  required(assets > 0n, "ZeroAmount");
  const supply = supplyOf(pool);
  required(pool.equity > 0n && pool.equity * 10n ** 9n >= supply, "PoolInsolvent", pool.equity, supply);
  const shares = previewStake(pool, assets);
  required(shares > 0n, "StakeTooSmall", assets);
  credit(shares);
  pool.equity += assets;
  pool.bonded += assets;
  net.bond(network, pool.name, assets);
  return shares;
}

/* LEAVING */

export function unstake(pool: StakingPool, network: net.Network, now: bigint, caller: string, amount: bigint): void {
  atomically([pool, network], () => {
    ping(pool, network, now);
    required(amount > 0n, "ZeroAmount");
    const available = stakedBalance(pool, caller);
    required(amount <= available, "InsufficientStake", caller, amount, available);
    leave(pool, network, now, caller, previewUnstake(pool, amount), amount);
  });
}

export function unstakeAll(pool: StakingPool, network: net.Network, now: bigint, caller: string): bigint {
  return atomically([pool, network], () => {
    ping(pool, network, now);
    const shares = sharesOf(pool, caller);
    required(shares > 0n, "ZeroAmount");
    const assets = worthOf(pool, shares);
    leave(pool, network, now, caller, shares, assets);
    return assets;
  });
}

function leave(
  pool: StakingPool,
  network: net.Network,
  now: bigint,
  caller: string,
  shares: bigint,
  assets: bigint,
): void {
  const account = accountToChange(pool, caller);
  account.free += exits.fold(pool.exits, caller, FOLDS_PER_UNSTAKE);
  account.shares -= shares;
  pool.equity -= assets;
  if (assets > 0n) exits.addExit(pool.exits, caller, assets);
  beginBatch(pool, network, now);
}

export function withdraw(pool: StakingPool, network: net.Network, now: bigint, caller: string, amount: bigint): void {
  atomically([pool, network], () => {
    ping(pool, network, now);
    takeWithdrawable(pool, caller, amount);
  });
}

export function withdrawAll(pool: StakingPool, network: net.Network, now: bigint, caller: string): bigint {
  return atomically([pool, network], () => {
    ping(pool, network, now);
    const amount = withdrawable(pool, caller);
    takeWithdrawable(pool, caller, amount);
    return amount;
  });
}

function takeWithdrawable(pool: StakingPool, address: string, amount: bigint): void {
  required(amount > 0n, "ZeroAmount");
  const available = withdrawable(pool, address);
  required(amount <= available, "InsufficientWithdrawable", address, amount, available);
  const account = accountToChange(pool, address);
  const fromFree = min(amount, account.free);
  account.free -= fromFree;
  exits.takeMatured(pool.exits, address, amount - fromFree);
}

/* BOND, BY THE OWNER */

export function requestBondWithdrawal(pool: StakingPool, network: net.Network, now: bigint, shares: bigint): void {
  pool.bondWithdrawal = { shares, readyAt: now + pool.epochLength + network.unbondingTime };
}

/** What losses left of the shares that were asked for become ordinary shares of the owner. */
export function finishBondWithdrawal(pool: StakingPool, network: net.Network, now: bigint): bigint {
  ping(pool, network, now);
  const { shares, readyAt } = pool.bondWithdrawal ?? { shares: 0n, readyAt: now };
  if (now < readyAt) return 0n;
  const moved = max(0n, min(shares, pool.bondShares));
  pool.bondShares -= moved;
  accountToChange(pool, pool.owner).shares += moved;
  pool.bondWithdrawal = undefined;
  return moved;
}

function accountToChange(pool: StakingPool, address: string): Account {
  const account = pool.accounts.get(address) ?? { shares: 0n, free: 0n };
  pool.accounts.set(address, account);
  return account;
}
