/** How many ledgers, what spreading saves, and the deals, as the seed and its study have them. */
import { expect } from "chai";

import { fraction, toDecimal } from "../../src/scoring/fractions.ts";
import {
  averageStake,
  dealInRanks,
  dealSerpentine,
  hedge,
  ledgersFor,
  PERIODS_PER_YEAR,
} from "../../src/scoring/ledgers.ts";

/** In coins, as the seed has it. */
const OPTIMUM = 5_000n;
const RANKS = Array.from({ length: 20 }, (_, rank) => rank);
const sums = (deal: number[][]) => deal.map((ranks) => ranks.reduce((sum, rank) => sum + rank, 0));

describe("ledgers", () => {
  it("are meant to have an average validator's stake: 12,000,000 · 43 % / 1,000", () => {
    expect(averageStake(12_000_000n, 43n, 1_000n)).to.deep.equal(fraction(5_160n));
  });

  for (const [stake, ledgers] of [
    [0n, 0n],
    [1n, 1n],
    [20_000n, 4n],
    [20_001n, 5n],
    [24_999n, 5n],
    [25_000n, 5n],
    [25_001n, 6n],
  ] as const) {
    it(`are ${ledgers.toString()} for ${stake.toString()} coins`, () => {
      expect(ledgersFor(stake, OPTIMUM)).to.equal(ledgers);
    });
  }
});

describe("hedge", () => {
  const pool = { ledgers: 5n, stakePerLedger: 4_500n, aprBps: 2_500n, slashBps: 100n };

  it("loses 32.67 coins in a day, as the seed has it", () => {
    const hedged = hedge({ ...pool, periodsPerYear: PERIODS_PER_YEAR.day });

    expect(hedged.reward).to.deep.equal(fraction(900n, 73n));
    expect(hedged.slash).to.deep.equal(fraction(45n));
    expect(hedged.loss).to.deep.equal(fraction(2_385n, 73n));
    expect(hedged.lossOfOne).to.deep.equal(fraction(225n));
    expect(hedged.avoided).to.deep.equal(fraction(180n));
    expect(toDecimal(hedged.reward, 5)).to.equal("12.32877");
    expect(toDecimal(hedged.loss, 5)).to.equal("32.67123");
    expect([toDecimal(hedged.reward, 1), toDecimal(hedged.loss, 1)]).to.deep.equal(["12.3", "32.7"]);
  });

  it("loses 41.92 coins in an era, of which Kusama has four a day", () => {
    const hedged = hedge({ ...pool, periodsPerYear: PERIODS_PER_YEAR.era });

    expect(toDecimal(hedged.reward, 5)).to.equal("3.08219");
    expect(toDecimal(hedged.loss, 5)).to.equal("41.91781");
    expect([hedged.slash, hedged.lossOfOne, hedged.avoided]).to.deep.equal([
      fraction(45n),
      fraction(225n),
      fraction(180n),
    ]);
  });
});

describe("deals", () => {
  it("by rank give ledger i of five the ranks i, i + 5, i + 10", () => {
    expect(dealInRanks(RANKS, 5)).to.deep.equal([
      [0, 5, 10],
      [1, 6, 11],
      [2, 7, 12],
      [3, 8, 13],
      [4, 9, 14],
    ]);
    expect(sums(dealInRanks(RANKS, 5))).to.deep.equal([15, 18, 21, 24, 27]);
  });

  it("forth and back give ledger i of five the ranks i, 9 − i, 10 + i, whose sums are closer", () => {
    expect(dealSerpentine(RANKS, 5)).to.deep.equal([
      [0, 9, 10],
      [1, 8, 11],
      [2, 7, 12],
      [3, 6, 13],
      [4, 5, 14],
    ]);
    expect(sums(dealSerpentine(RANKS, 5))).to.deep.equal([19, 20, 21, 22, 23]);
  });

  it("give nobody to two ledgers, and go short where there are too few", () => {
    for (const deal of [dealInRanks, dealSerpentine]) {
      const dealt = deal(RANKS.slice(0, 7), 3).flat();
      expect(dealt.toSorted((first, second) => first - second)).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
      expect(deal(RANKS, 0)).to.deep.equal([]);
    }
  });
});
