/** Shares: A01 to A10 of docs/attacks.md, on the meta pool and on an operator's pool. */
import { expect } from "chai";
import type { BaseContract, ParamType } from "ethers";

import {
  at,
  connection,
  deployBarePool,
  deployPaidAccount,
  ether,
  ethers,
  force,
  loadGrownPool,
  loadPool,
  loadStakedPool,
  loadWorkingPool,
  MAX_UINT256,
  networkHelpers,
  nextEpoch,
  now,
  TRANSACTION_GAS_CAP,
  wire,
} from "../fixtures/metaPool.ts";
import * as operator from "../fixtures/operator.ts";
import { openLedger } from "../helpers/worth.ts";

/** An estimate would run a page of operations many times. */
const PAGE = { gasLimit: TRANSACTION_GAS_CAP };

type Encode = (name: string, args?: unknown[]) => string;

function encoderOf(contract: BaseContract): Encode {
  return contract.interface.encodeFunctionData.bind(contract.interface) as Encode;
}

/** Something that fits a parameter: an ether, the account, nothing. */
function fitting(parameter: ParamType, account: string): unknown {
  if (parameter.isArray()) return [];
  if (parameter.isTuple()) return parameter.components.map((part) => fitting(part, account));
  const { type } = parameter;
  if (type === "address") return account;
  if (type === "bool") return true;
  if (type === "bytes" || type === "string") return "0x";
  if (type.startsWith("bytes")) return ethers.ZeroHash;
  const most = 2n ** BigInt(type.replace("uint", "")) - 1n;
  return most < 10n ** 18n ? most : 10n ** 18n;
}

/** Calls every function that changes state, as `account` and without ether. Returns how many went through. */
async function callEverything(contract: BaseContract, account: Awaited<ReturnType<typeof ethers.getSigner>>) {
  const calls: string[] = [];
  contract.interface.forEachFunction((fragment) => {
    if (fragment.constant) return;
    const args = fragment.inputs.map((parameter) => fitting(parameter, account.address));
    calls.push(contract.interface.encodeFunctionData(fragment, args));
  });
  let succeeded = 0;
  for (const data of calls) {
    await account.sendTransaction({ to: contract, data }).then(
      () => (succeeded += 1),
      () => undefined,
    );
  }
  expect(calls.length).to.be.greaterThan(20);
  return succeeded;
}

