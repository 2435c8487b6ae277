/** What one reading makes of an operator in a rare condition: its cap, its weight, the sums of its groups, its watch. */
import { expect } from "chai";

import {
  asNotice,
  DAY,
  deployWorld,
  down,
  ether,
  ethers,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextEpoch,
  nextRound,
  NO_CAP,
  NO_LEVEL,
  PAGE,
  positionsOf,
  settleAll,
  up,
  WAD,
} from "../fixtures/allocator.ts";
import { logsOf } from "./logs.ts";

/** Three pools under command in five groups each, and 1,000 ether at stake on the network. The first round is over. */
async function deploy() {
  const world = await deployWorld({
    hostile: 3,
    stake: ether("99.9"),
    groups: [1, 2, 3, 4, 5].map((dimension) => ({ dimension, poolShareBps: 6_000 + 500 * dimension })),
    groupsOf: [[1, 2, 3, 4, 5], [0, 0, 0, 0, 5], [1]],
    parameters: { allocator: LOOSE, policy: { netShareBps: 500 } },
  });
  await world.network.connect(world.eve).bond({ value: ether(1_000) });
  await nextRound(world);
  return world;
}

function load() {
  return networkHelpers.loadFixture(deploy);
}

describe("Allocator", () => {
  describe("a reading", () => {
    it("counts an operator, and legs of it, in the groups of all five dimensions and the pool", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      const sums = () =>
        Promise.all([0, 1, 2, 3, 4, 5].map(async (group) => (await allocator.groupSnapshot(group)).position));
      expect(await move(world, [up(1, ether(12)), up(2, ether(3))])).to.deep.equal([ether(12), ether(3)]);
      expect(await sums()).to.deep.equal([15, 12, 12, 12, 12, 15].map(ether));
      await hostile[0]!.lose(ether(1));
      await allocator.settleOne(1, PAGE);
      expect(await sums()).to.deep.equal([14, 11, 11, 11, 11, 14].map(ether));
      await nextRound(world);
      expect(await sums()).to.deep.equal([14, 11, 11, 11, 11, 14].map(ether));
      const members = [0, 1, 2, 3, 4, 5].map(async (group) => (await allocator.groupSnapshot(group)).members);
      expect(await Promise.all(members)).to.deep.equal([3n, 2n, 1n, 1n, 1n, 2n]);
    });

    it("holds an operator to the level of a group in the fifth dimension", async () => {
      const world = await load();
      const { allocator, registry } = world;
      const notice = registry.connect(await asNotice(world));
      await notice.setGroup(5, { dimension: 5, poolShareBps: 100, netShareBps: 10_000, absoluteCap: NO_CAP });
      await nextRound(world);
      // One per cent of 100 ether, shared by two of the same weight.
      expect((await allocator.groupSnapshot(5)).level).to.equal((ether(1) * WAD) / 200n);
      expect(await allocator.targetOf(1)).to.equal(ether("0.5"));
    });

    it("counts what others have at a pool up to what a slot holds, and none where the pool says less than we have", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await move(world, [up(3, ether(10))]);
      for (const pool of hostile.slice(0, 2)) await pool.setOthers(2n ** 200n);
      await hostile[2]!.setMode(Mode.liesUp);
      await nextEpoch(world);
      await allocator.settle(1, PAGE);
      await settleAll(world);
      const others = await Promise.all([1, 2, 3].map(async (id) => (await allocator.snapshotOf(id)).others));
      expect(others).to.deep.equal([NO_CAP, NO_CAP, 0n]);
      for (const group of [0, 1, 5]) expect((await allocator.groupSnapshot(group)).others).to.equal(NO_CAP);
    });

    it("counts no weight of an operator that others fill up to the share of the network, to the wei", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setOthers(ether(50)); // five per cent of 1,000
      await hostile[1]!.setOthers(ether(50) - 1n);
      await nextRound(world);
      expect((await allocator.groupSnapshot(0)).weight).to.equal(200n);
      expect((await allocator.groupSnapshot(5)).weight).to.equal(100n);
    });

    it("gives no cap to a pool that is not vouched for any more, and forgets one that is removed", async () => {
      const world = await load();
      const { allocator, registry, hostile } = world;
      await registry.connect(await asNotice(world)).unwhitelistPool(hostile[0]!);
      await registry.connect(await asNotice(world)).delist(2);
      await registry.remove(2);
      await nextEpoch(world);
      const said = await logsOf(allocator.settle(100, PAGE), allocator);
      expect(said.filter(([name]) => name === "OperatorSnapshot")).to.deep.equal([
        ["OperatorSnapshot", 1n, 2n, 0n, false, [0n, 0n, 100n, 0x0504030201n]],
        ["OperatorSnapshot", 3n, 2n, 0n, false, [NO_CAP, 0n, 100n, 1n]],
      ]);
      expect(said.filter(([name]) => name === "OperatorRead").map(([, id]) => id)).to.deep.equal([1n, 3n]);
      expect([...(await allocator.snapshotOf(2))]).to.deep.equal([0n, 0n, 0n, 0n]);
      const { members, weight } = await allocator.groupSnapshot(0);
      expect([members, weight]).to.deep.equal([2n, 100n]);
    });

    it("gives who has been listed since, by governance, the cap that its ramp begins with: 5 bp of the pool", async () => {
      const world = await load();
      const { allocator, registry, foundation } = world;
      const pool = await ethers.deployContract("HostilePool");
      await registry.connect(foundation).whitelistPool(pool);
      await registry.connect(await asNotice(world)).list({
        pool,
        factory: ethers.ZeroAddress,
        weight: 70,
        minWeight: 0,
        maxWeight: 100,
        absoluteCap: ether(9),
        groups: 0,
      });
      await nextRound(world);
      expect([...(await allocator.snapshotOf(4))]).to.deep.equal([ether(100) / 2_000n, 0n, 70n, 0n]);
      expect((await allocator.snapshotScope()).operators).to.equal(4n);
    });

    it("writes nobody down who has nothing, and who has only what is on its way", async () => {
      const world = await load();
      const { allocator, registry, hostile } = world;
      await move(world, [up(1, ether(5))]);
      await registry.connect(await asNotice(world)).lowerAbsoluteCap(1, 0);
      expect(await move(world, [down(1, ether(5))])).to.deep.equal([ether(5)]);
      for (const pool of hostile.slice(0, 2)) await pool.setMode(Mode.reverts);
      for (let round = 0; round < 2; round += 1) await nextRound(world);
      await nextEpoch(world);
      const said = await logsOf(allocator.settle(100, PAGE), allocator);
      expect(said.filter(([name]) => name === "OperatorWrittenDown")).to.deep.equal([
        ["OperatorWrittenDown", 1n, 4n, ether(5)],
      ]);
      const states = [1, 2].map(async (id) => {
        const { faults, writtenDown } = await allocator.positionOf(id);
        return [faults, writtenDown];
      });
      expect(await Promise.all(states)).to.deep.equal([
        [3n, true],
        [3n, false],
      ]);
    });

    it("measures a loss by the larger of what it had at the last round and what legs brought since", async () => {
      const world = await load();
      const { allocator, registry, hostile } = world;
      await move(world, [up(1, ether(10)), up(2, ether(20))]);
      await nextRound(world);
      await move(world, [up(1, ether(10))]);
      await registry.connect(await asNotice(world)).lowerAbsoluteCap(2, ether(11));
      await move(world, [down(2, ether(9))]);
      // 30 % of 20 each, and a wei: the first had 10 at the round, the second has 11 now.
      await hostile[0]!.lose(ether(6));
      await hostile[1]!.lose(ether(6));
      const before = await networkHelpers.takeSnapshot();
      await nextEpoch(world);
      await expect(allocator.settle(100, PAGE)).not.to.emit(registry, "WatchChanged");
      expect(await positionsOf(world)).to.deep.equal([14, 5, 0].map(ether));
      await before.restore();
      for (const pool of hostile.slice(0, 2)) await pool.lose(1n);
      await nextEpoch(world);
      const said = await logsOf(allocator.settle(100, PAGE), registry);
      expect(said.filter(([name]) => name === "WatchChanged")).to.deep.equal([
        ["WatchChanged", 1n, true],
        ["WatchChanged", 2n, true],
      ]);

      // Who is on watch, for whatever reason, is put there again, and may have no more than is left.
      await hostile[0]!.lose(ether(13));
      await nextEpoch(world);
      await expect(allocator.settle(100, PAGE)).to.emit(registry, "WatchChanged").withArgs(1n, true);
      expect((await allocator.snapshotOf(1)).fixedCap).to.equal(ether(1) - 1n);
    });

    it("gives a group that has no cap none for what a member holds that does not answer", async () => {
      const world = await networkHelpers.loadFixture(deployUncapped);
      const { allocator, hostile } = world;
      expect(await move(world, [up(1, ether(20))])).to.deep.equal([ether(20)]);
      await hostile[0]!.setMode(Mode.reverts);
      await nextRound(world);
      const { faulted, cap, level } = await allocator.groupSnapshot(1);
      expect([faulted, cap, level]).to.deep.equal([ether(20), NO_CAP, NO_LEVEL]);
    });

    it("believes nothing that a pool shows before it was given any stake, however long it was there", async () => {
      const world = await networkHelpers.loadFixture(deployShowing);
      const { allocator, metaPool } = world;
      const { assets } = await metaPool.getBook();
      for (let round = 0; round < 2; round += 1) {
        await nextRound(world);
        const { position, unbonding, readAt } = await allocator.positionOf(1);
        expect([position, unbonding]).to.deep.equal([0n, 0n]);
        expect(readAt).to.be.greaterThan(0n);
        expect((await metaPool.getBook()).assets).to.equal(assets);
      }
    });

    it("takes whatever bond a pool claims to have, and stops neither a round nor legs at it", async () => {
      const world = await networkHelpers.loadFixture(deployBonded);
      const { allocator, hostile } = world;
      await hostile[0]!.setBond(ethers.MaxUint256);
      await nextRound(world);
      expect((await allocator.positionOf(1)).faulted).to.equal(false);
      expect((await allocator.snapshotOf(1)).fixedCap).to.equal(ether(40));
      const [rooms] = await allocator.roomsOf(1, 1);
      expect([rooms!.bond, rooms!.increaseCap]).to.deep.equal([ethers.MaxUint256, ether("33.33")]);
      expect(await move(world, [up(1, ether(30))])).to.deep.equal([ether(30)]);
    });

    it("is charged a fee on what gains are above losses", async () => {
      const world = await networkHelpers.loadFixture(deployFee);
      const { allocator, metaPool, hostile } = world;
      await hostile[0]!.reward({ value: ether("0.1") });
      await hostile[1]!.lose(ether("0.04"));
      await nextEpoch(world);
      const said = await logsOf(allocator.settle(100, PAGE), metaPool);
      const [, , gain, fee] = said.find(([name]) => name === "RoundEnded")!;
      expect([gain, fee]).to.deep.equal([ether("0.06"), ether("0.006")]);
    });

    it("tells the registry that the slowest has left", async () => {
      const world = await networkHelpers.loadFixture(deploySlow);
      const { allocator, registry, honest } = world;
      const slow = await honest[0]!.pool.unbondingTime();
      expect(await registry.longestUnbonding()).to.equal(slow);
      expect(slow).to.be.greaterThan(DAY);
      await registry.connect(await asNotice(world)).delist(2);
      await registry.remove(2);
      await nextEpoch(world);
      await expect(allocator.settle(100, PAGE)).to.emit(registry, "LongestUnbondingChanged").withArgs(slow, 14_400n);
    });

    it("of nobody is a round, too", async () => {
      const world = await networkHelpers.loadFixture(deployNobody);
      const { allocator } = world;
      await nextEpoch(world);
      expect(await allocator.settle.staticCall(100, PAGE)).to.deep.equal([0n, true]);
      await expect(allocator.settle(100, PAGE))
        .to.emit(allocator, "RoundCompleted")
        .withArgs(1n, [ether("100.1"), 0n, 0n, 0n, 0n, 1n, false], 0n, 0n);
    });
  });
});

