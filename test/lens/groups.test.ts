import { expect } from "chai";

import { readGroups } from "../../src/lens/read.ts";
import { certifiedRound, deployFour, deployWithLens, ether, lift, listHostile, MODE, networkHelpers } from "./pools.ts";
import { nextRound } from "../../scripts/steps/rounds.ts";
import { NO_SHARE } from "../../rocketh/parameters.ts";

const NO_CAP = 2n ** 96n - 1n;
const NO_LEVEL = 2n ** 160n - 1n;

async function deployFilled() {
  const pool = await deployFour();
  await certifiedRound(pool);
  await lift(pool, [1n, 2n, 3n, 4n]);
  return pool;
}

async function deployWithHostile() {
  const pool = await deployFour();
  const { id, hostile } = await listHostile(pool, [2]);
  await certifiedRound(pool);
  await lift(pool, [id]);
  return { ...pool, id, hostile };
}

/** Jurisdictions of 74 and 75 % with an operator each, one of 75 % without any, and a client; a round has read them. */
async function deployTight() {
  const pool = await deployWithLens(
    { policy: { poolShareBps: 3_333, netShareBps: NO_SHARE } },
    [
      { dimension: 2, poolShareBps: 7_400 },
      { dimension: 2, poolShareBps: 7_500 },
      { dimension: 2, poolShareBps: 7_500 },
      { dimension: 4 },
    ],
    [
      { bond: ether(10), groups: [0, 1, 0, 4] },
      { bond: ether(10), groups: [0, 2, 0, 4] },
    ],
  );
  await nextRound(pool);
  return pool;
}

/** The same operators, who ramp in a group of 5 %, beside one of 80 %. */
async function deployTenure() {
  const pool = await deployWithLens(
    {},
    [
      { dimension: 5, poolShareBps: 500 },
      { dimension: 5, poolShareBps: 8_000 },
      { dimension: 5, poolShareBps: 8_000 },
    ],
    [{ groups: [0, 0, 0, 0, 1] }, { groups: [0, 0, 0, 0, 2] }, { groups: [0, 0, 0, 0, 3] }],
  );
  await pool.registry.connect(pool.deployer).setTenureGroup(1);
  await nextRound(pool);
  return pool;
}

