import type { EndState } from "../../src/audit/audit.ts";
import type { LogEvent, Source } from "../../src/audit/events.ts";
import type { Trellis } from "./deployment.ts";

const BLOCKS_PER_QUERY = 2_000;

/** The logs of the three contracts that tell the whole story, oldest first. */
export async function collectLogs({ connection, metaPool, allocator, registry }: Trellis): Promise<LogEvent[]> {
  const { provider } = connection.ethers;
  const sources = new Map<string, { source: Source; contract: typeof metaPool | typeof allocator | typeof registry }>([
    [(await metaPool.getAddress()).toLowerCase(), { source: "MetaPool", contract: metaPool }],
    [(await allocator.getAddress()).toLowerCase(), { source: "Allocator", contract: allocator }],
    [(await registry.getAddress()).toLowerCase(), { source: "OperatorRegistry", contract: registry }],
  ]);
  const events: LogEvent[] = [];
  const last = await provider.getBlockNumber();
  for (let from = 0; from <= last; from += BLOCKS_PER_QUERY) {
    const to = Math.min(last, from + BLOCKS_PER_QUERY - 1);
    const logs = await provider.getLogs({ address: [...sources.keys()], fromBlock: from, toBlock: to });
    const timestamps = new Map<number, bigint>();
    for (const log of logs) {
      const { source, contract } = sources.get(log.address.toLowerCase())!;
      const parsed = contract.interface.parseLog(log);
      if (parsed === null) continue;
      if (!timestamps.has(log.blockNumber)) {
        timestamps.set(log.blockNumber, BigInt((await provider.getBlock(log.blockNumber))!.timestamp));
      }
      events.push({
        source,
        name: parsed.name,
        args: parsed.args.toObject(true),
        block: log.blockNumber,
        index: log.index,
        timestamp: timestamps.get(log.blockNumber)!,
      });
    }
  }
  return events;
}

/** What the chain says now of the pool and of every account that the logs name. */
export async function readEndState({ connection, metaPool, lens }: Trellis, events: readonly LogEvent[]) {
  const addresses = new Set<string>();
  for (const { source, args } of events) {
    if (source !== "MetaPool") continue;
    for (const name of ["from", "to", "account"]) {
      const value = args[name];
      if (typeof value === "string") addresses.add(value);
    }
  }
  addresses.delete("0x0000000000000000000000000000000000000000");

  const accounts = new Map<string, { shares: bigint; unstaked: bigint }>();
  for (const address of addresses) {
    const [shares, unstaked] = await Promise.all([
      metaPool.balanceOf(address),
      metaPool.get_account_unstaked_balance(address),
    ]);
    accounts.set(address, { shares, unstaked });
  }
  const { timestamp, book } = await lens.pool();
  const balance = await connection.ethers.provider.getBalance(metaPool);
  const end: EndState = { timestamp, assets: book.assets, supply: book.supply, balance, accounts };
  return end;
}
