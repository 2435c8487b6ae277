/** The acceptance vectors of the study on allocation, on chain and to the wei: the checks alone, then whole pools. */
import { expect } from "chai";

import { checkSheet } from "../../src/allocation/certificate.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import type { Problem } from "../../src/allocation/problem.ts";
import type { Sheet } from "../../src/allocation/types.ts";
import { coins, golden, GOLDEN, GOLDEN_SHEET, level } from "../allocation/instances.ts";
import {
  all,
  asNotice,
  certifyFair,
  delegate,
  deployWorld,
  down,
  ether,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  NO_SHARE,
  PAGE,
  positionsOf,
  rebalanceAll,
  sum,
  up,
  type World,
  type WorldOptions,
} from "../fixtures/allocator.ts";
import { type Answer, deployLevels, pose, send } from "../fixtures/levels.ts";
import { listNewcomer } from "../fixtures/newcomers.ts";

/** What the pool itself stakes at deployment. */
const SEED = ether("0.1");

async function expectCertified(problem: Problem, sheet: Sheet, targets: readonly number[]): Promise<void> {
  const harness = await networkHelpers.loadFixture(deployLevels);
  await pose(harness, problem);
  expect(fairAllocation(problem).sheet).to.deep.equal(sheet);
  expect(await send(harness, sheet)).to.deep.equal({ name: "LevelsCertified" });
  expect(await harness.targets()).to.deep.equal(targets.map(coins));
}

async function expectRejected(problem: Problem, sheet: Sheet, group: number, held: number, cap: number) {
  const harness = await networkHelpers.loadFixture(deployLevels);
  await pose(harness, problem);
  const answer: Answer = { name: "LevelsRejected", group: BigInt(group), sum: coins(held), cap: coins(cap) };
  expect(await send(harness, sheet)).to.deep.equal(answer);
  expect(checkSheet(problem, sheet).accepted).to.equal(false);
  expect(await harness.isCertified()).to.equal(false);
}

