/** Pools that do not unstake what legs ask for: the next reading asks again, and who refuses that is faulted. */
import { expect } from "chai";

import {
  asNotice,
  connection,
  delegate,
  deployWorld,
  down,
  ether,
  keep,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
  NO_SHARE,
  type World,
} from "../fixtures/allocator.ts";
import { openLedger } from "../helpers/worth.ts";

const POSITION = ether(25);

/** One pool under command and three honest ones, each with 25 of 100 ether; the guardian may drain any. */
async function deploy() {
  const world = await deployWorld({
    hostile: 1,
    honest: [{ bond: ether(10) }, { bond: ether(10) }, { bond: ether(10) }],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  await world.registry
    .connect(await asNotice(world))
    .setPolicy({ poolShareBps: 3_333, netShareBps: NO_SHARE, bondRatio: 0, guardianShareBps: 3_333 });
  return { ...world, pool: world.hostile[0]! };
}

/** The same when the first operator has to go, and its pool has refused to unstake. */
async function deployRefused() {
  const world = await deploy();
  await world.pool.setMode(Mode.revertsOnUnstake);
  await world.registry.connect(await asNotice(world)).drain(1);
  expect(await move(world, [down(1, POSITION)])).to.deep.equal([0n]);
  return world;
}

function load() {
  return networkHelpers.loadFixture(deployRefused);
}

async function refusedBps({ allocator }: World): Promise<bigint> {
  return (await allocator.recordOf(1)).refusedBps;
}

async function heldOf({ allocator }: World): Promise<[position: bigint, unbonding: bigint, faults: bigint]> {
  const { position, unbonding, faults } = await allocator.positionOf(1);
  return [position, unbonding, faults];
}

describe("Allocator", () => {
  describe("what a pool does not unstake, though asked", () => {
    it("is noted in proportion to its position, up, the largest of all", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { pool, registry } = world;
      await pool.setMode(Mode.keepsStake);
      await registry.connect(await asNotice(world)).lowerAbsoluteCap(1, POSITION - 2_500_000_000_001n);
      expect(await move(world, [down(1, POSITION)])).to.deep.equal([0n]);
      expect(await refusedBps(world)).to.equal(0n); // below the smallest move: nobody asked
      await registry.connect(await asNotice(world)).lowerAbsoluteCap(1, POSITION - ether(1) - 1n);
      for (const amount of [ether(1), ether(1) / 2n]) {
        expect(await move(world, [down(1, amount)])).to.deep.equal([0n]);
        expect(await refusedBps(world)).to.equal(400n); // a 25th
      }
      expect(await move(world, [down(1, POSITION)])).to.deep.equal([0n]);
      expect(await refusedBps(world)).to.equal(401n); // and a wei
      expect(await heldOf(world)).to.deep.equal([POSITION, 0n, 0n]);
    });

    it("stays noted when a later leg is heeded: anybody could send a small one", async () => {
      const world = await load();
      expect(await refusedBps(world)).to.equal(10_000n);
      await world.pool.setMode(Mode.honest);
      expect(await move(world, [down(1, ether(5))])).to.deep.equal([ether(5)]);
      expect(await refusedBps(world)).to.equal(10_000n);
      await nextRound(world);
      expect(await heldOf(world)).to.deep.equal([0n, ether(20), 0n]); // five have come home, and all the rest was asked for
      expect(await refusedBps(world)).to.equal(0n);
    });

    it("is asked for again by the next reading, and is on its way then", async () => {
      const world = await load();
      await world.pool.setMode(Mode.honest);
      await nextRound(world);
      expect(await heldOf(world)).to.deep.equal([0n, POSITION, 0n]);
      expect(await refusedBps(world)).to.equal(0n);
      expect((await world.allocator.recordOf(1)).dueAmount).to.equal(POSITION);
      await nextRound(world);
      expect(await heldOf(world)).to.deep.equal([0n, 0n, 0n]);
    });

    for (const mode of ["revertsOnUnstake", "keepsStake"] as const) {
      it(`is a fault when the reading asks in vain (${mode}), and written down after three`, async () => {
        const world = await load();
        const { allocator, metaPool, pool, alice } = world;
        await pool.setMode(Mode[mode]);
        const party = { address: await pool.getAddress() };
        const ledger = await openLedger(connection, [metaPool], { attacker: [party], victim: [alice] });
        for (const faults of [1n, 2n]) {
          await nextRound(world);
          expect(await heldOf(world)).to.deep.equal([POSITION, 0n, faults]);
        }
        await nextRound(world);
        expect(await heldOf(world)).to.deep.equal([0n, 0n, 3n]);
        const { writtenDown } = await allocator.positionOf(1);
        expect([writtenDown, await refusedBps(world)]).to.deep.equal([true, 10_000n]);

        const { attacker, victim } = await ledger.changes();
        expect(attacker).to.equal(0n); // what it holds it had before
        expect(victim).to.be.within(-POSITION, -POSITION + ether("0.03")); // the seed bears its part
      });
    }

    it("is a fault of a pool that shows less before it is asked than after", async () => {
      const world = await load();
      await world.pool.setMode(Mode.honest);
      await world.pool.setFeigns(true);
      await nextRound(world);
      expect(await heldOf(world)).to.deep.equal([POSITION, 0n, 1n]);
      expect(await refusedBps(world)).to.equal(10_000n);
    });

    it("keeps a pool that was written down away until it unstakes as much: then it is back", async () => {
      const world = await load();
      const { allocator, metaPool, pool } = world;
      for (let round = 0; round < 4; round += 1) await nextRound(world);
      const { assets } = await metaPool.getBook();
      expect((await allocator.positionOf(1)).writtenDown).to.equal(true);
      await pool.setMode(Mode.honest);
      await nextRound(world);
      expect(await heldOf(world)).to.deep.equal([0n, POSITION, 0n]);
      expect((await allocator.positionOf(1)).writtenDown).to.equal(false);
      expect((await metaPool.getBook()).assets).to.equal(assets + POSITION);
      await nextRound(world);
      expect(await heldOf(world)).to.deep.equal([0n, 0n, 0n]);
    });

    it("is none of an honest pool that has lost everything since the book last looked", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, network, registry, foundation, honest } = world;
      await registry.connect(await asNotice(world)).drain(2);
      await network.connect(foundation).slash(honest[0]!.pool, 10_000n);
      expect(await move(world, [down(2, POSITION)])).to.deep.equal([0n]);
      expect((await allocator.recordOf(2)).refusedBps).to.equal(0n); // what is not there is a loss
      await nextRound(world);
      const { position, faulted } = await allocator.positionOf(2);
      expect([position, faulted]).to.deep.equal([0n, false]);
    });

    it("is not asked for when nothing is left of it: that is a loss, and no fault", async () => {
      const world = await load();
      const { assets } = await world.metaPool.getBook();
      await world.pool.lose(POSITION);
      await nextRound(world);
      expect(await heldOf(world)).to.deep.equal([0n, 0n, 0n]);
      expect(await refusedBps(world)).to.equal(0n);
      expect((await world.metaPool.getBook()).assets).to.equal(assets - POSITION);
    });

    it("stops a pool that must go from showing a hundredth more every epoch: its friends get one of them", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, metaPool, pool, registry, eve, alice } = world;
      await metaPool.connect(eve).deposit_and_stake({ value: ether(100) });
      const party = { address: await pool.getAddress() };
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve, party], victim: [alice] });
      await pool.setMode(Mode.keepsStake);
      await registry.connect(await asNotice(world)).drain(1);
      let gains = 0n;
      for (let epoch = 0; epoch < 3; epoch += 1) {
        await pool.connect(eve).reward({ value: ether("0.25") }); // it stays with the pool, which is eve's
        const before = await allocator.positionOf(1);
        await keep(world, 1);
        const after = await allocator.positionOf(1);
        if (after.position > before.position) gains += after.position - before.position;
      }
      // The first epoch's reading came before any leg; the others asked in vain, and found a fault each.
      expect(gains).to.equal(ether("0.25"));
      await keep(world, 1);
      expect((await allocator.positionOf(1)).writtenDown).to.equal(true);

      const { attacker, victim } = await ledger.changes();
      expect(attacker, "what eve's shares lose: the pool's money she had before").to.be.at.most(
        -POSITION / 2n + ether("0.2"),
      );
      expect(victim).to.be.at.least(-POSITION / 2n - ether("0.1"));
    });
  });

  describe("stake that a pool makes of what was on its way", () => {
    /** 15 of the 25 are on their way when the pool moves them back at its next ping. */
    async function deployRestaking() {
      const world = await deploy();
      await world.registry.connect(await asNotice(world)).lowerAbsoluteCap(1, ether(10));
      expect(await move(world, [down(1, ether(15))])).to.deep.equal([ether(15)]);
      await world.pool.setMode(Mode.restakes);
      return world;
    }

    it("is lost when a reading finds it, but for what the pool may have earned", async () => {
      const world = await networkHelpers.loadFixture(deployRestaking);
      const { allocator, metaPool } = world;
      const { assets } = await metaPool.getBook();
      const read = (await allocator.positionOf(1)).readAt;
      await nextRound(world);
      const { position, unbonding, readAt } = await allocator.positionOf(1);
      const most = (POSITION * 100n * (readAt - read)) / (10_000n * 86_400n); // a hundredth of both an epoch
      expect([position, unbonding]).to.deep.equal([ether(10) + most, 0n]);
      expect((await metaPool.getBook()).assets).to.equal(assets - ether(15) + most);
    });

    it("is lost when a leg finds it", async () => {
      const world = await networkHelpers.loadFixture(deployRestaking);
      const { allocator, metaPool, pool, registry } = world;
      const { assets } = await metaPool.getBook();
      await pool.ping();
      await registry.connect(await asNotice(world)).drain(1);
      await pool.setMode(Mode.keepsStake);
      expect(await move(world, [down(1, ether(10))])).to.deep.equal([0n]);
      expect(await heldOf(world)).to.deep.equal([ether(10), 0n, 0n]);
      expect((await metaPool.getBook()).assets).to.equal(assets - ether(15));
      expect(await allocator.unbonding()).to.equal(0n);
    });

    it("is lost when anybody shows that more is", async () => {
      const world = await networkHelpers.loadFixture(deployRestaking);
      const { allocator, metaPool, pool } = world;
      const { assets } = await metaPool.getBook();
      await pool.ping();
      expect(await allocator.settleOne.staticCall(1)).to.equal(0n); // all of it is there
      await pool.lose(ether(1));
      await allocator.settleOne(1);
      expect(await heldOf(world)).to.deep.equal([ether(10), 0n, 0n]);
      expect((await metaPool.getBook()).assets).to.equal(assets - ether(15));
    });
  });
});