describe("Attacks", () => {
  describe("share accounting", () => {
    it("A01 no function of MetaPool gives a stranger anything that it has not paid for", async () => {
      const { pool, carol: attacker, alice, bob } = await loadStakedPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victims: [alice, bob] });
      const supply = await pool.totalSupply();

      expect(await callEverything(pool, attacker)).to.be.greaterThan(0);
      expect(await pool.totalSupply()).to.equal(supply);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victims: 0n });
    });

    it("A01 no function of StakingPool gives a stranger anything that it has not paid for", async () => {
      const { pool, carol: attacker, alice, bob } = await operator.loadStakedPool();
      const ledger = await openLedger(operator.connection, [pool], { attacker: [attacker], victims: [alice, bob] });
      const { supply } = await pool.getBook();

      expect(await callEverything(pool, attacker)).to.be.greaterThan(0);
      expect((await pool.getBook()).supply).to.equal(supply);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victims: 0n });
    });

    for (const [stake, donation, victimStake] of [
      [1n, ether(100), ether(10)],
      [1n, ether(10), ether(10)],
      [1_000n, ether(1_000), 1n],
      [ether(1), ether(1), 3n],
    ] as const) {
      it(`A02 a first depositor of ${stake} wei who donates ${donation} takes nothing from a stake of ${victimStake}`, async () => {
        const bare = await deployBarePool();
        const { pool, alice: attacker, bob: victim } = bare;
        await wire(pool, bare.governance, bare.allocator.address, bare.notice.address, 1n);
        const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
        await pool.connect(attacker).deposit_and_stake({ value: stake });
        await force(pool, donation);
        await pool.connect(victim).deposit_and_stake({ value: victimStake });
        await pool.connect(attacker).unstake_all();

        expect(await ledger.changes(), "the donation not counted").to.deep.equal({ attacker: 0n, victim: 0n });
      });
    }

    it("A02 a first delegator of an operator's pool cannot inflate the price of its seed", async () => {
      const { pool, alice: attacker, bob: victim } = await operator.loadPool();
      const ledger = await openLedger(operator.connection, [pool], { attacker: [attacker], victim: [victim] });
      await pool.connect(attacker).deposit_and_stake({ value: 1n });
      await operator.networkHelpers.setBalance(await pool.getAddress(), ether(100));
      await pool.connect(victim).deposit_and_stake({ value: 3n });
      await pool.connect(attacker).unstake_all();

      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A03 forced ether buys nothing and moves no price, before, between or after stakes", async () => {
      const { pool, alice: attacker, bob: victim } = await loadPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      for (const donation of [1n, ether(1), ether(1000)]) {
        await pool.connect(attacker).deposit_and_stake({ value: ether(1) });
        await force(pool, donation);
        await pool.connect(victim).deposit_and_stake({ value: ether(1) });
      }
      await pool.connect(attacker).unstake_all();

      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A03 ether forced into an operator's pool between all steps of an exit changes none of them", async () => {
      const { pool, network, alice: victim, carol: attacker } = await operator.loadStakedPool();
      const ledger = await openLedger(operator.connection, [pool], { attacker: [attacker], victim: [victim] });
      const donate = async () => {
        for (const target of [await pool.getAddress(), await network.getAddress()]) {
          const balance = await operator.ethers.provider.getBalance(target);
          await operator.networkHelpers.setBalance(target, balance + ether(7));
        }
      };
      await pool.connect(attacker).deposit_and_stake({ value: ether(1) });
      await donate();
      await pool.connect(attacker).unstake_all();
      await pool.connect(victim).unstake(ether(10));
      await donate();
      await operator.nextEpoch();
      await pool.ping();
      await operator.waitUnbonding();
      await donate();
      await pool.connect(victim).withdraw_all();
      await pool.connect(attacker).withdraw_all();

      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A04 who is alone in the pool and leaves a wei of it behind ruins nobody who comes after", async () => {
      const { pool, alice: attacker, bob: victim } = await loadPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      await pool.connect(attacker).deposit_and_stake({ value: ether(5) });
      await pool.connect(attacker).unstakeShares(ether(5) - 1n, 0n);
      await pool.connect(victim).deposit_and_stake({ value: 7n });
      await pool.connect(attacker).unstake_all();
      await pool.connect(victim).unstake_all();

      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A04 after a total loss nobody buys a pool for a wei: it takes no stake, and pays back none", async () => {
      const { pool, alice: victim, carol: attacker, loss } = await loadWorkingPool();
      await loss(ether(100));
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });

      await expect(pool.connect(attacker).deposit_and_stake({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "PoolInsolvent")
        .withArgs(0n, ether(100));
      const operators = await operator.loadStakedPool();
      await operators.slash(10_000n);
      await expect(operators.pool.connect(operators.carol).deposit_and_stake({ value: 1n }))
        .to.be.revertedWithCustomError(operators.pool, "PoolInsolvent")
        .withArgs(0n, ether(90));
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A05 rounding in thousands of dust operations earns nothing", async () => {
      const { pool, alice, bob, carol, round } = await loadGrownPool();
      const { account, act, address } = await deployPaidAccount(pool);
      const target = await pool.getAddress();
      const encode = encoderOf(pool);
      await act(encode("deposit_and_stake"), ether(1));
      const ledger = await openLedger(connection, [pool], { attacker: [carol, { address }], victims: [alice, bob] });
      const rate = await pool.getRate();
      for (let page = 0; page < 4; page += 1) {
        for (const [value, data] of [
          [2n, encode("deposit_and_stake")],
          [0n, encode("unstakeShares", [1n, 0n])],
          [0n, encode("unstake", [1n])],
        ] as const) {
          const before = (await ledger.changes()).attacker;
          await account.connect(carol).repeat(target, value, data, 170n, PAGE);
          expect((await ledger.changes()).attacker - before).to.be.at.most(0n);
        }
        await round();
      }
      await pool.fundExits(10);

      const { attacker, victims } = await ledger.changes();
      expect(attacker).to.be.within(-4_000n, 0n);
      expect(victims).to.be.at.least(0n);
      expect(await pool.getRate()).to.be.at.least(rate);
    });

    it("A05 rounding in hundreds of dust operations at an operator's pool of 1,500 wei earns nothing", async () => {
      const { pool, alice, bob, reward } = await operator.loadSmallPool();
      await reward(500n);
      const account = await operator.ethers.deployContract("PaidAccount");
      const party = { address: await account.getAddress() };
      await operator.networkHelpers.setBalance(party.address, ether(1));
      const encode = encoderOf(pool);
      const ledger = await openLedger(operator.connection, [pool], { attacker: [bob, party], victim: [alice] });
      for (const [value, data] of [
        [2n, encode("deposit_and_stake")],
        [0n, encode("unstakeShares", [1n, 0n])],
        [7n, encode("deposit_and_stake")],
        [0n, encode("unstake", [1n])],
      ] as const) {
        await account.connect(bob).repeat(pool, value, data, 60n, PAGE);
      }

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-240n, 0n);
      expect(victim).to.be.at.least(0n);
    });

    it("A05 stake and leave in one go returns less or the same, at odd prices", async () => {
      for (const [grown, value] of [
        [1n, 3n],
        [7n, ether(1)],
        [ether("33.333"), 1_000_003n],
        [ether(1000), 12_345n],
      ] as const) {
        const { pool, alice, bob, carol, gain, round } = await loadWorkingPool();
        await gain(grown);
        await round();
        await nextEpoch(8n);
        const ledger = await openLedger(connection, [pool], { attacker: [carol], victims: [alice, bob] });
        await pool.connect(carol).deposit_and_stake({ value });
        await pool.connect(carol).unstake_all();

        const { attacker, victims } = await ledger.changes();
        expect(attacker).to.be.within(-12n, 0n);
        expect(victims).to.be.at.least(0n);
      }
    });

    it("A06 more than 2^96 wei are refused, not wrapped, and nobody's share is touched", async () => {
      const { pool, alice, bob, carol } = await loadStakedPool();
      const most = 2n ** 96n;
      await networkHelpers.setBalance(carol.address, 4n * most);
      const ledger = await openLedger(connection, [pool], { attacker: [carol], victims: [alice, bob] });
      for (const stake of ["deposit_and_stake", "deposit"] as const) {
        await expect(pool.connect(carol)[stake]({ value: most }))
          .to.be.revertedWithCustomError(pool, "SafeCastOverflowedUintDowncast")
          .withArgs(96n, stake === "deposit" ? most : most + ether(100));
      }
      await pool.connect(carol).deposit_and_stake({ value: most / 2n });
      await pool.connect(carol).unstake_all();
      await pool.connect(alice).unstake_all();

      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victims: 0n });
    });

    it("A07 the treasury gets its part of a gain once, and stakers all the rest", async () => {
      const { pool, alice, bob, treasury, gain, round } = await loadWorkingPool();
      const ledger = await openLedger(connection, [pool], { attacker: [treasury], victims: [alice, bob] });
      await gain(ether(10));
      await round({ netGain: ether(10) });
      await round({ netGain: ether(10) }); // claims it again
      await nextEpoch(8n);
      await round({ netGain: ether(10) });

      const { attacker, victims } = await ledger.changes();
      const fee = ether("0.5");
      expect(attacker).to.be.within(fee - 10n, fee);
      expect(victims).to.be.closeTo(((ether(10) - attacker) * 99n) / 100n, 10n); // a hundredth is the seed's
    });

    it("A07 the treasury gets its part of what leavers left behind, though that is many times what shares have at once", async () => {
      const { pool, allocator, treasury, alice, bob, beginRound, endRound } = await loadWorkingPool();
      const own = pool.connect(allocator);
      const units = (await own.reportWriteDown.staticCall(ether(50))).units;
      await own.reportWriteDown(ether(50));
      for (const holder of [alice, bob]) {
        const shares = await pool.balanceOf(holder);
        if (shares > 0n) await pool.connect(holder).unstakeShares((shares * 95n) / 100n, 0n);
      }
      await beginRound();
      await own.endWriteDown(ether(50), units, 0n, 0n);
      const { roundGain, assets } = await pool.getBook();
      expect(roundGain).to.be.greaterThan(assets / 2n);
      await endRound(1n, roundGain);
      await nextEpoch(8n);

      const fee = (roundGain * 5n) / 100n;
      expect(await pool.get_account_staked_balance(treasury)).to.be.within(fee - 10n, fee);
    });

    it("A08 a transfer from an account to itself, and a stake for oneself, create nothing", async () => {
      const { pool, alice: attacker, bob: victim } = await loadStakedPool();
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      const shares = await pool.balanceOf(attacker);
      await pool.connect(attacker).transfer(attacker, shares);
      await pool.connect(attacker).approve(attacker, MAX_UINT256);
      await pool.connect(attacker).transferFrom(attacker, attacker, shares / 2n);
      await pool.connect(attacker).stakeFor(attacker, 0n, MAX_UINT256, { value: ether(1) });
      await pool.connect(attacker).unstake(ether(1));
      await pool
        .connect(attacker)
        .withdrawFor(attacker)
        .catch(() => undefined);

      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
      expect(await pool.totalSupply()).to.equal(ether(100));
    });

    it("A10 a flash stake in the block of an instant exit pays the fee all the same", async () => {
      const { pool, alice: victim, carol: attacker } = await loadStakedPool();
      await networkHelpers.setBalance(attacker.address, ether(100_000));
      await pool.connect(attacker).deposit_and_stake({ value: ether(10) });
      const ledger = await openLedger(connection, [pool], { attacker: [attacker], victim: [victim] });
      await at((await now()) + 60n);
      await connection.provider.request({ method: "evm_setAutomine", params: [false] });
      const options = { gasLimit: 500_000n };
      await pool.connect(attacker).deposit_and_stake({ value: ether(9_000), ...options });
      await pool.connect(attacker).unstakeInstant(ether(10), 0n, attacker, options);
      await connection.provider.request({ method: "evm_mine", params: [] });
      await connection.provider.request({ method: "evm_setAutomine", params: [true] });

      const fee = (ether(10) * 25n) / 10_000n;
      const { attacker: profit, victim: loss } = await ledger.changes();
      expect(profit).to.be.within(-fee, -fee / 1_000n); // it gets most of its own fee back as a holder
      expect(loss).to.be.greaterThan(0n);
    });
  });
});
