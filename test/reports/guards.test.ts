import { expect } from "chai";

import {
  dutiesFault,
  keptPlace,
  mostOf,
  poolStakeFault,
  relativeDuties,
  rewardOf,
  staleFault,
} from "../../src/reports/guards.ts";

const stakesOf = (count: number, stake: (index: number) => bigint) =>
  new Map(Array.from({ length: count }, (_, index) => [`operator ${index}`, stake(index)]));

describe("guards of reports", () => {
  describe("relativeDuties", () => {
    it("asks everyone for the most that anyone did, wherever in the epoch that was", () => {
      const early = [95n, 100n, 0n];
      const late = early.map((credits) => credits * 30n);

      expect(mostOf(early)).to.equal(100n);
      expect(early.map((done) => relativeDuties(done, mostOf(early)))).to.deep.equal([
        { assigned: 100n, done: 95n },
        { assigned: 100n, done: 100n },
        { assigned: 100n, done: 0n },
      ]);
      for (const [index, done] of late.entries()) {
        const { assigned, done: part } = relativeDuties(done, mostOf(late));
        expect(part * 100n).to.equal(assigned * early[index]!);
      }
    });

    it("gives nobody more than was asked for", () => {
      expect(relativeDuties(120n, 100n)).to.deep.equal({ assigned: 100n, done: 100n });
    });

    it("asks for nothing where nobody did anything", () => {
      expect(relativeDuties(0n, mostOf([]))).to.deep.equal({ assigned: 0n, done: 0n });
    });
  });

  describe("staleFault", () => {
    const previous = stakesOf(12, (index) => BigInt(100 + index));

    it("finds a report in which no stake has moved", () => {
      expect(
        staleFault(
          previous,
          stakesOf(12, (index) => BigInt(100 + index)),
        ),
      ).to.deep.equal({
        kind: "stale",
        operators: 12,
      });
    });

    it("finds nothing when one stake has moved", () => {
      expect(
        staleFault(
          previous,
          stakesOf(12, (index) => BigInt(100 + index + (index === 7 ? 1 : 0))),
        ),
      ).to.equal(null);
    });

    it("looks only at who is in both, and has stake", () => {
      const current = stakesOf(11, (index) => BigInt(100 + index));
      current.set("new", 5n);
      current.set("empty", 0n);

      expect(staleFault(new Map([...previous, ["empty", 0n]]), current)).to.deep.equal({
        kind: "stale",
        operators: 11,
      });
    });

    it("says nothing of fewer than ten, of which it may be chance, nor of a first report", () => {
      expect(
        staleFault(
          stakesOf(9, () => 1n),
          stakesOf(9, () => 1n),
        ),
      ).to.equal(null);
      expect(
        staleFault(
          stakesOf(10, () => 1n),
          stakesOf(10, () => 1n),
        ),
      ).to.deep.equal({ kind: "stale", operators: 10 });
      expect(staleFault(new Map(), previous)).to.equal(null);
    });
  });

  describe("dutiesFault", () => {
    it("finds more duties than there was time for", () => {
      expect(dutiesFault(101n, 100n)).to.deep.equal({ kind: "duties", most: 101n, possible: 100n });
      expect(dutiesFault(100n, 100n)).to.equal(null);
    });
  });

  describe("poolStakeFault", () => {
    it("finds stakes that add up to too little, and to too much", () => {
      expect(poolStakeFault(849n, 1_000n)).to.deep.equal({ kind: "pool stake", sum: 849n, stated: 1_000n });
      expect(poolStakeFault(1_151n, 1_000n)).to.deep.equal({ kind: "pool stake", sum: 1_151n, stated: 1_000n });
      expect(poolStakeFault(850n, 1_000n)).to.equal(null);
      expect(poolStakeFault(1_150n, 1_000n)).to.equal(null);
    });
  });

  describe("keptPlace", () => {
    it("keeps what was known when it is not known now", () => {
      expect(keptPlace("Unknown", "Japan", "Unknown")).to.equal("Japan");
      expect(keptPlace("Unknown", undefined, "Unknown")).to.equal("Unknown");
      expect(keptPlace("Norway", "Japan", "Unknown")).to.equal("Norway");
    });
  });

  describe("rewardOf", () => {
    it("is a part of a year's yield, as large as the part of the duties", () => {
      const yearly = { yieldBps: 700n, epochs: 100n };

      expect(rewardOf(1_000_000n, { assigned: 10n, done: 10n }, yearly)).to.equal(700n);
      expect(rewardOf(1_000_000n, { assigned: 10n, done: 9n }, yearly)).to.equal(630n);
      expect(rewardOf(1_000_000n, { assigned: 0n, done: 0n }, yearly)).to.equal(0n);
    });
  });
});
