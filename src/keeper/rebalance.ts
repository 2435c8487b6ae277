import type { TransactionReceipt } from "ethers";

import { planLegs } from "../allocation/plan.ts";
import type { Leg, OperatorId, Snapshot } from "../allocation/types.ts";
import { readLens } from "../lens/read.ts";
import { toSheet, toSnapshot } from "../lens/snapshot.ts";
import type { KeeperContracts } from "./contracts.ts";
import { ask, type Desk, eventsOf, openDesk, refused, say, send, type Step, warn, work } from "./desk.ts";
import { noLapses } from "./memory.ts";
import type { KeeperOptions } from "./options.ts";
import type { Moved, RebalanceReport } from "./report.ts";
import { worthSending } from "./worth.ts";

export const REBALANCE_GAS = 8_000_000n;
const MOST_STEPS = 2_000;
/** A leg that moves less than asked by no more than this is rounded; the allocator notes nothing of it either. */
const ROUNDING = 1_000n;
/** IAllocator.SkipReason.PoolFailed. */
const POOL_FAILED = 3n;
const NOTHING: Moved = { class0: 0n, class1: 0n, class2: 0n, up: 0n };

interface Lapsed {
  readonly operator: OperatorId;
  /** `failed`: its pool did nothing. `short`: less than asked. `skipped`: there was nothing for it to do. */
  readonly lapse: "failed" | "short" | "skipped";
}

/** Moves stake until nothing moves any more: what breaks a cap, what exits need, what the targets ask for. */
export async function rebalanceJob(contracts: KeeperContracts, options: KeeperOptions = {}): Promise<RebalanceReport> {
  const desk = await openDesk("rebalance", contracts, options);
  const { allocator, lens } = desk.contracts;
  /** Operators whose pools fail: they are left alone for the rest of the run. */
  const failing = new Set<OperatorId>();
  /** What part of a position the allocator has noted as refused, or will, in bp: the next reading asks for it again. */
  const noted = new Map<OperatorId, bigint>();
  const positions = new Map<OperatorId, bigint>();
  let lapses = noLapses();
  let queue: Leg[] = [];
  let legs = 0;
  let moved = NOTHING;

  const giveUp = (operator: OperatorId) => {
    if (failing.has(operator)) return;
    failing.add(operator);
    warn(desk, "a pool does not do its part", { operator });
  };

  const step = async (): Promise<Step> => {
    if (queue.length === 0) {
      const reading = await ask(desk, () => readLens(lens));
      const { round, snapshot } = reading.pool;
      if (round.open !== 0n || snapshot.round === 0n) {
        return { outcome: "nothing", reason: "no finished round to work from" };
      }
      lapses = desk.settings.memory(snapshot.round);
      for (const operator of lapses.failing) failing.add(operator);
      for (const { id, record, position } of reading.operators) {
        positions.set(Number(id), position.position);
        if (record.refusedBps > (noted.get(Number(id)) ?? 0n)) noted.set(Number(id), record.refusedBps);
      }
      const plan = planLegs(without(toSnapshot(reading), failing, lapses.exhausted), toSheet(reading));
      queue = worthSending(plan.legs, reading);
      if (queue.length === 0) return ending(legs, failing);
    }

    const chunk = queue.slice(0, desk.settings.legsPerTx);
    const amounts = await simulate(desk, chunk);
    if (desk.signer === null) {
      for (const { operator, amount, up } of queue)
        say(desk, up ? "would stake" : "would unstake", { operator, amount });
      return refused(desk, "dryRun");
    }
    const last = amounts.findLastIndex((amount) => amount > 0n);
    // What comes after the last leg that moves may only have been short of gas.
    const refusing = new Set(chunk.filter((_, index) => amounts[index] === 0n && index <= Math.max(last, 0)));
    for (const { operator } of refusing) giveUp(operator);
    // A leg that is refused is sent, too, until as much is noted: only then does the next reading ask for it again.
    const isNews = ({ operator, amount, up }: Leg) =>
      !up && partOf(amount, positions.get(operator) ?? 0n) > (noted.get(operator) ?? 0n);
    const moving = chunk.filter((leg, index) => amounts[index] !== 0n || (refusing.has(leg) && isNews(leg)));
    for (const { operator, amount } of refusing) noted.set(operator, partOf(amount, positions.get(operator) ?? 0n));
    queue = moving.length > 0 && moving.length === last + 1 ? queue.slice(moving.length) : [];
    if (moving.length === 0) return "again";

    const request = await allocator.getFunction("rebalance").populateTransaction(moving);
    const { receipt, refusal } = await send(desk, { ...request, gasLimit: REBALANCE_GAS }).catch((error: unknown) => {
      queue = [];
      throw error;
    });
    if (refusal !== null) return refused(desk, refusal);

    const done = movedBy(desk, receipt);
    legs += moving.length;
    moved = add(moved, done);
    say(desk, "moved stake", { legs: moving.length, ...done, gas: receipt.gasUsed, tx: receipt.hash });
    if (total(done) !== sum(moving)) queue = [];
    const lapsed = lapsesIn(desk, receipt);
    for (const { operator, lapse } of lapsed) {
      if (lapse === "skipped") lapses.exhausted.add(operator);
      // Once may be what happened in between. A pool that does it again would go on for as long as it is asked.
      else if (lapse === "short" && !lapses.short.has(operator)) lapses.short.add(operator);
      else {
        lapses.failing.add(operator);
        giveUp(operator);
      }
    }
    // No leg was tried: a round has begun.
    if (total(done) === 0n && lapsed.length === 0) for (const { operator } of moving) lapses.exhausted.add(operator);
    return "again";
  };

  const { outcome, reason } = await work(desk, MOST_STEPS, step);
  return { outcome, reason, legs, moved, transactions: desk.transactions, gasUsed: desk.gasUsed };
}

