import { setTimeout as sleep } from "node:timers/promises";

import { chainTime, type KeeperContracts, providerOf } from "./contracts.ts";
import { faultOf, messageOf } from "./errors.ts";
import { type KeeperOptions, withDefaults } from "./options.ts";
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
/** Longest pause after failed cycles, in seconds. */
const MOST_BACK_OFF = 600;

/** Runs again and again, one cycle after the other, and just after a round becomes due. Ends only when told to. */
export async function watch(contracts: KeeperContracts, options: WatchOptions = {}): Promise<void> {
  const { log } = withDefaults(options);
  const { pollSeconds = POLL_SECONDS, signal, onCycle } = options;
  let failures = 0;
  while (signal?.aborted !== true) {
    let pause = pollSeconds;
    try {
      const report = await runOnce(contracts, options);
      onCycle?.(report, await settleOneJob(contracts, options));
      failures = 0;
      pause = await pauseUntilDue(contracts, pollSeconds);
    } catch (error) {
      if (faultOf(error) === "unknown") throw error;
      failures += 1;
      pause = Math.min(pollSeconds * 2 ** (failures - 1), MOST_BACK_OFF);
      log({ level: "warn", job: "watch", message: "a cycle failed", fields: { reason: messageOf(error), pause } });
    }
    await sleep(pause * 1_000, undefined, { signal }).catch(() => undefined);
  }
}

/** Seconds until there may be something to do, by the chain's clock. */
async function pauseUntilDue(contracts: KeeperContracts, pollSeconds: number): Promise<number> {
  const [now, nextRoundAt] = await Promise.all([chainTime(providerOf(contracts)), contracts.allocator.nextRoundAt()]);
  const left = Number(nextRoundAt - now) + 1;
  return Math.min(Math.max(left, 1), pollSeconds);
}
