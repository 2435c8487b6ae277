/** What happened to others: NEAR's pools (F1) and Ethereum's (P4), as docs/attacks.md numbers them. */
import { expect } from "chai";

import {
  asNotice,
  connection,
  delegate,
  deployWorld,
  down,
  ether,
  ethers,
  keep,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextEpoch,
  nextRound,
  PAGE,
  Skip,
  up,
  type World,
} from "../fixtures/allocator.ts";
import * as meta from "../fixtures/metaPool.ts";
import * as operator from "../fixtures/operator.ts";
import { certify, initialSheet, settleAll } from "../fixtures/rounds.ts";
import { openLedger } from "../helpers/worth.ts";

/** One pool under command and three honest ones, each with 25 of 100 ether but for some odd wei. */
async function deployFour() {
  const bond = ether(10);
  const world = await deployWorld({
    hostile: 1,
    honest: [{ bond }, { bond }, { bond }],
    stake: ether("99.9") - 7n,
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  return { ...world, liar: world.hostile[0]! };
}

function watch({ metaPool, eve, alice }: World) {
  return openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
}

describe("Incidents", () => {
  describe("of NEAR's pools", () => {
    it("F1.7 a stake that an operator's pool refuses leaves the books as they were", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, liar, alice } = world;
      await metaPool.connect(alice).deposit_and_stake({ value: ether(20) });
      await nextRound(world);
      const ledger = await watch(world);
      await liar.setMode(Mode.revertsOnStake);
      const before = meta.fieldsOf(await metaPool.getBook());

      await expect(allocator.rebalance([up(1, ether(2))], PAGE))
        .to.emit(allocator, "LegSkipped")
        .withArgs(1n, true, ether(2), ether(2), Skip.poolFailed);
      expect(meta.fieldsOf(await metaPool.getBook())).to.deep.equal(before);
      expect(await ethers.provider.getBalance(allocator)).to.equal(0n);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("F1.9 partial exits of odd amounts never lower the price, by no wei", async () => {
      const { pool, alice: attacker, bob: victim } = await meta.loadGrownPool();
      const ledger = await openLedger(meta.connection, [pool], { attacker: [attacker], victim: [victim] });
      let { assets, supply } = await pool.getBook();
      for (let amount = 1n; amount < 10n ** 18n; amount = amount * 7n + 3n) {
        await pool.connect(attacker).unstake(amount);
        const after = await pool.getBook();
        expect(after.assets * supply).to.be.at.least(assets * after.supply);
        ({ assets, supply } = after);
      }

      const { attacker: profit, victim: lost } = await ledger.changes();
      expect(profit).to.be.within(-100n, 0n);
      expect(lost).to.be.at.least(0n);
    });

    it("F1.11 the wei that roundings leave do not keep an operator from being emptied and removed", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, network, registry, foundation, honest } = world;
      await network.connect(foundation).reward([honest[0]!.address], [1_234_567n], { value: 1_234_567n });
      await nextRound(world);
      const ledger = await watch(world);
      await registry.connect(await asNotice(world)).delist(2);
      await keep(world, 8);

      const { position, unbonding } = await allocator.positionOf(2);
      expect([position, unbonding]).to.deep.equal([0n, 0n]);
      await registry.remove(2);
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim >= -10n]).to.deep.equal([0n, true]);
    });

    it("F1.13 a deposit of nothing creates no account", async () => {
      const { pool, carol: attacker, alice: victim } = await operator.loadStakedPool();
      const ledger = await openLedger(operator.connection, [pool], { attacker: [attacker], victim: [victim] });
      const accounts = await pool.get_number_of_accounts();
      for (const call of [
        () => pool.connect(attacker).deposit(),
        () => pool.connect(attacker).deposit_and_stake(),
        () => pool.connect(attacker).unstake(0n),
        () => pool.connect(attacker).stake(0n),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(pool, "ZeroAmount");
      }
      expect(await pool.get_number_of_accounts()).to.equal(accounts);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("F1.14 whoever opens rounds and does nothing in them holds up nobody", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, alice, bob, eve } = world;
      const ledger = await watch(world);
      await metaPool.connect(bob).deposit_and_stake({ value: ether(10) });
      await metaPool.connect(alice).unstake(ether(10));
      await nextEpoch(world);
      for (let call = 0; call < 5; call += 1) await allocator.connect(eve).settle(0, PAGE);
      await settleAll(world);
      await metaPool.connect(alice).withdraw_all();

      expect((await allocator.openRound()).round).to.equal(0n);
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim >= -2n]).to.deep.equal([0n, true]);
    });

    it("F1.18 a leg that names no operator, or one too many, takes from nobody", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, alice } = world;
      await metaPool.connect(alice).unstake(ether(10));
      await nextRound(world);
      const ledger = await watch(world);
      for (const id of [0n, 5n]) {
        await expect(allocator.rebalance([down(id, ether(5))], PAGE))
          .to.emit(allocator, "LegSkipped")
          .withArgs(id, false, ether(5), 0n, Skip.unknownOperator);
      }

      expect(await allocator.unbonding()).to.equal(0n);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("F1.19 a round in the first second of every epoch makes an exit wait for the next one, not longer", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, alice, bob, eve } = world;
      await metaPool.connect(bob).deposit_and_stake({ value: ether(10) });
      const ledger = await watch(world);
      await nextEpoch(world);
      await allocator.connect(eve).settle(100, PAGE);
      await metaPool.connect(alice).unstake(ether(10));
      const due = await allocator.nextRoundAt();
      await nextEpoch(world);
      await allocator.connect(eve).settle(100, PAGE);
      await metaPool.connect(alice).withdraw_all();

      expect(BigInt(await networkHelpers.time.latest())).to.be.at.most(due + 10n);
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim >= -2n]).to.deep.equal([0n, true]);
    });
  });

  describe("of Ethereum's pools", () => {
    it("P4.4 who names the least it wants, or a time, gets that or keeps its money", async () => {
      const { pool, alice: victim, carol: attacker, loss } = await meta.loadWorkingPool();
      await loss(ether(1));
      const ledger = await openLedger(meta.connection, [pool], { attacker: [attacker], victim: [victim] });
      const time = await meta.now();
      const shares = await pool.previewStake(ether(1));
      await expect(pool.connect(victim).stakeFor(victim, shares + 1n, time + 100n, { value: ether(1) }))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(shares, shares + 1n);
      await expect(pool.connect(victim).stakeFor(victim, 0n, time, { value: ether(1) }))
        .to.be.revertedWithCustomError(pool, "DeadlineExpired")
        .withArgs(time, (await meta.now()) + 1n);
      const worth = await pool.convertToAssets(ether(1));
      await expect(pool.connect(victim).unstakeShares(ether(1), worth + 1n))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(worth, worth + 1n);

      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("P4.8 a rebalance moves what is above targets and nothing else", async () => {
      const world = await deployWorld({
        hostile: 4,
        stake: ether("99.9"),
        parameters: { allocator: { ...LOOSE, budget2Bps: 1_000 } },
      });
      await delegate(world);
      const { allocator, registry, scorer } = world;
      const ledger = await watch(world);
      await registry.connect(scorer).setWeights([1], [80]);
      await nextRound(world);
      expect(await certify(world, await initialSheet(world))).to.equal(true);
      const surplus = (await allocator.positionOf(1)).position - (await allocator.targetOf(1));
      const moved = await move(
        world,
        [1, 2, 3, 4].map((id) => down(id, 2n ** 95n)),
      );

      expect(moved).to.deep.equal([surplus, 0n, 0n, 0n]);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("P4.12 a wei more or less around the buffer target stops neither stakes nor exits nor legs", async () => {
      const world = await deployWorld({
        hostile: 4,
        stake: ether("99.9"),
        parameters: { allocator: LOOSE, pool: { bufferTargetBps: 50 } },
      });
      const { metaPool, alice, eve } = world;
      await delegate(world);
      const ledger = await watch(world);
      for (const step of [
        () => metaPool.connect(eve).deposit_and_stake({ value: 3n }),
        () => metaPool.connect(eve).unstake(1n),
        () => metaPool.connect(alice).unstakeInstant(10n ** 9n, 0n, alice),
      ]) {
        await step();
        await move(world, [up(1, ether(1)), down(2, ether(1))]);
        await metaPool.connect(alice).deposit_and_stake({ value: 2n });
        await metaPool.connect(alice).unstake(1n);
      }
      await keep(world, 2);
      await metaPool.connect(alice).withdraw_all();

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-3n, 0n);
      expect(victim).to.be.at.least(-(10n ** 9n) / 50n);
    });

    it("P4.22 a wei in front of a keeper's legs clips them, and does not stop them", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { metaPool, alice, eve } = world;
      await metaPool.connect(eve).deposit_and_stake({ value: ether(1) });
      await metaPool.connect(alice).deposit_and_stake({ value: ether(19) });
      await nextRound(world);
      const { buffer } = await metaPool.getBook();
      const ledger = await watch(world);
      await metaPool.connect(eve).unstake(1n);
      const moved = await move(
        world,
        [1, 2, 3, 4].map((id) => up(id, buffer)),
      );

      expect(moved.reduce((total, amount) => total + amount, 0n)).to.be.within(buffer - 10n, buffer - 1n);
      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-2n, 0n);
      expect(victim).to.be.at.least(-10n);
    });

    it("P4.26 what was lost and earned again pays no fee a second time", async () => {
      const { pool, treasury: attacker, alice, bob, gain, loss, round } = await meta.loadWorkingPool();
      const ledger = await openLedger(meta.connection, [pool], { attacker: [attacker], victims: [alice, bob] });
      for (let time = 0; time < 3; time += 1) {
        await loss(ether(10));
        await gain(ether(10));
        await round({ netGain: ether(10) });
        await meta.nextEpoch(8n);
      }

      const { attacker: fee, victims } = await ledger.changes();
      expect(fee).to.equal(0n);
      expect(victims).to.be.within(-4n, 0n);
    });
  });
});
