import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { network } from "hardhat";

import { fairAllocation } from "../../src/allocation/fair.ts";
import { problemOf } from "../../src/allocation/caps.ts";
import { readSnapshot } from "../../src/lens/snapshot.ts";
import { deployTrellis, type Trellis } from "../fixtures/deployment.ts";
import { NO_CAP, NO_SHARE, type ParameterChanges } from "../../rocketh/parameters.ts";
import {
  createGroups,
  createOperators,
  type GroupSpec,
  type OperatorSpec,
  packGroups,
} from "../../scripts/steps/operators.ts";
import { nextRound, PAGE } from "../../scripts/steps/rounds.ts";

/** What nodes let a call use, unless told otherwise. */
export const CALL_GAS = 50_000_000n;

/** Blocks may share a second, so that a leg finds what the lens has just shown. */
export const connection = await network.create({
  override: { allowBlocksWithSameTimestamp: true, blockGasLimit: CALL_GAS, transactionGasCap: CALL_GAS },
});
export const { ethers, networkHelpers } = connection;

export type LensPool = Awaited<ReturnType<typeof deployWithLens>>;

/** As in HostilePool.Mode. */
export const MODE = { honest: 0n, reverts: 1n, swallowsStake: 13n } as const;

/** As in IPoolLens.Binding. */
export const BINDING = {
  writtenDown: 0n,
  faulted: 1n,
  delisted: 2n,
  notWhitelisted: 3n,
  draining: 4n,
  notRead: 5n,
  noWeight: 6n,
  level: 7n,
  group: 8n,
  poolShare: 9n,
  netShare: 10n,
  bond: 11n,
  frozenBond: 12n,
  ramp: 13n,
  absoluteCap: 14n,
  watch: 15n,
  recorded: 16n,
} as const;

export function ether(amount: number): bigint {
  return ethers.parseEther(amount.toString());
}

/** Notice, with ether for gas: what it tightens is not counted. */
export async function asNotice({ notice }: Trellis): Promise<HardhatEthersSigner> {
  const address = await notice.getAddress();
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, ether(10));
  return ethers.getSigner(address);
}

/** A pool with operators, before the handover: nothing is staked yet. */
export async function deployWithLens(
  parameters: ParameterChanges,
  groups: readonly GroupSpec[] = [],
  operators: readonly OperatorSpec[] = [],
) {
  const trellis = await deployTrellis(connection, { handover: false, parameters });
  const { metaPool, allocator, registry, notice } = trellis;
  await createGroups(trellis, groups);
  const listed = await createOperators(trellis, operators);
  const lens = await ethers.deployContract("PoolLens", [metaPool, allocator, registry, notice]);
  const staker = trellis.others[0]!;
  await networkHelpers.setBalance(staker.address, ether(1_000_000));
  return { ...trellis, lens, operators: listed, staker };
}

/** Four operators, the first two of one entity that may hold 30 % of the pool; 1,000 ether in the buffer. */
export async function deployFour() {
  const pool = await deployWithLens(
    {
      pool: { bufferTargetBps: 100 },
      policy: { poolShareBps: 3_000, netShareBps: NO_SHARE, guardianShareBps: 3_333 },
    },
    [
      { dimension: 1, poolShareBps: 3_000 },
      { dimension: 1, poolShareBps: 5_000 },
      { dimension: 2, absoluteCap: ether(900) },
    ],
    [
      { bond: ether(10), groups: [1, 3] },
      { bond: ether(10), groups: [1, 3], weight: 200 },
      { bond: ether(10), groups: [2], absoluteCap: ether(250) },
      { bond: ether(2), groups: [2] },
    ],
  );
  await pool.metaPool.connect(pool.staker).deposit_and_stake({ value: ether(999.9) });
  return pool;
}

/** Lists a pool that misbehaves on command. */
export async function listHostile({ registry, deployer, foundation }: Trellis, groups: readonly number[] = []) {
  const hostile = await ethers.deployContract("HostilePool");
  await registry.connect(foundation).whitelistPool(hostile);
  await registry.connect(deployer).list({
    pool: hostile,
    factory: ethers.ZeroAddress,
    weight: 100,
    minWeight: 0,
    maxWeight: 1_000,
    absoluteCap: NO_CAP,
    groups: packGroups(groups),
  });
  return { id: await registry.idOf(hostile), hostile };
}

/** Certifies the fair allocation, from what the lens shows. */
export async function certify({ allocator, lens }: Pick<LensPool, "allocator" | "lens">): Promise<void> {
  const reading = await readSnapshot(lens);
  const { sheet } = fairAllocation(problemOf(reading!.snapshot));
  await allocator.certifyLevels([...sheet], 10_000n, PAGE);
}

/** The next round, certified. */
export async function certifiedRound(pool: LensPool): Promise<void> {
  await nextRound(pool);
  await certify(pool);
}

/** Lifts operators by as much as they can take. */
export async function lift({ allocator }: Pick<LensPool, "allocator">, ids: readonly bigint[]): Promise<void> {
  const legs = ids.map((operator) => ({ operator, amount: 2n ** 128n - 1n, up: true }));
  await allocator.rebalance(legs, PAGE);
}
