/** Receivers of payments that call back: A12, A13 and A15 of docs/attacks.md. */
import { expect } from "chai";
import type { Interface } from "ethers";

import {
  connection,
  deployPaidAccount,
  ether,
  ethers,
  expectSolvent,
  loadStakedPool,
  MAX_UINT256,
  networkHelpers,
  type PoolFixture,
} from "../fixtures/metaPool.ts";
import * as operator from "../fixtures/operator.ts";
import { openLedger } from "../helpers/worth.ts";

/** Guarded entry points may not be entered again while one of them pays; the others may, and cannot harm. */
const GUARDED = ["withdraw", "withdraw_all", "withdrawTo", "withdrawFor", "unstakeInstant", "ping"];

/** Views that answer nobody, or not with these arguments. */
const REFUSED = ["get_accounts", "proxiableUUID", "renounceOwnership"];
/** Of an instant exit. */
const FEE_BPS = 25n;
/** A price that is rounded for a reading loses up to a wei each. */
const DUST = 5n;

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

/** As `loadAttacker`, at an operator's pool that has earned something which nobody has booked yet. */
async function loadOperatorAttacker() {
  const fixture = await operator.loadStakedPool();
  const { pool, reward } = fixture;
  const user = await operator.ethers.deployContract("PoolUser");
  const encode = pool.interface.encodeFunctionData.bind(pool.interface) as (name: string, args?: unknown[]) => string;
  const act = (data: string, value = 0n) => user.execute(pool, data, { value });
  await act(encode("deposit_and_stake"), ether(20));
  await act(encode("unstake", [ether(10)]));
  await operator.nextEpoch();
  await pool.ping();
  await act(encode("deposit"), ether(10));
  await operator.waitUnbonding();
  await reward(ether(1));
  return { ...fixture, user, address: await user.getAddress(), encode, act };
}

/** A call of every view that asks of nothing, an account or an amount: by the price, the totals and what `account` has. */
function viewsOf(pool: Interface, account: string): [name: string, data: string][] {
  const views: [string, string][] = [];
  pool.forEachFunction((view) => {
    const types = view.inputs.map(({ type }) => type);
    if (
      !view.constant ||
      REFUSED.includes(view.name) ||
      !types.every((type) => type === "address" || type === "uint256")
    )
      return;
    const args = types.map((type) => (type === "address" ? account : ether(3)));
    views.push([view.name, pool.encodeFunctionData(view, args)]);
  });
  return views;
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
        const { pool, attacker, encode, alice, bob } = await loadAttacker();
        const views = viewsOf(pool.interface, attacker.address);
        await attacker.account.setCalls(
          await pool.getAddress(),
          views.map(([, data]) => data),
        );
        const parties = { attacker: [attacker], victim: [alice, bob] };
        const ledger = await openLedger(connection, [pool], parties);
        const lent = await pool.convertToAssets(ether(3));

        await attacker.act(encode(payout, args(attacker.address)));

        const [, data] = await attacker.account.answers();
        for (const [i, [name, call]] of views.entries()) {
          expect(data[i], name).to.equal(await ethers.provider.call({ to: pool, data: call }));
        }
        // Who lends on shares lends as much as before while the pool pays; an instant exit leaves its fee to all.
        const index = views.findIndex(([name]) => name === "convertToAssets");
        const [inside] = pool.interface.decodeFunctionResult("convertToAssets", data[index]!);
        const fee = payout === "unstakeInstant" ? (ether("0.1") * FEE_BPS) / 10_000n : 0n;
        expect(inside).to.be.within(lent, lent + fee);
        const { attacker: profit, victim } = await ledger.changes();
        expect(profit).to.be.within(-fee, (-fee * 3n) / 4n);
        expect(victim).to.be.within(0n, fee);
      });
    }

    for (const [payout, args] of payouts) {
      if (payout === "unstakeInstant") continue;
      it(`A13 reads of an operator's pool during ${payout} what it will read after it`, async () => {
        const { pool, user, address, encode, act, alice, bob } = await loadOperatorAttacker();
        const parties = { attacker: [{ address }], victim: [alice, bob] };
        const ledger = await openLedger(operator.connection, [pool], parties);
        const lent = await pool.convertToAssets(ether(3));
        const start = await operator.networkHelpers.takeSnapshot();
        const views = viewsOf(pool.interface, address);
        for (const [name, data] of views) {
          await user.setCallback(pool, data);
          await act(encode(payout, args(address)));

          expect(await user.succeeded(), name).to.equal(true);
          const inside = await user.result();
          expect(inside, name).to.equal(await operator.ethers.provider.call({ to: pool, data }));
          if (name === "convertToAssets") expect(BigInt(inside), "what is lent on three shares").to.equal(lent);
          const { attacker, victim } = await ledger.changes();
          expect(attacker, name).to.be.within(-DUST, 0n);
          expect(victim, name).to.be.within(0n, DUST);
          await start.restore();
        }
        expect(views.length).to.be.greaterThan(15);
      });
    }

    it("A12 can withdraw twice in a row: the guard is free again after each call", async () => {
      const { pool, attacker, encode, alice, bob } = await loadAttacker();
      const target = await pool.getAddress();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [alice, bob] });

      await expect(attacker.account.repeat(target, 0n, encode("withdraw", [ether(5)]), 4n)).to.changeEtherBalance(
        ethers,
        attacker.account,
        ether(20),
      );
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });
  });

  describe("a receiver that burns gas or returns floods of data", () => {
    it("A15 loses its own gas, and nobody's money", async () => {
      const fixture = await loadAttacker();
      const { pool, attacker, alice, bob, keeper, round } = fixture;
      await pool.connect(alice).unstake(ether(1));
      await round();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [alice, bob] });
      for (const mode of [2n, 3n]) {
        await attacker.account.setMode(mode);
        const snapshot = await networkHelpers.takeSnapshot();
        await expect(pool.connect(keeper).withdrawFor(attacker.address, { gasLimit: 5_000_000n }))
          .to.be.revertedWithCustomError(pool, "TransferFailed")
          .withArgs(attacker.address, ether(20));
        await expect(pool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, ether(1));
        await pool.connect(bob).unstake_all();
        expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
        await attacker.account.setMode(0n);
        await expect(pool.connect(keeper).withdrawFor(attacker.address), "its claim is left").to.changeEtherBalance(
          ethers,
          attacker.account,
          ether(20),
        );
        await snapshot.restore();
      }
    });
  });
});
