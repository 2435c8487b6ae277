/** A network whose stake cannot be read, as caps by a share of it see it: nothing rises, nothing is a violation. */
import { expect } from "chai";

import {
  all,
  asNotice,
  delegate,
  deployWorld,
  ether,
  ethers,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  PAGE,
  positionsOf,
  sum,
  type World,
} from "../fixtures/allocator.ts";

const NOTHING = [0n, 0n, 0n];

function load() {
  return networkHelpers.loadFixture(deploy);
}

/** Three pools under command, and 10 ether that nobody has yet. */
async function deploy() {
  const world = await deployWorld({
    hostile: 3,
    honest: [{ bond: ether(500) }],
    parameters: { policy: { netShareBps: 2_000 }, allocator: LOOSE },
  });
  await delegate(world);
  await world.metaPool.connect(world.bob).deposit_and_stake({ value: ether(10) });
  return world;
}

/** Takes the network's code away; returns what brings it back. */
async function silence({ network }: World): Promise<() => Promise<void>> {
  const address = await network.getAddress();
  const code = await ethers.provider.getCode(address);
  await networkHelpers.setCode(address, "0x");
  return async () => networkHelpers.setCode(address, code);
}

/** Lowers the share of the network's stake that an operator may hold to one per cent: 6 ether, for 25. */
async function lowerShare(world: World): Promise<void> {
  const { registry } = world;
  const { poolShareBps, guardianShareBps, bondRatio } = await registry.policy();
  await registry
    .connect(await asNotice(world))
    .setPolicy({ poolShareBps, netShareBps: 100, guardianShareBps, bondRatio });
}

describe("Allocator", () => {
  describe("a network whose stake cannot be read", () => {
    it("at the snapshot and afterwards: nothing moves, and nothing is certified", async () => {
      const world = await load();
      const { allocator } = world;
      const positions = await positionsOf(world);
      await silence(world);
      await nextRound(world);
      expect((await allocator.poolSnapshot()).networkStake).to.equal(0n);
      expect(await move(world, all("up", 3))).to.deep.equal(NOTHING);
      expect(await move(world, all("down", 3))).to.deep.equal(NOTHING);
      expect(await positionsOf(world)).to.deep.equal(positions);
      expect(await allocator.certifyLevels.staticCall([], 100, PAGE)).to.equal(false);
      await allocator.certifyLevels([], 100, PAGE);
      expect(await move(world, all("down", 3))).to.deep.equal(NOTHING);
    });

    it("from a leg, after a snapshot that knew it: nothing moves", async () => {
      const world = await load();
      const { allocator } = world;
      await nextRound(world);
      expect(sum([...(await allocator.rebalance.staticCall(all("up", 3), PAGE))])).to.be.greaterThan(ether(5));
      const giveBack = await silence(world);
      expect(await move(world, all("up", 3))).to.deep.equal(NOTHING);
      await lowerShare(world);
      expect(await move(world, all("down", 3))).to.deep.equal(NOTHING);

      await giveBack();
      expect(sum(await move(world, all("down", 3)))).to.be.greaterThan(ether(50));
    });

    it("at the snapshot, though a leg can read it again: nothing moves", async () => {
      const world = await load();
      const giveBack = await silence(world);
      await nextRound(world);
      await giveBack();
      expect((await world.allocator.liveTotals()).networkStake).to.be.greaterThan(ether(500));
      expect(await move(world, all("up", 3))).to.deep.equal(NOTHING);
      await lowerShare(world);
      expect(await move(world, all("down", 3))).to.deep.equal(NOTHING);

      await nextRound(world);
      expect(sum(await move(world, all("down", 3)))).to.be.greaterThan(ether(50));
    });
  });
});
