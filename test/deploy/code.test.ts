import { expect } from "chai";
import { artifacts, network } from "hardhat";

import { PARAMETERS } from "../../rocketh/parameters.ts";
import { deployTrellis } from "../fixtures/deployment.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;

/** Of our own contracts; a chain takes 24,576 bytes. */
const MAXIMUM = 22_000;

const IMPLEMENTATION_SLOT = ethers.toBeHex(BigInt(ethers.id("eip1967.proxy.implementation")) - 1n, 32);

async function deployed() {
  return deployTrellis(connection);
}

async function implementationOf(proxy: { getAddress(): Promise<string> }): Promise<string> {
  const word = await ethers.provider.getStorage(await proxy.getAddress(), IMPLEMENTATION_SLOT);

  return ethers.getAddress(ethers.dataSlice(word, 12));
}

describe("Code", () => {
  it(`of what can be deployed stays below ${MAXIMUM} bytes`, async () => {
    const names = [...(await artifacts.getAllFullyQualifiedNames())].filter(
      (name) => name.startsWith("contracts/") && !/^contracts\/(mocks|interfaces)\//.test(name),
    );
    expect(names.length).to.be.greaterThan(10);
    for (const name of names) {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      expect(ethers.dataLength(deployedBytecode.replaceAll(/__\$\w{34}\$__/g, "00".repeat(20))), name).to.be.below(
        MAXIMUM,
      );
    }
  });

  it("of the proxies is the ERC-1967 proxy of OpenZeppelin, in front of the compiled contracts", async () => {
    const { metaPool, allocator, registry } = await networkHelpers.loadFixture(deployed);
    const { deployedBytecode: proxyCode } = await artifacts.readArtifact("ERC1967Proxy");

    for (const [name, proxy] of [
      ["MetaPool", metaPool],
      ["Allocator", allocator],
      ["OperatorRegistry", registry],
    ] as const) {
      expect(await ethers.provider.getCode(proxy)).to.equal(proxyCode);
      const { deployedBytecode } = await artifacts.readArtifact(name);
      const code = await ethers.provider.getCode(await implementationOf(proxy));
      expect(code.length, name).to.equal(deployedBytecode.length);
    }
  });

  it("of the implementations cannot be initialised", async () => {
    const {
      metaPool,
      allocator,
      registry,
      factory,
      network: staking,
      others,
    } = await networkHelpers.loadFixture(deployed);
    const stranger = others[0]!;
    const parameters = PARAMETERS.default;
    const implementations = {
      metaPool: metaPool.attach(await implementationOf(metaPool)) as typeof metaPool,
      allocator: allocator.attach(await implementationOf(allocator)) as typeof allocator,
      registry: registry.attach(await implementationOf(registry)) as typeof registry,
      pool: await ethers.getContractAt("StakingPool", await factory.IMPLEMENTATION()),
    };

    for (const [pool, book, list] of [
      [implementations.metaPool, implementations.allocator, implementations.registry],
      [metaPool, allocator, registry],
    ] as const) {
      await expect(
        pool.initialize(stranger, "", "", { ...parameters.pool, treasury: stranger }),
      ).to.be.revertedWithCustomError(pool, "InvalidInitialization");
      await expect(
        book.initialize(stranger, pool, list, staking, 1n, parameters.allocator),
      ).to.be.revertedWithCustomError(book, "InvalidInitialization");
      await expect(list.initialize(stranger, parameters.policy)).to.be.revertedWithCustomError(
        list,
        "InvalidInitialization",
      );
    }
    await expect(implementations.pool.initialize(stranger, "0x", 0n, { value: 1n })).to.be.revertedWithCustomError(
      implementations.pool,
      "InvalidInitialization",
    );
  });
});
