/** What the specification, as it stands, lets happen although the design promises that it cannot. Each goes with its repair. */
import { expect } from "chai";

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
import * as metaPool from "../../src/model/metaPool.ts";

const ETHER = 10n ** 18n;
const RAY = 10n ** 27n;

function pool() {
  return newBook(
    { feeBps: 500n, bufferTargetBps: 50n, assetCap: undefined, treasury: "treasury", epochLength: DAY },
    ETHER,
  );
}

describe("model: findings", () => {
  it("1. a loss of one wei halves the loss index while only two wei are owed, until any loss voids everybody's exits", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 1000n * ETHER);
    metaPool.depositAndStake(book, 0n, "bob", 1000n * ETHER);
    metaPool.depositAndStake(book, 0n, "eve", ETHER);
    sendToAllocator(book, bufferOf(book));

    // Each leg may book a loss of a wei (a staking pool's rounding); eve tops up her exit between legs.
    metaPool.unstake(book, 0n, "eve", 2n);
    let events = 0;
    while (book.exits.lossIndex / 2n >= 10n ** 18n) {
      report(book, 0n, { loss: 1n }); // 2 owed → 1, the index halves
      metaPool.unstake(book, 0n, "eve", 1n);
      events += 1;
    }
    expect(events).to.equal(29);
    expect(book.exits.lossIndex < 2n * 10n ** 18n).to.be.true; // nobody lost more than 30 wei so far

    // Bob leaves with 1000; eve's dust now brings the index down to the limit whenever she wants.
    metaPool.unstakeAll(book, 0n, "bob");
    expect(metaPool.unstakedBalance(book, "bob") > 1000n * ETHER - 10n ** 10n).to.be.true;
    report(book, 0n, { loss: 930n * ETHER }); // with 46.5 % lost …
    expect(metaPool.unstakedBalance(book, "bob")).to.equal(0n); // … his exit is void,
    expect(assetsAt(book, 0n) > 1070n * ETHER).to.be.true; // and those who stayed have lost nothing.
  });

  it("1b. tuned to the limit, a loss of 0.3 % is enough", () => {
    const book = pool();
    metaPool.depositAndStake(book, 0n, "ann", 1000n * ETHER);
    metaPool.depositAndStake(book, 0n, "bob", 1000n * ETHER);
    metaPool.depositAndStake(book, 0n, "eve", ETHER);
    sendToAllocator(book, bufferOf(book));
    metaPool.unstake(book, 0n, "eve", 2n);
    for (let event = 0; event < 29; event++) {
      report(book, 0n, { loss: 1n });
      metaPool.unstake(book, 0n, "eve", 1n);
    }
    metaPool.unstake(book, 0n, "eve", 11n); // 13 owed
    for (let event = 0; event < 6; event++) report(book, 0n, { loss: 1n }); // 13 → 7
    expect(book.exits.lossIndex).to.equal(1_002_962_772_662_823_014n); // 1e27 / 2^29 · 7 / 13, floored at each loss

    metaPool.unstakeAll(book, 0n, "bob");
    report(book, 0n, { loss: 6n * ETHER }); // 0.3 %
    expect(metaPool.unstakedBalance(book, "bob")).to.equal(0n);
    expect(metaPool.stakedBalance(book, 0n, "ann") > 1990n * ETHER).to.be.true; // ann has bob's thousand
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
});
