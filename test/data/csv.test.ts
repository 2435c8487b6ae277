import { expect } from "chai";

import {
  CsvError,
  flag,
  formatCsv,
  optionalText,
  optionalWholeNumber,
  parseCsv,
  text,
  wholeNumber,
} from "../../src/data/csv.ts";

const COLUMNS = { id: text, stake: wholeNumber, bond: optionalWholeNumber, note: optionalText, eligible: flag };

function errorOf(content: string): { message: string; line: number; column: string | null } {
  try {
    parseCsv(content, COLUMNS);
  } catch (error) {
    if (error instanceof CsvError) return { message: error.message, line: error.line, column: error.column };
    throw error;
  }
  throw new Error("The file was accepted.");
}

describe("parseCsv", () => {
  it("finds columns by name, passes over others, and keeps empty apart from zero", () => {
    const content = "stake,extra,id,note,bond,eligible\n123456789012345678901234567890,x,a,,,1\n0,,b,hello,0,0\n";

    expect(parseCsv(content, COLUMNS)).to.deep.equal([
      { id: "a", stake: 123456789012345678901234567890n, bond: null, note: null, eligible: true },
      { id: "b", stake: 0n, bond: 0n, note: "hello", eligible: false },
    ]);
  });

  it("reads a file without a last line end, and one without rows", () => {
    expect(parseCsv("id\na", { id: text })).to.deep.equal([{ id: "a" }]);
    expect(parseCsv("id\n", { id: text })).to.deep.equal([]);
  });

  describe("refuses, with line and column,", () => {
    const header = "id,stake,bond,note,eligible";
    const cases: [string, string, { message: string; line: number; column: string | null }][] = [
      ["an empty file", "", { message: "Line 1 is not a header.", line: 1, column: null }],
      [
        "a missing column",
        "id,stake,note,eligible\n",
        { message: 'Line 1, column "bond" is missing from the header.', line: 1, column: "bond" },
      ],
      ["a column that occurs twice", `${header},id\n`, { message: 'Line 1, column "id" occurs twice.', line: 1, column: "id" }],
      [
        "a line that is too short",
        `${header}\na,1,2,,1\nb,1,2\n`,
        { message: "Line 3 has 3 fields where the header has 5.", line: 3, column: null },
      ],
      [
        "an empty line within the file",
        `${header}\n\na,1,2,,1\n`,
        { message: "Line 2 has 1 fields where the header has 5.", line: 2, column: null },
      ],
      [
        "what is not a whole number",
        `${header}\na,1,-2,,1\n`,
        { message: 'Line 2, column "bond" has "-2" where a whole number belongs.', line: 2, column: "bond" },
      ],
      ["an empty required number", `${header}\na,,2,,1\n`, { message: 'Line 2, column "stake" is empty.', line: 2, column: "stake" }],
      ["an empty required text", `${header}\n,1,2,,1\n`, { message: 'Line 2, column "id" is empty.', line: 2, column: "id" }],
      [
        "what is not a flag",
        `${header}\na,1,2,,yes\n`,
        { message: 'Line 2, column "eligible" has "yes" where 0 or 1 belongs.', line: 2, column: "eligible" },
      ],
      ["carriage returns", `${header}\na,1,2,,1\r\n`, { message: "Line 2 ends with a carriage return.", line: 2, column: null }],
    ];
    for (const [title, content, expected] of cases) {
      it(title, () => {
        expect(errorOf(content)).to.deep.equal(expected);
      });
    }

    it("numbers that are written another way", () => {
      for (const field of ["1.0", "1e3", "0x10", " 1", "01", "1_000"]) {
        expect(errorOf(`${header}\na,${field},2,,1\n`).column, field).to.equal("stake");
      }
    });
  });
});

describe("formatCsv", () => {
  it("writes what parseCsv reads", () => {
    const content = formatCsv(
      ["id", "stake", "bond", "note", "eligible"],
      [
        ["a", 10n ** 30n, null, null, true],
        ["b", 0n, 0n, "x", false],
      ],
    );

    expect(content).to.equal("id,stake,bond,note,eligible\na,1000000000000000000000000000000,,,1\nb,0,0,x,0\n");
    expect(parseCsv(content, COLUMNS)).to.have.lengthOf(2);
  });
});
