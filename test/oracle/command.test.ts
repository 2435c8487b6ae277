import { writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { runCommand } from "../../src/cli/command.ts";
import { reportCommand } from "../../src/commands/report.ts";
import { formatCsv } from "../../src/data/csv.ts";
import { toJson } from "../../src/keeper/log.ts";
import { SERIES_COLUMNS } from "../../src/reports/series.ts";
import type { EpochCounters } from "../../src/reports/types.ts";
import { connectTo, type Ended, recordDeployment, runWith, temporaryFolder } from "../fixtures/commands.ts";
import { ethers, loadMembers, type Members, OPERATORS, reportFrom, waitForEpoch } from "../fixtures/members.ts";

/** Index of the first member among the network's accounts. */
const FIRST_MEMBER = 6;

describe("npm run report", () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  const run = (...args: string[]): Promise<Ended> =>
    runWith(connectTo(ethers), reportCommand, [...args, "--deployments", folder]);
  const runMember = (member: number, ...args: string[]): Promise<Ended> =>
    run("--once", "--account", String(FIRST_MEMBER + member), ...args);

  async function load(): Promise<Members> {
    const members = await loadMembers();
    await recordDeployment(folder, "localhost", members);
    return members;
  }

  /** Writes a file of the folder and says where it is. */
  function write(name: string, content: string): string {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  }

  const expectFailure = ({ code, err }: Ended, sentence: string): void => {
    expect(err).to.deep.equal([sentence]);
    expect(code).to.equal(1);
  };

  it("reports from the local network, in lines of JSON, and ends", async () => {
    const { oracle, ended, source, committee } = await load();
    const { report } = await reportFrom(source, ended);
    const first = await runMember(0);
    expect(first).to.deep.include({ code: 0, err: [] });
    const [voted, cycle] = first.out.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(voted).to.include({ level: "info", job: "vote", message: "voted", root: report.root });
    expect(voted).to.include({ epoch: ended.toString(), operators: String(OPERATORS) });
    expect(cycle).to.include({ job: "report", message: "cycle", complete: true, transactions: 1 });
    expect(await oracle.ballotOf(committee[0]!, ended)).to.equal(await oracle.reportHash(report));

    await runMember(1);
    const last = await runMember(2);

    expect(last.out.map((line) => (JSON.parse(line) as { message: string }).message)).to.deep.equal([
      "voted",
      "delivered a page",
      "delivered a page",
      "scored operators",
      "scored operators",
      "cycle",
    ]);
    expect(await oracle.missingPages()).to.equal(0n);
  });

  it("reports the same from a CSV and from a JSON series", async () => {
    const { oracle, ended, source } = await load();
    const counters = await source.countersOf(ended);
    const csv = write("series.csv", csvOf(ended, counters));
    const json = write("series.json", jsonOf(ended, counters));

    for (const [member, file] of [csv, json, "network"].entries()) {
      expect(await runMember(member, "--source", file)).to.deep.include({ code: 0, err: [] });
    }

    expect((await oracle.agreed()).root).to.equal((await reportFrom(source, ended)).report.root);
    expect(await oracle.missingPages()).to.equal(0n);
  });

  it("only says what it would do in a dry run", async () => {
    const { oracle, ended, committee } = await load();
    const { code, out, err } = await runMember(0, "--dry-run");

    expect({ code, err }).to.deep.equal({ code: 0, err: [] });
    expect(JSON.parse(out[0]!)).to.include({ job: "vote", message: "would vote", epoch: ended.toString() });
    expect(await oracle.ballotOf(committee[0]!, ended)).to.equal(ethers.ZeroHash);
  });

  it("goes on at its interval until it is told to end, also when a series has not come yet", async () => {
    const members = await load();
    const { oracle, ended, source, committee } = members;
    const file = write("growing.json", '{"epochs": []}');
    const grown = jsonOf(ended, await source.countersOf(ended));
    const abort = new AbortController();
    const messages: string[] = [];
    const cycles: string[] = [];
    const code = await runCommand(
      reportCommand,
      ["--account", String(FIRST_MEMBER), "--source", file, "--interval", "1", "--deployments", folder],
      {
        out: (line) => {
          const { message, vote } = JSON.parse(line) as { message: string; vote?: { reason: string | null } };
          messages.push(message);
          if (message !== "cycle") return;
          cycles.push(vote?.reason ?? "");
          if (cycles.length === 2) abort.abort();
          else write("growing.json", grown);
        },
        err: (line) => messages.push(line),
        connect: connectTo(ethers),
        signal: abort.signal,
      },
    );

    expect(code).to.equal(0);
    expect(cycles).to.deep.equal([`The series has nothing of epoch ${ended}`, ""]);
    expect(messages).to.deep.equal(["cycle", "voted", "cycle"]);
    expect(await oracle.ballotOf(committee[0]!, ended)).to.not.equal(ethers.ZeroHash);
  });

  it("fails when it could not do its part, and says what is left", async () => {
    const members = await load();
    const { ended, source, eve } = members;
    expectFailure(
      await run("--once", "--account", eve.address),
      `Something is left to do: ${eve.address} is not in the committee.`,
    );
    const file = write("empty.json", '{"epochs": []}');
    expectFailure(
      await runMember(0, "--source", file),
      `Something is left to do: The series has nothing of epoch ${ended}.`,
    );
    for (const member of [0, 1, 2]) await runMember(member);
    await waitForEpoch(members, ended + 2n);
    const counters = await source.countersOf(ended + 1n);
    const honest = write("honest.json", jsonOf(ended + 1n, counters));
    const operators = counters.operators.map((each) => ({ ...each, done: each.assigned, slashed: 0n }));
    const lie = write("lie.json", jsonOf(ended + 1n, { ...counters, operators, networkStake: 1n }));
    expect(await runMember(3, "--source", lie)).to.deep.include({ code: 0 });
    for (const member of members.committee.slice(0, 3)) {
      await members.oracle.connect(member).vote((await reportFrom(source, ended + 1n)).report);
    }
    const changed = write("lie.json", jsonOf(ended + 1n, { ...counters, operators: operators.slice(1) }));
    expectFailure(
      await runMember(3, "--source", changed),
      `Something is left to do: the agreed report of epoch ${ended + 1n} is not what our source says.`,
    );
    expect(await runMember(3, "--source", honest)).to.deep.include({ code: 0, err: [] });
  });

  describe("says in one sentence what is wrong", () => {
    it("with its options", async () => {
      await load();
      for (const [args, sentence] of [
        [["--interval", "0"], '"0" is not a whole number above zero.'],
        [["--interval", "soon"], '"soon" is not a whole number above zero.'],
        [["--page", "-1"], '"-1" is not a whole number above zero.'],
        [["--max-fee-gwei", "cheap"], '"cheap" is not a fee in gwei.'],
        [["--source", "series.txt"], '"series.txt" is neither "network" nor a file that ends in .csv or .json.'],
        [["--source", "none.csv"], "none.csv cannot be read."],
        [["--sauce", "network"], "Unknown option '--sauce' (Did you mean --source?)"],
      ] as const) {
        expectFailure(await runMember(0, ...args), sentence);
      }
    });

    it("with a series", async () => {
      const { ended, source } = await load();
      const counters = await source.countersOf(ended);
      const broken = write("broken.csv", csvOf(ended, counters).replace("slashed", "slashes"));
      expectFailure(
        await runMember(0, "--source", broken),
        `${broken}: Line 1, column "slashed" is missing from the header.`,
      );
      const gap = write("gap.csv", csvOf(ended, counters).split("\n").toSpliced(2, 1).join("\n"));
      expectFailure(await runMember(0, "--source", gap), `${gap}: Line 3: operator 3 stands where 2 belongs.`);
      const cut = write("cut.json", jsonOf(ended, counters).slice(0, -5));
      expectFailure(await runMember(0, "--source", cut), `${cut}: The series is not JSON.`);
    });

    it("with the chain", async () => {
      const members = await load();
      await recordDeployment(folder, "elsewhere", members, { chainId: "560048" });
      expectFailure(
        await run("--once", "--network", "elsewhere"),
        'The node is on chain 31337, but the deployment on "elsewhere" is on chain 560048.',
      );
    });

    it("with a deployment that has no oracle, or no DevNetwork", async () => {
      const members = await load();
      const { reportOracle: _, network: __, ...old } = members;
      await recordDeployment(folder, "old", old);
      expectFailure(
        await run("--once", "--network", "old"),
        `The deployment in ${path.join(folder, "old")} has no Network: deploy again.`,
      );
      expectFailure(
        await run("--once", "--network", "old", "--source", write("none.json", '{"epochs": []}')),
        `The deployment in ${path.join(folder, "old")} has no ReportOracle: deploy again.`,
      );
      await recordDeployment(folder, "real", { ...members, network: members.lens as never });
      expectFailure(
        await run("--once", "--network", "real"),
        "The network's staking module does not say what operators earned: give a series with --source.",
      );
    });
  });
});

function csvOf(epoch: bigint, { refBlock, networkStake, operators }: EpochCounters): string {
  return formatCsv(
    Object.keys(SERIES_COLUMNS),
    operators.map((each, index) => [
      ...[epoch, refBlock, networkStake, BigInt(index + 1)],
      ...[each.assigned, each.done, each.active, each.commissionBps],
      ...[each.stake, each.external_, each.reward, each.slashed],
    ]),
  );
}

function jsonOf(epoch: bigint, { refBlock, networkStake, operators }: EpochCounters): string {
  const entries = operators.map(({ external_: external, ...each }) => ({ ...each, external }));
  return toJson({ epochs: [{ epoch, refBlock, networkStake, operators: entries }] });
}
