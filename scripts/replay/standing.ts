import { type Book, distance, openBook } from "../../src/allocation/book.ts";
import { type OperatorView, readLens } from "../../src/lens/read.ts";
import { toSheet, toSnapshot } from "../../src/lens/snapshot.ts";
import type { Trellis } from "../steps/deployment.ts";
import { DIMENSIONS } from "./cast.ts";

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
  /** Whether optimisation waits for its budget: then it has to be asked again. */
  readonly budgetSpent: boolean;
  /** Kinds of groups whose caps leave hardly any choice. */
  readonly tight: readonly string[];
}

/** All of one block. `PoolLens.rebalanceNeeded` says the same of few operators; many do not fit into one call. */
export async function readStanding({ lens }: Pick<Trellis, "lens">): Promise<Standing> {
  const reading = await readLens(lens);
  const book = openBook(toSnapshot(reading), toSheet(reading));
  const { pool, operators, groups } = reading;
  return {
    book,
    views: operators,
    needed: neededOf(operators),
    distance: distance(book),
    unbonding: operators.reduce((sum, { position }) => sum + position.unbonding, 0n),
    budgetSpent: pool.budgets.class2Used >= pool.budgets.class2Limit,
    tight: Object.entries(DIMENSIONS)
      .filter(([, dimension]) => groups.some(({ caps, tight }) => tight && caps.dimension === BigInt(dimension)))
      .map(([name]) => name),
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
