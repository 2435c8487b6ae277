/** P3: no keeper is trusted. */
import { expect } from "chai";

import {
  all,
  delegate,
  deployWorld,
  down,
  ether,
  LOOSE,
  move,
  networkHelpers,
  nextEpoch,
  nextRound,
  PAGE,
  positionsOf,
  settleAll,
  up,
} from "../fixtures/allocator.ts";

async function deploy() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await delegate(world);
  return world;
}

describe("P3: no keeper is trusted", () => {
  it("a dishonest one wastes its own gas: the pool is as it would be without it", async () => {
    const states: string[] = [];
    for (const dishonest of [false, true]) {
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, metaPool, alice, eve } = world;
      await metaPool.connect(alice).unstake(ether(4));
      await nextRound(world); // it waits for money that nobody has asked for
      await metaPool.connect(alice).unstake(ether(10));
      const spoil = async (legs: ReturnType<typeof all>) => {
        if (!dishonest) return;
        const keeper = allocator.connect(eve);
        await keeper.settle(0, PAGE);
        for (const page of [1, 100]) await keeper.certifyLevels([{ group: 0, level: 1n }], page, PAGE);
        await keeper.certifyLevels([{ group: 0, level: 2n ** 159n }], 100, PAGE);
        await keeper.rebalance([up(1, 2n ** 100n), up(2, 1n), up(77, 1n), ...all("up", 4), ...legs], PAGE);
        await keeper.settleOne(1, PAGE);
        await metaPool.connect(eve).fundExits(0);
      };
      await nextEpoch(world);
      for (let page = 0; page < 3; page += 1) {
        await allocator.settle(1, PAGE);
        await spoil(all("down", 4).reverse());
      }
      await settleAll(world);
      await spoil([]); // whose stake pays an exit is the first keeper's choice
      await move(world, all("down", 4));
      await spoil(all("down", 4).reverse());
      await nextEpoch(world);
      await settleAll(world);
      await metaPool.fundExits(10);
      states.push([...(await positionsOf(world)), await metaPool.withdrawable(alice)].join());
    }
    expect(states[0]).to.equal(states[1]);
  });

  it("every job does nothing the second time, and clips what has moved meanwhile", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { allocator, metaPool, alice, eve } = world;
    await metaPool.connect(alice).unstake(ether(10));
    await nextEpoch(world);
    await settleAll(world);
    await allocator.connect(eve).rebalance([down(1, ether(9))], PAGE);
    const moved = await move(world, [down(1, ether(10)), down(2, ether(10))]);
    expect(moved).to.deep.equal([ether(1), 0n]);
    for (const job of [
      allocator.settle(100, PAGE),
      allocator.rebalance([down(1, ether(10))], PAGE),
      metaPool.fundExits(10),
    ]) {
      const receipt = (await (await job).wait())!;
      const names = receipt.logs.map((log) => allocator.interface.parseLog(log)?.name);
      expect(names.filter((name) => name !== "LegSkipped")).to.deep.equal([]);
    }
  });
});
