import { renderTable } from "../../../src/cli/table.ts";
import { toJson } from "../../../src/keeper/log.ts";
import { type Measure, measuresInWords } from "../series/measures.ts";
import type { StatesEpoch, StatesReplay } from "./run.ts";

/** Epochs that are told in one line: how many are where at the last of them, and what was done in all of them. */
interface Stretch {
  readonly title: string;
  readonly last: StatesEpoch;
  readonly measures: readonly Measure[];
}

const COLUMNS = ["epoch", "reported", "listed", "scored", "on watch", "drained", "effective weights"];

/** What became of scores and states, for people: a line for every `each` epochs, then every measure and its cause. */
export function renderStates({ epochs, operators }: StatesReplay, each: number): string[] {
  const stretches = stretchesOf(epochs, each);
  const measures = epochs.flatMap((epoch) => epoch.measures);
  const times = (what: Measure["what"]) => measures.filter((measure) => measure.what === what).length;
  return [
    "",
    ...renderTable(
      COLUMNS,
      stretches.map(rowOf),
      COLUMNS.map((_, index) => index),
    ),
    "",
    ...epochs.flatMap(({ epoch, faults }) => faults.map((fault) => `epoch ${epoch}: ${fault}`)),
    ...stretches.flatMap(({ title, measures: own }) => measuresInWords(own).map((line) => `epoch ${title}: ${line}`)),
    "",
    `${epochs.length} epochs, ${operators.length} operators: put on watch ${times("put on watch")} times and lifted ` +
      `${times("watch lifted")}, drained ${times("drained")} and readmitted ${times("readmitted")}`,
  ];
}

/** The same as one value for programs, every epoch of it. */
export function statesJson(replay: StatesReplay): string {
  return toJson(replay, 2);
}

function stretchesOf(epochs: readonly StatesEpoch[], each: number): Stretch[] {
  return Array.from({ length: Math.ceil(epochs.length / each) }, (_, index) => {
    const own = epochs.slice(index * each, (index + 1) * each);
    const [first, last] = [own[0]!, own.at(-1)!];
    return {
      title: first === last ? last.epoch.toString() : `${first.epoch} to ${last.epoch}`,
      last,
      measures: own.flatMap(({ measures }) => measures),
    };
  });
}

function rowOf({ title, last }: Stretch): string[] {
  const { reported, listed, scored, watched, drained, weights } = last;
  const counts = [reported, listed, scored, watched, drained].map(String);
  return [title, ...counts, weights.effectiveNumber.toFixed(1)];
}
