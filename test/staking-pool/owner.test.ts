import { expect } from "chai";

import { ether, ethers, loadPool, loadStakedPool, nextEpoch, waitUnbonding } from "../fixtures/operator.ts";

describe("StakingPool", () => {
  describe("pauseStaking and resumeStaking", () => {
    it("revert for anyone but the owner", async () => {
      const { pool, alice } = await loadPool();
      for (const act of [() => pool.connect(alice).pauseStaking(), () => pool.connect(alice).resumeStaking()]) {
        await expect(act()).to.be.revertedWithCustomError(pool, "OwnableUnauthorizedAccount").withArgs(alice);
      }
    });

    it("stop new stakes and nothing else", async () => {
      const { pool, owner, alice, bob, keeper, reward } = await loadStakedPool();

      await expect(pool.connect(owner).pauseStaking()).to.emit(pool, "StakingPauseChanged").withArgs(true);

      expect(await pool.is_staking_paused()).to.equal(true);
      for (const act of [
        () => pool.connect(alice).deposit_and_stake({ value: 1n }),
        () => pool.connect(alice).stakeFor(bob, 0n, 2n ** 64n, { value: 1n }),
      ]) {
        await expect(act()).to.be.revertedWithCustomError(pool, "StakingPaused");
      }
      await reward(ether(1));
      await pool.connect(alice).deposit({ value: 5n });
      await expect(pool.connect(alice).stake(5n)).to.be.revertedWithCustomError(pool, "StakingPaused");
      await expect(pool.connect(alice).stake_all()).to.be.revertedWithCustomError(pool, "StakingPaused");
      await pool.connect(alice).unstake(ether(1));
      await pool.connect(alice).unstakeShares(ether(1), 0n);
      await pool.connect(alice).unstake_all();
      await nextEpoch();
      await pool.connect(keeper).ping();
      await waitUnbonding();
      await pool.connect(keeper).fundExits(2n);
      await pool.connect(alice).withdraw(1n);
      await pool.connect(alice).withdrawTo(bob, 1n);
      await pool.connect(keeper).withdrawFor(alice);
      expect(await pool.get_account_total_balance(alice)).to.equal(0n);

      await expect(pool.connect(owner).resumeStaking()).to.emit(pool, "StakingPauseChanged").withArgs(false);
      expect(await pool.is_staking_paused()).to.equal(false);
      await pool.connect(alice).deposit_and_stake({ value: ether(1) });
    });
  });

  describe("updateStakingKey", () => {
    it("reverts for anyone but the owner", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.connect(alice).updateStakingKey("0x"))
        .to.be.revertedWithCustomError(pool, "OwnableUnauthorizedAccount")
        .withArgs(alice);
    });

    it("replaces the key, long or short", async () => {
      const { pool, owner } = await loadPool();
      for (const key of [`0x${"ab".repeat(96)}`, "0x03", "0x"]) {
        await expect(pool.connect(owner).updateStakingKey(key)).to.emit(pool, "StakingKeyUpdated").withArgs(key);
        expect(await pool.get_staking_key()).to.equal(key);
      }
    });
  });

  describe("ownership", () => {
    it("cannot be renounced", async () => {
      const { pool, owner, alice } = await loadPool();
      for (const caller of [owner, alice]) {
        await expect(pool.connect(caller).renounceOwnership()).to.be.revertedWithCustomError(
          pool,
          "OwnershipCannotBeRenounced",
        );
      }
    });

    it("moves in two steps, the bond with it; commission earned until then is the old owner's", async () => {
      const { pool, owner, carol, reward } = await loadStakedPool();
      await pool.connect(owner).transferOwnership(carol);
      expect(await pool.get_owner_id()).to.equal(owner);
      await reward(ether(10));
      const earned = await pool.sharesOf(owner);

      await expect(pool.connect(carol).acceptOwnership())
        .to.emit(pool, "GainBooked")
        .withArgs(ether(10), ether(1), earned);

      expect(await pool.get_owner_id()).to.equal(carol);
      expect(await pool.sharesOf(owner)).to.equal(earned);
      expect(await pool.sharesOf(carol)).to.equal(0n);
      await pool.connect(carol).requestBondWithdrawal(ether(10));
      await expect(pool.connect(owner).requestBondWithdrawal(1n))
        .to.be.revertedWithCustomError(pool, "OwnableUnauthorizedAccount")
        .withArgs(owner);
    });

    it("cannot be taken by anyone else", async () => {
      const { pool, owner, alice, carol } = await loadPool();
      await pool.connect(owner).transferOwnership(carol);
      await expect(pool.connect(alice).acceptOwnership())
        .to.be.revertedWithCustomError(pool, "OwnableUnauthorizedAccount")
        .withArgs(alice);
    });
  });

  describe("ether", () => {
    it("is taken from nobody but the network", async () => {
      const { pool, alice } = await loadPool();
      await expect(alice.sendTransaction({ to: pool, value: 5n }))
        .to.be.revertedWithCustomError(pool, "UnexpectedEther")
        .withArgs(alice, 5n);
      expect(await ethers.provider.getBalance(pool)).to.equal(0n);
    });
  });
});
