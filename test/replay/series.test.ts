import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { richAccounts } from "../../scripts/replay/setUp.ts";
import { measuresInWords, measuresSince } from "../../scripts/replay/series/measures.ts";
import { renderSeries, seriesJson } from "../../scripts/replay/series/print.ts";
import { type JudgedEpoch, replaySeries, type SeriesReplay } from "../../scripts/replay/series/run.ts";
import { SERIES_SETTINGS } from "../../scripts/replay/series/settings.ts";
import type { SeriesStage } from "../../scripts/replay/series/stage.ts";
import { complaintsOfSeries } from "../../scripts/replay/series/verdict.ts";
import { larger, sumOf } from "../../src/allocation/amounts.ts";
import { parseSeriesFiles } from "../../src/data/solanaSeries.ts";
import { type SeriesFlaws, syntheticSeries } from "../../src/data/syntheticSeries.ts";
import { solanaReports } from "../../src/reports/sources/solana.ts";
import { OperatorRegistry__factory, Scores__factory } from "../../types/index.ts";
import { runReplay } from "./command.ts";

const EPOCHS = 8;
const REPEATED = 656;
const FLAWS: SeriesFlaws = { repeated: [REPEATED], poolStakeMissing: [657], placesUnknown: [658] };
/** Few operators need large shares: a per cent each of twenty is not the whole. */
const SETTINGS = {
  ...SERIES_SETTINGS,
  rules: { poolShareBps: 1_000, netShareBps: 3_000, countryShareBps: 6_000, networkShareBps: 6_000 },
  newcomersShareBps: 2_000,
};
const FILES = syntheticSeries(40, EPOCHS, 2, FLAWS);
/** Of optimisation: the longest unbonding time among the pools is two epochs, and the window has two more. */
const WINDOW = 4;

