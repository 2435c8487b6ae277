import { checkRising } from "./csv.ts";

/** A row of a file that has one for every epoch and id. */
interface Dated {
  readonly epoch: number;
  readonly id: string;
}

/** Refuses rows that do not go by epoch, then by id, and an id that occurs twice in an epoch. */
export function checkOrder(rows: readonly Dated[]): void {
  checkRising(rows, "id", (first, second) =>
    first.epoch === second.epoch ? first.id < second.id : first.epoch < second.epoch,
  );
}

/** The rows of each epoch, in their order. */
export function byEpoch<Each extends Dated>(rows: readonly Each[]): Map<number, Each[]> {
  const epochs = new Map<number, Each[]>();
  for (const row of rows) {
    const kept = epochs.get(row.epoch);
    if (kept === undefined) epochs.set(row.epoch, [row]);
    else kept.push(row);
  }
  return epochs;
}
