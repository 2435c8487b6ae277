import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { readTitles } from "./titles.ts";

interface Row {
  readonly id: string;
  readonly text: string;
}

/** `file` › title, as docs/attacks.md names a test. */
const NAME = /`([\w/-]+)` › (.+)/;

async function readRows(): Promise<Row[]> {
  const lines = (await readFile("docs/attacks.md", "utf8")).split("\n");
  return lines.flatMap((line) => {
    const [, id, , text] = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
    return /^[AFP]\d/.test(id ?? "") ? [{ id: id!, text: text! }] : [];
  });
}

function numbers(prefix: string, count: number, width = 1): string[] {
  return Array.from({ length: count }, (_, index) => prefix + String(index + 1).padStart(width, "0"));
}

describe("docs/attacks.md", () => {
  it("has each attack of the catalogue and each incident once, with a test or a reason", async () => {
    const rows = await readRows();

    expect(rows.map(({ id }) => id)).to.deep.equal([
      ...numbers("A", 90, 2),
      ...numbers("F1.", 19),
      ...numbers("P4.", 28),
    ]);
    for (const { id, text } of rows) expect(text.length, id).to.be.greaterThan(10);
  });

  it("names tests that exist, and only rows that exist", async () => {
    const [rows, titles] = await Promise.all([readRows(), readTitles()]);
    let names = 0;
    for (const { id, text } of rows) {
      for (const line of text.split("<br>")) {
        const [, file, title] = NAME.exec(line) ?? [];
        if (file !== undefined) {
          names += 1;
          expect(titles.get(file), `${id}: ${file}`).to.include(title!);
        }
        const elsewhere = /^the tests of (.+)$/.exec(line)?.[1]?.split(" and ") ?? [];
        for (const other of elsewhere) {
          expect(NAME.test(rows.find((row) => row.id === other)?.text ?? ""), `${id}: ${other}`).to.equal(true);
        }
      }
    }
    expect(names).to.be.greaterThan(90);
  });

  it("names every test of test/attacks, in the row of its number", async () => {
    const [rows, titles] = await Promise.all([readRows(), readTitles()]);
    for (const [file, own] of titles) {
      if (!file.startsWith("attacks/")) continue;
      for (const title of own) {
        const row = rows.find(({ id }) => title.startsWith(`${id} `));
        expect(row?.text.split("<br>"), title).to.include(`\`${file}\` › ${title}`);
      }
    }
  });
});
