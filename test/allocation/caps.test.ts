import { expect } from "chai";

import { MAX_AMOUNT } from "../../src/allocation/amounts.ts";
import {
  bondCap,
  groupCap,
  increaseCap,
  largerTotals,
  problemOf,
  recordedCap,
  smallerTotals,
  totalsOf,
  violationCap,
} from "../../src/allocation/caps.ts";
import type { OperatorRecord } from "../../src/allocation/types.ts";
import type { Changes } from "./snapshots.ts";
import { coins } from "./instances.ts";
import { snapshotOf } from "./snapshots.ts";

const ROOMY = 10n ** 30n;

/** One operator in a pool of a million coins on a network of thirty million. */
function oneOperator(changes: Changes): { operator: OperatorRecord; snapshot: ReturnType<typeof snapshotOf> } {
  const problem = { total: coins(1_000_000), operators: [{ weight: 1n, cap: ROOMY, groups: [] }], groups: [] };
  const snapshot = snapshotOf(problem, [0n], {
    ...changes,
    pool: { poolShareBps: 100n, netShareBps: 100n, networkStake: coins(30_000_000), ...changes.pool },
    live: { poolShareBps: 100n, netShareBps: 100n, networkStake: coins(30_000_000), ...changes.live },
  });
  const operator = snapshot.operators[0];
  if (operator === undefined) throw new Error("The snapshot is empty.");
  return { operator, snapshot };
}

function recorded(changes: Changes): bigint {
  const { operator, snapshot } = oneOperator(changes);
  const stake = snapshot.T + snapshot.faultedStake;
  return recordedCap(operator, snapshot, { stake, network: snapshot.networkStake });
}

function increase(changes: Changes, unbonding = 0n): bigint {
  const { operator, snapshot } = oneOperator(changes);
  return increaseCap(operator, snapshot.live, smallerTotals(snapshot), unbonding);
}

function violation(changes: Changes): bigint {
  const { operator, snapshot } = oneOperator(changes);
  return violationCap(operator, snapshot.live, largerTotals(snapshot));
}

describe("recordedCap", () => {
  it("is a share of the pool when nothing else is smaller", () => {
    expect(recorded({})).to.equal(coins(10_000));
  });

  it("takes the share of the stake to place and of the stake at faulted operators", () => {
    expect(recorded({ pool: { faultedStake: coins(500_000) } })).to.equal(coins(15_000));
  });

  it("G6: is what others leave of the network share", () => {
    expect(recorded({ records: { 1: { others: coins(295_000) } } })).to.equal(coins(5_000));
    expect(recorded({ records: { 1: { others: coins(300_001) } } })).to.equal(0n);
  });

  it("G6: is the fixed cap, of which a ramp is a part, when that is smallest", () => {
    expect(recorded({ records: { 1: { fixedCap: coins(2_500) } } })).to.equal(coins(2_500));
  });

  it("rounds down", () => {
    expect(recorded({ pool: { T: 199n } })).to.equal(1n);
    expect(recorded({ pool: { networkStake: 399n } })).to.equal(3n);
  });
});

describe("increaseCap", () => {
  it("G6: is the bond times the ratio, less others' stake and what is unbonding", () => {
    const bonded = { live: { bondRatio: 100n }, operators: { 1: { bond: coins(50) } } };

    expect(increase(bonded)).to.equal(coins(5_000));
    expect(increase({ ...bonded, operators: { 1: { bond: coins(200) } } })).to.equal(coins(10_000));
    expect(increase({ ...bonded, records: { 1: { others: coins(1_000) } } }, coins(500))).to.equal(coins(3_500));
    expect(increase(bonded, coins(5_001))).to.equal(0n);
  });

  it("ignores the bond where the pool has no bond term", () => {
    expect(increase({ operators: { 1: { bond: 1n } } })).to.equal(coins(10_000));
  });

  it("is the absolute cap when that is smallest, and leaves the ramp to the recorded cap", () => {
    expect(increase({ operators: { 1: { absolute: coins(2_400) } } })).to.equal(coins(2_400));
    expect(increase({ operators: { 1: { ramp: coins(2_500) } } })).to.equal(coins(10_000));
  });

  it("takes the smaller total and the smaller network stake", () => {
    expect(increase({ live: { T: coins(900_000) } })).to.equal(coins(9_000));
    expect(increase({ live: { T: coins(1_100_000) } })).to.equal(coins(10_000));
    expect(increase({ live: { networkStake: coins(400_000) } })).to.equal(coins(4_000));
    expect(increase({ live: { networkStake: 0n } })).to.equal(0n);
  });
});

