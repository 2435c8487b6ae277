/** Operators whose stake is given up after three faulted rounds: what that takes, how long it lasts, what comes back. */
import { expect } from "chai";

import {
  asNotice,
  DAY,
  delegate,
  deployWorld,
  down,
  ether,
  ethers,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
  PAGE,
  type World,
} from "../fixtures/allocator.ts";

const TERM = 90n * DAY;

/** Four pools under command with 25 of 100 ether each; alice has all of it but for the seed. */
async function deploy() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await delegate(world);
  return world;
}

function load() {
  return networkHelpers.loadFixture(deploy);
}

/** As `load`, with the first operator written down. */
function loadWrittenDown() {
  return networkHelpers.loadFixture(deployWrittenDown);
}

async function deployWrittenDown() {
  const world = await deploy();
  await world.hostile[0]!.setMode(Mode.reverts);
  for (let round = 0; round < 3; round += 1) await nextRound(world);
  return world;
}

/** As `loadWrittenDown`, with the first operator removed and its pool honest again. */
function loadRemoved() {
  return networkHelpers.loadFixture(deployRemoved);
}

async function deployRemoved() {
  const world = await deployWrittenDown();
  const { registry, hostile } = world;
  await registry.connect(await asNotice(world)).delist(1);
  await registry.remove(1);
  await nextRound(world);
  await hostile[0]!.setMode(Mode.honest);
  return world;
}

/** The moment at which the first operator's write-down ends by itself. */
async function endOf({ allocator }: World): Promise<bigint> {
  return (await allocator.recordOf(1n)).writtenDownAt + TERM;
}

