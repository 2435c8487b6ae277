import { expect } from "chai";

import {
  ceilDiv,
  EPOCH,
  ether,
  ethers,
  loadGrownPool,
  loadStakedPool,
  loadWorkingPool,
  MAX_UINT256,
  networkHelpers,
  stateOf,
  valuesOf,
} from "../fixtures/metaPool.ts";
import { reservedOf } from "../helpers/reserved.ts";

describe("MetaPool", () => {
  describe("unstake", () => {
    it("reverts on zero", async () => {
      const { pool, alice } = await loadStakedPool();

      await expect(pool.connect(alice).unstake(0n)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts above the staked balance, whatever the amount", async () => {
      const { pool, alice, carol } = await loadGrownPool(); // alice: 59 shares of 1.5

      for (const amount of [ether("88.5") + 1n, MAX_UINT256]) {
        await expect(pool.connect(alice).unstake(amount))
          .to.be.revertedWithCustomError(pool, "InsufficientStake")
          .withArgs(alice.address, amount, ether("88.5"));
      }
      await expect(pool.connect(carol).unstake(1n))
        .to.be.revertedWithCustomError(pool, "InsufficientStake")
        .withArgs(carol.address, 1n, 0n);
    });

    it("says so for any amount after a loss, too, and when nothing is left", async () => {
      const { pool, alice, loss } = await loadWorkingPool();
      for (const [lost, left] of [
        [ether(50), ether("29.5")],
        [ether(50), 0n],
      ] as const) {
        await loss(lost);

        await expect(pool.connect(alice).unstake(MAX_UINT256))
          .to.be.revertedWithCustomError(pool, "InsufficientStake")
          .withArgs(alice.address, MAX_UINT256, left);
      }
    });

    it("burns shares, rounded up, for an exit of exactly the amount", async () => {
      const { pool, alice } = await loadGrownPool(); // E = 150, S = 100
      const batch = await pool.fillingBatch();
      const shares = ceilDiv(1000n * 100n, 150n);

      const unstake = pool.connect(alice).unstake(1000n);

      await expect(unstake).to.emit(pool, "Unstaked").withArgs(alice.address, batch, 1000n, shares, 1000n);
      await expect(unstake).to.emit(pool, "Transfer").withArgs(alice.address, ethers.ZeroAddress, shares);
      await expect(unstake).to.changeEtherBalances(ethers, [alice, pool], [0n, 0n]);
      expect(await pool.balanceOf(alice)).to.equal(ether(59) - shares);
      const book = await pool.getBook();
      expect([book.assets, book.owed, book.supply]).to.deep.equal([ether(150) - 1000n, 1000n, ether(100) - shares]);
      expect(await pool.is_account_unstaked_balance_available(alice)).to.equal(false);
    });

    it("never reverts for exactly the staked balance, and burns no more shares than there are", async () => {
      for (const gained of [0n, 1n, 7n, 10n ** 17n + 3n]) {
        const { pool, alice, bob, gain, round } = await loadWorkingPool();
        await pool.connect(bob).transfer(alice, 7n);
        if (gained !== 0n) await gain(gained);
        await round();
        await networkHelpers.time.increase(EPOCH); // all released

        await pool.connect(bob).unstake(await pool.get_account_staked_balance(bob));

        expect(await pool.get_account_staked_balance(bob)).to.equal(0n);
      }
    });

    it("keeps one record while nobody settles, and another after the next round has begun", async () => {
      const { pool, alice, beginRound } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1));
      await pool.connect(alice).unstake(ether(2));
      await beginRound();
      await pool.connect(alice).unstake(ether(4));

      const exits = (await pool.exitsOf(alice)).map((exit) => valuesOf(exit));

      expect(exits).to.deep.equal([
        [1n, ether(3), 0n, 1000n, 2000n],
        [2n, ether(4), 0n, 2000n, 4000n],
      ]);
    });

    it("never delays an earlier exit", async () => {
      const { pool, alice, round } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1));
      await round();
      await pool.connect(alice).unstake(ether(2));

      await expect(pool.connect(alice).withdraw(ether(1))).to.changeEtherBalance(ethers, alice, ether(1));
    });

    it("folds up to two finished exits of the caller into its free balance", async () => {
      const { pool, alice, round } = await loadStakedPool();
      for (const amount of [1n, 2n, 4n]) {
        await pool.connect(alice).unstake(amount);
        await round();
      }
      await pool.fundExits(10);

      const unstake = pool.connect(alice).unstake(8n);

      await expect(unstake).to.emit(pool, "ExitFolded").withArgs(alice.address, 1n, 1n);
      await expect(unstake).to.emit(pool, "ExitFolded").withArgs(alice.address, 2n, 2n);
      const exits = (await pool.exitsOf(alice)).map((exit) => valuesOf(exit).slice(0, 3));
      expect(exits).to.deep.equal([
        [3n, 0n, 4n],
        [4n, 8n, 0n],
      ]);
      const book = await pool.getBook();
      expect([book.free, await reservedOf(pool), book.owed]).to.deep.equal([3n, 4n, 8n]);
      expect(await pool.withdrawable(alice)).to.equal(7n);
    });

    it("does not fold what is funded in part", async () => {
      const { pool, alice, round, cash } = await loadWorkingPool();
      await pool.connect(alice).unstake(10n);
      await round();
      await cash(4n);
      await pool.fundExits(1);

      await pool.connect(alice).unstake(1n);

      expect((await pool.getBook()).free).to.equal(0n);
      expect(await pool.withdrawable(alice)).to.equal(4n);
    });
  });

  describe("previewUnstake", () => {
    it("is zero for zero, and more than there is for assets that are not there, also when nothing is left", async () => {
      const { pool, loss } = await loadWorkingPool();
      const { supply } = await pool.getBook();
      const previewed = () => Promise.all([0n, 1n, ether(100), ether(100) + 1n].map((x) => pool.previewUnstake(x)));

      expect(await previewed()).to.deep.equal([0n, 1n, supply, MAX_UINT256]);
      await loss(ether(100));
      expect(await previewed()).to.deep.equal([0n, MAX_UINT256, MAX_UINT256, MAX_UINT256]);
      expect(await pool.previewUnstake(MAX_UINT256)).to.equal(MAX_UINT256);
    });
  });

  describe("unstake_all", () => {
    it("reverts without shares", async () => {
      const { pool, carol } = await loadStakedPool();

      await expect(pool.connect(carol).unstake_all()).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("burns every share and opens an exit of their worth, rounded down", async () => {
      const { pool, bob, alice } = await loadGrownPool();
      await pool.connect(bob).transfer(alice, ether(40) - 7n);

      await expect(pool.connect(bob).unstake_all()).to.emit(pool, "Unstaked").withArgs(bob.address, 2n, 10n, 7n, 10n); // ⌊7 · 1.5⌋
      expect(await pool.balanceOf(bob)).to.equal(0n);
    });

    it("burns shares that are worth nothing without an exit", async () => {
      const { pool, bob, loss } = await loadWorkingPool();
      await loss(ether(100));

      await expect(pool.connect(bob).unstake_all())
        .to.emit(pool, "Unstaked")
        .withArgs(bob.address, 0n, 0n, ether(40), 0n);
      expect(await pool.exitsOf(bob)).to.deep.equal([]);
    });
  });

  describe("unstakeShares", () => {
    it("reverts on zero, and above the balance", async () => {
      const { pool, bob } = await loadGrownPool();

      await expect(pool.connect(bob).unstakeShares(0n, 0n)).to.be.revertedWithCustomError(pool, "ZeroAmount");
      for (const shares of [ether(40) + 1n, MAX_UINT256]) {
        await expect(pool.connect(bob).unstakeShares(shares, 0n))
          .to.be.revertedWithCustomError(pool, "InsufficientStake")
          .withArgs(bob.address, shares, ether(40));
      }
    });

    it("reverts below the minimum of assets", async () => {
      const { pool, bob } = await loadGrownPool();

      await expect(pool.connect(bob).unstakeShares(3n, 5n))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(4n, 5n);
    });

    it("burns exactly the shares, and returns the exit's amount", async () => {
      const { pool, bob } = await loadGrownPool();
      expect(await pool.connect(bob).unstakeShares.staticCall(3n, 4n)).to.equal(4n); // ⌊3 · 1.5⌋

      const unstake = pool.connect(bob).unstakeShares(3n, 4n);

      await expect(unstake).to.emit(pool, "Unstaked").withArgs(bob.address, 2n, 4n, 3n, 4n);
      expect(await pool.balanceOf(bob)).to.equal(ether(40) - 3n);
    });

    it("earns nothing while it waits", async () => {
      const { pool, bob, gain, round } = await loadWorkingPool();
      await pool.connect(bob).unstake_all();
      await gain(ether(10));
      await round();

      expect((await stateOf(pool, bob)).accounts[0]).to.deep.equal({
        shares: 0n,
        unstaked: ether(40),
        withdrawable: 0n,
      });
    });
  });
});
