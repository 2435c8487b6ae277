/** Where a rule begins to hold and where it ends: the last value on one side, and the first on the other. */
import { expect } from "chai";

import {
  at,
  DAY,
  deployBarePool,
  EPOCH,
  ether,
  loadPool,
  loadStakedPool,
  loadWorkingPool,
  networkHelpers,
  now,
  type PoolFixture,
  WAD,
  wire,
} from "../fixtures/metaPool.ts";

/** Half of the buffer target of 100 ether. */
const HALF = ether("0.25");

describe("MetaPool", () => {
  describe("instant exits", () => {
    /** Expects an exit of 1 ether to be refused, because only `available` can be paid in this epoch. */
    async function expectAvailable({ pool, bob }: PoolFixture, available: bigint): Promise<void> {
      await expect(pool.connect(bob).unstakeInstant(ether(1), 0n, bob))
        .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
        .withArgs(ether("0.9975"), available);
    }

    it("may use up exactly half of the buffer target, rounded down, and nothing then although the target falls", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice } = fixture;
      await pool.connect(alice).deposit_and_stake({ value: 200n }); // the target is 0.5 ether and a wei
      const shares = 250_626_566_416_040_101n; // 99.75 % of it: 0.25 ether

      await expect(pool.connect(alice).unstakeInstant(shares + 1n, 0n, alice))
        .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
        .withArgs(HALF + 1n, HALF);
      await expect(pool.connect(alice).unstakeInstant(shares, HALF, alice))
        .to.emit(pool, "InstantExit")
        .withArgs(alice.address, alice.address, shares, HALF, shares - HALF);

      // E is 0.25 ether less, so that half of the target is less than what was used.
      expect(await pool.previewInstant(1000n)).to.deep.equal([997n, 3n]);
      await expect(pool.connect(alice).unstakeInstant(1000n, 0n, alice))
        .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
        .withArgs(997n, 0n);
    });

    it("count together in an epoch, from its first second to its last, and anew in the next", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice } = fixture;
      const leave = () => pool.connect(alice).unstakeInstant(10_000n, 9975n, alice);
      const first = ((await now()) / EPOCH + 2n) * EPOCH;

      await at(first);
      await leave();
      await leave();
      await leave();
      await at(first + EPOCH - 1n);
      // 3·9975 were paid, and half of the target has fallen by ⌈29925 / 400⌉.
      await expectAvailable(fixture, HALF - 75n - 29_925n);
      await at(first + EPOCH);
      await expectAvailable(fixture, HALF - 75n);
      await leave();
      await expectAvailable(fixture, HALF - 100n - 9975n);
    });

    it("are closed by the first wei of a loss above 0.1 bp, rounded down", async () => {
      const { pool, alice, bob, cash, loss } = await loadWorkingPool();
      await pool.connect(alice).deposit_and_stake({ value: 1n }); // E / 100,000 is not a whole number
      await cash(ether(20));
      const state = await networkHelpers.takeSnapshot();
      const leave = () => pool.connect(bob).unstakeInstant(10_000n, 9974n, bob); // worth 9999

      await loss(ether("0.001"));
      await expect(leave()).to.emit(pool, "InstantExit").withArgs(bob.address, bob.address, 10_000n, 9974n, 25n);
      await state.restore();
      await loss(ether("0.001") + 1n);
      await expect(leave()).to.be.revertedWithCustomError(pool, "InstantExitUnavailable").withArgs(9974n, 0n);
    });

    it("can be previewed while exits are owed more than the buffer: at the highest fee", async () => {
      const { pool, alice, bob } = await loadWorkingPool();
      await pool.connect(bob).unstake(ether(30));

      expect(await pool.previewInstant(10_000n)).to.deep.equal([9820n, 180n]);
      await expect(pool.connect(alice).unstakeInstant(10_000n, 0n, alice))
        .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
        .withArgs(9820n, 0n);
    });
  });

  describe("losses", () => {
    it("are taken from part of what is locked when the round's gain is too small", async () => {
      const { pool, gain, loss, round } = await loadWorkingPool();
      await gain(700n);
      await round();
      const end = (await now()) + EPOCH;
      await gain(100n);
      await at(end - EPOCH / 2n); // 350 are still locked

      await expect(loss(300n)).to.emit(pool, "LossBooked").withArgs(300n, 100n, 200n, 0n, 0n);

      const { roundGain, locked, assets } = await pool.getBook();
      expect([roundGain, locked, assets]).to.deep.equal([0n, 150n, ether(100) + 350n]);
    });

    it("fall on exits in proportion to what the shares can claim, without what is locked", async () => {
      const { pool, alice, gain, loss, round } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(50));
      await gain(ether(10));
      await round();
      await at((await now()) + EPOCH / 2n); // E = 50 + 5, 5 locked, 50 owed

      await expect(loss(ether("15.5")))
        .to.emit(pool, "LossBooked")
        .withArgs(ether("15.5"), 0n, ether(5), ether("5.5"), ether(5));
    });

    it("close a pool at the first wei below a billionth, even if that is the last wei", async () => {
      const { pool, governance, allocator, notice } = await deployBarePool();
      const own = pool.connect(allocator);
      await wire(pool, governance, allocator.address, notice.address, 10n ** 9n);
      await own.fund(10n ** 9n);

      await expect(own.report(0n, 10n ** 9n - 1n)).not.to.emit(pool, "PoolClosed");
      expect((await pool.getBook()).closed).to.equal(false);
      await expect(own.report(0n, 1n))
        .to.emit(pool, "PoolClosed")
        .withArgs(0n, 10n ** 9n);
    });
  });

  describe("write-downs", () => {
    it("change the premium from exactly a millionth on", async () => {
      for (const [kept, units] of [
        [ether(100), ether("0.0001")], // of what is left
        [ether(100) + 1n, 0n], // a wei below
      ] as const) {
        const { pool, allocator, alice } = await loadWorkingPool();
        await pool.connect(alice).deposit_and_stake({ value: ether("0.0001") });
        const own = pool.connect(allocator);
        const loss = ether("100.0001") - kept;

        expect((await own.reportWriteDown.staticCall(loss)).units).to.equal(units);
        await own.reportWriteDown(loss);
        expect((await pool.getBook()).premium).to.equal(units);
      }
    });
  });

  describe("what is locked", () => {
    it("is in the worth of the fee's shares, though they can claim none of it at once", async () => {
      const { pool, treasury, gain, beginRound, endRound } = await loadWorkingPool();
      await gain(ether(50));
      await beginRound();
      const start = (await now()) + 1n;
      await at(start);
      await endRound(1n);
      await gain(ether(20));
      await beginRound();
      await at(start + EPOCH / 2n); // E = 100 + 25

      await endRound(2n, ether(20));

      // 1 ether is the fee: the others' shares have 169 in the end, and can claim 1.25 each now.
      const shares = (ether(1) * ether(100)) / ether(169);
      expect(await pool.balanceOf(treasury)).to.equal(shares);
      const claimed = (shares * 5n + 3n) / 4n;
      const { locked, assets } = await pool.getBook();
      expect([locked, assets]).to.deep.equal([ether(25 + 20) - claimed, ether(125) + claimed]);
      await networkHelpers.time.increase(EPOCH);
      expect(await pool.get_account_staked_balance(treasury)).to.be.within(ether(1) - 2n, ether(1));
    });

    it("can be read when a round ends in the very second in which all is released", async () => {
      const { pool, gain, round, beginRound, endRound } = await loadWorkingPool();
      await gain(ether(1));
      await round();
      const end = (await now()) + EPOCH;
      await beginRound();
      await at(end);

      await expect(endRound(2n))
        .to.emit(pool, "RoundEnded")
        .withArgs(2n, 0n, 0n, 0n, 0n, end, WAD * 101n * 10n ** 7n);

      expect(await now()).to.equal(end);
      expect(await pool.getRate()).to.equal((WAD * 101n) / 100n);
      expect((await pool.getBook()).locked).to.equal(0n);
    });

    it("keeps its end for a new gain as long as a wei of it is left, and no longer", async () => {
      for (const [lost, released] of [
        [999n, 7n * DAY],
        [1000n, 2n * DAY],
      ] as const) {
        const { pool, gain, loss, beginRound, endRound } = await loadWorkingPool();
        await gain(1000n);
        await beginRound();
        const start = (await now()) + 1n;
        await at(start);
        await endRound(1n, 0n, 7n * DAY);
        await loss(lost); // of 1000, for a second's release is less than a wei
        await gain(500n);
        await beginRound();
        await at(start + DAY);

        await endRound(2n, 0n, DAY);

        await at(start + released - 1n);
        expect((await pool.getBook({ blockTag: "pending" })).locked).to.equal(1n);
        await at(start + released);
        expect((await pool.getBook({ blockTag: "pending" })).locked).to.equal(0n);
      }
    });
  });

  describe("leaving", () => {
    it("takes the whole stake, to the last share", async () => {
      const { pool, alice, bob } = await loadStakedPool();

      await expect(pool.connect(alice).unstake(ether(59)))
        .to.emit(pool, "Unstaked")
        .withArgs(alice.address, 1n, ether(59), ether(59), ether(59));
      await expect(pool.connect(bob).unstakeShares(ether(40), ether(40)))
        .to.emit(pool, "Unstaked")
        .withArgs(bob.address, 1n, ether(40), ether(40), ether(40));

      expect([await pool.balanceOf(alice), await pool.balanceOf(bob)]).to.deep.equal([0n, 0n]);
    });
  });

  describe("staking", () => {
    it("is possible for one share", async () => {
      const { pool, carol } = await loadPool();

      await expect(pool.connect(carol).deposit_and_stake({ value: 1n }))
        .to.emit(pool, "Staked")
        .withArgs(carol.address, carol.address, 1n, 1n);
    });
  });
});
