import { lessDown, shareDown, smaller, sumOf } from "./amounts.ts";
import { groupCap, largerTotals, problemOf, smallerTotals, violationCap } from "./caps.ts";
import { initialLevels, targetsAt } from "./certificate.ts";
import { POOL } from "./types.ts";
import type { GroupId, OperatorId, OperatorRecord, Sheet, Snapshot, Totals } from "./types.ts";

/** A group, or the pool, while legs are carried out, in wei. */
export interface Pot {
  readonly id: GroupId;
  /** Most that it may be lifted to; null for no cap. */
  readonly increaseCap: bigint | null;
  /** Above what it is a violation, grace included; null for no cap and for the pool. */
  readonly violationLimit: bigint | null;
  position: bigint;
}

/** An operator while legs are carried out, in wei. */
export interface Place {
  readonly record: OperatorRecord;
  /** t_i by the certified levels, or by the initial ones. */
  readonly target: bigint;
  /** Above what, grace aside, the position is a violation. */
  readonly violationCap: bigint;
  /** The pool's first. */
  readonly pots: readonly Pot[];
  position: bigint;
  unbonding: bigint;
  class1Taken: bigint;
}

/** The state that legs read and change: a working copy of a snapshot, in wei. */
export interface Book {
  readonly snapshot: Snapshot;
  readonly certified: boolean;
  /** What increases are held to. */
  readonly increaseTotals: Totals;
  readonly places: readonly Place[];
  readonly byId: ReadonlyMap<OperatorId, Place>;
  readonly pots: readonly Pot[];
  free: bigint;
  need: bigint;
  /** What is left of the budgets of classes 0 and 2. */
  budget0: bigint;
  budget2: bigint;
}

/** Copies a snapshot to carry out legs on; without a certified sheet the initial levels hold. */
export function openBook(snapshot: Snapshot, certified: Sheet | null): Book {
  const problem = problemOf(snapshot);
  const targets = targetsAt(problem, certified ?? initialLevels(problem));
  const [low, high] = [smallerTotals(snapshot), largerTotals(snapshot)];
  const { legRules, live } = snapshot;

  const pool: Pot = {
    id: POOL,
    increaseCap: smaller(snapshot.T, live.T),
    violationLimit: null,
    position: sumOf(snapshot.operators.map((operator) => (operator.live.faulted ? 0n : operator.live.position))),
  };
  const pots = new Map<GroupId, Pot>([[POOL, pool]]);
  for (const group of snapshot.groups) {
    const lifted = groupCap(group.live, low, group);
    const violated = groupCap(group.live, high, group);
    const most = lifted === null || group.cap === null ? (lifted ?? group.cap) : smaller(lifted, group.cap);
    pots.set(group.id, {
      id: group.id,
      increaseCap: most === null ? null : lessDown(most, group.unbonding),
      violationLimit: violated === null ? null : violated + shareDown(violated, legRules.graceBps),
      position: group.live.position,
    });
  }
  const places = snapshot.operators.map((record, index) => ({
    record,
    target: targets[index] ?? 0n,
    violationCap: violationCap(record, live, high),
    pots: [POOL, ...record.groups].map((id) => pots.get(id)).filter((pot) => pot !== undefined),
    position: record.live.position,
    unbonding: record.live.unbonding,
    class1Taken: record.live.class1Taken,
  }));
  return {
    snapshot,
    certified: certified !== null,
    increaseTotals: low,
    places,
    byId: new Map(places.map((place) => [place.record.id, place])),
    pots: [...pots.values()],
    free: live.free,
    need: live.need,
    budget0: lessDown(shareDown(snapshot.T, legRules.budget0Bps), live.class0Moved),
    budget2: live.scoresAreOld ? 0n : lessDown(shareDown(snapshot.T, legRules.budget2Bps), live.class2Moved),
  };
}

/** Σ |position − target| in wei, over all operators. */
export function distance(book: Book): bigint {
  return sumOf(book.places.map(({ position, target }) => (position > target ? position - target : target - position)));
}
