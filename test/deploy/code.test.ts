import { expect } from "chai";
import { artifacts } from "hardhat";

import { deployTrellis } from "../fixtures/deployment.ts";
import { connection, ethers, implementationOf, networkHelpers } from "../tables/system.ts";

async function deployed() {
  return deployTrellis(connection);
}

describe("Code", () => {
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
});
