import { ascending, larger, lessDown, smaller } from "./amounts.ts";
import type { Book, Place } from "./book.ts";
import { openBook } from "./book.ts";
import { carryOut } from "./legs.ts";
import type { Charged } from "./legs.ts";
import { fillMarks } from "./marks.ts";
import { room0, room1, roomUp, smallestStake } from "./rooms.ts";
import type { Leg, OperatorId, Sheet, Snapshot } from "./types.ts";

/** Most legs that `rebalance` takes at once. */
export const MAX_LEGS = 200;

/** A leg that moves exactly its amount when the contract carries out the plan in order. */
export interface PlannedLeg extends Leg {
  readonly charged: Charged;
}

/** What there is to do, in wei, in the order in which it is to be sent. */
export interface Plan {
  readonly legs: readonly PlannedLeg[];
  /** The legs, cut to what one transaction takes. */
  readonly chunks: readonly (readonly Leg[])[];
  /** Sums by class, and of the upward legs. */
  readonly moved: { readonly class0: bigint; readonly class1: bigint; readonly class2: bigint; readonly up: bigint };
  /** What exits still lack afterwards. */
  readonly needLeft: bigint;
}

/**
 * Plans everything that may move now. Downward legs first: violations, then what exceeds the targets, the largest surplus
 * first, so that it pays exits before it uses up the budget of optimisation; then whatever exits still lack, from the
 * largest positions; last the upward legs, the largest deficit first, out of the free buffer. Each leg is carried out on a
 * copy of the book, so it moves its amount to the wei as long as nothing else moves. Without a certified sheet violations,
 * exits and what the initial levels allow are left.
 */
export function planLegs(snapshot: Snapshot, certified: Sheet | null): Plan {
  const book = openBook(snapshot, certified);
  const legs: PlannedLeg[] = [];

  // Again while it helps: an own cap comes before those of the groups, and what was too small to move may come to
  // complete the need.
  for (let planned = -1; legs.length > planned;) {
    planned = legs.length;
    cureViolations(book, legs);
    if (book.certified) trimSurpluses(book, legs);
    fundExits(book, legs);
    fillDeficits(book, legs);
  }

  const sum = (amount: (leg: PlannedLeg) => bigint): bigint => legs.reduce((total, leg) => total + amount(leg), 0n);
  return {
    legs,
    chunks: chunksOf(legs),
    moved: {
      class0: sum(({ charged }) => charged[0]),
      class1: sum(({ charged }) => charged[1]),
      class2: sum(({ charged }) => charged[2]),
      up: sum(({ up, amount }) => (up ? amount : 0n)),
    },
    needLeft: book.need,
  };
}

/** One leg takes the violation and the surplus together. */
function cureViolations(book: Book, legs: PlannedLeg[]): void {
  for (const { place } of largestFirst(book.places, (place) => room0(book, place, place.position))) {
    // A group that an earlier leg has brought under its cap needs no more.
    const room = room0(book, place, place.position);
    if (room > 0n) add(book, legs, place, larger(room, surplus(book, place)), false);
  }
}

function trimSurpluses(book: Book, legs: PlannedLeg[]): void {
  for (const { place, amount } of largestFirst(book.places, (place) => surplus(book, place))) {
    if (book.need === 0n && book.budget2 === 0n) return;
    add(book, legs, place, amount, false);
  }
}

function fundExits(book: Book, legs: PlannedLeg[]): void {
  if (book.need === 0n) return;
  for (const { place } of largestFirst(book.places, (place) => place.position)) {
    if (book.need === 0n) return;
    add(book, legs, place, room1(book, place, place.position), false);
  }
}

/** Everyone to its mark, then whatever is left. */
function fillDeficits(book: Book, legs: PlannedLeg[]): void {
  if (book.free === 0n) return;
  liftTo(book, legs, fillMarks(book));
  liftTo(book, legs, ({ target }) => target);
}

function liftTo(book: Book, legs: PlannedLeg[], goalOf: (place: Place) => bigint): void {
  const deficits = largestFirst(book.places, (place) =>
    place.position < goalOf(place) && roomUp(book, place) > 0n ? goalOf(place) - place.position : 0n,
  );
  for (const { place, amount } of deficits) {
    if (book.free === 0n) return;
    add(book, legs, place, smaller(roomUp(book, place), amount), true);
  }
}

/** Carries out a leg and keeps it if it moved something. */
function add(book: Book, legs: PlannedLeg[], place: Place, amount: bigint, up: boolean): void {
  const operator: OperatorId = place.record.id;
  // What roundings left behind is not worth its gas, unless it is the last that an operator has or exits need.
  if (amount < smallestStake(book) && amount < place.position && amount < book.need) return;
  const { moved, charged } = carryOut(book, { operator, amount, up });
  if (moved > 0n) legs.push({ operator, amount: moved, up, charged });
}

/** What exceeds a certified target. */
function surplus(book: Book, place: Place): bigint {
  return book.certified ? lessDown(place.position, place.target) : 0n;
}

/** Operators with an amount above zero, the largest first, of equals the lowest id. */
function largestFirst(
  places: readonly Place[],
  amountOf: (place: Place) => bigint,
): { place: Place; amount: bigint }[] {
  const found: { place: Place; amount: bigint }[] = [];
  for (const place of places) {
    const amount = amountOf(place);
    if (amount > 0n) found.push({ place, amount });
  }
  return found.sort((first, second) => {
    const order = ascending(second.amount, first.amount);
    return order === 0 ? first.place.record.id - second.place.record.id : order;
  });
}

function chunksOf(legs: readonly PlannedLeg[]): Leg[][] {
  const chunks: Leg[][] = [];
  for (let start = 0; start < legs.length; start += MAX_LEGS) {
    chunks.push(legs.slice(start, start + MAX_LEGS).map(({ operator, amount, up }) => ({ operator, amount, up })));
  }
  return chunks;
}
