/**
 * Plain CSV as `data/README.md` describes it: a header row, LF line ends, no quotes, no commas within a field, an empty
 * field for no value. Columns are found by their header, so their order and further columns do not matter.
 */

/** Turns a field into a value; throws a sentence that says what is wrong with it. */
export type Column<Value> = (field: string) => Value;

/** Names of the columns that are read, with what they become. */
export type Columns = Readonly<Record<string, Column<unknown>>>;

/** A row as the columns make it. */
export type Row<Described extends Columns> = {
  readonly [Name in keyof Described]: Described[Name] extends Column<infer Value> ? Value : never;
};

/** A file that does not have the shape that was asked for. Lines count from 1, the header is line 1. */
export class CsvError extends Error {
  override readonly name = "CsvError";
  readonly line: number;
  readonly column: string | null;

  constructor(line: number, column: string | null, fact: string) {
    super(column === null ? `Line ${line} ${fact}.` : `Line ${line}, column "${column}" ${fact}.`);
    this.line = line;
    this.column = column;
  }
}

const WHOLE_NUMBER = /^(0|[1-9][0-9]*)$/;

/** Text that has to be there. */
export const text: Column<string> = (field) => {
  if (field === "") throw new Error("is empty");
  return field;
};

/** Text, or null when the field is empty. */
export const optionalText: Column<string | null> = (field) => (field === "" ? null : field);

/** A whole number from 0 on, of any size. */
export const wholeNumber: Column<bigint> = (field) => {
  if (field === "") throw new Error("is empty");
  if (!WHOLE_NUMBER.test(field)) throw new Error(`has "${field}" where a whole number belongs`);
  return BigInt(field);
};

/** A whole number, or null when the field is empty: no value is not zero. */
export const optionalWholeNumber: Column<bigint | null> = (field) => (field === "" ? null : wholeNumber(field));

/** A whole number that is only counted with, such as an epoch: small enough to be exact as a number. */
export const count: Column<number> = (field) => {
  const number = Number(wholeNumber(field));
  if (!Number.isSafeInteger(number)) throw new Error(`has "${field}" where a small whole number belongs`);
  return number;
};

/** A whole number as `count`, or null when the field is empty. */
export const optionalCount: Column<number | null> = (field) => (field === "" ? null : count(field));

/** One of a few words. */
export function oneOf<Word extends string>(...words: readonly Word[]): Column<Word> {
  return (field) => {
    const word = words.find((known) => known === field);
    if (word === undefined) throw new Error(`has "${field}" where one of ${words.join(", ")} belongs`);
    return word;
  };
}

/** 1 for true, 0 for false. */
export const flag: Column<boolean> = (field) => {
  if (field !== "0" && field !== "1") throw new Error(`has "${field}" where 0 or 1 belongs`);
  return field === "1";
};

/** Reads the described columns of a file's content. */
export function parseCsv<Described extends Columns>(content: string, columns: Described): Row<Described>[] {
  const lines = content.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const header = lines.shift()?.split(",") ?? [];
  if (header.length === 0 || header[0] === "") throw new CsvError(1, null, "is not a header");

  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined) throw new CsvError(1, twice, "occurs twice");
  const places = Object.entries(columns).map(([name, column]) => {
    const index = header.indexOf(name);
    if (index < 0) throw new CsvError(1, name, "is missing from the header");
    return { name, column, index };
  });

  return lines.map((content, index) => {
    const line = lineOf(index);
    if (content.endsWith("\r")) throw new CsvError(line, null, "ends with a carriage return");
    const fields = content.split(",");
    if (fields.length !== header.length) {
      throw new CsvError(line, null, `has ${fields.length} fields where the header has ${header.length}`);
    }
    const row = places.map(({ name, column, index }) => [name, read(column, fields[index] ?? "", line, name)] as const);
    return Object.fromEntries(row) as Row<Described>;
  });
}

/** The line of a row, by its place among the rows. */
export function lineOf(index: number): number {
  return index + 2;
}

/** Refuses rows whose key does not rise from each to the next; `column` is where a reader should look. */
export function checkRising<Each>(
  rows: readonly Each[],
  column: keyof Each & string,
  isBefore: (first: Each, second: Each) => boolean,
): void {
  const index = rows.findIndex((row, place) => place > 0 && !isBefore(rows[place - 1]!, row));
  if (index >= 0) {
    throw new CsvError(lineOf(index), column, `has "${String(rows[index]![column])}" again, or out of order`);
  }
}

/** Writes rows as a file's content; null becomes an empty field. */
export function formatCsv(header: readonly string[], rows: readonly (readonly Field[])[]): string {
  const lines = rows.map((row) => row.map(formatField).join(","));
  return [header.join(","), ...lines, ""].join("\n");
}

/** What a field can be written from. */
type Field = string | bigint | number | boolean | null;

function formatField(value: Field): string {
  if (value === null) return "";
  return typeof value === "boolean" ? (value ? "1" : "0") : value.toString();
}

function read(column: Column<unknown>, field: string, line: number, name: string): unknown {
  try {
    return column(field);
  } catch (error) {
    throw new CsvError(line, name, error instanceof Error ? error.message : String(error));
  }
}
