import { expect } from "chai";

import { add, fraction, multiply, subtract, toDecimal } from "../../src/scoring/fractions.ts";

describe("fractions", () => {
  it("are kept in lowest terms, with the sign above the line", () => {
    expect(fraction(6n, -4n)).to.deep.equal({ numerator: -3n, denominator: 2n });
    expect(fraction(0n, 7n)).to.deep.equal({ numerator: 0n, denominator: 1n });
  });

  it("have no denominator of 0", () => {
    expect(() => fraction(1n, 0n)).to.throw(RangeError, "A fraction has the denominator 0.");
  });

  it("add, subtract and multiply", () => {
    expect(add(fraction(1n, 2n), fraction(1n, 3n), fraction(1n, 6n))).to.deep.equal(fraction(1n));
    expect(subtract(fraction(1n, 2n), fraction(2n, 3n))).to.deep.equal(fraction(-1n, 6n));
    expect(multiply(fraction(2n, 3n), fraction(-3n, 4n))).to.deep.equal(fraction(-1n, 2n));
  });

  it("print rounded to the nearest, halves away from zero", () => {
    expect(toDecimal(fraction(2n, 3n), 3)).to.equal("0.667");
    expect(toDecimal(fraction(-1n, 8n), 2)).to.equal("-0.13");
    expect(toDecimal(fraction(5n, 2n), 0)).to.equal("3");
    expect(toDecimal(fraction(-1n, 1_000n), 2)).to.equal("0.00");
  });
});
