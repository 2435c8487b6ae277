import { expect } from "chai";

/** Holds a number to another, give or take. Chai's own matcher takes only whole numbers once a chain was connected to. */
export function expectClose(actual: number, expected: number, tolerance: number, message?: string): void {
  expect(Math.abs(actual - expected), message ?? `${actual} instead of ${expected}`).to.be.at.most(tolerance);
}
