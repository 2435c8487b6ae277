/** What a pool gets that calls the allocator back: whatever it asks for, that somebody else is at work. */
import { expect } from "chai";

import { deployWorld, ether, LOOSE, networkHelpers, nextRound, PAGE, up } from "../fixtures/allocator.ts";

const CALLS = {
  settle: [1n],
  settleOne: [2n],
  certifyLevels: [[], 10n],
  rebalance: [[up(2, ether(1))]],
  reclaim: [2n],
} as const;

async function deploy() {
  const world = await deployWorld({ hostile: 2, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await nextRound(world);
  return world;
}

describe("Allocator", () => {
  describe("a pool that calls back", () => {
    for (const [name, args] of Object.entries(CALLS)) {
      it(`cannot enter ${name} while a leg brings it stake`, async () => {
        const { allocator, hostile } = await networkHelpers.loadFixture(deploy);
        const data = allocator.interface.encodeFunctionData(name as never, args as never);
        await hostile[0]!.setReentry(allocator, data);

        const refusal = allocator.interface.getError("ReentrancyGuardReentrantCall")!.selector;
        await expect(allocator.rebalance([up(1, ether(10))], PAGE))
          .to.emit(hostile[0]!, "ReentryFailed")
          .withArgs(refusal);
        expect(await hostile[0]!.reentered()).to.equal(0n);
        expect((await allocator.positionOf(1)).position).to.equal(ether(10));
        expect((await allocator.positionOf(2)).position).to.equal(0n);
      });
    }
  });
});
