/** The system as it is deployed, and the model of what was deployed. */
import { keccak256, toBeHex, toUtf8Bytes, ZeroAddress } from "ethers";

import { NO_CAP } from "../../../rocketh/parameters.ts";
import { createPool } from "../../../scripts/steps/operators.ts";
import * as allocation from "../../../src/model/allocator.ts";
import * as book from "../../../src/model/book.ts";
import * as network from "../../../src/model/network.ts";
import { honestPool, type OperatorPool } from "../../../src/model/operators.ts";
import * as staking from "../../../src/model/stakingPool.ts";
import type { HostilePool } from "../../../types/contracts/mocks/HostilePool.ts";
import {
  asNotice,
  connection,
  ether,
  ethers,
  impersonated,
  networkHelpers,
  packGroups,
  vouchAndList,
} from "../../fixtures/allocator.ts";
import { deployTrellis } from "../../fixtures/deployment.ts";
import { createGroups, createOperators } from "../../fixtures/operators.ts";
import { BEGINNING, chainOf } from "../chain.ts";
import { failed, hostilePool, newHostileState } from "../hostilePool.ts";
import { deployReader } from "../views.ts";
import { eventsOf, expectedOf, viewsOf } from "./views.ts";
import { DAY, groupOf, idsOf, type Pool, type System } from "./world.ts";

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
  { dimension: 5, poolShareBps: 1500 },
  { dimension: 5, absoluteCap: 300n * 10n ** 18n },
];
const HONEST = [
  { groups: [1, 3], weight: 100, bond: 8 },
  { groups: [1, 5], weight: 100, bond: 3 },
  { groups: [2, 3], weight: 300, bond: 20 },
  { groups: [2, 4], weight: 100, bond: 20, absoluteCap: 50n * 10n ** 18n },
  { groups: [0, 5], weight: 50, bond: 9 },
];
const HOSTILE = [
  { groups: [2, 3], weight: 120 },
  { groups: [0, 4], weight: 80 },
];
const SPARE = [{ bond: 9 }, { bond: 9 }];
/** The first of them, listed with notice: it ramps. */
const NEWCOMER = { groups: [1, 3], weight: 100 };

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
  await trellis.registry.connect(notice).list({
    pool: honest[HONEST.length]!.pool,
    factory: trellis.factory,
    weight: NEWCOMER.weight,
    minWeight: 0,
    maxWeight: NEWCOMER.weight * 10,
    absoluteCap: NO_CAP,
    groups: packGroups(NEWCOMER.groups),
  });
  await impersonated(await trellis.allocator.getAddress());
  const reader = await deployReader(connection);
  return { trellis, honest, hostile, notice, reader };
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
  const [seed, bondRatio] = [await factory.SEED(), await factory.BOND_RATIO()];
  const bonds = [...HONEST, ...SPARE].map(({ bond }) => ether(bond));
  const honestPools = await Promise.all(
    honest.map(async ({ pool: own, owner }, index): Promise<Pool> => {
      const address = await own.getAddress();
      const state = staking.newStakingPool(
        modelNetwork,
        { name: address, owner: owner.address, commissionBps: BigInt(COMMISSION), epochLength: DAY, bondRatio },
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
    ...chainOf(connection),
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
    registryAddress: await contract.getAddress(),
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
    expected: () => expectedOf(world),
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
  const listing = { weight: BigInt(NEWCOMER.weight), groups: idsOf(NEWCOMER.groups) };
  allocation.list(world.model, honestPools[HONEST.length]!.model, { ...listing, state: "Ramping" });
  for (const operator of world.model.operators) operator.weightBefore.epoch = -1n; // listed on another day
  return world;
}

/** The pool as long as it has code. */
function mortal(pool: OperatorPool, kept: { readonly isDead: boolean }, name: string): OperatorPool {
  const alive =
    <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      if (kept.isDead) throw failed(name, "withdrawable(address)"); // a call of ping() to no code succeeds
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
