/** Which slots of the book an operation reads and writes: no more than it must, whatever else the book holds. */
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import type { ExitBookHarness } from "../../types/contracts/mocks/ExitBookHarness.ts";
import { ethers, networkHelpers } from "../fixtures/metaPool.ts";
import { slotIn, type Touched, traceOf } from "../helpers/slots.ts";

const [ALICE, BOB] = [1, 2].map((number) => ethers.toBeHex(number, 20)) as [string, string];
const ALL = 2n ** 96n;
const BATCHES = 4;

/** Names of slots, as in ExitBook.Book. */
const NAMES = new Map<bigint, string>([
  [0n, "funded, oldest, completed"],
  [1n, "owed, filling"],
  [2n, "index, last, free"],
  ...["alice", "bob"].flatMap((name, index): [bigint, string][] => {
    const owner = [ALICE, BOB][index]!;
    const ids = Array.from({ length: BATCHES + 1 }, (_, id) => BigInt(id));
    return [
      [slotIn(owner, 3n), `account of ${name}`],
      [slotIn(owner, 4n), `free of ${name}`],
      ...ids.map((id): [bigint, string] => [slotIn(id, slotIn(owner, 7n)), `exit ${id} of ${name}`]),
    ];
  }),
  ...Array.from({ length: BATCHES + 1 }, (_, id): [bigint, string][] => [
    [slotIn(BigInt(id), 5n), `batch ${id}`],
    [slotIn(BigInt(id), 6n), `open units of ${id}`],
  ]).flat(),
]);

/** What a transaction reads and writes of the book. */
async function touched(sent: Promise<ContractTransactionResponse>): Promise<Touched> {
  const { reads, writes } = await traceOf(ethers.provider, sent, NAMES);
  return { reads, writes };
}

/** The first three batches: alice is in 1 and 3, bob in 2; all may be funded, none is. */
async function deploy(): Promise<ExitBookHarness> {
  const book = await ethers.deployContract("ExitBookHarness");
  for (const owner of [ALICE, BOB, ALICE]) {
    await book.open(owner, 10);
    await book.begin();
  }
  await book.complete(3);
  return book;
}

const load = () => networkHelpers.loadFixture(deploy);

describe("ExitBook", () => {
  describe("touches no slot without need", () => {
    it("for the first exit of an account: its three", async () => {
      const book = await ethers.deployContract("ExitBookHarness");
      expect(await touched(book.open(ALICE, 10))).to.deep.equal({
        reads: [],
        writes: ["account of alice", "exit 1 of alice", "owed, filling"],
      });
    });

    it("for one more exit in the same batch: not the account", async () => {
      const book = await ethers.deployContract("ExitBookHarness");
      await book.open(ALICE, 10);
      expect(await touched(book.open(ALICE, 10))).to.deep.equal({
        reads: ["account of alice"],
        writes: ["exit 1 of alice", "owed, filling"],
      });
    });

    it("for a payment to who has nothing", async () => {
      const book = await ethers.deployContract("ExitBookHarness");
      expect(await touched(book.take(ALICE, ALL))).to.deep.equal({ reads: ["account of alice"], writes: [] });
    });

    it("for a payment that waits for money: it changes nothing", async () => {
      const book = await load();
      expect(await touched(book.take(BOB, ALL))).to.deep.equal({
        reads: ["account of bob", "batch 2", "exit 2 of bob", "funded, oldest, completed"],
        writes: [],
      });
    });

    it("for the payment of the only exit: not the account", async () => {
      const book = await load();
      await book.fund(20, 2);
      expect(await touched(book.take(BOB, ALL))).to.deep.equal({
        reads: ["account of bob", "batch 2"],
        writes: ["exit 2 of bob"],
      });
    });

    it("for a payment after which the list is stale: it ends at the first exit", async () => {
      const book = await load();
      await book.fund(20, 2);
      await book.take(BOB, ALL);
      expect(await touched(book.take(BOB, ALL))).to.deep.equal({
        reads: ["account of bob", "exit 2 of bob"],
        writes: [],
      });
    });

    it("for the payment of one exit of two: not the one that nothing can have been paid to, though it may be funded", async () => {
      const book = await load();
      await book.fund(10, 1);
      expect(await touched(book.take(ALICE, ALL))).to.deep.equal({
        reads: ["batch 1", "funded, oldest, completed"],
        writes: ["account of alice", "exit 1 of alice"],
      });
    });

    it("for a payment that the free balance covers: no exit", async () => {
      const book = await load();
      await book.fund(30, 3);
      await book.addFree(ALICE, 10);
      expect(await touched(book.take(ALICE, 5))).to.deep.equal({
        reads: ["account of alice"],
        writes: ["free of alice", "index, last, free"],
      });
    });

    it("for folding the last exit: nothing behind it", async () => {
      const book = await load();
      await book.fund(30, 3);
      expect(await touched(book.fold(BOB, 2))).to.deep.equal({
        reads: ["batch 2"],
        writes: ["account of bob", "exit 2 of bob", "free of bob", "index, last, free"],
      });
    });

    it("for funding with nothing waiting, or nothing to fund with", async () => {
      const book = await load();
      expect(await touched(book.fund(0, 3))).to.deep.equal({
        reads: ["batch 1", "funded, oldest, completed", "owed, filling"],
        writes: [],
      });
      await book.fund(30, 3);
      expect(await touched(book.fund(30, 3))).to.deep.equal({ reads: ["funded, oldest, completed"], writes: [] });
    });

    it("for funding without a loss: not the index", async () => {
      const book = await load();
      expect(await touched(book.fund(20, 2))).to.deep.equal({
        reads: [],
        writes: ["batch 1", "batch 2", "funded, oldest, completed", "owed, filling"],
      });
    });
  });
});
