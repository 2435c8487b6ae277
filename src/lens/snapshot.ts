import type {
  GroupId,
  GroupRecord,
  GroupRules,
  LiveOperator,
  OperatorRecord,
  Sheet,
  Snapshot,
} from "../allocation/types.ts";
import { POOL } from "../allocation/types.ts";
import type { PoolLens } from "../../types/contracts/periphery/PoolLens.ts";
import {
  type GroupView,
  type LensReading,
  type OperatorView,
  type PageOptions,
  type PoolView,
  readLens,
} from "./read.ts";

/** What the last finished round recorded and what is so now, all of one block. */
export interface SnapshotReading {
  readonly snapshot: Snapshot;
  readonly round: bigint;
  readonly block: number;
  /** The levels that were certified for the round, or null. */
  readonly certified: Sheet | null;
}

/** As in IOperatorRegistry.State. */
const STATE = { ramping: 1n, active: 2n, draining: 3n } as const;

/** AllocatorBook.SMALLEST_LOSS, in wei: less is rounding. */
const ROUNDING = 1_000n;
const NO_SHARE = 2n ** 16n - 1n;
const NO_CAP = 2n ** 96n - 1n;
const NO_LEVEL = 2n ** 160n - 1n;

/** What the planner works from; null while legs wait: a round is open, or none has completed yet. */
export async function readSnapshot(lens: PoolLens, options: PageOptions = {}): Promise<SnapshotReading | null> {
  const reading = await readLens(lens, options);
  const { pool, block } = reading;
  if (pool.round.open !== 0n || pool.snapshot.round === 0n) return null;

  return { snapshot: toSnapshot(reading), round: pool.snapshot.round, block, certified: toSheet(reading) };
}

/** A reading in the planner's words. Only of a block in which no round is open: what an open one records is not whole. */
export function toSnapshot({ pool, operators, groups }: Omit<LensReading, "block">): Snapshot {
  if (pool.round.open !== 0n) throw new RangeError(`Round ${pool.round.open} is open.`);

  return {
    T: pool.snapshot.total,
    faultedStake: pool.snapshot.faultedStake,
    networkStake: pool.snapshot.networkStake,
    need0: pool.snapshot.need,
    X: pool.snapshot.healthy,
    poolShareBps: pool.snapshotPoolShareBps,
    netShareBps: shareOrNull(pool.snapshotNetShareBps),
    groups: groups.filter(({ id }) => id !== BigInt(POOL)).map(toGroup),
    operators: operators.map((operator) => toOperator(operator, pool.snapshot.round)),
    legRules: {
      graceBps: pool.parameters.graceBps,
      bandBps: pool.parameters.bandBps,
      budget0Bps: pool.parameters.budget0Bps,
      budget2Bps: pool.parameters.budget2Bps,
      minMove: pool.parameters.minMove,
    },
    live: toLivePool(pool),
  };
}

/** The certified levels, or null. */
export function toSheet({ pool, groups }: Pick<LensReading, "pool" | "groups">): Sheet | null {
  if (!pool.snapshot.certified) return null;
  return groups
    .filter(({ snapshot }) => snapshot.level !== NO_LEVEL)
    .map(({ id, snapshot }) => ({ group: Number(id), level: snapshot.level }));
}

function toLivePool({ policy, live, budgets, scoresAreOld }: PoolView): Snapshot["live"] {
  return {
    poolShareBps: policy.poolShareBps,
    netShareBps: shareOrNull(policy.netShareBps),
    bondRatio: policy.bondRatio === 0n ? null : policy.bondRatio,
    T: live.total,
    faultedStake: live.faultedStake,
    networkStake: live.networkStake,
    free: live.free,
    need: live.need,
    class0Moved: budgets.class0Used,
    class2Moved: budgets.class2Used,
    scoresAreOld,
  };
}

function toGroup({ id, caps, snapshot }: GroupView): GroupRecord {
  return {
    id: Number(id),
    dimension: caps.dimension.toString(),
    cap: capOrNull(snapshot.cap),
    weight: snapshot.weight,
    others: snapshot.others,
    faultedStake: snapshot.faulted,
    unbonding: snapshot.unbonding,
    live: { ...groupRulesOf(caps), position: snapshot.position },
  };
}

/** Caps as the registry keeps them, in the planner's words. */
export function groupRulesOf({ poolShareBps, netShareBps, absoluteCap }: GroupView["caps"]): GroupRules {
  return {
    capShareBps: shareOrNull(poolShareBps),
    netShareBps: shareOrNull(netShareBps),
    absolute: capOrNull(absoluteCap),
  };
}

function toOperator(view: OperatorView, round: bigint): OperatorRecord {
  return {
    id: Number(view.id),
    weight: view.snapshot.weight,
    groups: unpack(view.snapshot.groups),
    fixedCap: view.snapshot.fixedCap,
    others: view.snapshot.others,
    position: view.record.base,
    live: toLiveOperator(view, round),
  };
}

function toLiveOperator({ operator, position, record, ramp, rooms }: OperatorView, round: bigint): LiveOperator {
  const { state } = operator;
  return {
    draining: state === STATE.draining,
    delisted: state !== STATE.ramping && state !== STATE.active && state !== STATE.draining,
    whitelisted: operator.whitelisted,
    watch: operator.watch,
    faulted: position.faulted,
    position: position.position,
    unbonding: position.unbonding,
    bond: rooms.bond,
    ramp: state === STATE.ramping ? ramp : null,
    absolute: capOrNull(operator.absoluteCap),
    class1Taken: record.class1Round === round ? record.class1Taken : 0n,
    lost: record.hasMore && record.lossSince > ROUNDING ? record.lossSince : 0n,
  };
}

/** Group ids, one byte for each dimension, without those that are none. */
function unpack(groups: bigint): GroupId[] {
  return [0n, 8n, 16n, 24n, 32n].map((shift) => Number((groups >> shift) & 0xffn)).filter((group) => group !== POOL);
}

function shareOrNull(bps: bigint): bigint | null {
  return bps === NO_SHARE ? null : bps;
}

function capOrNull(cap: bigint): bigint | null {
  return cap === NO_CAP ? null : cap;
}
