import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { renderStates, statesJson } from "../../scripts/replay/states/print.ts";
import { playStates, type StatesReplay } from "../../scripts/replay/states/run.ts";
import { formatCsv } from "../../src/data/csv.ts";
import { NEAR_COLUMNS, parseNearUptime } from "../../src/data/near.ts";
import { nearReports } from "../../src/reports/sources/near.ts";
import { readRecorded, recordedPath } from "../data/files.ts";
import { runReplay } from "./command.ts";

const EPOCHS = 14;
/** It repeats the one before. */
const REPEATED = 6;
const SOUND = Array.from({ length: 11 }, (_, index) => `sound${String(index + 1).padStart(2, "0")}`);
const SETTINGS = { power: 4, epochsPerYear: 730, epochs: Infinity };

type Row = readonly (string | number)[];

/** Everyone produces all of 100 blocks, but "short" only half of them in epochs 2 and 3, and "gone" is not there after 8. */
function rowsOf(epoch: number): Row[] {
  const source = epoch === REPEATED ? epoch - 1 : epoch;
  return ["gone", "short", ...SOUND]
    .filter((id) => id !== "gone" || epoch <= 8)
    .sort()
    .map((id, index) => {
      const produced = id === "short" && (epoch === 2 || epoch === 3) ? 50 : 100;
      return [epoch, 10_000 * (epoch + 1), id, `${1_000 + index + 2 * source}${"0".repeat(24)}`, produced, 100, 0];
    });
}

function fileOf(epochs: readonly number[]): string {
  return formatCsv(Object.keys(NEAR_COLUMNS), epochs.flatMap(rowsOf));
}

function played(content: string): StatesReplay {
  return playStates([...nearReports(parseNearUptime(content))], SETTINGS);
}

const FILE = fileOf(Array.from({ length: EPOCHS }, (_, epoch) => epoch));

