/** Receivers of payments that call back: A12, A13 and A15 of docs/attacks.md. */
import { expect } from "chai";

import {
  deployPaidAccount,
  ether,
  ethers,
  expectSolvent,
  loadStakedPool,
  MAX_UINT256,
  networkHelpers,
  type PoolFixture,
} from "../fixtures/metaPool.ts";

/** Guarded entry points may not be entered again while one of them pays; the others may, and cannot harm. */
const GUARDED = ["withdraw", "withdraw_all", "withdrawTo", "withdrawFor", "unstakeInstant", "ping"];

/** An attacker with code that has 10 ether staked, 10 free and 10 in a funded exit. */
async function loadAttacker() {
  const fixture = await loadStakedPool();
  const { pool, round } = fixture;
  const attacker = await deployPaidAccount(pool);
  const encode = pool.interface.encodeFunctionData.bind(pool.interface) as (name: string, args?: unknown[]) => string;
  await attacker.act(encode("deposit_and_stake"), ether(20));
  await attacker.act(encode("unstake", [ether(10)]));
  await round();
  await pool.fundExits(1);
  await attacker.act(encode("deposit"), ether(10));
  return { ...fixture, attacker, encode };
}

/** What the account could turn into ether: what it holds, and what the pool holds for it. */
async function worthOf({ pool }: PoolFixture, address: string): Promise<bigint> {
  return (await ethers.provider.getBalance(address)) + (await pool.get_account_total_balance(address));
}

describe("Attacks", () => {
  describe("a receiver that calls back", () => {
    const payouts: [string, (attacker: string) => unknown[]][] = [
      ["withdraw", () => [ether(15)]],
      ["withdraw_all", () => []],
      ["withdrawTo", (attacker) => [attacker, ether(15)]],
      ["withdrawFor", (attacker) => [attacker]],
      ["unstakeInstant", (attacker) => [ether("0.1"), 0n, attacker]],
    ];

    for (const [payout, args] of payouts) {
      it(`A12 gains nothing from any entry point during ${payout}`, async () => {
        const fixture = await loadAttacker();
        const { pool, attacker, encode, alice, bob } = fixture;
        const calls: [string, unknown[]][] = [
          ["withdraw", [1n]],
          ["withdraw_all", []],
          ["withdrawTo", [attacker.address, 1n]],
          ["withdrawFor", [alice.address]],
          ["unstakeInstant", [1000n, 0n, attacker.address]],
          ["ping", []],
          ["deposit", []],
          ["deposit_and_stake", []],
          ["stakeFor", [attacker.address, 0n, MAX_UINT256]],
          ["beginRound", []],
          ["report", [1n, 0n]],
          ["fund", [1n]],
          ["fundExits", [3n]],
          ["stake", [1n]],
          ["stake_all", []],
          ["unstake", [1n]],
          ["unstakeShares", [1n, 0n]],
          ["transfer", [bob.address, 0n]],
          ["unstake_all", []],
        ];
        await attacker.account.setCalls(
          await pool.getAddress(),
          calls.map(([name, parameters]) => encode(name, parameters)),
        );
        const before = await worthOf(fixture, attacker.address);
        const others = await pool.get_total_staked_balance();

        await attacker.act(encode(payout, args(attacker.address)));

        const [successes, data] = await attacker.account.answers();
        expect(successes.length).to.equal(calls.length);
        for (const [i, [name]] of calls.entries()) {
          if (!GUARDED.includes(name)) continue;
          expect(successes[i], name).to.equal(false);
          expect(data[i], name).to.equal(ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10));
        }
        expect(await worthOf(fixture, attacker.address)).to.be.at.most(before);
        expect(await pool.get_total_staked_balance()).to.be.at.most(others);
        await expectSolvent(pool, [attacker, alice, bob]);
      });

      it(`A13 reads during ${payout} what it will read after it`, async () => {
        const { pool, attacker, encode } = await loadAttacker();
        const views: [string, unknown[]][] = [
          ["getRate", []],
          ["getBook", []],
          ["totalSupply", []],
          ["get_account", [attacker.address]],
          ["convertToAssets", [ether(3)]],
          ["withdrawable", [attacker.address]],
          ["balanceOf", [attacker.address]],
        ];
        await attacker.account.setCalls(
          await pool.getAddress(),
          views.map(([name, parameters]) => encode(name, parameters)),
        );

        await attacker.act(encode(payout, args(attacker.address)));

        const [, data] = await attacker.account.answers();
        for (const [i, [name, parameters]] of views.entries()) {
          const after = await ethers.provider.call({ to: pool, data: encode(name, parameters) });
          expect(data[i], name).to.equal(after);
        }
      });
    }

    it("A12 can withdraw twice in a row: the guard is free again after each call", async () => {
      const { pool, attacker, encode } = await loadAttacker();
      const target = await pool.getAddress();

      await expect(attacker.account.repeat(target, 0n, encode("withdraw", [ether(5)]), 4n)).to.changeEtherBalance(
        ethers,
        attacker.account,
        ether(20),
      );
    });
  });

  describe("a receiver that burns gas or returns floods of data", () => {
    it("A15 loses its own gas, and nobody's money", async () => {
      const fixture = await loadAttacker();
      const { pool, attacker, alice, bob, keeper, round } = fixture;
      await pool.connect(alice).unstake(ether(1));
      await round();
      for (const mode of [2n, 3n]) {
        await attacker.account.setMode(mode);
        const snapshot = await networkHelpers.takeSnapshot();
        await expect(pool.connect(keeper).withdrawFor(attacker.address, { gasLimit: 5_000_000n }))
          .to.be.revertedWithCustomError(pool, "TransferFailed")
          .withArgs(attacker.address, ether(20));
        await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, ether(1));
        await pool.connect(bob).unstake_all();
        await snapshot.restore();
      }
    });
  });
});
