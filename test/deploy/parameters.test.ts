import { expect } from "chai";
import { getAddress } from "ethers";
import { network } from "hardhat";

import { config } from "../../rocketh/config.ts";
import type { ParameterChanges } from "../../rocketh/parameters.ts";
import { deployTrellis, type Trellis } from "../../scripts/steps/deployment.ts";
import { statusCommand } from "../../src/commands/status.ts";
import { ROLES } from "../../src/roles.ts";
import { connectTo, recordDeployment, runWith, temporaryFolder } from "../fixtures/commands.ts";
import { refusalOf } from "../fixtures/refusal.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;

async function deployedWithoutHandover() {
  return deployTrellis(connection, { handover: false });
}

function refused(...differences: string[]): string {
  return ["The handover needs parameters as the files say, and they are not:", ...differences].join("\n");
}

interface Difference {
  readonly what: string;
  readonly files: ParameterChanges;
  /** Given where the staking module is. */
  readonly sentences: (module: string) => readonly string[];
}

/** One change of the files after the deployment for each contract that keeps what they say. */
const DIFFERENCES: readonly Difference[] = [
  {
    what: "fee and buffer",
    files: { pool: { feeBps: 600, bufferTargetBps: 10 } },
    sentences: () => [
      "MetaPool.feeBps is 500, and the files say 600",
      "MetaPool.bufferTargetBps is 50, and the files say 10",
    ],
  },
  {
    what: "name and symbol",
    files: { name: "Another", symbol: "ANO" },
    sentences: () => [
      "MetaPool.name is Trellis Staked Ether, and the files say Another",
      "MetaPool.symbol is trETH, and the files say ANO",
    ],
  },
  {
    what: "policy",
    files: { policy: { poolShareBps: 300, netShareBps: 50 } },
    sentences: () => [
      "OperatorRegistry.poolShareBps is 200, and the files say 300",
      "OperatorRegistry.netShareBps is 100, and the files say 50",
    ],
  },
  {
    what: "bond ratio",
    files: { policy: { bondRatio: 50 } },
    sentences: () => [
      "StakingPoolFactory.BOND_RATIO is 100, and the files say 50",
      "OperatorRegistry.bondRatio is 100, and the files say 50",
    ],
  },
  {
    what: "share of newcomers",
    files: { tenure: { poolShareBps: 0 } },
    sentences: () => ["OperatorRegistry.tenureShareBps is 500, and the files say 0"],
  },
  {
    what: "allocator's parameters",
    files: { allocator: { graceBps: 0, minMove: 1n } },
    sentences: () => [
      "Allocator.graceBps is 500, and the files say 0",
      "Allocator.minMove is 10000000000000000, and the files say 1",
    ],
  },
  {
    what: "scoring",
    files: { scoring: { power: 2 } },
    sentences: () => ["Scores.power is 4, and the files say 2"],
  },
  {
    what: "quorum",
    files: { committee: { quorum: 4 } },
    sentences: () => ["ReportOracle.quorum is 3, and the files say 4"],
  },
  {
    what: "unbonding time",
    files: { devNetwork: { unbondingEpochs: 5 } },
    sentences: () => ["Network.unbondingTime is 345600, and the files say 432000"],
  },
  {
    what: "staking module",
    files: { stakingModule: "0x00000000000000000000000000000000DeaDBeef" },
    sentences: (module) => [
      `StakingPoolFactory.NETWORK is ${module}, and the files say 0x00000000000000000000000000000000DeaDBeef`,
    ],
  },
  {
    what: "epoch length",
    files: { epochLength: 7_200 },
    sentences: () => [
      "Network.unbondingTime is 345600, and the files say 28800",
      "StakingPoolFactory.EPOCH_LENGTH is 86400, and the files say 7200",
      "MetaPool.epochLength is 86400, and the files say 7200",
      "Allocator.epochLength is 86400, and the files say 7200",
    ],
  },
];

async function isHandedOver({ accessManager, deployer }: Trellis): Promise<boolean> {
  return !(await accessManager.hasRole(ROLES.admin, deployer))[0];
}

describe("Deployment", () => {
  describe("handover of parameters", () => {
    for (const { what, files, sentences } of DIFFERENCES) {
      it(`is refused when the files have another ${what} than the chain`, async () => {
        const trellis = await networkHelpers.loadFixture(deployedWithoutHandover);
        const module = getAddress(await trellis.network.getAddress());

        expect(await refusalOf(trellis.handOver(files))).to.equal(refused(...sentences(module)));
        expect(await isHandedOver(trellis)).to.equal(false);

        await trellis.handOver();
        expect(await isHandedOver(trellis)).to.equal(true);
      });
    }

    it("is refused by a second run that finds changed files, which sends nothing", async () => {
      const chain = await network.create();
      const { folder: records, remove } = temporaryFolder();
      const trellis = await deployTrellis(chain, { handover: false, records });
      const block = await chain.ethers.provider.getBlockNumber();
      const { others, treasury, committee } = trellis;
      const accounts = {
        ...config.accounts,
        treasury: { default: others[0]!.address },
        oracle1: { default: others[1]!.address },
      };

      const refusal = await refusalOf(
        deployTrellis(chain, { records, accounts, parameters: { pool: { feeBps: 600 } } }),
      );
      remove();

      const [first, ...rest] = committee.map(({ address }) => address);
      expect(refusal).to.equal(
        refused(
          "MetaPool.feeBps is 500, and the files say 600",
          `MetaPool.treasury is ${treasury.address}, and the files say ${others[0]!.address}`,
          `ReportOracle.members is ${listed(first!, ...rest)}, and the files say ${listed(others[1]!.address, ...rest)}`,
        ),
      );
      expect(await chain.ethers.provider.getBlockNumber()).to.equal(block);
    });

    it("does not look at them once it is done: governance may have changed them", async () => {
      const trellis = await networkHelpers.loadFixture(deployedWithoutHandover);
      await trellis.handOver();

      await trellis.handOver({ pool: { feeBps: 600 } });
    });
  });

  describe("status", () => {
    it("says whether parameters are as the files say, and warns of nothing", async () => {
      const trellis = await networkHelpers.loadFixture(deployedWithoutHandover);
      await trellis.handOver();
      const { folder, remove } = temporaryFolder();
      await recordDeployment(folder, "default", trellis);
      const lines = async (epochLength: number) => {
        const parameters = { default: { ...config.data.parameters.default, epochLength } };
        const command = statusCommand({ ...config, data: { parameters } });
        const { out } = await runWith(connectTo(ethers), command, ["--network", "default", "--deployments", folder]);
        return out.filter((line) => /^(parameters|warning)/.test(line)).map((line) => line.trim());
      };

      const [same, other] = [await lines(86_400), await lines(3_600)];
      remove();

      expect(same).to.deep.equal(["parameters       as the files say"]);
      expect(other).to.deep.equal([
        "parameters       Network.unbondingTime is 345600, and the files say 14400",
        "parameters       StakingPoolFactory.EPOCH_LENGTH is 86400, and the files say 3600",
        "parameters       MetaPool.epochLength is 86400, and the files say 3600",
        "parameters       Allocator.epochLength is 86400, and the files say 3600",
      ]);
    });
  });
});

function listed(...addresses: string[]): string {
  return addresses.sort().join(", ");
}
