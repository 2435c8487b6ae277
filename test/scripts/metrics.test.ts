import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { metricsCommand } from "../../src/commands/metrics.ts";
import { optimumCommand } from "../../src/commands/optimum.ts";
import { syntheticSolanaEpoch } from "../../src/data/solana.ts";
import { syntheticNearUptime, syntheticSeries } from "../../src/data/syntheticSeries.ts";
import { connectTo, type Ended, recordDeployment, runWith, temporaryFolder } from "../fixtures/commands.ts";
import { ethers, loadBalanced } from "../fixtures/keeper.ts";
import { expectClose } from "../helpers/close.ts";

interface Json {
  readonly title: string;
  readonly poolStake: string;
  readonly measured: readonly {
    readonly dimension: string;
    readonly pool: { readonly holders: number; readonly hhi: number } | null;
    readonly shares: readonly { readonly name: string; readonly pool: number }[];
  }[];
}

describe("measuring", () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  const files = syntheticSeries(30, 3, 9);
  const inFolder = (name: string) => path.join(folder, name);
  const run = (...args: string[]): Promise<Ended> =>
    runWith(connectTo(ethers), metricsCommand, [...args, "--deployments", folder]);
  const parsed = ({ out }: Ended) => JSON.parse(out.join("\n")) as Json;
  const expectFailure = ({ code, out, err }: Ended, sentence: string): void => {
    expect({ code, out, err }).to.deep.equal({ code: 1, out: [], err: [sentence] });
  };

  before(() => {
    writeFileSync(inFolder("solana-series-652.csv"), files.series);
    writeFileSync(inFolder("solana-epochs-652.csv"), files.epochs);
    writeFileSync(inFolder("solana-ids-652.csv"), files.ids);
    writeFileSync(inFolder("solana-groups-652.csv"), files.groups);
    writeFileSync(inFolder("near.csv"), syntheticNearUptime(20, 3, 1));
    writeFileSync(inFolder("epoch.csv"), syntheticSolanaEpoch(60, 2));
    writeFileSync(inFolder("own.csv"), "who,all,region\na,50,EU\nb,30,EU\nc,20,US\n");
  });

  describe("metrics", () => {
    it("measures a deployed pool, per operator and per group", async () => {
      const fixture = await loadBalanced();
      await recordDeployment(folder, "localhost", fixture);
      const json = parsed(await run("--json"));
      const [operators] = json.measured;

      expect(json.title).to.match(/^The pool on localhost, at block \d+$/);
      expect(json.poolStake).to.equal((await fixture.allocator.committed()).toString());
      expect(operators!.shares).to.have.lengthOf(12);
      expect(json.measured.map(({ dimension }) => dimension)).to.include("entity");
      expectClose(
        operators!.shares.reduce((sum, { pool }) => sum + pool, 0),
        1,
        1e-9,
      );
    });

    it("measures an epoch of a series, its last unless told which", async () => {
      const last = await run("--csv", inFolder("solana-series-652.csv"));
      const first = await run("--csv", inFolder("solana-series-652.csv"), "--epoch", "652");

      expect(last.out[0]).to.equal("solana-series-652.csv, epoch 654");
      expect(first.out[0]).to.equal("solana-series-652.csv, epoch 652");
      expect(last.out.some((line) => line.startsWith("per jurisdiction, pool "))).to.equal(true);
      expect((await run("--csv", inFolder("near.csv"))).out[0]).to.equal("near.csv, epoch 2");
    });

    it("measures any file whose columns it is told", async () => {
      const json = parsed(
        await run(
          ...["--csv", inFolder("own.csv"), "--id-column", "who", "--pool-column", "all", "--stake-column", "all"],
          ...["--by", "region", "--json"],
        ),
      );

      expect(json.measured.map(({ dimension }) => dimension)).to.deep.equal(["operator", "region"]);
      expectClose(json.measured[0]!.pool!.hhi, 3_800, 1e-9);
      expect(json.measured[1]!.shares).to.deep.equal([
        { name: "EU", pool: 0.8, network: 0.8 },
        { name: "US", pool: 0.2, network: 0.2 },
      ]);
    });

    it("writes a page that has all it needs", async () => {
      const page = inFolder("pages/spread.html");
      const { code, err } = await run("--csv", inFolder("epoch.csv"), "--html", page);
      const html = readFileSync(page, "utf8");

      expect(code).to.equal(0);
      expect(err).to.deep.equal([`Charts: ${page}`]);
      for (const dimension of ["operator", "country", "aso", "client"]) {
        expect(html).to.contain(`<div class=chart id="spread-${dimension}"></div>`);
      }
      expect(html).not.to.match(/<script[^>]+src=|<link/);
    });

    it("says in one sentence what is wrong with its input", async () => {
      const series = inFolder("solana-series-652.csv");
      expectFailure(await run("--csv", inFolder("none.csv")), `There is no file ${inFolder("none.csv")}.`);
      expectFailure(await run("--csv", series, "--epoch", "9"), `${series} has no epoch 9.`);
      expectFailure(await run("--epoch", "9"), "Only a file has epochs: say --csv, too.");
      expectFailure(
        await run("--csv", inFolder("own.csv")),
        `It is not known which columns of ${inFolder("own.csv")} are meant: say --stake-column, and --by for groups.`,
      );
      expectFailure(
        await run("--csv", inFolder("own.csv"), "--stake-column", "some", "--id-column", "who"),
        `${inFolder("own.csv")}: Line 1, column "some" is missing from the header.`,
      );
      expectFailure(
        await run("--csv", inFolder("epoch.csv"), "--epoch", "1"),
        `${inFolder("epoch.csv")} has no epochs.`,
      );
      writeFileSync(inFolder("broken.csv"), files.series.replace("652,v0001,", "652,"));
      expectFailure(
        await run("--csv", inFolder("broken.csv")),
        `${inFolder("broken.csv")}: Line 2 has 11 fields where the header has 12.`,
      );
    });

    it("asks for the files that belong to a series", async () => {
      const alone = temporaryFolder();
      writeFileSync(path.join(alone.folder, "series.csv"), files.series);
      expectFailure(
        await run("--csv", path.join(alone.folder, "series.csv")),
        `No file epochs-*.csv lies beside ${path.join(alone.folder, "series.csv")}.`,
      );
      alone.remove();
    });

    it("takes those of the same range, else the last by name", async () => {
      const several = temporaryFolder();
      const write = (name: string, content: string) => writeFileSync(path.join(several.folder, name), content);
      write("solana-series-652-654.csv", files.series);
      write("solana-epochs-652-654.csv", files.epochs);
      write("solana-epochs-655-657.csv", "of others");
      for (const kind of ["ids", "groups"] as const) {
        write(`solana-${kind}-641-650.csv`, "of others");
        write(`solana-${kind}-641-654.csv`, files[kind]);
      }

      const { code, out } = await run("--csv", path.join(several.folder, "solana-series-652-654.csv"));
      expect(code).to.equal(0);
      expect(out[0]).to.equal("solana-series-652-654.csv, epoch 654");
      several.remove();
    });
  });

  describe("optimum", () => {
    const compare = (...args: string[]) => runWith(connectTo(ethers), optimumCommand, args);

    it("sets fair allocations beside the most that the caps allow", async () => {
      const { code, out } = await compare(inFolder("epoch.csv"), "--pool-share", "900", "--net-share", "2000");

      expect(code).to.equal(0);
      expect(out.filter((line) => /^(LP|fair p=)/.test(line)).map((line) => line.split(/ {2,}/)[0])).to.deep.equal([
        "LP",
        "fair p=0",
        "fair p=1",
        "fair p=4",
        "fair p=16",
      ]);
      expect(out.at(-1)).to.match(/^\d+ eligible operators; yield: .+ at most\.$/);
    });

    it("takes a bond term and powers, and speaks JSON", async () => {
      const free = await compare(inFolder("epoch.csv"), "--powers", "2", "--json");
      const bonded = await compare(inFolder("epoch.csv"), "--powers", "2", "--bond-ratio", "10", "--json");
      const valueOf = ({ out }: Ended) =>
        (JSON.parse(out.join("\n")) as { placements: { power: string | null; value: number }[] }).placements;

      expect(valueOf(free).map(({ power }) => power)).to.deep.equal([null, "2"]);
      expect(valueOf(bonded)[0]!.value).to.be.lessThan(valueOf(free)[0]!.value);
    });

    it("says in one sentence what is wrong with its input", async () => {
      expectFailure(await compare(inFolder("none.csv")), `There is no file ${inFolder("none.csv")}.`);
      expectFailure(
        await compare(inFolder("epoch.csv"), "--pool-share", "0"),
        '"0" are not basis points from 1 to 10000.',
      );
      expectFailure(await compare(inFolder("epoch.csv"), "--powers", "4,x"), '"x" is not a whole number.');
      expectFailure(
        await compare(inFolder("near.csv")),
        `${inFolder("near.csv")}: Line 1, column "vote_account" is missing from the header.`,
      );
    });
  });
});