describe("violationCap", () => {
  it("takes the larger total and the larger network stake", () => {
    expect(violation({ live: { T: coins(900_000) } })).to.equal(coins(10_000));
    expect(violation({ live: { T: coins(1_100_000) } })).to.equal(coins(11_000));
    expect(violation({ pool: { networkStake: coins(400_000) }, live: { networkStake: coins(500_000) } })).to.equal(
      coins(5_000),
    );
  });

  it("leaves the network aside when its stake is not known", () => {
    const { snapshot } = oneOperator({ live: { networkStake: 0n } });

    expect(largerTotals(snapshot).network).to.equal(MAX_AMOUNT);
    expect(violation({ live: { networkStake: 0n }, records: { 1: { others: coins(300_000) } } })).to.equal(
      coins(10_000),
    );
  });

  it("counts a lower absolute cap at once, and the recorded cap, on watch too", () => {
    expect(violation({ operators: { 1: { absolute: coins(7) } } })).to.equal(coins(7));
    expect(violation({ records: { 1: { fixedCap: coins(8) } } })).to.equal(coins(8));
    expect(violation({ records: { 1: { fixedCap: coins(8) } }, operators: { 1: { watch: true } } })).to.equal(coins(8));
  });
});

describe("bondCap", () => {
  it("is what the bond covers beside others' stake", () => {
    expect(bondCap(coins(50), 100n, 0n, 0n)).to.deep.equal({ cap: coins(5_000), isFrozen: false });
    expect(bondCap(coins(50), 100n, coins(1_000), coins(4_000))).to.deep.equal({ cap: coins(4_000), isFrozen: false });
    expect(bondCap(coins(50), 100n, coins(5_001), 0n)).to.deep.equal({ cap: 0n, isFrozen: false });
  });

  it("is the position from the first wei that is not covered on, down to four fifths", () => {
    expect(bondCap(coins(50), 100n, 0n, coins(5_000) + 1n)).to.deep.equal({ cap: coins(5_000) + 1n, isFrozen: true });
    expect(bondCap(coins(50), 100n, 0n, coins(6_250))).to.deep.equal({ cap: coins(6_250), isFrozen: true });
  });

  it("takes home what is not covered below four fifths, and leaves the rest", () => {
    expect(bondCap(coins(50), 100n, 0n, coins(6_250) + 1n)).to.deep.equal({ cap: coins(5_000), isFrozen: false });
    expect(bondCap(0n, 100n, 0n, 1n)).to.deep.equal({ cap: 0n, isFrozen: false });
  });

  it("covers others' stake and ours alike: four fifths are of both", () => {
    expect(bondCap(coins(50), 100n, coins(1_000), coins(5_250))).to.deep.equal({ cap: coins(5_250), isFrozen: true });
    expect(bondCap(coins(50), 100n, coins(1_000), coins(5_250) + 1n)).to.deep.equal({
      cap: coins(4_000),
      isFrozen: false,
    });
  });
});

describe("groupCap", () => {
  const totals = { stake: coins(1_000), network: coins(10_000) };
  const none = { capShareBps: null, netShareBps: null, absolute: null };
  const clean = { others: 0n, faultedStake: 0n };

  it("is none for a group without a rule", () => {
    expect(groupCap(none, totals, clean)).to.equal(null);
  });

  it("is the smallest of its rules", () => {
    expect(groupCap({ ...none, capShareBps: 400n }, totals, clean)).to.equal(coins(40));
    expect(groupCap({ ...none, capShareBps: 400n, netShareBps: 30n }, totals, clean)).to.equal(coins(30));
    expect(groupCap({ capShareBps: 400n, netShareBps: 30n, absolute: coins(9) }, totals, clean)).to.equal(coins(9));
  });

  it("takes others' stake off the network share, and faulted members' stake off the result, down to zero", () => {
    const rules = { ...none, netShareBps: 30n };

    expect(groupCap(rules, totals, { others: coins(4), faultedStake: coins(5) })).to.equal(coins(21));
    expect(groupCap(rules, totals, { others: coins(31), faultedStake: 0n })).to.equal(0n);
    expect(groupCap(rules, totals, { others: 0n, faultedStake: coins(31) })).to.equal(0n);
  });
});

describe("totalsOf", () => {
  const money = {
    buffer: 100n,
    committed: 1_000n,
    unbonding: 50n,
    owed: 30n,
    bufferTarget: 20n,
    faultedStake: 0n,
    faultedUnbonding: 0n,
  };

  it("places everything but what is owed and the buffer target", () => {
    expect(totalsOf(money)).to.deep.equal({ T: 1_100n, free: 50n, need: 0n });
  });

  it("counts neither the stake nor the unbonding of faulted operators", () => {
    const faulted = { ...money, owed: 140n, faultedStake: 200n, faultedUnbonding: 30n };

    expect(totalsOf(faulted)).to.deep.equal({ T: 790n, free: 0n, need: 40n });
  });

  it("is never below zero", () => {
    expect(totalsOf({ ...money, owed: 5_000n })).to.deep.equal({ T: 0n, free: 0n, need: 4_870n });
  });
});

describe("problemOf", () => {
  it("takes group caps as recorded and own caps by the recorded totals", () => {
    const problem = { total: 1_000n, operators: [{ weight: 3n, cap: 90n, groups: [2] }], groups: [{ id: 2, cap: 7n }] };

    expect(problemOf(snapshotOf(problem, [0n], { pool: { poolShareBps: 500n }, live: { T: 9n } }))).to.deep.equal({
      ...problem,
      operators: [{ weight: 3n, cap: 50n, groups: [2] }],
    });
  });
});
