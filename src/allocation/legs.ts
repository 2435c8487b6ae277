import { lessDown, smaller } from "./amounts.ts";
import type { Book, Place } from "./book.ts";
import { minMove, room0, room1, room2, roomUp, smallestStake } from "./rooms.ts";
import type { Leg } from "./types.ts";

/** Parts of a downward leg by class, in wei; zero for an upward leg. */
export type Charged = readonly [class0: bigint, class1: bigint, class2: bigint];

/** Why a leg moved nothing. */
export type Skip = "noRoom" | "belowMinMove" | "faulted" | "unknownOperator";

/** What a leg did, in wei. */
export interface Outcome {
  readonly moved: bigint;
  readonly charged: Charged;
  readonly skipped: Skip | null;
}

const NOTHING: Charged = [0n, 0n, 0n];

/**
 * Carries out a leg on the book as the contract would, clipped to its room, with operator pools that do what they are
 * asked. Changes the book. Source: design §7, `Legs`.
 */
export function carryOut(book: Book, leg: Leg): Outcome {
  const place = book.byId.get(leg.operator);
  if (place === undefined) return skip("unknownOperator");
  if (place.record.live.faulted) return skip("faulted");
  return leg.up ? lift(book, place, leg.amount) : lower(book, place, leg.amount);
}

function lift(book: Book, place: Place, amount: bigint): Outcome {
  const moved = smaller(roomUp(book, place), amount);
  if (moved === 0n) return skip("noRoom");
  const lands = place.position + moved === place.target;
  const smallest = lands ? smallestStake(book) : minMove(book, place.target);
  if (moved < smallest) return skip("belowMinMove");

  book.free -= moved;
  shift(place, moved);
  return { moved, charged: NOTHING, skipped: null };
}

/** A leg is charged to class 0, then 1, then 2, each on the position that the ones before it leave. */
function lower(book: Book, place: Place, amount: bigint): Outcome {
  let left = place.position;
  const class0 = smaller(room0(book, place, left), amount);
  left -= class0;
  const mostClass1 = room1(book, place, left, class0);
  const class1 = smaller(mostClass1, amount - class0);
  left -= class1;
  const class2 = smaller(room2(book, place, left), amount - class0 - class1);
  left -= class2;

  const moved = place.position - left;
  if (moved === 0n) return skip("noRoom");
  const matters = mostClass1 >= smallestStake(book) || mostClass1 === lessDown(book.need, class0);
  const whole = class1 !== 0n && matters && class1 === mostClass1;
  const lands = left === 0n || left === place.target || whole;
  if (!lands && moved < minMove(book, place.position)) return skip("belowMinMove");

  book.need = lessDown(book.need, moved);
  book.budget0 -= class0;
  book.budget2 -= class2;
  place.class1Taken += class1;
  place.unbonding += moved;
  shift(place, -moved);
  return { moved, charged: [class0, class1, class2], skipped: null };
}

function shift(place: Place, change: bigint): void {
  place.position += change;
  for (const pot of place.pots) pot.position += change;
}

function skip(skipped: Skip): Outcome {
  return { moved: 0n, charged: NOTHING, skipped };
}
