import { expect } from "chai";
import { type FunctionFragment, getAddress, id, type Interface } from "ethers";
import { network } from "hardhat";

import { accessDifferences } from "../../src/access.ts";
import { formatTime } from "../../src/cli/amounts.ts";
import { NOTICE_ROLES, noticed, RESTRICTIONS, ROLES, roleIdOf } from "../../src/roles.ts";
import { deployTrellis, type Trellis } from "../fixtures/deployment.ts";
import { refusalOf } from "../fixtures/refusal.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;

async function deployed() {
  return deployTrellis(connection);
}

async function deployedWithoutHandover() {
  return deployTrellis(connection, { handover: false });
}

/** Where access differs from docs/roles.md. */
async function differencesOf(trellis: Trellis, range?: number): Promise<string[]> {
  const { accessManager, metaPool, allocator, registry, scores, reportOracle, attributes } = trellis;
  const { governance, guardian, foundation, attester } = trellis;
  const notice = await trellis.notice.getAddress();
  return accessDifferences({
    accessManager: await accessManager.getAddress(),
    provider: ethers.provider,
    firstBlock: 0,
    lastBlock: await ethers.provider.getBlockNumber(),
    range,
    contracts: {
      MetaPool: await metaPool.getAddress(),
      Allocator: await allocator.getAddress(),
      OperatorRegistry: await registry.getAddress(),
      Scores: await scores.getAddress(),
      ReportOracle: await reportOracle.getAddress(),
      Attributes: await attributes.getAddress(),
    },
    members: [
      { role: ROLES.admin, account: notice },
      { role: ROLES.governance, account: governance.address },
      { role: ROLES.guardian, account: guardian.address },
      { role: ROLES.guardian, account: notice },
      { role: ROLES.scorer, account: await scores.getAddress() },
      { role: ROLES.foundation, account: foundation.address },
      { role: ROLES.foundation, account: notice },
      { role: ROLES.reporter, account: await reportOracle.getAddress() },
      { role: ROLES.attester, account: attester.address },
      { role: noticed("governance"), account: notice },
      { role: noticed("foundation"), account: notice },
    ],
  });
}

function refused(...differences: string[]): string {
  return ["The handover needs access as the files say, and it is not:", ...differences].join("\n");
}

/** The time so many seconds after the latest block, in words. */
async function timeIn(seconds: number): Promise<string> {
  return formatTime(BigInt((await networkHelpers.time.latest()) + seconds));
}

interface Difference {
  readonly what: string;
  readonly change: (trellis: Trellis, manager: Trellis["accessManager"]) => Promise<unknown>;
  readonly sentence: (trellis: Trellis) => string | Promise<string>;
}

const DAY = 86_400;
const UPGRADE = id("upgradeToAndCall(address,bytes)").slice(0, 10);