/** An amount as a part of a position in bp, rounded up, as the allocator notes it. */
function partOf(amount: bigint, position: bigint): bigint {
  return position === 0n ? 0n : (amount * 10_000n + position - 1n) / position;
}

function ending(legs: number, failing: ReadonlySet<OperatorId>): Step {
  if (failing.size === 0) return { outcome: legs === 0 ? "nothing" : "done", reason: null };
  return { outcome: "incomplete", reason: `the pools of operators ${[...failing].join(", ")} failed` };
}

/** The snapshot with some operators left alone. */
function without(snapshot: Snapshot, ...sets: readonly ReadonlySet<OperatorId>[]): Snapshot {
  return {
    ...snapshot,
    operators: snapshot.operators.map((operator) =>
      sets.some((set) => set.has(operator.id)) ? { ...operator, live: { ...operator.live, faulted: true } } : operator,
    ),
  };
}

/** What each leg would move if they were sent now. */
function simulate(desk: Desk, legs: readonly Leg[]): Promise<bigint[]> {
  const { contracts, from } = desk;
  return ask(desk, () => contracts.allocator.rebalance.staticCall([...legs], { from, gasLimit: REBALANCE_GAS }));
}

/** Operators whose legs came to less than was asked, and how. */
function lapsesIn({ contracts: { allocator } }: Desk, receipt: TransactionReceipt): Lapsed[] {
  return eventsOf(allocator, receipt).flatMap(({ name, args }): Lapsed[] => {
    if (name !== "Moved" && name !== "LegSkipped") return [];
    const operator = Number(args.getValue("id"));
    if (name === "LegSkipped") {
      return [{ operator, lapse: args.getValue("reason") === POOL_FAILED ? "failed" : "skipped" }];
    }
    const moved = args.getValue("moved") as bigint;
    if (moved === 0n) return [{ operator, lapse: "failed" }];
    return moved + ROUNDING < (args.getValue("requested") as bigint) ? [{ operator, lapse: "short" }] : [];
  });
}

function movedBy({ contracts: { allocator } }: Desk, receipt: TransactionReceipt): Moved {
  let moved = NOTHING;
  for (const { name, args } of eventsOf(allocator, receipt)) {
    if (name !== "Moved") continue;
    const up = args.getValue("up") as boolean;
    const amount = args.getValue("moved") as bigint;
    const [class0, class1, class2] = args.getValue("charged") as [bigint, bigint, bigint];
    moved = add(moved, { class0, class1, class2, up: up ? amount : 0n });
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

function total({ class0, class1, class2, up }: Moved): bigint {
  return class0 + class1 + class2 + up;
}

function sum(legs: readonly Leg[]): bigint {
  return legs.reduce((all, { amount }) => all + amount, 0n);
}
