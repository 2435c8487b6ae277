import { formatAmount, formatTime } from "../cli/amounts.ts";
import type { OperatorView, PoolView } from "../lens/read.ts";

/** In the order of IPoolLens.Binding. */
export const BINDINGS = [
  "written down",
  "faulted",
  "delisted",
  "not whitelisted",
  "draining",
  "listed since the last round",
  "no weight",
  "fair part",
  "cap of group",
  "pool share",
  "network share",
  "bond",
  "bond, frozen",
  "ramp",
  "absolute cap",
  "watch",
  "cap of the last round",
];

const FAIR_PART = "fair part";

/** Why money lies idle beyond the buffer's target, in a sentence; null if none does. */
export function whyIdle(pool: PoolView, operators: readonly OperatorView[]): string | null {
  const { free } = pool.live;
  if (free < pool.parameters.minMove) return null;

  const idle = `${formatAmount(free)} ETH is idle`;
  if (pool.round.open !== 0n) return `${idle}: round ${pool.round.open} is being settled; run the keeper.`;
  if (pool.snapshot.round === 0n) return `${idle}: no round has been settled yet; run the keeper.`;

  const room = operators.reduce((sum, { rooms }) => sum + (rooms.upIsDust ? 0n : rooms.up), 0n);
  if (room > 0n)
    return `${idle}, and up to ${formatAmount(room < free ? room : free)} ETH can be placed: run the keeper.`;
  if (!pool.snapshot.certified)
    return `${idle}: the levels of round ${pool.snapshot.round} are not certified; run the keeper.`;

  const bindings = operators.map(({ binding }) => BINDINGS[Number(binding)] ?? "unknown");
  if (bindings.includes(FAIR_PART)) {
    return `${idle}: it came after the last round and counts from the next, at ${formatTime(pool.round.nextAt)}.`;
  }
  const counts = [...new Set(bindings)].map((name) => `${name} (${bindings.filter((other) => other === name).length})`);
  return counts.length === 0
    ? `${idle}: there is no operator.`
    : `${idle}: every operator is at a limit: ${counts.join(", ")}.`;
}
