/** What stakes pay for written-down operators: whoever comes or goes, in whichever order they return, nobody takes another's. */
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

/** The two operators hold 20 ether each of 100; alice has all of it but for the seed. */
async function deployTwo() {
  const world = await deployWorld({ hostile: 2, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await nextRound(world);
  await move(world, [up(1, ether(20)), up(2, ether(20))]);
  return world;
}

/** Neither answers: both have been written down in one round, the first one first. */
async function deployTwoDown() {
  const world = await deployTwo();
  for (const pool of world.hostile) await pool.setMode(Mode.reverts);
  for (let round = 0; round < 3; round += 1) await nextRound(world);
  return world;
}

async function back(world: World, ...operators: number[]): Promise<void> {
  for (const id of operators) await world.hostile[id - 1]!.setMode(Mode.honest);
  await nextRound(world);
}

/** The first one dies, and is back with no more than `amount` of its 20 ether. */
async function returnWith(world: World, amount: bigint): Promise<void> {
  const [pool] = world.hostile as [World["hostile"][0]];
  await pool.setMode(Mode.reverts);
  for (let round = 0; round < 3; round += 1) await nextRound(world);
  await pool.lose(ether(20) - amount);
  await back(world, 1);
  expect((await world.allocator.positionOf(1)).position).to.equal(amount);
}

async function settle(world: World) {
  await nextEpoch(world);
  return world.allocator.settle(100, PAGE);
}

/** All gains are released, whoever brought them. */
async function release(world: World): Promise<void> {
  await nextRound(world);
  await networkHelpers.time.increase(8n * DAY);
  expect((await world.metaPool.getBook()).locked).to.equal(0n);
}

async function staked({ metaPool }: World, who: World["alice"]): Promise<bigint> {
  return metaPool.get_account_staked_balance(who);
}

describe("Allocator", () => {
  describe("the premium of two written-down operators", () => {
    for (const order of [[[1, 2]], [[1], [2]], [[2], [1]]]) {
      const how = order.map((ids) => ids.join(" and ")).join(", then ");

      it(`leaves nothing for who stakes once they are back: ${how}`, async () => {
        const world = await networkHelpers.loadFixture(deployTwoDown);
        for (const ids of order) await back(world, ...ids);
        expect(await staked(world, world.alice)).to.equal(ether("99.9"));

        await world.metaPool.connect(world.eve).deposit_and_stake({ value: ether(900) });
        await release(world);

        expect(await staked(world, world.eve)).to.equal(ether(900));
        expect(await staked(world, world.alice)).to.equal(ether("99.9"));
      });
    }

    for (const [first, second] of [
      [1, 2],
      [2, 1],
    ] as const) {
      it(`is paid by who stakes while one of them is away: ${first} is back, ${second} is not`, async () => {
        const world = await networkHelpers.loadFixture(deployTwoDown);
        const { metaPool, alice, bob, eve } = world;
        // Of 100 ether 60 are left, and 40 may come back: a share costs what it did.
        await metaPool.connect(bob).deposit_and_stake({ value: ether(100) });
        await back(world, first);
        await metaPool.connect(eve).deposit_and_stake({ value: ether(1_620) });
        await back(world, second);
        await release(world);

        expect(await staked(world, eve)).to.equal(ether(1_620));
        expect(await staked(world, bob)).to.equal(ether(100));
        expect(await staked(world, alice)).to.equal(ether("99.9"));
      });

      it(`is paid for the other one when one has ended by age: ${first} is older, ${second} is back`, async () => {
        const world = await networkHelpers.loadFixture(deployTwo);
        const { metaPool, alice, bob, eve, hostile } = world;
        for (const id of [first, second]) {
          await hostile[id - 1]!.setMode(Mode.reverts);
          for (let round = 0; round < 3; round += 1) await nextRound(world);
          await networkHelpers.time.increase(20n * DAY);
        }
        await metaPool.connect(bob).deposit_and_stake({ value: ether(100) });
        await networkHelpers.time.increase(60n * DAY);
        await nextRound(world); // 83 days and 106: the older one's premium has ended

        // The 20 of the older one are lost for now, a tenth of what everybody had.
        await metaPool.connect(eve).deposit_and_stake({ value: ether(1_620) });
        await back(world, second);
        await release(world);
        expect(await staked(world, eve)).to.equal(ether(1_620));
        expect(await staked(world, bob)).to.equal(ether(90));
        expect(await staked(world, alice)).to.equal(ether("89.91"));
      });
    }

    it("ends in parts as an operator pays in parts: who stakes in between pays for what is missing, and gains nothing", async () => {
      const world = await networkHelpers.loadFixture(deployTwo);
      const { allocator, metaPool, registry, alice, bob, eve, hostile } = world;
      const [pool] = hostile as [World["hostile"][0]];
      // All 20 of the first one are on their way, and late: written down in round 7.
      await pool.setMode(Mode.neverPays);
      await registry.connect(await asNotice(world)).setAbsoluteCap(1, 0);
      expect(await move(world, [down(1, ether(20))])).to.deep.equal([ether(20)]);
      while (!(await allocator.positionOf(1)).writtenDown) await nextRound(world);
      expect((await metaPool.getBook()).premium).to.equal(ether(20));

      await pool.setMode(Mode.honest);
      let [lost, others] = [ether(20), 0n];
      for (const [part, who, stake] of [
        [ether(3), bob, ether(50)],
        [ether(8), eve, ether(200)],
        [1n, undefined, 0n],
      ] as const) {
        await pool.setTrickle(part);
        await nextRound(world);
        lost -= part;
        const { assets, premium, roundGain, locked } = await metaPool.getBook();
        expect([premium, assets, roundGain + locked]).to.deep.equal([lost, ether(100) + others - lost, 0n]);
        if (who === undefined) continue;
        // A share costs what it did before the operator failed.
        await metaPool.connect(who).deposit_and_stake({ value: stake });
        expect(await metaPool.balanceOf(who)).to.equal(stake);
        others += stake;
      }

      await pool.setTrickle(0n);
      await release(world);
      expect((await allocator.recordOf(1)).premiumUnits).to.equal(0n);
      expect(await staked(world, alice)).to.equal(ether("99.9"));
      expect(await staked(world, bob)).to.equal(ether(50));
      expect(await staked(world, eve)).to.equal(ether(200));
    });

    it("loses the part of who leaves meanwhile: what comes back of it is a gain of the round", async () => {
      const world = await networkHelpers.loadFixture(deployTwoDown);
      const { metaPool, alice } = world;
      // 49.95 of 100 shares, and of the 40 that may come back.
      const leaving = metaPool.connect(alice).unstakeShares(ether("49.95"), 0n);
      await expect(leaving).to.emit(metaPool, "PremiumChanged").withArgs(ether(40), ether("20.02"));
      await expect(leaving)
        .to.emit(metaPool, "Unstaked")
        .withArgs(alice.address, 5n, ether("29.97"), ether("49.95"), ether("29.97"));

      for (const [id, left] of [
        [2, ether("10.01")],
        [1, 0n],
      ] as const) {
        await world.hostile[id - 1]!.setMode(Mode.honest);
        await nextEpoch(world);
        const round = world.allocator.settle(100, PAGE);
        await expect(round).to.emit(metaPool, "LossRestored").withArgs(ether("10.01"));
        await expect(round).to.emit(metaPool, "GainBooked").withArgs(ether("9.99"));
        await expect(round)
          .to.emit(metaPool, "PremiumChanged")
          .withArgs(left + ether("10.01"), left);
      }
      await release(world);
      // All 40 are back, with those who stayed.
      expect(await staked(world, alice)).to.equal((ether("70.03") * ether("49.95")) / ether("50.05"));
    });

    it("has more units for the same loss of the shares when leavers have taken a part of what was there", async () => {
      const world = await networkHelpers.loadFixture(deployTwo);
      const { allocator, metaPool, alice, hostile } = world;
      await hostile[0]!.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      expect((await allocator.recordOf(1)).premiumUnits).to.equal(ether(20));
      await metaPool.connect(alice).unstakeShares(ether("49.95"), 0n);
      expect((await metaPool.getBook()).premium).to.equal(ether("10.01"));

      // Exits are owed 39.96, shares have 40.04: of the second 20 they lose 10.01, as much as is left of the first.
      await hostile[1]!.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      expect((await allocator.recordOf(2)).premiumUnits).to.equal(ether(20));
      expect((await metaPool.getBook()).premium).to.equal(ether("20.02"));
    });
  });

  describe("the premium of an operator that came back with less", () => {
    it("ends with what it gains since: nobody pays twice", async () => {
      const world = await networkHelpers.loadFixture(deployTwo);
      const { allocator, metaPool, registry, alice, bob, hostile } = world;
      await returnWith(world, 0n);
      expect((await metaPool.getBook()).premium).to.equal(ether(20));
      await hostile[0]!.oweMore(ether(12));
      await expect(settle(world))
        .to.emit(metaPool, "LossRestored")
        .withArgs(ether(12))
        .to.emit(metaPool, "PremiumChanged")
        .withArgs(ether(20), ether(8));
      const { lost, premiumUnits, hasMore } = await allocator.recordOf(1);
      expect([lost, premiumUnits, hasMore]).to.deep.equal([ether(8), ether(8), true]);

      await hostile[0]!.oweMore(ether(9)); // one more than is missing
      await networkHelpers.setBalance(await hostile[0]!.getAddress(), ether(9));
      await expect(settle(world)).to.emit(metaPool, "GainBooked").withArgs(ether(1));
      const after = await allocator.recordOf(1);
      expect([after.lost, after.premiumUnits, after.hasMore]).to.deep.equal([0n, 0n, false]);
      const { premium, assets } = await metaPool.getBook();
      expect([premium, assets]).to.deep.equal([0n, ether(100)]);
      expect((await registry.operator(1)).watch).to.equal(true);
      await metaPool.connect(bob).deposit_and_stake({ value: ether(900) });
      expect(await staked(world, bob)).to.be.closeTo(ether(900), 10n);
      expect(await staked(world, alice), "and what is released of the one").to.be.within(ether("99.9"), ether("99.91"));
    });

    it("does not end by cash that is stake gone: nothing that was missing is there", async () => {
      const world = await networkHelpers.loadFixture(deployTwo);
      const { allocator, metaPool, hostile } = world;
      await returnWith(world, ether(10));
      expect((await metaPool.getBook()).premium).to.equal(ether(10));
      await hostile[0]!.oweMore(ether(4));
      await hostile[0]!.lose(ether(3));
      await expect(settle(world))
        .to.emit(metaPool, "PremiumChanged")
        .withArgs(ether(10), ether(9))
        .to.emit(allocator, "OperatorRead")
        .withArgs(1n, 6n, ether(7), 0n, ether(4), ether(4), ether(3));
      const { lost, premiumUnits } = await allocator.recordOf(1);
      expect([lost, premiumUnits]).to.deep.equal([ether(9), ether(9)]);

      await hostile[0]!.oweMore(ether(7));
      await hostile[0]!.lose(ether(7));
      await expect(settle(world)).not.to.emit(metaPool, "PremiumChanged");
      expect((await metaPool.getBook()).assets).to.be.closeTo(ether(91), 10n);
    });

    it("is none for what it had paid, when it dies with little and shows all of it a second time", async () => {
      const world = await networkHelpers.loadFixture(deployTwo);
      const { allocator, metaPool, alice, eve, hostile } = world;
      await metaPool.connect(alice).transfer(eve, ether(50));
      await returnWith(world, ether(1));
      await hostile[0]!.oweMore(ether(19));
      await nextRound(world);
      expect(await staked(world, eve)).to.equal(ether(50));
      await hostile[0]!.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      expect((await allocator.recordOf(1)).lost).to.equal(ether(1));
      await hostile[0]!.reward({ value: ether(19) }); // shown as staked
      await back(world, 1);
      await release(world);

      // Of 1 ether that was given up, 1 is back, and earns a hundredth by the next reading.
      expect(await staked(world, eve)).to.equal(ether("50.005"));
      expect(await staked(world, alice)).to.equal(ether("49.90499"));
    });

    it("does not begin its ninety days anew with a wei that dies, nor does a new loss end with an old wei", async () => {
      const world = await networkHelpers.loadFixture(deployTwo);
      const { allocator, metaPool, hostile, eve } = world;
      await returnWith(world, 1n);
      const { writtenDownAt: first } = await allocator.recordOf(1);
      await networkHelpers.time.increase(80n * DAY);
      await hostile[0]!.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      const { writtenDownAt: second, lost } = await allocator.recordOf(1);
      expect([second - first, lost]).to.deep.equal([0n, ether(20)]);
      await networkHelpers.time.increase(8n * DAY);
      await expect(allocator.connect(eve).clearWriteDown(1))
        .to.emit(metaPool, "PremiumChanged")
        .withArgs(ether(20) - 1n, 0n);

      // Of the second one a wei is missing since long when it loses 20.
      await hostile[1]!.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      expect(await networkHelpers.time.latest()).to.be.closeTo((await allocator.recordOf(2)).writtenDownAt, 5n);
    });

    it("runs from between two losses, by what is missing of each", async () => {
      const world = await networkHelpers.loadFixture(deployTwo);
      const { allocator, hostile } = world;
      await returnWith(world, ether(5));
      const { writtenDownAt: first } = await allocator.recordOf(1);
      await networkHelpers.time.increase(40n * DAY);
      await hostile[0]!.setMode(Mode.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(world);
      const { writtenDownAt, lost } = await allocator.recordOf(1);
      const last = BigInt(await networkHelpers.time.latest());
      expect(lost).to.equal(ether(20));
      expect(writtenDownAt).to.be.closeTo((first * 3n + last) / 4n, 5n);
    });
  });
});
