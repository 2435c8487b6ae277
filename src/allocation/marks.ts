import { lessDown, shareDown, smaller } from "./amounts.ts";
import type { Book, Place, Pot } from "./book.ts";

/** Sums over the members of a group or of the pool, in wei. */
interface Tally {
  /** What stays above targets because it is within the band. */
  kept: bigint;
  targets: bigint;
  /** Targets of those below theirs. */
  open: bigint;
}

/**
 * How far to lift whom. What the band leaves above some targets is missing below others, and no leg brings it there; filled
 * one after the other the last one would go without. So everyone below its target, in the pool and in each full group,
 * goes without the same part of it. Without such stake the marks are the targets.
 */
export function fillMarks(book: Book): (place: Place) => bigint {
  const { snapshot, places } = book;
  const tallies = new Map<Pot, Tally>(book.pots.map((pot) => [pot, { kept: 0n, targets: 0n, open: 0n }]));
  for (const place of places) {
    const { position, target } = place;
    const surplus = lessDown(position, target);
    for (const pot of place.pots) {
      const tally = tallies.get(pot)!;
      if (surplus <= shareDown(target, snapshot.legRules.bandBps)) tally.kept += surplus;
      if (position < target) tally.open += target;
      tally.targets += target;
    }
  }

  return (place) =>
    place.pots.reduce((mark, pot) => {
      const { kept, targets, open } = tallies.get(pot)!;
      const missing = pot.increaseCap === null ? 0n : lessDown(kept, lessDown(pot.increaseCap, targets));
      if (missing === 0n || open === 0n) return mark;
      return smaller(mark, lessDown(place.target, (missing * place.target + open - 1n) / open));
    }, place.target);
}
