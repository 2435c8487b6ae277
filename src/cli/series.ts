import { parseNearUptime } from "../data/near.ts";
import { joinSeries, parseSeries, parseSeriesEpochs, parseSeriesGroups, parseSeriesIds } from "../data/solanaSeries.ts";
import type { EpochReport } from "../reports/epoch.ts";
import { parseCsvSeries, parseJsonSeries } from "../reports/series.ts";
import { NEAR_YIELD, nearReports } from "../reports/sources/near.ts";
import { oracleReports } from "../reports/sources/oracle.ts";
import { SOLANA_DEFAULTS, solanaReports } from "../reports/sources/solana.ts";
import { explained, readFileWith, siblingOf } from "./files.ts";

/** A series, and how long its epochs are. */
export interface Recorded {
  readonly reports: readonly EpochReport[];
  readonly epochsPerYear: number;
}

/** Of a chain whose epoch is a day, as the pool's own are. */
const DAYS = 365;

/** Reads a series of any kind that is known, all of it, or null when the file is none. */
export function readReports(file: string): Recorded | null {
  const content = readFileWith(file, (text) => text);
  if (file.endsWith(".json")) {
    return explained(file, () => ({ reports: oracleReports(parseJsonSeries(content)), epochsPerYear: DAYS }));
  }

  const header = content.split("\n", 1)[0]!.split(",");
  return explained(file, () => {
    if (header.includes("assigned")) return { reports: oracleReports(parseCsvSeries(content)), epochsPerYear: DAYS };
    if (header.includes("blocks_expected")) {
      return { reports: [...nearReports(parseNearUptime(content))], epochsPerYear: Number(NEAR_YIELD.epochs) };
    }
    if (!header.includes("country_code")) return null;
    const series = joinSeries({
      rows: parseSeries(content),
      epochs: readFileWith(siblingOf(file, "solana-epochs-"), parseSeriesEpochs),
      ids: readFileWith(siblingOf(file, "solana-ids-"), parseSeriesIds),
      groups: readFileWith(siblingOf(file, "solana-groups-"), parseSeriesGroups),
    });
    return { reports: [...solanaReports(series)], epochsPerYear: Number(SOLANA_DEFAULTS.yearly.epochs) };
  });
}
