/** How much a newcomer may be lifted to, epoch by epoch and to the wei. */
import { expect } from "chai";

import {
  asNotice,
  deployWorld,
  down,
  ether,
  ethers,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
  NO_SHARE,
  PAGE,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { listNewcomer, type Newcomer } from "../fixtures/newcomers.ts";
import { logsOf } from "./logs.ts";

const BPS = 10_000n;
const EVERYTHING = ether(1_000_000);
/** As in IOperatorRegistry.State. */
const State = { ramping: 1n, active: 2n, draining: 3n } as const;

/** Two established operators, and a newcomer whose ramp has begun: nothing is delegated yet. T is 100,000.1 ether. */
async function deployEmpty() {
  const world = await deployWorld({
    hostile: 2,
    stake: 0n,
    parameters: { allocator: LOOSE, policy: { poolShareBps: 1_000 } },
  });
  const { metaPool, alice } = world;
  await networkHelpers.setBalance(alice.address, EVERYTHING);
  await metaPool.connect(alice).deposit_and_stake({ value: ether(100_000) });
  await nextRound(world);
  const newcomer = await listNewcomer(world);
  await nextRound(world);
  return { ...world, newcomer };
}

/** The same when the newcomer holds what it may, and a round has found it so. */
async function deploy() {
  const world = await deployEmpty();
  await lift(world);
  await nextRound(world);
  return world;
}

const load = () => networkHelpers.loadFixture(deploy);
type Ramping = Awaited<ReturnType<typeof deployEmpty>>;

/** 5 bp of T of the last round. */
async function floorOf({ allocator }: World): Promise<bigint> {
  return ((await allocator.poolSnapshot()).total * 5n) / BPS;
}

async function rampOf({ allocator, newcomer }: Ramping): Promise<bigint> {
  return allocator.rampOf(newcomer.id);
}

const lift = (world: Ramping) => move(world, [up(world.newcomer.id, EVERYTHING)]);

/** The newcomer holds all that its ramp allows; the next round finds it so. */
async function epoch(world: Ramping): Promise<bigint> {
  await lift(world);
  await nextRound(world);
  return rampOf(world);
}

/** After `epochs` clean ones. */
async function grown(epochs: number): Promise<Ramping & { ramp: bigint }> {
  const world = await load();
  for (let i = 0; i < epochs; i += 1) await epoch(world);
  return { ...world, ramp: await rampOf(world) };
}

async function roomsOf({ allocator, newcomer }: Ramping) {
  return (await allocator.roomsOf(newcomer.id, 1))[0]!;
}

describe("Allocator", () => {
  describe("ramps", () => {
    it("start at 5 bp of T and grow by a half in each of twelve clean epochs, to the wei", async () => {
      const world = await load();
      let expected = await floorOf(world);
      expect(expected).to.equal((ether("100000.1") * 5n) / BPS);
      expect(await rampOf(world)).to.equal(expected);

      for (let clean = 1; clean <= 12; clean += 1) {
        await nextRound(world);
        expected = (expected * 3n) / 2n;
        expect(await rampOf(world), `after ${clean} clean epochs`).to.equal(expected);
        expect((await roomsOf(world)).cap).to.equal(expected);
        await lift(world);
        expect((await world.allocator.positionOf(world.newcomer.id)).position).to.equal(expected);
      }
      expect((await world.registry.operator(world.newcomer.id)).state).to.equal(State.ramping);
    });

    it("are said in an event, and nothing is said of an operator that is established", async () => {
      const world = await grown(1);
      const { allocator, newcomer, ramp } = world;
      const { round } = await allocator.poolSnapshot();
      await lift(world);
      await networkHelpers.time.increaseTo(await allocator.nextRoundAt());

      const said = await logsOf(allocator.settle(100, PAGE), allocator);

      expect(said.filter(([name]) => name === "RampChanged")).to.deep.equal([
        ["RampChanged", newcomer.id, round + 1n, (ramp * 3n) / 2n],
      ]);
      expect(await Promise.all([1, 2].map((id) => allocator.rampOf(id)))).to.deep.equal([0n, 0n]);
    });

    it("do not follow T once they have begun: who stakes much for a moment lifts nobody", async () => {
      const world = await networkHelpers.loadFixture(deployEmpty);
      const { metaPool, allocator, registry, guardian, alice, newcomer } = world;
      const floor = await rampOf(world);
      await metaPool.connect(alice).deposit_and_stake({ value: ether(800_000) });
      await nextRound(world);
      await metaPool.connect(alice).unstake(ether(800_000));
      expect((await allocator.poolSnapshot()).total).to.be.above(ether(900_000));
      await nextRound(world);
      expect(await rampOf(world), "without stake").to.equal(floor);
      await lift(world);
      await nextRound(world);
      await nextRound(world);
      expect(await rampOf(world), "with it").to.equal((floor * 3n) / 2n);
      await registry.connect(guardian).watch(newcomer.id);
      await nextRound(world);
      expect(await rampOf(world), "on watch").to.equal((floor * 3n) / 2n);
      await newcomer.pool.setMode(Mode.reverts);
      for (let faults = 0; faults < 3; faults += 1) {
        const [ramp, least] = [await rampOf(world), await floorOf(world)];
        await nextRound(world);
        expect(await rampOf(world), "faulted").to.equal(ramp / 2n > least ? ramp / 2n : least);
      }
    });

    it("are halved by each faulted round, and never below 5 bp", async () => {
      const world = await grown(4);
      const { newcomer, ramp } = world;
      const floor = await floorOf(world);
      expect(ramp).to.equal((((((((floor * 3n) / 2n) * 3n) / 2n) * 3n) / 2n) * 3n) / 2n);
      await newcomer.pool.setMode(Mode.reverts);
      await nextRound(world);
      expect(await rampOf(world)).to.equal(ramp / 2n);
      await nextRound(world);
      expect(await rampOf(world)).to.equal(ramp / 4n);
      await nextRound(world);

      expect(ramp / 8n).to.be.below(floor);
      expect(await rampOf(world)).to.equal(await floorOf(world));
    });

    it("grow again once the pool answers, from where faults left them", async () => {
      const world = await grown(4);
      await world.newcomer.pool.setMode(Mode.reverts);
      await nextRound(world);
      const halved = await rampOf(world);
      await world.newcomer.pool.setMode(Mode.honest);
      await nextRound(world);

      expect(await rampOf(world)).to.equal((halved * 3n) / 2n);
    });

    it("stay where they are while the operator is on watch", async () => {
      const world = await grown(2);
      const { registry, guardian, newcomer, ramp } = world;
      await registry.connect(guardian).watch(newcomer.id);
      expect(await epoch(world)).to.equal(ramp);
      expect(await epoch(world)).to.equal(ramp);
      await registry.connect(await asNotice(world)).clearWatch(newcomer.id);

      expect(await epoch(world)).to.equal((ramp * 3n) / 2n);
    });

    it("stay where they are while the foundation does not vouch for the pool", async () => {
      const world = await grown(2);
      const { registry, foundation, newcomer, ramp } = world;
      await registry.connect(await asNotice(world)).unwhitelistPool(newcomer.pool);
      expect(await epoch(world)).to.equal(ramp);
      expect((await roomsOf(world)).cap).to.equal(0n);
      await registry.connect(foundation).whitelistPool(newcomer.pool);

      expect(await epoch(world)).to.equal((ramp * 3n) / 2n);
    });

    it("do not grow by a loss that the reading books, nor by one that was booked before it", async () => {
      const world = await grown(2);
      const { allocator, newcomer, ramp } = world;
      await lift(world);
      await newcomer.pool.lose(1_001n);
      await nextRound(world);
      expect(await rampOf(world)).to.equal(ramp);
      await newcomer.pool.lose(1_001n);
      await allocator.settleOne(newcomer.id);
      await nextRound(world);
      expect(await rampOf(world)).to.equal(ramp);
      await nextRound(world);

      expect(await rampOf(world)).to.equal((ramp * 3n) / 2n);
    });

    it("take a loss of up to 1,000 wei for rounding", async () => {
      const world = await grown(2);
      await world.newcomer.pool.lose(1_000n);

      expect(await epoch(world)).to.equal((world.ramp * 3n) / 2n);
    });

    it("keep a loss of one operator to itself: the next newcomer in the page grows", async () => {
      const world = await load();
      const { allocator, newcomer } = world;
      const second = await listNewcomer(world);
      await nextRound(world);
      await move(world, [up(second.id, EVERYTHING)]);
      await nextRound(world);
      const [first, other] = [await rampOf(world), await allocator.rampOf(second.id)];
      await newcomer.pool.lose(ether(1));
      await nextRound(world);

      expect(await rampOf(world)).to.equal(first);
      expect(await allocator.rampOf(second.id)).to.equal((other * 3n) / 2n);
    });

    it("do not grow for who held nothing when the last round ended", async () => {
      const world = await networkHelpers.loadFixture(deployEmpty);
      const ramp = await rampOf(world);
      await nextRound(world);
      expect(await rampOf(world)).to.equal(ramp);
      await lift(world);
      await nextRound(world);
      expect(await rampOf(world), "it was lifted after that round").to.equal(ramp);
      await nextRound(world);

      expect(await rampOf(world)).to.equal((ramp * 3n) / 2n);
    });

    it("stop increases, and are no reason to send stake home", async () => {
      const world = await grown(4);
      const { allocator, newcomer, ramp } = world;
      await lift(world);
      await newcomer.pool.setMode(Mode.reverts);
      await nextRound(world);
      await newcomer.pool.setMode(Mode.honest);
      await world.registry.connect(world.guardian).watch(newcomer.id);
      await nextRound(world);
      await world.registry.connect(await asNotice(world)).clearWatch(newcomer.id);
      expect(await rampOf(world)).to.equal(ramp / 2n);

      const rooms = await roomsOf(world);
      expect(rooms.target).to.equal(ramp);
      expect([rooms.up, ...rooms.down]).to.deep.equal([0n, 0n, 0n, 0n]);
      expect(await move(world, [down(newcomer.id, EVERYTHING), up(newcomer.id, EVERYTHING)])).to.deep.equal([0n, 0n]);
      expect((await allocator.positionOf(newcomer.id)).position).to.equal(ramp);
    });

    it("bound together with all other caps", async () => {
      const world = await grown(3);
      const { registry, newcomer, ramp } = world;
      await registry.connect(await asNotice(world)).setAbsoluteCap(newcomer.id, ramp - 1n);
      await nextRound(world);
      expect(await rampOf(world)).to.equal((ramp * 3n) / 2n);
      expect((await roomsOf(world)).cap).to.equal(ramp - 1n);
    });

    describe("end", () => {
      /** The next clean round takes the ramp to poolShare·T'. */
      async function nearlyDone() {
        const world = await grown(2);
        const { registry, ramp } = world;
        const { total } = await world.allocator.poolSnapshot();
        const poolShareBps = Number((ramp * 14n * BPS) / (10n * total)); // less than a half more
        await registry.connect(await asNotice(world)).setPolicy({
          poolShareBps,
          netShareBps: NO_SHARE,
          guardianShareBps: 1_000,
          bondRatio: 0,
        });
        await lift(world);
        return { ...world, full: (total * BigInt(poolShareBps)) / BPS };
      }

      it("at poolShare·T', where the operator is established and its cap is everybody's", async () => {
        const world = await networkHelpers.loadFixture(nearlyDone);
        const { allocator, registry, newcomer, full } = world;
        await networkHelpers.time.increaseTo(await allocator.nextRoundAt());

        const said = await logsOf(allocator.settle(100, PAGE), allocator, registry);

        const { round } = await allocator.poolSnapshot();
        expect(said.filter(([name]) => name === "RampChanged" || name === "StateChanged")).to.deep.equal([
          ["RampChanged", newcomer.id, round, 0n],
          ["StateChanged", newcomer.id, State.ramping, State.active],
        ]);
        expect(await rampOf(world)).to.equal(0n);
        expect((await roomsOf(world)).cap).to.equal(full);
        await nextRound(world);
        expect(await rampOf(world), "an established operator is not looked up").to.equal(0n);
      });

      it("nowhere else: a wei below poolShare·T' the operator ramps on", async () => {
        const world = await grown(2);
        const { registry, ramp } = world;
        const next = (ramp * 3n) / 2n;
        const { total } = await world.allocator.poolSnapshot();
        const shareAbove = (next * BPS) / total + 1n;
        expect((total * shareAbove) / BPS).to.be.above(next);
        await registry.connect(await asNotice(world)).setPolicy({
          poolShareBps: shareAbove,
          netShareBps: NO_SHARE,
          guardianShareBps: 1_000,
          bondRatio: 0,
        });
        await lift(world);
        await nextRound(world);

        expect(await rampOf(world)).to.equal(next);
        expect((await registry.operator(world.newcomer.id)).state).to.equal(State.ramping);
      });

      it("at a share of T', faulted stake included", async () => {
        const world = await grown(2);
        const { allocator, registry, hostile, newcomer } = world;
        await move(world, [up(1, EVERYTHING)]);
        await hostile[0]!.setMode(Mode.reverts);
        await nextRound(world);
        const { total, faultedStake } = await allocator.poolSnapshot();
        const ramp = await rampOf(world);
        const next = (ramp * 3n) / 2n;
        const poolShareBps = (next * BPS) / (total + faultedStake) + 1n;
        const [ofTotal, ofBoth] = [total, total + faultedStake].map((amount) => (amount * poolShareBps) / BPS);
        expect(ofTotal, "by T alone it would be over").to.be.below(next);
        expect(ofBoth).to.be.above(next);
        await registry.connect(await asNotice(world)).setPolicy({
          poolShareBps,
          netShareBps: NO_SHARE,
          guardianShareBps: 1_000,
          bondRatio: 0,
        });
        await nextRound(world);

        expect(await rampOf(world)).to.equal((ramp * 3n) / 2n);
        expect((await registry.operator(newcomer.id)).state).to.equal(State.ramping);
      });

      for (const [what, spoil] of [
        ["a fault", ({ pool }: Newcomer) => pool.setMode(Mode.reverts)],
        ["a loss", ({ pool }: Newcomer) => pool.lose(ether(1))],
        ["a watch", ({ id }: Newcomer, { registry, guardian }: World) => registry.connect(guardian).watch(id)],
      ] as const) {
        it(`not by a round that sees ${what}`, async () => {
          const world = await networkHelpers.loadFixture(nearlyDone);
          const ramp = await rampOf(world);
          await spoil(world.newcomer, world);
          await nextRound(world);

          expect((await world.registry.operator(world.newcomer.id)).state).to.equal(State.ramping);
          expect(await rampOf(world)).to.equal(what === "a fault" ? ramp / 2n : ramp);
        });
      }

      it("not when the pool has a notice executed in the reading that drains it, and the round goes on", async () => {
        const world = await networkHelpers.loadFixture(nearlyDone);
        const { allocator, registry, notice, guardian, newcomer } = world;
        const drain = registry.interface.encodeFunctionData("drain", [newcomer.id]);
        const call = [await registry.getAddress(), drain, ethers.ZeroHash] as const;
        await registry.connect(guardian).watch(newcomer.id);
        await notice.connect(guardian).announce(...call);
        for (let round = 0; round < 4; round += 1) await nextRound(world);
        await registry.connect(await asNotice(world)).clearWatch(newcomer.id);
        await newcomer.pool.setReentry(notice, notice.interface.encodeFunctionData("execute", [...call]));
        expect(await rampOf(world)).to.be.above(0n);
        await nextRound(world);

        expect(await newcomer.pool.reentered()).to.be.above(0n);
        expect((await registry.operator(newcomer.id)).state).to.equal(State.draining);
        expect((await allocator.openRound())[0]).to.equal(0n);
        expect(await rampOf(world)).to.equal(0n);
        expect((await roomsOf(world)).cap).to.equal(0n);
        expect((await allocator.positionOf(1)).readAt).to.equal((await allocator.positionOf(newcomer.id)).readAt);
      });
    });

    it("begin anew when a drained operator is reinstated", async () => {
      const world = await grown(4);
      const { registry, newcomer, ramp } = world;
      await registry.connect(await asNotice(world)).drain(newcomer.id);
      await nextRound(world);
      expect(await rampOf(world)).to.equal(0n);
      await registry.connect(await asNotice(world)).reinstate(newcomer.id);
      await nextRound(world);

      expect(ramp).to.be.above(await floorOf(world));
      expect(await rampOf(world)).to.equal(await floorOf(world));
    });

    it("end with a de-listing", async () => {
      const world = await grown(1);
      await world.registry.connect(await asNotice(world)).delist(world.newcomer.id);
      await nextRound(world);

      expect(await rampOf(world)).to.equal(0n);
    });
  });
});
