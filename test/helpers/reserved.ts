import { type BaseContract, EventLog } from "ethers";

import type { MetaPool, StakingPool } from "../../types/index.ts";

/** Wei set aside for exits and not taken: no word of the book says it, its logs do (docs/decisions/0010). */
export async function reservedOf(pool: MetaPool | StakingPool): Promise<bigint> {
  const { funded, free } = await pool.getBook();
  const [deposited, withdrawn, restaked] = await Promise.all([
    loggedBy(pool, "Deposited"),
    loggedBy(pool, "Withdrawn"),
    loggedBy(pool, "Restaked"),
  ]);
  return deposited + funded - withdrawn - restaked - free;
}

async function loggedBy(pool: BaseContract, event: string): Promise<bigint> {
  let sum = 0n;
  for (const log of await pool.queryFilter(event)) {
    if (log instanceof EventLog) sum += log.args.getValue("assets") as bigint;
  }
  return sum;
}
