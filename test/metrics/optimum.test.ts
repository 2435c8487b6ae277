import { expect } from "chai";

import { smaller, sumOf } from "../../src/allocation/amounts.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import type { Problem } from "../../src/allocation/problem.ts";
import { generator } from "../../src/data/random.ts";
import { optimum, valueOf } from "../../src/metrics/optimum.ts";
import { expectClose } from "../helpers/close.ts";

/** Rounding: a part in 10^15 of the total, and what a double holds. */
const CLOSE = 1e-12;

const SCORE_ONE = 10n ** 18n;

/** Operators in a country and a network each, with tight caps. */
function randomProblem(seed: number): { problem: Problem; scores: bigint[] } {
  const random = generator(seed);
  const total = 10n ** 24n;
  const part = (percent: number) => (total * BigInt(percent)) / 100n;
  const count = 10 + random(60);
  return {
    problem: {
      total,
      operators: Array.from({ length: count }, () => ({
        weight: BigInt(1 + random(100)),
        cap: part(random(8)),
        groups: [1 + random(4), 5 + random(6)],
      })),
      groups: Array.from({ length: 10 }, (_, index) => ({ id: index + 1, cap: part(5 + random(30)) })),
    },
    scores: Array.from({ length: count }, () => (SCORE_ONE * BigInt(1 + random(1_000))) / 1_000n),
  };
}

describe("optimum", () => {
  it("fills the best operators to their caps and leaves the others out", async () => {
    const problem: Problem = {
      total: 100n,
      operators: [30n, 50n, 60n, 40n].map((cap) => ({ weight: 1n, cap, groups: [] })),
      groups: [],
    };
    const best = await optimum(problem, [5n, 9n, 7n, 1n]);

    expect(best.stakes).to.deep.equal([0n, 50n, 50n, 0n]);
    expectClose(best.value, 8, CLOSE);
    expectClose(best.bound, 8, CLOSE);
  });

  it("uses the capacity that the fair allocation strands between two dimensions", async () => {
    // A(g1, h1), B(g1, h2), C(g2, h2), with g1 and h2 capped at half: research §3.3.
    const problem: Problem = {
      total: 100n,
      operators: [
        [1, 2],
        [1, 3],
        [4, 3],
      ].map((groups) => ({ weight: 1n, cap: 100n, groups })),
      groups: [
        { id: 1, cap: 50n },
        { id: 2, cap: null },
        { id: 3, cap: 50n },
        { id: 4, cap: null },
      ],
    };
    const scores = [1n, 1n, 1n];

    expect(fairAllocation(problem).targets).to.deep.equal([25n, 25n, 25n]);
    expect((await optimum(problem, scores)).stakes).to.deep.equal([50n, 0n, 50n]);
  });

  it("exceeds no cap, is proved by its bound, and is never beaten by the fair allocation", async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { problem, scores } = randomProblem(seed);
      const { stakes, value, bound } = await optimum(problem, scores);
      const dust = problem.total / 10n ** 12n;

      stakes.forEach((stake, index) =>
        expect(stake >= 0n && stake <= problem.operators[index]!.cap + dust).to.equal(true),
      );
      for (const { id, cap } of [...problem.groups, { id: 0, cap: problem.total }]) {
        const members = stakes.filter((_, index) => id === 0 || problem.operators[index]!.groups.includes(id));
        expect(sumOf(members) <= cap! + dust, `group ${id} of seed ${seed}`).to.equal(true);
      }
      expectClose(value / 1e18, bound / 1e18, 1e-9, `seed ${seed}`);
      expect(valueOf(fairAllocation(problem).targets, scores, problem.total) / 1e18).to.be.at.most(
        bound / 1e18 + CLOSE,
      );
    }
  });

  it("finds what can be worked out by hand where every operator is in one group", async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { problem, scores } = randomProblem(seed);
      const partition = {
        ...problem,
        operators: problem.operators.map((operator) => ({ ...operator, groups: operator.groups.slice(0, 1) })),
      };
      // The caps are a polymatroid then, on which taking the best first is optimal.
      const rooms = new Map(partition.groups.map(({ id, cap }) => [id, cap!]));
      let [rest, earned] = [partition.total, 0n];
      for (const index of scores.map((_, index) => index).sort((a, b) => (scores[a]! < scores[b]! ? 1 : -1))) {
        const { cap, groups } = partition.operators[index]!;
        const taken = smaller(smaller(cap, rest), rooms.get(groups[0]!)!);
        rest -= taken;
        rooms.set(groups[0]!, rooms.get(groups[0]!)! - taken);
        earned += taken * scores[index]!;
      }
      const { value } = await optimum(partition, scores);

      expectClose(value / 1e18, Number(earned / partition.total) / 1e18, 1e-9);
    }
  });

  it("is nothing without operators or stake", async () => {
    const nothing = { stakes: [], value: 0, bound: 0 };

    expect(await optimum({ total: 100n, operators: [], groups: [] }, [])).to.deep.equal(nothing);
    expect(
      await optimum({ total: 0n, operators: [{ weight: 1n, cap: 0n, groups: [] }], groups: [] }, [1n]),
    ).to.deep.equal({
      ...nothing,
      stakes: [0n],
    });
  });

  it("refuses scores that do not match the operators", async () => {
    const refused = await optimum({ total: 1n, operators: [], groups: [] }, [1n]).catch((error: unknown) => error);

    expect(refused).to.be.instanceOf(RangeError);
    expect((refused as RangeError).message).to.equal("There are 1 scores for 0 operators.");
  });
});
