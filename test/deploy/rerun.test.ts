import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { deployTrellis } from "../../scripts/steps/deployment.ts";
import { refusalOf } from "../fixtures/refusal.ts";

describe("Deployment", () => {
  describe("run again", () => {
    let records: string;

    beforeEach(async () => {
      records = await mkdtemp(join(tmpdir(), "trellis-"));
    });

    afterEach(async () => {
      await rm(records, { recursive: true });
    });

    it("sends no transaction, before and after the handover", async () => {
      const connection = await network.create();
      const { provider } = connection.ethers;
      const first = await deployTrellis(connection, { handover: false, records });
      const deployed = await provider.getBlockNumber();

      const second = await deployTrellis(connection, { handover: false, records });
      expect(await provider.getBlockNumber()).to.equal(deployed);
      expect(second.metaPool.target).to.equal(first.metaPool.target);
      expect(second.notice.target).to.equal(first.notice.target);

      await deployTrellis(connection, { records });
      expect(await provider.getBlockNumber()).to.equal(deployed + 1);

      await deployTrellis(connection, { records });
      expect(await provider.getBlockNumber()).to.equal(deployed + 1);
    });
  });

  describe("on another chain than the network's name says", () => {
    for (const [environment, chainId] of [
      ["hoodi", 560048],
      ["sepolia", 11155111],
    ] as const) {
      it(`refuses ${environment} on the local chain`, async () => {
        expect(await refusalOf(deployTrellis(await network.create(), { environment }))).to.equal(
          `The network "${environment}" must have chain id ${chainId}, but its node says 31337.`,
        );
      });

      it(`deploys to ${environment} on a chain with its id`, async () => {
        const connection = await network.create({ network: "default", override: { chainId } });
        const { accessManager, deployer, allocator } = await deployTrellis(connection, { environment });

        expect((await accessManager.hasRole(0n, deployer))[0]).to.equal(false);
        expect(await allocator.epochLength()).to.equal(86_400n);
      });
    }
  });
});
