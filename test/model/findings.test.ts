/** What an earlier specification let happen although the design promises that it cannot: none of it gains anything now. */
import { expect } from "chai";

import { list, newAllocator, settle, unbonding } from "../../src/model/allocator.ts";
import {
  assetsAt,
  beginRound,
  bufferOf,
  DAY,
  endRound,
  endWriteDown,
  lockedAt,
  newBook,
  report,
  reportWriteDown,
  sendToAllocator,
} from "../../src/model/book.ts";
import { fundedThrough } from "../../src/model/exits.ts";
import { rebalance } from "../../src/model/legs.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import { newNetwork } from "../../src/model/network.ts";
import { honestPool } from "../../src/model/operators.ts";
import { addBond, depositAndStake, newStakingPool } from "../../src/model/stakingPool.ts";

const ETHER = 10n ** 18n;
const RAY = 10n ** 27n;

function pool() {
  return newBook(
    { feeBps: 500n, bufferTargetBps: 50n, assetCap: undefined, treasury: "treasury", epochLength: DAY },
    ETHER,
  );
}

describe("model: findings", () => {
  it("1. dust that eve keeps open does not move the loss index of everybody's exits", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 1000n * ETHER);
    metaPool.depositAndStake(book, 0n, "bob", 1000n * ETHER);
    metaPool.depositAndStake(book, 0n, "eve", ETHER);
    sendToAllocator(book, bufferOf(book));

    // Each leg may book a loss of a wei (a staking pool's rounding); eve tops up her exit between legs.
    metaPool.unstake(book, 0n, "eve", 2n);
    for (let event = 0; event < 60; event++) {
      report(book, 0n, { loss: 1n }); // ⌊1 · owed / (E + owed)⌋ = 0
      metaPool.unstake(book, 0n, "eve", 1n);
    }
    expect([book.exits.lossIndex, book.exits.owed]).to.deep.equal([RAY, 62n]); // rounded up, the 29th would do

    // Bob leaves with 1000, and bears his part of a large loss: ⌊930 · owed / (E + owed)⌋, 46.5 %.
    metaPool.unstakeAll(book, 0n, "bob");
    const [assets, { owed }] = [assetsAt(book, 0n), book.exits];
    report(book, 0n, { loss: 930n * ETHER });
    expect(book.exits.owed).to.equal(owed - (930n * ETHER * owed) / (assets + owed));
    expect(metaPool.unstakedBalance(book, "bob") > 535n * ETHER).to.be.true;
    expect(metaPool.unstakedBalance(book, "bob") < 536n * ETHER).to.be.true;
    expect(assetsAt(book, 0n) < 537n * ETHER).to.be.true;
  });

  it("1b. nor do losses that are large for the dust bring a small one to the limit", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 1000n * ETHER);
    metaPool.depositAndStake(book, 0n, "bob", 1000n * ETHER);
    metaPool.depositAndStake(book, 0n, "eve", ETHER);
    sendToAllocator(book, bufferOf(book));
    metaPool.unstake(book, 0n, "eve", 13n);
    for (let event = 0; event < 100; event++) report(book, 0n, { loss: ETHER / 100n });
    expect(book.exits.lossIndex).to.equal(RAY); // 1 of 2002 is less than a wei of 13

    metaPool.unstakeAll(book, 0n, "bob");
    const asked = metaPool.unstakedBalance(book, "bob");
    report(book, 0n, { loss: 6n * ETHER }); // 0.3 %
    const left = metaPool.unstakedBalance(book, "bob");
    expect(left > (asked * 9969n) / 10_000n && left < (asked * 9971n) / 10_000n).to.be.true;
    expect(metaPool.stakedBalance(book, 0n, "ann") < 997n * ETHER).to.be.true;
  });

  it("2. who leaves after a void joins the next batch, and has all that it asked for", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 100n * ETHER);
    metaPool.depositAndStake(book, 0n, "bob", 50n * ETHER);
    book.exits.lossIndex = 10n ** 18n; // as after losses of all but a billionth part
    sendToAllocator(book, 10n * ETHER);
    metaPool.unstakeAll(book, 0n, "ann");
    report(book, 0n, { loss: 10n ** 10n }); // voids ann's exit
    expect([book.exits.lossIndex, book.exits.filling, fundedThrough(book.exits)]).to.deep.equal([RAY, 2n, 1n]);

    const asked = metaPool.unstakeAll(book, 0n, "bob");
    expect(asked > 140n * ETHER).to.be.true;
    expect(metaPool.unstakedBalance(book, "bob")).to.equal(asked);
    expect(metaPool.unstakedBalance(book, "ann")).to.equal(0n);
    expect(fundedThrough(book.exits)).to.equal(1n);
  });

  it("3. who stakes when a written-down operator has answered gains nothing from the recovery", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 999n * ETHER);
    sendToAllocator(book, bufferOf(book));
    beginRound(book);
    const claim = reportWriteDown(book, 0n, 20n * ETHER); // 2 %
    endRound(book, 0n, book.roundGain, 0n);
    beginRound(book);
    endWriteDown(book, 20n * ETHER, claim);
    expect([book.equity, book.roundGain]).to.deep.equal([1000n * ETHER, 0n]);
    endRound(book, DAY, 20n * ETHER, 4n * DAY);
    expect([metaPool.getRate(book, DAY), lockedAt(book, DAY)]).to.deep.equal([ETHER, 0n]);

    metaPool.depositAndStake(book, DAY, "eve", 1000n * ETHER);
    const now = 5n * DAY;
    expect(metaPool.unstakeAll(book, now, "eve")).to.equal(1000n * ETHER);
    expect(metaPool.stakedBalance(book, now, "ann")).to.equal(999n * ETHER);
  });

  it("3b. nor does who stakes before, at the price with the premium", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 999n * ETHER);
    sendToAllocator(book, bufferOf(book));
    const claim = reportWriteDown(book, 0n, 20n * ETHER);
    metaPool.depositAndStake(book, 0n, "eve", 980n * ETHER);
    endWriteDown(book, 20n * ETHER, claim);
    // eve holds 980 of 1980 shares and paid 1 for each
    expect(metaPool.stakedBalance(book, DAY, "eve")).to.equal(980n * ETHER);
  });

  it("4. an operator that recovers with money on its way has it booked as unbonding, and no leg books a loss", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 9999n * ETHER);
    const state = newAllocator(book, {
      parameters: {
        graceBps: 500n,
        bandBps: 1000n,
        budget0Bps: 1000n,
        budget2Bps: 200n,
        maxLossBps: 3000n,
        maxGainBps: 100n,
        minMove: 0n,
      },
      policy: { poolShareBps: 3000n, netShareBps: undefined, bondRatio: undefined },
      networkStake: () => 0n,
    });
    let isDead = false;
    let [cash, staked, unstaked] = [0n, 0n, 0n];
    list(
      state,
      {
        collect: () => {
          if (isDead) throw new Error("dead");
          const arrived = cash;
          cash = 0n;
          return { arrived, staked, unstaked, total: staked, bond: 0n };
        },
        peek: () => ({ staked, unstaked }),
        peekBond: () => 0n,
        push: (_, amount) => {
          staked += amount;
          return { staked, unstaked };
        },
        pull: (_, amount) => {
          staked -= amount;
          unstaked += amount;
          return { staked, unstaked };
        },
        unbondingTime: 10n * DAY,
      },
      { weight: 1n },
    );
    settle(state, 0n, 1);
    rebalance(state, 0n, [{ operator: 1n, amount: 1000n * ETHER, up: true }]);
    state.operators[0]!.state = "Draining";
    rebalance(state, 0n, [{ operator: 1n, amount: 600n * ETHER, up: false }]);
    state.operators[0]!.state = "Active";
    isDead = true;
    for (const day of [1n, 2n, 3n]) settle(state, day * DAY, 1);
    isDead = false;
    settle(state, 4n * DAY, 1);

    // 400 are staked and 600 on their way: U' = min(r_u, min(b, r) + g₁) = 600
    expect([staked, unstaked]).to.deep.equal([400n * ETHER, 600n * ETHER]);
    expect([state.operators[0]!.position, unbonding(state)]).to.deep.equal([400n * ETHER, 600n * ETHER]);
    expect(assetsAt(book, 4n * DAY)).to.equal(10_000n * ETHER); // all is back at once

    const now = 5n * DAY;
    settle(state, now, 1);
    const price = metaPool.getRate(book, now);
    rebalance(state, now, [{ operator: 1n, amount: ETHER, up: true }]);
    // b = 400 + 600 + 1, left = 401 + 600: no loss
    expect([state.operators[0]!.position, unbonding(state)]).to.deep.equal([401n * ETHER, 600n * ETHER]);
    expect(metaPool.getRate(book, now)).to.equal(price);

    // eve buys as much as there is, the money arrives, and she has what she paid
    metaPool.depositAndStake(book, now, "eve", 10_000n * ETHER);
    [cash, unstaked] = [unstaked, 0n];
    settle(state, now + DAY, 1);
    expect(metaPool.stakedBalance(book, now + 2n * DAY, "eve")).to.equal(10_000n * ETHER);
  });

  it("5. exits of one wei that a loss made worthless still hold units: funding must close them with nothing", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 100n * ETHER);
    metaPool.depositAndStake(book, 0n, "eve", ETHER);
    sendToAllocator(book, bufferOf(book));
    metaPool.unstake(book, 0n, "eve", 2n);
    beginRound(book);
    endRound(book, 0n, 0n, 0n);
    metaPool.unstake(book, 0n, "ann", 10n * ETHER);
    report(book, 0n, { loss: 60n * ETHER });
    metaPool.unstake(book, 0n, "ann", ETHER);
    beginRound(book);
    endRound(book, 0n, 0n, 0n);
    report(book, 0n, { loss: 10n * ETHER });
    expect(book.exits.batches[0]).to.deep.equal({ number: 1n, units: 2n, openUnits: 2n, paid: 0n }); // worth ⌊0.6⌋ = 0
    report(book, 0n, { cash: 20n * ETHER });
    // A loop that stops at the first batch which takes nothing would stop here for ever.
    expect(metaPool.fundExits(book, 2) > 3n * ETHER).to.be.true;
    expect(book.exits.owed).to.equal(0n);
  });

  it("6. who stakes in a rival's pool makes the pool's own position there a violation, and everyone may drain it", () => {
    const network = newNetwork(DAY);
    const rival = newStakingPool(
      network,
      { name: "rival", owner: "rival", commissionBps: 0n, epochLength: DAY },
      ETHER,
    );
    addBond(rival, network, 0n, ETHER);
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 999n * ETHER);
    const state = newAllocator(book, {
      parameters: {
        graceBps: 500n,
        bandBps: 1000n,
        budget0Bps: 1000n,
        budget2Bps: 200n,
        maxLossBps: 3000n,
        maxGainBps: 100n,
        minMove: 0n,
      },
      policy: { poolShareBps: 1000n, netShareBps: undefined, bondRatio: 100n },
      networkStake: () => 0n,
    });
    const operator = list(state, honestPool(rival, network), { weight: 1n });
    settle(state, 0n, 1);
    rebalance(state, 0n, [{ operator: 1n, amount: 90n * ETHER, up: true }]);
    expect(operator.position).to.equal(90n * ETHER); // of a cap of 100 − 2

    depositAndStake(rival, network, DAY, "eve", 60n * ETHER); // earns there like any stake, and can leave
    settle(state, DAY, 1);
    const [moved] = rebalance(state, DAY, [{ operator: 1n, amount: 90n * ETHER, up: false }]);
    expect(moved! > 50n * ETHER).to.be.true; // class 0: 90 − (100 − 62)
  });
});
