import { expect } from "chai";

import type { EpochReport } from "../../src/reports/epoch.ts";
import { toDecimal } from "../../src/scoring/fractions.ts";
import { displayed } from "../../src/scoring/seedMetric.ts";
import { isImmediate, ledgersOf, select, windowsOf } from "../../src/selection/select.ts";
import type { Selection, Settings } from "../../src/selection/types.ts";
import { type Life, reportsOf, SETTINGS, STAKE } from "./reports.ts";

const YEAR = 365;
const good: Life = () => ({});

function choose(lives: Readonly<Record<string, Life>>, settings: Partial<Settings> = {}, epochs = YEAR): Selection {
  return select(reportsOf(epochs, lives), { ...SETTINGS, ...settings })!;
}

const idsOf = (candidates: Selection["chosen"]) => candidates.map(({ id }) => id);
const of = ({ candidates }: Selection, id: string) => candidates.find((candidate) => candidate.id === id)!;
const kindsOf = (selection: Selection, id: string) => of(selection, id).reasons.map(({ kind }) => kind);

describe("select", () => {
  describe("step 1, who may be chosen at all,", () => {
    it("leaves out who does not take stake, asks for too much, or is not there any more", () => {
      const selection = choose({
        good,
        closed: () => ({ open: false }),
        dear: () => ({ commissionBps: 1_001n, apr: 40n }),
        atTheLimit: () => ({ commissionBps: 1_000n }),
        gone: (age) => (age === 0 ? null : {}),
      });

      expect(idsOf(selection.chosen)).to.have.members(["good", "atTheLimit"]);
      expect(kindsOf(selection, "closed")).to.deep.equal(["closed"]);
      expect(of(selection, "dear").reasons).to.deep.equal([{ kind: "dear", bps: 1_001n, limitBps: 1_000n }]);
      expect(kindsOf(selection, "gone")).to.deep.equal(["gone"]);
      expect(selection.eligible).to.equal(2);
    });
  });

  describe("step 2, what changes a nomination at once,", () => {
    it("is a slash, a commission that was raised, an absence from the active set, and being shut out", () => {
      const selection = choose({
        slashed: (age) => ({ slashed: age === 0 ? 5n : 0n }),
        raised: (age) => ({ commissionBps: age === 0 ? 501n : 500n }),
        inactive: (age) => ({ active: age > 0 }),
        closed: (age) => ({ open: age > 0 }),
        gone: (age) => (age === 0 ? null : {}),
        lowered: (age) => ({ commissionBps: age === 0 ? 499n : 500n }),
      });

      expect(of(selection, "slashed").reasons).to.deep.equal([{ kind: "slashed", amount: 5n }]);
      expect(of(selection, "raised").reasons).to.deep.equal([{ kind: "raised", fromBps: 500n, toBps: 501n }]);
      expect(kindsOf(selection, "inactive")).to.deep.equal(["inactive"]);
      for (const id of ["slashed", "raised", "inactive", "closed", "gone"]) {
        expect(of(selection, id).reasons.every(isImmediate), id).to.equal(true);
      }
      expect(idsOf(selection.chosen)).to.deep.equal(["lowered"]);
    });

    it("lets a commission rise by what is allowed, and no longer counts a rise of an epoch before", () => {
      const lives = {
        little: (age: number) => ({ commissionBps: age === 0 ? 700n : 500n }),
        much: (age: number) => ({ commissionBps: age === 0 ? 701n : 500n }),
        earlier: (age: number) => ({ commissionBps: age <= 1 ? 900n : 100n }),
      };
      const selection = choose(lives, { commissionRiseBps: 200n });

      expect(idsOf(selection.chosen)).to.have.members(["little", "earlier"]);
      expect(kindsOf(selection, "much")).to.deep.equal(["raised"]);
    });

    it("does not wait for a slash of long ago either, but that is no news", () => {
      const selection = choose({ good, slashed: (age) => ({ apr: 45n, slashed: age === 300 ? 1n : 0n }) });

      expect(of(selection, "slashed").reasons).to.deep.equal([{ kind: "slashedBefore", amount: 1n }]);
      expect(of(selection, "slashed").reasons.some(isImmediate)).to.equal(false);
      expect(of(selection, "slashed").metric.numerator < 0n).to.equal(true);
    });
  });

  describe("steps 3 to 6, the figures,", () => {
    const { candidates } = choose({
      base: () => ({ apr: 25n }),
      half: (age) => ({ apr: 25n, active: age % 2 === 0 }),
      young: (age) => (age < 14 ? { apr: 40n } : null),
      lazy: () => ({ apr: 25n, done: 60n }),
      charging: () => ({ apr: 25n, commissionBps: 1_000n }),
    });
    const one = (id: string) => candidates.find((candidate) => candidate.id === id)!;
    const digits = (id: string, figure: "apr" | "activity") => {
      const { week, month, year } = one(id)[figure];
      return [week, month, year].map((each) => toDecimal(each, 4));
    };

    it("are yearly rewards over a week, a month and a year, after commission, absences as nothing", () => {
      expect(digits("base", "apr")).to.deep.equal(["25.0000", "25.0000", "25.0000"]);
      expect(digits("charging", "apr")).to.deep.equal(["22.5000", "22.5000", "22.5000"]);
      expect(digits("young", "apr")).to.deep.equal(["40.0000", "18.6667", "1.5342"]);
      expect(digits("half", "apr")[2]).to.equal("12.5342");
    });

    it("are the part of the time in the active set", () => {
      expect(digits("base", "activity")).to.deep.equal(["100.0000", "100.0000", "100.0000"]);
      expect(digits("young", "activity")).to.deep.equal(["100.0000", "46.6667", "3.8356"]);
      expect(digits("half", "activity")).to.deep.equal(["57.1429", "50.0000", "50.1370"]);
    });

    it("are the duties of a week", () => {
      expect(one("base").duty).to.equal(10n ** 9n);
      expect(one("lazy").duty).to.equal(6n * 10n ** 8n);
    });

    it("make the seed's metric", () => {
      // (25 + 75 + 25)·(200 + 100 + 100)/100, shown as a twentieth of it.
      expect(toDecimal(one("base").metric, 4)).to.equal("500.0000");
      expect(toDecimal(displayed(one("base").metric), 4)).to.equal("25.0000");
      // (40 + 3·18.6667 + 1.5342)·(200 + 46.6667 + 3.8356)/100: case a of the study, in days instead of eras.
      expect(toDecimal(one("young").metric, 2)).to.equal("244.33");
    });
  });

  describe("step 7, the order,", () => {
    it("is that of the metric, then of the duties, then of the ids", () => {
      const selection = choose({
        d: good,
        c: good,
        b: () => ({ done: 99n }),
        a: () => ({ apr: 9n }),
        best: () => ({ apr: 11n }),
      });

      expect(idsOf(selection.candidates)).to.deep.equal(["best", "c", "d", "b", "a"]);
    });

    it("tells the case studies apart", () => {
      const selection = choose(
        {
          base: () => ({ apr: 25n }),
          // a: a star for two weeks.
          star: (age) => (age < 14 ? { apr: 40n } : null),
          // b: average last week, very good for three months.
          steady: (age) => ({ apr: age < 7 ? 20n : age < 7 + 84 ? 32n : 25n }),
          // c: very good, and slashed once.
          slashed: (age) => ({ apr: age < 30 ? 45n : 25n, slashed: age === 250 ? 1n : 0n }),
          // d: great, but elected once a week.
          rare: (age) => ({ apr: 60n, active: age % 7 === 0 }),
        },
        { ledgers: 5 },
      );

      expect(idsOf(selection.chosen)).to.deep.equal(["steady", "base", "star", "rare"]);
      expect(
        idsOf(choose({ base: () => ({ apr: 25n }), star: (age) => (age < 14 ? { apr: 40n } : null) }).candidates),
      ).to.deep.equal(["base", "star"]);
      expect(idsOf(selection.candidates).at(-1)).to.equal("slashed");
    });

    it("has nobody in it who has earned nothing", () => {
      const selection = choose({ good, poor: () => ({ apr: 0n }) });

      expect(idsOf(selection.chosen)).to.deep.equal(["good"]);
      expect(kindsOf(selection, "poor")).to.deep.equal(["idle"]);
    });
  });

  describe("steps 8 and 9, the deal,", () => {
    const lives = Object.fromEntries(
      Array.from({ length: 20 }, (_, rank) => [
        `r${String(rank).padStart(2, "0")}`,
        () => ({ apr: BigInt(40 - rank) }),
      ]),
    );
    const ranksOf = ({ ledgers }: Selection) =>
      ledgers.map((nominated) => nominated.map(({ id }) => Number(id.slice(1))));

    it("gives each of five ledgers ranks i, i + 5, i + 10", () => {
      const selection = choose(lives, { ledgers: 5 }, 30);

      expect(selection.chosen).to.have.lengthOf(15);
      expect(ranksOf(selection)).to.deep.equal([0, 1, 2, 3, 4].map((i) => [i, i + 5, i + 10]));
    });

    it("gives forth and back when told to", () => {
      expect(ranksOf(choose(lives, { ledgers: 5, deal: "serpentine" }, 30))).to.deep.equal(
        [0, 1, 2, 3, 4].map((i) => [i, 9 - i, 10 + i]),
      );
    });

    it("leaves ledgers short when there are too few", () => {
      const selection = choose(lives, { ledgers: 8 }, 30);

      expect(selection.chosen).to.have.lengthOf(20);
      expect(selection.ledgers.map((nominated) => nominated.length)).to.deep.equal([3, 3, 3, 3, 2, 2, 2, 2]);
    });
  });

  it("passes over reports that are of no use", () => {
    const reports = reportsOf(30, { good, late: (age) => ({ apr: age === 1 ? 99n : 10n, active: age !== 0 }) });
    const stale: EpochReport = { ...reports.at(-1)!, faults: [{ kind: "stale", operators: 2 }] };
    const selection = select([...reports.slice(0, -1), stale], SETTINGS)!;

    expect(selection.report.epoch).to.equal(29);
    expect(idsOf(selection.chosen)).to.deep.equal(["late", "good"]);
    expect(select([stale], SETTINGS)).to.equal(null);
    expect(select([], SETTINGS)).to.equal(null);
  });
});

describe("windowsOf", () => {
  it("is a week, a month and a year in epochs", () => {
    expect(windowsOf(1_460)).to.deep.equal({ week: 28, month: 120, year: 1_460, erasPerYear: 1_460 });
    expect(windowsOf(365)).to.deep.equal({ week: 7, month: 30, year: 365, erasPerYear: 365 });
    expect(windowsOf(12)).to.deep.equal({ week: 1, month: 1, year: 12, erasPerYear: 12 });
  });
});

describe("ledgersOf", () => {
  it("keeps each ledger within an average active operator's stake", () => {
    const reportOf = (poolStake: bigint) =>
      reportsOf(1, { a: () => ({ poolStake }), b: () => ({ poolStake }), c: () => ({ active: false }) })[0]!;

    // The network has 100 stakes and two active operators.
    expect(ledgersOf(reportOf(25n * STAKE))).to.equal(1);
    expect(ledgersOf(reportOf(25n * STAKE + 1n))).to.equal(2);
    expect(ledgersOf(reportOf(0n))).to.equal(0);
    expect(ledgersOf({ ...reportOf(1n), networkStake: 0n })).to.equal(0);
  });
});
