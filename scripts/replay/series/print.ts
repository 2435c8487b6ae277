import { renderTable } from "../../../src/cli/table.ts";
import { toJson } from "../../../src/keeper/log.ts";
import { measuresInWords, namesInWords } from "./measures.ts";
import type { JudgedEpoch, SeriesReplay } from "./run.ts";

type Column = readonly [title: string, cell: (epoch: JudgedEpoch) => string];

const EPOCH: Column = ["epoch", ({ epoch }) => epoch.toString()];

/** What the stake did, how it is spread and what it earns. */
const STAKE: readonly Column[] = [
  EPOCH,
  ["votes", ({ reporting }) => (reporting.votes === 0 ? "-" : reporting.votes.toString())],
  ["listed", ({ listed }) => listed.toString()],
  ["class 0", ({ churn }) => percent(churn.class0)],
  ["class 1", ({ churn }) => percent(churn.class1)],
  ["class 2", ({ churn }) => percent(churn.class2)],
  ["yield/LP", ({ figures }) => percent(figures.yieldOfOptimum)],
  ["fair/LP", ({ figures }) => percent(figures.fairOfOptimum)],
  ["HHI", ({ figures }) => figures.spread.operator.hhi.toFixed(1)],
  ["effective", ({ figures }) => figures.spread.operator.effectiveNumber.toFixed(0)],
  ["Nakamoto 1/3", ({ figures }) => figures.spread.operator.nakamotoThird.toString()],
  ["1/2", ({ figures }) => figures.spread.operator.nakamotoHalf.toString()],
  ["distance", ({ figures }) => partOfPool(figures, figures.distance)],
  ["drift", ({ figures }) => partOfPool(figures, figures.drift)],
  ["idle", ({ figures }) => partOfPool(figures, figures.idle)],
  ["above cap", ({ figures: { above } }) => `${above.operators} + ${above.groups}`],
  ["breaches", ({ breaches }) => breaches.toString()],
];

/** How the stake is spread over countries and hosting networks. */
const PLACES: readonly Column[] = [
  EPOCH,
  ["countries", ({ figures }) => figures.spread.jurisdiction.holders.toString()],
  ["HHI", ({ figures }) => figures.spread.jurisdiction.hhi.toFixed(0)],
  ["Nakamoto 1/3", ({ figures }) => figures.spread.jurisdiction.nakamotoThird.toString()],
  ["largest", ({ figures }) => percent(figures.spread.jurisdiction.maxShare)],
  ["networks", ({ figures }) => figures.spread.infrastructure.holders.toString()],
  ["HHI", ({ figures }) => figures.spread.infrastructure.hhi.toFixed(0)],
  ["Nakamoto 1/3", ({ figures }) => figures.spread.infrastructure.nakamotoThird.toString()],
  ["largest", ({ figures }) => percent(figures.spread.infrastructure.maxShare)],
];

/** What became of a series, for people: tables with a line per epoch, then what was wrong in it, who was watched or drained, and why. */
export function renderSeries({ epochs, findings, logs }: SeriesReplay): string[] {
  return [
    "",
    ...tableOf(STAKE, epochs),
    "",
    ...tableOf(PLACES, epochs),
    "",
    ...epochs.flatMap((played) => linesOf(played).map((line) => `epoch ${played.epoch}: ${line}`)),
    "",
    `recomputed from ${logs} logs: ${findings.length === 0 ? "no call lifted anyone above a cap" : "see below"}`,
  ];
}

/** The same as one value for programs; amounts in wei. */
export function seriesJson(replay: SeriesReplay): string {
  return toJson(replay, 2);
}

function linesOf({ faults, governed: { listed }, measures }: JudgedEpoch): string[] {
  return [...faults, ...(listed.length === 0 ? [] : [`listed: ${namesInWords(listed)}`]), ...measuresInWords(measures)];
}

function tableOf(columns: readonly Column[], epochs: readonly JudgedEpoch[]): string[] {
  return renderTable(
    columns.map(([title]) => title),
    epochs.map((epoch) => columns.map(([, cell]) => cell(epoch))),
    columns.map((_, index) => index),
  );
}

function partOfPool({ placed, idle, unbonding }: JudgedEpoch["figures"], amount: bigint): string {
  const whole = placed + idle + unbonding;
  return percent(whole === 0n ? 0 : Number((amount * 1_000_000n) / whole) / 1_000_000);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)} %`;
}
