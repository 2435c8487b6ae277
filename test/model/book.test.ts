import { expect } from "chai";

import {
  assetsAt,
  type Book,
  bufferOf,
  DAY,
  endRound,
  endWriteDown,
  leavePremium,
  lockedAt,
  newBook,
  report,
  reportWriteDown,
  supplyOf,
} from "../../src/model/book.ts";
import * as book from "../../src/model/book.ts";
import { Revert } from "../../src/model/errors.ts";
import { fundedThrough } from "../../src/model/exits.ts";
import * as metaPool from "../../src/model/metaPool.ts";

const NOW = 10n * DAY;
const RAY = 10n ** 27n;

/** A pool of which ann holds all shares but one, worth `equity` in all; 5 % fee, 5 % buffer target. */
function pool({ equity, supply, delegated = 0n }: { equity: bigint; supply: bigint; delegated?: bigint }): Book {
  const result = newBook(
    { feeBps: 500n, bufferTargetBps: 500n, assetCap: undefined, treasury: "treasury", epochLength: DAY },
    1n,
  );
  result.accounts.set("ann", { shares: supply - 1n, free: 0n, hasStaked: true });
  result.equity = equity;
  result.delegated = delegated;
  result.balance = equity - delegated;
  result.highWater = (equity * RAY + supply - 1n) / supply;
  return result;
}

function reasonOf(operation: () => unknown): unknown[] {
  try {
    operation();
  } catch (error) {
    if (error instanceof Revert) return [error.reason, ...(error.args as unknown[])];
    throw error;
  }
  return [];
}

