import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { readTestReport, writeTestReport } from "../../src/report/tests.ts";

describe("report of the tests", () => {
  it("says what was written, and nothing before", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trellis-"));
    const file = join(folder, "new", "tests.json");

    expect(await readTestReport(file)).to.equal(null);
    await writeTestReport({ passed: true, seconds: 321 }, file);
    expect(await readTestReport(file)).to.deep.equal({ passed: true, seconds: 321 });

    await rm(folder, { recursive: true });
  });
});
