import { expect } from "chai";

import { rebalanceJob } from "../../src/keeper/rebalance.ts";
import { certifyJob } from "../../src/keeper/certify.ts";
import { readOperators } from "../../src/lens/read.ts";
import { delegate, deployWorld, ether, LOOSE, Mode, networkHelpers } from "../fixtures/allocator.ts";
import { contractsOf, refusalOf } from "../fixtures/keeper.ts";

const HUNGRY = 13;

/** A round at a node that gives a call as much gas as a transaction may use, and pools that use up all they are given. */
async function deployHungry() {
  const bond = ether(5);
  const world = await deployWorld({
    hostile: HUNGRY,
    honest: [{ bond }, { bond }, { bond }],
    stake: ether(100),
    parameters: { allocator: LOOSE, policy: { bondRatio: 50 } },
  });
  await delegate(world);
  const before = await readOperators(world.lens);
  for (const pool of world.hostile) await pool.setMode(Mode.returnsFloods);
  return { ...world, before };
}

describe("readLens", () => {
  describe("with pools that burn gas when asked for their bonds", () => {
    it("reads pages in halves, until they can be read", async () => {
      const { lens, before } = await networkHelpers.loadFixture(deployHungry);
      expect(await refusalOf(lens.operators(1, 30))).to.include("TooLittleGas");

      const views = await readOperators(lens);

      expect(views.map(({ id }) => id)).to.deep.equal(before.map(({ id }) => id));
      expect(views.slice(HUNGRY)).to.deep.equal(before.slice(HUNGRY));
      expect(await readOperators(lens, { pageSize: 1 })).to.deep.equal(views);
    });

    it("lets a keeper certify and rebalance", async () => {
      const world = await networkHelpers.loadFixture(deployHungry);
      const contracts = contractsOf(world, world.keeper);

      expect(await certifyJob(contracts)).to.include({ outcome: "done", reason: null });
      expect(await rebalanceJob(contracts)).to.include({ outcome: "nothing", reason: null });
    });
  });
});
