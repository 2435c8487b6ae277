import type { SeriesReplay } from "./run.ts";

/** What is wrong, in sentences; none if all is as the rules want it. */
export function complaintsOfSeries({ epochs, findings }: SeriesReplay): string[] {
  const complaints = findings.map((finding) => `By the logs, ${finding}.`);
  for (const { epoch, figures, keeper } of epochs) {
    const { class2Used, class2Limit } = figures;
    if (class2Used > class2Limit) {
      complaints.push(
        `In epoch ${epoch} optimisation moved ${class2Used} wei, more than its budget of ${class2Limit}.`,
      );
    }
    if (!keeper.complete) complaints.push(`In epoch ${epoch} the keeper did not come to an end.`);
  }
  return complaints;
}
