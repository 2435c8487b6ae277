import { expect } from "chai";

import * as allocation from "../../src/model/allocator.ts";
import { DAY, newBook } from "../../src/model/book.ts";
import * as legs from "../../src/model/legs.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import { setWatch } from "../../src/model/operators.ts";
import * as registry from "../../src/model/registry.ts";
import { scripted } from "./scripted.ts";

const TOTAL = 20_000_000_040_000n;
const FLOOR = 10_000_000_020n; // 5 bp of it
const GROWN = [15_000_000_030n, 22_500_000_045n, 33_750_000_067n, 50_625_000_100n] as const; // in clean rounds after it
const TENURE = 1n;
const VETERANS = 2n;
const ROUNDING = 1_000n; // what a loss may be and count as none

/** A pool of that total with an established operator and a newcomer whose ramp has begun; nothing is delegated. */
function newcomer(poolShareBps = 2_000n) {
  const book = newBook(
    { feeBps: 0n, bufferTargetBps: 0n, assetCap: undefined, treasury: "treasury", epochLength: DAY },
    1n,
  );
  metaPool.depositAndStake(book, 0n, "ann", TOTAL - 1n);
  const state = allocation.newAllocator(book, {
    parameters: {
      graceBps: 0n,
      bandBps: 0n,
      budget0Bps: 10_000n,
      budget2Bps: 10_000n,
      maxLossBps: 10_000n,
      maxGainBps: 100n,
      minMove: 0n,
    },
    policy: { poolShareBps, netShareBps: undefined, bondRatio: undefined },
    groups: [TENURE, VETERANS].map((id) => ({ id, dimension: 5 })),
    networkStake: () => 0n,
  });
  allocation.list(state, scripted(), { weight: 1n });
  allocation.settle(state, 0n, 10);
  state.tenureGroup = TENURE;
  const pool = scripted();
  registry.list(state, DAY, pool, { address: "newcomer", isVouchedFor: true, weight: 1n, groups: [VETERANS] });
  const operator = state.operators[1]!;
  const settle = (day: bigint): bigint => {
    allocation.settle(state, day * DAY, 10);
    return operator.ramp;
  };
  settle(1n);
  const lift = (day: bigint) => legs.rebalance(state, day * DAY, [{ operator: 2n, amount: TOTAL, up: true }])[0]!;
  return { state, operator, pool, settle, lift };
}

/** The same when it holds what it may, and a round has found it so: the next one is the first that can be clean. */
function holding(poolShareBps?: bigint) {
  const made = newcomer(poolShareBps);
  expect(made.lift(1n)).to.equal(FLOOR);
  expect(made.settle(2n)).to.equal(FLOOR);
  return made;
}

describe("model: ramps", () => {
  it("begin at 5 bp of T, of which all can be taken", () => {
    const { state, operator, lift } = newcomer();

    expect([operator.state, operator.ramp, allocation.capOf(state, operator)]).to.deep.equal(["Ramping", FLOOR, FLOOR]);
    expect(lift(1n)).to.equal(FLOOR);
    expect(lift(1n)).to.equal(0n);
  });

  it("grow by a half, rounded down, in a clean round before which there was stake, whatever there was of it", () => {
    const { state, operator, settle } = newcomer();
    expect(settle(2n), "without stake").to.equal(FLOOR);
    legs.rebalance(state, 2n * DAY, [{ operator: 2n, amount: 1_000_000_000n, up: true }]);
    expect(settle(3n), "which came after the last round").to.equal(FLOOR);

    expect([4n, 5n, 6n, 7n].map(settle)).to.deep.equal(GROWN);
    expect(operator.position).to.equal(1_000_000_000n);
  });

  for (const [what, spoil] of [
    ["on watch", ({ operator }) => setWatch(operator, "report", true)],
    ["not whitelisted", ({ operator }) => (operator.whitelisted = false)],
    ["after a loss beyond rounding", ({ pool }) => (pool.staked -= ROUNDING + 1n)],
  ] as const satisfies readonly (readonly [string, (made: ReturnType<typeof newcomer>) => unknown])[]) {
    it(`stand still ${what}`, () => {
      const made = holding();
      expect(made.settle(3n)).to.equal(GROWN[0]);
      spoil(made);

      expect(made.settle(4n)).to.equal(GROWN[0]);
    });
  }

  it("take a loss within rounding for none", () => {
    const { pool, settle } = holding();
    pool.staked -= ROUNDING;

    expect(settle(3n)).to.equal(GROWN[0]);
  });

  it("are halved by a faulted round, never below the floor, and send nothing home", () => {
    const { state, operator, pool, settle, lift } = holding();
    expect([3n, 4n].map(settle)).to.deep.equal(GROWN.slice(0, 2));
    lift(4n);
    expect(operator.position).to.equal(GROWN[1]);
    pool.fails = true;

    expect(settle(5n)).to.equal(11_250_000_022n);
    pool.fails = false;
    expect(settle(6n), "clean again").to.equal(16_875_000_033n);
    expect(allocation.capOf(state, operator), "the position").to.equal(GROWN[1]);
    expect(lift(6n)).to.equal(0n);
    pool.fails = true;
    // A half would be 8,437,500,016; then the floor is of a T without what is faulted.
    expect([7n, 8n].map(settle)).to.deep.equal([FLOOR, ((TOTAL - GROWN[1]) * 5n) / 10_000n]);
  });

  it("end at the pool's share: the operator is established, and has its own group back", () => {
    const { state, operator, pool, settle } = holding(10n); // 10 bp are two floors
    expect([settle(3n), operator.state, operator.groups]).to.deep.equal([GROWN[0], "Ramping", [TENURE]]);

    expect([settle(4n), operator.state, operator.groups]).to.deep.equal([0n, "Active", [VETERANS]]);
    expect(allocation.capOf(state, operator)).to.equal(2n * FLOOR);
    pool.fails = true;
    expect(settle(5n), "no fault brings it back").to.equal(0n);
  });

  it("begin anew while they are less than can be staked", () => {
    const { operator, settle } = newcomer();
    for (const [ramp, expected] of [
      [999_999_999n, FLOOR],
      [1_000_000_000n, 1_000_000_000n],
    ] as const) {
      operator.ramp = ramp;
      expect(settle(ramp === 1_000_000_000n ? 3n : 2n)).to.equal(expected);
    }
  });

  it("are gone when the operator drains", () => {
    const { operator, settle } = holding();
    operator.state = "Draining";

    expect(settle(3n)).to.equal(0n);
  });
});
