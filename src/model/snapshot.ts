/** A snapshot of the model, in the form that the invariants read. */
import { type Allocator, groupIncreaseCapOf, groupPositionOf, liveTotals } from "./allocator.ts";
import { assetsAt, type Book, bufferOf, freeOf, lockedAt, supplyOf } from "./book.ts";
import { batchOpen, exitsOf, fundedThrough, maturedOf, openOf } from "./exits.ts";
import type { Snapshot } from "./invariants.ts";
import { liveCapOf } from "./legs.ts";

export function snapshotOf(book: Book, now: bigint): Snapshot {
  const { exits } = book;
  return {
    balance: book.balance,
    buffer: bufferOf(book),
    delegated: book.delegated,
    owed: exits.owed,
    reserved: exits.reserved,
    free: freeOf(book),
    locked: lockedAt(book, now),
    roundGain: book.roundGain,
    assets: assetsAt(book, now),
    supply: supplyOf(book),
    premium: book.premium,
    highWater: book.highWater,
    closed: book.closed,
    fundedThrough: fundedThrough(exits),
    accounts: [...book.accounts].map(([account, { shares, free }]) => ({
      account,
      shares,
      free,
      exits: exitsOf(exits, account).map((exit) => ({
        batch: exit.batch,
        open: openOf(exits, exit),
        matured: maturedOf(exits, exit),
      })),
    })),
    batches: exits.batches.map((batch) => ({
      number: batch.number,
      units: batch.units,
      paid: batch.paid,
      open: batchOpen(exits, batch),
    })),
    operators: [],
    groups: [],
  };
}

/** The same with the allocator's side of the book. */
export function snapshotWithOperators(allocator: Allocator, now: bigint): Snapshot {
  const totals = liveTotals(allocator, now);
  return {
    ...snapshotOf(allocator.book, now),
    operators: allocator.operators.map((operator) => ({
      id: operator.id,
      position: operator.position,
      unbonding: operator.unbonding,
      cap: liveCapOf(allocator, now, operator),
      groups: operator.snapshot.groups,
      faulted: operator.faulted,
      premiumUnits: operator.premiumUnits,
    })),
    groups: allocator.groups.map(({ id }) => ({
      id,
      position: groupPositionOf(allocator, id),
      cap: groupIncreaseCapOf(allocator, id, totals),
    })),
  };
}
