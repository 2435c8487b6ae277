/** What a round takes out of a pool: all that is due, be it a wei; and nothing is asked for where nothing is due. */
import { expect } from "chai";

import {
  delegate,
  deployWorld,
  LOOSE,
  Mode,
  networkHelpers,
  nextEpoch,
  nextRound,
  PAGE,
} from "../fixtures/allocator.ts";
import { logsOf } from "./logs.ts";

async function deploy() {
  const world = await deployWorld({ hostile: 1, parameters: { allocator: LOOSE } });
  await delegate(world);
  return world;
}

describe("Allocator", () => {
  describe("a withdrawal", () => {
    it("is asked for when a single wei is due, and booked", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, metaPool, hostile, eve } = world;
      await eve.sendTransaction({ to: hostile[0]!, value: 1n });
      await hostile[0]!.oweMore(1n);
      const { position } = await allocator.positionOf(1);
      await nextEpoch(world);
      const said = await logsOf(allocator.settle(100, PAGE), allocator, metaPool);
      const names = ["OperatorRead", "GainBooked", "Returned"];
      expect(said.filter(([name]) => names.includes(name as string))).to.deep.equal([
        ["OperatorRead", 1n, 2n, position, 0n, 1n, 1n, 0n],
        ["GainBooked", 1n],
        ["Returned", 1n],
      ]);
    });

    it("is not asked for when nothing is due: a pool that would refuse it is in order", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.revertsOnWithdraw);
      await nextRound(world);
      const { faulted, faults } = await allocator.positionOf(1);
      expect([faulted, faults]).to.deep.equal([false, 0n]);
    });
  });
});