describe("Allocator", () => {
  describe("vectors of the level checks", () => {
    const { g1, h1 } = GOLDEN;

    it("G1: own caps, two groups and the pool bind", async () => {
      await expectCertified(golden(1_000), GOLDEN_SHEET, [240, 180, 220, 40, 110, 210]);
    });

    it("G2: ten stay idle, and the pool has no level", async () => {
      await expectCertified(golden(1_100), [level(g1, 60), level(h1, 110)], [240, 180, 220, 40, 110, 300]);
    });

    it("G3: with less to place the last operator stops first", async () => {
      const sheet = fairAllocation(golden(900)).sheet;
      await expectCertified(golden(900), sheet, [240, 180, 220, 40, 110, 110]);
    });

    const wrong: [string, Sheet, group: number, held: number, cap: number][] = [
      ["a pool level one too low", [level(0, 209), level(g1, 60), level(h1, 110)], 0, 999, 1_000],
      ["a pool level ten too high", [level(0, 220), level(g1, 60), level(h1, 110)], 0, 1_010, 1_000],
      ["a full group's level ten too high", [level(0, 210), level(g1, 60), level(h1, 120)], h1, 600, 570],
      ["a full group's level ten too low", [level(0, 210), level(g1, 50), level(h1, 110)], 0, 930, 1_000],
      ["a full group unbounded", [level(0, 210), level(h1, 110)], g1, 600, 420],
      ["the pool unbounded", [level(g1, 60), level(h1, 110)], 0, 1_090, 1_000],
    ];
    for (const [what, sheet, group, held, cap] of wrong) {
      it(`G5: refuses ${what}`, async () => {
        await expectRejected(golden(1_000), sheet, group, held, cap);
      });
    }

    it("G8: of a stranded triple everyone gets a quarter, and a quarter stays idle", async () => {
      const operators = [
        [1, 3],
        [1, 4],
        [2, 4],
      ].map((groups) => ({ weight: 1n, cap: coins(100), groups }));
      const groups = [50, null, null, 50].map((cap, index) => ({
        id: index + 1,
        cap: cap === null ? null : coins(cap),
      }));
      const triple = { total: coins(100), operators, groups };

      await expectCertified(triple, [level(1, 25), level(4, 25)], [25, 25, 25]);
      // The fullest allocation, 50, 0, 50, is refused: B at nothing leaves group 4 to C, which its level does not bound.
      await expectRejected(triple, [level(1, 50)], 1, 100, 50);
      await expectRejected(triple, [level(4, 50)], 1, 100, 50);
      await expectRejected(triple, [level(1, 50), level(4, 0)], 4, 0, 50);
    });
  });

  describe("vectors of whole pools", () => {
    it("G4: any order of legs ends at the targets, having moved exactly 270 down and 270 up", async () => {
      const targets = [240, 180, 220, 40, 110, 210].map(coins);
      for (const order of [
        [1, 2, 3, 4, 5, 6],
        [6, 5, 4, 3, 2, 1],
        [3, 1, 5, 2, 6, 4],
      ]) {
        const world = await networkHelpers.loadFixture(deployG4);
        const { allocator } = world;
        const everything = (leg: typeof up) => order.map((id) => leg(id, coins(10_000)));
        expect(await positionsOf(world)).to.deep.equal([350, 150, 200, 200, 60, 40].map(coins));

        await allocator.certifyLevels([...GOLDEN_SHEET], 100, PAGE);
        const rooms = (await allocator.roomsOf(1, 6)).map((room) => room.down[0]);
        // Operator 0: 50 above its cap; operator 1 is below its target, though its group is 80 above its cap.
        expect(rooms).to.deep.equal([50, 0, 0, 160, 0, 0].map(coins));
        expect(sum(await move(world, everything(down)))).to.equal(coins(270));
        expect(sum(await move(world, everything(down)))).to.equal(0n);
        expect((await allocator.budgetsUsed()).class2).to.equal(coins(60));

        await nextRound(world);
        await allocator.certifyLevels([...GOLDEN_SHEET], 100, PAGE);
        expect(sum(await move(world, everything(up)))).to.equal(coins(270));
        expect(await positionsOf(world)).to.deep.equal(targets);
        expect(sum(await move(world, [...all("up", 6), ...all("down", 6)]))).to.equal(0n);
      }
    });

    it("G4: what is left of a group's excess once an own cap is cured, 30 of 80, is class 0, too", async () => {
      const world = await networkHelpers.loadFixture(deployG4);
      const { allocator, registry } = world;
      await registry.connect(await asNotice(world)).setWeightBounds(2, 3, 3);
      expect(await move(world, [down(1, coins(50))])).to.deep.equal([coins(50)]);
      expect((await allocator.roomsOf(1, 2)).map((room) => room.down[0])).to.deep.equal([coins(30), 0n]);
      expect(await move(world, [down(1, coins(30))])).to.deep.equal([coins(30)]);
      expect((await allocator.budgetsUsed()).class0).to.equal(coins(80));
      expect((await allocator.roomsOf(1, 2)).map((room) => room.down[0])).to.deep.equal([0n, 0n]);
    });

    it("G6: the own cap is the smallest of its terms", async () => {
      const world = await networkHelpers.loadFixture(deployG6);
      const caps = [5_000, 10_000, 5_000, 2_500].map(coins);
      expect((await world.allocator.poolSnapshot()).total).to.equal(coins(1_000_000));
      expect(await world.allocator.rampOf(4)).to.equal(coins(2_500));
      expect((await world.allocator.roomsOf(1, 4)).map((room) => room.cap)).to.deep.equal(caps);
      expect(await move(world, all("up", 4))).to.deep.equal(caps);
      expect(sum(await move(world, all("up", 4)))).to.equal(0n);
    });

    it("G7: what the only operator may not take stays idle", async () => {
      const world = await networkHelpers.loadFixture(deployG7);
      const { allocator, metaPool } = world;
      await allocator.certifyLevels([], 10, PAGE);
      expect((await allocator.poolSnapshot()).certified).to.equal(true);
      expect(await move(world, [up(1, coins(1_000))])).to.deep.equal([coins(10)]);
      expect((await metaPool.getBook()).buffer).to.equal(coins(990));
    });

    it("G8: the stuck square reaches two each, two moved, no group above its cap on the way", async () => {
      const world = await networkHelpers.loadFixture(deployG8);
      const { allocator } = world;
      expect(await positionsOf(world)).to.deep.equal([3, 1, 1, 3].map(coins));
      let lowered = 0n;
      for (let round = 0; round < 12; round += 1) {
        expect(await certifyFair(world)).to.equal(true);
        lowered += sum(await move(world, all("down", 4)));
        for (const group of [1, 2, 3, 4]) {
          expect((await allocator.groupSnapshot(group)).position).to.be.at.most(coins(4));
        }
        await move(world, all("up", 4));
        await nextRound(world);
      }
      expect(await positionsOf(world)).to.deep.equal([2, 2, 2, 2].map(coins));
      expect(lowered).to.equal(coins(2));
    });

    it("G9: newcomers share evenly what arrives, as min-first does with whole validators: 86 and 85", async () => {
      const world = await networkHelpers.loadFixture(deployG9);
      const { metaPool, alice } = world;
      await metaPool.connect(alice).deposit_and_stake({ value: coins(101) });
      await nextRound(world);
      expect(await certifyFair(world)).to.equal(true);
      await rebalanceAll(world);

      const [big, first, second] = [4, 5, 6].map((count) => count - 1);
      const positions = await positionsOf(world);
      // The large ones keep, within the band, the 30 that both lack; each lacks the same part of its target.
      expect(positions.slice(0, big! + 1)).to.deep.equal(Array.from({ length: 4 }, () => coins(9_998) / 4n));
      expect(sum(positions.slice(big! + 1))).to.be.closeTo(coins(171), 1n);
      expect(positions[first!]).to.be.closeTo((coins(171) * 101n) / 201n, 1n);
      expect(positions[second!]).to.be.closeTo((coins(171) * 100n) / 201n, 1n);
      const rounded = positions.slice(first).map((position) => (position + coins(1) / 2n) / coins(1));
      expect(rounded).to.deep.equal([86n, 85n]);
    });
  });
});

