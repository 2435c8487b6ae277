/** The deployed system and its model: honest operators, hostile ones, some more to be listed, and what all of it shows. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { keccak256, toBeHex, toUtf8Bytes, ZeroAddress } from "ethers";

import { NO_CAP, NO_SHARE } from "../../rocketh/parameters.ts";
import * as allocation from "../../src/model/allocator.ts";
import * as book from "../../src/model/book.ts";
import { Revert } from "../../src/model/errors.ts";
import * as legs from "../../src/model/legs.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import * as network from "../../src/model/network.ts";
import { honestPool, type Operator, type OperatorPool, syncedCopy } from "../../src/model/operators.ts";
import * as registry from "../../src/model/registry.ts";
import * as staking from "../../src/model/stakingPool.ts";
import type { HostilePool } from "../../types/contracts/mocks/HostilePool.ts";
import type { StakingPool } from "../../types/contracts/StakingPool.ts";
import { asNotice, connection, ether, ethers, networkHelpers, vouchAndList } from "../fixtures/allocator.ts";
import { deployTrellis } from "../fixtures/deployment.ts";
import { createGroups, createOperators } from "../fixtures/operators.ts";
import { createPool } from "../../scripts/steps/operators.ts";
import { type HostileState, hostilePool, newHostileState } from "./hostilePool.ts";
import { BEGINNING, chainOf } from "./runner.ts";
import { bookOf, poolExpected, poolViews, type PoolWorld } from "./users.ts";
import { deployReader, type State, type Value, type View, type Views } from "./views.ts";

const DAY = 86_400n;
const NO_LEVEL = 2n ** 160n - 1n;
const EVERYTHING = 2n ** 256n - 1n;
const BPS = 10_000n;
const STATES = ["None", "Ramping", "Active", "Draining", "Delisted", "Removed"] as const;
const COMMISSION = 1000;

const POLICY = { poolShareBps: 2500, netShareBps: 6000, guardianShareBps: 1000, bondRatio: 20 };
const RULES = {
  graceBps: 500,
  bandBps: 1000,
  budget0Bps: 3000,
  budget2Bps: 500,
  maxLossBps: 3000,
  maxGainBps: 100,
  minMove: 10n ** 16n,
};
const GROUPS = [
  { dimension: 1, poolShareBps: 4000 },
  { dimension: 1, poolShareBps: 3500, netShareBps: 5000 },
  { dimension: 2, poolShareBps: 6000 },
  { dimension: 2, absoluteCap: 400n * 10n ** 18n },
  { dimension: 2 },
];
const HONEST = [
  { groups: [1, 3], weight: 100, bond: 8 },
  { groups: [1, 4], weight: 200, bond: 8 },
  { groups: [1, 5], weight: 100, bond: 3 },
  { groups: [2, 3], weight: 300, bond: 20 },
  { groups: [2, 4], weight: 100, bond: 20, absoluteCap: 50n * 10n ** 18n },
  { groups: [0, 5], weight: 50, bond: 9 },
];
const HOSTILE = [
  { groups: [2, 3], weight: 120 },
  { groups: [0, 4], weight: 80 },
];
const SPARE = [{ bond: 9 }, { bond: 4 }];

/** A pool that is or may be listed: one operator's own, or a hostile one. */
export interface Pool {
  readonly address: string;
  readonly model: OperatorPool;
  readonly honest?: {
    readonly contract: StakingPool;
    readonly owner: HardhatEthersSigner;
    readonly state: staking.StakingPool;
    readonly code: string;
    isDead: boolean;
  };
  readonly hostile?: { readonly contract: HostilePool; readonly state: HostileState };
}

export type Honest = Pool & Required<Pick<Pool, "honest">>;
export type Hostile = Pool & Required<Pick<Pool, "hostile">>;

async function deploy() {
  const trellis = await deployTrellis(connection, {
    handover: false,
    parameters: {
      policy: POLICY,
      allocator: RULES,
      pool: { bufferTargetBps: 100 },
      devNetwork: { unbondingEpochs: 3 },
    },
  });
  await createGroups(trellis, GROUPS);
  const listed = await createOperators(
    trellis,
    HONEST.map(({ bond, ...operator }) => ({ ...operator, bond: ether(bond), commissionBps: COMMISSION })),
  );
  const hostile: HostilePool[] = [];
  for (const { groups, weight } of HOSTILE) {
    const pool = await ethers.deployContract("HostilePool");
    await vouchAndList(trellis, await pool.getAddress(), { weight, groups, absoluteCap: NO_CAP });
    hostile.push(pool);
  }
  const honest = listed.map(({ pool, owner }) => ({ pool, owner }));
  for (const [index, { bond }] of SPARE.entries()) {
    const owner = trellis.others[HONEST.length + index]!;
    honest.push({ pool: await createPool(trellis, owner, { bond: ether(bond), commissionBps: COMMISSION }), owner });
  }
  const notice = await asNotice(trellis);
  await networkHelpers.setBalance(notice.address, ether(1_000_000));
  const reader = await deployReader(connection);
  return { trellis, honest, hostile, notice, reader };
}

