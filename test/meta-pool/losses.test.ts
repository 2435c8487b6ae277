import { expect } from "chai";

import {
  at,
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
  WAD,
  wire,
} from "../fixtures/metaPool.ts";
import { reservedOf } from "../helpers/reserved.ts";

describe("MetaPool", () => {
  describe("report: losses", () => {
    it("reverts for anyone but the allocator", async () => {
      const { pool, alice } = await loadWorkingPool();

      await expect(pool.connect(alice).report(1n, 0n))
        .to.be.revertedWithCustomError(pool, "OnlyAllocator")
        .withArgs(alice.address);
    });

    it("cannot lose more than is delegated", async () => {
      const { loss } = await loadWorkingPool();

      await expect(loss(ether(100) + 1n)).to.be.revert(ethers);
    });

    it("is eaten by the round's gain first, then by what is locked, and only then falls on the shares", async () => {
      const { pool, gain, loss, round, beginRound } = await loadWorkingPool();
      await gain(700n);
      await round();
      const end = (await now()) + EPOCH;
      await beginRound();
      await gain(100n);
      await at(end - EPOCH / 2n); // half of 700 is still locked

      await expect(loss(1000n)).to.emit(pool, "LossBooked").withArgs(1000n, 100n, 350n, 550n, 0n);

      const book = await pool.getBook();
      expect([book.roundGain, book.locked, book.assets]).to.deep.equal([0n, 0n, ether(100) + 350n - 550n]);
    });

    it("leaves a smaller part of what is locked to be released until the same end", async () => {
      const { pool, gain, loss, round } = await loadWorkingPool();
      await gain(4n * EPOCH);
      await round();
      const end = (await now()) + EPOCH;
      await at(end - EPOCH / 2n);

      await expect(loss(EPOCH)).to.emit(pool, "LossBooked").withArgs(EPOCH, 0n, EPOCH, 0n, 0n); // of 2 epochs' worth

      await networkHelpers.time.increaseTo(end - EPOCH / 4n);
      expect((await pool.getBook()).locked).to.equal(EPOCH / 2n);
      await networkHelpers.time.increaseTo(end);
      expect((await pool.getBook()).assets).to.equal(ether(100) + 3n * EPOCH);
    });

    it("falls on shares and open exits in proportion, but not on what is funded", async () => {
      const { pool, alice, bob, loss, cash, round } = await loadWorkingPool();
      await pool.connect(bob).unstake(ether(10));
      await round();
      await cash(ether(10));
      await pool.fundExits(1); // bob's ten are safe
      await pool.connect(alice).unstake(ether(30)); // E = 60, owed 30

      const booked = loss(ether(9));

      await expect(booked).to.emit(pool, "LossBooked").withArgs(ether(9), 0n, 0n, ether(6), ether(3));
      await expect(booked)
        .to.emit(pool, "ExitsWrittenDown")
        .withArgs(ether(3), (RAY * 27n) / 30n);
      expect(await pool.withdrawable(bob)).to.equal(ether(10));
      expect(await pool.get_account_unstaked_balance(alice)).to.equal(ether(27));
      expect(await pool.get_total_staked_balance()).to.equal(ether(54));
      expect((await pool.getBook()).owed).to.equal(ether(27));
    });

    it("takes no more from who leaves later than from who left before it, and no less", async () => {
      const { pool, alice, bob, loss, round, cash } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(20));
      await round(); // completed, but not funded
      await pool.connect(bob).unstake(ether(20));
      await loss(ether(50)); // half of everything

      expect(await pool.get_account_unstaked_balance(alice)).to.equal(ether(10));
      expect(await pool.get_account_unstaked_balance(bob)).to.equal(ether(10));
      expect(await pool.get_total_staked_balance()).to.equal(ether(30));
      await cash(ether(50));
      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, ether(10));
    });

    it("lets a new exit join the same batch at its full worth after a loss", async () => {
      const { pool, alice, bob, loss, cash, round } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(20));
      await loss(ether(50));
      await pool.connect(bob).unstake(ether(10));

      expect((await pool.exitsOf(alice))[0]!.open).to.equal(ether(10));
      expect((await pool.exitsOf(bob))[0]!.open).to.equal(ether(10));
      await round();
      await cash(ether(20));
      await expect(pool.connect(bob).withdraw_all()).to.changeEtherBalance(ethers, bob, ether(10));
    });

    it("rounds what falls on exits down, by at most a wei of the shares'", async () => {
      const { pool, alice, loss } = await loadWorkingPool();
      await pool.connect(alice).unstake(1n);

      await expect(loss(ether(50)))
        .to.emit(pool, "LossBooked")
        .withArgs(ether(50), 0n, 0n, ether(50), 0n);
      expect(await pool.get_account_unstaked_balance(alice)).to.equal(1n);
    });

    it("cannot be driven into everybody's exits by losses of a wei while dust is owed", async () => {
      const { pool, alice, bob, carol, loss } = await loadWorkingPool();
      await pool.connect(carol).deposit_and_stake({ value: ether(1) });
      await pool.connect(carol).unstake(2n);
      for (let event = 0; event < 29; event++) {
        await loss(1n); // rounded up, it would halve the loss index
        await pool.connect(carol).unstake(1n);
      }
      await pool.connect(carol).unstake(11n);
      for (let event = 0; event < 6; event++) await loss(1n);
      await pool.connect(bob).unstake_all();
      const [asked, stayed] = [
        await pool.get_account_unstaked_balance(bob),
        await pool.get_account_staked_balance(alice),
      ];

      await loss(ether(1)); // of 101

      expect(await pool.get_account_unstaked_balance(bob)).to.be.at.least((asked * 100n) / 101n - 2n);
      expect(await pool.get_account_staked_balance(alice)).to.be.at.most((stayed * 100n) / 101n + 1n);
    });

    it("takes the same part of an exit and of a stake of the same worth, at any size", async () => {
      for (const [left, lost] of [
        [1n, 3n],
        [12_345n, 10n ** 17n + 7n],
        [ether(58), ether(99)],
        [10n ** 9n + 1n, ether("99.999999999")],
      ] as const) {
        const { pool, alice, loss } = await loadWorkingPool();
        await pool.connect(alice).unstake(left);
        await loss(lost);
        const fair = (left * (ether(100) - lost)) / ether(100);

        expect(await pool.get_account_unstaked_balance(alice)).to.be.within(fair - 1n, fair + 1n);
      }
    });
  });

  describe("reportWriteDown", () => {
    it("reverts for anyone but the allocator", async () => {
      const { pool, alice } = await loadWorkingPool();

      for (const call of [pool.connect(alice).reportWriteDown(1n), pool.connect(alice).endWriteDown(0n, 0n, 0n, 0n)]) {
        await expect(call).to.be.revertedWithCustomError(pool, "OnlyAllocator").withArgs(alice.address);
      }
    });

    it("books the loss, and makes stakes dearer by what the price fell, while leavers carry the loss", async () => {
      const { pool, allocator, alice, carol } = await loadWorkingPool();
      expect((await pool.connect(allocator).reportWriteDown.staticCall(ether(20))).units).to.equal(ether(20)); // a unit is a wei

      const writeDown = pool.connect(allocator).reportWriteDown(ether(20));

      await expect(writeDown).to.emit(pool, "LossBooked").withArgs(ether(20), 0n, 0n, ether(20), 0n);
      await expect(writeDown).to.emit(pool, "PremiumChanged").withArgs(0n, ether(20));
      expect(await pool.get_account_staked_balance(alice)).to.equal((ether(59) * 8n) / 10n);
      await pool.connect(carol).deposit_and_stake({ value: ether(10) });
      expect(await pool.balanceOf(carol)).to.equal(ether(10)); // at the price before the loss
    });

    it("counts no loss below a millionth", async () => {
      const { pool, allocator } = await loadWorkingPool();
      const report = pool.connect(allocator).reportWriteDown;

      expect((await report.staticCall(ether("0.000099"))).units).to.equal(0n);
      await expect(report(ether("0.000099"))).not.to.emit(pool, "PremiumChanged");
      expect((await pool.getBook()).premium).to.equal(0n);
    });

    it("is no premium when the gain of the round eats the loss", async () => {
      const { pool, allocator, gain } = await loadWorkingPool();
      await gain(ether(20));

      expect((await pool.connect(allocator).reportWriteDown.staticCall(ether(20))).units).to.equal(0n);
    });

    it("adds what each takes from the shares, takes each one's part out at its end, and ends at nothing", async () => {
      const { pool, allocator } = await loadWorkingPool();
      const own = pool.connect(allocator);
      const premium = async () => (await pool.getBook()).premium;
      for (const lost of [ether(30), ether(20)]) {
        expect((await own.reportWriteDown.staticCall(lost)).units).to.equal(lost);
        await own.reportWriteDown(lost);
      }
      expect(await premium()).to.equal(ether(50));

      await own.endWriteDown(0n, ether(30), 0n, 0n);
      expect(await premium()).to.equal(ether(20));
      await own.endWriteDown(0n, 0n, 0n, 0n); // one that does not count changes nothing
      expect(await premium()).to.equal(ether(20));
      await expect(own.endWriteDown(0n, ether(20), 0n, 0n))
        .to.emit(pool, "PremiumChanged")
        .withArgs(ether(20), 0n);
      expect(await premium()).to.equal(0n);
    });

    it("takes no more from the shares than they lost: exits bear their part, and it never joins the premium", async () => {
      const { pool, allocator, alice } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(50)); // E = 50, exits are owed 50
      const own = pool.connect(allocator);
      expect((await own.reportWriteDown.staticCall(ether(40))).units).to.equal(ether(20));
      await own.reportWriteDown(ether(40));
      expect((await pool.getBook()).premium).to.equal(ether(20));
    });

    it("leaves the premium as it is when somebody stakes", async () => {
      const { pool, allocator, carol } = await loadWorkingPool();
      await pool.connect(allocator).reportWriteDown(ether(30));

      await expect(pool.connect(carol).deposit_and_stake({ value: ether(70) })).not.to.emit(pool, "PremiumChanged");
      expect((await pool.getBook()).premium).to.equal(ether(30));
      expect(await pool.balanceOf(carol)).to.equal(ether(70)); // 70 · 100 / (70 + 30)
    });

    it("takes with every way to leave the leaver's part off the premium, and gives later units for what is left", async () => {
      const { pool, allocator, alice, bob } = await loadWorkingPool(); // alice 59, bob 40, the seed 1
      const own = pool.connect(allocator);
      await own.reportWriteDown(ether(20)); // E = 80, a share is worth 0.8
      const premium = async () => (await pool.getBook()).premium;

      await expect(pool.connect(alice).unstake(ether(8))) // 10 of 100 shares
        .to.emit(pool, "PremiumChanged")
        .withArgs(ether(20), ether(18));
      await expect(pool.connect(alice).unstakeShares(ether(9), 0n)) // of 90
        .to.emit(pool, "PremiumChanged")
        .withArgs(ether(18), ether("16.2"));
      await pool.connect(alice).unstake_all(); // 40 of 81
      expect(await premium()).to.equal(ether("8.2"));

      // E = 32.8 of 41 shares. 8.2 more are as much as all that is left of the 20: 20 units, too.
      expect((await own.reportWriteDown.staticCall(ether(20))).units).to.equal(ether(20));
      await own.reportWriteDown(ether(20)); // exits are owed 47.2 of 80: they bear 11.8
      expect(await premium()).to.equal(ether("16.4"));
      await pool.connect(bob).unstakeShares(ether("20.5"), 0n); // half
      expect(await premium()).to.equal(ether("8.2"));

      await expect(own.endWriteDown(ether(20), ether(20), 0n, 0n))
        .to.emit(pool, "LossRestored")
        .withArgs(ether("4.1"));
      expect(await premium()).to.equal(ether("4.1"));
    });

    it("rounds the premium up when somebody leaves, against who stakes", async () => {
      const { pool, allocator, alice } = await loadWorkingPool();
      await pool.connect(allocator).reportWriteDown(ether(20));

      // A fifth of a wei for each share: 0.2, 0.8, 1, 1.8 wei.
      for (const [shares, left] of [
        [1n, ether(20)],
        [4n, ether(20)],
        [5n, ether(20) - 1n],
        [9n, ether(20) - 2n],
      ] as const) {
        await pool.connect(alice).unstakeShares(shares, 0n);
        expect((await pool.getBook()).premium).to.equal(left);
      }
    });

    it("leaves the premium's part behind in an instant exit, too", async () => {
      const { pool, allocator, alice, carol, round, cash } = await loadWorkingPool();
      await pool.connect(allocator).reportWriteDown(ether(20));
      await round(); // opens instant exits again
      await round();
      await cash(ether(10));
      await pool.connect(carol).deposit_and_stake({ value: ether(100) }); // S = 200, E = 180

      await expect(pool.connect(alice).unstakeInstant(ether("0.1"), 0n, alice))
        .to.emit(pool, "PremiumChanged")
        .withArgs(ether(20), ether("19.99")); // a two-thousandth
    });

    it("gives what comes back with the end to the shares at once, as far as stakes have paid for it", async () => {
      const { pool, allocator, carol } = await loadWorkingPool();
      const own = pool.connect(allocator);
      await own.reportWriteDown(ether(20));
      await pool.connect(carol).deposit_and_stake({ value: ether(10) });

      const end = own.endWriteDown(ether(30), ether(20), 0n, 0n);

      await expect(end).to.emit(pool, "LossRestored").withArgs(ether(20));
      await expect(end).to.emit(pool, "GainBooked").withArgs(ether(10));
      await expect(end).to.emit(pool, "PremiumChanged").withArgs(ether(20), 0n);
      const book = await pool.getBook();
      expect([book.assets, book.roundGain, book.delegated]).to.deep.equal([ether(110), ether(10), ether(110)]);
      expect(await pool.get_account_staked_balance(carol)).to.equal(ether(10)); // 10 of 110 shares
    });

    it("gives who stakes before the end nothing of what exits had borne, however much it is", async () => {
      const { pool, allocator, alice, carol, round } = await loadWorkingPool();
      const own = pool.connect(allocator);
      await pool.connect(alice).unstake(ether(50));
      await round();
      await own.reportWriteDown(ether(40)); // half of it is the exit's
      await pool.connect(carol).deposit_and_stake({ value: ether(1_000) });
      expect(await pool.balanceOf(carol)).to.equal(ether(1_000)); // at the price before the loss

      await own.endWriteDown(ether(40), ether(20), 0n, 0n);

      expect((await pool.getBook()).roundGain).to.equal(ether(20));
      expect(await pool.get_account_staked_balance(carol)).to.equal(ether(1_000));
    });

    it("keeps the price of stakes whatever has been staked", async () => {
      const { pool, allocator, carol } = await loadWorkingPool();
      const own = pool.connect(allocator);
      await own.reportWriteDown(ether(30));
      const price = await pool.previewStake(ether(100));
      for (const value of [2n, ether(3) + 7n, ether(500)]) {
        await pool.connect(carol).deposit_and_stake({ value });
        expect(await pool.previewStake(ether(100))).to.equal(price); // a wei is a share: nothing is rounded
      }
      expect(await pool.get_account_staked_balance(carol)).to.be.below(ether(503));
    });

    it("begins a new era of units once leavers have left nearly nothing of the premium, and never reverts", async () => {
      const { pool, governance, allocator, notice, alice } = await deployBarePool();
      const own = pool.connect(allocator);
      await wire(pool, governance, allocator.address, notice.address, 10n);
      await networkHelpers.setBalance(alice.address, 10n ** 29n);
      const loss = 10n ** 27n / 2n;
      const assets = async () => (await pool.getBook()).assets;
      /** Half of a stake is written down, and who staked leaves. */
      const writeDown = async () => {
        await pool.connect(alice).deposit_and_stake({ value: 10n ** 27n });
        await own.fund(loss);
        const { units, era } = await own.reportWriteDown.staticCall(loss);
        const before = await assets();
        await own.reportWriteDown(loss);
        const lost = before - (await assets()); // the exits that are open bear the rest
        await pool.connect(alice).unstake_all();
        return { units, era, lost };
      };

      expect(await writeDown()).to.deep.equal({ units: loss, era: 0n, lost: loss });
      expect((await pool.getBook()).premium).to.equal(5n); // of 10 shares in 10²⁷ + 10, rounded up
      // 5·10²⁶ units for 5 wei: four eras later 500 are left, and a wei is a hundred units.
      const second = await writeDown();
      expect([second.units, second.era]).to.deep.equal([100n * second.lost, 4n]);
      const { premium } = await pool.getBook();

      // The first one's 500 units are worth 5 of what leavers made a 10²⁶th of: nothing. They end with the second one's.
      await own.endWriteDown(0n, loss, 0n, 0n);
      expect((await pool.getBook()).premium).to.equal(premium);
      await own.endWriteDown(0n, second.units, 0n, second.era);
      expect((await pool.getBook()).premium).to.equal(0n);
      const third = await writeDown();
      expect([third.units, third.era]).to.deep.equal([third.lost, 5n]);
    });

    it("counts nothing when nothing is left", async () => {
      const { pool, allocator } = await loadWorkingPool();

      expect((await pool.connect(allocator).reportWriteDown.staticCall(ether(100))).units).to.equal(0n);
      await expect(pool.connect(allocator).reportWriteDown(ether(100))).not.to.emit(pool, "PremiumChanged");
    });
  });

  describe("the end", () => {
    it("closes the pool for good below one billionth of a wei per share, and says so once", async () => {
      const { pool, loss, gain, round, carol } = await loadWorkingPool();
      const left = ether(100) / 10n ** 9n;
      await expect(loss(ether(100) - left)).not.to.emit(pool, "PoolClosed");
      await expect(loss(1n))
        .to.emit(pool, "PoolClosed")
        .withArgs(left - 1n, ether(100));
      await expect(loss(1n)).not.to.emit(pool, "PoolClosed");
      await gain(ether(100)); // comes back: too late
      await round();
      await networkHelpers.time.increase(EPOCH);

      const total = ether(100) + left - 2n;
      await expect(pool.connect(carol).deposit_and_stake({ value: ether(1) }))
        .to.be.revertedWithCustomError(pool, "PoolInsolvent")
        .withArgs(total, ether(100));
      await pool.connect(carol).deposit({ value: ether(1) });
      await expect(pool.connect(carol).stake_all()).to.be.revertedWithCustomError(pool, "PoolInsolvent");
      await expect(pool.connect(carol).withdraw_all()).to.changeEtherBalance(ethers, carol, ether(1));
    });

    it("lets everybody leave a closed pool with what is left", async () => {
      const { pool, alice, loss, gain, cash, round } = await loadWorkingPool();
      await loss(ether(100) - 10n);
      await gain(ether(50));
      await round();
      await networkHelpers.time.increase(EPOCH);
      const worth = (ether(59) * (ether(50) + 10n)) / ether(100);

      await pool.connect(alice).unstake_all();
      await round();
      await cash(ether(50));

      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, worth);
    });

    it("closes open exits at what they were paid when everything is lost, and starts over with them", async () => {
      const { pool, alice, bob, loss, cash, round } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(10));
      await round();
      await cash(ether(4));
      await pool.fundExits(1);
      await pool.connect(bob).unstake(ether(5));

      const end = loss(ether(96));

      await expect(end).to.emit(pool, "BatchesVoided").withArgs(2n, 0n);
      await expect(end).to.emit(pool, "PoolClosed").withArgs(0n, ether(85));
      expect(await pool.fillingBatch()).to.equal(3n);
      expect(await pool.fundedThrough()).to.equal(2n);
      const { accounts, ...book } = await stateOf(pool, alice, bob);
      expect([book.owed, book.assets, await reservedOf(pool)]).to.deep.equal([0n, 0n, ether(4)]);
      expect(accounts.map((account) => account.unstaked)).to.deep.equal([ether(4), 0n]);
      expect(await pool.is_account_unstaked_balance_available(alice)).to.equal(true);
      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, ether(4));
    });

    it("lets a later exit live its own life beside voided ones", async () => {
      const { pool, alice, bob, loss, gain, cash, round } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(10));
      await pool.connect(bob).unstake(ether(5));
      await loss(ether(100));
      await gain(ether(20)); // recovered: all of it for the shares
      await round();
      await networkHelpers.time.increase(EPOCH);
      await pool.connect(alice).unstake_all(); // 49 of 85 shares
      const worth = (ether(49) * ether(20)) / ether(85);
      await round();
      await cash(ether(20));

      await expect(pool.connect(bob).withdraw_all()).to.be.revertedWithCustomError(pool, "ZeroAmount");
      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, worth);
      await pool.connect(bob).unstake_all();
      expect(await pool.get_account_unstaked_balance(bob)).to.equal((ether(35) * (ether(20) - worth)) / ether(36));
      expect((await pool.exitsOf(bob)).length).to.equal(1);
    });

    it("leaves nothing of a voided exit behind a funded one once that is withdrawn", async () => {
      const { pool, alice, loss, cash, round } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(10));
      await round();
      await pool.connect(alice).unstake(ether(5)); // its round has not begun
      await cash(ether(10));
      await pool.fundExits(1);
      await loss(ether(90));

      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, ether(10));

      expect(await pool.exitsOf(alice)).to.deep.equal([]);
    });

    it("voids exits whose index has become too small, and leaves the rest of them to the shares", async () => {
      const { pool, alice, loss } = await loadWorkingPool();
      await pool.connect(alice).unstake(ether(50));
      const end = loss(ether(100) - 49_000_000_000n); // I = 4.9e17

      await expect(end).to.emit(pool, "BatchesVoided").withArgs(1n, 24_500_000_000n);
      await expect(end).to.emit(pool, "PoolClosed").withArgs(49_000_000_000n, ether(50));
      const book = await pool.getBook();

      expect([book.owed, book.assets, book.closed]).to.deep.equal([0n, 49_000_000_000n, true]);
      expect(await pool.get_account_unstaked_balance(alice)).to.equal(0n);
    });

    it("never lowers fundedThrough, not even when a voided batch was filling in an open round", async () => {
      const { pool, alice, bob, loss, gain, round, beginRound, endRound } = await loadWorkingPool();
      await round();
      await beginRound(); // round 2: no exits
      await pool.connect(alice).unstake(ether(10)); // batch 3
      const seen = [await pool.fundedThrough()];
      const look = async () => seen.push(await pool.fundedThrough());
      await loss(ether(100));
      await look();
      await endRound(2n);
      await look();
      await gain(ether(20));
      await round();
      await networkHelpers.time.increase(EPOCH);
      await look();
      await pool.connect(bob).unstake_all();
      await look();
      await loss(ether(20)); // voided again
      await look();
      await round();
      await look();

      for (let i = 1; i < seen.length; i++) expect(seen[i], `${i}: ${seen.join()}`).to.be.at.least(seen[i - 1]!);
    });

    it("books a loss of the last wei when nothing is owed to anybody", async () => {
      const { pool, loss, gain, round } = await loadWorkingPool();
      await loss(ether(100));
      await gain(5n);
      await loss(5n); // all of it was the round's gain
      await gain(5n);
      await round();
      await loss(5n); // all of it was locked

      expect((await pool.getBook()).assets).to.equal(0n);
    });
  });

  describe("all views", () => {
    it("never revert, for any address, in any state", async () => {
      const { pool, address, alice, allocator, loss, gain, round } = await loadStakedPool();
      const addresses = [alice.address, address, allocator.address, ethers.ZeroAddress, `0x${"f".repeat(40)}`];
      const look = async () => {
        for (const account of addresses) {
          const [staked, unstaked] = [
            await pool.get_account_staked_balance(account),
            await pool.get_account_unstaked_balance(account),
          ];
          expect(await pool.get_account_total_balance(account)).to.equal(staked + unstaked);
          const available = await pool.is_account_unstaked_balance_available(account);
          expect(await pool.get_account(account)).to.deep.equal([account, unstaked, staked, available]);
          expect(await pool.withdrawable(account)).to.be.at.most(unstaked);
          await pool.exitsOf(account);
        }
        expect(await pool.get_total_staked_balance()).to.equal((await pool.getBook()).assets);
        expect(await pool.getRate()).to.equal(await pool.convertToAssets(WAD));
        await pool.get_owner_id();
        await pool.get_number_of_accounts();
        await pool.convertToShares(WAD);
        await pool.previewStake(WAD);
        await pool.previewUnstake(WAD);
        await pool.previewInstant(WAD);
        expect(await pool.get_reward_fee_fraction()).to.deep.equal([500n, 10_000n]);
        expect(await pool.get_staking_key()).to.equal("0x");
        expect(await pool.is_staking_paused()).to.equal(false);
        expect(await pool.isMetaPool()).to.equal(true);
      };

      await look();
      await pool.connect(alice).unstake(ether(10));
      await look();
      await pool.connect(allocator).fund(ether(90));
      await look();
      await gain(ether(1));
      await round();
      await look();
      await loss(ether(91));
      await look();
      await pool.connect(alice).unstake_all();
      await look();
      await gain(1n);
      await look();
      await round();
      await look();
    });

    it("is true for an unstaked balance of zero", async () => {
      const { pool, carol } = await loadStakedPool();

      expect(await pool.is_account_unstaked_balance_available(carol)).to.equal(true);
    });

    it("says zero for everything before the pool is connected", async () => {
      const { pool, alice } = await loadStakedPool();
      const bare = await deployBarePool();

      expect(await bare.pool.getRate()).to.equal(0n);
      expect(await bare.pool.get_account(alice)).to.deep.equal([alice.address, 0n, 0n, true]);
      expect(await bare.pool.exitsOf(alice)).to.deep.equal([]);
      expect(await pool.getRate()).to.equal(WAD);
    });

    it("get_accounts says to list from logs", async () => {
      const { pool } = await loadStakedPool();

      await expect(pool.get_accounts(0n, 10n)).to.be.revertedWithCustomError(pool, "ListFromLogs");
    });
  });
});
