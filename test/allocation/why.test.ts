import { expect } from "chai";
import fc from "fast-check";

import { openBook } from "../../src/allocation/book.ts";
import { problemOf } from "../../src/allocation/caps.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import type { Binding } from "../../src/allocation/why.ts";
import { why, whyAll } from "../../src/allocation/why.ts";
import type { Changes } from "./snapshots.ts";
import { coins, golden, GOLDEN, GOLDEN_SHEET, problems } from "./instances.ts";
import { runs } from "./runs.ts";
import { snapshotOf } from "./snapshots.ts";

const POSITIONS = [350, 150, 200, 200, 60, 40].map(coins);

function binding(operator: number, changes: Changes = {}): Binding {
  return why(snapshotOf(golden(1000), POSITIONS, changes), GOLDEN_SHEET, operator).binding;
}

describe("why", () => {
  it("refuses an operator that the snapshot does not have", () => {
    expect(() => why(snapshotOf(golden(1000), POSITIONS), GOLDEN_SHEET, 7)).to.throw(RangeError, "no operator 7");
  });

  it("gives position and target with the reason", () => {
    expect(why(snapshotOf(golden(1000), POSITIONS), GOLDEN_SHEET, 1)).to.deep.equal({
      operator: 1,
      position: coins(350),
      target: coins(240),
      binding: { kind: "group", group: GOLDEN.g1, cap: coins(420) },
    });
  });

  it("names the group whose level is lowest, or the level of the pool", () => {
    expect(binding(5)).to.deep.equal({ kind: "group", group: GOLDEN.h1, cap: coins(570) });
    expect(binding(6)).to.deep.equal({ kind: "level" });
  });

  it("names the state, the gravest first", () => {
    const states = { faulted: true, delisted: true, whitelisted: false, draining: true };

    expect(binding(6, { operators: { 6: states } })).to.deep.equal({ kind: "faulted" });
    expect(binding(6, { operators: { 6: { ...states, faulted: false } } })).to.deep.equal({ kind: "delisted" });
    expect(binding(6, { operators: { 6: { whitelisted: false, draining: true } } })).to.deep.equal({
      kind: "notWhitelisted",
    });
    expect(binding(6, { operators: { 6: { draining: true } } })).to.deep.equal({ kind: "draining" });
  });

  it("names a weight of zero", () => {
    expect(binding(6, { records: { 6: { weight: 0n } } })).to.deep.equal({ kind: "noWeight" });
  });

  it("names the share of the pool and of the network", () => {
    expect(binding(6, { pool: { poolShareBps: 50n } })).to.deep.equal({ kind: "poolShare", cap: coins(5) });
    expect(
      binding(6, {
        pool: { netShareBps: 100n, networkStake: coins(1000) },
        records: { 6: { others: coins(4) } },
      }),
    ).to.deep.equal({ kind: "netShare", cap: coins(6) });
  });

  it("names what the fixed cap comes from", () => {
    const cap = { records: { 6: { fixedCap: coins(20) } } };

    expect(binding(6, { ...cap, operators: { 6: { absolute: coins(20), ramp: coins(30) } } })).to.deep.equal({
      kind: "absolute",
      cap: coins(20),
    });
    expect(binding(6, { ...cap, operators: { 6: { absolute: coins(40), ramp: coins(20) } } })).to.deep.equal({
      kind: "ramp",
      cap: coins(20),
    });
    expect(binding(6, { ...cap, live: { bondRatio: 10n }, operators: { 6: { bond: coins(2) } } })).to.deep.equal({
      kind: "bond",
      cap: coins(20),
    });
    expect(binding(6, { ...cap, operators: { 6: { watch: true } } })).to.deep.equal({ kind: "watch", cap: coins(20) });
    expect(binding(6, cap)).to.deep.equal({ kind: "recorded" });
  });

  it("names a ramp that the position has outgrown, and a bond that freezes the position", () => {
    const kept = { records: { 6: { fixedCap: coins(40) } } };

    expect(binding(6, { ...kept, operators: { 6: { ramp: coins(30), absolute: coins(50) } } })).to.deep.equal({
      kind: "ramp",
      cap: coins(40),
    });
    const lowered = { records: { 6: { fixedCap: coins(35) } } };
    expect(binding(6, { ...lowered, operators: { 6: { ramp: coins(30), absolute: coins(35) } } })).to.deep.equal({
      kind: "absolute",
      cap: coins(35),
    });
    const bonded = { ...kept, live: { bondRatio: 10n } };
    expect(binding(6, { ...bonded, operators: { 6: { bond: coins(4) - 1n } } })).to.deep.equal({
      kind: "frozenBond",
      cap: coins(40),
    });
    expect(binding(6, { ...bonded, operators: { 6: { bond: coins(4) } } })).to.deep.equal({
      kind: "bond",
      cap: coins(40),
    });
  });

  it("names the bond of an operator that ramps when it covers less than the ramp allows", () => {
    const cap = { records: { 6: { fixedCap: coins(20), position: coins(10) } }, live: { bondRatio: 10n } };

    expect(binding(6, { ...cap, operators: { 6: { bond: coins(2), ramp: coins(30) } } })).to.deep.equal({
      kind: "bond",
      cap: coins(20),
    });
    expect(binding(6, { ...cap, operators: { 6: { bond: coins(3), ramp: coins(20) } } })).to.deep.equal({
      kind: "ramp",
      cap: coins(20),
    });
  });

  it("names the cap when the level would give just as much", () => {
    expect(
      binding(6, { records: { 6: { fixedCap: coins(210) } }, operators: { 6: { ramp: coins(210) } } }),
    ).to.deep.equal({
      kind: "ramp",
      cap: coins(210),
    });
  });

  it("gives every operator the target that legs go by", () => {
    fc.assert(
      fc.property(problems(40), fc.boolean(), (problem, certified) => {
        const snapshot = snapshotOf(problem, []);
        const sheet = certified ? fairAllocation(problemOf(snapshot)).sheet : null;

        expect(whyAll(snapshot, sheet).map(({ target }) => target)).to.deep.equal(
          openBook(snapshot, sheet).places.map(({ target }) => target),
        );
      }),
      runs(200),
    );
  });
});