export interface System extends PoolWorld {
  readonly trellis: Awaited<ReturnType<typeof deployTrellis>>;
  readonly account: string; // the allocator's
  readonly chainAddress: string;
  readonly lensAddress: string;
  readonly notice: HardhatEthersSigner;
  readonly stranger: HardhatEthersSigner;
  readonly model: allocation.Allocator;
  readonly network: network.Network;
  readonly pools: readonly Pool[];
  /** Whether the allocator can read the network's stake. */
  isBlind: boolean;
  readonly setBlind: (isBlind: boolean) => Promise<void>;
  readonly seen: Set<string>;
}

export async function loadSystem(): Promise<System> {
  const { trellis, honest, hostile, notice, reader } = await networkHelpers.loadFixture(deploy);
  const { metaPool: pool, allocator, registry: contract, network: chain, factory, lens, treasury } = trellis;
  const account = await allocator.getAddress();
  const chainAddress = await chain.getAddress();
  await networkHelpers.time.increaseTo(BEGINNING);
  const time = BigInt(await networkHelpers.time.latest());
  const { supply } = await pool.getBook();

  const modelNetwork = network.newNetwork(await chain.unbondingTime());
  const seed = await factory.SEED();
  const bonds = [...HONEST, ...SPARE].map(({ bond }) => ether(bond));
  const honestPools = await Promise.all(
    honest.map(async ({ pool: own, owner }, index): Promise<Pool> => {
      const address = await own.getAddress();
      const state = staking.newStakingPool(
        modelNetwork,
        { name: address, owner: owner.address, commissionBps: BigInt(COMMISSION), epochLength: DAY },
        seed,
      );
      staking.addBond(state, modelNetwork, time, bonds[index]!);
      const kept = { contract: own, owner, state, code: await ethers.provider.getCode(address), isDead: false };
      return { address, honest: kept, model: mortal(honestPool(state, modelNetwork, account), kept, address) };
    }),
  );
  const hostilePools = await Promise.all(
    hostile.map(async (own): Promise<Pool> => {
      const [address, state] = [await own.getAddress(), newHostileState()];
      return { address, hostile: { contract: own, state }, model: hostilePool(state, address) };
    }),
  );

  const state = book.newBook(
    { feeBps: 500n, bufferTargetBps: 100n, assetCap: undefined, treasury: treasury.address, epochLength: DAY },
    supply,
  );
  const world: System = {
    ...chainOf(networkHelpers, (address) => ethers.provider.getBalance(address)),
    start: time,
    time,
    interfaces: [pool.interface, allocator.interface, contract.interface, honest[0]!.pool.interface],
    reader,
    pool,
    poolAddress: await pool.getAddress(),
    state,
    users: trellis.others.slice(-3),
    treasury: treasury.address,
    governance: notice,
    guardian: trellis.guardian,
    size: ether(150),
    forced: 0n,
    domain: {
      name: await pool.name(),
      version: "1",
      chainId: (await ethers.provider.getNetwork()).chainId,
      verifyingContract: await pool.getAddress(),
    },
    timesOf: (batch) => allocation.exitTimes(world.model, world.time, batch),
    trellis,
    account,
    chainAddress,
    lensAddress: await lens.getAddress(),
    notice,
    stranger: trellis.others.at(-4)!,
    network: modelNetwork,
    model: allocation.newAllocator(state, {
      parameters: Object.fromEntries(
        Object.entries(RULES).map(([name, value]) => [name, BigInt(value)]),
      ) as unknown as allocation.Parameters,
      policy: { poolShareBps: 2500n, netShareBps: 6000n, bondRatio: 20n, guardianShareBps: 1000n },
      groups: GROUPS.map((group, index) => groupOf(index + 1, group)),
      networkStake: () => (world.isBlind ? 0n : network.totalStake(modelNetwork)),
    }),
    pools: [...honestPools, ...hostilePools],
    isBlind: false,
    setBlind: (isBlind) => setNetwork(account, isBlind ? ZeroAddress : chainAddress),
    seen: new Set(),
    actual: () => reader.read(viewsOf(world)),
    expected: () => ({ ...poolExpected(world), ...expectedOf(world) }),
    events: () => eventsOf(world),
  };
  world.model.lastRoundEpoch = (await allocator.nextRoundAt()) / DAY - 1n;
  HONEST.forEach(({ groups, weight, absoluteCap }, index) => {
    allocation.list(world.model, honestPools[index]!.model, {
      weight: BigInt(weight),
      groups: idsOf(groups),
      ...(absoluteCap === undefined ? {} : { absoluteCap }),
    });
  });
  HOSTILE.forEach(({ groups, weight }, index) => {
    allocation.list(world.model, hostilePools[index]!.model, {
      weight: BigInt(weight),
      groups: idsOf(groups),
      weightBounds: { least: 0n, most: 2n ** 24n - 1n },
      fromFactory: false,
    });
  });
  for (const operator of world.model.operators) operator.weightBefore.epoch = -1n; // listed on another day
  return world;
}

