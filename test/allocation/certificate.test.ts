import { expect } from "chai";
import fc from "fast-check";

import { checkSheet, initialLevels, targetsAt } from "../../src/allocation/certificate.ts";
import type { Refusal } from "../../src/allocation/certificate.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import type { Problem } from "../../src/allocation/problem.ts";
import type { Sheet } from "../../src/allocation/types.ts";
import { coins, golden, GOLDEN, GOLDEN_SHEET, level, problems } from "./instances.ts";
import { runs } from "./runs.ts";

function refusal(problem: Problem, sheet: Sheet): Refusal | "accepted" {
  const verdict = checkSheet(problem, sheet);
  return verdict.accepted ? "accepted" : verdict.refusal;
}

describe("checkSheet", () => {
  describe("G5", () => {
    const { g1, g2, h1 } = GOLDEN;

    it("accepts the levels 60, 110, 210", () => {
      const targets = [240, 180, 220, 40, 110, 210].map(coins);

      expect(checkSheet(golden(1000), GOLDEN_SHEET)).to.deep.equal({ accepted: true, targets });
    });

    const cases: { title: string; sheet: Sheet; expected: Refusal }[] = [
      {
        title: "a pool level one too low",
        sheet: [level(0, 209), level(g1, 60), level(h1, 110)],
        expected: { kind: "slack", group: 0, sum: coins(999), cap: coins(1000) },
      },
      {
        title: "a pool level ten too high",
        sheet: [level(0, 220), level(g1, 60), level(h1, 110)],
        expected: { kind: "overfull", group: 0, sum: coins(1010), cap: coins(1000) },
      },
      {
        title: "a group level ten too low",
        sheet: [level(0, 210), level(g1, 50), level(h1, 110)],
        expected: { kind: "slack", group: 0, sum: coins(930), cap: coins(1000) },
      },
      {
        title: "a sheet without the pool while all of it could be placed",
        sheet: [level(g1, 60), level(h1, 110)],
        expected: { kind: "overfull", group: 0, sum: coins(1090), cap: coins(1000) },
      },
    ];
    for (const { title, sheet, expected } of cases) {
      it(`refuses ${title}`, () => {
        expect(refusal(golden(1000), sheet)).to.deep.equal(expected);
      });
    }

    it("refuses a group level too low for the slack of the group itself", () => {
      expect(refusal(golden(1100), [level(g1, 50), level(h1, 110)])).to.deep.equal({
        kind: "slack",
        group: g1,
        sum: coins(350),
        cap: coins(420),
      });
    });

    it("refuses a group level too high, or none, for the group itself when the pool has room", () => {
      const roomy = golden(5000);

      expect(refusal(roomy, [level(g1, 60), level(h1, 120)])).to.deep.equal({
        kind: "overfull",
        group: h1,
        sum: coins(600),
        cap: coins(570),
      });
      expect(refusal(roomy, [level(h1, 110)])).to.deep.include({ kind: "overfull", group: g1, sum: coins(600) });
    });

    it("refuses a level for a group that does not bind", () => {
      expect(refusal(golden(1000), [level(0, 210), level(g1, 60), level(g2, 900), level(h1, 110)])).to.deep.include({
        kind: "slack",
        group: g2,
      });
    });
  });

  describe("malformed sheets", () => {
    const problem: Problem = {
      total: 100n,
      operators: [
        { weight: 1n, cap: 50n, groups: [1, 5] },
        { weight: 1n, cap: 0n, groups: [2] },
      ],
      groups: [
        { id: 1, cap: 10n },
        { id: 2, cap: 10n },
        { id: 3, cap: 10n },
        { id: 5, cap: null },
      ],
    };
    const one = 10n ** 18n;

    it("accepts a well-formed one", () => {
      expect(refusal(problem, [{ group: 1, level: 10n * one }])).to.equal("accepted");
    });

    it("refuses groups that descend or repeat", () => {
      const descending = [1, 0].map((group) => ({ group, level: one }));
      const repeated = [1, 1].map((group) => ({ group, level: 10n * one }));

      expect(refusal(problem, descending)).to.deep.equal({ kind: "malformed", group: 0 });
      expect(refusal(problem, repeated)).to.deep.equal({ kind: "malformed", group: 1 });
    });

    it("refuses groups without weight, without member, without cap, or unknown", () => {
      for (const group of [2, 3, 5, 9]) {
        expect(refusal(problem, [{ group, level: one }])).to.deep.equal({ kind: "malformed", group });
      }
    });
  });

  describe("tolerance", () => {
    const problem: Problem = {
      total: 10n,
      operators: [1n, 1n, 1n].map((weight) => ({ weight, cap: 100n, groups: [] })),
      groups: [],
    };

    it("accepts as many wei of slack as there are members", () => {
      expect(refusal({ ...problem, total: 12n }, [{ group: 0, level: 3n * 10n ** 18n }])).to.equal("accepted");
    });

    it("refuses one more, and one wei too much", () => {
      const sheet = [{ group: 0, level: 3n * 10n ** 18n }];

      expect(refusal({ ...problem, total: 13n }, sheet)).to.deep.equal({ kind: "slack", group: 0, sum: 9n, cap: 13n });
      expect(refusal({ ...problem, total: 8n }, sheet)).to.deep.equal({ kind: "overfull", group: 0, sum: 9n, cap: 8n });
    });
  });

  describe("properties", () => {
    it("every sheet that passes has the fair targets, but for the tolerance", () => {
      fc.assert(
        fc.property(problems(40), fc.nat(), fc.integer({ min: -2000, max: 2000 }), (problem, pick, change) => {
          const { sheet, targets } = fairAllocation(problem);
          const chosen = sheet[pick % Math.max(sheet.length, 1)];
          if (chosen === undefined) return;
          const altered = sheet.map((entry) =>
            entry === chosen ? { ...entry, level: (entry.level * BigInt(10_000 + change)) / 10_000n } : entry,
          );
          const verdict = checkSheet(problem, altered);
          if (!verdict.accepted) return;

          const members = problem.operators.filter(({ groups }) => chosen.group === 0 || groups.includes(chosen.group));
          const moved = targets.reduce((total, target, index) => {
            const other = verdict.targets[index] ?? 0n;
            return total + (target > other ? target - other : other - target);
          }, 0n);
          expect(moved <= BigInt(members.length), `moved ${moved}`).to.equal(true);
        }),
        runs(1500),
      );
    });

    it("refuses nearly every altered level on pools of real size", () => {
      let refused = 0;
      for (let seed = 1; seed <= 300; seed += 1) {
        const problem = largeProblem(seed);
        const { sheet } = fairAllocation(problem);
        const altered = sheet.map((entry, index) =>
          index === seed % sheet.length
            ? { ...entry, level: (entry.level * (seed % 2 === 0 ? 101n : 99n)) / 100n }
            : entry,
        );
        expect(refusal(problem, sheet)).to.equal("accepted");
        if (refusal(problem, altered) !== "accepted") refused += 1;
      }
      expect(refused).to.equal(300);
    });
  });
});

