import { expect } from "chai";

import {
  at,
  ether,
  ethers,
  loadGrownPool,
  loadPool,
  loadStakedPool,
  loadWorkingPool,
  MAX_UINT256,
  NO_CAP,
  now,
  wire,
  deployBarePool,
  valuesOf,
} from "../fixtures/metaPool.ts";
import { reservedOf } from "../helpers/reserved.ts";

describe("MetaPool", () => {
  describe("deposit_and_stake", () => {
    it("reverts when nothing is sent", async () => {
      const { pool, alice } = await loadStakedPool();

      await expect(pool.connect(alice).deposit_and_stake()).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts before the pool is connected", async () => {
      const { pool, alice } = await deployBarePool();

      await expect(pool.connect(alice).deposit_and_stake({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "PoolInsolvent")
        .withArgs(0n, 0n);
    });

    it("reverts when the stake is worth no share", async () => {
      const { pool, carol } = await loadGrownPool(); // 1.5 wei per share

      await expect(pool.connect(carol).deposit_and_stake({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "StakeTooSmall")
        .withArgs(1n);
    });

    it("reverts above the cap, and says what still fits", async () => {
      const { pool, governance, parameters, carol } = await loadStakedPool();
      await pool.connect(governance).setParameters({ ...parameters, assetCap: ether(105) });

      await expect(pool.connect(carol).deposit_and_stake({ value: ether(5) + 1n }))
        .to.be.revertedWithCustomError(pool, "ExceedsAssetCap")
        .withArgs(ether(5) + 1n, ether(5));
      await pool.connect(carol).deposit_and_stake({ value: ether(5) });
      await expect(pool.connect(carol).deposit_and_stake({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "ExceedsAssetCap")
        .withArgs(1n, 0n);
    });

    it("says that nothing fits when the pool has grown above the cap", async () => {
      const { pool, governance, parameters, carol } = await loadStakedPool();
      await pool.connect(governance).setParameters({ ...parameters, assetCap: ether(10) });

      await expect(pool.connect(carol).deposit_and_stake({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "ExceedsAssetCap")
        .withArgs(1n, 0n);
    });

    it("mints one share per wei at the start", async () => {
      const { pool, alice } = await loadPool();

      const stake = pool.connect(alice).deposit_and_stake({ value: ether(7) });

      await expect(stake).to.emit(pool, "Staked").withArgs(alice.address, alice.address, ether(7), ether(7));
      await expect(stake).to.emit(pool, "Transfer").withArgs(ethers.ZeroAddress, alice.address, ether(7));
      await expect(stake).to.changeEtherBalances(ethers, [alice, pool], [-ether(7), ether(7)]);
      expect(await pool.totalSupply()).to.equal(ether(8));
      expect((await pool.getBook()).buffer).to.equal(ether(8));
    });

    it("mints at the price, rounded down, and never lowers it", async () => {
      const { pool, carol } = await loadGrownPool(); // E = 150, S = 100

      await pool.connect(carol).deposit_and_stake({ value: 10n ** 18n + 1n });

      expect(await pool.balanceOf(carol)).to.equal(((10n ** 18n + 1n) * 100n) / 150n);
      expect(await pool.get_account_staked_balance(carol)).to.equal(10n ** 18n);
    });

    it("counts an account once, whatever it does afterwards", async () => {
      const { pool, alice, carol } = await loadStakedPool();
      await pool.connect(carol).deposit_and_stake({ value: 5n });
      await pool.connect(carol).unstake_all();
      await pool.connect(carol).deposit_and_stake({ value: 5n });
      await pool.connect(alice).transfer(ethers.Wallet.createRandom().address, 1n);

      expect(await pool.get_number_of_accounts()).to.equal(3n);
    });

    it("returns what previewStake said, also while a write-down makes stakes dearer", async () => {
      const { pool, allocator, carol } = await loadWorkingPool();
      await pool.connect(allocator).reportWriteDown(ether(10)); // E 100 → 90, R = 10
      await pool.connect(allocator).report(0n, ether(30)); // E = 60 of 100 shares
      const expected = (ether(9) * 100n) / 70n;

      expect(await pool.previewStake(ether(9))).to.equal(expected);
      expect(await pool.connect(carol).deposit_and_stake.staticCall({ value: ether(9) })).to.equal(expected);
      await pool.connect(carol).deposit_and_stake({ value: ether(9) });
      expect(await pool.balanceOf(carol)).to.equal(expected);
    });
  });

  describe("stake", () => {
    it("reverts on zero", async () => {
      const { pool, alice } = await loadStakedPool();

      await expect(pool.connect(alice).stake(0n)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts above what is free and matured", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).deposit({ value: 10n });
      await pool.connect(alice).unstake(ether(1)); // open: does not count

      await expect(pool.connect(alice).stake(11n))
        .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
        .withArgs(alice.address, 11n, 10n);
      await expect(pool.connect(alice).stake(MAX_UINT256))
        .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
        .withArgs(alice.address, MAX_UINT256, 10n);
    });

    it("reverts when the amount is worth no share, and leaves the free balance", async () => {
      const { pool, carol } = await loadGrownPool();
      await pool.connect(carol).deposit({ value: 1n });

      await expect(pool.connect(carol).stake(1n)).to.be.revertedWithCustomError(pool, "StakeTooSmall").withArgs(1n);
      expect(await pool.withdrawable(carol)).to.equal(1n);
    });

    it("takes the free balance first, then matured exits, oldest first", async () => {
      const { pool, alice, round } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(2));
      await round();
      await pool.connect(alice).unstake(ether(3));
      await round();
      await pool.fundExits(10);
      await pool.connect(alice).deposit({ value: ether(1) });

      const stake = pool.connect(alice).stake(ether(4)); // 1 free, 2 of the first, 1 of the second

      await expect(stake).to.emit(pool, "Restaked").withArgs(alice.address, ether(4));
      await expect(stake).to.emit(pool, "Staked").withArgs(alice.address, alice.address, ether(4), ether(4));
      await expect(stake).to.changeEtherBalances(ethers, [alice, pool], [0n, 0n]);
      expect((await pool.exitsOf(alice)).map((exit) => valuesOf(exit))).to.deep.equal([[2n, 0n, ether(2), 0n, 0n]]);
      const book = await pool.getBook();
      expect([book.free, await reservedOf(pool)]).to.deep.equal([0n, ether(2)]);
      expect(await pool.balanceOf(alice)).to.equal(ether(59 - 5 + 4));
    });
  });

  describe("stake_all", () => {
    it("reverts when there is nothing to stake", async () => {
      const { pool, carol } = await loadStakedPool();

      await expect(pool.connect(carol).stake_all()).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("stakes the free balance and all matured exits, but no open ones", async () => {
      const { pool, alice, round } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(2));
      await round();
      await pool.fundExits(10);
      await pool.connect(alice).unstake(ether(3));
      await pool.connect(alice).deposit({ value: ether(1) });

      const stake = pool.connect(alice).stake_all();

      await expect(stake).to.emit(pool, "Restaked").withArgs(alice.address, ether(3));
      expect(await pool.withdrawable(alice)).to.equal(0n);
      expect(await pool.get_account_unstaked_balance(alice)).to.equal(ether(3));
      expect(await pool.get_account_staked_balance(alice)).to.equal(ether(57));
    });
  });

  describe("stakeFor", () => {
    it("reverts after the deadline", async () => {
      const { pool, alice, bob } = await loadStakedPool();
      const deadline = await now();
      await at(deadline + 1n);

      await expect(pool.connect(alice).stakeFor(bob, 0n, deadline, { value: 1n }))
        .to.be.revertedWithCustomError(pool, "DeadlineExpired")
        .withArgs(deadline, deadline + 1n);
    });

    it("reverts below the minimum of shares", async () => {
      const { pool, alice, bob } = await loadStakedPool();

      await expect(pool.connect(alice).stakeFor(bob, 6n, MAX_UINT256, { value: 5n }))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(5n, 6n);
    });

    it("reverts for the zero address and for the pool itself", async () => {
      const { pool, address, alice } = await loadStakedPool();

      for (const receiver of [ethers.ZeroAddress, address]) {
        await expect(pool.connect(alice).stakeFor(receiver, 0n, MAX_UINT256, { value: 5n }))
          .to.be.revertedWithCustomError(pool, "ERC20InvalidReceiver")
          .withArgs(receiver);
      }
    });

    it("reverts when nothing is sent", async () => {
      const { pool, alice, bob } = await loadStakedPool();

      await expect(pool.connect(alice).stakeFor(bob, 0n, MAX_UINT256)).to.be.revertedWithCustomError(
        pool,
        "ZeroAmount",
      );
    });

    it("gives the receiver the shares that the caller paid, at the last second of the deadline", async () => {
      const { pool, alice, carol } = await loadStakedPool();
      const deadline = (await now()) + 10n;
      await at(deadline);

      const stake = pool.connect(alice).stakeFor(carol, ether(5), deadline, { value: ether(5) });

      await expect(stake).to.emit(pool, "Staked").withArgs(alice.address, carol.address, ether(5), ether(5));
      await expect(stake).to.changeEtherBalances(ethers, [alice, carol, pool], [-ether(5), 0n, ether(5)]);
      await expect(stake).to.changeTokenBalances(ethers, pool, [alice, carol], [0n, ether(5)]);
      expect(await pool.get_number_of_accounts()).to.equal(3n);
    });
  });

  describe("connect", () => {
    it("reverts for anyone but governance", async () => {
      const { pool, alice } = await deployBarePool();

      await expect(wire(pool, alice, alice.address, alice.address))
        .to.be.revertedWithCustomError(pool, "AccessManagedUnauthorized")
        .withArgs(alice.address);
    });

    it("reverts for a zero address or without a seed", async () => {
      const { pool, governance, alice } = await deployBarePool();

      await expect(wire(pool, governance, ethers.ZeroAddress, alice.address))
        .to.be.revertedWithCustomError(pool, "InvalidAddress")
        .withArgs(ethers.ZeroAddress);
      await expect(wire(pool, governance, alice.address, ethers.ZeroAddress))
        .to.be.revertedWithCustomError(pool, "InvalidAddress")
        .withArgs(ethers.ZeroAddress);
      await expect(wire(pool, governance, alice.address, alice.address, 0n)).to.be.revertedWithCustomError(
        pool,
        "ZeroAmount",
      );
    });

    it("gives the seed shares to the pool itself, once", async () => {
      const { pool, address, governance, allocator, notice } = await deployBarePool();

      const connect = wire(pool, governance, allocator.address, notice.address, 1000n);

      await expect(connect).to.emit(pool, "Connected").withArgs(allocator.address, notice.address);
      await expect(connect).to.emit(pool, "Staked").withArgs(governance.address, address, 1000n, 1000n);
      await expect(connect).to.emit(pool, "Transfer").withArgs(ethers.ZeroAddress, address, 1000n);
      expect(await pool.balanceOf(pool)).to.equal(1000n);
      expect(await pool.get_number_of_accounts()).to.equal(0n);
      expect([await pool.allocator(), await pool.get_owner_id()]).to.deep.equal([allocator.address, notice.address]);
      await expect(wire(pool, governance, notice.address, notice.address))
        .to.be.revertedWithCustomError(pool, "AlreadyConnected")
        .withArgs(allocator.address);
    });

    it("starts without a cap", async () => {
      const { pool } = await loadPool();

      expect((await pool.parameters()).assetCap).to.equal(NO_CAP);
    });
  });
});
