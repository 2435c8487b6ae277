import { expect } from "chai";

import {
  ethers,
  loadRegistry,
  loadUnconnectedRegistry,
  loadUnhandedRegistry,
  networkHelpers,
  NO_SHARE,
  POLICY,
} from "../fixtures/registry.ts";
import { registryLibraries } from "../fixtures/libraries.ts";

/** As a tuple, in the order of the struct. */
function tuple(policy: typeof POLICY) {
  return [policy.poolShareBps, policy.netShareBps, policy.guardianShareBps, policy.bondRatio];
}

async function initialize(policy: typeof POLICY) {
  const { accessManager, implementation } = await loadUnconnectedRegistry();
  const data = implementation.interface.encodeFunctionData("initialize", [accessManager.target, policy]);
  const factory = await ethers.getContractFactory("ERC1967Proxy");

  return { implementation, deployment: factory.deploy(implementation, data) };
}

describe("OperatorRegistry", function () {
  describe("initialize", function () {
    it("reverts on the implementation", async function () {
      const { accessManager, implementation } = await loadUnconnectedRegistry();

      await expect(implementation.initialize(accessManager, POLICY)).to.be.revertedWithCustomError(
        implementation,
        "InvalidInitialization",
      );
    });

    it("reverts a second time", async function () {
      const { accessManager, registry } = await loadUnconnectedRegistry();

      await expect(registry.initialize(accessManager, POLICY)).to.be.revertedWithCustomError(
        registry,
        "InvalidInitialization",
      );
    });

    for (const bondRatio of [2n, 251n]) {
      it(`reverts for a bond ratio of ${bondRatio.toString()}`, async function () {
        const { implementation, deployment } = await initialize({ ...POLICY, bondRatio });

        await expect(deployment)
          .to.be.revertedWithCustomError(implementation, "OutOfBounds")
          .withArgs(bondRatio, 3n, 250n);
      });
    }

    it("sets authority and policy", async function () {
      const { accessManager, registry } = await loadUnconnectedRegistry();

      expect(await registry.authority()).to.equal(accessManager.target);
      expect(await registry.policy()).to.deep.equal(tuple(POLICY));
    });

    it("lists nothing", async function () {
      const { registry } = await loadUnconnectedRegistry();

      expect(await registry.operatorCount()).to.equal(0n);
      expect(await registry.groupCount()).to.equal(0n);
      expect(await registry.longestUnbonding()).to.equal(0n);
    });
  });

  describe("connect", function () {
    it("reverts when the caller is not the admin", async function () {
      const { registry, stranger } = await loadUnconnectedRegistry();

      await expect(registry.connect(stranger).getFunction("connect")(stranger, stranger, stranger))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(stranger);
    });

    for (const missing of [0, 1, 2]) {
      it(`reverts when address ${missing} is zero`, async function () {
        const { registry, stranger } = await loadUnconnectedRegistry();
        const at = (index: number) => (index === missing ? ethers.ZeroAddress : stranger.address);

        await expect(registry.getFunction("connect")(at(0), at(1), at(2)))
          .to.be.revertedWithCustomError(registry, "InvalidAddress")
          .withArgs(ethers.ZeroAddress);
      });
    }

    it("reverts a second time", async function () {
      const { registry, allocator, stranger } = await loadUnhandedRegistry();

      await expect(registry.getFunction("connect")(stranger, stranger, stranger))
        .to.be.revertedWithCustomError(registry, "AlreadyConnected")
        .withArgs(allocator);
    });

    it("names the other contracts", async function () {
      const { registry, deployer, governance, guardian } = await loadUnconnectedRegistry();

      await expect(registry.getFunction("connect")(deployer, governance, guardian))
        .to.emit(registry, "Connected")
        .withArgs(deployer, governance, guardian);
      expect(await registry.metaPool()).to.equal(deployer);
      expect(await registry.allocator()).to.equal(governance);
      expect(await registry.notice()).to.equal(guardian);
    });

    it("is needed before anything that asks the allocator", async function () {
      const { registry } = await loadUnconnectedRegistry();

      await expect(registry.guardianShareLeft()).to.be.revertedWithCustomError(registry, "NotConnected");
    });
  });

  describe("setPolicy", function () {
    it("reverts without notice", async function () {
      const { registry, governance } = await loadRegistry();

      await expect(registry.connect(governance).setPolicy(POLICY))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    const outOfBounds = [
      { change: { poolShareBps: 0n }, bounds: [0n, 1n, 3_333n] },
      { change: { poolShareBps: 3_334n }, bounds: [3_334n, 1n, 3_333n] },
      { change: { netShareBps: 0n }, bounds: [0n, 1n, 10_000n] },
      { change: { netShareBps: 10_001n }, bounds: [10_001n, 1n, 10_000n] },
      { change: { guardianShareBps: 3_334n }, bounds: [3_334n, 0n, 3_333n] },
      { change: { bondRatio: 0n }, bounds: [0n, 3n, 250n] },
      { change: { bondRatio: 251n }, bounds: [251n, 3n, 250n] },
    ];
    for (const { change, bounds } of outOfBounds) {
      it(`reverts for ${Object.entries(change).join(" ").replace(",", " of ")}`, async function () {
        const { registry, noticeSigner } = await loadRegistry();

        await expect(registry.connect(noticeSigner).setPolicy({ ...POLICY, ...change }))
          .to.be.revertedWithCustomError(registry, "OutOfBounds")
          .withArgs(...bounds);
      });
    }

    it("reverts when bonds would be turned on", async function () {
      const { accessManager, implementation } = await loadUnconnectedRegistry();
      const withoutBonds = { ...POLICY, bondRatio: 0n };
      const data = implementation.interface.encodeFunctionData("initialize", [accessManager.target, withoutBonds]);
      const proxy = await ethers.deployContract("ERC1967Proxy", [implementation, data]);
      const registry = await ethers.getContractAt("OperatorRegistry", proxy);

      await expect(registry.setPolicy(POLICY))
        .to.be.revertedWithCustomError(registry, "OutOfBounds")
        .withArgs(100n, 0n, 0n);
      await expect(registry.setPolicy({ ...withoutBonds, poolShareBps: 1n })).to.emit(registry, "PolicyChanged");
    });

    it("sets it to the bounds", async function () {
      const { registry, noticeSigner } = await loadRegistry();
      const policy = { poolShareBps: 3_333n, netShareBps: NO_SHARE, guardianShareBps: 0n, bondRatio: 3n };

      await expect(registry.connect(noticeSigner).setPolicy(policy))
        .to.emit(registry, "PolicyChanged")
        .withArgs(tuple(POLICY), tuple(policy));
      expect(await registry.policy()).to.deep.equal(tuple(policy));
    });

    it("changes nothing when it is the same", async function () {
      const { registry, noticeSigner } = await loadRegistry();

      await expect(registry.connect(noticeSigner).setPolicy(POLICY))
        .to.emit(registry, "PolicyChanged")
        .withArgs(tuple(POLICY), tuple(POLICY));
      expect(await registry.policy()).to.deep.equal(tuple(POLICY));
    });
  });

  describe("upgradeToAndCall", function () {
    it("reverts without notice", async function () {
      const { registry, implementation, governance } = await loadRegistry();

      await expect(registry.connect(governance).upgradeToAndCall(implementation, "0x"))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    it("replaces the code and keeps the state", async function () {
      const { registry, noticeSigner, pools } = await loadRegistry();
      const next = await ethers.deployContract("OperatorRegistry", { libraries: await registryLibraries(ethers) });

      await expect(registry.connect(noticeSigner).upgradeToAndCall(next, "0x"))
        .to.emit(registry, "Upgraded")
        .withArgs(next);
      expect((await registry.operator(1)).pool).to.equal(pools[0]);
    });
  });

  describe("renounceUpgrades", function () {
    it("reverts without notice", async function () {
      const { registry, governance } = await loadRegistry();

      await expect(registry.connect(governance).renounceUpgrades())
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    it("fixes the code for ever", async function () {
      const { registry, implementation, noticeSigner } = await loadRegistry();

      await expect(registry.connect(noticeSigner).renounceUpgrades()).to.emit(registry, "UpgradesRenounced").withArgs();
      expect(await registry.areUpgradesRenounced()).to.equal(true);
      await expect(registry.connect(noticeSigner).upgradeToAndCall(implementation, "0x")).to.be.revertedWithCustomError(
        registry,
        "UpgradesAreRenounced",
      );
    });
  });

  describe("storage", function () {
    const NAMESPACE = ethers.keccak256(ethers.toBeHex(BigInt(ethers.id("trellis.OperatorRegistry")) - 1n, 32));
    const BASE = BigInt(NAMESPACE) & ~0xffn;

    it("lies in the namespace, an operator in two slots", async function () {
      const { registry, allocator, pools, factory } = await loadRegistry();
      const address = await registry.getAddress();
      const recordsSlot = ethers.keccak256(
        ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [1, BASE + 5n]),
      );
      const slots = await Promise.all(
        [0n, 1n].map((offset) => networkHelpers.getStorageAt(address, BigInt(recordsSlot) + offset)),
      );

      expect(BigInt(await networkHelpers.getStorageAt(address, BASE + 1n))).to.equal(
        BigInt(await allocator.getAddress()),
      );
      // Lowest bits first: pool, state, marks, what is said of the pool itself, the state it was drained from, weight, groups.
      expect(BigInt(slots[0]!)).to.equal(
        BigInt(await pools[0].getAddress()) | (2n << 160n) | (100n << 192n) | (0x0201n << 216n),
      );
      // Absolute cap, unbonding time, factory, weight bounds, weight at the beginning of the epoch, epoch; no group waits.
      expect(BigInt(slots[1]!)).to.equal(
        (2n ** 96n - 1n) |
          (172_800n << 96n) |
          (1n << 128n) |
          (10n << 144n) |
          (1_000n << 168n) |
          (100n << 192n) |
          (1n << 216n),
      );
      const factorySlot = ethers.keccak256(
        ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [1, BASE + 8n]),
      );
      expect(BigInt(await networkHelpers.getStorageAt(address, factorySlot))).to.equal(
        BigInt(await factory.getAddress()) | (1n << 160n),
      );
    });
  });
});
