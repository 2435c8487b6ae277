import { expect } from "chai";

import { readPool } from "../../src/lens/read.ts";
import { nextRound } from "../../scripts/steps/rounds.ts";
import { certify, deployFour, deployWithLens, ether, lift, networkHelpers } from "./pools.ts";

async function deployEmpty() {
  return deployWithLens({});
}

describe("PoolLens", () => {
  describe("with nothing listed and nothing staked", () => {
    it("answers everything", async () => {
      const { lens, others } = await networkHelpers.loadFixture(deployEmpty);
      const pool = await lens.pool();
      expect(pool.operatorCount).to.equal(0n);
      expect(pool.round.open).to.equal(0n);
      expect(pool.snapshot.round).to.equal(0n);
      expect(await lens.operators(1, 10)).to.be.empty;
      expect(await lens.operators(0, 2n ** 256n - 1n)).to.be.empty;
      expect(await lens.groups(0, 10)).to.have.length(1);
      expect(await lens.groups(1, 10)).to.be.empty;
      expect(await lens.rebalanceNeeded()).to.deep.equal([false, 0n, 0n]);
      expect(await lens.levelsNeeded()).to.be.false;
      expect((await lens.account(others[0]!)).shares).to.equal(0n);
    });

    it("answers everything after a round", async () => {
      const pool = await networkHelpers.loadFixture(deployEmpty);
      await nextRound(pool);
      expect(await pool.lens.operators(1, 10)).to.be.empty;
      expect(await pool.lens.rebalanceNeeded()).to.deep.equal([false, 0n, 0n]);
      expect(await pool.lens.levelsNeeded()).to.be.true;
      await certify(pool);
      expect(await pool.lens.levelsNeeded()).to.be.false;
    });
  });

  describe("pool", () => {
    it("shows book, totals, budgets and round", async () => {
      const fixture = await networkHelpers.loadFixture(deployFour);
      const { lens, metaPool, registry } = fixture;
      await nextRound(fixture);
      const pool = await readPool(lens);

      expect(pool.book.assets).to.equal(ether(1_000));
      expect(pool.rate).to.equal(ether(1));
      expect(pool.book.bufferTarget).to.equal(ether(10));
      expect(pool.live.total).to.equal(ether(990));
      expect(pool.live.free).to.equal(ether(990));
      expect(pool.live.need).to.equal(0n);
      expect(pool.snapshot.total).to.equal(ether(990));
      expect(pool.snapshotOperators).to.equal(4n);
      expect(pool.snapshotPoolShareBps).to.equal(3_000n);
      expect(pool.budgets.class0Limit).to.equal(ether(99));
      expect(pool.budgets.class2Limit).to.equal(ether(19.8));
      expect(pool.round.open).to.equal(0n);
      expect(pool.round.nextAt).to.equal((pool.round.epoch + 1n) * pool.round.epochLength);
      expect(pool.guardianShareLeft, "no operator holds anything yet").to.equal(0n);
      expect(pool.longestUnbonding).to.equal(await registry.longestUnbonding());
      expect(pool.fillingBatch).to.equal(await metaPool.fillingBatch());
      expect(pool.operatorCount).to.equal(4n);
      expect(pool.groupCount).to.equal(3n);
    });

    it("shows what exits lack", async () => {
      const fixture = await networkHelpers.loadFixture(deployFour);
      await nextRound(fixture);
      await lift(fixture, [1n, 2n, 3n, 4n]);
      const before = await readPool(fixture.lens);
      await fixture.metaPool.connect(fixture.staker).unstake(ether(400));
      const { book, live } = await readPool(fixture.lens);
      expect(live.need).to.equal(ether(400) + book.bufferTarget - before.book.buffer);
      expect(live.free).to.equal(0n);
    });
  });

  describe("levelsNeeded", () => {
    it("is true between the end of a round and its certification", async () => {
      const fixture = await networkHelpers.loadFixture(deployFour);
      expect(await fixture.lens.levelsNeeded()).to.be.false;
      await nextRound(fixture);
      expect(await fixture.lens.levelsNeeded()).to.be.true;
      await certify(fixture);
      expect(await fixture.lens.levelsNeeded()).to.be.false;
    });

    it("is false while a round is open", async () => {
      const fixture = await networkHelpers.loadFixture(deployFour);
      await nextRound(fixture);
      await networkHelpers.time.increaseTo(await fixture.allocator.nextRoundAt());
      await fixture.allocator.settle(1n);
      expect((await fixture.lens.pool()).round.cursor).to.equal(1n);
      expect(await fixture.lens.levelsNeeded()).to.be.false;
      expect(await fixture.lens.rebalanceNeeded()).to.deep.equal([false, 0n, 0n]);
    });
  });

  describe("account", () => {
    it("shows shares, exits and previews", async () => {
      const fixture = await networkHelpers.loadFixture(deployFour);
      const { lens, metaPool, staker } = fixture;
      await nextRound(fixture);
      await lift(fixture, [1n, 2n, 3n, 4n]);
      await metaPool.connect(staker).unstake(ether(400));
      const account = await lens.account(staker);

      expect(account.shares).to.equal(await metaPool.balanceOf(staker));
      expect(account.staked).to.equal(ether(599.9));
      expect(account.unstaked).to.equal(ether(400));
      expect(account.withdrawable).to.equal(0n);
      expect(account.canWithdraw).to.be.false;
      expect(account.exits).to.have.length(1);
      expect(account.exits[0]!.open).to.equal(ether(400));
      expect([account.exits[0]!.earliest, account.exits[0]!.estimated]).to.deep.equal([
        ...(await fixture.allocator.exitTimes(account.exits[0]!.batch)),
      ]);
      expect([account.instant, account.instantFee]).to.deep.equal([...(await metaPool.previewInstant(account.shares))]);
      expect(account.sharesPerCoin).to.equal(await metaPool.previewStake(ether(1)));
    });
  });
});
