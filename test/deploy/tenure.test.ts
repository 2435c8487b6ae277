import { expect } from "chai";
import { network } from "hardhat";

import { NO_CAP, NO_SHARE } from "../../rocketh/parameters.ts";
import { deployTrellis } from "../../scripts/steps/deployment.ts";
import { temporaryFolder } from "../fixtures/commands.ts";

const FIVE_PERCENT = [5n, 500n, BigInt(NO_SHARE), NO_CAP];

describe("Deployment", () => {
  describe("tenure group", () => {
    it("is the first group, of which all who ramp may hold 5 % of the pool together, before the handover and after it", async () => {
      const { registry, handOver } = await deployTrellis(await network.create(), { handover: false });
      expect(await registry.tenureGroup()).to.equal(1n);
      expect(await registry.groupCount()).to.equal(1n);
      expect([...(await registry.group(1))]).to.deep.equal(FIVE_PERCENT);

      await handOver();
      expect([...(await registry.group(await registry.tenureGroup()))]).to.deep.equal(FIVE_PERCENT);
    });

    it("is as large as the parameters say, and is none for a share of 0", async () => {
      const connection = await network.create();
      const some = await deployTrellis(connection, { parameters: { tenure: { poolShareBps: 300 } } });
      expect((await some.registry.group(1)).poolShareBps).to.equal(300n);

      const none = await deployTrellis(await network.create(), { parameters: { tenure: { poolShareBps: 0 } } });
      expect(await none.registry.groupCount()).to.equal(0n);
      expect(await none.registry.tenureGroup()).to.equal(0n);
    });

    it("is a group of its own where there are others already", async () => {
      const connection = await network.create();
      const { folder: records, remove } = temporaryFolder();
      const none = { parameters: { tenure: { poolShareBps: 0 } } };
      const { registry, deployer } = await deployTrellis(connection, { ...none, handover: false, records });
      for (const dimension of [1, 5]) {
        await registry.connect(deployer).setGroup((await registry.groupCount()) + 1n, {
          dimension,
          poolShareBps: 2_000,
          netShareBps: NO_SHARE,
          absoluteCap: NO_CAP,
        });
      }

      await deployTrellis(connection, { handover: false, records });
      remove();

      expect([await registry.groupCount(), await registry.tenureGroup()]).to.deep.equal([3n, 3n]);
      expect([...(await registry.group(3))]).to.deep.equal(FIVE_PERCENT);
    });

    it("is named by a second run where the first one ended between creating and naming it", async () => {
      const connection = await network.create();
      const { folder: records, remove } = temporaryFolder();
      const first = await deployTrellis(connection, { handover: false, records });
      await first.registry.connect(first.deployer).setTenureGroup(0);

      await deployTrellis(connection, { handover: false, records });
      remove();

      expect([await first.registry.groupCount(), await first.registry.tenureGroup()]).to.deep.equal([1n, 1n]);
    });
  });
});
