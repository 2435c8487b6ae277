/**
 * One operator's pool: stake at the network, a commission as shares, the operator's bond as junior shares, exits in
 * batches of which at most one begins per epoch. Every operation first books what happened at the network, and settles
 * what waits after its own work.
 */
import { min, monus, mulDivDown, mulDivUp, sum } from "./arithmetic.ts";
import { atomically, required } from "./errors.ts";
import * as exits from "./exits.ts";
import * as net from "./network.ts";

const BPS = 10_000n;
const FOLDS_PER_UNSTAKE = 2;
const BATCHES_PER_CALL = 8;
const MOST_BATCHES = 32;
const NOT_ENOUGH = 2n ** 256n - 1n;
const MOST_COMMISSION_BPS = 5_000n;
const LARGEST_RAISE_BPS = 200n;
const LONGEST_NOTICE = 90n * 86_400n;
const LEAST_CASH_TO_BOND = 10n ** 15n;
const MOST_DILUTION = 10n ** 9n; // shares per wei of a pool that takes stakes

export interface Account {
  shares: bigint;
  free: bigint;
}

export interface StakingPool {
  name: string; // at the network
  owner: string;
  commissionBps: bigint;
  epochLength: bigint;
  bondRatio: bigint; // that a withdrawal from the bond keeps; 0 for any
  pendingOwner: string | undefined;
  isPaused: boolean;
  raise: Raise | undefined;
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

/** A raise of the commission that is announced. */
export interface Raise {
  commissionBps: bigint;
  announcedAt: bigint;
  end: bigint; // exits asked for until then must be funded first
  batch: bigint; // the last one with such exits
}

export interface StakingPoolParameters {
  name: string;
  owner: string;
  commissionBps: bigint;
  epochLength: bigint;
  bondRatio?: bigint;
}

export function newStakingPool(network: net.Network, parameters: StakingPoolParameters, seed: bigint): StakingPool {
  net.bond(network, parameters.name, seed);
  return {
    ...parameters,
    bondRatio: parameters.bondRatio ?? 0n,
    pendingOwner: undefined,
    isPaused: false,
    raise: undefined,
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

/* VIEWS, OF THE BOOK AS IT IS: SYNC FIRST */

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
  return worthOf(pool, monus(pool.bondShares, pool.bondWithdrawal?.shares ?? 0n));
}

/** What the bond has to cover: all stake but itself, and what exits are owed. */
function delegatedTo(pool: StakingPool): bigint {
  return pool.equity - worthOf(pool, pool.bondShares) + pool.exits.owed;
}

/** How many shares of the bond can be asked back: what stays must cover the rest of the pool, times the ratio. */
export function withdrawableBond(pool: StakingPool): bigint {
  if (pool.bondRatio === 0n || pool.equity === 0n) return pool.bondShares;
  const left = (delegatedTo(pool) + pool.bondRatio - 1n) / pool.bondRatio;
  return monus(pool.bondShares, mulDivUp(left, supplyOf(pool), pool.equity));
}

/** From the request of the last exit of an epoch to its money. */
export function unbondingTimeOf(pool: StakingPool, network: net.Network): bigint {
  return network.unbondingTime + pool.epochLength;
}

/** Accounts with shares, a free balance or an exit. */
export function accountsOf(pool: StakingPool): string[] {
  return [...pool.accounts.keys()].filter((address) => {
    const { shares, free } = pool.accounts.get(address)!;
    return shares > 0n || free > 0n || exits.exitsOf(pool.exits, address).length > 0;
  });
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
  if (assets > pool.equity) return NOT_ENOUGH; // no number of shares is
  return assets === 0n ? 0n : mulDivUp(assets, supplyOf(pool), pool.equity);
}

/* WHAT HAPPENED AT THE NETWORK */

export function ping(pool: StakingPool, network: net.Network, now: bigint): void {
  sync(pool, network, now);
  settle(pool, network, now);
}

/** Sets aside cash for up to `maxBatches` waiting batches. */
export function fundExits(pool: StakingPool, network: net.Network, now: bigint, maxBatches: number): bigint {
  const funded = sync(pool, network, now, Math.min(maxBatches, MOST_BATCHES));
  settle(pool, network, now);
  return funded;
}

/**
 * Before a call's own work, and what the views show: books rewards and slashes, collects what came back and funds exits.
 * Of what the bond bore, the exits are owed all, but less of it is on its way.
 */
export function sync(pool: StakingPool, network: net.Network, now: bigint, maxBatches = BATCHES_PER_CALL): bigint {
  const before = pool.bonded + pool.unbonding;
  pool.bonded = net.stakeAt(network, pool.name).bonded;
  pool.unbonding = net.unbondingOf(network, pool.name);
  const after = pool.bonded + pool.unbonding;
  if (after > before) bookGain(pool, after - before);
  if (after < before) bookLoss(pool, before - after);

  const collected = net.collect(network, pool.name, now);
  pool.unbonding -= collected;
  const { funded, rest } = exits.fund(pool.exits, pool.cash + collected, maxBatches);
  pool.cash += collected - funded;
  pool.equity += rest;
  const waiting = exits.batchOf(pool.exits, pool.exits.filling).units;
  if (after < before || waiting === 0n) unbondShortfall(pool, network, now);
  return funded;
}

/** After it: bonds cash that nobody waits for, and begins the filling batch, once per epoch. */
function settle(pool: StakingPool, network: net.Network, now: bigint): void {
  if (pool.exits.owed === 0n && pool.cash >= LEAST_CASH_TO_BOND) {
    net.bond(network, pool.name, pool.cash);
    pool.bonded += pool.cash;
    pool.cash = 0n;
  }
  const epoch = now / pool.epochLength;
  const waiting = exits.batchOf(pool.exits, pool.exits.filling).units;
  if (waiting === 0n || pool.lastBatchEpoch === epoch) return;
  pool.lastBatchEpoch = epoch;
  exits.complete(pool.exits, exits.closeFilling(pool.exits));
  unbondShortfall(pool, network, now);
}

function unbondShortfall(pool: StakingPool, network: net.Network, now: bigint): void {
  const lacking = monus(pool.exits.owed, pool.unbonding + pool.cash);
  if (lacking === 0n) return;
  net.unbond(network, pool.name, now, lacking);
  pool.bonded -= lacking;
  pool.unbonding += lacking;
}

function isSolvent(pool: StakingPool): boolean {
  return pool.equity * MOST_DILUTION >= supplyOf(pool);
}

/** The commission is minted at the price after the rest of the gain; not by a pool that lost nearly everything. */
export function bookGain(pool: StakingPool, gain: bigint): void {
  const fee = isSolvent(pool) ? mulDivDown(gain, pool.commissionBps, BPS) : 0n;
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
  const fromExits = rest === 0n ? 0n : mulDivDown(rest, owed, pool.equity + owed);
  pool.equity -= rest - fromExits;
  exits.writeDown(pool.exits, fromExits);
  if (pool.equity + pool.exits.owed > 0n && pool.exits.lossIndex >= exits.LEAST_INDEX) return;
  exits.complete(pool.exits, pool.exits.filling);
  pool.equity += exits.voidOpen(pool.exits);
}

/* DEPOSITS AND STAKES */

/** A call: books first, settles after, and happens whole or not at all. */
function call<Result>(pool: StakingPool, network: net.Network, now: bigint, work: () => Result): Result {
  return atomically([pool, network], () => {
    sync(pool, network, now);
    const result = work();
    settle(pool, network, now);
    return result;
  });
}

export function deposit(pool: StakingPool, network: net.Network, now: bigint, caller: string, value: bigint): void {
  required(value > 0n, "ZeroAmount");
  call(pool, network, now, () => {
    accountToChange(pool, caller).free += value;
  });
}

export function depositAndStake(
  pool: StakingPool,
  network: net.Network,
  now: bigint,
  receiver: string,
  value: bigint,
  { minShares = 0n, deadline = now }: { minShares?: bigint; deadline?: bigint } = {},
): bigint {
  required(now <= deadline, "DeadlineExpired", deadline, now);
  return call(pool, network, now, () => {
    required(!pool.isPaused, "StakingPaused");
    const shares = mint(pool, network, value);
    required(shares >= minShares, "BelowMinimum", shares, minShares);
    accountToChange(pool, receiver).shares += shares;
    return shares;
  });
}

export function stake(pool: StakingPool, network: net.Network, now: bigint, caller: string, amount: bigint): bigint {
  required(amount > 0n, "ZeroAmount");
  return call(pool, network, now, () => {
    take(pool, caller, amount);
    required(!pool.isPaused, "StakingPaused");
    const shares = mint(pool, network, amount);
    accountToChange(pool, caller).shares += shares;
    return shares;
  });
}

export function stakeAll(pool: StakingPool, network: net.Network, now: bigint, caller: string): bigint {
  return call(pool, network, now, () => {
    const amount = takeAll(pool, caller);
    required(!pool.isPaused, "StakingPaused");
    const shares = mint(pool, network, amount);
    accountToChange(pool, caller).shares += shares;
    return shares;
  });
}

/** Buys junior shares at the price of all others. */
export function addBond(pool: StakingPool, network: net.Network, now: bigint, value: bigint): bigint {
  return call(pool, network, now, () => {
    const shares = mint(pool, network, value);
    pool.bondShares += shares;
    return shares;
  });
}

function mint(pool: StakingPool, network: net.Network, assets: bigint): bigint {
  required(assets > 0n, "ZeroAmount");
  const isWorn = pool.exits.lossIndex < exits.WORN_INDEX;
  required(pool.equity > 0n && isSolvent(pool) && !isWorn, "PoolInsolvent", pool.equity, supplyOf(pool));
  const shares = previewStake(pool, assets);
  required(shares > 0n, "StakeTooSmall", assets);
  pool.equity += assets;
  pool.bonded += assets;
  net.bond(network, pool.name, assets);
  return shares;
}

/* LEAVING */

export function unstake(pool: StakingPool, network: net.Network, now: bigint, caller: string, amount: bigint): void {
  required(amount > 0n, "ZeroAmount");
  call(pool, network, now, () => {
    const available = stakedBalance(pool, caller);
    required(amount <= available, "InsufficientStake", caller, amount, available);
    leave(pool, now, caller, previewUnstake(pool, amount), amount);
  });
}

export function unstakeAll(pool: StakingPool, network: net.Network, now: bigint, caller: string): bigint {
  return call(pool, network, now, () => {
    const shares = sharesOf(pool, caller);
    required(shares > 0n, "ZeroAmount");
    const assets = worthOf(pool, shares);
    leave(pool, now, caller, shares, assets);
    return assets;
  });
}

export function unstakeShares(
  pool: StakingPool,
  network: net.Network,
  now: bigint,
  caller: string,
  shares: bigint,
  minAssets = 0n,
): bigint {
  return call(pool, network, now, () => {
    const held = sharesOf(pool, caller);
    required(shares <= held, "InsufficientStake", caller, shares, held);
    const assets = worthOf(pool, shares);
    required(assets >= minAssets, "BelowMinimum", assets, minAssets);
    required(shares > 0n, "ZeroAmount");
    leave(pool, now, caller, shares, assets);
    return assets;
  });
}

function leave(pool: StakingPool, now: bigint, caller: string, shares: bigint, assets: bigint): void {
  const account = accountToChange(pool, caller);
  account.free += exits.fold(pool.exits, caller, FOLDS_PER_UNSTAKE);
  account.shares -= shares;
  pool.equity -= assets;
  if (assets === 0n) return;
  exits.addExit(pool.exits, caller, assets);
  if (pool.raise !== undefined && now < pool.raise.end) pool.raise.batch = pool.exits.filling;
}

export function withdraw(pool: StakingPool, network: net.Network, now: bigint, caller: string, amount: bigint): void {
  required(amount > 0n, "ZeroAmount");
  call(pool, network, now, () => {
    take(pool, caller, amount);
  });
}

export function withdrawAll(pool: StakingPool, network: net.Network, now: bigint, caller: string): bigint {
  return call(pool, network, now, () => takeAll(pool, caller));
}

function take(pool: StakingPool, address: string, amount: bigint): void {
  const available = withdrawable(pool, address);
  required(amount <= available, "InsufficientWithdrawable", address, amount, available);
  const account = accountToChange(pool, address);
  const fromFree = min(amount, account.free);
  account.free -= fromFree;
  exits.takeMatured(pool.exits, address, amount - fromFree);
}

function takeAll(pool: StakingPool, address: string): bigint {
  const account = accountToChange(pool, address);
  const amount = account.free + exits.takeMatured(pool.exits, address);
  required(amount > 0n, "ZeroAmount");
  account.free = 0n;
  return amount;
}

/* BOND, BY THE OWNER */

export function requestBondWithdrawal(pool: StakingPool, network: net.Network, now: bigint, shares: bigint): void {
  required(shares > 0n, "ZeroAmount");
  call(pool, network, now, () => {
    required(shares <= pool.bondShares, "InsufficientBond", shares, pool.bondShares);
    const covered = worthOf(pool, pool.bondShares - shares) * pool.bondRatio;
    const delegated = delegatedTo(pool);
    required(covered >= delegated || pool.bondRatio === 0n, "StakeNotCovered", delegated, covered);
    pool.bondWithdrawal = { shares, readyAt: now + 3n * pool.epochLength + network.unbondingTime };
  });
}

/** What losses left of the shares that were asked for become ordinary shares of the owner. */
export function finishBondWithdrawal(pool: StakingPool, network: net.Network, now: bigint): bigint {
  const { bondWithdrawal } = pool;
  required(bondWithdrawal !== undefined, "NoBondWithdrawal");
  const { shares, readyAt } = bondWithdrawal;
  required(now >= readyAt, "BondWithdrawalNotReady", readyAt, now);
  return call(pool, network, now, () => {
    const moved = min(shares, pool.bondShares);
    pool.bondShares -= moved;
    accountToChange(pool, pool.owner).shares += moved;
    pool.bondWithdrawal = undefined;
    return moved;
  });
}

/* COMMISSION AND OWNER */

/** Announces a raise: effective after two epochs and the unbonding time, and once who asked to leave until then is funded. */
export function announceCommission(pool: StakingPool, network: net.Network, now: bigint, newBps: bigint): void {
  const { commissionBps } = pool;
  required(pool.raise === undefined, "CommissionAlreadyAnnounced", pool.raise?.commissionBps ?? 0n);
  const [least, most] = [commissionBps + 1n, min(commissionBps + LARGEST_RAISE_BPS, MOST_COMMISSION_BPS)];
  required(newBps >= least && newBps <= most, "CommissionOutOfBounds", newBps, least, most);
  call(pool, network, now, () => {
    const batch = pool.exits.batches.reduce((last, { number }) => (number > last ? number : last), 0n);
    const end = now + unbondingTimeOf(pool, network) + 2n * pool.epochLength;
    pool.raise = { commissionBps: newBps, announcedAt: now, end, batch };
  });
}

export function cancelCommission(pool: StakingPool): void {
  required(pool.raise !== undefined, "NoCommissionAnnounced");
  pool.raise = undefined;
}

export function applyCommission(pool: StakingPool, network: net.Network, now: bigint): void {
  const { raise } = pool;
  required(raise !== undefined, "NoCommissionAnnounced");
  required(now >= raise.end, "CommissionNotReady", raise.end, now);
  call(pool, network, now, () => {
    const funded = exits.fundedThrough(pool.exits);
    const isFunded = funded >= raise.batch || now >= raise.announcedAt + LONGEST_NOTICE;
    required(isFunded, "CommissionWaitsForExits", raise.batch, funded);
    pool.commissionBps = raise.commissionBps;
    pool.raise = undefined;
  });
}

/** At once; a raise that was announced from the old commission is over. */
export function lowerCommission(pool: StakingPool, network: net.Network, now: bigint, newBps: bigint): void {
  required(newBps < pool.commissionBps, "CommissionOutOfBounds", newBps, 0n, pool.commissionBps);
  call(pool, network, now, () => {
    pool.commissionBps = newBps;
    pool.raise = undefined;
  });
}

export function transferOwnership(pool: StakingPool, caller: string, newOwner: string): void {
  required(caller === pool.owner, "OwnableUnauthorizedAccount", caller);
  pool.pendingOwner = newOwner;
}

/** Takes the pool over, bond included; commission earned so far is the old owner's. */
export function acceptOwnership(pool: StakingPool, network: net.Network, now: bigint, caller: string): void {
  call(pool, network, now, () => {
    required(caller === pool.pendingOwner, "OwnableUnauthorizedAccount", caller);
    pool.owner = caller;
    pool.pendingOwner = undefined;
  });
}

function accountToChange(pool: StakingPool, address: string): Account {
  const account = pool.accounts.get(address) ?? { shares: 0n, free: 0n };
  pool.accounts.set(address, account);
  return account;
}
