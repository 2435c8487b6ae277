import { expect } from "chai";

import { decentralisation } from "../../src/metrics/decentralisation.ts";
import { type Holding, measure } from "../../src/metrics/measure.ts";
import { renderMeasurement } from "../../src/metrics/render.ts";
import { holdingsOfCsv, holdingsOfLens, holdingsOfReport, knownColumns } from "../../src/metrics/sources.ts";
import { syntheticSolanaEpoch } from "../../src/data/solana.ts";
import { refusalOf } from "../data/refusals.ts";
import { expectClose } from "../helpers/close.ts";

const HOLDINGS: readonly Holding[] = [
  { name: "a", pool: 50n, network: 100n, groups: { entity: "x", client: "jito" } },
  { name: "b", pool: 30n, network: 300n, groups: { entity: "x" } },
  { name: "c", pool: 20n, network: 0n, groups: { entity: "y", client: "agave" } },
  { name: "d", pool: 0n, network: 600n, groups: { entity: "z", client: "jito" } },
];

describe("measure", () => {
  const { measured, poolStake, listedStake, networkStake } = measure(HOLDINGS, 2_000n);
  const of = (dimension: string) => measured.find((one) => one.dimension === dimension)!;

  it("measures operators and every dimension, of the pool and of the network", () => {
    expect(measured.map(({ dimension }) => dimension)).to.deep.equal(["operator", "entity", "client"]);
    // The vector of research/allocation.md §10.
    expect(of("operator").pool).to.deep.equal(decentralisation([50n, 30n, 20n]));
    expectClose(of("operator").pool!.hhi, 3_800, 1e-9);
    expect(of("operator").network).to.deep.equal(decentralisation([100n, 300n, 600n]));
    expect(of("entity").pool).to.deep.equal(decentralisation([80n, 20n]));
    expect(of("entity").network).to.deep.equal(decentralisation([400n, 600n]));
    expect([poolStake, listedStake, networkStake]).to.deep.equal([100n, 1_000n, 2_000n]);
  });

  it("puts who names no group into one of those", () => {
    expect(of("client").shares).to.deep.equal([
      { name: "jito", pool: 0.5, network: 0.7 },
      { name: "none", pool: 0.3, network: 0.3 },
      { name: "agave", pool: 0.2, network: 0 },
    ]);
  });

  it("knows vectors: a hundred equal ones, and six", () => {
    const holdingsOf = (stakes: readonly bigint[]) =>
      stakes.map((pool, index) => ({ name: `${index}`, pool, network: pool, groups: {} }));
    const [equal] = measure(holdingsOf(Array.from({ length: 100 }, () => 7n)), null).measured;
    const [six] = measure(holdingsOf([240n, 180n, 220n, 40n, 110n, 210n]), null).measured;

    expect(equal!.pool).to.deep.include({
      holders: 100,
      gini: 0,
      nakamotoThird: 34,
      nakamotoHalf: 51,
      nakamotoTwoThirds: 67,
    });
    expectClose(equal!.pool!.entropy, 6.6439, 1e-4);
    expectClose(six!.pool!.hhi, 1_962, 1e-9);
    expectClose(six!.pool!.gini, 0.2267, 1e-4);
    expectClose(six!.pool!.entropy, 2.4289, 1e-4);
    expect(six!.pool!.nakamotoThird).to.equal(2);
  });

  it("has no measures of a pool that holds nothing", () => {
    const [operators] = measure(
      HOLDINGS.map((holding) => ({ ...holding, pool: 0n })),
      null,
    ).measured;

    expect(operators!.pool).to.equal(null);
    expect(operators!.network.holders).to.equal(3);
  });

  it("is told as a table", () => {
    const lines = renderMeasurement(measure(HOLDINGS, 2_000n));

    expect(lines).to.include("operators, with stake of the pool  4, 3");
    expect(lines).to.include("the pool's part of their stake     10.00 %");
    expect(lines).to.include("their part of the network's stake  50.00 %");
    expect(lines).to.include(
      "per operator, pool           3  3800.0        2.6  0.200     1.49             1    2    2  50.00 %",
    );
    expect(lines.some((line) => /^entity +x +80\.00 % +40\.00 %$/.test(line))).to.equal(true);
    expect(renderMeasurement(measure(HOLDINGS, null))).to.include("their part of the network's stake  not known");
  });
});

describe("holdings", () => {
  const content = "who,ours,all,region\na,5,9,EU\nb,0,7,\n";
  const columns = { id: "who", pool: "ours", network: "all", dimensions: ["region"] };

  it("come from any file with a row per operator", () => {
    expect(holdingsOfCsv(content, columns)).to.deep.equal([
      { name: "a", pool: 5n, network: 9n, groups: { region: "EU" } },
      { name: "b", pool: 0n, network: 7n, groups: {} },
    ]);
    expect(holdingsOfCsv(content, { ...columns, pool: null }).map(({ pool }) => pool)).to.deep.equal([0n, 0n]);
  });

  it("come from known files without being told the columns", () => {
    const epoch = syntheticSolanaEpoch(20, 1);
    const known = knownColumns(epoch)!;
    const holdings = holdingsOfCsv(epoch, known);

    expect(known.pool).to.equal("pool_stake_lamports");
    expect(holdings).to.have.lengthOf(20);
    expect(Object.keys(holdings[0]!.groups)).to.deep.equal(["country", "aso", "client"]);
    expect(knownColumns(content)).to.equal(null);
  });

  it("come from an epoch of a series", () => {
    const operators = [{ id: "a", poolStake: 5n, counters: { stake: 9n }, groups: { client: "jito" } }];

    expect(holdingsOfReport({ operators } as never)).to.deep.equal([
      { name: "a", pool: 5n, network: 9n, groups: { client: "jito" } },
    ]);
  });

  it("come from a lens, without tombstones, by the registry's dimensions", () => {
    const view = (id: bigint, state: bigint, groups: bigint) => ({
      id,
      operator: { state, groups },
      position: { position: 10n * id },
      snapshot: { others: 3n },
    });
    const reading = { operators: [view(1n, 2n, 0x05_00_00_07_02n), view(2n, 5n, 0n), view(3n, 3n, 0n)] };

    expect(holdingsOfLens(reading as never)).to.deep.equal([
      {
        name: "operator 1",
        pool: 10n,
        network: 13n,
        groups: { entity: "group 2", jurisdiction: "group 7", tenure: "group 5" },
      },
      { name: "operator 3", pool: 30n, network: 33n, groups: {} },
    ]);
  });

  it("are refused, with line and column, when an operator occurs twice", () => {
    expect(refusalOf(() => holdingsOfCsv(`${content}a,1,1,\n`, columns))).to.equal(
      'Line 4, column "who" has "a" again.',
    );
    expect(refusalOf(() => holdingsOfCsv(content.replace("7", "-7"), columns))).to.equal(
      'Line 3, column "all" has "-7" where a whole number belongs.',
    );
  });
});
