import { expect } from "chai";
import fc from "fast-check";

import { shareDown, sumOf } from "../../src/allocation/amounts.ts";
import type { Book } from "../../src/allocation/book.ts";
import { distance, openBook } from "../../src/allocation/book.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import { carryOut } from "../../src/allocation/legs.ts";
import type { Problem } from "../../src/allocation/problem.ts";
import { problemOf } from "../../src/allocation/caps.ts";
import type { Leg, Snapshot } from "../../src/allocation/types.ts";
import type { Changes } from "./snapshots.ts";
import { coins, golden, GOLDEN, GOLDEN_SHEET, problems } from "./instances.ts";
import { runs } from "./runs.ts";
import { excesses, LOOSE, snapshotOf, STRICT } from "./snapshots.ts";

const POSITIONS = [350, 150, 200, 200, 60, 40].map(coins);

function down(operator: number, amount: bigint): Leg {
  return { operator, amount, up: false };
}

function up(operator: number, amount: bigint): Leg {
  return { operator, amount, up: true };
}

function goldenBook(changes: Changes = {}): Book {
  return openBook(snapshotOf(golden(1000), POSITIONS, changes), GOLDEN_SHEET);
}

function positionsOf(book: Book): bigint[] {
  return book.places.map(({ position }) => position);
}

