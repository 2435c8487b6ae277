/** The seed's metric on the histories of its case studies, each figure worked out by hand. */
import { expect } from "chai";

import type { Fraction } from "../../src/metrics/decentralisation.ts";
import { fraction, toDecimal } from "../../src/scoring/fractions.ts";
import {
  activityOf,
  aprOf,
  displayed,
  type Era,
  KUSAMA,
  metricOf,
  type Percents,
  seedMetric,
} from "../../src/scoring/seedMetric.ts";

const STAKE = 1_460n * 10n ** 12n;
const YEAR = 1_460;

/** An era that earns `apr` percent a year after commission: of 1,460 coins, a hundredth of `apr` coins. */
function era(apr: bigint, isActive = true): Era {
  return { isActive, reward: isActive ? apr * 10n ** 10n : 0n, stake: STAKE, commission: 0n, slashed: 0n };
}

/** A year of eras by their age: 0 is the newest. */
function history(eraOfAge: (age: number) => Era): Era[] {
  return Array.from({ length: YEAR }, (_, age) => eraOfAge(age)).reverse();
}

const digits = (percents: Percents) => [percents.week, percents.month, percents.year].map((each) => toDecimal(each, 4));

const always = ["100.0000", "100.0000", "100.0000"];

/** Percents without a fraction. */
function percents(week: bigint, month: bigint, year: bigint): Percents {
  return { week: fraction(week), month: fraction(month), year: fraction(year) };
}

const BASE = history(() => era(25n));
/** A star, but only for the last 56 eras: two weeks. */
const STAR = history(() => era(40n)).slice(-56);
/** Average last week, very good in the twelve weeks before. */
const STEADY = history((age) => (age < 28 ? era(20n) : era(age < 28 + 336 ? 32n : 25n)));
/** Very good last month, and slashed once, long ago. */
const SLASHED = history((age) => ({ ...era(age < 120 ? 45n : 25n), slashed: age === 1_000 ? 1n : 0n }));
/** Great, but elected one era in 28: once a week. */
const RARE = history((age) => era(60n, age % 28 === 0));
/** The same for a day, four eras, once a week. */
const DAILY = history((age) => era(60n, age % 28 < 4));

interface Case {
  readonly name: string;
  readonly eras: readonly Era[];
  readonly apr: readonly string[];
  readonly activity: readonly string[];
  readonly metric: Fraction;
  /** As the study prints it. */
  readonly printed: string;
  readonly display: string;
}

const CASES: readonly Case[] = [
  {
    name: "base: 25 %, always active",
    eras: BASE,
    apr: ["25.0000", "25.0000", "25.0000"],
    activity: always,
    metric: fraction(500n), // 125 · 400 / 100
    printed: "500.00",
    display: "25.0",
  },
  {
    name: "a: 40 %, but only in the last 56 eras",
    eras: STAR,
    apr: ["40.0000", "18.6667", "1.5342"],
    activity: ["100.0000", "46.6667", "3.8356"],
    // (40 + 56 + 112/73)·(200 + 140/3 + 280/73)/100 = 7120/73 · 54860/219 / 100
    metric: fraction(3_906_032n, 15_987n),
    printed: "244.33",
    display: "12.2",
  },
  {
    name: "b: 20 % last week, 32 % in the twelve weeks before, 25 % before that",
    eras: STEADY,
    apr: ["20.0000", "29.2000", "26.5151"],
    activity: always,
    // 4·(20 + 87.6 + 38712/1460)
    metric: fraction(195_808n, 365n),
    printed: "536.46",
    display: "26.8",
  },
  {
    name: "c: 45 % last month, 25 % before, slashed by one unit",
    eras: SLASHED,
    apr: ["45.0000", "45.0000", "26.6438"],
    activity: always,
    // 4·(45 + 135 + 38900/1460) − 10^18
    metric: fraction(60_340n - 73n * 10n ** 18n, 73n),
    printed: "-999999999999999173.42",
    display: "-49999999999999958.7",
  },
  {
    name: "d: 60 % when active, one era in 28",
    eras: RARE,
    apr: ["2.1429", "2.5000", "2.1781"],
    activity: ["3.5714", "4.1667", "3.6301"],
    // (60/28 + 7.5 + 60·53/1460)·(200/28 + 500/120 + 5300/1460)/100 = 12081/1022 · 45805/3066 / 100
    metric: fraction(12_081n * 45_805n, 1_022n * 3_066n * 100n),
    printed: "1.77",
    display: "0.09",
  },
  {
    name: "d'': the same, but for four eras in a row, one day a week",
    eras: DAILY,
    apr: ["8.5714", "10.0000", "8.7123"],
    activity: ["14.2857", "16.6667", "14.5205"],
    // (240/28 + 30 + 60·212/1460)·(800/28 + 2000/120 + 21200/1460)/100 = 24162/511 · 91610/1533 / 100
    metric: fraction(24_162n * 91_610n, 511n * 1_533n * 100n),
    printed: "28.26",
    display: "1.4",
  },
];

describe("seedMetric", () => {
  for (const { name, eras, apr, activity, metric, printed, display } of CASES) {
    it(`scores ${name}`, () => {
      expect(digits(aprOf(eras, KUSAMA))).to.deep.equal(apr);
      expect(digits(activityOf(eras, KUSAMA))).to.deep.equal(activity);
      expect(seedMetric(eras)).to.deep.equal(metric);
      expect(toDecimal(seedMetric(eras), 2)).to.equal(printed);
      expect(toDecimal(displayed(metric), display.split(".")[1]!.length)).to.equal(display);
    });
  }

  it("scores a': a history of one good week, read as nothing before", () => {
    expect(metricOf(percents(40n, 0n, 0n), percents(100n, 0n, 0n))).to.deep.equal(fraction(80n));
  });

  it("scores d': the rewards of d averaged over active eras, so that being absent counts once", () => {
    expect(digits(aprOf(RARE, KUSAMA, "active"))).to.deep.equal(["60.0000", "60.0000", "60.0000"]);
    // 300·(200/28 + 500/120 + 5300/1460)/100
    expect(seedMetric(RARE, KUSAMA, "active")).to.deep.equal(fraction(45_805n, 1_022n));
    expect(toDecimal(seedMetric(RARE, KUSAMA, "active"), 2)).to.equal("44.82");
  });

  it("chooses b before the base, and none of a, c and d", () => {
    const [base, b, a, c, d] = [BASE, STEADY, STAR, SLASHED, RARE].map((eras) =>
      Number(toDecimal(seedMetric(eras), 2)),
    );
    expect([b, base, a, d, c]).to.deep.equal([b, base, a, d, c].toSorted((first, second) => second! - first!));
    expect(c).to.be.below(0);
  });

  it("takes the commission off, and divides by all of the stake", () => {
    const eras = history(() => ({ ...era(25n), commission: 100_000_000n, stake: 2n * STAKE }));

    // 25 % less a tenth, on twice the stake
    expect(digits(aprOf(eras, KUSAMA))).to.deep.equal(["11.2500", "11.2500", "11.2500"]);
  });

  it("counts eras without stake, or before the first, as nothing", () => {
    const eras = [era(25n), { ...era(25n), stake: 0n }];

    expect(digits(aprOf(eras, { week: 2, month: 4, year: 4, erasPerYear: YEAR }))).to.deep.equal([
      "12.5000",
      "6.2500",
      "6.2500",
    ]);
    expect(digits(aprOf([], KUSAMA, "active"))).to.deep.equal(["0.0000", "0.0000", "0.0000"]);
  });
});
