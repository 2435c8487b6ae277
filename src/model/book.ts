/**
 * MetaPool's book (specification, section 1): what the pool owns and owes, and how gains, losses and rounds change it.
 * Accounts and exits are listed in full; S and `free` are sums over them. Users' operations are in metaPool.ts.
 */
import { max, min, monus, mulDivDown, mulDivUp, sum } from "./arithmetic.ts";
import { required } from "./errors.ts";
import {
  closeFilling,
  complete,
  type ExitBook,
  INDEX_ONE,
  LEAST_INDEX,
  newExitBook,
  voidOpen,
  WORN_INDEX,
  writeDown,
} from "./exits.ts";

export const WAD = 10n ** 18n;
export const BPS = 10_000n;
/** A write-down joins the premium from this part of what the shares keep on: 0.01 bp. */
const LEAST_PREMIUM = 1_000_000n;
export const DAY = 86_400n;
export const LONGEST_RELEASE = 7n * DAY;

/** Each era of the premium makes a millionth of all units. */
const UNITS_PER_ERA = 1_000_000n;
/** Of all units together; fewer are rounding: a unit is worth a wei at most. */
const SMALLEST_UNITS = 1_000n;

/** The pool's own account: its shares are the seed and belong to nobody. */
export const POOL = "pool";

export interface Account {
  shares: bigint;
  free: bigint; // wei
  hasStaked: boolean;
}

export interface BookParameters {
  feeBps: bigint;
  bufferTargetBps: bigint;
  assetCap: bigint | undefined; // wei
  treasury: string;
  epochLength: bigint;
}

export interface Book {
  parameters: BookParameters;
  balance: bigint; // wei that the contract holds by its own operations
  accounts: Map<string, Account>;
  exits: ExitBook;
  equity: bigint;
  delegated: bigint;
  locked: bigint; // at the time of its last change
  releaseEnd: bigint;
  releaseDuration: bigint;
  premium: bigint; // R, wei: what write-downs took from the shares and may still come back
  premiumUnits: bigint; // U, of all written-down operators
  premiumEra: bigint; // how often all units became a millionth of what they were
  highWater: bigint; // 1e27
  openRound: bigint; // 0 if none is open
  roundGain: bigint; // gains of the round that losses have not eaten
  closed: boolean;
  instantEpoch: bigint;
  instantPaid: bigint; // in instantEpoch
  instantFrom: bigint; // round that must complete before instant exits open again
  pausedAt: bigint | undefined;
  pausedUntil: bigint;
  allowances: Map<string, bigint>; // by owner and spender
  nonces: Map<string, bigint>; // permits used
}

/** A new pool whose seed shares were bought at one wei each. */
export function newBook(parameters: BookParameters, seed: bigint): Book {
  return {
    parameters,
    balance: seed,
    accounts: new Map([[POOL, { shares: seed, free: 0n, hasStaked: false }]]),
    exits: newExitBook(),
    equity: seed,
    delegated: 0n,
    locked: 0n,
    releaseEnd: 0n,
    releaseDuration: 0n,
    premium: 0n,
    premiumUnits: 0n,
    premiumEra: 0n,
    highWater: INDEX_ONE,
    openRound: 0n,
    roundGain: 0n,
    closed: false,
    instantEpoch: 0n,
    instantPaid: 0n,
    instantFrom: 0n,
    pausedAt: undefined,
    pausedUntil: 0n,
    allowances: new Map(),
    nonces: new Map(),
  };
}

/* VIEWS */

export function supplyOf(book: Book): bigint {
  return sum([...book.accounts.values()].map((account) => account.shares));
}

export function freeOf(book: Book): bigint {
  return sum([...book.accounts.values()].map((account) => account.free));
}

export function bufferOf(book: Book): bigint {
  return book.equity + book.exits.owed + book.roundGain - book.delegated;
}

/** Gain not yet released. */
export function lockedAt(book: Book, now: bigint): bigint {
  if (now >= book.releaseEnd || book.locked === 0n) return 0n;
  return mulDivUp(book.locked, book.releaseEnd - now, book.releaseDuration);
}

/** E: assets of all shares. */
export function assetsAt(book: Book, now: bigint): bigint {
  return book.equity - lockedAt(book, now);
}

