import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Command } from "commander";

import type { CommandFactory } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import { renderTable } from "../cli/table.ts";
import { hasForge, runForge } from "../coverage/forge.ts";
import { linesProvedByMutants, saveOpenBranches } from "../coverage/branches.ts";
import { type Coverage, openBranches, parseLcov, uncoveredLines } from "../coverage/lcov.ts";
import { Store } from "../mutation/store.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TRACE = path.join(ROOT, "coverage/lcov.info");
const FOLDER = path.join(ROOT, "reports/coverage");
/** Of the invariant campaigns: as many as forge plays of them. */
const TRELLIS_RUNS = "16";
const LEFT_OUT = /^contracts\/(mocks|interfaces)\//;

interface Options {
  readonly reuse: boolean;
  readonly store: string;
  readonly json: boolean;
}

interface Row {
  readonly file: string;
  readonly lines: number;
  readonly uncovered: readonly number[];
  /** Lines with a branch that the Solidity tests alone do not take both ways. */
  readonly branches: readonly number[];
  /** Those of them of which a mutant is not known to be killed either. */
  readonly open: readonly number[];
}

/** Lines that all tests reach, and branches that the Solidity tests take. */
export const coverageCommand: CommandFactory = (world) =>
  new Command("coverage")
    .description(
      "Says which lines of the contracts no test reaches, and which branches neither a Solidity test nor a mutant proves.",
    )
    .option("--reuse", "the lines of the last run instead of running all tests again", false)
    .option("--store <folder>", "where npm run mutate keeps its verdicts", "reports/mutation")
    .option("--json", "as JSON", false)
    .action((options: Options) => {
      if (!options.reuse) {
        world.err("Running all tests, with the lines counted: two to three times as long as npm test.");
        runTests();
      } else if (!existsSync(TRACE)) throw new Failure("There is no last run: leave --reuse out.");
      const lines = parseLcov(readFileSync(TRACE, "utf8"));

      if (hasForge()) world.err("Running the Solidity tests under forge for the branches.");
      else world.err("There is no forge for this platform: no branches.");
      const branches = hasForge() ? runForge(FOLDER) : (new Map() as Coverage);
      const rows = rowsOf(lines, branches, linesProvedByMutants(new Store(options.store)));
      saveOpenBranches(Object.fromEntries(rows.map((row) => [row.file, row.branches])));

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

function rowsOf(lines: Coverage, branches: Coverage, proved: (file: string, line: number) => boolean): Row[] {
  return [...lines]
    .filter(([file]) => file.startsWith("contracts/") && !LEFT_OUT.test(file))
    .map(([file, coverage]) => {
      const notTaken = branches.has(file) ? openBranches(branches.get(file)!) : [];
      return {
        file,
        lines: coverage.lines.size,
        uncovered: uncoveredLines(coverage),
        branches: notTaken,
        open: notTaken.filter((line) => !proved(file, line)),
      };
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

function renderRows(rows: readonly Row[]): string[] {
  return renderTable(
    ["contract", "lines", "never run", "branches open to Solidity tests", "and to mutants"],
    rows.map(({ file, lines, uncovered, branches, open }) => [
      file,
      String(lines),
      uncovered.join(", "),
      String(branches.length),
      open.join(", "),
    ]),
    [1, 3],
  );
}
