import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { RESTRICTIONS } from "../../src/roles.ts";

/** The rows of the tables of docs/roles.md: contract, function, role, notice. */
async function documented(): Promise<string[]> {
  const rows: string[] = [];
  let contract = "";
  for (const line of (await readFile("docs/roles.md", "utf8")).split("\n")) {
    contract = /^## (\w+)/.exec(line)?.[1] ?? contract;
    const [, name, role, notice] = /^\| `(\w+)` +\| (\w+) +\| (yes|no) +\|/.exec(line) ?? [];
    if (name !== undefined) rows.push(`${contract} ${name} ${role!} ${notice!}`);
  }

  return rows.sort();
}

/** The table of notice compares src/roles.ts with what the contracts do. */
describe("docs/roles.md", () => {
  it("has every restricted function with the role and notice of src/roles.ts, and no other", async () => {
    const rows = RESTRICTIONS.map(
      ({ contract, signature, role, notice }) =>
        `${contract} ${signature.slice(0, signature.indexOf("("))} ${role} ${notice ? "yes" : "no"}`,
    );

    expect(await documented()).to.deep.equal(rows.sort());
  });
});
