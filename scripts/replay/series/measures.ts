import { type Addressable, getAddress } from "ethers";

import { type Cause, causeOf } from "../../../src/scoring/types.ts";
import type { SeriesStage } from "./stage.ts";

/** What became of an operator, and why. */
export interface Measure {
  readonly name: string;
  readonly what: "drained" | "drain refused" | "put on watch" | "watch lifted" | "readmitted";
  /** Why, if it is not for clean reports. The allocator watches who lost much between two rounds. */
  readonly cause: Cause | "loss" | null;
}

const EVENTS = {
  OperatorDrained: "drained",
  DrainRefused: "drain refused",
  OperatorWatched: "put on watch",
  WatchLifted: "watch lifted",
  OperatorReadmitted: "readmitted",
} as const satisfies Record<string, Measure["what"]>;

const MOST_NAMES = 8;

/**
 * What was done since a block: by reports, as the scores log it, and by the allocator, whose watches the registry alone logs.
 * The scores say what they do before the registry does it.
 */
export async function measuresSince({ trellis, actors }: SeriesStage, block: number): Promise<Measure[]> {
  const { scores, registry, connection } = trellis;
  const [scoresAt, registryAt] = await Promise.all([addressOf(scores), addressOf(registry)]);
  const topics = [
    ...Object.keys(EVENTS).map((name) => scores.interface.getEvent(name as keyof typeof EVENTS).topicHash),
    registry.interface.getEvent("WatchChanged").topicHash,
  ];
  const logs = await connection.ethers.provider.getLogs({
    address: [scoresAt, registryAt],
    topics: [topics],
    fromBlock: block,
  });
  const measures: Measure[] = [];
  const byReport = new Set<string>();
  for (const log of logs) {
    const isOfScores = getAddress(log.address) === scoresAt;
    const { name, args } = (isOfScores ? scores : registry).interface.parseLog(log)!;
    const [id] = args.toArray() as [bigint];
    const operator = actors[Number(id) - 1]!.name;
    const key = `${log.transactionHash} ${id}`;
    if (isOfScores) {
      const what = EVENTS[name as keyof typeof EVENTS];
      const cause = args.toObject().cause as bigint | undefined;
      measures.push({ name: operator, what, cause: cause === undefined ? null : causeOf(cause) });
      byReport.add(key);
    } else if (args.watch === true && !byReport.has(key)) {
      measures.push({ name: operator, what: "put on watch", cause: "loss" });
    }
  }
  return measures;
}

async function addressOf(contract: Addressable): Promise<string> {
  return getAddress(await contract.getAddress());
}

/** The measures of an epoch, a line for each sort and cause. */
export function measuresInWords(measures: readonly Measure[]): string[] {
  const sorts = new Map<string, string[]>();
  for (const { name, what, cause } of measures) {
    const sort = cause === null ? what : `${what} (${wordsOf(cause)})`;
    sorts.set(sort, [...(sorts.get(sort) ?? []), name]);
  }
  return [...sorts].map(([sort, names]) => `${sort}: ${namesInWords(names)}`);
}

/** `doubtfulSlash` as "doubtful slash". */
function wordsOf(cause: string): string {
  return cause.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** At most eight names, then how many more. */
export function namesInWords(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
