/** The allocator's calls to one pool: what is read and paid, which call failed, whose ether is let in, who calls back. */
import { expect } from "chai";

import {
  asNotice,
  delegate,
  deployWorld,
  down,
  ether,
  ethers,
  impersonated,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextEpoch,
  nextRound,
  PAGE,
  settleAll,
} from "../fixtures/allocator.ts";
import { logsOf } from "./logs.ts";

/** Two pools under command with 25 ether each, of which the first has 5 on their way back, due by now. */
async function deploy() {
  const world = await deployWorld({
    hostile: 2,
    absoluteCaps: [ether(25), ether(25)],
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  await world.registry.connect(await asNotice(world)).lowerAbsoluteCap(1, ether(20));
  await move(world, [down(1, ether(5))]);
  await nextEpoch(world);
  const self = world.allocator.connect(await impersonated(await world.allocator.getAddress()));
  return { ...world, self };
}

function load() {
  return networkHelpers.loadFixture(deploy);
}

/** Code that answers every call with `bytes` of ones. */
function answering(bytes: number): string {
  return ethers.concat(["0x7f", ethers.toBeHex(ethers.MaxUint256), "0x60005260", ethers.toBeHex(bytes), "0x6000f3"]);
}

/** One pool under command with all that it may hold. */
async function deployOne() {
  const world = await deployWorld({ hostile: 1, parameters: { allocator: LOOSE } });
  await delegate(world);
  return world;
}

/** One pool under command that was read once and holds nothing. */
async function deployRead() {
  const world = await deployWorld({ hostile: 1 });
  await nextRound(world);
  return world;
}

describe("Allocator", () => {
  describe("calls to a pool", () => {
    it("collect: ping it, take what is due, and read all that it says", async () => {
      const { self, metaPool, hostile } = await load();
      const pool = hostile[0]!;
      // What shows no bond has none: the meta pool, which nobody may list here, answers all but that.
      expect([...(await self.collect.staticCall(metaPool))]).to.deep.equal([0n, 0n, 0n, ether("100.1"), 0n]);
      await pool.setOthers(ether(7));
      await pool.setBond(ether(3));
      await pool.setTrickle(ether(4));
      expect([...(await self.collect.staticCall(pool))]).to.deep.equal([
        ether(4),
        ether(20),
        ether(1),
        ether(27),
        ether(3),
      ]);
      await expect(self.collect(pool)).to.changeEtherBalance(ethers, pool, -ether(4));
    });

    it("push stakes exactly the amount, pull takes it back, all of it if the pool has no more", async () => {
      const { self, hostile } = await load();
      const pool = hostile[1]!;
      expect([...(await self.push.staticCall(pool, ether(2)))]).to.deep.equal([ether(27), 0n]);
      await expect(self.push(pool, ether(2))).to.changeEtherBalance(ethers, pool, ether(2));
      expect([...(await self.pull.staticCall(pool, ether(5)))]).to.deep.equal([ether(22), ether(5)]);
      expect([...(await self.pull.staticCall(pool, ether(28)))]).to.deep.equal([0n, ether(27)]);
      await self.pull(pool, ether(27));
      expect([...(await self.peek(pool))]).to.deep.equal([0n, ether(27)]);
    });

    it("say which pool failed, and in which call", async () => {
      const { self, hostile } = await load();
      const pool = hostile[0]!;
      const address = await pool.getAddress();
      const selector = (name: string) => ethers.id(name).slice(0, 10);
      const calls = [
        [Mode.revertsOnPing, () => self.collect(pool), "ping()"],
        [Mode.revertsOnWithdraw, () => self.collect(pool), "withdraw(uint256)"],
        [Mode.revertsOnStake, () => self.push(pool, 1n), "deposit_and_stake()"],
        [Mode.revertsOnUnstake, () => self.pull(pool, ether(20) - 1n), "unstake(uint256)"],
        [Mode.revertsOnUnstake, () => self.pull(pool, ether(20)), "unstake_all()"],
        [Mode.reverts, () => self.pull(pool, 1n), "get_account_staked_balance(address)"],
        [Mode.reverts, () => self.peek(pool), "get_account_staked_balance(address)"],
        [Mode.reverts, () => self.peekBond(pool), "bond()"],
      ] as const;
      for (const [mode, call, failed] of calls) {
        await pool.setMode(mode);
        await expect(call(), failed)
          .to.be.revertedWithCustomError(self, "PoolFailed")
          .withArgs(address, selector(failed));
      }
      // Nobody is there: to call does not fail, to read does.
      await networkHelpers.setCode(address, "0x");
      await expect(self.collect(pool))
        .to.be.revertedWithCustomError(self, "PoolFailed")
        .withArgs(address, selector("withdrawable(address)"));
    });

    it("take an answer of a word or more, and none that is shorter", async () => {
      const { self, hostile } = await load();
      const pool = await hostile[0]!.getAddress();
      for (const bytes of [32, 64]) {
        await networkHelpers.setCode(pool, answering(bytes));
        expect(await self.peekBond(pool)).to.equal(ethers.MaxUint256);
      }
      await networkHelpers.setCode(pool, answering(31));
      await expect(self.peekBond(pool))
        .to.be.revertedWithCustomError(self, "PoolFailed")
        .withArgs(pool, ethers.id("bond()").slice(0, 10));
    });
  });

  describe("receive", () => {
    it("lets a pool pay while it is being asked to, neither before nor afterwards", async () => {
      const { allocator, hostile } = await load();
      const [first, second] = hostile;
      const address = await first!.getAddress();
      // The first pays at its ping, at its withdrawal, and once more when the second is pinged.
      await first!.setReentry(allocator, "0x");
      await second!.setReentry(first!, first!.interface.encodeFunctionData("ping"));
      const settlement = allocator.settle(100, PAGE);
      const refusal = allocator.interface.encodeErrorResult("UnexpectedEther", [address, 0n]);
      await expect(settlement).to.emit(first, "ReentryFailed").withArgs(refusal);
      expect((await first!.queryFilter(first!.filters.ReentryFailed())).length).to.equal(2);
      expect(await first!.reentered()).to.equal(1n);
      expect((await allocator.positionOf(1)).unbonding).to.equal(0n);
    });

    it("takes the meta pool's ether", async () => {
      const { allocator, metaPool } = await load();
      const sender = await impersonated(await metaPool.getAddress());
      await expect(sender.sendTransaction({ to: allocator, value: 5n })).to.changeEtherBalance(ethers, allocator, 5n);
    });
  });

  describe("initialize", () => {
    it("counts epochs from 1970, and begins no round in the one of its deployment", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployNew);
      const [initialized] = await allocator.queryFilter(allocator.filters.Initialized());
      const { timestamp } = await initialized!.getBlock();
      const length = await allocator.epochLength();
      expect(await allocator.nextRoundAt()).to.equal((BigInt(timestamp) / length + 1n) * length);
    });
  });

  describe("what a call needs", () => {
    const NEEDED = 2_469_841n;

    it("is said with what there was, and nothing happened", async () => {
      const { allocator, hostile } = await load();
      const calls = [
        () => allocator.settle(100, { gasLimit: 2_000_000n }),
        () => allocator.settleOne(1, { gasLimit: 2_000_000n }),
        () => allocator.reclaim(1, { gasLimit: 2_000_000n }),
      ];
      await hostile[0]!.lose(ether(1));
      for (const call of calls) {
        await expect(call())
          .to.be.revertedWithCustomError(allocator, "TooLittleGas")
          .withArgs((left: bigint) => left > 1_500_000n && left < 2_000_000n, NEEDED);
      }
      expect((await allocator.positionOf(1)).position).to.equal(ether(20));
    });

    it("is less while groups are summed up: a page stops in time, and one that cannot begin says so", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployManyGroups);
      await allocator.settle(100, PAGE);
      const round = (await allocator.openRound()).round;
      await expect(allocator.settle(100, { gasLimit: 150_000n }))
        .to.be.revertedWithCustomError(allocator, "TooLittleGas")
        .withArgs((left: bigint) => left < 150_000n, 160_000n);

      const isDone = async (group: number) => (await allocator.groupSnapshot(group)).round === round;
      expect([await isDone(63), await isDone(64)]).to.deep.equal([true, false]);
      await allocator.settle(100, { gasLimit: 500_000n });
      expect([await isDone(64), await isDone(120)]).to.deep.equal([true, false]);
      expect((await allocator.openRound()).round).to.equal(round);
      await settleAll({ allocator });
      expect(await isDone(120)).to.equal(true);
    });
  });

  describe("a withdrawal", () => {
    it("is asked for when a single wei is due, and booked", async () => {
      const world = await networkHelpers.loadFixture(deployOne);
      const { allocator, metaPool, hostile, eve } = world;
      await eve.sendTransaction({ to: hostile[0]!, value: 1n });
      await hostile[0]!.oweMore(1n);
      const { position } = await allocator.positionOf(1);
      await nextEpoch(world);
      const said = await logsOf(allocator.settle(100, PAGE), allocator, metaPool);
      const names = ["OperatorRead", "GainBooked", "Returned"];
      expect(said.filter(([name]) => names.includes(name as string))).to.deep.equal([
        ["OperatorRead", 1n, 2n, position, 0n, 1n, 1n, 0n],
        ["GainBooked", 1n],
        ["Returned", 1n],
      ]);
    });

    it("is not asked for when nothing is due: a pool that would refuse it is in order", async () => {
      const world = await networkHelpers.loadFixture(deployOne);
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.revertsOnWithdraw);
      await nextRound(world);
      const { faulted, faults } = await allocator.positionOf(1);
      expect([faulted, faults]).to.deep.equal([false, 0n]);
    });
  });

  describe("a pool that calls back", () => {
    it("is refused while a round reads it, and while it is asked for what it still has", async () => {
      const world = await networkHelpers.loadFixture(deployRead);
      const { allocator, registry, hostile } = world;
      const pool = hostile[0]!;
      const refusal = allocator.interface.encodeErrorResult("ReentrancyGuardReentrantCall");
      await pool.setReentry(allocator, allocator.interface.encodeFunctionData("settle", [0n]));
      await nextEpoch(world);
      await expect(allocator.settle(100, PAGE)).to.emit(pool, "ReentryFailed").withArgs(refusal);

      await registry.connect(await asNotice(world)).delist(1);
      await registry.remove(1);
      await expect(allocator.reclaim(1, PAGE)).to.emit(pool, "ReentryFailed").withArgs(refusal);
      expect(await pool.reentered()).to.equal(0n);
    });
  });
});

async function deployManyGroups() {
  const groups = Array.from({ length: 120 }, () => ({ dimension: 1, poolShareBps: 5_000 }));
  const world = await deployWorld({ hostile: 1, groups });
  await nextEpoch(world);
  return world;
}

function deployNew() {
  return deployWorld();
}