/** The pool as long as it has code. */
function mortal(pool: OperatorPool, kept: { readonly isDead: boolean }, name: string): OperatorPool {
  const alive =
    <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      if (kept.isDead) throw new Revert("PoolFailed", name);
      return call(...args);
    };
  return {
    collect: alive(pool.collect),
    peek: alive(pool.peek),
    peekBond: alive(pool.peekBond),
    push: alive(pool.push),
    pull: alive(pool.pull),
    unbondingTime: pool.unbondingTime,
  };
}

/** Without an address to ask there is no N. */
async function setNetwork(allocator: string, address: string): Promise<void> {
  const base = BigInt(keccak256(toBeHex(BigInt(keccak256(toUtf8Bytes("trellis.Allocator"))) - 1n, 32))) & ~0xffn;
  const slot = base + 2n; // _state.network, in the lowest 20 bytes
  const old = BigInt(await ethers.provider.getStorage(allocator, slot));
  const kept = (old >> 160n) << 160n;
  await networkHelpers.setStorageAt(allocator, slot, toBeHex(kept | BigInt(address), 32));
}

export const idsOf = (groups: readonly number[]): bigint[] => groups.filter((group) => group !== 0).map(BigInt);

/** A group of the model; what is left out, or said to be none, is no cap. */
export function groupOf(
  id: number,
  caps: { dimension: number; poolShareBps?: number; netShareBps?: number; absoluteCap?: bigint },
): allocation.Group {
  const { dimension, poolShareBps = NO_SHARE, netShareBps = NO_SHARE, absoluteCap = NO_CAP } = caps;
  return { id: BigInt(id), dimension, ...capsOf({ poolShareBps, netShareBps, absoluteCap }) };
}

export function capsOf(caps: { poolShareBps: number; netShareBps: number; absoluteCap: bigint }): allocation.Caps {
  return {
    ...(caps.poolShareBps === NO_SHARE ? {} : { poolShareBps: BigInt(caps.poolShareBps) }),
    ...(caps.netShareBps === NO_SHARE ? {} : { netShareBps: BigInt(caps.netShareBps) }),
    ...(caps.absoluteCap === NO_CAP ? {} : { absoluteCap: caps.absoluteCap }),
  };
}

/* WHAT IT SHOWS */

export const isSettled = ({ model }: System) => model.round === 0n && model.snapshot !== undefined;

const isNowAndThen = ({ time }: System) => time % 8n === 0n;

