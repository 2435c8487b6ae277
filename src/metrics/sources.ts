import { CsvError, optionalText, parseCsv, text, wholeNumber } from "../data/csv.ts";
import { namedGroups, unpackGroups } from "../lens/dimensions.ts";
import type { LensReading } from "../lens/read.ts";
import type { EpochReport } from "../reports/epoch.ts";
import type { Holding } from "./measure.ts";

/** Which columns of a file say what. */
export interface HoldingColumns {
  readonly id: string;
  /** Null when the file knows of no pool. */
  readonly pool: string | null;
  readonly network: string;
  readonly dimensions: readonly string[];
}

/** Files that need not be told which columns are meant: the first whose columns are all there. */
const KNOWN: readonly HoldingColumns[] = [
  {
    id: "id",
    pool: "pool_stake_lamports",
    network: "stake_total_lamports",
    dimensions: ["country", "aso", "client"],
  },
  { id: "id", pool: null, network: "total_stake_planck", dimensions: ["entity"] },
];

const REMOVED = 5n;

/** The columns that a file of a known kind has, or null. */
export function knownColumns(content: string): HoldingColumns | null {
  const header = content.split("\n", 1)[0]!.split(",");
  return KNOWN.find((columns) => namesOf(columns).every((name) => header.includes(name))) ?? null;
}

/** Holdings from any file with a row per operator. */
export function holdingsOfCsv(content: string, columns: HoldingColumns): Holding[] {
  const { id, pool, network, dimensions } = columns;
  const rows = parseCsv(content, {
    ...Object.fromEntries(dimensions.map((name) => [name, optionalText])),
    [id]: text,
    [network]: wholeNumber,
    ...(pool === null ? {} : { [pool]: wholeNumber }),
  }) as Readonly<Record<string, string | bigint | null>>[];
  const seen = new Set<string>();
  return rows.map((row, index) => {
    const name = row[id] as string;
    if (seen.has(name)) throw new CsvError(index + 2, id, `has "${name}" again`);
    seen.add(name);
    return {
      name,
      pool: pool === null ? 0n : (row[pool] as bigint),
      network: row[network] as bigint,
      groups: Object.fromEntries(
        dimensions.flatMap((dimension) => (row[dimension] === null ? [] : [[dimension, row[dimension] as string]])),
      ),
    };
  });
}

/** Holdings of one epoch of a series. */
export function holdingsOfReport({ operators }: EpochReport): Holding[] {
  return operators.map(({ id, poolStake, counters, groups }) => ({
    name: id,
    pool: poolStake,
    network: counters.stake,
    groups,
  }));
}

/**
 * Holdings of a deployed pool: positions, and others' stake as the last round read it. A dimension in which nobody has a
 * group is left out.
 */
export function holdingsOfLens({ operators }: Pick<LensReading, "operators">): Holding[] {
  return operators
    .filter(({ operator }) => operator.state !== REMOVED)
    .map(({ id, operator, position, snapshot }) => ({
      name: `operator ${id}`,
      pool: position.position,
      network: position.position + snapshot.others,
      groups: namedGroups(unpackGroups(operator.groups), (group) => `group ${group}`),
    }));
}

function namesOf({ id, pool, network, dimensions }: HoldingColumns): string[] {
  return [id, network, ...dimensions, ...(pool === null ? [] : [pool])];
}
