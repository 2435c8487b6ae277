/** Bonds that are gone when they are needed, or worth less: A52 and A53 of docs/attacks.md. */
import { expect } from "chai";

import {
  connection,
  DAY,
  delegate,
  deployWorld,
  down,
  EPOCH,
  ether,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  up,
} from "../fixtures/allocator.ts";
import { openLedger } from "../helpers/worth.ts";

/** An entry, an exit and a reading lose up to a wei each. */
const DUST = 10n;

/** Four honest pools with bonds of an ether, of which each wei carries 100; nothing is delegated. */
async function deployUntrusted() {
  const bond = ether(1);
  return deployWorld({
    honest: [{ bond }, { bond }, { bond }, { bond }],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE, policy: { bondRatio: 100 } },
  });
}

/** The same with 25 ether each. */
async function deployBonded() {
  const world = await deployUntrusted();
  await delegate(world);
  return world;
}

describe("Attacks", () => {
  describe("bonds", () => {
    it("A52 a bond cannot be asked back while stake needs it: what stays is there when a slash comes", async () => {
      const world = await networkHelpers.loadFixture(deployBonded);
      const { metaPool, network, foundation, honest, alice } = world;
      const { pool, owner, address } = honest[0]!;
      const { equity, bondShares } = await pool.getBook();
      const carried = equity - bondShares; // a share is a wei
      await expect(pool.connect(owner).requestBondWithdrawal(bondShares))
        .to.be.revertedWithCustomError(pool, "StakeNotCovered")
        .withArgs(carried, 0n);
      const needed = (carried + 99n) / 100n;
      const ledger = await openLedger(connection, [metaPool, pool], { attacker: [owner], victim: [alice] });
      await pool.connect(owner).requestBondWithdrawal(bondShares - needed);
      const [, readyAt] = await pool.bondWithdrawal();
      while (BigInt(await networkHelpers.time.latest()) + EPOCH < readyAt) await nextRound(world);
      await networkHelpers.time.increaseTo(readyAt);
      await pool.connect(owner).finishBondWithdrawal();
      await network.connect(foundation).slash(address, 96);
      await nextRound(world);

      const loss = (equity * 96n) / 10_000n;
      expect(loss).to.be.within((needed * 99n) / 100n, needed);
      const { attacker, victim } = await ledger.changes();
      expect(attacker, "what it has got back, and of the rest nothing").to.be.closeTo(bondShares - needed, DUST);
      expect(await pool.bond()).to.be.closeTo(needed - loss, DUST);
      expect(victim).to.be.at.least(-DUST);
    });

    it("A52 a bond that was asked for on the first day, before there was stake, is trusted with nothing", async () => {
      const world = await networkHelpers.loadFixture(deployUntrusted);
      const { allocator, metaPool, network, foundation, honest, alice } = world;
      const { pool, owner, address } = honest[0]!;
      const { bondShares } = await pool.getBook();
      const seed = ether("0.001");
      await pool.connect(owner).requestBondWithdrawal(bondShares - seed / 100n);
      const ledger = await openLedger(connection, [metaPool, pool], { attacker: [owner], victim: [alice] });
      await nextRound(world);
      expect(await move(world, [up(1, ether(25))])).to.deep.equal([0n]);
      await networkHelpers.time.increase(30n * DAY);
      await pool.connect(owner).finishBondWithdrawal();
      await network.connect(foundation).slash(address, 5_000);
      await nextRound(world);
      expect(await move(world, [up(1, ether(25))])).to.deep.equal([0n]);

      expect((await allocator.positionOf(1)).position).to.equal(0n);
      expect((await allocator.roomsOf(1, 1))[0]!.increaseCap).to.equal(0n);
      const { attacker, victim } = await ledger.changes();
      expect(victim).to.be.at.least(-DUST);
      expect(attacker, "half of the bond is slashed").to.be.closeTo(ether("0.5"), seed);
    });

    it("A52 a bond that is put up for an hour to be trusted with more is still there to be burned", async () => {
      const world = await networkHelpers.loadFixture(deployBonded);
      const { allocator, metaPool, network, foundation, honest, alice } = world;
      const { pool, owner, address } = honest[0]!;
      await metaPool.connect(alice).deposit_and_stake({ value: ether(100) });
      const ledger = await openLedger(connection, [metaPool, pool], { attacker: [owner], victim: [alice] });
      await pool.connect(owner).addBond({ value: ether(1) });
      await nextRound(world);
      expect(await move(world, [up(1, ether(15))])).to.deep.equal([ether(15)]);
      const { bondShares } = await pool.getBook();
      await expect(pool.connect(owner).requestBondWithdrawal(bondShares)).to.be.revertedWithCustomError(
        pool,
        "StakeNotCovered",
      );
      await pool.connect(owner).requestBondWithdrawal(bondShares - ether("0.401"));
      expect(await move(world, [up(1, ether(10))]), "no bond to spare, no room").to.deep.equal([0n]);
      const { equity } = await pool.getBook();
      await network.connect(foundation).slash(address, 300);
      await nextRound(world);

      expect((await allocator.positionOf(1)).position).to.be.at.least(ether(40) - DUST);
      const { attacker, victim } = await ledger.changes();
      expect(attacker, "what it put up").to.be.closeTo(-ether(1), DUST);
      expect((await pool.getBook()).bondShares).to.be.closeTo(ether(2) - (equity * 3n) / 100n, ether("0.001"));
      expect(victim).to.be.at.least(-DUST);
    });

    it("A53 a slash lowers the bond's own worth, and what is trusted to the operator with it", async () => {
      const world = await networkHelpers.loadFixture(deployBonded);
      const { allocator, metaPool, network, foundation, honest, alice } = world;
      const { pool, owner, address } = honest[0]!;
      await metaPool.connect(alice).deposit_and_stake({ value: ether(10) });
      await nextRound(world);
      const ledger = await openLedger(connection, [metaPool, pool], { attacker: [owner], victim: [alice] });
      const before = await pool.getBook();
      await network.connect(foundation).slash(address, 300);
      const loss = (before.equity * 300n) / 10_000n;
      expect(await pool.bond()).to.be.closeTo(ether(1) - loss, DUST);

      // It still covers most of the stake: nothing comes, and nothing is sent home.
      expect(await move(world, [up(1, ether(10))])).to.deep.equal([0n]);
      await nextRound(world);
      expect(await move(world, [up(1, ether(10)), down(1, ether(10))])).to.deep.equal([0n, 0n]);
      await network.connect(foundation).slash(address, 30);
      await nextRound(world);
      const bond = await pool.bond();
      const others = (await pool.get_total_staked_balance()) - (await pool.get_account_staked_balance(allocator));
      await move(world, [down(1, ether(25))]);
      expect((await allocator.positionOf(1)).position).to.be.closeTo(bond * 100n - others, 100n * DUST);
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim >= -DUST]).to.deep.equal([0n, true]);
    });
  });
});
