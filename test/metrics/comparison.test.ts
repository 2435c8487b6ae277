import { expect } from "chai";

import { parseSolanaEpoch, syntheticSolanaEpoch } from "../../src/data/solana.ts";
import { RECORDED_REWARDS, solanaOperators, stakerYields } from "../../src/data/solanaYield.ts";
import { compare, type Comparison } from "../../src/metrics/comparison.ts";
import { recordedProblem, type RecordedRules } from "../../src/metrics/recorded.ts";
import { readRecorded } from "../data/files.ts";
import { expectClose } from "../helpers/close.ts";

/** One per cent of pool and network per operator, 20 % of the pool per country, 10 % per hosting network. */
const RULES: RecordedRules = {
  poolShareBps: 100n,
  netShareBps: 100n,
  groupShareBps: { country: 2_000n, network: 1_000n },
};
/** What the recorded auction placed, and the network's stake, by the source. */
const TOTALS = { stake: 7_268_623_501_541_781n, network: 379_334_268_868_055_760n };

describe("recordedProblem", () => {
  const operators = [
    { score: 8n, others: 0n, absolute: null, groups: { country: "Japan" } },
    { score: 4n, others: 950n, absolute: null, groups: { country: "Norway" } },
    { score: 0n, others: 0n, absolute: 7n, groups: { country: "Japan" } },
  ];
  const rules = { poolShareBps: 1_000n, netShareBps: 1_000n, groupShareBps: { country: 5_000n } };
  const problem = recordedProblem(operators, rules, { stake: 1_000n, network: 10_000n }, 2n);

  it("weighs by the score to a power, and nobody by nothing", () => {
    expect(problem.operators.map(({ weight }) => weight)).to.deep.equal([10n ** 12n, 10n ** 12n / 4n, 1n]);
  });

  it("caps by shares of pool and network, others' stake taken off, and by the operator's own cap", () => {
    expect(problem.operators.map(({ cap }) => cap)).to.deep.equal([100n, 50n, 7n]);
    expect(
      recordedProblem(operators, { ...rules, netShareBps: null }, { stake: 1_000n, network: 1n }, 1n).operators[1]!.cap,
    ).to.equal(100n);
  });

  it("puts who is in the same place into the same group", () => {
    expect(problem.operators.map(({ groups }) => groups)).to.deep.equal([[1], [2], [1]]);
    expect(problem.groups).to.deep.equal([
      { id: 1, cap: 500n },
      { id: 2, cap: 500n },
    ]);
  });
});

describe("stakerYields", () => {
  const [row] = parseSolanaEpoch(syntheticSolanaEpoch(1, 1));
  const of = (changes: Partial<NonNullable<typeof row>>) => ({
    ...row!,
    credits: 100n,
    mev_commission_bps: 0n,
    commission_bps: 0n,
    ...changes,
  });
  const { inflation, tips } = RECORDED_REWARDS;

  it("takes commissions off inflation and tips, and pays nothing where none are taken", () => {
    const yields = stakerYields([
      of({}),
      of({ commission_bps: 1_000n }),
      of({ mev_commission_bps: 10_000n }),
      of({ mev_commission_bps: null }),
      of({ commission_bps: 10_000n, mev_commission_bps: null }),
    ]);

    expect(yields).to.deep.equal([inflation + tips, (inflation * 9n) / 10n + tips, inflation, inflation, 0n]);
  });

  it("counts credits up to those of the median one", () => {
    const yields = stakerYields([of({ credits: 50n }), of({ credits: 100n }), of({ credits: 120n })]);

    expect(yields).to.deep.equal([(inflation + tips) / 2n, inflation + tips, inflation + tips]);
  });

  it("gives back what the source says of a validator that takes a hundredth of the tips", () => {
    const [first] = stakerYields([of({ mev_commission_bps: 100n })]);

    // totalPmpe without bid: 0.47046683802948464.
    expectClose(Number(first) / 1e18, 0.47046683802948464, 1e-15);
  });
});

describe("compare", () => {
  it("sets fair allocations beside the optimum, on a made-up epoch", async () => {
    const validators = parseSolanaEpoch(syntheticSolanaEpoch(200, 3)).filter(({ eligible }) => eligible);
    const rules = { poolShareBps: 300n, netShareBps: null, groupShareBps: { country: 5_000n, network: 4_000n } };
    const { placements, bound } = await compare(
      solanaOperators(validators, null),
      rules,
      { stake: 10n ** 15n, network: 0n },
      [0n, 4n, 16n],
    );
    const [best, ...fair] = placements;

    expect(placements.map(({ power }) => power)).to.deep.equal([null, 0n, 4n, 16n]);
    expectClose(best!.value, bound, bound * 1e-9);
    expect(best!.regret).to.equal(0);
    for (const [index, { value, regret }] of fair.entries()) {
      expectClose(regret, 1 - value / best!.value, 1e-12);
      if (index > 0) expect(value).to.be.greaterThan(fair[index - 1]!.value);
    }
    expect(fair[0]!.spread.effectiveNumber).to.be.greaterThan(fair[2]!.spread.effectiveNumber);
  });

  describe("of the recorded epoch 650", () => {
    let free: Comparison;
    let bonded: Comparison;

    before(async function () {
      const recorded = readRecorded("epoch650");
      if (recorded === null) this.skip();
      const validators = parseSolanaEpoch(recorded.epoch650).filter(({ eligible }) => eligible);
      free = await compare(solanaOperators(validators, null), RULES, TOTALS, [0n, 1n, 4n, 16n]);
      bonded = await compare(solanaOperators(validators, 2_000n), RULES, TOTALS, [16n]);
    });

    it("gives the table of the research", () => {
      expect(free.placements.map(row)).to.deep.equal([
        // The best ones earn alike, so the research found another vertex, with 102 operators.
        ["LP", "0.47077", "0.0 %", 101, "100.0", 100, 34, "0.01"],
        ["0", "0.44642", "-5.2 %", 555, "18.6", 537, 166, "0.09"],
        ["1", "0.44913", "-4.6 %", 555, "18.7", 534, 158, "0.10"],
        ["4", "0.45380", "-3.6 %", 555, "19.6", 511, 141, "0.16"],
        ["16", "0.46364", "-1.5 %", 555, "25.5", 393, 107, "0.36"],
      ]);
      expect(bonded.placements.map(row)).to.deep.equal([
        ["LP", "0.46605", "0.0 %", 313, "51.3", 195, 38, "0.38"],
        ["16", "0.46203", "-0.9 %", 446, "33.9", 295, 61, "0.38"],
      ]);
    });

    it("reaches 500 effective operators of 558 at p = 4, within 4 % of the optimum, and leaves nothing idle", () => {
      const fair = free.placements.find(({ power }) => power === 4n)!;

      expect(fair.spread.effectiveNumber).to.be.at.least(500);
      expect(fair.regret).to.be.at.most(0.04);
      expect(fair.idle).to.be.lessThan(1e-9);
      expectClose(free.bound / 1e18, free.placements[0]!.value / 1e18, 1e-9);
    });
  });
});

function row({ power, value, regret, spread }: Comparison["placements"][number]) {
  return [
    power === null ? "LP" : power.toString(),
    (value / 1e18).toFixed(5),
    `${(-100 * regret).toFixed(1).replace("-0.0", "0.0")} %`,
    spread.holders,
    spread.hhi.toFixed(1),
    Math.round(spread.effectiveNumber),
    spread.nakamotoThird,
    spread.gini.toFixed(2),
  ];
}
