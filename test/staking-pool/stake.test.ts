import { expect } from "chai";

import {
  ether,
  ethers,
  loadPool,
  loadSmallPool,
  loadStakedPool,
  networkHelpers,
  now,
  SEED,
  waitUnbonding,
} from "../fixtures/operator.ts";
import { balancesOf, checkPool } from "../helpers/poolInvariants.ts";

describe("StakingPool", () => {
  describe("deposit", () => {
    it("reverts without a value", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.connect(alice).deposit()).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("adds to the free balance, which is not staked and can be withdrawn at once", async () => {
      const { pool, network, alice } = await loadPool();

      const deposit = pool.connect(alice).deposit({ value: ether(2) });

      await expect(deposit).to.emit(pool, "Deposited").withArgs(alice, ether(2));
      await expect(deposit).to.changeEtherBalances(ethers, [alice, pool, network], [-ether(2), ether(2), 0n]);
      expect(await balancesOf(pool, alice)).to.deep.equal({
        staked: 0n,
        unstaked: ether(2),
        canWithdraw: true,
        shares: 0n,
        withdrawable: ether(2),
      });
      expect(await pool.get_total_staked_balance()).to.equal(SEED);
      await checkPool(pool, network, SEED);
    });
  });

  describe("deposit_and_stake", () => {
    it("reverts without a value", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.connect(alice).deposit_and_stake()).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts if the value buys no share", async () => {
      const { pool, alice, reward } = await loadSmallPool();
      await reward(1n);
      await expect(pool.connect(alice).deposit_and_stake({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "StakeTooSmall")
        .withArgs(1n);
    });

    it("reverts while the owner has paused stakes", async () => {
      const { pool, owner, alice } = await loadPool();
      await pool.connect(owner).pauseStaking();
      await expect(pool.connect(alice).deposit_and_stake({ value: 1n })).to.be.revertedWithCustomError(
        pool,
        "StakingPaused",
      );
    });

    it("bonds the value at the network at once and gives what the preview said", async () => {
      const { pool, network, carol, reward } = await loadStakedPool();
      await reward(ether(10)); // a tenth of it is the owner's: the price is 1.1 to the rounding
      const shares = await pool.previewStake(ether(5));
      expect(shares).to.equal(await pool.convertToShares(ether(5)));

      const stake = pool.connect(carol).deposit_and_stake({ value: ether(5) });

      await expect(stake).to.emit(pool, "Staked").withArgs(carol, carol, ether(5), shares);
      await expect(stake).to.emit(network, "Bonded").withArgs(pool, ether(5));
      await expect(stake).to.changeEtherBalances(ethers, [carol, pool, network], [-ether(5), 0n, ether(5)]);
      expect((await balancesOf(pool, carol)).shares).to.equal(shares);
      expect(await pool.get_account_staked_balance(carol)).to.equal(ether(5) - 1n); // rounded down
      expect(await network.stakeOf(pool)).to.equal(ether(115));
      await checkPool(pool, network, SEED);
    });

    it("returns the shares", async () => {
      const { pool, alice } = await loadPool();
      expect(await pool.connect(alice).deposit_and_stake.staticCall({ value: 7n })).to.equal(7n);
    });
  });

  describe("stakeFor", () => {
    it("reverts for a receiver who cannot have shares", async () => {
      const { pool, alice } = await loadPool();
      for (const receiver of [ethers.ZeroAddress, await pool.getAddress()]) {
        await expect(pool.connect(alice).stakeFor(receiver, 0n, 2n ** 64n, { value: 1n }))
          .to.be.revertedWithCustomError(pool, "InvalidReceiver")
          .withArgs(receiver);
      }
    });

    it("reverts after the deadline", async () => {
      const { pool, alice } = await loadPool();
      const deadline = await now();
      await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
      await expect(pool.connect(alice).stakeFor(alice, 0n, deadline, { value: 1n }))
        .to.be.revertedWithCustomError(pool, "DeadlineExpired")
        .withArgs(deadline, deadline + 1n);
    });

    it("reverts below the minimum", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.connect(alice).stakeFor(alice, 11n, 2n ** 64n, { value: 10n }))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(10n, 11n);
    });

    it("reverts without a value", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.connect(alice).stakeFor(alice, 0n, 2n ** 64n)).to.be.revertedWithCustomError(
        pool,
        "ZeroAmount",
      );
    });

    it("credits the receiver, at the deadline and at the minimum too", async () => {
      const { pool, network, alice, bob } = await loadPool();
      const deadline = (await now()) + 10n;
      await networkHelpers.time.setNextBlockTimestamp(deadline);

      await expect(pool.connect(alice).stakeFor(bob, 10n, deadline, { value: 10n }))
        .to.emit(pool, "Staked")
        .withArgs(alice, bob, 10n, 10n);

      expect((await balancesOf(pool, bob)).shares).to.equal(10n);
      expect((await balancesOf(pool, alice)).shares).to.equal(0n);
      expect(await pool.get_number_of_accounts()).to.equal(1n);
      await checkPool(pool, network, SEED);
    });
  });

  describe("stake", () => {
    it("reverts for zero", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.connect(alice).stake(0n)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts for more than the free balance and the matured exits", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).deposit({ value: 5n });
      await pool.connect(alice).unstake(ether(1));
      await expect(pool.connect(alice).stake(6n))
        .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
        .withArgs(alice, 6n, 5n);
    });

    it("reverts while the owner has paused stakes", async () => {
      const { pool, owner, alice } = await loadPool();
      await pool.connect(alice).deposit({ value: 5n });
      await pool.connect(owner).pauseStaking();
      await expect(pool.connect(alice).stake(5n)).to.be.revertedWithCustomError(pool, "StakingPaused");
    });

    it("takes the free balance first, then matured exits", async () => {
      const { pool, network, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(3));
      await pool.connect(alice).deposit({ value: ether(2) });
      await waitUnbonding();

      const stake = pool.connect(alice).stake(ether(4));

      await expect(stake).to.emit(pool, "Restaked").withArgs(alice, ether(4));
      await expect(stake).to.emit(pool, "Staked").withArgs(alice, alice, ether(4), ether(4));
      // Three came back from the network, four went there.
      await expect(stake).to.changeEtherBalances(ethers, [alice, pool, network], [0n, -ether(1), ether(1)]);
      expect(await balancesOf(pool, alice)).to.deep.equal({
        staked: ether(61),
        unstaked: ether(1),
        canWithdraw: true,
        shares: ether(61),
        withdrawable: ether(1),
      });
      expect(await pool.exitsOf(alice)).to.deep.equal([[1n, 0n, ether(1), 0n, 0n]]);
      await checkPool(pool, network, SEED);
    });
  });

  describe("stake_all", () => {
    it("reverts if there is nothing that could be staked", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1));
      await expect(pool.connect(alice).stake_all()).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("stakes the free balance and all matured exits, and leaves open ones alone", async () => {
      const { pool, network, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(3));
      await waitUnbonding();
      await pool.connect(alice).unstake(ether(7));
      await pool.connect(alice).deposit({ value: ether(2) });

      await expect(pool.connect(alice).stake_all()).to.emit(pool, "Restaked").withArgs(alice, ether(5));

      expect(await balancesOf(pool, alice)).to.deep.equal({
        staked: ether(55),
        unstaked: ether(7),
        canWithdraw: false,
        shares: ether(55),
        withdrawable: 0n,
      });
      await checkPool(pool, network, SEED);
    });
  });
});
