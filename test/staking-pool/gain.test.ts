/** What booking a gain does and does not, and which exits a raise of the commission waits for. */
import { expect } from "chai";

import { clonePool, EPOCH, ether, loadPool, loadStakedPool, networkHelpers, UNBONDING } from "../fixtures/operator.ts";

describe("StakingPool", () => {
  describe("a gain", () => {
    it("pays a commission of a single share, and is no loss", async () => {
      const { pool, owner, reward } = await loadStakedPool();
      const before = await pool.sharesOf(owner);
      await reward(20n);
      await expect(pool.ping()).to.emit(pool, "GainBooked").withArgs(20n, 2n, 1n).and.not.to.emit(pool, "LossBooked");
      expect(await pool.sharesOf(owner)).to.equal(before + 1n);
    });

    it("lists no owner that it pays nothing", async () => {
      const base = await loadPool();
      const pool = await clonePool(base, 1_000n, 0n);
      await base.network.connect(base.deployer).reward([pool], [100n], { value: 100n });
      await expect(pool.ping()).to.emit(pool, "GainBooked").withArgs(100n, 0n, 0n);
      expect(await pool.get_number_of_accounts()).to.equal(0n);
    });
  });

  describe("applyCommission", () => {
    it("waits for no exit that was asked for once the notice was seen over", async () => {
      const { pool, owner, alice, bob } = await loadStakedPool();
      await pool.connect(owner).announceCommission(1_100n);
      await pool.connect(alice).unstake(ether(1)); // in batch 1
      await networkHelpers.time.increase(UNBONDING + 4n * EPOCH);
      await pool.connect(bob).unstake(ether(1)); // in batch 2
      await expect(pool.applyCommission()).to.emit(pool, "CommissionChanged").withArgs(1_000n, 1_100n);
    });
  });
});
