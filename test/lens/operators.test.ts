import { expect } from "chai";

import { NO_SHARE } from "../../rocketh/parameters.ts";
import { ROLES } from "../../src/roles.ts";
import { createOperators } from "../../scripts/steps/operators.ts";
import { nextRound, PAGE } from "../../scripts/steps/rounds.ts";
import {
  asNotice,
  BINDING,
  certifiedRound,
  certify,
  deployFour,
  deployWithLens,
  ether,
  ethers,
  lift,
  listHostile,
  MODE,
  networkHelpers,
} from "./pools.ts";

/** Everybody at its target: 99, 198, 250 and what the bond of 2 ether carries. */
async function deployFilled() {
  const pool = await deployFour();
  await certifiedRound(pool);
  await lift(pool, [1n, 2n, 3n, 4n]);
  return pool;
}

/** A fifth operator, whose pool misbehaves on command, holds 100 ether. */
async function deployWithHostile() {
  const pool = await deployFour();
  const { id, hostile } = await listHostile(pool, [2]);
  await certifiedRound(pool);
  await lift(pool, [id]);
  return { ...pool, id, hostile };
}

/** Four equal operators at their targets, far from any cap. */
async function deployEqual() {
  const pool = await deployWithLens(
    { pool: { bufferTargetBps: 100 }, policy: { poolShareBps: 3_333, netShareBps: NO_SHARE, bondRatio: 0 } },
    [],
    [{}, {}, {}, {}],
  );
  await pool.metaPool.connect(pool.staker).deposit_and_stake({ value: ether(999.9) });
  await certifiedRound(pool);
  await lift(pool, [1n, 2n, 3n, 4n]);
  return pool;
}

/** As `deployEqual`, each in a group of the second dimension alone. */
async function deployUngrouped() {
  const pool = await deployWithLens(
    { pool: { bufferTargetBps: 100 }, policy: { poolShareBps: 3_333, netShareBps: NO_SHARE, bondRatio: 0 } },
    [{ dimension: 2 }],
    Array.from({ length: 4 }, () => ({ groups: [0, 1] })),
  );
  await pool.metaPool.connect(pool.staker).deposit_and_stake({ value: ether(999.9) });
  await certifiedRound(pool);
  await lift(pool, [1n, 2n, 3n, 4n]);
  return pool;
}

/** Of two operators, the one with nearly all the weight would exceed its share of the network's stake. */
async function deployInSmallNetwork() {
  const pool = await deployWithLens(
    { policy: { poolShareBps: 3_333, netShareBps: 4_000, bondRatio: 0 } },
    [],
    [
      { bond: ether(10), weight: 300 },
      { bond: ether(400), weight: 1 },
    ],
  );
  await pool.metaPool.connect(pool.staker).deposit_and_stake({ value: ether(999.9) });
  return pool;
}

async function deployOpen() {
  const pool = await deployWithLens(
    { policy: { poolShareBps: 3_000, netShareBps: NO_SHARE, bondRatio: 0 } },
    [],
    [{ weight: 300 }, { weight: 10 }, { weight: 10 }, { weight: 0 }, { weight: 10 }],
  );
  await pool.metaPool.connect(pool.staker).deposit_and_stake({ value: ether(999.9) });
  return pool;
}

const NOTHING = [0n, 0n, 0n];
/** Gas that must be left for each operator: as AllocatorBook.GAS_PER_OPERATOR. */
const NEEDED = 2_469_841n;

