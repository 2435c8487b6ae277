/** Gains, losses and who knows of them first: A22 to A32 of docs/attacks.md. */
import { expect } from "chai";

import * as allocator from "../fixtures/allocator.ts";
import {
  at,
  connection,
  DAY,
  ether,
  loadStakedPool,
  loadWorkingPool,
  networkHelpers,
  nextEpoch,
  now,
} from "../fixtures/metaPool.ts";
import * as operator from "../fixtures/operator.ts";
import { openLedger } from "../helpers/worth.ts";

const FLASH = ether(10_000);

/** One pool under command and three honest ones, each with 25 of 100 ether. */
async function deployFour() {
  const bond = ether(10);
  const world = await allocator.deployWorld({
    hostile: 1,
    honest: [{ bond }, { bond }, { bond }],
    stake: ether("99.9"),
    parameters: { allocator: allocator.LOOSE },
  });
  await allocator.delegate(world);
  return { ...world, liar: world.hostile[0]! };
}

describe("Attacks", () => {
  describe("pricing", () => {
    it("A22 a flash stake around the booking of a gain earns nothing", async () => {
      const { pool, carol: attacker, alice: victim, gain, beginRound, endRound } = await loadWorkingPool();
      await networkHelpers.setBalance(attacker.address, 2n * FLASH);
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      await beginRound();
      await gain(ether(10));
      await pool.connect(attacker).deposit_and_stake({ value: FLASH });
      const time = (await now()) + 1n;
      await at(time);
      await endRound(1n);

      const { attacker: profit, victim: lost } = await ledger.changes();
      expect(profit).to.be.within(-200n, 0n);
      expect(lost).to.be.at.least(0n);
      await at(time + 1n);
      await pool.connect(attacker).unstake_all();
      const released = ether(10) / DAY;
      expect((await ledger.changes()).attacker, "a second of the release").to.be.at.most(released);
    });

    it("A22 who enters at the booking and stays earns its share of the release, while it carries the risk", async () => {
      const { pool, carol: attacker, alice: victim, gain, round } = await loadWorkingPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      await gain(ether(1));
      await round();
      await pool.connect(attacker).deposit_and_stake({ value: ether(100) });
      await networkHelpers.time.increase(DAY);
      await pool.connect(attacker).unstake_all();

      const { attacker: profit, victim: won } = await ledger.changes();
      expect(profit).to.be.within((ether(1) * 49n) / 100n, ether(1) / 2n);
      expect(won).to.be.at.least((ether(1) * 59n) / 200n - 1n);
    });

    it("A22 a delegator that comes for a reward of an operator's pool gets its share, and its stake earns nothing while it leaves", async () => {
      const { pool, alice: victim, carol: attacker, reward } = await operator.loadStakedPool();
      const ledger = await openLedger(operator.connection, [pool], { attacker: [attacker], victim: [victim] });
      await pool.connect(attacker).deposit_and_stake({ value: ether(100) });
      await reward(ether(1));
      await pool.connect(attacker).unstake_all();
      await reward(ether(1));
      await expect(pool.connect(attacker).withdraw_all()).to.be.revertedWithCustomError(pool, "ZeroAmount");

      // Nine tenths of each reward after commission: half of the first, nothing of the second.
      const { attacker: profit, victim: won } = await ledger.changes();
      expect(profit).to.be.within(ether("0.449"), ether("0.45"));
      expect(won).to.be.closeTo(ether("0.27") + ether("0.54"), ether("0.001"));
    });

    it("A23 an exit that was asked for before a loss is booked shares it, and so does a second one", async () => {
      const { pool, alice: attacker, bob: victim, loss } = await loadWorkingPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      await pool.connect(attacker).unstake(ether(30));
      await loss(ether(10));
      await pool.connect(attacker).unstake_all();

      const { attacker: profit, victim: lost } = await ledger.changes();
      expect(profit).to.be.within(-ether("5.9") - 2n, -ether("5.9") + 2n);
      expect(lost).to.be.within(-ether(4) - 1n, -ether(4) + 1n);
    });

    it("A23 nobody leaves an operator's pool ahead of a slash: it is in the price of the same block", async () => {
      const { pool, alice: attacker, bob: victim, slash } = await operator.loadStakedPool();
      const ledger = await openLedger(operator.connection, [pool], { attacker: [attacker], victim: [victim] });
      await slash(2_000n); // the bond bears 10 of 20 ether
      await pool.connect(attacker).unstake_all();
      await slash(1_000n);
      await pool.ping();

      const { attacker: profit, victim: lost } = await ledger.changes();
      const rate = (ether(80) * 9n) / 90n; // what 10 ether became
      expect(profit).to.be.closeTo(6n * rate - ether(60), 10n);
      expect(lost).to.be.closeTo((ether("29.999") * rate) / ether(10) - ether("29.999"), 10n);
    });

    for (const pieces of [1n, 40n]) {
      it(`A23 instant exits ahead of a loss, in pieces of 1/${pieces} of the limit, save what half of the buffer target would lose, less the fee`, async () => {
        const { pool, alice: attacker, bob: victim, fund, loss } = await loadStakedPool();
        await fund(ether("99.5")); // the buffer is at its target
        await nextEpoch();
        const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
        const { bufferTarget } = await pool.getBook();
        const limit = bufferTarget / 2n;
        let paid = 0n;
        let fees = 0n;
        for (let piece = 0n; piece < pieces; piece += 1n) {
          const shares = (limit * 98n) / 100n / pieces;
          const [assets, fee] = await pool.previewInstant(shares);
          await pool.connect(attacker).unstakeInstant(shares, assets, attacker);
          paid += assets;
          fees += fee;
        }
        expect(paid).to.be.at.most(limit);
        // In one go at the fee of the end, in many pieces near the average of beginning and end.
        const bps = (fees * 10_000n) / (paid + fees);
        expect(bps).to.be.within(pieces === 1n ? 100n : 62n, pieces === 1n ? 102n : 65n);

        const [more] = await pool.previewInstant(limit / 20n);
        const { bufferTarget: target } = await pool.getBook();
        await expect(pool.connect(attacker).unstakeInstant(limit / 20n, 0n, attacker))
          .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
          .withArgs(more, target / 2n - paid);

        await loss(ether(20));
        const [refused] = await pool.previewInstant(1_000n);
        await expect(pool.connect(attacker).unstakeInstant(1_000n, 0n, attacker))
          .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
          .withArgs(refused, 0n);
        const { attacker: lostByAttacker, victim: lost } = await ledger.changes();
        const saved = lostByAttacker + ether("11.8"); // beside who stayed with all of its 59
        expect(saved).to.be.at.most((limit * 20n) / 100n);
        expect(lost).to.be.at.least(-ether(8) - (((limit * 20n) / 100n) * 40n) / 99n);
      });
    }

    it("A23 a loss in hundreds of parts below 0.1 bp leaves instant exits open, within their limit", async () => {
      const { pool, alice: attacker, bob: victim, fund, loss } = await loadStakedPool();
      await fund(ether("99.5"));
      await nextEpoch();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      const { bufferTarget } = await pool.getBook();
      let paid = 0n;
      for (let part = 0; part < 30; part += 1) {
        await loss(ether(100) / 110_000n);
        const [assets] = await pool.previewInstant(bufferTarget / 20n);
        if (paid + assets > bufferTarget / 2n - 10n ** 12n) continue;
        await pool.connect(attacker).unstakeInstant(bufferTarget / 20n, 0n, attacker);
        paid += assets;
      }
      expect(paid).to.be.greaterThan((bufferTarget * 4n) / 10n);
      await loss(ether(10));

      const { attacker: lostByAttacker, victim: lost } = await ledger.changes();
      const fair = (ether(10) + (30n * ether(100)) / 110_000n) / 100n; // of each ether that was there
      expect(lostByAttacker + 59n * fair).to.be.at.most(bufferTarget / 20n);
      expect(lost).to.be.at.least(-40n * fair - bufferTarget / 40n);
    });

    it("A28 without a report nothing is earned: a year later the price is what was released", async () => {
      const { pool, alice: attacker, bob: victim, gain, round } = await loadWorkingPool();
      await gain(ether(1));
      await round();
      await networkHelpers.time.increase(8n * DAY);
      const rate = await pool.getRate();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      await networkHelpers.time.increase(365n * DAY);

      expect(await pool.getRate()).to.equal(rate);
      await pool.connect(attacker).unstake_all();
      const { attacker: profit, victim: lost } = await ledger.changes();
      expect(profit).to.be.within(-1n, 0n);
      expect(lost).to.be.at.least(0n);
    });

    it("A30 a slash is booked once, however often it is reported, and from everywhere", async () => {
      const world = await allocator.networkHelpers.loadFixture(deployFour);
      const { metaPool, liar, eve, alice } = world;
      const ledger = await openLedger(allocator.connection, [metaPool], { attacker: [eve], victim: [alice] });
      await liar.lose(ether(5));
      await world.allocator.connect(eve).settleOne(1);
      await world.allocator.connect(eve).settleOne(1);
      await allocator.nextRound(world);
      await world.allocator.connect(eve).settleOne(1);
      await allocator.move(world, [allocator.down(1, ether(1))]);

      const { attacker: profit, victim: lost } = await ledger.changes();
      expect(profit).to.equal(0n);
      expect(lost).to.be.closeTo((-ether(5) * 999n) / 1_000n, 3n);
    });

    for (const [name, bps, victims] of [
      ["below", 500n, 0n],
      ["equal to", 1_000n, 0n],
      ["above", 2_800n, ether(18)],
    ] as const) {
      it(`A30 a bond bears a slash that is ${name} it once, and all of it`, async () => {
        const { pool, owner: attacker, alice, bob, slash } = await operator.loadStakedPool();
        const ledger = await openLedger(operator.connection, [pool], { attacker: [attacker], victims: [alice, bob] });
        const bond = await pool.bond();
        await slash(bps);
        for (const caller of [alice, bob, attacker]) await pool.connect(caller).ping();

        const loss = (ether(100) * bps) / 10_000n;
        const borne = loss < bond ? loss : bond;
        expect(bond - (await pool.bond())).to.be.closeTo(borne, 2n);
        const { attacker: profit, victims: lost } = await ledger.changes();
        expect(profit).to.equal(0n);
        expect(lost).to.be.closeTo(-victims, ether("0.001")); // the rest is the seed's
      });
    }

    it("A31 stake that is on its way when a slash comes is slashed with the rest", async () => {
      const world = await allocator.networkHelpers.loadFixture(deployFour);
      const { metaPool, network, foundation, honest, eve, alice } = world;
      await metaPool.connect(eve).deposit_and_stake({ value: ether(50) });
      const ledger = await openLedger(allocator.connection, [metaPool], { attacker: [eve], victim: [alice] });
      await metaPool.connect(eve).unstake_all();
      await metaPool.connect(alice).unstake(ether(25));
      await allocator.nextRound(world);
      await allocator.move(world, [allocator.down(2, ether(25))]);
      const { unbonding } = await world.allocator.positionOf(2);
      expect(unbonding).to.be.at.least(ether(20));
      const { pool, address } = honest[0]!;
      const bond = await pool.bond();
      const held = (await pool.getBook()).equity + (await pool.getBook()).owed;
      await network.connect(foundation).slash(address, 8_000);
      await world.allocator.connect(eve).settleOne(2);

      const loss = (held * 8_000n) / 10_000n - bond;
      const { attacker: profit, victim: lost } = await ledger.changes();
      expect(profit, "its exit shares the loss").to.be.closeTo(-loss / 3n, ether("0.02"));
      expect(lost).to.be.closeTo((-loss * 2n) / 3n, ether("0.03"));
    });

    it("A32 an operator cannot raise its commission over a reward that it sees coming", async () => {
      const { pool, owner: attacker, alice, bob, reward } = await operator.loadStakedPool();
      const ledger = await openLedger(operator.connection, [pool], { attacker: [attacker], victims: [alice, bob] });
      await pool.connect(attacker).announceCommission(1_200n);
      const [, earliest] = await pool.commissionNotice();
      await expect(pool.connect(attacker).applyCommission()).to.be.revertedWithCustomError(pool, "CommissionNotReady");
      await operator.networkHelpers.time.increaseTo(earliest);
      await reward(ether(10));
      await pool.connect(attacker).applyCommission();

      const { attacker: profit, victims } = await ledger.changes();
      expect(profit, "a tenth: what has been earned is booked first").to.be.closeTo(ether(1), 2n);
      expect(victims).to.be.closeTo((ether(9) * 89_999n) / 100_000n, 4n);
      await pool.connect(attacker).lowerCommission(1_000n);
      await pool.connect(attacker).announceCommission(1_200n);
      await expect(pool.connect(attacker).announceCommission(1_201n))
        .to.be.revertedWithCustomError(pool, "CommissionAlreadyAnnounced")
        .withArgs(1_200n);
    });
  });
});
