import { expect } from "chai";
import fc from "fast-check";

import { lessDown, shareDown, sumOf } from "../../src/allocation/amounts.ts";
import { distance, openBook } from "../../src/allocation/book.ts";
import { problemOf } from "../../src/allocation/caps.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import { carryOut } from "../../src/allocation/legs.ts";
import { MAX_LEGS, planLegs } from "../../src/allocation/plan.ts";
import type { Problem } from "../../src/allocation/problem.ts";
import type { Sheet, Snapshot } from "../../src/allocation/types.ts";
import type { Changes } from "./snapshots.ts";
import { coins, golden, GOLDEN_SHEET, problems } from "./instances.ts";
import { runs } from "./runs.ts";
import { LOOSE, snapshotOf, STRICT } from "./snapshots.ts";

const POSITIONS = [350, 150, 200, 200, 60, 40].map(coins);

function goldenPlan(changes: Changes = {}, sheet: Sheet | null = GOLDEN_SHEET): ReturnType<typeof planLegs> {
  return planLegs(snapshotOf(golden(1000), POSITIONS, changes), sheet);
}

function brief(plan: ReturnType<typeof planLegs>): string[] {
  return plan.legs.map(({ operator, amount, up }) => `${up ? "+" : "-"}${operator} ${amount / 10n ** 18n}`);
}

describe("planLegs", () => {
  it("G4: takes violations and surpluses in one leg each and moves exactly the surplus", () => {
    const plan = goldenPlan();

    expect(brief(plan)).to.deep.equal(["-4 160", "-1 110"]);
    expect(plan.moved).to.deep.equal({ class0: coins(210), class1: 0n, class2: coins(60), up: 0n });
  });

  it("fills deficits, the largest first, with what the buffer has", () => {
    const plan = goldenPlan({ live: { free: coins(195) } });

    // Infrastructure 3 is above its cap until operator 1 is down, so operator 5 has room only then.
    expect(brief(plan)).to.deep.equal(["-4 160", "-1 110", "+6 170", "+5 25"]);
    expect(plan.moved.up).to.equal(coins(195));
  });

  it("pays exits out of surpluses first, whatever the band, and then optimises", () => {
    const plan = goldenPlan({ pool: { need0: coins(90) }, live: { need: coins(300) } });

    // 270 lie above targets; 30 more come from the largest positions, each within four times its part of 90.
    expect(brief(plan)).to.deep.equal(["-4 160", "-1 110", "-1 30"]);
    expect(plan.moved).to.deep.equal({ class0: coins(210), class1: coins(90), class2: 0n, up: 0n });
    expect(plan.needLeft).to.equal(0n);
  });

  it("funds exits without certified levels", () => {
    const plan = goldenPlan(
      { pool: { need0: coins(100) }, live: { need: coins(100) }, legRules: { budget0Bps: 0n } },
      null,
    );

    expect(brief(plan)).to.deep.equal(["-1 100"]);
    expect(plan.moved.class1).to.equal(coins(100));
  });

  it("cures violations without certified levels, and optimises nothing", () => {
    const plan = goldenPlan({ operators: { 5: { draining: true } }, legRules: { graceBps: 5_000n } }, null);

    expect(brief(plan)).to.deep.equal(["-4 160", "-5 60"]);
    expect(plan.moved).to.deep.equal({ class0: coins(220), class1: 0n, class2: 0n, up: 0n });
  });

  it("lifts to the initial levels without certified ones", () => {
    const problem = {
      total: coins(90),
      operators: [1n, 2n].map((weight) => ({ weight, cap: coins(50), groups: [] })),
      groups: [],
    };
    const snapshot = snapshotOf(problem, [0n, 0n], { live: { free: coins(90) } });

    expect(brief(planLegs(snapshot, null))).to.deep.equal(["+2 50", "+1 30"]);
  });

  it("sends a drained operator's stake out and gives it nothing", () => {
    const plan = goldenPlan({ operators: { 2: { draining: true } }, live: { free: coins(1000) } });

    expect(brief(plan)).to.include("-2 150");
    expect(brief(plan).some((leg) => leg.startsWith("+2 "))).to.equal(false);
  });

  it("passes over faulted operators", () => {
    const plan = goldenPlan({ operators: { 4: { faulted: true } } });

    expect(brief(plan)).to.deep.equal(["-1 110"]);
  });

  it("stays within the budgets, the largest surplus first", () => {
    const plan = goldenPlan({ legRules: { graceBps: 100_000n, budget2Bps: 1_800n } });

    expect(brief(plan)).to.deep.equal(["-4 160", "-1 20"]);
    expect(plan.moved.class2).to.equal(coins(180));
  });

  it("plans a second leg for who breaks its own cap and its group's cap", () => {
    const plan = goldenPlan({ legRules: { budget2Bps: 0n } });

    expect(brief(plan)).to.deep.equal(["-4 160", "-1 50", "-1 30"]);
  });

  it("is empty when everything stands on its target", () => {
    const problem = golden(1000);
    const { sheet, targets } = fairAllocation(problem);
    const plan = planLegs(snapshotOf(problem, targets, { live: { free: coins(50) } }), sheet);

    expect(plan).to.deep.equal({
      legs: [],
      chunks: [],
      moved: { class0: 0n, class1: 0n, class2: 0n, up: 0n },
      needLeft: 0n,
    });
  });

  it("cuts the legs into transactions", () => {
    const operators = Array.from({ length: 2 * MAX_LEGS + 1 }, () => ({ weight: 1n, cap: coins(2), groups: [] }));
    const problem: Problem = { total: coins(operators.length), operators, groups: [] };
    const snapshot = snapshotOf(problem, [], { live: { free: problem.total } });
    const { legs, chunks } = planLegs(snapshot, fairAllocation(problem).sheet);

    expect(chunks.map(({ length }) => length)).to.deep.equal([MAX_LEGS, MAX_LEGS, 1]);
    expect(chunks.flat()).to.deep.equal(legs.map(({ operator, amount, up }) => ({ operator, amount, up })));
  });

  describe("properties", () => {
    it("every leg moves its amount when the plan is carried out in order, and a second plan is empty", () => {
      fc.assert(
        fc.property(states(), ({ snapshot, sheet }) => {
          const plan = planLegs(snapshot, sheet);
          const book = openBook(snapshot, sheet);

          for (const leg of plan.legs) {
            expect(carryOut(book, leg)).to.deep.equal({ moved: leg.amount, charged: leg.charged, skipped: null });
          }
          expect(book.need).to.equal(plan.needLeft);
          expect(planLegs(after(snapshot, book), sheet).legs).to.deep.equal([]);
        }),
        runs(500),
      );
    });

    it("ends at the targets when nothing limits it", () => {
      fc.assert(
        fc.property(states(LOOSE), ({ snapshot, sheet }) => {
          fc.pre(snapshot.T > 0n && sheet !== null);
          const funded = { ...snapshot, need0: 0n, live: { ...snapshot.live, need: 0n, free: 10n ** 30n } };
          const book = openBook(funded, sheet);
          const surplus = sumOf(book.places.map(({ position, target }) => lessDown(position, target)));
          const plan = planLegs(funded, sheet);
          plan.legs.forEach((leg) => carryOut(book, leg));

          expect(distance(book)).to.equal(0n);
          expect(plan.moved.class0 + plan.moved.class2).to.equal(surplus);
        }),
        runs(200),
      );
    });

    it("leaves no need that is half a per cent of the positions or more, certified or not", () => {
      fc.assert(
        fc.property(states(LOOSE), ({ snapshot, sheet }) => {
          const { X, live } = snapshot;
          const need = live.need < X ? live.need : X;
          // Below that an operator's part of the need can be less than the smallest move, 2 % of its position.
          fc.pre(200n * need >= X);
          const wanting = { ...snapshot, need0: need, live: { ...live, need, free: 0n } };

          expect(planLegs(wanting, sheet).needLeft).to.equal(0n);
        }),
        runs(200),
      );
    });

    it("stays within its budgets and the free buffer", () => {
      fc.assert(
        fc.property(states(), ({ snapshot, sheet }) => {
          const { moved } = planLegs(snapshot, sheet);

          expect(moved.class0 <= shareDown(snapshot.T, snapshot.legRules.budget0Bps)).to.equal(true);
          expect(moved.class1 <= snapshot.live.need).to.equal(true);
          expect(moved.class2 <= shareDown(snapshot.T, snapshot.legRules.budget2Bps)).to.equal(true);
          expect(moved.up <= snapshot.live.free).to.equal(true);
        }),
        runs(200),
      );
    });

    it("does not depend on the order of the operators", () => {
      fc.assert(
        fc.property(states(), ({ snapshot, sheet }) => {
          const reversed = { ...snapshot, operators: snapshot.operators.toReversed() };

          expect(planLegs(reversed, sheet)).to.deep.equal(planLegs(snapshot, sheet));
        }),
        runs(200),
      );
    });
  });
});

