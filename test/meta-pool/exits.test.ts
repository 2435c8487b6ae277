import { expect } from "chai";

import {
  ether,
  ethers,
  expectSolvent,
  gasOf,
  loadStakedPool,
  loadWorkingPool,
  networkHelpers,
  valuesOf,
} from "../fixtures/metaPool.ts";

describe("MetaPool", () => {
  describe("fundExits", () => {
    it("does nothing without waiting batches, without a completed round, and for zero batches", async () => {
      const { pool, keeper, alice, round } = await loadStakedPool();
      const fundExits = pool.connect(keeper).fundExits;
      expect(await fundExits.staticCall(10)).to.equal(0n);
      await pool.connect(alice).unstake(5n);
      expect(await fundExits.staticCall(10)).to.equal(0n);
      await round();
      expect(await fundExits.staticCall(0)).to.equal(0n);
      await expect(fundExits(0)).not.to.emit(pool, "BatchFunded");
    });

    it("funds batches in order, whoever calls, as far as the buffer goes", async () => {
      const { pool, keeper, alice, bob, round, cash } = await loadWorkingPool();
      await pool.connect(alice).unstake(10n);
      await round();
      await pool.connect(bob).unstake(20n);
      await round();
      await cash(25n);
      expect(await pool.connect(keeper).fundExits.staticCall(10)).to.equal(25n);

      const fund = pool.connect(keeper).fundExits(10);

      await expect(fund).to.emit(pool, "BatchFunded").withArgs(1n, 10n, true);
      await expect(fund).to.emit(pool, "BatchFunded").withArgs(2n, 15n, false);
      expect(await pool.batchOf(1n)).to.deep.equal([10n, 10n, 0n]);
      expect(await pool.batchOf(2n)).to.deep.equal([20n, 15n, 5n]);
      expect(await pool.fundedThrough()).to.equal(1n);
      const book = await pool.getBook();
      expect([book.buffer, book.owed, book.funded]).to.deep.equal([0n, 5n, 25n]);
      expect(book.assets).to.equal(ether(100) - 30n);
    });

    it("funds no more batches than it was asked to", async () => {
      const { pool, alice, round } = await loadStakedPool();
      for (let batch = 0; batch < 3; batch++) {
        await pool.connect(alice).unstake(10n);
        await round();
      }

      await pool.fundExits(2);

      expect(await pool.fundedThrough()).to.equal(2n);
    });

    it("does not let a whale of the same batch hold up a small exit", async () => {
      const { pool, alice, bob, round, cash } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(59));
      await pool.connect(bob).unstake(ether(1));
      await round();
      await cash(ether(30));
      await pool.fundExits(1);

      expect(await pool.withdrawable(bob)).to.equal(ether(30) / 60n);
      expect(await pool.withdrawable(alice)).to.equal((ether(30) * 59n) / 60n);
    });

    it("pays exits from fresh stakes before anything is unbonded", async () => {
      const { pool, alice, carol, round } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(10));
      await round();
      await pool.connect(carol).deposit_and_stake({ value: ether(10) });

      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, ether(10));
    });

    it("does not touch free balances or what is reserved for others", async () => {
      const { pool, alice, bob, carol, round } = await loadWorkingPool();
      await pool.connect(carol).deposit({ value: ether(10) });
      await pool.connect(alice).unstake(ether(10));
      await round();

      expect(await pool.fundExits.staticCall(10)).to.equal(0n);
      await expectSolvent(pool, [alice, bob, carol]);
    });

    it("gives the shares what rounding left owed to nobody", async () => {
      const { pool, alice, bob, loss, cash, round } = await loadWorkingPool();
      await pool.connect(alice).unstake(10n);
      await pool.connect(bob).unstake(11n);
      await loss(ether(33)); // 21 owed → 15, I = 15/21
      await round();
      await cash(ether(1));
      for (let part = 0; part < 3; part++) {
        await pool.fundExits(1);
      }

      expect((await pool.getBook()).owed).to.equal(0n);
      expect((await pool.getBook()).funded).to.be.at.most(15n);
      await expectSolvent(pool, [alice, bob]);
    });

    it("costs the same after a thousand rounds without exits", async () => {
      const { pool, alice, bob, round } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1));
      await round();
      const snapshot = await networkHelpers.takeSnapshot();
      const near = [await gasOf(pool.connect(bob).unstake(ether(1))), await gasOf(pool.connect(alice).withdraw_all())];
      await snapshot.restore();
      for (let i = 0; i < 300; i++) await round();
      const far = [await gasOf(pool.connect(bob).unstake(ether(1))), await gasOf(pool.connect(alice).withdraw_all())];

      for (const [i, gas] of far.entries()) expect(gas).to.be.within(near[i]! - 100n, near[i]! + 100n);
    });

    it("costs who leaves the same however many others have asked to", async () => {
      const { pool, alice, bob, round } = await loadStakedPool();
      const signers = (await ethers.getSigners()).slice(8, 18);
      for (const signer of signers) await pool.connect(signer).deposit_and_stake({ value: 100n });
      await pool.connect(alice).unstake(ether(1));
      const few = await gasOf(pool.connect(bob).unstake(ether(1)));
      for (const signer of signers) {
        await pool.connect(signer).unstake_all();
        await round();
      }
      await pool.connect(alice).unstake(1n);

      const many = await gasOf(pool.connect(bob).unstake(ether(1)));

      expect(many).to.be.at.most(few + 25_000n); // its own older exit, found not to be funded yet
    });
  });

  describe("exitsOf and fundedThrough", () => {
    it("list each exit with its times, until it is funded", async () => {
      const { pool, alice, round } = await loadStakedPool();
      await pool.connect(alice).unstake(7n);
      expect((await pool.exitsOf(alice)).map((exit) => valuesOf(exit))).to.deep.equal([[1n, 7n, 0n, 1000n, 2000n]]);
      await round();
      await pool.fundExits(1);
      expect((await pool.exitsOf(alice)).map((exit) => valuesOf(exit))).to.deep.equal([[1n, 0n, 7n, 0n, 0n]]);
      await pool.connect(alice).withdraw_all();
      expect(await pool.exitsOf(alice)).to.deep.equal([]);
    });

    it("keep an account's list whole when exits come and go", async () => {
      const { pool, alice, round } = await loadStakedPool();
      for (let batch = 1n; batch <= 6n; batch++) {
        await pool.connect(alice).unstake(10n ** batch);
        await round();
        if (batch === 2n) await pool.connect(alice).withdraw(5n);
        if (batch === 4n) await pool.connect(alice).withdraw_all();
      }

      const exits = (await pool.exitsOf(alice)).map((exit) => valuesOf(exit).slice(0, 3));

      expect(exits).to.deep.equal([
        [5n, 10n ** 5n, 0n],
        [6n, 10n ** 6n, 0n],
      ]);
    });

    it("say through which batch everybody is funded", async () => {
      const { pool, alice, round, cash } = await loadWorkingPool();
      expect(await pool.fundedThrough()).to.equal(0n);
      await round();
      expect(await pool.fundedThrough()).to.equal(1n);
      await pool.connect(alice).unstake(10n); // in batch 2
      await round();
      await round();
      expect(await pool.fundedThrough()).to.equal(1n);
      await cash(9n);
      await pool.fundExits(1);
      expect(await pool.fundedThrough()).to.equal(1n);
      await cash(1n);
      await pool.fundExits(1);
      expect(await pool.fundedThrough()).to.equal(3n);
    });
  });
});
