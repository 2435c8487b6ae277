import { parseNearUptime } from "../data/near.ts";
import { joinSeries, parseSeries, parseSeriesEpochs, parseSeriesGroups, parseSeriesIds } from "../data/solanaSeries.ts";
import type { EpochReport } from "../reports/epoch.ts";
import { parseCsvSeries, parseJsonSeries } from "../reports/series.ts";
import { nearReports } from "../reports/sources/near.ts";
import { oracleReports } from "../reports/sources/oracle.ts";
import { solanaReports } from "../reports/sources/solana.ts";
import { explained, readFileWith, siblingOf } from "./files.ts";

/** Reads a series of any kind that is known, all of it, or null when the file is none. */
export function readReports(file: string): EpochReport[] | null {
  const content = readFileWith(file, (text) => text);
  if (file.endsWith(".json")) return explained(file, () => oracleReports(parseJsonSeries(content)));

  const header = content.split("\n", 1)[0]!.split(",");
  return explained(file, () => {
    if (header.includes("blocks_expected")) return [...nearReports(parseNearUptime(content))];
    if (header.includes("assigned")) return oracleReports(parseCsvSeries(content));
    if (!header.includes("country_code")) return null;
    return [
      ...solanaReports(
        joinSeries({
          rows: parseSeries(content),
          epochs: readFileWith(siblingOf(file, "solana-epochs-"), parseSeriesEpochs),
          ids: readFileWith(siblingOf(file, "solana-ids-"), parseSeriesIds),
          groups: readFileWith(siblingOf(file, "solana-groups-"), parseSeriesGroups),
        }),
      ),
    ];
  });
}
