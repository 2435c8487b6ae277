import { CsvError } from "../../src/data/csv.ts";

/** What a file was refused with. */
export function refusalOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof CsvError) return error.message;
    throw error;
  }
  throw new Error("The file was accepted.");
}

/** A file with another value in one field. Lines count from 1, the header is line 1. */
export function withField(content: string, line: number, column: string, value: string): string {
  const lines = content.split("\n");
  const place = lines[0]!.split(",").indexOf(column);
  const fields = lines[line - 1]!.split(",");
  fields[place] = value;
  lines[line - 1] = fields.join(",");
  return lines.join("\n");
}
