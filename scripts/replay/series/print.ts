import { renderTable } from "../../../src/cli/table.ts";
import { toJson } from "../../../src/keeper/log.ts";
import type { Measure } from "./conduct.ts";
import type { PlayedEpoch, SeriesReplay } from "./run.ts";

/** What became of a series, for people: a line per epoch, then who was watched or drained, and why. */
export function renderSeries({ epochs, findings, logs }: SeriesReplay): string[] {
  const columns = [
    "epoch",
    "votes",
    "listed",
    "class 0",
    "class 1",
    "class 2",
    "yield/LP",
    "fair/LP",
    "HHI",
    "effective",
    "Nakamoto 1/3",
    "largest",
    "idle",
    "above cap",
  ];
  return [
    "",
    ...renderTable(
      columns,
      epochs.map(rowOf),
      columns.map((_, index) => index),
    ),
    "",
    ...faultsOf(epochs),
    ...measuresOf(epochs),
    "",
    `recomputed from ${logs} logs: ${findings.length === 0 ? "no call lifted anyone above a cap" : "see below"}`,
  ];
}

/** The same as one value for programs; amounts in wei. */
export function seriesJson(replay: SeriesReplay): string {
  return toJson(replay, 2);
}

function rowOf({ epoch, reporting, listed, churn, figures }: PlayedEpoch): string[] {
  const { operator } = figures.spread;
  const whole = figures.placed + figures.idle + figures.unbonding;
  return [
    epoch.toString(),
    reporting.votes === 0 ? "-" : reporting.votes.toString(),
    listed.toString(),
    percent(churn.class0),
    percent(churn.class1),
    percent(churn.class2),
    percent(figures.yieldOfOptimum),
    percent(figures.fairOfOptimum),
    operator.hhi.toFixed(1),
    operator.effectiveNumber.toFixed(0),
    operator.nakamotoThird.toString(),
    percent(operator.maxShare),
    percent(Number((figures.idle * 10_000n) / (whole === 0n ? 1n : whole)) / 10_000),
    figures.above.toString(),
  ];
}

function faultsOf(epochs: readonly PlayedEpoch[]): string[] {
  return epochs.flatMap(({ epoch, faults }) => faults.map((fault) => `epoch ${epoch}: ${fault}`));
}

/** How many of each measure and cause, with the first few names. */
function measuresOf(epochs: readonly PlayedEpoch[]): string[] {
  const sorts = new Map<string, { measures: Measure[]; first: number }>();
  for (const { epoch, measures } of epochs) {
    for (const measure of measures) {
      const sort = measure.cause === null ? measure.what : `${measure.what} (${measure.cause})`;
      const known = sorts.get(sort) ?? { measures: [], first: epoch };
      known.measures.push(measure);
      sorts.set(sort, known);
    }
  }
  return [...sorts].map(([sort, { measures }]) => {
    const names = [...new Set(measures.map(({ name }) => name))];
    const shown = names.slice(0, 8).join(", ") + (names.length > 8 ? ", …" : "");
    return `${sort}: ${measures.length} times, ${names.length} operators: ${shown}`;
  });
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)} %`;
}
