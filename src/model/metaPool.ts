/** What users do with the pool of pools, and what they see of it. Each operation happens whole or throws and changes nothing. */
import { min, monus, mulDivDown, mulDivUp } from "./arithmetic.ts";
import {
  accountOf,
  accountToChange,
  assetsAt,
  type Book,
  type BookParameters,
  BPS,
  bufferOf,
  bufferTargetAt,
  DAY,
  epochAt,
  leavePremium,
  supplyOf,
  WAD,
} from "./book.ts";
import { atomically, required } from "./errors.ts";
import * as exits from "./exits.ts";

export const LONGEST_PAUSE = 21n * DAY;
export const PAUSE_INTERVAL = 60n * DAY;

const BATCHES_PER_WITHDRAWAL = 2;
const FOLDS_PER_UNSTAKE = 2;
const NOT_ENOUGH = 2n ** 256n - 1n;
const UNLIMITED = 2n ** 256n - 1n;
const MOST_FEE_BPS = 2_000n;
const MOST_BUFFER_TARGET_BPS = 1_000n;
const LEAST_INSTANT_FEE = 25n; // bp
const MOST_INSTANT_FEE = 180n;

/* VIEWS */

export function convertToShares(book: Book, now: bigint, assets: bigint): bigint {
  const total = assetsAt(book, now);
  return total === 0n ? 0n : mulDivDown(assets, supplyOf(book), total);
}

export function convertToAssets(book: Book, now: bigint, shares: bigint): bigint {
  const supply = supplyOf(book);
  return supply === 0n ? 0n : mulDivDown(shares, assetsAt(book, now), supply);
}

export function getRate(book: Book, now: bigint): bigint {
  return convertToAssets(book, now, WAD);
}

export function previewStake(book: Book, now: bigint, assets: bigint): bigint {
  const total = assetsAt(book, now);
  return total === 0n ? 0n : mulDivDown(assets, supplyOf(book), total + book.premium);
}

/** No number of shares is enough for assets that are not there. */
export function previewUnstake(book: Book, now: bigint, assets: bigint): bigint {
  const total = assetsAt(book, now);
  if (assets > total) return NOT_ENOUGH;
  return assets === 0n ? 0n : mulDivUp(assets, supplyOf(book), total);
}

export function stakedBalance(book: Book, now: bigint, account: string): bigint {
  return convertToAssets(book, now, accountOf(book, account).shares);
}

export function unstakedBalance(book: Book, account: string): bigint {
  return withdrawable(book, account) + exits.accountOpen(book.exits, account);
}

export function totalBalance(book: Book, now: bigint, account: string): bigint {
  return stakedBalance(book, now, account) + unstakedBalance(book, account);
}

export function withdrawable(book: Book, account: string): bigint {
  return accountOf(book, account).free + exits.accountMatured(book.exits, account);
}

export function isUnstakedBalanceAvailable(book: Book, account: string): boolean {
  return exits.accountOpen(book.exits, account) === 0n;
}

export function isStakingPaused(book: Book, now: bigint): boolean {
  return now < book.pausedUntil;
}

export function numberOfAccounts(book: Book): bigint {
  return BigInt([...book.accounts.values()].filter((account) => account.hasStaked).length);
}

/** What an instant exit of `shares` pays, and the fee that stays in the pool, whether or not it is available. */
export function quoteInstant(book: Book, now: bigint, shares: bigint): { assets: bigint; worth: bigint; fee: bigint } {
  const worth = convertToAssets(book, now, shares);
  const left = monus(bufferOf(book) - book.exits.owed, worth);
  const target = bufferTargetAt(book, now);
  const span = MOST_INSTANT_FEE - LEAST_INSTANT_FEE;
  const feeBps = target === 0n ? MOST_INSTANT_FEE : MOST_INSTANT_FEE - mulDivDown(span, min(left, target), target);
  const fee = mulDivUp(worth, feeBps, BPS);
  return { assets: worth - fee, worth, fee };
}

/** What may still leave at once in this epoch; 0 while a loss is not settled. */
export function instantAllowance(book: Book, now: bigint): bigint {
  if (book.exits.completed < book.instantFrom) return 0n;
  const paid = book.instantEpoch === epochAt(book, now) ? book.instantPaid : 0n;
  return monus(bufferTargetAt(book, now) / 2n, paid);
}

/* DEPOSITS AND STAKES */

export function deposit(book: Book, now: bigint, caller: string, value: bigint): void {
  required(value > 0n, "ZeroAmount");
  required(!isStakingPaused(book, now), "StakingIsPaused", book.pausedUntil);
  accountToChange(book, caller).free += value;
  book.balance += value;
}

