import { expect } from "chai";

import type { Book, Place } from "../../src/allocation/book.ts";
import { openBook } from "../../src/allocation/book.ts";
import { minMove, room0, room1, room2, roomUp } from "../../src/allocation/rooms.ts";
import type { Problem } from "../../src/allocation/problem.ts";
import type { Changes } from "./snapshots.ts";
import { coins } from "./instances.ts";
import { snapshotOf } from "./snapshots.ts";

/** Two operators of equal weight and cap 600 in a pool of 1000; group 1 holds the first one and may have 400. */
const PROBLEM: Problem = {
  total: coins(1000),
  operators: [
    { weight: 1n, cap: coins(600), groups: [1] },
    { weight: 1n, cap: coins(600), groups: [] },
  ],
  groups: [{ id: 1, cap: coins(400) }],
};

/** Targets 400 and 600. */
const SHEET = [{ group: 1, level: coins(400) * 10n ** 18n }];

function book(positions: [number, number], changes: Changes = {}, certified = true): { book: Book; places: Place[] } {
  const opened = openBook(snapshotOf(PROBLEM, positions.map(coins), changes), certified ? SHEET : null);
  return { book: opened, places: [...opened.places] };
}

function first(
  room: (book: Book, place: Place, position: bigint) => bigint,
  positions: [number, number],
  changes: Changes = {},
  certified = true,
): bigint {
  const opened = book(positions, changes, certified);
  const place = opened.places[0];
  return place === undefined ? -1n : room(opened.book, place, place.position);
}

const barred = [{ draining: true }, { delisted: true }, { whitelisted: false }];

describe("openBook", () => {
  it("takes targets from the certified sheet", () => {
    expect(book([0, 0]).places.map(({ target }) => target)).to.deep.equal([400, 600].map(coins));
  });

  it("takes targets from the initial levels without one", () => {
    expect(book([0, 0], {}, false).places.map(({ target }) => target)).to.deep.equal([400, 500].map(coins));
  });
});

describe("roomUp", () => {
  const up = (positions: [number, number], changes: Changes = {}): bigint =>
    first((opened, place) => roomUp(opened, place), positions, { live: { free: coins(1000) }, ...changes });

  it("reaches to the target", () => {
    expect(up([150, 0])).to.equal(coins(250));
    expect(up([450, 0])).to.equal(0n);
  });

  it("is at most the free buffer", () => {
    expect(up([150, 0], { live: { free: coins(3) } })).to.equal(coins(3));
  });

  it("is zero for who is on watch, faulted, or must leave", () => {
    for (const state of [{ watch: true }, { faulted: true }, ...barred]) {
      expect(up([150, 0], { operators: { 1: state } }), JSON.stringify(state)).to.equal(0n);
    }
  });

  it("stops at the live cap", () => {
    expect(up([150, 0], { operators: { 1: { absolute: coins(160) } } })).to.equal(coins(10));
    expect(up([150, 0], { operators: { 1: { absolute: coins(100) } } })).to.equal(0n);
  });

  it("counts what is unbonding there against the bond", () => {
    const live = { free: coins(1000), bondRatio: 10n };

    expect(up([150, 0], { live, operators: { 1: { bond: coins(30) } } })).to.equal(coins(150));
    expect(up([150, 0], { live, operators: { 1: { bond: coins(30), unbonding: coins(100) } } })).to.equal(coins(50));
  });

  it("stops at the smaller of a group's recorded and live cap, less what its members hold", () => {
    expect(up([150, 0], { groups: { 1: { position: coins(395) } } })).to.equal(coins(5));
    expect(up([150, 0], { groups: { 1: { absolute: coins(170) } } })).to.equal(coins(20));
    expect(up([150, 0], { groups: { 1: { absolute: coins(900) } } })).to.equal(coins(250));
    expect(up([150, 0], { groups: { 1: { position: coins(395), absolute: coins(900) } } })).to.equal(coins(5));
    expect(up([150, 0], { groups: { 1: { position: coins(900) } } })).to.equal(0n);
  });
});