/** A pool that was never read, and shows an ether of stake. */
async function deployShowing() {
  const world = await deployWorld({ hostile: 1, parameters: { allocator: LOOSE } });
  await world.hostile[0]!.reward({ value: ether(1) });
  return world;
}

/** Two pools under command with 20 ether each, and a fee of a tenth. */
async function deployFee() {
  const world = await deployWorld({ hostile: 2, parameters: { allocator: LOOSE, pool: { feeBps: 1_000 } } });
  await nextRound(world);
  await move(world, [up(1, ether(20)), up(2, ether(20))]);
  return world;
}

/** Two pools under command in a group that nothing bounds; a round is over. */
async function deployUncapped() {
  const world = await deployWorld({
    hostile: 2,
    groups: [{ dimension: 1 }],
    groupsOf: [[1], [1]],
    parameters: { allocator: LOOSE },
  });
  await nextRound(world);
  return world;
}

/** A pool under command that may have no more than 40 ether, nor than ten times its bond. */
function deployBonded() {
  return deployWorld({
    hostile: 1,
    stake: ether("99.9"),
    absoluteCaps: [ether(40)],
    parameters: { allocator: LOOSE, policy: { bondRatio: 10 } },
  });
}

/** A fast pool, and one that takes days. */
async function deploySlow() {
  const world = await deployWorld({ hostile: 1, honest: [{ bond: ether(1) }], parameters: { allocator: LOOSE } });
  await nextRound(world);
  return world;
}

function deployNobody() {
  return deployWorld();
}
