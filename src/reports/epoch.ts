/**
 * What a recorded source knows of operators in one epoch, before anybody votes on it. Amounts in wei, shares in basis points;
 * a duty is a vote, a block, whatever the network asks for.
 */
import { type Counters, type CounterSource, type EpochCounters, MissingEpoch } from "./types.ts";

/** An operator's counters, and what else a source knows of it. */
export interface ReportedOperator {
  readonly id: string;
  readonly counters: Counters;
  /** What of its stake is the pool's; what was last known when this epoch's is not to be trusted. */
  readonly poolStake: bigint;
  /** Whether it takes stake of the pool. */
  readonly open: boolean;
  /** The group that it is in, by the name of the dimension, such as jurisdiction or client. */
  readonly groups: Readonly<Record<string, string>>;
}

/** Something in the data that is not as it should be, and was met by a rule (`guards.ts`). */
export type Fault =
  /** Stakes are those of the report before: nothing of this epoch is known. */
  | { readonly kind: "stale"; readonly operators: number }
  /** More duties than there was time for: the counters are of another stretch of time. */
  | { readonly kind: "duties"; readonly most: bigint; readonly possible: bigint }
  /** The pool's stakes do not add up to what it had. */
  | { readonly kind: "pool stake"; readonly sum: bigint; readonly stated: bigint }
  /** Operators whose place is not known now, and was before. */
  | { readonly kind: "places"; readonly operators: number };

/** Everyone that a source lists in one epoch. */
export interface EpochReport {
  readonly epoch: number;
  /** Stake of the whole network. */
  readonly networkStake: bigint;
  readonly operators: readonly ReportedOperator[];
  readonly faults: readonly Fault[];
}

/** Who is not listed has no duty, no stake and is in no active set. */
export const ABSENT: Counters = {
  assigned: 0n,
  done: 0n,
  active: false,
  commissionBps: 0n,
  stake: 0n,
  external_: 0n,
  reward: 0n,
  slashed: 0n,
};

/** Whether anything in a report is of the epoch that it names. A member votes on no other. */
export function isUsable({ faults }: EpochReport): boolean {
  return !faults.some(({ kind }) => kind === "stale" || kind === "duties");
}

/** How a recorded series is played on a chain. */
export interface Playing {
  /** Of operator k + 1 at index k. */
  readonly ids: readonly string[];
  /** The chain's epoch that a recorded one becomes. */
  readonly epochOf: (recorded: number) => bigint;
  /** The block that the report of one of the chain's epochs refers to. */
  readonly refBlockOf: (epoch: bigint) => Promise<bigint>;
}

/** A report in the order of the oracle's operators. */
export function countersOf({ operators }: EpochReport, ids: readonly string[]): Counters[] {
  const known = new Map(operators.map(({ id, counters }) => [id, counters]));
  return ids.map((id) => known.get(id) ?? ABSENT);
}

/** A recorded series as a member of the committee takes it. Of an epoch whose report is of no use nothing is known. */
export function recordedSource(reports: Iterable<EpochReport>, { ids, epochOf, refBlockOf }: Playing): CounterSource {
  const byEpoch = new Map([...reports].filter(isUsable).map((report) => [epochOf(report.epoch), report]));
  return {
    countersOf: async (epoch): Promise<EpochCounters> => {
      const report = byEpoch.get(epoch);
      if (report === undefined) throw new MissingEpoch(`The series has nothing of use of epoch ${epoch}.`);
      const { networkStake } = report;
      return { refBlock: await refBlockOf(epoch), networkStake, operators: countersOf(report, ids) };
    },
  };
}

/** A fault in words. */
export function faultInWords(fault: Fault): string {
  switch (fault.kind) {
    case "stale":
      return `the stakes of all ${fault.operators} operators are those of the report before`;
    case "duties":
      return `an operator did ${fault.most} duties, when there was time for ${fault.possible}`;
    case "pool stake":
      return `the pool's stakes add up to ${fault.sum}, but it had ${fault.stated}`;
    case "places":
      return `the place of ${fault.operators} operators is not known, and was before`;
  }
}
