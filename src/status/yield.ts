import type { Provider } from "ethers";

/** A yield, or why there is none to show. */
export type Yield =
  | { readonly days: number; readonly perYear: bigint; readonly reason: null }
  | { readonly days: number; readonly perYear: null; readonly reason: string };

/** Assets per share at a block, 1e18 fixed point. */
export type RateAt = (block: number) => Promise<bigint>;

const DAY = 86_400;
const YEAR = 365n * 86_400n;
/** One in the fixed point of rates and yields. */
const ONE = 10n ** 18n;

/** What a share gained in `seconds`, as a part of its price and for a whole year, 1e18 fixed point. */
export function yieldPerYear(then: bigint, now: bigint, seconds: bigint): bigint {
  return ((now - then) * ONE * YEAR) / (then * seconds);
}

/**
 * The yield of the last days, after fees: they are paid in shares, so the price has them taken off. Compares the price
 * of now with that of then, which the node must still know.
 */
export async function yieldOf(
  days: number,
  provider: Provider,
  rateAt: RateAt,
  firstBlock: number,
  lastBlock: number,
): Promise<Yield> {
  const last = await timeOf(provider, lastBlock);
  const first = await timeOf(provider, firstBlock);
  const start = last - days * DAY;
  if (first > start) {
    return { days, perYear: null, reason: `the pool is only ${Math.floor(((last - first) * 10) / DAY) / 10} days old` };
  }
  const block = await blockAt(provider, start, firstBlock, lastBlock);
  try {
    const [then, now] = await Promise.all([rateAt(block), rateAt(lastBlock)]);
    return { days, perYear: yieldPerYear(then, now, BigInt(last - (await timeOf(provider, block)))), reason: null };
  } catch {
    return { days, perYear: null, reason: "the node keeps no state that old" };
  }
}

/** The last block that is not after `timestamp`. */
export async function blockAt(provider: Provider, timestamp: number, first: number, last: number): Promise<number> {
  let [low, high] = [first, last];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((await timeOf(provider, middle)) <= timestamp) low = middle;
    else high = middle - 1;
  }
  return low;
}

async function timeOf(provider: Provider, block: number): Promise<number> {
  const { timestamp } = (await provider.getBlock(block)) ?? {};
  if (timestamp === undefined) throw new Error(`The node does not know block ${block}.`);
  return timestamp;
}
