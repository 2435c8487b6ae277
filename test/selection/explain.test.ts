import { expect } from "chai";

import { explain } from "../../src/selection/explain.ts";
import { tightDimensions, tightInWords } from "../../src/selection/headroom.ts";
import { select } from "../../src/selection/select.ts";
import type { Selection } from "../../src/selection/types.ts";
import { reportsOf, SETTINGS } from "./reports.ts";

describe("explain", () => {
  const selection: Selection = select(
    reportsOf(365, {
      first: () => ({ apr: 12n, commissionBps: 500n }),
      second: () => ({ apr: 11n }),
      third: () => ({ apr: 10n }),
      fourth: () => ({ apr: 9n }),
      raised: (age) => ({ apr: 20n, commissionBps: age === 0 ? 1_250n : 500n }),
      slashed: (age) => ({ slashed: age === 9 ? 7n : 0n }),
      hit: (age) => ({ slashed: age === 0 ? 8n : 0n, active: age > 0 }),
      gone: (age) => (age === 0 ? null : {}),
      shut: () => ({ open: false }),
      poor: () => ({ apr: 0n }),
    }),
    SETTINGS,
  )!;
  const before = new Set(["first", "fourth", "raised", "hit"]);
  const about = (id: string) => explain(selection, before, id)!;

  it("says why an operator is in, and who is with it", () => {
    expect(about("first")).to.deep.equal([
      "first is in: it is 1st of the 4 that may be chosen, and 3 are taken, three per ledger.",
      "It was in before: nothing changes.",
      "Ledger 1 nominates it, with second and third (dealt by rank).",
      "Metric 11.400: APR over week, month and year 11.40 / 11.40 / 11.40 %, in the active set 100.0 / 100.0 / 100.0 % of the time.",
      "Duties of the week: 100.0 % done.",
      "Commission 5 %.",
    ]);
  });

  it("says what changes", () => {
    expect(about("second")[1]).to.equal("It was not in before: it comes in.");
    expect(about("fourth").slice(0, 2)).to.deep.equal([
      "fourth is out: it is 4th of the 4 that may be chosen, and 3 are taken, three per ledger.",
      "It was in before: it goes.",
    ]);
    expect(about("poor")[1]).to.equal("It was not in before either: nothing changes.");
    expect(explain(selection, null, "fourth")![1]).to.match(/^Metric /);
  });

  it("says every reason against an operator", () => {
    expect(about("raised")[0]).to.equal(
      "raised is out: its commission of 12.5 % is above the limit of 10 %; it raised its commission from 5 % to 12.5 %.",
    );
    expect(about("hit")[0]).to.equal(
      "hit is out: it was slashed by 8 wei in the last epoch; it was not in the active set in the last epoch.",
    );
    expect(about("slashed")[0]).to.equal(
      "slashed is out: it was slashed by 7 wei in an earlier epoch, and who was slashed once is never chosen.",
    );
    expect(about("slashed")[2]).to.match(/^Metric below zero: /);
    expect(about("gone")[0]).to.equal("gone is out: it is not in the last report.");
    expect(about("gone").some((sentence) => sentence.startsWith("Commission"))).to.equal(false);
    expect(about("shut")[0]).to.equal("shut is out: it does not take stake of the pool.");
    expect(about("poor")[0]).to.equal("poor is out: it has earned nothing in the last year.");
  });

  it("knows nobody that is not in the series", () => {
    expect(explain(selection, before, "nobody")).to.equal(null);
  });
});

describe("tightDimensions", () => {
  const chosen = [
    { place: "x", client: "1" },
    { place: "y", client: "1" },
    { place: "x", client: "2" },
  ];
  const capOf = (caps: Readonly<Record<string, bigint | null>>) => (dimension: string, group: string) =>
    caps[`${dimension} ${group}`] ?? null;

  it("flags a dimension whose caps, over groups that are not empty, make less than one and a half", () => {
    const caps = { "place x": 7_499n, "place y": 7_500n, "client 1": 7_500n, "client 2": 7_500n, "client 3": 1n };

    expect(tightDimensions(chosen, ["place", "client"], capOf(caps))).to.deep.equal([
      { dimension: "place", groups: 2, headroomBps: 14_999n },
    ]);
  });

  it("counts only groups that a chosen operator is in", () => {
    const caps = { "place x": 7_500n, "place y": 7_500n };

    expect(tightDimensions(chosen.slice(0, 1), ["place"], capOf(caps))).to.deep.equal([
      { dimension: "place", groups: 1, headroomBps: 7_500n },
    ]);
    expect(tightDimensions(chosen, ["place"], capOf(caps))).to.deep.equal([]);
  });

  it("takes who is in no group for room, as no cap of the dimension holds it", () => {
    const caps = { "place x": 7_000n, "place y": 7_000n };

    expect(tightDimensions(chosen, ["place"], capOf(caps))).to.deep.equal([
      { dimension: "place", groups: 2, headroomBps: 14_000n },
    ]);
    expect(tightDimensions([...chosen, { client: "1" }], ["place"], capOf(caps))).to.deep.equal([]);
  });

  it("flags nothing where a group has no cap that holds, or there is none", () => {
    expect(tightDimensions(chosen, ["place"], capOf({ "place x": 100n }))).to.deep.equal([]);
    expect(tightDimensions(chosen, ["entity"], () => 100n)).to.deep.equal([]);
    expect(tightDimensions([], ["place"], () => 100n)).to.deep.equal([]);
  });

  it("says what that means", () => {
    expect(tightInWords({ dimension: "client", groups: 2, headroomBps: 6_000n })).to.equal(
      "client: the caps of the 2 groups of the chosen add up to 60 % of the pool, less than 150 %: some of its stake may fit nowhere.",
    );
  });
});
