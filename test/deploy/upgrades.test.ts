import { expect } from "chai";
import { network } from "hardhat";

import { deployTrellis, type Trellis } from "../fixtures/deployment.ts";
import { changeWithNotice, waitForNotice } from "../fixtures/changes.ts";
import { registryLibraries } from "../fixtures/libraries.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;

const NO_SALT = ethers.ZeroHash;

async function deployed() {
  return deployTrellis(connection);
}

/** A second version of a contract, and its proxy. */
async function nextVersion(trellis: Trellis, name: "MetaPool" | "Allocator" | "OperatorRegistry") {
  if (name === "OperatorRegistry") {
    const libraries = await registryLibraries(ethers);
    return { proxy: trellis.registry, version: await ethers.deployContract("OperatorRegistry", { libraries }) };
  }
  if (name === "MetaPool") {
    const libraries = { PoolBook: await ethers.deployContract("PoolBook") };
    return { proxy: trellis.metaPool, version: await ethers.deployContract("MetaPool", [3_600n], { libraries }) };
  }
  const libraries = {
    Rounds: await ethers.deployContract("Rounds"),
    Levels: await ethers.deployContract("Levels"),
    Legs: await ethers.deployContract("Legs"),
    LegRooms: await ethers.deployContract("LegRooms"),
  };
  return { proxy: trellis.allocator, version: await ethers.deployContract("Allocator", { libraries }) };
}

describe("Upgrades", () => {
  for (const name of ["MetaPool", "Allocator", "OperatorRegistry"] as const) {
    describe(name, () => {
      it("cannot be upgraded but by Notice, whose time must have passed", async () => {
        const trellis = await networkHelpers.loadFixture(deployed);
        const { deployer, governance, notice, others } = trellis;
        const { proxy, version } = await nextVersion(trellis, name);

        for (const caller of [deployer, governance, others[0]!]) {
          await expect(proxy.connect(caller).upgradeToAndCall(version, "0x"))
            .to.be.revertedWithCustomError(proxy, "AccessManagedUnauthorized")
            .withArgs(caller);
        }
        const call = {
          target: await proxy.getAddress(),
          data: proxy.interface.encodeFunctionData("upgradeToAndCall", [await version.getAddress(), "0x"]),
        };
        await expect(notice.connect(deployer).announce(call.target, call.data, NO_SALT)).to.be.revertedWithCustomError(
          notice,
          "NotAllowed",
        );
        await notice.connect(governance).announce(call.target, call.data, NO_SALT);
        await expect(notice.execute(call.target, call.data, NO_SALT)).to.be.revertedWithCustomError(notice, "TooEarly");

        await waitForNotice(trellis, call);
        await expect(notice.execute(call.target, call.data, NO_SALT))
          .to.emit(proxy, "Upgraded")
          .withArgs(version);
      });

      it("keeps its state in an upgrade", async () => {
        const trellis = await networkHelpers.loadFixture(deployed);
        const { metaPool, allocator, registry, governance } = trellis;
        await metaPool.deposit_and_stake({ value: ethers.parseEther("3") });
        const { proxy, version } = await nextVersion(trellis, name);
        const read = async () => ({
          book: await metaPool.getBook(),
          parameters: await allocator.parameters(),
          policy: await registry.policy(),
          name: await metaPool.name(),
        });
        const before = await read();

        await changeWithNotice(trellis, governance, {
          target: await proxy.getAddress(),
          data: proxy.interface.encodeFunctionData("upgradeToAndCall", [await version.getAddress(), "0x"]),
        });

        expect(await read()).to.deep.equal(before);
      });

      it("cannot be upgraded any more once upgrades are renounced, with notice", async () => {
        const trellis = await networkHelpers.loadFixture(deployed);
        const { governance, notice } = trellis;
        const { proxy, version } = await nextVersion(trellis, name);
        const target = await proxy.getAddress();

        await changeWithNotice(trellis, governance, {
          target,
          data: proxy.interface.encodeFunctionData("renounceUpgrades"),
        });

        const data = proxy.interface.encodeFunctionData("upgradeToAndCall", [await version.getAddress(), "0x"]);
        const reason = proxy.interface.encodeErrorResult("UpgradesAreRenounced");
        await notice.connect(governance).announce(target, data, NO_SALT);
        await waitForNotice(trellis, { target, data });
        await expect(notice.execute(target, data, NO_SALT))
          .to.be.revertedWithCustomError(notice, "CallFailed")
          .withArgs(await notice.idOf(target, data, NO_SALT), reason);
      });
    });
  }
});