/**
 * Operators that hold `positions`, reached under absolute caps of that much in a larger pool; then `caps`, `groups` and
 * `weights` hold, what is too much has left, and a round has completed.
 */
async function deployMoved(
  positions: readonly number[],
  {
    weights,
    caps,
    groups,
    groupsOf,
    parameters,
  }: Pick<WorldOptions, "parameters" | "groupsOf"> & {
    readonly weights: readonly number[];
    readonly caps: readonly number[];
    readonly groups: readonly { readonly dimension: number; readonly cap: number }[];
  },
): Promise<World> {
  const total = positions.reduce((held, position) => held + position, 0);
  const surplus = Math.ceil(total / 4);
  const world = await deployWorld({
    hostile: positions.length,
    weights: [...positions],
    absoluteCaps: positions.map(coins),
    groups: groups.map(({ dimension }) => ({ dimension })),
    groupsOf,
    stake: coins(total + surplus) - SEED,
    parameters: { allocator: LOOSE, ...parameters },
  });
  const { registry, metaPool, alice } = world;
  await delegate(world);
  const notice = registry.connect(await asNotice(world));
  for (const [index, cap] of caps.entries()) await notice.setAbsoluteCap(index + 1, coins(cap));
  for (const [index, { dimension, cap }] of groups.entries()) {
    await notice.setGroup(index + 1, {
      dimension,
      poolShareBps: NO_SHARE,
      netShareBps: NO_SHARE,
      absoluteCap: coins(cap),
    });
  }
  for (const [index, weight] of weights.entries()) await notice.setWeightBounds(index + 1, weight, weight);
  await metaPool.connect(alice).unstake(coins(surplus));
  await nextRound(world);
  await metaPool.fundExits(1);
  return world;
}

