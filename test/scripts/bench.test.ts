import { expect } from "chai";

import { readSnapshot } from "../../scripts/bench/gas.ts";
import { assemble } from "../../scripts/bench/print.ts";
import { toJson } from "../../src/keeper/log.ts";

/** Names that programs read: they stay as they are. */
const OPERATIONS = ["deposit_and_stake", "unstake", "unstake_all", "withdraw_all", "transfer", "unstakeInstant"];
const FIGURES = [
  ...OPERATIONS.flatMap((operation) => [
    `gas.${operation}.first`,
    `gas.${operation}.repeat`,
    ...[1, 10, 100].map((operators) => `gas.flat.${operation}.${operators}`),
    `floor.${operation}`,
    `baseline.${operation}`,
  ]),
  "gas.settlePerOperator",
  "gas.certifyPerOperator",
  "gas.leg.own",
  "gas.leg.withPool",
  "gas.fundBatch.one",
  "gas.fundBatch.thousand",
  "planner.n1000",
  "planner.n10000",
  "suite.seconds",
];

describe("npm run bench -- --json", () => {
  it("has each figure, a number, under its name", async () => {
    const bench = assemble(await readSnapshot(), { n1000: 1, n10000: 10 }, 100);
    const printed: unknown = JSON.parse(toJson(bench, 2));

    for (const figure of FIGURES) expect(printed).to.have.nested.property(figure).that.is.a("number");
  });

  it("has null for the tests' time while they have left no report", async () => {
    const bench = assemble(await readSnapshot(), { n1000: 1, n10000: 10 }, null);

    expect(bench.suite.seconds).to.equal(null);
  });
});
