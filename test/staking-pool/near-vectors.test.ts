import { expect } from "chai";

import { loadSmallPool, networkHelpers } from "../fixtures/operator.ts";

// NEAR's own vectors with every rounding against the caller: what differs from NEAR is said beside each.
describe("StakingPool", () => {
  describe("NEAR's vectors", () => {
    const stakes = [
      { total: 1_000n, amount: 500n, shares: 500n, totalAfter: 1_500n, supplyAfter: 1_500n }, // as NEAR
      // NEAR charges 498 and adds 499: the caller is charged all of the 500 here, and all of it joins the total.
      { total: 1_330n, amount: 500n, shares: 375n, totalAfter: 1_830n, supplyAfter: 1_375n },
      // NEAR charges 1 of the 2 and adds 2: charged all of it here.
      { total: 1_333n, amount: 2n, shares: 1n, totalAfter: 1_335n, supplyAfter: 1_001n },
    ];
    for (const { total, amount, shares, totalAfter, supplyAfter } of stakes) {
      it(`stakes ${amount} at ${total}/1000`, async () => {
        const { pool, bob, reward } = await loadSmallPool();
        if (total > 1_000n) await reward(total - 1_000n);

        expect(await pool.previewStake(amount)).to.equal(shares);
        await expect(pool.connect(bob).deposit_and_stake({ value: amount }))
          .to.emit(pool, "Staked")
          .withArgs(bob, bob, amount, shares);

        const book = await pool.getBook();
        expect(book.equity).to.equal(totalAfter);
        expect(book.supply).to.equal(supplyAfter);
        expect(await pool.get_account_unstaked_balance(bob)).to.equal(0n);
      });
    }

    it("refuses a stake of 1 at 1333/1000, which buys no share", async () => {
      const { pool, bob, reward } = await loadSmallPool();
      await reward(333n);

      await expect(pool.connect(bob).deposit_and_stake({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "StakeTooSmall")
        .withArgs(1n);
    });

    it("stakes 1e18 at (1e24 + 7)/1e24", async () => {
      const { pool, alice, bob, reward } = await loadSmallPool();
      await networkHelpers.setBalance(alice.address, 2n * 10n ** 24n);
      await pool.connect(alice).deposit_and_stake({ value: 10n ** 24n - 1_000n });
      await reward(7n);

      // NEAR charges 1e18 − 1 for the 1e18 − 1 shares; the caller is charged all of it here.
      await expect(pool.connect(bob).deposit_and_stake({ value: 10n ** 18n }))
        .to.emit(pool, "Staked")
        .withArgs(bob, bob, 10n ** 18n, 10n ** 18n - 1n);

      expect((await pool.getBook()).equity).to.equal(10n ** 24n + 7n + 10n ** 18n);
    });

    const unstakes = [
      // NEAR credits 501 for the 376 shares: exactly the 500 asked for here.
      { total: 1_330n, amount: 500n, shares: 376n, totalAfter: 830n, supplyAfter: 624n },
      // NEAR credits 2: exactly the 1 asked for here.
      { total: 1_333n, amount: 1n, shares: 1n, totalAfter: 1_332n, supplyAfter: 999n },
      // NEAR credits 702 and takes 701 off the total: exactly 700 here, both.
      { total: 1_333n, amount: 700n, shares: 526n, totalAfter: 633n, supplyAfter: 474n },
    ];
    for (const { total, amount, shares, totalAfter, supplyAfter } of unstakes) {
      it(`unstakes ${amount} at ${total}/1000`, async () => {
        const { pool, alice, reward } = await loadSmallPool();
        await reward(total - 1_000n);

        expect(await pool.previewUnstake(amount)).to.equal(shares);
        await expect(pool.connect(alice).unstake(amount))
          .to.emit(pool, "Unstaked")
          .withArgs(alice, 1n, amount, shares, amount);

        const book = await pool.getBook();
        expect(book.equity).to.equal(totalAfter);
        expect(book.supply).to.equal(supplyAfter);
        expect(await pool.get_account_unstaked_balance(alice)).to.equal(amount);
      });
    }
  });
});
