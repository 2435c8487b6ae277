/** What legs and rooms do while there is no round that they could be judged by, or nothing to judge. */
import { expect } from "chai";

import {
  all,
  deployWorld,
  down,
  EPOCH,
  ether,
  LOOSE,
  networkHelpers,
  nextRound,
  PAGE,
  Skip,
  up,
  type World,
} from "../fixtures/allocator.ts";

const GAS = { gasLimit: 8_000_000n } as const;
const NO_ROOM = [0n, [0n, 0n, 0n], false, false];

/** Four pools under command, 100 ether in the buffer, and no round yet. */
async function deploy() {
  return deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
}

/** Two ether at each pool, with room for more, and three operators to go in an open round. */
async function deployOpen() {
  const world = await deploy();
  await nextRound(world);
  await world.allocator.rebalance(
    [1, 2, 3, 4].map((id) => up(id, ether(2))),
    GAS,
  );
  await networkHelpers.time.increase(EPOCH);
  await world.allocator.settle(1, PAGE);
  expect(await world.allocator.openRound()).to.deep.equal([2n, 1n]);
  return world;
}

async function deployPlaced() {
  const world = await deploy();
  await nextRound(world);
  await world.allocator.rebalance(all("up", 4), GAS);
  await nextRound(world);
  return world;
}

/** That legs move nothing, and that nothing is said or shown of them. */
async function expectNothing({ allocator }: World): Promise<void> {
  const legs = [up(1, ether(1)), down(1, ether(1))];
  expect(await allocator.rebalance.staticCall(legs, GAS)).to.deep.equal([0n, 0n]);
  expect((await (await allocator.rebalance(legs, GAS)).wait())!.logs).to.deep.equal([]);
  const rooms = await allocator.roomsOf(1, 4);
  expect(rooms.length).to.equal(4);
  for (const room of rooms) {
    expect([room.up, [...room.down], room.upIsDust, room.downIsDust]).to.deep.equal(NO_ROOM);
  }
}

describe("Allocator", () => {
  describe("legs and rooms", () => {
    it("are none before the first round", async () => {
      await expectNothing(await networkHelpers.loadFixture(deploy));
    });

    it("are none while a round is open", async () => {
      const world = await networkHelpers.loadFixture(deployOpen);
      await expectNothing(world);
      await world.allocator.settle(100, PAGE);
      expect((await world.allocator.roomsOf(1, 1))[0]!.up).to.equal(ether(23));
    });

    it("are none where nobody asks, for less than one leg needs", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployPlaced);
      expect(await allocator.rebalance.staticCall([], { gasLimit: 1_000_000n })).to.deep.equal([]);
      expect((await (await allocator.rebalance([], { gasLimit: 1_000_000n })).wait())!.logs).to.deep.equal([]);
    });

    it("are none of operators that do not exist", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployPlaced);
      for (const id of [0n, 5n]) {
        await expect(allocator.rebalance([down(id, 7n)], GAS))
          .to.emit(allocator, "LegSkipped")
          .withArgs(id, false, 7n, 0n, Skip.unknownOperator);
      }
    });

    it("are shown only to who sends what reading a dear bond may take", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployPlaced);
      await expect(allocator.roomsOf(1, 1, { gasLimit: 2_469_841n }))
        .to.be.revertedWithCustomError(allocator, "TooLittleGas")
        .withArgs((left: bigint) => left < 2_469_841n, 2_469_841n);
      expect(await allocator.roomsOf(1, 1, { gasLimit: 3_000_000n })).to.have.lengthOf(1);
    });

    it("are no more than an operator has, however much exits need", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const { allocator, metaPool, alice } = world;
      await metaPool.connect(alice).unstake(ether(40));
      await nextRound(world);
      // Above 33.33 % of the 60 ether that stay it is a violation; four times its part of the need would be 40.
      expect((await allocator.roomsOf(1, 1))[0]!.down).to.deep.equal([ether("5.002"), ether("19.998"), 0n]);
      expect(await allocator.rebalance.staticCall(all("down", 2), GAS)).to.deep.equal([ether(25), ether(15)]);
    });
  });
});
