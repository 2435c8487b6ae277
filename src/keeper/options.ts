import type { Log } from "./log.ts";
import { type Memory, newMemory } from "./memory.ts";
import { DEFAULT_PATIENCE, type Patience } from "./retry.ts";

/** How the keeper works; everything has a default. */
export interface KeeperOptions {
  /** Operators that one `settle` reads at most. */
  readonly pageSize?: number;
  /** Operators that one `certifyLevels` checks at most. */
  readonly certifyPageSize?: number;
  /** Legs in one `rebalance`. */
  readonly legsPerTx?: number;
  /** Send nothing; say what would be sent. */
  readonly dryRun?: boolean;
  readonly log?: Log;
  /** The keeper refuses to work on another chain. */
  readonly chainId?: bigint;
  /** Most that a unit of gas may cost, in wei; above it the keeper waits for better times. */
  readonly maxFeePerGas?: bigint;
  /** Confirmations of a transaction before the next one is thought of. */
  readonly confirmations?: number;
  /** How long to wait for a transaction, in milliseconds. */
  readonly transactionTimeout?: number;
  /** How often a job reads the chain again after somebody else was faster, without any progress in between. */
  readonly rereads?: number;
  readonly patience?: Patience;
  /** A smaller loss at an operator waits for the next round, in wei. */
  readonly smallestLoss?: bigint;
  /** Kept from one run to the next; without one each job begins with its own. */
  readonly memory?: Memory;
}

export type Settings = Required<Omit<KeeperOptions, "chainId" | "maxFeePerGas">> &
  Pick<KeeperOptions, "chainId" | "maxFeePerGas">;

export function withDefaults(options: KeeperOptions): Settings {
  return {
    pageSize: 25,
    certifyPageSize: 400,
    legsPerTx: 16,
    dryRun: false,
    log: () => undefined,
    confirmations: 1,
    transactionTimeout: 180_000,
    rereads: 5,
    patience: DEFAULT_PATIENCE,
    smallestLoss: 10n ** 15n,
    memory: newMemory(),
    ...options,
  };
}
