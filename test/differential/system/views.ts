/** What the deployed system shows, and what its model says of that. */
import { NO_CAP, NO_SHARE } from "../../../rocketh/parameters.ts";
import * as allocation from "../../../src/model/allocator.ts";
import * as book from "../../../src/model/book.ts";
import * as legs from "../../../src/model/legs.ts";
import * as metaPool from "../../../src/model/metaPool.ts";
import * as network from "../../../src/model/network.ts";
import { type Operator, syncedCopy } from "../../../src/model/operators.ts";
import * as registry from "../../../src/model/registry.ts";
import * as staking from "../../../src/model/stakingPool.ts";
import { bookOf, isInFull, poolExpected, poolViews } from "../pool.ts";
import type { State, Value, View, Views } from "../views.ts";
import { DAY, isSettled, type Pool, type System } from "./world.ts";

const NO_LEVEL = 2n ** 160n - 1n;
const EVERYTHING = 2n ** 256n - 1n;
const BPS = 10_000n;
const NO_CAPS = { poolShareBps: BigInt(NO_SHARE), netShareBps: BigInt(NO_SHARE), absoluteCap: NO_CAP };
const MODES: readonly allocation.Mode[] = ["Hard", "Monitor", "Off"];
const STATES = ["None", "Ramping", "Active", "Draining", "Delisted", "Removed"] as const;

const isNowAndThen = ({ time }: System) => time % 8n === 0n;

export function viewsOf(world: System): Views {
  const { trellis, reader, account } = world;
  const { allocator, registry: registryOf } = trellis;
  const of = (method: string, ...inputs: unknown[]): View =>
    reader.view(world.lensAddress, trellis.lens.interface, method, ...inputs);
  return {
    ...poolViews(world),
    lens: of("pool"),
    levelsNeeded: of("levelsNeeded"),
    // It reads every operator's rooms, as `operators` does: now and then is enough.
    ...(isNowAndThen(world) ? { needed: of("rebalanceNeeded") } : {}),
    committed: reader.view(account, allocator.interface, "committed"),
    unbonding: reader.view(account, allocator.interface, "unbonding"),
    operators: world.model.operators.map(({ id }) => ({
      operator: reader.view(world.registryAddress, registryOf.interface, "operator", id),
      position: reader.view(account, allocator.interface, "positionOf", id),
      record: reader.view(account, allocator.interface, "recordOf", id),
      ramp: reader.view(account, allocator.interface, "rampOf", id),
      marks: reader.view(world.registryAddress, registryOf.interface, "marksOf", id),
      ...(isInFull(world)
        ? { weights: reader.view(world.registryAddress, registryOf.interface, "weightRange", id) }
        : {}),
    })),
    tenureGroup: reader.view(world.registryAddress, registryOf.interface, "tenureGroup"),
    scoredEpoch: reader.view(world.registryAddress, registryOf.interface, "scoredEpoch"),
    ...(isInFull(world)
      ? {
          shown: of("operators", 1, 100),
          groups: of("groups", 0, 100),
          wallets: world.users.map(({ address }) => of("account", address)),
        }
      : {}),
    pools: world.pools.map((pool): Views => {
      const { address, honest, hostile } = pool;
      const abi = (honest ?? hostile)!.contract.interface;
      const at = (method: string, ...inputs: unknown[]): View => reader.view(address, abi, method, ...inputs);
      const there = (method: string): View =>
        reader.view(world.chainAddress, trellis.network.interface, method, address);
      return hostile === undefined
        ? {
            book: at("getBook"),
            ...(isInFull(world)
              ? {
                  staked: at("get_account_staked_balance", account),
                  unstaked: at("get_account_unstaked_balance", account),
                  bond: at("bond"),
                }
              : {}),
            bonded: there("stakeOf"),
            unbonding: there("unbondingOf"),
          }
        : { staked: at("staked"), unstaked: at("unstaked") };
    }),
  };
}

const none = <Kind>(value: bigint | undefined, most: Kind) => value ?? most;

/** As caps are kept: 96 bits, all of them for none. */
const kept = (cap: bigint | undefined): bigint => (cap === undefined || cap > NO_CAP ? NO_CAP : cap);