describe("PoolLens", () => {
  describe("operators", () => {
    it("shows who an operator is", async () => {
      const { lens, registry, factory, operators } = await networkHelpers.loadFixture(deployFour);
      const [, second] = await lens.operators(1, 10);
      expect(second!.id).to.equal(2n);
      expect(second!.operator).to.deep.equal(await registry.operator(2));
      expect(second!.operator.pool).to.equal(operators[1]!.address);
      expect([second!.minWeight, second!.maxWeight]).to.deep.equal([0n, 2_000n]);
      expect(second!.factory).to.equal(ethers.getAddress(await factory.getAddress()));
      expect(second!.rooms.bond).to.equal(ether(10));
    });

    it("refuses a caller that sends too little to read a dear bond, rather than to show none", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployFilled);
      const rooms = await allocator.roomsOf(1, 4);
      for (const gasLimit of [500_000n, 1_000_000n, 2_000_000n, NEEDED]) {
        await expect(allocator.roomsOf(1, 4, { gasLimit }))
          .to.be.revertedWithCustomError(allocator, "TooLittleGas")
          .withArgs((left: bigint) => left < gasLimit, NEEDED);
      }
      expect(await allocator.roomsOf(1, 4, { gasLimit: NEEDED + 500_000n })).to.deep.equal(rooms);
    });

    it("pages", async () => {
      const { lens } = await networkHelpers.loadFixture(deployFilled);
      const all = await lens.operators(1, 10);
      expect(all.map(({ id }) => id)).to.deep.equal([1n, 2n, 3n, 4n]);
      expect(await lens.operators(2, 2)).to.deep.equal(all.slice(1, 3));
      expect(await lens.operators(4, 2n ** 256n - 1n)).to.deep.equal(all.slice(3));
      expect(await lens.operators(0, 1)).to.deep.equal(all.slice(0, 1));
      expect(await lens.operators(5, 1)).to.be.empty;
      expect(await lens.operators(1, 0)).to.be.empty;
    });

    it("shows caps, targets and rooms before anything is delegated", async () => {
      const fixture = await networkHelpers.loadFixture(deployFour);
      await certifiedRound(fixture);
      const views = await fixture.lens.operators(1, 10);
      const backed = ether(200) - views[3]!.snapshot.others;

      expect(views.map(({ rooms }) => rooms.cap)).to.deep.equal([ether(297), ether(297), ether(250), backed]);
      expect(views.map(({ rooms }) => rooms.increaseCap)).to.deep.equal([ether(297), ether(297), ether(250), backed]);
      expect(views.map(({ rooms }) => rooms.target)).to.deep.equal([ether(99), ether(198), ether(250), backed]);
      expect(views.map(({ rooms }) => rooms.up)).to.deep.equal([ether(99), ether(198), ether(250), backed]);
      for (const { rooms } of views) expect(rooms.down).to.deep.equal(NOTHING);
    });

    it("says why each operator stands where it stands", async () => {
      const { lens } = await networkHelpers.loadFixture(deployFilled);
      const views = await lens.operators(1, 10);
      expect(views.map(({ binding }) => binding)).to.deep.equal([
        BINDING.group,
        BINDING.group,
        BINDING.absoluteCap,
        BINDING.bond,
      ]);
      expect(views.map(({ bindingGroup }) => bindingGroup)).to.deep.equal([1n, 1n, 0n, 0n]);
      for (const { position, rooms } of views) {
        expect(position.position).to.be.closeTo(rooms.target, 2n);
        expect(rooms.up).to.be.at.most(2n);
      }
    });

    it("names the pool's share, the level and the missing weight", async () => {
      const fixture = await networkHelpers.loadFixture(deployOpen);
      await certifiedRound(fixture);
      await createOperators(fixture, [{ weight: 10 }]);
      const views = await fixture.lens.operators(1, 10);
      const { poolShare, level, noWeight, notRead } = BINDING;
      expect(views.map(({ binding }) => binding)).to.deep.equal([poolShare, level, level, noWeight, level, notRead]);
    });

    it("names the network's share, of which what others staked there is taken off", async () => {
      const fixture = await networkHelpers.loadFixture(deployInSmallNetwork);
      await certifiedRound(fixture);
      const [first] = await fixture.lens.operators(1, 2);

      const { networkStake } = (await fixture.lens.pool()).snapshot;
      expect(first!.rooms.cap)
        .to.equal((networkStake * 4n) / 10n - first!.snapshot.others)
        .and.to.be.above(0n);
      expect(first!.binding).to.equal(BINDING.netShare);
    });

    it("sends all of a drained operator home, as far as the budget goes", async () => {
      const fixture = await networkHelpers.loadFixture(deployFilled);
      await nextRound(fixture);
      await fixture.registry.connect(fixture.guardian).drain(1);
      const { budgets, snapshot } = await fixture.lens.pool();
      const [view] = await fixture.lens.operators(1, 1);
      expect(view!.binding).to.equal(BINDING.draining);
      expect(view!.rooms.increaseCap).to.equal(0n);
      expect(view!.rooms.violationCap).to.equal(0n);
      expect(view!.rooms.up).to.equal(0n);
      expect(budgets.class0Limit).to.equal(snapshot.total / 10n);
      expect(view!.rooms.down).to.deep.equal([budgets.class0Limit, 0n, 0n]);
      expect(await fixture.lens.rebalanceNeeded()).to.deep.equal([true, 0n, budgets.class0Limit]);
    });

    it("sends all of an operator home that is no longer vouched for", async () => {
      const fixture = await networkHelpers.loadFixture(deployFilled);
      await nextRound(fixture);
      await fixture.registry.connect(fixture.foundation).unwhitelistPool(fixture.operators[0]!.address);
      const [view] = await fixture.lens.operators(1, 1);
      expect(view!.binding).to.equal(BINDING.notWhitelisted);
      expect(view!.rooms.down[0]).to.equal((await fixture.lens.pool()).budgets.class0Limit);
    });

    it("names a delisted operator", async () => {
      const fixture = await networkHelpers.loadFixture(deployFilled);
      await nextRound(fixture);
      await fixture.registry.connect(fixture.guardian).delist(1);
      expect((await fixture.lens.operators(1, 1))[0]!.binding).to.equal(BINDING.delisted);
    });

    it("holds a watched operator at what it has", async () => {
      const fixture = await networkHelpers.loadFixture(deployOpen);
      await certifiedRound(fixture);
      await fixture.allocator.rebalance([{ operator: 1, amount: ether(50), up: true }]);
      await fixture.registry.connect(fixture.guardian).watch(1);
      const [view] = await fixture.lens.operators(1, 1);
      expect(view!.rooms.increaseCap).to.equal(view!.position.position);
      expect(view!.rooms.up).to.equal(0n);
      expect(view!.rooms.down).to.deep.equal(NOTHING);

      await certifiedRound(fixture);
      expect((await fixture.lens.operators(1, 1))[0]!.binding).to.equal(BINDING.watch);
    });

    it("names the ramp of who is let in anew", async () => {
      const fixture = await networkHelpers.loadFixture(deployOpen);
      const { accessManager, deployer, registry, lens } = fixture;
      await accessManager.connect(deployer).grantRole(ROLES.scorer, deployer, 0);
      await registry.connect(deployer).drainByReport(1);
      await registry.connect(deployer).readmit(1);
      await certifiedRound(fixture);
      await certifiedRound(fixture); // a ramp begins at a part of what the round before found in the pool

      const [view] = await lens.operators(1, 1);
      expect(view!.ramp).to.equal(ether(995) / 2_000n); // of all but the buffer
      expect([view!.rooms.cap, view!.rooms.up]).to.deep.equal([view!.ramp, view!.ramp]);
      expect(view!.binding).to.equal(BINDING.ramp);
    });

    it("leaves a faulted operator alone", async () => {
      const fixture = await networkHelpers.loadFixture(deployWithHostile);
      const { lens, hostile, id } = fixture;
      await hostile.setMode(MODE.reverts);
      await nextRound(fixture);
      const [view] = await lens.operators(id, 1);
      expect(view!.binding).to.equal(BINDING.faulted);
      expect(view!.position.faults).to.equal(1n);
      expect(view!.rooms.bond).to.equal(0n);
      expect([view!.rooms.target, view!.rooms.cap, view!.rooms.up]).to.deep.equal(NOTHING);
      expect(view!.rooms.down).to.deep.equal(NOTHING);
      const { live, snapshot } = await lens.pool();
      expect(live.faultedStake).to.equal(view!.position.position);
      expect(snapshot.faultedStake).to.equal(view!.position.position);
    });

    it("names an operator that was written down", async () => {
      const fixture = await networkHelpers.loadFixture(deployWithHostile);
      await fixture.hostile.setMode(MODE.reverts);
      for (let round = 0; round < 3; round += 1) await nextRound(fixture);
      const [view] = await fixture.lens.operators(fixture.id, 1);
      expect(view!.binding).to.equal(BINDING.writtenDown);
      expect(view!.position.position).to.equal(0n);
      expect(view!.record.lost).to.be.greaterThan(0n);
      const { premium } = (await fixture.lens.pool()).book;
      expect([premium, view!.record.premiumUnits]).to.deep.equal([view!.record.lost, view!.record.lost]);
    });

    it("shows four times the fair part of a need before certification, and down to the target after it", async () => {
      const fixture = await networkHelpers.loadFixture(deployEqual);
      await fixture.metaPool.connect(fixture.staker).unstake(ether(250));
      await nextRound(fixture);
      const { snapshot, live, book } = await fixture.lens.pool();
      expect(snapshot.need).to.equal(ether(250) + book.bufferTarget - book.buffer);
      expect(live.need).to.equal(snapshot.need);
      for (const { position, rooms } of await fixture.lens.operators(1, 4)) {
        const part = (4n * snapshot.need * position.position + snapshot.healthy - 1n) / snapshot.healthy;
        expect(rooms.down).to.deep.equal([0n, least(part, position.position, live.need), 0n]);
      }
      expect(await fixture.lens.rebalanceNeeded()).to.deep.equal([true, 1n, live.need]);

      await certify(fixture);
      for (const { position, rooms } of await fixture.lens.operators(1, 4)) {
        expect(rooms.down[1]).to.equal(least(position.position, live.need));
      }
      const legs = [1, 2].map((operator) => ({ operator, amount: live.need, up: false }));
      await fixture.allocator.rebalance(legs, PAGE);
      expect((await fixture.lens.pool()).live.need).to.equal(0n);
      for (const { rooms } of await fixture.lens.operators(1, 4)) expect(rooms.down[1]).to.equal(0n);
    });

    it("trims what exceeds the target by more than the band, within the budget", async () => {
      const fixture = await networkHelpers.loadFixture(deployEqual);
      await fixture.registry.connect(fixture.scorer).setWeights([1], [80]);
      await certifiedRound(fixture);
      const { snapshot } = await fixture.lens.pool();
      const [first, second] = await fixture.lens.operators(1, 2);
      expect(first!.rooms.down).to.deep.equal([0n, 0n, snapshot.total / 50n]);
      expect(second!.rooms.down).to.deep.equal(NOTHING);
      expect(second!.rooms.target).to.be.greaterThan(second!.position.position);
      expect(await fixture.lens.rebalanceNeeded()).to.deep.equal([true, 2n, snapshot.total / 50n]);
    });

    it("leaves rooms out of the sums that are dust, for no leg moves them", async () => {
      const fixture = await networkHelpers.loadFixture(deployFour);
      const { lens, allocator, registry } = fixture;
      const dust = ether(0.001);
      await certifiedRound(fixture);
      await allocator.rebalance([{ operator: 2, amount: ether(100) - dust, up: true }], PAGE);
      await lift(fixture, [3n]);
      const byNotice = registry.connect(await asNotice(fixture));
      await byNotice.lowerAbsoluteCap(2, ether(100));
      await byNotice.drain(3);
      const { class0Limit } = (await lens.pool()).budgets;
      await allocator.rebalance([{ operator: 3, amount: class0Limit - dust, up: false }], PAGE);

      const [first, second, third, fourth] = (await lens.operators(1, 4)).map(({ rooms }) => rooms);
      expect([second!.up, second!.upIsDust]).to.deep.equal([dust, true]);
      expect([third!.down[0], third!.downIsDust]).to.deep.equal([dust, true]);
      expect(first!.up + fourth!.up).to.be.greaterThan(ether(100));
      expect(await lens.roomSums(1, 4)).to.deep.equal([0n, 0n, 0n, first!.up + fourth!.up]);
      const legs = [
        { operator: 2, amount: dust, up: true },
        { operator: 3, amount: dust, up: false },
      ];
      expect(await allocator.rebalance.staticCall(legs, PAGE)).to.deep.equal([0n, 0n]);
    });

    it("sees no violation in a dimension in which an operator has no group", async () => {
      const fixture = await networkHelpers.loadFixture(deployUngrouped);
      await fixture.registry.connect(fixture.scorer).setWeights([1], [80]);
      await certifiedRound(fixture);
      const [first] = await fixture.lens.operators(1, 1);
      expect(first!.position.position).to.be.greaterThan(first!.rooms.target);
      expect(first!.rooms.down).to.deep.equal([0n, 0n, (await fixture.lens.pool()).snapshot.total / 50n]);
    });

    it("asks for legs up once money is free", async () => {
      const fixture = await networkHelpers.loadFixture(deployEqual);
      expect(await fixture.lens.rebalanceNeeded()).to.deep.equal([false, 0n, 0n]);
      await fixture.metaPool.connect(fixture.staker).deposit_and_stake({ value: ether(10) });
      await certifiedRound(fixture);
      const { live } = await fixture.lens.pool();
      expect(live.free).to.be.closeTo(ether(9.9), 10n);
      expect(await fixture.lens.rebalanceNeeded()).to.deep.equal([true, 3n, live.free]);
    });
  });
});

function least(...amounts: bigint[]): bigint {
  return amounts.reduce((least, amount) => (amount < least ? amount : least));
}
