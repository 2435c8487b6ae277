/** Scoring.sol: values worked out by hand, and random ones against src/scoring. */
import { expect } from "chai";
import fc from "fast-check";

import {
  clampWeight,
  combine,
  diversityFactor,
  dutyOf,
  follow,
  followActivity,
  followYield,
  fullnessOf,
  lowerQuartile,
  net,
  ONE,
  performanceOf,
  power,
  rateOf,
  shrink,
  sizeFactor,
  toGwei,
  weightOf,
  weightSteps,
  yieldOf,
} from "../../src/scoring/score.ts";
import { type Averages, UNKNOWN } from "../../src/scoring/types.ts";
import {
  amounts,
  averages,
  bits,
  CHECKS,
  commissions,
  loadHarness,
  parameters,
  plain,
  ppb,
  PARAMETERS,
  spans,
} from "./harness.ts";

const ETHER = 10n ** 18n;

/** An operator that yields and is active as said, whatever the window. */
function steady(yields: bigint, active: bigint): Averages {
  return {
    ...UNKNOWN.averages,
    yieldWeek: yields,
    yieldMonth: yields,
    yieldYear: yields,
    activeWeek: active,
    activeMonth: active,
    activeYear: active,
  };
}

describe("Scoring", () => {
  describe("rateOf", () => {
    const cases = [
      { why: "is reward per stake in 10^12ths", reward: 3n * ETHER, stake: 7n * ETHER, rate: 428_571_428_571n },
      { why: "is 0 without stake", reward: ETHER, stake: 0n, rate: 0n },
      { why: "stops at what a slot holds", reward: 2n ** 96n - 1n, stake: 1n, rate: 281_474_976_710_655n },
    ];
    for (const { why, reward, stake, rate } of cases) {
      it(why, async () => {
        const harness = await loadHarness();

        expect(await harness.rateOf(reward, stake)).to.equal(rate);
      });
    }
  });

  describe("net", () => {
    const cases = [
      {
        why: "takes the commission off, rounded against the operator",
        amount: 999n,
        commissionBps: 1_000n,
        left: 899n,
      },
      { why: "leaves nothing of a commission of everything", amount: 999n, commissionBps: 10_000n, left: 0n },
      { why: "leaves nothing of a commission of more than that", amount: 999n, commissionBps: 65_535n, left: 0n },
    ];
    for (const { why, amount, commissionBps, left } of cases) {
      it(why, async () => {
        const harness = await loadHarness();

        expect(await harness.net(amount, commissionBps)).to.equal(left);
      });
    }
  });

  describe("dutyOf", () => {
    const cases = [
      { why: "is the part that was done", assigned: 3n, done: 2n, duty: 666_666_666n },
      { why: "is all of nothing", assigned: 0n, done: 0n, duty: ONE },
      { why: "is never more than all", assigned: 3n, done: 4n, duty: ONE },
    ];
    for (const { why, assigned, done, duty } of cases) {
      it(why, async () => {
        const harness = await loadHarness();

        expect(await harness.dutyOf(assigned, done)).to.equal(duty);
      });
    }
  });

  describe("toGwei", () => {
    it("rounds down, and stops at what a slot holds", async () => {
      const harness = await loadHarness();

      expect(await harness.toGwei(1_999_999_999n)).to.equal(1n);
      expect(await harness.toGwei(2n ** 96n - 1n)).to.equal(18_446_744_073_709_551_615n);
    });
  });

  describe("yieldOf", () => {
    const cases = [
      {
        why: "compares the net rate with the mean",
        rate: 200n,
        commissionBps: 1_000n,
        mean: 240n,
        yields: 750_000_000n,
      },
      { why: "stops at 1.2", rate: 1_000n, commissionBps: 0n, mean: 100n, yields: 1_200_000_000n },
      { why: "is 0 for a commission of everything", rate: 1_000n, commissionBps: 10_000n, mean: 100n, yields: 0n },
    ];
    for (const { why, rate, commissionBps, mean, yields } of cases) {
      it(why, async () => {
        const harness = await loadHarness();

        expect(await harness.yieldOf(rate, commissionBps, mean)).to.equal(yields);
      });
    }
  });

  describe("follow", () => {
    const cases = [
      { why: "begins with the first value", average: 0n, value: 900n, count: 1n, span: 7n, next: 900n },
      {
        why: "is the plain mean while that weighs a value more",
        average: 900n,
        value: 600n,
        count: 3n,
        span: 7n,
        next: 800n,
      },
      { why: "is the moving average from there on", average: 800n, value: 400n, count: 4n, span: 7n, next: 700n },
      { why: "gives a new value a quarter over seven", average: 800n, value: 400n, count: 99n, span: 7n, next: 700n },
      { why: "forgets everything over one", average: 800n, value: 400n, count: 99n, span: 1n, next: 400n },
    ];
    for (const { why, average, value, count, span, next } of cases) {
      it(why, async () => {
        const harness = await loadHarness();

        expect(await harness.follow(average, value, count, span)).to.equal(next);
      });
    }

    it("is without bias after any number of equal reports", () => {
      for (let [count, average] = [1n, 0n]; count < 400n; ++count) {
        average = follow(average, 123_456_789n, count, 365n);
        expect(average).to.equal(123_456_789n);
      }
    });
  });

  describe("performanceOf", () => {
    const cases = [
      { why: "is one for who is as good as the mean and always there", own: steady(ONE, ONE), performance: ONE },
      { why: "is at most 1.2", own: steady(1_200_000_000n, ONE), performance: 1_200_000_000n },
      { why: "is 0 for who was never there", own: steady(ONE, 0n), performance: 0n },
      {
        // (0.5 + 3·1 + 1.1)·(2·1 + 0.8 + 0.6)/20 = 4.6·3.4/20
        why: "weighs the month of yields thrice and the week of activity twice",
        own: {
          ...UNKNOWN.averages,
          ...{ yieldWeek: ONE / 2n, yieldMonth: ONE, yieldYear: 1_100_000_000n },
          ...{ activeWeek: ONE, activeMonth: 800_000_000n, activeYear: 600_000_000n },
        },
        performance: 782_000_000n,
      },
    ];
    for (const { why, own, performance } of cases) {
      it(why, async () => {
        const harness = await loadHarness();

        expect(await harness.performanceOf(own)).to.equal(performance);
      });
    }
  });

  describe("averages and performance of the seed's case studies", () => {
    const YEAR = 365;
    /** What an operator that earns `apr` percent a year yields where the mean is 25. */
    const earns = (apr: bigint) => yieldOf(apr, 0n, 25n);
    const rarely = (days: number) => (age: number) => (age % days === 0 ? earns(60n) : undefined);
    /** By the age of a day, 0 is the last one: its yield, undefined of one that it was not elected in. */
    const cases: Record<string, (age: number) => bigint | undefined> = {
      base: () => earns(25n),
      a: () => earns(40n),
      b: (age) => earns(age < 7 ? 20n : age < 91 ? 32n : 25n),
      c: (age) => earns(age < 30 ? 45n : 25n),
      d: rarely(28),
      "d''": rarely(7),
    };

    /** After so many days in a row, through the contract. */
    async function performanceAfter(name: string, days: number): Promise<bigint> {
      const harness = await loadHarness();
      let own = UNKNOWN.averages;
      for (let age = days - 1; age >= 0; age -= 1) {
        const yields = cases[name]!(age);
        own = plain(await harness.followReport(own, yields ?? 0n, yields !== undefined, PARAMETERS)) as Averages;
      }
      return harness.performanceOf(own);
    }

    it("keep the order of the seed's metric: b above the base, d far below; c is what a slash brings to 0", async () => {
      const performance = new Map<string, bigint>();
      for (const name of ["base", "b", "c", "d", "d''"]) performance.set(name, await performanceAfter(name, YEAR));

      expect(Object.fromEntries(performance)).to.deep.equal({
        base: ONE,
        // Averages of 0.853, 1.050 and 1.064: (0.853 + 3 · 1.050 + 1.064) / 5.
        b: 1_013_571_559n,
        // 45 % are 1.8 of the mean, of which 1.2 count: (1.2 + 3 · 1.173 + 1.030) / 5.
        c: 1_149_828_001n,
        // 60 % count as 1.2 as well, on the day that it is elected; all other days are zeros of both factors.
        d: 19_156_296n,
        "d''": 51_260_796n,
      });
    });

    it("put a first, unlike the seed's: what an operator has not lived through is no zero in its averages", async () => {
      const [star, base] = [await performanceAfter("a", 14), await performanceAfter("base", YEAR)];

      expect(star).to.equal(1_200_000_000n);
      expect(star).to.be.above(await performanceAfter("b", YEAR));
      // Two weeks against a prior of 0.98, as of who is a little below the mean: (14 · 1.2 + 15 · 0.98) / 29.
      const harness = await loadHarness();
      const believed = await harness.shrink(star, 14n, 980_000_000n);
      expect(believed).to.equal(1_086_206_896n);
      expect(weightOf(await harness.power(believed, 4n))).to.equal(13_920n);
      expect(weightOf(await harness.power(base, 4n))).to.equal(10_000n);
    });
  });

  describe("shrink", () => {
    // What research has for a performance of 0.99 and a prior of 0.90.
    for (const [count, believed] of [
      [0n, 900_000_000n],
      [5n, 922_500_000n],
      [15n, 945_000_000n],
      [60n, 972_000_000n],
    ] as const) {
      it(`believes ${believed.toString()} of 0.99 after ${count.toString()} reports, from 0.90`, async () => {
        const harness = await loadHarness();

        expect(await harness.shrink(990_000_000n, count, 900_000_000n)).to.equal(believed);
      });
    }
  });

  describe("power", () => {
    for (const [exponent, result] of [
      [1n, 900_000_000n],
      [2n, 810_000_000n],
      [4n, 656_100_000n],
      [8n, 430_467_210n],
      [16n, 185_302_018n],
    ] as const) {
      it(`of 0.9 to the ${exponent.toString()} is ${result.toString()}`, async () => {
        const harness = await loadHarness();

        expect(await harness.power(900_000_000n, exponent)).to.equal(result);
      });
    }
  });

  describe("sizeFactor", () => {
    const cases = [
      { why: "is one for who has nothing", stake: 0n, network: 1_000n, limit: 200n, factor: ONE },
      { why: "is a half at half of the limit", stake: 10n, network: 1_000n, limit: 200n, factor: ONE / 2n },
      { why: "is 0 at the limit", stake: 20n, network: 1_000n, limit: 200n, factor: 0n },
      { why: "is 0 above the limit", stake: 21n, network: 1_000n, limit: 200n, factor: 0n },
      { why: "is one if nobody knows the network's stake", stake: 21n, network: 0n, limit: 200n, factor: ONE },
    ];
    for (const { why, stake, network, limit, factor } of cases) {
      it(why, async () => {
        const harness = await loadHarness();

        expect(await harness.sizeFactor(stake, network, limit)).to.equal(factor);
      });
    }
  });

  describe("diversityFactor", () => {
    const cases = [
      { why: "is one for who is in no capped group", fullness: 0n, count: 0n, factor: ONE },
      { why: "is 1.25 in empty groups", fullness: 0n, count: 3n, factor: 1_250_000_000n },
      { why: "is one in full groups", fullness: 2n * ONE, count: 2n, factor: ONE },
      { why: "goes by the mean of the groups", fullness: ONE + ONE / 2n, count: 2n, factor: 1_062_500_000n },
    ];
    for (const { why, fullness, count, factor } of cases) {
      it(why, async () => {
        const harness = await loadHarness();

        expect(await harness.diversityFactor(fullness, count, 2_500n)).to.equal(factor);
      });
    }

    it("takes a group without any room for a full one", async () => {
      const harness = await loadHarness();

      expect(await harness.fullnessOf(0n, 0n)).to.equal(ONE);
      expect(await harness.fullnessOf(30n, 40n)).to.equal(750_000_000n);
      expect(await harness.fullnessOf(50n, 40n)).to.equal(ONE);
    });
  });

  describe("combine", () => {
    it("multiplies, and gives a score of one the weight 10,000", async () => {
      const harness = await loadHarness();
      // 0.9⁴ · 0.5 · 1.25
      const score = await harness.combine(656_100_000n, ONE / 2n, 1_250_000_000n);

      expect(score).to.equal(410_062_500n);
      expect(weightOf(score)).to.equal(4_100n);
      expect(weightOf(ONE)).to.equal(10_000n);
    });

    it("gives a weight within what the registry takes", () => {
      expect(clampWeight(ONE, 8_000n, 9_600n)).to.equal(9_600n);
      expect(clampWeight(0n, 8_000n, 9_600n)).to.equal(8_000n);
      expect(clampWeight(ONE, 8_000n, 12_000n)).to.equal(10_000n);
    });

    it("lets a weight go a fifth of itself, one at least, and not below 0", () => {
      expect(weightSteps(10_000n)).to.deep.equal([8_000n, 12_000n]);
      expect(weightSteps(9n)).to.deep.equal([8n, 10n]);
      expect(weightSteps(0n)).to.deep.equal([0n, 1n]);
    });
  });

  describe("lowerQuartile", () => {
    const cases = [
      { why: "is unknown of nobody", performances: [], edge: 0n, isKnown: false },
      { why: "is the edge below a single one", performances: [999_999_999n], edge: 980_000_000n, isKnown: true },
      {
        why: "is the first of four",
        performances: [ONE, 500_000_000n, 1_100_000_000n, 900_000_000n],
        edge: 500_000_000n,
        isKnown: true,
      },
      {
        why: "is the second of five",
        performances: [ONE, 500_000_000n, 1_100_000_000n, 900_000_000n, 950_000_000n],
        edge: 900_000_000n,
        isKnown: true,
      },
      { why: "has a bucket for 1.2, too", performances: [1_200_000_000n], edge: 1_200_000_000n, isKnown: true },
    ];
    for (const { why, performances, edge, isKnown } of cases) {
      it(why, async () => {
        const harness = await loadHarness();

        const quartile = await harness.lowerQuartile(performances);
        expect([quartile.edge, quartile.isKnown]).to.deep.equal([edge, isKnown]);
      });
    }

    it("counts up to 65,535 in 16 bits each, and does not run into the next", async () => {
      const harness = await loadHarness();
      const full = 0xffffn;
      const count = async (histogram: [bigint, bigint, bigint, bigint], performance: bigint) => [
        ...(await harness.count(histogram, performance)),
      ];

      expect(await count([0n, 0n, 0n, 0n], 20_000_000n)).to.deep.equal([1n << 16n, 0n, 0n, 0n]);
      expect(await count([0n, 0n, 0n, 0n], 16n * 20_000_000n)).to.deep.equal([0n, 1n, 0n, 0n]);
      expect(await count([full - 1n, 0n, 0n, 0n], 0n)).to.deep.equal([full, 0n, 0n, 0n]);
      expect(await count([full, 0n, 0n, 0n], 0n)).to.deep.equal([full, 0n, 0n, 0n]);
      expect(await count([full << 240n, 0n, 0n, 0n], 15n * 20_000_000n)).to.deep.equal([full << 240n, 0n, 0n, 0n]);
    });
  });

  describe("src/scoring", () => {
    it("counts what was reported to the unit as the contract does", async () => {
      const harness = await loadHarness();

      await fc.assert(
        fc.asyncProperty(
          amounts,
          amounts,
          commissions,
          bits(32),
          bits(32),
          async (reward, stake, bps, assigned, done) => {
            expect(await harness.rateOf(reward, stake)).to.equal(rateOf(reward, stake));
            expect(await harness.net(reward, bps)).to.equal(net(reward, bps));
            expect(await harness.dutyOf(assigned, done)).to.equal(dutyOf(assigned, done));
            expect(await harness.toGwei(stake)).to.equal(toGwei(stake));
          },
        ),
        CHECKS,
      );
    });

    it("compares with the mean to the unit as the contract does", async () => {
      const harness = await loadHarness();
      const means = fc.oneof(fc.bigInt({ min: 1n, max: 2n ** 48n }), fc.constant(1n));

      await fc.assert(
        fc.asyncProperty(bits(48), commissions, means, async (rate, bps, mean) => {
          expect(await harness.yieldOf(rate, bps, mean)).to.equal(yieldOf(rate, bps, mean));
        }),
        CHECKS,
      );
    });

    it("follows averages to the unit as the contract does", async () => {
      const harness = await loadHarness();

      await fc.assert(
        fc.asyncProperty(averages, ppb, fc.boolean(), parameters, async (before, value, active, settings) => {
          const after = await harness.followReport(before, value, active, settings);
          const expected = followActivity(followYield(before, value, settings), active, settings);
          expect(plain(after)).to.deep.equal(expected);
          expect(await harness.performanceOf(before)).to.equal(performanceOf(before));
        }),
        CHECKS,
      );
    });

    it("weighs a new value to the unit as the contract does, whatever span and count", async () => {
      const harness = await loadHarness();

      await fc.assert(
        fc.asyncProperty(ppb, ppb, fc.bigInt({ min: 1n, max: 65_535n }), spans, async (average, value, count, span) => {
          expect(await harness.follow(average, value, count, span)).to.equal(follow(average, value, count, span));
        }),
        CHECKS,
      );
    });

    it("makes a score to the unit as the contract does", async () => {
      const harness = await loadHarness();

      await fc.assert(
        fc.asyncProperty(
          fc.record({ performance: ppb, prior: ppb, reports: bits(16), stake: amounts, network: amounts }),
          fc.record({ position: amounts, cap: amounts, groups: fc.bigInt({ min: 1n, max: 5n }) }),
          parameters,
          async ({ performance, prior, reports, stake, network }, { position, cap, groups }, settings) => {
            const { power: exponent, sizeLimitBps, diversityBps } = settings;
            const believed = shrink(performance, reports, prior);
            const powered = power(believed, exponent);
            const size = sizeFactor(stake, network, sizeLimitBps);
            const fullness = fullnessOf(position, cap);
            const diversity = diversityFactor(fullness, groups, diversityBps);

            expect(await harness.shrink(performance, reports, prior)).to.equal(believed);
            expect(await harness.power(believed, exponent)).to.equal(powered);
            expect(await harness.sizeFactor(stake, network, sizeLimitBps)).to.equal(size);
            expect(await harness.fullnessOf(position, cap)).to.equal(fullness);
            expect(await harness.diversityFactor(fullness, groups, diversityBps)).to.equal(diversity);
            expect(await harness.combine(powered, size, diversity)).to.equal(combine(powered, size, diversity));
          },
        ),
        CHECKS,
      );
    });

    it("finds the lower quartile as the contract does", async () => {
      const harness = await loadHarness();

      await fc.assert(
        fc.asyncProperty(fc.array(ppb, { maxLength: 60 }), async (performances) => {
          const { edge, isKnown } = await harness.lowerQuartile(performances);
          expect(isKnown ? edge : undefined).to.equal(lowerQuartile(performances));
        }),
        CHECKS,
      );
    });
  });

  describe("score", () => {
    it("has 10,000 for the mean at every power, and spreads the others as the power grows", () => {
      const weigh = (believed: bigint, exponent: bigint) => weightOf(combine(power(believed, exponent), ONE, ONE));

      for (const exponent of [1n, 2n, 4n, 8n, 16n]) expect(weigh(ONE, exponent)).to.equal(10_000n);
      expect([1n, 4n, 16n].map((exponent) => weigh(900_000_000n, exponent))).to.deep.equal([9_000n, 6_561n, 1_853n]);
      expect(PARAMETERS.power).to.equal(4n);
    });
  });
});
