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
 * One self-contained HTML page with charts. @param chartLibrary source text of the charting library, put into the page so
 * that it opens without a network.
 */
export function renderPage(data: ReportData, chartLibrary: string): string {
  const rows = data.summary.map(([label, value]) => `<tr><th>${escape(label)}</th><td>${escape(value)}</td></tr>`);
  const findings =
    data.findings.length === 0
      ? "<p class=ok>Every promise holds: recomputed from the logs, nothing was found.</p>"
      : `<ul class=bad>${data.findings.map((finding) => `<li>${escape(finding)}</li>`).join("")}</ul>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(data.title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1f2933; }
table { border-collapse: collapse; } th { text-align: left; font-weight: 500; padding-right: 2rem; }
td { text-align: right; font-variant-numeric: tabular-nums; }
.chart { height: 26rem; margin: 2rem 0; } .ok { color: #18794e; } .bad { color: #b42318; }
</style>
<h1>${escape(data.title)}</h1>
<table>${rows.join("")}</table>
${findings}
<div class=chart id=operators></div>
<div class=chart id=groups></div>
<div class=chart id=price></div>
<div class=chart id=waiting></div>
<script>${chartLibrary.replaceAll("</script", "<\\/script")}</script>
<script>
const options = ${inScript(chartOptions(data))};
for (const [id, option] of Object.entries(options)) {
  const chart = echarts.init(document.getElementById(id), null, { renderer: "svg" });
  chart.setOption(option);
  addEventListener("resize", () => chart.resize());
}
</script>
</html>
`;
}

/** Options of the four charts, by the id of their element. */
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

/** JSON that cannot end the script that it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
