import { expect } from "chai";

import {
  all,
  AS_MANY_AS_FIT,
  deployWorld,
  ether,
  EPOCH,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  NO_LEVEL,
  PAGE,
  WAD,
  type World,
} from "../fixtures/allocator.ts";

/** Vector G1 of the study on allocation, a coin being 0.1 ether: its pool shares stay below a third. */
const COIN = ether("0.1");
const WEIGHTS = [4, 3, 2, 1, 1, 1];
const CAPS = [300n, 300n, 300n, 40n, 300n, 300n].map((cap) => cap * COIN);
/** g1 = {0, 1}, g2 = the rest; h1 = {0, 2, 4}, h2 = the rest. */
const GROUPS = [
  { dimension: 1, absoluteCap: 420n * COIN },
  { dimension: 1, absoluteCap: 1_000n * COIN },
  { dimension: 2, absoluteCap: 570n * COIN },
  { dimension: 2, absoluteCap: 1_000n * COIN },
];
const GROUPS_OF = [
  [1, 3],
  [1, 4],
  [2, 3],
  [2, 4],
  [2, 3],
  [2, 4],
];
const SEED = ether("0.1");

async function deployVector(total: bigint) {
  const world = await deployWorld({
    hostile: 6,
    weights: WEIGHTS,
    absoluteCaps: CAPS,
    groups: GROUPS,
    groupsOf: GROUPS_OF,
    stake: total * COIN - SEED,
    parameters: { allocator: LOOSE },
  });
  await nextRound(world);
  return world;
}

async function deployG1() {
  return deployVector(1_000n);
}
async function deployG2() {
  return deployVector(1_100n);
}
async function deployG3() {
  return deployVector(900n);
}

const level = (group: number, coins: bigint) => ({ group, level: coins * COIN * WAD });
const G1 = [level(0, 210n), level(1, 60n), level(3, 110n)];

async function targetsOf({ allocator }: World): Promise<bigint[]> {
  const targets: bigint[] = [];
  for (let id = 1n; id <= 6n; ++id) targets.push((await allocator.targetOf(id)) / COIN);
  return targets;
}

