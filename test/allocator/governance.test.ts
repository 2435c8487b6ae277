import { expect } from "chai";

import { asNotice, deployWorld, ether, ethers, LOOSE, networkHelpers } from "../fixtures/allocator.ts";

function load() {
  return networkHelpers.loadFixture(deploy);
}

function deploy() {
  return deployWorld({ hostile: 1 });
}

const BOUNDS = [
  ["graceBps", 0n, 2_000n],
  ["bandBps", 0n, 5_000n],
  ["budget0Bps", 100n, 10_000n],
  ["budget2Bps", 0n, 1_000n],
  ["maxLossBps", 1n, 10_000n],
  ["maxGainBps", 1n, 1_000n],
  ["minMove", ether("0.01"), ether(100)],
] as const;

describe("Allocator", () => {
  describe("setParameters", () => {
    it("reverts unless Notice calls it", async () => {
      const { allocator, eve, governance, deployer } = await load();
      for (const caller of [eve, governance, deployer]) {
        await expect(allocator.connect(caller).setParameters(LOOSE))
          .to.be.revertedWithCustomError(allocator, "AccessManagedUnauthorized")
          .withArgs(caller.address);
      }
    });

    for (const [name, minimum, maximum] of BOUNDS) {
      it(`holds ${name} within its bounds`, async () => {
        const world = await load();
        const allocator = world.allocator.connect(await asNotice(world));
        for (const value of [minimum, maximum]) await allocator.setParameters({ ...LOOSE, [name]: value });
        for (const value of [...(minimum === 0n ? [] : [minimum - 1n]), maximum + 1n]) {
          await expect(allocator.setParameters({ ...LOOSE, [name]: value }))
            .to.be.revertedWithCustomError(allocator, "OutOfBounds")
            .withArgs(value, minimum, maximum);
        }
      });
    }

    it("says what they were and what they are", async () => {
      const world = await load();
      const allocator = world.allocator.connect(await asNotice(world));
      const before = [...(await allocator.parameters())];
      await expect(allocator.setParameters(LOOSE))
        .to.emit(allocator, "ParametersChanged")
        .withArgs(before, Object.values(LOOSE).map(BigInt));
      expect([...(await allocator.parameters())]).to.deep.equal(Object.values(LOOSE).map(BigInt));
    });
  });

  describe("upgrades", () => {
    it("are refused to everybody but Notice, and to it once they are given up", async () => {
      const world = await load();
      const { allocator, eve, governance } = world;
      const [rounds, levels, legs, legRooms] = await Promise.all(
        ["Rounds", "Levels", "Legs", "LegRooms"].map((name) => ethers.deployContract(name)),
      );
      const factory = await ethers.getContractFactory("Allocator", {
        libraries: { Rounds: rounds!, Levels: levels!, Legs: legs!, LegRooms: legRooms! },
      });
      const implementation = await factory.deploy();
      for (const caller of [eve, governance]) {
        await expect(allocator.connect(caller).upgradeToAndCall(implementation, "0x"))
          .to.be.revertedWithCustomError(allocator, "AccessManagedUnauthorized")
          .withArgs(caller.address);
        await expect(allocator.connect(caller).renounceUpgrades()).to.be.revertedWithCustomError(
          allocator,
          "AccessManagedUnauthorized",
        );
      }
      const notice = allocator.connect(await asNotice(world));
      await expect(notice.upgradeToAndCall(implementation, "0x")).to.emit(allocator, "Upgraded");
      await expect(notice.renounceUpgrades()).to.emit(allocator, "UpgradesRenounced");
      await expect(notice.upgradeToAndCall(implementation, "0x")).to.be.revertedWithCustomError(
        allocator,
        "UpgradesAreRenounced",
      );
    });

    it("leave the implementation to nobody", async () => {
      const { allocator, metaPool, registry, network, accessManager } = await load();
      await expect(
        allocator.initialize(accessManager, metaPool, registry, network, 1, LOOSE),
      ).to.be.revertedWithCustomError(allocator, "InvalidInitialization");
    });
  });
});