describe("room0", () => {
  it("is the whole position of who must leave", () => {
    for (const state of barred) {
      expect(first(room0, [450, 0], { operators: { 1: state } }), JSON.stringify(state)).to.equal(coins(450));
    }
  });

  it("is nothing for the faulted, even if they must leave", () => {
    expect(first(room0, [450, 0], { operators: { 1: { faulted: true, draining: true } } })).to.equal(0n);
  });

  it("is what exceeds the own cap once that is above cap and grace", () => {
    const legRules = { graceBps: 500n };
    const groups = { 1: { absolute: null } };

    expect(first(room0, [631, 0], { legRules, groups })).to.equal(coins(31));
    expect(first(room0, [630, 0], { legRules, groups })).to.equal(0n);
  });

  it("is what a group holds above cap and grace, down to the target", () => {
    expect(first(room0, [500, 0], { legRules: { graceBps: 500n } })).to.equal(coins(80));
    expect(first(room0, [420, 0], { legRules: { graceBps: 500n } })).to.equal(0n);
    expect(first(room0, [450, 0], { groups: { 1: { position: coins(900) } } })).to.equal(coins(50));
    expect(first(room0, [350, 0], { groups: { 1: { position: coins(900) } } })).to.equal(0n);
  });

  it("works before certification, down to the target of the initial levels", () => {
    expect(first(room0, [450, 0], {}, false)).to.equal(coins(50));
  });

  it("judges by the larger total, so withdrawals make nobody a violator", () => {
    const shares = { pool: { poolShareBps: 5_000n }, groups: { 1: { absolute: null } } };
    const live = { poolShareBps: 5_000n };

    expect(first(room0, [520, 0], { ...shares, live: { ...live, T: coins(500) } })).to.equal(coins(20));
    expect(first(room0, [520, 0], { ...shares, live: { ...live, T: coins(1100) } })).to.equal(0n);
  });

  it("counts a lowered cap at once", () => {
    expect(first(room0, [450, 0], { operators: { 1: { absolute: coins(300) } } })).to.equal(coins(150));
    expect(first(room0, [350, 0], { groups: { 1: { absolute: coins(300) } } })).to.equal(0n);
  });

  it("stays within what is left of the round's budget", () => {
    const spent = { legRules: { budget0Bps: 1_000n }, live: { class0Moved: coins(70) } };

    expect(first(room0, [450, 0], { ...spent, operators: { 1: { draining: true } } })).to.equal(coins(30));
    expect(first(room0, [450, 0], { ...spent, live: { class0Moved: coins(101) } })).to.equal(0n);
  });
});

describe("room1", () => {
  const need = { pool: { need0: coins(10) }, live: { need: coins(500) } };

  it("is nothing without a need", () => {
    expect(first(room1, [500, 0], { pool: { need0: coins(10) } })).to.equal(0n);
  });

  it("reaches down to the target after certification", () => {
    expect(first(room1, [460, 500], need)).to.equal(coins(60));
    expect(first(room1, [460, 500], { ...need, live: { need: coins(25) } })).to.equal(coins(25));
  });

  it("is four times the fair part of the round's need before that, rounded up", () => {
    expect(first(room1, [460, 460], need, false)).to.equal(coins(20));
    expect(first(room1, [1, 2], { ...need, pool: { need0: 1_000_000_000n } }, false)).to.equal(1_333_333_334n);
  });

  it("is at least the smallest stake, of who has a part", () => {
    const few = { ...need, pool: { need0: 100_000_000n }, legRules: { minMove: coins(1) } };

    expect(first(room1, [1, 2], few, false)).to.equal(1_000_000_000n);
    expect(first(room1, [1, 2], { ...few, operators: { 1: { class1Taken: 1_000_000_000n } } }, false)).to.equal(0n);
    expect(first(room1, [0, 2], few, false)).to.equal(0n);
  });

  it("counts what class 1 took in this round", () => {
    expect(first(room1, [460, 460], { ...need, operators: { 1: { class1Taken: coins(18) } } }, false)).to.equal(
      coins(2),
    );
    expect(first(room1, [460, 460], { ...need, operators: { 1: { class1Taken: coins(21) } } }, false)).to.equal(0n);
  });

  it("takes the part by the position of the round's end, but no more than is there", () => {
    const moved = { operators: { 1: { position: coins(7) } }, groups: { 1: { position: coins(7) } } };

    expect(first(room1, [460, 460], { ...need, ...moved }, false)).to.equal(coins(7));
  });

  it("is nothing for the faulted", () => {
    expect(first(room1, [460, 460], { ...need, operators: { 1: { faulted: true } } })).to.equal(0n);
  });
});

describe("room2", () => {
  const legRules = { bandBps: 1_000n };

  it("reaches down to the target once the position is above target and band", () => {
    expect(first(room2, [441, 0], { legRules })).to.equal(coins(41));
    expect(first(room2, [440, 0], { legRules })).to.equal(0n);
  });

  it("is nothing before certification, nor for the faulted", () => {
    expect(first(room2, [500, 0], {}, false)).to.equal(0n);
    expect(first(room2, [500, 0], { operators: { 1: { faulted: true } } })).to.equal(0n);
  });

  it("stays within what is left of the budget of one unbonding time", () => {
    const spent = { legRules: { budget2Bps: 200n }, live: { class2Moved: coins(19) } };

    expect(first(room2, [500, 0], spent)).to.equal(coins(1));
    expect(first(room2, [500, 0], { ...spent, live: { class2Moved: coins(30) } })).to.equal(0n);
  });
});

describe("minMove", () => {
  const legRules = { minMove: 10n ** 16n };

  it("is the smaller of one basis point of the total and two per cent of the size, not below the parameter", () => {
    const opened = book([0, 0], { legRules }).book;

    expect(minMove(opened, coins(1000))).to.equal(coins(1000) / 10_000n);
    expect(minMove(opened, coins(2))).to.equal(coins(2) / 50n);
    expect(minMove(opened, coins(0))).to.equal(10n ** 16n);
  });
});
