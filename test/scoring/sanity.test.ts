/** What of a report is believed: Sanity.sol report by report, and against src/scoring. */
import { expect } from "chai";
import fc from "fast-check";

import type { Counters } from "../../src/reports/types.ts";
import { isEligible, isFar, resolveRate, resolveSlash, takeCounters, type Outcome } from "../../src/scoring/sanity.ts";
import { MARKS, type Reported, UNKNOWN } from "../../src/scoring/types.ts";
import { amounts, bits, CHECKS, commissions, counters, loadHarness, plain, reports } from "./harness.ts";

const ETHER = 10n ** 18n;
const RISE = 200n;
/** As in Sanity.Outcome. */
const OUTCOMES: readonly Outcome[] = ["taken", "setAside", "confirmed", "dropped"];

/** A report of an operator with a thousand ether: `rate` is in 10^12ths. */
function report(rate: bigint, changes: Partial<Counters> = {}): Counters {
  const stake = 1_000n * ETHER;
  return {
    assigned: 100n,
    done: 100n,
    active: true,
    commissionBps: 500n,
    stake,
    external_: 0n,
    reward: (rate * stake) / 10n ** 12n,
    slashed: 0n,
    ...changes,
  };
}

/** Takes reports one after the other, from epoch 1 on. Returns what was believed after each, and what became of it. */
async function takeAll(list: readonly Counters[]) {
  const harness = await loadHarness();
  const steps: { reported: Reported; reward: Outcome; slash: Outcome }[] = [];
  let reported: Reported = UNKNOWN.reported;
  for (const [index, each] of list.entries()) {
    const taken = await harness.take(reported, each, index + 1, RISE);
    reported = plain(taken[0]) as Reported;
    steps.push({ reported, reward: OUTCOMES[Number(taken.reward)]!, slash: OUTCOMES[Number(taken.slash)]! });
  }
  return steps;
}

const has = (reported: Reported, mark: bigint) => (reported.marks & mark) !== 0n;

