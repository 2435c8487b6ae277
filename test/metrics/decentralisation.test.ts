import { expect } from "chai";

import {
  decentralisation,
  effectiveNumber,
  entropy,
  gini,
  hhi,
  maxShare,
  nakamoto,
  ONE_HALF,
  ONE_THIRD,
  stakeBy,
  TWO_THIRDS,
} from "../../src/metrics/decentralisation.ts";

const EQUAL = Array.from({ length: 100 }, () => 7n * 10n ** 18n);
const THREE = [50n, 30n, 20n];
const GOLDEN = [240n, 180n, 220n, 40n, 110n, 210n];

describe("decentralisation", () => {
  it("measures a hundred equal holders", () => {
    expect(hhi(EQUAL)).to.be.closeTo(100, 1e-9);
    expect(effectiveNumber(EQUAL)).to.be.closeTo(100, 1e-9);
    expect(gini(EQUAL)).to.equal(0);
    expect(entropy(EQUAL)).to.be.closeTo(6.6439, 1e-4);
    expect(nakamoto(EQUAL, ONE_THIRD)).to.equal(34);
    expect(maxShare(EQUAL)).to.be.closeTo(0.01, 1e-12);
  });

  it("measures 50, 30, 20", () => {
    expect(hhi(THREE)).to.be.closeTo(3800, 1e-9);
    expect(gini(THREE)).to.be.closeTo(0.2, 1e-12);
    expect(entropy(THREE)).to.be.closeTo(1.4855, 1e-4);
    expect(nakamoto(THREE, ONE_THIRD)).to.equal(1);
    expect(maxShare(THREE)).to.be.closeTo(0.5, 1e-12);
  });

  it("measures the golden allocation", () => {
    expect(hhi(GOLDEN)).to.be.closeTo(1962, 1e-9);
    expect(gini(GOLDEN)).to.be.closeTo(0.2267, 1e-4);
    expect(entropy(GOLDEN)).to.be.closeTo(2.4289, 1e-4);
    expect(nakamoto(GOLDEN, ONE_THIRD)).to.equal(2);
  });

  it("needs strictly more than the threshold", () => {
    expect(nakamoto([1n, 1n], ONE_HALF)).to.equal(2);
    expect(nakamoto([1n, 1n, 1n], ONE_THIRD)).to.equal(2);
    expect(nakamoto([1n, 1n, 1n], TWO_THIRDS)).to.equal(3);
    expect(nakamoto([2n, 1n], { numerator: 1n, denominator: 1n })).to.equal(0);
  });

  it("does not depend on the order, nor on the unit", () => {
    const scaled = GOLDEN.toReversed().map((stake) => stake * 10n ** 24n);

    expect(decentralisation(scaled)).to.deep.equal(decentralisation(GOLDEN));
  });

  it("counts who has nothing for Gini only", () => {
    expect(gini([1n, 0n])).to.be.closeTo(0.5, 1e-12);
    expect(decentralisation([...THREE, 0n])).to.deep.equal({ ...decentralisation(THREE), gini: gini([...THREE, 0n]) });
  });

  it("is zero without any stake", () => {
    for (const stakes of [[], [0n, 0n]]) {
      expect(Object.values(decentralisation(stakes)).every((value) => value === 0)).to.equal(true);
    }
  });

  it("refuses a stake below zero", () => {
    expect(() => hhi([1n, -1n])).to.throw(RangeError, "below zero");
  });
});

describe("stakeBy", () => {
  it("adds up by key", () => {
    const rows = [
      { client: "a", stake: 1n },
      { client: "b", stake: 2n },
      { client: "a", stake: 3n },
    ];

    expect([
      ...stakeBy(
        rows,
        (row) => row.client,
        (row) => row.stake,
      ),
    ]).to.deep.equal([
      ["a", 4n],
      ["b", 2n],
    ]);
  });
});
