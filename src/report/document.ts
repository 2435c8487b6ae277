/** A page with a table and charts. */
export interface Document {
  readonly title: string;
  readonly summary: readonly (readonly [label: string, value: string])[];
  /** HTML between the table and the charts. */
  readonly note: string;
  /** Options of the charts, by the id of their element, in their order. */
  readonly charts: Readonly<Record<string, object>>;
}

/** One self-contained HTML page. @param chartLibrary source text of the charting library, put into the page. */
export function renderDocument({ title, summary, note, charts }: Document, chartLibrary: string): string {
  const rows = summary.map(([label, value]) => `<tr><th>${escape(label)}</th><td>${escape(value)}</td></tr>`);
  const elements = Object.keys(charts).map((id) => `<div class=chart id="${escape(id)}"></div>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1f2933; }
table { border-collapse: collapse; } th { text-align: left; font-weight: 500; padding-right: 2rem; }
td { text-align: right; font-variant-numeric: tabular-nums; }
.chart { height: 26rem; margin: 2rem 0; } .ok { color: #18794e; } .bad { color: #b42318; }
</style>
<h1>${escape(title)}</h1>
<table>${rows.join("")}</table>
${note}
${elements.join("\n")}
<script>${chartLibrary.replaceAll("</script", "<\\/script")}</script>
<script>
const options = ${inScript(charts)};
for (const [id, option] of Object.entries(options)) {
  const chart = echarts.init(document.getElementById(id), null, { renderer: "svg" });
  chart.setOption(option);
  addEventListener("resize", () => chart.resize());
}
</script>
</html>
`;
}

/** Text that is text in HTML, too. */
export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** JSON that cannot end the script that it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
