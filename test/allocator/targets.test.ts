/** Targets at levels of which one more would be a wei more for everybody. */
import { expect } from "chai";

import {
  all,
  deployWorld,
  ether,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  PAGE,
  positionsOf,
  WAD,
} from "../fixtures/allocator.ts";

const WEIGHT = 7n;

/** Four operators of one weight, two of them in one group, share 100 ether and a wei, which stays idle. */
async function deploy() {
  const world = await deployWorld({
    hostile: 4,
    weights: [7, 7, 7, 7],
    groups: [{ dimension: 3, absoluteCap: ether(150) }],
    groupsOf: [[0, 0, 1], [0, 0, 1], [], []],
    stake: ether("99.9") + 1n,
    parameters: { allocator: LOOSE },
  });
  await nextRound(world);
  const { total } = await world.allocator.poolSnapshot();
  const target = total / 4n;
  /** The highest level of which weight times level, rounded down, is the target. */
  const level = ((target + 1n) * WAD - 1n) / WEIGHT;
  expect(((level + 1n) * WEIGHT) / WAD).to.equal(target + 1n);
  await world.allocator.certifyLevels([{ group: 0, level }], 100, PAGE);
  expect((await world.allocator.poolSnapshot()).certified).to.equal(true);
  return { ...world, target };
}

describe("Allocator", () => {
  describe("targets", () => {
    it("are rounded down, and the same for each operator of a call, whoever was looked at before", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, target } = world;
      const shown = await Promise.all([1, 2, 3, 4].map((id) => allocator.targetOf(id)));
      const rooms = (await allocator.roomsOf(1, 4)).map((room) => [room.target, room.up]);

      expect(shown).to.deep.equal([target, target, target, target]);
      expect(rooms).to.deep.equal([1, 2, 3, 4].map(() => [target, target]));
      expect(await move(world, all("up", 4))).to.deep.equal([target, target, target, target]);
      expect(await positionsOf(world)).to.deep.equal([target, target, target, target]);
    });
  });
});
