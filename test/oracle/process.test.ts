import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { toJson } from "../../src/keeper/log.ts";
import { devNetworkSource } from "../../src/oracle/devNetwork.ts";
import type { CounterSource } from "../../src/reports/types.ts";
import { recordDeployment, temporaryFolder } from "../fixtures/commands.ts";
import { deployTrellis, type Trellis } from "../fixtures/deployment.ts";
import { createOperators } from "../fixtures/operators.ts";
import { waitUntil } from "../fixtures/time.ts";

const EPOCH = 3_600n;

interface Ended {
  readonly code: number;
  readonly messages: readonly string[];
  readonly err: string;
}

describe("A committee against one node", function () {
  this.timeout(600_000);
  const { folder, remove } = temporaryFolder();
  let server: Awaited<ReturnType<typeof network.createServer>>;
  let connection: NetworkConnection;
  let trellis: Trellis;
  let source: CounterSource;
  let rpc: string;

  before(async () => {
    server = await network.createServer("node");
    const { address, port } = await server.listen();
    rpc = `http://${address}:${port}`;
    connection = await network.create({ network: "localhost", override: { url: rpc } });
    trellis = await deployTrellis(connection, { handover: false });
    await createOperators(
      trellis,
      Array.from({ length: 33 }, () => ({ bond: 10n ** 18n })),
    );
    await trellis.handOver();
    await recordDeployment(folder, "localhost", trellis);
    source = devNetworkSource(trellis, connection.ethers.provider);
  });

  after(async () => {
    await connection.close();
    await server.close();
    remove();
  });

  /** Runs the daemon of a member once, in a process of its own. */
  async function report(member: number, ...args: string[]): Promise<Ended> {
    const account = trellis.committee[member]!.address;
    const place = ["--deployments", folder, "--rpc", rpc, "--account", account];
    const child = spawn(process.execPath, ["--import", "tsx", "scripts/report.ts", "--once", ...place, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (text: Buffer) => (out += text.toString()));
    child.stderr.on("data", (text: Buffer) => (err += text.toString()));
    const [code] = (await once(child, "close")) as [number];
    const lines = out.split("\n").filter((line) => line !== "");
    return { code, err, messages: lines.map((line) => (JSON.parse(line) as { message: string }).message) };
  }

  /** A series that gives every operator a reward of which nobody else knows. */
  async function lieAbout(epoch: bigint): Promise<string> {
    const counters = await source.countersOf(epoch);
    const operators = counters.operators.map(({ external_: external, ...each }) => ({
      ...each,
      external,
      reward: 10n ** 17n,
    }));
    const file = path.join(folder, `lie-${epoch}.json`);
    writeFileSync(file, toJson({ epochs: [{ ...counters, epoch, operators }] }));
    return file;
  }

  /** Something happens, and the epoch ends. Which it was. */
  async function playEpoch(): Promise<bigint> {
    const epoch = (await trellis.allocator.currentEpoch()) + 1n;
    await waitUntil(trellis, epoch * EPOCH);
    const pool = (await trellis.registry.operator(1)).pool;
    await trellis.network.connect(trellis.foundation).reward([pool], [10n ** 16n], { value: 10n ** 16n });
    await waitUntil(trellis, (epoch + 1n) * EPOCH);
    return epoch;
  }

  it("agrees on nothing while one lies, one is down and one is late, and on the truth when the late one has come", async () => {
    const { reportOracle: oracle, committee } = trellis;
    const epoch = await playEpoch();
    const [honest, liar] = await Promise.all([report(0), report(1, "--source", await lieAbout(epoch))]);
    for (const member of [honest, liar]) {
      expect(member).to.deep.equal({ code: 0, err: "", messages: ["voted", "cycle"] });
    }
    expect(await oracle.ballotOf(committee[0]!, epoch)).to.not.equal(await oracle.ballotOf(committee[1]!, epoch));

    // Member 2 is down. Member 3 is late, and one vote is missing still.
    await waitUntil(trellis, (epoch + 1n) * EPOCH + EPOCH / 2n);
    expect(await report(3)).to.deep.equal({ code: 0, err: "", messages: ["voted", "cycle"] });
    expect((await oracle.agreed()).epoch).to.equal(0n);

    // Member 2 is up again, just within the epoch.
    const back = await report(2);
    expect(back.err).to.equal("");
    expect(back.messages.slice(0, 3)).to.deep.equal(["voted", "delivered a page", "delivered a page"]);
    const agreed = await oracle.agreed();
    expect(agreed.epoch).to.equal(epoch);
    expect(await oracle.votesOf(await oracle.ballotOf(committee[0]!, epoch))).to.equal(3n);
    expect(await oracle.missingPages()).to.equal(0n);
  });

  it("drops an epoch whose third honest vote comes too late, and agrees on the next", async () => {
    const { reportOracle: oracle, committee } = trellis;
    const epoch = await playEpoch();
    await report(0);
    await report(1, "--source", await lieAbout(epoch));
    await report(3);
    const next = await playEpoch();

    // Whoever comes now reports the later epoch alone.
    expect((await report(2)).messages).to.deep.equal(["voted", "cycle"]);
    expect(await oracle.ballotOf(committee[2]!, epoch)).to.equal(`0x${"00".repeat(32)}`);
    await Promise.all([report(0), report(3)]);
    await report(0);

    expect((await oracle.agreed()).epoch).to.equal(next);
    expect(await oracle.missingPages()).to.equal(0n);
    const late = await report(1, "--source", await lieAbout(next));
    expect(late).to.deep.equal({ code: 0, err: "", messages: ["cycle"] });
  });
});
