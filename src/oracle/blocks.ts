import type { Provider } from "ethers";

/** The last block before a time in seconds, by bisection; 0 if there is none. */
export async function lastBlockBefore(provider: Provider, timestamp: bigint): Promise<number> {
  const isBefore = async (number: number): Promise<boolean> => {
    const block = await provider.getBlock(number);
    return block !== null && BigInt(block.timestamp) < timestamp;
  };
  let before = 0;
  let after = (await provider.getBlockNumber()) + 1;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (await isBefore(middle)) before = middle;
    else after = middle;
  }
  return before;
}