describe("Sanity", () => {
  describe("rewards", () => {
    const cases: { why: string; rates: bigint[]; outcomes: Outcome[]; rate: bigint }[] = [
      { why: "takes the first one, whatever it is", rates: [100n], outcomes: ["taken"], rate: 100n },
      { why: "takes 30 % more", rates: [100n, 130n], outcomes: ["taken", "taken"], rate: 130n },
      { why: "takes 30 % less", rates: [100n, 70n], outcomes: ["taken", "taken"], rate: 70n },
      { why: "sets more aside", rates: [100n, 131n], outcomes: ["taken", "setAside"], rate: 100n },
      { why: "sets less aside", rates: [100n, 69n], outcomes: ["taken", "setAside"], rate: 100n },
      { why: "sets aside what was 0 before", rates: [0n, 1n], outcomes: ["taken", "setAside"], rate: 0n },
      {
        why: "takes what a second report agrees with",
        rates: [100n, 200n, 140n],
        outcomes: ["taken", "setAside", "confirmed"],
        rate: 140n,
      },
      {
        why: "does not take what a second report is far from",
        rates: [100n, 200n, 139n],
        outcomes: ["taken", "setAside", "setAside"],
        rate: 100n,
      },
      {
        why: "drops what was set aside when a report is as before",
        rates: [100n, 200n, 100n, 200n],
        outcomes: ["taken", "setAside", "dropped", "setAside"],
        rate: 100n,
      },
      {
        why: "does not walk away from the last one taken by steps that are each far from it",
        rates: [100n, 140n, 200n, 300n],
        outcomes: ["taken", "setAside", "setAside", "setAside"],
        rate: 100n,
      },
    ];
    for (const { why, rates, outcomes, rate } of cases) {
      it(why, async () => {
        const steps = await takeAll(rates.map((each) => report(each)));

        expect(steps.map(({ reward }) => reward)).to.deep.equal(outcomes);
        const last = steps.at(-1)!.reported;
        const isAside = outcomes.at(-1) === "setAside";
        expect([last.rate, last.pendingRate]).to.deep.equal([rate, isAside ? rates.at(-1) : 0n]);
        expect(has(last, MARKS.ratePending)).to.equal(isAside);
      });
    }

    it("takes duties, activity, commission and stake whatever becomes of the reward", async () => {
      const changes = { assigned: 4n, done: 3n, active: false, commissionBps: 701n, external_: 2_000n * ETHER };
      const [, second] = await takeAll([report(100n), report(900n, changes)]);

      expect(second!.reward).to.equal("setAside");
      expect(second!.reported).to.deep.equal({
        stake: 2_000n * 10n ** 9n,
        rate: 100n,
        pendingRate: 900n,
        epoch: 2n,
        duty: 750_000_000n,
        commissionBps: 701n,
        marks: MARKS.ratePending | MARKS.raised,
      });
    });
  });

  describe("commissions", () => {
    for (const [next, isRaised] of [
      [700n, false],
      [701n, true],
      [0n, false],
    ] as const) {
      it(`of 500 then ${next.toString()} bp are ${isRaised ? "" : "not "}raised too much`, async () => {
        const [first, second, third] = await takeAll(
          [500n, next, next].map((each) => report(1n, { commissionBps: each })),
        );

        expect([first, second, third].map((step) => has(step!.reported, MARKS.raised))).to.deep.equal([
          false,
          isRaised,
          false,
        ]);
      });
    }
  });

  describe("slashes", () => {
    const slash = (ether: bigint) => report(100n, { slashed: ether * ETHER });
    const cases: { why: string; list: Counters[]; outcomes: Outcome[]; marks: bigint }[] = [
      {
        why: "are accepted up to 30 % of the stake",
        list: [slash(300n)],
        outcomes: ["confirmed"],
        marks: MARKS.slashed | MARKS.slashDue,
      },
      {
        why: "are set aside above that",
        list: [report(100n, { slashed: 300n * ETHER + 1n })],
        outcomes: ["setAside"],
        marks: MARKS.slashPending,
      },
      {
        why: "are set aside without stake",
        list: [report(0n, { slashed: 1n, stake: 0n })],
        outcomes: ["setAside"],
        marks: MARKS.slashPending,
      },
      {
        why: "that were set aside stay so while nobody reports one again",
        list: [slash(301n), report(100n), report(100n)],
        outcomes: ["setAside", "taken", "taken"],
        marks: MARKS.slashPending,
      },
      {
        why: "that were set aside are accepted when one is reported again, however large",
        list: [slash(301n), report(100n), slash(999n)],
        outcomes: ["setAside", "taken", "confirmed"],
        marks: MARKS.slashed | MARKS.slashDue,
      },
      {
        why: "are never forgotten, and due until they are judged",
        list: [slash(1n), report(100n)],
        outcomes: ["confirmed", "taken"],
        marks: MARKS.slashed | MARKS.slashDue,
      },
    ];
    for (const { why, list, outcomes, marks } of cases) {
      it(why, async () => {
        const steps = await takeAll(list);

        expect(steps.map((step) => step.slash)).to.deep.equal(outcomes);
        expect(steps.at(-1)!.reported.marks).to.equal(marks | MARKS.active);
      });
    }
  });

  it("resolveRate believes a rate, and leaves the slash aside", async () => {
    const harness = await loadHarness();
    const [, second] = await takeAll([report(100n), report(200n, { slashed: 301n * ETHER })]);
    for (const rate of [0n, 100n, 150n, 2n ** 48n - 1n]) {
      const after = plain(await harness.resolveRate(second!.reported, rate)) as Reported;

      expect([after.rate, after.pendingRate]).to.deep.equal([rate, 0n]);
      expect(after.marks).to.equal(MARKS.active | MARKS.slashPending);
    }
  });

  for (const accept of [true, false]) {
    it(`resolveSlash ${accept ? "takes the slash" : "drops it"}, and leaves the rate aside`, async () => {
      const harness = await loadHarness();
      const [, second] = await takeAll([report(100n), report(200n, { slashed: 301n * ETHER })]);
      const after = plain(await harness.resolveSlash(second!.reported, accept)) as Reported;

      expect([after.rate, after.pendingRate]).to.deep.equal([100n, 200n]);
      expect(after.marks).to.equal(MARKS.active | MARKS.ratePending | (accept ? MARKS.slashed : 0n));
    });
  }

  describe("isEligible", () => {
    const own = { ...UNKNOWN.reported, commissionBps: 1_000n };
    for (const [why, reported, expected] of [
      ["is who is active at the limit of commissions", { ...own, marks: MARKS.active }, true],
      ["is not who asks for more", { ...own, marks: MARKS.active, commissionBps: 1_001n }, false],
      ["is not who is not active", own, false],
      ["is not who was ever slashed", { ...own, marks: MARKS.active | MARKS.slashed }, false],
      ["is not whose reward is set aside", { ...own, marks: MARKS.active | MARKS.ratePending }, false],
    ] as const) {
      it(why, async () => {
        const harness = await loadHarness();

        expect(await harness.isEligible(reported, 1_000n)).to.equal(expected);
      });
    }
  });

  describe("src/scoring", () => {
    it("believes what the contract believes", async () => {
      const harness = await loadHarness();

      await fc.assert(
        fc.asyncProperty(
          reports,
          counters,
          bits(32),
          fc.bigInt({ min: 0n, max: 10_000n }),
          async (before, each, epoch, rise) => {
            const taken = await harness.take(before, each, epoch, rise);
            const { reported, reward, slash, rate } = takeCounters(before, each, epoch, rise);
            expect(plain(taken[0])).to.deep.equal(reported);
            expect(OUTCOMES[Number(taken.reward)]).to.equal(reward);
            expect(OUTCOMES[Number(taken.slash)]).to.equal(slash);
            expect(taken.rate).to.equal(rate);
          },
        ),
        CHECKS,
      );
    });

    it("resolves, and counts in the mean, as the contract does", async () => {
      const harness = await loadHarness();

      await fc.assert(
        fc.asyncProperty(reports, fc.boolean(), commissions, bits(48), async (before, accept, limit, rate) => {
          expect(plain(await harness.resolveRate(before, rate))).to.deep.equal(resolveRate(before, rate));
          expect(plain(await harness.resolveSlash(before, accept))).to.deep.equal(resolveSlash(before, accept));
          expect(await harness.isEligible(before, limit)).to.equal(isEligible(before, limit));
        }),
        CHECKS,
      );
    });

    it("finds far what the contract finds far", async () => {
      const harness = await loadHarness();
      const near = fc.tuple(amounts, fc.bigInt({ min: -2n, max: 2n })).map(([known, by]) => {
        const edge = (known * 13n) / 10n + by;
        return [edge < 0n ? 0n : edge, known] as const;
      });

      await fc.assert(
        fc.asyncProperty(fc.oneof(near, fc.tuple(amounts, amounts)), async ([value, known]) => {
          expect(await harness.isFar(value, known)).to.equal(isFar(value, known));
        }),
        CHECKS,
      );
    });
  });
});
