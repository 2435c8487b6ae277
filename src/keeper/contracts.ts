import { getAddress, type Provider, type Signer } from "ethers";

import { Failure } from "../cli/failure.ts";
import type { Allocator, MetaPool, OperatorRegistry, PoolLens } from "../../types/index.ts";

/** What the keeper works on. Without a signer it only says what it would do. */
export interface KeeperContracts {
  readonly metaPool: MetaPool;
  readonly allocator: Allocator;
  readonly registry: OperatorRegistry;
  readonly lens: PoolLens;
  readonly signer: Signer | null;
}

/** The node that the contracts are read through. */
export function providerOf({ allocator }: Pick<KeeperContracts, "allocator">): Provider {
  const provider = allocator.runner?.provider;
  if (provider === null || provider === undefined) throw new Error("The contracts are not connected to a node.");
  return provider;
}

/** The same contracts, read through the node alone: calls are simulated as whoever they name. */
export function unsigned(contracts: KeeperContracts): KeeperContracts {
  const provider = providerOf(contracts);
  return {
    ...contracts,
    metaPool: contracts.metaPool.connect(provider),
    allocator: contracts.allocator.connect(provider),
    registry: contracts.registry.connect(provider),
    lens: contracts.lens.connect(provider),
  };
}

/** Why the keeper refuses to work. */
export class WrongDeployment extends Failure {}

/** Refuses another chain than the expected one, and contracts that do not belong together. Returns the chain's id. */
export async function checkDeployment(contracts: KeeperContracts, expected?: bigint): Promise<bigint> {
  const { metaPool, allocator, registry } = contracts;
  const { chainId } = await providerOf(contracts).getNetwork();
  if (expected !== undefined && chainId !== expected) {
    throw new WrongDeployment(`The node is on chain ${chainId}, the deployment on chain ${expected}.`);
  }
  const address = getAddress(await allocator.getAddress());
  const [ofPool, ofRegistry] = await Promise.all([metaPool.allocator(), registry.allocator()]);
  if (ofPool !== address || ofRegistry !== address) {
    throw new WrongDeployment(`The pool and the registry do not belong to the allocator at ${address}.`);
  }
  return chainId;
}

/** The chain's clock: the time that the next block would have, where the node says it, else the latest block's. */
export async function chainTime(provider: Provider): Promise<bigint> {
  const pending = await provider.getBlock("pending").catch(() => null);
  const block = pending ?? (await provider.getBlock("latest"));
  return BigInt(block?.timestamp ?? 0);
}
