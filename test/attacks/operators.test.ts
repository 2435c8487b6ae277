/** Operators' pools, the list, caps and legs: A43 to A55 of docs/attacks.md; hostile.test.ts has A44, bonds.test.ts A52 and A53. */
import { expect } from "chai";

import {
  all,
  asNotice,
  connection,
  DAY,
  delegate,
  deployWorld,
  ether,
  ethers,
  keep,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
  NO_CAP,
  NO_SHARE,
  PAGE,
  positionsOf,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { certify, certifyFair, initialSheet } from "../fixtures/rounds.ts";
import { openLedger } from "../helpers/worth.ts";

const POSITION = ether(25);
/** An entry, an exit and a reading lose up to a wei each. */
const DUST = 10n;

/** One pool under command and three honest ones, each with 25 of 100 ether. */
async function deployFour() {
  const bond = ether(10);
  const world = await deployWorld({
    hostile: 1,
    honest: [{ bond }, { bond }, { bond }],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  return { ...world, liar: world.hostile[0]! };
}

/** The first two of four operators are one group, which may hold 40 of 100 ether. */
async function deployGrouped() {
  const world = await deployWorld({
    hostile: 4,
    groups: [{ dimension: 1, absoluteCap: ether(40) }, { dimension: 1 }],
    groupsOf: [[1], [1], [2], [2]],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  return world;
}

/** What a pool has of ours, staked or on its way. */
async function heldOf({ allocator }: World, id: number): Promise<bigint> {
  const { position, unbonding } = await allocator.positionOf(id);
  return position + unbonding;
}

/** What eve, who attacks, and alice, the only other staker, win since this call. */
function watch({ metaPool, eve, alice }: World) {
  return openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
}

/** An operator's position, and what is on its way back from it. */
async function heldBy({ allocator }: World, id: bigint): Promise<[bigint, bigint]> {
  const { position, unbonding } = await allocator.positionOf(id);
  return [position, unbonding];
}

/** Eve leaves with everything in the next round, out of the money that she has brought herself. */
async function takeOut(world: World): Promise<void> {
  const { metaPool, eve } = world;
  await metaPool.connect(eve).unstake_all();
  await nextRound(world);
  await metaPool.connect(eve).withdraw_all();
}

describe("Attacks", () => {
  describe("operators", () => {
    it("A43 a pool that shows ten times its stake earns its friends a hundredth of its position an epoch", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { metaPool, liar, eve } = world;
      const ledger = await watch(world);
      await liar.setMode(Mode.liesUp);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await nextRound(world);
      await networkHelpers.time.increase(DAY);
      await takeOut(world);
      await liar.setMode(Mode.honest);
      await nextRound(world);

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(0n, (POSITION * 11n) / 1_000n);
      expect(victim).to.be.at.least((-POSITION * 11n) / 1_000n);
    });

    it("A43 a pool that pays our own stake out as a gain passes on less than it could have kept", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, liar, eve, alice } = world;
      const party = { address: await liar.getAddress() };
      const ledger = await openLedger(connection, [metaPool], {
        attacker: [eve, party],
        friend: [eve],
        victim: [alice],
      });
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await liar.oweMore(POSITION);
      await nextRound(world);
      await networkHelpers.time.increase(DAY);
      await takeOut(world);
      await liar.lose(POSITION);
      await allocator.settleOne(1);

      const { attacker, friend, victim } = await ledger.changes();
      expect(friend).to.be.within(ether(22), (POSITION * 9n) / 10n);
      expect(attacker, "it held the whole position before").to.be.at.most(0n);
      expect(victim).to.be.at.least(-POSITION - DUST);
    });

    it("A43 a pool that plays dead and comes back sells nobody cheap shares", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { metaPool, liar, eve } = world;
      const ledger = await watch(world);
      await liar.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      expect((await ledger.changes()).victim).to.be.closeTo((ether("-99.9") * 25n) / 100n, DUST);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await liar.setMode(Mode.honest);
      await nextRound(world);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await networkHelpers.time.increase(8n * DAY);

      const { attacker, victim } = await ledger.changes();
      expect(attacker, "what D rounds away on 1,800 ether").to.be.within(-100n, 0n);
      expect(victim).to.be.at.least(-DUST);
    });

    it("A43 a pool that was given up and pays all it owes is not believed to have as much stake, too", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, liar, eve } = world;
      await metaPool.connect(eve).deposit_and_stake({ value: ether(100) });
      const ledger = await watch(world);
      await liar.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      await liar.setMode(Mode.honest);
      await liar.oweMore(POSITION); // and goes on showing what it pays as staked
      await nextRound(world);
      expect(await ethers.provider.getBalance(liar)).to.equal(0n);
      expect((await allocator.positionOf(1)).position).to.equal(0n);
      await networkHelpers.time.increase(8n * DAY);
      await takeOut(world);
      await liar.lose(POSITION);
      await allocator.settleOne(1);

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-DUST, 0n);
      expect(victim).to.be.at.least(-DUST);
    });

    it("A43 a pool that plays dead, answers with nothing, and pays then sells nobody cheap shares", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, registry, liar, eve } = world;
      const ledger = await watch(world);
      await liar.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      const { premium } = await metaPool.getBook();
      await liar.setMode(Mode.honest);
      await liar.lose(POSITION);
      await nextRound(world);
      expect((await metaPool.getBook()).premium).to.equal(premium);
      expect((await allocator.positionOf(1)).writtenDown).to.equal(false);
      expect((await registry.operator(1)).watch).to.equal(true);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await liar.oweMore(POSITION);
      await nextRound(world);
      await networkHelpers.time.increase(8n * DAY);

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-POSITION, 0n);
      expect(victim).to.be.at.least(-DUST);
    });

    it("A43 a pool that hides a part of its stake again and again, for friends to gain by its return, ends on watch below its position", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { metaPool, registry, liar, eve } = world;
      const ledger = await watch(world);
      const lost: bigint[] = [];
      for (let cycle = 0; cycle < 6; cycle += 1) {
        const hidden = ((await liar.staked()) * 29n) / 100n;
        await liar.lose(hidden);
        await keep(world, 1);
        await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
        await liar.oweMore(hidden);
        await keep(world, 2);
        await metaPool.connect(eve).unstake_all();
        while ((await metaPool.get_account_unstaked_balance(eve)) !== (await metaPool.withdrawable(eve)))
          await keep(world, 1);
        await metaPool.connect(eve).withdraw_all();
        await keep(world, 1);
        lost.push((await ledger.changes()).victim);
        expect((await registry.operator(1)).watch).to.equal(cycle > 0);
      }
      // Twice is what it can take, and all of it from what it was trusted with.
      expect(lost[1]).to.be.at.least((-POSITION * 6n) / 10n);
      expect(lost[5]).to.be.closeTo(lost[1]!, DUST);
    });

    it("A43 a pool that hides all of its stake and pays it passes on no more than its position, once", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, registry, liar, eve, alice } = world;
      const ledger = await openLedger(connection, [metaPool], {
        attacker: [eve, { address: await liar.getAddress() }],
        friend: [eve],
        victim: [alice],
      });
      await liar.lose(POSITION);
      await nextRound(world);
      expect((await registry.operator(1)).watch).to.equal(true);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await liar.oweMore(POSITION);
      await nextRound(world);
      await networkHelpers.time.increase(8n * DAY);
      await keep(world, 3);

      const { attacker, friend, victim } = await ledger.changes();
      expect(friend).to.be.within((POSITION * 9n) / 10n, POSITION);
      expect(attacker, "it held the whole position before").to.be.at.most(0n);
      expect(victim).to.be.within(-POSITION, (-POSITION * 9n) / 10n);
      expect((await allocator.positionOf(1)).position, "nothing left to hide").to.equal(0n);
    });

    it("A43 a pool that hides a part and shows it again earns its friends that part a hundredth an epoch, on watch, until it is drained", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, registry, liar, eve } = world;
      const ledger = await watch(world);
      const hidden = (POSITION * 29n) / 100n;
      const lost: bigint[] = [];
      for (let cycle = 0; cycle < 2; cycle += 1) {
        await liar.lose(hidden);
        await nextRound(world);
        await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
        await liar.reward({ value: hidden });
        for (let round = 0; round < 37; round += 1) await nextRound(world);
        await networkHelpers.time.increase(2n * DAY);
        await metaPool.connect(eve).unstake_all();
        await nextRound(world);
        await metaPool.connect(eve).withdraw_all();
        lost.push((await ledger.changes()).victim);
      }
      expect((await registry.operator(1)).watch).to.equal(true);
      expect((await allocator.positionOf(1)).position).to.equal(POSITION);
      expect(lost[0]).to.be.within(-hidden, 0n);
      expect(lost[1]).to.be.within(-2n * hidden, lost[0]! - hidden / 2n);

      await registry.connect(await asNotice(world)).drain(1); // beyond the guardian share
      await keep(world, 6);
      expect((await allocator.positionOf(1)).position).to.equal(0n);
      expect((await ledger.changes()).victim).to.be.at.least(lost[1]! - DUST);
    });

    it("A43 a pool that plays dead while others leave can win no more than what their exits lost with it", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { metaPool, liar, eve, alice } = world;
      const ledger = await watch(world);
      await metaPool.connect(alice).unstake(ether(50));
      await liar.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      const lost = POSITION / 2n; // half of the pool is owed to the exit
      expect(await metaPool.get_account_unstaked_balance(alice)).to.be.closeTo(ether(50) - lost, DUST);
      await liar.setMode(Mode.honest);
      await nextRound(world);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await networkHelpers.time.increase(8n * DAY);

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(0n, lost);
      expect(victim).to.be.at.least(-lost - DUST);
    });

    it("A43 a pool that says all of our stake is on its way delays an exit until it is late, and no longer", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { metaPool, liar, alice } = world;
      const ledger = await watch(world);
      await metaPool.connect(alice).unstake(ether(30));
      await liar.setMode(Mode.neverPays);
      await liar.unstake(POSITION);
      await keep(world, 12);

      expect(await metaPool.withdrawable(alice)).to.be.at.least((ether(30) * 3n) / 4n - DUST);
      expect((await metaPool.getBook()).owed).to.equal(0n);
      expect((await ledger.changes()).victim).to.be.at.least(-POSITION - DUST);
    });

    it("A43 a pool that pays half of what is due whenever it would be late keeps half as much each time", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, liar, alice } = world;
      const ledger = await watch(world);
      await metaPool.connect(alice).unstake(ether(30));
      await liar.setMode(Mode.neverPays);
      await liar.unstake(POSITION);
      await keep(world, 1);
      let kept = POSITION;
      for (let payment = 0; payment < 3; payment += 1) {
        await keep(world, 1);
        await liar.setMode(Mode.honest);
        await liar.setTrickle(kept / 2n);
        await keep(world, 1);
        await liar.setMode(Mode.neverPays);
        kept /= 2n;
        const { unbonding, faulted } = await allocator.positionOf(1n);
        expect([unbonding, faulted]).to.deep.equal([kept, false]);
        // What it pays goes to the exit at once; the other pools owe the rest.
        expect((await metaPool.getBook()).owed).to.be.at.most(kept + ether(30) - POSITION + DUST);
      }
      await keep(world, 4);
      const { position, unbonding, faulted } = await allocator.positionOf(1n);
      expect([unbonding, faulted]).to.deep.equal([kept, true]);
      await keep(world, 8);

      // The exit is paid in full; what the pool was trusted with at the end is gone, and no more.
      expect((await metaPool.getBook()).owed).to.equal(0n);
      expect(await metaPool.withdrawable(alice)).to.be.at.least(ether(30) - DUST);
      expect((await ledger.changes()).victim).to.be.at.least(-position - unbonding - DUST);
    });

    it("A45 a deposit of nine times the pool lifts nobody above the cap by the stake of the snapshot", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, eve, alice } = world;
      await metaPool.connect(alice).transfer(eve, ether(10)); // she had a part of it before
      const ledger = await watch(world);
      const cap = ((await allocator.poolSnapshot()).total * 3_333n) / 10_000n;
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await move(world, all("up", 4));
      for (const position of await positionsOf(world)) expect(position).to.be.at.most(cap);
      await takeOut(world);

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-DUST, 0n);
      expect(victim).to.be.at.least(-DUST);
    });

    it("A45 a deposit of nine times the pool does not let the guardian drain more than its share", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, registry, guardian, eve } = world;
      await registry.connect(await asNotice(world)).setPolicy({
        poolShareBps: 3_333,
        netShareBps: NO_SHARE,
        bondRatio: 0,
        guardianShareBps: 2_600,
      });
      await nextRound(world);
      const ledger = await watch(world);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await registry.connect(guardian).drain(1);

      const left = ((await allocator.poolSnapshot()).healthy * 2_600n) / 10_000n - POSITION;
      expect(await registry.guardianShareLeft()).to.equal(left);
      await expect(registry.connect(guardian).drain(2))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(POSITION, left);
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim]).to.deep.equal([0n, 0n]);
    });

    it("A45 a deposit of nine times the pool that stays for a round's end does not let the guardian drain more, either", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { metaPool, registry, guardian, eve } = world;
      await nextRound(world);
      const positions = await positionsOf(world);
      const share = await registry.guardianShareLeft();
      const ledger = await watch(world);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await nextRound(world);

      expect(await registry.guardianShareLeft()).to.equal(share);
      for (const [index, position] of positions.entries()) {
        await expect(registry.connect(guardian).drain(index + 1))
          .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
          .withArgs(position, share);
      }
      await metaPool.connect(eve).unstake_all();
      await move(world, all("down", 4));
      expect(await positionsOf(world)).to.deep.equal(positions);
      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-DUST, 0n);
      expect(victim).to.be.at.least(-DUST);
    });

    it("A45 a deposit of nine times the pool makes no room for lower caps of a group, whenever it comes", async () => {
      const world = await deployWorld({
        hostile: 2,
        honest: [{}, {}],
        groups: [{ dimension: 1, poolShareBps: 6_000 }],
        groupsOf: [[1], [1]],
        stake: ether("99.9"),
        parameters: { allocator: LOOSE },
      });
      await delegate(world);
      await nextRound(world);
      const { allocator, metaPool, registry, guardian, eve } = world;
      const byGuardian = registry.connect(guardian);
      const share = await registry.guardianShareLeft();
      const { position } = await allocator.groupSnapshot(1);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await nextRound(world);

      // Of what operators held then, before the deposit, which leaves again.
      const { healthy } = await allocator.poolSnapshot();
      const violation = position - (healthy * 500n) / 10_000n;
      await expect(byGuardian.lowerGroupCaps(1, 500, NO_SHARE, NO_CAP))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(violation, share);
    });

    it("A45 a group is not tightened for nothing while a member of it is faulted", async () => {
      const world = await deployWorld({
        hostile: 1,
        honest: [{}, {}, {}],
        groups: [{ dimension: 1, poolShareBps: 3_000 }],
        groupsOf: [[1]],
        stake: ether("99.9"),
        parameters: { allocator: LOOSE },
      });
      await delegate(world);
      const { allocator, registry, guardian } = world;
      await world.hostile[0]!.setMode(Mode.reverts);
      await nextRound(world);
      const share = await registry.guardianShareLeft();
      const { position, faulted } = await allocator.groupSnapshot(1);
      expect(position).to.equal(0n);

      const { total, faultedStake, healthy } = await allocator.poolSnapshot();
      const least = total < healthy ? total : healthy;
      const cap = (least + faultedStake) / 10_000n;
      await expect(registry.connect(guardian).lowerGroupCaps(1, 1, NO_SHARE, NO_CAP))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(faulted - cap, share);
    });

    it("A45 a member that claims any stake of others takes no room of a group without a share of the network", async () => {
      const world = await deployWorld({
        hostile: 2,
        groups: [{ dimension: 1, poolShareBps: 9_000 }],
        groupsOf: [[1], [1]],
        honest: [{}],
        stake: ether("99.9"),
        parameters: { allocator: LOOSE, policy: { netShareBps: NO_SHARE } },
      });
      await delegate(world);
      const ledger = await watch(world);
      const { cap } = await world.allocator.groupSnapshot(1);
      expect(cap).to.equal(ether(90));
      await world.hostile[0]!.setOthers(2n ** 255n);
      await nextRound(world);

      expect((await world.allocator.groupSnapshot(1)).cap).to.equal(cap);
      await certifyFair(world);
      const before = await positionsOf(world);
      await move(world, all("down", 3));
      expect(await positionsOf(world)).to.deep.equal(before);
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim]).to.deep.equal([0n, 0n]);
    });

    it("A45 a network that cannot be read does not let the guardian tighten a group beyond its share", async () => {
      const world = await deployWorld({
        hostile: 2,
        groups: [{ dimension: 1 }],
        groupsOf: [[1], [1]],
        honest: [{}],
        stake: ether("99.9"),
        parameters: { allocator: LOOSE },
      });
      await delegate(world);
      await nextRound(world);
      const { allocator, registry, network, guardian } = world;
      const { position } = await allocator.groupSnapshot(1);
      const ledger = await watch(world);
      const byGuardian = registry.connect(guardian);
      const at = await network.getAddress();
      const code = await ethers.provider.getCode(at);
      await networkHelpers.setCode(at, "0x");
      await expect(byGuardian.lowerGroupCaps(1, NO_SHARE, 0, NO_CAP), "it was read at the snapshot")
        .to.be.revertedWithCustomError(registry, "NetworkNotRead")
        .withArgs((await allocator.poolSnapshot()).networkStake, 0n);
      await nextRound(world);
      await networkHelpers.setCode(at, code);
      await expect(byGuardian.lowerGroupCaps(1, NO_SHARE, 0, NO_CAP), "it can be read again")
        .to.be.revertedWithCustomError(registry, "NetworkNotRead")
        .withArgs(0n, (await allocator.liveTotals()).networkStake);
      await nextRound(world);
      await expect(byGuardian.lowerGroupCaps(1, NO_SHARE, 0, NO_CAP))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(position, await registry.guardianShareLeft());
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim]).to.deep.equal([0n, 0n]);
    });

    it("A46 a new label opens no room at once, and closes none that was used", async () => {
      const world = await networkHelpers.loadFixture(deployGrouped);
      const { allocator, metaPool, registry, eve } = world;
      expect((await allocator.groupSnapshot(1)).position).to.equal(ether(40));
      await metaPool.connect(eve).deposit_and_stake({ value: ether(100) });
      await nextRound(world);
      const ledger = await watch(world);
      await registry.connect(await asNotice(world)).setGroups(1, 2);

      expect(await move(world, [up(1, ether(5)), up(2, ether(5))])).to.deep.equal([0n, 0n]);
      expect((await allocator.groupSnapshot(1)).position).to.equal(ether(40));
      await nextRound(world);
      expect((await allocator.groupSnapshot(1)).position).to.equal(ether(20));
      await move(world, all("up", 4));
      expect((await allocator.groupSnapshot(1)).position).to.be.at.most(ether(40));
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim]).to.deep.equal([0n, 0n]);
    });

    it("A47 stake that is bonded at the network to lift N opens no room before it is in a snapshot", async () => {
      const world = await deployWorld({
        hostile: 4,
        stake: ether("99.9"),
        parameters: { allocator: LOOSE, policy: { netShareBps: 100 } },
      });
      const { metaPool, network, eve, alice } = world;
      await network.connect(alice).getFunction("bond")({ value: ether(2_000) });
      await nextRound(world);
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
      await network.connect(eve).getFunction("bond")({ value: ether(3_000) });
      const moved = await move(world, all("up", 4));

      expect(moved).to.deep.equal(moved.map(() => ether(20)));
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim]).to.deep.equal([-ether(3_000), 0n]);
    });

    it("A43 a pool that calls its stake unbonding is not filled again above its cap", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, liar, eve, alice } = world;
      const party = { address: await liar.getAddress() };
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve, party], victim: [alice] });
      await liar.setMode(Mode.neverPays);
      let cap = 0n;
      for (let epoch = 0; epoch < 5; epoch += 1) {
        await liar.unstake(await liar.staked());
        await nextRound(world);
        await metaPool.connect(eve).deposit_and_stake({ value: ether(30) });
        await move(world, [up(1, ether(100))]);
        const { total, faultedStake } = await allocator.poolSnapshot();
        cap = ((total + faultedStake) * 3_333n) / 10_000n;
        expect(await heldOf(world, 1)).to.be.at.most(cap);
      }
      expect(cap).to.be.at.least(ether(70)); // so that there was room for what it had shown as gone

      const { attacker, victim } = await ledger.changes();
      expect(attacker, "what it holds of the cap, less what eve's shares are booked at").to.be.at.most(cap);
      expect(victim).to.be.at.least(-DUST);
    });

    it("A43 pools of a group that call their stake unbonding, one after the other, make no room for each other", async () => {
      const world = await networkHelpers.loadFixture(deployGrouped);
      const { metaPool, hostile, eve, alice } = world;
      const parties = await Promise.all(
        hostile.slice(0, 2).map(async (pool) => ({ address: await pool.getAddress() })),
      );
      await metaPool.connect(eve).deposit_and_stake({ value: ether(200) }); // so that the group's 40 ether are what binds
      await nextRound(world);
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve, ...parties], victim: [alice] });
      for (const pool of hostile.slice(0, 2)) {
        await pool.setMode(Mode.neverPays);
        await pool.unstake(await pool.staked());
        await nextRound(world);
        await move(world, all("up", 2));
        expect((await heldOf(world, 1)) + (await heldOf(world, 2))).to.equal(ether(40));
      }

      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim]).to.deep.equal([0n, 0n]);
    });

    it("A50 what exits take from a pool is not sent to it again above its cap, whoever stakes and leaves in turn", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, liar, eve } = world;
      const ledger = await watch(world);
      await liar.setMode(Mode.neverPays); // it keeps what is asked of it as long as it can
      for (let epoch = 0; epoch < 3; epoch += 1) {
        await metaPool.connect(eve).deposit_and_stake({ value: ether(50) });
        await nextRound(world);
        await move(world, all("up", 4));
        await metaPool.connect(eve).unstake_all();
        await nextRound(world);
        await move(world, all("down", 4));
        await metaPool.connect(eve).deposit_and_stake({ value: ether(150) });
        const before = await heldOf(world, 1);
        await move(world, all("up", 4));
        const cap = ((await allocator.poolSnapshot()).total * 3_333n) / 10_000n;
        expect(await heldOf(world, 1)).to.be.at.most(before > cap ? before : cap);
        await metaPool.connect(eve).unstake_all();
      }
      expect((await allocator.positionOf(1)).unbonding).to.be.greaterThan(0n);

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-DUST, 0n);
      expect(victim).to.be.at.least(-DUST);
    });

    it("A48 nothing goes to a pool that is no longer vouched for, and what is there comes home", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { metaPool, registry, foundation, guardian, liar, eve } = world;
      const ledger = await watch(world);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(100) });
      await nextRound(world);
      const policy = { poolShareBps: 3_333, netShareBps: NO_SHARE, bondRatio: 0, guardianShareBps: 3_333 };
      await registry.connect(await asNotice(world)).setPolicy(policy);
      await registry.connect(foundation).unwhitelistPool(liar);
      const held = await ethers.provider.getBalance(liar);

      expect(await move(world, [up(1, ether(10))])).to.deep.equal([0n]);
      await nextRound(world); // with a guardian share of its own
      await registry.connect(guardian).drain(2);
      expect(await move(world, [up(2, ether(10))])).to.deep.equal([0n]);
      expect(await ethers.provider.getBalance(liar)).to.equal(held);
      await keep(world, 3);
      expect(await heldBy(world, 1n)).to.deep.equal([0n, 0n]);
      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-DUST, 0n);
      expect(victim).to.be.at.least(-DUST);
    });

    it("A49 a pool that is listed twice has one cap", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { registry, liar } = world;
      const ledger = await watch(world);
      const again = {
        pool: liar,
        factory: ethers.ZeroAddress,
        weight: 100,
        minWeight: 0,
        maxWeight: 100,
        absoluteCap: NO_CAP,
        groups: 0,
      };
      await expect(registry.connect(await asNotice(world)).list(again))
        .to.be.revertedWithCustomError(registry, "AlreadyListed")
        .withArgs(liar, 1n);

      expect(await registry.operatorCount()).to.equal(4n);
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim]).to.deep.equal([0n, 0n]);
    });

    it("A50 a scorer that swings weights every epoch keeps no more on its way than the budget", async () => {
      const world = await deployWorld({
        hostile: 4,
        stake: ether("99.9"),
        parameters: { allocator: { ...LOOSE, budget2Bps: 200 } },
      });
      await delegate(world);
      const { allocator, registry, scorer } = world;
      const ledger = await watch(world);
      for (let epoch = 0; epoch < 6; epoch += 1) {
        await registry.connect(scorer).setWeights([1, 2], epoch % 2 === 0 ? [80, 120] : [96, 100]);
        await nextRound(world);
        expect(await certify(world, await initialSheet(world))).to.equal(true);
        await move(world, all("down", 4));
        await move(world, all("up", 4));
        const { total } = await allocator.poolSnapshot();
        expect((await allocator.budgetsUsed()).class2).to.be.at.most((total * 200n) / 10_000n);
        expect(await allocator.unbonding()).to.be.at.most((total * 200n) / 10_000n);
        expect(await move(world, all("down", 4)), "what was moved is not moved again").to.deep.equal([0n, 0n, 0n, 0n]);
      }

      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim]).to.deep.equal([0n, 0n]);
    });

    it("A51 a sheet that favours a crony is refused, and the true one leaves nobody above its target", async () => {
      const world = await networkHelpers.loadFixture(deployGrouped);
      const { allocator, metaPool, alice, eve } = world;
      await metaPool.connect(alice).deposit_and_stake({ value: ether(20) });
      await nextRound(world);
      const ledger = await watch(world);
      const first = await initialSheet(world);
      for (const levels of [
        first.map(({ group, level }) => ({ group, level: (BigInt(level) * 101n) / 100n })),
        first.map(({ group, level }) => ({ group, level: (BigInt(level) * 99n) / 100n })),
        first.slice(0, 1),
        [],
      ]) {
        expect(await certify({ allocator: allocator.connect(eve) }, levels)).to.equal(false);
      }
      expect(await certifyFair(world)).to.equal(true);
      await move(world, all("up", 4));
      const caps = await Promise.all([1, 2, 3, 4].map((id) => allocator.targetOf(id)));
      for (const [index, position] of (await positionsOf(world)).entries()) {
        expect(position).to.be.at.most(caps[index]!);
      }
      expect((await allocator.groupSnapshot(1)).position).to.be.at.most(ether(40));
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim]).to.deep.equal([0n, 0n]);
    });

    it("A55 operator, keeper and staker together take at most what one operator is trusted with", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, metaPool, liar, eve, alice } = world;
      const party = { address: await liar.getAddress() };
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve, party], victim: [alice] });
      const cap = ((await allocator.poolSnapshot()).total * 3_333n) / 10_000n;
      // The keeper gives the crony all that it can, the crony takes it, the staker leaves before it is booked.
      await metaPool.connect(eve).deposit_and_stake({ value: ether(30) });
      await allocator.connect(eve).rebalance([up(1, ether(100)), up(1, ether(100))], PAGE);
      expect((await allocator.positionOf(1)).position).to.be.at.most(cap);
      await metaPool.connect(eve).unstake_all();
      await liar.lose(await liar.staked());
      await allocator.settleOne(1);
      await keep(world, 4);
      await metaPool.connect(eve).withdraw_all();

      const { attacker, victim } = await ledger.changes();
      expect(attacker, "beside the position that it has in its hands").to.be.at.most(0n);
      expect(-victim).to.be.at.most(cap);
    });
  });
});
