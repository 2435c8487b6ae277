import { expect } from "chai";

import { BPS, clonePool, COMMISSION, EPOCH, ether, ethers, loadPool, SEED, UNBONDING } from "../fixtures/operator.ts";
import { checkPool } from "../helpers/poolInvariants.ts";

describe("StakingPoolFactory", () => {
  describe("createStakingPool", () => {
    it("reverts unless the value is the seed", async () => {
      const { factory, owner } = await loadPool();
      for (const value of [0n, SEED - 1n, SEED + 1n]) {
        await expect(factory.createStakingPool(owner, "0x", 0n, { value }))
          .to.be.revertedWithCustomError(factory, "WrongSeed")
          .withArgs(value, SEED);
      }
    });

    it("reverts for an owner who is the zero address", async () => {
      const { factory, pool } = await loadPool();
      await expect(factory.createStakingPool(ethers.ZeroAddress, "0x", 0n, { value: SEED }))
        .to.be.revertedWithCustomError(pool, "OwnableInvalidOwner")
        .withArgs(ethers.ZeroAddress);
    });

    it("reverts for a commission above 50 %", async () => {
      const { factory, pool, owner } = await loadPool();
      await expect(factory.createStakingPool(owner, "0x", 5_001n, { value: SEED }))
        .to.be.revertedWithCustomError(pool, "CommissionOutOfBounds")
        .withArgs(5_001n, 0n, 5_000n);
    });

    it("deploys a pool whose seed shares belong to nobody", async () => {
      const { factory, network, owner, alice } = await loadPool();
      const expected = await factory
        .connect(alice)
        .createStakingPool.staticCall(owner, "0xabcd", 5_000n, { value: SEED });
      const pool = await ethers.getContractAt("StakingPool", expected);

      const creation = factory.connect(alice).createStakingPool(owner, "0xabcd", 5_000n, { value: SEED });

      await expect(creation).to.emit(factory, "StakingPoolCreated").withArgs(expected, owner, "0xabcd", 5_000n);
      await expect(creation).to.emit(pool, "Staked").withArgs(factory, expected, SEED, SEED);
      await expect(creation).to.changeEtherBalances(ethers, [alice, network, pool], [-SEED, SEED, 0n]);
      expect(await factory.isPool(expected)).to.equal(true);
      expect(await pool.get_owner_id()).to.equal(owner);
      expect(await pool.get_staking_key()).to.equal("0xabcd");
      expect(await pool.get_reward_fee_fraction()).to.deep.equal([5_000n, BPS]);
      expect(await pool.is_staking_paused()).to.equal(false);
      expect(await pool.get_total_staked_balance()).to.equal(SEED);
      expect(await pool.get_number_of_accounts()).to.equal(0n);
      expect(await pool.get_account_total_balance(owner)).to.equal(0n);
      expect(await pool.bond()).to.equal(0n);
      expect(await pool.getRate()).to.equal(ether(1));
      expect(await pool.fundedThrough()).to.equal(0n);
      expect(await pool.unbondingTime()).to.equal(UNBONDING + EPOCH);
      expect(await pool.network()).to.equal(network);
      await checkPool(pool, network, SEED);
    });
  });

  describe("isPool", () => {
    it("is false for anything else", async () => {
      const { factory, pool, network, owner } = await loadPool();
      const clone = await clonePool({ network, owner }, SEED, 0n);

      expect(await factory.isPool(pool)).to.equal(true);
      for (const other of [clone, network, factory, owner, await factory.IMPLEMENTATION(), ethers.ZeroAddress]) {
        expect(await factory.isPool(other)).to.equal(false);
      }
    });
  });
});

describe("StakingPool", () => {
  describe("initialize", () => {
    it("reverts on a pool", async () => {
      const { pool, alice } = await loadPool();
      await expect(pool.initialize(alice, "0x", 0n, { value: 1n })).to.be.revertedWithCustomError(
        pool,
        "InvalidInitialization",
      );
    });

    it("reverts on the implementation", async () => {
      const { factory, alice } = await loadPool();
      const implementation = await ethers.getContractAt("StakingPool", await factory.IMPLEMENTATION());
      await expect(implementation.initialize(alice, "0x", 0n, { value: 1n })).to.be.revertedWithCustomError(
        implementation,
        "InvalidInitialization",
      );
    });

    it("reverts without a seed", async () => {
      const { network, pool, owner } = await loadPool();
      const cloner = await ethers.deployContract("PoolCloner", [network, EPOCH, 0n]);
      await expect(cloner.clone(owner, COMMISSION)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });
  });
});
