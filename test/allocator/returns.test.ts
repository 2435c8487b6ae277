/** Operators that were written down and come back, whole or in parts: what is booked, to the wei, and what becomes of the premium. */
import { expect } from "chai";

import {
  asNotice,
  DAY,
  deployWorld,
  down,
  ether,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextEpoch,
  nextRound,
  PAGE,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { logsOf } from "./logs.ts";

/** Four pools under command with 25 of 100 ether each; alice has all of it but for the seed. Round 1 is over. */
async function deploy() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await nextRound(world);
  await move(
    world,
    [1, 2, 3, 4].map((id) => up(id, ether(25))),
  );
  return world;
}

/** The first two do not answer: they have been written down in round 4. */
async function deployTwoDown() {
  const world = await deploy();
  for (const pool of world.hostile.slice(0, 2)) await pool.setMode(Mode.reverts);
  for (let round = 0; round < 2; round += 1) await nextRound(world);
  return world;
}

/** The next round, by what allocator and meta pool say, but for the others' readings and all sums. */
async function log(world: World): Promise<unknown[][]> {
  await nextEpoch(world);
  const all = await logsOf(world.allocator.settle(100, PAGE), world.allocator, world.metaPool);
  return all.filter(([name, id]) => {
    if (name === "OperatorRead") return id === 1n;
    return !["RoundBegun", "OperatorSnapshot", "GroupSnapshotTaken"].includes(name as string);
  });
}

/** What ends a round after which nothing is locked. */
function completed(round: bigint, total: bigint, healthy: bigint, gain: bigint, loss: bigint): unknown[] {
  return ["RoundCompleted", round, [total, 0n, 0n, 0n, healthy, round, false], gain, loss];
}

const PRICE = 10n ** 27n;

/** Of 100 ether 25, 20 and less than a millionth have been given up: the third does not count. */
async function deployUneven() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  const { hostile } = world;
  await nextRound(world);
  await move(world, [up(1, ether(25)), up(2, ether(20)), up(3, ether("0.02")), up(4, ether(20))]);
  await hostile[2]!.lose(ether("0.01995"));
  await nextRound(world);
  for (const pool of hostile.slice(0, 3)) await pool.setMode(Mode.reverts);
  for (let round = 0; round < 3; round += 1) await nextRound(world);
  return world;
}