/** One change for each thing that an AccessManager remembers. */
const DIFFERENCES: readonly Difference[] = [
  {
    what: "Notice lacks a role",
    change: ({ notice }, manager) => manager.revokeRole(ROLES.guardian, notice),
    sentence: async ({ notice }) =>
      `role 2 (guardian) of ${getAddress(await notice.getAddress())} is not held, and the files say held`,
  },
  {
    what: "the guardian lacks its role",
    change: ({ guardian }, manager) => manager.revokeRole(ROLES.guardian, guardian),
    sentence: ({ guardian }) => `role 2 (guardian) of ${guardian.address} is not held, and the files say held`,
  },
  {
    what: "the deployer holds a role that it needs for nothing",
    change: ({ deployer }, manager) => manager.grantRole(ROLES.scorer, deployer, 0),
    sentence: ({ deployer }) => `role 3 (scorer) of ${deployer.address} is held, and the files say not held`,
  },
  {
    what: "a member has to wait before it can act",
    change: ({ guardian }, manager) => manager.grantRole(ROLES.guardian, guardian, 60),
    sentence: ({ guardian }) =>
      `the execution delay of role 2 (guardian) of ${guardian.address} is 60 s, and the files say 0 s`,
  },
  {
    what: "a role has another admin",
    change: (_, manager) => manager.setRoleAdmin(ROLES.guardian, ROLES.foundation),
    sentence: () => "the admin of role 2 (guardian) is role 4 (foundation), and the files say role 0 (admin)",
  },
  {
    what: "a role has a guardian",
    change: (_, manager) => manager.setRoleGuardian(ROLES.governance, 78n),
    sentence: () => "the guardian of role 1 (governance) is role 78, and the files say role 0 (admin)",
  },
  {
    what: "grants of a role wait",
    change: (_, manager) => manager.setGrantDelay(ROLES.guardian, 3_600),
    sentence: async () =>
      `the grant delay of role 2 (guardian) is 3600 s from ${await timeIn(5 * DAY)}, and the files say 0 s`,
  },
  {
    what: "a contract is closed",
    change: ({ metaPool }, manager) => manager.setTargetClosed(metaPool, true),
    sentence: () => "MetaPool is closed, and the files say open",
  },
  {
    what: "a contract has a delay for its admin",
    change: ({ registry }, manager) => manager.setTargetAdminDelay(registry, 3_600),
    sentence: async () =>
      `the admin delay of OperatorRegistry is 3600 s from ${await timeIn(5 * DAY)}, and the files say 0 s`,
  },
  {
    what: "a function needs another role",
    change: ({ metaPool }, manager) => manager.setTargetFunctionRole(metaPool, [UPGRADE], ROLES.governance),
    sentence: () =>
      "the role of MetaPool.upgradeToAndCall(address,bytes) is role 1 (governance), and the files say role 4294967297 (noticed governance)",
  },
  {
    what: "a function that nobody is to be restricted in has a role",
    change: ({ scores }, manager) => manager.setTargetFunctionRole(scores, ["0x12345678"], ROLES.governance),
    sentence: () => "the role of Scores.0x12345678 is role 1 (governance), and the files say role 0 (admin)",
  },
  {
    what: "a contract that is not of the deployment has a function with a role",
    change: ({ lens }, manager) => manager.setTargetFunctionRole(lens, ["0x12345678"], ROLES.governance),
    sentence: async ({ lens }) =>
      `the role of ${getAddress(await lens.getAddress())}.0x12345678 is role 1 (governance), and the files say role 0 (admin)`,
  },
  {
    what: "a contract obeys another AccessManager",
    change: async ({ attributes, notice }, manager) => manager.updateAuthority(attributes, notice),
    sentence: async ({ accessManager, notice }) =>
      `the authority of Attributes is ${getAddress(await notice.getAddress())}, and the files say ${getAddress(await accessManager.getAddress())}`,
  },
];

function functionsOf({ interface: { fragments } }: { interface: Interface }): FunctionFragment[] {
  return fragments.filter((fragment) => ethers.FunctionFragment.isFragment(fragment));
}

