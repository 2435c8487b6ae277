import { expect } from "chai";
import type { AddressLike } from "ethers";

import { ethers } from "../fixtures/operator.ts";
import type { DevNetwork, StakingPool } from "../../types/index.ts";
import { reservedOf } from "./reserved.ts";

/** What holds for a pool after every step, whoever has an account there. */
export async function checkPool(pool: StakingPool, network: DevNetwork, seed: bigint): Promise<void> {
  const book = await pool.getBook();
  const reserved = await reservedOf(pool);
  const accounts = await pool.get_accounts(0n, 1_000n);
  const balance = await ethers.provider.getBalance(pool);
  const collectable = await network.collectable(pool);
  const bonded = await network.stakeOf(pool);
  const unbonding = (await network.unbondingOf(pool)) - collectable;

  // Nothing appears or disappears.
  expect(bonded + unbonding + book.cash, "holdings").to.equal(book.equity + book.owed);
  expect(balance + collectable, "balance").to.be.at.least(book.cash + reserved + book.free);

  // Every share is somebody's, the bond's or the seed's.
  let shares = book.bondShares + seed;
  for (const account of accounts) shares += await pool.sharesOf(account.account_id);
  expect(shares, "supply").to.equal(book.supply);

  // What accounts see is there.
  const unstaked = accounts.reduce((sum, account) => sum + account.unstaked_balance, 0n);
  const staked = accounts.reduce((sum, account) => sum + account.staked_balance, 0n);
  expect(unstaked, "unstaked").to.be.at.most(book.owed + reserved + book.free);
  expect(staked, "staked").to.be.at.most(book.equity);
}

/** What an account sees, in one call each. */
export async function balancesOf(pool: StakingPool, account: AddressLike) {
  const [view, shares, withdrawable] = await Promise.all([
    pool.get_account(account),
    pool.sharesOf(account),
    pool.withdrawable(account),
  ]);
  return {
    staked: view.staked_balance,
    unstaked: view.unstaked_balance,
    canWithdraw: view.can_withdraw,
    shares,
    withdrawable,
  };
}