describe("Allocator", () => {
  describe("operators that were written down", () => {
    it("of two, after what the page read before: each ends its own part, and the last one all of the premium", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, metaPool, hostile } = world;
      const [first, second, third, fourth] = hostile;
      for (const pool of [second!, third!]) await pool.setMode(Mode.reverts);
      for (let round = 2; round <= 3; round += 1) await nextRound(world);
      await first!.lose(ether(10));
      expect(await log(world)).to.deep.equal([
        ["OperatorRead", 1n, 4n, ether(15), 0n, 0n, 0n, ether(10)],
        ["OperatorFaulted", 2n, 4n, 3n],
        ["LossBooked", ether(10), 0n, 0n, ether(10), 0n],
        ["LossBooked", ether(25), 0n, 0n, ether(25), 0n],
        ["PremiumChanged", 0n, ether(25)],
        ["OperatorWrittenDown", 2n, 4n, ether(25)],
        ["OperatorFaulted", 3n, 4n, 3n],
        ["LossBooked", ether(25), 0n, 0n, ether(25), 0n],
        ["PremiumChanged", ether(25), ether(50)],
        ["OperatorWrittenDown", 3n, 4n, ether(25)],
        ["RoundEnded", 4n, 0n, 0n, 0n, 0n, 0n, PRICE],
        completed(4n, ether(40), ether(40), 0n, ether(60)),
      ]);

      await first!.reward({ value: ether("0.1") });
      await second!.setMode(Mode.honest);
      await fourth!.lose(ether(1));
      // All 25 are the shares' at once. The fourth's loss of one eats the gain of the round first.
      expect(await log(world)).to.deep.equal([
        ["OperatorRead", 1n, 5n, ether("15.1"), 0n, 0n, ether("0.1"), 0n],
        ["GainBooked", ether("0.1")],
        ["LossRestored", ether(25)],
        ["PremiumChanged", ether(50), ether(25)],
        ["OperatorRecovered", 2n, 5n],
        ["OperatorFaulted", 3n, 5n, 4n],
        ["LossBooked", ether(1), ether("0.1"), 0n, ether("0.9"), 0n],
        ["RoundEnded", 5n, 0n, 0n, 0n, 0n, 0n, PRICE],
        completed(5n, ether("64.1"), ether("64.1"), ether("25.1"), ether(1)),
      ]);

      await third!.setMode(Mode.honest);
      const said = await log(world);
      expect(said.filter(([name]) => name !== "RoundEnded")).to.deep.equal([
        ["OperatorRead", 1n, 6n, ether("15.1"), 0n, 0n, 0n, 0n],
        ["LossRestored", ether(25)],
        ["PremiumChanged", ether(25), 0n],
        ["OperatorRecovered", 3n, 6n],
        completed(6n, ether("89.1"), ether("89.1"), ether(25), 0n),
      ]);
      for (const id of [2, 3]) {
        const { premiumUnits, lost } = await allocator.recordOf(id);
        expect([premiumUnits, lost]).to.deep.equal([0n, 0n]);
      }
      expect((await metaPool.getBook()).premium).to.equal(0n);
    });

    it("are not back while they owe what was due, even who pays most of it: that ends a part of the premium, and the rest is still lost", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, metaPool, hostile, registry } = world;
      const first = hostile[0]!;
      await first.setMode(Mode.neverPays);
      await registry.connect(await asNotice(world)).lowerAbsoluteCap(1, ether(19));
      expect(await move(world, [down(1, ether(6))])).to.deep.equal([ether(6)]);
      for (let round = 2; round <= 6; round += 1) await nextRound(world);
      const { dueAt } = await allocator.recordOf(1);
      expect(await log(world)).to.deep.equal([
        ["OperatorFaulted", 1n, 7n, 3n],
        ["LossBooked", ether(25), 0n, 0n, ether(25), 0n],
        ["PremiumChanged", 0n, ether(25)],
        ["OperatorWrittenDown", 1n, 7n, ether(25)],
        ["OperatorRead", 1n, 7n, 0n, 0n, 0n, 0n, 0n],
        ["RoundEnded", 7n, 0n, 0n, 0n, 0n, 0n, PRICE],
        completed(7n, ether(75), ether(75), 0n, ether(25)),
      ]);
      const { readAt } = await allocator.positionOf(1);

      await first.setMode(Mode.honest);
      for (const [trickle, faults, total, due] of [
        [ether(1), 4n, ether(76), ether(5)],
        [ether(4), 5n, ether(80), ether(1)],
      ] as const) {
        await first.setTrickle(trickle);
        const round = faults + 4n;
        const said = await log(world);
        const left = ether(100) - total;
        expect(said).to.deep.equal([
          ["LossRestored", trickle],
          ["PremiumChanged", left + trickle, left],
          ["OperatorFaulted", 1n, round, faults],
          ["OperatorRead", 1n, round, 0n, 0n, trickle, trickle, 0n],
          ["Returned", trickle],
          ["RoundEnded", round, 0n, 0n, 0n, 0n, 0n, PRICE],
          completed(round, total, ether(75), trickle, 0n),
        ]);
        expect([...(await allocator.positionOf(1))]).to.deep.equal([0n, 0n, readAt, faults, true, true]);
        const record = await allocator.recordOf(1);
        expect([record.dueAmount, record.dueAt]).to.deep.equal([due, dueAt]);
        expect([record.premiumUnits, record.lost]).to.deep.equal([left, left]);
      }

      await first.setTrickle(0n);
      const said = await log(world);
      expect(said.filter(([name]) => name !== "RoundEnded")).to.deep.equal([
        ["LossRestored", ether(20)],
        ["PremiumChanged", ether(20), 0n],
        ["OperatorRecovered", 1n, 10n],
        ["OperatorRead", 1n, 10n, ether(19), 0n, ether(1), ether(20), 0n],
        ["Returned", ether(1)],
        completed(10n, ether(100), ether(94), ether(20), 0n),
      ]);
      const { buffer, delegated, premium } = await metaPool.getBook();
      expect([buffer, delegated, premium]).to.deep.equal([ether(6), ether(94), 0n]);
    });

    it("and pay a part of what was due give it to the shares at once, after what the page has gained before", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const [first, second] = world.hostile;
      await second!.setMode(Mode.neverPays);
      await world.registry.connect(await asNotice(world)).lowerAbsoluteCap(2, ether(19));
      expect(await move(world, [down(2, ether(6))])).to.deep.equal([ether(6)]);
      for (let round = 2; round <= 7; round += 1) await nextRound(world);
      expect((await world.allocator.positionOf(2)).writtenDown).to.equal(true);

      await second!.setMode(Mode.honest);
      await second!.setTrickle(ether(1));
      await first!.reward({ value: ether("0.1") });
      const said = await log(world);
      expect(
        said.filter(([name]) => ["GainBooked", "LossRestored", "Returned"].includes(name as string)),
      ).to.deep.equal([
        ["GainBooked", ether("0.1")],
        ["LossRestored", ether(1)],
        ["Returned", ether(1)],
      ]);
    });

    it("and come back after 90 days give their stake as a gain, no more than was lost: nobody pays for them any more", async () => {
      const world = await networkHelpers.loadFixture(deployTwoDown);
      const { allocator, metaPool, hostile } = world;
      await nextRound(world);
      await networkHelpers.time.increase(90n * DAY);
      expect(await log(world)).to.deep.equal([
        ["OperatorFaulted", 1n, 5n, 4n],
        ["PremiumChanged", ether(50), ether(25)],
        ["OperatorFaulted", 2n, 5n, 4n],
        ["PremiumChanged", ether(25), 0n],
        ["RoundEnded", 5n, 0n, 0n, 0n, 0n, 0n, PRICE],
        completed(5n, ether(50), ether(50), 0n, 0n),
      ]);
      const { premiumUnits, lost } = await allocator.recordOf(1);
      expect([premiumUnits, lost]).to.deep.equal([0n, ether(25)]);

      await hostile[0]!.setMode(Mode.honest);
      await hostile[0]!.reward({ value: ether(30) });
      const said = await log(world);
      const week = BigInt(await networkHelpers.time.latest()) + 7n * DAY;
      expect(said).to.deep.equal([
        ["LossRestored", 0n],
        ["GainBooked", ether(25)],
        ["OperatorRecovered", 1n, 6n],
        ["OperatorRead", 1n, 6n, ether(25), 0n, 0n, ether(25), 0n],
        ["OperatorFaulted", 2n, 6n, 5n],
        ["RoundEnded", 6n, ether(25), 0n, 0n, ether(25), week, PRICE],
        completed(6n, ether(75), ether(75), ether(25), 0n),
      ]);
      expect((await metaPool.getBook()).premium).to.equal(0n);
    });

    it("with less than a millionth of the pool have no part of the premium, and keep nobody else's", async () => {
      const world = await networkHelpers.loadFixture(deploySmall);
      const { allocator, metaPool, hostile } = world;
      expect((await log(world)).slice(0, 6)).to.deep.equal([
        ["OperatorFaulted", 1n, 5n, 3n],
        ["LossBooked", ether(20), 0n, 0n, ether(20), 0n],
        ["PremiumChanged", 0n, ether(20)],
        ["OperatorWrittenDown", 1n, 5n, ether(20)],
        ["OperatorFaulted", 2n, 5n, 3n],
        ["LossBooked", ether("0.00005"), 0n, 0n, ether("0.00005"), 0n],
      ]);
      const small = await allocator.recordOf(2);
      expect([small.lost, small.premiumUnits]).to.deep.equal([ether("0.00005"), 0n]);
      expect((await metaPool.getBook()).premium).to.equal(ether(20));
      await expect(allocator.connect(await asNotice(world)).clearWriteDown(2))
        .to.be.revertedWithCustomError(allocator, "NotWrittenDown")
        .withArgs(2n);

      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      expect((await metaPool.getBook()).premium).to.equal(0n);
      expect((await allocator.positionOf(2)).writtenDown).to.equal(true);
    });

    it("90 days ago without a part of the premium take none of it from who was written down since", async () => {
      const world = await networkHelpers.loadFixture(deployTinyDown);
      const { allocator, metaPool, hostile } = world;
      await networkHelpers.time.increase(80n * DAY);
      await hostile[0]!.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      const { premiumUnits, writtenDownAt } = await allocator.recordOf(1);
      expect(premiumUnits).to.equal(ether(20));
      expect((await metaPool.getBook()).premium).to.equal(ether(20));

      await networkHelpers.time.increase(20n * DAY);
      await nextRound(world);
      const old = await allocator.recordOf(2);
      const time = BigInt(await networkHelpers.time.latest());
      expect([time > old.writtenDownAt + 90n * DAY, time > writtenDownAt + 90n * DAY]).to.deep.equal([true, false]);
      expect((await metaPool.getBook()).premium).to.equal(ether(20));
    });

    it("keep the rest of the premium when governance clears one of two", async () => {
      const world = await networkHelpers.loadFixture(deployTwoDown);
      const { allocator, metaPool } = world;
      await nextRound(world);
      const notice = await asNotice(world);
      const clear = (id: number) => logsOf(allocator.connect(notice).clearWriteDown(id), allocator, metaPool);
      expect(await clear(2)).to.deep.equal([["PremiumChanged", ether(50), ether(25)]]);
      expect(await clear(1)).to.deep.equal([["PremiumChanged", ether(25), 0n]]);
      expect((await allocator.recordOf(1)).lost).to.equal(ether(25));
    });
  });

  describe("the premium on stakes", () => {
    it("is the sum of what all took, and nothing as soon as nobody has a part, whatever was rounded", async () => {
      const world = await networkHelpers.loadFixture(deployUneven);
      const { allocator, metaPool, hostile } = world;
      const premium = async () => (await metaPool.getBook()).premium;
      const units = [1, 2, 3].map(async (id) => (await allocator.recordOf(id)).premiumUnits);
      expect(await Promise.all(units)).to.deep.equal([ether(25), ether(20), 0n]);
      expect(await premium()).to.equal(ether(45));
      await metaPool.connect(world.alice).unstakeShares(7n, 0n); // 3.15 wei of it: three
      expect(await premium()).to.equal(ether(45) - 3n);

      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      expect(await premium()).to.equal(ether(20) - 1n); // 25 of 45 units are 25 ether less 1.67 wei: two
      await hostile[1]!.setMode(Mode.honest);
      await nextRound(world);
      expect(await premium()).to.equal(0n);
      expect((await allocator.positionOf(3)).writtenDown).to.equal(true);
    });

    it("is nothing when governance has cleared the last part, too", async () => {
      const world = await networkHelpers.loadFixture(deployUneven);
      const { metaPool } = world;
      const allocator = world.allocator.connect(await asNotice(world));
      await allocator.clearWriteDown(1);
      expect((await metaPool.getBook()).premium).to.equal(ether(20));
      await expect(allocator.clearWriteDown(2)).to.emit(metaPool, "PremiumChanged").withArgs(ether(20), 0n);
      await expect(allocator.clearWriteDown(2)).to.be.revertedWithCustomError(allocator, "NotWrittenDown").withArgs(2n);
    });
  });
});

/** The second, with less than a millionth, has been written down; the first holds 20 ether. */
async function deployTinyDown() {
  const world = await deployWorld({ hostile: 2, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await nextRound(world);
  await move(world, [up(1, ether(20)), up(2, ether("0.02"))]);
  await world.hostile[1]!.lose(ether("0.01995"));
  await nextRound(world);
  await world.hostile[1]!.setMode(Mode.reverts);
  for (let round = 0; round < 3; round += 1) await nextRound(world);
  expect((await world.allocator.positionOf(2)).writtenDown).to.equal(true);
  return world;
}

async function deploySmall() {
  const world = await deployWorld({ hostile: 3, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  const { hostile } = world;
  await nextRound(world);
  await move(world, [up(1, ether(20)), up(2, ether("0.02")), up(3, ether(20))]);
  await hostile[1]!.lose(ether("0.01995"));
  await nextRound(world);
  for (const pool of hostile.slice(0, 2)) await pool.setMode(Mode.reverts);
  for (let round = 0; round < 2; round += 1) await nextRound(world);
  return world;
}
