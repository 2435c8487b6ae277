import { smaller, sumOf } from "../../src/allocation/amounts.ts";
import { problemOf } from "../../src/allocation/caps.ts";
import type { Problem } from "../../src/allocation/problem.ts";
import type {
  GroupRecord,
  LegRules,
  LiveOperator,
  LivePool,
  OperatorRecord,
  Snapshot,
} from "../../src/allocation/types.ts";

/** No grace, no band, no smallest move, budgets that never run out. */
export const LOOSE: LegRules = { graceBps: 0n, bandBps: 0n, budget0Bps: 10n ** 9n, budget2Bps: 10n ** 9n, minMove: 0n };

/** The defaults of the design. */
export const STRICT: LegRules = {
  graceBps: 500n,
  bandBps: 1_000n,
  budget0Bps: 1_000n,
  budget2Bps: 200n,
  minMove: 10n ** 16n,
};

/** What a test changes of a plain snapshot. */
export interface Changes {
  readonly legRules?: Partial<LegRules>;
  readonly pool?: Partial<Omit<Snapshot, "live" | "operators" | "groups" | "legRules">>;
  readonly live?: Partial<LivePool>;
  readonly operators?: Readonly<Record<number, Partial<LiveOperator>>>;
  readonly records?: Readonly<Record<number, Partial<Omit<OperatorRecord, "live">>>>;
  readonly groups?: Readonly<Record<number, Partial<GroupRecord["live"]>>>;
}

/**
 * The snapshot of a problem in which nothing has changed since the round ended: own caps are fixed caps, group caps are
 * absolute, ids are index + 1, everyone is healthy and stands where `positions` says.
 */
export function snapshotOf(problem: Problem, positions: readonly bigint[], changes: Changes = {}): Snapshot {
  const operators = problem.operators.map((operator, index): OperatorRecord => {
    const id = index + 1;
    const position = positions[index] ?? 0n;
    return {
      id,
      weight: operator.weight,
      groups: operator.groups,
      fixedCap: operator.cap,
      others: 0n,
      position,
      ...changes.records?.[id],
      live: {
        draining: false,
        delisted: false,
        whitelisted: true,
        watch: false,
        faulted: false,
        position,
        unbonding: 0n,
        bond: 0n,
        ramp: null,
        absolute: null,
        class1Taken: 0n,
        lost: 0n,
        ...changes.operators?.[id],
      },
    };
  });
  const groups = problem.groups.map(({ id, cap }): GroupRecord => {
    const members = operators.filter((operator) => operator.groups.includes(id));
    return {
      id,
      dimension: "entity",
      cap,
      weight: sumOf(members.filter(({ fixedCap }) => fixedCap > 0n).map(({ weight }) => weight)),
      others: 0n,
      faultedStake: 0n,
      unbonding: 0n,
      live: {
        capShareBps: null,
        netShareBps: null,
        absolute: cap,
        position: sumOf(members.map(({ live }) => live.position)),
        ...changes.groups?.[id],
      },
    };
  });
  const shares = { poolShareBps: 10_000n, netShareBps: null };
  const pool = { ...shares, T: problem.total, faultedStake: 0n, networkStake: 0n, need0: 0n, ...changes.pool };
  return {
    X: sumOf(positions),
    ...pool,
    groups,
    operators,
    legRules: { ...LOOSE, ...changes.legRules },
    live: {
      ...shares,
      bondRatio: null,
      T: pool.T,
      faultedStake: pool.faultedStake,
      networkStake: pool.networkStake,
      free: 0n,
      need: 0n,
      class0Moved: 0n,
      class2Moved: 0n,
      scoresAreOld: false,
      ...changes.live,
    },
  };
}

/** What healthy operators hold above the snapshot's own caps, and above its group caps, in wei. */
export function excesses(snapshot: Snapshot, positions: readonly bigint[]): { own: bigint; groups: bigint } {
  const { operators } = problemOf(snapshot);
  const healthy = positions.map((position, index) =>
    snapshot.operators[index]?.live.faulted === true ? 0n : position,
  );
  const own = sumOf(healthy.map((position, index) => position - smaller(position, operators[index]?.cap ?? 0n)));
  const groups = snapshot.groups.map(({ id, cap }) => {
    const held = sumOf(healthy.filter((_, index) => snapshot.operators[index]?.groups.includes(id)));
    return cap === null || held < cap ? 0n : held - cap;
  });
  return { own, groups: sumOf(groups) };
}
