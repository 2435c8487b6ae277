import { DAY } from "../../src/model/book.ts";
import type { OperatorPool } from "../../src/model/operators.ts";

/** A pool whose answers a test sets. */
export interface Scripted extends OperatorPool {
  staked: bigint;
  unstaked: bigint;
  cash: bigint;
  fails: boolean;
}

export function scripted(staked = 0n, bond = 0n): Scripted {
  const pool: Scripted = {
    staked,
    unstaked: 0n,
    cash: 0n,
    fails: false,
    unbondingTime: 4n * DAY,
    collect: () => {
      if (pool.fails) throw new Error("dead");
      const arrived = pool.cash;
      pool.cash = 0n;
      return { arrived, staked: pool.staked, unstaked: pool.unstaked, total: pool.staked, bond };
    },
    peek: () => {
      if (pool.fails) throw new Error("dead");
      return { staked: pool.staked, unstaked: pool.unstaked };
    },
    peekBond: () => bond,
    push: (_, amount) => {
      pool.staked += amount;
      return { staked: pool.staked, unstaked: pool.unstaked };
    },
    pull: (_, amount) => {
      pool.staked -= amount;
      pool.unstaked += amount;
      return { staked: pool.staked, unstaked: pool.unstaked };
    },
  };
  return pool;
}
