import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { NO_CAP, NO_SHARE } from "../../rocketh/parameters.ts";
import type { StakingPool } from "../../types/contracts/StakingPool.ts";
import type { Trellis } from "./deployment.ts";

/** How an operator is set up; what is left out has the defaults below. */
export interface OperatorSpec {
  readonly owner?: HardhatEthersSigner;
  /** The owner's junior stake. Caps are at most this times the bond ratio. */
  readonly bond?: bigint;
  readonly commissionBps?: number;
  readonly stakingKey?: string;
  readonly weight?: number;
  readonly minWeight?: number;
  readonly maxWeight?: number;
  readonly absoluteCap?: bigint;
  /** One group per dimension, lowest dimension first; 0 for none. */
  readonly groups?: readonly number[];
}

/** Caps of a group; what is left out is no cap. */
export interface GroupSpec {
  readonly dimension: number;
  readonly poolShareBps?: number;
  readonly netShareBps?: number;
  readonly absoluteCap?: bigint;
}

export interface Operator {
  readonly id: bigint;
  readonly owner: HardhatEthersSigner;
  readonly pool: StakingPool;
  readonly address: string;
}

const DIMENSION_BITS = 8n;

/** Groups, one per dimension, as the registry packs them. */
export function packGroups(groups: readonly number[]): bigint {
  return groups.reduce((packed, group, k) => packed | (BigInt(group) << (DIMENSION_BITS * BigInt(k))), 0n);
}

/** Creates groups with the next free ids, before the handover. Returns their ids. */
export async function createGroups({ registry, deployer }: Trellis, specs: readonly GroupSpec[]): Promise<bigint[]> {
  const first = (await registry.groupCount()) + 1n;
  const ids = specs.map((_, index) => first + BigInt(index));
  for (const [index, spec] of specs.entries()) {
    await registry.connect(deployer).setGroup(ids[index]!, {
      dimension: spec.dimension,
      poolShareBps: spec.poolShareBps ?? NO_SHARE,
      netShareBps: spec.netShareBps ?? NO_SHARE,
      absoluteCap: spec.absoluteCap ?? NO_CAP,
    });
  }

  return ids;
}

/** Creates pools with a bond each and lists them, before the handover: they are established at once. */
export async function createOperators(trellis: Trellis, specs: readonly OperatorSpec[]): Promise<Operator[]> {
  const operators: Operator[] = [];
  for (const [index, spec] of specs.entries()) {
    const owner = spec.owner ?? trellis.others[index % trellis.others.length]!;
    operators.push(await listOperator(trellis, await createPool(trellis, owner, spec), owner, spec));
  }

  return operators;
}

/** An operator's own pool, with its bond. */
export async function createPool(
  { connection, factory }: Trellis,
  owner: HardhatEthersSigner,
  spec: OperatorSpec = {},
): Promise<StakingPool> {
  const creation = await factory
    .connect(owner)
    .createStakingPool(owner, spec.stakingKey ?? "0x", spec.commissionBps ?? 0, { value: await factory.SEED() });
  const receipt = await creation.wait();
  const created = receipt!.logs.map((log) => factory.interface.parseLog(log)).find((log) => log !== null)!;
  const pool = await connection.ethers.getContractAt("StakingPool", created.args[0] as string, owner);
  if (spec.bond) await pool.addBond({ value: spec.bond });

  return pool;
}

async function listOperator(
  { registry, factory, deployer }: Trellis,
  pool: StakingPool,
  owner: HardhatEthersSigner,
  spec: OperatorSpec,
): Promise<Operator> {
  const address = await pool.getAddress();
  const weight = spec.weight ?? 100;
  await registry.connect(deployer).list({
    pool: address,
    factory,
    weight,
    minWeight: spec.minWeight ?? 0,
    maxWeight: spec.maxWeight ?? weight * 10,
    absoluteCap: spec.absoluteCap ?? NO_CAP,
    groups: packGroups(spec.groups ?? []),
  });

  return { id: await registry.idOf(address), owner, pool, address };
}
