import { expect } from "chai";

import { ether, ethers, loadPool, loadStakedPool, networkHelpers, SEED, waitUnbonding } from "../fixtures/operator.ts";
import { balancesOf, checkPool } from "../helpers/poolInvariants.ts";

describe("StakingPool", () => {
  describe("get_accounts", () => {
    it("gives pages, and empty ones beyond the end", async () => {
      const { pool } = await loadPool();
      const users = (await ethers.getSigners()).slice(5, 10);
      for (const [index, user] of users.entries())
        await pool.connect(user).deposit_and_stake({ value: BigInt(index + 1) });
      const view = (index: number) => [users[index]!.address, 0n, BigInt(index + 1), true];

      expect(await pool.get_number_of_accounts()).to.equal(5n);
      expect(await pool.get_accounts(0n, 2n)).to.deep.equal([view(0), view(1)]);
      expect(await pool.get_accounts(2n, 2n)).to.deep.equal([view(2), view(3)]);
      expect(await pool.get_accounts(4n, 2n)).to.deep.equal([view(4)]);
      expect(await pool.get_accounts(3n, 2n ** 256n - 1n)).to.deep.equal([view(3), view(4)]);
      expect(await pool.get_accounts(0n, 0n)).to.deep.equal([]);
      expect(await pool.get_accounts(5n, 1n)).to.deep.equal([]);
      expect(await pool.get_accounts(2n ** 256n - 1n, 2n ** 256n - 1n)).to.deep.equal([]);
    });

    it("lists accounts that have shares, free balance or exits, and no others", async () => {
      const { pool, alice, bob, carol } = await loadStakedPool();
      const listed = async () => (await pool.get_accounts(0n, 10n)).map((account) => account.account_id);
      expect(await listed()).to.have.members([alice.address, bob.address]);

      await pool.connect(carol).deposit({ value: 1n });
      await pool.connect(alice).unstake_all();
      expect(await listed()).to.have.members([alice.address, bob.address, carol.address]);

      await pool.connect(carol).withdraw(1n);
      await waitUnbonding();
      expect(await listed()).to.have.members([alice.address, bob.address]);

      await pool.connect(alice).withdraw(ether(59));
      expect(await listed()).to.have.members([alice.address, bob.address]);
      await pool.connect(alice).withdraw_all();
      expect(await listed()).to.deep.equal([bob.address]);
    });

    it("lists the owner once commission is booked", async () => {
      const { pool, owner, reward } = await loadStakedPool();
      await reward(ether(1));
      await pool.ping();
      expect((await pool.get_accounts(2n, 1n))[0]!.account_id).to.equal(owner);
    });

    it("says the same as the views of one account", async () => {
      const { pool, alice, bob, reward } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1));
      await pool.connect(bob).deposit({ value: 7n });
      await waitUnbonding();
      await reward(ether(3));

      for (const listed of await pool.get_accounts(0n, 10n)) {
        expect(await pool.get_account(listed.account_id)).to.deep.equal(listed);
        expect(await pool.get_account_total_balance(listed.account_id)).to.equal(
          listed.staked_balance + listed.unstaked_balance,
        );
        expect(await balancesOf(pool, listed.account_id)).to.include({
          staked: listed.staked_balance,
          unstaked: listed.unstaked_balance,
          canWithdraw: listed.can_withdraw,
        });
      }
    });
  });

  describe("ether forced in", () => {
    it("changes nothing", async () => {
      const { pool, network, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1));
      const before = [await pool.getBook(), await balancesOf(pool, alice), await pool.getRate()];

      await networkHelpers.setBalance(await pool.getAddress(), ether(1_000));

      expect([await pool.getBook(), await balancesOf(pool, alice), await pool.getRate()]).to.deep.equal(before);
      await pool.ping();
      expect([await pool.getBook(), await balancesOf(pool, alice), await pool.getRate()]).to.deep.equal(before);
      await checkPool(pool, network, SEED);
    });
  });

  describe("convertToShares, convertToAssets and getRate", () => {
    it("are at the price of this block, rounded down", async () => {
      const { pool, slash } = await loadStakedPool();
      await slash(1_900n); // 81 for 90 shares

      expect(await pool.getRate()).to.equal(ether("0.9"));
      expect(await pool.convertToAssets(10n)).to.equal(9n);
      expect(await pool.convertToAssets(11n)).to.equal(9n);
      expect(await pool.convertToShares(9n)).to.equal(10n);
      expect(await pool.convertToShares(10n)).to.equal(11n);
      expect(await pool.previewStake(10n)).to.equal(11n);
      expect(await pool.previewUnstake(10n)).to.equal(12n);
    });
  });
});
