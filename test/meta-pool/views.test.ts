/** What the views say of small sums. */
import { expect } from "chai";

import { deployBarePool, ether, loadStakedPool, valuesOf, wire } from "../fixtures/metaPool.ts";

describe("MetaPool", () => {
  describe("get_account and exitsOf", () => {
    it("shows an account the sum of what is free, open and matured", async () => {
      const { pool, alice, round } = await loadStakedPool();
      await pool.connect(alice).deposit({ value: 1n });
      await pool.connect(alice).unstake(2n);
      await round();
      await pool.connect(alice).unstake(4n);
      await pool.fundExits(1n);

      expect(await pool.get_account(alice)).to.deep.equal([alice.address, 7n, ether(59) - 6n, false]);
      expect(await pool.withdrawable(alice)).to.equal(3n);
    });

    it("lists an exit within 300,000 gas", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(2n);

      const exits = await pool.exitsOf(alice, { gasLimit: 300_000n });

      expect(exits.map((exit) => valuesOf(exit))).to.deep.equal([[1n, 2n, 0n, 1000n, 2000n]]);
    });
  });

  describe("convertToShares and previewStake", () => {
    it("are nothing for a pool without assets, and at the price from the first wei on", async () => {
      const { pool, governance, allocator, notice } = await deployBarePool();
      const quotes = async () => [await pool.convertToShares(5n), await pool.previewStake(5n)];

      expect(await quotes()).to.deep.equal([0n, 0n]);
      await wire(pool, governance, allocator.address, notice.address, 1n);
      expect(await quotes()).to.deep.equal([5n, 5n]);
    });
  });

  describe("getBook", () => {
    it("adds up gains and fundings", async () => {
      const { pool, gain, fund } = await loadStakedPool();
      await fund(ether(60));
      await fund(ether(30));
      await gain(3n);
      await gain(4n);

      const { buffer, delegated, roundGain } = await pool.getBook();
      expect([buffer, delegated, roundGain]).to.deep.equal([ether(10), ether(90) + 7n, 7n]);
    });
  });
});
