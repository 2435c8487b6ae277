import type { GroupId, GroupRecord, OperatorRecord, Sheet, Snapshot } from "../allocation/types.ts";
import { IOperatorPool__factory } from "../../types/index.ts";
import { type KeeperContracts, providerOf } from "./contracts.ts";

/** What the last finished round recorded and what is so now, all of one block. */
export interface SnapshotReading {
  readonly snapshot: Snapshot;
  readonly round: bigint;
  readonly block: number;
  /** The levels that were certified for the round, or null. */
  readonly certified: Sheet | null;
}

const NO_SHARE = 2n ** 16n - 1n;
const NO_CAP = 2n ** 96n - 1n;
const NO_LEVEL = 2n ** 160n - 1n;
const [RAMPING, ACTIVE, DRAINING] = [1n, 2n, 3n];

/** Reads the state in one block; null while a round is open or before the first one has completed. */
export async function readSnapshot(contracts: KeeperContracts): Promise<SnapshotReading | null> {
  const { metaPool, allocator, registry } = contracts;
  const block = await providerOf(contracts).getBlockNumber();
  const at = { blockTag: block };
  const [open, pool, policy, parameters, live, need, used, book, operatorCount, groupCount] = await Promise.all([
    allocator.openRound(at),
    allocator.poolSnapshot(at),
    registry.policy(at),
    allocator.parameters(at),
    allocator.liveTotals(at),
    allocator.liveNeed(at),
    allocator.budgetsUsed(at),
    metaPool.getBook(at),
    registry.operatorCount(at),
    registry.groupCount(at),
  ]);
  if (open.round !== 0n || pool.round === 0n) return null;

  const groups = await Promise.all(
    ids(groupCount).map(async (id) => {
      const [record, rules] = await Promise.all([allocator.groupSnapshot(id, at), registry.group(id, at)]);
      return {
        level: record.level,
        group: {
          id,
          dimension: rules.dimension.toString(),
          cap: record.cap === NO_CAP ? null : record.cap,
          weight: record.weight,
          others: record.others,
          faultedStake: record.faulted,
          live: {
            position: record.position,
            capShareBps: rules.poolShareBps === NO_SHARE ? null : rules.poolShareBps,
            netShareBps: rules.netShareBps === NO_SHARE ? null : rules.netShareBps,
            absolute: rules.absoluteCap === NO_CAP ? null : rules.absoluteCap,
          },
        } satisfies GroupRecord,
      };
    }),
  );
  const operators = await Promise.all(ids(operatorCount).map((id) => readOperator(contracts, id, pool.round, at)));
  const shares = {
    poolShareBps: policy.poolShareBps,
    netShareBps: policy.netShareBps === NO_SHARE ? null : policy.netShareBps,
  };
  const claims = book.owed + book.bufferTarget;
  const snapshot: Snapshot = {
    ...shares,
    T: pool.total,
    faultedStake: pool.faultedStake,
    networkStake: pool.networkStake,
    need0: pool.need,
    X: pool.healthy,
    groups: groups.map(({ group }) => group),
    operators,
    legRules: parameters,
    live: {
      ...shares,
      bondRatio: policy.bondRatio === 0n ? null : policy.bondRatio,
      T: live.total,
      faultedStake: live.faultedStake,
      networkStake: live.networkStake,
      free: book.buffer > claims ? book.buffer - claims : 0n,
      need,
      class0Moved: used.class0,
      class2Moved: used.class2,
    },
  };
  const poolLevel = (await allocator.groupSnapshot(0, at)).level;
  const levels = [{ group: 0, level: poolLevel }, ...groups.map(({ group, level }) => ({ group: group.id, level }))];
  return {
    snapshot,
    round: pool.round,
    block,
    certified: pool.certified ? levels.filter(({ level }) => level !== NO_LEVEL) : null,
  };
}

async function readOperator(
  { allocator, registry }: KeeperContracts,
  id: number,
  round: bigint,
  at: { blockTag: number },
): Promise<OperatorRecord> {
  const [operator, position, recorded, record] = await Promise.all([
    registry.operator(id, at),
    allocator.positionOf(id, at),
    allocator.snapshotOf(id, at),
    allocator.recordOf(id, at),
  ]);
  const bond = await IOperatorPool__factory.connect(operator.pool, registry.runner)
    .bond(at)
    .catch(() => 0n);
  return {
    id,
    weight: recorded.weight,
    groups: unpack(recorded.groups),
    fixedCap: recorded.fixedCap,
    others: recorded.others,
    position: record.base,
    live: {
      draining: operator.state === DRAINING,
      delisted: ![RAMPING, ACTIVE, DRAINING].includes(operator.state),
      whitelisted: operator.whitelisted,
      watch: operator.watch,
      faulted: position.faulted,
      position: position.position,
      unbonding: position.unbonding,
      bond,
      ramp: null,
      absolute: operator.absoluteCap === NO_CAP ? null : operator.absoluteCap,
      class1Taken: record.class1Round === round ? record.class1Taken : 0n,
    },
  };
}

function ids(count: bigint): number[] {
  return Array.from({ length: Number(count) }, (_, index) => index + 1);
}

function unpack(groups: bigint): GroupId[] {
  return [0n, 8n, 16n, 24n, 32n].map((shift) => Number((groups >> shift) & 0xffn)).filter((group) => group !== 0);
}
