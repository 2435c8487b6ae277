import { type EventLog, type Provider, ZeroAddress } from "ethers";

import { type Blocks, inRanges } from "../logs.ts";
import type { MetaPool } from "../../types/index.ts";

/** One thing that happened to an account. Amounts in wei, shares in the pool's unit. */
export interface HistoryRow {
  readonly block: number;
  readonly timestamp: number;
  readonly transaction: string;
  readonly event: string;
  /** What came or went, null if the event has no such amount. */
  readonly assets: bigint | null;
  readonly shares: bigint | null;
  /** Shares of the account after it. */
  readonly balance: bigint;
  readonly note: string;
}

export interface HistorySources extends Omit<Blocks, "lastBlock"> {
  readonly metaPool: MetaPool;
  readonly provider: Provider;
}

/** A decoded log of the pool. */
type PoolLog = Pick<EventLog, "blockNumber" | "index" | "transactionHash" | "eventName" | "args">;

/** A row before the balance is known. */
interface Entry {
  readonly log: PoolLog;
  readonly event: string;
  readonly assets: bigint | null;
  readonly shares: bigint | null;
  readonly change: bigint;
  readonly note: string;
}

/** An account's part of one batch of exits. */
interface Exit {
  readonly units: bigint;
  readonly batchUnits: bigint;
}

/** Events that a mint or a burn belongs to. */
const CAUSES = new Set(["Staked", "Unstaked", "InstantExit"]);

/** Everything that happened to `account`, the oldest first, read from logs. */
export async function readHistory(sources: HistorySources, account: string): Promise<HistoryRow[]> {
  const { metaPool, provider } = sources;
  const last = await provider.getBlockNumber();
  const logs = await readLogs(sources, account, last);
  const exits = await readExits(metaPool, logs, last);
  const funded = exits.size === 0 ? [] : await readFunding(sources, [...exits.keys()], last);

  // A stake and an exit are followed at once by the mint or the burn that they cause.
  const causes = new Set(logs.filter(({ eventName }) => CAUSES.has(eventName)).map((log) => placeOf(log, 1)));
  const told = logs.filter((log) => !causes.has(placeOf(log)));
  const entries = [...told.flatMap((log) => toEntry(log, account)), ...toFunded(funded, exits)].sort(
    (first, second) => first.log.blockNumber - second.log.blockNumber || first.log.index - second.log.index,
  );
  const times = new Map<number, number>();
  const rows: HistoryRow[] = [];
  let balance = 0n;
  for (const { log, event, assets, shares, change, note } of entries) {
    const { blockNumber: block } = log;
    if (!times.has(block)) times.set(block, (await provider.getBlock(block))?.timestamp ?? 0);
    balance += change;
    const timestamp = times.get(block) ?? 0;
    rows.push({ block, timestamp, transaction: log.transactionHash, event, assets, shares, balance, note });
  }
  return rows;
}

/** Logs of the pool that name the account. */
async function readLogs(sources: HistorySources, account: string, last: number): Promise<PoolLog[]> {
  const { filters } = sources.metaPool;
  const found = await inRanges({ ...sources, lastBlock: last }, (from, to) =>
    [
      filters.Deposited(account),
      filters.Staked(account),
      filters.Staked(undefined, account),
      filters.Unstaked(account),
      filters.Withdrawn(account),
      filters.Restaked(account),
      filters.ExitFolded(account),
      filters.InstantExit(account),
      filters.Transfer(account),
      filters.Transfer(undefined, account),
    ].map((filter) => sources.metaPool.queryFilter(filter as never, from, to)),
  );
  // A transfer to oneself, or a stake for oneself, is found twice.
  return [...new Map(found.map((log) => [placeOf(log), log])).values()];
}

function placeOf({ blockNumber, index }: PoolLog, after = 0): string {
  return `${blockNumber}:${index + after}`;
}

