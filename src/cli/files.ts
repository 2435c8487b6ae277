import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { CsvError } from "../data/csv.ts";
import { SeriesError } from "../reports/series.ts";
import { Failure } from "./failure.ts";

/** Reads a file by its parser; what is wrong with it is one sentence that begins with its name. */
export function readFileWith<T>(file: string, parse: (content: string) => T): T {
  if (!existsSync(file)) throw new Failure(`There is no file ${file}.`);
  const content = readFileSync(file, "utf8");
  return explained(file, () => parse(content));
}

/** Says of which file a refusal is. */
export function explained<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isRefusal = error instanceof CsvError || error instanceof SeriesError;
    if (isRefusal) throw new Failure(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

/**
 * The file of another kind that belongs to a series: `solana-epochs-652-681.csv` to `solana-series-652-681.csv`; if none has
 * its range, the last by name.
 */
export function siblingOf(file: string, kind: string): string {
  const [folder, name] = [path.dirname(file), path.basename(file)];
  const [prefix, range] = name.includes("series") ? name.split("series") : ["", ""];
  const names = readdirSync(folder);
  const last = names
    .filter((each) => each.startsWith(`${prefix}${kind}-`) && each.endsWith(".csv"))
    .sort()
    .at(-1);
  const sibling = names.find((each) => each === `${prefix}${kind}${range}`) ?? last;
  if (sibling === undefined) throw new Failure(`No file ${prefix}${kind}-*.csv lies beside ${file}.`);
  return path.join(folder, sibling);
}