describe("replay of a series", () => {
  let result: SeriesReplay;
  const of = (epoch: number): JudgedEpoch => result.epochs.find((played) => played.epoch === epoch)!;
  const measures = () => result.epochs.flatMap((epoch) => epoch.measures);

  before(async () => {
    const connection = await network.create({ network: "default", override: { accounts: richAccounts() } });
    const reports = solanaReports(parseSeriesFiles(FILES));
    result = await replaySeries(connection, reports, SETTINGS, () => undefined).finally(() => connection.close());
  });

  it("G13: breaches no cap in any epoch, optimises within its budget, and stays near the fair allocation", () => {
    expect(complaintsOfSeries(result)).to.deep.equal([]);
    expect(result.findings).to.deep.equal([]);
    expect(result.epochs).to.have.lengthOf(EPOCHS);
    result.epochs.forEach(({ epoch, breaches, figures, keeper }, index) => {
      expect({ epoch, breaches, complete: keeper.complete }).to.deep.equal({ epoch, breaches: 0, complete: true });
      const window = result.epochs.slice(Math.max(0, index - WINDOW + 1), index + 1);
      const limit = window.map((each) => each.figures.class2Limit).reduce(larger);
      expect(sumOf(window.map(({ moved }) => moved.class2)) <= limit, `class 2 up to epoch ${epoch}`).to.equal(true);

      // Weights move by a fifth an epoch, and the budget follows with a fiftieth in four.
      const whole = figures.placed + figures.idle + figures.unbonding;
      expect(figures.distance * 3n < whole, `distance in epoch ${epoch}`).to.equal(true);
    });
    expect(result.epochs.some(({ moved }) => moved.class2 > 0n)).to.equal(true);
    expect(result.epochs.some(({ moved }) => moved.class0 > 0n)).to.equal(true);
  });

  it("has three of four members agree, and none in an epoch that says nothing new", () => {
    for (const { epoch, reporting } of result.epochs) expect(reporting.votes).to.equal(epoch === REPEATED ? 0 : 3);
    expect(of(REPEATED).measures).to.deep.equal([]);
    expect(of(REPEATED).figures.drift).to.equal(0n);
  });

  it("meets what is wrong with the data by the guards", () => {
    expect(of(REPEATED).faults).to.have.lengthOf(2);
    expect(of(657).faults[0]).to.match(/^the pool's stakes add up to \d+, but it had \d+$/);
    expect(of(658).faults).to.deep.equal(["the place of 8 operators is not known, and was before"]);

    // A quarter of the pool's stake is missing from the rows, and none of it has left.
    expect(of(657).moved.class1).to.equal(0n);
  });

  it("drains and watches by reports, and says why", () => {
    expect(of(654).measures).to.deep.equal([
      { name: "v0027", what: "drained", cause: "strikes" },
      // Its stake is more than what is left of the guardian share, so it goes an epoch later.
      { name: "v0036", what: "drain refused", cause: "strikes" },
      { name: "v0036", what: "put on watch", cause: "duties" },
    ]);
    expect(of(655).measures).to.deep.include({ name: "v0036", what: "drained", cause: "strikes" });
    expect(measures().every(({ what, cause }) => (cause !== null) === /^drain|watch$/.test(what))).to.equal(true);
  });

  it("lists who is new with notice", () => {
    const [first, last] = [result.epochs[0]!, result.epochs.at(-1)!];

    expect(last.listed).to.be.greaterThan(first.listed);
    expect(of(658).governed.listed).to.deep.equal(["v0007"]);
  });

  it("measures every epoch against the optimum of the same caps", () => {
    for (const { figures } of result.epochs) {
      expect(figures.fairOfOptimum).to.be.within(0.8, 1);
      expect(figures.spread.operator.effectiveNumber).to.be.greaterThan(10);
      expect(figures.spread.operator.nakamotoThird).to.be.greaterThan(1);
      expect(figures.spread.jurisdiction.holders).to.equal(4);
      expect(figures.spread.infrastructure.maxShare).to.be.below(0.6);
    }
  });

  it("is told as tables, a line per measure and cause, and as JSON", () => {
    const lines = renderSeries(result);
    const [stake, places] = lines.filter((line) => line.includes("Nakamoto 1/3")).map((line) => line.split(/ {2,}/));

    expect(stake).to.deep.equal([
      ...["epoch", "votes", "listed", "class 0", "class 1", "class 2", "yield/LP", "fair/LP", "HHI", "effective"],
      ...["Nakamoto 1/3", "1/2", "distance", "drift", "idle", "above cap", "breaches"],
    ]);
    expect(places!.join(" ")).to.equal("epoch countries HHI Nakamoto 1/3 largest networks HHI Nakamoto 1/3 largest");
    expect(lines.filter((line) => /^ +65\d {2}/.test(line))).to.have.lengthOf(2 * EPOCHS);
    expect(lines).to.include("epoch 654: drained (strikes): v0027");
    expect(lines).to.include("epoch 658: listed: v0007");
    expect(lines.at(-1)).to.match(/^recomputed from \d+ logs: no call lifted anyone above a cap$/);

    const { epochs } = JSON.parse(seriesJson(result)) as SeriesReplay;
    expect(epochs).to.have.lengthOf(EPOCHS);
    expect(epochs[2]).to.have.nested.property("figures.spread.operator.hhi");
    expect(epochs[2]!.figures.distance).to.equal(of(654).figures.distance.toString());
  });

  it("names eight operators of a measure, and counts the others", () => {
    const names = Array.from({ length: 11 }, (_, index) => `v${index}`);
    const watched = names.map((name) => ({ name, what: "put on watch", cause: "doubtfulSlash" }) as const);

    expect(measuresInWords([...watched, { name: "v1", what: "watch lifted", cause: null }])).to.deep.equal([
      "put on watch (doubtful slash): v0, v1, v2, v3, v4, v5, v6, v7 and 3 more",
      "watch lifted: v1",
    ]);
  });

  it("tells the allocator's watches from those of reports, which the scores log first", async () => {
    const [scores, registry] = [Scores__factory.createInterface(), OperatorRegistry__factory.createInterface()];
    const [scoresAt, registryAt] = [`0x${"11".repeat(20)}`, `0x${"22".repeat(20)}`];
    const watched = (transactionHash: string, id: number, watch: boolean) => ({
      address: registryAt,
      transactionHash,
      ...registry.encodeEventLog("WatchChanged", [id, watch]),
    });
    const logs = [
      { address: scoresAt, transactionHash: "0xaa", ...scores.encodeEventLog("OperatorWatched", [1, 7, 2]) },
      watched("0xaa", 1, true),
      watched("0xaa", 2, true),
      watched("0xbb", 1, true),
      watched("0xcc", 1, false),
    ];
    const stage = {
      trellis: {
        scores: { interface: scores, getAddress: async () => scoresAt },
        registry: { interface: registry, getAddress: async () => registryAt },
        connection: { ethers: { provider: { getLogs: async () => logs } } },
      },
      actors: [{ name: "one" }, { name: "two" }],
    } as unknown as SeriesStage;

    expect(await measuresSince(stage, 0)).to.deep.equal([
      { name: "one", what: "put on watch", cause: "duties" },
      { name: "two", what: "put on watch", cause: "loss" },
      { name: "one", what: "put on watch", cause: "loss" },
    ]);
  });

  describe("complaintsOfSeries", () => {
    /** As it was played, but with other figures in the epoch in which class 2 moved. */
    const changed = (change: (epoch: JudgedEpoch) => Partial<JudgedEpoch>): SeriesReplay => ({
      ...result,
      epochs: result.epochs.map((epoch) => (epoch.epoch === 658 ? { ...epoch, ...change(epoch) } : epoch)),
    });

    it("complains when optimisation passes its budget, by what was moved or by what the contract counts", () => {
      const { class2Limit } = of(658).figures;
      const most = `In epoch 658 optimisation moved ${class2Limit + 1n} wei, more than its budget of ${class2Limit}.`;

      expect(
        complaintsOfSeries(changed(({ moved }) => ({ moved: { ...moved, class2: class2Limit + 1n } }))),
      ).to.deep.equal([most]);
      expect(
        complaintsOfSeries(changed(({ figures }) => ({ figures: { ...figures, class2Used: class2Limit + 1n } }))),
      ).to.deep.equal([most]);
    });

    it("takes no offence at a limit that has become smaller since", () => {
      const { class2Limit } = of(658).figures;
      const replay = changed(({ moved, figures }) => ({
        moved: { ...moved, class2: 0n },
        figures: { ...figures, class2Used: class2Limit + 1n },
      }));

      expect(complaintsOfSeries(replay)).to.deep.equal([]);
    });

    it("complains when stake is further from the fair allocation than that has moved", () => {
      const replay = changed(({ figures }) => ({ figures: { ...figures, distance: 2n * figures.placed } }));

      expect(complaintsOfSeries(replay)).to.have.lengthOf(1);
      expect(complaintsOfSeries(replay)[0]).to.match(
        /^In epoch 658 the stake was moved away from the fair allocation, by \d+ wei\.$/,
      );
    });

    it("complains about what the logs show, and when a keeper ends early", () => {
      const replay = changed(({ keeper }) => ({ keeper: { ...keeper, complete: false } }));

      expect(complaintsOfSeries({ ...replay, findings: ["P2: operator 3 was lifted too far"] })).to.deep.equal([
        "By the logs, P2: operator 3 was lifted too far.",
        "In epoch 658 the keeper did not come to an end.",
      ]);
    });
  });
});

describe("npm run replay, of a series", () => {
  let folder: string;
  const file = (name: string) => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "replay-"));
    await writeFile(file("a-series.csv"), FILES.series);
    await writeFile(file("of-epochs.csv"), FILES.epochs);
    await writeFile(file("of-ids.csv"), FILES.ids);
    await writeFile(file("of-groups.csv"), FILES.groups);
  });
  after(() => rm(folder, { recursive: true }));

  it("takes the other files from where they are, and plays as many epochs as it is told", async () => {
    const further = ["--epochs-file", file("of-epochs.csv"), "--ids-file", file("of-ids.csv")];
    const shares = [
      "--pool-share",
      "1000",
      "--net-share",
      "3000",
      "--country-share",
      "6000",
      "--network-share",
      "6000",
    ];
    const { code, out, err } = await runReplay(
      ...[file("a-series.csv"), ...further, "--groups-file", file("of-groups.csv")],
      ...[...shares, "--newcomers-share", "2000", "--power", "1", "--epochs", "1", "--json"],
    );

    expect(code).to.equal(0);
    expect((JSON.parse(out.join("\n")) as SeriesReplay).epochs.map(({ epoch }) => epoch)).to.deep.equal([652]);
    expect(err.at(-1)).to.equal(
      "No call lifted anyone above a cap, and optimisation stayed within its budget in every epoch.",
    );
  });

  it("says in one sentence which file it lacks, and that a series is only made up with accounts", async () => {
    expect((await runReplay(file("a-series.csv"))).err).to.deep.equal([
      `No file a-epochs-*.csv lies beside ${file("a-series.csv")}.`,
    ]);
    expect((await runReplay("--series", "3")).err).to.deep.equal(["A series is only made up with --synthetic."]);
  });
});
