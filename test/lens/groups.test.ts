import { expect } from "chai";

import { readGroups } from "../../src/lens/read.ts";
import { certifiedRound, deployFour, deployWithLens, ether, lift, listHostile, MODE, networkHelpers } from "./pools.ts";
import { nextRound } from "../../scripts/steps/rounds.ts";

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

/** Two jurisdictions of 74 % and two clients of 75 %. */
async function deployTight() {
  return deployWithLens({}, [
    { dimension: 2, poolShareBps: 7_400 },
    { dimension: 2, poolShareBps: 7_500 },
    { dimension: 4 },
  ]);
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
      expect(groups.map(({ tight }) => tight)).to.deep.equal([false, true, false, false]);
      expect(groups.map(({ groupsInDimension }) => groupsInDimension)).to.deep.equal([1n, 2n, 2n, 1n]);
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
