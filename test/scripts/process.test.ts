import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect } from "chai";
import { network } from "hardhat";

import { config } from "../../rocketh/config.ts";
import { connectHardhat } from "../../src/cli/hardhat.ts";
import { stakeCommand } from "../../src/commands/stake.ts";
import { statusCommand } from "../../src/commands/status.ts";
import { recordDeployment, runWith, temporaryFolder } from "../fixtures/commands.ts";
import { deployTrellis } from "../fixtures/deployment.ts";
import { serve } from "../fixtures/nodes.ts";
import { createOperators } from "../fixtures/operators.ts";
import { runNode } from "../fixtures/processes.ts";
import { nextEpoch } from "../fixtures/time.ts";

const lookUp = statusCommand(config);

/** Nothing listens there. */
const SILENT = "http://127.0.0.1:9";

/** Runs a script in a process of its own. */
async function runScript(name: string, ...args: string[]) {
  return runNode(["--import", "tsx", `scripts/${name}.ts`, ...args], { HOODI_PRIVATE_KEY: "" });
}

describe("scripts", function () {
  this.timeout(120_000);
  const { folder, remove } = temporaryFolder();
  let server: Awaited<ReturnType<typeof network.createServer>>;
  let rpc: string;

  before(async () => {
    server = await network.createServer("node");
    const { address, port } = await server.listen();
    rpc = `http://${address}:${port}`;
    const connection = await network.create({ network: "localhost", override: { url: rpc } });
    const trellis = await deployTrellis(connection, {
      handover: false,
      parameters: { policy: { poolShareBps: 3_333, netShareBps: 65_535 } },
    });
    await createOperators(trellis, [{ bond: 10n ** 18n }, { bond: 10n ** 18n }, { bond: 10n ** 18n }]);
    await trellis.handOver();
    await nextEpoch(trellis);
    await recordDeployment(folder, "localhost", trellis);
    await recordDeployment(folder, "hoodi", trellis, { chainId: "560048" });
    await connection.close();
  });

  after(async () => {
    await server.close();
    remove();
  });

  const place = (): string[] => ["--deployments", folder, "--rpc", rpc];

  it("stake, keep and show the pool against a node", async () => {
    const stake = await runScript("stake", "--amount", "30", "--account", "9", ...place());
    expect(stake).to.include({ code: 0 });
    expect(stake.out).to.match(/has 30 ETH staked\.\n$/);

    const keeper = await runScript("keeper", "--once", "--json", "--account", "8", ...place());
    expect(keeper).to.include({ code: 0, err: "" });
    expect(keeper.out).to.contain('"complete":true');

    const status = await runScript("status", ...place());
    expect(status).to.include({ code: 0, err: "" });
    expect(status.out).to.match(/^staked +30\.1 ETH in 30\.1 shares$/m);
  });

  it("say in one sentence on standard error what is wrong, and fail", async () => {
    expect(await runScript("stake", "--amount", "much", ...place())).to.eql({
      code: 1,
      out: "",
      err: '"much" is not an amount of ether: write it like 1.5.\n',
    });
    expect(await runScript("status", "--deployments", folder, "--rpc", SILENT)).to.eql({
      code: 1,
      out: "",
      err: 'The node of the network "localhost" does not answer: is it running?\n',
    });
  });

  it("say that the node refuses the key", async () => {
    for (const code of [401, 403]) {
      const { url, close } = await serve(code, "");
      const ended = await runWith(connectHardhat, lookUp, ["--deployments", folder, "--rpc", url]);
      close();

      expect(ended.err).to.eql(["The node refuses the key: check the one that its address has."]);
    }
  });

  it("end without a word when nobody reads on", async () => {
    for (const args of [
      ["status", ...place()],
      ["status", "--help"],
    ] as const) {
      const child = spawn(process.execPath, ["--import", "tsx", `scripts/${args[0]}.ts`, ...args.slice(1)], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      child.stdout.destroy();
      let err = "";
      child.stderr.on("data", (text: Buffer) => (err += text.toString()));

      const [code] = (await once(child, "close")) as [number];

      expect({ code, err }).to.eql({ code: 0, err: "" });
    }
  });

  it("say that there is no key", async () => {
    const ended = await runWith(connectHardhat, stakeCommand, [
      ...["--amount", "1", "--network", "hoodi", "--deployments", folder, "--rpc", rpc],
    ]);

    expect(ended.err).to.eql([
      "There is no key to send with: set HOODI_PRIVATE_KEY (npx hardhat keystore set HOODI_PRIVATE_KEY).",
    ]);
    expect(ended.code).to.equal(1);
  });

  it("need no key to look", async () => {
    const ended = await runWith(connectHardhat, lookUp, [
      ...["--network", "hoodi", "--deployments", folder, "--rpc", rpc],
    ]);

    // The node at hand is another chain, which is noticed without a key.
    expect(ended.code).to.equal(1);
    expect(ended.err).to.eql(['The node is on chain 31337, but the deployment on "hoodi" is on chain 560048.']);
  });

  it("say where the node's address is missing", async () => {
    const ended = await runWith(connectHardhat, lookUp, ["--network", "hoodi", "--deployments", folder]);

    expect(ended.err).to.eql([
      "It is not known where the node is: set HOODI_RPC_URL (npx hardhat keystore set HOODI_RPC_URL).",
    ]);
  });

  it("say that the network is unknown", async () => {
    await recordOnce();
    const ended = await runWith(connectHardhat, lookUp, ["--network", "atlantis", "--deployments", folder]);

    expect(ended.err).to.eql(['hardhat.config.ts has no network "atlantis".']);
  });

  async function recordOnce(): Promise<void> {
    const connection = await network.create({ network: "localhost", override: { url: rpc } });
    const nowhere = { getAddress: async () => "0x0000000000000000000000000000000000000001" };
    await recordDeployment(folder, "atlantis", {
      connection,
      metaPool: nowhere,
      allocator: nowhere,
      registry: nowhere,
      lens: nowhere,
    } as never);
    await connection.close();
  }
});
