/** Scores that nobody renews: what rests on them waits, and nothing else does. */
import { expect } from "chai";

import {
  asNotice,
  deployWorld,
  down,
  ether,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  NO_SHARE,
  PAGE,
  up,
  delegate,
  type World,
} from "../fixtures/allocator.ts";
import { certifyFair } from "../fixtures/rounds.ts";

const EVERYTHING = ether(1_000);
const SURPLUS = ether(5);

/** Of 100 ether each of four operators holds 25; the scorer moves 5 from the first to the second, and has not said when it scored. */
async function deploy() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await delegate(world);
  await world.registry.connect(world.scorer).setWeights([1, 2], [80, 120]);
  return world;
}

const load = () => networkHelpers.loadFixture(deploy);

/** Everybody has the score of the report of the last epoch that has ended, or of one before it. */
async function note({ registry, allocator, scorer }: World, before = 0n): Promise<void> {
  await registry.connect(scorer).noteScores((await allocator.currentEpoch()) - 1n - before);
}

/** After as many epochs, each with a round, since the scorer scored everybody; the last one has levels. */
async function scored(epochsAgo: number): Promise<World> {
  const world = await load();
  await note(world);
  for (let epoch = 0; epoch < epochsAgo; epoch += 1) await nextRound(world);
  expect(await certifyFair(world)).to.equal(true);
  return world;
}

/** Classes 0, 1 and 2 of a leg for everything, and the room up, of the first two. */
async function roomsOf({ allocator }: World): Promise<bigint[][]> {
  return (await allocator.roomsOf(1, 2)).map((room) => [...room.down, room.up]);
}

describe("Allocator", () => {
  describe("class 2", () => {
    it("is open before anybody was ever scored", async () => {
      const world = await load();
      for (let epoch = 0; epoch < 5; epoch += 1) await nextRound(world);
      expect(await certifyFair(world)).to.equal(true);

      expect(await world.allocator.areScoresOld()).to.equal(false);
      expect((await roomsOf(world))[0]).to.deep.equal([0n, 0n, SURPLUS, 0n]);
    });

    it("is open while scores are two epochs old", async () => {
      const world = await scored(2);
      const { allocator, registry } = world;
      expect(await allocator.currentEpoch()).to.equal((await registry.scoredEpoch()) + 3n);

      expect(await allocator.areScoresOld()).to.equal(false);
      expect((await roomsOf(world))[0]).to.deep.equal([0n, 0n, SURPLUS, 0n]);
      expect(await move(world, [down(1, EVERYTHING)])).to.deep.equal([SURPLUS]);
    });

    it("is closed when they are older, also for what a budget would allow", async () => {
      const world = await scored(3);
      const { allocator, registry, keeper } = world;
      expect(await allocator.currentEpoch()).to.equal((await registry.scoredEpoch()) + 4n);

      expect(await allocator.areScoresOld()).to.equal(true);
      expect((await roomsOf(world))[0]).to.deep.equal([0n, 0n, 0n, 0n]);
      await expect(allocator.connect(keeper).rebalance([down(1, EVERYTHING)], PAGE))
        .to.emit(allocator, "LegSkipped")
        .withArgs(1n, false, EVERYTHING, 0n, 0n);
      expect((await allocator.budgetsUsed()).class2).to.equal(0n);
    });

    it("closes with the epoch, between two rounds", async () => {
      const world = await scored(2);
      expect((await roomsOf(world))[0]![2]).to.equal(SURPLUS);
      await networkHelpers.time.increaseTo(await world.allocator.nextRoundAt());

      expect((await roomsOf(world))[0]![2]).to.equal(0n);
    });

    it("counts from the epoch that was reported: who scores a report of long ago opens nothing", async () => {
      const world = await scored(3);
      const { registry, scorer } = world;
      await note(world, 3n);
      expect(await world.allocator.areScoresOld()).to.equal(true);
      expect((await roomsOf(world))[0]![2]).to.equal(0n);

      await note(world);
      const last = await registry.scoredEpoch();
      // Nor does it close what is open.
      await expect(registry.connect(scorer).noteScores(last - 5n))
        .to.emit(registry, "ScoresNoted")
        .withArgs(last - 5n);
      expect(await registry.scoredEpoch()).to.equal(last);
      expect((await roomsOf(world))[0]![2]).to.equal(SURPLUS);
    });

    it("is not opened for epochs to come", async () => {
      const { registry, allocator, scorer } = await load();
      const epoch = await allocator.currentEpoch();

      await expect(registry.connect(scorer).noteScores(epoch + 1n))
        .to.be.revertedWithCustomError(registry, "OutOfBounds")
        .withArgs(epoch + 1n, 0n, epoch);
    });

    it("opens again with the next scores", async () => {
      const world = await scored(3);
      await note(world);

      expect((await roomsOf(world))[0]).to.deep.equal([0n, 0n, SURPLUS, 0n]);
    });

    it("is the only one that old scores close: exits are funded, what must leave leaves, and what comes is placed", async () => {
      const moves = [];
      for (const epochsAgo of [2, 3]) {
        const world = await load();
        const { allocator, metaPool, registry, guardian, alice } = world;
        await registry.connect(await asNotice(world)).setPolicy({
          poolShareBps: 3_333,
          netShareBps: NO_SHARE,
          bondRatio: 0,
          guardianShareBps: 3_333,
        });
        await note(world);
        for (let epoch = 1; epoch < epochsAgo; epoch += 1) await nextRound(world);
        await metaPool.connect(alice).unstake(ether(10));
        await nextRound(world);
        expect(await certifyFair(world)).to.equal(true);
        await registry.connect(guardian).drain(4);
        expect(await allocator.areScoresOld()).to.equal(epochsAgo === 3);

        const exits = (await allocator.roomsOf(3, 1))[0]!.down[1];
        const leaving = (await allocator.roomsOf(4, 1))[0]!.down[0];
        expect(exits).to.be.above(0n);
        expect(leaving).to.equal(ether(25));
        const fell = await move(world, [down(3, EVERYTHING), down(4, EVERYTHING)]);
        await metaPool.connect(alice).deposit_and_stake({ value: ether(60) });
        await nextRound(world);
        await metaPool.fundExits(10);
        expect(await certifyFair(world)).to.equal(true);
        moves.push([exits, leaving, ...fell, ...(await move(world, [up(2, EVERYTHING), up(3, EVERYTHING)]))]);
        expect(await metaPool.withdrawable(alice)).to.be.at.least(ether(10) - 1n);
      }

      expect(moves[1]).to.deep.equal(moves[0]);
      expect(moves[0]!.at(-1)).to.be.above(0n);
    });
  });
});