/** Fundings of some batches. */
function readFunding(sources: HistorySources, batches: readonly bigint[], last: number): Promise<PoolLog[]> {
  const { metaPool } = sources;
  return inRanges({ ...sources, lastBlock: last }, (from, to) =>
    batches.map((batch) => metaPool.queryFilter(metaPool.filters.BatchFunded(batch) as never, from, to)),
  );
}

/** What the account asked for in each batch, and what everybody did. */
async function readExits(metaPool: MetaPool, logs: readonly PoolLog[], last: number): Promise<Map<bigint, Exit>> {
  const exits = new Map<bigint, Exit>();
  for (const { eventName, args } of logs) {
    if (eventName !== "Unstaked" || args.getValue("units") === 0n) continue;
    const batch = args.getValue("batch") as bigint;
    const { units: batchUnits } = await metaPool.batchOf(batch, { blockTag: last });
    const units = (exits.get(batch)?.units ?? 0n) + (args.getValue("units") as bigint);
    exits.set(batch, { units, batchUnits });
  }
  return exits;
}

/** The account's part of each funding: ⌊units·paid/batch.units⌋ after it, less the same before it. */
function toFunded(logs: readonly PoolLog[], exits: ReadonlyMap<bigint, Exit>): Entry[] {
  const paid = new Map<bigint, bigint>();
  return logs.flatMap((log) => {
    const batch = log.args.getValue("batch") as bigint;
    const { units, batchUnits } = exits.get(batch) ?? { units: 0n, batchUnits: 0n };
    if (batchUnits === 0n) return [];
    const before = paid.get(batch) ?? 0n;
    const after = before + (log.args.getValue("assets") as bigint);
    paid.set(batch, after);
    const assets = (units * after) / batchUnits - (units * before) / batchUnits;
    return [{ log, event: "funded", assets, shares: null, change: 0n, note: `batch ${batch}` }];
  });
}

function toEntry(log: PoolLog, account: string): Entry[] {
  const { args, eventName } = log;
  const value = (name: string): bigint => args.getValue(name) as bigint;
  const who = (name: string): string => args.getValue(name) as string;
  const entry = (event: string, fields: Partial<Entry> = {}): Entry[] => [
    { log, event, assets: null, shares: null, change: 0n, note: "", ...fields },
  ];
  switch (eventName) {
    case "Deposited":
      return entry("deposited", { assets: value("assets") });
    case "Staked": {
      const [from, to] = [who("account"), who("receiver")];
      const [assets, shares] = [value("assets"), value("shares")];
      if (to !== account) return entry("staked for another", { assets, note: `shares to ${to}` });
      return from === to
        ? entry("staked", { assets, shares, change: shares })
        : entry("received a stake", { assets, shares, change: shares, note: `from ${from}` });
    }
    case "Unstaked":
      return entry("unstaked", {
        assets: value("assets"),
        shares: -value("shares"),
        change: -value("shares"),
        note: `batch ${value("batch")}`,
      });
    case "Withdrawn":
      return entry("withdrawn", {
        assets: value("assets"),
        note: who("receiver") === account ? "" : `to ${who("receiver")}`,
      });
    case "Restaked":
      return entry("restaked", { assets: value("assets") });
    case "ExitFolded":
      return entry("folded", { assets: value("assets"), note: `batch ${value("batch")}` });
    case "InstantExit":
      return entry("left at once", {
        assets: value("assets"),
        shares: -value("shares"),
        change: -value("shares"),
        note: `fee ${value("fee")} wei`,
      });
    case "Transfer":
      return toTransfer(who("from"), who("to"), value("value"), account, entry);
    default:
      return [];
  }
}

function toTransfer(
  from: string,
  to: string,
  shares: bigint,
  account: string,
  entry: (event: string, fields?: Partial<Entry>) => Entry[],
): Entry[] {
  if (from === to) return entry("transferred", { shares: 0n, note: "to itself" });
  if (from === ZeroAddress) return entry("received a fee", { shares, change: shares });
  return to === account
    ? entry("received", { shares, change: shares, note: `from ${from}` })
    : entry("transferred", { shares: -shares, change: -shares, note: `to ${to}` });
}
