import { expect } from "chai";

import {
  all,
  asNotice,
  DAY,
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
  PAGE,
  positionsOf,
  settleAll,
  up,
  type World,
} from "../fixtures/allocator.ts";

function load() {
  return networkHelpers.loadFixture(deploy);
}

/** Four pools under command with 25 of 100 ether each; alice has all of it but for the seed. */
async function deploy() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await delegate(world);
  return world;
}

/** Rounds enough for what was asked back before them to be overdue, and no more. */
const ROUNDS_UNTIL_LATE = 4;

async function rounds(world: World, count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) await nextRound(world);
}

/** Asks the first operator for five ether that exits need. */
async function askBack(world: World, amount = ether(5)): Promise<void> {
  await world.metaPool.connect(world.alice).unstake(amount);
  await nextRound(world);
  expect(await move(world, [down(1, amount)])).to.deep.equal([amount]);
}

describe("Allocator", () => {
  describe("faults", () => {
    it("fault a pool once per round, and skip it", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.reverts);
      await networkHelpers.time.increase(EPOCH);

      await expect(allocator.settle(100, PAGE)).to.emit(allocator, "OperatorFaulted").withArgs(1n, 2n, 1n);
      await expect(allocator.settle(100, PAGE)).not.to.emit(allocator, "OperatorFaulted");
      const { faulted, faults, position } = await allocator.positionOf(1n);
      expect([faulted, faults, position]).to.deep.equal([true, 1n, ether(25)]);
      await expect(allocator.rebalance([down(1, ether(1)), up(1, ether(1))], PAGE))
        .to.emit(allocator, "LegSkipped")
        .withArgs(1n, false, ether(1), 0n, 2n);
      const { total, faultedStake } = await allocator.poolSnapshot();
      expect([total, faultedStake]).to.deep.equal([ether(75), ether(25)]);
    });

    it("end with the first reading that succeeds", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.reverts);
      await rounds(world, 2);
      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      const { faulted, faults } = await allocator.positionOf(1n);
      expect([faulted, faults]).to.deep.equal([false, 0n]);

      await hostile[0]!.setMode(Mode.reverts);
      await rounds(world, 2);
      expect((await allocator.positionOf(1n)).position).to.equal(ether(25));
    });

    it("are counted once per epoch, however often somebody settles", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.reverts);
      await networkHelpers.time.increase(EPOCH);
      for (let call = 0; call < 5; call += 1) await settleAll(world);
      expect((await allocator.positionOf(1n)).faults).to.equal(1n);
    });

    it("in three rounds write the operator down: a loss, and a premium on stakes", async () => {
      const world = await load();
      const { allocator, metaPool, hostile, alice } = world;
      await hostile[0]!.setMode(Mode.reverts);
      await rounds(world, 2);
      const before = await metaPool.get_account_staked_balance(alice);
      await networkHelpers.time.increase(EPOCH);

      await expect(allocator.settle(100, PAGE)).to.emit(allocator, "OperatorWrittenDown").withArgs(1n, 4n, ether(25));
      const { position, unbonding, writtenDown } = await allocator.positionOf(1n);
      expect([position, unbonding, writtenDown]).to.deep.equal([0n, 0n, true]);
      const { premiumUnits, lost } = await allocator.recordOf(1n);
      expect(lost).to.equal(ether(25));
      expect(premiumUnits).to.equal(ether(25));
      expect((await metaPool.getBook()).premium).to.equal(ether(25));
      expect(await metaPool.get_account_staked_balance(alice)).to.be.closeTo((before * 3n) / 4n, 2n);
      expect((await allocator.recordOf(1n)).writtenDownAt).to.equal(BigInt(await networkHelpers.time.latest()));
    });

    it("write down no more than once, and nothing of the others", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.reverts);
      await rounds(world, 3);
      await networkHelpers.time.increase(EPOCH);
      await expect(allocator.settle(100, PAGE)).not.to.emit(allocator, "OperatorWrittenDown");
      expect(await positionsOf(world)).to.deep.equal([0n, ether(25), ether(25), ether(25)]);
    });

    it("that are over give the loss back to who bore it, and end the premium", async () => {
      const world = await load();
      const { allocator, metaPool, hostile, alice } = world;
      const before = await metaPool.get_account_staked_balance(alice);
      await hostile[0]!.setMode(Mode.reverts);
      await rounds(world, 3);
      await hostile[0]!.setMode(Mode.honest);
      await networkHelpers.time.increase(EPOCH);

      await expect(allocator.settle(100, PAGE)).to.emit(allocator, "OperatorRecovered").withArgs(1n, 5n);
      expect((await metaPool.getBook()).premium).to.equal(0n);
      expect((await allocator.positionOf(1n)).position).to.equal(ether(25));
      expect(await metaPool.get_account_staked_balance(alice)).to.be.closeTo(before, 2n);
    });

    it("let nobody buy cheap before the recovery, nor after it", async () => {
      const world = await load();
      const { metaPool, hostile, alice, bob, carol } = world;
      const before = await metaPool.get_account_staked_balance(alice);
      await hostile[0]!.setMode(Mode.reverts);
      await rounds(world, 3);
      await metaPool.connect(bob).deposit_and_stake({ value: ether(50) });
      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      await metaPool.connect(carol).deposit_and_stake({ value: ether(50) });
      await networkHelpers.time.increase(8n * DAY);

      expect(await metaPool.get_account_staked_balance(bob)).to.be.at.most(ether(50) + 2n);
      expect(await metaPool.get_account_staked_balance(carol)).to.be.at.most(ether(50) + 2n);
      expect(await metaPool.get_account_staked_balance(alice)).to.be.at.least(before - ether("0.001"));
    });

    it("let nobody profit who runs the pool, plays dead, stakes and comes back", async () => {
      const world = await load();
      const { metaPool, hostile, alice, eve } = world;
      const aliceBefore = await metaPool.get_account_staked_balance(alice);
      await hostile[0]!.setMode(Mode.reverts);
      await rounds(world, 3);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(1_000) });
      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      await networkHelpers.time.increase(8n * DAY);

      const profit = (await metaPool.get_account_staked_balance(eve)) - ether(1_000);
      const aliceLoss = aliceBefore - (await metaPool.get_account_staked_balance(alice));
      expect(profit).to.be.at.most(0n);
      expect(aliceLoss).to.be.at.most(2n);
    });
  });

  describe("overdue unbonding", () => {
    it("faults a pool that never pays, after the unbonding time and two epochs, and writes it down", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.neverPays);
      await askBack(world);
      await rounds(world, ROUNDS_UNTIL_LATE - 1);
      expect((await allocator.positionOf(1n)).faulted).to.equal(false);
      await nextRound(world);
      expect((await allocator.positionOf(1n)).faulted).to.equal(true);
      await rounds(world, 2);
      expect((await allocator.positionOf(1n)).writtenDown).to.equal(true);
    });

    it("faults a pool that pays a trickle", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await askBack(world);
      // All but a wei of what is due disappears from what it lets us withdraw.
      for (let round = 0; round <= ROUNDS_UNTIL_LATE; round += 1) {
        await hostile[0]!.setMode(Mode.honest);
        await hostile[0]!.setTrickle(1n);
        await nextRound(world);
      }
      expect((await allocator.recordOf(1n)).dueAmount).to.be.greaterThan(0n);
      expect((await allocator.positionOf(1n)).faulted).to.equal(true);
    });

    it("gives who has paid half of it the time anew for the rest, from the next reading on, once", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.neverPays);
      await askBack(world);
      await rounds(world, ROUNDS_UNTIL_LATE - 2);
      const before = await allocator.recordOf(1n);
      await hostile[0]!.setMode(Mode.honest);
      await hostile[0]!.setTrickle(ether("2.5"));
      await nextRound(world);
      await hostile[0]!.setMode(Mode.neverPays);
      const paid = await allocator.recordOf(1n);
      expect([paid.dueAmount, paid.dueAt]).to.deep.equal([ether("2.5"), 0n]);
      await nextRound(world);
      const { dueAmount, dueAt } = await allocator.recordOf(1n);
      expect([dueAmount, dueAt]).to.deep.equal([ether("2.5"), before.dueAt + 3n * EPOCH]);

      await rounds(world, 2);
      expect((await allocator.positionOf(1n)).faulted).to.equal(false);
      await nextRound(world);
      expect((await allocator.positionOf(1n)).faulted).to.equal(true);
    });

    it("gives no time for a wei less than half of it", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.neverPays);
      await askBack(world);
      await rounds(world, ROUNDS_UNTIL_LATE - 2);
      await hostile[0]!.setMode(Mode.honest);
      await hostile[0]!.setTrickle(ether("2.5") - 1n);
      await nextRound(world);
      await hostile[0]!.setMode(Mode.neverPays);
      await nextRound(world);
      expect((await allocator.positionOf(1n)).faulted).to.equal(true);
    });

    it("does not fault a pool that unbonds anew what its bond bore of a slash", async () => {
      const world = await networkHelpers.loadFixture(deployHonest);
      const { allocator, metaPool, network, foundation, honest, alice } = world;
      await metaPool.connect(alice).unstake(ether(20));
      await nextRound(world);
      await move(world, [down(1, ether(20))]);
      await nextRound(world);
      const { dueAt } = await allocator.recordOf(1n);
      await networkHelpers.time.increaseTo(dueAt - 1n);
      await network.connect(foundation).slash(honest[0]!.pool, 300);

      const worth = await metaPool.get_account_staked_balance(alice);
      for (let round = 0; round < 8; round += 1) {
        await nextRound(world);
        expect((await allocator.positionOf(1n)).faults).to.equal(0n);
      }
      expect((await allocator.recordOf(1n)).dueAmount).to.equal(0n);
      expect(await metaPool.get_account_staked_balance(alice)).to.be.at.least(worth);
      await metaPool.fundExits(10);
      expect(await metaPool.withdrawable(alice)).to.equal(ether(20));
    });

    // First in, first out: the whole difference falls on who left last. What decision 0003 and risks.md say of it.
    for (const [epochs, faults] of [
      [4, 0n],
      [9, 4n],
    ] as const) {
      const verdict = faults === 0n ? "does not fault" : "writes down, until it has paid,";
      it(`${verdict} a pool whose bond bears a slash of a large exit just before ours, where unbonding takes ${epochs} epochs`, async () => {
        const world = await deployWorld({
          honest: [{ bond: ether(30) }, { bond: ether(30) }, { bond: ether(30) }],
          stake: ether("99.9"),
          parameters: { allocator: LOOSE, devNetwork: { unbondingEpochs: epochs } },
        });
        const { metaPool, allocator, registry, network, foundation, honest, alice, bob } = world;
        const { pool } = honest[0]!;
        await nextRound(world);
        await move(world, [up(1, ether(30)), up(2, ether(30)), up(3, ether(30))]);
        await pool.connect(bob).deposit_and_stake({ value: ether(100) });
        await nextRound(world);
        await metaPool.connect(alice).unstake(ether(11));
        await networkHelpers.time.increaseTo((await allocator.nextRoundAt()) - 300n);
        await pool.connect(bob).unstake(ether(90));
        const matures = BigInt(await networkHelpers.time.latest()) + BigInt(epochs) * EPOCH;
        await nextRound(world);
        await registry.connect(await asNotice(world)).setAbsoluteCap(1, ether(28));
        expect(await move(world, [down(1, ether(2))])).to.deep.equal([ether(2)]);
        while ((await allocator.nextRoundAt()) < matures) await nextRound(world);
        await networkHelpers.time.increaseTo(matures - 60n);
        await network.connect(foundation).slash(pool, 300);

        let most = 0n;
        for (let round = 0; round < epochs + 5; round += 1) {
          await nextRound(world);
          const { faults: seen } = await allocator.positionOf(1n);
          if (seen > most) most = seen;
        }
        expect(most).to.equal(faults);
        expect([...(await allocator.positionOf(1n))].slice(3)).to.deep.equal([0n, false, false]);
        expect((await allocator.recordOf(1n)).dueAmount).to.equal(0n);
      });
    }

    it("books what a pool moves back to its stake as lost, but for a hundredth an epoch: it is no longer due then", async () => {
      const world = await load();
      const { allocator, metaPool, hostile } = world;
      await hostile[0]!.setMode(Mode.restakes);
      await askBack(world);
      const { position: kept, unbonding: asked } = await allocator.positionOf(1n);
      const before = await metaPool.getBook();
      await nextRound(world);
      const { position, unbonding, faulted } = await allocator.positionOf(1n);
      expect([unbonding, faulted]).to.deep.equal([0n, false]);
      expect(position - kept).to.be.within(0n, ((kept + asked) * 3n) / 100n);
      const after = await metaPool.getBook(); // shares and the exit bear it together
      expect(after.assets + after.owed).to.equal(before.assets + before.owed - asked + position - kept);
      expect((await allocator.recordOf(1n)).dueAmount).to.be.at.most(position - kept);
    });

    it("faults a pool that moves what is due back to its stake although it earns meanwhile", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await hostile[0]!.setMode(Mode.restakes);
      await askBack(world);
      // An epoch later than who pays nothing: most of it is booked as lost, and the rest has the time anew.
      for (let round = 0; round <= ROUNDS_UNTIL_LATE; round += 1) {
        await hostile[0]!.reward({ value: ether("0.01") });
        await nextRound(world);
      }
      expect((await allocator.positionOf(1n)).faulted).to.equal(true);
    });

    it("does not fault a pool that lost a wei of it while its stake earned", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await askBack(world);
      await hostile[0]!.loseUnstaked(1n);
      for (let round = 0; round < ROUNDS_UNTIL_LATE + 2; round += 1) {
        await hostile[0]!.reward({ value: ether("0.001") });
        await nextRound(world);
      }
      expect((await allocator.positionOf(1n)).unbonding).to.equal(0n);
      expect((await allocator.recordOf(1n)).dueAmount).to.equal(0n);
      expect((await allocator.positionOf(1n)).faulted).to.equal(false);
    });

    it("does not fault a pool whose stake earned twice what was slashed on its way", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await askBack(world);
      await hostile[0]!.loseUnstaked(ether("0.05"));
      await hostile[0]!.reward({ value: ether("0.11") });
      await rounds(world, ROUNDS_UNTIL_LATE + 2);
      expect((await allocator.positionOf(1n)).faulted).to.equal(false);
    });

    it("does not fault a pool whose slash a leg was the first to see", async () => {
      const world = await load();
      const { allocator, registry, metaPool, hostile, guardian } = world;
      await askBack(world, ether(8));
      await hostile[0]!.loseUnstaked(ether(2));
      await registry.connect(guardian).lowerAbsoluteCap(1, ether(12));
      expect(await move(world, [down(1, ether(5))])).to.deep.equal([ether(3)]);
      expect((await allocator.recordOf(1n)).lossSince).to.equal(ether(2));
      expect((await metaPool.getBook()).premium).to.equal(0n);
      await rounds(world, ROUNDS_UNTIL_LATE + 2);
      expect((await allocator.positionOf(1n)).faulted).to.equal(false);
    });

    it("does not fault a pool whose slash settleOne was the first to see", async () => {
      const world = await load();
      const { allocator, hostile } = world;
      await askBack(world);
      await hostile[0]!.loseUnstaked(ether(2));
      await allocator.settleOne(1);
      await rounds(world, ROUNDS_UNTIL_LATE + 2);
      expect((await allocator.positionOf(1n)).faulted).to.equal(false);
    });

    it("does not fault honest pools when keepers come back after ten epochs", async () => {
      const world = await networkHelpers.loadFixture(deployHonest);
      const { allocator, metaPool, alice } = world;
      await metaPool.connect(alice).unstake(ether(30));
      await nextRound(world);
      await move(world, all("down", 4));
      await networkHelpers.time.increase(10n * EPOCH);
      for (let round = 0; round < 8; round += 1) {
        await settleAll(world);
        for (const id of [1n, 2n, 3n, 4n]) expect((await allocator.positionOf(id)).faults).to.equal(0n);
        await networkHelpers.time.increase(EPOCH);
      }
      expect((await metaPool.getBook()).owed).to.be.at.most(ether(30));
      await metaPool.fundExits(10);
      expect((await metaPool.getBook()).owed).to.equal(0n);
    });

    it("lets a pool come back with more than all others hold together", async () => {
      const world = await load();
      const { allocator, metaPool, hostile, alice } = world;
      await hostile[0]!.setMode(Mode.neverPays);
      await metaPool.connect(alice).unstake_all();
      await nextRound(world);
      const asked = (await move(world, all("down", 4)))[0]!;
      await rounds(world, ROUNDS_UNTIL_LATE + 2);
      expect((await allocator.positionOf(1n)).writtenDown).to.equal(true);
      const before = await metaPool.getBook();
      expect(before.delegated).to.be.lessThan(asked);

      const balance = await ethers.provider.getBalance(metaPool);

      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      expect(await ethers.provider.getBalance(metaPool)).to.equal(balance + asked);
      expect((await allocator.positionOf(1n)).writtenDown).to.equal(false);
      const { delegated, buffer } = await metaPool.getBook();
      expect([delegated, buffer]).to.deep.equal([before.delegated, before.buffer + asked]);
    });

    for (const waited of [false, true]) {
      const others = waited ? "what was asked for before has" : "nothing else has";
      it(`does not fault a pool whose round came too early for it to begin, when ${others} to arrive`, async () => {
        const world = await networkHelpers.loadFixture(deployHonest);
        const { allocator, metaPool, honest, alice, bob } = world;
        const pool = honest[0]!.pool.connect(bob);
        await pool.deposit_and_stake({ value: ether(1) });
        await metaPool.connect(alice).unstake(ether(20));
        await nextRound(world);
        if (waited) await move(world, [down(1, ether(2))]);
        await networkHelpers.time.increase(await pool.unbondingTime());
        // The pool begins to unbond once an epoch: the leg has to wait for the next one, and the round does not.
        await pool.unstake_all();
        await move(world, [down(1, ether(8))]);
        await settleAll(world);

        await networkHelpers.time.increase(10n * EPOCH);
        for (let round = 0; round < 8; round += 1) {
          await settleAll(world);
          expect((await allocator.positionOf(1n)).faults).to.equal(0n);
          await networkHelpers.time.increase(EPOCH);
        }
        expect((await allocator.positionOf(1n)).unbonding).to.equal(0n);
        await metaPool.fundExits(10);
        expect((await metaPool.getBook()).owed).to.equal(ether(waited ? 10 : 12));
      });
    }
  });
});

async function deployHonest() {
  const bond = ether(1);
  const world = await deployWorld({
    honest: [{ bond }, { bond }, { bond }, { bond }],
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  return world;
}
