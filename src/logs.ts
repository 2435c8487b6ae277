import { answerOf, isBusy, isPassing } from "./keeper/errors.ts";
import { DEFAULT_PATIENCE, type Patience, withRetries } from "./keeper/retry.ts";

/** Blocks whose logs are read. */
export interface Blocks {
  readonly firstBlock: number;
  readonly lastBlock: number;
  /** Blocks per question to the node, as long as it answers. */
  readonly range?: number;
  readonly patience?: Patience;
  readonly onProgress?: (block: number, last: number) => void;
}

const RANGE = 10_000;

/**
 * What the questions of `ask` find, range after range, the oldest first. What a node refuses is asked for in halves, and
 * no wider range from then on.
 */
export async function inRanges<T>(
  { firstBlock, lastBlock, range = RANGE, patience = DEFAULT_PATIENCE, onProgress }: Blocks,
  ask: (from: number, to: number) => Promise<T[]>[],
): Promise<T[]> {
  const found: T[] = [];
  let blocks = range;
  for (let from = firstBlock; from <= lastBlock;) {
    const to = Math.min(from + blocks - 1, lastBlock);
    try {
      found.push(...(await withRetries(patience, () => Promise.all(ask(from, to)), isPassing)).flat());
      onProgress?.(to, lastBlock);
      from = to + 1;
    } catch (error) {
      if (from === to || answerOf(error) === null || isBusy(error)) throw error;
      blocks = Math.ceil((to - from + 1) / 2);
    }
  }
  return found;
}
