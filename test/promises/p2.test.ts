/** P2: nobody takes more than its share. */
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
  sum,
  up,
} from "../fixtures/allocator.ts";

describe("P2: nobody takes more than its share", () => {
  it("not even the only operator there is: what fits nowhere stays idle", async () => {
    const world = await networkHelpers.loadFixture(deployOne);
    const { metaPool, allocator } = world;
    for (let round = 0; round < 3; round += 1) {
      await nextRound(world);
      await allocator.certifyLevels([], 100, PAGE);
      await move(
        world,
        Array.from({ length: 20 }, () => up(1, ether(1_000))),
      );
      expect(await positionsOf(world)).to.deep.equal([ether(2)]);
    }
    expect((await metaPool.getBook()).buffer).to.equal(ether(98));
  });

  it("no sheet, no order of legs and no deposit lifts an operator or a group above its cap", async () => {
    const world = await networkHelpers.loadFixture(deployGroups);
    const { allocator, metaPool, eve } = world;
    await nextRound(world);
    const { total } = await allocator.poolSnapshot();
    const caps = await allocator.groupCapsOf(0, 3);
    await metaPool.connect(eve).deposit_and_stake({ value: ether(1_000) });
    const sheets = [
      [{ group: 0, level: 2n ** 159n }],
      [
        { group: 1, level: 2n ** 159n },
        { group: 2, level: 2n ** 159n },
      ],
      [],
    ];
    for (const sheet of sheets) await allocator.certifyLevels(sheet, 100, PAGE).catch(() => undefined);
    for (let turn = 0; turn < 3; turn += 1) await move(world, [...all("up", 6).reverse(), ...all("up", 6)]);
    const positions = await positionsOf(world);
    for (const position of positions) expect(position).to.be.at.most((total * 2_000n) / 10_000n);
    for (const group of [1, 2]) {
      const { position } = await allocator.groupSnapshot(group);
      expect(position).to.equal(sum(positions.slice((group - 1) * 3, group * 3)));
      expect(position).to.be.at.most(caps[group]!.increaseCap);
    }
  });
});

function deployOne() {
  return deployWorld({
    hostile: 1,
    stake: ether("99.9"),
    parameters: { policy: { poolShareBps: 200 }, allocator: LOOSE },
  });
}

function deployGroups() {
  return deployWorld({
    hostile: 6,
    groups: [
      { dimension: 1, poolShareBps: 3_000 },
      { dimension: 1, absoluteCap: ether(25) },
    ],
    groupsOf: [[1], [1], [1], [2], [2], [2]],
    stake: ether("99.9"),
    parameters: { policy: { poolShareBps: 2_000 }, allocator: LOOSE },
  });
}
