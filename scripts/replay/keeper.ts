import type { KeeperOptions } from "../../src/keeper/options.ts";

/** A keeper on a chain that charges nothing for gas: pages as large as a transaction takes. */
export const KEEPER: KeeperOptions = { pageSize: 60, certifyPageSize: 400, legsPerTx: 16 };