describe("model: MetaPool's book", () => {
  describe("stake and unstake", () => {
    it("credits the shares that the stake is worth, rounded down", () => {
      const state = pool({ equity: 1330n, supply: 1000n });

      // 500 · 1000 / 1330 = 375.9…
      expect(metaPool.previewStake(state, NOW, 500n)).to.equal(375n);
      expect(metaPool.depositAndStake(state, NOW, "bob", 500n)).to.equal(375n);
      expect([state.equity, supplyOf(state), bufferOf(state)]).to.deep.equal([1830n, 1375n, 1830n]);
    });

    it("refuses a stake worth no share", () => {
      const state = pool({ equity: 1333n, supply: 1000n });

      // 1 · 1000 / 1333 < 1
      expect(reasonOf(() => metaPool.depositAndStake(state, NOW, "bob", 1n))).to.deep.equal(["StakeTooSmall", 1n]);
      expect(metaPool.depositAndStake(state, NOW, "bob", 2n)).to.equal(1n);
    });

    it("burns the shares that an exit is worth, rounded up", () => {
      const state = pool({ equity: 1330n, supply: 1000n });

      // 500 · 1000 / 1330 = 375.9…
      expect(metaPool.previewUnstake(state, NOW, 500n)).to.equal(376n);
      metaPool.unstake(state, NOW, "ann", 500n);
      expect([state.equity, supplyOf(state), state.exits.owed, bufferOf(state)]).to.deep.equal([
        830n,
        624n,
        500n,
        1330n,
      ]);
    });

    it("pays the worth of all shares, rounded down, and lets it be asked for exactly", () => {
      const state = pool({ equity: 1333n, supply: 1000n });

      // 999 · 1333 / 1000 = 1331.667; ⌈1331 · 1000 / 1333⌉ = ⌈998.49…⌉ = 999: all of them
      expect(metaPool.stakedBalance(state, NOW, "ann")).to.equal(1331n);
      metaPool.unstake(state, NOW, "ann", 1331n);
      expect(state.accounts.get("ann")!.shares).to.equal(0n);
    });

    it("opens no exit for shares that are worth nothing", () => {
      const state = pool({ equity: 0n, supply: 1000n });

      expect(metaPool.unstakeAll(state, NOW, "ann")).to.equal(0n);
      expect([supplyOf(state), state.exits.exits.length]).to.deep.equal([1n, 0]);
    });

    it("fails with the values that were asked for and that there are", () => {
      const state = pool({ equity: 1330n, supply: 1000n });

      // 999 · 1.33 = 1328.67
      expect(reasonOf(() => metaPool.unstake(state, NOW, "ann", 1329n))).to.deep.equal([
        "InsufficientStake",
        "ann",
        1329n,
        1328n,
      ]);
      expect(reasonOf(() => metaPool.unstake(state, NOW, "ann", 0n))).to.deep.equal(["ZeroAmount"]);
      expect(reasonOf(() => metaPool.unstakeShares(state, NOW, "ann", 100n, 134n))).to.deep.equal([
        "BelowMinimum",
        133n,
        134n,
      ]);
      expect(reasonOf(() => metaPool.stake(state, NOW, "ann", 1n))).to.deep.equal([
        "InsufficientWithdrawable",
        "ann",
        1n,
        0n,
      ]);
    });

    it("refuses stakes above the cap, after the end and while paused, but lets everybody leave", () => {
      const state = pool({ equity: 1330n, supply: 1000n });
      state.parameters.assetCap = 1400n;
      expect(reasonOf(() => metaPool.depositAndStake(state, NOW, "bob", 71n))).to.deep.equal([
        "ExceedsAssetCap",
        71n,
        70n,
      ]);
      metaPool.pauseStaking(state, NOW, 21n * DAY);
      expect(reasonOf(() => metaPool.deposit(state, NOW, "bob", 1n))).to.deep.equal([
        "StakingIsPaused",
        NOW + 21n * DAY,
      ]);
      expect(reasonOf(() => metaPool.pauseStaking(state, NOW + 59n * DAY, DAY))).to.deep.equal([
        "PauseNotAllowedYet",
        NOW + 60n * DAY,
      ]);
      metaPool.unstake(state, NOW, "ann", 10n);
      metaPool.resumeStaking(state);
      state.closed = true;
      expect(reasonOf(() => metaPool.depositAndStake(state, NOW, "bob", 10n))).to.deep.equal([
        "PoolInsolvent",
        1320n,
        992n,
      ]);
      metaPool.unstake(state, NOW, "ann", 10n);
    });

    it("stakes from the free balance, then from matured exits, oldest first", () => {
      const state = pool({ equity: 1000n, supply: 1000n });
      metaPool.unstake(state, NOW, "ann", 100n);
      book.beginRound(state);
      endRound(state, NOW, 10n ** 9n, 0n);
      metaPool.fundExits(state, 1);
      metaPool.deposit(state, NOW, "ann", 30n);

      metaPool.stake(state, NOW, "ann", 50n);
      expect(state.accounts.get("ann")!.free).to.equal(0n);
      expect(metaPool.withdrawable(state, "ann")).to.equal(80n); // 130 − 50
      expect(state.exits.reserved).to.equal(80n);
      metaPool.stakeAll(state, NOW, "ann");
      expect(state.exits.exits.length).to.equal(0);
      expect(bufferOf(state)).to.equal(1030n);
    });
  });

  describe("exits", () => {
    it("fixes units at the loss index, rounded down", () => {
      const state = pool({ equity: 1000n, supply: 1000n });
      state.exits.lossIndex = (9n * RAY) / 10n;

      metaPool.unstake(state, NOW, "ann", 10n);

      // 10 / 0.9 = 11.1; 11 · 0.9 = 9.9
      expect(state.exits.exits).to.deep.equal([{ account: "ann", batch: 1n, units: 11n, taken: 0n }]);
      expect(metaPool.unstakedBalance(state, "ann")).to.equal(9n);
      expect(state.exits.owed).to.equal(10n);
    });

    it("funds part of a batch and then the rest, and gives what is left to the shares", () => {
      const state = pool({ equity: 1000n, supply: 1000n });
      state.exits.lossIndex = (9n * RAY) / 10n;
      metaPool.unstake(state, NOW, "ann", 10n);
      book.beginRound(state);
      expect(metaPool.fundExits(state, 5)).to.equal(0n); // round 1 has not completed
      endRound(state, NOW, 10n ** 9n, 0n);
      state.delegated = 995n; // a buffer of 5

      // ⌈5 / 0.9⌉ = 6 of 11 units go; ⌊5 · 0.9⌋ = 4 stay open; owed 10 − 5
      expect(metaPool.fundExits(state, 5)).to.equal(5n);
      expect(state.exits.batches).to.deep.equal([{ number: 1n, units: 11n, openUnits: 5n, paid: 5n }]);
      // 4 stay open: 5 + ⌊11 · 4 / 11⌋
      expect([metaPool.withdrawable(state, "ann"), metaPool.unstakedBalance(state, "ann")]).to.deep.equal([5n, 9n]);
      state.delegated = 0n;
      expect(metaPool.fundExits(state, 5)).to.equal(4n);
      // owed was 5: 4 were paid, 1 belongs to the shares: 990 + 1
      expect([state.exits.owed, state.exits.reserved, state.equity]).to.deep.equal([0n, 9n, 991n]);
      expect(metaPool.withdrawAll(state, "ann")).to.equal(9n);
      expect([state.exits.exits.length, state.exits.reserved]).to.deep.equal([0, 0n]);
    });

    it("funds batches in order, and says through which", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 850n });
      expect(book.beginRound(state)).to.equal(1n);
      endRound(state, NOW, 10n ** 9n, 0n);
      metaPool.unstake(state, NOW, "ann", 100n);
      book.beginRound(state);
      metaPool.unstake(state, NOW, "ann", 100n);
      endRound(state, NOW, 10n ** 9n, 0n);
      book.beginRound(state);
      endRound(state, NOW, 10n ** 9n, 0n);
      expect(state.exits.exits.map((exit) => exit.batch)).to.deep.equal([2n, 3n]);

      expect(metaPool.fundExits(state, 1)).to.equal(100n);
      expect(metaPool.fundExits(state, 5)).to.equal(50n);
      expect(metaPool.withdrawable(state, "ann")).to.equal(150n);
      // an unstake folds the finished exit of batch 2, not the half-funded one
      metaPool.unstake(state, NOW, "ann", 1n);
      expect([state.accounts.get("ann")!.free, state.exits.reserved]).to.deep.equal([100n, 50n]);
      expect(state.exits.exits.map((exit) => exit.batch)).to.deep.equal([3n, 4n]);
    });

    it("shares a batch by units", () => {
      const state = pool({ equity: 1000n, supply: 1000n });
      metaPool.depositAndStake(state, NOW, "bob", 500n);
      metaPool.unstake(state, NOW, "ann", 100n);
      metaPool.unstake(state, NOW, "bob", 50n);
      book.beginRound(state);
      endRound(state, NOW, 10n ** 9n, 0n);
      state.delegated = 1500n - 100n;

      metaPool.fundExits(state, 1);

      // 100 of 150: ann ⌊100 · 100 / 150⌋, bob ⌊50 · 100 / 150⌋
      expect([metaPool.withdrawable(state, "ann"), metaPool.withdrawable(state, "bob")]).to.deep.equal([66n, 33n]);
    });
  });

  describe("losses", () => {
    it("eat the round's gain, then the locked gain, then shares and exits in proportion", () => {
      const state = pool({ equity: 1020n, supply: 1000n, delegated: 1000n });
      state.locked = 20n;
      state.releaseEnd = NOW + DAY;
      state.releaseDuration = DAY;
      metaPool.unstake(state, NOW, "ann", 100n);
      report(state, NOW, { gain: 30n });

      report(state, NOW, { loss: 100n });

      // 30 off the round, 20 off locked, 50 on E 900 and owed 100: 45 and 5
      expect(state.roundGain).to.equal(0n);
      expect(lockedAt(state, NOW)).to.equal(0n);
      expect([assetsAt(state, NOW), state.exits.owed]).to.deep.equal([855n, 95n]);
      expect(state.exits.lossIndex).to.equal((95n * RAY) / 100n);
      expect(state.delegated).to.equal(1000n + 30n - 100n);
      expect(bufferOf(state)).to.equal(20n);
    });

    it("round the part of the exits down", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 900n });
      metaPool.unstake(state, NOW, "ann", 100n);

      report(state, NOW, { loss: 7n });

      // ⌊7 · 100 / 1000⌋ = 0
      expect([state.equity, state.exits.owed, state.exits.lossIndex]).to.deep.equal([893n, 100n, RAY]);
      report(state, NOW, { loss: 17n });
      // ⌊17 · 100 / 993⌋ = 1
      expect([state.equity, state.exits.owed]).to.deep.equal([877n, 99n]);
    });

    it("of part of the locked gain keep its end", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 900n });
      state.locked = 100n;
      state.releaseEnd = NOW + 10n;
      state.releaseDuration = 20n;

      report(state, NOW, { loss: 20n });

      // half of 100 had been released: E = 950 before and after; 50 − 20 over the 10 s left
      expect([state.locked, state.releaseDuration, state.equity]).to.deep.equal([30n, 10n, 980n]);
      expect(assetsAt(state, NOW)).to.equal(950n);
      expect(lockedAt(state, NOW + 5n)).to.equal(15n);
    });

    it("of all close the pool and void the exits", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 1000n });
      metaPool.unstake(state, NOW, "ann", 100n);

      report(state, NOW, { loss: 1000n });

      expect([state.closed, state.equity, state.exits.owed, state.exits.lossIndex]).to.deep.equal([true, 0n, 0n, RAY]);
      expect(metaPool.unstakedBalance(state, "ann")).to.equal(0n);
      // number 1 is not used again, and counts as funded
      expect([state.exits.filling, state.exits.voided, fundedThrough(state.exits)]).to.deep.equal([2n, 1n, 1n]);
    });

    it("of all but a billionth part close the pool", () => {
      const state = pool({ equity: 10n ** 18n, supply: 10n ** 18n, delegated: 10n ** 18n });
      report(state, NOW, { loss: 10n ** 18n - 10n ** 9n });
      expect(state.closed).to.be.false; // E · 1e9 = S
      report(state, NOW, { loss: 1n });
      expect(state.closed).to.be.true;
    });
  });

  describe("rounds", () => {
    it("release a gain over an epoch, rounding what is locked up", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 1000n });
      state.parameters.feeBps = 0n;
      book.beginRound(state);
      report(state, NOW, { gain: 100n });
      expect(assetsAt(state, NOW)).to.equal(1000n);
      endRound(state, NOW, 10n ** 9n, 0n);

      expect(assetsAt(state, NOW)).to.equal(1000n);
      expect(lockedAt(state, NOW + 1n)).to.equal(100n); // ⌈100 · 86399 / 86400⌉
      expect(lockedAt(state, NOW + DAY / 2n)).to.equal(50n);
      expect(assetsAt(state, NOW + DAY)).to.equal(1100n);
    });

    it("take the fee as shares that are worth it in the end, and raise the high-water mark", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 1000n });
      book.beginRound(state);
      report(state, NOW, { gain: 100n });

      // 5 % of 100, and ⌊5 · 1000 / 1095⌋ shares, which can claim one each at once
      expect(endRound(state, NOW, 10n ** 9n, 0n)).to.deep.equal({ fee: 5n, feeShares: 4n });
      expect([state.equity, state.locked, assetsAt(state, NOW), supplyOf(state)]).to.deep.equal([
        1100n,
        96n,
        1004n,
        1004n,
      ]);
      // 1100 / 1004 = 1.095617529880478087649402390438…, rounded up
      expect(state.highWater).to.equal(1_095_617_529_880_478_087_649_402_391n);
    });

    it("take no fee on what was lost before", () => {
      const state = pool({ equity: 900n, supply: 1000n, delegated: 900n });
      state.highWater = RAY;
      book.beginRound(state);
      report(state, NOW, { gain: 150n });

      // only 50 of the 150 are above the mark: ⌊50 · 5 %⌋ = 2; ⌊2 · 1000 / 1048⌋ = 1 share
      expect(endRound(state, NOW, 10n ** 9n, 0n)).to.deep.equal({ fee: 2n, feeShares: 1n });
    });

    it("take the fee on what gains exceed losses by", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 1000n });
      state.highWater = RAY / 2n;
      book.beginRound(state);
      report(state, NOW, { loss: 40n });
      report(state, NOW, { gain: 100n });

      // net 60: 3; ⌊3 · 1000 / 1057⌋ = 2, which can claim ⌈2 · 0.96⌉ at once
      expect(endRound(state, NOW, 60n, 0n)).to.deep.equal({ fee: 3n, feeShares: 2n });
      expect([assetsAt(state, NOW), state.locked]).to.deep.equal([962n, 98n]);
    });

    it("let what is still locked join and keep the later end", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 1000n });
      state.parameters.feeBps = 0n;
      book.beginRound(state);
      report(state, NOW, { gain: 70n });
      endRound(state, NOW, 70n, 9n * DAY); // at most seven days
      expect(state.releaseEnd).to.equal(NOW + 7n * DAY);
      book.beginRound(state);
      report(state, NOW + DAY, { gain: 10n });
      endRound(state, NOW + DAY, 10n, 2n * DAY);

      // a round without a gain leaves the end alone
      book.beginRound(state);
      endRound(state, NOW + DAY, 0n, 6n * DAY);
      expect([state.locked, state.releaseEnd, state.releaseDuration]).to.deep.equal([70n, NOW + 7n * DAY, 6n * DAY]);
      // 60 of 70 still locked, 10 join, until the seventh day
      expect([state.locked, state.releaseEnd, state.releaseDuration]).to.deep.equal([70n, NOW + 7n * DAY, 6n * DAY]);
    });
  });

  describe("written-down operators", () => {
    it("make stakes dearer by what the price fell", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 1000n });

      const claim = reportWriteDown(state, NOW, 20n);
      expect([claim.units, state.premium, state.premiumUnits]).to.deep.equal([20n, 20n, 20n]);
      // at 980 + 20 for 1000 shares; leaving pays 0.98
      expect(metaPool.previewStake(state, NOW, 500n)).to.equal(500n);
      expect(metaPool.convertToAssets(state, NOW, 500n)).to.equal(490n);

      endWriteDown(state, 0n, claim);
      expect([state.premium, state.premiumUnits]).to.deep.equal([0n, 0n]);
      expect(metaPool.previewStake(state, NOW, 490n)).to.equal(500n);
    });

    it("below a millionth of what is left leave the premium alone", () => {
      const state = pool({ equity: 10_000_000n, supply: 1000n, delegated: 10_000_000n });

      // 10 / 9 999 990 is at least 1e-6, 9 / 9 999 991 is not
      expect(reportWriteDown(structuredClone(state), NOW, 9n).units).to.equal(0n);
      expect(reportWriteDown(state, NOW, 10n).units).to.equal(10n);
    });

    it("that are back give the shares at once what they had taken from them, and the round the rest", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 1000n });
      const claim = reportWriteDown(state, NOW, 200n);
      state.equity += 80n; // stakes since
      endWriteDown(state, 230n, claim);
      expect([state.equity, state.roundGain, state.delegated, state.premium]).to.deep.equal([1080n, 30n, 1030n, 0n]);
    });

    it("whose part has ended before are back as a gain", () => {
      const state = pool({ equity: 1000n, supply: 1000n, delegated: 1000n });
      const claim = reportWriteDown(state, NOW, 200n);
      endWriteDown(state, 0n, claim);
      endWriteDown(state, 200n, { ...claim, units: 0n });
      expect([state.equity, state.roundGain, state.premium]).to.deep.equal([800n, 200n, 0n]);
    });

    it("share the premium by their units, rounded down; the last one's part is all that is left", () => {
      const state = pool({ equity: 10n ** 6n, supply: 10n ** 6n, delegated: 10n ** 6n });
      const first = reportWriteDown(state, NOW, 200_000n);
      const second = reportWriteDown(state, NOW, 100_000n);
      leavePremium(state, 5n); // 1.5 of 300 000 wei: one
      expect([first.units, second.units, state.premium]).to.deep.equal([200_000n, 100_000n, 299_999n]);
      // ⌊60 000 · 300 000 / 299 999⌋ = 60 000, and ⌊150 000 · 360 000 / 359 999⌋ = 150 000 of 510 000 units
      const more = [60_000n, 150_000n].map((loss) => reportWriteDown(state, NOW, loss));
      expect(more.map(({ units }) => units)).to.deep.equal([60_000n, 150_000n]);
      // ⌊509 999 · 200 000 / 510 000⌋ = 199 999
      endWriteDown(state, 10n ** 6n, first);
      expect([state.equity, state.premium, state.premiumUnits]).to.deep.equal([689_999n, 310_000n, 310_000n]);
      for (const claim of [...more, second]) endWriteDown(state, 10n ** 6n, claim);
      expect([state.equity, state.premium, state.premiumUnits]).to.deep.equal([999_999n, 0n, 0n]);
    });

    it("have a millionth of their units in the next era, which begins when a unit is worth less than that of a wei", () => {
      const state = pool({ equity: 10n ** 9n, supply: 10n ** 9n, delegated: 10n ** 9n });
      Object.assign(state, { premium: 4n, premiumUnits: 4_000_000n });
      expect(reportWriteDown(structuredClone(state), NOW, 1000n)).to.deep.equal({ units: 10n ** 9n, era: 0n });
      state.premiumUnits += 1n;
      expect(reportWriteDown(state, NOW, 1001n)).to.deep.equal({ units: 1001n, era: 1n });
      expect([state.premium, state.premiumUnits]).to.deep.equal([1005n, 1005n]);

      // What is left, 4 units, is rounding: it ends, and whose it was has none in the era that begins.
      endWriteDown(state, 10_000n, { units: 1_001_999_999n, era: 0n });
      expect([state.equity, state.roundGain]).to.deep.equal([10n ** 9n - 1001n + 1005n, 10_000n - 1005n]);
      expect([state.premium, state.premiumUnits, state.premiumEra]).to.deep.equal([0n, 0n, 2n]);
      endWriteDown(state, 0n, { units: 4n, era: 1n });
      expect([state.premium, state.premiumUnits, state.premiumEra]).to.deep.equal([0n, 0n, 2n]);
    });

    it("end in as small parts as they like: no unit is left that nobody has", () => {
      const state = pool({ equity: 10n ** 9n, supply: 10n ** 9n, delegated: 10n ** 9n });
      Object.assign(state, { premium: 9000n, premiumUnits: 9000n, premiumEra: 1n });
      const other = { units: 7000n, era: 1n };
      // Each part is less than a unit of this era.
      for (let units = 2n * 10n ** 9n; units > 0n;) {
        const left = units > 990_000n ? units - 990_000n : 0n;
        endWriteDown(state, 0n, { units, era: 0n }, left);
        units = left;
      }
      expect([state.premium, state.premiumUnits]).to.deep.equal([7000n, 7000n]);

      endWriteDown(state, 0n, other);
      expect([state.premium, state.premiumUnits]).to.deep.equal([0n, 0n]);
    });
  });

  describe("instant exit", () => {
    it("costs 25 bp above the buffer target", () => {
      const state = pool({ equity: 100_000n, supply: 100_000n, delegated: 90_000n });

      // target 5000, left 10000 − 1000; ⌈1000 · 25 / 10000⌉ = 3
      expect(metaPool.unstakeInstant(state, NOW, "ann", 1000n)).to.equal(997n);
      expect([state.equity, bufferOf(state), supplyOf(state)]).to.deep.equal([99_003n, 9003n, 99_000n]);
    });

    it("costs more the smaller the buffer left is", () => {
      const state = pool({ equity: 100_000n, supply: 100_000n, delegated: 97_000n });

      // left 3000 − 1000 = 2000 of 5000: 180 − 155 · 0.4 = 118 bp of 1000 = 11.8
      expect(metaPool.unstakeInstant(state, NOW, "ann", 1000n)).to.equal(988n);
    });

    it("leaves what exits are owed and stays within half the target per epoch", () => {
      const state = pool({ equity: 100_000n, supply: 100_000n, delegated: 90_000n });
      metaPool.unstake(state, NOW, "ann", 9000n);
      // 10000 − 9000 are idle; ⌈1001 · 0.018⌉ = 19
      expect(reasonOf(() => metaPool.unstakeInstant(state, NOW, "ann", 1001n))).to.deep.equal([
        "InstantExitUnavailable",
        982n,
        0n,
      ]);

      const rich = pool({ equity: 100_000n, supply: 100_000n });
      // half of 5000; ⌈2506 · 0.0025⌉ = 7, 2499 are paid
      metaPool.unstakeInstant(rich, NOW, "ann", 2506n);
      // E = 97501: half of 4875 is 2437, and 2499 are gone
      expect(reasonOf(() => metaPool.unstakeInstant(rich, NOW, "ann", 10n))).to.deep.equal([
        "InstantExitUnavailable",
        9n,
        0n,
      ]);
      expect(metaPool.unstakeInstant(rich, NOW + DAY, "ann", 10n)).to.equal(9n);
    });

    it("closes after a loss until a round that began after it completes", () => {
      const state = pool({ equity: 1_000_000n, supply: 1_000_000n, delegated: 100_000n });
      report(state, NOW, { loss: 10n }); // not above 0.1 bp
      metaPool.unstakeInstant(state, NOW, "ann", 10n);
      book.beginRound(state);
      report(state, NOW, { loss: 11n });
      const closed = () => reasonOf(() => metaPool.unstakeInstant(state, NOW, "ann", 10n))[0];
      endRound(state, NOW, 10n ** 9n, 0n);
      expect(closed()).to.equal("InstantExitUnavailable");
      book.beginRound(state);
      expect(closed()).to.equal("InstantExitUnavailable");
      endRound(state, NOW, 10n ** 9n, 0n);
      expect(closed()).to.equal(undefined);
    });
  });
});
