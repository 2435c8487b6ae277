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

/** The one file beside another whose name begins with `prefix`. */
export function siblingOf(file: string, prefix: string): string {
  const folder = path.dirname(file);
  const found = readdirSync(folder).filter((name) => name.startsWith(prefix) && name.endsWith(".csv"));
  if (found.length !== 1) {
    throw new Failure(`There has to be one file ${prefix}*.csv beside ${file}, and there are ${found.length}.`);
  }
  return path.join(folder, found[0]!);
}
