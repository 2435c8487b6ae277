import { expect } from "chai";
import type { FunctionFragment, Interface } from "ethers";
import { network } from "hardhat";

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

/** Who holds which role, from the AccessManager's logs alone. */
async function membersOf({ accessManager }: Trellis): Promise<Map<bigint, Set<string>>> {
  const members = new Map<bigint, Set<string>>();
  const logs = await ethers.provider.getLogs({ address: await accessManager.getAddress(), fromBlock: 0 });
  for (const log of logs) {
    const event = accessManager.interface.parseLog(log);
    if (event?.name !== "RoleGranted" && event?.name !== "RoleRevoked") continue;
    const { roleId, account } = event.args as unknown as { roleId: bigint; account: string };
    const accounts = members.get(roleId) ?? new Set();
    if (event.name === "RoleGranted") accounts.add(account);
    else accounts.delete(account);
    members.set(roleId, accounts);
  }

  return members;
}

function functionsOf({ interface: { fragments } }: { interface: Interface }): FunctionFragment[] {
  return fragments.filter((fragment) => ethers.FunctionFragment.isFragment(fragment));
}

describe("Deployment", () => {
  describe("handover", () => {
    it("leaves every role with whom docs/roles.md names, and none with the deployer", async () => {
      const trellis = await networkHelpers.loadFixture(deployed);
      const notice = await trellis.notice.getAddress();

      expect(await membersOf(trellis)).to.deep.equal(
        new Map([
          [ROLES.admin, new Set([notice])],
          [ROLES.governance, new Set([trellis.governance.address])],
          [ROLES.guardian, new Set([trellis.guardian.address, notice])],
          [ROLES.scorer, new Set([await trellis.scores.getAddress()])],
          [ROLES.foundation, new Set([trellis.foundation.address, notice])],
          [ROLES.reporter, new Set([await trellis.reportOracle.getAddress()])],
          [ROLES.attester, new Set([trellis.attester.address])],
          [noticed("governance"), new Set([notice])],
          [noticed("foundation"), new Set([notice])],
        ]),
      );
      for (const role of NOTICE_ROLES) {
        expect((await trellis.accessManager.hasRole(role, notice))[0], role.toString()).to.equal(true);
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

    it("is refused while Notice lacks a role", async () => {
      const { accessManager, notice, deployer, handOver } = await networkHelpers.loadFixture(deployedWithoutHandover);
      await accessManager.connect(deployer).revokeRole(ROLES.guardian, notice);

      expect(await refusalOf(handOver())).to.equal("The handover needs Notice to hold role 2.");
      expect((await accessManager.hasRole(ROLES.admin, deployer))[0]).to.equal(true);
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
