import { expect } from "chai";
import fc from "fast-check";

import * as allocation from "../../src/model/allocator.ts";
import { sum } from "../../src/model/arithmetic.ts";
import { bufferOf, DAY, lockedAt, newBook } from "../../src/model/book.ts";
import { Revert } from "../../src/model/errors.ts";
import { brokenInState, brokenInStep } from "../../src/model/invariants.ts";
import * as legs from "../../src/model/legs.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import { newNetwork, reward, slash, stakeAt, unbondingOf as networkUnbonding } from "../../src/model/network.ts";
import { honestPool } from "../../src/model/operators.ts";
import { snapshotWithOperators } from "../../src/model/snapshot.ts";
import { newStakingPool, type StakingPool } from "../../src/model/stakingPool.ts";
import { IS_DEEP } from "../helpers/deep.ts";
import { scripted } from "./scripted.ts";

const ETHER = 10n ** 18n;
const RUNS = IS_DEEP ? 1000 : 150;
const PARAMETERS: allocation.Parameters = {
  graceBps: 500n,
  bandBps: 0n,
  budget0Bps: 10_000n,
  budget2Bps: 10_000n,
  maxLossBps: 3000n,
  maxGainBps: 100n,
  minMove: 0n,
};

interface World {
  weights: bigint[];
  caps?: bigint[];
  groupsOf?: bigint[][];
  groups?: allocation.Group[];
  poolShareBps?: bigint;
  parameters?: Partial<allocation.Parameters>;
}

/** A pool of `total` with scripted operators, after its first round. */
function world(total: bigint, { weights, caps, groupsOf, groups, poolShareBps = 10_000n, parameters }: World) {
  const book = newBook(
    { feeBps: 0n, bufferTargetBps: 0n, assetCap: undefined, treasury: "treasury", epochLength: DAY },
    1n,
  );
  metaPool.depositAndStake(book, 0n, "ann", total - 1n);
  const state = allocation.newAllocator(book, {
    parameters: { ...PARAMETERS, ...parameters },
    policy: { poolShareBps, netShareBps: undefined, bondRatio: undefined },
    groups: groups ?? [],
    networkStake: () => 0n,
  });
  const pools = weights.map((weight, index) => {
    const pool = scripted();
    const absoluteCap = caps?.[index];
    allocation.list(state, pool, {
      weight,
      groups: groupsOf?.[index] ?? [],
      ...(absoluteCap === undefined ? {} : { absoluteCap }),
    });
    return pool;
  });
  allocation.settle(state, 0n, 1000);
  return { state, book, pools };
}

/** Vector G1 of the study on allocation, scaled by 1e18. */
function golden(total = 1000n) {
  return world(total * ETHER, {
    weights: [4n, 3n, 2n, 1n, 1n, 1n],
    caps: [300n, 300n, 300n, 40n, 300n, 300n].map((cap) => cap * ETHER),
    groupsOf: [
      [1n, 3n],
      [1n, 4n],
      [2n, 3n],
      [2n, 4n],
      [2n, 3n],
      [2n, 4n],
    ],
    groups: [420n, 1000n, 570n, 1000n].map((cap, index) => ({ id: BigInt(index + 1), absoluteCap: cap * ETHER })),
  });
}

const level = (group: bigint, amount: bigint): legs.Level => ({ group, level: amount * ETHER * ETHER });
const targets = (state: allocation.Allocator) =>
  state.operators.map((operator) => legs.targetOf(state, operator) / ETHER);
const up = (operator: bigint, amount: bigint): legs.Leg => ({ operator, amount, up: true });
const down = (operator: bigint, amount: bigint): legs.Leg => ({ operator, amount, up: false });

/** I-35: a leg brings positions nearer to the targets by exactly what it moves. */
function moveAndMeasure(state: allocation.Allocator, now: bigint, leg: legs.Leg): bigint {
  const distance = () =>
    sum(
      state.operators.map((operator) => {
        const target = legs.targetOf(state, operator);
        return operator.position > target ? operator.position - target : target - operator.position;
      }),
    );
  const before = distance();
  const [moved] = legs.rebalance(state, now, [leg]);
  expect(distance()).to.equal(before - moved!);
  return moved!;
}