export function depositAndStake(book: Book, now: bigint, caller: string, value: bigint): bigint {
  return stakeFor(book, now, value, { receiver: caller });
}

export interface StakeFor {
  receiver: string;
  minShares?: bigint;
  deadline?: bigint;
}

export function stakeFor(
  book: Book,
  now: bigint,
  value: bigint,
  { receiver, minShares = 0n, deadline = now }: StakeFor,
): bigint {
  required(now <= deadline, "DeadlineExpired", deadline, now);
  return atomically([book], () => {
    const shares = mint(book, now, receiver, value);
    required(shares >= minShares, "BelowMinimum", shares, minShares);
    book.balance += value;
    return shares;
  });
}

/** Stakes from the free balance, then from matured exits, oldest first. */
export function stake(book: Book, now: bigint, caller: string, amount: bigint): bigint {
  required(amount > 0n, "ZeroAmount");
  const available = withdrawable(book, caller);
  required(amount <= available, "InsufficientWithdrawable", caller, amount, available);
  return atomically([book], () => {
    takeWithdrawable(book, caller, amount);
    return mint(book, now, caller, amount);
  });
}

export function stakeAll(book: Book, now: bigint, caller: string): bigint {
  return atomically([book], () => {
    const amount = takeWithdrawable(book, caller);
    return mint(book, now, caller, amount);
  });
}

function mint(book: Book, now: bigint, receiver: string, assets: bigint): bigint {
  required(assets > 0n, "ZeroAmount");
  required(!isStakingPaused(book, now), "StakingIsPaused", book.pausedUntil);
  const total = assetsAt(book, now);
  required(!book.closed && total > 0n, "PoolInsolvent", total, supplyOf(book));
  const { assetCap } = book.parameters;
  if (assetCap !== undefined) {
    required(total + assets <= assetCap, "ExceedsAssetCap", assets, monus(assetCap, total));
  }
  const shares = previewStake(book, now, assets);
  required(shares > 0n, "StakeTooSmall", assets);

  book.equity += assets;
  const account = accountToChange(book, receiver);
  account.shares += shares;
  account.hasStaked = true;
  return shares;
}

/* LEAVING */

export function unstake(book: Book, now: bigint, caller: string, amount: bigint): void {
  required(amount > 0n, "ZeroAmount");
  const available = stakedBalance(book, now, caller);
  required(amount <= available, "InsufficientStake", caller, amount, available);
  leave(book, caller, previewUnstake(book, now, amount), amount);
}

/** Burns all shares whatever they are worth. Returns the amount of the exit. */
export function unstakeAll(book: Book, now: bigint, caller: string): bigint {
  return unstakeShares(book, now, caller, accountOf(book, caller).shares);
}

export function unstakeShares(book: Book, now: bigint, caller: string, shares: bigint, minAssets = 0n): bigint {
  required(shares > 0n, "ZeroAmount");
  const held = accountOf(book, caller).shares;
  required(shares <= held, "InsufficientStake", caller, shares, held);
  const assets = convertToAssets(book, now, shares);
  required(assets >= minAssets, "BelowMinimum", assets, minAssets);
  leave(book, caller, shares, assets);
  return assets;
}

function leave(book: Book, caller: string, shares: bigint, assets: bigint): void {
  const account = accountToChange(book, caller);
  account.free += exits.fold(book.exits, caller, FOLDS_PER_UNSTAKE);
  leavePremium(book, shares);
  account.shares -= shares;
  book.equity -= assets;
  if (assets > 0n) exits.addExit(book.exits, caller, assets);
}

/** Burns `shares` and pays their worth less a fee at once, from the buffer beyond what exits are owed. */
export function unstakeInstant(book: Book, now: bigint, caller: string, shares: bigint, minAssets = 0n): bigint {
  required(shares > 0n, "ZeroAmount");
  const held = accountOf(book, caller).shares;
  required(shares <= held, "InsufficientStake", caller, shares, held);
  const { assets, worth } = quoteInstant(book, now, shares);
  const isIdle = worth <= monus(bufferOf(book), book.exits.owed);
  const available = isIdle ? instantAllowance(book, now) : 0n;
  required(assets <= available && assets > 0n, "InstantExitUnavailable", assets, available);
  required(assets >= minAssets, "BelowMinimum", assets, minAssets);

  const epoch = epochAt(book, now);
  book.instantPaid = (book.instantEpoch === epoch ? book.instantPaid : 0n) + assets;
  book.instantEpoch = epoch;
  leavePremium(book, shares);
  accountToChange(book, caller).shares -= shares;
  book.equity -= assets;
  book.balance -= assets;
  return assets;
}

