import { expect } from "chai";
import { ZeroAddress } from "ethers";
import hre, { network } from "hardhat";

import { config } from "../../rocketh/config.ts";
import { deployTagged } from "../../rocketh/task.ts";
import { deployTrellis } from "../../scripts/steps/deployment.ts";
import { runNode } from "../fixtures/processes.ts";
import { refusalOf } from "../fixtures/refusal.ts";

/** Runs Hardhat's task, as a person does. Where nobody can ask for stack traces Hardhat adds them by itself. */
async function runDeploy(args: readonly string[]) {
  const task = ["node_modules/.bin/hardhat", "deploy", "--skip-prompts", ...args];
  return runNode(task, { CI: undefined, GITHUB_ACTIONS: undefined });
}

describe("Deployment", () => {
  describe("of accounts that cannot do", () => {
    const [first, second] = [
      "0x1111111111111111111111111111111111111111",
      "0x2222222222222222222222222222222222222222",
    ];

    for (const [what, accounts, sentence] of [
      [
        "an address that is too short",
        { oracle1: { default: "0x12" } },
        'rocketh/config.ts names 0x12 as oracle1 of the network "default", which is no account\'s address.',
      ],
      [
        "nobody's address",
        { treasury: { default: ZeroAddress } },
        `rocketh/config.ts names ${ZeroAddress} as treasury of the network "default", which is no account's address.`,
      ],
      [
        "the deployer in another part",
        { guardian: { default: 0 } },
        "The deployer cannot hand over to itself: it is the guardian, too.",
      ],
      [
        "one member of the committee twice",
        { oracle1: { default: first }, oracle2: { default: second }, oracle3: { default: first } },
        `The members of the committee have to differ, and ${first} is named twice.`,
      ],
    ] as const) {
      it(`refuses ${what} before it sends anything`, async () => {
        const connection = await network.create();

        expect(await refusalOf(deployTrellis(connection, { accounts: { ...config.accounts, ...accounts } }))).to.equal(
          sentence,
        );
        expect(await connection.ethers.provider.getBlockNumber()).to.equal(0);
      });
    }
  });

  describe("by the task", function () {
    this.timeout(300_000);

    it("says in one sentence which part nobody is named for", async () => {
      const connection = await network.create({ network: "default", override: { chainId: 560048 } });
      const accounts = { ...config.accounts, governance: { default: 99 } };
      const deploy = () => deployTrellis(connection, { environment: "hoodi", accounts });

      const refusal = deployTagged({ tags: "trellis" }, hre, deploy) as Promise<void>;

      expect(await refusalOf(refusal)).to.equal(
        'rocketh/config.ts names no governance for the network "hoodi": give it an address, as in { default: 1, hoodi: "0x…" }.',
      );
    });

    it("refuses a tag that nothing has, and lists those that there are", async () => {
      const { code, err } = await runDeploy(["--tags", "trelis"]);

      expect(err).to.contain('Nothing has the tag "trelis"; there are chain, trellis, AccessManager, Network,');
      expect(err).to.contain(", tenure, handover.");
      expect(err).not.to.match(/\n\s+at |bug in Hardhat/);
      expect(code).to.equal(1);
    });

    it("does not hand over unless told to", async () => {
      const { code, out } = await runDeploy([]);

      expect(out).to.contain("Nothing is handed over without --tags handover.");
      expect(out).to.contain("15_tenure").and.not.to.contain("16_handover");
      expect(code).to.equal(0);
    });

    it("says that it has handed over", async () => {
      const { code, out } = await runDeploy(["--tags", "handover"]);

      expect(out).to.match(/^\s*Handed over: 0x\w{40} holds no role any more, and Notice is the only admin\.$/m);
      expect(code).to.equal(0);
    });
  });
});
