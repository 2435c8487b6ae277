import { expect } from "chai";
import * as echarts from "echarts";

import { syntheticSolanaEpoch } from "../../src/data/solana.ts";
import { measure } from "../../src/metrics/measure.ts";
import { holdingsOfCsv, knownColumns } from "../../src/metrics/sources.ts";
import { type ReportData, renderPage } from "../../src/report/page.ts";
import { renderSpread, spreadCharts } from "../../src/report/spread.ts";

/** Draws a chart as the page would. */
function draw(option: object): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 900, height: 400 });
  chart.setOption(option as echarts.EChartsCoreOption);
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

describe("the page about how stake is spread", () => {
  const content = syntheticSolanaEpoch(60, 2);
  const measurement = measure(holdingsOfCsv(content, knownColumns(content)!), null);
  const charts = spreadCharts(measurement);

  it("has a chart of the operators and one of each dimension, which can be drawn", () => {
    expect(Object.keys(charts)).to.deep.equal(["spread-operator", "spread-country", "spread-aso", "spread-client"]);
    const operators = draw(charts["spread-operator"]!);
    for (const share of ["1/3", "1/2", "2/3"]) expect(operators).to.contain(`>${share}</text>`);
    const countries = draw(charts["spread-country"]!);
    for (const { name } of measurement.measured[1]!.shares) expect(countries).to.contain(`>${name}</text>`);
  });

  it("adds up to the whole, and shows the network alone where the pool holds nothing", () => {
    const [{ series }] = [charts["spread-operator"] as { series: { name: string; data: [number, number][] }[] }];
    expect(series.map(({ name }) => name)).to.deep.equal(["pool", "network"]);
    for (const { data } of series) {
      expect(data[0]).to.deep.equal([0, 0]);
      expect(Math.abs(data.at(-1)![1] - 100)).to.be.at.most(0.001);
    }

    const empty = measure(holdingsOfCsv(content, { ...knownColumns(content)!, pool: null }), null);
    const alone = spreadCharts(empty)["spread-client"] as { series: { name: string }[] };
    expect(alone.series.map(({ name }) => name)).to.deep.equal(["network"]);
  });

  it("cannot be left by what is in it", () => {
    const hostile = measure([{ name: "</script><b>", pool: 1n, network: 1n, groups: { "a<b": "x" } }], null);
    const html = renderSpread("<i>", hostile, "/* </script> */");

    expect(html).to.contain("<title>&lt;i&gt;</title>");
    expect(html).not.to.match(/<b>|id="spread-a<b"/);
    expect(html.match(/<\/script>/g)).to.have.lengthOf(2);
  });

  it("is part of the page of a pool's history", () => {
    const data: ReportData = {
      title: "A pool",
      summary: [["price", "1"]],
      findings: ["P1: <gone>"],
      operators: [{ name: "operator 1", position: 1, target: 1, cap: 2, state: "active" }],
      groups: [],
      price: [[0, 1]],
      waiting: [],
      spread: measurement,
    };
    const html = renderPage(data, "");

    for (const id of ["operators", "groups", "price", "waiting", "spread-operator", "spread-client"]) {
      expect(html).to.contain(`<div class=chart id="${id}"></div>`);
    }
    expect(html).to.contain("<ul class=bad><li>P1: &lt;gone&gt;</li></ul>");
    expect(renderPage({ ...data, findings: [] }, "")).to.contain("Every promise holds");
  });
});
