import type { OperatorId } from "../allocation/types.ts";

/** Operators that cost gas for nothing in a round, and are left alone until the next one: pools can tell a simulation. */
export interface Lapses {
  /** Their losses were not there to be booked. */
  readonly unbooked: Set<bigint>;
  /** Their pools failed, or did less than a leg's room more than once. */
  readonly failing: Set<OperatorId>;
  /** Their pools did less than a leg's room, once so far. */
  readonly short: Set<OperatorId>;
  /** Their legs were skipped, though a simulation moved them: the state may have moved. */
  readonly exhausted: Set<OperatorId>;
}

/** What a keeper remembers of a round. Another round than the last one begins with nothing. */
export type Memory = (round: bigint) => Lapses;

export function newMemory(): Memory {
  let last = 0n;
  let lapses = noLapses();
  return (round) => {
    if (round !== last) lapses = noLapses();
    last = round;
    return lapses;
  };
}

export function noLapses(): Lapses {
  return { unbooked: new Set(), failing: new Set(), short: new Set(), exhausted: new Set() };
}
