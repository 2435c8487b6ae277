import { type Book, distance, openBook } from "../../src/allocation/book.ts";
import { type OperatorView, readLens } from "../../src/lens/read.ts";
import { toSheet, toSnapshot } from "../../src/lens/snapshot.ts";
import type { Trellis } from "../steps/deployment.ts";

/** Where everyone stands after a finished round. */
export interface Standing {
  readonly book: Book;
  readonly views: readonly OperatorView[];
  /** The lowest class of leg that would move something, or null. */
  readonly needed: number | null;
  /** Σ |position − target|, in wei. */
  readonly distance: bigint;
  /** On its way back from operators, in wei. */
  readonly unbonding: bigint;
}

/** All of one block. `PoolLens.rebalanceNeeded` says the same of few operators; many do not fit into one call. */
export async function readStanding({ lens }: Pick<Trellis, "lens">): Promise<Standing> {
  const reading = await readLens(lens);
  const book = openBook(toSnapshot(reading), toSheet(reading));
  const { operators } = reading;
  return {
    book,
    views: operators,
    needed: neededOf(operators),
    distance: distance(book),
    unbonding: operators.reduce((sum, { position }) => sum + position.unbonding, 0n),
  };
}

const UP = 3;

function neededOf(views: readonly OperatorView[]): number | null {
  const classes = views.flatMap(({ rooms }) => [
    ...(rooms.downIsDust ? [] : [...rooms.down].flatMap((room, move) => (room === 0n ? [] : [move]))),
    ...(rooms.upIsDust || rooms.up === 0n ? [] : [UP]),
  ]);
  return classes.length === 0 ? null : Math.min(...classes);
}
