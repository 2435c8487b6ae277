/** The deployed system and its model: honest operators, hostile ones, some more to be listed. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { NO_CAP, NO_SHARE } from "../../../rocketh/parameters.ts";
import type * as allocation from "../../../src/model/allocator.ts";
import type * as network from "../../../src/model/network.ts";
import type { Operator, OperatorPool } from "../../../src/model/operators.ts";
import type * as staking from "../../../src/model/stakingPool.ts";
import type { HostilePool } from "../../../types/contracts/mocks/HostilePool.ts";
import type { StakingPool } from "../../../types/contracts/StakingPool.ts";
import type { Trellis } from "../../fixtures/deployment.ts";
import type { HostileState } from "../hostilePool.ts";
import type { PoolWorld } from "../pool.ts";

export const DAY = 86_400n;

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

export interface System extends PoolWorld {
  readonly trellis: Trellis;
  readonly account: string; // the allocator's
  readonly chainAddress: string;
  readonly lensAddress: string;
  readonly registryAddress: string;
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

export const isSettled = ({ model }: System) => model.round === 0n && model.snapshot !== undefined;

export function operatorOf(w: System, id: bigint): Operator {
  return w.model.operators[Number(id) - 1]!;
}

export function addressOfOperator(w: System, id: bigint): string {
  return w.pools.find(({ model }) => model === operatorOf(w, id).pool)!.address;
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
