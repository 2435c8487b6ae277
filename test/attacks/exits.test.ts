/** Leaving: A33 to A42 of docs/attacks.md. */
import { expect } from "chai";

import {
  connection,
  DAY,
  deployPaidAccount,
  ether,
  ethers,
  loadGrownPool,
  loadStakedPool,
  loadWorkingPool,
  networkHelpers,
  nextEpoch,
  now,
} from "../fixtures/metaPool.ts";
import * as operator from "../fixtures/operator.ts";
import { reservedOf } from "../helpers/reserved.ts";
import { openLedger } from "../helpers/worth.ts";

describe("Attacks", () => {
  describe("exits", () => {
    it("A33 what an exit is owed is nobody else's: a stake beside a large exit buys at the same price", async () => {
      const { pool, alice, bob: victim, carol: attacker, round, cash } = await loadWorkingPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker, alice], victim: [victim] });
      const rate = await pool.getRate();
      await pool.connect(alice).unstake(ether(50));
      await pool.connect(attacker).deposit_and_stake({ value: ether(30) });
      expect(await pool.getRate()).to.equal(rate);
      await round(); // pays 30 of the 50 from the stake
      await pool.connect(alice).withdraw(ether(30));
      await pool.connect(attacker).unstake_all();
      await cash(ether(60));
      await round();
      await pool.connect(alice).withdraw_all();
      await pool.connect(attacker).withdraw_all();

      expect(await pool.getRate()).to.equal(rate);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A34 a keeper that ends a batch between two exits gives neither of them another rate", async () => {
      const { pool, alice: attacker, bob: victim, beginRound, endRound, loss, cash } = await loadWorkingPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      await pool.connect(attacker).unstake(ether(10));
      await beginRound();
      await pool.connect(victim).unstake(ether(10));
      await loss(ether(20));
      await endRound(1n);
      await cash(ether(40));
      await pool.fundExits(10);
      const batch = await pool.fillingBatch();
      await beginRound();
      await endRound(batch);
      await pool.fundExits(10);

      expect(await pool.withdrawable(attacker)).to.equal(ether(8));
      expect(await pool.withdrawable(victim)).to.equal(ether(8));
      const { attacker: profit, victim: lost } = await ledger.changes();
      expect(profit).to.be.closeTo(-ether("11.8"), 2n);
      expect(lost).to.be.closeTo(-ether(8), 2n);
    });

    it("A35 nobody passes a whale that waits: neither a later exit nor an instant one", async () => {
      const { pool, alice: victim, bob: attacker, carol, round, cash } = await loadWorkingPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      await pool.connect(victim).unstake(ether(50));
      await round();
      await pool.connect(attacker).unstake(ether(5));
      await round();
      await cash(ether(20));

      await expect(pool.connect(attacker).unstakeInstant(1_000n, 0n, attacker))
        .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
        .withArgs(982n, 0n);
      await expect(pool.connect(attacker).withdraw(1n))
        .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
        .withArgs(attacker, 1n, 0n);
      await pool.connect(carol).fundExits(10);
      expect(await pool.withdrawable(victim)).to.equal(ether(20));
      expect(await pool.withdrawable(attacker)).to.equal(0n);
      await cash(ether(35));
      await pool.connect(attacker).withdraw_all();
      expect(await pool.withdrawable(victim)).to.equal(ether(50));
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    for (const name of ["MetaPool", "StakingPool"] as const) {
      it(`A36 an exit of ${name} is paid once, to its owner, however it is asked for`, async () => {
        const meta = name === "MetaPool" ? await loadStakedPool() : null;
        const own = meta ?? (await operator.loadStakedPool());
        const { pool, alice: victim, bob: attacker } = own;
        const chain = meta === null ? operator.connection : connection;
        const ledger = await openLedger(chain, [pool], { attacker: [attacker], victim: [victim] });
        await pool.connect(victim).unstake(ether(10));
        await pool.connect(attacker).unstake(ether(10));
        if (meta === null) {
          await operator.nextEpoch();
          await pool.ping();
          await operator.waitUnbonding();
        } else {
          await meta.round();
        }
        await pool.connect(attacker).withdrawTo(attacker, ether(4));
        await pool.connect(victim).withdrawFor(attacker);
        for (const again of [
          () => pool.connect(attacker).withdraw_all(),
          () => pool.connect(attacker).withdrawFor(attacker),
        ]) {
          await expect(again()).to.be.revertedWithCustomError(pool, "ZeroAmount");
        }
        await pool.connect(attacker).withdrawFor(victim);

        expect(await pool.get_account_unstaked_balance(victim)).to.equal(0n);
        expect(await pool.get_account_unstaked_balance(attacker)).to.equal(0n);
        expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
      });
    }

    it("A37 an exit is no option: who waits with one earns nothing of a gain, and comes back at the new price", async () => {
      const { pool, alice: attacker, bob: victim, gain, round, cash } = await loadWorkingPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      await pool.connect(attacker).unstake_all();
      await cash(ether(59));
      await round();
      await gain(ether(10));
      await round();
      await networkHelpers.time.increase(8n * DAY);
      const rate = await pool.getRate();
      await pool.connect(attacker).fundExits(1);
      await pool.connect(attacker).stake_all();

      expect(await pool.getRate()).to.be.at.least(rate);
      const { attacker: profit, victim: won } = await ledger.changes();
      expect(profit).to.be.within(-2n, 0n);
      expect(won).to.be.closeTo((ether(10) * 40n) / 41n, 2n);
    });

    it("A38 a stranger's exits in every epoch do not put off anybody's unbonding", async () => {
      const { pool, network, alice: victim, bob: attacker } = await operator.loadStakedPool();
      const ledger = await openLedger(operator.connection, [pool], { attacker: [attacker], victim: [victim] });
      await pool.connect(attacker).unstake(1n);
      await pool.connect(victim).unstake(ether(20));
      const asked = await operator.now();
      while ((await operator.now()) < asked + operator.UNBONDING + operator.EPOCH) {
        await pool.connect(attacker).unstake(1n);
        await operator.networkHelpers.time.increase(operator.EPOCH / 3n);
      }
      await pool.connect(attacker).unstake(1n);

      expect(await network.collectable(pool)).to.be.at.most(1n);
      await expect(pool.connect(victim).withdraw_all()).to.changeEtherBalance(operator.ethers, victim, ether(20));
      expect(await operator.now()).to.be.at.most(asked + operator.UNBONDING + 2n * operator.EPOCH);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A39 asking for more never locks what is due, on either pool", async () => {
      const meta = await loadStakedPool();
      const ledger = await openLedger(connection, [meta.pool], { attacker: [meta.bob], victim: [meta.alice] });
      await meta.pool.connect(meta.alice).unstake(ether(3));
      await meta.round();
      await meta.pool.fundExits(1);
      await meta.pool.connect(meta.alice).unstake(ether(1));
      await meta.pool.connect(meta.bob).unstake(ether(10)); // nor does it if others want more than there is
      await meta.round();
      expect(await meta.pool.withdrawable(meta.alice)).to.be.at.least(ether(3));
      await expect(meta.pool.connect(meta.alice).withdraw(ether(3))).to.changeEtherBalance(
        ethers,
        meta.alice,
        ether(3),
      );
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });

      const { pool, alice, bob } = await operator.loadStakedPool();
      const own = await openLedger(operator.connection, [pool], { attacker: [bob], victim: [alice] });
      await pool.connect(alice).unstake(ether(3));
      await operator.nextEpoch();
      await pool.ping();
      await operator.waitUnbonding();
      await pool.connect(alice).unstake(ether(1));
      await pool.connect(bob).unstake(ether(10));
      expect(await pool.withdrawable(alice)).to.equal(ether(3));
      await expect(pool.connect(alice).withdraw(ether(3))).to.changeEtherBalance(operator.ethers, alice, ether(3));
      expect(await own.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A40 funding and withdrawing by the wei costs an exit a wei a time, and pays the attacker nothing", async () => {
      const { pool, alice: victim, bob, carol: attacker, loss, round, cash } = await loadWorkingPool();
      await pool.connect(victim).unstake(ether(10));
      await loss(ether(33));
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim], others: [bob] });
      await round();
      for (let time = 0; time < 20; time += 1) {
        await pool.connect(attacker).deposit_and_stake({ value: 7n });
        await pool.connect(attacker).fundExits(1);
        await pool.connect(victim).withdraw(1n);
      }
      await cash(ether(20));
      await pool.fundExits(1);
      await pool.connect(victim).withdraw_all();

      const { attacker: profit, victim: lost, others } = await ledger.changes();
      expect(profit).to.be.within(-60n, 0n);
      expect(lost).to.be.within(-20n, 20n);
      expect(others).to.be.at.least(0n);
      expect((await pool.getBook()).owed).to.equal(0n);
      expect(await reservedOf(pool)).to.be.within(0n, 40n);
    });

    it("A41 emptying the limit of instant exits in a loop costs the fee each time, and no ordinary exit a day", async () => {
      const { pool, alice: victim, bob, carol: attacker, round } = await loadStakedPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victims: [victim, bob] });
      await nextEpoch();
      const { bufferTarget } = await pool.getBook();
      let paid = 0n;
      for (let exits = 0; exits < 40; exits += 1) {
        await pool.connect(attacker).deposit_and_stake({ value: ether("0.02") });
        const shares = await pool.balanceOf(attacker);
        const [assets] = await pool.previewInstant(shares);
        if (paid + assets > bufferTarget / 2n) break;
        await pool.connect(attacker).unstakeInstant(shares, 0n, attacker);
        paid += assets;
      }
      expect(paid).to.be.greaterThan((bufferTarget * 45n) / 100n);
      await pool.connect(victim).unstake(ether(10));
      await round();
      await pool.connect(victim).withdraw_all();

      const { attacker: profit, victims } = await ledger.changes();
      expect(profit).to.be.within((-paid * 26n) / 10_000n, (-paid * 24n) / 10_000n);
      expect(victims).to.be.within(0n, -profit);
    });

    it("A42 a guardian that pauses for as long as it can holds up no exit", async () => {
      const { pool, guardian: attacker, alice: victim, round } = await loadStakedPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      await pool.connect(victim).unstake(ether(5));
      await pool.connect(attacker).pauseStaking(21n * DAY);
      const until = (await now()) + 21n * DAY;
      await expect(pool.connect(victim).deposit_and_stake({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "StakingIsPaused")
        .withArgs(until);
      await pool.connect(victim).unstake(ether(5));
      await pool.connect(victim).unstakeInstant(ether("0.1"), 0n, victim);
      await round();
      await expect(pool.connect(victim).withdraw_all()).to.changeEtherBalance(ethers, victim, ether(10));
      await networkHelpers.time.increaseTo(until);
      await expect(pool.connect(attacker).pauseStaking(DAY)).to.be.revertedWithCustomError(pool, "PauseNotAllowedYet");
      await pool.connect(victim).deposit_and_stake({ value: ether(1) });

      const { attacker: profit, victim: lost } = await ledger.changes();
      expect(profit).to.equal(0n);
      expect(lost, "the fee of its instant exit, of which it gets its share back").to.be.within(-ether("0.00025"), 0n);
    });

    it("A42 an owner that pauses its pool holds up no exit either", async () => {
      const { pool, owner: attacker, alice: victim } = await operator.loadStakedPool();
      const ledger = await openLedger(operator.connection, [pool], { attacker: [attacker], victim: [victim] });
      await pool.connect(attacker).pauseStaking();
      await pool.connect(victim).unstake_all();
      await operator.nextEpoch();
      await pool.ping();
      await operator.waitUnbonding();
      await expect(pool.connect(victim).withdraw_all()).to.changeEtherBalance(operator.ethers, victim, ether(60));
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A36 paying somebody out moves only what is free and funded, and only to its owner", async () => {
      const { pool, alice: victim, bob: attacker } = await loadGrownPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      const paid = await deployPaidAccount(pool);
      await pool.connect(victim).deposit({ value: ether(2) });
      await pool.connect(victim).unstake(ether(1));
      const staked = await pool.get_account_staked_balance(victim);
      await expect(pool.connect(attacker).withdrawFor(victim)).to.changeEtherBalances(
        ethers,
        [victim, attacker],
        [ether(2), 0n],
      );
      await expect(pool.connect(attacker).withdrawFor(paid.address)).to.be.revertedWithCustomError(pool, "ZeroAmount");

      expect(await pool.get_account_staked_balance(victim)).to.equal(staked);
      const { attacker: profit, victim: lost } = await ledger.changes();
      expect([profit, lost >= -1n]).to.deep.equal([0n, true]);
    });
  });
});