describe("carryOut", () => {
  describe("G4", () => {
    it("starts 540 from the targets, 210 above own caps and 120 above group caps", () => {
      const snapshot = snapshotOf(golden(1000), POSITIONS);

      expect(distance(goldenBook())).to.equal(coins(540));
      expect(excesses(snapshot, POSITIONS)).to.deep.equal({ own: coins(210), groups: coins(120) });
    });

    it("charges class 0 what exceeds an own cap, and class 2 the rest down to the target", () => {
      expect(carryOut(goldenBook(), down(4, coins(999)))).to.deep.equal({
        moved: coins(160),
        charged: [coins(160), 0n, 0n],
        skipped: null,
      });
      expect(carryOut(goldenBook(), down(1, coins(999)))).to.deep.equal({
        moved: coins(110),
        charged: [coins(50), 0n, coins(60)],
        skipped: null,
      });
    });

    it("leaves a member of a full group alone that is below its target", () => {
      expect(carryOut(goldenBook(), down(2, coins(10))).skipped).to.equal("noRoom");
    });

    it("cures the group with a second leg of class 0 when there is no budget for class 2", () => {
      const book = goldenBook({ legRules: { budget2Bps: 0n } });

      expect(carryOut(book, down(1, coins(999))).charged).to.deep.equal([coins(50), 0n, 0n]);
      expect(carryOut(book, down(1, coins(999))).charged).to.deep.equal([coins(30), 0n, 0n]);
      expect(carryOut(book, down(1, coins(999))).skipped).to.equal("noRoom");
    });

    it("reaches the targets with 270 down and 270 up, in any order of legs", () => {
      fc.assert(
        fc.property(legOrders(6), (legs) => {
          const book = goldenBook({ live: { free: coins(270) } });
          const total = exhaust(book, legs);

          expect(positionsOf(book)).to.deep.equal([240, 180, 220, 40, 110, 210].map(coins));
          expect(total).to.deep.equal({ down: coins(270), up: coins(270) });
        }),
        runs(200),
      );
    });
  });

  describe("skips", () => {
    it("who is not known, and the faulted", () => {
      const book = goldenBook({ operators: { 4: { faulted: true } } });

      expect(carryOut(book, down(77, 1n)).skipped).to.equal("unknownOperator");
      expect(carryOut(book, down(4, 1n)).skipped).to.equal("faulted");
      expect(carryOut(book, up(4, 1n)).skipped).to.equal("faulted");
    });

    it("a leg below the smallest move", () => {
      const book = goldenBook({ legRules: { minMove: coins(1) }, live: { free: coins(300) }, operators: VACATED });

      expect(carryOut(book, down(4, coins(1) - 1n)).skipped).to.equal("belowMinMove");
      expect(carryOut(book, up(6, coins(1) - 1n)).skipped).to.equal("belowMinMove");
      expect(carryOut(book, up(6, coins(1))).moved).to.equal(coins(1));
    });

    it("a leg below a share of the total and of the target, or of the position", () => {
      const book = goldenBook({ live: { T: coins(10_000), free: coins(300) }, operators: VACATED });

      // 1 bp of the total is 1; 2 % of the target of operator 6 is 4.2, of the position of operator 4 is 4.
      expect(carryOut(book, up(6, coins(1) - 1n)).skipped).to.equal("belowMinMove");
      expect(carryOut(book, up(6, coins(1))).moved).to.equal(coins(1));
      expect(carryOut(book, down(4, coins(1) - 1n)).skipped).to.equal("belowMinMove");
      expect(carryOut(book, down(4, coins(1))).moved).to.equal(coins(1));
    });

    it("no small leg that lands on the target, on zero, or completes the need", () => {
      const legRules = { minMove: coins(500) };

      expect(carryOut(goldenBook({ legRules }), down(1, coins(110))).moved).to.equal(coins(110));
      expect(
        carryOut(goldenBook({ legRules, live: { free: coins(170) }, operators: VACATED }), up(6, coins(170))).moved,
      ).to.equal(coins(170));
      expect(
        carryOut(goldenBook({ legRules, operators: { 6: { draining: true } } }), down(6, coins(40))).moved,
      ).to.equal(coins(40));

      const need = { pool: { need0: coins(200) }, live: { need: coins(7) } };
      expect(carryOut(goldenBook({ legRules, ...need }), down(5, coins(9))).moved).to.equal(coins(7));
      expect(carryOut(goldenBook({ legRules, ...need }), down(5, coins(6))).skipped).to.equal("belowMinMove");
    });
  });

  describe("charges", () => {
    it("class 1 before class 2, and lowers the need by all that moved", () => {
      const book = goldenBook({ pool: { need0: coins(70) }, live: { need: coins(70) } });

      // What leaves as a violation pays 50 of the need of 70, so exits take 20 and optimisation the rest of the surplus.
      expect(carryOut(book, down(1, coins(110))).charged).to.deep.equal([coins(50), coins(20), coins(40)]);
      expect(book.need).to.equal(0n);
    });

    it("class 1 no more than an operator's part of the need, in however many legs", () => {
      const snapshot = snapshotOf(golden(1000), POSITIONS, {
        legRules: { graceBps: 100_000n },
        pool: { need0: coins(100) },
        live: { need: coins(500) },
      });
      const book = openBook(snapshot, null);

      expect(carryOut(book, down(2, coins(50))).charged).to.deep.equal([0n, coins(50), 0n]);
      expect(carryOut(book, down(2, coins(50))).charged).to.deep.equal([0n, coins(10), 0n]);
      expect(carryOut(book, down(2, coins(50))).skipped).to.equal("noRoom");
    });

    it("nothing to class 2 once class 1 has brought the position into the band", () => {
      const book = goldenBook({
        legRules: { bandBps: 3_000n, graceBps: 10_000n },
        pool: { need0: coins(70) },
        live: { need: coins(70) },
      });

      expect(carryOut(book, down(1, coins(110))).charged).to.deep.equal([0n, coins(70), 0n]);
    });

    it("its budgets", () => {
      const book = goldenBook({ legRules: { budget0Bps: 1_000n, budget2Bps: 500n, graceBps: 100_000n } });

      expect(carryOut(book, down(4, coins(999))).charged).to.deep.equal([0n, 0n, coins(50)]);
      expect(carryOut(book, down(1, coins(999))).skipped).to.equal("noRoom");
    });
  });

  describe("G11 properties", () => {
    it("no cap excess rises, distance falls by what moves, stake is conserved, budgets hold", () => {
      fc.assert(
        fc.property(states(), legOrders(30), ({ snapshot, sheet }, legs) => {
          const book = openBook(snapshot, sheet);
          const caps = problemOf(snapshot).operators.map(({ cap }) => cap);
          const spent = { class0: 0n, class2: 0n };
          for (const leg of legs) {
            const before = { positions: positionsOf(book), distance: distance(book), free: book.free, need: book.need };
            const { moved, charged } = carryOut(book, leg);
            const after = positionsOf(book);
            const index = leg.operator - 1;
            const live = snapshot.operators[index]?.live;

            const worse = after.some(
              (position, other) => position > (before.positions[other] ?? 0n) && other !== index,
            );
            expect(worse, "another operator rose").to.equal(false);
            const [was, is] = [excesses(snapshot, before.positions), excesses(snapshot, after)];
            expect(is.own <= was.own && is.groups <= was.groups, "an excess rose").to.equal(true);
            expect(moved <= leg.amount).to.equal(true);
            if (leg.up) {
              expect(before.free - book.free).to.equal(moved);
              expect(moved === 0n || (after[index] ?? 0n) <= (caps[index] ?? 0n), "above its cap").to.equal(true);
            } else {
              expect(charged[0] + charged[1] + charged[2]).to.equal(moved);
              expect(sumOf(before.positions) - sumOf(after)).to.equal(moved);
              expect(charged[1] <= before.need).to.equal(true);
            }
            const towards = leg.up || (charged[1] === 0n && live?.draining === false);
            if (towards) expect(before.distance - distance(book), "distance").to.equal(moved);
            spent.class0 += charged[0];
            spent.class2 += charged[2];
          }
          expect(spent.class0 <= shareDown(snapshot.T, snapshot.legRules.budget0Bps)).to.equal(true);
          expect(spent.class2 <= shareDown(snapshot.T, snapshot.legRules.budget2Bps)).to.equal(true);
        }),
        runs(400),
      );
    });

    it("any order of legs ends in the same place when it is carried out in full", () => {
      fc.assert(
        fc.property(states(LOOSE), legOrders(12), legOrders(12), ({ snapshot, sheet }, someLegs, otherLegs) => {
          fc.pre(snapshot.T > 0n); // A budget is a share of it.
          const funded = { ...snapshot, live: { ...snapshot.live, free: 10n ** 30n, need: 0n } };
          const [some, other] = [openBook(funded, sheet), openBook(funded, sheet)];
          exhaust(some, someLegs);
          exhaust(other, otherLegs);

          expect(positionsOf(some)).to.deep.equal(positionsOf(other));
          some.places.forEach(({ position, target, record }) => {
            if (record.live.faulted) expect(position).to.equal(record.live.position);
            else if (record.live.draining) expect(position).to.equal(0n);
            else expect(position).to.equal(target);
          });
        }),
        runs(200),
      );
    });

    it("a leg that is sent again after the plan is through does nothing", () => {
      fc.assert(
        fc.property(states(LOOSE), legOrders(12), ({ snapshot, sheet }, legs) => {
          const book = openBook({ ...snapshot, live: { ...snapshot.live, free: 10n ** 30n, need: 0n } }, sheet);
          exhaust(book, legs);

          expect(legs.map((leg) => carryOut(book, leg).moved)).to.deep.equal(legs.map(() => 0n));
        }),
        runs(100),
      );
    });

    it("class 1 alone frees what exits need, whatever the order of the legs and without certified levels", () => {
      fc.assert(
        fc.property(states(LOOSE), fc.bigInt(1n, 10n ** 24n), legOrders(12), ({ snapshot }, wanted, legs) => {
          const healthy = snapshot.operators.filter(({ live }) => !live.faulted);
          const X = sumOf(healthy.map(({ position }) => position));
          const need = wanted < X ? wanted : X;
          // Below half a per cent an operator's part can be less than the smallest move, 2 % of its position.
          fc.pre(200n * need >= X);
          const book = openBook(
            { ...snapshot, X, need0: need, live: { ...snapshot.live, need, T: snapshot.T, free: 0n } },
            null,
          );
          exhaust(
            book,
            legs.filter((leg) => !leg.up),
          );
          healthy.forEach(({ id, live }) => carryOut(book, down(id, live.position)));

          expect(book.need).to.equal(0n);
        }),
        runs(200),
      );
    });
  });

  it("never lets an up leg into a group above its live cap", () => {
    const book = goldenBook({
      live: { free: coins(1000) },
      operators: VACATED,
      groups: { [GOLDEN.h2]: { absolute: coins(395) } },
    });

    expect(carryOut(book, up(6, coins(50))).moved).to.equal(coins(5));
  });

  it("never lifts the pool above its T, of then or of now", () => {
    const book = (T: bigint) => goldenBook({ live: { free: coins(1000), T } });

    expect(carryOut(book(coins(2_000)), up(6, coins(50))).skipped).to.equal("noRoom");
    const vacated = book(coins(990));
    carryOut(vacated, down(1, coins(60)));
    expect(carryOut(vacated, up(6, coins(170))).moved).to.equal(coins(50));
  });
});

