import { formatAmount, formatDuration, formatTime } from "../cli/amounts.ts";
import { renderPairs, renderTable } from "../cli/table.ts";
import type { PoolView } from "../lens/read.ts";
import type { DimensionStatus } from "./dimensions.ts";
import type { Status } from "./read.ts";
import type { Yield } from "./yield.ts";

/** The status as lines of text. */
export function renderStatus({
  block,
  pool,
  ready,
  yields,
  waiting,
  operators,
  idle,
  dimensions,
  access,
  accessUnread,
  parameters,
  warnings,
}: Status): string[] {
  const { book, live } = pool;
  const pairs: [string, string][] = [
    ["block", `${block}, ${formatTime(pool.timestamp)}`],
    ["price", `${formatAmount(pool.rate, 9)} ETH per share`],
    ...yields.map((entry): [string, string] => [`yield, ${entry.days} days`, yieldInWords(entry)]),
    ["staked", `${formatAmount(book.assets)} ETH in ${formatAmount(book.supply)} shares`],
    ["at operators", `${formatAmount(book.delegated)} ETH`],
    ["buffer", `${formatAmount(book.buffer)} ETH, target ${formatAmount(book.bufferTarget)} ETH`],
    [
      "exits",
      `${formatAmount(book.owed)} ETH waiting, ${formatAmount(ready)} ETH ready, ${formatAmount(live.need)} ETH still to be fetched`,
    ],
    ["deposits", `${formatAmount(book.free)} ETH not staked`],
    ["gain to release", `${formatAmount(book.locked)} ETH`],
    ["stakes", stakesInWords(pool)],
    ["round", roundInWords(pool)],
    ["idle", idle ?? "nothing beyond the buffer's target"],
    ...dimensions.map((entry): [string, string] => [`caps per ${entry.dimension}`, dimensionInWords(entry)]),
    ["access", accessInWords(access, accessUnread)],
    ...(parameters.length === 0 ? ["as the files say"] : parameters).map((line): [string, string] => [
      "parameters",
      line,
    ]),
    ...warnings.map((warning): [string, string] => ["warning", warning]),
  ];
  const exits = waiting.map((entry) => [
    entry.batch.toString(),
    formatAmount(entry.assets),
    `${formatTime(entry.estimated)}, in ${formatDuration(entry.estimated - pool.timestamp)}`,
  ]);
  const table = operators.map((operator) => [
    operator.id.toString(),
    operator.pool,
    [operator.state, ...operator.flags].join(", "),
    formatAmount(operator.position),
    formatAmount(operator.unbonding),
    formatAmount(operator.target),
    formatAmount(operator.cap),
    operator.binding,
  ]);
  const heading = ["operator", "pool", "state", "position", "unbonding", "target", "cap", "held by"];
  return [
    ...renderPairs(pairs),
    "",
    ...(exits.length === 0 ? [] : [...renderTable(["exits of batch", "ETH", "due at about"], exits, [0, 1]), ""]),
    ...renderTable(heading, table, [0, 3, 4, 5, 6]),
  ];
}

function yieldInWords({ perYear, reason }: Yield): string {
  if (perYear === null) return `n/a: ${reason}`;
  return `${formatAmount(perYear * 100n, 3)} % a year, after the fee`;
}

function dimensionInWords({ mode, groups, tenureGroup }: DimensionStatus): string {
  const count = `${groups.length} ${groups.length === 1 ? "group" : "groups"}`;
  return tenureGroup === null ? `${mode}, ${count}` : `${mode}, ${count}; who ramps sits in group ${tenureGroup}`;
}

function accessInWords(access: Status["access"], unread: Status["accessUnread"]): string {
  if (access === null) return `cannot be read: ${unread}`;
  return access.length === 0 ? "as the files say" : "not as the files say";
}

function stakesInWords({ book, stakingPaused }: PoolView): string {
  if (book.closed) return "closed for good";
  return stakingPaused ? "paused" : "open";
}

function roundInWords({ round, snapshot, timestamp }: PoolView): string {
  if (round.open !== 0n) return `${round.open} is being settled, ${round.cursor} operators read`;
  const next =
    round.nextAt <= timestamp
      ? "the next one is due"
      : `the next one at ${formatTime(round.nextAt)}, in ${formatDuration(round.nextAt - timestamp)}`;
  if (snapshot.round === 0n) return `none yet; ${next}`;
  return `${snapshot.round}, levels ${snapshot.certified ? "certified" : "not certified"}; ${next}`;
}
