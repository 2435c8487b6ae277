import { chainTime, type KeeperContracts } from "./contracts.ts";
import { ask, openDesk, refused, say, send, type Step, work } from "./desk.ts";
import type { KeeperOptions } from "./options.ts";
import type { SettleReport } from "./report.ts";

/** Gas of a page: what must be left for the last operator, if it is faulted and asked again, plus what one costs in the ordinary case. */
const GAS_BASE = 6_600_000n;
const GAS_PER_OPERATOR = 216_000n;
export const GAS_MOST = 15_000_000n;

/** Groups that one call sums up at least. */
const GROUPS_PER_PAGE = 64;

/** Begins the round if it is due, and reads page after page until no round is open. */
export async function settleJob(contracts: KeeperContracts, options: KeeperOptions = {}): Promise<SettleReport> {
  const desk = await openDesk("settle", contracts, options);
  const { allocator, registry } = desk.contracts;
  const { pageSize } = desk.settings;
  let round = 0n;
  let pages = 0;

  const step = async (): Promise<Step> => {
    const [open, nextRoundAt, now] = await ask(desk, () =>
      Promise.all([allocator.openRound(), allocator.nextRoundAt(), chainTime(desk.provider)]),
    );
    if (open.round === 0n && now < nextRoundAt) return { outcome: pages === 0 ? "nothing" : "done", reason: null };
    if (open.round !== 0n) round = open.round;

    const gas = GAS_BASE + GAS_PER_OPERATOR * BigInt(pageSize);
    const gasLimit = gas < GAS_MOST ? gas : GAS_MOST;
    const request = await allocator.getFunction("settle").populateTransaction(pageSize);
    const { receipt, refusal } = await send(desk, { ...request, gasLimit });
    if (refusal === "dryRun") {
      const [read] = await ask(desk, () => allocator.settle.staticCall(pageSize, { from: desk.from, gasLimit }));
      say(desk, "would read operators", { read, cursor: open.cursor });
    }
    if (refusal !== null) return refused(desk, refusal);

    pages += 1;
    const after = await ask(desk, () => allocator.openRound({ blockTag: receipt.blockNumber }));
    if (after.round !== 0n) round = after.round;
    say(desk, after.round === 0n ? "completed the round" : "read a page", {
      cursor: after.round === 0n ? "end" : after.cursor,
      gas: receipt.gasUsed,
      tx: receipt.hash,
    });
    return "again";
  };

  const [operators, groups] = await ask(desk, () => Promise.all([registry.operatorCount(), registry.groupCount()]));
  // Every page reads one operator at least.
  const most = Number(operators) + Math.ceil(Number(groups) / GROUPS_PER_PAGE) + 4;
  const { outcome, reason } = await work(desk, most, step);
  if (round === 0n && pages > 0) round = (await ask(desk, () => allocator.poolSnapshot())).round;
  return { outcome, reason, round, pages, transactions: desk.transactions, gasUsed: desk.gasUsed };
}
