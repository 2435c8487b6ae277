/** Blocks whose logs are read. */
export interface Blocks {
  readonly firstBlock: number;
  readonly lastBlock: number;
  /** Blocks per question to the node. */
  readonly range?: number;
  readonly onProgress?: (block: number, last: number) => void;
}

const RANGE = 10_000;

/** What the questions of `ask` find, range after range, the oldest first. */
export async function inRanges<T>(
  { firstBlock, lastBlock, range = RANGE, onProgress }: Blocks,
  ask: (from: number, to: number) => Promise<T[]>[],
): Promise<T[]> {
  const found: T[] = [];
  for (let from = firstBlock; from <= lastBlock; from += range) {
    const to = Math.min(from + range - 1, lastBlock);
    found.push(...(await Promise.all(ask(from, to))).flat());
    onProgress?.(to, lastBlock);
  }
  return found;
}
