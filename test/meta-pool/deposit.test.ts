import { expect } from "chai";

import { ether, ethers, loadStakedPool } from "../fixtures/metaPool.ts";

describe("MetaPool", () => {
  describe("deposit", () => {
    it("reverts when nothing is sent", async () => {
      const { pool, alice } = await loadStakedPool();

      await expect(pool.connect(alice).deposit()).to.be.revertedWithCustomError(pool, "ZeroAmount").withArgs();
    });

    it("adds to the free balance, which is not staked and can be withdrawn at once", async () => {
      const { pool, carol } = await loadStakedPool();

      const deposit = pool.connect(carol).deposit({ value: ether(3) });

      await expect(deposit).to.emit(pool, "Deposited").withArgs(carol.address, ether(3));
      await expect(deposit).to.changeEtherBalances(ethers, [carol, pool], [-ether(3), ether(3)]);
      expect(await pool.balanceOf(carol)).to.equal(0n);
      expect(await pool.withdrawable(carol)).to.equal(ether(3));
      expect(await pool.is_account_unstaked_balance_available(carol)).to.equal(true);
      expect(await pool.get_account(carol)).to.deep.equal([carol.address, ether(3), 0n, true]);
    });

    it("changes neither the price, nor the buffer, nor the number of accounts", async () => {
      const { pool, carol } = await loadStakedPool();
      const before = await pool.getBook();

      await pool.connect(carol).deposit({ value: ether(3) });

      const after = await pool.getBook();
      expect(after.assets).to.equal(before.assets);
      expect(after.buffer).to.equal(before.buffer);
      expect(after.free).to.equal(before.free + ether(3));
      expect(await pool.get_number_of_accounts()).to.equal(2n);
    });
  });
});
