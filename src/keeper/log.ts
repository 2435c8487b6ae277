/** What happened, as plain values; never a key, never an address of a node. */
export type Fields = Readonly<Record<string, bigint | number | string | boolean | null>>;

/** One thing that the keeper did, would do, or could not do. */
export interface LogEntry {
  readonly level: "info" | "warn";
  readonly job: string;
  readonly message: string;
  readonly fields: Fields;
}

export type Log = (entry: LogEntry) => void;

/** One line for people. */
export function toLine({ level, job, message, fields }: LogEntry): string {
  const values = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return [`${job}:`, ...(level === "warn" ? ["warning:"] : []), message, ...values].join(" ");
}

/** One line for machines; amounts are decimal strings. */
export function toJsonLine({ level, job, message, fields }: LogEntry): string {
  return toJson({ level, job, message, ...fields });
}

/** JSON with amounts as decimal strings. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? part.toString() : part), indent);
}