export function expectedOf(world: System): State {
  const { model, state, time } = world;
  const live = allocation.liveOf(model, time);
  const { snapshot } = model;
  return {
    ...poolExpected(world),
    lens: {
      timestamp: time,
      book: bookOf(state, time),
      rate: metaPool.getRate(state, time),
      stakingPaused: metaPool.isStakingPaused(state, time),
      poolParameters: {
        feeBps: state.parameters.feeBps,
        bufferTargetBps: state.parameters.bufferTargetBps,
        assetCap: none(state.parameters.assetCap, NO_CAP),
        treasury: state.parameters.treasury,
      },
      parameters: { ...model.parameters },
      policy: {
        poolShareBps: model.policy.poolShareBps,
        netShareBps: none(model.policy.netShareBps, BigInt(NO_SHARE)),
        guardianShareBps: none(model.policy.guardianShareBps, 0n),
        bondRatio: none(model.policy.bondRatio, 0n),
      },
      round: {
        open: model.round,
        ...(model.round === 0n ? {} : { cursor: BigInt(model.cursor) }),
        nextAt: allocation.nextRoundAt(model),
        epoch: time / DAY,
        epochLength: DAY,
      },
      live: {
        total: live.total,
        faultedStake: live.withFaulted - live.total,
        networkStake: live.network,
        need: live.need,
        free: live.free,
      },
      ...(snapshot === undefined || !isSettled(world) ? {} : poolSnapshotOf(world, snapshot)),
      fillingBatch: state.exits.filling,
      longestUnbonding: model.longestUnbonding,
      guardianShareLeft: registry.guardianShareLeft(model, time),
      scoredEpoch: model.scoredEpoch,
      scoresAreOld: allocation.areScoresOld(model, time),
      operatorCount: BigInt(model.operators.length),
      groupCount: BigInt(model.groups.length),
    },
    ...(isSettled(world) ? { levelsNeeded: snapshot?.certified === false } : {}),
    ...(isSettled(world) && isNowAndThen(world) ? { needed: neededOf(world, live) } : {}),
    committed: allocation.committed(model),
    unbonding: allocation.unbonding(model),
    operators: model.operators.map((operator) => ({
      ...operatorOf(world, operator),
      marks: {
        watchedByGuardian: operator.watchedBy.guardian,
        watchedByReport: operator.watchedBy.report,
        drainedByReport: operator.drainedByReport,
      },
      ...(isInFull(world) ? { weights: weightsOf(world, operator) } : {}),
    })),
    tenureGroup: model.tenureGroup ?? 0n,
    scoredEpoch: model.scoredEpoch,
    ...(isInFull(world)
      ? {
          shown: model.operators.map((operator) => shownOf(world, operator, live)),
          ...(isSettled(world) ? { groups: groupsOf(world) } : {}),
          wallets: world.users.map(({ address }) => walletOf(world, address)),
        }
      : {}),
    pools: world.pools.map((pool) => poolOf(world, pool)),
  };
}

function poolSnapshotOf(world: System, snapshot: allocation.PoolSnapshot) {
  const { model } = world;
  return {
    snapshot: {
      total: snapshot.total,
      faultedStake: snapshot.withFaulted - snapshot.total,
      networkStake: snapshot.network,
      need: snapshot.need,
      healthy: snapshot.healthy,
      round: snapshot.round,
      certified: snapshot.certified,
    },
    snapshotOperators: BigInt(snapshot.operators),
    snapshotPoolShareBps: snapshot.poolShareBps,
    snapshotNetShareBps: none(snapshot.netShareBps, BigInt(NO_SHARE)),
    budgets: {
      class0Used: model.class0Taken,
      class0Limit: (snapshot.total * model.parameters.budget0Bps) / BPS,
      class2Used: allocation.class2Used(model),
      class2Limit: (snapshot.total * model.parameters.budget2Bps) / BPS,
    },
  };
}

function packed({ model }: System, groups: readonly bigint[]): bigint {
  return groups.reduce((sum, id) => {
    const { dimension = 1 } = model.groups.find((group) => group.id === id)!;
    return sum | (id << BigInt(8 * (dimension - 1)));
  }, 0n);
}

function walletOf({ state, time }: System, address: string): State {
  const { shares } = book.accountOf(state, address);
  const { assets, fee } = metaPool.quoteInstant(state, time, shares);
  return {
    shares,
    instant: assets,
    instantFee: fee,
    sharesPerCoin: metaPool.previewStake(state, time, book.WAD),
    closed: state.closed,
  };
}

const isRead = (world: System, { snapshot }: Operator) => isSettled(world) && snapshot.isListed;

