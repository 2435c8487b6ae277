import { type Measured, type Measurement, OPERATOR, type Share, type Whole } from "../metrics/measure.ts";
import { headlineOf, summaryOf } from "../metrics/render.ts";
import { renderDocument } from "./document.ts";

/** Groups that a chart shows; the others are small. */
const MOST_GROUPS = 30;
const COLOURS: Record<Whole, string> = { pool: "#4f7cac", network: "#b8c4d0" };
/** What it takes to halt a network, to outvote the others, and to finalise alone. */
const THRESHOLDS = [
  { name: "1/3", yAxis: 100 / 3 },
  { name: "1/2", yAxis: 50 },
  { name: "2/3", yAxis: 200 / 3 },
];

/** One page about how stake is spread. */
export function renderSpread(title: string, measurement: Measurement, chartLibrary: string): string {
  const charts = spreadCharts(measurement);
  return renderDocument({ title, summary: summaryOf(measurement), note: "", charts }, chartLibrary);
}

/** Options of its charts, by the id of their element: the largest operators together, and the groups of each dimension. */
export function spreadCharts({ measured }: Measurement): Record<string, object> {
  return Object.fromEntries(
    measured.map((one) => [
      `spread-${one.dimension}`,
      one.dimension === OPERATOR ? togetherOption(one) : groupsOption(one),
    ]),
  );
}

/** How many of the largest operators have how much together, with the shares that give power. */
function togetherOption(measured: Measured): object {
  return {
    title: { text: "Stake that the largest operators have together (per cent)", subtext: headlineOf(measured) },
    tooltip: { trigger: "axis" },
    legend: { top: 28, right: 30 },
    grid: { left: 70, right: 30, top: 80, bottom: 50 },
    xAxis: { type: "value", name: "operators", nameLocation: "middle", nameGap: 28 },
    yAxis: { type: "value", max: 100 },
    series: wholesOf(measured).map((whole, index) => ({
      name: whole,
      type: "line",
      showSymbol: false,
      itemStyle: { color: COLOURS[whole] },
      data: together(measured.shares, whole),
      ...(index > 0
        ? {}
        : {
            markLine: {
              symbol: "none",
              silent: true,
              lineStyle: { color: "#b42318", type: "dashed" },
              data: THRESHOLDS,
              label: { formatter: "{b}", position: "insideEndTop" },
            },
          }),
    })),
  };
}

/** Each group's part of the pool beside its part of the network. */
function groupsOption(measured: Measured): object {
  const shown = measured.shares.slice(0, MOST_GROUPS);
  return {
    title: { text: `Stake per ${measured.dimension} (per cent)`, subtext: headlineOf(measured) },
    tooltip: { trigger: "axis" },
    legend: { top: 28, right: 30 },
    grid: { left: 70, right: 30, top: 80, bottom: 110 },
    xAxis: { type: "category", data: shown.map(({ name }) => name), axisLabel: { rotate: 40 } },
    yAxis: { type: "value" },
    series: wholesOf(measured).map((whole) => ({
      name: whole,
      type: "bar",
      itemStyle: { color: COLOURS[whole] },
      data: shown.map((share) => percent(share[whole])),
    })),
  };
}

function wholesOf({ pool }: Measured): Whole[] {
  return pool === null ? ["network"] : ["pool", "network"];
}

/** Sums of shares, the largest first, those without any left out. */
function together(shares: readonly Share[], whole: Whole): [count: number, percent: number][] {
  let sum = 0;
  const held = shares.map((share) => share[whole]).filter((share) => share > 0);
  const points = held
    .sort((first, second) => second - first)
    .map((share, index): [number, number] => [index + 1, percent((sum += share))]);
  return [[0, 0], ...points];
}

function percent(share: number): number {
  return Number((share * 100).toFixed(4));
}
