import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** How the last run of all tests went. */
export interface TestReport {
  readonly passed: boolean;
  readonly seconds: number;
}

/** Not in git: it is about this machine. */
const FILE = "reports/tests.json";

export async function writeTestReport(report: TestReport, file = FILE): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report)}\n`);
}

/** Null if all tests were never run here. */
export async function readTestReport(file = FILE): Promise<TestReport | null> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as TestReport;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
