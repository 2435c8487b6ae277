import { expect } from "chai";
import fc from "fast-check";

import { checkSheet } from "../../src/allocation/certificate.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import { MAX_TOTAL_WEIGHT } from "../../src/allocation/problem.ts";
import type { Problem } from "../../src/allocation/problem.ts";
import { coins, golden, GOLDEN, GOLDEN_SHEET, level, problems } from "./instances.ts";
import { runs } from "./runs.ts";

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

function equalOperators(count: number, cap: bigint): Problem["operators"] {
  return Array.from({ length: count }, () => ({ weight: 1n, cap, groups: [] }));
}

describe("fairAllocation", () => {
  describe("refuses", () => {
    it("weights that sum to more than a level can resolve", () => {
      const operators = [{ weight: MAX_TOTAL_WEIGHT + 1n, cap: 1n, groups: [] }];

      expect(() => fairAllocation({ total: 1n, operators, groups: [] })).to.throw(RangeError, "The weights sum to");
    });

    it("an operator in a group that does not exist", () => {
      const operators = [{ weight: 1n, cap: 1n, groups: [4] }];

      expect(() => fairAllocation({ total: 1n, operators, groups: [] })).to.throw(
        RangeError,
        "group 4, which does not",
      );
    });

    it("an operator that names a group twice", () => {
      const operators = [{ weight: 1n, cap: 1n, groups: [4, 4] }];

      expect(() => fairAllocation({ total: 1n, operators, groups: [{ id: 4, cap: 1n }] })).to.throw(
        RangeError,
        "twice",
      );
    });

    it("a group that is listed twice, or called 0 like the pool", () => {
      for (const ids of [[4, 4], [0]]) {
        const groups = ids.map((id) => ({ id, cap: 1n }));
        expect(() => fairAllocation({ total: 1n, operators: [], groups })).to.throw(RangeError, "listed twice");
      }
    });
  });

  describe("golden vectors", () => {
    it("G1: fills own caps, two groups and the pool", () => {
      const { sheet, targets } = fairAllocation(golden(1000));

      expect(targets).to.deep.equal([240, 180, 220, 40, 110, 210].map(coins));
      expect(sheet).to.deep.equal(GOLDEN_SHEET);
    });

    it("G2: leaves idle what fits nowhere, and does not bound the pool", () => {
      const { sheet, targets } = fairAllocation(golden(1100));

      expect(targets).to.deep.equal([240, 180, 220, 40, 110, 300].map(coins));
      expect(sheet).to.deep.equal([level(GOLDEN.g1, 60), level(GOLDEN.h1, 110)]);
      expect(coins(1100) - sum(targets)).to.equal(coins(10));
    });

    it("G3: with less to place the last operator stops first", () => {
      const { targets } = fairAllocation(golden(900));

      expect(targets).to.deep.equal([240, 180, 220, 40, 110, 110].map(coins));
    });

    it("G7: a single operator gets its cap and not one wei more", () => {
      const problem = { total: coins(1000), operators: equalOperators(1, coins(10)), groups: [] };

      expect(fairAllocation(problem)).to.deep.equal({ sheet: [], targets: [coins(10)] });
    });

    it("G8: the stuck square goes to two each", () => {
      const operators = [
        [1, 3],
        [1, 4],
        [2, 3],
        [2, 4],
      ].map((groups) => ({ weight: 1n, cap: coins(8), groups }));
      const groups = [1, 2, 3, 4].map((id) => ({ id, cap: coins(4) }));

      const { targets } = fairAllocation({ total: coins(8), operators, groups });

      expect(targets).to.deep.equal([2, 2, 2, 2].map(coins));
    });

    it("G8: the stranded triple is fair rather than full", () => {
      const operators = [
        [1, 3],
        [1, 4],
        [2, 4],
      ].map((groups) => ({ weight: 1n, cap: coins(100), groups }));
      const groups = [
        { id: 1, cap: coins(50) },
        { id: 2, cap: null },
        { id: 3, cap: null },
        { id: 4, cap: coins(50) },
      ];

      const { sheet, targets } = fairAllocation({ total: coins(100), operators, groups });

      expect(targets).to.deep.equal([25, 25, 25].map(coins));
      expect(sheet).to.deep.equal([level(1, 25), level(4, 25)]);
    });

    it("G9: two newcomers share evenly what arrives, as min-first does with whole validators (86, 85)", () => {
      const operators = [coins(101), coins(100)].map((cap) => ({ weight: 1n, cap, groups: [] }));

      const { targets } = fairAllocation({ total: coins(171), operators, groups: [] });

      expect(targets).to.deep.equal([coins(171) / 2n, coins(171) / 2n]);
    });
  });

  describe("edges", () => {
    it("places nothing when there is nothing, without any operator or without any weight", () => {
      const idle = { weight: 0n, cap: coins(1), groups: [] };

      expect(fairAllocation({ total: coins(1), operators: [], groups: [] })).to.deep.equal({ sheet: [], targets: [] });
      expect(fairAllocation({ total: coins(1), operators: [idle], groups: [] })).to.deep.equal({
        sheet: [],
        targets: [0n],
      });
      expect(fairAllocation({ total: 0n, operators: equalOperators(2, coins(1)), groups: [] })).to.deep.equal({
        sheet: [{ group: 0, level: 0n }],
        targets: [0n, 0n],
      });
    });

    it("leaves less than one wei per member in the pool", () => {
      const { targets } = fairAllocation({ total: 10n, operators: equalOperators(3, 100n), groups: [] });

      expect(targets).to.deep.equal([3n, 3n, 3n]);
    });

    it("an operator at its cap exactly when its group is full does not disturb the other members", () => {
      const operators = [40n, 100n].map((cap) => ({ weight: 1n, cap, groups: [1] }));

      const { sheet, targets } = fairAllocation({ total: 1000n, operators, groups: [{ id: 1, cap: 80n }] });

      expect(targets).to.deep.equal([40n, 40n]);
      expect(sheet).to.deep.equal([{ group: 1, level: 40n * 10n ** 18n }]);
    });

    it("of two groups that are full at the same level the lower one is settled first", () => {
      const operators = [[1], [2], [1, 2], [1, 2]].map((groups) => ({ weight: 1n, cap: 100n, groups }));
      const one = 10n ** 18n;
      const groups = [2, 1].map((id) => ({ id, cap: 10n }));

      // 10 among three is 3 and one wei is left; that raises the level of the other group.
      expect(fairAllocation({ total: 100n, operators, groups })).to.deep.equal({
        sheet: [
          { group: 1, level: (10n * one) / 3n },
          { group: 2, level: 4n * one },
        ],
        targets: [3n, 4n, 3n, 3n],
      });
    });

    it("a group without member, or with members that can take nothing, is not in the sheet", () => {
      const operators = [
        { weight: 1n, cap: 0n, groups: [1] },
        { weight: 0n, cap: 5n, groups: [2] },
        { weight: 1n, cap: 9n, groups: [] },
      ];
      const groups = [1, 2, 3].map((id) => ({ id, cap: 0n }));

      expect(fairAllocation({ total: 100n, operators, groups })).to.deep.equal({ sheet: [], targets: [0n, 0n, 9n] });
    });
  });

  describe("properties", () => {
    it("every sheet passes the certificate, and the formula gives back the targets", () => {
      fc.assert(
        fc.property(problems(), (problem) => {
          const { sheet, targets } = fairAllocation(problem);
          const verdict = checkSheet(problem, sheet);

          expect(verdict).to.deep.equal({ accepted: true, targets });
        }),
        runs(3000),
      );
    });

    it("agrees with a slow exact filling in fractions to a few wei", () => {
      fc.assert(
        fc.property(problems(25), (problem) => {
          const { targets } = fairAllocation(problem);
          const exact = fillInFractions(problem);

          targets.forEach((target, index) => {
            const { numerator, denominator } = exact[index] ?? { numerator: -1n, denominator: 1n };
            const error = target * denominator - numerator;
            // A floor moves less than a wei, but what an operator leaves goes to others by the ratio of the weights.
            const [low, high] = weightRange(problem);
            const tolerance = 2n * BigInt(problem.operators.length) * (1n + high / low) * denominator;
            expect(
              error <= tolerance && -error <= tolerance,
              `${index}: ${target}, ${numerator}/${denominator}`,
            ).to.equal(true);
          });
        }),
        runs(600),
      );
    });

    it("does not depend on the order of the operators", () => {
      fc.assert(
        fc.property(problems(60), fc.infiniteStream(fc.nat()), (problem, random) => {
          const order = problem.operators.map((_, index) => ({ index, key: random.next().value as number }));
          order.sort((first, second) => first.key - second.key);
          const shuffled = order
            .map(({ index }) => problem.operators[index])
            .filter((operator) => operator !== undefined);

          const plain = fairAllocation(problem);
          const other = fairAllocation({ ...problem, operators: shuffled });

          expect(other.sheet).to.deep.equal(plain.sheet);
          expect(other.targets).to.deep.equal(order.map(({ index }) => plain.targets[index]));
        }),
        runs(400),
      );
    });

    it("no target falls when the total rises and the caps stay", () => {
      fc.assert(
        fc.property(problems(60), fc.bigInt(0n, 10n ** 24n), (problem, extra) => {
          const before = fairAllocation(problem).targets;
          const after = fairAllocation({ ...problem, total: problem.total + extra }).targets;

          expect(after.every((target, index) => target >= (before[index] ?? 0n))).to.equal(true);
        }),
        runs(600),
      );
    });

    it("I-36: raising a weight never lowers that operator's target, rounding aside", () => {
      fc.assert(
        fc.property(problems(40), fc.nat(), fc.bigInt(1n, 10n ** 6n), (problem, pick, more) => {
          const raised = pick % problem.operators.length;
          const operators = problem.operators.map((operator, index) =>
            index === raised ? { ...operator, weight: operator.weight + more } : operator,
          );
          const before = fairAllocation(problem).targets[raised] ?? 0n;
          const after = fairAllocation({ ...problem, operators }).targets[raised] ?? 0n;

          // What other members lose by rounding down goes to those that settle later, a wei each at most.
          const rounding = BigInt(problem.operators.length);
          expect(after + rounding >= before, `${before} to ${after}`).to.equal(true);
        }),
        runs(1000),
      );
    });

    it("an operator below its cap is among the best off of a full group", () => {
      fc.assert(
        fc.property(problems(60), (problem) => {
          const { sheet, targets } = fairAllocation(problem);
          const full = new Set(sheet.map(({ group }) => group));

          problem.operators.forEach((operator, index) => {
            const target = targets[index] ?? 0n;
            if (operator.weight === 0n || target === operator.cap) return;
            const bottleneck = [0, ...operator.groups].some(
              (group) =>
                full.has(group) &&
                problem.operators.every((rival, other) => {
                  if (rival.weight === 0n || (group !== 0 && !rival.groups.includes(group))) return true;
                  // One wei of flooring on the operator's side.
                  return (targets[other] ?? 0n) * operator.weight <= (target + 1n) * rival.weight;
                }),
            );
            expect(bottleneck, `operator ${index}`).to.equal(true);
          });
        }),
        runs(400),
      );
    });
  });
});

