/** What one reading leaves for the next, and what certification opens: cases that a round or two of themselves do not show. */
import { expect } from "chai";

import {
  asNotice,
  certifyFair,
  delegate,
  deployWorld,
  down,
  EPOCH,
  ether,
  ethers,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
  PAGE,
  NO_SHARE,
  type World,
} from "../fixtures/allocator.ts";

/** Four pools with 25 of 100 ether each; exits wait for 10. */
async function deploy() {
  const world = await deployWorld({
    hostile: 4,
    groups: [{ dimension: 1, absoluteCap: ether(1_000) }],
    groupsOf: [[1], [], [], []],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  await world.metaPool.connect(world.alice).unstake(ether(10));
  await nextRound(world);
  return world;
}

const load = () => networkHelpers.loadFixture(deploy);

/** Ten pools with 10 of 100 ether each; exits wait for 10, and the first operator's weight is a fifth of what it was. */
async function deployTen() {
  const world = await deployWorld({
    hostile: 10,
    stake: ether("99.9"),
    parameters: { allocator: { ...LOOSE, budget2Bps: 0 } },
  });
  await delegate(world);
  await world.registry.connect(await asNotice(world)).setWeightBounds(1, 20, 20);
  await world.metaPool.connect(world.alice).unstake(ether(10));
  await nextRound(world);
  return world;
}

/** The pool fails in as many rounds, and works again. */
async function failFor(world: World, index: number, rounds: number): Promise<void> {
  await world.hostile[index]!.setMode(Mode.reverts);
  for (let round = 0; round < rounds; round += 1) await nextRound(world);
  await world.hostile[index]!.setMode(Mode.honest);
}

describe("Allocator", () => {
  describe("what is carried over", () => {
    it("is a loss that somebody saw, past rounds in which the pool could not be read", async () => {
      const world = await load();
      const { allocator, registry, hostile } = world;
      await hostile[0]!.lose(ether(10));
      await allocator.settleOne(1);
      await failFor(world, 0, 2);
      expect((await registry.operator(1)).watch).to.equal(false);
      expect((await allocator.recordOf(1)).lossSince).to.equal(ether(10));

      await nextRound(world);

      expect((await registry.operator(1)).watch).to.equal(true);
      expect((await allocator.recordOf(1)).lossSince).to.equal(0n);
    });

    it("is what a pool that comes back in time still owes: what it pays counts once", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      expect(await move(world, [down(1, ether(10))])).to.deep.equal([ether(10)]);
      // Its time begins with the first reading, late in an epoch: the fourth is 49 hours after it, and late is after 52.
      await hostile[0]!.setMode(Mode.reverts);
      await networkHelpers.time.increaseTo((await allocator.nextRoundAt()) + 23n * 3_600n);
      await allocator.settle(100, PAGE);
      await failFor(world, 0, 2);
      expect((await allocator.positionOf(1)).writtenDown).to.equal(true);
      await hostile[0]!.setTrickle(ether(4));

      await nextRound(world);

      const { writtenDown, faulted, unbonding } = await allocator.positionOf(1);
      expect([writtenDown, faulted, unbonding]).to.deep.equal([false, false, ether(6)]);
      expect((await allocator.recordOf(1)).dueAmount).to.equal(ether(6));
    });

    it("is the cash of the operators before one that is not back yet, and pays a part", async () => {
      const world = await load();
      const { allocator, metaPool, hostile, alice } = world;
      await metaPool.connect(alice).unstake(ether(10));
      await nextRound(world);
      expect(await move(world, [down(2, ether(10))])).to.deep.equal([ether(10)]);
      await hostile[1]!.setMode(Mode.neverPays);
      for (let round = 0; round < 7; round += 1) await nextRound(world);
      expect((await allocator.positionOf(2)).writtenDown).to.equal(true);
      expect(await move(world, [down(1, ether(5))])).to.deep.equal([ether(5)]);
      await hostile[1]!.setMode(Mode.honest);
      await hostile[1]!.setTrickle(ether(4));
      const { buffer } = await metaPool.getBook();

      await nextRound(world);

      expect((await allocator.positionOf(2)).writtenDown).to.equal(true);
      expect((await metaPool.getBook()).buffer - buffer).to.equal(ether(9));
      expect(await ethers.provider.getBalance(allocator)).to.equal(0n);
    });

    it("is no more on its way than there is, whatever a pool says: nobody's round fails by it", async () => {
      const world = await load();
      const { allocator, hostile, eve } = world;
      await eve.sendTransaction({ to: hostile[0]!, value: ether(2) });
      await hostile[0]!.oweMore(ether(2));
      await hostile[0]!.setTrickle(1n);

      await nextRound(world);

      // One per cent a day of 25 ether is believed, and a wei came.
      const { position, unbonding, faulted } = await allocator.positionOf(1);
      expect(faulted).to.equal(false);
      expect(unbonding).to.equal(ether(2) - 1n);
      expect(position + unbonding).to.be.above(ether(25));
    });
  });

  describe("class 1", () => {
    it("takes four times the fair part before certification, and then all that is above the target", async () => {
      const world = await networkHelpers.loadFixture(deployTen);
      const { allocator } = world;
      expect((await allocator.roomsOf(1, 1))[0]!.down).to.deep.equal([0n, ether(4), 0n]);

      expect(await certifyFair(world)).to.equal(true);

      const [rooms] = await allocator.roomsOf(1, 1);
      expect(rooms!.target).to.be.within(ether(1), ether(5));
      expect(rooms!.down).to.deep.equal([0n, ether(10) - rooms!.target, 0n]);
      expect(await move(world, [down(1, ether(9))])).to.deep.equal([ether(10) - rooms!.target]);
    });
  });

  describe("a group without a share", () => {
    it("is held to its absolute cap alone, however much that is of T", async () => {
      const world = await load();
      const { poolShareBps, absoluteCap } = await world.registry.group(1);
      expect([poolShareBps, absoluteCap]).to.deep.equal([BigInt(NO_SHARE), ether(1_000)]);
      expect((await world.allocator.groupSnapshot(1)).cap).to.equal(ether(1_000));
    });
  });

  describe("the code behind the proxy", () => {
    it("can be set up by nobody", async () => {
      const { metaPool, registry, network, notice, allocator } = await load();
      const slot = BigInt(ethers.id("eip1967.proxy.implementation")) - 1n;
      const code = ethers.dataSlice(await ethers.provider.getStorage(allocator, slot), 12);
      const behind = allocator.attach(code) as typeof allocator;
      await expect(behind.initialize(notice, metaPool, registry, network, EPOCH, LOOSE)).to.be.revertedWithCustomError(
        behind,
        "InvalidInitialization",
      );
    });
  });
});
