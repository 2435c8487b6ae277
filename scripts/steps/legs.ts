import { problemOf } from "../../src/allocation/caps.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import { planLegs } from "../../src/allocation/plan.ts";
import type { Leg } from "../../src/allocation/types.ts";
import { readSnapshot } from "../../src/lens/snapshot.ts";
import type { Trellis } from "./deployment.ts";
import { certify } from "./levels.ts";
import { PAGE } from "./rounds.ts";

type Pool = Pick<Trellis, "allocator" | "lens">;

/** A leg, and what it moved on chain. */
export interface MovedLeg extends Leg {
  readonly moved: bigint;
}

/** Certifies the fair allocation of the last round. Returns whether it passed. */
export async function certifyFair(pool: Pool): Promise<boolean> {
  const reading = await readSnapshot(pool.lens);
  if (reading === null) return false;

  return certify(pool, [...fairAllocation(problemOf(reading.snapshot)).sheet]);
}

/** Plans and sends everything that may move now. */
export async function rebalanceAll({ allocator, lens }: Pool): Promise<MovedLeg[]> {
  const reading = await readSnapshot(lens);
  if (reading === null) return [];

  const moved: MovedLeg[] = [];
  for (const legs of planLegs(reading.snapshot, reading.certified).chunks) {
    const rebalance = await allocator.rebalance([...legs], PAGE);
    const receipt = (await rebalance.wait())!;
    const carriedOut = receipt.logs
      .map((log) => allocator.interface.parseLog(log))
      .filter((log) => log?.name === "Moved" || log?.name === "LegSkipped")
      .map((log) => (log!.name === "Moved" ? (log!.args[3] as bigint) : 0n));
    for (const [index, leg] of legs.entries()) moved.push({ ...leg, moved: carriedOut[index] ?? 0n });
  }

  return moved;
}
