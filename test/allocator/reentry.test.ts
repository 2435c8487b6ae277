/** A pool that calls back while it is read finds every door of the allocator closed. */
import { expect } from "chai";

import { asNotice, deployWorld, networkHelpers, nextEpoch, nextRound, PAGE } from "../fixtures/allocator.ts";

async function deploy() {
  const world = await deployWorld({ hostile: 1 });
  await nextRound(world);
  return world;
}

describe("Allocator", () => {
  describe("a pool that calls back", () => {
    it("is refused while a round reads it, and while it is asked for what it still has", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, registry, hostile } = world;
      const pool = hostile[0]!;
      const refusal = allocator.interface.encodeErrorResult("ReentrancyGuardReentrantCall");
      await pool.setReentry(allocator, allocator.interface.encodeFunctionData("settle", [0n]));
      await nextEpoch(world);
      await expect(allocator.settle(100, PAGE)).to.emit(pool, "ReentryFailed").withArgs(refusal);

      await registry.connect(await asNotice(world)).delist(1);
      await registry.remove(1);
      await expect(allocator.reclaim(1, PAGE)).to.emit(pool, "ReentryFailed").withArgs(refusal);
      expect(await pool.reentered()).to.equal(0n);
    });
  });
});
