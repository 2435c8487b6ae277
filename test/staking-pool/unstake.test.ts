import { expect } from "chai";

import {
  ether,
  loadPool,
  loadSmallPool,
  loadStakedPool,
  nextEpoch,
  SEED,
  waitUnbonding,
} from "../fixtures/operator.ts";
import { balancesOf, checkPool } from "../helpers/poolInvariants.ts";

describe("StakingPool", () => {
  describe("unstake", () => {
    it("reverts for zero", async () => {
      const { pool, alice } = await loadStakedPool();
      await expect(pool.connect(alice).unstake(0n)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts for more than the staked balance", async () => {
      const { pool, alice, carol } = await loadStakedPool();
      await expect(pool.connect(alice).unstake(ether(60) + 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientStake")
        .withArgs(alice, ether(60) + 1n, ether(60));
      await expect(pool.connect(alice).unstake(2n ** 256n - 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientStake")
        .withArgs(alice, 2n ** 256n - 1n, ether(60));
      await expect(pool.connect(carol).unstake(1n))
        .to.be.revertedWithCustomError(pool, "InsufficientStake")
        .withArgs(carol, 1n, 0n);
    });

    it("burns what the preview said and opens an exit of exactly the amount", async () => {
      const { pool, network, alice, reward } = await loadStakedPool();
      await reward(ether(10));
      const shares = await pool.previewUnstake(ether(5));
      const before = await balancesOf(pool, alice);

      const unstake = pool.connect(alice).unstake(ether(5));

      await expect(unstake).to.emit(pool, "Unstaked").withArgs(alice, 1n, ether(5), shares, ether(5));
      await expect(unstake).to.emit(pool, "BatchBegun").withArgs(1n);
      await expect(unstake).to.emit(pool, "UnbondingStarted").withArgs(ether(5));
      const after = await balancesOf(pool, alice);
      expect(after.shares).to.equal(before.shares - shares);
      expect(after.unstaked).to.equal(ether(5));
      expect(after.withdrawable).to.equal(0n);
      expect(after.canWithdraw).to.equal(false);
      expect(await network.unbondingOf(pool)).to.equal(ether(5));
      await checkPool(pool, network, SEED);
    });

    it("joins the next batch if one has begun in this epoch", async () => {
      const { pool, network, alice, bob } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(5));

      const unstake = pool.connect(bob).unstake(ether(3));

      await expect(unstake).to.emit(pool, "Unstaked").withArgs(bob, 2n, ether(3), ether(3), ether(3));
      await expect(unstake).not.to.emit(pool, "BatchBegun");
      expect(await network.unbondingOf(pool)).to.equal(ether(5));
      await nextEpoch();
      await expect(pool.ping()).to.emit(pool, "UnbondingStarted").withArgs(ether(3));
      await checkPool(pool, network, SEED);
    });

    it("goes out together with those that waited for a new epoch", async () => {
      const { pool, network, alice, bob } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(5));
      await pool.connect(bob).unstake(ether(3));
      await nextEpoch();

      const unstake = pool.connect(alice).unstake(ether(2));

      await expect(unstake).to.emit(pool, "Unstaked").withArgs(alice, 2n, ether(2), ether(2), ether(2));
      await expect(unstake).to.emit(pool, "UnbondingStarted").withArgs(ether(5));
      await checkPool(pool, network, SEED);
    });

    it("keeps one record for all of an account's exits in a batch", async () => {
      const { pool, alice, bob } = await loadStakedPool();
      await pool.connect(bob).unstake(1n);
      await pool.connect(alice).unstake(ether(5));
      await pool.connect(alice).unstake(ether(2));

      const exits = await pool.exitsOf(alice);

      expect(exits.length).to.equal(1);
      expect(exits[0]!.open).to.equal(ether(7));
    });

    it("folds up to two finished exits into the free balance", async () => {
      const { pool, network, alice } = await loadStakedPool();
      for (let exit = 1; exit <= 3; exit++) {
        await pool.connect(alice).unstake(BigInt(exit));
        await nextEpoch();
      }
      await waitUnbonding();

      const unstake = pool.connect(alice).unstake(10n);

      await expect(unstake).to.emit(pool, "ExitFolded").withArgs(alice, 1n, 1n);
      await expect(unstake).to.emit(pool, "ExitFolded").withArgs(alice, 2n, 2n);
      expect((await pool.exitsOf(alice)).map((exit) => [exit.batch, exit.open, exit.matured])).to.deep.equal([
        [3n, 0n, 3n],
        [4n, 10n, 0n],
      ]);
      expect((await pool.getBook()).free).to.equal(3n);
      expect(await balancesOf(pool, alice)).to.include({ unstaked: 16n, withdrawable: 6n });
      await checkPool(pool, network, SEED);
    });
  });

  describe("unstake_all", () => {
    it("reverts without shares", async () => {
      const { pool, carol } = await loadStakedPool();
      await expect(pool.connect(carol).unstake_all()).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("burns all shares for an exit of their worth, rounded down", async () => {
      const { pool, network, alice, reward } = await loadSmallPool();
      await reward(333n); // 999 · 1333 / 1000 = 1331.667

      await expect(pool.connect(alice).unstake_all())
        .to.emit(pool, "Unstaked")
        .withArgs(alice, 1n, 1_331n, 999n, 1_331n);

      expect((await pool.getBook()).equity).to.equal(2n);
      expect(await balancesOf(pool, alice)).to.include({ shares: 0n, staked: 0n, unstaked: 1_331n });
      await checkPool(pool, network, 1n);
    });

    it("burns shares that are worth nothing, and opens no exit", async () => {
      const { pool, network, alice, slash } = await loadStakedPool();
      await slash(10_000n);

      await expect(pool.connect(alice).unstake_all()).to.emit(pool, "Unstaked").withArgs(alice, 0n, 0n, ether(60), 0n);

      expect(await pool.exitsOf(alice)).to.deep.equal([]);
      expect(await pool.get_number_of_accounts()).to.equal(1n);
      await checkPool(pool, network, SEED);
    });
  });

  describe("unstakeShares", () => {
    it("reverts for zero shares", async () => {
      const { pool, alice } = await loadStakedPool();
      await expect(pool.connect(alice).unstakeShares(0n, 0n)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts for more shares than there are", async () => {
      const { pool, alice } = await loadStakedPool();
      await expect(pool.connect(alice).unstakeShares(ether(60) + 1n, 0n))
        .to.be.revertedWithCustomError(pool, "InsufficientStake")
        .withArgs(alice, ether(60) + 1n, ether(60));
    });

    it("reverts below the minimum", async () => {
      const { pool, alice, slash } = await loadStakedPool();
      await slash(2_000n); // ten of the twenty are the bond's: shares are worth 80 / 90
      await expect(pool.connect(alice).unstakeShares(ether(9), ether(8) + 1n))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(ether(8), ether(8) + 1n);
    });

    it("burns exactly the shares for an exit of their worth, rounded down", async () => {
      const { pool, network, alice, reward } = await loadSmallPool();
      await reward(333n);
      expect(await pool.connect(alice).unstakeShares.staticCall(100n, 133n)).to.equal(133n);

      await expect(pool.connect(alice).unstakeShares(100n, 133n))
        .to.emit(pool, "Unstaked")
        .withArgs(alice, 1n, 133n, 100n, 133n); // 133.3

      expect(await pool.sharesOf(alice)).to.equal(899n);
      await checkPool(pool, network, 1n);
    });
  });

  describe("previewUnstake", () => {
    it("is zero for zero, and more than there is for assets that are not there", async () => {
      const { pool } = await loadPool();
      expect(await pool.previewUnstake(0n)).to.equal(0n);
      expect(await pool.previewUnstake(SEED)).to.equal(SEED);
      expect(await pool.previewUnstake(SEED + 1n)).to.equal(2n ** 256n - 1n);
    });

    it("is so when nothing is left, too", async () => {
      const { pool, slash } = await loadStakedPool();
      await slash(10_000n);

      const previewed = await Promise.all([0n, 1n, 2n ** 256n - 1n].map((assets) => pool.previewUnstake(assets)));

      expect(previewed).to.deep.equal([0n, 2n ** 256n - 1n, 2n ** 256n - 1n]);
    });
  });
});
