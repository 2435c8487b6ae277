import type { Provider, Signer } from "ethers";

import type { Allocator, MetaPool, OperatorRegistry } from "../../types/index.ts";

/** What the keeper works on. Without a signer it only says what it would do. */
export interface KeeperContracts {
  readonly metaPool: MetaPool;
  readonly allocator: Allocator;
  readonly registry: OperatorRegistry;
  readonly lens?: unknown;
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
  };
}