function operatorOf(world: System, operator: Operator): State {
  return {
    operator: {
      state: BigInt(STATES.indexOf(operator.state)),
      watch: operator.watch,
      whitelisted: operator.whitelisted,
      weight: operator.weight,
      groups: packed(world, operator.groups),
      absoluteCap: none(operator.absoluteCap, NO_CAP),
      unbondingTime: operator.pool.unbondingTime,
    },
    position: {
      position: operator.position,
      unbonding: operator.unbonding,
      readAt: operator.readAt ?? 0n,
      faults: BigInt(operator.faults),
      faulted: operator.faulted,
      writtenDown: operator.writtenDown,
    },
    record: {
      ...(isRead(world, operator) ? { base: operator.snapshot.position } : {}),
      lossSince: operator.lossSince,
      refusedBps: operator.refusedBps,
      lostBps: operator.lostBps,
      dueAmount: operator.due?.amount ?? 0n,
      ...(operator.due === undefined ? {} : { dueAt: operator.due.at ?? 0n }),
      premiumUnits: operator.premiumUnits,
      premiumEra: operator.premiumEra,
      lost: operator.lost,
    },
    ramp: operator.ramp,
  };
}

/** The weights that the scorer may set; none where it may set no weight. */
function weightsOf({ model, time }: System, { id, state }: Operator): Value {
  return state === "Delisted" || state === "Removed" ? undefined : { ...registry.weightRange(model, time, id) };
}

/** As the lens shows it. */
function shownOf(world: System, operator: Operator, live: allocation.Live): State {
  const { snapshot, weightBounds } = operator;
  return {
    id: operator.id,
    minWeight: weightBounds.least,
    maxWeight: weightBounds.most,
    ...operatorOf(world, operator),
    ...(isRead(world, operator)
      ? {
          snapshot: {
            fixedCap: kept(snapshot.fixedCap),
            others: snapshot.others,
            weight: snapshot.weight,
            groups: packed(world, snapshot.groups),
          },
        }
      : {}),
    rooms: isSettled(world) ? roomsOf(world.model, world.time, operator, live) : { up: 0n, down: [0n, 0n, 0n] },
  };
}

function roomsOf(model: allocation.Allocator, time: bigint, operator: Operator, live: allocation.Live) {
  const split = legs.splitDown(model, time, operator, EVERYTHING, live);
  const up = operator.faulted ? 0n : legs.roomUp(model, time, operator, live);
  const { 0: first, 1: second, 2: third } = split.charged;
  return {
    target: legs.targetOf(model, operator),
    cap: allocation.capOf(model, operator),
    increaseCap: kept(allocation.increaseCapOf(model, time, operator, live)),
    violationCap: kept(allocation.violationCapOf(model, operator, live)),
    up,
    down: operator.faulted ? [0n, 0n, 0n] : [first, second, third],
    upIsDust: !operator.faulted && legs.isDustUp(model, live, operator, up),
    downIsDust: !operator.faulted && legs.isDustDown(model, live, operator, split),
  };
}

/** The lowest class that a leg would be charged to, and how much of it there is. */
function neededOf({ model, time }: System, live: allocation.Live): Value {
  const sums = [0n, 0n, 0n, 0n];
  for (const operator of model.operators) {
    const { up, down, upIsDust, downIsDust } = roomsOf(model, time, operator, live);
    if (!downIsDust) for (const which of [0, 1, 2]) sums[which]! += down[which]!;
    if (!upIsDust) sums[3]! += up;
  }
  const { total } = model.snapshot!;
  const left = (budget: bigint, used: bigint) => (budget > used ? budget - used : 0n);
  const limits = [
    left((total * model.parameters.budget0Bps) / BPS, model.class0Taken),
    live.need,
    left((total * model.parameters.budget2Bps) / BPS, allocation.class2Used(model)),
    live.free,
  ];
  const first = sums.findIndex((sum) => sum > 0n);
  if (first < 0) return { needed: false };
  return { needed: true, class: BigInt(first), amount: sums[first]! < limits[first]! ? sums[first] : limits[first] };
}

