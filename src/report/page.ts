import type { Measurement } from "../metrics/measure.ts";
import { escape, renderDocument } from "./document.ts";
import { spreadCharts } from "./spread.ts";

/** What the report page shows. Amounts are in ether, as numbers: they are drawn, not computed with. */
export interface ReportData {
  readonly title: string;
  readonly summary: readonly (readonly [label: string, value: string])[];
  readonly findings: readonly string[];
  readonly operators: readonly OperatorBar[];
  readonly groups: readonly GroupBar[];
  readonly price: readonly (readonly [seconds: number, price: number])[];
  /** Per batch of exits: how long it waited for its money, in hours, and how much it was. */
  readonly waiting: readonly { readonly batch: number; readonly hours: number; readonly amount: number }[];
  /** How stake is spread at the end. */
  readonly spread: Measurement;
}

export interface OperatorBar {
  readonly name: string;
  readonly position: number;
  readonly target: number;
  readonly cap: number;
  readonly state: string;
}

export interface GroupBar {
  readonly name: string;
  readonly position: number;
  /** null if the group has no cap. */
  readonly cap: number | null;
}

/**
 * The page of a pool's history. @param chartLibrary source text of the charting library, put into the page so that it
 * opens without a network.
 */
export function renderPage(data: ReportData, chartLibrary: string): string {
  const findings =
    data.findings.length === 0
      ? "<p class=ok>Every promise holds: recomputed from the logs, nothing was found.</p>"
      : `<ul class=bad>${data.findings.map((finding) => `<li>${escape(finding)}</li>`).join("")}</ul>`;
  const charts = { ...chartOptions(data), ...spreadCharts(data.spread) };
  return renderDocument({ title: data.title, summary: data.summary, note: findings, charts }, chartLibrary);
}

/** Options of the charts of the history, by the id of their element. */
export function chartOptions(data: ReportData): Record<string, object> {
  const operators = [...data.operators].sort((first, second) => second.position - first.position);
  const zoom = [{ type: "slider", height: 16, bottom: 4 }, { type: "inside" }];
  const grid = { left: 70, right: 30, bottom: 70 };
  return {
    operators: {
      title: { text: "Stake per operator against target and cap (ether)" },
      tooltip: { trigger: "axis" },
      legend: { top: 28 },
      grid: { ...grid, top: 70 },
      dataZoom: zoom,
      xAxis: {
        type: "category",
        data: operators.map(({ name, state }) => `${name} (${state})`),
        axisLabel: { show: false },
      },
      yAxis: { type: "value" },
      series: [
        {
          name: "stake",
          type: "bar",
          data: operators.map(({ position }) => position),
          itemStyle: { color: "#4f7cac" },
        },
        {
          name: "target",
          type: "scatter",
          symbolSize: 5,
          data: operators.map(({ target }) => target),
          itemStyle: { color: "#f59e0b" },
        },
        {
          name: "cap",
          type: "line",
          step: "middle",
          showSymbol: false,
          data: operators.map(({ cap }) => cap),
          lineStyle: { color: "#b42318", width: 1 },
        },
      ],
    },
    groups: {
      title: { text: "Stake per group against its cap (ether)" },
      tooltip: { trigger: "axis" },
      legend: { top: 28 },
      grid: { ...grid, top: 70, bottom: 110 },
      xAxis: { type: "category", data: data.groups.map(({ name }) => name), axisLabel: { rotate: 40 } },
      yAxis: { type: "value" },
      series: [
        {
          name: "stake",
          type: "bar",
          data: data.groups.map(({ position }) => position),
          itemStyle: { color: "#4f7cac" },
        },
        {
          name: "cap",
          type: "scatter",
          symbol: "rect",
          symbolSize: [18, 3],
          data: data.groups.map(({ cap }) => cap),
          itemStyle: { color: "#b42318" },
        },
      ],
    },
    price: {
      title: { text: "Share price (ether per share)" },
      tooltip: { trigger: "axis" },
      grid,
      dataZoom: zoom,
      xAxis: { type: "time" },
      yAxis: { type: "value", scale: true },
      series: [
        {
          name: "price",
          type: "line",
          showSymbol: false,
          data: data.price.map(([seconds, price]) => [seconds * 1000, price]),
          lineStyle: { color: "#18794e" },
        },
      ],
    },
    waiting: {
      title: { text: "How long exits waited for their money (hours, by batch)" },
      tooltip: { trigger: "axis" },
      grid,
      xAxis: { type: "category", data: data.waiting.map(({ batch }) => batch) },
      yAxis: { type: "value" },
      series: [
        { name: "hours", type: "bar", data: data.waiting.map(({ hours }) => hours), itemStyle: { color: "#7c5cac" } },
      ],
    },
  };
}