interface Fraction {
  numerator: bigint;
  denominator: bigint;
}

/** Textbook progressive filling: find the lowest level at which anything is full, settle it, repeat. */
function fillInFractions(problem: Problem): Fraction[] {
  const groups = [{ id: 0, cap: problem.total as bigint | null }, ...problem.groups];
  const settled = problem.operators.map((operator) =>
    operator.weight === 0n || operator.cap === 0n ? { numerator: 0n, denominator: 1n } : null,
  );
  for (;;) {
    let best: { level: Fraction; members: number[] } | undefined;
    const offer = (level: Fraction, members: number[]): void => {
      if (best === undefined || level.numerator * best.level.denominator < best.level.numerator * level.denominator) {
        best = { level, members };
      }
    };
    problem.operators.forEach((operator, index) => {
      if (settled[index] === null) offer({ numerator: operator.cap, denominator: operator.weight }, [index]);
    });
    for (const group of groups) {
      if (group.cap === null) continue;
      let rest: Fraction = { numerator: group.cap, denominator: 1n };
      let weight = 0n;
      const members: number[] = [];
      problem.operators.forEach((operator, index) => {
        if (group.id !== 0 && !operator.groups.includes(group.id)) return;
        const taken = settled[index] ?? null;
        if (taken === null) {
          members.push(index);
          weight += operator.weight;
        } else {
          rest = reduce({
            numerator: rest.numerator * taken.denominator - taken.numerator * rest.denominator,
            denominator: rest.denominator * taken.denominator,
          });
        }
      });
      if (weight > 0n) offer(reduce({ numerator: rest.numerator, denominator: rest.denominator * weight }), members);
    }
    if (best === undefined) return settled.map((taken) => taken ?? { numerator: 0n, denominator: 1n });
    for (const index of best.members) {
      const weight = problem.operators[index]?.weight ?? 0n;
      settled[index] = reduce({ numerator: best.level.numerator * weight, denominator: best.level.denominator });
    }
  }
}

function reduce({ numerator, denominator }: Fraction): Fraction {
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator];
  while (b > 0n) [a, b] = [b, a % b];
  return a === 0n ? { numerator: 0n, denominator: 1n } : { numerator: numerator / a, denominator: denominator / a };
}

function weightRange(problem: Problem): [bigint, bigint] {
  const weights = problem.operators.map((operator) => operator.weight).filter((weight) => weight > 0n);
  return weights.reduce<[bigint, bigint]>(
    ([low, high], weight) => [weight < low ? weight : low, weight > high ? weight : high],
    [weights[0] ?? 1n, weights[0] ?? 1n],
  );
}
