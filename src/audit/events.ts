/** The contracts whose logs tell the whole story. */
export type Source = "MetaPool" | "Allocator" | "OperatorRegistry";

/** A decoded log. Amounts in `args` are bigint, in wei or shares; `timestamp` is its block's, in seconds. */
export interface LogEvent {
  readonly source: Source;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly block: number;
  readonly index: number;
  readonly timestamp: bigint;
}

/** Something that the logs say and a promise forbids. */
export interface Finding {
  readonly promise: "P1" | "P2" | "P3" | "P5" | "P6" | "P7";
  readonly message: string;
  /** Block of the log that shows it; null if the end state does. */
  readonly block: number | null;
}

/** A number argument of a log. @throws if it is not there: the logs are not those of this version. */
export function amount(event: LogEvent, name: string): bigint {
  const value = event.args[name];
  if (typeof value === "bigint") return value;
  throw new Error(`${event.source}.${event.name} in block ${event.block} has no amount "${name}"`);
}

/** An address or text argument of a log. @throws if it is not there. */
export function text(event: LogEvent, name: string): string {
  const value = event.args[name];
  if (typeof value === "string") return value;
  throw new Error(`${event.source}.${event.name} in block ${event.block} has no text "${name}"`);
}

/** A struct argument of a log. @throws if it is not there. */
export function struct(event: LogEvent, name: string): Readonly<Record<string, unknown>> {
  const value = event.args[name];
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new Error(`${event.source}.${event.name} in block ${event.block} has no struct "${name}"`);
}

export function field(record: Readonly<Record<string, unknown>>, name: string): bigint {
  const value = record[name];
  if (typeof value === "bigint") return value;
  throw new Error(`a logged struct has no amount "${name}"`);
}
