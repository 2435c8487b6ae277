import type { KeeperOptions } from "../../src/keeper/options.ts";

/** Pages as large as one transaction takes. */
export const KEEPER: KeeperOptions = { pageSize: 60, certifyPageSize: 1_000, legsPerTx: 20 };
