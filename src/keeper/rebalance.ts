import type { TransactionReceipt } from "ethers";

import type { Leg } from "../allocation/types.ts";
import type { KeeperContracts } from "./contracts.ts";
import { ask, type Desk, openDesk, refused, say, send, type Step, work } from "./desk.ts";
import { planLegs } from "./legs.ts";
import type { KeeperOptions } from "./options.ts";
import type { Moved, RebalanceReport } from "./report.ts";
import { readSnapshot } from "./snapshot.ts";

const GAS_LIMIT = 8_000_000n;
const MOST_STEPS = 400;

/** Moves stake until nothing moves any more: what breaks a cap, what exits need, what the targets ask for. */
export async function rebalanceJob(contracts: KeeperContracts, options: KeeperOptions = {}): Promise<RebalanceReport> {
  const desk = await openDesk("rebalance", contracts, options);
  const { allocator } = desk.contracts;
  let legs = 0;
  let moved: Moved = { class0: 0n, class1: 0n, class2: 0n, up: 0n };

  const step = async (): Promise<Step> => {
    const reading = await ask(desk, () => readSnapshot(desk.contracts));
    if (reading === null) return { outcome: "nothing", reason: "no finished round to work from" };

    const plan = await movable(desk, planLegs(reading));
    if (plan.length === 0) return { outcome: legs === 0 ? "nothing" : "done", reason: null };

    const chunk = plan.slice(0, desk.settings.legsPerTx);
    const request = await allocator.getFunction("rebalance").populateTransaction(chunk);
    const { receipt, refusal } = await send(desk, { ...request, gasLimit: GAS_LIMIT });
    if (refusal === "dryRun") {
      for (const { operator, amount, up } of plan) say(desk, up ? "would stake" : "would unstake", { operator, amount });
    }
    if (refusal !== null) return refused(desk, refusal);

    const chunkMoved = movedBy(desk, receipt);
    legs += chunk.length;
    moved = add(moved, chunkMoved);
    say(desk, "moved stake", { legs: chunk.length, ...chunkMoved, gas: receipt.gasUsed, tx: receipt.hash });
    if (Object.values(chunkMoved).every((amount) => amount === 0n)) {
      return { outcome: "incomplete", reason: "legs moved nothing" };
    }
    return "again";
  };

  const { outcome, reason } = await work(desk, MOST_STEPS, step);
  return { outcome, reason, legs, moved, transactions: desk.transactions, gasUsed: desk.gasUsed };
}

/** The legs that would move something now. */
async function movable(desk: Desk, legs: readonly Leg[]): Promise<Leg[]> {
  const { allocator } = desk.contracts;
  const found: Leg[] = [];
  for (let start = 0; start < legs.length; start += desk.settings.legsPerTx) {
    const chunk = legs.slice(start, start + desk.settings.legsPerTx);
    const amounts = await ask(desk, () =>
      allocator.rebalance.staticCall([...chunk], { from: desk.from, gasLimit: GAS_LIMIT }),
    );
    found.push(...chunk.filter((_, index) => amounts[index] !== 0n));
  }
  return found;
}

function movedBy({ contracts: { allocator } }: Desk, receipt: TransactionReceipt): Moved {
  let moved: Moved = { class0: 0n, class1: 0n, class2: 0n, up: 0n };
  for (const log of receipt.logs) {
    const event = allocator.interface.parseLog(log);
    if (event?.name !== "Moved") continue;
    const amount = event.args.getValue("moved") as bigint;
    const [class0, class1, class2] = event.args.getValue("charged") as [bigint, bigint, bigint];
    moved = add(
      moved,
      event.args.getValue("up") ? { class0, class1, class2, up: amount } : { class0, class1, class2, up: 0n },
    );
  }
  return moved;
}

function add(first: Moved, second: Moved): Moved {
  return {
    class0: first.class0 + second.class0,
    class1: first.class1 + second.class1,
    class2: first.class2 + second.class2,
    up: first.up + second.up,
  };
}
