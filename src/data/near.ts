import type { Row } from "./csv.ts";
import { count, CsvError, flag, lineOf, parseCsv, text, wholeNumber } from "./csv.ts";
import { byEpoch, checkOrder } from "./epochs.ts";

/** Columns of `near-uptime-000-299.csv`, in the file's order; `data/README.md` says what each means. */
export const NEAR_COLUMNS = {
  epoch: count,
  height: count,
  id: text,
  stake_yocto: wholeNumber,
  blocks_produced: wholeNumber,
  blocks_expected: wholeNumber,
  is_slashed: flag,
} as const;

/** One validator in one epoch. Stake in yocto, 10^24 of which are one NEAR. */
export type NearRow = Row<typeof NEAR_COLUMNS>;

/** One epoch of the set: its running index, not the chain's number. */
export interface NearEpoch {
  readonly epoch: number;
  /** By rising id; whoever fell short is put out for a time, so that ids come and go. */
  readonly rows: readonly NearRow[];
}

/** Reads an uptime file: by epoch, then by id, nobody twice in an epoch, no more blocks than were expected. */
export function parseNearUptime(content: string): NearEpoch[] {
  const rows = parseCsv(content, NEAR_COLUMNS);
  checkOrder(rows);
  const above = rows.findIndex((row) => row.blocks_produced > row.blocks_expected);
  if (above >= 0) throw new CsvError(lineOf(above), "blocks_produced", "is more than was expected");

  return [...byEpoch(rows)].map(([epoch, rows]) => ({ epoch, rows }));
}
