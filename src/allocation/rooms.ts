import { larger, lessDown, shareDown, smaller } from "./amounts.ts";
import type { Book, Place } from "./book.ts";
import { increaseCap, recordedCap, recordedTotals } from "./caps.ts";
import type { LiveOperator } from "./types.ts";

/** An operator's part of a need, over its fair part. */
const CLASS1_MULTIPLE = 4n;

/** Less may be worth no share at an operator's pool, and is less than what their roundings leave behind, in wei. */
const SMALLEST_STAKE = 10n ** 9n;

const MIN_MOVE_TOTAL_BPS = 1n;
const MIN_MOVE_OPERATOR_BPS = 200n;

/** Whether all of the stake has to go, at once. */
export function mustLeave(live: LiveOperator): boolean {
  return live.draining || live.delisted || !live.whitelisted;
}

/**
 * Room of an upward leg in wei: to the target, never above the operator's or its groups' caps as they are now, out of
 * the free buffer only.
 */
export function roomUp(book: Book, place: Place): bigint {
  const { record, position } = place;
  if (record.live.faulted || record.live.watch || mustLeave(record.live)) return 0n;

  const cap = increaseCap(record, book.snapshot.live, book.increaseTotals, place.unbonding);
  const recorded = lessDown(recordedCap(record, book.snapshot, recordedTotals(book.snapshot)), place.unbonding);
  const most = [cap, recorded, place.target].reduce(smaller);
  let room = smaller(lessDown(most, position + record.live.lost), book.free);
  for (const pot of place.pots) {
    if (pot.increaseCap !== null) room = smaller(room, lessDown(pot.increaseCap, pot.position));
  }
  return room;
}

/**
 * Room of class 0, violations, in wei: all of who must leave; else what exceeds the own cap, once that is by more than
 * the grace; else what a group holds above its cap and grace, down to the target. Within the round's budget.
 */
export function room0(book: Book, place: Place, position: bigint): bigint {
  if (place.record.live.faulted) return 0n;
  return smaller(violation(book, place, position), book.budget0);
}

/**
 * Room of class 1, money for exits, in wei: down to the target once that is certified, and whatever the target four times
 * the operator's fair part of the need of the round's end, rounded up, and at least the smallest stake; less what class 1
 * took in this round. What the same leg moves as a violation is `coming` already.
 */
export function room1(book: Book, place: Place, position: bigint, coming = 0n): bigint {
  const { need0, X } = book.snapshot;
  if (place.record.live.faulted) return 0n;

  const part = X === 0n ? 0n : (CLASS1_MULTIPLE * need0 * place.record.position + X - 1n) / X;
  const quota = lessDown(part === 0n ? 0n : larger(part, smallestStake(book)), place.class1Taken);
  const surplus = book.certified ? lessDown(position, place.target) : 0n;
  return smaller(smaller(larger(quota, surplus), position), lessDown(book.need, coming));
}

/**
 * Room of class 2, optimisation, in wei: only after certification, what exceeds the target once that is by more than the
 * band. Within the budget of one unbonding time.
 */
export function room2(book: Book, place: Place, position: bigint): bigint {
  const { target, record } = place;
  if (record.live.faulted || !book.certified) return 0n;
  if (position <= target + shareDown(target, book.snapshot.legRules.bandBps)) return 0n;
  return smaller(position - target, book.budget2);
}

/** The smallest leg in wei: min(1 bp of T, 2 % of `size`), but not below the parameter. */
export function minMove(book: Book, size: bigint): bigint {
  const { live, legRules } = book.snapshot;
  const relative = smaller(shareDown(live.T, MIN_MOVE_TOTAL_BPS), shareDown(size, MIN_MOVE_OPERATOR_BPS));
  return larger(relative, legRules.minMove);
}

/** The smallest stake in wei that is worth a call to a pool, wherever it lands. */
export function smallestStake(book: Book): bigint {
  return smaller(SMALLEST_STAKE, book.snapshot.legRules.minMove);
}

function violation(book: Book, place: Place, position: bigint): bigint {
  const cap = place.violationCap;
  if (mustLeave(place.record.live)) return position;
  if (position > cap + shareDown(cap, book.snapshot.legRules.graceBps)) return position - cap;

  let excess = 0n;
  for (const pot of place.pots) {
    if (pot.violationLimit !== null) excess = larger(excess, lessDown(pot.position, pot.violationLimit));
  }
  return smaller(excess, lessDown(position, place.target));
}
