import { chainTime, type KeeperContracts, providerOf } from "./contracts.ts";
import { newMemory } from "./memory.ts";
import { type KeeperOptions, withDefaults } from "./options.ts";
import { repeat } from "./repeat.ts";
import type { KeeperReport, SlashReport } from "./report.ts";
import { runOnce } from "./runOnce.ts";
import { settleOneJob } from "./slashes.ts";

export interface WatchOptions extends KeeperOptions {
  /** How often to look for slashes, exits and what other keepers left, in seconds. */
  readonly pollSeconds?: number;
  /** Ends the watch after the job at hand. */
  readonly signal?: AbortSignal;
  readonly onCycle?: (report: KeeperReport, slashes: SlashReport) => void;
}

const POLL_SECONDS = 60;

/** Runs again and again, one cycle after the other, and just after a round becomes due. Ends only when told to. */
export async function watch(contracts: KeeperContracts, options: WatchOptions = {}): Promise<void> {
  const remembering = { memory: newMemory(), ...options };
  const { log } = withDefaults(options);
  const { pollSeconds = POLL_SECONDS, signal, onCycle } = options;
  const cycle = async (): Promise<number> => {
    const report = await runOnce(contracts, remembering);
    onCycle?.(report, await settleOneJob(contracts, remembering));
    return pauseUntilDue(contracts, pollSeconds);
  };
  await repeat(cycle, { job: "watch", log, pollSeconds, ...(signal === undefined ? {} : { signal }) });
}

/** Seconds until there may be something to do, by the chain's clock. */
async function pauseUntilDue(contracts: KeeperContracts, pollSeconds: number): Promise<number> {
  const [now, nextRoundAt] = await Promise.all([chainTime(providerOf(contracts)), contracts.allocator.nextRoundAt()]);
  const left = Number(nextRoundAt - now) + 1;
  return Math.min(Math.max(left, 1), pollSeconds);
}