const KINDS = [
  "stake",
  "unstake",
  "withdraw",
  "reward",
  "slash",
  "day",
  "day",
  "page",
  "settleOne",
  "legs",
  "legs",
  "certify",
  "drain",
] as const;

describe("model: the allocator", () => {
  describe("levels", () => {
    it("start at the cap over the weight", () => {
      const { state } = golden();
      // pool ⌊1000/12⌋ = 83.3, g1 420/7 = 60, h1 570/7 = 81.4: op0 240, op1 180, op2 ⌊2 · 81.4⌋ = 162.8, op3 40, op4 81.4, op5 83.3
      expect(targets(state)).to.deep.equal([240n, 180n, 162n, 40n, 81n, 83n]);
    });

    it("of the fair allocation are accepted (G1)", () => {
      const { state } = golden();
      expect(legs.certifyLevels(state, [level(0n, 210n), level(1n, 60n), level(3n, 110n)])).to.be.true;
      expect(targets(state)).to.deep.equal([240n, 180n, 220n, 40n, 110n, 210n]);
    });

    it("leave the pool's level out when nothing but caps binds (G2)", () => {
      const { state } = golden(1100n);
      expect(legs.certifyLevels(state, [level(1n, 60n), level(3n, 110n)])).to.be.true;
      expect(targets(state)).to.deep.equal([240n, 180n, 220n, 40n, 110n, 300n]);
    });

    const rejected: [string, legs.Level[]][] = [
      ["leaves the pool a coin short", [level(0n, 209n), level(1n, 60n), level(3n, 110n)]],
      ["gives more than there is", [level(0n, 220n), level(1n, 60n), level(3n, 110n)]],
      ["lifts a group above its cap", [level(0n, 210n), level(1n, 60n), level(3n, 120n)]],
      ["leaves a group short", [level(0n, 210n), level(1n, 50n), level(3n, 110n)]],
      ["leaves a group unbounded that is full", [level(0n, 210n), level(3n, 110n)]],
      ["leaves the pool unbounded that is full", [level(1n, 60n), level(3n, 110n)]],
    ];
    for (const [what, sheet] of rejected) {
      it(`reject a sheet that ${what} (G5)`, () => {
        expect(legs.certifyLevels(golden().state, sheet)).to.be.false;
      });
    }

    it("refuse sheets out of order or for groups without a cap", () => {
      const { state } = golden();
      expect(() => legs.certifyLevels(state, [level(1n, 60n), level(0n, 210n)])).to.throw(
        Revert,
        "SheetNotAscending(0)",
      );
      expect(() => legs.certifyLevels(state, [level(9n, 60n)])).to.throw(Revert, "GroupWithoutLevel(9)");
    });

    it("give the only operator its cap and leave the rest idle (G7)", () => {
      const { state, book } = world(1000n, { weights: [1n], poolShareBps: 100n });
      expect(legs.rebalance(state, 0n, [up(1n, 1000n)])).to.deep.equal([10n]);
      expect(bufferOf(book)).to.equal(990n);
    });
  });

  describe("readings", () => {
    /** One operator with 1000 of 2000, and an epoch later. */
    function one(amount = 1000n) {
      const made = world(2n * amount, { weights: [1n], caps: [amount] });
      legs.rebalance(made.state, 0n, [up(1n, amount)]);
      return { ...made, operator: made.state.operators[0]!, pool: made.pools[0]! };
    }

    it("book gains up to one percent per epoch", () => {
      const { state, operator, pool, book } = one();
      pool.staked = 1050n;
      allocation.settle(state, DAY, 10);
      expect([operator.position, book.equity]).to.deep.equal([1010n, 2010n]);
      allocation.settle(state, 3n * DAY, 10); // two epochs: ⌊1010 · 2 %⌋ = 20
      expect(operator.position).to.equal(1030n);
    });

    it("book cash beyond what was unbonding, and the rest of the unbonding as position", () => {
      const { state, operator, pool, book } = one();
      legs.moveDown(state, 0n, operator, 0n);
      operator.position = 600n;
      operator.unbonding = 400n;
      Object.assign(pool, { staked: 700n, unstaked: 0n, cash: 300n });
      allocation.settle(state, DAY, 10);
      // c = 300, U₁ = 100, b = 700 = r: U' = min(0, 100), P' = 700
      expect([operator.position, operator.unbonding, book.delegated]).to.deep.equal([700n, 0n, 700n]);
      pool.cash = 50n;
      allocation.settle(state, 2n * DAY, 10);
      expect([operator.position, book.equity, bufferOf(book)]).to.deep.equal([700n, 2050n, 1350n]);
    });

    it("book a loss whole, and watch who lost more than thirty percent", () => {
      const { state, operator, pool, book } = one(10_000n);
      allocation.settle(state, DAY, 10); // p_i = 10,000
      pool.staked = 7000n;
      allocation.settle(state, 2n * DAY, 10);
      expect([operator.position, book.equity, operator.watch]).to.deep.equal([7000n, 17_000n, false]);
      pool.staked = 6000n; // a thousand wei are rounding
      allocation.settle(state, 3n * DAY, 10);
      expect(operator.watch).to.be.false;
      pool.staked = 4999n; // losses add up
      allocation.settle(state, 4n * DAY, 10);
      expect([operator.watch, operator.lostBps]).to.deep.equal([true, 0n]);
    });

    it("by settleOne book a loss above 1,000 wei only", () => {
      const { state, book, pools } = world(10_000n, { weights: [1n] });
      legs.rebalance(state, 0n, [up(1n, 5000n)]);
      pools[0]!.staked = 4000n;
      expect(allocation.settleOne(state, 0n, 1n)).to.equal(0n);
      pools[0]!.staked = 3999n;
      expect(allocation.settleOne(state, 0n, 1n)).to.equal(1001n);
      expect(book.equity).to.equal(8999n);
      pools[0]!.fails = true;
      expect(allocation.settleOne(state, 0n, 1n)).to.equal(0n);
      expect(state.operators[0]!.faulted).to.be.false;
    });

    it("weigh the time that gains took by their amounts", () => {
      const { state, pool, book } = one();
      pool.staked = 1030n;
      allocation.settle(state, 3n * DAY, 10); // three epochs since the first round
      expect(book.releaseEnd).to.equal(6n * DAY);
    });

    it("happen once per epoch and in pages", () => {
      const { state } = world(1000n, { weights: [1n, 1n, 1n] });
      expect(allocation.settle(state, 0n, 10)).to.deep.equal({ read: 0, completed: true });
      expect(allocation.settle(state, DAY, 2)).to.deep.equal({ read: 2, completed: false });
      expect(legs.rebalance(state, DAY, [up(1n, 10n)])).to.deep.equal([0n]);
      expect(allocation.settle(state, DAY, 2)).to.deep.equal({ read: 1, completed: true });
    });

    it("that fail in three rounds write the operator down; its answer ends the entry", () => {
      const { state, operator, pool, book } = one();
      pool.fails = true;
      for (const epoch of [1n, 2n]) allocation.settle(state, epoch * DAY, 10);
      expect([operator.faults, operator.faulted, operator.position, allocation.capOf(state, operator)]).to.deep.equal([
        2,
        true,
        1000n,
        0n,
      ]);
      allocation.settle(state, 3n * DAY, 10);
      expect([operator.position, book.equity, book.premium]).to.deep.equal([0n, 1000n, 1000n]);
      allocation.settle(state, 4n * DAY, 10);
      expect(book.equity).to.equal(1000n);
      pool.fails = false;
      allocation.settle(state, 5n * DAY, 10);
      expect([operator.position, book.equity, book.premium, operator.faulted]).to.deep.equal([1000n, 2000n, 0n, false]);
    });

    it("of a pool that is written down because it owes count its cash only, until that is paid", () => {
      const { state, operator, pool, book } = one(10n ** 6n);
      operator.state = "Draining";
      legs.moveDown(state, 0n, operator, 400_000n);
      operator.state = "Active";
      allocation.settle(state, DAY, 10); // due on the fifth day
      for (const day of [8n, 9n, 10n]) allocation.settle(state, day * DAY, 10);
      expect([operator.writtenDown, operator.position, operator.lost, book.equity]).to.deep.equal([
        true,
        0n,
        1_000_000n,
        1_000_000n,
      ]);
      Object.assign(pool, { cash: 100_000n, unstaked: 300_000n });
      allocation.settle(state, 11n * DAY, 10); // 300 000 of 400 000 are still due
      expect([operator.writtenDown, operator.lost, book.premium, bufferOf(book)]).to.deep.equal([
        true,
        900_000n,
        900_000n,
        1_100_000n,
      ]);
      Object.assign(pool, { cash: 300_000n, unstaked: 0n, staked: 900_000n });
      allocation.settle(state, 12n * DAY, 10);
      // 300 000 and 600 000 of the 900 000 that it shows: 900 000 were still missing, not more, and belong to the shares at once
      expect([operator.writtenDown, operator.position, book.premium, bufferOf(book)]).to.deep.equal([
        false,
        600_000n,
        0n,
        1_400_000n,
      ]);
      expect([book.equity, lockedAt(book, 12n * DAY)]).to.deep.equal([2_000_000n, 0n]);
    });

    it("of a written-down pool that shows more than was lost book no more than that", () => {
      const { state, operator, pool, book } = one();
      pool.fails = true;
      for (const day of [1n, 2n, 3n]) allocation.settle(state, day * DAY, 10);
      Object.assign(pool, { fails: false, staked: 5000n });
      allocation.settle(state, 4n * DAY, 10);
      expect([operator.position, book.equity]).to.deep.equal([1000n, 2000n]);
      allocation.settle(state, 5n * DAY, 10);
      expect(operator.position).to.equal(1010n); // a percent per epoch again
    });

    it("of an unbonding that is two epochs overdue are a fault", () => {
      const { state, operator } = one();
      operator.state = "Draining";
      legs.moveDown(state, 0n, operator, 100n);
      operator.state = "Active";
      operator.pool.collect = () => ({ arrived: 0n, staked: 900n, unstaked: 100n, total: 900n, bond: 0n });
      // due four days after the reading on the first; late two days after that
      for (const day of [1n, 2n, 7n]) {
        allocation.settle(state, day * DAY, 10);
        expect(operator.faulted).to.be.false;
      }
      allocation.settle(state, 8n * DAY, 10);
      expect(operator.faulted).to.be.true;
    });

    it("of which half was paid are given the same time for the rest", () => {
      for (const [paid, isLate] of [
        [50n, false],
        [49n, true],
      ] as const) {
        const { state, operator } = one();
        operator.state = "Draining";
        legs.moveDown(state, 0n, operator, 100n);
        operator.state = "Active";
        operator.pool.collect = (now) =>
          now === 7n * DAY
            ? { arrived: paid, staked: 900n, unstaked: 100n - paid, total: 900n, bond: 0n }
            : { arrived: 0n, staked: 900n, unstaked: operator.unbonding, total: 900n, bond: 0n };
        for (const day of [1n, 7n, 8n]) allocation.settle(state, day * DAY, 10);
        expect(operator.faulted).to.equal(isLate);
      }
    });
  });

  describe("legs", () => {
    it("lead to the targets in any order, and move exactly the surplus (G4)", () => {
      for (const order of [
        [0, 1, 2, 3, 4, 5],
        [5, 4, 3, 2, 1, 0],
        [2, 0, 4, 1, 5, 3],
      ]) {
        const { state, book, pools } = golden();
        const start = [350n, 150n, 200n, 200n, 60n, 40n].map((amount) => amount * ETHER);
        state.operators.forEach((operator, index) => {
          operator.position = start[index]!;
          pools[index]!.staked = start[index]!;
        });
        book.delegated = book.balance;
        book.balance = 0n;
        legs.certifyLevels(state, [level(0n, 210n), level(1n, 60n), level(3n, 110n)]);
        const ids = order.map((index) => BigInt(index + 1));
        const moved = ids.map((id) => moveAndMeasure(state, 0n, down(id, 10_000n * ETHER)));
        expect(sum(moved)).to.equal(270n * ETHER);
        for (const pool of pools) {
          pool.cash = pool.unstaked;
          pool.unstaked = 0n;
        }
        allocation.settle(state, DAY, 10);
        legs.certifyLevels(state, [level(0n, 210n), level(1n, 60n), level(3n, 110n)]);
        for (const id of ids) moveAndMeasure(state, DAY, up(id, 10_000n * ETHER));
        for (const id of ids) expect(moveAndMeasure(state, DAY, up(id, 10_000n * ETHER))).to.equal(0n);
        expect(state.operators.map((operator) => operator.position / ETHER)).to.deep.equal([
          240n,
          180n,
          220n,
          40n,
          110n,
          210n,
        ]);
      }
    });

    it("are charged to violations, exits and optimisation, in this order", () => {
      const { state, pools } = world(1000n, {
        weights: [1n, 1n],
        caps: [1000n, 1000n],
        parameters: { budget2Bps: 200n },
      });
      legs.rebalance(state, 0n, [up(1n, 500n), up(2n, 500n)]);
      allocation.settle(state, DAY, 10);
      metaPool.unstake(state.book, DAY, "ann", 100n);
      allocation.settle(state, 2n * DAY, 10); // T = 900, need₀ = 100
      legs.certifyLevels(state, [{ group: 0n, level: 450n * ETHER }]);
      state.operators[0]!.absoluteCap = 440n; // grace 22
      // class 0: 500 − 440 = 60; class 1: max(440 − 450, ⌈4 · 100 · 500 / 1000⌉) = 200, of which 40 are needed beside those 60
      expect(legs.moveDown(state, 2n * DAY, state.operators[0]!, 500n).charged).to.deep.equal({
        0: 60n,
        1: 40n,
        2: 0n,
      });
      // 18 = 2 % of 900 for class 2
      expect(legs.moveDown(state, 2n * DAY, state.operators[1]!, 500n).charged).to.deep.equal({ 0: 0n, 1: 0n, 2: 18n });
      expect(pools[1]!.unstaked).to.equal(18n);
    });

    it("for exits take at most four times its part from any operator before a certificate", () => {
      const { state } = world(1000n, { weights: [1n, 3n] });
      legs.rebalance(state, 0n, [up(1n, 250n), up(2n, 750n)]);
      metaPool.unstake(state.book, 0n, "ann", 100n);
      allocation.settle(state, DAY, 10);
      expect(legs.moveDown(state, DAY, state.operators[0]!, 1000n).moved).to.equal(100n); // ⌈4 · 100 · 250 / 1000⌉
      expect(legs.moveDown(state, DAY, state.operators[1]!, 1000n).moved).to.equal(0n); // nothing is needed any more
    });

    it("of many small parts fund a need below the smallest move", () => {
      const { state } = world(1000n * ETHER, { weights: [1n, 1n, 1n, 1n], parameters: { minMove: 20n * ETHER } });
      legs.rebalance(
        state,
        0n,
        [1n, 2n, 3n, 4n].map((id) => up(id, 250n * ETHER)),
      );
      metaPool.unstake(state.book, 0n, "ann", 40n * ETHER);
      allocation.settle(state, DAY, 10);
      state.operators[0]!.snapshot.position = 50n * ETHER; // p_i of a small one: ⌈4 · 40 · 50 / 1000⌉ = 8
      expect(legs.moveDown(state, DAY, state.operators[0]!, 7n * ETHER).moved).to.equal(0n); // below 20
      expect(legs.moveDown(state, DAY, state.operators[0]!, 8n * ETHER).moved).to.equal(8n * ETHER); // all that exits may take here
    });

    it("up book unbonding stake that a pool no longer shows, not the position", () => {
      const { state, book } = world(1000n, { weights: [1n] });
      legs.rebalance(state, 0n, [up(1n, 500n)]);
      const operator = state.operators[0]!;
      operator.state = "Draining";
      legs.moveDown(state, 0n, operator, 200n);
      operator.state = "Active";
      operator.pool.push = () => ({ staked: 350n, unstaked: 190n });
      legs.rebalance(state, 0n, [up(1n, 50n)]);
      // b = 300 + 200 + 50, left = 540: U' = 200, P' = 340, 10 lost
      expect([operator.position, operator.unbonding, book.equity]).to.deep.equal([340n, 200n, 990n]);
    });

    it("take all of a draining operator", () => {
      const { state } = world(1000n, { weights: [1n] });
      legs.rebalance(state, 0n, [up(1n, 1000n)]);
      state.operators[0]!.state = "Draining";
      expect(legs.moveDown(state, 0n, state.operators[0]!, 2000n)).to.deep.equal({
        moved: 1000n,
        charged: { 0: 1000n, 1: 0n, 2: 0n },
      });
      expect(legs.rebalance(state, 0n, [up(1n, 10n)])).to.deep.equal([0n]);
    });

    it("follow what the pool says, not what was asked", () => {
      const { state, book } = world(1000n, { weights: [1n] });
      const operator = state.operators[0]!;
      operator.pool.push = () => ({ staked: 90n, unstaked: 0n }); // took 100
      legs.rebalance(state, 0n, [up(1n, 100n)]);
      expect([operator.position, book.equity, book.delegated]).to.deep.equal([90n, 990n, 90n]);
      operator.pool.pull = () => ({ staked: 70n, unstaked: 15n }); // of 90, asked for 20
      operator.state = "Draining";
      expect(legs.moveDown(state, 0n, operator, 20n).moved).to.equal(15n);
      // b = 90, r = 85: loss 5, U' = 15, P' = 70
      expect([operator.position, operator.unbonding, book.equity]).to.deep.equal([70n, 15n, 985n]);
    });

    it("skip faulted operators and pools that fail", () => {
      const { state, book } = world(1000n, { weights: [1n] });
      const operator = state.operators[0]!;
      operator.pool.push = () => {
        throw new Error("dead");
      };
      expect(legs.rebalance(state, 0n, [up(1n, 100n)])).to.deep.equal([0n]);
      expect(bufferOf(book)).to.equal(1000n);
      expect(() =>
        legs.rebalance(
          state,
          0n,
          Array.from({ length: 201 }, () => up(1n, 1n)),
        ),
      ).to.throw(Revert, "TooManyLegs(201, 200)");
    });
  });

  it("keeps the invariants and the caps with honest pools in random sequences, and everybody gets out in the end", () => {
    const step = fc.record({
      kind: fc.constantFrom(...KINDS),
      who: fc.constantFrom("ann", "bob"),
      amount: fc.bigInt(1n, 10n ** 20n),
      index: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
        const network = newNetwork(3n * DAY);
        const book = newBook(
          { feeBps: 500n, bufferTargetBps: 50n, assetCap: undefined, treasury: "treasury", epochLength: DAY },
          ETHER,
        );
        const state = allocation.newAllocator(book, {
          parameters: { ...PARAMETERS, bandBps: 1000n, budget0Bps: 1000n, budget2Bps: 200n },
          policy: { poolShareBps: 4000n, netShareBps: undefined, bondRatio: undefined },
          groups: [
            { id: 1n, poolShareBps: 5000n },
            { id: 2n, poolShareBps: 6000n },
          ],
          networkStake: () => 0n,
        });
        const names = ["a", "b", "c", "d"];
        const operatorPools: StakingPool[] = [];
        const atNetwork = (name: string) => stakeAt(network, name).bonded + networkUnbonding(network, name);
        const atPool = (pool: StakingPool) =>
          atNetwork(pool.name) +
          pool.cash +
          pool.exits.reserved +
          sum([...pool.accounts.values()].map(({ free }) => free));
        for (const [index, name] of names.entries()) {
          const pool = newStakingPool(network, { name, owner: name, commissionBps: 1000n, epochLength: DAY }, ETHER);
          operatorPools.push(pool);
          allocation.list(state, honestPool(pool, network), {
            weight: BigInt(index + 1),
            groups: [BigInt((index % 2) + 1)],
          });
        }
        let now = 0n;
        let world = 5n * ETHER; // what the five seeds and users paid in, less out, and what operators earned and lost
        const act = (kind: (typeof KINDS)[number], who: string, amount: bigint, index: number) => {
          const name = names[index]!;
          const operator = state.operators[index]!;
          let gained: bigint;
          switch (kind) {
            case "stake":
              metaPool.depositAndStake(book, now, who, amount);
              world += amount;
              break;
            case "unstake":
              metaPool.unstake(book, now, who, (metaPool.stakedBalance(book, now, who) * (amount % 1000n)) / 999n);
              break;
            case "withdraw":
              world -= metaPool.withdrawAll(book, who);
              break;
            case "reward":
              gained = stakeAt(network, name).bonded / 1000n;
              reward(network, name, gained);
              world += gained;
              break;
            case "slash":
              world -= atNetwork(name);
              slash(network, name, amount % 500n);
              world += atNetwork(name);
              break;
            case "day":
              now += DAY;
              allocation.settle(state, now, 2 + index); // sometimes only a page
              break;
            case "page":
              allocation.settle(state, now, index + 1);
              break;
            case "settleOne":
              allocation.settleOne(state, now, operator.id);
              break;
            case "certify":
              // Starting levels are the best that is known; a page may be missing, then nothing happens.
              if (state.snapshot !== undefined)
                legs.certifyLevels(state, [{ group: 0n, level: state.snapshot.levels.get(0n) ?? 1n }]);
              break;
            case "legs":
              legs.rebalance(state, now, [
                { operator: operator.id, amount, up: index % 2 === 0 },
                { operator: BigInt(4 - index), amount, up: index % 2 === 1 },
              ]);
              break;
            case "drain":
              if (amount % 20n === 0n) operator.state = "Draining";
              break;
          }
        };
        for (const who of ["ann", "bob"]) act("stake", who, 100n * ETHER, 0);
        allocation.settle(state, now, 4);
        for (const { id } of state.operators) legs.rebalance(state, now, [up(id, 1000n * ETHER)]);

        for (const { kind, who, amount, index } of steps) {
          const before = snapshotWithOperators(state, now);
          const mayLose = kind === "day" || kind === "page" || kind === "settleOne" || kind === "legs";
          try {
            act(kind, who, amount, index);
          } catch (error) {
            if (!(error instanceof Revert)) throw error;
          }
          const after = snapshotWithOperators(state, now);
          const broken = [
            ...brokenInState(after),
            // Losses of a page and of legs come in parts: their sharing is checked on the book alone.
            ...brokenInStep(before, after, mayLose ? { loss: 1n, voided: true, read: kind !== "legs" } : {}),
          ];
          expect(broken, kind).to.deep.equal([]);
          expect(book.delegated).to.equal(allocation.committed(state) + allocation.unbonding(state));
          expect(book.balance + sum(operatorPools.map(atPool)), "I-04").to.equal(world);
        }

        // The way out: everybody leaves, and honest rounds bring the money back.
        const leave = (account: string) => {
          try {
            metaPool.unstakeAll(book, now, account);
          } catch (error) {
            if (!(error instanceof Revert)) throw error;
          }
        };
        ["ann", "bob", "treasury"].forEach(leave);
        for (let day = 0; day < 60 && book.exits.owed > 0n; day++) {
          now += DAY;
          allocation.settle(state, now, 100);
          if (state.round !== 0n) allocation.settle(state, now, 100);
          legs.rebalance(
            state,
            now,
            state.operators.map((operator) => ({ operator: operator.id, amount: operator.position, up: false })),
          );
          metaPool.fundExits(book, 10);
        }
        expect(book.exits.owed, "P1: an exit is still open").to.equal(0n);
        for (const account of ["ann", "bob", "treasury"]) {
          const unstaked = metaPool.unstakedBalance(book, account);
          if (unstaked > 0n) expect(metaPool.withdrawAll(book, account)).to.equal(unstaked);
        }
        expect(book.balance >= bufferOf(book)).to.be.true;
      }),
      { numRuns: RUNS },
    );
  });
});
