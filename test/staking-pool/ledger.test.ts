/** Gains and losses of an operator's pool where a wei, a share or the limit decides. */
import { expect } from "chai";

import {
  clonePool,
  ether,
  loadPool,
  loadStakedPool,
  networkHelpers,
  nextEpoch,
  waitUnbonding,
} from "../fixtures/operator.ts";

/** A pool with a seed of its own, without commission; `slash` books what it takes. */
async function loadClone(seed: bigint) {
  const base = await loadPool();
  const pool = await clonePool(base, seed, 0n);
  const slash = (bps: bigint) => base.network.connect(base.deployer).slash(pool, bps);
  return { ...base, pool, slash };
}

describe("StakingPool", () => {
  describe("losses", () => {
    it("leave a pool insolvent that has more than 10⁹ shares a wei", async () => {
      const { pool, alice, slash } = await loadClone(10n ** 9n + 1n);
      for (const bps of [9_999n, 9_999n, 9_000n, 5_000n]) {
        await slash(bps);
        await pool.ping();
      }
      await expect(pool.connect(alice).deposit_and_stake({ value: ether(1) }))
        .to.be.revertedWithCustomError(pool, "PoolInsolvent")
        .withArgs(1n, 10n ** 9n + 1n);
    });

    it("fall on exits alone once the shares are worth nothing, down to a single wei", async () => {
      const { pool, alice, slash } = await loadClone(1n);
      await pool.connect(alice).deposit_and_stake({ value: 999n });
      await pool.connect(alice).unstake_all();
      await slash(100n); // 9 of the 999 wei that are unbonding
      await expect(pool.ping()).to.emit(pool, "LossBooked").withArgs(9n, 0n, 0n, 1n, 8n);
      await slash(100n); // 9 of 990 wei
      await expect(pool.ping()).to.emit(pool, "LossBooked").withArgs(9n, 0n, 0n, 0n, 9n);
      await slash(11n); // 1 of 981 wei
      await expect(pool.ping()).to.emit(pool, "LossBooked").withArgs(1n, 0n, 0n, 0n, 1n);
      const { equity, owed } = await pool.getBook();
      expect([equity, owed]).to.deep.equal([0n, 981n]);
    });

    it("are borne by a bond of a single share", async () => {
      const { pool, owner, slash } = await loadClone(1_000n);
      await pool.connect(owner).addBond({ value: 1n });
      await slash(10n);
      await expect(pool.ping()).to.emit(pool, "LossBooked").withArgs(1n, 1n, 1n, 0n, 0n);
    });

    it("take of the bond what all of its shares are worth, rounded down", async () => {
      const { pool, owner, network, deployer, slash } = await loadClone(900n);
      await pool.connect(owner).addBond({ value: 100n });
      await network.connect(deployer).reward([pool], [501n], { value: 501n });
      await pool.ping();
      await slash(2_000n); // 300 of 1,501 wei, at 1.501 wei a share
      await expect(pool.ping()).to.emit(pool, "LossBooked").withArgs(300n, 100n, 150n, 150n, 0n);
    });
  });

  describe("what exits lack", () => {
    it("is unbonded less the cash that is there", async () => {
      const { pool, network, alice, bob, slash } = await loadStakedPool();
      await pool.connect(alice).unstake_all();
      for (const bps of [9_999n, 9_999n, 9_900n]) {
        await slash(bps);
        await pool.ping();
      }
      await waitUnbonding();
      await pool.ping();
      const { cash } = await pool.getBook();
      expect(cash).to.be.within(1n, 10n ** 15n - 1n);
      expect(await network.unbondingOf(pool)).to.equal(0n);
      const asked = await pool.get_account_staked_balance(bob);
      expect(asked).to.be.above(cash);

      await expect(pool.connect(bob).unstake_all())
        .to.emit(pool, "UnbondingStarted")
        .withArgs(asked - cash);
    });
  });

  describe("a raise that is announced anew", () => {
    it("waits for exits of its own time, not for those of the one before", async () => {
      const { pool, owner, alice } = await loadStakedPool();
      await pool.connect(owner).announceCommission(1_100n);
      await pool.connect(alice).unstake(ether(1)); // in batch 1
      for (let wait = 0; wait < 3; wait += 1) await waitUnbonding();
      await pool.ping();
      await pool.connect(owner).cancelCommission();

      await pool.connect(owner).announceCommission(1_100n);
      await waitUnbonding();
      await nextEpoch();
      await pool.connect(alice).unstake(ether(1)); // in batch 2
      await networkHelpers.time.increaseTo((await pool.commissionNotice()).earliest);
      await expect(pool.applyCommission())
        .to.be.revertedWithCustomError(pool, "CommissionWaitsForExits")
        .withArgs(2n, 1n);
    });
  });

  describe("a payment", () => {
    it("begins a batch that is due", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1)); // begins at once
      await waitUnbonding();
      await pool.connect(alice).unstake(ether(1)); // does, too
      await pool.connect(alice).unstake(ether(1));
      await nextEpoch();
      await expect(pool.connect(alice).withdraw_all()).to.emit(pool, "BatchBegun").withArgs(3n);
    });
  });
});
