import type { SeriesStage } from "./stage.ts";

/** What reports did to an operator, and why. */
export interface Measure {
  readonly name: string;
  readonly what: "drained" | "drain refused" | "watched" | "watch lifted" | "readmitted";
  /** Why, if it is not for clean reports. */
  readonly cause: string | null;
}

/** As in IScores.Cause. */
const CAUSES = ["none", "strikes", "duties", "commission", "slash", "doubtful slash"] as const;

const EVENTS = {
  OperatorDrained: "drained",
  DrainRefused: "drain refused",
  OperatorWatched: "watched",
  WatchLifted: "watch lifted",
  OperatorReadmitted: "readmitted",
} as const satisfies Record<string, Measure["what"]>;

/** What reports did since a block, by the logs of the scores. */
export async function measuresSince({ trellis, actors }: SeriesStage, block: number): Promise<Measure[]> {
  const { provider } = trellis.connection.ethers;
  const { interface: codec } = trellis.scores;
  const topics = Object.keys(EVENTS).map((name) => codec.getEvent(name as keyof typeof EVENTS).topicHash);
  const logs = await provider.getLogs({
    address: await trellis.scores.getAddress(),
    topics: [topics],
    fromBlock: block,
  });
  return logs.map((log) => {
    const { name, args } = codec.parseLog(log)!;
    const [id, , cause] = args.toArray() as [bigint, bigint, bigint | undefined];
    return {
      name: actors[Number(id) - 1]!.name,
      what: EVENTS[name as keyof typeof EVENTS],
      cause: cause === undefined ? null : CAUSES[Number(cause)]!,
    };
  });
}
