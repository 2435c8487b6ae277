/** Which slots an operation of MetaPool reads and writes, and whether it needs the linked library: no more than it must. */
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { ether, ethers, loadStakedPool, loadWorkingPool, type PoolFixture } from "../fixtures/metaPool.ts";
import { slotIn, slotsOf, traceOf } from "../helpers/slots.ts";

const IMPLEMENTATION = BigInt(ethers.id("eip1967.proxy.implementation")) - 1n;
const BOOK = slotsOf("trellis.MetaPool");
const EXITS = BOOK + 9n;

/** Names of slots, as in PoolBook.Book and ExitBook.Book. */
function namesIn({ alice, bob }: PoolFixture): Map<bigint, string> {
  const accounts = Object.entries({ alice, bob }).flatMap(([name, { address }]): [bigint, string][] => [
    [slotIn(address, EXITS + 3n), `account of ${name}`],
    [slotIn(address, EXITS + 4n), `free of ${name}`],
    [slotIn(1n, slotIn(address, EXITS + 7n)), `exit 1 of ${name}`],
  ]);
  return new Map([
    [BOOK, "equity, supply"],
    [BOOK + 1n, "locked, flags"],
    [BOOK + 2n, "premium, cap, fee"],
    [BOOK + 3n, "delegated, round"],
    [BOOK + 4n, "high water"],
    [BOOK + 6n, "allocator"],
    [BOOK + 8n, "units of the premium"],
    [EXITS, "funded, oldest, completed"],
    [EXITS + 1n, "owed, filling"],
    [EXITS + 2n, "index, last, free"],
    [slotIn(1n, EXITS + 5n), "batch 1"],
    ...accounts,
  ]);
}

/** What an operation touches of the book, and whether it runs the library that the keepers' operations are in. */
async function touched(fixture: PoolFixture, sent: Promise<ContractTransactionResponse>) {
  const { reads, writes, delegates } = await traceOf(ethers.provider, sent, namesIn(fixture).set(IMPLEMENTATION, ""));
  const book = (await fixture.book.getAddress()).toLowerCase();
  return { reads: reads.filter((name) => name !== ""), writes, linked: delegates.includes(book) };
}

describe("MetaPool", () => {
  describe("touches nothing without need", () => {
    it("for a stake: neither the cap nor the premium while there is none", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice, governance, parameters } = fixture;
      const stake = () => touched(fixture, pool.connect(alice).deposit_and_stake({ value: 5n }));
      const lean = { reads: ["locked, flags"], writes: ["account of alice", "equity, supply"], linked: false };
      const bound = { ...lean, reads: ["locked, flags", "premium, cap, fee"] };

      expect(await stake()).to.deep.equal(lean);
      await pool.connect(governance).setParameters({ ...parameters, assetCap: ether(200) });
      expect(await stake()).to.deep.equal(bound);
    });

    it("for a stake while a write-down makes it dearer: the premium, which it leaves as it is", async () => {
      const fixture = await loadWorkingPool();
      const { pool, allocator, alice } = fixture;
      await pool.connect(allocator).reportWriteDown(ether(10));

      expect(await touched(fixture, pool.connect(alice).deposit_and_stake({ value: ether(1) }))).to.deep.equal({
        reads: ["locked, flags", "premium, cap, fee"],
        writes: ["account of alice", "equity, supply"],
        linked: false,
      });
    });

    it("for an unstake while an operator is written down: the premium, too", async () => {
      const fixture = await loadWorkingPool();
      const { pool, allocator, alice } = fixture;
      await pool.connect(allocator).reportWriteDown(ether(10));

      expect(await touched(fixture, pool.connect(alice).unstake(ether(1)))).to.deep.equal({
        reads: ["locked, flags"],
        writes: ["account of alice", "equity, supply", "exit 1 of alice", "owed, filling", "premium, cap, fee"],
        linked: true,
      });
    });

    it("for a transfer: the two accounts", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice, bob } = fixture;

      expect(await touched(fixture, pool.connect(alice).transfer(bob, 5n))).to.deep.equal({
        reads: [],
        writes: ["account of alice", "account of bob"],
        linked: false,
      });
    });

    it("for an unstake with nothing to fold, neither of older batches nor in the one that is filling", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice } = fixture;
      const unstake = {
        reads: ["locked, flags"],
        writes: ["account of alice", "equity, supply", "exit 1 of alice", "owed, filling"],
        linked: false,
      };

      expect(await touched(fixture, pool.connect(alice).unstake(5n))).to.deep.equal(unstake);
      expect(await touched(fixture, pool.connect(alice).unstake(5n))).to.deep.equal(unstake);
    });

    it("for a withdrawal while no batch can be funded: none waits, or its round goes on", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice, bob, beginRound } = fixture;
      await pool.connect(bob).deposit({ value: 10n });
      const withdrawal = {
        reads: ["account of bob", "funded, oldest, completed"],
        writes: ["free of bob", "index, last, free"],
        linked: false,
      };

      expect(await touched(fixture, pool.connect(bob).withdraw(5n))).to.deep.equal(withdrawal);
      await pool.connect(alice).unstake(5n);
      await beginRound();
      expect(await touched(fixture, pool.connect(bob).withdraw(4n))).to.deep.equal(withdrawal);
    });

    it("for funding: one word if no batch can be, and not what belongs to the shares if all goes to exits", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice, round } = fixture;
      const fund = () => touched(fixture, pool.fundExits(10n));
      const nothing = { reads: ["funded, oldest, completed"], writes: [], linked: false };

      expect(await fund()).to.deep.equal(nothing);
      await pool.connect(alice).unstake(5n);
      await round();
      expect(await fund()).to.deep.equal({
        reads: ["delegated, round", "equity, supply"],
        writes: ["batch 1", "funded, oldest, completed", "owed, filling"],
        linked: true,
      });
      expect(await fund()).to.deep.equal(nothing);
    });

    it("for the end of a round without a gain: not the high-water mark", async () => {
      const fixture = await loadStakedPool();
      await fixture.beginRound();

      const { writes } = await touched(fixture, fixture.endRound(1n));

      expect(writes).to.deep.equal([
        "delegated, round",
        "equity, supply",
        "funded, oldest, completed",
        "locked, flags",
      ]);
    });
  });
});