describe("Deployment", () => {
  describe("handover", () => {
    it("leaves every role with whom docs/roles.md names, and none with the deployer", async () => {
      const trellis = await networkHelpers.loadFixture(deployed);
      const notice = await trellis.notice.getAddress();

      expect(await differencesOf(trellis)).to.deep.equal([]);
      for (const role of NOTICE_ROLES) {
        expect((await trellis.accessManager.hasRole(role, notice))[0], role.toString()).to.equal(true);
      }
    });

    it("is seen by its logs, however few blocks a node answers for at once", async () => {
      const trellis = await networkHelpers.loadFixture(deployedWithoutHandover);
      const { deployer } = trellis;

      for (const range of [1, 7, 10_000]) {
        expect(await differencesOf(trellis, range)).to.deep.equal([
          `role 0 (admin) of ${deployer.address} is held, and the files say not held`,
          `role 4294967297 (noticed governance) of ${deployer.address} is held, and the files say not held`,
          `role 4294967300 (noticed foundation) of ${deployer.address} is held, and the files say not held`,
        ]);
      }
    });

    it("keeps the deployer's powers until then: it lists operators", async () => {
      const { accessManager, deployer, handOver } = await networkHelpers.loadFixture(deployedWithoutHandover);
      for (const role of [ROLES.admin, noticed("governance"), noticed("foundation")]) {
        expect((await accessManager.hasRole(role, deployer))[0]).to.equal(true);
      }

      await handOver();
      await handOver();

      for (const role of [ROLES.admin, noticed("governance"), noticed("foundation")]) {
        expect((await accessManager.hasRole(role, deployer))[0]).to.equal(false);
      }
    });

    it("is refused while a second key holds the role that upgrades", async () => {
      const { accessManager, deployer, others, handOver } = await networkHelpers.loadFixture(deployedWithoutHandover);
      const [second] = others;
      await accessManager.connect(deployer).grantRole(noticed("governance"), second!, 0);

      expect(await refusalOf(handOver())).to.equal(
        refused(`role 4294967297 (noticed governance) of ${second!.address} is held, and the files say not held`),
      );
      expect((await accessManager.hasRole(ROLES.admin, deployer))[0]).to.equal(true);
    });

    it("is refused while a role that the files do not know can grant the one that upgrades", async () => {
      const { accessManager, deployer, others, handOver } = await networkHelpers.loadFixture(deployedWithoutHandover);
      const [second] = others;
      await accessManager.connect(deployer).setRoleAdmin(noticed("governance"), 77n);
      await accessManager.connect(deployer).grantRole(77n, second!, 0);

      expect(await refusalOf(handOver())).to.equal(
        refused(
          "the admin of role 4294967297 (noticed governance) is role 77, and the files say role 0 (admin)",
          `role 77 of ${second!.address} is held, and the files say not held`,
        ),
      );
      expect((await accessManager.hasRole(ROLES.admin, deployer))[0]).to.equal(true);
    });

    for (const { what, change, sentence } of DIFFERENCES) {
      it(`is refused when ${what}`, async () => {
        const trellis = await networkHelpers.loadFixture(deployedWithoutHandover);
        const { accessManager, deployer, handOver } = trellis;
        await change(trellis, accessManager.connect(deployer));

        expect(await refusalOf(handOver())).to.equal(refused(await sentence(trellis)));
        expect((await accessManager.hasRole(ROLES.admin, deployer))[0]).to.equal(true);
      });
    }

    it("is refused while a member is to be one only later, and a delay is to end only later", async () => {
      const { accessManager, deployer, guardian, handOver } = await networkHelpers.loadFixture(deployedWithoutHandover);
      const manager = accessManager.connect(deployer);
      await manager.setGrantDelay(ROLES.guardian, 30 * DAY);
      await networkHelpers.time.increase(5 * DAY);
      await manager.revokeRole(ROLES.guardian, guardian);
      await manager.grantRole(ROLES.guardian, guardian, 3_600);
      const held = await timeIn(30 * DAY);
      await manager.grantRole(ROLES.guardian, guardian, 0);
      const undelayed = await timeIn(3_600);
      await manager.setGrantDelay(ROLES.guardian, 0);
      const ended = await timeIn(30 * DAY);

      expect(await refusalOf(handOver())).to.equal(
        refused(
          `role 2 (guardian) of ${guardian.address} is held from ${held}, and the files say held`,
          `the execution delay of role 2 (guardian) of ${guardian.address} is 0 s from ${undelayed}, and the files say 0 s`,
          `the grant delay of role 2 (guardian) is 0 s from ${ended}, and the files say 0 s`,
        ),
      );
    });

    it("goes on once what differed has been set right", async () => {
      const { accessManager, deployer, metaPool, others, handOver } =
        await networkHelpers.loadFixture(deployedWithoutHandover);
      const manager = accessManager.connect(deployer);
      await manager.grantRole(77n, others[0]!, 0);
      await manager.setRoleAdmin(ROLES.guardian, 77n);
      await manager.setTargetClosed(metaPool, true);
      await manager.revokeRole(77n, others[0]!);
      await manager.setRoleAdmin(ROLES.guardian, ROLES.admin);
      await manager.setTargetClosed(metaPool, false);

      await handOver();

      expect((await accessManager.hasRole(ROLES.admin, deployer))[0]).to.equal(false);
    });
  });

  describe("roles", () => {
    it("are on chain what src/roles.ts says, for every function of every contract", async () => {
      const trellis = await networkHelpers.loadFixture(deployed);
      const { accessManager } = trellis;
      const contracts = {
        MetaPool: trellis.metaPool,
        Allocator: trellis.allocator,
        OperatorRegistry: trellis.registry,
        Scores: trellis.scores,
        ReportOracle: trellis.reportOracle,
        Attributes: trellis.attributes,
      } as const;

      const unseen = new Set(RESTRICTIONS);
      for (const [name, contract] of Object.entries(contracts)) {
        for (const fragment of functionsOf(contract)) {
          const restriction = RESTRICTIONS.find(
            (candidate) => candidate.contract === name && candidate.signature === fragment.format("sighash"),
          );
          if (restriction !== undefined) unseen.delete(restriction);
          expect(
            await accessManager.getTargetFunctionRole(contract, fragment.selector),
            `${name}.${fragment.format("sighash")}`,
          ).to.equal(restriction === undefined ? ROLES.admin : roleIdOf(restriction));
        }
      }
      expect(unseen).to.deep.equal(new Set());
    });
  });
});
