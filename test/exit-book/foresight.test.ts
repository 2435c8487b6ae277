/** What the views show before a loss is booked, exactly at the limits. */
import { expect } from "chai";

import { ethers } from "../fixtures/metaPool.ts";

const ALICE = ethers.toBeHex(1, 20);

/** A book in which alice waits for `assets`. */
async function deploy(assets: bigint) {
  const book = await ethers.deployContract("ExitBookHarness");
  await book.open(ALICE, assets);
  return book;
}

describe("ExitBook", () => {
  it("foresees no end at the least index, and one below it", async () => {
    const book = await deploy(10n ** 9n);
    const { funding, owners } = await book.foresee([ALICE], 10n ** 9n - 1n, false, 0, 0);
    expect([funding.voided, funding.lossIndex, owners[0]!.waiting]).to.deep.equal([false, 10n ** 18n, 1n]);
    const lost = await book.foresee([ALICE], 10n ** 9n, false, 0, 0);
    expect([lost.funding.voided, lost.funding.lossIndex, lost.owners[0]!.waiting]).to.deep.equal([true, 0n, 0n]);
  });

  it("foresees nothing for who waits when everything is lost, however much it was", async () => {
    const book = await deploy(10n ** 28n);
    const { funding, owners } = await book.foresee([ALICE], 0, true, 0, 0);
    expect([funding.voided, funding.dust]).to.deep.equal([true, 10n ** 28n]);
    expect([owners[0]!.waiting, owners[0]!.matured]).to.deep.equal([0n, 0n]);
  });
});