export function bufferTargetAt(book: Book, now: bigint): bigint {
  return mulDivDown(assetsAt(book, now), book.parameters.bufferTargetBps, BPS);
}

export function epochAt(book: Book, now: bigint): bigint {
  return now / book.parameters.epochLength;
}

export function accountOf(book: Book, address: string): Account {
  return book.accounts.get(address) ?? { shares: 0n, free: 0n, hasStaked: false };
}

export function accountToChange(book: Book, address: string): Account {
  const account = accountOf(book, address);
  book.accounts.set(address, account);
  return account;
}

/* MONEY TO AND FROM THE ALLOCATOR */

/** Sends `assets` of the buffer beyond what exits are owed to the allocator. */
export function sendToAllocator(book: Book, assets: bigint): void {
  const { owed } = book.exits;
  const available = monus(bufferOf(book), owed);
  required(owed + assets <= bufferOf(book), "InsufficientBuffer", assets, available);
  book.delegated += assets;
  book.balance -= assets;
}

export interface Report {
  cash?: bigint; // came back
  gain?: bigint;
  loss?: bigint;
}

/** Books what was seen at operators: the cash that came, the sum of the gains, then the sum of the losses. */
export function report(book: Book, now: bigint, { cash = 0n, gain = 0n, loss = 0n }: Report): void {
  bookGain(book, gain);
  book.delegated -= cash;
  book.balance += cash;
  bookLoss(book, now, loss);
}

function bookGain(book: Book, gain: bigint): void {
  book.delegated += gain;
  book.roundGain += gain;
}

function bookLoss(book: Book, now: bigint, loss: bigint): void {
  if (loss === 0n) return;
  const assets = assetsAt(book, now);
  const { owed } = book.exits;
  const fromRoundGain = min(loss, book.roundGain);
  const fromLocked = min(loss - fromRoundGain, lockedAt(book, now));
  const rest = loss - fromRoundGain - fromLocked;
  // Down: rounded up, a wei of loss would halve the index of all exits while only two wei are owed.
  const fromExits = rest === 0n ? 0n : mulDivDown(rest, owed, assets + owed);

  book.delegated -= loss;
  book.roundGain -= fromRoundGain;
  if (fromLocked > 0n) {
    settleLocked(book, now);
    book.locked -= fromLocked;
    book.equity -= fromLocked;
  }
  book.equity -= rest - fromExits;
  writeDown(book.exits, fromExits);

  if (loss > assets / 100_000n) book.instantFrom = book.exits.filling;
  if (owed > 0n) checkExits(book, now);
  checkEnd(book, now);
}

/** Replaces `locked` by what is left of it, and its duration by the time that is left. */
function settleLocked(book: Book, now: bigint): void {
  book.locked = lockedAt(book, now);
  book.releaseDuration = monus(book.releaseEnd, now);
}

/** Voids open exits of which nothing, or nothing that could be told apart, is left. */
function checkExits(book: Book, now: bigint): void {
  const { owed, lossIndex } = book.exits;
  if (assetsAt(book, now) + owed === 0n || lossIndex < LEAST_INDEX) book.equity += voidOpen(book.exits);
}

function checkEnd(book: Book, now: bigint): void {
  const assets = assetsAt(book, now);
  const isWorn = book.exits.lossIndex < WORN_INDEX;
  if (assets === 0n || assets * 10n ** 9n < supplyOf(book) || isWorn) book.closed = true;
}

/* WRITTEN-DOWN OPERATORS */

/** Units of the premium that an operator was given in an era. */
export interface Claim {
  readonly units: bigint;
  readonly era: bigint;
}

/**
 * Books a written-down operator's loss: what the shares lose joins the premium. Returns the operator's units of it, 0 if the
 * shares lose less than a millionth of what they keep, or keep nothing.
 */
export function reportWriteDown(book: Book, now: bigint, loss: bigint): Claim {
  const before = assetsAt(book, now);
  bookLoss(book, now, loss);
  const after = assetsAt(book, now);
  const lost = monus(before, after);
  if (after === 0n || lost * LEAST_PREMIUM < after) return { units: 0n, era: book.premiumEra };
  const units = addUnits(book, lost);
  book.premium += lost;
  return { units, era: book.premiumEra };
}

