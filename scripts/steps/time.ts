import type { Trellis } from "./deployment.ts";

type OnChain = Pick<Trellis, "connection">;

/** Time of the latest block, in seconds. */
export async function now({ connection }: OnChain): Promise<bigint> {
  const block = await connection.ethers.provider.getBlock("latest");

  return BigInt(block!.timestamp);
}

/** Mines one block at `timestamp`, or the next second if that has passed. */
export async function waitUntil(chain: OnChain, timestamp: bigint): Promise<void> {
  const { provider } = chain.connection.ethers;
  const earliest = (await now(chain)) + 1n;
  const next = timestamp > earliest ? timestamp : earliest;
  await provider.send("evm_setNextBlockTimestamp", [`0x${next.toString(16)}`]);
  await provider.send("evm_mine", []);
}

/** Lets `seconds` pass in one block. */
export async function waitFor(chain: OnChain, seconds: bigint): Promise<void> {
  await waitUntil(chain, (await now(chain)) + seconds);
}

/** Waits until the next round can begin. */
export async function nextEpoch(trellis: Pick<Trellis, "connection" | "allocator">): Promise<void> {
  await waitUntil(trellis, await trellis.allocator.nextRoundAt());
}
