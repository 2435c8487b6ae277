/** Operators that lose what legs bring them, and wait to be filled again: A44 of docs/attacks.md (P2, P6). */
import { expect } from "chai";

import {
  all,
  connection,
  delegate,
  deployWorld,
  ether,
  ethers,
  impersonated,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
  PAGE,
  up,
} from "../fixtures/allocator.ts";
import { listNewcomer } from "../fixtures/newcomers.ts";
import { openLedger } from "../helpers/worth.ts";

const bond = ether(20);
const POSITION = ether(25);
const DUST = 10n;

/** One pool under command, three honest ones; all of 100 ether is free. */
function deployIdle() {
  return deployWorld({
    hostile: 1,
    honest: [{ bond }, { bond }, { bond }],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
}

/** Each of the four holds 25 ether. */
async function deployFull() {
  const world = await deployIdle();
  await delegate(world);
  return world;
}

/** A newcomer in a pool of 100,000 ether: its ramp is 50. */
async function deployNewcomer() {
  const world = await deployWorld({
    hostile: 2,
    stake: 0n,
    parameters: { allocator: LOOSE, policy: { poolShareBps: 1_000 } },
  });
  await networkHelpers.setBalance(world.alice.address, ether(100_001));
  await world.metaPool.connect(world.alice).deposit_and_stake({ value: ether(100_000) });
  await nextRound(world);
  const newcomer = await listNewcomer(world);
  await nextRound(world);
  return { ...world, newcomer };
}

const CAP = ether(30);

/** So many pools of a group that may hold 30 of 200 ether, and three honest ones. */
function deployGroup(hostile: number) {
  return deployWorld({
    hostile,
    honest: [{ bond: ether(50) }, { bond: ether(50) }, { bond: ether(50) }],
    groups: [{ dimension: 1, absoluteCap: CAP }],
    groupsOf: Array.from({ length: hostile }, () => [1]),
    stake: ether("199.9"),
    parameters: { allocator: LOOSE },
  });
}

const deployTwoMembers = () => deployGroup(2);
const deployThreeMembers = () => deployGroup(3);

describe("Attacks", () => {
  describe("refills", () => {
    it("A44 one that swallows every leg of a call gets what it may hold, once", async () => {
      const world = await networkHelpers.loadFixture(deployIdle);
      const { allocator, metaPool, hostile, alice } = world;
      await nextRound(world);
      const ledger = await openLedger(connection, [metaPool], { victim: [alice] });
      const [{ up: room }] = (await allocator.roomsOf(1, 1)) as unknown as [{ up: bigint }];
      await hostile[0]!.setMode(Mode.swallowsStake);
      const moved = await move(
        world,
        Array.from({ length: 10 }, () => up(1, ether(100))),
      );
      expect(moved).to.deep.equal([room, ...Array.from({ length: 9 }, () => 0n)]);
      expect(room).to.equal(POSITION);
      expect(await ethers.provider.getBalance(hostile[0]!)).to.equal(POSITION);
      expect((await allocator.roomsOf(1, 1))[0]!.up).to.equal(0n);
      const { assets, closed } = await metaPool.getBook();
      expect([assets, closed]).to.deep.equal([ether(75), false]);
      expect((await ledger.changes()).victim, "but for the seed's part").to.be.closeTo(
        (-POSITION * 999n) / 1_000n,
        DUST,
      );

      // The reading has seen it: on watch it gets nothing more.
      await nextRound(world);
      expect((await world.registry.operator(1)).watch).to.equal(true);
      expect(await move(world, [up(1, ether(100))])).to.deep.equal([0n]);
    });

    it("A44 one that loses what it has, shows it, and is sent deposits is not filled again before it is read", async () => {
      const world = await networkHelpers.loadFixture(deployFull);
      const { allocator, metaPool, hostile, alice, bob, eve } = world;
      await metaPool.connect(bob).deposit_and_stake({ value: ether(100) });
      await nextRound(world);
      const ledger = await openLedger(connection, [metaPool], { victim: [alice, bob] });
      let lost = 0n;
      for (let time = 0; time < 6; time += 1) {
        await move(world, [up(1, ether(100))]);
        const staked = await hostile[0]!.staked();
        await hostile[0]!.lose(staked);
        lost += staked;
        await allocator.connect(eve).settleOne(1, PAGE);
      }
      expect(lost, "its target: a quarter of 200").to.equal(2n * POSITION);
      const { lossSince, hasMore } = await allocator.recordOf(1);
      expect([lossSince, hasMore]).to.deep.equal([lost, true]);
      expect((await ledger.changes()).victim).to.be.closeTo((-lost * 1_999n) / 2_000n, DUST);
    });

    it("A44 a newcomer that swallows what it is sent gets its ramp, however often legs are sent", async () => {
      const world = await networkHelpers.loadFixture(deployNewcomer);
      const { allocator, metaPool, alice, newcomer } = world;
      const ledger = await openLedger(connection, [metaPool], { victim: [alice] });
      const ramp = await allocator.rampOf(newcomer.id);
      expect(ramp).to.equal(ether("50.00005"));
      await newcomer.pool.setMode(Mode.swallowsStake);
      const legs = Array.from({ length: 200 }, () => up(newcomer.id, ether(100)));
      for (let call = 0; call < 3; call += 1) await allocator.rebalance(legs, PAGE);
      expect(await ethers.provider.getBalance(newcomer.pool)).to.equal(ramp);
      expect((await ledger.changes()).victim).to.be.at.least(-ramp);
    });

    it("A44 one that loses all it has while reports watch it is watched by the pool, too, and filled no more", async () => {
      const world = await networkHelpers.loadFixture(deployFull);
      const { allocator, metaPool, registry, hostile, alice, bob } = world;
      const scorer = await impersonated(await world.scores.getAddress());
      const ledger = await openLedger(connection, [metaPool], { victim: [alice] });
      let lost = 0n;
      for (let cycle = 0; cycle < 3; cycle += 1) {
        await registry.connect(scorer).watchByReport(1);
        const staked = await hostile[0]!.staked();
        if (staked !== 0n) await hostile[0]!.lose(staked);
        lost += staked;
        await nextRound(world);
        expect(await registry.marksOf(1)).to.deep.equal([true, true, false]);
        await registry.connect(scorer).liftWatch(1);
        await metaPool.connect(bob).deposit_and_stake({ value: ether(25) });
        await nextRound(world);
        await move(world, [up(1, ether(100))]);
      }
      expect(lost).to.equal(POSITION);
      expect((await allocator.recordOf(1)).lostBps).to.equal(0n);
      expect((await ledger.changes()).victim).to.be.at.least(-POSITION - DUST);
    });

    it("A44 one that loses what it has leaves the others of its group no room before it is read", async () => {
      const world = await networkHelpers.loadFixture(deployTwoMembers);
      const { allocator, metaPool, hostile, alice, eve } = world;
      // The second one misses a reading: the first one has all that the group may hold.
      await hostile[1]!.setMode(Mode.reverts);
      await nextRound(world);
      await move(world, all("up", 5));
      expect((await allocator.positionOf(1)).position).to.equal(CAP);
      await hostile[1]!.setMode(Mode.honest);
      await nextRound(world);
      await metaPool.connect(alice).deposit_and_stake({ value: ether(100) });
      const ledger = await openLedger(connection, [metaPool], { victim: [alice] });
      await hostile[0]!.lose(CAP);
      await allocator.connect(eve).settleOne(1, PAGE);
      expect(await move(world, [up(2, ether(100))])).to.deep.equal([0n]);
      const { position, unbonding, cap } = await allocator.groupSnapshot(1);
      expect([position, unbonding, cap]).to.deep.equal([0n, CAP, CAP]);
      expect((await ledger.changes()).victim).to.be.closeTo((-CAP * 2_999n) / 3_000n, ether("0.01"));

      // The first one is on watch, and the second one may hold what the group may.
      await nextRound(world);
      expect((await world.registry.operator(1)).watch).to.equal(true);
      expect((await allocator.groupSnapshot(1)).unbonding).to.equal(0n);
    });

    it("A44 one that swallows a leg leaves the others of its group no room in the same call", async () => {
      const world = await networkHelpers.loadFixture(deployTwoMembers);
      const { allocator, hostile } = world;
      await hostile[1]!.setMode(Mode.reverts);
      await nextRound(world);
      await hostile[1]!.setMode(Mode.honest);
      await nextRound(world);
      for (const pool of hostile) await pool.setMode(Mode.swallowsStake);
      const moved = await move(
        world,
        [1, 2, 1, 2].map((id) => up(id, CAP)),
      );
      expect(moved).to.deep.equal([CAP / 2n, CAP / 2n, 0n, 0n]);
      const { position, unbonding } = await allocator.groupSnapshot(1);
      expect([position, unbonding]).to.deep.equal([0n, CAP]);
    });

    it("A44 those that play dead in turn hold no more together, once all are back, than their group may", async () => {
      const world = await networkHelpers.loadFixture(deployThreeMembers);
      const { allocator, metaPool, hostile, alice } = world;
      await metaPool.connect(alice).deposit_and_stake({ value: ether(100) });
      for (const pool of hostile.slice(1)) await pool.setMode(Mode.reverts);
      await nextRound(world);
      await move(world, [up(1, ether(100))]);
      expect((await allocator.positionOf(1)).position).to.equal(CAP);
      await hostile[0]!.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      expect((await allocator.positionOf(1)).writtenDown).to.equal(true);
      await hostile[1]!.setMode(Mode.honest);
      await nextRound(world);
      expect((await allocator.groupSnapshot(1)).unbonding).to.equal(CAP);
      expect(await move(world, [up(2, ether(100))])).to.deep.equal([0n]);

      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      expect((await allocator.groupSnapshot(1)).position).to.equal(CAP);
    });
  });
});
