import { expect } from "chai";

import {
  BOND_RATIO,
  EPOCH,
  ether,
  ethers,
  loadCoveredPool,
  loadPool,
  loadSmallPool,
  loadStakedPool,
  networkHelpers,
  nextEpoch,
  now,
  SEED,
  UNBONDING,
  waitUnbonding,
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

  describe("requestBondWithdrawal of a bond that must cover a third of the rest", () => {
    /** Of a bond of 40 beside 90 of delegators. */
    const MOST = ether(10);
    const REST = ether(90);

    it("takes what leaves exactly a third", async () => {
      const { pool, owner } = await loadCoveredPool();
      await pool.connect(owner).requestBondWithdrawal(MOST);

      expect(await pool.bond()).to.equal(REST / BOND_RATIO);
    });

    it("reverts for a share more, and leaves an earlier request as it was", async () => {
      const { pool, owner } = await loadCoveredPool();
      await pool.connect(owner).requestBondWithdrawal(MOST);
      const before = await pool.bondWithdrawal();

      await expect(pool.connect(owner).requestBondWithdrawal(MOST + 1n))
        .to.be.revertedWithCustomError(pool, "StakeNotCovered")
        .withArgs(REST, REST - BOND_RATIO);
      expect(await pool.bondWithdrawal()).to.deep.equal(before);
    });

    it("counts stake that is unbonding until its exits are funded", async () => {
      const { pool, owner, alice, bob } = await loadCoveredPool();
      await pool.connect(alice).unstake_all();
      await expect(pool.connect(owner).requestBondWithdrawal(MOST + 1n))
        .to.be.revertedWithCustomError(pool, "StakeNotCovered")
        .withArgs(REST, REST - BOND_RATIO);
      await waitUnbonding();
      await pool.connect(bob).unstake(ether("9.999"));
      expect((await pool.getBook()).owed).to.equal(ether("9.999"));

      // 20.001 are staked and 9.999 on their way: ten of the bond stay.
      await expect(pool.connect(owner).requestBondWithdrawal(ether(30) + 1n))
        .to.be.revertedWithCustomError(pool, "StakeNotCovered")
        .withArgs(ether(30), ether(30) - BOND_RATIO);
      await pool.connect(owner).requestBondWithdrawal(ether(30));
      expect(await pool.bond()).to.equal(ether(10));
    });

    it("counts rewards and losses that nobody has booked yet, rounded against the owner", async () => {
      const { pool, owner, reward, slash } = await loadCoveredPool();
      await reward(ether("7.123456789123456789"));
      await slash(37n);
      await reward(1n);
      const { equity, supply, bondShares, owed } = await pool.getBook();
      const rest = equity - (bondShares * equity) / supply + owed;
      const left = (rest + BOND_RATIO - 1n) / BOND_RATIO;
      const most = bondShares - (left * supply + equity - 1n) / equity;
      const covered = (((bondShares - most - 1n) * equity) / supply) * BOND_RATIO;

      await expect(pool.connect(owner).requestBondWithdrawal(most + 1n))
        .to.be.revertedWithCustomError(pool, "StakeNotCovered")
        .withArgs(rest, covered);
      await pool.connect(owner).requestBondWithdrawal(most);
      expect((await pool.bond()) * BOND_RATIO).to.be.at.least(rest);
    });

    it("counts what was withdrawn before as the owner's own stake", async () => {
      const { pool, owner } = await loadCoveredPool();
      await pool.connect(owner).requestBondWithdrawal(MOST);
      await networkHelpers.time.increase(LEAVING);
      await pool.connect(owner).finishBondWithdrawal();

      await expect(pool.connect(owner).requestBondWithdrawal(1n))
        .to.be.revertedWithCustomError(pool, "StakeNotCovered")
        .withArgs(REST + MOST, REST - BOND_RATIO);
    });

    it("waits as any withdrawal, and a slash meanwhile burns what was asked for", async () => {
      const { pool, network, owner, alice, slash } = await loadCoveredPool();
      await pool.connect(owner).requestBondWithdrawal(MOST);
      const [, readyAt] = await pool.bondWithdrawal();
      await networkHelpers.time.setNextBlockTimestamp(readyAt - 1n);
      await expect(pool.connect(owner).finishBondWithdrawal())
        .to.be.revertedWithCustomError(pool, "BondWithdrawalNotReady")
        .withArgs(readyAt, readyAt - 1n);
      await slash(2_500n); // 32.5 of 130: all that stayed, and 2.5 of what was asked for

      await expect(pool.connect(owner).finishBondWithdrawal())
        .to.emit(pool, "BondWithdrawn")
        .withArgs(owner, ether("7.5"));
      expect(await pool.bond()).to.equal(0n);
      expect(await pool.get_account_staked_balance(owner)).to.equal(ether("7.5"));
      expect(await pool.get_account_staked_balance(alice)).to.equal(ether(60));
      await checkPool(pool, network, SEED);
    });

    it("lets nothing go of a bond that covers too little already", async () => {
      const { pool, owner, slash } = await loadCoveredPool();
      await slash(1_000n); // 13 of the 40

      await expect(pool.connect(owner).requestBondWithdrawal(1n))
        .to.be.revertedWithCustomError(pool, "StakeNotCovered")
        .withArgs(REST, ether(81) - BOND_RATIO);
    });

    it("lets all go but for the seed's third when nobody has stake there", async () => {
      const { pool, owner, alice, bob } = await loadCoveredPool();
      await pool.connect(alice).unstake_all();
      await pool.connect(bob).unstake_all();
      await nextEpoch();
      await pool.ping();
      await waitUnbonding();
      await pool.ping();
      const left = (SEED + BOND_RATIO - 1n) / BOND_RATIO;
      await expect(pool.connect(owner).requestBondWithdrawal(ether(40) - left + 1n))
        .to.be.revertedWithCustomError(pool, "StakeNotCovered")
        .withArgs(SEED, (left - 1n) * BOND_RATIO);

      await pool.connect(owner).requestBondWithdrawal(ether(40) - left);
      expect(await pool.bond()).to.equal(left);
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
