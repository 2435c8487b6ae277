import type { EpochReport } from "../epoch.ts";
import type { Series } from "../series.ts";

/** Reports from a series that members of the committee vote on: operators go by their ids in the registry. */
export function oracleReports(series: Series): EpochReport[] {
  return [...series]
    .sort(([first], [second]) => Number(first - second))
    .map(([epoch, { networkStake, operators }]) => ({
      epoch: Number(epoch),
      networkStake,
      operators: operators.map((counters, index) => ({
        id: (index + 1).toString(),
        counters,
        poolStake: counters.stake > counters.external_ ? counters.stake - counters.external_ : 0n,
        open: true,
        groups: {},
      })),
      faults: [],
    }));
}
