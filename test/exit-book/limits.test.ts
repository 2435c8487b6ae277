/** What a book of exits does exactly at its limits, and what its views show before a loss is booked. */
import { expect } from "chai";

import { ethers } from "../fixtures/metaPool.ts";

const [ALICE, BOB] = [1, 2].map((number) => ethers.toBeHex(number, 20)) as [string, string];
const MOST = 2n ** 96n - 1n;

/** Batches 1 and 2, with 10 wei of alice's each; both have begun. */
async function deploy() {
  const book = await ethers.deployContract("ExitBookHarness");
  for (let batch = 1; batch <= 2; batch += 1) {
    await book.open(ALICE, 10);
    await book.begin();
  }
  /** What is kept of alice's exits: units and what is taken of them. */
  const kept = async () => {
    const [alice] = (await book.look([ALICE])).owners;
    return [1, 2].map((batch) => [alice!.records[batch]!.units, alice!.records[batch]!.taken]);
  };
  return { book, kept };
}

/** A book in which alice waits for `assets`. */
async function deployWaiting(assets: bigint) {
  const book = await ethers.deployContract("ExitBookHarness");
  await book.open(ALICE, assets);
  return book;
}

describe("ExitBook", () => {
  it("funds no batch before it is complete, whatever there is", async () => {
    const { book } = await deploy();
    expect(await book.fund.staticCall(100, 10)).to.deep.equal([0n, 0n]);
    await book.complete(1);
    expect(await book.fund.staticCall(100, 10)).to.deep.equal([10n, 0n]);
    await book.complete(2);
    expect(await book.fund.staticCall(100, 10)).to.deep.equal([20n, 0n]);
  });

  it("takes of the second exit what the first leaves of a limit", async () => {
    const { book, kept } = await deploy();
    await book.complete(2);
    await book.fund(20, 2);
    expect(await book.take.staticCall(ALICE, 15)).to.equal(15n);
    await book.take(ALICE, 15);
    expect(await kept()).to.deep.equal([
      [0n, 0n],
      [10n, 5n],
    ]);
  });

  it("leaves nothing of an exit that ends exactly at the limit", async () => {
    const { book, kept } = await deploy();
    await book.complete(2);
    await book.fund(20, 2);
    await book.take(ALICE, 20);
    expect(await kept()).to.deep.equal([
      [0n, 0n],
      [0n, 0n],
    ]);
  });

  it("refuses free balances that together are 2⁹⁶ wei", async () => {
    const { book } = await deploy();
    await book.addFree(ALICE, MOST - 1n);
    await expect(book.addFree(BOB, 2)).to.be.revertedWithPanic(0x11);
    await book.addFree(BOB, 1);
    expect((await book.look([])).free).to.equal(MOST);
  });

  it("foresees no end at the least index, and one below it", async () => {
    const book = await deployWaiting(10n ** 9n);
    const { funding, owners } = await book.foresee([ALICE], 10n ** 9n - 1n, false, 0, 0);
    expect([funding.voided, funding.lossIndex, owners[0]!.waiting]).to.deep.equal([false, 10n ** 18n, 1n]);
    const lost = await book.foresee([ALICE], 10n ** 9n, false, 0, 0);
    expect([lost.funding.voided, lost.funding.lossIndex, lost.owners[0]!.waiting]).to.deep.equal([true, 0n, 0n]);
  });

  it("foresees nothing for who waits when everything is lost, however much it was", async () => {
    const book = await deployWaiting(10n ** 28n);
    const { funding, owners } = await book.foresee([ALICE], 0, true, 0, 0);
    expect([funding.voided, funding.dust]).to.deep.equal([true, 10n ** 28n]);
    expect([owners[0]!.waiting, owners[0]!.matured]).to.deep.equal([0n, 0n]);
  });
});
