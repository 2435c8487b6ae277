import { expect } from "chai";

import {
  EPOCH,
  ether,
  ethers,
  loadPool,
  loadSmallPool,
  loadStakedPool,
  networkHelpers,
  now,
  SEED,
  UNBONDING,
} from "../fixtures/operator.ts";
import { checkPool } from "../helpers/poolInvariants.ts";

/** What a withdrawal from the bond waits for: the pool's own unbonding time, and two epochs. */
const LEAVING = UNBONDING + 3n * EPOCH;

describe("StakingPool", () => {
  describe("addBond", () => {
    it("reverts for anyone but the owner", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.connect(alice).addBond({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "OwnableUnauthorizedAccount")
        .withArgs(alice);
    });

    it("reverts without a value", async () => {
      const { pool, owner } = await loadPool();
      await expect(pool.connect(owner).addBond()).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts if the value buys no share", async () => {
      const { pool, owner, reward } = await loadSmallPool();
      await reward(1n);
      await expect(pool.connect(owner).addBond({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "StakeTooSmall")
        .withArgs(1n);
    });

    it("buys junior shares that are in no account, also while stakes are paused", async () => {
      const { pool, network, owner, reward } = await loadStakedPool();
      await pool.connect(owner).pauseStaking();
      await reward(ether(10));
      const shares = await pool.previewStake(ether(5));
      const bond = await pool.bond();
      const own = await pool.sharesOf(owner);
      expect(await pool.connect(owner).addBond.staticCall({ value: ether(5) })).to.equal(shares);

      const adding = pool.connect(owner).addBond({ value: ether(5) });

      await expect(adding).to.emit(pool, "BondAdded").withArgs(owner, ether(5), shares);
      await expect(adding).to.changeEtherBalances(ethers, [owner, pool, network], [-ether(5), 0n, ether(5)]);
      expect(await pool.bond()).to.be.within(bond + ether(5) - 1n, bond + ether(5));
      expect(await pool.sharesOf(owner)).to.equal(own);
      await checkPool(pool, network, SEED);
    });
  });

  describe("requestBondWithdrawal", () => {
    it("reverts for anyone but the owner", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.connect(alice).requestBondWithdrawal(1n))
        .to.be.revertedWithCustomError(pool, "OwnableUnauthorizedAccount")
        .withArgs(alice);
    });

    it("reverts for zero", async () => {
      const { pool, owner } = await loadStakedPool();
      await expect(pool.connect(owner).requestBondWithdrawal(0n)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts for more than there is, after losses", async () => {
      const { pool, owner, slash } = await loadStakedPool();
      await slash(500n);
      await expect(pool.connect(owner).requestBondWithdrawal(ether(5) + 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientBond")
        .withArgs(ether(5) + 1n, ether(5));
    });

    it("starts the wait, and a second request replaces the first and starts anew", async () => {
      const { pool, owner } = await loadStakedPool();
      await pool.connect(owner).requestBondWithdrawal(ether(3));
      expect(await pool.bondWithdrawal()).to.deep.equal([ether(3), (await now()) + LEAVING]);
      await networkHelpers.time.increase(EPOCH);

      const readyAt = (await now()) + 10n + LEAVING;
      await networkHelpers.time.setNextBlockTimestamp((await now()) + 10n);
      const request = pool.connect(owner).requestBondWithdrawal(ether(10));

      await expect(request).to.emit(pool, "BondWithdrawalRequested").withArgs(owner, ether(10), readyAt);
      expect(await pool.bondWithdrawal()).to.deep.equal([ether(10), readyAt]);
      expect(await pool.bond()).to.equal(0n);
    });

    it("takes what is asked for out of the bond that delegators count on, at once", async () => {
      const { pool, owner } = await loadStakedPool();
      await pool.connect(owner).requestBondWithdrawal(ether(3));

      expect(await pool.bond()).to.equal(ether(7));
      expect((await pool.getBook()).bondShares).to.equal(ether(10));
      await pool.connect(owner).requestBondWithdrawal(1n);
      expect(await pool.bond()).to.equal(ether(10) - 1n);
    });
  });

  describe("finishBondWithdrawal", () => {
    async function loadRequested() {
      const fixture = await loadStakedPool();
      await fixture.pool.connect(fixture.owner).requestBondWithdrawal(ether(8));
      return fixture;
    }

    it("reverts for anyone but the owner", async () => {
      const { pool, alice } = await loadRequested();
      await expect(pool.connect(alice).finishBondWithdrawal())
        .to.be.revertedWithCustomError(pool, "OwnableUnauthorizedAccount")
        .withArgs(alice);
    });

    it("reverts without a request", async () => {
      const { pool, owner } = await loadStakedPool();
      await expect(pool.connect(owner).finishBondWithdrawal()).to.be.revertedWithCustomError(pool, "NoBondWithdrawal");
    });

    it("reverts before the wait is over", async () => {
      const { pool, owner } = await loadRequested();
      const [, readyAt] = await pool.bondWithdrawal();
      await networkHelpers.time.setNextBlockTimestamp(readyAt - 1n);
      await expect(pool.connect(owner).finishBondWithdrawal())
        .to.be.revertedWithCustomError(pool, "BondWithdrawalNotReady")
        .withArgs(readyAt, readyAt - 1n);
    });

    it("makes the shares ordinary ones of the owner, once", async () => {
      const { pool, network, owner } = await loadRequested();
      await networkHelpers.time.increase(LEAVING);
      expect(await pool.connect(owner).finishBondWithdrawal.staticCall()).to.equal(ether(8));

      await expect(pool.connect(owner).finishBondWithdrawal()).to.emit(pool, "BondWithdrawn").withArgs(owner, ether(8));

      expect(await pool.bond()).to.equal(ether(2));
      expect(await pool.get_account_staked_balance(owner)).to.equal(ether(8));
      expect(await pool.bondWithdrawal()).to.deep.equal([0n, 0n]);
      await expect(pool.connect(owner).finishBondWithdrawal()).to.be.revertedWithCustomError(pool, "NoBondWithdrawal");
      await checkPool(pool, network, SEED);
    });

    it("moves only what losses left: a slash finds the bond until the last second", async () => {
      const { pool, network, owner, alice, slash } = await loadRequested();
      await networkHelpers.time.increase(LEAVING);
      await slash(600n);

      await expect(pool.connect(owner).finishBondWithdrawal()).to.emit(pool, "BondWithdrawn").withArgs(owner, ether(4));

      expect(await pool.bond()).to.equal(0n);
      expect(await pool.get_account_staked_balance(owner)).to.equal(ether(4));
      expect(await pool.get_account_staked_balance(alice)).to.equal(ether(60));
      await checkPool(pool, network, SEED);
    });

    it("ends the request even if nothing is left", async () => {
      const { pool, network, owner, slash } = await loadRequested();
      await networkHelpers.time.increase(LEAVING);
      await slash(1_000n);

      await expect(pool.connect(owner).finishBondWithdrawal()).to.emit(pool, "BondWithdrawn").withArgs(owner, 0n);

      expect(await pool.bondWithdrawal()).to.deep.equal([0n, 0n]);
      expect(await pool.get_number_of_accounts()).to.equal(2n);
      await checkPool(pool, network, SEED);
    });
  });
});
