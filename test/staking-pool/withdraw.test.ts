import { expect } from "chai";

import {
  ether,
  ethers,
  loadStakedPool,
  nextEpoch,
  now,
  SEED,
  UNBONDING,
  networkHelpers,
  waitUnbonding,
} from "../fixtures/operator.ts";
import { balancesOf, checkPool } from "../helpers/poolInvariants.ts";

/** alice has an exit of 10 that has matured at the network, one of 5 that has not, and 2 free. */
async function loadLeaver() {
  const fixture = await loadStakedPool();
  const { pool, alice } = fixture;
  await pool.connect(alice).unstake(ether(10));
  const maturesAt = (await now()) + UNBONDING;
  await nextEpoch();
  await pool.connect(alice).unstake(ether(5));
  await networkHelpers.time.increaseTo(maturesAt);
  await pool.connect(alice).deposit({ value: ether(2) });
  return fixture;
}

describe("StakingPool", () => {
  describe("withdraw", () => {
    it("reverts for zero", async () => {
      const { pool, alice } = await loadLeaver();
      await expect(pool.connect(alice).withdraw(0n)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts for more than is free and funded", async () => {
      const { pool, alice, carol } = await loadLeaver();
      await expect(pool.connect(alice).withdraw(ether(12) + 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
        .withArgs(alice, ether(12) + 1n, ether(12));
      await expect(pool.connect(carol).withdraw(1n))
        .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
        .withArgs(carol, 1n, 0n);
    });

    it("reverts for a caller who does not take ether, and changes nothing", async () => {
      const { pool, network } = await loadStakedPool();
      const user = await ethers.deployContract("PoolUser");
      await user.execute(pool, pool.interface.encodeFunctionData("deposit"), { value: 5n });
      await user.setRefuses(true);

      await expect(user.execute(pool, pool.interface.encodeFunctionData("withdraw", [5n])))
        .to.be.revertedWithCustomError(pool, "TransferFailed")
        .withArgs(user, 5n);

      expect(await pool.withdrawable(user)).to.equal(5n);
      await checkPool(pool, network, SEED);
    });

    it("pays the free balance first, then matured exits, oldest first", async () => {
      const { pool, network, alice } = await loadLeaver();

      const withdrawal = pool.connect(alice).withdraw(ether(3));

      await expect(withdrawal).to.emit(pool, "Withdrawn").withArgs(alice, alice, ether(3));
      await expect(withdrawal).to.changeEtherBalances(ethers, [alice, pool, network], [ether(3), -ether(3), 0n]);
      expect((await pool.exitsOf(alice)).map((exit) => [exit.batch, exit.open, exit.matured])).to.deep.equal([
        [1n, 0n, ether(9)],
        [2n, ether(5), 0n],
      ]);
      expect(await balancesOf(pool, alice)).to.include({
        unstaked: ether(14),
        withdrawable: ether(9),
        canWithdraw: false,
      });
      await checkPool(pool, network, SEED);
    });

    it("collects and funds what it pays, and does not pay twice", async () => {
      const { pool, network, alice, bob } = await loadStakedPool();
      await pool.connect(alice).unstake(ether(10));
      await waitUnbonding();

      const withdrawal = pool.connect(alice).withdraw(ether(10));

      await expect(withdrawal).to.emit(pool, "CashCollected").withArgs(ether(10));
      await expect(withdrawal).to.emit(pool, "BatchFunded").withArgs(1n, ether(10), true);
      await expect(withdrawal).to.changeEtherBalances(
        ethers,
        [alice, pool, network, bob],
        [ether(10), 0n, -ether(10), 0n],
      );
      await expect(pool.connect(alice).withdraw(1n))
        .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
        .withArgs(alice, 1n, 0n);
      await checkPool(pool, network, SEED);
    });

    it("works while stakes are paused", async () => {
      const { pool, owner, alice } = await loadLeaver();
      await pool.connect(owner).pauseStaking();
      await expect(pool.connect(alice).withdraw(ether(12))).to.changeEtherBalance(ethers, alice, ether(12));
    });
  });

  describe("withdraw_all", () => {
    it("reverts if nothing can be withdrawn", async () => {
      const { pool, bob } = await loadLeaver();
      await pool.connect(bob).unstake_all();
      await expect(pool.connect(bob).withdraw_all()).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("pays all that is free and funded, and leaves open exits open", async () => {
      const { pool, network, alice } = await loadLeaver();
      expect(await pool.connect(alice).withdraw_all.staticCall()).to.equal(ether(12));

      const withdrawal = pool.connect(alice).withdraw_all();

      await expect(withdrawal).to.emit(pool, "Withdrawn").withArgs(alice, alice, ether(12));
      await expect(withdrawal).to.changeEtherBalance(ethers, alice, ether(12));
      expect(await balancesOf(pool, alice)).to.include({ unstaked: ether(5), withdrawable: 0n });
      await checkPool(pool, network, SEED);
    });
  });

  describe("withdrawTo", () => {
    it("reverts for a receiver who cannot be paid", async () => {
      const { pool, alice } = await loadLeaver();
      for (const receiver of [ethers.ZeroAddress, await pool.getAddress()]) {
        await expect(pool.connect(alice).withdrawTo(receiver, 1n))
          .to.be.revertedWithCustomError(pool, "InvalidReceiver")
          .withArgs(receiver);
      }
    });

    it("reverts for more than the caller can withdraw", async () => {
      const { pool, alice, bob } = await loadLeaver();
      await expect(pool.connect(bob).withdrawTo(alice, 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientWithdrawable")
        .withArgs(bob, 1n, 0n);
    });

    it("reverts if the receiver does not take ether", async () => {
      const { pool, network, alice } = await loadLeaver();
      await expect(pool.connect(alice).withdrawTo(network, 1n))
        .to.be.revertedWithCustomError(pool, "TransferFailed")
        .withArgs(network, 1n);
    });

    it("pays the receiver from the caller's balance", async () => {
      const { pool, alice, carol } = await loadLeaver();

      const withdrawal = pool.connect(alice).withdrawTo(carol, ether(1));

      await expect(withdrawal).to.emit(pool, "Withdrawn").withArgs(alice, carol, ether(1));
      await expect(withdrawal).to.changeEtherBalances(ethers, [alice, carol], [0n, ether(1)]);
      expect(await pool.get_account_unstaked_balance(alice)).to.equal(ether(16));
    });
  });

  describe("withdrawFor", () => {
    it("reverts if the account can withdraw nothing", async () => {
      const { pool, bob, keeper } = await loadLeaver();
      await expect(pool.connect(keeper).withdrawFor(bob)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    });

    it("reverts for an account that does not take ether, and changes nothing", async () => {
      const { pool, keeper } = await loadStakedPool();
      const user = await ethers.deployContract("PoolUser");
      await user.execute(pool, pool.interface.encodeFunctionData("deposit"), { value: 5n });
      await user.setRefuses(true);

      await expect(pool.connect(keeper).withdrawFor(user))
        .to.be.revertedWithCustomError(pool, "TransferFailed")
        .withArgs(user, 5n);

      expect(await pool.withdrawable(user)).to.equal(5n);
    });

    it("pays the account, whoever calls", async () => {
      const { pool, alice, keeper } = await loadLeaver();
      expect(await pool.connect(keeper).withdrawFor.staticCall(alice)).to.equal(ether(12));

      await expect(pool.connect(keeper).withdrawFor(alice)).to.changeEtherBalances(
        ethers,
        [alice, keeper],
        [ether(12), 0n],
      );
    });
  });

  describe("a receiver who calls back", () => {
    const calls = [
      ["withdraw", [1n]],
      ["withdraw_all", []],
      ["withdrawTo", ["0x000000000000000000000000000000000000dEaD", 1n]],
      ["unstake_all", []],
      ["unstake", [1n]],
      ["unstakeShares", [1n, 0n]],
      ["stake_all", []],
      ["stake", [1n]],
      ["deposit", []],
      ["ping", []],
      ["fundExits", [1n]],
      ["applyCommission", []],
    ] as const;
    for (const [name, args] of calls) {
      it(`cannot re-enter ${name}`, async () => {
        const { pool, network } = await loadStakedPool();
        const user = await ethers.deployContract("PoolUser");
        await user.execute(pool, pool.interface.encodeFunctionData("deposit_and_stake"), { value: ether(1) });
        await user.execute(pool, pool.interface.encodeFunctionData("deposit"), { value: 10n });
        // The interface accepts any of these names; each is paired with its own arguments above.
        const data = pool.interface.encodeFunctionData(name as "withdraw", args as unknown as [bigint]);
        await user.setCallback(pool, data);

        await user.execute(pool, pool.interface.encodeFunctionData("withdraw", [5n]));

        expect(await user.calledBack()).to.equal(true);
        expect(await user.succeeded()).to.equal(false);
        expect(await user.result()).to.equal(pool.interface.getError("ReentrancyGuardReentrantCall")!.selector);
        expect(await pool.get_account_unstaked_balance(user)).to.equal(5n);
        await checkPool(pool, network, SEED);
      });
    }

    it("sees the balances as they are after the payment", async () => {
      const { pool } = await loadStakedPool();
      const user = await ethers.deployContract("PoolUser");
      await user.execute(pool, pool.interface.encodeFunctionData("deposit"), { value: 10n });
      await user.setCallback(pool, pool.interface.encodeFunctionData("withdrawable", [await user.getAddress()]));

      await user.execute(pool, pool.interface.encodeFunctionData("withdraw", [4n]));

      expect(await user.succeeded()).to.equal(true);
      expect(BigInt(await user.result())).to.equal(6n);
    });
  });
});
