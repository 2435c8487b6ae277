import { expect } from "chai";

import { sumOf } from "../../src/allocation/amounts.ts";
import { NEAR_COLUMNS, parseNearUptime } from "../../src/data/near.ts";
import { syntheticNearUptime } from "../../src/data/syntheticSeries.ts";
import { readRecorded } from "./files.ts";
import { refusalOf, withField } from "./refusals.ts";

describe("an uptime file", () => {
  const content = syntheticNearUptime(20, 12, 5);

  it("is made up the same for the same seed, with accounts that fall short and are put out", () => {
    const epochs = parseNearUptime(content);
    const seen = (id: string) => epochs.filter(({ rows }) => rows.some((row) => row.id === id)).length;

    expect(syntheticNearUptime(20, 12, 5)).to.equal(content);
    expect(content.split("\n")[0]).to.equal(Object.keys(NEAR_COLUMNS).join(","));
    expect(epochs.map(({ epoch }) => epoch)).to.deep.equal(Array.from({ length: 12 }, (_, epoch) => epoch));
    for (const { epoch, rows } of epochs.slice(0, -1)) {
      const short = rows.filter((row) => row.blocks_produced * 10n < row.blocks_expected * 9n).map((row) => row.id);
      const next = epochs[epoch + 1]!.rows.map((row) => row.id);
      expect(short.filter((id) => next.includes(id))).to.deep.equal([]);
    }
    expect(epochs[0]!.rows.some(({ id }) => seen(id) < 12)).to.equal(true);
  });

  it("is refused with line and column", () => {
    const again = content.split("\n")[1]!;
    expect(refusalOf(() => parseNearUptime(content.replace(again, `${again}\n${again}`)))).to.equal(
      'Line 3, column "id" has "node001.test" again, or out of order.',
    );
    expect(refusalOf(() => parseNearUptime(withField(content, 4, "blocks_produced", "9999")))).to.equal(
      'Line 4, column "blocks_produced" is more than was expected.',
    );
    expect(refusalOf(() => parseNearUptime(withField(content, 4, "is_slashed", "no")))).to.equal(
      'Line 4, column "is_slashed" has "no" where 0 or 1 belongs.',
    );
  });

  it("is read, where it is recorded, to its check sums", function () {
    const recorded = readRecorded("near");
    if (recorded === null) this.skip();
    const epochs = parseNearUptime(recorded.near);
    const rows = epochs.flatMap((epoch) => epoch.rows);

    expect(rows).to.have.lengthOf(23_936);
    expect(epochs.map(({ epoch }) => epoch)).to.deep.equal(Array.from({ length: 300 }, (_, epoch) => epoch));
    expect(sumOf(rows.map((row) => row.stake_yocto))).to.equal(2_695_391_283_026_666_486_653_744_299_254_276n);
    expect(sumOf(rows.map((row) => row.blocks_produced))).to.equal(2_706_321n);
    expect(sumOf(rows.map((row) => row.blocks_expected))).to.equal(3_003_123n);
    expect(new Set(rows.map((row) => row.id)).size).to.equal(181);
    expect(rows.filter((row) => row.is_slashed)).to.deep.equal([]);
    expect(rows.filter((row) => row.blocks_produced * 10n < row.blocks_expected * 9n)).to.have.lengthOf(2_625);
  });
});
