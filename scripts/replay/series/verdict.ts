import { larger } from "../../../src/allocation/amounts.ts";
import type { SeriesReplay } from "./run.ts";

/** A leg is rounded by a share of an operator's pool. */
const DUST = 10n ** 6n;

/** What is wrong, in sentences; none if all is as the rules want it. */
export function complaintsOfSeries({ epochs, findings }: SeriesReplay): string[] {
  const complaints = findings.map((finding) => `By the logs, ${finding}.`);
  for (const [index, { epoch, figures, keeper, moved }] of epochs.entries()) {
    const { class2Used, class2Limit, distance, drift } = figures;
    const optimised = larger(moved.class2, class2Used);
    // Who has moved nothing may find that the pool, and the limit with it, has become smaller.
    if (moved.class2 > 0n && optimised > class2Limit) {
      complaints.push(`In epoch ${epoch} optimisation moved ${optimised} wei, more than its budget of ${class2Limit}.`);
    }
    const before = epochs[index - 1]?.figures.distance;
    // Exits take from everyone; whatever else is moved goes towards its target.
    const most = (before ?? distance) + drift + moved.class1 + DUST;
    if (distance > most) {
      complaints.push(
        `In epoch ${epoch} the stake was moved away from the fair allocation, by ${distance - most} wei.`,
      );
    }
    if (!keeper.complete) complaints.push(`In epoch ${epoch} the keeper did not come to an end.`);
  }
  return complaints;
}