/** As many of all units as `lost` will be of the premium; a new era begins once a unit is worth less than a millionth of a wei. */
function addUnits(book: Book, lost: bigint): bigint {
  while (book.premiumUnits > book.premium * UNITS_PER_ERA) {
    book.premiumUnits /= UNITS_PER_ERA;
    book.premiumEra += 1n;
  }
  const units = book.premiumUnits === 0n ? lost : mulDivDown(lost, book.premiumUnits, book.premium);
  book.premiumUnits += units;
  return units;
}

/** What an operator's units are in a later era. */
export function unitsIn(era: bigint, claim: Claim): bigint {
  return claim.units / UNITS_PER_ERA ** (era - claim.era);
}

/** Who leaves with `shares`, which are not burned yet, leaves its part of the premium; what stays is rounded up. */
export function leavePremium(book: Book, shares: bigint): void {
  if (book.premium > 0n) book.premium -= mulDivDown(book.premium, shares, supplyOf(book));
}

/**
 * Ends an operator's units of the premium, but for those that are left; the last ones are all of it. As much of the `gain` that the operator turns out to
 * have as its part belongs to the shares at once, the rest is a gain of the round.
 */
export function endWriteDown(book: Book, gain: bigint, claim: Claim, left = 0n): void {
  const era = book.premiumEra;
  const part = endUnits(book, unitsIn(era, claim) - unitsIn(era, { ...claim, units: left }));
  const restored = min(gain, part);
  book.delegated += gain;
  book.equity += restored;
  book.roundGain += gain - restored;
  book.premium -= part;
}

function endUnits(book: Book, units: bigint): bigint {
  if (units === 0n) return 0n;
  const { premium, premiumUnits } = book;
  book.premiumUnits -= units;
  if (book.premiumUnits > SMALLEST_UNITS) return mulDivDown(premium, units, premiumUnits);
  book.premiumUnits = 0n;
  book.premiumEra += 1n;
  return premium;
}

/* ROUNDS */

/** Begins a round: later exits join the next batch. Returns the batch that the round will let be funded. */
export function beginRound(book: Book): bigint {
  book.openRound = closeFilling(book.exits);
  return book.openRound;
}

/**
 * Ends the round: takes the fee on what rose above the high-water mark, and locks the rest of the gain.
 * `netGain` are the gains less the losses that the round booked, `accrual` the average time in which they accrued.
 */
export function endRound(
  book: Book,
  now: bigint,
  netGain: bigint,
  accrual: bigint,
): { fee: bigint; feeShares: bigint } {
  const { parameters } = book;
  const supply = supplyOf(book);
  const assets = assetsAt(book, now);
  const stillLocked = lockedAt(book, now);

  const above = monus(assets + stillLocked + book.roundGain, mulDivUp(book.highWater, supply, INDEX_ONE));
  const excess = min(above, netGain, book.roundGain);
  const hasFee = assets > 0n && supply > 0n;
  const fee = hasFee ? mulDivDown(excess, parameters.feeBps, BPS) : 0n;
  // Worth the fee once all is released and the premium is back; what they can claim at once leaves the price as it is.
  const feeShares = hasFee ? mulDivDown(fee, supply, assets + stillLocked + book.roundGain + book.premium - fee) : 0n;
  const claimed = hasFee ? mulDivUp(feeShares, assets, supply) : 0n;
  if (feeShares > 0n) accountToChange(book, parameters.treasury).shares += feeShares;

  settleLocked(book, now);
  book.equity += book.roundGain;
  book.locked += book.roundGain - claimed;
  if (book.roundGain > 0n) {
    const period = min(LONGEST_RELEASE, max(parameters.epochLength, accrual));
    book.releaseEnd = stillLocked > 0n ? max(book.releaseEnd, now + period) : now + period;
    book.releaseDuration = book.releaseEnd - now;
  }
  const supplyAfter = supplyOf(book);
  if (supplyAfter > 0n) {
    const level = mulDivUp(assetsAt(book, now) + lockedAt(book, now), INDEX_ONE, supplyAfter);
    book.highWater = max(book.highWater, level);
  }

  complete(book.exits, book.openRound);
  book.openRound = 0n;
  book.roundGain = 0n;
  return { fee, feeShares };
}
