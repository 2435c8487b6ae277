/**
 * The book of exits that MetaPool and StakingPool share (specification, section 2): every batch and every exit in full,
 * in the order in which they came. Units are ⌊a·1e27/I⌋, a rounding that the specification fixes.
 */
import { max, min, mulDivDown, mulDivUp, sum } from "./arithmetic.ts";

export const INDEX_ONE = 10n ** 27n;

/** Below it open batches are voided. */
export const LEAST_INDEX = 10n ** 18n;
/** Nobody enters a pool whose loss index has fallen below: a small loss may void open exits. */
export const WORN_INDEX = 10n ** 21n;

export interface Batch {
  number: bigint;
  units: bigint;
  openUnits: bigint;
  paid: bigint; // wei funded so far
}

export interface Exit {
  account: string;
  batch: bigint;
  units: bigint;
  taken: bigint; // wei withdrawn, staked or folded
}

export interface ExitBook {
  lossIndex: bigint; // I, 1e27
  owed: bigint; // wei of open exits, with the dust of their rounding
  funded: bigint; // wei ever set aside for exits
  reserved: bigint; // wei of matured exits, with the dust of their rounding
  filling: bigint; // batch that exits join
  completed: bigint; // last batch that can be funded
  voided: bigint; // last batch that was voided with those before it, 0 if none was
  batches: Batch[];
  exits: Exit[];
}

export function newExitBook(): ExitBook {
  return {
    lossIndex: INDEX_ONE,
    owed: 0n,
    funded: 0n,
    reserved: 0n,
    filling: 1n,
    completed: 0n,
    voided: 0n,
    batches: [],
    exits: [],
  };
}

/* VIEWS */

export function batchOf(book: ExitBook, number: bigint): Batch {
  return book.batches.find((batch) => batch.number === number) ?? { number, units: 0n, openUnits: 0n, paid: 0n };
}

export function batchOpen(book: ExitBook, batch: Batch): bigint {
  return mulDivDown(batch.openUnits, book.lossIndex, INDEX_ONE);
}

export function openOf(book: ExitBook, exit: Exit): bigint {
  const batch = batchOf(book, exit.batch);
  return mulDivDown(exit.units, batchOpen(book, batch), batch.units);
}

export function maturedOf(book: ExitBook, exit: Exit): bigint {
  const batch = batchOf(book, exit.batch);
  return mulDivDown(exit.units, batch.paid, batch.units) - exit.taken;
}

export function exitsOf(book: ExitBook, account: string): Exit[] {
  return book.exits.filter((exit) => exit.account === account);
}

export function accountOpen(book: ExitBook, account: string): bigint {
  return sum(exitsOf(book, account).map((exit) => openOf(book, exit)));
}

export function accountMatured(book: ExitBook, account: string): bigint {
  return sum(exitsOf(book, account).map((exit) => maturedOf(book, exit)));
}

export function openUnits(book: ExitBook): bigint {
  return sum(book.batches.map((batch) => batch.openUnits));
}

/** The last batch before the oldest one with open units; with none open, the last completed or voided one. */
export function fundedThrough(book: ExitBook): bigint {
  const open = book.batches.filter((batch) => batch.openUnits > 0n).map((batch) => batch.number);
  return open.length === 0 ? max(book.completed, book.voided) : min(open[0]!, ...open) - 1n;
}

/* EXITS */

/** Adds an exit of `amount` to the filling batch. Returns its units. */
export function addExit(book: ExitBook, account: string, amount: bigint): bigint {
  const units = mulDivDown(amount, INDEX_ONE, book.lossIndex);
  let batch = book.batches.find((candidate) => candidate.number === book.filling);
  if (batch === undefined) {
    batch = { number: book.filling, units: 0n, openUnits: 0n, paid: 0n };
    book.batches.push(batch);
  }
  batch.units += units;
  batch.openUnits += units;

  const exit = book.exits.find((candidate) => candidate.account === account && candidate.batch === book.filling);
  if (exit === undefined) book.exits.push({ account, batch: book.filling, units, taken: 0n });
  else exit.units += units;
  book.owed += amount;
  return units;
}

