/** The whole system as the tables try it: the real deployment, and everybody who could call. */
import { delegate, deployWorld, ether, ethers, Mode, networkHelpers, nextRound } from "../fixtures/allocator.ts";
import { createPool } from "../fixtures/operators.ts";
import type { Caller, ContractName } from "./access.ts";

export { connection, ethers, networkHelpers } from "../fixtures/allocator.ts";

/** Operator 1 is written down, the others hold stake; ownerships are on their way to an heir. */
export async function deploySystem() {
  const world = await deployWorld({
    hostile: 1,
    groups: [{ dimension: 1 }],
    honest: Array.from({ length: 4 }, () => ({ bond: ether(10) })),
    parameters: { policy: { guardianShareBps: 3_333 } },
  });
  const { metaPool, allocator, registry, notice, accessManager, network, factory, lens, foundation } = world;
  const { scores, reportOracle, attributes } = world;
  await delegate(world);
  await world.hostile[0]!.setMode(Mode.reverts);
  for (let round = 0; round < 3; round += 1) await nextRound(world);

  const [{ pool, owner }] = world.honest as [(typeof world.honest)[number]];
  const heir = world.others[9]!;
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
    Scores: scores,
    ReportOracle: reportOracle,
    Attributes: attributes,
    AccessManager: accessManager,
  } as const satisfies Partial<Record<ContractName, unknown>>;
  const callers: Record<Caller, string> = {
    stranger: world.eve.address,
    staker: world.alice.address,
    deployer: world.deployer.address,
    treasury: world.treasury.address,
    governance: world.governance.address,
    guardian: world.guardian.address,
    scores: await scores.getAddress(),
    foundation: foundation.address,
    member: world.committee[0]!.address,
    attester: world.attester.address,
    poolOwner: owner.address,
    heir: heir.address,
    metaPool: await metaPool.getAddress(),
    allocator: await allocator.getAddress(),
    registry: await registry.getAddress(),
    notice: await notice.getAddress(),
    accessManager: await accessManager.getAddress(),
    network: await network.getAddress(),
    factory: await factory.getAddress(),
    reportOracle: await reportOracle.getAddress(),
    pool: await pool.getAddress(),
  };
  for (const name of Object.keys(callers) as Caller[]) callers[name] = ethers.getAddress(callers[name]);
  // Enough to send a wei, without touching what is booked.
  for (const name of ["allocator", "registry", "notice", "accessManager", "factory", "reportOracle"] as const) {
    await networkHelpers.setBalance(callers[name], ether(1));
  }

  const spare = await (await createPool(world, owner)).getAddress();

  return { ...world, contracts, callers, spare };
}

/** The implementation behind an ERC-1967 proxy. */
export async function implementationOf(proxy: { getAddress(): Promise<string> }): Promise<string> {
  const slot = ethers.toBeHex(BigInt(ethers.id("eip1967.proxy.implementation")) - 1n, 32);
  const word = await ethers.provider.getStorage(await proxy.getAddress(), slot);

  return ethers.getAddress(ethers.dataSlice(word, 12));
}
