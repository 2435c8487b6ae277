import { setTimeout as sleep } from "node:timers/promises";

import { faultOf } from "./errors.ts";

/** How often, and after how long, a node that does not answer is asked again. */
export interface Patience {
  readonly attempts: number;
  /** Before the second attempt, in milliseconds; doubled before each further one. */
  readonly backOff: number;
}

export const DEFAULT_PATIENCE: Patience = { attempts: 5, backOff: 500 };

/** Asks until the node answers. Only what `isPassing` is tried again: any fault of the node, unless said otherwise. */
export async function withRetries<T>(
  patience: Patience,
  ask: () => Promise<T>,
  isPassing = (error: unknown): boolean => faultOf(error) === "node",
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt >= patience.attempts || !isPassing(error)) throw error;
      // A random part, so that several keepers do not come back together.
      await sleep(patience.backOff * 2 ** (attempt - 1) * (0.75 + Math.random() / 2));
    }
  }
}
