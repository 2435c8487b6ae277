import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { Command } from "commander";

import { parseCount } from "../cli/amounts.ts";
import type { CommandFactory, World } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import { renderTable } from "../cli/table.ts";
import { type Finding, prove } from "../proofs/prover.ts";

const FOLDER = fileURLToPath(new URL("../../test/proofs/", import.meta.url));
const LIMIT = "300";

interface Options {
  readonly only?: string;
  readonly timeout: string;
  readonly json: boolean;
}

interface Row extends Finding {
  readonly file: string;
}

/** Proves the laws of test/proofs by machine. */
export const proveCommand: CommandFactory = (world) =>
  new Command("prove")
    .description("Lets a solver prove the laws of rounding, of losses and of levels for all inputs below 2^96.")
    .option("--only <file>", "the laws of one file of test/proofs, such as Rounding")
    .option("--timeout <seconds>", "for one question to the solver", LIMIT)
    .option("--json", "as JSON", false)
    .action((options: Options) => {
      const sources = readSources();
      const seconds = parseCount(options.timeout);
      const rows = filesToProve(sources, options.only).flatMap((file) => proveFile(world, sources, file, seconds));

      if (options.json) world.out(JSON.stringify(rows, null, 2));
      else renderRows(rows).forEach(world.out);
      const open = rows.filter(({ verdict }) => verdict !== "proved");
      if (open.length > 0) throw new Failure(`Not proved: ${open.map(({ law }) => law).join(", ")}.`);
      world.err(`All ${rows.length} laws are proved.`);
    });

function readSources(): Record<string, string> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".sol") && !file.endsWith(".t.sol"));
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(FOLDER, file), "utf8")]));
}

/** Files with contracts; the libraries that they use have nothing to prove. */
function filesToProve(sources: Record<string, string>, only: string | undefined): string[] {
  const files = Object.keys(sources)
    .filter((file) => /^contract /m.test(sources[file]!))
    .map((file) => basename(file, ".sol"));
  if (only === undefined) return files;
  if (!files.includes(only)) throw new Failure(`There is no ${only} in test/proofs: there are ${files.join(", ")}.`);
  return [only];
}

function proveFile(world: World, sources: Record<string, string>, file: string, seconds: number): Row[] {
  const start = Date.now();
  const say = (text: string) =>
    world.err(`${((Date.now() - start) / 1_000).toFixed(0).padStart(4)} s  ${file}: ${text}`);
  const findings = prove(sources, file, {
    seconds,
    progress: (questions) => {
      if (questions % 10 === 0) say(`${questions} questions answered`);
    },
  });
  say(`${findings.filter(({ verdict }) => verdict === "proved").length} of ${findings.length} laws proved`);
  return findings.map((finding) => ({ file, ...finding }));
}

function renderRows(rows: readonly Row[]): string[] {
  const table = renderTable(
    ["file", "law", "verdict"],
    rows.map(({ file, law, verdict }) => [file, law, verdict]),
  );
  return [
    ...table,
    ...rows.flatMap(({ open }) => ["", ...open.flatMap((text) => text.trimEnd().split("\n"))]).filter(Boolean),
  ];
}
