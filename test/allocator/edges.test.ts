/** Where caps are used up, where a round has several pages, and where legs of a call share what there is. */
import { expect } from "chai";

import {
  asNotice,
  certifyFair,
  delegate,
  deployWorld,
  down,
  ether,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextEpoch,
  nextRound,
  NO_CAP,
  NO_SHARE,
  PAGE,
  Skip,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { listNewcomer } from "../fixtures/newcomers.ts";
import { logsOf } from "./logs.ts";

const GAS = { gasLimit: 8_000_000n } as const;
const EVERYTHING = ether(1_000);
const BPS = 10_000n;

/** Four pools with 25 of 100 ether each, the first two in a group of which no cap binds; a round has seen it. */
async function deploy() {
  const world = await deployWorld({
    hostile: 4,
    groups: [{ dimension: 1 }],
    groupsOf: [[1], [1], [], []],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  await nextRound(world);
  return world;
}

const load = () => networkHelpers.loadFixture(deploy);

/** As `deploy`, with 10 ether on their way from the first operator, which pays late; exits have been paid from what bob staked. */
async function deployWaiting() {
  const world = await deploy();
  const { metaPool, hostile, alice, bob } = world;
  await metaPool.connect(alice).unstake(ether(10));
  await nextRound(world);
  await hostile[0]!.setMode(Mode.neverPays);
  expect(await move(world, [down(1, ether(10))])).to.deep.equal([ether(10)]);
  await metaPool.connect(bob).deposit_and_stake({ value: ether(12) });
  await metaPool.fundExits(10);
  await nextRound(world);
  return world;
}

/** 100 ether and 2,000 wei: 5 bp of it are an odd number of wei. */
async function deployOdd() {
  const world = await deployWorld({
    hostile: 2,
    stake: ether("99.9") + 2_000n,
    parameters: { allocator: LOOSE, policy: { poolShareBps: 1_000 } },
  });
  await nextRound(world);
  const newcomer = await listNewcomer(world);
  await nextRound(world);
  return { ...world, newcomer };
}

async function setGroup(world: World, caps: { poolShareBps?: number; netShareBps?: number; absoluteCap?: bigint }) {
  const none = { dimension: 1, poolShareBps: NO_SHARE, netShareBps: NO_SHARE, absoluteCap: NO_CAP };
  await world.registry.connect(await asNotice(world)).setGroup(1, { ...none, ...caps });
}

/** The first two operators fail from now on; a round, a page for each operator, has seen it. */
async function failTwo(world: World): Promise<void> {
  for (const pool of world.hostile.slice(0, 2)) await pool.setMode(Mode.reverts);
  await nextEpoch(world);
  for (let page = 0; page < 4; page += 1) await world.allocator.settle(1, PAGE);
  expect((await world.allocator.openRound()).round).to.equal(0n);
}

describe("Allocator", () => {
  describe("legs of a call", () => {
    it("share the free buffer: what one has taken the next one does not find", async () => {
      const world = await networkHelpers.loadFixture(deployWaiting);
      const { allocator, metaPool } = world;
      const { buffer, owed } = await metaPool.getBook();
      expect([buffer - owed, await allocator.unbonding()]).to.deep.equal([ether(2), ether(10)]);
      const legs = [up(1, ether("1.5")), up(2, ether("0.5")), up(3, ether("0.5"))];

      const said = await logsOf(allocator.rebalance(legs, GAS), allocator);

      expect(said.map(([name, id, , , moved]) => [name, id, moved])).to.deep.equal([
        ["Moved", 1n, ether("1.5")],
        ["Moved", 2n, ether("0.5")],
        ["LegSkipped", 3n, 0n],
      ]);
      expect(said.at(-1)!.at(-1)).to.equal(Skip.noRoom);
    });

    it("ask the buffer for what goes up alone", async () => {
      const world = await networkHelpers.loadFixture(deployWaiting);
      const { allocator, metaPool } = world;
      const said = await logsOf(allocator.rebalance([down(3, ether(1)), up(2, ether("0.5"))], GAS), metaPool);
      expect(said).to.deep.equal([["Funded", ether("0.5")]]);
    });

    it("bring nothing into a group that is above its cap, and stop nobody else", async () => {
      const world = await load();
      await world.metaPool.connect(world.bob).deposit_and_stake({ value: ether(40) });
      await nextRound(world);
      await setGroup(world, { absoluteCap: ether(40) });

      expect(await move(world, [up(1, ether(5)), up(3, ether(5))])).to.deep.equal([0n, ether(5)]);
    });
  });

  describe("a group", () => {
    it("is not above its share of a T that has shrunk since the round", async () => {
      const world = await load();
      const { allocator, metaPool, registry, alice } = world;
      await setGroup(world, { poolShareBps: 5_000 });
      await registry.connect(await asNotice(world)).setWeightBounds(1, 50, 50);
      await nextRound(world);
      expect(await certifyFair(world)).to.equal(true);
      await metaPool.connect(alice).unstake(ether(10));

      const [rooms] = await allocator.roomsOf(1, 1);
      expect(rooms!.target).to.be.below(ether(25));
      expect(rooms!.down[0]).to.equal(0n);
      await setGroup(world, { poolShareBps: 4_900 });
      expect((await allocator.roomsOf(1, 1))[0]!.down[0]).to.equal(ether(1));
    });

    it("may take nothing where others hold more than its share of the network", async () => {
      const world = await load();
      const { allocator, network, hostile, eve } = world;
      await network.connect(eve).bond({ value: ether(1_000) });
      await setGroup(world, { netShareBps: 100 });
      await hostile[0]!.setOthers(ether(50));
      await nextRound(world);

      const { cap, others } = await allocator.groupSnapshot(1);
      expect([cap, others]).to.deep.equal([0n, ether(50)]);
    });

    it("may take nothing where faulted members hold more than its cap: each counts, on whatever page it was read", async () => {
      const world = await load();
      const { allocator } = world;
      await setGroup(world, { absoluteCap: ether(40) });
      await failTwo(world);

      const { cap, faulted, position, members } = await allocator.groupSnapshot(1);
      expect([cap, faulted, position, members]).to.deep.equal([0n, ether(50), 0n, 2n]);
      expect((await allocator.snapshotOf(1)).fixedCap).to.equal(0n);
    });
  });

  describe("a faulted operator", () => {
    it("has no rooms, though it may hold nothing", async () => {
      const world = await load();
      await failTwo(world);
      const [rooms] = await world.allocator.roomsOf(1, 1);
      expect([rooms!.target, rooms!.up, ...rooms!.down]).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    });
  });

  describe("a round of several pages", () => {
    it("knows on the last one who was slowest on the first", async () => {
      const world = await load();
      const { allocator, registry } = world;
      const notice = registry.connect(await asNotice(world));
      for (const id of [3, 4]) await notice.delist(id);
      for (let epoch = 0; epoch < 3; epoch += 1) {
        await nextRound(world);
        await move(world, [down(3, EVERYTHING), down(4, EVERYTHING)]);
      }
      for (const id of [3, 4]) await registry.remove(id);
      const longest = await registry.longestUnbonding();
      expect(longest).to.be.above(0n);

      await nextEpoch(world);
      await allocator.settle(2, PAGE);
      await expect(allocator.settle(100, PAGE)).not.to.emit(registry, "LongestUnbondingChanged");
      expect(await registry.longestUnbonding()).to.equal(longest);
    });
  });

  describe("what optimisation used", () => {
    it("counts in its round and in the two after it, which one unbonding time can span", async () => {
      const world = await load();
      const { allocator, registry } = world;
      await registry.connect(await asNotice(world)).setWeightBounds(1, 50, 50);
      await nextRound(world);
      expect(await certifyFair(world)).to.equal(true);
      expect(await move(world, [down(1, ether(3))])).to.deep.equal([ether(3)]);

      const used = [];
      for (let round = 0; round < 4; round += 1) {
        used.push((await allocator.budgetsUsed()).class2);
        await nextRound(world);
      }
      expect(used).to.deep.equal([ether(3), ether(3), ether(3), 0n]);
    });
  });

  describe("a ramp", () => {
    it("grows by a half and is halved, rounded down each time", async () => {
      const world = await networkHelpers.loadFixture(deployOdd);
      const { allocator, newcomer } = world;
      const ramps = [await allocator.rampOf(newcomer.id)];
      expect(ramps[0]).to.equal(((await allocator.poolSnapshot()).total * 5n) / BPS);
      for (let epoch = 0; epoch < 5; epoch += 1) {
        await move(world, [up(newcomer.id, EVERYTHING)]);
        await nextRound(world);
        ramps.push(await allocator.rampOf(newcomer.id));
      }
      // The first of these rounds finds no stake at the end of the one before.
      const first = ramps[0]!;
      const grown = [first, first];
      while (grown.length < ramps.length) grown.push((grown.at(-1)! * 3n) / 2n);
      expect(ramps).to.deep.equal(grown);
      expect(ramps.every((ramp) => ramp % 2n === 1n)).to.equal(true);

      await newcomer.pool.setMode(Mode.reverts);
      await nextRound(world);
      expect(await allocator.rampOf(newcomer.id)).to.equal(ramps.at(-1)! / 2n);
    });
  });
});