function viewsOf(world: System): Views {
  const { trellis, reader, account } = world;
  const of = (method: string, ...inputs: unknown[]): View =>
    reader.view(world.lensAddress, trellis.lens.interface, method, ...inputs);
  return {
    ...poolViews(world),
    lens: of("pool"),
    levelsNeeded: of("levelsNeeded"),
    // It reads every operator's rooms, as `operators` does: now and then is enough.
    ...(isNowAndThen(world) ? { needed: of("rebalanceNeeded") } : {}),
    operators: of("operators", 1, 100),
    groups: of("groups", 0, 100),
    wallets: world.users.map(({ address }) => of("account", address)),
    pools: world.pools.map((pool): Views => {
      const { address, honest, hostile } = pool;
      const abi = (honest ?? hostile)!.contract.interface;
      const at = (method: string, ...inputs: unknown[]): View => reader.view(address, abi, method, ...inputs);
      const there = (method: string): View =>
        reader.view(world.chainAddress, trellis.network.interface, method, address);
      return hostile === undefined
        ? {
            book: at("getBook"),
            staked: at("get_account_staked_balance", account),
            unstaked: at("get_account_unstaked_balance", account),
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

function expectedOf(world: System): State {
  const { model, state, time } = world;
  const live = allocation.liveOf(model, time);
  const { snapshot } = model;
  return {
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
      operatorCount: BigInt(model.operators.length),
      groupCount: BigInt(model.groups.length),
    },
    ...(isSettled(world) ? { levelsNeeded: snapshot?.certified === false } : {}),
    ...(isSettled(world) && isNowAndThen(world) ? { needed: neededOf(world, live) } : {}),
    operators: model.operators.map((operator) => operatorOf(world, operator, live)),
    ...(isSettled(world) ? { groups: groupsOf(world) } : {}),
    wallets: world.users.map(({ address }) => {
      const { shares } = book.accountOf(state, address);
      const { assets, fee } = metaPool.quoteInstant(state, time, shares);
      return {
        shares,
        instant: assets,
        instantFee: fee,
        sharesPerCoin: metaPool.previewStake(state, time, book.WAD),
        closed: state.closed,
      };
    }),
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

function operatorOf(world: System, operator: Operator, live: allocation.Live): State {
  const { model } = world;
  const { snapshot } = operator;
  const isRead = isSettled(world) && snapshot.isListed;
  return {
    id: operator.id,
    operator: {
      state: BigInt(STATES.indexOf(operator.state)),
      watch: operator.watch,
      whitelisted: operator.whitelisted,
      weight: operator.weight,
      groups: packed(world, operator.groups),
      absoluteCap: none(operator.absoluteCap, NO_CAP),
      unbondingTime: operator.pool.unbondingTime,
    },
    minWeight: operator.weightBounds.least,
    maxWeight: operator.weightBounds.most,
    position: {
      position: operator.position,
      unbonding: operator.unbonding,
      readAt: operator.readAt ?? 0n,
      faults: BigInt(operator.faults),
      faulted: operator.faulted,
      writtenDown: operator.writtenDown,
    },
    record: {
      ...(isRead ? { base: snapshot.position } : {}),
      lossSince: operator.lossSince,
      dueAmount: operator.due?.amount ?? 0n,
      ...(operator.due === undefined ? {} : { dueAt: operator.due.at ?? 0n }),
      factor: operator.factor,
      lost: operator.lost,
    },
    ...(isRead
      ? {
          snapshot: {
            fixedCap: kept(snapshot.fixedCap),
            others: snapshot.others,
            weight: snapshot.weight,
            groups: packed(world, snapshot.groups),
          },
        }
      : {}),
    rooms: isSettled(world) ? roomsOf(model, world.time, operator, live) : { up: 0n, down: [0n, 0n, 0n] },
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

function groupsOf({ model }: System): Value {
  const { snapshot } = model;
  if (snapshot === undefined) return [];
  return [0n, ...model.groups.map(({ id }) => id)].map((id) => {
    const members = allocation.membersOf(model, id);
    const sumOf = (of: (operator: Operator) => bigint) => members.reduce((sum, member) => sum + of(member), 0n);
    return {
      id,
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

function poolOf({ network: modelNetwork, time, account }: System, { address, honest, hostile }: Pool): State {
  if (hostile !== undefined) {
    const { staked, unstaked } = hostile.state;
    return { staked, unstaked };
  }
  const { state, isDead } = honest!;
  const there = {
    bonded: network.stakeAt(modelNetwork, address).bonded,
    unbonding: network.unbondingOf(modelNetwork, address),
  };
  if (isDead) return { ...there, book: undefined, staked: undefined, unstaked: undefined };
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
    staked: staking.stakedBalance(seen, account),
    unstaked: staking.unstakedBalance(seen, account),
  };
}

/** What has happened since the last operation, or holds now, that shows how far a sequence went. */
function eventsOf({ model, seen }: System): string[] {
  const events: string[] = [];
  for (const operator of model.operators) {
    const key = `down ${operator.id.toString()}`;
    if (operator.writtenDown && !seen.has(key)) {
      seen.add(key);
      events.push("written down");
    } else if (!operator.writtenDown && seen.delete(key)) events.push("recovered");
    if (operator.factor > 0n) events.push("factor");
    if (operator.faulted) events.push("faulted");
    if (operator.snapshot.class1Taken > 0n) events.push("class 1");
    if (operator.watch) events.push("watch");
  }
  if (model.snapshot?.certified === true) events.push("certified");
  if (model.class0Taken > 0n) events.push("class 0");
  if (model.class2.length > 0) events.push("class 2");
  if (model.snapshot?.network === 0n) events.push("unknown N");
  return events;
}