describe("replay of a series that knows no pool", () => {
  const { epochs, operators } = played(FILE);
  const of = (name: string) => operators.find((operator) => operator.name === name)!;
  const measures = epochs.flatMap(({ epoch, measures: own }) => own.map((measure) => ({ epoch, ...measure })));

  it("watches who fails its blocks, drains it the second time, and takes it back for six clean reports", () => {
    expect(measures).to.deep.equal([
      { epoch: 2, name: "short", what: "put on watch", cause: "duties" },
      { epoch: 3, name: "short", what: "drained", cause: "duties" },
      // Its reward of epoch 4 is twice as much as before, so it is only believed in 5; 6 does not say anything new.
      { epoch: 8, name: "short", what: "watch lifted", cause: null },
      { epoch: 11, name: "short", what: "readmitted", cause: null },
    ]);
    expect(epochs.map(({ watched, drained }) => `${watched} ${drained}`)).to.deep.equal([
      ...["0 0", "0 0", "1 0"],
      ...Array<string>(5).fill("1 1"),
      ...["0 1", "0 1", "0 1"],
      ...["0 0", "0 0", "0 0"],
    ]);
  });

  it("leaves alone who produces all of its blocks", () => {
    for (const name of SOUND) {
      expect(measures.some((measure) => measure.name === name)).to.equal(false);
      expect(of(name)).to.include({ isDrained: false, isWatched: false });
      expect(of(name).gates).to.deep.equal([]);
    }
  });

  it("scores everyone that was ever reported, and says why a score is 0", () => {
    expect(epochs.at(-1)).to.deep.include({ reported: 12, listed: 13, scored: 13 });
    expect(of("gone").gates).to.deep.equal(["delinquent"]);
    expect(of("gone").score).to.equal(0n);
  });

  it("moves a weight by a fifth in a report at most", () => {
    const [after] = played(fileOf([0])).operators.filter(({ name }) => name === "short");

    // A stake of a twelfth of the network is above the size that scores allow: all ask for 0.
    expect(after!.weight).to.equal(8_000n);
    expect(epochs.at(-1)!.weights.holders).to.equal(13);
  });

  it("does not score an epoch that says nothing new", () => {
    expect(epochs[REPEATED]).to.deep.include({ scored: 0, measures: [] });
    expect(epochs[REPEATED]!.faults).to.deep.equal(["the stakes of all 13 operators are those of the report before"]);
    expect(epochs.flatMap(({ faults }) => faults)).to.have.lengthOf(1);
  });

  it("is told as a table, an epoch or several in a line, and as JSON", () => {
    const replay = { epochs, operators };
    const single = renderStates(replay, 1);
    const stretches = renderStates(replay, 7);

    expect(single[1]).to.match(/^epoch {2}reported {2}listed {2}scored {2}on watch {2}drained {2}effective weights$/);
    expect(single.filter((line) => /^ +\d+ +1[23] +13 /.test(line))).to.have.lengthOf(EPOCHS);
    expect(single).to.include("epoch 3: drained (duties): short");
    expect(stretches).to.include("epoch 0 to 6: drained (duties): short");
    expect(stretches).to.include("epoch 7 to 13: readmitted: short");
    expect(single.at(-1)).to.equal(
      "14 epochs, 13 operators: put on watch 1 times and lifted 1, drained 1 and readmitted 1",
    );
    const parsed = JSON.parse(statesJson(replay)) as StatesReplay;
    expect(parsed.epochs[3]!.measures).to.deep.equal([{ name: "short", what: "drained", cause: "duties" }]);
    expect(parsed.operators).to.have.lengthOf(13);
  });

  describe("npm run replay", () => {
    let folder: string;
    let file: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "replay-"));
      file = join(folder, "near.csv");
      await writeFile(file, FILE);
    });
    after(() => rm(folder, { recursive: true }));

    it("plays such a file without a chain", async () => {
      const { code, out, err } = await runReplay(file, "--epochs", "10", "--every", "5");

      expect({ code, err }).to.deep.equal({ code: 0, err: [] });
      expect(out.filter((line) => /^\d+ to \d+ /.test(line.trim()))).to.have.lengthOf(2);
      expect(out.at(-1)).to.match(/^10 epochs, 13 operators: /);
    });

    it("speaks JSON", async () => {
      const { code, out } = await runReplay(file, "--json");

      expect(code).to.equal(0);
      expect((JSON.parse(out.join("\n")) as StatesReplay).epochs).to.have.lengthOf(EPOCHS);
    });

    it("says in one sentence what is wrong with the file", async () => {
      const path = join(folder, "bad.csv");
      await writeFile(path, FILE.replace(",50,100,", ",101,100,"));
      const { code, out, err } = await runReplay(path);

      expect({ code, out }).to.deep.equal({ code: 1, out: [] });
      expect(err).to.deep.equal([`${path}: Line 29, column "blocks_produced" is more than was expected.`]);
    });
  });

  describe("as it was recorded", () => {
    let rows: ReturnType<typeof parseNearUptime>;
    let recorded: StatesReplay;

    before(function () {
      const files = readRecorded("near");
      if (files === null) this.skip();
      rows = parseNearUptime(files.near);
      recorded = played(files.near);
    });

    it("scores every epoch, as none is faulty", () => {
      expect(recorded.epochs).to.have.lengthOf(300);
      expect(recorded.operators).to.have.lengthOf(181);
      expect(recorded.epochs.every(({ faults, scored, listed }) => faults.length === 0 && scored === listed)).to.equal(
        true,
      );
    });

    it("drains for duties exactly who failed twice in three epochs while it was listed", () => {
      const failed = rows.map(
        ({ rows: own }) =>
          new Set(own.filter((row) => row.blocks_produced * 10n < row.blocks_expected * 7n).map(({ id }) => id)),
      );
      const isOut = new Set<string>();
      let drained = 0;
      for (const [index, { measures: own }] of recorded.epochs.entries()) {
        const out = new Set(own.filter(({ what }) => what === "drained").map(({ name }) => name));
        const expected = [...failed[index]!].filter(
          (id) => !isOut.has(id) && [1, 2].some((ago) => failed[index - ago]?.has(id) ?? false),
        );
        expect(
          own.filter(({ cause, what }) => what === "drained" && cause === "duties").map(({ name }) => name),
        ).to.have.members(expected);
        drained += out.size;
        out.forEach((id) => isOut.add(id));
        for (const { what, name } of own) if (what === "readmitted") isOut.delete(name);
      }
      expect(drained).to.be.greaterThan(200);
    });

    it("is played from the file", async () => {
      const { code, out } = await runReplay(fileURLToPath(recordedPath("near")), "--every", "100");

      expect(code).to.equal(0);
      expect(out.filter((line) => /^ *\d+ to \d+ /.test(line))).to.have.lengthOf(3);
    });
  });
});
