import type { Moved } from "../../src/keeper/report.ts";
import { runOnce } from "../../src/keeper/runOnce.ts";
import { now, waitUntil } from "../steps/time.ts";
import { KEEPER } from "./keeper.ts";
import type { Stage } from "./setUp.ts";
import { readStanding, type Standing } from "./standing.ts";

/** What the keeper did from the tightening to the end. */
export interface Work {
  readonly epochs: number;
  /** Epochs in which the keeper came. */
  readonly visits: number;
  readonly transactions: number;
  readonly gas: bigint;
  readonly moved: Moved;
  readonly legs: number;
  /** Whether nothing was left to move, nothing was on its way, and no budget was what stopped it. */
  readonly settled: boolean;
}

const NONE: Work = {
  epochs: 0,
  visits: 0,
  transactions: 0,
  gas: 0n,
  moved: { class0: 0n, class1: 0n, class2: 0n, up: 0n },
  legs: 0,
  settled: false,
};

/**
 * Runs the keeper until nothing is left to move and nothing is on its way. While there are violations it comes every
 * epoch; afterwards, to save gas, only when the budget of optimisation is whole again.
 */
export async function converge(stage: Stage, epochs: number, say: (line: string) => void): Promise<Work> {
  const { trellis, keeper } = stage;
  const renewal = await renewalOf(stage);
  let work = NONE;
  for (let pause = 1; work.epochs + pause <= epochs && !work.settled;) {
    await passEpochs(stage, pause);
    const report = await runOnce({ ...trellis, signer: keeper }, KEEPER);
    const standing = await readStanding(trellis);
    const { moved, legs } = report.rebalance;
    work = {
      epochs: work.epochs + pause,
      visits: work.visits + 1,
      transactions: work.transactions + report.transactions,
      gas: work.gas + report.gasUsed,
      moved: add(work.moved, moved),
      legs: work.legs + legs,
      settled: report.complete && isAtRest(standing),
    };
    pause = moved.class0 > 0n || moved.class2 === 0n ? 1 : renewal;
    say(`epoch ${String(work.epochs).padStart(3)}  ${describe(moved, standing)}`);
  }
  return work;
}

/** Epochs after which the budget of optimisation is whole again, and what was on its way is back. */
async function renewalOf({ trellis }: Stage): Promise<number> {
  const [unbonding, epoch] = await Promise.all([trellis.registry.longestUnbonding(), trellis.allocator.epochLength()]);
  return Number(unbonding / epoch) + 2;
}

function isAtRest({ needed, unbonding, budgetSpent }: Standing): boolean {
  return needed === null && unbonding === 0n && !budgetSpent;
}

async function passEpochs({ trellis }: Stage, count: number): Promise<void> {
  const length = await trellis.allocator.epochLength();
  const next = await trellis.allocator.nextRoundAt();
  const current = (await now(trellis)) / length;
  const start = (current + BigInt(count)) * length;
  await waitUntil(trellis, start > next ? start : next);
}

function describe(moved: Moved, { distance, unbonding }: Standing): string {
  const parts = [
    ["violations", moved.class0],
    ["optimisation", moved.class2],
    ["up", moved.up],
    ["on its way", unbonding],
    ["distance", distance],
  ] as const;
  return parts.map(([name, amount]) => `${name} ${whole(amount)}`).join("  ");
}

function add(first: Moved, second: Moved): Moved {
  return {
    class0: first.class0 + second.class0,
    class1: first.class1 + second.class1,
    class2: first.class2 + second.class2,
    up: first.up + second.up,
  };
}

/** Whole ether. */
function whole(wei: bigint): string {
  return (wei / 10n ** 18n).toString();
}
