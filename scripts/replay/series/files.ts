import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { Failure } from "../../../src/cli/failure.ts";
import { CsvError } from "../../../src/data/csv.ts";
import {
  joinSeries,
  parseSeries,
  parseSeriesEpochs,
  parseSeriesGroups,
  parseSeriesIds,
} from "../../../src/data/solanaSeries.ts";
import type { SeriesFiles } from "../../../src/data/syntheticSeries.ts";
import type { EpochReport } from "../../../src/reports/epoch.ts";
import { solanaReports } from "../../../src/reports/sources/solana.ts";

/** Where the other files of a series are, if not beside it. */
export interface FurtherFiles {
  readonly epochsFile?: string;
  readonly idsFile?: string;
  readonly groupsFile?: string;
}

/** Whether a file is a series: a row per epoch and account. */
export function isSeries(content: string): boolean {
  return content.startsWith("epoch,");
}

/** Reads a series with its epochs, ids and groups, which lie beside it under names of the same kind unless said otherwise. */
export function readSeriesFiles(path: string, content: string, further: FurtherFiles): readonly EpochReport[] {
  const beside = (kind: string, given: string | undefined): { path: string; content: string } => {
    const found = given ?? findBeside(path, kind);
    if (!existsSync(found)) throw new Failure(`There is no file ${found}, which the series needs.`);
    return { path: found, content: readFileSync(found, "utf8") };
  };
  const epochs = beside("epochs", further.epochsFile);
  const ids = beside("ids", further.idsFile);
  const groups = beside("groups", further.groupsFile);
  return reportsOf({
    rows: parse(path, () => parseSeries(content)),
    epochs: parse(epochs.path, () => parseSeriesEpochs(epochs.content)),
    ids: parse(ids.path, () => parseSeriesIds(ids.content)),
    groups: parse(groups.path, () => parseSeriesGroups(groups.content)),
    path,
  });
}

/** The reports of a series that was made up. */
export function reportsOfFiles({ series, epochs, ids, groups }: SeriesFiles): readonly EpochReport[] {
  return reportsOf({
    rows: parseSeries(series),
    epochs: parseSeriesEpochs(epochs),
    ids: parseSeriesIds(ids),
    groups: parseSeriesGroups(groups),
    path: "the made-up series",
  });
}

function reportsOf({ path, ...parts }: Parameters<typeof joinSeries>[0] & { readonly path: string }) {
  return [...solanaReports(parse(path, () => joinSeries(parts)))];
}

/** `solana-series-652-681.csv` lies beside `solana-epochs-….csv`; of several the last by name is taken. */
function findBeside(path: string, kind: string): string {
  const folder = dirname(path);
  const [prefix] = path.slice(folder.length + 1).split("series");
  const found = readdirSync(folder)
    .filter((name) => name.startsWith(`${prefix ?? ""}${kind}-`) && name.endsWith(".csv"))
    .sort()
    .at(-1);
  if (found === undefined) {
    throw new Failure(`No file ${prefix ?? ""}${kind}-….csv lies beside ${path}: name it with --${kind}-file.`);
  }
  return join(folder, found);
}

function parse<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof CsvError) throw new Failure(`${path}: ${error.message}`);
    throw error;
  }
}
