import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { config } from "../../rocketh/config.ts";
import type { CommandFactory } from "../../src/cli/command.ts";
import { exitCommand } from "../../src/commands/exit.ts";
import { exportCommand } from "../../src/commands/export.ts";
import { historyCommand } from "../../src/commands/history.ts";
import { keeperCommand } from "../../src/commands/keeper.ts";
import { rebalanceCommand } from "../../src/commands/rebalance.ts";
import { stakeCommand } from "../../src/commands/stake.ts";
import { statusCommand } from "../../src/commands/status.ts";
import { unstakeCommand } from "../../src/commands/unstake.ts";
import { withdrawCommand } from "../../src/commands/withdraw.ts";
import { noticed, ROLES } from "../../src/roles.ts";
import { connectTo, type Ended, recordDeployment, runWith, temporaryFolder } from "../fixtures/commands.ts";
import { distanceOf, ether, ethers, loadBalanced, loadKeeper, networkHelpers, stateOf } from "../fixtures/keeper.ts";
import { answer, failing } from "../fixtures/nodes.ts";
import { nextEpoch, waitFor } from "../fixtures/time.ts";

const status = statusCommand(config);

const STRANGER = "0x00000000000000000000000000000000DeaDBeef";

describe("commands", () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  /** Runs a command on the fixture's chain. */
  const run = (command: CommandFactory, ...args: string[]): Promise<Ended> =>
    runWith(connectTo(ethers), command, [...args, "--deployments", folder]);

  const load = async (loader: typeof loadKeeper = loadKeeper) => {
    const fixture = await loader();
    await recordDeployment(folder, "localhost", fixture);
    return fixture;
  };

  /** A failed command says one sentence and nothing else. */
  const expectFailure = ({ code, err }: Ended, sentence: string): void => {
    expect(err.at(-1)).to.equal(sentence);
    expect(err.join("\n")).not.to.match(/\n\s+at /);
    expect(code).to.equal(1);
  };

  describe("any of them", () => {
    it("says which option is missing or unknown", async () => {
      await load();
      expectFailure(await run(stakeCommand), "Required option '--amount <ether>' not specified.");
      expectFailure(await run(status, "--jsn"), "Unknown option '--jsn' (Did you mean --json?)");
    });

    it("says that there is no deployment", async () => {
      expectFailure(
        await run(status, "--network", "nowhere"),
        `There is no deployment for the network "nowhere" in ${folder}: deploy first.`,
      );
    });

    it("says what is wrong with the address of a node", async () => {
      await load();
      for (const rpc of ["foo", "", "localhost:8545", "ws://localhost:8545"]) {
        expectFailure(
          await run(status, "--rpc", rpc),
          `"${rpc}" is not the address of a node: write it like http://127.0.0.1:8545.`,
        );
      }
    });

    it("says which record of the deployment is broken, and how", async () => {
      const fixture = await loadKeeper();
      const records = path.join(folder, "records");
      for (const [name, content, what] of [
        [".chain", {}, "its chainId is missing"],
        [".chain", null, "its chainId is missing"],
        [".chain", { chainId: "mainnet" }, 'its chainId is "mainnet"'],
        ["MetaPool.json", {}, "its address is missing"],
        ["MetaPool.json", [], "its address is missing"],
        ["Allocator.json", { address: "0x12" }, 'its address is "0x12"'],
        ["PoolLens.json", { address: null }, "its address is null"],
        ["MetaPool.json", { address: STRANGER, receipt: { blockNumber: "soon" } }, 'its receipt.blockNumber is "soon"'],
      ] as const) {
        await recordDeployment(records, "localhost", fixture);
        const file = path.join(records, "localhost", name);
        writeFileSync(file, JSON.stringify(content));

        expectFailure(
          await runWith(connectTo(ethers), status, ["--deployments", records]),
          `${file} is broken: ${what}.`,
        );
      }
    });

    it("says that the node is on another chain", async () => {
      const fixture = await loadKeeper();
      await recordDeployment(folder, "elsewhere", fixture, { chainId: "560048" });

      for (const [command, args] of [
        [status, []],
        [stakeCommand, ["--amount", "1"]],
        [keeperCommand, ["--once"]],
      ] as const) {
        expectFailure(
          await run(command, "--network", "elsewhere", ...args),
          'The node is on chain 31337, but the deployment on "elsewhere" is on chain 560048.',
        );
      }
    });

    it("says that the chain was started anew", async () => {
      const fixture = await loadKeeper();
      await recordDeployment(folder, "stale", fixture, { genesisHash: `0x${"11".repeat(32)}` });

      expectFailure(
        await run(status, "--network", "stale"),
        'The node\'s chain is not the one that was deployed to on "stale": deploy again.',
      );
    });

    it("says that there is no such account", async () => {
      await load();
      expectFailure(
        await run(stakeCommand, "--amount", "1", "--account", STRANGER),
        `The network "localhost" has no account ${STRANGER} to send with.`,
      );
      expectFailure(
        await run(stakeCommand, "--amount", "1", "--account", "999"),
        'The network "localhost" has no account 999 to send with.',
      );
    });
  });

  describe("stake", () => {
    it("refuses what is not an amount", async () => {
      await load();
      for (const amount of ["x", "1,5", "-1", "1e3", "0.0000000000000000001", ""]) {
        expectFailure(
          await run(stakeCommand, "--amount", amount),
          `"${amount}" is not an amount of ether: write it like 1.5.`,
        );
      }
      expectFailure(await run(stakeCommand, "--amount", "0"), "The amount is zero.");
    });

    it("refuses a receiver that is no address", async () => {
      await load();
      expectFailure(await run(stakeCommand, "--amount", "1", "--receiver", "0x12"), '"0x12" is not an address.');
    });

    it("says that the account has too little", async () => {
      const { other } = await load();
      await networkHelpers.setBalance(other.address, ether(1));
      expectFailure(
        await run(stakeCommand, "--amount", "1.5", "--account", other.address),
        `${other.address} has 1 ETH, less than the 1.5 ETH to be sent.`,
      );
      expectFailure(
        await run(stakeCommand, "--amount", "1", "--account", other.address),
        "The account does not have enough ether for this and its gas.",
      );
    });

    it("stakes", async () => {
      const { metaPool, other } = await load();

      const { code, out } = await run(stakeCommand, "--amount", "1.5", "--account", other.address);

      expect(code).to.equal(0);
      expect(out[0]).to.equal(`Stake 1.5 ETH for about 1.5 shares of ${other.address}.`);
      expect(out[2]).to.equal(`${other.address} has 1.5 ETH staked.`);
      expect(await metaPool.get_account_staked_balance(other)).to.equal(ether("1.5"));
    });

    it("stakes for another", async () => {
      const { metaPool, other, rival } = await load();
      const args = ["--account", other.address, "--receiver", rival.address, "--min-shares", "0.99"];

      const { code } = await run(stakeCommand, "--amount", "1", ...args);

      expect(code).to.equal(0);
      expect(await metaPool.balanceOf(rival)).to.equal(ether(1));
    });

    it("says in words why the contract refuses", async () => {
      const { metaPool, guardian, other } = await load();
      const args = ["--amount", "1", "--account", other.address];
      expectFailure(
        await run(stakeCommand, ...args, "--min-shares", "2"),
        "You would get 1 ETH, less than the minimum of 2 ETH.",
      );
      await metaPool.connect(guardian).pauseStaking(3_600n);

      const { err, code } = await run(stakeCommand, ...args);

      expect(code).to.equal(1);
      expect(err.at(-1)).to.match(/^Deposits and stakes are paused until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/);
    });

    it("sends nothing in a dry run", async () => {
      const { metaPool, other } = await load();
      const nonce = await other.getNonce();

      const { code, out } = await run(stakeCommand, "--amount", "1", "--account", other.address, "--dry-run");

      expect(code).to.equal(0);
      expect(out.at(-1)).to.equal("Dry run: nothing was sent.");
      expect(await other.getNonce()).to.equal(nonce);
      expect(await metaPool.balanceOf(other)).to.equal(0n);
    });
  });

  describe("unstake", () => {
    it("wants one of amount and all", async () => {
      await load();
      expectFailure(await run(unstakeCommand), "Say exactly one of --amount and --all.");
      expectFailure(await run(unstakeCommand, "--all", "--amount", "1"), "Say exactly one of --amount and --all.");
    });

    it("says how much is staked when that is less", async () => {
      const { staker } = await load();
      expectFailure(
        await run(unstakeCommand, "--amount", "1000.5", "--account", staker.address),
        "You asked for 1000.5 ETH, but only 1000 ETH is staked.",
      );
    });

    it("unstakes and says when the money comes", async () => {
      const { metaPool, staker } = await load();

      const { code, out } = await run(unstakeCommand, "--amount", "10", "--account", staker.address);

      expect(code).to.equal(0);
      expect(out.at(-1)).to.match(/^10 ETH can be withdrawn at about \d{4}-/);
      expect(await metaPool.get_account_unstaked_balance(staker)).to.equal(ether(10));
    });

    it("only says so in a dry run", async () => {
      const { metaPool, staker } = await load();

      expect((await run(unstakeCommand, "--all", "--account", staker.address, "--dry-run")).code).to.equal(0);

      expect(await metaPool.get_account_unstaked_balance(staker)).to.equal(0n);
    });
  });

  describe("withdraw", () => {
    it("says that nothing can be withdrawn", async () => {
      const { staker } = await load();
      expectFailure(
        await run(withdrawCommand, "--all", "--account", staker.address),
        `${staker.address} cannot withdraw anything now.`,
      );
      expectFailure(
        await run(withdrawCommand, "--amount", "1", "--account", staker.address),
        "You asked for 1 ETH, but only 0 ETH can be withdrawn now.",
      );
    });

    it("refuses a receiver for another account's money", async () => {
      await load();
      expectFailure(
        await run(withdrawCommand, "--for", STRANGER, "--receiver", STRANGER),
        "With --for the account itself is paid: leave --receiver out.",
      );
    });

    it("pays the sender, a receiver, or another account", async () => {
      const { metaPool, staker, other } = await load();
      await metaPool.connect(staker).deposit({ value: ether(3) });
      const as = ["--account", staker.address];

      expect((await run(withdrawCommand, "--amount", "1", ...as)).code).to.equal(0);
      const before = await ethers.provider.getBalance(STRANGER);
      expect((await run(withdrawCommand, "--amount", "0.5", "--receiver", STRANGER, ...as)).code).to.equal(0);
      expect(await ethers.provider.getBalance(STRANGER)).to.equal(before + ether("0.5"));
      expect((await run(withdrawCommand, "--all", ...as, "--dry-run")).code).to.equal(0);
      expect(await metaPool.withdrawable(staker)).to.equal(ether("1.5"));
      expect((await run(withdrawCommand, "--for", staker.address, "--account", other.address)).code).to.equal(0);
      expect(await metaPool.withdrawable(staker)).to.equal(0n);
    });
  });

  describe("keeper", () => {
    it("refuses what contradicts itself", async () => {
      await load();
      expectFailure(await run(keeperCommand, "--once", "--watch"), "Say one of --once and --watch.");
      expectFailure(await run(keeperCommand, "--page", "0"), '"0" is not a whole number above zero.');
      expectFailure(await run(keeperCommand, "--max-fee-gwei", "lots"), '"lots" is not a fee in gwei.');
    });

    it("does what is due", async () => {
      const fixture = await load();

      const { code, out, err } = await run(keeperCommand, "--once", "--account", fixture.keeper.address);

      expect(code).to.equal(0);
      expect(out.at(-1)).to.match(
        /^settle done, certify done, rebalance done, fundExits nothing; 3 transactions, \d+ gas/,
      );
      expect(err.map((line) => line.split(" ")[0])).to.eql(["settle:", "certify:", "rebalance:"]);
      expect(await distanceOf(fixture)).to.equal(0n);
    });

    it("writes one line of JSON per action", async () => {
      const { keeper } = await load();

      const { out, err } = await run(keeperCommand, "--json", "--account", keeper.address);

      const lines = out.map((line) => JSON.parse(line) as { job: string });
      expect(lines.map(({ job }) => job)).to.eql(["settle", "certify", "rebalance", "keeper"]);
      expect(err).to.eql([]);
    });

    it("says that something is left when gas costs too much", async () => {
      const { keeper } = await load();
      expectFailure(
        await run(keeperCommand, "--max-fee-gwei", "0.000000001", "--account", keeper.address),
        "Something is left to do: gas costs more than allowed.",
      );
    });

    it("sends nothing in a dry run", async () => {
      const fixture = await load();
      const before = await stateOf(fixture);

      const { code, out } = await run(keeperCommand, "--dry-run");

      expect(code).to.equal(0);
      expect(out.at(-1)).to.match(/^Dry run: settle skipped/);
      expect(await stateOf(fixture)).to.eql(before);
    });
  });

  describe("rebalance", () => {
    it("says that a round comes first", async () => {
      await load();
      expectFailure(await run(rebalanceCommand), "Nothing can move before the round has been settled: run the keeper.");
    });

    it("shows the plan, and sends it", async () => {
      const fixture = await load(loadBalanced);
      const { metaPool, allocator, staker, keeper } = fixture;
      await metaPool.connect(staker).unstake(ether(200));
      await allocator.settle(100n, { gasLimit: 15_000_000n });
      const as = ["--account", keeper.address];
      const before = await stateOf(fixture);

      const dry = await run(rebalanceCommand, "--dry-run");
      expect(dry.out[0]).to.match(/^operator +leg +ETH +violations +for exits +optimisation$/);
      expect(dry.out.at(-1)).to.equal("Dry run: nothing was sent.");
      expect(await stateOf(fixture)).to.eql(before);

      expect((await run(rebalanceCommand, ...as)).code).to.equal(0);
      expect(await allocator.unbonding()).to.be.greaterThan(ether(190));
      expect((await run(rebalanceCommand, ...as)).out).to.eql(["Nothing is to be moved."]);
    });
  });

  describe("exit", () => {
    it("says that there is nothing to get out", async () => {
      const { other, staker } = await load();
      expectFailure(await run(exitCommand, "--account", other.address), `${other.address} has nothing in the pool.`);
      expectFailure(
        await run(exitCommand, "--account", staker.address),
        `${staker.address} has not asked for anything back: say --all to unstake everything.`,
      );
    });

    it("asks a node again that does not answer", async () => {
      const { metaPool, staker } = await load(loadBalanced);
      await metaPool.connect(staker).unstake(ether(500));
      const pool = await metaPool.getAddress();
      const asked = new Set<string>();
      // Each question about the pool fails at first.
      const provider = failing(ethers.provider, (method, [request]) => {
        const { to, data = "" } = Object(request) as { to?: string; data?: string };
        if (method !== "call" || to !== pool || asked.has(data)) return null;
        asked.add(data);
        return answer(429, "exceeded its compute units per second capacity");
      });
      const flaky = { ...ethers, provider } as typeof ethers;

      const { code, out } = await runWith(connectTo(flaky), exitCommand, [
        ...["--account", staker.address, "--deployments", folder],
      ]);

      expect(out.at(-1)).to.match(/^[\d.]+ ETH is still on its way: come back at .* UTC, in .*\.$/);
      expect(code).to.equal(0);
    });

    it("leads out, visit after visit", async () => {
      const fixture = await load(loadBalanced);
      const { metaPool, staker } = fixture;
      const as = ["--account", staker.address];
      const worth = await metaPool.get_account_staked_balance(staker);
      const balance = await ethers.provider.getBalance(staker);

      const first = await run(exitCommand, "--all", ...as);
      expect(first.out.at(-1)).to.match(/^[\d.]+ ETH is still on its way: come back at .* UTC, in .*\.$/);
      let last = first;
      for (let visit = 0; visit < 10 && !last.out.at(-1)!.startsWith("Done"); visit += 1) {
        await nextEpoch(fixture);
        last = await run(exitCommand, ...as);
        expect(last.code).to.equal(0);
      }

      expect(last.out.at(-1)).to.equal("Done: nothing is left in the pool.");
      expect(await ethers.provider.getBalance(staker)).to.be.greaterThan(balance + worth - ether(1));
    });
  });

  describe("status", () => {
    it("shows the pool and every operator", async () => {
      const { keeper } = await load();
      await run(keeperCommand, "--once", "--account", keeper.address);

      const { code, out } = await run(status);

      expect(code).to.equal(0);
      const text = out.join("\n");
      expect(text).to.match(/^price +1 ETH per share$/m);
      expect(text).to.match(/^yield, 7 days +n\/a: the pool is only [\d.]+ days old$/m);
      expect(text).to.match(/^round +1, levels certified; the next one at .* UTC, in \d+ /m);
      expect(text).to.match(/^idle +nothing beyond the buffer's target$/m);
      expect(out.filter((line) => line.includes(" active ")).length).to.equal(12);
      expect(text).to.match(/ absolute cap$/m);
      expect(text).to.match(/ bond$/m);
      expect(text).to.match(/ cap of group 1$/m);
      expect(text).to.match(/ fair part$/m);
    });

    it("shows what caps per dimension do, which leave hardly any choice, and which are exceeded but only monitored", async () => {
      const { keeper, registry, notice } = await load();
      await run(keeperCommand, "--once", "--account", keeper.address);
      const lines = async () =>
        (await run(status)).out.filter((line) => /^(caps per|warning)/.test(line)).map((line) => line.trim());
      expect(await lines()).to.deep.equal([
        "caps per entity        hard, 2 groups",
        "caps per jurisdiction  hard, 3 groups",
        "warning                group 1 may hold 30 % and is one of 2 in its dimension: hardly any choice is left",
        "warning                group 4 may hold 35 % and is one of 3 in its dimension: hardly any choice is left",
      ]);

      const signer = await ethers.getImpersonatedSigner(await notice.getAddress());
      await networkHelpers.setBalance(signer.address, ether(1));
      const byNotice = registry.connect(signer);
      const caps = { netShareBps: 2n ** 16n - 1n, absoluteCap: 2n ** 96n - 1n };
      await byNotice.setGroup(1, { dimension: 1, poolShareBps: 2_000, ...caps });
      await byNotice.setGroup(6, { dimension: 5, poolShareBps: 500, ...caps });
      await byNotice.setTenureGroup(6);
      await byNotice.setDimensionMode(1, 1);
      await byNotice.setDimensionMode(2, 2);

      const [entity, jurisdiction, tenure, ...warnings] = await lines();
      expect(entity).to.equal("caps per entity        monitor, 2 groups");
      expect(jurisdiction).to.equal("caps per jurisdiction  off, 3 groups");
      expect(tenure).to.equal("caps per tenure        hard, 1 group; who ramps sits in group 6");
      expect(warnings).to.have.lengthOf(1);
      expect(warnings[0]).to.match(
        /^warning +group 1 holds [\d.,]+ ETH, above the [\d.,]+ ETH that are only monitored$/,
      );
      const json = JSON.parse((await run(status, "--json")).out.join("\n")) as { dimensions: unknown[] };
      expect(json.dimensions).to.deep.equal([
        { dimension: "entity", mode: "monitor", groups: ["1", "2"], tenureGroup: null },
        { dimension: "jurisdiction", mode: "off", groups: ["3", "4", "5"], tenureGroup: null },
        { dimension: "tenure", mode: "hard", groups: ["6"], tenureGroup: "6" },
      ]);
    });

    it("warns of operators whose groups are not those that are attested, where the deployment has attestations", async () => {
      const { attributes, attester, registry, notice } = await load();
      const signer = await ethers.getImpersonatedSigner(await notice.getAddress());
      await networkHelpers.setBalance(signer.address, ether(1));
      const open = { poolShareBps: 2n ** 16n - 1n, netShareBps: 2n ** 16n - 1n, absoluteCap: 2n ** 96n - 1n };
      await registry.connect(signer).setGroup(6, { dimension: 4, ...open });
      const warnings = async () => {
        const json = JSON.parse((await run(status, "--json")).out.join("\n")) as { warnings: string[] };
        return json.warnings;
      };
      expect((await registry.operator(3)).groups).to.equal(0x0501n);
      const attest = attributes.connect(attester).attest;
      await attest(3, 0, 1, "Example Ltd"); // as the registry has it
      expect(await warnings()).to.deep.equal([]);

      await attest(3, 1, 4, "DE");
      await attest(3, 0, 2, "Another Ltd");
      await attest(5, 3, 6, "agave");
      expect(await warnings()).to.deep.equal([
        "operator 3 is attested to be in group 2 of entity, and the registry has it in group 1",
        "operator 3 is attested to be in group 4 of jurisdiction, and the registry has it in group 5",
        "operator 5 is attested to be in group 6 of client, and the registry has it in none",
      ]);
      await attest(3, 0, 0, "");
      expect(await warnings()).to.have.lengthOf(2);

      rmSync(path.join(folder, "localhost", "Attributes.json"));
      expect(await warnings()).to.deep.equal([
        "access cannot be compared with the files: the deployment has no Attributes",
      ]);
    });

    it("says that access is as the files say, or warns of each difference", async () => {
      const { accessManager, notice, guardian, others, governance } = await load();
      const lines = async () =>
        (await run(status)).out.filter((line) => /^(access|warning)/.test(line)).map((line) => line.trim());
      expect(await lines()).to.deep.equal(["access                 as the files say"]);

      const signer = await ethers.getImpersonatedSigner(await notice.getAddress());
      await networkHelpers.setBalance(signer.address, ether(1));
      const manager = accessManager.connect(signer);
      const [second] = others;
      await manager.grantRole(noticed("governance"), second!, 0);
      await manager.setRoleAdmin(noticed("governance"), 77n);
      await manager.grantRole(77n, second!, 0);
      await manager.revokeRole(ROLES.guardian, guardian);
      await manager.grantRole(ROLES.governance, governance, 60);
      const differences = [
        `role 4294967297 (noticed governance) of ${second!.address} is held, and the files say not held`,
        "the admin of role 4294967297 (noticed governance) is role 77, and the files say role 0 (admin)",
        `role 77 of ${second!.address} is held, and the files say not held`,
        `the execution delay of role 1 (governance) of ${governance.address} is 60 s, and the files say 0 s`,
        `role 2 (guardian) of ${guardian.address} is not held, and the files say held`,
      ];

      const [access, ...warnings] = await lines();
      expect(access).to.equal("access                 not as the files say");
      expect(warnings).to.have.members(differences.map((difference) => `warning                ${difference}`));
      const { code, out } = await run(status, "--json");
      expect(code).to.equal(0);
      const json = JSON.parse(out.join("\n")) as { access: string[]; warnings: string[] };
      expect(json.access).to.have.members(differences);
      expect(json.warnings).to.have.members(differences);
    });

    it("says that access cannot be read, and shows all else", async () => {
      await load();
      const provider = failing(ethers.provider, (method) =>
        method === "getLogs" ? answer(-32_602, "logs are for those who pay") : null,
      );
      const connect = connectTo({ ...ethers, provider });
      const sentence = "The node answers with an error: logs are for those who pay.";

      const { code, out } = await runWith(connect, status, ["--deployments", folder]);

      expect(code).to.equal(0);
      expect(out.filter((line) => /^(access|warning)/.test(line))).to.deep.equal([
        `access                 cannot be read: ${sentence}`,
      ]);
      expect(out.filter((line) => line.includes(" active ")).length).to.equal(12);
      const json = await runWith(connect, status, ["--json", "--deployments", folder]);
      expect(JSON.parse(json.out.join("\n"))).to.include({ access: null, accessUnread: sentence });
    });

    it("compares access with the accounts that are named for the network", async () => {
      const fixture = await load();
      await recordDeployment(folder, "hoodi", fixture);
      const { governance } = fixture;
      const accounts = { ...config.accounts, governance: { default: 1, hoodi: STRANGER } };

      const { out } = await run(statusCommand({ ...config, accounts }), "--network", "hoodi", "--json");

      expect((JSON.parse(out.join("\n")) as { access: string[] }).access).to.deep.equal([
        `role 1 (governance) of ${governance.address} is held, and the files say not held`,
        `role 1 (governance) of ${STRANGER} is not held, and the files say held`,
      ]);
    });

    it("says why money lies idle", async () => {
      const { metaPool, other, keeper } = await load();
      const idle = async () => (await run(status)).out.find((line) => line.startsWith("idle"));
      expect(await idle()).to.match(/no round has been settled yet; run the keeper\.$/);

      await run(keeperCommand, "--once", "--account", keeper.address);
      await metaPool.connect(other).deposit_and_stake({ value: ether(50) });

      expect(await idle()).to.match(/^idle +49\.75 ETH is idle: it came after the last round and counts from the next/);
    });

    it("shows yields once there is a past, and exits that wait", async () => {
      const fixture = await load(loadBalanced);
      const { metaPool, network, foundation, registry, staker, keeper } = fixture;
      const args = ["--once", "--account", keeper.address];
      for (let day = 0; day < 8; day += 1) {
        const { pool } = await registry.operator(1);
        await network.connect(foundation).reward([pool], [ether("0.2")], { value: ether("0.2") });
        await waitFor(fixture, 86_400n);
        await run(keeperCommand, ...args);
      }
      await metaPool.connect(staker).unstake(ether(100));

      const { out } = await run(status);

      const text = out.join("\n");
      expect(text).to.match(/^yield, 7 days +\d+(\.\d+)? % a year, after the fee$/m);
      expect(text).to.match(/^yield, 30 days +n\/a: the pool is only/m);
      expect(text).to.match(/^exits of batch +ETH +due at about$/m);
      const json = JSON.parse((await run(status, "--json")).out.join("\n")) as {
        yields: { perYear: string | null }[];
        waiting: { assets: string }[];
        operators: unknown[];
      };
      expect(BigInt(json.yields[0]!.perYear!)).to.be.greaterThan(0n);
      expect(json.waiting).to.have.lengthOf(1);
      expect(json.waiting[0]!.assets).to.equal(ether(100).toString());
      expect(json.operators).to.have.lengthOf(12);
    });
  });

  describe("history", () => {
    it("refuses who was never here, and what is no address", async () => {
      await load();
      expectFailure(await run(historyCommand, STRANGER), `${STRANGER} has never used this pool.`);
      expectFailure(await run(historyCommand, "me"), '"me" is not an address.');
      expectFailure(await run(historyCommand, STRANGER, "--csv", "--json"), "Say one of --csv and --json.");
    });

    it("reads from a node that answers for a few blocks at a time, and not always", async () => {
      const { staker } = await load();
      let asked = 0;
      const provider = failing(ethers.provider, (method, [filter]) => {
        if (method !== "getLogs") return null;
        asked += 1;
        if (asked % 100 === 0) return answer(429, "exceeded its compute units per second capacity");
        const { fromBlock, toBlock } = filter as { fromBlock: number; toBlock: number };
        return toBlock - fromBlock < 5 ? null : answer(-32_602, "query exceeds max block range 5.");
      });
      const connect = connectTo({ ...ethers, provider });

      const { code, out } = await runWith(connect, historyCommand, [staker.address, "--json", "--deployments", folder]);

      expect(code).to.equal(0);
      expect(asked).to.be.greaterThan(100);
      expect(out).to.deep.equal((await run(historyCommand, staker.address, "--json")).out);
    });

    it("tells an account's story with its balance after each step", async () => {
      const fixture = await load(loadBalanced);
      const { metaPool, staker, other, keeper } = fixture;
      await metaPool.connect(other).deposit_and_stake({ value: ether(10) });
      await metaPool.connect(other).transfer(staker, ether(1));
      await metaPool.connect(staker).transfer(other, ether(2));
      await metaPool.connect(other).transfer(other, ether(1));
      await metaPool.connect(other).stakeFor(staker, 0n, 10n ** 12n, { value: ether(1) });
      await metaPool.connect(other).unstake(ether(4));
      for (let round = 0; round < 5; round += 1) {
        await run(keeperCommand, "--once", "--account", keeper.address);
        await nextEpoch(fixture);
      }
      await metaPool.connect(other).withdraw_all();

      const { out } = await run(historyCommand, other.address, "--json");

      const rows = JSON.parse(out.join("\n")) as { event: string; assets: string | null; balance: string }[];
      expect(rows.map(({ event }) => event)).to.eql([
        "staked",
        "transferred",
        "received",
        "transferred",
        "staked for another",
        "unstaked",
        "funded",
        "withdrawn",
      ]);
      expect(rows.map(({ balance }) => BigInt(balance) / ether(1))).to.eql([10n, 9n, 11n, 11n, 11n, 7n, 7n, 7n]);
      expect(rows.at(-1)!.balance).to.equal((await metaPool.balanceOf(other)).toString());
      expect(rows.slice(-3).map(({ assets }) => assets)).to.eql([ether(4), ether(4), ether(4)].map(String));
      const csv = (await run(historyCommand, other.address, "--csv")).out;
      expect(csv).to.have.lengthOf(9);
      expect(csv[0]).to.equal("time,block,transaction,event,assets,shares,balance,note");
      expect((await run(historyCommand, other.address)).out).to.have.lengthOf(10);
    });
  });

  describe("export", () => {
    it("writes interfaces and addresses", async () => {
      const { metaPool } = await load();
      const out = path.join(folder, "out");

      const { code } = await run(exportCommand, "--out", out);

      expect(code).to.equal(0);
      const addresses = JSON.parse(readFileSync(path.join(out, "addresses.json"), "utf8")) as Record<
        string,
        { chainId: number; contracts: Record<string, string> }
      >;
      expect(addresses.localhost!.chainId).to.equal(31_337);
      expect(addresses.localhost!.contracts.MetaPool).to.equal(await metaPool.getAddress());
      const abi = JSON.parse(readFileSync(path.join(out, "abi/MetaPool.json"), "utf8")) as { name?: string }[];
      expect(abi.some(({ name }) => name === "deposit_and_stake")).to.equal(true);
      expect(existsSync(path.join(out, "src/MetaPool.ts"))).to.equal(true);
    });

    it("says which record of a deployment is broken", async () => {
      const records = path.join(folder, "records");
      await recordDeployment(records, "localhost", await loadKeeper());
      const file = path.join(records, "localhost", "MetaPool.json");
      writeFileSync(file, "{}");

      expectFailure(
        await runWith(connectTo(ethers), exportCommand, ["--deployments", records, "--out", path.join(folder, "out")]),
        `${file} is broken: its address is missing.`,
      );
    });

    it("says that the contracts are not built", async () => {
      expectFailure(
        await run(exportCommand, "--artifacts", path.join(folder, "none"), "--out", path.join(folder, "out")),
        "MetaPool is not built: run npm run build.",
      );
    });
  });
});
