import { flag, parseCsv, type Row, wholeNumber } from "../data/csv.ts";
import { faultOfCounters, faultOfEpoch } from "./bounds.ts";
import { type Counters, type CounterSource, type EpochCounters, MissingEpoch } from "./types.ts";

/** What a file says, by epoch. */
export type Series = ReadonlyMap<bigint, EpochCounters>;

/** A file that is no series, and why, in a sentence. */
export class SeriesError extends Error {
  override readonly name = "SeriesError";
}

/** Columns of a CSV series: a row per epoch and operator; what belongs to the epoch stands in each of its rows. */
export const SERIES_COLUMNS = {
  epoch: wholeNumber,
  ref_block: wholeNumber,
  network_stake: wholeNumber,
  operator: wholeNumber,
  assigned: wholeNumber,
  done: wholeNumber,
  active: flag,
  commission_bps: wholeNumber,
  stake: wholeNumber,
  external: wholeNumber,
  reward: wholeNumber,
  slashed: wholeNumber,
} as const;

type SeriesRow = Row<typeof SERIES_COLUMNS>;

/** Reads a CSV series. Of every epoch all operators are there, from 1 on in order, in rows that follow each other. */
export function parseCsvSeries(content: string): Series {
  const series = new Map<bigint, { refBlock: bigint; networkStake: bigint; operators: Counters[] }>();
  let last: bigint | undefined;
  for (const [index, row] of parseCsv(content, SERIES_COLUMNS).entries()) {
    const { epoch, ref_block: refBlock, network_stake: networkStake, operator } = row;
    const where = `Line ${index + 2}`;
    if (epoch !== last && series.has(epoch)) throw new SeriesError(`${where}: epoch ${epoch} has ended before.`);
    last = epoch;
    const found = series.get(epoch) ?? { refBlock, networkStake, operators: [] };
    series.set(epoch, found);

    if (refBlock !== found.refBlock || networkStake !== found.networkStake) {
      throw new SeriesError(`${where}: reference block and network's stake differ from epoch ${epoch}'s first row.`);
    }
    const next = BigInt(found.operators.length) + 1n;
    if (operator !== next) throw new SeriesError(`${where}: operator ${operator} stands where ${next} belongs.`);
    const counters = countersOfRow(row);
    check(where, faultOfEpoch(found) ?? faultOfCounters(counters));
    found.operators.push(counters);
  }
  return series;
}

/**
 * Reads a JSON series: `{"epochs": [{"epoch", "refBlock", "networkStake", "operators": [{"assigned", "done", "active",
 * "commissionBps", "stake", "external", "reward", "slashed"}, …]}, …]}`. Whole numbers may be strings, and must be where
 * they exceed 2^53.
 */
export function parseJsonSeries(content: string): Series {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    throw new SeriesError("The series is not JSON.");
  }
  const series = new Map<bigint, EpochCounters>();
  for (const [index, entry] of listOf(parsed, "epochs", "The series").entries()) {
    const where = `Entry ${index + 1} of epochs`;
    const epoch = numberOf(entry, "epoch", where);
    if (series.has(epoch)) throw new SeriesError(`${where}: epoch ${epoch} has been before.`);
    const operators = listOf(entry, "operators", where).map((operator, k) => {
      const at = `Operator ${k + 1} of epoch ${epoch}`;
      const counters = countersOfEntry(operator, at);
      check(at, faultOfCounters(counters));
      return counters;
    });
    const found = {
      refBlock: numberOf(entry, "refBlock", where),
      networkStake: numberOf(entry, "networkStake", where),
      operators,
    };
    check(where, faultOfEpoch(found));
    series.set(epoch, found);
  }
  return series;
}

/** A source that knows what a series says. */
export function seriesSource(series: Series): CounterSource {
  return {
    countersOf: async (epoch) => {
      const found = series.get(epoch);
      if (found === undefined) throw new MissingEpoch(`The series has nothing of epoch ${epoch}.`);
      return found;
    },
  };
}

function countersOfRow(row: SeriesRow): Counters {
  return {
    assigned: row.assigned,
    done: row.done,
    active: row.active,
    commissionBps: row.commission_bps,
    stake: row.stake,
    external_: row.external,
    reward: row.reward,
    slashed: row.slashed,
  };
}

function countersOfEntry(entry: unknown, where: string): Counters {
  const active = fieldOf(entry, "active", where);
  if (typeof active !== "boolean") throw new SeriesError(`${where}: "active" is neither true nor false.`);
  const number = (name: string): bigint => numberOf(entry, name, where);
  return {
    assigned: number("assigned"),
    done: number("done"),
    active,
    commissionBps: number("commissionBps"),
    stake: number("stake"),
    external_: number("external"),
    reward: number("reward"),
    slashed: number("slashed"),
  };
}

function fieldOf(holder: unknown, name: string, where: string): unknown {
  const isObject = typeof holder === "object" && holder !== null;
  if (!isObject || !Object.hasOwn(holder, name)) throw new SeriesError(`${where} has no "${name}".`);
  return (holder as Record<string, unknown>)[name];
}

function listOf(holder: unknown, name: string, where: string): readonly unknown[] {
  const list = fieldOf(holder, name, where);
  if (!Array.isArray(list)) throw new SeriesError(`${where}: "${name}" is not a list.`);
  return list;
}

function numberOf(holder: unknown, name: string, where: string): bigint {
  const value = fieldOf(holder, name, where);
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  try {
    if (typeof value === "string") return wholeNumber(value);
  } catch {
    // Said below, with the place.
  }
  throw new SeriesError(`${where}: "${name}" is not a whole number.`);
}

function check(where: string, fault: string | null): void {
  if (fault !== null) throw new SeriesError(`${where} ${fault}.`);
}
