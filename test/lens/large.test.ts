import { expect } from "chai";

import { readOperators } from "../../src/lens/read.ts";
import { createOperators } from "../../scripts/steps/operators.ts";
import { PAGE } from "../../scripts/steps/rounds.ts";
import { IS_DEEP } from "../helpers/deep.ts";
import { CALL_GAS, certifiedRound, deployWithLens, ether, lift, networkHelpers } from "./pools.ts";

const OPERATORS = IS_DEEP ? 1_000 : 210;

/** With a bond and five groups each; the first forty hold stake. */
async function deployLarge() {
  const pool = await deployWithLens(
    {},
    [1, 2, 3, 4, 5].map((dimension) => ({ dimension, poolShareBps: 9_000 })),
  );
  const spec = { bond: ether(1), groups: [1, 2, 3, 4, 5] };
  await createOperators(
    pool,
    Array.from({ length: OPERATORS }, () => spec),
  );
  await pool.metaPool.connect(pool.staker).deposit_and_stake({ value: ether(10_000) });
  await certifiedRound(pool);
  for (const first of [1n, 21n]) {
    await lift(
      pool,
      Array.from({ length: 20 }, (_, index) => first + BigInt(index)),
    );
  }
  return pool;
}

describe("PoolLens", () => {
  describe(`with ${OPERATORS} operators`, () => {
    it("answers 200 operators within what a node lets a call use", async () => {
      const { lens } = await networkHelpers.loadFixture(deployLarge);
      expect(await lens.operators(1, 200, { gasLimit: CALL_GAS })).to.have.length(200);
    });

    it("answers 50 operators within what a transaction may use", async () => {
      const { lens } = await networkHelpers.loadFixture(deployLarge);
      expect(await lens.operators(1, 50, PAGE)).to.have.length(50);
    });

    it("reads all of them", async () => {
      const { lens } = await networkHelpers.loadFixture(deployLarge);
      const views = await readOperators(lens);
      expect(views.map(({ id }) => id)).to.deep.equal(
        Array.from({ length: OPERATORS }, (_, index) => BigInt(index + 1)),
      );
    });

    it("sums rooms up by pages", async () => {
      const { lens } = await networkHelpers.loadFixture(deployLarge);
      const [first, second] = [await lens.roomSums(1, 100), await lens.roomSums(101, 100)];
      const all = await lens.roomSums(1, 200);
      expect(all).to.deep.equal(first.map((sum, index) => sum + second[index]!));
      expect(all[3]).to.be.greaterThan(0n);
    });
  });
});
