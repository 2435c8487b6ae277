import { expect } from "chai";

import {
  ether,
  ethers,
  loadStakedPool,
  nextEpoch,
  SEED,
  UNBONDING,
  networkHelpers,
  waitUnbonding,
} from "../fixtures/operator.ts";
import { balancesOf, checkPool } from "../helpers/poolInvariants.ts";

// The laws of the staking-pool interface (docs: the design's section 4), one by one.
describe("StakingPool", () => {
  describe("the laws of the interface", () => {
    const prices = [
      { name: "1", rewarded: 0n, slashed: 0n },
      { name: "above 1", rewarded: ether("33.333333333333333331"), slashed: 0n },
      { name: "far above 1", rewarded: ether("1234.567"), slashed: 0n },
      { name: "below 1", rewarded: 0n, slashed: 3_333n },
      { name: "far below 1", rewarded: 0n, slashed: 9_999n },
    ];

    for (const { name, rewarded, slashed } of prices) {
      it(`L1: unstaking exactly what the view says never reverts, at a price ${name}`, async () => {
        const { pool, network, alice, bob, reward, slash } = await loadStakedPool();
        if (rewarded !== 0n) await reward(rewarded);
        if (slashed !== 0n) await slash(slashed);

        for (const user of [alice, bob]) {
          const { staked, shares } = await balancesOf(pool, user);
          await pool.connect(user).unstake(staked);
          const left = await balancesOf(pool, user);
          expect(left.unstaked).to.equal(staked);
          // What is left is worth less than what one more wei would have cost.
          expect(left.staked).to.equal(0n);
          expect(left.shares).to.be.below(shares);
        }
        await checkPool(pool, network, SEED);
      });

      it(`L1: unstake_all burns every share, at a price ${name}`, async () => {
        const { pool, network, alice, reward, slash } = await loadStakedPool();
        if (rewarded !== 0n) await reward(rewarded);
        if (slashed !== 0n) await slash(slashed);
        const { staked, shares } = await balancesOf(pool, alice);

        await expect(pool.connect(alice).unstake_all())
          .to.emit(pool, "Unstaked")
          .withArgs(alice, 1n, staked, shares, staked);

        expect(await balancesOf(pool, alice)).to.include({ shares: 0n, staked: 0n, unstaked: staked });
        await checkPool(pool, network, SEED);
      });

      it(`L2: after the delay, withdrawing what the view says pays exactly that, at a price ${name}`, async () => {
        const { pool, network, alice, reward, slash } = await loadStakedPool();
        if (rewarded !== 0n) await reward(rewarded);
        if (slashed !== 0n) await slash(slashed);
        await pool.connect(alice).unstake_all();
        await waitUnbonding();
        const { unstaked, canWithdraw } = await balancesOf(pool, alice);
        expect(canWithdraw).to.equal(true);

        await expect(pool.connect(alice).withdraw(unstaked)).to.changeEtherBalance(ethers, alice, unstaked);

        expect(await balancesOf(pool, alice)).to.include({ unstaked: 0n, canWithdraw: true });
        await checkPool(pool, network, SEED);
      });
    }

    it("L3: views answer for any address, in any state of the pool", async () => {
      const { pool, carol, slash } = await loadStakedPool();
      const strangers = [carol.address, "0x0000000000000000000000000000000000000000", await pool.getAddress()];
      const expectNothing = async () => {
        for (const stranger of strangers) {
          expect(await pool.get_account_staked_balance(stranger)).to.equal(0n);
          expect(await pool.get_account_unstaked_balance(stranger)).to.equal(0n);
          expect(await pool.get_account_total_balance(stranger)).to.equal(0n);
          expect(await pool.is_account_unstaked_balance_available(stranger)).to.equal(true);
          expect(await pool.get_account(stranger)).to.deep.equal([stranger, 0n, 0n, true]);
          expect(await pool.exitsOf(stranger)).to.deep.equal([]);
          expect(await pool.withdrawable(stranger)).to.equal(0n);
          expect(await pool.sharesOf(stranger)).to.equal(0n);
        }
      };

      await expectNothing();
      await slash(10_000n);
      await expectNothing();
      await pool.ping();
      await expectNothing();
    });

    it("L5: a later unstake never delays an earlier one", async () => {
      const { pool, network, alice, bob } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(10));
      const begun = BigInt(await networkHelpers.time.latest());
      const [first] = await pool.exitsOf(alice);
      expect(first!.earliest).to.equal(begun + UNBONDING);

      // More of everything, in this epoch and in later ones.
      await pool.connect(alice).unstake(ether(5));
      await pool.connect(bob).unstake(ether(5));
      await nextEpoch();
      await pool.connect(alice).unstake(ether(5));
      await nextEpoch();
      await pool.connect(bob).unstake_all();

      await networkHelpers.time.increaseTo(begun + UNBONDING);
      expect((await balancesOf(pool, alice)).withdrawable).to.equal(ether(10));
      await pool.connect(alice).withdraw(ether(10));
      await checkPool(pool, network, SEED);
    });

    it("an exit earns nothing more", async () => {
      const { pool, alice, reward } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(10));

      await reward(ether(50));

      expect(await pool.get_account_unstaked_balance(alice)).to.equal(ether(10));
      await waitUnbonding();
      expect(await pool.connect(alice).withdraw_all.staticCall()).to.equal(ether(10));
    });

    it("a bystander's balance never falls when others come, leave and withdraw", async () => {
      const { pool, network, alice, bob, carol, reward } = await loadStakedPool();
      await reward(ether("7.000000000000000003"));
      let before = await pool.get_account_staked_balance(bob);
      const check = async () => {
        const after = await pool.get_account_staked_balance(bob);
        expect(after).to.be.at.least(before);
        before = after;
        await checkPool(pool, network, SEED);
      };

      await pool.connect(carol).deposit_and_stake({ value: 12_345n });
      await check();
      await pool.connect(carol).unstake(1n);
      await check();
      await pool.connect(alice).unstake(ether("1.000000000000000001"));
      await check();
      await pool.connect(carol).unstake_all();
      await check();
      // Carol's wei began to unbond at once; the rest, in the next epoch.
      await nextEpoch();
      await pool.ping();
      await waitUnbonding();
      await pool.connect(carol).withdraw_all();
      await check();
      await pool.connect(alice).stake_all();
      await check();
    });
  });
});
