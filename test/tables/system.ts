/** The whole system as the tables try it: the real deployment, and everybody who could call. */
import { delegate, deployWorld, ether, ethers, impersonated, Mode, nextRound } from "../fixtures/allocator.ts";
import type { Caller, ContractName } from "./access.ts";

export { connection, ethers, networkHelpers } from "../fixtures/allocator.ts";

/** Operator 1 is written down, the others hold stake; ownerships are on their way to an heir. */
export async function deploySystem() {
  const world = await deployWorld({
    hostile: 1,
    honest: [{ bond: ether(10) }, { bond: ether(10) }, { bond: ether(10) }],
  });
  const { metaPool, allocator, registry, notice, accessManager, network, factory, lens, foundation } = world;
  await delegate(world);
  await world.hostile[0]!.setMode(Mode.reverts);
  for (let round = 0; round < 3; round += 1) await nextRound(world);

  const [{ pool, owner }] = world.honest as [(typeof world.honest)[number]];
  const heir = world.others[10]!;
  await pool.connect(owner).transferOwnership(heir);
  await network.connect(foundation).transferOwnership(heir);

  const contracts = {
    MetaPool: metaPool,
    Allocator: allocator,
    OperatorRegistry: registry,
    StakingPool: pool,
    StakingPoolFactory: factory,
    Notice: notice,
    DevNetwork: network,
    PoolLens: lens,
    AccessManager: accessManager,
  } as const satisfies Partial<Record<ContractName, unknown>>;
  const callers: Record<Caller, string> = {
    stranger: world.eve.address,
    staker: world.alice.address,
    deployer: world.deployer.address,
    treasury: world.treasury.address,
    governance: world.governance.address,
    guardian: world.guardian.address,
    scorer: world.scorer.address,
    foundation: foundation.address,
    poolOwner: owner.address,
    heir: heir.address,
    metaPool: await metaPool.getAddress(),
    allocator: await allocator.getAddress(),
    registry: await registry.getAddress(),
    notice: await notice.getAddress(),
    accessManager: await accessManager.getAddress(),
    network: await network.getAddress(),
    factory: await factory.getAddress(),
    pool: await pool.getAddress(),
  };
  for (const [name, address] of Object.entries(callers)) {
    callers[name as Caller] = (await impersonated(address)).address;
  }

  return { ...world, contracts, callers };
}

/** The implementation behind an ERC-1967 proxy. */
export async function implementationOf(proxy: { getAddress(): Promise<string> }): Promise<string> {
  const slot = ethers.toBeHex(BigInt(ethers.id("eip1967.proxy.implementation")) - 1n, 32);
  const word = await ethers.provider.getStorage(await proxy.getAddress(), slot);

  return ethers.getAddress(ethers.dataSlice(word, 12));
}
