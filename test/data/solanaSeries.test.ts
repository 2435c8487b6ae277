import { expect } from "chai";

import { sumOf } from "../../src/allocation/amounts.ts";
import {
  joinSeries,
  parseSeries,
  parseSeriesEpochs,
  parseSeriesFiles,
  parseSeriesGroups,
  parseSeriesIds,
  type SeriesFiles,
  type SeriesRow,
  SOLANA_SERIES_COLUMNS,
  type SolanaSeries,
} from "../../src/data/solanaSeries.ts";
import { syntheticSeries } from "../../src/data/syntheticSeries.ts";
import { readRecorded } from "./files.ts";
import { refusalOf, withField } from "./refusals.ts";

function join(files: SeriesFiles): SolanaSeries {
  return joinSeries(parseSeriesFiles(files));
}

describe("a series of epochs", () => {
  const files = syntheticSeries(30, 5, 3);

  describe("made up", () => {
    it("is the same for the same seed, and another for another", () => {
      expect(syntheticSeries(30, 5, 3)).to.deep.equal(files);
      expect(syntheticSeries(30, 5, 4)).to.not.deep.equal(files);
    });

    it("has the columns of the recorded one, five epochs, and who comes later or misses one", () => {
      const { epochs, ids } = join(files);

      expect(files.series.split("\n")[0]).to.equal(Object.keys(SOLANA_SERIES_COLUMNS).join(","));
      expect(epochs.map(({ facts }) => facts.epoch)).to.deep.equal([652, 653, 654, 655, 656]);
      expect(ids.size).to.equal(30);
      expect(epochs[0]!.rows.length).to.be.lessThan(30);
      expect(new Set(epochs.map(({ rows }) => rows.length)).size).to.be.greaterThan(1);
    });

    it("says of its epochs what its rows add up to", () => {
      for (const { facts, rows } of join(files).epochs) {
        expect(facts.rows).to.equal(rows.length);
        expect(facts.stake_sum_lamports).to.equal(sumOf(rows.map((row) => row.stake_lamports)));
        expect(facts.pool_stake_sum_lamports).to.equal(sumOf(rows.map((row) => row.pool_stake_lamports)));
        expect(facts.max_credits <= BigInt(facts.snapshot_slot)).to.equal(true);
      }
    });

    it("has the flaws that were asked for", () => {
      const flaws = { repeated: [653], poolStakeMissing: [654], placesUnknown: [655] };
      const [first, repeated, missing, unknown] = join(syntheticSeries(30, 5, 3, flaws)).epochs;
      const stakes = (rows: readonly SeriesRow[]) => rows.map((row) => [row.id, row.stake_lamports]);

      expect(stakes(repeated!.rows)).to.deep.equal(stakes(first!.rows));
      expect(repeated!.facts.rows_same_stake_as_previous).to.equal(repeated!.rows.length);
      expect(missing!.facts.pool_stake_sum_lamports * 4n).to.be.closeTo(
        missing!.facts.pool_tvl_auction_lamports * 3n + missing!.facts.pool_tvl_votes_lamports * 3n,
        missing!.facts.pool_tvl_auction_lamports / 10n,
      );
      expect(unknown!.rows.filter((row) => row.country_code === "c05")).to.have.lengthOf(
        Math.ceil(unknown!.rows.length / 5),
      );
    });
  });

  describe("refuses, with line and column,", () => {
    const [, , third] = files.series.split("\n");
    const cases: [string, () => unknown, string][] = [
      [
        "an epoch that is no number",
        () => parseSeries(withField(files.series, 3, "epoch", "now")),
        'Line 3, column "epoch" has "now" where a whole number belongs.',
      ],
      [
        "an epoch that no number holds",
        () => parseSeries(withField(files.series, 3, "epoch", "90071992547409930")),
        'Line 3, column "epoch" has "90071992547409930" where a small whole number belongs.',
      ],
      [
        "an account that occurs twice in an epoch",
        () => parseSeries(files.series.replace(third!, `${third}\n${third}`)),
        `Line 4, column "id" has "${third!.split(",")[1]}" again, or out of order.`,
      ],
      [
        "epochs that go backwards",
        () => parseSeries(withField(files.series, 2, "epoch", "653")),
        `Line 3, column "id" has "${third!.split(",")[1]}" again, or out of order.`,
      ],
      [
        "a client that is not known",
        () => parseSeries(withField(files.series, 2, "client", "geth")),
        'Line 2, column "client" has "geth" where one of agave, jito, firedancer, unknown belongs.',
      ],
      [
        "more of the pool's stake than there is stake",
        () => parseSeries(withField(files.series, 2, "pool_stake_lamports", (10n ** 20n).toString())),
        'Line 2, column "pool_stake_lamports" is more than the stake of all delegators.',
      ],
      [
        "an epoch that occurs twice",
        () => parseSeriesEpochs(withField(files.epochs, 3, "epoch", "652")),
        'Line 3, column "epoch" has "652" again, or out of order.',
      ],
      [
        "an id that occurs twice",
        () => parseSeriesIds(withField(files.ids, 3, "id", "v0001")),
        'Line 3, column "id" has "v0001" again, or out of order.',
      ],
      [
        "a code that occurs twice",
        () => parseSeriesGroups(withField(files.groups, 4, "code", "c01")),
        'Line 4, column "code" has "c01" again.',
      ],
      [
        "a kind of group that is not known",
        () => parseSeriesGroups(withField(files.groups, 4, "kind", "city")),
        'Line 4, column "kind" has "city" where one of country, aso belongs.',
      ],
      [
        "an epoch that another file does not know",
        () => join({ ...files, epochs: withField(files.epochs, 2, "epoch", "651") }),
        'Line 2, column "epoch" has "652", which the file of epochs does not know.',
      ],
      [
        "an id that another file does not know",
        () => join({ ...files, ids: withField(files.ids, 2, "id", "v0000") }),
        'Line 2, column "id" has "v0001", which the file of ids does not know.',
      ],
      [
        "a country that another file does not know",
        () => join({ ...files, series: withField(files.series, 4, "country_code", "c99") }),
        'Line 4, column "country_code" has "c99", which the file of groups does not know.',
      ],
      [
        "a country where a network belongs",
        () => join({ ...files, series: withField(files.series, 4, "aso_code", "c01") }),
        'Line 4, column "aso_code" has "c01", which the file of groups does not know.',
      ],
    ];
    for (const [title, parse, message] of cases) {
      it(title, () => {
        expect(refusalOf(parse)).to.equal(message);
      });
    }
  });

  it("is read, where it is recorded, to its check sums", function () {
    const recorded = readRecorded("series", "epochs", "ids", "groups");
    if (recorded === null) this.skip();
    const { epochs, ids, groups } = join(recorded);
    const rows = epochs.flatMap((epoch) => epoch.rows);
    const sum = (amount: (row: SeriesRow) => bigint | null): bigint => sumOf(rows.map((row) => amount(row) ?? 0n));

    expect(rows).to.have.lengthOf(43_416);
    expect(epochs.map(({ facts }) => facts.epoch)).to.deep.equal(Array.from({ length: 30 }, (_, index) => 652 + index));
    expect(sum((row) => row.stake_lamports)).to.equal(11_505_482_162_523_480_629n);
    expect(sum((row) => row.pool_stake_lamports)).to.equal(213_556_492_075_397_057n);
    expect(sum((row) => row.bond_lamports)).to.equal(535_226_247_215_833n);
    expect(sum((row) => row.credits)).to.equal(1_833_157_973n);
    expect(rows.filter((row) => row.eligible)).to.have.lengthOf(16_557);
    expect(rows.filter((row) => row.bond_lamports === null)).to.have.lengthOf(26_348);
    expect(rows.filter((row) => row.mev_commission_bps === null)).to.have.lengthOf(9_025);
    expect(rows.filter((row) => row.client === "firedancer")).to.have.lengthOf(22);
    expect(new Set(rows.map((row) => row.id)).size).to.equal(1_615);
    expect(ids.size).to.equal(1_682);
    expect([...groups.values()].filter(({ kind }) => kind === "country")).to.have.lengthOf(42);
    expect([...groups.values()].filter(({ kind }) => kind === "aso")).to.have.lengthOf(177);
    for (const { facts, rows } of epochs) {
      expect(facts.rows).to.equal(rows.length);
      expect(facts.eligible_rows).to.equal(rows.filter((row) => row.eligible).length);
      expect(facts.stake_sum_lamports).to.equal(sumOf(rows.map((row) => row.stake_lamports)));
    }
  });
});
