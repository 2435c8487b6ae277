import { expect } from "chai";

import {
  at,
  BPS,
  ceilDiv,
  DAY,
  deployBarePool,
  EPOCH,
  ether,
  ethers,
  loadStakedPool,
  loadWorkingPool,
  networkHelpers,
  now,
  RAY,
  stateOf,
  wire,
} from "../fixtures/metaPool.ts";

const FEE_BPS = 500n;

describe("MetaPool", () => {
  describe("beginRound and endRound", () => {
    it("revert for anyone but the allocator", async () => {
      const { pool, alice } = await loadStakedPool();

      for (const call of [
        pool.connect(alice).beginRound(),
        pool.connect(alice).endRound(1n, 0n, 0n),
        pool.connect(alice).fund(1n),
      ]) {
        await expect(call).to.be.revertedWithCustomError(pool, "OnlyAllocator").withArgs(alice.address);
      }
    });

    it("hand out batches one after the other, and let each be funded once its round has completed", async () => {
      const { pool, allocator, beginRound, endRound, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(5n);
      expect(await pool.connect(allocator).beginRound.staticCall()).to.equal(1n);
      await expect(beginRound()).to.emit(pool, "RoundBegun").withArgs(1n);
      expect(await pool.fillingBatch()).to.equal(2n);
      expect(await pool.fundExits.staticCall(10)).to.equal(0n);

      await expect(endRound(1n)).to.emit(pool, "RoundEnded").withArgs(1n, 0n, 0n, 0n, 0n, 0n, RAY);

      expect(await pool.fundExits.staticCall(10)).to.equal(5n);
    });

    it("take the fee once, on the round's net gain, in shares that are worth it when all is released", async () => {
      const { pool, treasury, gain, loss, beginRound, endRound } = await loadWorkingPool();
      await beginRound();
      await gain(ether(3));
      await loss(ether(1));
      const end = (await now()) + 1n;
      await at(end);
      const fee = (ether(2) * FEE_BPS) / BPS; // 0.1 ether
      const shares = (fee * ether(100)) / (ether(102) - fee); // which can claim a wei each at once

      const ended = endRound(1n, ether(2), 2n * DAY);

      const highWater = ceilDiv(ether(102) * RAY, ether(100) + shares);
      await expect(ended)
        .to.emit(pool, "RoundEnded")
        .withArgs(1n, ether(2), fee, shares, ether(2) - shares, end + 2n * DAY, highWater);
      await expect(ended).to.emit(pool, "Transfer").withArgs(ethers.ZeroAddress, treasury.address, shares);
      expect(await pool.balanceOf(treasury)).to.equal(shares);
      expect(await pool.getRate()).to.equal(10n ** 18n); // the price did not move
      const book = await pool.getBook();
      expect([book.assets, book.roundGain, book.locked]).to.deep.equal([ether(100) + shares, 0n, ether(2) - shares]);
      await networkHelpers.time.increase(2n * DAY);
      expect(await pool.get_account_staked_balance(treasury)).to.be.within(fee - 1n, fee);
    });

    it("take the fee in shares that pay for what written-down operators may bring back, as stakes do", async () => {
      const { pool, allocator, treasury, gain, beginRound, endRound } = await loadWorkingPool();
      await pool.connect(allocator).reportWriteDown(ether(20));
      await beginRound();
      await gain(ether(30)); // ten above the mark
      await endRound(1n, ether(30), 0n);

      const fee = (ether(10) * FEE_BPS) / BPS;
      const shares = (fee * ether(100)) / (ether(130) - fee);
      expect(await pool.balanceOf(treasury)).to.equal(shares);
      await networkHelpers.time.increase(2n * DAY);
      await pool.connect(allocator).endWriteDown(ether(20), ether(20), 0n, 0n);
      expect(await pool.get_account_staked_balance(treasury)).to.be.within(fee - 1n, fee);
    });

    it("take no fee on more than the net gain that the allocator measured", async () => {
      const { pool, gain, beginRound, endRound } = await loadWorkingPool();
      await beginRound();
      await gain(ether(2));

      await endRound(1n, ether(1), 0n);

      const fee = (ether(1) * FEE_BPS) / BPS;
      expect((await pool.getBook()).locked).to.equal(ether(2) - (fee * ether(100)) / (ether(102) - fee));
    });

    it("take no fee on more than the round's gain that is left", async () => {
      const { pool, treasury, gain, loss, beginRound, endRound } = await loadWorkingPool();
      await beginRound();
      await gain(ether(2));
      await loss(ether(2));

      await endRound(1n, ether(2), 0n);

      expect(await pool.balanceOf(treasury)).to.equal(0n);
    });

    it("take no fee below the high-water mark", async () => {
      const { pool, treasury, gain, loss, round, beginRound, endRound } = await loadWorkingPool();
      await loss(ether(10));
      await gain(ether(10));
      await round({ netGain: ether(10) });
      expect(await pool.balanceOf(treasury)).to.equal(0n);

      await beginRound();
      await gain(ether(1));
      await endRound(2n, ether(1), 0n);
      expect(await pool.balanceOf(treasury)).to.be.above(0n);
    });

    it("take a fee on what rises above the mark only", async () => {
      const { pool, gain, loss, round } = await loadWorkingPool();
      await loss(ether(10));
      await gain(ether(15));

      await round({ netGain: ether(15) });

      const fee = (ether(5) * FEE_BPS) / BPS;
      const shares = (fee * ether(100)) / (ether(105) - fee);
      expect((await pool.getBook()).locked).to.equal(ether(15) - ceilDiv(shares * 9n, 10n));
    });

    it("take no fee twice on what was lost and earned again", async () => {
      const { pool, treasury, gain, loss, round } = await loadWorkingPool();
      await gain(ether(10));
      await round({ netGain: ether(10) });
      const shares = await pool.balanceOf(treasury);
      await loss(ether(8));
      await gain(ether(8));
      await round({ netGain: ether(8) });

      expect(await pool.balanceOf(treasury)).to.be.at.most(shares + 1n);
    });

    it("release what is locked linearly, and all of it", async () => {
      const { pool, gain, beginRound, endRound } = await loadWorkingPool();
      await beginRound();
      await gain(1000n);
      const start = (await now()) + 1n;
      await at(start);
      await endRound(1n, 0n, 0n);

      for (const [passed, locked] of [
        [0n, 1000n],
        [1n, 1000n], // rounded up
        [EPOCH / 4n, 750n],
        [EPOCH / 2n, 500n],
        [EPOCH - 1n, 1n],
        [EPOCH, 0n],
        [EPOCH + 5n, 0n],
      ] as const) {
        if (passed !== 0n) await networkHelpers.time.increaseTo(start + passed);
        const book = await pool.getBook();
        expect([passed, book.locked, book.assets]).to.deep.equal([passed, locked, ether(100) + 1000n - locked]);
      }
    });

    it("release over the time in which the gain accrued, at least an epoch, at most a week", async () => {
      for (const [accrual, period] of [
        [0n, EPOCH],
        [3n * DAY, 3n * DAY],
        [100n * DAY, 7n * DAY],
        [2n ** 255n, 7n * DAY],
      ] as const) {
        const { pool, gain, beginRound, endRound } = await loadWorkingPool();
        await beginRound();
        await gain(10n ** 9n);
        const start = (await now()) + 1n;
        await at(start);
        await endRound(1n, 0n, accrual);

        await networkHelpers.time.increaseTo(start + period - 1n);
        expect((await pool.getBook()).locked).to.be.above(0n);
        await networkHelpers.time.increaseTo(start + period);
        expect((await pool.getBook()).locked).to.equal(0n);
      }
    });

    it("let what is still locked join a new gain, and keep the later end", async () => {
      for (const [first, second, end] of [
        [4n * DAY, DAY, 4n * DAY],
        [4n * DAY, 7n * DAY, 8n * DAY],
      ] as const) {
        const { pool, gain, round, beginRound, endRound } = await loadWorkingPool();
        await gain(400n);
        await beginRound();
        const start = (await now()) + 1n;
        await at(start);
        await endRound(1n, 0n, first);
        await gain(100n);
        await beginRound();
        await at(start + DAY);
        await endRound(2n, 0n, second); // 300 are left

        const book = await pool.getBook();
        expect(book.locked).to.equal(400n);
        await networkHelpers.time.increaseTo(start + end - 1n);
        expect((await pool.getBook()).locked).to.be.above(0n);
        await networkHelpers.time.increaseTo(start + end);
        expect((await pool.getBook()).locked).to.equal(0n);
        await round();
      }
    });

    it("do not put off what is locked when nothing was earned", async () => {
      const { pool, gain, beginRound, endRound } = await loadWorkingPool();
      await gain(1000n);
      await beginRound();
      const start = (await now()) + 1n;
      await at(start);
      await endRound(1n, 0n, 0n);
      await beginRound();
      await at(start + EPOCH / 2n);
      await endRound(2n, 0n, 7n * DAY);

      await networkHelpers.time.increaseTo(start + EPOCH);

      expect((await pool.getBook()).locked).to.equal(0n);
    });

    it("pay nothing to who enters just before a gain is booked and leaves after", async () => {
      const { pool, carol, gain, beginRound, endRound } = await loadWorkingPool();
      await beginRound();
      await pool.connect(carol).deposit_and_stake({ value: ether(1000) });
      await gain(ether(10));
      const end = (await now()) + 1n;
      await at(end);
      await endRound(1n, 0n, 0n);
      await at(end + 1n);
      await pool.connect(carol).unstake_all();

      const earned = (await pool.get_account_unstaked_balance(carol)) - ether(1000);
      expect(earned).to.be.at.most(ceilDiv(ether(10), EPOCH)); // a second's release
    });

    it("end a round at any price, even of a pool that everybody has left", async () => {
      const bare = await deployBarePool();
      await wire(bare.pool, bare.governance, bare.allocator.address, bare.notice.address, 1n);
      const own = bare.pool.connect(bare.allocator);
      await own.report(10n ** 15n, 0n);
      await own.beginRound();
      await own.endRound(1n, 0n, 0n);

      expect((await bare.pool.getBook()).highWater).to.equal(2n ** 128n - 1n);
    });

    it("end a round of a pool that has lost everything", async () => {
      const { pool, loss, gain, round, treasury } = await loadWorkingPool();
      await loss(ether(100));
      await gain(ether(300));
      await round({ netGain: ether(200) });

      expect(await pool.balanceOf(treasury)).to.equal(0n);
    });
  });

  describe("report: gains and cash", () => {
    it("keeps gains out of the price until the round has ended", async () => {
      const { pool, gain } = await loadWorkingPool();

      await expect(gain(ether(5)))
        .to.emit(pool, "GainBooked")
        .withArgs(ether(5));

      const book = await pool.getBook();
      expect([book.roundGain, book.delegated, book.assets]).to.deep.equal([ether(5), ether(105), ether(100)]);
    });

    it("turns cash into buffer", async () => {
      const { pool, allocator, cash } = await loadWorkingPool();

      const returned = cash(ether(5));

      await expect(returned).to.emit(pool, "Returned").withArgs(ether(5));
      await expect(returned).to.changeEtherBalances(ethers, [allocator, pool], [-ether(5), ether(5)]);
      const book = await pool.getBook();
      expect([book.buffer, book.delegated, book.assets]).to.deep.equal([ether(5), ether(95), ether(100)]);
    });

    it("takes cash beyond what is delegated as a gain that came with it", async () => {
      const { pool, allocator } = await loadWorkingPool();

      await pool.connect(allocator).report(ether(1), 0n, { value: ether(101) });

      const book = await pool.getBook();
      expect([book.buffer, book.delegated, book.roundGain]).to.deep.equal([ether(101), 0n, ether(1)]);
    });

    it("reverts on cash that is in no book", async () => {
      const { cash } = await loadWorkingPool();

      await expect(cash(ether(100) + 1n)).to.be.revert(ethers);
    });
  });

  describe("fund", () => {
    it("reverts beyond the buffer that exits are not owed", async () => {
      const { pool, alice, fund } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(30));

      await expect(fund(ether(70) + 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientBuffer")
        .withArgs(ether(70) + 1n, ether(70));
    });

    it("reverts when exits are owed more than the buffer", async () => {
      const { pool, alice, fund } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(30));

      await expect(fund(1n)).to.be.revertedWithCustomError(pool, "InsufficientBuffer").withArgs(1n, 0n);
    });

    it("sends the allocator money without touching the price", async () => {
      const { pool, allocator, fund } = await loadStakedPool();

      const funded = fund(ether(60));

      await expect(funded).to.emit(pool, "Funded").withArgs(ether(60));
      await expect(funded).to.changeEtherBalances(ethers, [allocator, pool], [ether(60), -ether(60)]);
      const book = await pool.getBook();
      expect([book.buffer, book.delegated, book.assets]).to.deep.equal([ether(40), ether(60), ether(100)]);
    });

    it("never touches free balances or funded exits", async () => {
      const { pool, alice, carol, round, fund } = await loadStakedPool();
      await pool.connect(carol).deposit({ value: ether(8) });
      await pool.connect(alice).unstake(ether(10));
      await round();
      await pool.fundExits(1);
      await fund(ether(90));
      const before = await stateOf(pool, alice, carol);

      await expect(fund(1n)).to.be.revertedWithCustomError(pool, "InsufficientBuffer");

      expect(before.buffer).to.equal(0n);
      await expect(pool.connect(carol).withdraw_all()).to.changeEtherBalance(ethers, carol, ether(8));
      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, ether(10));
    });
  });

  describe("ping", () => {
    it("lets the allocator settle a few operators, and funds exits", async () => {
      const { pool, allocatorContract, alice, keeper, round } = await loadStakedPool();
      await pool.connect(alice).unstake(7n);
      await round();

      const ping = pool.connect(keeper).ping();

      await expect(ping).to.emit(allocatorContract, "Settled").withArgs(5n);
      await expect(ping).to.emit(pool, "BatchFunded").withArgs(1n, 7n, true);
    });

    it("funds ten batches at most", async () => {
      const { pool, alice, round } = await loadStakedPool();
      for (let batch = 1; batch <= 11; batch++) {
        await pool.connect(alice).unstake(1n);
        await round();
      }

      await pool.ping();

      expect(await pool.fundedThrough()).to.equal(10n);
    });
  });
});
