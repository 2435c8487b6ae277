/** What an operator owes and by when, to the second; and losses that are seen between two rounds, to the wei. */
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
  PAGE,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { logsOf } from "./logs.ts";

/** HostilePool.DELAY: what the pools under command say their unbonding takes. */
const UNBONDING = 14_400n;

/**
 * Four pools under command in one group, with 20, 25, 25 and 20 of 100 ether; the first has 5 more on their way. The
 * round after next is due at `late`, two epochs after that should have arrived.
 */
async function deploy() {
  const world = await deployWorld({
    hostile: 4,
    groups: [{ dimension: 1, poolShareBps: 10_000 }],
    groupsOf: [[1], [1], [1], [1]],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await nextRound(world);
  const amounts = [25, 25, 25, 20].map(ether);
  await move(
    world,
    amounts.map((amount, index) => up(index + 1, amount)),
  );
  await world.registry.connect(await asNotice(world)).lowerAbsoluteCap(1, ether(20));
  await move(world, [down(1, ether(5))]);
  return world;
}

function load() {
  return networkHelpers.loadFixture(deploy);
}

async function settleAt({ allocator }: World, time: bigint) {
  await networkHelpers.time.setNextBlockTimestamp(time);
  return allocator.settle(100, PAGE);
}

async function dueOf({ allocator }: World): Promise<unknown[]> {
  const { dueAmount, dueAt } = await allocator.recordOf(1);
  const { faults, faulted } = await allocator.positionOf(1);
  return [dueAmount, dueAt, faults, faulted];
}

describe("Allocator", () => {
  describe("what is due", () => {
    it("is so from the first reading on and the unbonding time later; a fault is what is missing a second after two epochs", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.neverPays);
      expect(await dueOf(world)).to.deep.equal([ether(5), 0n, 0n, false]);
      const first = (await allocator.nextRoundAt()) + 7n;
      await settleAt(world, first);
      const dueAt = first + UNBONDING;
      expect(await dueOf(world)).to.deep.equal([ether(5), dueAt, 0n, false]);
      const late = dueAt + 2n * DAY;

      const before = await networkHelpers.takeSnapshot();
      await expect(settleAt(world, late)).not.to.emit(allocator, "OperatorFaulted");
      expect(await dueOf(world)).to.deep.equal([ether(5), dueAt, 0n, false]);
      await before.restore();
      await expect(settleAt(world, late + 1n))
        .to.emit(allocator, "OperatorFaulted")
        .withArgs(1n, 3n, 1n);
      expect(await dueOf(world)).to.deep.equal([ether(5), dueAt, 1n, true]);
      const { committed, unbonding, faulted } = {
        committed: await allocator.committed(),
        unbonding: await allocator.unbonding(),
        faulted: (await allocator.liveTotals()).faultedStake,
      };
      expect([committed, unbonding, faulted]).to.deep.equal([ether(90), ether(5), ether(25)]);
    });

    it("begins anew, as a whole, with what was asked for while something was due", async () => {
      const world = await load();
      const { allocator, registry, hostile } = world;
      await nextRound(world); // the first 5 arrive
      expect(await dueOf(world)).to.deep.equal([0n, 0n, 0n, false]);
      await registry.connect(await asNotice(world)).lowerAbsoluteCap(1, ether(19));
      await move(world, [down(1, ether(1))]);
      await hostile[0]!.setTrickle(ether("0.4"));
      const first = await allocator.nextRoundAt();
      await settleAt(world, first);
      // Less than half of it came: it is due from the first reading on.
      expect(await dueOf(world)).to.deep.equal([ether("0.6"), first + UNBONDING, 0n, false]);
      await hostile[0]!.setMode(Mode.neverPays);
      await registry.connect(await asNotice(world)).lowerAbsoluteCap(1, ether(17));
      await move(world, [down(1, ether(2))]);
      await nextRound(world);
      expect(await dueOf(world)).to.deep.equal([ether("0.6"), first + UNBONDING, 0n, false]);
      await hostile[0]!.setMode(Mode.honest);
      await hostile[0]!.setTrickle(ether("0.6"));
      await nextRound(world);
      // The 2 count from the next reading: it is not known when they were asked for.
      expect(await dueOf(world)).to.deep.equal([ether(2), 0n, 0n, false]);
      await hostile[0]!.setMode(Mode.neverPays);
      const next = await allocator.nextRoundAt();
      await settleAt(world, next);
      expect(await dueOf(world)).to.deep.equal([ether(2), next + UNBONDING, 0n, false]);
    });

    it("is, once half of it has come, all that is on its way by then", async () => {
      const world = await load();
      const { allocator, registry, hostile } = world;
      await hostile[0]!.setTrickle(ether(2));
      await settleAt(world, await allocator.nextRoundAt()); // 2 of 5: less than half
      const { dueAt } = await allocator.recordOf(1);
      expect(await dueOf(world)).to.deep.equal([ether(3), dueAt, 0n, false]);
      await registry.connect(await asNotice(world)).lowerAbsoluteCap(1, ether(10));
      expect(await move(world, [down(1, ether(10))])).to.deep.equal([ether(10)]);

      await nextRound(world); // 2 of 3: the last one is due anew, with the 10
      expect(await dueOf(world)).to.deep.equal([ether(11), 0n, 0n, false]);
      await hostile[0]!.setTrickle(ether("0.5")); // half of what was left would have been enough before
      const first = await allocator.nextRoundAt();
      await settleAt(world, first);
      expect(await dueOf(world)).to.deep.equal([ether("10.5"), first + UNBONDING, 0n, false]);
      await nextRound(world);
      await nextRound(world);
      await nextRound(world); // two epochs after it should have been there
      expect(await dueOf(world)).to.deep.equal([ether(9), first + UNBONDING, 1n, true]);
    });

    it("gets its time at a reading that fails, too: nobody is back before it has paid because it failed each time", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setTrickle(ether(3));
      await nextRound(world); // 3 of 5: the rest has no time yet
      expect(await dueOf(world)).to.deep.equal([ether(2), 0n, 0n, false]);
      await hostile[0]!.setMode(Mode.reverts);
      const first = await allocator.nextRoundAt();
      await settleAt(world, first);
      expect(await dueOf(world)).to.deep.equal([ether(2), first + UNBONDING, 1n, true]);
      for (let round = 0; round < 2; round += 1) await nextRound(world);
      expect((await allocator.positionOf(1)).writtenDown).to.equal(true);

      await hostile[0]!.setMode(Mode.neverPays);
      await nextRound(world);
      expect((await allocator.positionOf(1)).writtenDown).to.equal(true);
      await hostile[0]!.setMode(Mode.honest);
      await hostile[0]!.setTrickle(0n);
      await nextRound(world);
      expect((await allocator.positionOf(1)).writtenDown).to.equal(false);
    });

    it("is less what was lost of it before the operator was given up: it is back when it has paid the rest", async () => {
      const world = await load();
      const { allocator, metaPool, hostile } = world;
      await hostile[0]!.loseUnstaked(ether(1));
      await allocator.settleOne(1, PAGE);
      await hostile[0]!.setMode(Mode.reverts);
      for (let round = 0; round < 4; round += 1) await nextRound(world);
      const { dueAmount, lossSince, lost } = await allocator.recordOf(1);
      expect([dueAmount, lossSince, lost]).to.deep.equal([ether(4), ether(1), ether(24)]);

      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      const { position, unbonding, writtenDown, faulted } = await allocator.positionOf(1);
      expect([position, unbonding, writtenDown, faulted]).to.deep.equal([ether(20), 0n, false, false]);
      const { premium, assets } = await metaPool.getBook();
      expect([premium, assets]).to.deep.equal([0n, ether(99)]);
    });

    it("is counted in faults up to 255, and no round stops at more", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      const { readAt } = await allocator.positionOf(1);
      await setFaults(world, 254n);
      for (let round = 6n; round < 9n; round += 1n) {
        await nextEpoch(world);
        await expect(allocator.settle(100, PAGE))
          .to.emit(allocator, "OperatorFaulted")
          .withArgs(1n, round - 1n, 255n);
        expect([...(await allocator.positionOf(1))]).to.deep.equal([0n, 0n, readAt, 255n, true, true]);
      }
    });
  });

  describe("settleOne", () => {
    it("lowers position, sums and groups by a loss, and remembers it for the next reading", async () => {
      const world = await load();
      const { allocator, metaPool, hostile } = world;
      await hostile[0]!.loseUnstaked(ether(2));
      await hostile[0]!.lose(ether(1));
      const settle = (id: number) => logsOf(allocator.settleOne(id, PAGE), allocator, metaPool);
      expect(await settle(1)).to.deep.equal([
        ["LossSeen", 1n, ether(3), ether(19), ether(3)],
        ["LossBooked", ether(3), 0n, 0n, ether(3), 0n],
      ]);
      expect(await settle(1)).to.deep.equal([]);
      await hostile[0]!.lose(ether("0.5"));
      expect(await allocator.settleOne.staticCall(1, PAGE)).to.equal(ether("0.5"));
      expect(await settle(1)).to.deep.equal([
        ["LossSeen", 1n, ether("0.5"), ether("18.5"), ether(3)],
        ["LossBooked", ether("0.5"), 0n, 0n, ether("0.5"), 0n],
      ]);

      const { base, dueAmount, hasMore, lossSince } = await allocator.recordOf(1);
      expect([base, dueAmount, hasMore, lossSince]).to.deep.equal([0n, ether(5), true, ether("3.5")]);
      const { position, unbonding } = await allocator.positionOf(1);
      expect([position, unbonding]).to.deep.equal([ether("18.5"), ether(3)]);
      expect([await allocator.committed(), await allocator.unbonding()]).to.deep.equal([ether("88.5"), ether(3)]);
      for (const group of [0, 1]) expect((await allocator.groupSnapshot(group)).position).to.equal(ether("88.5"));
      const { total, faultedStake } = await allocator.liveTotals();
      expect([total, faultedStake]).to.deep.equal([ether("96.5"), 0n]);

      // What was lost is not due any more: the rest has arrived.
      await nextRound(world);
      const after = await allocator.recordOf(1);
      expect([after.base, after.dueAmount, after.hasMore, after.lossSince]).to.deep.equal([
        ether("18.5"),
        0n,
        false,
        0n,
      ]);
    });

    it("of a faulted operator lowers what counts as faulted, and no group", async () => {
      const world = await load();
      const { allocator, metaPool, hostile } = world;
      await nextRound(world);
      await hostile[1]!.setMode(Mode.reverts);
      await nextRound(world);
      await hostile[1]!.setMode(Mode.honest);
      await hostile[1]!.lose(ether(4));
      expect(await logsOf(allocator.settleOne(2, PAGE), allocator, metaPool)).to.deep.equal([
        ["LossSeen", 2n, ether(4), ether(21), 0n],
        ["LossBooked", ether(4), 0n, 0n, ether(4), 0n],
      ]);
      const { total, faultedStake } = await allocator.liveTotals();
      expect([total, faultedStake]).to.deep.equal([ether(75), ether(21)]);
      expect(await allocator.committed()).to.equal(ether(86));
      for (const group of [0, 1]) expect((await allocator.groupSnapshot(group)).position).to.equal(ether(65));
    });

    it("in an open round lowers the sums of whom it has read, the last one too, and of nobody else", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await nextEpoch(world);
      await allocator.settle(2, PAGE);
      const group = async () => (await allocator.groupSnapshot(1)).position;
      expect(await group()).to.equal(ether(45));
      for (const [id, sum] of [
        [2, 44],
        [3, 44],
      ] as const) {
        await hostile[id - 1]!.lose(ether(1));
        await allocator.settleOne(id, PAGE);
        expect(await group()).to.equal(ether(sum));
      }
      await allocator.settle(100, PAGE);
      expect(await group()).to.equal(ether(88));
    });
  });

  describe("reclaim", () => {
    it("gives what arrives to the shares at once, and ends as large a part of the premium", async () => {
      const { allocator, metaPool, hostile } = await networkHelpers.loadFixture(deployRemoved);
      const log = () => logsOf(allocator.reclaim(2, PAGE), allocator, metaPool);
      expect(await log()).to.deep.equal([]);
      await networkHelpers.time.increase(DAY);
      const { premiumUnits } = await allocator.recordOf(2);
      expect(premiumUnits).to.equal(ether(25));
      await hostile[1]!.setTrickle(ether(10));
      expect(await log()).to.deep.equal([
        ["OperatorRead", 2n, 0n, 0n, 0n, ether(10), ether(10), 0n],
        ["LossRestored", ether(10)],
        ["PremiumChanged", ether(25), ether(15)],
        ["Returned", ether(10)],
      ]);
      const partly = await allocator.recordOf(2);
      expect([partly.lost, partly.premiumUnits]).to.deep.equal([ether(15), ether(15)]);
      await hostile[1]!.setTrickle(0n);
      // The 15 that are missing, and the 5 that it earned: these are a gain.
      expect(await log()).to.deep.equal([
        ["OperatorRead", 2n, 0n, 0n, 0n, ether(20), ether(20), 0n],
        ["LossRestored", ether(15)],
        ["GainBooked", ether(5)],
        ["PremiumChanged", ether(15), 0n],
        ["Returned", ether(20)],
      ]);
      const { buffer, delegated, assets } = await metaPool.getBook();
      expect([buffer, delegated, assets]).to.deep.equal([ether(40), ether(65), ether(100)]);
      const record = await allocator.recordOf(2);
      expect([record.lost, record.premiumUnits]).to.deep.equal([0n, 0n]);
      expect(await log()).to.deep.equal([]);
    });

    it("of who has no part of the premium any more is a gain and nothing else", async () => {
      const world = await networkHelpers.loadFixture(deployRemoved);
      const { allocator, metaPool } = world;
      await allocator.connect(await asNotice(world)).clearWriteDown(2);
      await allocator.reclaim(2, PAGE);
      await networkHelpers.time.increase(DAY);
      expect(await logsOf(allocator.reclaim(2, PAGE), allocator, metaPool)).to.deep.equal([
        ["OperatorRead", 2n, 0n, 0n, 0n, ether(30), ether(30), 0n],
        ["LossRestored", 0n],
        ["GainBooked", ether(30)],
        ["Returned", ether(30)],
      ]);
    });

    it("says in which round it was, if one is open", async () => {
      const world = await networkHelpers.loadFixture(deployRemoved);
      const { allocator } = world;
      await allocator.reclaim(2, PAGE);
      await nextEpoch(world);
      await allocator.settle(1, PAGE);
      const { round } = await allocator.openRound();
      expect(round).to.be.greaterThan(0n);
      await expect(allocator.reclaim(2, PAGE))
        .to.emit(allocator, "OperatorRead")
        .withArgs(2n, round, 0n, 0n, ether(30), ether(30), 0n);
    });

    it("is refused under the id that a pool had before it was listed anew, and says in which call a pool failed", async () => {
      const world = await networkHelpers.loadFixture(deployRemoved);
      const { allocator, registry, hostile } = world;
      const pool = await hostile[1]!.getAddress();
      for (const [mode, failed] of [
        [Mode.revertsOnPing, "ping()"],
        [Mode.revertsOnUnstake, "unstake_all()"],
      ] as const) {
        await hostile[1]!.setMode(mode);
        await expect(allocator.reclaim(2, PAGE))
          .to.be.revertedWithCustomError(allocator, "PoolFailed")
          .withArgs(pool, ethers.id(failed).slice(0, 10));
      }
      await hostile[1]!.setMode(Mode.honest);
      await registry.connect(await asNotice(world)).list({
        pool,
        factory: ethers.ZeroAddress,
        weight: 100,
        minWeight: 0,
        maxWeight: 100,
        absoluteCap: ether(100),
        groups: 0,
      });
      for (const id of [2n, 5n]) {
        await expect(allocator.reclaim(id, PAGE))
          .to.be.revertedWithCustomError(allocator, "UnknownOperator")
          .withArgs(id);
      }
    });
  });
});