/* WITHDRAWALS */

/** Sets aside money for up to `maxBatches` waiting batches, oldest first. */
export function fundExits(book: Book, maxBatches: number): bigint {
  const { funded, rest } = exits.fund(book.exits, bufferOf(book), maxBatches);
  book.equity += rest;
  return funded;
}

/** Pays exactly `amount` of the caller's free balance, then of matured exits. Funds up to two waiting batches first. */
export function withdraw(book: Book, caller: string, amount: bigint): void {
  required(amount > 0n, "ZeroAmount");
  atomically([book], () => {
    fundExits(book, BATCHES_PER_WITHDRAWAL);
    const available = withdrawable(book, caller);
    required(amount <= available, "InsufficientWithdrawable", caller, amount, available);
    takeWithdrawable(book, caller, amount);
    book.balance -= amount;
  });
}

/** Pays all that the account can withdraw; also `withdrawFor`, which anyone may call for it. */
export function withdrawAll(book: Book, account: string): bigint {
  return atomically([book], () => {
    fundExits(book, BATCHES_PER_WITHDRAWAL);
    const amount = takeWithdrawable(book, account);
    required(amount > 0n, "ZeroAmount");
    book.balance -= amount;
    return amount;
  });
}

/** Takes `amount` of the free balance, then of matured exits; all of both without one. */
function takeWithdrawable(book: Book, address: string, amount?: bigint): bigint {
  const account = accountToChange(book, address);
  const fromFree = amount === undefined ? account.free : min(amount, account.free);
  account.free -= fromFree;
  return fromFree + exits.takeMatured(book.exits, address, amount === undefined ? undefined : amount - fromFree);
}

/* SHARES */

export function transfer(book: Book, sender: string, receiver: string, shares: bigint): void {
  const { shares: held } = accountOf(book, sender);
  required(shares <= held, "ERC20InsufficientBalance", sender, held, shares);
  accountToChange(book, sender).shares -= shares;
  accountToChange(book, receiver).shares += shares;
}

export function allowance(book: Book, owner: string, spender: string): bigint {
  return book.allowances.get(`${owner} ${spender}`) ?? 0n;
}

export function approve(book: Book, owner: string, spender: string, shares: bigint): void {
  book.allowances.set(`${owner} ${spender}`, shares);
}

/** An allowance of everything is not used up. */
export function transferFrom(book: Book, spender: string, sender: string, receiver: string, shares: bigint): void {
  const allowed = allowance(book, sender, spender);
  required(shares <= allowed, "ERC20InsufficientAllowance", spender, allowed, shares);
  transfer(book, sender, receiver, shares);
  if (allowed !== UNLIMITED) approve(book, sender, spender, allowed - shares);
}

/** An approval by signature, which counts once. */
export function permit(
  book: Book,
  now: bigint,
  owner: string,
  spender: string,
  shares: bigint,
  deadline: bigint,
): void {
  required(now <= deadline, "ERC2612ExpiredSignature", deadline);
  book.nonces.set(owner, (book.nonces.get(owner) ?? 0n) + 1n);
  approve(book, owner, spender, shares);
}

/* GOVERNANCE AND GUARDIAN */

export function setParameters(book: Book, parameters: Omit<BookParameters, "epochLength">): void {
  const { feeBps, bufferTargetBps } = parameters;
  required(feeBps <= MOST_FEE_BPS, "OutOfBounds", feeBps, 0n, MOST_FEE_BPS);
  required(bufferTargetBps <= MOST_BUFFER_TARGET_BPS, "OutOfBounds", bufferTargetBps, 0n, MOST_BUFFER_TARGET_BPS);
  Object.assign(book.parameters, parameters);
}

/** By the guardian; by governance without keeping the interval. */
export function pauseStaking(book: Book, now: bigint, duration: bigint, isGovernance = false): void {
  required(duration > 0n && duration <= LONGEST_PAUSE, "OutOfBounds", duration, 1n, LONGEST_PAUSE);
  const allowedAt = book.pausedAt === undefined ? 0n : book.pausedAt + PAUSE_INTERVAL;
  required(allowedAt <= now || isGovernance, "PauseNotAllowedYet", allowedAt);
  book.pausedAt = now;
  book.pausedUntil = now + duration;
}

export function resumeStaking(book: Book): void {
  book.pausedUntil = 0n;
}
