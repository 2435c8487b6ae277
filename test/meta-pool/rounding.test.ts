/** Who gets the wei that a division leaves over. */
import { expect } from "chai";

import {
  at,
  deployBarePool,
  EPOCH,
  ether,
  ethers,
  loadGrownPool,
  loadWorkingPool,
  networkHelpers,
  now,
  RAY,
  wire,
} from "../fixtures/metaPool.ts";

describe("MetaPool", () => {
  describe("rounds", () => {
    it("the fee down, and the shares that it buys down", async () => {
      const { pool, treasury, gain, beginRound, endRound } = await loadGrownPool(); // E = 150, S = 100
      await beginRound();
      await gain(399n);
      const end = (await now()) + 1n;
      await at(end);

      const ended = endRound(2n, 399n);

      // 5 % of 399 are 19.95; 19 wei buy 12.67 shares, and 12 can claim 18 at once. The mark is
      // (1.5·10²⁰ + 399) / (10²⁰ + 12) = 1.5 + 381·10⁻²⁰, rounded up.
      await expect(ended)
        .to.emit(pool, "RoundEnded")
        .withArgs(2n, 399n, 19n, 12n, 381n, end + EPOCH, (RAY * 3n) / 2n + 3_810_000_000n);
      await expect(ended).to.emit(pool, "Transfer").withArgs(ethers.ZeroAddress, treasury.address, 12n);
      expect(await pool.balanceOf(treasury)).to.equal(12n);
    });

    it("what the high-water mark exempts from the fee up", async () => {
      for (const [gained, fee] of [
        [20n, 0n],
        [21n, 1n],
      ] as const) {
        const { pool, governance, allocator, notice } = await deployBarePool();
        await wire(pool, governance, allocator.address, notice.address, 3n);
        const own = pool.connect(allocator);
        await own.report(1n, 0n); // 4 wei of 3 shares: the mark is 1.33…4, and 3 shares at it are worth 4.00…2 wei
        await own.beginRound();
        await own.endRound(1n, 0n, 0n);
        await networkHelpers.time.increase(EPOCH);
        await own.report(gained, 0n);
        await own.beginRound();
        const end = (await now()) + 1n;
        await at(end);

        // 5 % of what is above 5 wei; a wei buys no share, so all stays locked.
        const mark = (RAY * (4n + gained)) / 3n + (gained === 21n ? 1n : 0n);
        await expect(own.endRound(2n, gained, 0n))
          .to.emit(pool, "RoundEnded")
          .withArgs(2n, gained, fee, 0n, gained, end + EPOCH, mark);
      }
    });

    it("the last exit down, and leaves the rest to the shares", async () => {
      const { pool, alice, loss, cash, round } = await loadWorkingPool();
      await pool.connect(alice).unstake(3n);
      await loss(ether(50)); // half: 1.5 of 3 wei, of which exits bear 1. They are owed 2, and alice ⌊3·0.66…6⌋.
      await round();
      await cash(10n);
      const before = await pool.getBook();
      expect([before.owed, before.assets]).to.deep.equal([2n, ether(50) - 2n]);

      await expect(pool.fundExits(1n)).to.emit(pool, "BatchFunded").withArgs(1n, 1n, true);

      const { owed, assets, buffer, funded } = await pool.getBook();
      expect([owed, assets, buffer, funded]).to.deep.equal([0n, ether(50) - 1n, 9n, 1n]);
      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, 1n);
    });

    it("the buffer target down", async () => {
      const { pool, alice } = await loadWorkingPool();
      await pool.connect(alice).deposit_and_stake({ value: 199n });

      expect((await pool.getBook()).bufferTarget).to.equal(ether("0.5")); // 0.995 wei more

      await pool.connect(alice).deposit_and_stake({ value: 1n });
      expect((await pool.getBook()).bufferTarget).to.equal(ether("0.5") + 1n);
    });

    it("down an operator's part of the premium, and what the shares get of it: the last one's is all that is left", async () => {
      const { pool, allocator, alice } = await loadWorkingPool();
      const own = pool.connect(allocator);
      for (const lost of [ether(20), ether(10)]) await own.reportWriteDown(lost);
      await pool.connect(alice).unstakeShares(5n, 0n); // a wei and a half of 30 ether: a wei

      // Two thirds of 30 ether less a wei, and a wei more than the third that is left.
      await expect(own.endWriteDown(ether(30), ether(20), 0n, 0n))
        .to.emit(pool, "LossRestored")
        .withArgs(ether(20) - 1n);
      expect((await pool.getBook()).premium).to.equal(ether(10));
      await expect(own.endWriteDown(ether(30), ether(10), 0n, 0n))
        .to.emit(pool, "LossRestored")
        .withArgs(ether(10));
      expect((await pool.getBook()).premium).to.equal(0n);
    });

    it("down the units of a write-down when leavers have made an older one's cheaper", async () => {
      const { pool, allocator, alice } = await loadWorkingPool();
      const own = pool.connect(allocator);
      await own.reportWriteDown(ether(20));
      await pool.connect(alice).unstakeShares(5n, 0n); // of 20 ether a wei

      // 10 ether · 20 ether / (20 ether - 1) are 10 ether and half a wei.
      expect((await own.reportWriteDown.staticCall(ether(10))).units).to.equal(ether(10));
    });

    it("so that no stake before, between or after two recoveries gains a wei", async () => {
      const { pool, allocator, carol, alice } = await loadWorkingPool(); // E = S = 100
      const own = pool.connect(allocator);
      const units: bigint[] = [];
      for (const lost of [ether("31.234567890123456789"), ether("17.876543210987654321")]) {
        units.push((await own.reportWriteDown.staticCall(lost)).units);
        await own.reportWriteDown(lost);
        await pool.connect(alice).unstakeShares(ether("3.333333333333333333"), 0n);
      }
      const value = ether("20.123456789012345678");
      await pool.connect(carol).deposit_and_stake({ value });

      // Both come back in the same moment, with more than they had.
      for (const part of units) await own.endWriteDown(ether(100), part, 0n, 0n);

      expect(await pool.get_account_staked_balance(carol)).to.be.within(value - 3n, value);
    });
  });
});
