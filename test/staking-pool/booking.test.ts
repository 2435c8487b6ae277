/** What calls do beside their own work, and what the pool says between them. */
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import {
  clonePool,
  EPOCH,
  ether,
  loadPool,
  loadStakedPool,
  networkHelpers,
  nextEpoch,
  UNBONDING,
  waitUnbonding,
} from "../fixtures/operator.ts";

type Staked = Awaited<ReturnType<typeof loadStakedPool>>;

/** As `loadStakedPool`: batch 3 is due to begin, a raise was announced long enough ago, and carol is the heir. */
function loadDue() {
  return networkHelpers.loadFixture(deployDue);
}

async function deployDue() {
  const fixture = await loadStakedPool();
  const { pool, owner, alice, carol } = fixture;
  await pool.connect(alice).unstake(ether(1));
  await waitUnbonding();
  await pool.connect(owner).announceCommission(1_100n);
  await pool.connect(owner).transferOwnership(carol);
  await networkHelpers.time.increase(UNBONDING + 4n * EPOCH);
  await nextEpoch();
  await pool.connect(alice).unstake(ether(1));
  await pool.connect(alice).unstake(ether(1));
  await nextEpoch();
  return fixture;
}

describe("StakingPool", () => {
  describe("a batch that is due", () => {
    const CALLS: Readonly<Record<string, (pool: Staked) => Promise<ContractTransactionResponse>>> = {
      ping: ({ pool, bob }) => pool.connect(bob).ping(),
      deposit: ({ pool, bob }) => pool.connect(bob).deposit({ value: 1n }),
      deposit_and_stake: ({ pool, bob }) => pool.connect(bob).deposit_and_stake({ value: ether(1) }),
      unstake: ({ pool, bob }) => pool.connect(bob).unstake(1n),
      fundExits: ({ pool, bob }) => pool.connect(bob).fundExits(1),
      addBond: ({ pool, owner }) => pool.connect(owner).addBond({ value: 1n }),
      requestBondWithdrawal: ({ pool, owner }) => pool.connect(owner).requestBondWithdrawal(1n),
      lowerCommission: ({ pool, owner }) => pool.connect(owner).lowerCommission(1n),
      applyCommission: ({ pool, bob }) => pool.connect(bob).applyCommission(),
      acceptOwnership: ({ pool, carol }) => pool.connect(carol).acceptOwnership(),
    };

    for (const [name, call] of Object.entries(CALLS)) {
      it(`begins with ${name}`, async () => {
        const fixture = await loadDue();
        await expect(call(fixture)).to.emit(fixture.pool, "BatchBegun").withArgs(3n);
      });
    }
  });

  describe("fundExits", () => {
    it("funds 32 batches at most, so that no call grows too dear", async () => {
      const base = await loadPool();
      const pool = await clonePool(base, 1n, 0n, 3_600n);
      await pool.connect(base.alice).deposit_and_stake({ value: 1_000n });
      for (let batch = 1; batch <= 33; batch += 1) {
        await networkHelpers.time.increase(3_600n);
        await pool.connect(base.alice).unstake(10n);
      }
      await waitUnbonding();

      expect(await pool.fundExits.staticCall(100)).to.equal(320n);
      await expect(pool.fundExits(100)).to.emit(pool, "BatchFunded").withArgs(32n, 10n, true);
      await expect(pool.fundExits(100)).to.emit(pool, "BatchFunded").withArgs(33n, 10n, true);
    });

    it("is foreseen by the views: what has matured is not owed any more", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(6));
      await waitUnbonding();

      const foreseen = await pool.getBook();
      expect([foreseen.owed, foreseen.funded, foreseen.cash]).to.deep.equal([0n, ether(6), 0n]);
      await pool.ping();
      expect(await pool.getBook()).to.deep.equal(foreseen);
    });
  });

  describe("bond", () => {
    it("is nothing when losses leave less than was asked for", async () => {
      const { pool, owner, slash } = await loadStakedPool();
      await pool.connect(owner).requestBondWithdrawal(ether(10));
      await slash(500n);

      expect(await pool.bond()).to.equal(0n);
      expect((await pool.getBook()).bondShares).to.equal(ether(5));
    });
  });

  describe("get_accounts", () => {
    it("keeps who has a free balance and nothing else", async () => {
      const { pool, carol } = await loadPool();
      await pool.connect(carol).deposit({ value: ether(5) });
      await pool.connect(carol).withdraw(ether(2));

      expect(await pool.get_accounts(0, 10)).to.deep.equal([[carol.address, ether(3), 0n, true]]);
      await pool.connect(carol).withdraw_all();
      expect(await pool.get_accounts(0, 10)).to.deep.equal([]);
    });
  });

  describe("a total loss", () => {
    it("voids the filling batch, though nobody waits, and takes no stake after it", async () => {
      const { pool, slash, alice } = await loadStakedPool();
      const { supply, bondShares } = await pool.getBook();
      await slash(10_000n);

      await expect(pool.ping()).to.emit(pool, "BatchesVoided").withArgs(1n, 0n);
      await expect(pool.connect(alice).deposit_and_stake({ value: ether(1) }))
        .to.be.revertedWithCustomError(pool, "PoolInsolvent")
        .withArgs(0n, supply - bondShares);
    });

    it("is told from a loss that leaves a wei in 10⁹ shares: with that, the pool still takes stakes", async () => {
      const base = await loadPool();
      const pool = await clonePool(base, 10n ** 9n, 0n);
      for (const bps of [9_999n, 9_999n, 9_000n]) {
        await base.network.connect(base.deployer).slash(pool, bps);
        await pool.ping();
      }
      const { equity, supply } = await pool.getBook();
      expect([equity, supply]).to.deep.equal([1n, 10n ** 9n]);

      await expect(pool.connect(base.alice).deposit_and_stake({ value: 2n }))
        .to.emit(pool, "Staked")
        .withArgs(base.alice, base.alice, 2n, 2n * 10n ** 9n);
    });
  });
});
