import { initialLevels, targetsAt } from "../allocation/certificate.ts";
import { problemOf } from "../allocation/caps.ts";
import type { Leg } from "../allocation/types.ts";
import type { SnapshotReading } from "./snapshot.ts";

/** Every operator towards its target, downwards first; the contract clips each leg to its room. */
export function planLegs({ snapshot, certified }: SnapshotReading): Leg[] {
  const problem = problemOf(snapshot);
  const targets = targetsAt(problem, certified ?? initialLevels(problem));
  const legs = snapshot.operators
    .filter(({ live }) => !live.faulted)
    .map(({ id, live }, index) => {
      const change = (targets[index] ?? 0n) - live.position;
      return { operator: id, amount: change < 0n ? -change : change, up: change > 0n };
    });
  return legs.filter(({ amount }) => amount > 0n).sort((first, second) => Number(first.up) - Number(second.up));
}
