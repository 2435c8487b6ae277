import { expect } from "chai";

import { toLine } from "../../src/keeper/log.ts";
import { runOnce } from "../../src/keeper/runOnce.ts";
import { ether, loadPool, toNextRound } from "./pool.ts";

describe("keeper", () => {
  describe("runOnce", () => {
    it("brings every operator to its target, and then has nothing to do", async () => {
      const { metaPool, allocator, registry, staker, keeper } = await loadPool();
      await metaPool.connect(staker).deposit_and_stake({ value: ether(1_000) });
      await toNextRound(allocator);

      const contracts = { metaPool, allocator, registry, signer: keeper };
      const report = await runOnce(contracts, { log: (entry) => console.log(toLine(entry)) });
      console.log(report);
      for (let id = 1; id <= 12; id += 1) {
        const { position } = await allocator.positionOf(id);
        console.log(id, position, await allocator.targetOf(id));
      }
      const again = await runOnce(contracts, { log: (entry) => console.log(toLine(entry)) });
      expect(again.transactions).to.equal(0);
    });
  });
});