describe("Allocator", () => {
  describe("certifyLevels", () => {
    it("does nothing before the first round", async () => {
      const world = await networkHelpers.loadFixture(deployBare);
      expect(await world.allocator.certifyLevels.staticCall([], 10, PAGE)).to.equal(false);
    });

    it("waits while a round is open", async () => {
      const world = await networkHelpers.loadFixture(deployG1);
      await networkHelpers.time.increase(EPOCH);
      await world.allocator.settle(1, PAGE);
      expect(await world.allocator.certifyLevels.staticCall(G1, 10, PAGE)).to.equal(false);
      await world.allocator.certifyLevels(G1, 10, PAGE);
      expect((await world.allocator.poolSnapshot()).certified).to.equal(false);
    });

    it("reverts when the sheet is not strictly ascending", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployG1);
      const wrong = [
        [[level(1, 60n), level(0, 210n)], 0n],
        [[level(1, 60n), level(1, 60n)], 1n],
      ] as const;
      for (const [sheet, group] of wrong) {
        await expect(allocator.certifyLevels([...sheet], 10, PAGE))
          .to.be.revertedWithCustomError(allocator, "SheetNotAscending")
          .withArgs(group);
      }
    });

    it("reverts when a group is unknown or has no member with a cap", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployG1);
      for (const group of [5, 255]) {
        await expect(allocator.certifyLevels([level(group, 1n)], 10, PAGE))
          .to.be.revertedWithCustomError(allocator, "GroupWithoutLevel")
          .withArgs(group);
      }
    });

    it("starts from levels that put nobody above a cap", async () => {
      const world = await networkHelpers.loadFixture(deployG1);
      expect(await targetsOf(world)).to.deep.equal([240n, 180n, 162n, 40n, 81n, 83n]);
    });

    it("accepts the fair allocation whole (G1)", async () => {
      const world = await networkHelpers.loadFixture(deployG1);
      const { allocator } = world;
      expect(await allocator.certifyLevels.staticCall(G1, 100, PAGE)).to.equal(true);
      await expect(allocator.certifyLevels(G1, 100, PAGE)).to.emit(allocator, "LevelsCertified");
      expect(await targetsOf(world)).to.deep.equal([240n, 180n, 220n, 40n, 110n, 210n]);
      expect((await allocator.groupSnapshot(2)).level).to.equal(NO_LEVEL);
    });

    it("accepts the fair allocation in pages of one", async () => {
      const world = await networkHelpers.loadFixture(deployG1);
      const { allocator, eve } = world;
      for (let page = 1n; page < 6n; ++page) {
        const call = await allocator.certifyLevels(G1, 1, PAGE);
        await expect(call).to.emit(allocator, "LevelsProgress");
        // Somebody else's sheet has its own progress.
        await allocator.connect(eve).certifyLevels([level(0, page)], 1, PAGE);
      }
      await expect(allocator.certifyLevels(G1, 1, PAGE)).to.emit(allocator, "LevelsCertified");
      expect(await targetsOf(world)).to.deep.equal([240n, 180n, 220n, 40n, 110n, 210n]);
    });

    it("reports the operators that its pages have checked", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployG1);
      for (const cursor of [2n, 4n]) {
        const receipt = (await (await allocator.certifyLevels(G1, 2, PAGE)).wait())!;
        const log = allocator.interface.parseLog(receipt.logs[0]!)!;
        expect([log.name, log.args.round, log.args.cursor]).to.deep.equal(["LevelsProgress", 1n, cursor]);
      }
    });

    it("leaves the pool's level out when only caps bind (G2)", async () => {
      const world = await networkHelpers.loadFixture(deployG2);
      await world.allocator.certifyLevels([level(1, 60n), level(3, 110n)], 100, PAGE);
      expect((await world.allocator.poolSnapshot()).certified).to.equal(true);
      expect(await targetsOf(world)).to.deep.equal([240n, 180n, 220n, 40n, 110n, 300n]);
      await move(world, all("up", 6));
      expect((await world.metaPool.getBook()).buffer).to.equal(10n * COIN);
    });

    it("gives less to who is last to be filled when there is less (G3)", async () => {
      const world = await networkHelpers.loadFixture(deployG3);
      await world.allocator.certifyLevels([level(0, 110n), level(1, 60n), level(3, 110n)], 100, PAGE);
      expect(await targetsOf(world)).to.deep.equal([240n, 180n, 220n, 40n, 110n, 110n]);
    });

    const rejected = [
      ["leaves the pool a coin short", [level(0, 209n), level(1, 60n), level(3, 110n)], 0n, 999n],
      ["gives more than there is", [level(0, 220n), level(1, 60n), level(3, 110n)], 0n, 1_010n],
      ["lifts a group above its cap", [level(0, 210n), level(1, 60n), level(3, 120n)], 3n, 590n],
      ["leaves a group short", [level(0, 210n), level(1, 50n), level(3, 110n)], 0n, 930n],
      ["leaves a full group unbounded", [level(0, 210n), level(3, 110n)], 1n, 600n],
      ["leaves the pool unbounded that is full", [level(1, 60n), level(3, 110n)], 0n, 1_090n],
    ] as const;
    for (const [what, sheet, group, total] of rejected) {
      it(`rejects a sheet that ${what} (G5)`, async () => {
        const world = await networkHelpers.loadFixture(deployG1);
        const { allocator } = world;
        const receipt = (await (await allocator.certifyLevels([...sheet], 100, PAGE)).wait())!;
        const { name, args } = allocator.interface.parseLog(receipt.logs[0]!)!;
        expect(name).to.equal("LevelsRejected");
        expect([args.round, args.group]).to.deep.equal([1n, group]);
        if (what.startsWith("lifts")) expect(args.sum).to.be.greaterThan(args.cap);
        else expect(args.sum).to.equal(total * COIN);
        expect((await allocator.poolSnapshot()).certified).to.equal(false);
        expect(await targetsOf(world)).to.deep.equal([240n, 180n, 162n, 40n, 81n, 83n]);
      });
    }

    it("rejects junk at the page where it exceeds, for good", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployG1);
      const junk = [level(0, 1_000n)]; // operators 0 and 1 together exceed g1
      await expect(allocator.certifyLevels(junk, 1, PAGE)).to.emit(allocator, "LevelsProgress");
      await expect(allocator.certifyLevels(junk, 1, PAGE)).to.emit(allocator, "LevelsRejected");
      const replay = (await (await allocator.certifyLevels(junk, 100, PAGE)).wait())!;
      expect(replay.logs.length).to.equal(0);
    });

    it("keeps the first sheet that passes until the next round", async () => {
      const world = await networkHelpers.loadFixture(deployG1);
      const { allocator } = world;
      await allocator.certifyLevels(G1, 100, PAGE);
      for (const sheet of [G1, [level(0, 1n)], [{ group: 0, level: 210n * COIN * WAD + 1n }]]) {
        expect(await allocator.certifyLevels.staticCall(sheet, 100, PAGE)).to.equal(true);
        expect((await (await allocator.certifyLevels(sheet, 100, PAGE)).wait())!.logs.length).to.equal(0);
      }
      expect(await targetsOf(world)).to.deep.equal([240n, 180n, 220n, 40n, 110n, 210n]);
      await nextRound(world);
      expect((await allocator.poolSnapshot()).certified).to.equal(false);
    });

    it("does not accept progress of an earlier round", async () => {
      const world = await networkHelpers.loadFixture(deployG1);
      const { allocator } = world;
      await allocator.certifyLevels(G1, 5, PAGE);
      await nextRound(world);
      const receipt = (await (await allocator.certifyLevels(G1, 1, PAGE)).wait())!;
      const { args } = allocator.interface.parseLog(receipt.logs[0]!)!;
      expect([args.round, args.cursor]).to.deep.equal([2n, 1n]);
    });

    it("accepts the slack that rounding leaves, a wei per member, and no more", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployG1);
      const off = (wei: bigint) => [{ group: 0, level: (210n * COIN - wei) * WAD }, level(1, 60n), level(3, 110n)];
      expect(await allocator.certifyLevels.staticCall(off(6n), 100, PAGE)).to.equal(true);
      expect(await allocator.certifyLevels.staticCall(off(7n), 100, PAGE)).to.equal(false);
      const above = [{ group: 0, level: (210n * COIN + 1n) * WAD }, level(1, 60n), level(3, 110n)];
      expect(await allocator.certifyLevels.staticCall(above, 100, PAGE)).to.equal(false);
    });

    it("reverts when it is given too little gas for one operator, and keeps no progress", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployG1);
      await expect(allocator.certifyLevels(G1, 100, { gasLimit: 300_000 })).to.be.revertedWithCustomError(
        allocator,
        "TooLittleGas",
      );
      expect(await allocator.certifyLevels.staticCall(G1, AS_MANY_AS_FIT, PAGE)).to.equal(true);
    });
  });
});

function deployBare() {
  return deployWorld({ hostile: 1 });
}
