import { setTimeout as sleep } from "node:timers/promises";

import { Failure } from "../cli/failure.ts";
import { faultOf, messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

export interface RepeatOptions {
  /** Who repeats, for the log. */
  readonly job: string;
  readonly log: Log;
  /** The pause after a first cycle that failed, in seconds; doubled after each further one. */
  readonly pollSeconds: number;
  /** Ends the repetition after the cycle at hand. */
  readonly signal?: AbortSignal;
}

/** How mistakes in the program show. A fetch that fails does so, too, but that is a fault of the node. */
const MISTAKES = [TypeError, RangeError, ReferenceError, SyntaxError];
/** Longest pause after failed cycles, in seconds. */
const MOST_BACK_OFF = 600;

/** One cycle after the other, each of which says how many seconds to wait after it. Ends only when told to. */
export async function repeat(cycle: () => Promise<number>, options: RepeatOptions): Promise<void> {
  const { job, log, pollSeconds, signal } = options;
  let failures = 0;
  while (signal?.aborted !== true) {
    let pause: number;
    try {
      pause = await cycle();
      failures = 0;
    } catch (error) {
      if (isLasting(error)) throw error;
      failures += 1;
      pause = Math.min(pollSeconds * 2 ** (failures - 1), MOST_BACK_OFF);
      log({ level: "warn", job, message: "a cycle failed", fields: { reason: messageOf(error), pause } });
    }
    await sleep(pause * 1_000, undefined, { signal }).catch(() => undefined);
  }
}

/** Whether no waiting mends it: a wrong deployment, what somebody has to put right, a mistake in the program. */
function isLasting(error: unknown): boolean {
  if (error instanceof Failure) return true;
  return faultOf(error) === "unknown" && MISTAKES.some((mistake) => error instanceof mistake);
}