/** What the lens would read after the book's legs. */
function after(snapshot: Snapshot, book: ReturnType<typeof openBook>): Snapshot {
  const { T, legRules, live } = snapshot;
  const groups = new Map(book.pots.map((pot) => [pot.id, pot.position]));
  return {
    ...snapshot,
    operators: book.places.map(({ record, position, unbonding, class1Taken }) => ({
      ...record,
      live: { ...record.live, position, unbonding, class1Taken },
    })),
    groups: snapshot.groups.map((group) => ({
      ...group,
      live: { ...group.live, position: groups.get(group.id) ?? 0n },
    })),
    live: {
      ...live,
      free: book.free,
      need: book.need,
      class0Moved: shareDown(T, legRules.budget0Bps) - book.budget0,
      class2Moved: shareDown(T, legRules.budget2Bps) - book.budget2,
    },
  };
}

/** Snapshots in the middle of life, certified or not. */
function states(legRules = STRICT): fc.Arbitrary<{ snapshot: Snapshot; sheet: Sheet | null }> {
  return problems(30).chain((problem) => {
    const count = problem.operators.length;
    return fc
      .record({
        positions: fc.array(fc.bigInt(0n, (problem.total * 3n) / BigInt(count) + 10n), {
          minLength: count,
          maxLength: count,
        }),
        free: fc.bigInt(0n, problem.total + 1n),
        need: fc.option(fc.bigInt(1n, problem.total + 1n), { nil: 0n }),
        certified: fc.boolean(),
      })
      .map(({ positions, free, need, certified }) => {
        const changes = { legRules, pool: { need0: need }, live: { free: need === 0n ? free : 0n, need } };
        const snapshot = snapshotOf(problem, positions, changes);
        return { snapshot, sheet: certified ? fairAllocation(problemOf(snapshot)).sheet : null };
      });
  });
}
