import { expect } from "chai";
import { dataLength } from "ethers";
import { artifacts } from "hardhat";

import { MAXIMUM, SIZES } from "./size.ts";

/** What is deployed without having been written here. */
const FOREIGN = ["AccessManager", "ERC1967Proxy"];

/** Code as it is deployed; an address stands wherever a library is linked. */
async function sizeOf(name: string): Promise<number> {
  const { deployedBytecode } = await artifacts.readArtifact(name);
  return dataLength(deployedBytecode.replaceAll(/__\$\w{34}\$__/g, "00".repeat(20)));
}

describe("Code size", () => {
  it("table has every contract and library, and no other", async () => {
    const names = [...(await artifacts.getAllFullyQualifiedNames())]
      .filter((name) => /^contracts\/(?!mocks|interfaces)/.test(name))
      .map((name) => name.split(":")[1]);

    expect([...names, ...FOREIGN]).to.have.members(Object.keys(SIZES));
  });

  it(`table stays within ${MAXIMUM} bytes, below what a chain takes`, () => {
    expect(MAXIMUM).to.be.below(24_576);
    for (const [name, { below }] of Object.entries(SIZES)) expect(below, name).to.be.at.most(MAXIMUM);
  });

  for (const [name, { below, why }] of Object.entries(SIZES)) {
    it(`of ${name} is below ${below} bytes: ${why}`, async () => {
      const size = await sizeOf(name);

      expect(size).to.be.greaterThan(0);
      expect(size).to.be.below(below);
    });
  }
});
