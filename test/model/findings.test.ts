/** What the specification, as it stands, lets happen although the design promises that it cannot. Each goes with its repair. */
import { expect } from "chai";

import { list, newAllocator, settle, unbonding } from "../../src/model/allocator.ts";
import {
  assetsAt,
  beginRound,
  bufferOf,
  DAY,
  endRound,
  endWriteDown,
  newBook,
  report,
  reportWriteDown,
  sendToAllocator,
} from "../../src/model/book.ts";
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
  it("1. (repaired) losses of a wei do not lower the loss index while dust is owed", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "eve", 1000n * ETHER);
    sendToAllocator(book, bufferOf(book));
    metaPool.unstake(book, 0n, "eve", 2n);
    for (let event = 0; event < 100; event++) report(book, 0n, { loss: 1n });

    expect(book.exits.lossIndex).to.equal(RAY);
  });

  it("2. who leaves in the filling batch after its exits were voided shares with the void units", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 100n * ETHER);
    metaPool.depositAndStake(book, 0n, "bob", 50n * ETHER);
    book.exits.lossIndex = 10n ** 18n; // as after finding 1, or after 30 halvings
    sendToAllocator(book, 10n * ETHER);
    metaPool.unstakeAll(book, 0n, "ann");
    report(book, 0n, { loss: 10n ** 10n }); // voids ann's exit
    expect(book.exits.lossIndex).to.equal(RAY);

    const asked = metaPool.unstakeAll(book, 0n, "bob");
    // ann's units (at an index of 1e18) are 1e9 times those of bob, who gets next to nothing
    expect(asked > 140n * ETHER).to.be.true;
    expect(metaPool.unstakedBalance(book, "bob") < asked / 10n ** 8n).to.be.true;
  });

  it("3. who stakes when a written-down operator has answered buys the recovery at the price of the loss", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 999n * ETHER);
    sendToAllocator(book, bufferOf(book));
    beginRound(book);
    const factor = reportWriteDown(book, 0n, 20n * ETHER); // 2 %
    endRound(book, 0n, book.roundGain, 0n);
    beginRound(book);
    report(book, DAY, { gain: 20n * ETHER }); // it answers again
    endWriteDown(book, factor, true);
    endRound(book, DAY, 20n * ETHER, 4n * DAY);

    metaPool.depositAndStake(book, DAY, "eve", 1000n * ETHER);
    const now = 5n * DAY;
    // half of the 20 that ann and the seed had lost
    expect(metaPool.unstakeAll(book, now, "eve") > 1010n * ETHER).to.be.true;
    expect(metaPool.stakedBalance(book, now, "ann") < 990n * ETHER).to.be.true;
  });

  it("4. an operator that recovers with money on its way gets a position that is not there, which any up leg books as a loss", () => {
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
      0n,
      {
        collect: () => {
          if (isDead) throw new Error("dead");
          const arrived = cash;
          cash = 0n;
          return { arrived, staked, unstaked, total: staked, bond: 0n };
        },
        peek: () => ({ staked, unstaked }),
        peekBond: () => 0n,
        push: (_, amount) => (staked += amount),
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

    // 400 are staked and 600 on their way; the reading says U' = min(r_u, U₁) = 0
    expect([staked, unstaked]).to.deep.equal([400n * ETHER, 600n * ETHER]);
    expect([state.operators[0]!.position, unbonding(state)]).to.deep.equal([1000n * ETHER, 0n]);

    const now = 40n * DAY; // all is released
    settle(state, now, 1);
    const price = metaPool.getRate(book, now);
    rebalance(state, now, [{ operator: 1n, amount: ETHER, up: true }]);
    // P' = min(P + 1, r_s) = 401: 600 of loss, 6 % of the price, and nobody lost anything
    expect(metaPool.getRate(book, now) < (price * 9401n) / 10_000n).to.be.true;

    // eve buys as much as there is, the money arrives, and she has half of the 600
    metaPool.depositAndStake(book, now, "eve", 10_000n * ETHER);
    [cash, unstaked] = [unstaked, 0n];
    settle(state, now + DAY, 1);
    // released over the time since the last reading: a day
    expect(metaPool.stakedBalance(book, now + 2n * DAY, "eve") > 10_280n * ETHER).to.be.true;
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
    const operator = list(state, 0n, honestPool(rival, network), { weight: 1n });
    settle(state, 0n, 1);
    rebalance(state, 0n, [{ operator: 1n, amount: 90n * ETHER, up: true }]);
    expect(operator.position).to.equal(90n * ETHER); // of a cap of 100 − 2

    depositAndStake(rival, network, DAY, "eve", 60n * ETHER); // earns there like any stake, and can leave
    settle(state, DAY, 1);
    const [moved] = rebalance(state, DAY, [{ operator: 1n, amount: 90n * ETHER, up: false }]);
    expect(moved! > 50n * ETHER).to.be.true; // class 0: 90 − (100 − 62)
  });
});
