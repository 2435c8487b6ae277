import type { Trellis } from "./deployment.ts";
import { nextEpoch } from "./time.ts";

/**
 * What paged work is sent with: the most that a transaction may use (EIP-7825). An estimate would find the least that
 * does not revert, which is one operator's.
 */
export const PAGE = { gasLimit: 16_777_216n } as const;

/** More pages than any work on a local chain takes: what is not done by then makes no progress. */
export const MAX_PAGES = 100;

const AS_MANY_AS_FIT = 1_000n;

/** Settles until no round is open. Does nothing if none is due. Returns the gas of each transaction. */
export async function settleAll(
  { allocator }: Pick<Trellis, "allocator">,
  maxOperators = AS_MANY_AS_FIT,
): Promise<bigint[]> {
  const gas: bigint[] = [];
  while (gas.length < MAX_PAGES) {
    const settlement = await allocator.settle(maxOperators, PAGE);
    gas.push((await settlement.wait())!.gasUsed);
    const [round] = await allocator.openRound();
    if (round === 0n) return gas;
  }
  throw new Error(`A round is still open after ${MAX_PAGES} pages of up to ${maxOperators} operators.`);
}

/** Waits for the next epoch and settles its round. */
export async function nextRound(trellis: Pick<Trellis, "connection" | "allocator">): Promise<void> {
  await nextEpoch(trellis);
  await settleAll(trellis);
}

/** Settles up to now and funds all exits whose rounds have completed. */
export async function fundAll({ metaPool }: Pick<Trellis, "metaPool">): Promise<void> {
  const batches = 32n;
  for (let through = -1n; through < (await metaPool.fundedThrough());) {
    through = await metaPool.fundedThrough();
    await (await metaPool.fundExits(batches)).wait();
  }
}
