import { expect } from "chai";

import {
  deployPaidAccount,
  ether,
  ethers,
  loadStakedPool,
  loadWorkingPool,
  MAX_UINT256,
  type PoolFixture,
  stateOf,
  valuesOf,
} from "../fixtures/metaPool.ts";
import { reservedOf } from "../helpers/reserved.ts";

/** alice has exits of 2 and 3 ether in batches 1 and 2, which can be funded, and 1 ether free. */
async function loadWaitingExits(): Promise<PoolFixture> {
  const fixture = await loadStakedPool();
  const { pool, alice, round } = fixture;
  await pool.connect(alice).unstake(ether(2));
  await round();
  await pool.connect(alice).unstake(ether(3));
  await round();
  await pool.connect(alice).deposit({ value: ether(1) });
  return fixture;
}

describe("MetaPool", () => {
  describe("withdraw", () => {
    it("reverts on zero", async () => {
      const { pool, alice } = await loadWaitingExits();

      await expect(pool.connect(alice).withdraw(0n)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts above what is free and funded", async () => {
      const { pool, alice } = await loadWaitingExits();

      for (const amount of [ether(6) + 1n, MAX_UINT256]) {
        await expect(pool.connect(alice).withdraw(amount))
          .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
          .withArgs(alice.address, amount, ether(6));
      }
    });

    it("does not pay an exit before its round has completed", async () => {
      const { pool, alice, beginRound } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(2));
      await beginRound();

      await expect(pool.connect(alice).withdraw(1n))
        .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
        .withArgs(alice.address, 1n, 0n);
    });

    it("pays from the free balance first, then from matured exits, oldest first", async () => {
      const { pool, alice } = await loadWaitingExits();

      const withdraw = pool.connect(alice).withdraw(ether(4));

      await expect(withdraw).to.emit(pool, "Withdrawn").withArgs(alice.address, alice.address, ether(4));
      await expect(withdraw).to.changeEtherBalances(ethers, [alice, pool], [ether(4), -ether(4)]);
      expect((await pool.exitsOf(alice)).map((exit) => valuesOf(exit))).to.deep.equal([[2n, 0n, ether(2), 0n, 0n]]);
      const book = await pool.getBook();
      expect([book.free, await reservedOf(pool), book.owed]).to.deep.equal([0n, ether(2), 0n]);
    });

    it("funds up to two waiting batches on its way", async () => {
      const { pool, alice, round } = await loadWaitingExits();
      await pool.connect(alice).unstake(ether(5));
      await round();

      const withdraw = pool.connect(alice).withdraw(1n);

      await expect(withdraw).to.emit(pool, "BatchFunded").withArgs(1n, ether(2), true);
      await expect(withdraw).to.emit(pool, "BatchFunded").withArgs(2n, ether(3), true);
      expect(await pool.fundedThrough()).to.equal(2n);
    });

    it("pays exactly the unstaked balance once it is funded", async () => {
      const { pool, alice } = await loadWaitingExits();
      const amount = await pool.get_account_unstaked_balance(alice);

      await expect(pool.connect(alice).withdraw(amount)).to.changeEtherBalance(ethers, alice, ether(6));
      expect(await pool.exitsOf(alice)).to.deep.equal([]);
      expect(await pool.get_account_unstaked_balance(alice)).to.equal(0n);
    });
  });

  describe("withdraw_all", () => {
    it("reverts when there is nothing to pay", async () => {
      const { pool, bob } = await loadWaitingExits();

      await expect(pool.connect(bob).withdraw_all()).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("pays all that is free and funded, and leaves what is open", async () => {
      const { pool, alice } = await loadWaitingExits();
      await pool.connect(alice).unstake(ether(7));
      expect(await pool.connect(alice).withdraw_all.staticCall()).to.equal(ether(6));

      const withdraw = pool.connect(alice).withdraw_all();

      await expect(withdraw).to.emit(pool, "Withdrawn").withArgs(alice.address, alice.address, ether(6));
      await expect(withdraw).to.changeEtherBalances(ethers, [alice, pool], [ether(6), -ether(6)]);
      expect(await pool.get_account_unstaked_balance(alice)).to.equal(ether(7));
    });

    it("pays an exit that is funded in part as it is funded, and all of it in the end", async () => {
      const { pool, alice, bob, round, cash } = await loadWorkingPool();
      await pool.connect(alice).unstake(10n);
      await pool.connect(bob).unstake(20n);
      await round();
      await cash(10n);
      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, 3n); // ⌊10 · 10 / 30⌋
      await cash(10n);
      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, 3n); // ⌊10 · 20 / 30⌋ − 3
      await cash(10n);
      await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, 4n);
      await expect(pool.connect(bob).withdraw_all()).to.changeEtherBalance(ethers, bob, 20n);

      const book = await pool.getBook();
      expect([book.owed, book.funded, await reservedOf(pool)]).to.deep.equal([0n, 30n, 0n]);
    });
  });

  describe("withdrawTo", () => {
    it("reverts for the zero address, and for the pool itself", async () => {
      const { pool, address, alice } = await loadWaitingExits();

      await expect(pool.connect(alice).withdrawTo(ethers.ZeroAddress, 1n))
        .to.be.revertedWithCustomError(pool, "InvalidReceiver")
        .withArgs(ethers.ZeroAddress);
      await expect(pool.connect(alice).withdrawTo(address, 1n))
        .to.be.revertedWithCustomError(pool, "TransferFailed")
        .withArgs(address, 1n);
    });

    it("pays the receiver from the caller's balance", async () => {
      const { pool, alice, bob } = await loadWaitingExits();

      const withdraw = pool.connect(alice).withdrawTo(bob, ether(2));

      await expect(withdraw).to.emit(pool, "Withdrawn").withArgs(alice.address, bob.address, ether(2));
      await expect(withdraw).to.changeEtherBalances(ethers, [alice, bob, pool], [0n, ether(2), -ether(2)]);
      expect(await pool.withdrawable(alice)).to.equal(ether(4));
    });

    it("reverts above what the caller has", async () => {
      const { pool, alice, bob } = await loadWaitingExits();

      await expect(pool.connect(bob).withdrawTo(alice, 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
        .withArgs(bob.address, 1n, 0n);
    });
  });

  describe("withdrawFor", () => {
    it("reverts when the account can take nothing, as the pool's own never can", async () => {
      const { pool, address, keeper, bob } = await loadWaitingExits();

      for (const account of [bob.address, address, ethers.ZeroAddress]) {
        await expect(pool.connect(keeper).withdrawFor(account)).to.be.revertedWithCustomError(pool, "ZeroAmount");
      }
    });

    it("pays that account whoever calls", async () => {
      const { pool, alice, keeper } = await loadWaitingExits();

      const withdraw = pool.connect(keeper).withdrawFor(alice);

      await expect(withdraw).to.emit(pool, "Withdrawn").withArgs(alice.address, alice.address, ether(6));
      await expect(withdraw).to.changeEtherBalances(ethers, [alice, keeper, pool], [ether(6), 0n, -ether(6)]);
    });

    it("changes nothing when the account rejects ether, however it does so", async () => {
      const { pool, keeper, round } = await loadStakedPool();
      const { account, address, act } = await deployPaidAccount(pool);
      await act(pool.interface.encodeFunctionData("deposit_and_stake"), ether(5));
      await act(pool.interface.encodeFunctionData("unstake_all"));
      await round();
      const before = await stateOf(pool, { address });

      for (const mode of [1n, 2n, 3n]) {
        await account.setMode(mode);
        await expect(pool.connect(keeper).withdrawFor(address, { gasLimit: 3_000_000n }))
          .to.be.revertedWithCustomError(pool, "TransferFailed")
          .withArgs(address, ether(5));
        expect(await stateOf(pool, { address })).to.deep.equal(before);
      }

      await account.setMode(0n);
      await expect(pool.connect(keeper).withdrawFor(address)).to.changeEtherBalance(ethers, account, ether(5));
    });

    it("lets an account that rejects ether be paid elsewhere", async () => {
      const { pool, carol } = await loadStakedPool();
      const { account, act } = await deployPaidAccount(pool);
      await act(pool.interface.encodeFunctionData("deposit"), ether(5));
      await account.setMode(1n);

      await expect(
        act(pool.interface.encodeFunctionData("withdrawTo", [carol.address, ether(5)])),
      ).to.changeEtherBalance(ethers, carol, ether(5));
    });
  });
});
