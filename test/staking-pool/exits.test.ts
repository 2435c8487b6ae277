import { expect } from "chai";

import {
  clonePool,
  loadPool,
  EPOCH,
  ether,
  loadStakedPool,
  nextEpoch,
  now,
  SEED,
  UNBONDING,
  networkHelpers,
  waitUnbonding,
} from "../fixtures/operator.ts";
import { balancesOf, checkPool } from "../helpers/poolInvariants.ts";

describe("StakingPool", () => {
  describe("ping", () => {
    it("does nothing, and does not revert, when nothing is due", async () => {
      const { pool, network } = await loadStakedPool();
      const before = await pool.getBook();

      const ping = await (await pool.ping()).wait();

      expect(ping!.logs).to.deep.equal([]);
      expect(await pool.getBook()).to.deep.equal(before);
      await checkPool(pool, network, SEED);
    });

    it("begins at most one batch in an epoch", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(1n);
      await pool.connect(alice).unstake(2n);
      await expect(pool.ping()).not.to.emit(pool, "BatchBegun");

      await nextEpoch();
      await expect(pool.ping()).to.emit(pool, "BatchBegun").withArgs(2n);
      await pool.connect(alice).unstake(3n);
      await expect(pool.ping()).not.to.emit(pool, "BatchBegun");
    });

    it("begins no batch that nobody is in", async () => {
      const { pool } = await loadStakedPool();
      await nextEpoch();
      await expect(pool.ping()).not.to.emit(pool, "BatchBegun");
      expect((await pool.getBook()).fillingBatch).to.equal(1n);
    });

    it("collects and funds what has matured, in order", async () => {
      const { pool, network, alice, bob } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1));
      await nextEpoch();
      await pool.connect(bob).unstake(ether(2));
      await waitUnbonding();

      const ping = pool.ping();

      await expect(ping).to.emit(pool, "CashCollected").withArgs(ether(3));
      await expect(ping).to.emit(pool, "BatchFunded").withArgs(1n, ether(1), true);
      await expect(ping).to.emit(pool, "BatchFunded").withArgs(2n, ether(2), true);
      expect((await pool.getBook()).funded).to.equal(ether(3));
      await checkPool(pool, network, SEED);
    });

    it("bonds cash again that no exit waits for", async () => {
      const { pool, network, alice, slash } = await loadStakedPool();
      // A whale's exit is voided by losses of nearly everything; what is left of it comes back to all shares.
      await networkHelpers.setBalance(alice.address, ether(100_000_000));
      await pool.connect(alice).deposit_and_stake({ value: ether(90_000_000) });
      await pool.connect(alice).unstake_all();
      for (const bps of [9_999n, 9_999n, 9_900n]) {
        await slash(bps);
        await pool.ping();
      }
      const { owed, equity } = await pool.getBook();
      expect(owed).to.equal(0n);
      const left = await network.unbondingOf(pool);
      expect(left).to.be.above(10n ** 15n);
      await waitUnbonding();
      expect(await pool.fundedThrough()).to.equal(2n);

      const ping = pool.ping();

      await expect(ping).to.emit(pool, "CashCollected").withArgs(left);
      await expect(ping).to.emit(pool, "CashBonded").withArgs(left);
      expect((await pool.getBook()).equity).to.equal(equity);
      expect((await pool.getBook()).cash).to.equal(0n);
      await checkPool(pool, network, SEED);
    });

    it("keeps a little cash rather than paying for a call", async () => {
      const { pool, network, alice, slash } = await loadStakedPool();
      await pool.connect(alice).unstake_all();
      for (const bps of [9_999n, 9_999n, 9_900n]) {
        await slash(bps);
        await pool.ping();
      }
      const left = await network.unbondingOf(pool);
      expect(left).to.be.within(1n, 10n ** 15n - 1n);
      await waitUnbonding();

      await expect(pool.ping()).not.to.emit(pool, "CashBonded");

      expect((await pool.getBook()).cash).to.equal(left);
      await checkPool(pool, network, SEED);
    });

    it("takes a thousandth of an ether for worth a call, and a wei less not", async () => {
      for (const [asked, left, isBonded] of [
        [10n ** 25n, 10n ** 15n, true],
        [10n ** 25n - 10n ** 10n, 10n ** 15n - 1n, false],
      ] as const) {
        const { pool, network, carol, slash } = await loadPool();
        await networkHelpers.setBalance(carol.address, 2n * asked);
        await pool.connect(carol).deposit_and_stake({ value: asked });
        await pool.connect(carol).unstake_all();
        for (const bps of [9_999n, 9_999n, 9_900n]) {
          await slash(bps);
          await pool.ping();
        }
        await waitUnbonding();

        const ping = pool.ping();

        await expect(ping).to.emit(pool, "CashCollected").withArgs(left);
        if (isBonded) await expect(ping).to.emit(pool, "CashBonded").withArgs(left);
        else await expect(ping).not.to.emit(pool, "CashBonded");
        await checkPool(pool, network, SEED);
      }
    });
  });

  describe("fundExits", () => {
    async function loadWaiting() {
      const fixture = await loadStakedPool();
      const { pool, alice } = fixture;
      for (let batch = 1; batch <= 3; batch++) {
        await pool.connect(alice).unstake(ether(batch));
        await nextEpoch();
      }
      await waitUnbonding();
      return fixture;
    }

    it("funds up to so many batches, oldest first, and returns how much", async () => {
      const { pool, network, keeper, alice } = await loadWaiting();
      expect(await pool.connect(keeper).fundExits.staticCall(2n)).to.equal(ether(3));

      const funding = pool.connect(keeper).fundExits(2n);

      await expect(funding).to.emit(pool, "BatchFunded").withArgs(1n, ether(1), true);
      await expect(funding).to.emit(pool, "BatchFunded").withArgs(2n, ether(2), true);
      const book = await pool.getBook();
      // The view shows what the next call finds: the third batch can be funded, too.
      expect(book.funded).to.equal(ether(6));
      expect(await pool.withdrawable(alice)).to.equal(ether(6));
      expect(await pool.connect(keeper).fundExits.staticCall(2n)).to.equal(ether(3));
      await checkPool(pool, network, SEED);
    });

    it("funds 32 batches at most", async () => {
      const { network, owner, alice } = await loadPool();
      const pool = await clonePool({ network, owner }, SEED, 0n, 3_600n);
      await pool.connect(alice).deposit_and_stake({ value: 100n });
      for (let batch = 1; batch <= 41; batch++) {
        await pool.connect(alice).unstake(1n);
        await networkHelpers.time.increase(3_600n);
      }
      await waitUnbonding();
      await pool.ping(); // collects what the network gives at once, and funds eight

      expect(await pool.fundExits.staticCall(31n)).to.equal(31n);
      expect(await pool.fundExits.staticCall(2n ** 256n - 1n)).to.equal(32n);
    });

    it("funds nothing for zero batches and nothing twice", async () => {
      const { pool, keeper } = await loadWaiting();
      expect(await pool.connect(keeper).fundExits.staticCall(0n)).to.equal(0n);
      await pool.connect(keeper).fundExits(2n ** 256n - 1n);
      expect(await pool.connect(keeper).fundExits.staticCall(10n)).to.equal(0n);
    });
  });

  describe("fundedThrough", () => {
    it("is the last batch before the oldest with open units, and the last begun one if there is none", async () => {
      const { pool, alice } = await loadStakedPool();
      expect(await pool.fundedThrough()).to.equal(0n);
      await pool.connect(alice).unstake(ether(1));
      expect(await pool.fundedThrough()).to.equal(0n);
      await pool.connect(alice).unstake(ether(1));
      await waitUnbonding();
      expect(await pool.fundedThrough()).to.equal(1n); // the second has not begun
      await pool.ping();
      expect(await pool.fundedThrough()).to.equal(1n);
      await waitUnbonding();
      expect(await pool.fundedThrough()).to.equal(2n);
      await pool.ping();
      expect(await pool.fundedThrough()).to.equal(2n);
      await pool.connect(alice).unstake(ether(1));
      expect(await pool.fundedThrough()).to.equal(2n);
    });
  });

  describe("exitsOf", () => {
    it("tells when each exit is funded: at once, a delay after its batch began, or after it can begin", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1));
      const firstBegan = await now();
      await pool.connect(alice).unstake(ether(2));
      const secondBegins = (firstBegan / EPOCH + 1n) * EPOCH;

      expect(await pool.exitsOf(alice)).to.deep.equal([
        [1n, ether(1), 0n, firstBegan + UNBONDING, firstBegan + UNBONDING],
        [2n, ether(2), 0n, secondBegins + UNBONDING, secondBegins + UNBONDING],
      ]);

      await networkHelpers.time.increaseTo(firstBegan + UNBONDING);
      expect(await pool.exitsOf(alice)).to.deep.equal([
        [1n, 0n, ether(1), 0n, 0n],
        // Nobody has pinged: it can begin now at the earliest.
        [2n, ether(2), 0n, firstBegan + 2n * UNBONDING, firstBegan + 2n * UNBONDING],
      ]);
    });

    it("is what pings in every epoch keep", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1));
      await pool.connect(alice).unstake(ether(2));
      const [, second] = await pool.exitsOf(alice);
      await networkHelpers.time.setNextBlockTimestamp(((await now()) / EPOCH + 1n) * EPOCH);
      await pool.ping();

      await networkHelpers.time.increaseTo(second!.estimated);

      expect(await balancesOf(pool, alice)).to.include({ withdrawable: ether(3), canWithdraw: true });
    });

    it("sees what one call funds, eight batches, and the next eight after it", async () => {
      const { network, owner, alice } = await loadPool();
      const pool = await clonePool({ network, owner }, SEED, 0n, 3_600n);
      await pool.connect(alice).deposit_and_stake({ value: 100n });
      for (let batch = 1; batch <= 10; batch++) {
        await pool.connect(alice).unstake(1n);
        await networkHelpers.time.increase(3_600n);
      }
      await waitUnbonding();

      expect(await balancesOf(pool, alice)).to.include({ withdrawable: 8n, unstaked: 10n, canWithdraw: false });
      expect(await pool.fundedThrough()).to.equal(8n);
      expect(await pool.connect(alice).withdraw_all.staticCall()).to.equal(8n);
      await pool.ping();
      expect(await balancesOf(pool, alice)).to.include({ withdrawable: 10n, unstaked: 10n, canWithdraw: true });
      await checkPool(pool, network, SEED);
    });
  });

  describe("is_account_unstaked_balance_available", () => {
    it("is false while a part waits, and true once all of it can be had", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).deposit({ value: 1n });
      expect(await pool.is_account_unstaked_balance_available(alice)).to.equal(true);
      await pool.connect(alice).unstake(1n);
      expect(await pool.is_account_unstaked_balance_available(alice)).to.equal(false);
      await waitUnbonding();
      expect(await pool.is_account_unstaked_balance_available(alice)).to.equal(true);
    });
  });
});