/** The second operator has been written down and removed; its pool is honest again, with 5 more than was lost. */
async function deployRemoved() {
  const world = await deploy();
  const { registry, hostile } = world;
  await hostile[1]!.setMode(Mode.reverts);
  for (let round = 0; round < 3; round += 1) await nextRound(world);
  await registry.connect(await asNotice(world)).delist(2);
  await registry.remove(2);
  await nextRound(world);
  await hostile[1]!.setMode(Mode.honest);
  await hostile[1]!.reward({ value: ether(5) });
  return world;
}

/** As if the first operator had failed so often: its slot is found by what it holds. */
async function setFaults({ allocator }: World, faults: bigint): Promise<void> {
  const { position, unbonding, readAt, faults: before } = await allocator.positionOf(1);
  const packed = (count: bigint) =>
    position | (unbonding << 96n) | (readAt << 192n) | (count << 232n) | (1n << 240n) | (1n << 248n);
  const address = await allocator.getAddress();
  const namespace = BigInt(ethers.id("trellis.Allocator")) - 1n;
  const base = BigInt(ethers.keccak256(ethers.toBeHex(namespace, 32))) & ~0xffn;
  for (let offset = 0n; offset < 64n; offset += 1n) {
    const slot = ethers.solidityPackedKeccak256(["uint256", "uint256"], [1n, base + offset]);
    if (BigInt(await networkHelpers.getStorageAt(address, slot)) !== packed(before)) continue;
    await networkHelpers.setStorageAt(address, slot, packed(faults));
    return;
  }
  expect.fail("the position is nowhere in the contract's namespace");
}
