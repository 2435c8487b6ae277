/** What calls do beside their own work, and what the pool says between them. */
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import {
  clonePool,
  EPOCH,
  ether,
  ethers,
  loadPool,
  loadStakedPool,
  networkHelpers,
  nextEpoch,
  UNBONDING,
  waitUnbonding,
} from "../fixtures/operator.ts";

type Staked = Awaited<ReturnType<typeof loadStakedPool>>;

/** As `loadStakedPool`: batch 3 is due to begin, raise and withdrawal from the bond are ready, and carol is the heir. */
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
  await pool.connect(owner).requestBondWithdrawal(ether(1));
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
      finishBondWithdrawal: ({ pool, owner }) => pool.connect(owner).finishBondWithdrawal(),
      announceCommission: async ({ pool, owner }) => {
        await pool.connect(owner).cancelCommission();
        return pool.connect(owner).announceCommission(1_100n);
      },
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

  describe("what happened before", () => {
    const CALLS: Readonly<Record<string, (pool: Staked) => Promise<ContractTransactionResponse>>> = {
      ping: ({ pool }) => pool.ping(),
      addBond: ({ pool, owner }) => pool.connect(owner).addBond({ value: 100n }),
      requestBondWithdrawal: ({ pool, owner }) => pool.connect(owner).requestBondWithdrawal(1n),
      announceCommission: ({ pool, owner }) => pool.connect(owner).announceCommission(1_100n),
      lowerCommission: ({ pool, owner }) => pool.connect(owner).lowerCommission(1n),
    };

    for (const [name, call] of Object.entries(CALLS)) {
      it(`is booked first, at the old commission, by ${name}`, async () => {
        const fixture = await loadStakedPool();
        await fixture.reward(20n);
        await expect(call(fixture)).to.emit(fixture.pool, "GainBooked").withArgs(20n, 2n, 1n);
      });
    }

    it("is booked when it is a single wei", async () => {
      const { pool, reward } = await loadStakedPool();
      const { equity } = await pool.getBook();
      await reward(1n);
      await expect(pool.ping()).to.emit(pool, "GainBooked").withArgs(1n, 0n, 0n);
      expect((await pool.getBook()).equity).to.equal(equity + 1n);
    });

    it("is told of a loss in shares and in wei, which differ once there were gains", async () => {
      const { pool, owner, reward, slash } = await loadStakedPool();
      await pool.connect(owner).lowerCommission(0n);
      await reward(ether(100)); // 200 ether in 100 shares
      await pool.ping();
      await slash(500n);
      await expect(pool.ping()).to.emit(pool, "LossBooked").withArgs(ether(10), ether(5), ether(10), 0n, 0n);
    });
  });

  describe("initialize", () => {
    it("refuses a pool without a seed", async () => {
      const base = await loadPool();
      await expect(clonePool(base, 0n, 0n)).to.be.revertedWithCustomError(base.pool, "ZeroAmount");
    });
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

    it("funds eight batches beside any other call, and the views show that many", async () => {
      const base = await loadPool();
      const pool = await clonePool(base, 1n, 0n, 3_600n);
      await pool.connect(base.alice).deposit_and_stake({ value: 1_000n });
      for (let batch = 1; batch <= 10; batch += 1) {
        await networkHelpers.time.increase(3_600n);
        await pool.connect(base.alice).unstake(10n);
      }
      await waitUnbonding();

      expect(await pool.fundedThrough()).to.equal(8n);
      await pool.ping();
      expect((await pool.exitsOf(base.alice)).slice(7).map(({ open, matured }) => [open, matured])).to.deep.equal([
        [0n, 10n],
        [0n, 10n], // as the next call will leave it
        [0n, 10n],
      ]);
      expect(await pool.fundExits.staticCall(0)).to.equal(0n);
      expect(await pool.fundExits.staticCall(5)).to.equal(20n);
    });

    it("leaves the filling batch to those who come later", async () => {
      const { pool, alice } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(1));
      expect([await pool.fundedThrough(), (await pool.getBook()).fillingBatch]).to.deep.equal([0n, 2n]);
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
    it("gives a page, from anywhere, of any length", async () => {
      const { pool, alice, bob } = await loadStakedPool();
      const all = await pool.get_accounts(0, 2n ** 256n - 1n);
      expect(all.map(({ account_id }) => account_id)).to.include.members([alice.address, bob.address]);
      expect(await pool.get_accounts(0, 1)).to.deep.equal(all.slice(0, 1));
      expect(await pool.get_accounts(1, 1)).to.deep.equal(all.slice(1, 2));
      expect(await pool.get_accounts(1, 2n ** 256n - 1n)).to.deep.equal(all.slice(1));
    });

    it("keeps who has a free balance and nothing else", async () => {
      const { pool, carol } = await loadPool();
      await pool.connect(carol).deposit({ value: ether(5) });
      await pool.connect(carol).withdraw(ether(2));

      expect(await pool.get_accounts(0, 10)).to.deep.equal([[carol.address, ether(3), 0n, true]]);
      await pool.connect(carol).withdraw_all();
      expect(await pool.get_accounts(0, 10)).to.deep.equal([]);
    });
  });

  describe("a payment", () => {
    it("locks every function that books, whoever is paid: the owner's, too", async () => {
      const base = await loadPool();
      const user = await ethers.deployContract("PoolUser");
      const pool = await clonePool({ ...base, owner: user as unknown as typeof base.owner }, 1n, 0n);
      const address = await pool.getAddress();
      const encode = pool.interface.encodeFunctionData.bind(pool.interface) as (
        name: string,
        args?: unknown[],
      ) => string;
      const self = await user.getAddress();
      const locked: Readonly<Record<string, unknown[]>> = {
        ping: [],
        deposit: [],
        deposit_and_stake: [],
        stakeFor: [self, 0n, 2n ** 64n],
        stake: [1n],
        stake_all: [],
        unstake: [1n],
        unstake_all: [],
        unstakeShares: [1n, 0n],
        withdraw: [1n],
        withdrawTo: [self, 1n],
        withdraw_all: [],
        withdrawFor: [self],
        fundExits: [1n],
        addBond: [],
        requestBondWithdrawal: [1n],
        finishBondWithdrawal: [],
        announceCommission: [1n],
        applyCommission: [],
        lowerCommission: [0n],
        acceptOwnership: [],
      };
      await user.execute(address, encode("deposit_and_stake"), { value: 1_000n });
      await user.execute(address, encode("deposit"), { value: 1_000n });
      const error = pool.interface.getError("ReentrancyGuardReentrantCall")!.selector;
      for (const [name, args] of Object.entries(locked)) {
        await user.setCallback(address, encode(name, args));
        await user.execute(address, encode("withdraw", [1n]));
        expect([await user.succeeded(), await user.result()], name).to.deep.equal([false, error]);
      }
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
