import { expect } from "chai";

import type { LogEntry } from "../../src/keeper/log.ts";
import { runOnce } from "../../src/keeper/runOnce.ts";
import { settleJob } from "../../src/keeper/settle.ts";
import { deployWorld, Mode, networkHelpers } from "../fixtures/allocator.ts";
import {
  contractsOf,
  distanceOf,
  ether,
  ethers,
  loadBalanced,
  loadKeeper,
  OPERATORS,
  refusalOf,
  stateOf,
} from "../fixtures/keeper.ts";
import { nextEpoch, now, waitFor } from "../fixtures/time.ts";

describe("keeper", () => {
  describe("runOnce", () => {
    it("refuses to work on another chain than the expected one", async () => {
      const fixture = await loadKeeper();

      expect(await refusalOf(runOnce(contractsOf(fixture, fixture.keeper), { chainId: 1n }))).to.equal(
        "The node is on chain 31337, the deployment on chain 1.",
      );
    });

    it("refuses contracts that do not belong together", async () => {
      const fixture = await loadKeeper();
      const strangers = contractsOf(fixture, fixture.keeper);
      const allocator = fixture.allocator.attach(await fixture.registry.getAddress()) as typeof fixture.allocator;

      expect(await refusalOf(runOnce({ ...strangers, allocator }))).to.include("do not belong to the allocator");
    });

    it("brings every operator to its target", async () => {
      const fixture = await loadKeeper();

      const report = await runOnce(contractsOf(fixture, fixture.keeper));

      expect(report.complete).to.equal(true);
      expect(report.settle).to.include({ outcome: "done", round: 1n });
      expect(report.certify).to.include({ outcome: "done", round: 1n });
      expect(report.rebalance.outcome).to.equal("done");
      expect(report.rebalance.moved.up).to.be.greaterThan(ether(990));
      expect(report.fundExits.outcome).to.equal("nothing");
      expect(await distanceOf(fixture)).to.equal(0n);
      expect((await fixture.metaPool.getBook()).delegated).to.equal(report.rebalance.moved.up);
    });

    it("fills groups no further than their caps", async () => {
      const fixture = await loadKeeper();

      await runOnce(contractsOf(fixture, fixture.keeper));

      for (let group = 0; group <= 5; group += 1) {
        const { cap, position } = await fixture.allocator.groupSnapshot(group);
        expect(position, `group ${group}`).to.be.at.most(cap);
      }
      const first = await fixture.allocator.groupSnapshot(1);
      expect(first.position).to.be.greaterThan(first.cap - 8n);
    });

    it("has nothing to do the second time", async () => {
      const fixture = await loadKeeper();
      const contracts = contractsOf(fixture, fixture.keeper);
      await runOnce(contracts);
      const before = await stateOf(fixture);

      const report = await runOnce(contracts);

      expect(report).to.include({ transactions: 0, gasUsed: 0n, complete: true });
      expect([report.settle, report.certify, report.rebalance, report.fundExits].map(({ outcome }) => outcome)).to.eql(
        Array.from({ length: 4 }, () => "nothing"),
      );
      expect(await stateOf(fixture)).to.eql(before);
    });

    it("works through pages of any size to the same end", async () => {
      const fixture = await loadKeeper();

      const report = await runOnce(contractsOf(fixture, fixture.keeper), {
        pageSize: 5,
        certifyPageSize: 5,
        legsPerTx: 3,
      });

      expect(report.complete).to.equal(true);
      expect(report.settle.pages).to.equal(3);
      expect(report.certify.transactions).to.equal(3);
      expect(report.rebalance.transactions).to.equal(4);
      expect(await distanceOf(fixture)).to.equal(0n);
    });

    it("keeps every transaction below eight million gas", async () => {
      const fixture = await loadKeeper();
      const first = await fixture.metaPool.runner!.provider!.getBlockNumber();

      await runOnce(contractsOf(fixture, fixture.keeper));

      const provider = fixture.metaPool.runner!.provider!;
      for (let block = first + 1; block <= (await provider.getBlockNumber()); block += 1) {
        expect((await provider.getBlock(block))!.gasUsed).to.be.lessThan(8_000_000n);
      }
    });

    it("says what it did, one line per action", async () => {
      const fixture = await loadKeeper();
      const lines: LogEntry[] = [];

      const report = await runOnce(contractsOf(fixture, fixture.keeper), { log: (entry) => lines.push(entry) });

      expect(lines.length).to.equal(report.transactions);
      expect(lines.map(({ job, message }) => `${job}: ${message}`)).to.eql([
        "settle: completed the round",
        "certify: checked a page",
        "rebalance: moved stake",
      ]);
    });

    it("sends nothing in a dry run, and says what it would do", async () => {
      const fixture = await loadKeeper();
      const before = await stateOf(fixture);
      const nonce = await fixture.keeper.getNonce();
      const lines: string[] = [];

      const report = await runOnce(contractsOf(fixture, fixture.keeper), {
        dryRun: true,
        log: ({ message }) => lines.push(message),
      });

      expect(report).to.include({ dryRun: true, transactions: 0, complete: false });
      expect(report.settle.outcome).to.equal("skipped");
      expect(lines).to.include("would read operators");
      expect(await fixture.keeper.getNonce()).to.equal(nonce);
      expect(await stateOf(fixture)).to.eql(before);
    });

    it("looks without a signer as in a dry run", async () => {
      const fixture = await loadBalanced();
      const lines: string[] = [];
      await fixture.metaPool.connect(fixture.staker).unstake(ether(100));
      await settleJob(contractsOf(fixture, fixture.keeper));

      const report = await runOnce(contractsOf(fixture, null), { log: ({ message }) => lines.push(message) });

      expect(report).to.include({ dryRun: true, transactions: 0 });
      expect(lines).to.include("would unstake");
    });

    it("fetches what exits need and pays them once it has come home", async () => {
      const fixture = await loadBalanced();
      const { metaPool, staker, keeper } = fixture;
      const contracts = contractsOf(fixture, keeper);
      await metaPool.connect(staker).unstake(ether(300));

      const first = await runOnce(contracts);
      const { class0, class1, class2 } = first.rebalance.moved;
      expect(class0 + class1 + class2).to.be.greaterThan(ether(290));

      for (let round = 0; round < 6 && (await metaPool.withdrawable(staker)) < ether(300); round += 1) {
        await nextEpoch(fixture);
        await runOnce(contracts);
      }
      expect(await metaPool.withdrawable(staker)).to.equal(ether(300));
      await expect(metaPool.connect(staker).withdraw_all()).to.changeEtherBalance(ethers, staker, ether(300));
    });

    it("places rewards and new stakes in the rounds that follow", async () => {
      const fixture = await loadBalanced();
      const { metaPool, network, foundation, registry, other, keeper } = fixture;
      const pools = [];
      for (let id = 1; id <= OPERATORS; id += 1) pools.push((await registry.operator(id)).pool);
      await network.connect(foundation).reward(
        pools,
        pools.map(() => ether("0.1")),
        { value: ether("0.1") * BigInt(OPERATORS) },
      );
      await metaPool.connect(other).deposit_and_stake({ value: ether(500) });

      const report = await runOnce(contractsOf(fixture, keeper));

      expect(report.complete).to.equal(true);
      expect((await metaPool.getBook()).delegated).to.be.greaterThan(ether(1_480));
    });

    it("leaves an operator alone whose pool takes nothing, and does the rest", async () => {
      const fixture = await loadKeeper();
      const pool = await ethers.getContractAt("StakingPool", (await fixture.registry.operator(3)).pool);
      const owner = await ethers.getSigner(await pool.get_owner_id());
      await pool.connect(owner).pauseStaking();

      const report = await runOnce(contractsOf(fixture, fixture.keeper));

      expect(report.rebalance).to.include({ outcome: "incomplete", reason: "the pools of operators 3 failed" });
      expect((await fixture.allocator.positionOf(3)).position).to.equal(0n);
      expect(await distanceOf(fixture)).to.equal(await fixture.allocator.targetOf(3));
    });

    it("goes around pools that refuse to unstake, though nothing has faulted them", async () => {
      const world = await networkHelpers.loadFixture(deployNine);
      const { metaPool, allocator, hostile, alice, keeper } = world;
      const contracts = contractsOf(world, keeper);
      for (const pool of hostile.slice(0, 3)) await pool.setMode(Mode.revertsOnUnstake);
      await metaPool.connect(alice).unstake(ether(30));
      const batch = await metaPool.fillingBatch();
      const before = await metaPool.getBook();
      await nextEpoch(world);

      const { rebalance } = await runOnce(contracts);

      expect(rebalance).to.include({ outcome: "incomplete", reason: "the pools of operators 1, 2, 3 failed" });
      const { class0, class1, class2 } = rebalance.moved;
      expect(class0 + class1 + class2).to.be.at.least(ether(30) - before.buffer);
      for (const id of [1, 2, 3]) {
        expect((await allocator.positionOf(id)).faulted).to.equal(false);
        expect((await allocator.recordOf(id)).refusedBps, `operator ${id} was asked once`).to.be.greaterThan(0n);
      }
      const { rebalance: again } = await runOnce(contracts);
      expect(again.transactions, "and is not asked again before the next reading").to.equal(0);
      await nextEpoch(world);
      await runOnce(contracts);
      for (const id of [1, 2, 3]) expect((await allocator.positionOf(id)).faulted).to.equal(true);
      expect(await metaPool.fundedThrough()).to.be.at.least(batch);
      await expect(metaPool.connect(alice).withdraw_all()).to.changeEtherBalances(
        world.ethers,
        [alice, metaPool],
        [ether(30), -ether(30)],
      );

      // Faulted, and asked again: a reading may take as much gas as it ever does.
      await nextEpoch(world);
      const { settle } = await runOnce(contracts, { pageSize: 1 });
      expect(settle).to.include({ outcome: "done", pages: 9 });
    });

    it("asks a pool that moves a wei of each leg twice, and then goes around it, though a simulation shows all of it", async () => {
      const world = await networkHelpers.loadFixture(deployNine);
      const { metaPool, allocator, hostile, alice, keeper } = world;
      for (const pool of hostile.slice(0, 3)) await pool.setStint(1n);
      await metaPool.connect(alice).unstake(ether(30));
      const batch = await metaPool.fillingBatch();
      await nextEpoch(world);

      const { rebalance } = await runOnce(contractsOf(world, keeper));

      expect(rebalance).to.include({ outcome: "incomplete", reason: "the pools of operators 1, 2, 3 failed" });
      for (const id of [1, 2, 3]) {
        expect(await hostile[id - 1]!.exitCount(), `legs of operator ${id}`).to.equal(2n);
        expect((await allocator.recordOf(id)).refusedBps).to.be.greaterThan(0n);
      }
      await nextEpoch(world);
      await runOnce(contractsOf(world, keeper));
      expect(await metaPool.fundedThrough()).to.be.at.least(batch);
      await expect(metaPool.connect(alice).withdraw_all()).to.changeEtherBalances(
        world.ethers,
        [alice, metaPool],
        [ether(30), -ether(30)],
      );
    });

    it("does not run after what the released gain adds to the buffer's target", async () => {
      const fixture = await loadBalanced();
      const { network, foundation, registry, keeper } = fixture;
      const contracts = contractsOf(fixture, keeper);
      const { pool } = await registry.operator(1);
      await network.connect(foundation).reward([pool], [ether("0.2")], { value: ether("0.2") });
      await runOnce(contracts);
      await waitFor(fixture, 600n);

      expect(await fixture.allocator.liveNeed()).to.be.greaterThan(0n);
      expect((await runOnce(contracts)).transactions).to.equal(0);
    });

    it("fetches even a small amount for an exit", async () => {
      const fixture = await loadBalanced();
      const { metaPool, staker, keeper } = fixture;
      const contracts = contractsOf(fixture, keeper);
      const { buffer } = await metaPool.getBook();
      await metaPool.connect(staker).unstake(buffer + ether("0.005"));
      await runOnce(contracts);

      for (let round = 0; round < 6; round += 1) {
        await nextEpoch(fixture);
        await runOnce(contracts);
      }

      expect(await metaPool.withdrawable(staker)).to.equal(buffer + ether("0.005"));
    });

    it("fetches what exits need in parts that are each below the smallest move, down to the targets", async () => {
      const world = await networkHelpers.loadFixture(deployWithoutBuffer);
      const { metaPool, allocator, alice, keeper } = world;
      const contracts = contractsOf(world, keeper);
      const amount = ether("0.02");
      expect(amount / 9n).to.be.lessThan((await allocator.parameters()).minMove);
      await metaPool.connect(alice).unstake(amount);
      await nextEpoch(world);

      const { rebalance } = await runOnce(contracts);

      expect(rebalance).to.include({ outcome: "done", legs: 9 });
      for (let id = 1; id <= 9; id += 1) {
        // The last leg leaves what roundings have left, a wei per operator.
        expect((await allocator.positionOf(id)).position).to.be.closeTo(await allocator.targetOf(id), 9n);
      }
      await nextEpoch(world);
      await runOnce(contracts);
      await expect(metaPool.connect(alice).withdraw_all()).to.changeEtherBalances(
        world.ethers,
        [alice, metaPool],
        [amount, -amount],
      );
    });

    it("catches up after a week without a keeper", async () => {
      const fixture = await loadBalanced();
      const { metaPool, staker, keeper } = fixture;
      await metaPool.connect(staker).unstake(ether(50));
      await waitFor(fixture, 7n * 86_400n);

      const report = await runOnce(contractsOf(fixture, keeper));

      expect(report.complete).to.equal(true);
      expect((await fixture.allocator.poolSnapshot()).round).to.equal(2n);
      expect(await fixture.allocator.nextRoundAt()).to.be.greaterThan(await now(fixture));
    });
  });
});

/** Nine pools under command, each with a part of 90 ether, and the next round due. */
function deployNine() {
  return deployPlaced(50);
}

function deployWithoutBuffer() {
  return deployPlaced(0);
}

async function deployPlaced(bufferTargetBps: number) {
  const world = await deployWorld({ hostile: 9, stake: ether("89.9"), parameters: { pool: { bufferTargetBps } } });
  await nextEpoch(world);
  await runOnce(contractsOf(world, world.keeper));
  await nextEpoch(world);
  return { ...world, ethers: world.connection.ethers };
}