describe("initialLevels", () => {
  it("shares each cap by weight and leaves out groups without cap or weight", () => {
    const operators = [
      { weight: 2n, cap: 50n, groups: [1] },
      { weight: 1n, cap: 50n, groups: [1, 4] },
      { weight: 7n, cap: 0n, groups: [1, 2] },
    ];
    const groups = [
      { id: 1, cap: 10n },
      { id: 2, cap: 10n },
      { id: 3, cap: 10n },
      { id: 4, cap: null },
    ];

    expect(initialLevels({ total: 100n, operators, groups })).to.deep.equal([
      { group: 0, level: 33_333_333_333_333_333_333n },
      { group: 1, level: 3_333_333_333_333_333_333n },
    ]);
  });

  it("puts no group above its cap", () => {
    fc.assert(
      fc.property(problems(80), (problem) => {
        const targets = targetsAt(problem, initialLevels(problem));

        for (const { id, cap } of [{ id: 0, cap: problem.total as bigint | null }, ...problem.groups]) {
          const held = problem.operators.reduce(
            (sum, { groups }, index) => (id === 0 || groups.includes(id) ? sum + (targets[index] ?? 0n) : sum),
            0n,
          );
          expect(cap === null || held <= cap, `group ${id}`).to.equal(true);
        }
      }),
      runs(600),
    );
  });
});

/** A pool of a million coins and 60 operators in two tight dimensions; the same for the same seed. */
function largeProblem(seed: number): Problem {
  let state = BigInt(seed);
  const random = (below: number): number => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return Number((state >> 33n) % BigInt(below));
  };
  return {
    total: coins(1_000_000),
    operators: Array.from({ length: 60 }, () => ({
      weight: BigInt(1 + random(1000)),
      cap: coins(40_000 + random(40_000)),
      groups: [1 + random(5), 6 + random(5)],
    })),
    groups: Array.from({ length: 10 }, (_, index) => ({ id: index + 1, cap: coins(220_000) })),
  };
}
