/** An operator's pool at its limits: a share of commission, a wei that is left, the last second of a notice, gas of a payment. */
import { expect } from "chai";

import {
  clonePool,
  EPOCH,
  ether,
  ethers,
  loadPool,
  loadStakedPool,
  networkHelpers,
  UNBONDING,
} from "../fixtures/operator.ts";

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

  describe("a loss", () => {
    it("that leaves a wei is not total, before it is booked and after", async () => {
      const base = await loadPool();
      const pool = await clonePool(base, 10n ** 8n, 0n);
      for (const bps of [9_999n, 9_999n]) await base.network.connect(base.deployer).slash(pool, bps);
      for (let look = 0; look < 2; look += 1) {
        const { equity, fillingBatch } = await pool.getBook();
        expect([equity, fillingBatch]).to.deep.equal([1n, 1n]);
        await pool.ping();
      }
    });
  });

  describe("a payment", () => {
    it("leaves its receiver 300,000 gas", async () => {
      const { pool, carol } = await loadPool();
      await pool.connect(carol).deposit({ value: 5n });
      const { hash } = await pool.connect(carol).withdraw(5n);
      const { structLogs } = (await ethers.provider.send("debug_traceTransaction", [hash])) as {
        structLogs: readonly { readonly op: string; readonly stack: readonly string[] }[];
      };
      const payments = structLogs.filter(({ op, stack }) => op === "CALL" && BigInt(stack.at(-3)!) === 5n);
      expect(payments.map(({ stack }) => BigInt(stack.at(-1)!))).to.deep.equal([300_000n]);
    });
  });

  describe("applyCommission", () => {
    it("waits for exits to the last second of its notice, and no longer", async () => {
      const base = await loadPool();
      const pool = await clonePool(base, 1n, 0n, 3_600n);
      await pool.connect(base.alice).deposit_and_stake({ value: 1_000n });
      await pool.connect(base.owner).announceCommission(100n);
      for (let batch = 1; batch <= 20; batch += 1) {
        await networkHelpers.time.increase(3_600n);
        await pool.connect(base.alice).unstake(10n);
      }
      const { latest } = await pool.commissionNotice();
      await networkHelpers.time.setNextBlockTimestamp(latest - 1n);
      // A call funds eight batches, and the next one would fund eight more.
      await expect(pool.applyCommission())
        .to.be.revertedWithCustomError(pool, "CommissionWaitsForExits")
        .withArgs(20n, 16n);
      await networkHelpers.time.setNextBlockTimestamp(latest);
      await expect(pool.applyCommission()).to.emit(pool, "CommissionChanged").withArgs(0n, 100n);
    });

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
