import { expect } from "chai";

import {
  DAY,
  ether,
  ethers,
  loadPool,
  loadSmallPool,
  loadStakedPool,
  networkHelpers,
  nextEpoch,
  RAY,
  SEED,
  waitUnbonding,
} from "../fixtures/operator.ts";
import { balancesOf, checkPool } from "../helpers/poolInvariants.ts";

// Everything begins with 100 ether: the seed, the owner's bond of 10, alice's 60 and bob's 29.999.
describe("StakingPool", () => {
  describe("losses", () => {
    it("below the bond are the bond's alone", async () => {
      const { pool, network, owner, alice, slash } = await loadStakedPool();

      await slash(500n);

      expect(await pool.bond()).to.equal(ether(5));
      expect(await pool.get_account_staked_balance(alice)).to.equal(ether(60));
      await expect(pool.ping()).to.emit(pool, "LossBooked").withArgs(ether(5), ether(5), ether(5), 0n, 0n);
      expect(await pool.bond()).to.equal(ether(5));
      expect(await pool.getRate()).to.equal(ether(1));
      expect(await pool.get_account_staked_balance(owner)).to.equal(0n);
      await checkPool(pool, network, SEED);
    });

    it("as large as the bond take all of it and nothing else", async () => {
      const { pool, network, alice, slash } = await loadStakedPool();

      await slash(1_000n);

      await expect(pool.ping()).to.emit(pool, "LossBooked").withArgs(ether(10), ether(10), ether(10), 0n, 0n);
      expect(await pool.bond()).to.equal(0n);
      expect(await pool.get_account_staked_balance(alice)).to.equal(ether(60));
      await checkPool(pool, network, SEED);
    });

    it("above the bond fall on all other shares alike", async () => {
      const { pool, network, alice, bob, slash } = await loadStakedPool();

      await slash(1_900n); // 9 more than the bond, of the 90 that are left

      await expect(pool.ping()).to.emit(pool, "LossBooked").withArgs(ether(19), ether(10), ether(10), ether(9), 0n);
      expect(await pool.getRate()).to.equal(ether("0.9"));
      expect(await pool.get_account_staked_balance(alice)).to.equal(ether(54));
      expect(await pool.get_account_staked_balance(bob)).to.equal(ether("26.9991"));
      await checkPool(pool, network, SEED);
    });

    it("never lower the price while the bond covers them, at any price", async () => {
      const { pool, network, reward, slash } = await loadStakedPool();
      await reward(ether("12.345678901234567891"));
      await pool.ping(); // a loss eats what was not booked yet before it reaches the bond
      let rate = await pool.getRate();
      for (const bps of [1n, 7n, 13n, 111n]) {
        await slash(bps);
        const next = await pool.getRate();
        expect(next).to.be.at.least(rate);
        await pool.ping();
        expect(await pool.getRate()).to.equal(next);
        rate = next;
        await checkPool(pool, network, SEED);
      }
    });

    it("take the bond at what its shares are worth after a gain", async () => {
      const { pool, network, alice, reward, slash } = await loadStakedPool();
      await reward(ether(100)); // the bond is worth nearly 20 now
      await pool.ping();
      const before = await pool.get_account_staked_balance(alice);
      const bond = await pool.bond();

      await slash(900n); // 18 of 200

      expect(await pool.get_account_staked_balance(alice)).to.be.at.least(before);
      // Its rest is worth what is left of it, but for the rounding of one share.
      expect(bond - (await pool.bond())).to.be.within(ether(18), ether(18) + 4n);
      await checkPool(pool, network, SEED);
    });

    describe("while exits are open", () => {
      /** alice has asked for 20: 80 are bonded, 20 unbond. */
      async function loadLeaving() {
        const fixture = await loadStakedPool();
        await fixture.pool.connect(fixture.alice).unstake(ether(20));
        return fixture;
      }

      it("leave exits whole if the bond covers them, and what exits lack is unbonded at once", async () => {
        const { pool, network, alice, slash } = await loadLeaving();

        await slash(500n);

        expect(await pool.get_account_unstaked_balance(alice)).to.equal(ether(20));
        const ping = pool.ping();
        await expect(ping).to.emit(pool, "LossBooked").withArgs(ether(5), ether(5), ether(5), 0n, 0n);
        await expect(ping).to.emit(pool, "UnbondingStarted").withArgs(ether(1));
        await expect(ping).not.to.emit(pool, "ExitsWrittenDown");
        await checkPool(pool, network, SEED);

        await waitUnbonding();
        await expect(pool.connect(alice).withdraw(ether(20))).to.changeEtherBalance(ethers, alice, ether(20));
      });

      it("pay what has come back at once, and the rest when it has", async () => {
        const { pool, network, alice, slash } = await loadLeaving();
        await slash(500n);
        await nextEpoch();
        await pool.ping(); // unbonds the missing ether only now
        await nextEpoch(2n);
        await networkHelpers.time.increase(DAY / 2n);

        expect(await pool.withdrawable(alice)).to.equal(ether(19));
        await pool.connect(alice).withdraw(ether(19));
        await networkHelpers.time.increase(DAY);
        expect(await balancesOf(pool, alice)).to.include({ unstaked: ether(1), withdrawable: ether(1) });
        await checkPool(pool, network, SEED);
      });

      it("that are booked unbond at once what all exits lack, so that the batch that fills begins with nothing more", async () => {
        const { pool, network, alice, bob, slash } = await loadLeaving();
        await pool.connect(bob).unstake(ether(10)); // in the next epoch's batch
        await slash(500n);
        await expect(pool.ping()).to.emit(pool, "UnbondingStarted").withArgs(ether(11));

        await nextEpoch();
        const ping = pool.ping();
        await expect(ping).to.emit(pool, "BatchBegun").withArgs(2n);
        await expect(ping).not.to.emit(pool, "UnbondingStarted");

        await waitUnbonding();
        await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, ether(20));
        await expect(pool.connect(bob).withdraw_all()).to.changeEtherBalance(ethers, bob, ether(10));
        await checkPool(pool, network, SEED);
      });

      // Found by the campaign against the whole system: what was lost stayed away until somebody asked for another exit.
      it("that a reward outweighs before anybody calls are unbonded anew all the same", async () => {
        const { pool, network, alice, reward, slash } = await loadLeaving();
        await slash(500n); // 1 of the 20 that unbond, and 4 of the rest
        await reward(ether(8));

        const ping = pool.ping();
        await expect(ping).to.emit(pool, "GainBooked");
        await expect(ping).not.to.emit(pool, "LossBooked");
        await expect(ping).to.emit(pool, "UnbondingStarted").withArgs(ether(1));
        await checkPool(pool, network, SEED);
        await expect(pool.ping()).not.to.emit(pool, "UnbondingStarted");

        await waitUnbonding();
        expect(await balancesOf(pool, alice)).to.include({ unstaked: ether(20), withdrawable: ether(20) });
        await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalances(ethers, [alice, pool], [ether(20), 0n]);
      });

      it("that a reward outweighs to the wei are unbonded anew, too", async () => {
        const { pool, reward, slash } = await loadLeaving();
        await slash(500n);
        await reward(ether(5));

        const ping = pool.ping();
        await expect(ping).not.to.emit(pool, "GainBooked");
        await expect(ping).to.emit(pool, "UnbondingStarted").withArgs(ether(1));
      });

      it("that a reward outweighs wait, at the most, for the batch that fills, and begin with it", async () => {
        const { pool, network, alice, bob, reward, slash } = await loadLeaving();
        await pool.connect(bob).unstake(ether(10)); // in the next epoch's batch
        await slash(500n);
        await reward(ether(8));
        await expect(pool.ping()).not.to.emit(pool, "UnbondingStarted");

        await nextEpoch();
        await expect(pool.ping()).to.emit(pool, "UnbondingStarted").withArgs(ether(11));
        await expect(pool.ping()).not.to.emit(pool, "UnbondingStarted");

        await waitUnbonding();
        await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, ether(20));
        await expect(pool.connect(bob).withdraw_all()).to.changeEtherBalance(ethers, bob, ether(10));
        await checkPool(pool, network, SEED);
      });

      it("share what the bond does not cover between exits and shares, the exits' part rounded down", async () => {
        const { pool, network, alice, bob, slash } = await loadLeaving();

        await slash(2_000n); // 10 beyond the bond, on 70 of equity and 20 owed

        const fromExits = (ether(10) * 20n) / 90n;
        const fromShares = ether(10) - fromExits;
        const index = (RAY * (ether(20) - fromExits)) / ether(20);
        const asked = (ether(20) * index) / RAY;
        expect(await pool.get_account_unstaked_balance(alice)).to.equal(asked);
        expect(await pool.get_account_staked_balance(bob)).to.equal(
          (ether("29.999") * (ether(70) - fromShares)) / ether(70),
        );

        const ping = pool.ping();
        await expect(ping).to.emit(pool, "LossBooked").withArgs(ether(20), ether(10), ether(10), fromShares, fromExits);
        await expect(ping).to.emit(pool, "ExitsWrittenDown").withArgs(fromExits, index);
        expect(await pool.get_account_unstaked_balance(alice)).to.equal(asked);
        await checkPool(pool, network, SEED);

        await expect(pool.connect(bob).deposit_and_stake({ value: ether(1) })).to.emit(pool, "Staked");

        await waitUnbonding();
        await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, asked);
        await checkPool(pool, network, SEED);
      });

      it("also find exits that wait to be collected, but not those that are funded", async () => {
        const { pool, network, alice, bob, slash } = await loadLeaving();
        await waitUnbonding();
        await pool.ping(); // funds alice
        await pool.connect(bob).unstake(ether(10));
        await waitUnbonding(); // bob's could be collected

        await slash(5_000n);

        expect(await pool.get_account_unstaked_balance(alice)).to.equal(ether(20));
        expect(await pool.get_account_unstaked_balance(bob)).to.be.below(ether(10));
        await checkPool(pool, network, SEED);
        await pool.ping();
        await checkPool(pool, network, SEED);
      });

      it("are borne alike by an exit whose batch has not begun", async () => {
        const { pool, network, alice, bob, slash } = await loadLeaving();
        await pool.connect(bob).unstake(ether(20));

        await slash(5_000n);

        const [first, second] = [await balancesOf(pool, alice), await balancesOf(pool, bob)];
        expect(second.unstaked).to.be.within(first.unstaked - 1n, first.unstaked + 1n);
        await pool.ping();
        await checkPool(pool, network, SEED);
      });

      it("who leaves after a loss that is not yet booked leaves at the new price", async () => {
        const { pool, network, bob, slash } = await loadLeaving();
        await slash(2_000n);
        const { staked } = await balancesOf(pool, bob);
        expect(staked).to.be.below(ether("29.999"));

        await pool.connect(bob).unstake_all();

        // Once exits were written down, an exit is kept in units: to the wei below what was asked for.
        expect((await balancesOf(pool, bob)).unstaked).to.be.within(staked - 1n, staked);
        await checkPool(pool, network, SEED);
      });

      it("of everything close all exits at what they were paid", async () => {
        const { pool, network, owner, alice, bob, slash } = await loadLeaving();
        await waitUnbonding();
        await pool.ping();
        await pool.connect(alice).withdraw(ether(5)); // 15 are funded and left there
        await pool.connect(bob).unstake(ether(10));

        await slash(10_000n);

        const check = async () => {
          expect(await balancesOf(pool, alice)).to.include({ staked: 0n, unstaked: ether(15), canWithdraw: true });
          expect(await balancesOf(pool, bob)).to.include({ staked: 0n, unstaked: 0n, canWithdraw: true });
          expect(await pool.bond()).to.equal(0n);
          expect(await pool.get_total_staked_balance()).to.equal(0n);
          expect(await pool.getRate()).to.equal(0n);
          expect(await pool.convertToShares(ether(1))).to.equal(0n);
          expect(await pool.fundedThrough()).to.equal(3n);
          await checkPool(pool, network, SEED);
        };
        await check();
        const ping = pool.ping();
        await expect(ping).to.emit(pool, "ExitsWrittenDown").withArgs(ether(10), 0n);
        await expect(ping).to.emit(pool, "BatchesVoided").withArgs(3n, 0n);
        await check();

        // Leaving works, for those who have something and for those who have not.
        await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, ether(15));
        await pool.connect(alice).unstake_all();
        await pool.connect(bob).unstake_all();
        expect(await pool.get_number_of_accounts()).to.equal(0n);
        await expect(pool.connect(owner).addBond({ value: 1n })).to.be.revertedWithCustomError(pool, "PoolInsolvent");
        expect((await pool.getBook()).supply).to.equal(SEED);
        await checkPool(pool, network, SEED);
      });
    });

    describe("of nearly everything", () => {
      it("refuse stakes at a price below a billionth", async () => {
        const { pool, network, owner, alice, slash } = await loadStakedPool();
        await slash(10_000n);
        for (const act of [
          () => pool.connect(alice).deposit_and_stake({ value: ether(1) }),
          () => pool.connect(alice).stakeFor(alice, 0n, 2n ** 64n, { value: ether(1) }),
          () => pool.connect(owner).addBond({ value: ether(1) }),
        ]) {
          await expect(act()).to.be.revertedWithCustomError(pool, "PoolInsolvent").withArgs(0n, ether(90));
        }
        await checkPool(pool, network, SEED);
      });

      it("close exits before they can no longer be told apart, and leave the rest to the shares", async () => {
        const { pool, network, alice, bob, slash } = await loadStakedPool();
        await pool.connect(alice).unstake_all();
        await slash(9_999n);
        await pool.ping();
        await slash(9_999n);
        await pool.ping();
        expect(await pool.get_account_unstaked_balance(alice)).to.be.above(0n);
        await slash(9_999n); // 1e-12 is left
        const shown = [await pool.getBook(), await balancesOf(pool, alice), await balancesOf(pool, bob)];
        expect(await pool.get_account_unstaked_balance(alice)).to.equal(0n);

        await expect(pool.ping()).to.emit(pool, "BatchesVoided");

        expect([await pool.getBook(), await balancesOf(pool, alice), await balancesOf(pool, bob)]).to.deep.equal(shown);
        expect((await pool.getBook()).owed).to.equal(0n);
        await checkPool(pool, network, SEED);
      });

      it("are followed by gains without a commission, and stakes once there is a price again", async () => {
        const { pool, network, owner, alice, carol, reward, slash } = await loadStakedPool();
        await slash(10_000n);
        await pool.ping();
        await reward(ether(9));

        await expect(pool.ping()).to.emit(pool, "GainBooked").withArgs(ether(9), 0n, 0n);

        expect(await pool.sharesOf(owner)).to.equal(0n);
        expect(await pool.get_account_staked_balance(alice)).to.equal(ether(6));
        await pool.connect(carol).deposit_and_stake({ value: ether(1) });
        expect(await pool.sharesOf(carol)).to.equal(ether(10));
        await checkPool(pool, network, SEED);
      });
    });

    it("leave dust in the roundings of exits, which belongs to all shares once the last exit is funded", async () => {
      const { pool, network, alice, slash } = await loadSmallPool();
      await pool.connect(alice).unstake(71n);
      for (let times = 0; times < 3; times++) {
        await slash(1_234n);
        await pool.ping();
      }
      await waitUnbonding();
      const { equity } = await pool.getBook();

      const ping = pool.ping();

      // 50 are owed, but 71 units are worth 49 after the index was rounded down three times.
      await expect(ping).to.emit(pool, "BatchFunded").withArgs(1n, 49n, true);
      await expect(ping).to.emit(pool, "DustReleased").withArgs(1n);
      const after = await pool.getBook();
      expect([after.equity, after.owed]).to.deep.equal([equity, 0n]);
      await checkPool(pool, network, 1n);
    });

    it("of a wei are booked, too", async () => {
      const { pool, network, deployer, owner, alice } = await loadPool();
      await pool.connect(owner).addBond({ value: 10_000n - 1n });
      await pool.connect(alice).deposit_and_stake({ value: 1n });
      await network.connect(deployer).slash(pool, 1n); // of 1e15 + 10,000 wei, 1e11 + 1

      await expect(pool.ping())
        .to.emit(pool, "LossBooked")
        .withArgs(10n ** 11n + 1n, 9_999n, 9_999n, 10n ** 11n + 1n - 9_999n, 0n);
      await checkPool(pool, network, SEED);
    });
  });
});
