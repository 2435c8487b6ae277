import { network } from "hardhat";

import { DevNetwork__factory, PoolLens__factory } from "../../types/index.ts";

export const connection = await network.create();
export const { ethers, networkHelpers } = connection;

export const EPOCH = 3_600n;
export const UNBONDING = 2n * EPOCH;
export const NO_SHARE = 2n ** 16n - 1n;
export const NO_CAP = 2n ** 96n - 1n;

export function ether(amount: number | string): bigint {
  return ethers.parseEther(amount.toString());
}

export function loadPool() {
  return networkHelpers.loadFixture(deployPool);
}

/** Moves to the next time at which a round can begin. */
export async function toNextRound(allocator: { nextRoundAt(): Promise<bigint> }): Promise<void> {
  const next = await allocator.nextRoundAt();
  const now = BigInt(await networkHelpers.time.latest());
  if (next > now) await networkHelpers.time.increaseTo(next);
}

const POLICY = { poolShareBps: 2_000n, netShareBps: NO_SHARE, guardianShareBps: 3_000n, bondRatio: 100n };
const ALLOCATION = {
  graceBps: 500n,
  bandBps: 1_000n,
  budget0Bps: 1_000n,
  budget2Bps: 200n,
  maxLossBps: 3_000n,
  maxGainBps: 100n,
  minMove: 10n ** 16n,
};

/** Groups of entities (1, 2) and of jurisdictions (3, 4, 5). */
const GROUP_SHARES = [
  [1n, 3_000n],
  [1n, NO_SHARE],
  [2n, 5_000n],
  [2n, 3_500n],
  [2n, NO_SHARE],
] as const;

/** Twelve operators with weights, bonds and groups of their own; nobody has staked yet. */
async function deployPool() {
  const [deployer, treasury, staker, other, keeper, rival] = await ethers.getSigners();
  const manager = await ethers.deployContract("AccessManager", [deployer!]);
  const chain = await ethers.deployContract("DevNetwork", [deployer!, UNBONDING]);
  const factory = await ethers.deployContract("StakingPoolFactory", [chain, EPOCH]);

  const registry = await ethers.getContractAt(
    "OperatorRegistry",
    await proxied(await ethers.deployContract("OperatorRegistry"), [manager.target, POLICY]),
  );
  const book = await ethers.deployContract("PoolBook");
  const metaPool = await ethers.getContractAt(
    "MetaPool",
    await proxied(await ethers.deployContract("MetaPool", [EPOCH], { libraries: { PoolBook: book } }), [
      manager.target,
      "Trellis Staked Ether",
      "trETH",
      { feeBps: 500n, bufferTargetBps: 50n, assetCap: NO_CAP, treasury: treasury!.address },
    ]),
  );
  const libraries = {
    Rounds: await ethers.deployContract("Rounds"),
    Levels: await ethers.deployContract("Levels"),
    Legs: await ethers.deployContract("Legs"),
  };
  const allocator = await ethers.getContractAt(
    "Allocator",
    await proxied(await ethers.deployContract("Allocator", [], { libraries }), [
      manager.target,
      metaPool.target,
      registry.target,
      chain.target,
      EPOCH,
      ALLOCATION,
    ]),
  );
  const notice = await ethers.deployContract("Notice", [manager, metaPool, allocator, registry]);
  await metaPool.getFunction("connect")(allocator, notice, { value: ether("0.01") });
  await registry.getFunction("connect")(metaPool, allocator, notice);

  for (const [index, [dimension, poolShareBps]] of GROUP_SHARES.entries()) {
    await registry.setGroup(index + 1, { dimension, poolShareBps, netShareBps: NO_SHARE, absoluteCap: NO_CAP });
  }
  await registry.setFactoryWhitelisted(factory, true);
  const pools = [];
  for (let index = 0; index < 12; index += 1) {
    await factory.createStakingPool(deployer!, "0x", 500n, { value: await factory.SEED() });
    const created = await factory.queryFilter(factory.filters.StakingPoolCreated(), "latest");
    const pool = await ethers.getContractAt("StakingPool", created[0]!.args.pool);
    await pool.addBond({ value: ether(index === 11 ? "0.2" : 2) });
    pools.push(pool);
    await registry.list({
      pool,
      factory,
      weight: BigInt(50 + 25 * (index % 4)),
      minWeight: 1n,
      maxWeight: 1_000n,
      absoluteCap: index === 10 ? ether(20) : NO_CAP,
      groups: pack(index < 4 ? 1 : 2, 3 + (index % 3)),
    });
  }
  const lens = await ethers.deployContract("PoolLens", [metaPool, allocator, registry, notice]);

  return {
    deployer: deployer!,
    lens: PoolLens__factory.connect(await lens.getAddress(), deployer),
    treasury: treasury!,
    staker: staker!,
    other: other!,
    keeper: keeper!,
    rival: rival!,
    manager,
    chain: DevNetwork__factory.connect(await chain.getAddress(), deployer),
    factory,
    registry,
    metaPool,
    allocator,
    notice,
    pools,
  };
}

async function proxied(
  implementation: { interface: { encodeFunctionData(name: "initialize", args: never): string } },
  args: unknown[],
) {
  const data = implementation.interface.encodeFunctionData("initialize", args as never);
  return ethers.deployContract("ERC1967Proxy", [implementation as never, data]);
}

function pack(...groups: number[]): bigint {
  return groups.reduce((packed, group, dimension) => packed | (BigInt(group) << BigInt(8 * dimension)), 0n);
}
