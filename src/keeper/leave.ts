import type { Signer } from "ethers";

import { readLens } from "../lens/read.ts";
import { chainTime, type KeeperContracts } from "./contracts.ts";
import { ask, type Desk, openDesk, say, send } from "./desk.ts";
import { fundExitsJob } from "./fund.ts";
import type { KeeperOptions } from "./options.ts";
import { rebalanceJob } from "./rebalance.ts";
import { settleJob } from "./settle.ts";

/** How far a staker has come on the way out. Amounts in wei, times in seconds. */
export interface Departure {
  /** `out`: nothing is left in the pool. `staked`: nothing is waited for, but there is a stake. */
  readonly state: "out" | "waiting" | "staked";
  /** Paid in this call. */
  readonly paid: bigint;
  /** Still waited for. */
  readonly open: bigint;
  /** When the next step can be taken. */
  readonly comeBackAt: bigint;
}

const WITHDRAW_GAS = 1_500_000n;

/**
 * One piece of the way out when no keeper is alive: settle → rebalance → fund exits → withdraw everything, as far as it
 * goes now, by the staker alone. All state is on chain: call it again at `comeBackAt`, until `out`.
 */
export async function leave(
  contracts: KeeperContracts & { readonly signer: Signer },
  options: KeeperOptions = {},
): Promise<Departure> {
  const account = await contracts.signer.getAddress();
  await settleJob(contracts, options);
  await rebalanceJob(contracts, options);
  await fundExitsJob(contracts, options);

  const { metaPool } = contracts;
  const desk = await openDesk("withdraw", contracts, options);
  let paid = 0n;
  const withdrawable = await ask(desk, () => metaPool.withdrawable(account));
  if (withdrawable > 0n) {
    const request = await metaPool.getFunction("withdraw_all").populateTransaction();
    const { receipt } = await send(desk, { ...request, gasLimit: WITHDRAW_GAS });
    if (receipt !== null) paid = withdrawable;
    say(desk, receipt === null ? "would withdraw" : "withdrew", { assets: withdrawable });
  }
  const exits = await ask(desk, () => metaPool.exitsOf(account));
  const open = exits.reduce((sum, exit) => sum + exit.open, 0n);
  const staked = await ask(desk, () => metaPool.balanceOf(account));
  return {
    state: open > 0n ? "waiting" : staked > 0n ? "staked" : "out",
    paid,
    open,
    comeBackAt: open > 0n ? await nextChance(desk) : 0n,
  };
}

/** When exits may come a step further: with the next round, or with the first one after something has unbonded. */
async function nextChance(desk: Desk): Promise<bigint> {
  const { pool, operators } = await ask(desk, () => readLens(desk.contracts.lens));
  const { nextAt, epochLength } = pool.round;
  const now = await ask(desk, () => chainTime(desk.provider));
  // Before the exit's own round has begun nothing is asked of the operators.
  const isBegun = pool.fundedThrough + 1n < pool.fillingBatch;
  const dues = operators.map(({ record }) => record.dueAt).filter((dueAt) => dueAt > now);
  const first = dues.reduce((least, dueAt) => (dueAt < least ? dueAt : least), dues[0] ?? 0n);
  if (!isBegun || first <= nextAt) return nextAt > now ? nextAt : now + epochLength;
  return ((first + epochLength - 1n) / epochLength) * epochLength;
}