describe("Allocator", () => {
  describe("a write-down", () => {
    it("gives up what is on its way back, too, after what was read before it is booked", async () => {
      const world = await load();
      const { allocator, metaPool, hostile, alice } = world;
      await metaPool.connect(alice).unstake(ether(5));
      await nextRound(world);
      expect(await move(world, [down(2, ether(5))])).to.deep.equal([ether(5)]);
      await hostile[1]!.setMode(Mode.reverts);
      for (let round = 0; round < 2; round += 1) await nextRound(world);
      const { position, unbonding } = await allocator.positionOf(2n);
      expect([position, unbonding]).to.deep.equal([ether(20), ether(5)]);
      const before = await metaPool.getBook();
      await hostile[0]!.lose(ether(1));
      await networkHelpers.time.increase(DAY);

      const settlement = allocator.settle(100, PAGE);
      await expect(settlement).to.emit(allocator, "OperatorWrittenDown").withArgs(2n, 5n, ether(25));
      await expect(settlement)
        .to.emit(allocator, "RoundCompleted")
        .withArgs(5n, () => true, 0n, ether(26));
      const after = await allocator.positionOf(2n);
      expect([after.position, after.unbonding, after.writtenDown]).to.deep.equal([0n, 0n, true]);
      const { lost, premiumUnits } = await allocator.recordOf(2n);
      expect(lost).to.equal(ether(25));
      expect(premiumUnits).to.equal(ether("23.75")); // shares bear 19 of 20: the exit of 5 bears its part
      expect([await allocator.committed(), await allocator.unbonding()]).to.deep.equal([ether(74), 0n]);
      const { delegated, assets, owed } = await metaPool.getBook();
      expect(delegated).to.equal(ether(74));
      expect(before.assets + before.owed - (assets + owed)).to.equal(ether(26));
    });

    it("charges stakes for 90 days, to the second, when somebody settles", async () => {
      const world = await loadWrittenDown();
      const { allocator, metaPool } = world;
      const end = await endOf(world);
      const { premium } = await metaPool.getBook();
      expect(premium).to.equal(ether(25));
      for (const [time, expected] of [
        [end - 1n, premium],
        [end, 0n],
      ] as const) {
        const snapshot = await networkHelpers.takeSnapshot();
        await networkHelpers.time.setNextBlockTimestamp(time);
        await expect(allocator.settle(100, PAGE)).to.emit(allocator, "RoundCompleted");
        expect((await metaPool.getBook()).premium).to.equal(expected);
        await snapshot.restore();
      }
    });
  });

  describe("clearWriteDown", () => {
    it("reverts when the operator has no part of the premium", async () => {
      const world = await load();
      const notice = await asNotice(world);
      await expect(world.allocator.connect(notice).clearWriteDown(1))
        .to.be.revertedWithCustomError(world.allocator, "NotWrittenDown")
        .withArgs(1n);
    });

    it("is governance's, with notice, for 90 days", async () => {
      const world = await loadWrittenDown();
      const { allocator, metaPool, eve, governance } = world;
      for (const caller of [eve, governance]) {
        await expect(allocator.connect(caller).clearWriteDown(1))
          .to.be.revertedWithCustomError(allocator, "AccessManagedUnauthorized")
          .withArgs(caller.address);
      }
      await allocator.connect(await asNotice(world)).clearWriteDown(1);
      expect((await metaPool.getBook()).premium).to.equal(0n);
      expect((await allocator.recordOf(1n)).premiumUnits).to.equal(0n);
    });

    it("is anyone's from the second on in which 90 days are over", async () => {
      const world = await loadWrittenDown();
      const { allocator, metaPool, eve } = world;
      const end = await endOf(world);
      await networkHelpers.time.setNextBlockTimestamp(end - 1n);
      await expect(allocator.connect(eve).clearWriteDown(1, PAGE))
        .to.be.revertedWithCustomError(allocator, "AccessManagedUnauthorized")
        .withArgs(eve.address);
      await networkHelpers.time.setNextBlockTimestamp(end);
      await allocator.connect(eve).clearWriteDown(1);
      expect((await metaPool.getBook()).premium).to.equal(0n);
    });
  });

  describe("reclaim", () => {
    it("refuses operators that are listed, or unknown", async () => {
      const { allocator } = await load();
      for (const id of [1n, 99n]) {
        await expect(allocator.reclaim(id)).to.be.revertedWithCustomError(allocator, "UnknownOperator").withArgs(id);
      }
    });

    it("brings back what a removed pool pays: first cash, then its stake", async () => {
      const { allocator, metaPool, hostile } = await loadRemoved();

      await allocator.reclaim(1);
      expect(await hostile[0]!.unstaked()).to.equal(ether(25));
      await networkHelpers.time.increase(DAY);
      const { buffer, premium } = await metaPool.getBook();
      expect(premium).to.equal(ether(25));
      expect(await allocator.reclaim.staticCall(1)).to.equal(ether(25));
      await allocator.reclaim(1);
      const after = await metaPool.getBook();
      expect(after.buffer - buffer).to.equal(ether(25));
      expect(after.premium).to.equal(0n);
      expect(await ethers.provider.getBalance(allocator)).to.equal(0n);
    });

    it("ends the part of the premium that is back, and keeps the rest while it is missing", async () => {
      const { allocator, hostile, metaPool } = await loadRemoved();
      const { premiumUnits } = await allocator.recordOf(1n);
      const before = await metaPool.getBook();
      expect([before.premium, before.roundGain]).to.deep.equal([premiumUnits, 0n]);
      await hostile[0]!.lose(ether(15));
      await allocator.reclaim(1);
      await networkHelpers.time.increase(DAY);

      await expect(allocator.reclaim(1)).to.changeEtherBalances(
        ethers,
        [hostile[0]!, metaPool, allocator],
        [-ether(10), ether(10), 0n],
      );
      // 10 of 25 are back.
      const left = premiumUnits - (premiumUnits * 10n) / 25n;
      const { lost, premiumUnits: kept } = await allocator.recordOf(1n);
      expect([lost, kept]).to.deep.equal([ether(15), left]);
      const { assets, buffer, premium, roundGain } = await metaPool.getBook();
      expect(premium).to.equal(left);
      expect(buffer - before.buffer).to.equal(ether(10));
      expect([assets - before.assets, roundGain]).to.deep.equal([
        premiumUnits - left,
        ether(10) - (premiumUnits - left),
      ]);
    });

    it("asks for a stake of a single wei, too", async () => {
      const { allocator, hostile, metaPool } = await loadRemoved();
      await hostile[0]!.lose(ether(25) - 1n);
      await allocator.reclaim(1);
      expect([await hostile[0]!.staked(), await hostile[0]!.unstaked()]).to.deep.equal([0n, 1n]);
      await networkHelpers.time.increase(DAY);
      await expect(allocator.reclaim(1)).to.changeEtherBalances(ethers, [hostile[0]!, metaPool], [-1n, 1n]);
    });

    it("asks a pool without a stake for none: its cash comes though it would refuse", async () => {
      const { allocator, hostile, metaPool } = await loadRemoved();
      await allocator.reclaim(1);
      await networkHelpers.time.increase(DAY);
      await hostile[0]!.setMode(Mode.revertsOnUnstake);
      expect(await hostile[0]!.staked()).to.equal(0n);
      await expect(allocator.reclaim(1)).to.changeEtherBalances(
        ethers,
        [hostile[0]!, metaPool, allocator],
        [-ether(25), ether(25), 0n],
      );
    });
  });
});
