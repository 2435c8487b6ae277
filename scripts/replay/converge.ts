import type { Moved } from "../../src/keeper/report.ts";
import { runOnce } from "../../src/keeper/runOnce.ts";
import { nextEpoch } from "../steps/time.ts";
import { KEEPER } from "./keeper.ts";
import type { Stage } from "./setUp.ts";
import { readStanding } from "./standing.ts";

/** What the keeper did from the tightening to the end. */
export interface Work {
  readonly epochs: number;
  readonly transactions: number;
  readonly gas: bigint;
  readonly moved: Moved;
  readonly legs: number;
  /** Whether nothing was left to move, with all stake back from where it left. */
  readonly settled: boolean;
}

/** Runs the keeper once an epoch until nothing is left to move and nothing is on its way. */
export async function converge(stage: Stage, epochs: number, say: (line: string) => void): Promise<Work> {
  const { trellis, keeper } = stage;
  let work: Work = {
    epochs: 0,
    transactions: 0,
    gas: 0n,
    moved: { class0: 0n, class1: 0n, class2: 0n, up: 0n },
    legs: 0,
    settled: false,
  };
  while (work.epochs < epochs && !work.settled) {
    await nextEpoch(trellis);
    const report = await runOnce({ ...trellis, signer: keeper }, KEEPER);
    const { moved } = report.rebalance;
    const { needed, unbonding, distance } = await readStanding(trellis);
    if (process.env.DBG) console.log(needed, unbonding, report.complete);
    work = {
      epochs: work.epochs + 1,
      transactions: work.transactions + report.transactions,
      gas: work.gas + report.gasUsed,
      moved: {
        class0: work.moved.class0 + moved.class0,
        class1: work.moved.class1 + moved.class1,
        class2: work.moved.class2 + moved.class2,
        up: work.moved.up + moved.up,
      },
      legs: work.legs + report.rebalance.legs,
      settled: needed === null && unbonding === 0n && report.complete,
    };
    say(
      `epoch ${String(work.epochs).padStart(3)}  moved: violations ${whole(moved.class0)}, ` +
        `optimisation ${whole(moved.class2)}, up ${whole(moved.up)}, distance ${whole(distance)}`,
    );
  }
  return work;
}

/** Whole ether. */
function whole(wei: bigint): string {
  return (wei / 10n ** 18n).toString();
}