function groupsOf(world: System): Value {
  const { model } = world;
  const { snapshot } = model;
  if (snapshot === undefined) return [];
  return [0n, ...model.groups.map(({ id }) => id)].map((id) => {
    if (id > BigInt(snapshot.groups)) return { id, ...groupCapsOf(world, id) }; // no round has read it
    const members = allocation.membersOf(model, id);
    const sumOf = (of: (operator: Operator) => bigint) => members.reduce((sum, member) => sum + of(member), 0n);
    return {
      id,
      ...groupCapsOf(world, id),
      snapshot: {
        level: snapshot.levels.get(id) ?? NO_LEVEL,
        cap: kept(snapshot.caps.get(id)),
        position: allocation.groupPositionOf(model, id),
        others: sumOf((operator) => operator.snapshot.others),
        faulted: sumOf((operator) => operator.snapshot.faulted),
        weight: allocation.groupWeightOf(model, id),
        members: BigInt(members.length),
      },
    };
  });
}

/** Caps as they hold and as they were set. */
function groupCapsOf({ model }: System, id: bigint): State {
  const group = model.groups.find((candidate) => candidate.id === id);
  if (group === undefined) return {};
  const { dimension = 0, poolShareBps, netShareBps, absoluteCap } = group;
  const mode = allocation.modeOf(model, dimension);
  const stated = {
    poolShareBps: poolShareBps ?? NO_CAPS.poolShareBps,
    netShareBps: netShareBps ?? NO_CAPS.netShareBps,
    absoluteCap: absoluteCap ?? NO_CAPS.absoluteCap,
  };
  return {
    caps: { dimension: BigInt(dimension), ...(mode === "Hard" ? stated : NO_CAPS) },
    stated: { dimension: BigInt(dimension), ...stated },
    mode: BigInt(MODES.indexOf(mode)),
    isTenure: model.tenureGroup === id,
  };
}

function poolOf(world: System, { address, honest, hostile }: Pool): State {
  const { network: modelNetwork, time, account } = world;
  if (hostile !== undefined) {
    const { staked, unstaked } = hostile.state;
    return { staked, unstaked };
  }
  const { state, isDead } = honest!;
  const there = {
    bonded: network.stakeAt(modelNetwork, address).bonded,
    unbonding: network.unbondingOf(modelNetwork, address),
  };
  const isWhole = isInFull(world);
  if (isDead) {
    return {
      ...there,
      book: undefined,
      ...(isWhole ? { staked: undefined, unstaked: undefined, bond: undefined } : {}),
    };
  }
  const seen = syncedCopy(state, modelNetwork, time);
  return {
    ...there,
    book: {
      equity: seen.equity,
      supply: staking.supplyOf(seen),
      bondShares: seen.bondShares,
      cash: seen.cash,
      owed: seen.exits.owed,
      funded: seen.exits.funded,
      fillingBatch: seen.exits.filling,
    },
    ...(isWhole
      ? {
          staked: staking.stakedBalance(seen, account),
          unstaked: staking.unstakedBalance(seen, account),
          bond: staking.bondOf(seen),
        }
      : {}),
  };
}

/** What has happened since the last operation, or holds now, that shows how far a sequence went. */
export function eventsOf({ model, seen, time }: System): string[] {
  const events: string[] = [];
  for (const operator of model.operators) {
    const key = `down ${operator.id.toString()}`;
    if (operator.writtenDown && !seen.has(key)) {
      seen.add(key);
      events.push("written down");
    } else if (!operator.writtenDown && seen.delete(key)) events.push("recovered");
    if (operator.premiumUnits > 0n) events.push("premium");
    if (operator.faulted) events.push("faulted");
    if (operator.snapshot.class1Taken > 0n) events.push("class 1");
    if (operator.watch) events.push("watch");
    if (operator.state === "Ramping" && operator.groups.some((id) => id === model.tenureGroup)) events.push("tenure");
    if (operator.laterGroup !== undefined) events.push("a group that waits");
    const ramping = `ramp ${operator.id.toString()}`;
    if (operator.ramp > 0n) seen.add(ramping);
    else if (seen.delete(ramping)) events.push(operator.state === "Active" ? "established" : "ramp is over");
    const { position, fixedCap, others } = operator.snapshot;
    const covered = operator.bond * (model.policy.bondRatio ?? 0n);
    if (position > 0n && fixedCap === position && covered < position + others) events.push("frozen");
  }
  if (model.snapshot?.certified === true) events.push("certified");
  if (model.class0Taken > 0n) events.push("class 0");
  if (model.class2.length > 0) events.push("class 2");
  if (model.snapshot?.network === 0n) events.push("unknown N");
  if (allocation.areScoresOld(model, time)) events.push("old scores");
  return events;
}
