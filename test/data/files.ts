import { existsSync, readFileSync } from "node:fs";

const DATA = new URL("../../../shared/data/", import.meta.url);

/** The recorded files, which are not published: a test that needs one skips where it is absent. */
export const RECORDED = {
  epoch650: "solana-epoch-650.csv",
  series: "solana-series-652-681.csv",
  epochs: "solana-epochs-652-681.csv",
  ids: "solana-ids-641-681.csv",
  groups: "solana-groups-641-681.csv",
  near: "near-uptime-000-299.csv",
} as const;

type Recorded = keyof typeof RECORDED;

/** Where a recorded file is, or would be. */
export function recordedPath(file: Recorded): URL {
  return new URL(RECORDED[file], DATA);
}

/** Contents of recorded files, or null when one of them is absent. */
export function readRecorded<Names extends Recorded>(...files: readonly Names[]): Record<Names, string> | null {
  if (!files.every((file) => existsSync(recordedPath(file)))) return null;
  return Object.fromEntries(files.map((file) => [file, readFileSync(recordedPath(file), "utf8")])) as Record<
    Names,
    string
  >;
}