/** Closes the filling batch to new exits. Returns its number. */
export function closeFilling(book: ExitBook): bigint {
  const closed = book.filling;
  book.filling += 1n;
  return closed;
}

/** Lets the batches up to `batch` be funded. */
export function complete(book: ExitBook, batch: bigint): void {
  book.completed = max(book.completed, batch);
}

/**
 * Sets aside up to `available` wei for up to `maxBatches` waiting batches, oldest first.
 * Returns what was set aside, and the rest of what was owed if no unit is open any more: it belongs to the shares.
 */
export function fund(book: ExitBook, available: bigint, maxBatches: number): { funded: bigint; rest: bigint } {
  let left = available;
  const waiting = book.batches
    .filter((batch) => batch.number <= book.completed && batch.openUnits > 0n)
    .sort((a, b) => (a.number < b.number ? -1 : 1));
  for (const batch of waiting.slice(0, maxBatches)) {
    const open = batchOpen(book, batch);
    const amount = min(left, open);
    if (amount < open && amount === 0n) break;
    batch.openUnits = amount === open ? 0n : batch.openUnits - mulDivUp(amount, INDEX_ONE, book.lossIndex);
    batch.paid += amount;
    left -= amount;
    book.owed -= amount;
    book.funded += amount;
    book.reserved += amount;
    if (amount < open) break;
  }
  return { funded: available - left, rest: takeRest(book) };
}

/** Once no unit is open, what is still owed is owed to nobody. */
export function takeRest(book: ExitBook): bigint {
  if (openUnits(book) > 0n) return 0n;
  const rest = book.owed;
  book.owed = 0n;
  return rest;
}

/** Lowers what is owed to open exits by `loss`, which is at most that. */
export function writeDown(book: ExitBook, loss: bigint): void {
  if (loss === 0n) return;
  book.lossIndex = mulDivDown(book.lossIndex, book.owed - loss, book.owed);
  book.owed -= loss;
}

/**
 * Closes open batches at what they were paid; new exits join the next batch, as units of the voided one are worth nothing.
 * Returns what was owed to them: it belongs to the shares.
 */
export function voidOpen(book: ExitBook): bigint {
  book.voided = closeFilling(book);
  for (const batch of book.batches) batch.openUnits = 0n;
  book.lossIndex = INDEX_ONE;
  return takeRest(book);
}

/**
 * Takes up to `limit` of the account's matured exits, oldest first, all of them without one. Finished exits that are taken
 * whole on the way are deleted. Returns what was taken.
 */
export function takeMatured(book: ExitBook, account: string, limit?: bigint): bigint {
  let taken = 0n;
  for (const exit of exitsOf(book, account)) {
    if (taken === limit) break;
    const matured = maturedOf(book, exit);
    const amount = limit === undefined ? matured : min(matured, limit - taken);
    taken += amount;
    exit.taken += amount;
    if (amount < matured || !isFinished(book, exit)) break;
    book.exits = book.exits.filter((other) => other !== exit);
  }
  book.reserved -= taken;
  return taken;
}

/** Folds up to `limit` finished exits of the account, oldest first. Returns what they were worth. */
export function fold(book: ExitBook, account: string, limit: number): bigint {
  const finished = exitsOf(book, account)
    .filter((exit) => isFinished(book, exit))
    .slice(0, limit);
  const worth = sum(finished.map((exit) => maturedOf(book, exit)));
  book.exits = book.exits.filter((exit) => !finished.includes(exit));
  book.reserved -= worth;
  return worth;
}

function isFinished(book: ExitBook, exit: Exit): boolean {
  return batchOf(book, exit.batch).openUnits === 0n;
}
