import type { Row } from "./csv.ts";
import {
  checkRising,
  count,
  CsvError,
  flag,
  lineOf,
  oneOf,
  optionalCount,
  optionalWholeNumber,
  parseCsv,
  text,
  wholeNumber,
} from "./csv.ts";
import { byEpoch, checkOrder } from "./epochs.ts";

/** Software that a validator runs, as far as it is known. */
const CLIENTS = ["agave", "jito", "firedancer", "unknown"] as const;

/** Columns of `solana-series-652-681.csv`, in the file's order; `data/README.md` says what each means. */
export const SOLANA_SERIES_COLUMNS = {
  epoch: count,
  id: text,
  stake_lamports: wholeNumber,
  credits: wholeNumber,
  commission_bps: wholeNumber,
  bond_lamports: optionalWholeNumber,
  eligible: flag,
  pool_stake_lamports: wholeNumber,
  mev_commission_bps: optionalWholeNumber,
  country_code: text,
  aso_code: text,
  client: oneOf(...CLIENTS),
} as const;

/** Columns of `solana-epochs-652-681.csv`: what the source says of each epoch as a whole. */
export const SOLANA_EPOCH_COLUMNS = {
  epoch: count,
  snapshot_slot: count,
  rows: count,
  eligible_rows: count,
  stake_sum_lamports: wholeNumber,
  network_total_lamports: wholeNumber,
  pool_stake_sum_lamports: wholeNumber,
  pool_tvl_auction_lamports: wholeNumber,
  pool_tvl_votes_lamports: wholeNumber,
  max_credits: wholeNumber,
  median_credits: wholeNumber,
  rows_same_stake_as_previous: optionalCount,
} as const;

/** Columns of `solana-ids-641-681.csv`: who an id is. */
export const SOLANA_ID_COLUMNS = {
  id: text,
  vote_account: text,
  first_epoch: count,
  last_epoch: count,
  country: text,
  aso: text,
  client_version: text,
  client: oneOf(...CLIENTS),
} as const;

/** Columns of `solana-groups-641-681.csv`: what the codes of countries and hosting networks stand for. */
export const SOLANA_GROUP_COLUMNS = {
  code: text,
  kind: oneOf("country", "aso"),
  name: text,
  first_epoch: count,
} as const;

/** One validator in one epoch. Amounts in lamports, commissions in basis points. */
export type SeriesRow = Row<typeof SOLANA_SERIES_COLUMNS>;
/** One epoch as a whole. */
export type SeriesEpoch = Row<typeof SOLANA_EPOCH_COLUMNS>;
export type SeriesId = Row<typeof SOLANA_ID_COLUMNS>;
export type SeriesGroup = Row<typeof SOLANA_GROUP_COLUMNS>;

/** Contents of the four files of a series. */
export interface SeriesFiles {
  readonly series: string;
  readonly epochs: string;
  readonly ids: string;
  readonly groups: string;
}

/** What the four files of a series say. */
export interface SeriesParts {
  readonly rows: readonly SeriesRow[];
  readonly epochs: readonly SeriesEpoch[];
  readonly ids: readonly SeriesId[];
  readonly groups: readonly SeriesGroup[];
}

/** Everything known of one epoch. */
export interface EpochRows {
  readonly facts: SeriesEpoch;
  /** By rising id. */
  readonly rows: readonly SeriesRow[];
}

/** A series whose files agree on epochs, ids and codes. */
export interface SolanaSeries {
  /** By rising epoch. */
  readonly epochs: readonly EpochRows[];
  readonly ids: ReadonlyMap<string, SeriesId>;
  /** By code. */
  readonly groups: ReadonlyMap<string, SeriesGroup>;
}

/** Reads the rows of a series: by epoch, then by id, nobody twice in an epoch, no more of the pool's stake than there is. */
export function parseSeries(content: string): SeriesRow[] {
  const rows = parseCsv(content, SOLANA_SERIES_COLUMNS);
  checkOrder(rows);
  const above = rows.findIndex((row) => row.pool_stake_lamports > row.stake_lamports);
  if (above >= 0) throw new CsvError(lineOf(above), "pool_stake_lamports", "is more than the stake of all delegators");
  return rows;
}

/** Reads what a series says of its epochs. */
export function parseSeriesEpochs(content: string): SeriesEpoch[] {
  const rows = parseCsv(content, SOLANA_EPOCH_COLUMNS);
  checkRising(rows, "epoch", (first, second) => first.epoch < second.epoch);
  return rows;
}

/** Reads who the ids are. */
export function parseSeriesIds(content: string): SeriesId[] {
  const rows = parseCsv(content, SOLANA_ID_COLUMNS);
  checkRising(rows, "id", (first, second) => first.id < second.id);
  return rows;
}

/** Reads what the codes stand for. */
export function parseSeriesGroups(content: string): SeriesGroup[] {
  const rows = parseCsv(content, SOLANA_GROUP_COLUMNS);
  const again = rows.findIndex(({ code }, index) => rows.findIndex((other) => other.code === code) !== index);
  if (again >= 0) throw new CsvError(lineOf(again), "code", `has "${rows[again]!.code}" again`);
  return rows;
}

/** Reads the four files of a series. */
export function parseSeriesFiles({ series, epochs, ids, groups }: SeriesFiles): SeriesParts {
  return {
    rows: parseSeries(series),
    epochs: parseSeriesEpochs(epochs),
    ids: parseSeriesIds(ids),
    groups: parseSeriesGroups(groups),
  };
}

/** Puts the four files together. A row that another file knows nothing of is refused by its line in the series. */
export function joinSeries(parts: SeriesParts): SolanaSeries {
  const facts = new Map(parts.epochs.map((epoch) => [epoch.epoch, epoch]));
  const ids = new Map(parts.ids.map((id) => [id.id, id]));
  const groups = new Map(parts.groups.map((group) => [group.code, group]));

  parts.rows.forEach((row, index) => {
    const unknown = (column: keyof SeriesRow, file: string) =>
      new CsvError(lineOf(index), column, `has "${String(row[column])}", which the file of ${file} does not know`);
    if (!facts.has(row.epoch)) throw unknown("epoch", "epochs");
    if (!ids.has(row.id)) throw unknown("id", "ids");
    if (groups.get(row.country_code)?.kind !== "country") throw unknown("country_code", "groups");
    if (groups.get(row.aso_code)?.kind !== "aso") throw unknown("aso_code", "groups");
  });
  const epochs = [...byEpoch(parts.rows)].map(([epoch, rows]) => ({ facts: facts.get(epoch)!, rows }));
  return { epochs, ids, groups };
}