describe("PoolLens", () => {
  describe("groups", () => {
    it("shows caps, positions, weights and levels", async () => {
      const { lens } = await networkHelpers.loadFixture(deployFilled);
      const [pool, first, second, third] = await readGroups(lens);
      const operators = await lens.operators(1, 4);
      const positions = operators.map(({ position }) => position.position);
      const others = operators.map(({ snapshot }) => snapshot.others);

      expect(pool!.snapshot.cap).to.equal(ether(990));
      expect(pool!.snapshot.position).to.equal(positions[0]! + positions[1]! + positions[2]! + positions[3]!);
      expect(pool!.snapshot.level).to.equal(NO_LEVEL);
      expect([pool!.snapshot.weight, pool!.snapshot.members]).to.deep.equal([500n, 4n]);
      expect([pool!.live.increaseCap, pool!.live.violationCap]).to.deep.equal([ether(990), NO_CAP]);

      expect(first!.caps.poolShareBps).to.equal(3_000n);
      expect(first!.snapshot.cap).to.equal(ether(297));
      expect(first!.snapshot.position).to.equal(positions[0]! + positions[1]!);
      expect(first!.snapshot.others).to.equal(others[0]! + others[1]!);
      expect(first!.snapshot.level).to.equal(ether(0.99) * 10n ** 18n);
      expect([first!.live.increaseCap, first!.live.violationCap]).to.deep.equal([ether(297), ether(297)]);

      expect(second!.snapshot.cap).to.equal(ether(495));
      expect(second!.snapshot.level).to.equal(NO_LEVEL);
      expect(third!.snapshot.cap).to.equal(ether(900));
      expect(third!.snapshot.weight).to.equal(300n);
    });

    it("reads the smaller and the larger total once the pool has moved on", async () => {
      const { lens, metaPool, staker } = await networkHelpers.loadFixture(deployFilled);
      await metaPool.connect(staker).deposit_and_stake({ value: ether(100) });
      const [pool, first] = await readGroups(lens);
      expect(pool!.live.increaseCap).to.equal(ether(990));
      expect(first!.live.increaseCap).to.equal(ether(297));
      expect(first!.live.violationCap).to.equal((ether(1_089) * 3_000n) / 10_000n);
    });

    it("takes the stake of faulted members off", async () => {
      const fixture = await networkHelpers.loadFixture(deployWithHostile);
      await fixture.hostile.setMode(MODE.reverts);
      await nextRound(fixture);
      const { position } = await fixture.allocator.positionOf(fixture.id);
      const second = (await readGroups(fixture.lens))[2]!;
      expect(position).to.be.greaterThan(0n);
      expect(second.snapshot.faulted).to.equal(position);
      expect(second.snapshot.cap).to.equal(ether(495) - position);
      expect(second.live.increaseCap).to.equal(ether(495) - position);
    });

    it("warns when the caps of a dimension leave hardly any choice", async () => {
      const { lens } = await networkHelpers.loadFixture(deployTight);
      const groups = await readGroups(lens);
      expect(groups.map(({ tight }) => tight)).to.deep.equal([false, true, false, false, false]);
      expect(groups.map(({ groupsInDimension }) => groupsInDimension)).to.deep.equal([1n, 2n, 2n, 2n, 1n]);
    });

    it("warns of no group, and counts none, whose members no round has read", async () => {
      const { lens } = await networkHelpers.loadFixture(deployFour);
      const groups = await readGroups(lens);
      expect(groups.map(({ tight }) => tight)).to.deep.equal([false, false, false, false]);
      expect(groups.map(({ groupsInDimension }) => groupsInDimension)).to.deep.equal([1n, 0n, 0n, 0n]);
    });

    it("leaves the tenure group out, since who is established sits outside of it", async () => {
      const { lens, registry, deployer } = await networkHelpers.loadFixture(deployTenure);
      const read = async () => {
        const groups = await readGroups(lens);
        return groups.map(({ isTenure, tight, groupsInDimension }) => [isTenure, tight, groupsInDimension]);
      };
      expect(await read()).to.deep.equal([
        [false, false, 1n],
        [true, false, 2n],
        [false, false, 2n],
        [false, false, 2n],
      ]);

      await registry.connect(deployer).setTenureGroup(0);
      expect(await read()).to.deep.equal([
        [false, false, 1n],
        [false, true, 3n],
        [false, false, 3n],
        [false, false, 3n],
      ]);
    });

    for (const mode of [1n, 2n]) {
      it(`shows the caps that were set, and warns of none, in a dimension of mode ${mode}`, async () => {
        const { lens, registry, deployer } = await networkHelpers.loadFixture(deployTight);
        await registry.connect(deployer).setDimensionMode(2, mode);
        const groups = await readGroups(lens);

        expect(groups.map((group) => group.mode)).to.deep.equal([0n, mode, mode, mode, 0n]);
        expect(groups.map(({ tight }) => tight)).to.deep.equal([false, false, false, false, false]);
        expect(groups[1]!.caps).to.deep.equal([2n, BigInt(NO_SHARE), BigInt(NO_SHARE), NO_CAP]);
        expect(groups[1]!.stated).to.deep.equal([2n, 7_400n, BigInt(NO_SHARE), NO_CAP]);
        expect([groups[1]!.live.increaseCap, groups[1]!.live.violationCap]).to.deep.equal([
          groups[1]!.snapshot.cap,
          NO_CAP,
        ]);
      });
    }

    it("has no caps, and no level, in the round after a dimension is off, and again in the one after it is hard", async () => {
      const pool = await networkHelpers.loadFixture(deployTight);
      const { lens, registry, deployer, metaPool, staker } = pool;
      await metaPool.connect(staker).deposit_and_stake({ value: ether(99) });
      await registry.connect(deployer).setDimensionMode(2, 2);
      await nextRound(pool);
      const off = (await readGroups(lens))[1]!;
      expect([off.snapshot.cap, off.snapshot.level, off.snapshot.members]).to.deep.equal([NO_CAP, NO_LEVEL, 1n]);

      await registry.connect(deployer).setDimensionMode(2, 0);
      await nextRound(pool);
      const hard = (await readGroups(lens))[1]!;
      const { total } = await pool.allocator.poolSnapshot();
      expect(hard.snapshot.cap).to.equal((total * 7_400n) / 10_000n);
      expect(hard.snapshot.level).to.equal((hard.snapshot.cap * 10n ** 18n) / 100n);
    });

    it("pages", async () => {
      const { lens } = await networkHelpers.loadFixture(deployFour);
      const all = await readGroups(lens);
      expect(all.map(({ id }) => id)).to.deep.equal([0n, 1n, 2n, 3n]);
      expect(await readGroups(lens, { pageSize: 1 })).to.deep.equal(all);
      expect(await readGroups(lens, { pageSize: 3 })).to.deep.equal(all);
      expect(await lens.groups(4, 2n ** 256n - 1n)).to.be.empty;
    });
  });
});
