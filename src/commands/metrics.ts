import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { type CommandFactory, inSession, placedCommand, type World } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import { readFileWith } from "../cli/files.ts";
import { readReports } from "../cli/series.ts";
import type { Place } from "../cli/session.ts";
import { toJson } from "../keeper/log.ts";
import { readLens } from "../lens/read.ts";
import { measure, type Measurement } from "../metrics/measure.ts";
import { renderMeasurement } from "../metrics/render.ts";
import { holdingsOfCsv, holdingsOfLens, holdingsOfReport, knownColumns } from "../metrics/sources.ts";
import { renderSpread } from "../report/spread.ts";
import type { EpochReport } from "../reports/epoch.ts";

interface Options extends Place {
  readonly csv?: string;
  readonly epoch?: string;
  readonly idColumn: string;
  readonly poolColumn?: string;
  readonly stakeColumn?: string;
  readonly by: string;
  readonly html?: string;
  readonly json: boolean;
}

/** What is measured, and what it is called. */
interface Subject {
  readonly title: string;
  readonly measurement: Measurement;
}

export const metricsCommand: CommandFactory = (world) =>
  placedCommand(
    "metrics",
    "Measures how evenly stake is spread, per operator and per group, of the pool and its network.",
  )
    .option("--csv <file>", "a file instead of a deployed pool: a series, an epoch, or any with a row per operator")
    .option("--epoch <number>", "of a series; its last, if left out")
    .option("--id-column <name>", "of a file of another kind: who", "id")
    .option("--pool-column <name>", "the pool's stake there, if any")
    .option("--stake-column <name>", "all stake there")
    .option("--by <columns>", "groups, columns with commas between", "")
    .option("--html <file>", "writes a page with charts, too")
    .option("--json", "as JSON, amounts in wei or in the file's unit", false)
    .action(async (options: Options) => {
      const { title, measurement } =
        options.csv === undefined ? await ofPool(world, options) : ofFile(options.csv, options);

      if (options.json) world.out(toJson({ title, ...measurement }, 2));
      else [title, "", ...renderMeasurement(measurement)].forEach(world.out);
      if (options.html !== undefined) writePage(world, options.html, title, measurement);
    });

function ofPool(world: World, options: Options): Promise<Subject> {
  if (options.epoch !== undefined) throw new Failure("Only a file has epochs: say --csv, too.");
  return inSession(world, options, async ({ contracts }) => {
    const reading = await readLens(contracts.lens);
    const { networkStake } = reading.pool.live;
    return {
      title: `The pool on ${options.network}, at block ${reading.block}`,
      measurement: measure(holdingsOfLens(reading), networkStake === 0n ? null : networkStake),
    };
  });
}

function ofFile(file: string, options: Options): Subject {
  const name = path.basename(file);
  const recorded = options.stakeColumn === undefined ? readReports(file) : null;
  if (recorded !== null) {
    const report = pickEpoch(recorded.reports, options.epoch, file);
    return {
      title: `${name}, epoch ${report.epoch}`,
      measurement: measure(holdingsOfReport(report), report.networkStake),
    };
  }
  if (options.epoch !== undefined) throw new Failure(`${file} has no epochs.`);
  return { title: name, measurement: measure(readHoldings(file, options), null) };
}

function pickEpoch(reports: readonly EpochReport[], epoch: string | undefined, file: string): EpochReport {
  const found = epoch === undefined ? reports.at(-1) : reports.find((report) => report.epoch.toString() === epoch);
  if (found === undefined) {
    throw new Failure(epoch === undefined ? `${file} has no rows.` : `${file} has no epoch ${epoch}.`);
  }
  return found;
}

function readHoldings(file: string, { idColumn, poolColumn, stakeColumn, by }: Options) {
  return readFileWith(file, (content) => {
    const dimensions = by === "" ? [] : by.split(",");
    const columns =
      stakeColumn === undefined
        ? knownColumns(content)
        : { id: idColumn, pool: poolColumn ?? null, network: stakeColumn, dimensions };
    if (columns === null) {
      throw new Failure(`It is not known which columns of ${file} are meant: say --stake-column, and --by for groups.`);
    }
    return holdingsOfCsv(content, columns);
  });
}

function writePage(world: World, file: string, title: string, measurement: Measurement): void {
  const library = readFileSync(fileURLToPath(import.meta.resolve("echarts/dist/echarts.min.js")), "utf8");
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, renderSpread(title, measurement, library));
  world.err(`Charts: ${file}`);
}
