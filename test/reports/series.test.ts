import { expect } from "chai";

import { CsvError } from "../../src/data/csv.ts";
import {
  parseCsvSeries,
  parseJsonSeries,
  SERIES_COLUMNS,
  SeriesError,
  seriesSource,
} from "../../src/reports/series.ts";
import { MissingEpoch } from "../../src/reports/types.ts";
import { refusalOf } from "../fixtures/refusal.ts";

const HEADER = Object.keys(SERIES_COLUMNS).join();
const FIRST = {
  assigned: 100n,
  done: 98n,
  active: true,
  commissionBps: 500n,
  stake: 2n ** 95n,
  external_: 7n,
  reward: 5n,
  slashed: 0n,
};
const SECOND = { ...FIRST, done: 0n, active: false, stake: 0n, reward: 0n, slashed: 3n };
const SERIES = new Map([
  [4n, { refBlock: 90n, networkStake: 1_000n, operators: [FIRST, SECOND] }],
  [5n, { refBlock: 190n, networkStake: 1_001n, operators: [FIRST] }],
]);

const ROWS = [
  `4,90,1000,1,100,98,1,500,${2n ** 95n},7,5,0`,
  "4,90,1000,2,100,0,0,500,0,7,0,3",
  `5,190,1001,1,100,98,1,500,${2n ** 95n},7,5,0`,
];

const OPERATOR = {
  assigned: 100,
  done: 98,
  active: true,
  commissionBps: 500,
  stake: (2n ** 95n).toString(),
  external: 7,
  reward: 5,
  slashed: "0",
};
const EPOCHS = [
  {
    epoch: 4,
    refBlock: 90,
    networkStake: "1000",
    operators: [OPERATOR, { ...OPERATOR, done: 0, active: false, stake: 0, reward: 0, slashed: 3 }],
  },
  { epoch: 5, refBlock: 190, networkStake: 1001, operators: [OPERATOR] },
];

/** What a parser says of a text. */
function complaint(parse: (content: string) => unknown, content: string): string {
  try {
    parse(content);
  } catch (error) {
    if (error instanceof SeriesError || error instanceof CsvError) return error.message;
    throw error;
  }
  return "";
}

const csv = (...rows: string[]) => complaint(parseCsvSeries, [HEADER, ...rows, ""].join("\n"));
const json = (value: unknown) => complaint(parseJsonSeries, JSON.stringify(value));

/** The first row with one field changed. */
function row(changes: Partial<Record<keyof typeof SERIES_COLUMNS, string>>): string {
  const fields = ROWS[0]!.split(",");
  return Object.keys(SERIES_COLUMNS)
    .map((name, index) => changes[name as keyof typeof SERIES_COLUMNS] ?? fields[index]!)
    .join();
}

