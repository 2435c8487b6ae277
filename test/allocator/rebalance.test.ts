import { expect } from "chai";

import {
  all,
  asNotice,
  certifyFair,
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
  nextRound,
  NO_CAP,
  NO_SHARE,
  PAGE,
  positionsOf,
  Skip,
  sum,
  up,
  WAD,
  type World,
} from "../fixtures/allocator.ts";

/** Four pools under command and 100 ether of which nothing is delegated; a round has completed. */
function loadIdle() {
  return networkHelpers.loadFixture(deployIdle);
}

/** As `loadIdle`, with 25 ether at each pool, and another round. */
function load() {
  return networkHelpers.loadFixture(deployPlaced);
}

async function deployIdle() {
  const world = await deployWorld({
    hostile: 4,
    groups: [{ dimension: 1 }],
    groupsOf: [[1], [1], [], []],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await nextRound(world);
  return world;
}

async function deployPlaced() {
  const world = await deployIdle();
  await move(world, all("up", 4));
  await nextRound(world);
  return world;
}

/** As `deployPlaced`, by the bounds that a deployment has by default. */
async function deployStrict() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9") });
  await delegate(world);
  await nextRound(world);
  return world;
}

const GWEI = 10n ** 9n;

/** Levels of the pool alone. */
const poolLevel = (wei: bigint, weight: bigint) => [{ group: 0, level: (wei * WAD) / weight }];

async function skipped(world: World, leg: ReturnType<typeof up>, reason: bigint, room?: bigint) {
  const { allocator, keeper } = world;
  const receipt = (await (await allocator.connect(keeper).rebalance([leg], PAGE)).wait())!;
  const logs = receipt.logs.map((log) => allocator.interface.parseLog(log)).filter((log) => log !== null);
  const { name, args } = logs.at(-1)!;
  expect(name).to.equal("LegSkipped");
  expect([args.id, args.up, args.requested, args.reason]).to.deep.equal([
    BigInt(leg.operator),
    leg.up,
    leg.amount,
    reason,
  ]);
  if (room !== undefined) expect(args.room).to.equal(room);
}

describe("Allocator", () => {
  describe("rebalance", () => {
    it("reverts with more than 200 legs", async () => {
      const { allocator } = await load();
      await expect(
        allocator.rebalance(
          Array.from({ length: 201 }, () => up(1, 1n)),
          PAGE,
        ),
      )
        .to.be.revertedWithCustomError(allocator, "TooManyLegs")
        .withArgs(201n, 200n);
      await allocator.rebalance(
        Array.from({ length: 200 }, () => up(99, 1n)),
        PAGE,
      );
    });

    it("reverts when it is given too little gas for one leg", async () => {
      const { allocator } = await loadIdle();
      await expect(allocator.rebalance([up(1, ether(1))], { gasLimit: 1_000_000n })).to.be.revertedWithCustomError(
        allocator,
        "TooLittleGas",
      );
    });

    it("does as many legs as the gas lets it, whole ones", async () => {
      const world = await loadIdle();
      const { allocator } = world;
      await allocator.rebalance(all("up", 4), { gasLimit: 3_500_000n });
      const positions = await positionsOf(world);
      expect(positions.every((position) => position === 0n || position === ether(25))).to.equal(true);
      expect(sum(positions)).to.be.within(ether(25), ether(75));
    });

    it("skips operators that do not exist", async () => {
      const world = await load();
      for (const id of [0n, 5n, 2n ** 32n - 1n]) await skipped(world, up(id, 1n), Skip.unknownOperator, 0n);
    });

    it("waits before the first round", async () => {
      const world = await deployWorld({ hostile: 1 });
      expect(await move(world, [up(1, ether(1))])).to.deep.equal([0n]);
    });

    describe("up", () => {
      it("lifts to the target, in one leg or many, with an event each", async () => {
        const world = await loadIdle();
        const { allocator, metaPool } = world;
        await expect(allocator.rebalance([up(1, ether(10))], PAGE))
          .to.emit(allocator, "Moved")
          .withArgs(1n, true, ether(10), ether(10), ether(10), 0n, [0n, 0n, 0n]);
        expect(await move(world, [up(1, ether(10)), up(1, ether(10)), up(1, ether(10))])).to.deep.equal([
          ether(10),
          ether(5),
          0n,
        ]);
        const book = await metaPool.getBook();
        expect([book.buffer, book.delegated]).to.deep.equal([ether(75), ether(25)]);
        expect(await ethers.provider.getBalance(allocator)).to.equal(0n);
      });

      it("takes only what exits and the buffer target leave", async () => {
        const world = await loadIdle();
        const { metaPool, alice } = world;
        await metaPool.connect(alice).unstake(ether(90));
        const moved = await move(world, all("up", 4));
        expect(sum(moved)).to.be.within(ether("9.99"), ether(10));
        expect((await metaPool.getBook()).buffer).to.be.at.least(ether(90));
      });

      it("stops at a lower absolute cap of this moment", async () => {
        const world = await loadIdle();
        await world.registry.connect(world.guardian).lowerAbsoluteCap(1, ether(7));
        expect(await move(world, [up(1, ether(100))])).to.deep.equal([ether(7)]);
      });

      it("does not profit from a higher cap before the next round", async () => {
        const world = await loadIdle();
        const notice = world.registry.connect(await asNotice(world));
        await notice.setAbsoluteCap(1, ether(7));
        await nextRound(world);
        await notice.setAbsoluteCap(1, NO_CAP);
        expect(await move(world, [up(1, ether(100))])).to.deep.equal([ether(7)]);
      });

      it("stops at a lower share of the pool of this moment", async () => {
        const world = await loadIdle();
        const { registry } = world;
        const { netShareBps, guardianShareBps, bondRatio } = await registry.policy();
        await registry
          .connect(await asNotice(world))
          .setPolicy({ poolShareBps: 100, netShareBps, guardianShareBps, bondRatio });
        expect(await move(world, [up(1, ether(100))])).to.deep.equal([ether(1)]);
      });

      it("stops at the share of T then when a deposit has lifted T (A45)", async () => {
        const world = await networkHelpers.loadFixture(deployShare);
        const { metaPool, eve } = world;
        await metaPool.connect(eve).deposit_and_stake({ value: ether(5_000) });
        expect(await move(world, [up(1, ether(10_000))])).to.deep.equal([ether(10)]);
      });

      it("stops at the share of T now when exits have lowered T", async () => {
        const world = await networkHelpers.loadFixture(deployShare);
        const { metaPool, alice } = world;
        await metaPool.connect(alice).unstake(ether(50));
        expect(await move(world, [up(1, ether(10_000))])).to.deep.equal([ether(5)]);
      });

      it("lifts nobody who is draining, delisted, no longer vouched for, or on watch", async () => {
        const world = await loadIdle();
        const { registry, guardian, foundation, hostile } = world;
        await registry.connect(guardian).drain(1);
        await registry.connect(guardian).delist(2);
        await registry.connect(foundation).unwhitelistPool(hostile[2]!);
        await registry.connect(guardian).watch(4);
        for (const id of [1, 2, 3, 4]) await skipped(world, up(id, ether(1)), Skip.noRoom, 0n);
      });

      it("stops at what the bond of this moment covers, others' stake and our unbonding taken off", async () => {
        const world = await networkHelpers.loadFixture(deployBonded);
        const { hostile } = world;
        await hostile[0]!.setBond(ether("0.05"));
        expect(await move(world, [up(1, ether(100))])).to.deep.equal([ether(5)]);
        await hostile[0]!.setBond(0);
        await skipped(world, up(1, ether(100)), Skip.noRoom, 0n);
        await hostile[0]!.setMode(Mode.burnsGas);
        await skipped(world, up(1, ether(100)), Skip.noRoom, 0n);
      });

      it("stops at the group's cap, of then and of this moment", async () => {
        const world = await loadIdle();
        const { registry } = world;
        await registry.connect(world.guardian).lowerGroupCaps(1, NO_SHARE, NO_SHARE, ether(30));
        expect(await move(world, all("up", 2))).to.deep.equal([ether(25), ether(5)]);
        expect((await world.allocator.groupSnapshot(1)).position).to.equal(ether(30));
      });

      it("does not profit from a higher cap of a group before the next round, though a member is above its target", async () => {
        const world = await loadIdle();
        const notice = world.registry.connect(await asNotice(world));
        const group = { dimension: 1, poolShareBps: NO_SHARE, netShareBps: NO_SHARE };
        await notice.setAbsoluteCap(2, ether(5));
        await nextRound(world);
        expect(await move(world, all("up", 2))).to.deep.equal([ether(25), ether(5)]);
        await notice.setAbsoluteCap(2, NO_CAP);
        await notice.setGroup(1, { ...group, absoluteCap: ether(34) });
        await nextRound(world);
        await notice.setGroup(1, { ...group, absoluteCap: NO_CAP });
        expect(await world.allocator.targetOf(2)).to.equal(ether(17));
        expect(await move(world, [up(2, ether(100))])).to.deep.equal([ether(4)]);
      });

      it("stops at the pool's T, of then and of this moment: group 0", async () => {
        const world = await networkHelpers.loadFixture(deployWeighted);
        const { allocator, metaPool, alice, eve } = world;
        await metaPool.connect(eve).deposit_and_stake({ value: ether(10) });
        const { total } = await allocator.poolSnapshot();
        expect(await certifyFair(world)).to.equal(true);
        await skipped(world, up(4, ether(1)), Skip.noRoom, 0n); // all of T is placed, and 10 came since
        expect(await move(world, [down(1, ether(6))])).to.deep.equal([ether(6)]);
        expect(await move(world, [up(4, ether(5)), up(3, ether(5)), up(4, ether(5))])).to.deep.equal([
          ether(5),
          ether(1),
          0n,
        ]);
        expect(sum(await positionsOf(world))).to.equal(total);

        // T shrinks as the deposit leaves again, and more with it.
        await metaPool.connect(alice).unstake(ether(5));
        expect((await allocator.groupCapsOf(0, 1))[0]!.increaseCap).to.equal(total);
        await metaPool.connect(alice).unstake(ether(10));
        expect((await allocator.groupCapsOf(0, 1))[0]!.increaseCap).to.equal(total - ether(5));
      });

      it("skips what is below the smallest move, unless it lands on the target", async () => {
        const world = await loadIdle();
        await skipped(world, up(1, ether("0.009")), Skip.belowMinMove);
        await move(world, [up(1, ether("24.995"))]);
        expect(await move(world, [up(1, ether(1))])).to.deep.equal([ether("0.005")]);
      });

      it("ends as if an exit that a pool asks for in the middle of a call had been asked for after it", async () => {
        const world = await loadIdle();
        const { metaPool, allocator, alice, hostile } = world;
        await metaPool.connect(alice).transfer(hostile[0]!, ether(60));
        await hostile[0]!.setReentry(metaPool, metaPool.interface.encodeFunctionData("unstake", [ether(60)]));
        const legs = [up(1, ether(25)), up(2, ether(25)), up(3, ether(10))];
        // The call took the money for all three before it called a pool.
        expect(await move(world, legs)).to.deep.equal([ether(25), ether(25), ether(10)]);
        expect(await hostile[0]!.reentered()).to.equal(1n);
        const { buffer, owed, delegated } = await metaPool.getBook();
        expect([buffer, owed, delegated]).to.deep.equal([ether(40), ether(60), ether(60)]);
        expect(await allocator.liveNeed()).to.equal(ether(20));
      });

      it("skips a pool that refuses, and has its money back", async () => {
        const world = await loadIdle();
        const { hostile, metaPool } = world;
        for (const mode of [Mode.revertsOnStake, Mode.reverts, Mode.burnsGas, Mode.returnsFloods]) {
          await hostile[0]!.setMode(mode);
          await skipped(world, up(1, ether(10)), Skip.poolFailed);
          const { buffer, delegated } = await metaPool.getBook();
          expect([buffer, delegated]).to.deep.equal([ether(100), 0n]);
        }
      });
    });

    describe("down, class 0", () => {
      it("takes all of who may hold nothing, as unstake_all", async () => {
        const world = await networkHelpers.loadFixture(deployDrained);
        const { allocator, hostile } = world;
        const { position } = await allocator.positionOf(1n);
        await expect(allocator.rebalance([down(1, ether(100))], PAGE))
          .to.emit(allocator, "Moved")
          .withArgs(1n, false, ether(100), position, 0n, position, [position, 0n, 0n]);
        expect(await hostile[0]!.staked()).to.equal(0n);
        expect((await allocator.budgetsUsed()).class0).to.equal(position);
      });

      it("takes what is above a cap only beyond the grace, then down to the cap", async () => {
        const world = await networkHelpers.loadFixture(deployGrace);
        const { registry, guardian } = world;
        await registry.connect(guardian).lowerAbsoluteCap(1, ether("23.81"));
        await skipped(world, down(1, ether(100)), Skip.noRoom, 0n);
        await registry.connect(guardian).lowerAbsoluteCap(1, ether("23.8"));
        expect(await move(world, [down(1, ether(100))])).to.deep.equal([ether("1.2")]);
      });

      it("takes what the bond no longer covers, on watch too", async () => {
        const world = await networkHelpers.loadFixture(deployBonded);
        const { hostile, registry, guardian } = world;
        await move(world, all("up", 4));
        for (const id of [1, 2]) await registry.connect(guardian).watch(id);
        await nextRound(world);
        await skipped(world, down(1, ether(100)), Skip.noRoom, 0n); // watch is no violation by itself
        await hostile[0]!.setBond(ether("0.05"));
        await nextRound(world);
        expect(await move(world, [down(1, ether(100)), down(2, ether(100))])).to.deep.equal([ether(20), 0n]);
      });

      it("makes no violator of anybody by shrinking T for a moment", async () => {
        const world = await load();
        const { metaPool, alice, allocator } = world;
        await metaPool.connect(alice).unstake(ether(60));
        const rooms = await allocator.roomsOf(1, 4);
        for (const { down: classes } of rooms) expect(classes[0]).to.equal(0n);
      });

      it("takes what a group has above its cap from members above their targets, once in all", async () => {
        const world = await load();
        const { registry, guardian } = world;
        await registry.connect(guardian).lowerGroupCaps(1, NO_SHARE, NO_SHARE, ether(42));
        await nextRound(world);
        const moved = await move(world, [down(1, ether(100)), down(2, ether(100))]);
        expect(sum(moved)).to.be.at.most(ether(8));
        expect(moved[0]).to.equal(ether(4)); // down to its target
        expect(moved[1]).to.equal(ether(4));
        expect(sum(await move(world, all("down", 2)))).to.equal(0n);
      });

      it("takes no more per round than its budget, over all operators", async () => {
        const world = await networkHelpers.loadFixture(deployStrict);
        const { registry, allocator } = world;
        const notice = registry.connect(await asNotice(world));
        for (const id of [1, 2]) await notice.drain(id);
        const { total } = await allocator.poolSnapshot();
        expect(sum(await move(world, [down(1, ether(100)), down(2, ether(100))]))).to.equal(total / 10n);
        await skipped(world, down(2, ether(100)), Skip.noRoom, 0n);
        await nextRound(world);
        expect((await allocator.budgetsUsed()).class0).to.equal(0n);
        expect(sum(await move(world, [down(2, ether(100))]))).to.be.greaterThan(0n);
      });
    });

    describe("down, class 1", () => {
      it("takes at most four times an operator's part before a certificate, and the need in all", async () => {
        const world = await load();
        const { metaPool, alice, allocator } = world;
        await metaPool.connect(alice).unstake(ether(8));
        await nextRound(world);
        expect((await allocator.poolSnapshot()).need).to.equal(ether(8));
        expect(await move(world, [down(1, ether(100))])).to.deep.equal([ether(8)]);
        await skipped(world, down(2, ether(100)), Skip.noRoom, 0n);
      });

      it("lets nobody single out an operator, in one leg or many", async () => {
        const world = await networkHelpers.loadFixture(deployTen);
        const { metaPool, alice, allocator } = world;
        await metaPool.connect(alice).unstake(ether(20));
        await nextRound(world);
        const { need, healthy } = await allocator.poolSnapshot();
        const { base } = await allocator.recordOf(1n);
        const part = (4n * need * base + healthy - 1n) / healthy;
        expect(part).to.be.lessThan(ether(9));
        expect(sum(await move(world, [down(1, ether(3)), down(1, ether(3)), down(1, ether(100))]))).to.equal(part);
        await skipped(world, down(1, ether(1)), Skip.noRoom, 0n);
      });

      it("is funded whatever else is broken: two thirds of the operators dead", async () => {
        const world = await networkHelpers.loadFixture(deployTen);
        const { metaPool, alice, hostile } = world;
        for (const pool of hostile.slice(0, 6)) await pool.setMode(Mode.reverts);
        await nextRound(world);
        await metaPool.connect(alice).unstake(ether(20));
        await nextRound(world);
        expect(sum(await move(world, all("down", 10)))).to.equal(ether(20));
      });

      it("takes what is above the target after certification", async () => {
        const world = await load();
        const { metaPool, allocator, alice } = world;
        await metaPool.connect(alice).unstake(ether(40));
        await nextRound(world);
        await allocator.certifyLevels(poolLevel(ether(60), 400n), 100, PAGE);
        expect(await move(world, all("down", 2))).to.deep.equal([ether(25), ether(15)]);
      });
    });

    describe("down, class 1, from who is far above its target", () => {
      it("takes no more than four times its part until levels are certified, then down to the target", async () => {
        const world = await networkHelpers.loadFixture(deployTen);
        const { metaPool, alice, allocator, registry } = world;
        await registry.connect(await asNotice(world)).setWeightBounds(1, 20, 20);
        await metaPool.connect(alice).unstake(ether(10));
        await nextRound(world);
        const { need, healthy } = await allocator.poolSnapshot();
        const { base } = await allocator.recordOf(1n);
        const part = (4n * need * base + healthy - 1n) / healthy;
        expect(base - (await allocator.targetOf(1n))).to.be.greaterThan(part + ether(1));
        expect(await move(world, [down(1, ether(100))])).to.deep.equal([part]);

        expect(await certifyFair(world)).to.equal(true);
        expect(await move(world, [down(1, ether(100))])).to.deep.equal([base - part - (await allocator.targetOf(1n))]);
      });
    });

    describe("down, class 2", () => {
      it("is closed before certification, and within the band", async () => {
        const world = await networkHelpers.loadFixture(deployBand);
        const { allocator, registry } = world;
        const notice = registry.connect(await asNotice(world));
        await notice.setWeightBounds(1, 90, 90);
        await nextRound(world);
        await skipped(world, down(1, ether(100)), Skip.noRoom, 0n);
        await allocator.certifyLevels(poolLevel(ether(100), 390n), 100, PAGE);
        expect((await allocator.poolSnapshot()).certified).to.equal(true);
        await skipped(world, down(1, ether(100)), Skip.noRoom, 0n);
      });

      it("trims to the target beyond the band, within the budget of one unbonding time", async () => {
        const world = await networkHelpers.loadFixture(deployBand);
        const { allocator, registry } = world;
        const notice = registry.connect(await asNotice(world));
        await notice.setWeightBounds(1, 60, 60);
        await notice.setWeightBounds(2, 60, 60);
        await nextRound(world);
        await allocator.certifyLevels(poolLevel(ether(100), 320n), 100, PAGE);
        const budget = (await allocator.poolSnapshot()).total / 50n;
        expect(sum(await move(world, all("down", 4)))).to.equal(budget);
        expect(sum(await move(world, all("down", 4)))).to.equal(0n);
        expect((await allocator.budgetsUsed()).class2).to.equal(budget);

        // The budget is of the last unbonding times, not of a round: at most one round is in an epoch.
        const rounds = (await registry.longestUnbonding()) / EPOCH + 2n;
        for (let round = 0n; round < rounds; ++round) {
          await nextRound(world);
          expect((await allocator.budgetsUsed()).class2).to.equal(budget);
          await allocator.certifyLevels(poolLevel((await allocator.poolSnapshot()).total, 320n), 100, PAGE);
          expect(sum(await move(world, all("down", 4)))).to.equal(0n);
        }
        await nextRound(world);
        expect((await allocator.budgetsUsed()).class2).to.equal(0n);
      });

      it("keeps no more than its budget unbonding while nobody settles, however long", async () => {
        const world = await networkHelpers.loadFixture(deployBand);
        const { allocator, registry } = world;
        const notice = registry.connect(await asNotice(world));
        for (const id of [1, 2]) await notice.setWeightBounds(id, 60, 60);
        await nextRound(world);
        const { total } = await allocator.poolSnapshot();
        await allocator.certifyLevels(poolLevel(total, 320n), 100, PAGE);
        for (let epoch = 0; epoch < 10; epoch += 1) {
          await move(world, all("down", 4));
          expect(await allocator.unbonding()).to.equal(total / 50n);
          await networkHelpers.time.increase(EPOCH);
        }
      });
    });

    describe("dust", () => {
      it("skips what is below the smallest move, unless it completes what exits may take", async () => {
        const world = await load();
        const { metaPool, alice } = world;
        await metaPool.connect(alice).unstake(ether("0.009"));
        await nextRound(world);
        await skipped(world, down(1, ether("0.004")), Skip.belowMinMove);
        expect(await move(world, [down(1, ether(1))])).to.deep.equal([ether("0.009")]);
      });
    });

    describe("a need of few gwei", () => {
      it("is funded without a certificate, a smallest stake from each operator", async () => {
        const world = await networkHelpers.loadFixture(deployTen);
        const { metaPool, alice, allocator } = world;
        await metaPool.connect(alice).unstake(2n * GWEI);
        await nextRound(world);
        const { need, healthy } = await allocator.poolSnapshot();
        const { base } = await allocator.recordOf(1n);
        expect(need).to.equal(2n * GWEI);
        expect((4n * need * base) / healthy).to.be.lessThan(GWEI);

        expect(await move(world, [down(1, ether(1)), down(1, ether(1))])).to.deep.equal([GWEI, 0n]);
        expect(await move(world, [down(2, ether(1)), down(3, ether(1))])).to.deep.equal([GWEI, 0n]);
      });

      it("is funded by one leg if it is below the smallest stake", async () => {
        const world = await networkHelpers.loadFixture(deployTen);
        const { metaPool, alice } = world;
        await metaPool.connect(alice).unstake(199_348_187n);
        await nextRound(world);

        expect(await move(world, [down(1, ether(1)), down(2, ether(1))])).to.deep.equal([199_348_187n, 0n]);
      });
    });

    describe("whoever sends it", () => {
      it("moves the same in any order", async () => {
        const results: string[] = [];
        for (const order of [
          [1, 2, 3, 4],
          [4, 3, 2, 1],
          [2, 4, 1, 3],
        ]) {
          const world = await networkHelpers.loadFixture(deployWeighted);
          expect(await certifyFair(world)).to.equal(true);
          await move(
            world,
            order.flatMap((id) => [down(id, ether(1_000)), up(id, ether(1_000))]),
          );
          results.push((await positionsOf(world)).join());
        }
        expect(new Set(results).size).to.equal(1);
      });

      it("does nothing the second time", async () => {
        const world = await networkHelpers.loadFixture(deployWeighted);
        const legs = [...all("down", 4), ...all("up", 4)];
        await move(world, legs);
        const positions = await positionsOf(world);
        expect(sum(await move(world, legs))).to.equal(0n);
        expect(await positionsOf(world)).to.deep.equal(positions);
      });

      it("cannot churn: up and down in turn moves nothing once at the targets", async () => {
        const world = await load();
        for (let turn = 0; turn < 3; turn += 1) {
          expect(sum(await move(world, [...all("down", 4), ...all("up", 4)]))).to.equal(0n);
        }
      });
    });
  });
});

async function deployShare() {
  const world = await deployWorld({
    hostile: 4,
    stake: ether("99.9"),
    parameters: { policy: { poolShareBps: 1_000 }, allocator: LOOSE },
  });
  await nextRound(world);
  return world;
}

async function deployBonded() {
  const world = await deployWorld({
    hostile: 4,
    stake: ether("99.9"),
    parameters: { policy: { bondRatio: 100 }, allocator: LOOSE },
  });
  await nextRound(world);
  return world;
}

async function deployDrained() {
  const world = await deployPlaced();
  await world.registry.connect(await asNotice(world)).drain(1);
  return world;
}

async function deployGrace() {
  const world = await deployWorld({
    hostile: 4,
    stake: ether("99.9"),
    parameters: { allocator: { ...LOOSE, graceBps: 500 } },
  });
  await delegate(world);
  await nextRound(world);
  return world;
}

async function deployBand() {
  const world = await deployWorld({
    hostile: 4,
    stake: ether("99.9"),
    parameters: { allocator: { ...LOOSE, bandBps: 1_000, budget2Bps: 200 } },
  });
  await delegate(world);
  return world;
}

async function deployTen() {
  const world = await deployWorld({ hostile: 10, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await delegate(world);
  return world;
}

/** 25 each, and weights that want 18, 23, 29 and 30. */
async function deployWeighted() {
  const world = await deployPlaced();
  const notice = world.registry.connect(await asNotice(world));
  for (const [index, weight] of [180, 230, 290, 300].entries()) await notice.setWeightBounds(index + 1, weight, weight);
  await nextRound(world);
  return world;
}
