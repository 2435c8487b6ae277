import { renderPairs, renderTable } from "../../src/cli/table.ts";
import { floorItems, floorOf } from "./floor.ts";
import { SIZES, type Snapshot } from "./gas.ts";
import { POOL_OPERATIONS } from "./operatorPool.ts";
import { OPERATIONS, type Operation } from "./users.ts";

/** Everything that a run found. */
export interface Bench extends Snapshot {
  readonly floor: Readonly<Record<Operation, number>>;
  /** Milliseconds for so many operators. */
  readonly planner: { readonly n1000: number; readonly n10000: number };
  /** Of the last whole run of the tests; null if there was none. */
  readonly suite: { readonly seconds: number | null };
}

/** All of it, as `--json` prints it. */
export function assemble({ gas, baseline }: Snapshot, planner: Bench["planner"], seconds: number | null): Bench {
  return { gas, floor: floors(), baseline, planner, suite: { seconds } };
}

function floors(): Bench["floor"] {
  return Object.fromEntries(OPERATIONS.map((operation) => [operation, floorOf(operation, "repeat")])) as Bench["floor"];
}

/** As a table for people. */
export function renderBench({ gas, baseline, planner, suite }: Bench): string[] {
  const n = (value: number) => value.toLocaleString("en-US");
  const rows = OPERATIONS.map((operation) => [
    operation,
    n(gas[operation].first),
    n(floorOf(operation, "first")),
    n(gas[operation].repeat),
    n(floorOf(operation, "repeat")),
    n(baseline[operation]),
    ...SIZES.map((size) => n(gas.flat[operation][size] ?? NaN)),
  ]);
  return [
    ...renderTable(
      ["gas", "first", "floor", "repeat", "floor", "ERC-4626", ...SIZES.map((size) => `${n(size)} op.`)],
      rows,
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ),
    "",
    ...renderTable(
      ["gas at an operator's own pool", "first", "repeat"],
      POOL_OPERATIONS.map((operation) => {
        const { first, repeat } = gas.operatorPool[operation];
        return [operation, n(first), n(repeat)];
      }),
      [1, 2],
    ),
    "",
    ...renderPairs([
      ["settle, own, per operator", n(gas.settlePerOperator)],
      ["certify, per operator", n(gas.certifyPerOperator)],
      ["certify, per operator, in a page that is not the last", n(gas.certifyStoredPerOperator)],
      ["leg in four dimensions, own", n(gas.leg.own)],
      ["leg in four dimensions, own, the first of its groups", n(gas.leg.cold)],
      ["leg in four dimensions, with the operator's pool", n(gas.leg.withPool)],
      ["fund a batch of one exit", n(gas.fundBatch.one)],
      ["fund a batch of a thousand exits", n(gas.fundBatch.thousand)],
      ["vote for a report", n(gas.vote)],
      ["deliver a report, per operator", n(gas.reportPerOperator)],
      ["score, per operator", n(gas.scorePerOperator)],
      ["planner, 1,000 operators", `${planner.n1000} ms`],
      ["planner, 10,000 operators", `${planner.n10000} ms`],
      ["tests, last whole run", suite.seconds === null ? "none: npm test" : `${suite.seconds} s`],
    ]),
  ];
}

/** What the floors are made of. */
export function renderFloors(): string[] {
  return OPERATIONS.flatMap((operation) => [
    `${operation}, repeat: ${floorOf(operation, "repeat").toLocaleString("en-US")}`,
    ...floorItems(operation, "repeat").map(({ gas, reason }) => `  ${String(gas).padStart(6)}  ${reason}`),
  ]);
}
