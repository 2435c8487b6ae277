import { expect } from "chai";

import {
  BPS,
  COMMISSION,
  DAY,
  EPOCH,
  ether,
  ethers,
  loadPool,
  loadStakedPool,
  networkHelpers,
  nextEpoch,
  now,
  UNBONDING,
} from "../fixtures/operator.ts";

const NOTICE = 2n * EPOCH + UNBONDING + EPOCH; // two epochs and the unbonding time

describe("StakingPool", () => {
  describe("announceCommission", () => {
    it("reverts for anyone but the owner", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.connect(alice).announceCommission(COMMISSION + 1n))
        .to.be.revertedWithCustomError(pool, "OwnableUnauthorizedAccount")
        .withArgs(alice);
    });

    it("reverts for what is no raise, or more than two points", async () => {
      const { pool, owner } = await loadPool();
      for (const bps of [0n, COMMISSION, COMMISSION + 201n]) {
        await expect(pool.connect(owner).announceCommission(bps))
          .to.be.revertedWithCustomError(pool, "CommissionOutOfBounds")
          .withArgs(bps, COMMISSION + 1n, COMMISSION + 200n);
      }
    });

    it("reverts above the maximum", async () => {
      const { factory, owner } = await loadPool();
      const address = await factory.createStakingPool.staticCall(owner, "0x", 4_900n, { value: 10n ** 15n });
      await factory.createStakingPool(owner, "0x", 4_900n, { value: 10n ** 15n });
      const pool = (await ethers.getContractAt("StakingPool", address)).connect(owner);
      await expect(pool.announceCommission(5_001n))
        .to.be.revertedWithCustomError(pool, "CommissionOutOfBounds")
        .withArgs(5_001n, 4_901n, 5_000n);
    });

    it("reverts while one is pending", async () => {
      const { pool, owner } = await loadPool();
      await pool.connect(owner).announceCommission(COMMISSION + 100n);
      await expect(pool.connect(owner).announceCommission(COMMISSION + 1n))
        .to.be.revertedWithCustomError(pool, "CommissionAlreadyAnnounced")
        .withArgs(COMMISSION + 100n);
    });

    it("says what will be, and changes nothing yet", async () => {
      const { pool, owner } = await loadPool();

      const at = (await now()) + 10n;
      await networkHelpers.time.setNextBlockTimestamp(at);
      const announcement = pool.connect(owner).announceCommission(COMMISSION + 200n);

      await expect(announcement)
        .to.emit(pool, "CommissionAnnounced")
        .withArgs(COMMISSION + 200n, at + NOTICE);
      expect(await pool.commissionNotice()).to.deep.equal([COMMISSION + 200n, at + NOTICE, at + 90n * DAY]);
      expect(await pool.get_reward_fee_fraction()).to.deep.equal([COMMISSION, BPS]);
    });
  });

  describe("cancelCommission", () => {
    it("reverts for anyone but the owner, and if none is pending", async () => {
      const { pool, owner, alice } = await loadPool();
      await expect(pool.connect(alice).cancelCommission())
        .to.be.revertedWithCustomError(pool, "OwnableUnauthorizedAccount")
        .withArgs(alice);
      await expect(pool.connect(owner).cancelCommission()).to.be.revertedWithCustomError(pool, "NoCommissionAnnounced");
    });

    it("ends the notice, and a new one starts from the beginning", async () => {
      const { pool, owner } = await loadPool();
      await pool.connect(owner).announceCommission(COMMISSION + 100n);
      await networkHelpers.time.increase(NOTICE);

      await expect(pool.connect(owner).cancelCommission())
        .to.emit(pool, "CommissionCancelled")
        .withArgs(COMMISSION + 100n);

      expect(await pool.commissionNotice()).to.deep.equal([0n, 0n, 0n]);
      await expect(pool.applyCommission()).to.be.revertedWithCustomError(pool, "NoCommissionAnnounced");
      await pool.connect(owner).announceCommission(COMMISSION + 50n);
      await expect(pool.applyCommission()).to.be.revertedWithCustomError(pool, "CommissionNotReady");
    });
  });

  describe("applyCommission", () => {
    async function loadAnnounced() {
      const fixture = await loadStakedPool();
      await fixture.pool.connect(fixture.owner).announceCommission(COMMISSION + 200n);
      return { ...fixture, announcedAt: await now() };
    }

    it("reverts without an announcement", async () => {
      const { pool } = await loadPool();
      await expect(pool.applyCommission()).to.be.revertedWithCustomError(pool, "NoCommissionAnnounced");
    });

    it("reverts before two epochs and the unbonding time have passed", async () => {
      const { pool, announcedAt } = await loadAnnounced();
      await networkHelpers.time.setNextBlockTimestamp(announcedAt + NOTICE - 1n);
      await expect(pool.applyCommission())
        .to.be.revertedWithCustomError(pool, "CommissionNotReady")
        .withArgs(announcedAt + NOTICE, announcedAt + NOTICE - 1n);
    });

    it("takes what was earned before at the old commission", async () => {
      const { pool, owner, keeper, announcedAt, reward } = await loadAnnounced();
      await networkHelpers.time.increaseTo(announcedAt + NOTICE);
      await reward(ether(10));

      const application = pool.connect(keeper).applyCommission();

      await expect(application)
        .to.emit(pool, "CommissionChanged")
        .withArgs(COMMISSION, COMMISSION + 200n);
      await expect(application)
        .to.emit(pool, "GainBooked")
        .withArgs(ether(10), ether(1), await pool.sharesOf(owner));
      expect(await pool.get_reward_fee_fraction()).to.deep.equal([COMMISSION + 200n, BPS]);
      expect(await pool.commissionNotice()).to.deep.equal([0n, 0n, 0n]);
      await reward(ether(10));
      await expect(pool.ping())
        .to.emit(pool, "GainBooked")
        .withArgs(ether(10), ether("1.2"), (shares: bigint) => shares > 0n);
    });

    it("waits for those who asked to leave in that time, and not for those who asked later", async () => {
      const { pool, alice, bob, announcedAt } = await loadAnnounced();
      await networkHelpers.time.setNextBlockTimestamp(announcedAt + NOTICE - 2n);
      await pool.connect(alice).unstake(ether(1)); // begins a batch
      await networkHelpers.time.setNextBlockTimestamp(announcedAt + NOTICE - 1n);
      await pool.connect(bob).unstake(ether(1)); // joins the next one
      await expect(pool.connect(alice).applyCommission())
        .to.be.revertedWithCustomError(pool, "CommissionWaitsForExits")
        .withArgs(2n, 0n);

      await nextEpoch();
      await pool.ping();
      await pool.connect(alice).unstake(ether(1)); // too late to be waited for
      await networkHelpers.time.increase(UNBONDING - EPOCH / 2n);
      await expect(pool.applyCommission())
        .to.be.revertedWithCustomError(pool, "CommissionWaitsForExits")
        .withArgs(2n, 1n);
      await networkHelpers.time.increase(EPOCH / 2n);
      await expect(pool.applyCommission()).to.emit(pool, "CommissionChanged");
    });

    it("does not wait for who asked later at a pool that nobody had left before", async () => {
      const { pool, alice, announcedAt } = await loadAnnounced();
      await networkHelpers.time.increaseTo(announcedAt + NOTICE);
      await pool.ping(); // the time is over, and nobody has asked
      await pool.connect(alice).unstake(ether(1));
      await expect(pool.applyCommission())
        .to.emit(pool, "CommissionChanged")
        .withArgs(COMMISSION, COMMISSION + 200n);
    });

    it("does not wait for a batch that nobody is in", async () => {
      const { pool, announcedAt } = await loadAnnounced();
      await networkHelpers.time.increaseTo(announcedAt + NOTICE);
      await expect(pool.applyCommission()).to.emit(pool, "CommissionChanged");
    });

    it("waits for nobody once 90 days have passed", async () => {
      const { pool, alice, bob, announcedAt } = await loadAnnounced();
      await pool.connect(alice).unstake(ether(1));
      await pool.connect(bob).unstake(ether(1));
      await networkHelpers.time.increaseTo(announcedAt + 90n * DAY - 5n);
      await expect(pool.applyCommission())
        .to.be.revertedWithCustomError(pool, "CommissionWaitsForExits")
        .withArgs(2n, 1n);

      await networkHelpers.time.increaseTo(announcedAt + 90n * DAY);
      await expect(pool.applyCommission()).to.emit(pool, "CommissionChanged");
    });
  });

  describe("lowerCommission", () => {
    it("reverts for anyone but the owner", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.connect(alice).lowerCommission(0n))
        .to.be.revertedWithCustomError(pool, "OwnableUnauthorizedAccount")
        .withArgs(alice);
    });

    it("reverts for what is not lower", async () => {
      const { pool, owner } = await loadPool();
      await expect(pool.connect(owner).lowerCommission(COMMISSION))
        .to.be.revertedWithCustomError(pool, "CommissionOutOfBounds")
        .withArgs(COMMISSION, 0n, COMMISSION);
    });

    it("works at once, after what was earned is taken at the old one, and ends a pending raise", async () => {
      const { pool, owner, reward } = await loadStakedPool();
      await pool.connect(owner).announceCommission(COMMISSION + 200n);
      await reward(ether(10));

      const lowering = pool.connect(owner).lowerCommission(0n);

      await expect(lowering).to.emit(pool, "CommissionChanged").withArgs(COMMISSION, 0n);
      await expect(lowering)
        .to.emit(pool, "GainBooked")
        .withArgs(ether(10), ether(1), await pool.sharesOf(owner));
      expect(await pool.commissionNotice()).to.deep.equal([0n, 0n, 0n]);
      await reward(ether(10));
      await expect(pool.ping()).to.emit(pool, "GainBooked").withArgs(ether(10), 0n, 0n);
    });
  });
});