function deployG4() {
  return deployMoved([350, 150, 200, 200, 60, 40], {
    weights: [4, 3, 2, 1, 1, 1],
    caps: [300, 300, 300, 40, 300, 300],
    groups: [
      { dimension: 1, cap: 420 },
      { dimension: 1, cap: 1_000 },
      { dimension: 2, cap: 570 },
      { dimension: 2, cap: 1_000 },
    ],
    groupsOf: [
      [1, 3],
      [1, 4],
      [2, 3],
      [2, 4],
      [2, 3],
      [2, 4],
    ],
  });
}

/**
 * T = 1,000,000 and N = 30,000,000: a bond of 50, of 200, others' stake of 295,000, and a ramp of 2,500. That is 5 bp of the
 * 5,000,000 that were there when the newcomer began; a ramp does not fall with T.
 */
async function deployG6() {
  const world = await deployWorld({
    hostile: 3,
    stake: 0n,
    parameters: { policy: { poolShareBps: 100, netShareBps: 100, bondRatio: 100 }, allocator: LOOSE },
  });
  const { metaPool, network, hostile, alice, bob } = world;
  for (const user of [alice, bob]) await networkHelpers.setBalance(user.address, coins(40_000_000));
  await metaPool.connect(alice).deposit_and_stake({ value: coins(5_000_000) - SEED });
  await network.connect(bob).bond({ value: coins(30_000_000) });
  await nextRound(world);
  await listNewcomer(world);
  await nextRound(world);
  await metaPool.connect(alice).unstake(coins(4_000_000));
  await hostile[0]!.setBond(coins(50));
  await hostile[1]!.setBond(coins(200));
  await hostile[2]!.setOthers(coins(295_000));
  await nextRound(world);
  await metaPool.fundExits(1);
  return world;
}

async function deployG7() {
  const world = await deployWorld({
    hostile: 1,
    stake: coins(1_000) - SEED,
    parameters: { policy: { poolShareBps: 100 }, allocator: LOOSE },
  });
  await nextRound(world);
  return world;
}

/** A square of row and column groups, all of them full: no single move fits. */
function deployG8() {
  return deployMoved([3, 1, 1, 3], {
    weights: [1, 1, 1, 1],
    caps: [8, 8, 8, 8],
    groups: [
      { dimension: 1, cap: 4 },
      { dimension: 1, cap: 4 },
      { dimension: 2, cap: 4 },
      { dimension: 2, cap: 4 },
    ],
    groupsOf: [
      [1, 3],
      [1, 4],
      [2, 3],
      [2, 4],
    ],
    parameters: { allocator: { ...LOOSE, budget2Bps: 1_000 } },
  });
}

/** The 9,998 of the vector at four operators, because one may hold a third at most; 70 and nothing at two newcomers. */
async function deployG9() {
  const world = await deployWorld({
    hostile: 6,
    absoluteCaps: [coins(9_998) / 4n, coins(9_998) / 4n, coins(9_998) / 4n, coins(9_998) / 4n, coins(70), 0n],
    stake: 0n,
    parameters: { allocator: { ...LOOSE, bandBps: 1_000 } },
  });
  const { registry, metaPool, alice } = world;
  await networkHelpers.setBalance(alice.address, coins(20_000));
  await metaPool.connect(alice).deposit_and_stake({ value: coins(10_068) - SEED });
  await nextRound(world);
  expect(await certifyFair(world)).to.equal(true);
  await move(world, all("up", 6));
  const notice = registry.connect(await asNotice(world));
  for (const id of [1, 2, 3, 4]) await notice.setAbsoluteCap(id, coins(10_000) / 4n);
  await notice.setAbsoluteCap(5, coins(101));
  await notice.setAbsoluteCap(6, coins(100));
  return world;
}
