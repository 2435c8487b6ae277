import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { BUGS, plant } from "../../src/deep/bugs.ts";

/** Numbers, names and campaigns in the table of docs/invariants.md. */
async function readRows(): Promise<string[]> {
  const lines = (await readFile("docs/invariants.md", "utf8")).split("\n");
  return lines.flatMap((line) => {
    const [, invariant = "", , name, campaign = ""] = line.split("|").map((cell) => cell.trim());
    return /^[IP]-\d+$/.test(invariant) && campaign !== "" ? [`${invariant} ${name} ${campaign}`] : [];
  });
}

describe("Seeded bugs", () => {
  for (const bug of BUGS) {
    it(`${bug.invariant}, "${bug.name}", fits`, async () => {
      const source = await readFile(bug.file, "utf8");

      expect(plant(bug, source)).not.to.equal(source);
    });
  }

  it("are refused when their text is not there, or twice", () => {
    const bug = { ...BUGS[0]!, find: "a", replace: "b", name: "b for a" };
    const refusal = `The bug "b for a" does not fit: its text is not in ${bug.file}, or not only once.`;

    expect(plant(bug, "cat")).to.equal("cbt");
    expect(() => plant(bug, "dog")).to.throw(refusal);
    expect(() => plant(bug, "abba")).to.throw(refusal);
  });

  it("are as docs/invariants.md lists them, each under a name of its own", async () => {
    expect(new Set(BUGS.map(({ name }) => name)).size).to.equal(BUGS.length);

    expect(await readRows()).to.deep.equal(BUGS.map((bug) => `${bug.invariant} ${bug.name} ${bug.campaign}`));
  });
});
