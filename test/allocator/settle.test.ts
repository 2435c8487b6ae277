import { expect } from "chai";

import {
  all,
  delegate,
  deployWorld,
  down,
  EPOCH,
  ether,
  ethers,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextEpoch,
  nextRound,
  PAGE,
  positionsOf,
  settleAll,
  up,
} from "../fixtures/allocator.ts";

function load() {
  return networkHelpers.loadFixture(deploy);
}

/** Four pools under command with 25 of 100 ether each; the next round is due. */
async function deploy() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await delegate(world);
  await nextEpoch(world);
  return world;
}

describe("Allocator", () => {
  describe("settle", () => {
    it("reverts when it is given too little gas for one operator, and faults nobody", async () => {
      const { allocator } = await load();
      for (const gasLimit of [200_000n, 1_000_000n, 2_000_000n]) {
        await expect(allocator.settle(100, { gasLimit })).to.be.revertedWithCustomError(allocator, "TooLittleGas");
      }
      expect((await allocator.openRound()).round).to.equal(0n);
    });

    it("never faults an honest operator, whatever gas it is given", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      for (const pool of hostile) await pool.setCost(850_000n); // nearly all that a pool may use
      for (let gasLimit = 2_000_000n; gasLimit < 3_400_000n; gasLimit += 100_000n) {
        await networkHelpers.time.increase(EPOCH);
        await allocator.settle(100, { gasLimit }).catch(() => undefined);
        await settleAll(world);
        for (const id of [1n, 2n, 3n, 4n]) expect((await allocator.positionOf(id)).faulted).to.equal(false);
      }
    });

    it("begins the epoch's round, once", async () => {
      const { allocator, metaPool } = await load();
      const batch = await metaPool.fillingBatch();
      const epoch = await allocator.currentEpoch();
      expect(await allocator.settle.staticCall(100, PAGE)).to.deep.equal([4n, true]);
      await expect(allocator.settle(100, PAGE)).to.emit(allocator, "RoundBegun").withArgs(batch, epoch, 0n);
      expect(await metaPool.fillingBatch()).to.equal(batch + 1n);
      expect((await allocator.poolSnapshot()).round).to.equal(batch);
    });

    it("does nothing when no round is due", async () => {
      const { allocator, metaPool } = await load();
      await allocator.settle(100, PAGE);
      const batch = await metaPool.fillingBatch();
      expect(await allocator.settle.staticCall(100, PAGE)).to.deep.equal([0n, true]);
      const receipt = (await (await allocator.settle(100, PAGE)).wait())!;
      expect(receipt.logs.length).to.equal(0);
      expect(await metaPool.fillingBatch()).to.equal(batch);
      expect(await allocator.nextRoundAt()).to.equal(((await allocator.currentEpoch()) + 1n) * EPOCH);
    });

    it("goes on where the page before ended", async () => {
      const { allocator } = await load();
      for (const [page, cursor] of [
        [1n, 1n],
        [2n, 3n],
      ] as const) {
        expect(await allocator.settle.staticCall(page, PAGE)).to.deep.equal([page, false]);
        await allocator.settle(page, PAGE);
        expect((await allocator.openRound()).cursor).to.equal(cursor);
      }
      expect(await allocator.settle.staticCall(100, PAGE)).to.deep.equal([1n, true]);
      await allocator.settle(100, PAGE);
      expect((await allocator.openRound()).round).to.equal(0n);
    });

    it("goes on with a round of an earlier epoch before it begins another one", async () => {
      const { allocator } = await load();
      await allocator.settle(1, PAGE);
      const { round } = await allocator.openRound();
      await networkHelpers.time.increase(3n * EPOCH);
      await expect(allocator.settle(100, PAGE)).to.emit(allocator, "RoundCompleted");
      expect((await allocator.poolSnapshot()).round).to.equal(round);
      await expect(allocator.settle(100, PAGE)).to.emit(allocator, "RoundBegun");
    });

    it("says in the end what was gained and lost on all of its pages", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      const round = await world.metaPool.fillingBatch();
      for (const [index, gain] of [ether("0.1"), ether("0.2")].entries())
        await hostile[2 * index]!.reward({ value: gain });
      for (const [index, loss] of [ether(2), ether(5)].entries()) await hostile[2 * index + 1]!.lose(loss);
      await allocator.settle(2, PAGE);

      await expect(allocator.settle(100, PAGE))
        .to.emit(allocator, "RoundCompleted")
        .withArgs(round, () => true, ether("0.3"), ether(7));
    });

    it("tells the registry the longest unbonding time that it has read, if that has changed", async () => {
      const { allocator, registry } = await load();
      const longest = await registry.longestUnbonding();
      const own = registry.connect(await ethers.getImpersonatedSigner(await allocator.getAddress()));
      await networkHelpers.setBalance(await allocator.getAddress(), ether(1));
      await own.setLongestUnbonding(longest + 5n); // as if somebody slower had left since

      await expect(allocator.settle(100, PAGE))
        .to.emit(registry, "LongestUnbondingChanged")
        .withArgs(longest + 5n, longest);
      await networkHelpers.time.increase(EPOCH);
      await expect(allocator.settle(100, PAGE)).not.to.emit(registry, "LongestUnbondingChanged");
    });

    it("sums up 64 groups a page, the pool's own first, and is over with the last of them", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployManyGroups);
      expect(await allocator.settle.staticCall(100, PAGE)).to.deep.equal([1n, false]);
      await allocator.settle(100, PAGE);
      expect((await allocator.groupSnapshot(63)).cap).to.be.above(0n);
      expect((await allocator.groupSnapshot(64)).cap).to.equal(0n);
      expect(await allocator.settle.staticCall(100, PAGE)).to.deep.equal([0n, true]);

      await expect(allocator.settle(100, PAGE)).to.emit(allocator, "RoundCompleted");

      expect((await allocator.groupSnapshot(64)).cap).to.equal((await allocator.groupSnapshot(63)).cap);
      expect((await allocator.openRound()).round).to.equal(0n);
    });

    it("reads each operator once per round", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await allocator.settle(1, PAGE);
      await hostile[0]!.reward({ value: ether("0.1") });
      await allocator.settle(100, PAGE);
      expect((await positionsOf(world))[0]).to.equal(ether(25));
    });

    it("with no page size begins the round and reads nobody", async () => {
      const { allocator } = await load();
      expect(await allocator.settle.staticCall(0, PAGE)).to.deep.equal([0n, false]);
      await allocator.settle(0, PAGE);
      expect((await allocator.openRound()).cursor).to.equal(0n);
    });

    it("makes legs wait while a round is open", async () => {
      const world = await load();
      const { allocator, metaPool, bob } = world;
      await metaPool.connect(bob).deposit_and_stake({ value: ether(10) });
      await allocator.settle(1, PAGE);
      expect(await move(world, all("up", 4))).to.deep.equal([0n, 0n, 0n, 0n]);
      expect(await move(world, all("down", 4))).to.deep.equal([0n, 0n, 0n, 0n]);
      const [room] = await allocator.roomsOf(1, 1);
      expect([room!.up, ...room!.down]).to.deep.equal([0n, 0n, 0n, 0n]);
    });

    it("starts a batch: who leaves during a round waits for the next one", async () => {
      const world = await load();
      const { allocator, metaPool, alice, bob } = world;
      await metaPool.connect(bob).deposit_and_stake({ value: ether(10) });
      await metaPool.connect(alice).unstake(ether(1));
      await allocator.settle(1, PAGE);
      await metaPool.connect(alice).unstake(ether(2));
      await settleAll(world);
      await metaPool.fundExits(10);
      expect(await metaPool.withdrawable(alice)).to.equal(ether(1));
      await nextRound(world);
      await metaPool.fundExits(10);
      expect(await metaPool.withdrawable(alice)).to.equal(ether(3));
    });

    it("books a gain up to one per cent per epoch since the last reading", async () => {
      const world = await load();
      const { allocator, hostile, metaPool } = world;
      await hostile[0]!.reward({ value: ether(5) });
      const { readAt, position } = await allocator.positionOf(1n);
      await allocator.settle(100, PAGE);
      const now = BigInt(await networkHelpers.time.latest());
      const most = (position * 100n * (now - readAt)) / (10_000n * EPOCH);
      expect((await allocator.positionOf(1n)).position).to.equal(position + most);
      // Released over time: not worth anything yet.
      expect((await metaPool.getBook()).locked).to.equal(most);

      await networkHelpers.time.increase(10n * EPOCH);
      await settleAll(world);
      const later = await allocator.positionOf(1n);
      expect(later.position).to.be.closeTo(position + most + ((position + most) * 11n) / 100n, ether("0.3"));
    });

    it("books a loss at once and whole, after the gains of its page", async () => {
      const world = await load();
      const { allocator, hostile, metaPool } = world;
      const { assets } = await metaPool.getBook();
      await hostile[0]!.reward({ value: ether("0.1") });
      await hostile[1]!.lose(ether(1));
      await expect(allocator.settle(100, PAGE))
        .to.emit(metaPool, "LossBooked")
        .withArgs(ether(1), ether("0.1"), 0n, ether("0.9"), 0n);
      expect((await metaPool.getBook()).assets).to.equal(assets - ether("0.9"));
      expect(await positionsOf(world)).to.deep.equal([ether("25.1"), ether(24), ether(25), ether(25)]);
    });

    it("takes in cash beyond what was expected as a gain that is not clipped", async () => {
      const world = await load();
      const { allocator, metaPool, hostile, alice, eve } = world;
      await metaPool.connect(alice).unstake(ether(5));
      await settleAll(world);
      await move(world, [down(1, ether(5))]);
      // The pool turns out to owe more.
      await eve.sendTransaction({ to: hostile[0]!, value: ether(3) });
      await hostile[0]!.oweMore(ether(3));
      await networkHelpers.time.increase(EPOCH);
      const buffer = (await metaPool.getBook()).buffer;
      await allocator.settle(100, PAGE);
      const book = await metaPool.getBook();
      expect(book.buffer - buffer).to.equal(ether(8));
      expect(book.locked).to.equal(ether(3));
      expect((await allocator.positionOf(1n)).unbonding).to.equal(0n);
      expect(await ethers.provider.getBalance(allocator)).to.equal(0n);
    });

    it("puts an operator on watch that lost more than thirty per cent, and not below", async () => {
      const { allocator, registry, hostile } = await load();
      await hostile[0]!.lose(ether("7.5"));
      await hostile[1]!.lose(ether("7.5") + 1n);
      await allocator.settle(100, PAGE);
      expect((await registry.operator(1)).watch).to.equal(false);
      expect((await registry.operator(2)).watch).to.equal(true);
    });

    it("measures a loss by what legs brought since, too", async () => {
      const { registry, allocator, hostile } = await load();
      await hostile[0]!.lose(ether("0.01"));
      await allocator.settle(100, PAGE);
      expect((await registry.operator(1)).watch).to.equal(false);
    });

    it("puts an operator on watch whose loss a leg was the first to see", async () => {
      const world = await load();
      const { registry, allocator, metaPool, hostile, alice } = world;
      await metaPool.connect(alice).unstake(ether(10));
      await settleAll(world);
      await hostile[0]!.lose(ether(10));
      await move(world, [down(1, ether(1))]);
      expect((await allocator.positionOf(1n)).position).to.equal(ether(14));
      await nextRound(world);
      expect((await registry.operator(1)).watch).to.equal(true);
    });

    it("puts an operator on watch whose loss settleOne booked in parts", async () => {
      const { registry, allocator, hostile } = await load();
      for (let part = 0; part < 3; part += 1) {
        await hostile[0]!.lose(ether(2));
        await allocator.settleOne(1, PAGE);
      }
      await hostile[0]!.lose(ether(2));
      await allocator.settle(100, PAGE);
      expect((await registry.operator(1)).watch).to.equal(true);
      expect((await allocator.recordOf(1n)).lossSince).to.equal(0n);
    });
  });

  describe("the snapshot", () => {
    it("has T, N, the need, the healthy stake, and per operator what does not depend on them", async () => {
      const world = await networkHelpers.loadFixture(deployHonest);
      const { allocator, metaPool, network, alice } = world;
      await metaPool.connect(alice).unstake(ether(60));
      const stake = await network.totalStake();
      await nextRound(world);
      const { total, faultedStake, networkStake, need, healthy, certified } = await allocator.poolSnapshot();
      const book = await metaPool.getBook();
      const claims = book.owed + book.bufferTarget;
      expect(total).to.equal(book.buffer + (await allocator.committed()) + (await allocator.unbonding()) - claims);
      expect([faultedStake, networkStake, certified]).to.deep.equal([0n, stake, false]);
      expect(need).to.equal(claims - book.buffer - (await allocator.unbonding()));
      expect(healthy).to.equal(await allocator.committed());
      const first = await allocator.snapshotOf(1n);
      expect([first.fixedCap, first.weight, first.groups]).to.deep.equal([ether(200) - first.others, 100n, 1n]);
      expect(first.others).to.be.closeTo(ether(2), ether("0.02"));
      const group = await allocator.groupSnapshot(1n);
      expect([group.members, group.weight, group.cap]).to.deep.equal([3n, 300n, (total * 5_000n) / 10_000n]);
      expect(group.level).to.equal((group.cap * 10n ** 18n) / 300n);
    });

    it("takes what faulted members hold off their group's cap", async () => {
      const world = await networkHelpers.loadFixture(deployGroup);
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.reverts);
      await nextRound(world);
      const { position } = await allocator.positionOf(1n);
      const group = await allocator.groupSnapshot(1n);
      const { total, faultedStake } = await allocator.poolSnapshot();
      expect(faultedStake).to.equal(position);
      expect(group.faulted).to.equal(position);
      expect(group.cap).to.equal(((total + faultedStake) * 6_000n) / 10_000n - position);
    });
  });

  describe("settleOne", () => {
    it("books a loss above a thousand wei and nothing else", async () => {
      const { allocator, metaPool, hostile } = await load();
      await hostile[0]!.lose(1_000n);
      expect(await allocator.settleOne.staticCall(1, PAGE)).to.equal(0n);
      await hostile[0]!.lose(1n);
      const { assets } = await metaPool.getBook();
      await expect(allocator.settleOne(1, PAGE))
        .to.emit(allocator, "LossSeen")
        .withArgs(1n, 1_001n, ether(25) - 1_001n, 0n);
      expect((await metaPool.getBook()).assets).to.equal(assets - 1_001n);
      await hostile[0]!.reward({ value: ether(1) });
      expect(await allocator.settleOne.staticCall(1, PAGE)).to.equal(0n);
    });

    it("is no fault, and no reading", async () => {
      const { allocator, hostile } = await load();
      const { readAt } = await allocator.positionOf(1n);
      await hostile[0]!.lose(ether(1));
      await allocator.settleOne(1, PAGE);
      expect((await allocator.positionOf(1n)).readAt).to.equal(readAt);
      for (const mode of [Mode.reverts, Mode.burnsGas, Mode.returnsFloods]) {
        await hostile[0]!.setMode(mode);
        expect(await allocator.settleOne.staticCall(1, PAGE)).to.equal(0n);
        await allocator.settleOne(1, PAGE);
        expect((await allocator.positionOf(1n)).faults).to.equal(0n);
      }
    });

    it("does nothing for operators that hold nothing or do not exist", async () => {
      const { allocator } = await load();
      for (const id of [0n, 5n, 2n ** 200n]) expect(await allocator.settleOne.staticCall(id, PAGE)).to.equal(0n);
    });

    it("sees no loss where a pool shows more than there can be", async () => {
      const { allocator, hostile, metaPool } = await load();
      const { assets } = await metaPool.getBook();
      await hostile[0]!.oweMore(ethers.MaxUint256);
      expect(await allocator.settleOne.staticCall(1, PAGE)).to.equal(0n);
      await allocator.settleOne(1, PAGE);
      const { position, unbonding } = await allocator.positionOf(1n);
      expect([position, unbonding, (await metaPool.getBook()).assets]).to.deep.equal([ether(25), 0n, assets]);
    });

    it("works in the middle of a round, before and after the operator's reading", async () => {
      const world = await load();
      const { allocator, hostile, metaPool } = world;
      await allocator.settle(2, PAGE);
      for (const index of [0, 3]) {
        await hostile[index]!.lose(ether(1));
        await allocator.settleOne(index + 1, PAGE);
      }
      await settleAll(world);
      expect(await positionsOf(world)).to.deep.equal([ether(24), ether(25), ether(25), ether(24)]);
      expect((await allocator.groupSnapshot(0)).position).to.equal(ether(98));
      expect((await metaPool.getBook()).delegated).to.equal(ether(98));
    });

    it("lets nobody leave ahead of a slash that is on chain: the watcher and the leaver race only once", async () => {
      const { allocator, metaPool, hostile, alice } = await load();
      await hostile[0]!.lose(ether(10));
      await metaPool.connect(alice).unstake(ether(50));
      const claim = await metaPool.get_account_unstaked_balance(alice);
      await allocator.settleOne(1, PAGE);
      expect(await metaPool.get_account_unstaked_balance(alice)).to.be.closeTo((claim * 9n) / 10n, 10n);
    });
  });

  describe("exitTimes", () => {
    it("count from now for a batch that has begun, from the next round for later ones, and from now if that is late", async () => {
      const { allocator, metaPool, registry } = await load();
      await allocator.settle(100, PAGE);
      const filling = await metaPool.fillingBatch();
      const next = await allocator.nextRoundAt();
      const wait = (await registry.longestUnbonding()) + EPOCH;
      const now = BigInt(await networkHelpers.time.latest());

      expect(await allocator.exitTimes(filling - 1n)).to.deep.equal([now, now + wait]);
      expect(await allocator.exitTimes(filling)).to.deep.equal([next, next + wait]);
      await networkHelpers.time.increaseTo(next + 5n);
      expect(await allocator.exitTimes(filling)).to.deep.equal([next + 5n, next + 5n + wait]);
    });
  });

  describe("ether", () => {
    it("is refused from anybody but the meta pool and the pool that is being paid out", async () => {
      const { allocator, hostile, eve, deployer } = await load();
      for (const sender of [eve, deployer]) {
        await expect(sender.sendTransaction({ to: allocator, value: 1n }))
          .to.be.revertedWithCustomError(allocator, "UnexpectedEther")
          .withArgs(sender.address, 1n);
      }
      await networkHelpers.impersonateAccount(await hostile[0]!.getAddress());
      const pool = await ethers.getSigner(await hostile[0]!.getAddress());
      await networkHelpers.setBalance(pool.address, ether(100));
      await expect(pool.sendTransaction({ to: allocator, value: 1n })).to.be.revertedWithCustomError(
        allocator,
        "UnexpectedEther",
      );
    });

    it("that is forced in changes nothing", async () => {
      const world = await load();
      const { allocator, metaPool } = world;
      await networkHelpers.setBalance(await allocator.getAddress(), ether(7));
      const { assets } = await metaPool.getBook();
      await settleAll(world);
      await move(world, [...all("up", 4), up(1, 1n)]);
      expect((await metaPool.getBook()).assets).to.equal(assets);
      expect(await ethers.provider.getBalance(allocator)).to.equal(ether(7));
    });

    it("moves only by calls of the allocator to itself", async () => {
      const { allocator, hostile, eve } = await load();
      const pool = await hostile[0]!.getAddress();
      for (const call of [
        allocator.connect(eve).collect(pool),
        allocator.connect(eve).push(pool, 1n),
        allocator.connect(eve).pull(pool, 1n),
      ]) {
        await expect(call).to.be.revertedWithCustomError(allocator, "OnlySelf").withArgs(eve.address);
      }
    });
  });
});

async function deployManyGroups() {
  const groups = Array.from({ length: 64 }, () => ({ dimension: 1, poolShareBps: 5_000 }));
  const world = await deployWorld({ hostile: 1, groups, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await nextEpoch(world);
  return world;
}

async function deployHonest() {
  const bond = ether(2);
  const world = await deployWorld({
    groups: [{ dimension: 1, poolShareBps: 5_000 }],
    honest: [
      { bond, groups: [1] },
      { bond, groups: [1] },
      { bond, groups: [1] },
    ],
    parameters: { policy: { bondRatio: 100 }, pool: { bufferTargetBps: 50 }, allocator: LOOSE },
  });
  await delegate(world);
  return world;
}

async function deployGroup() {
  const world = await deployWorld({
    hostile: 4,
    groups: [{ dimension: 1, poolShareBps: 6_000 }],
    groupsOf: [[1], [1], [], []],
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  return world;
}