describe("Series of counters", () => {
  it("are the same from CSV and from JSON", () => {
    expect(parseCsvSeries([HEADER, ...ROWS, ""].join("\n"))).to.deep.equal(SERIES);
    expect(parseJsonSeries(JSON.stringify({ epochs: EPOCHS }))).to.deep.equal(SERIES);
  });

  it("may have no epoch", () => {
    expect(parseCsvSeries(`${HEADER}\n`).size).to.equal(0);
    expect(parseJsonSeries('{"epochs": []}').size).to.equal(0);
  });

  it("are a source that knows their epochs, and no other", async () => {
    const source = seriesSource(SERIES);
    expect(await source.countersOf(5n)).to.equal(SERIES.get(5n));
    expect(await refusalOf(source.countersOf(6n))).to.equal("The series has nothing of epoch 6.");
    await source.countersOf(6n).catch((error: unknown) => expect(error).to.be.instanceOf(MissingEpoch));
  });

  describe("from CSV are refused", () => {
    for (const [why, rows, sentence] of [
      ["without their first operator", [row({ operator: "2" })], "Line 2: operator 2 stands where 1 belongs."],
      ["with a gap", [ROWS[0]!, row({ operator: "3" })], "Line 3: operator 3 stands where 2 belongs."],
      ["with an operator twice", [ROWS[0]!, ROWS[0]!], "Line 3: operator 1 stands where 2 belongs."],
      ["when an epoch comes again", [ROWS[0]!, ROWS[2]!, ROWS[1]!], "Line 4: epoch 4 has ended before."],
      [
        "when the reference block changes within an epoch",
        [ROWS[0]!, ROWS[1]!.replace("90", "91")],
        "Line 3: reference block and network's stake differ from epoch 4's first row.",
      ],
      [
        "when the network's stake changes within an epoch",
        [ROWS[0]!, ROWS[1]!.replace("1000", "1001")],
        "Line 3: reference block and network's stake differ from epoch 4's first row.",
      ],
      ["with more done than assigned", [row({ done: "101" })], "Line 2 has 101 duties done of 100 assigned."],
      [
        "with a commission above 100 %",
        [row({ commission_bps: "10001" })],
        "Line 2 has 10001 for commissionBps, which is from 0 to 10000.",
      ],
      [
        "with an amount that the contract cannot hold",
        [row({ reward: (2n ** 96n).toString() })],
        `Line 2 has ${2n ** 96n} for reward, which is from 0 to ${2n ** 96n - 1n}.`,
      ],
      [
        "with more duties than the contract can hold",
        [row({ assigned: "4294967296" })],
        "Line 2 has 4294967296 for assigned, which is from 0 to 4294967295.",
      ],
      [
        "with a reference block that no chain reaches",
        [row({ ref_block: (2n ** 64n).toString() })],
        `Line 2 has ${2n ** 64n} for its reference block.`,
      ],
      [
        "with a network's stake that the contract cannot hold",
        [row({ network_stake: (2n ** 96n).toString() })],
        `Line 2 has ${2n ** 96n} for the network's stake.`,
      ],
      [
        "with something else than a number",
        [row({ stake: "1e18" })],
        'Line 2, column "stake" has "1e18" where a whole number belongs.',
      ],
      ["with a field that is empty", [row({ slashed: "" })], 'Line 2, column "slashed" is empty.'],
      ["with a flag that is none", [row({ active: "yes" })], 'Line 2, column "active" has "yes" where 0 or 1 belongs.'],
    ] as const) {
      it(why, () => {
        expect(csv(...rows)).to.equal(sentence);
      });
    }

    it("without a column", () => {
      expect(complaint(parseCsvSeries, `${HEADER.replace(",slashed", "")}\n`)).to.equal(
        'Line 1, column "slashed" is missing from the header.',
      );
    });
  });

  describe("from JSON are refused", () => {
    const withOperator = (changes: object) => ({
      epochs: [{ ...EPOCHS[1], operators: [{ ...OPERATOR, ...changes }] }],
    });
    for (const [why, value, sentence] of [
      ["without epochs", {}, 'The series has no "epochs".'],
      ["when they are a list", [], 'The series has no "epochs".'],
      ["when they are nothing", null, 'The series has no "epochs".'],
      ["when epochs are no list", { epochs: {} }, 'The series: "epochs" is not a list.'],
      ["when an epoch is none", { epochs: [7] }, 'Entry 1 of epochs has no "epoch".'],
      ["with an epoch twice", { epochs: [EPOCHS[0], EPOCHS[0]] }, "Entry 2 of epochs: epoch 4 has been before."],
      ["without operators", { epochs: [{ epoch: 4 }] }, 'Entry 1 of epochs has no "operators".'],
      ["without a reference block", { epochs: [{ epoch: 4, operators: [] }] }, 'Entry 1 of epochs has no "refBlock".'],
      [
        "with a negative number",
        { epochs: [{ ...EPOCHS[0], refBlock: -1 }] },
        "Entry 1 of epochs has -1 for its reference block.",
      ],
      [
        "with a number that JSON does not hold exactly",
        withOperator({ stake: 1e20 }),
        'Operator 1 of epoch 5: "stake" is not a whole number.',
      ],
      ["with a fraction", withOperator({ reward: 1.5 }), 'Operator 1 of epoch 5: "reward" is not a whole number.'],
      ["with a word", withOperator({ reward: "much" }), 'Operator 1 of epoch 5: "reward" is not a whole number.'],
      [
        "with a flag that is none",
        withOperator({ active: 1 }),
        'Operator 1 of epoch 5: "active" is neither true nor false.',
      ],
      ["without a counter", withOperator({ slashed: undefined }), 'Operator 1 of epoch 5 has no "slashed".'],
      [
        "with more done than assigned",
        withOperator({ done: 101 }),
        "Operator 1 of epoch 5 has 101 duties done of 100 assigned.",
      ],
    ] as const) {
      it(why, () => {
        expect(json(value)).to.equal(sentence);
      });
    }

    it("when it is not JSON at all", () => {
      expect(complaint(parseJsonSeries, HEADER)).to.equal("The series is not JSON.");
    });
  });
});
