import { readLens } from "../lens/read.ts";
import type { KeeperContracts } from "./contracts.ts";
import { ask, type Desk, eventsOf, openDesk, refused, say, send, type Step, warn, work } from "./desk.ts";
import type { KeeperOptions } from "./options.ts";
import type { SlashReport } from "./report.ts";

/** An operator's pool shows less than the book. */
interface Slash {
  readonly id: bigint;
  readonly loss: bigint;
}

interface Findings {
  readonly round: bigint;
  /** The largest first. */
  readonly slashes: readonly Slash[];
}

const GAS_LIMIT = 3_500_000n;
/** What a reading has, too: AllocatorBook.STIPEND. */
const VIEW_GAS = 1_250_000n;
/** Pools asked at a time. */
const PAGE = 50;

/** Puts slashes into the price as soon as the chain knows of them: books what pools show to be gone. */
export async function settleOneJob(contracts: KeeperContracts, options: KeeperOptions = {}): Promise<SlashReport> {
  const desk = await openDesk("settleOne", contracts, options);
  const { allocator } = desk.contracts;
  let loss = 0n;
  let operators = 0;

  const { round, slashes } = await ask(desk, () => findSlashes(desk));
  const { unbooked } = desk.settings.memory(round);
  const tried = new Set(unbooked);
  const step = async (): Promise<Step> => {
    const next = slashes.find(({ id }) => !tried.has(id));
    if (next === undefined) return { outcome: operators === 0 ? "nothing" : "done", reason: null };

    const { id } = next;
    const expected = await ask(desk, () =>
      allocator.settleOne.staticCall(id, { from: desk.from, gasLimit: GAS_LIMIT }),
    );
    tried.add(id);
    if (expected === 0n) return "again"; // somebody else was faster
    const request = await allocator.getFunction("settleOne").populateTransaction(id);
    const { receipt, refusal } = await send(desk, { ...request, gasLimit: GAS_LIMIT });
    if (refusal === "dryRun") {
      say(desk, "would book a loss", { operator: id, loss: expected });
      return "again";
    }
    if (refusal !== null) return refused(desk, refusal);

    const event = eventsOf(allocator, receipt).find(({ name }) => name === "LossSeen");
    const booked = event === undefined ? 0n : (event.args.getValue("loss") as bigint);
    if (booked <= desk.settings.smallestLoss) unbooked.add(id);
    if (event === undefined) {
      warn(desk, "a loss was not there to be booked", { operator: id, gas: receipt.gasUsed, tx: receipt.hash });
      return "again";
    }
    loss += booked;
    operators += 1;
    say(desk, "booked a loss", { operator: id, loss: booked, gas: receipt.gasUsed, tx: receipt.hash });
    return "again";
  };

  const { outcome, reason } = await work(desk, slashes.length * 2 + 1, step);
  return { outcome, reason, loss, operators, transactions: desk.transactions, gasUsed: desk.gasUsed };
}

/** Operators whose pools show less than what is booked, by more than what is worth a transaction. */
async function findSlashes({ contracts: { allocator, lens }, settings }: Desk): Promise<Findings> {
  const { block, pool, operators } = await readLens(lens);
  const holding = operators.filter(({ position }) => position.position + position.unbonding > 0n);
  const slashes: Slash[] = [];
  for (let start = 0; start < holding.length; start += PAGE) {
    const page = holding.slice(start, start + PAGE).map(async ({ id, operator, position }) => {
      const booked = position.position + position.unbonding;
      // A pool that fails is a matter for the next round.
      const shown = await allocator.peek(operator.pool, { blockTag: block, gasLimit: VIEW_GAS }).catch(() => null);
      const loss = shown === null ? 0n : booked - shown.staked - shown.unstaked;
      if (loss > settings.smallestLoss) slashes.push({ id, loss });
    });
    await Promise.all(page);
  }
  slashes.sort((first, second) => (first.loss < second.loss ? 1 : -1));
  return { round: pool.snapshot.round, slashes };
}
