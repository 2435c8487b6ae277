import { expect } from "chai";

import { checkLevels } from "../../src/allocation/certificate.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import { problemOf } from "../../src/allocation/caps.ts";
import { planLegs } from "../../src/allocation/plan.ts";
import { readLens, readOperators, readPool } from "../../src/lens/read.ts";
import { readSnapshot, toSheet, toSnapshot } from "../../src/lens/snapshot.ts";
import { nextRound, PAGE } from "../../scripts/steps/rounds.ts";
import { refusalOf } from "../fixtures/refusal.ts";
import { deployFour, ether, networkHelpers } from "./pools.ts";

async function deployRead() {
  const pool = await deployFour();
  await nextRound(pool);
  return pool;
}

describe("readLens", () => {
  it("reads everything at one block", async () => {
    const { lens, metaPool, staker } = await networkHelpers.loadFixture(deployRead);
    const before = await readLens(lens, { pageSize: 3 });
    await metaPool.connect(staker).deposit_and_stake({ value: ether(50) });
    const again = await readLens(lens, { blockTag: before.block });
    expect(again).to.deep.equal(before);
    expect((await readPool(lens)).book.assets).to.equal(ether(1_050));
  });

  it("reads a block once, and a new one anew", async () => {
    const { lens, metaPool, staker } = await networkHelpers.loadFixture(deployRead);
    const first = await readLens(lens);
    expect(await readLens(lens)).to.equal(first);
    await metaPool.connect(staker).deposit_and_stake({ value: ether(50) });
    const second = await readLens(lens);
    expect(second).not.to.equal(first);
    expect(second.pool.book.assets).to.equal(ether(1_050));
  });

  it("reads the same by pages of any size", async () => {
    const { lens } = await networkHelpers.loadFixture(deployRead);
    const all = await readOperators(lens);
    expect(all).to.have.length(4);
    for (const pageSize of [1, 2, 3, 4, 5]) expect(await readOperators(lens, { pageSize })).to.deep.equal(all);
  });

  it("throws what a page of one fails with, and asks nothing twice of a node that is silent", async () => {
    const { lens } = await networkHelpers.loadFixture(deployRead);
    const limits: unknown[] = [];
    const failing = (error: Error) =>
      new Proxy(lens, {
        get: (target, name) => {
          if (name !== "operators") return Reflect.get(target, name, target) as unknown;
          return (_: unknown, limit: unknown) => {
            limits.push(limit);
            return Promise.reject(error);
          };
        },
      });

    expect(await refusalOf(readOperators(failing(new Error("execution reverted"))))).to.equal("execution reverted");
    expect(limits).to.deep.equal([30, 15, 8, 4, 2, 1]);
    limits.length = 0;
    expect(await refusalOf(readOperators(failing(new Error("timed out"))))).to.equal("timed out");
    expect(limits).to.deep.equal([30]);
  });

  it("refuses pages that hold nothing", async () => {
    const { lens } = await networkHelpers.loadFixture(deployRead);
    const refusal = await readOperators(lens, { pageSize: 0 }).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(RangeError);
  });
});

describe("readSnapshot", () => {
  it("is null before the first round and while one is open", async () => {
    const pool = await networkHelpers.loadFixture(deployFour);
    expect(await readSnapshot(pool.lens)).to.be.null;
    await nextRound(pool);
    expect(await readSnapshot(pool.lens)).not.to.be.null;
    await networkHelpers.time.increaseTo(await pool.allocator.nextRoundAt());
    await pool.allocator.settle(1n);
    expect(await readSnapshot(pool.lens)).to.be.null;
    const reading = await readLens(pool.lens);
    expect(() => toSnapshot(reading)).to.throw("is open");
  });

  it("gives a plan whose sheet is certified and whose legs move their amounts", async () => {
    const { lens, allocator } = await networkHelpers.loadFixture(deployRead);
    const before = (await readSnapshot(lens))!;
    expect(before.certified).to.be.null;
    const { sheet, targets } = fairAllocation(problemOf(before.snapshot));
    expect(checkLevels(before.snapshot, sheet).accepted).to.be.true;
    expect(await allocator.certifyLevels.staticCall([...sheet], 100n, PAGE)).to.be.true;
    await allocator.certifyLevels([...sheet], 100n, PAGE);

    const after = (await readSnapshot(lens))!;
    expect(after.certified).to.deep.equal(sheet);
    const plan = planLegs(after.snapshot, after.certified);
    const legs = plan.chunks[0]!;
    const moved = await allocator.rebalance.staticCall([...legs], PAGE);
    expect(moved).to.deep.equal(legs.map(({ amount }) => amount));
    await allocator.rebalance([...legs], PAGE);

    const views = await readOperators(lens);
    expect(views.map(({ rooms }) => rooms.target)).to.deep.equal(targets);
    views.forEach(({ position }, index) => expect(position.position).to.be.closeTo(targets[index]!, 2n));
    expect(toSheet(await readLens(lens))).to.deep.equal(sheet);
  });
});