/** The first operator's stake has left, so that the pool has room. */
const VACATED = { 1: { position: 0n } };

/** Legs over everybody in a random order, up and down. */
function legOrders(operators: number): fc.Arbitrary<Leg[]> {
  const all = Array.from({ length: 2 * operators }, (_, index) => ({
    operator: 1 + (index % operators),
    up: index >= operators,
  }));
  return fc
    .tuple(
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.array(fc.bigInt(1n, 10n ** 24n), { minLength: all.length, maxLength: all.length }),
    )
    .map(([legs, amounts]) => legs.map((leg, index) => ({ ...leg, amount: amounts[index] ?? 1n })));
}

/** Sends the legs, with any amount the room has, until nothing moves. */
function exhaust(book: Book, legs: readonly Leg[]): { down: bigint; up: bigint } {
  const total = { down: 0n, up: 0n };
  for (let moved = true; moved;) {
    moved = false;
    for (const leg of legs) {
      const outcome = carryOut(book, { ...leg, amount: 10n ** 30n });
      total[leg.up ? "up" : "down"] += outcome.moved;
      moved ||= outcome.moved > 0n;
    }
  }
  return total;
}

/** A certified snapshot in the middle of life: positions anywhere, some operators draining or faulted. */
function states(
  legRules = STRICT,
): fc.Arbitrary<{ snapshot: Snapshot; sheet: ReturnType<typeof fairAllocation>["sheet"] }> {
  return problems(12).chain((problem: Problem) => {
    const count = problem.operators.length;
    const each = { minLength: count, maxLength: count };
    return fc
      .record({
        positions: fc.array(fc.bigInt(0n, (problem.total * 3n) / BigInt(count) + 10n), each),
        draining: fc.array(fc.nat(9), each),
        faulted: fc.array(fc.nat(9), each),
        free: fc.bigInt(0n, problem.total + 1n),
        need: fc.option(fc.bigInt(0n, problem.total + 1n), { nil: 0n }),
      })
      .map(({ positions, draining, faulted, free, need }) => {
        const barred = {
          ...problem,
          operators: problem.operators.map((operator, index) => ({
            ...operator,
            cap: draining[index] === 0 || faulted[index] === 0 ? 0n : operator.cap,
          })),
        };
        const operators = Object.fromEntries(
          positions.map((position, index) => [
            index + 1,
            { position, draining: draining[index] === 0, faulted: faulted[index] === 0 },
          ]),
        );
        // A group's sum holds its healthy members, as its cap is net of the others.
        const groups = Object.fromEntries(
          problem.groups.map(({ id }) => [
            id,
            {
              position: sumOf(
                positions.filter((_, index) => barred.operators[index]?.groups.includes(id) && faulted[index] !== 0),
              ),
            },
          ]),
        );
        const snapshot = snapshotOf(barred, positions, {
          legRules,
          operators,
          groups,
          pool: { need0: need },
          live: { free: need === 0n ? free : 0n, need },
        });
        return { snapshot, sheet: fairAllocation(problemOf(snapshot)).sheet };
      });
  });
}
