import { parseNearUptime } from "../data/near.ts";
import { parseSeries, parseSeriesEpochs, parseSeriesGroups, parseSeriesIds } from "../data/solanaSeries.ts";
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
  /** Whether it says what a pool had, and in which groups: the others say what operators did, and nothing else. */
  readonly hasPool: boolean;
}

/** Where the other files of a Solana series are, if not beside it. */
export interface FurtherFiles {
  readonly epochsFile?: string;
  readonly idsFile?: string;
  readonly groupsFile?: string;
}

/** Of a chain whose epoch is a day, as the pool's own are. */
const DAYS = 365;

/** Reads a series of any kind that is known, all of it, or null when the file is none. */
export function readReports(file: string, further: FurtherFiles = {}): Recorded | null {
  const content = readFileWith(file, (text) => text);
  if (file.endsWith(".json")) return explained(file, () => ofOracle(oracleReports(parseJsonSeries(content))));

  const header = content.split("\n", 1)[0]!.split(",");
  return explained(file, () => {
    if (header.includes("assigned")) return ofOracle(oracleReports(parseCsvSeries(content)));
    if (header.includes("blocks_expected")) {
      const reports = [...nearReports(parseNearUptime(content))];
      return { reports, epochsPerYear: Number(NEAR_YIELD.epochs), hasPool: false };
    }
    if (!header.includes("country_code")) return null;
    const { epochsFile, idsFile, groupsFile } = further;
    const reports = solanaReports({
      rows: parseSeries(content),
      epochs: readFileWith(epochsFile ?? siblingOf(file, "epochs"), parseSeriesEpochs),
      ids: readFileWith(idsFile ?? siblingOf(file, "ids"), parseSeriesIds),
      groups: readFileWith(groupsFile ?? siblingOf(file, "groups"), parseSeriesGroups),
    });
    return { reports, epochsPerYear: Number(SOLANA_DEFAULTS.yearly.epochs), hasPool: true };
  });
}

function ofOracle(reports: readonly EpochReport[]): Recorded {
  return { reports, epochsPerYear: DAYS, hasPool: false };
}
