import { expect } from "chai";
import fc from "fast-check";

import { sum } from "../../src/model/arithmetic.ts";
import { Revert } from "../../src/model/errors.ts";
import { type Network, newNetwork, reward, slash, stakeAt, unbondingOf } from "../../src/model/network.ts";
import * as staking from "../../src/model/stakingPool.ts";
import { IS_DEEP } from "../helpers/deep.ts";

const DAY = 86_400n;
const RUNS = IS_DEEP ? 3000 : 500;

/** A pool of which ann holds all shares, as far as they are not the bond. */
function pool({
  equity,
  supply,
  bondShares = 0n,
  commissionBps = 1000n,
}: {
  equity: bigint;
  supply: bigint;
  bondShares?: bigint;
  commissionBps?: bigint;
}) {
  const network = newNetwork(4n * DAY);
  const state = staking.newStakingPool(network, { name: "one", owner: "owner", commissionBps, epochLength: DAY }, 0n);
  state.accounts.set("ann", { shares: supply - bondShares, free: 0n });
  state.bondShares = bondShares;
  state.equity = equity;
  state.bonded = equity;
  stakeAt(network, "one").bonded = equity;
  return { state, network };
}

describe("model: StakingPool", () => {
  describe("NEAR's vectors, with every rounding against the caller", () => {
    // T, S before; amount; shares; T, S after. NEAR itself pays the odd unit from its guarantee fund.
    const stakes: [bigint, bigint, bigint, bigint][] = [
      [1000n, 1000n, 500n, 500n],
      [1330n, 1000n, 500n, 375n], // 375.9
      [1333n, 1000n, 2n, 1n], // 1.5
      [10n ** 24n + 7n, 10n ** 24n, 10n ** 18n, 10n ** 18n - 1n],
    ];
    for (const [total, supply, amount, shares] of stakes) {
      it(`stakes ${amount.toString()} at ${total.toString()}/${supply.toString()}`, () => {
        const { state, network } = pool({ equity: total, supply });
        expect(staking.depositAndStake(state, network, 0n, "bob", amount)).to.equal(shares);
        expect([state.equity, staking.supplyOf(state)]).to.deep.equal([total + amount, supply + shares]);
      });
    }

    it("refuses a stake worth no share", () => {
      const { state, network } = pool({ equity: 1333n, supply: 1000n });
      expect(() => staking.depositAndStake(state, network, 0n, "bob", 1n)).to.throw(Revert, "StakeTooSmall(1)");
    });

    const exits: [bigint, bigint, bigint, bigint][] = [
      [1330n, 1000n, 500n, 376n], // 375.9
      [1333n, 1000n, 1n, 1n], // 0.75
      [1333n, 1000n, 700n, 526n], // 525.1
    ];
    for (const [total, supply, amount, shares] of exits) {
      it(`unstakes ${amount.toString()} at ${total.toString()}/${supply.toString()}`, () => {
        const { state, network } = pool({ equity: total, supply });
        staking.unstake(state, network, 0n, "ann", amount);
        expect([state.equity, staking.supplyOf(state)]).to.deep.equal([total - amount, supply - shares]);
        expect(staking.unstakedBalance(state, "ann")).to.equal(amount);
      });
    }

    it("mints the commission at the price after the rest of the reward", () => {
      const { state, network } = pool({ equity: 1330n, supply: 1000n });
      reward(network, "one", 101n);
      staking.ping(state, network, 0n);
      // fee 10; 1330 + 91 = 1421; ⌊10 · 1000 / 1421⌋ = 7
      expect([state.equity, staking.sharesOf(state, "owner"), staking.supplyOf(state)]).to.deep.equal([
        1431n,
        7n,
        1007n,
      ]);
    });
  });

  describe("the bond", () => {
    it("bears a loss first and leaves the price of the others as it was", () => {
      const { state } = pool({ equity: 2000n, supply: 1000n, bondShares: 100n });
      staking.bookLoss(state, 101n);
      // ⌈101 · 1000 / 2000⌉ = 51 shares, worth 102, cover 101
      expect([state.bondShares, state.equity]).to.deep.equal([49n, 1899n]);
      expect(staking.stakedBalance(state, "ann")).to.equal(1800n); // ⌊900 · 1899 / 949⌋ = 1800.9…
    });

    it("bears what it is worth, and shares and exits bear the rest in proportion", () => {
      const { state, network } = pool({ equity: 2000n, supply: 1000n, bondShares: 100n });
      staking.unstake(state, network, 0n, "ann", 400n); // A 1600, S 800
      staking.bookLoss(state, 380n);
      // bond: 100 shares at 2 cover 200; 180 on 1400 and 400: exits ⌊180 · 400 / 1800⌋ = 40
      expect([state.bondShares, state.equity, state.exits.owed]).to.deep.equal([0n, 1260n, 360n]);
      expect(staking.unstakedBalance(state, "ann")).to.equal(360n);
    });

    it("still bears losses while it is being withdrawn", () => {
      const { state, network } = pool({ equity: 2000n, supply: 1000n, bondShares: 100n });
      staking.requestBondWithdrawal(state, network, 0n, 100n);
      slash(network, "one", 500n); // 100 of 2000
      staking.ping(state, network, DAY);
      expect(state.bondShares).to.equal(50n);
      expect(staking.finishBondWithdrawal(state, network, 7n * DAY)).to.equal(50n);
      expect([state.bondShares, staking.sharesOf(state, "owner")]).to.deep.equal([0n, 50n]);
    });
  });

  describe("exits", () => {
    it("go out at once if they are the first in their epoch, later ones with the next epoch", () => {
      const { state, network } = pool({ equity: 1000n, supply: 1000n });
      staking.unstake(state, network, 0n, "ann", 100n);
      expect(state.unbonding).to.equal(100n);
      staking.unstake(state, network, 1n, "ann", 50n);
      expect(state.unbonding).to.equal(100n);
      staking.ping(state, network, DAY);
      expect(state.unbonding).to.equal(150n);

      expect(() => staking.withdraw(state, network, 4n * DAY, "ann", 150n)).to.throw(
        Revert,
        "InsufficientWithdrawable(ann, 150, 100)",
      );
      staking.withdraw(state, network, 4n * DAY, "ann", 100n); // a later exit does not delay it
      expect(staking.withdrawAll(state, network, 5n * DAY, "ann")).to.equal(50n);
    });

    it("take their part of a slash while they wait, and what they get is what they are shown", () => {
      const { state, network } = pool({ equity: 1000n, supply: 1000n });
      staking.unstake(state, network, 0n, "ann", 400n);
      slash(network, "one", 1000n); // 60 of 600, 40 of 400
      staking.ping(state, network, DAY);
      expect([state.equity, state.exits.owed]).to.deep.equal([540n, 360n]);
      staking.ping(state, network, 4n * DAY);
      const shown = staking.unstakedBalance(state, "ann");
      expect(shown).to.equal(360n);
      expect(staking.withdrawAll(state, network, 4n * DAY, "ann")).to.equal(shown);
    });
  });

  it("keeps its book equal to the network's, and pays nobody more than its part, in random sequences", () => {
    const step = fc.record({
      kind: fc.constantFrom("stake", "unstake", "unstakeAll", "withdraw", "reward", "slash", "wait", "bond"),
      who: fc.constantFrom("ann", "bob"),
      amount: fc.bigInt(1n, 10n ** 9n),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const network: Network = newNetwork(3n * DAY);
        const state = staking.newStakingPool(
          network,
          { name: "one", owner: "owner", commissionBps: 700n, epochLength: DAY },
          10n ** 6n,
        );
        let now = 0n;
        let inside = 10n ** 6n; // paid in, less paid out, as the test counts it; and what the network gave and took
        for (const { kind, who, amount } of steps) {
          const price = { assets: state.equity, supply: staking.supplyOf(state) };
          let lost = false;
          try {
            if (kind === "stake") {
              staking.depositAndStake(state, network, now, who, amount);
              inside += amount;
            } else if (kind === "bond") {
              staking.addBond(state, network, now, amount);
              inside += amount;
            } else if (kind === "unstake")
              staking.unstake(state, network, now, who, (staking.stakedBalance(state, who) * (amount % 1000n)) / 1000n);
            else if (kind === "unstakeAll") staking.unstakeAll(state, network, now, who);
            else if (kind === "withdraw") inside -= staking.withdrawAll(state, network, now, who);
            else if (kind === "reward") {
              reward(network, "one", amount % 1000n);
              inside += amount % 1000n;
            } else if (kind === "wait") now += amount % (2n * DAY);
            else {
              const before = stakeAt(network, "one").bonded + unbondingOf(network, "one");
              slash(network, "one", amount % 3000n);
              inside -= before - stakeAt(network, "one").bonded - unbondingOf(network, "one");
              lost = true;
            }
            staking.ping(state, network, now);
          } catch (error) {
            if (!(error instanceof Revert)) throw error;
            staking.ping(state, network, now);
          }
          const free = sum([...state.accounts.values()].map((account) => account.free));
          expect(state.bonded + state.unbonding + state.cash).to.equal(state.equity + state.exits.owed);
          expect(state.bonded).to.equal(stakeAt(network, "one").bonded);
          expect(state.bonded + state.unbonding + state.cash + state.exits.reserved + free).to.equal(inside);
          const supply = staking.supplyOf(state);
          if (!lost) expect(state.equity * price.supply >= price.assets * supply, "I-11").to.be.true;
        }
      }),
      { numRuns: RUNS },
    );
  });
});
