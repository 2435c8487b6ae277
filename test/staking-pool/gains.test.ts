import { expect } from "chai";

import { clonePool, ether, loadPool, loadStakedPool, SEED } from "../fixtures/operator.ts";
import { balancesOf, checkPool } from "../helpers/poolInvariants.ts";

describe("StakingPool", () => {
  describe("gains", () => {
    it("are seen by every view in the block in which the network has them", async () => {
      const { pool, owner, alice, reward } = await loadStakedPool();

      await reward(ether(10));

      // The fee of 1 buys 1 · 100 / 109 shares at the price after the other 9.
      const feeShares = (ether(1) * ether(100)) / ether(109);
      expect(await pool.get_total_staked_balance()).to.equal(ether(110));
      expect(await pool.sharesOf(owner)).to.equal(feeShares);
      expect((await pool.getBook()).supply).to.equal(ether(100) + feeShares);
      expect(await pool.getRate()).to.equal((ether(110) * ether(1)) / (ether(100) + feeShares));
      expect(await pool.get_account_staked_balance(alice)).to.equal(
        (ether(60) * ether(110)) / (ether(100) + feeShares),
      );
      expect(await pool.bond()).to.equal((ether(10) * ether(110)) / (ether(100) + feeShares));
      expect(await pool.convertToAssets(ether(60))).to.equal(await pool.get_account_staked_balance(alice));
    });

    it("are booked by the next call exactly as the views showed them", async () => {
      const { pool, network, owner, alice, reward } = await loadStakedPool();
      await reward(ether("10.000000000000000007"));
      const shown = [await pool.getBook(), await balancesOf(pool, alice), await balancesOf(pool, owner)];
      const feeShares = await pool.sharesOf(owner);

      await expect(pool.ping())
        .to.emit(pool, "GainBooked")
        .withArgs(ether("10.000000000000000007"), ether(1), feeShares);

      expect([await pool.getBook(), await balancesOf(pool, alice), await balancesOf(pool, owner)]).to.deep.equal(shown);
      expect(await pool.get_number_of_accounts()).to.equal(3n);
      await checkPool(pool, network, SEED);
    });

    it("follow NEAR's order: the rest, then the fee's shares, then the fee", async () => {
      const { network, owner, deployer } = await loadPool();
      const pool = await clonePool({ network, owner }, 1_000n, 1_000n);
      const reward = (amount: bigint) => network.connect(deployer).reward([pool], [amount], { value: amount });

      await reward(330n); // fee 33, bought at 1297/1000: 25 shares
      await expect(pool.ping()).to.emit(pool, "GainBooked").withArgs(330n, 33n, 25n);
      await reward(101n); // fee 10, bought at 1421/1025: 7 shares
      await expect(pool.ping()).to.emit(pool, "GainBooked").withArgs(101n, 10n, 7n);

      const book = await pool.getBook();
      expect([book.equity, book.supply]).to.deep.equal([1_431n, 1_032n]);
      await checkPool(pool, network, 1_000n);
    });

    it("give no share for a fee that buys none, and the fee stays with everybody", async () => {
      const { network, owner, deployer } = await loadPool();
      const pool = await clonePool({ network, owner }, 1_000n, 1_000n);
      await network.connect(deployer).reward([pool], [9_000n], { value: 9_000n });
      await pool.ping();

      await network.connect(deployer).reward([pool], [19n], { value: 19n });

      await expect(pool.ping()).to.emit(pool, "GainBooked").withArgs(19n, 1n, 0n);
      expect((await pool.getBook()).equity).to.equal(10_019n);
    });

    it("cannot be bought after they are known: a stake pays the new price", async () => {
      const { pool, carol, reward } = await loadStakedPool();
      await reward(ether(10));
      await pool.connect(carol).deposit_and_stake({ value: ether(10) });
      expect(await pool.get_account_staked_balance(carol)).to.be.at.most(ether(10));
    });
  });
});
