/** What a reading believes at most, and where a ramp begins, to the wei. */
import { expect } from "chai";

import {
  delegate,
  deployWorld,
  down,
  EPOCH,
  ether,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  PAGE,
} from "../fixtures/allocator.ts";
import { listNewcomer } from "../fixtures/newcomers.ts";

const BPS = 10_000n;

/** Four pools with 25 ether each; 5 of the first are on their way to exits, and have been asked for just now. */
async function deployLeaving() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await delegate(world);
  await world.metaPool.connect(world.alice).unstake(ether(5));
  await nextRound(world);
  expect(await move(world, [down(1, ether(5))])).to.deep.equal([ether(5)]);
  return world;
}

/** A pool of 100 ether and seven wei. */
async function deployOdd() {
  const world = await deployWorld({
    hostile: 2,
    stake: ether("99.9") + 7n,
    parameters: { allocator: LOOSE, policy: { poolShareBps: 1_000 } },
  });
  await nextRound(world);
  return world;
}

describe("Allocator", () => {
  describe("limits", () => {
    it("of a gain count what is on its way, too: one per cent an epoch of all that the operator holds", async () => {
      const { allocator, hostile } = await networkHelpers.loadFixture(deployLeaving);
      await hostile[0]!.setTrickle(1n); // what is on its way stays there, but for a wei
      await hostile[0]!.reward({ value: ether(10) });
      const { position, unbonding, readAt } = await allocator.positionOf(1);
      expect([position, unbonding]).to.deep.equal([ether(20), ether(5)]);

      const now = await allocator.nextRoundAt();
      await networkHelpers.time.setNextBlockTimestamp(now);
      await allocator.settle(100, PAGE);

      const most = ((position + unbonding) * 100n * (now - readAt)) / (BPS * EPOCH);
      const held = await allocator.positionOf(1);
      expect([held.position, held.unbonding]).to.deep.equal([ether(20) + most, ether(5) - 1n]);
    });

    it("of a newcomer begin at 5 bp of T, rounded down", async () => {
      const world = await networkHelpers.loadFixture(deployOdd);
      const { id } = await listNewcomer(world);
      await nextRound(world);
      const { total } = await world.allocator.poolSnapshot();

      expect(total).to.equal(ether(100) + 7n);
      expect(await world.allocator.rampOf(id)).to.equal(ether("0.05"));
    });
  });
});
