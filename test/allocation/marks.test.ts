import { expect } from "chai";

import { openBook } from "../../src/allocation/book.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import { fillMarks } from "../../src/allocation/marks.ts";
import { planLegs } from "../../src/allocation/plan.ts";
import type { Problem } from "../../src/allocation/problem.ts";
import { coins } from "./instances.ts";
import { snapshotOf, STRICT } from "./snapshots.ts";

/** Ten operators with a target of 100 each: four hold 105, which the band leaves there, the others nothing. */
const POSITIONS = [105, 105, 105, 105, 0, 0, 0, 0, 0, 0].map(coins);

function even(groups: readonly number[], caps: Problem["groups"]): Problem {
  return {
    total: coins(1_000),
    operators: POSITIONS.map((_, index) => ({
      weight: 1n,
      cap: coins(500),
      groups: groups.includes(index + 1) ? caps.map(({ id }) => id) : [],
    })),
    groups: caps,
  };
}

function marksOf(problem: Problem): bigint[] {
  const snapshot = snapshotOf(problem, POSITIONS, { legRules: STRICT });
  const book = openBook(snapshot, fairAllocation(problem).sheet);
  return book.places.map(fillMarks(book));
}

describe("fillMarks", () => {
  it("are the targets when nothing stays above one", () => {
    const problem = even([], []);
    const book = openBook(snapshotOf(problem, [], { legRules: STRICT }), fairAllocation(problem).sheet);

    expect(book.places.map(fillMarks(book))).to.deep.equal(book.places.map(({ target }) => target));
  });

  it("let everyone below its target go without the same part of what the band keeps elsewhere", () => {
    // 20 stay above targets; six targets of 100 go without a thirtieth.
    expect(marksOf(even([], [])).slice(4)).to.deep.equal(Array(6).fill((coins(100) * 29n) / 30n));
  });

  it("let the members of a full group go without what the band keeps in it", () => {
    const marks = marksOf(even([1, 5], [{ id: 1, cap: coins(200) }]));

    // In the group one of 100 goes without the 5 that the other keeps; outside it is still a thirtieth.
    expect(marks[4]).to.equal(coins(95));
    expect(marks[5]).to.equal((coins(100) * 29n) / 30n);
  });
});

describe("planLegs", () => {
  it("leaves nobody outside the band for what it keeps elsewhere", () => {
    const problem = even([], []);
    const snapshot = snapshotOf(problem, POSITIONS, { legRules: STRICT, live: { free: coins(580) } });
    const { legs } = planLegs(snapshot, fairAllocation(problem).sheet);

    expect(legs.map(({ operator }) => operator)).to.deep.equal([5, 6, 7, 8, 9, 10]);
    for (const { amount } of legs) expect(amount >= coins(96)).to.equal(true);
  });
});
