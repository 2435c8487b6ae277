import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Command } from "commander";

import type { CommandFactory } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import { renderTable } from "../cli/table.ts";
import { hasForge, runForge } from "../coverage/forge.ts";
import { type Coverage, openBranches, parseLcov, uncoveredLines } from "../coverage/lcov.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TRACE = path.join(ROOT, "coverage/lcov.info");
const FOLDER = path.join(ROOT, "reports/coverage");
/** Of the invariant campaigns: as many as forge plays of them. */
const TRELLIS_RUNS = "16";
const LEFT_OUT = /^contracts\/(mocks|interfaces)\//;

interface Options {
  readonly reuse: boolean;
  readonly json: boolean;
}

interface Row {
  readonly file: string;
  readonly lines: number;
  readonly uncovered: readonly number[];
  /** Lines with a branch that the Solidity tests alone do not take both ways. */
  readonly branches: readonly number[];
}

/** Lines that all tests reach, and branches that the Solidity tests take. */
export const coverageCommand: CommandFactory = (world) =>
  new Command("coverage")
    .description("Says which lines of the contracts no test reaches, and which branches no Solidity test takes.")
    .option("--reuse", "the lines of the last run instead of running all tests again", false)
    .option("--json", "as JSON", false)
    .action((options: Options) => {
      if (!options.reuse) {
        world.err("Running all tests, with the lines counted: two to three times as long as npm test.");
        runTests();
      } else if (!existsSync(TRACE)) throw new Failure("There is no last run: leave --reuse out.");
      const lines = parseLcov(readFileSync(TRACE, "utf8"));

      if (hasForge()) world.err("Running the Solidity tests under forge for the branches.");
      else world.err("There is no forge for this platform: no branches.");
      const rows = rowsOf(lines, hasForge() ? runForge(FOLDER) : (new Map() as Coverage));

      if (options.json) world.out(JSON.stringify(rows, null, 2));
      else renderRows(rows).forEach(world.out);
    });

/** Gas and sizes are larger with the lines counted, so the tests of them fail: what counts is that there is a trace. */
function runTests(): void {
  rmSync(TRACE, { force: true });
  const env = { TRELLIS_RUNS, ...process.env };
  spawnSync("hardhat", ["test", "--coverage"], { cwd: ROOT, env, stdio: ["ignore", 2, "inherit"] });
  if (!existsSync(TRACE)) throw new Failure("The tests did not run: no lines were counted.");
}

function rowsOf(lines: Coverage, branches: Coverage): Row[] {
  return [...lines]
    .filter(([file]) => file.startsWith("contracts/") && !LEFT_OUT.test(file))
    .map(([file, coverage]) => ({
      file,
      lines: coverage.lines.size,
      uncovered: uncoveredLines(coverage),
      branches: branches.has(file) ? openBranches(branches.get(file)!) : [],
    }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

function renderRows(rows: readonly Row[]): string[] {
  return renderTable(
    ["contract", "lines", "never run", "branches open to Solidity tests"],
    rows.map(({ file, lines, uncovered, branches }) => [
      file,
      String(lines),
      uncovered.join(", "),
      branches.join(", "),
    ]),
    [1],
  );
}
