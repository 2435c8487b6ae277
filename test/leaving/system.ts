/** The deployment that the fuzz works on, driven by raw transactions whose times it chooses, so that a seed repeats. */
import type { Interface } from "ethers";

import { createPool } from "../fixtures/operators.ts";
import { connection, deployWorld, ether, impersonated, LOOSE } from "../fixtures/allocator.ts";
import { implementationOf } from "../tables/system.ts";

export { ether, ethers, impersonated, Mode, networkHelpers } from "../fixtures/allocator.ts";

export const EPOCH = 86_400n;
/** A round epoch in the far future, later than what other tests on the same chain leave: all seeds begin here. */
export const BEGINNING = 4_200_000_000n - (4_200_000_000n % EPOCH);
const GAS = "0xffffff"; // just below what a transaction may use

/** A transaction by anybody. */
export interface Call {
  /** What it is, for the count and for who reads a failure. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly data: string;
  readonly value: bigint;
}

export interface Receipt {
  readonly done: boolean;
  readonly logs: readonly { readonly address: string; readonly topics: string[]; readonly data: string }[];
}

export type System = Awaited<ReturnType<typeof deploySystem>>;

/** Two pools under the test's command, three honest ones in groups, and two that are not listed. */
export async function deploySystem() {
  const world = await deployWorld({
    hostile: 2,
    honest: [
      { bond: ether(20), groups: [1, 2], commissionBps: 1_000 },
      { bond: ether(20), groups: [1] },
      { bond: ether(20) },
    ],
    groups: [{ dimension: 1, poolShareBps: 7_000 }, { dimension: 2 }, { dimension: 5, poolShareBps: 500 }],
    groupsOf: [[1], []],
    stake: ether(40),
    parameters: {
      allocator: { ...LOOSE, maxGainBps: 1_000 },
      pool: { feeBps: 500, bufferTargetBps: 100 },
      policy: { guardianShareBps: 3_333 },
      devNetwork: { unbondingEpochs: 2 },
    },
  });
  const { metaPool, allocator, registry, notice, accessManager, network, factory, honest, hostile, others } = world;
  const { reportOracle, scores, attributes } = world;
  const owner = others[6]!;
  const spare = [await createPool(world, owner), await createPool(world, owner)];
  const contracts = {
    MetaPool: metaPool,
    Allocator: allocator,
    OperatorRegistry: registry,
    StakingPool: honest[0]!.pool,
    StakingPoolFactory: factory,
    Notice: notice,
    DevNetwork: network,
    ReportOracle: reportOracle,
    Scores: scores,
    Attributes: attributes,
    AccessManager: accessManager,
  };
  const hostiles = await Promise.all(hostile.map((pool) => pool.getAddress()));
  for (const address of hostiles) await impersonated(address);
  await impersonated(await notice.getAddress());
  await impersonated(await reportOracle.getAddress());
  const at = async (contract: { getAddress(): Promise<string> }) => contract.getAddress();

  return {
    ...world,
    contracts,
    implementations: {
      MetaPool: await implementationOf(metaPool),
      Allocator: await implementationOf(allocator),
      OperatorRegistry: await implementationOf(registry),
    },
    hostiles,
    pools: honest.map(({ address }) => address),
    owners: honest.map((operator) => operator.owner.address),
    heir: others[7]!.address,
    spare: await Promise.all(spare.map(at)),
    addresses: {
      metaPool: await at(metaPool),
      allocator: await at(allocator),
      registry: await at(registry),
      notice: await at(notice),
      accessManager: await at(accessManager),
      network: await at(network),
      factory: await at(factory),
      reportOracle: await at(reportOracle),
      scores: await at(scores),
      attributes: await at(attributes),
    },
    time: { now: BEGINNING },
  };
}

export async function send(system: System, call: Call, seconds = 1n): Promise<Receipt> {
  const { provider } = connection;
  system.time.now += seconds;
  await provider.request({ method: "evm_setNextBlockTimestamp", params: [`0x${system.time.now.toString(16)}`] });
  const transaction = {
    from: call.from,
    to: call.to,
    data: call.data,
    gas: GAS,
    value: `0x${call.value.toString(16)}`,
  };
  let hash: string;
  try {
    hash = (await provider.request({ method: "eth_sendTransaction", params: [transaction] })) as string;
  } catch {
    return { done: false, logs: [] };
  }
  const receipt = (await provider.request({ method: "eth_getTransactionReceipt", params: [hash] })) as {
    status: string;
    logs: Receipt["logs"];
  };
  return { done: receipt.status === "0x1", logs: receipt.logs };
}

/** An empty block. */
export async function pass(system: System, seconds: bigint): Promise<void> {
  system.time.now += seconds;
  const time = `0x${system.time.now.toString(16)}`;
  await connection.provider.request({ method: "evm_setNextBlockTimestamp", params: [time] });
  await connection.provider.request({ method: "evm_mine", params: [] });
}

/** The answer of a call that changes nothing; undefined if it reverts. */
export async function ask(from: string, to: string, data: string): Promise<string | undefined> {
  try {
    return (await connection.provider.request({
      method: "eth_call",
      params: [{ from, to, data, gas: GAS }, "latest"],
    })) as string;
  } catch {
    return undefined;
  }
}

export async function balanceOf(address: string): Promise<bigint> {
  return BigInt(
    (await connection.provider.request({ method: "eth_getBalance", params: [address, "latest"] })) as string,
  );
}

/** Does `work`, and leaves the chain as it was before it. */
export async function undone<Result>(system: System, work: () => Promise<Result>): Promise<Result> {
  const { now } = system.time;
  const snapshot: unknown = await connection.provider.request({ method: "evm_snapshot", params: [] });
  const result = await work();
  await connection.provider.request({ method: "evm_revert", params: [snapshot] });
  system.time.now = now;
  return result;
}

export function encode(abi: Interface, name: string, args: readonly unknown[] = []): string {
  return abi.encodeFunctionData(name, args);
}
