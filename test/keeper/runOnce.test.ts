import { expect } from "chai";

import { runOnce } from "../../src/keeper/runOnce.ts";
import { ether, loadPool, toNextRound } from "./pool.ts";

describe("keeper", () => {
  describe("runOnce", () => {
    it("brings every operator to its target, and then has nothing to do", async () => {
      const { metaPool, allocator, registry, lens, staker, keeper } = await loadPool();
      await metaPool.connect(staker).deposit_and_stake({ value: ether(1_000) });
      await toNextRound(allocator);
      const contracts = { metaPool, allocator, registry, lens, signer: keeper };

      const report = await runOnce(contracts);

      expect(report.complete).to.equal(true);
      expect(report.rebalance.moved.up).to.be.greaterThan(ether(990));
      for (let id = 1; id <= 12; id += 1) {
        expect((await allocator.positionOf(id)).position).to.equal(await allocator.targetOf(id));
      }
      expect((await runOnce(contracts)).transactions).to.equal(0);
    });
  });
});
