/** Everything that a transaction logs, in order: what happened to the wei, and nothing that did not happen. */
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { at, EPOCH, ether, ethers, loadGrownPool, loadWorkingPool, now, RAY, receiptOf } from "../fixtures/metaPool.ts";
import type { MetaPool } from "../../types/contracts/MetaPool.ts";

/** The logs of a transaction: name and arguments of each. */
async function logsOf(pool: MetaPool, sent: Promise<ContractTransactionResponse>): Promise<unknown[][]> {
  const { logs } = await receiptOf(sent);
  return logs.map((log) => {
    const { name, args } = pool.interface.parseLog(log)!;
    return [name, ...(args.toArray() as unknown[])];
  });
}

describe("MetaPool", () => {
  describe("logs all that happened, and nothing else", () => {
    it("when gains, cash and losses are reported, from a wei on", async () => {
      const { pool, allocator, gain, cash, loss } = await loadWorkingPool();

      expect(await logsOf(pool, gain(1n))).to.deep.equal([["GainBooked", 1n]]);
      expect(await logsOf(pool, cash(1n))).to.deep.equal([["Returned", 1n]]);
      expect(await logsOf(pool, loss(1n))).to.deep.equal([["LossBooked", 1n, 1n, 0n, 0n, 0n]]);
      expect(await logsOf(pool, pool.connect(allocator).report(0n, 0n))).to.deep.equal([]);
    });

    it("when a round ends: shares for the treasury only if the fee buys some, from one on", async () => {
      const { pool, treasury, gain, beginRound, endRound } = await loadWorkingPool();
      await beginRound();
      await gain(40n);
      const end = (await now()) + 1n;
      await at(end);

      // 5 % of 40 wei buy a share of a little more than 1 wei. The price becomes ⌈(10²⁰ + 40)·10²⁷ / (10²⁰ + 1)⌉.
      const mark = RAY + 390_000_000n;
      expect(await logsOf(pool, endRound(1n, 40n))).to.deep.equal([
        ["RoundEnded", 1n, 40n, 2n, 1n, 39n, end + EPOCH, mark],
        ["Transfer", ethers.ZeroAddress, treasury.address, 1n],
      ]);
      await beginRound();
      expect(await logsOf(pool, endRound(2n))).to.deep.equal([["RoundEnded", 2n, 0n, 0n, 0n, 39n, end + EPOCH, mark]]);
    });

    it("when a round ends below the high-water mark: the mark stays", async () => {
      const { pool, loss, beginRound, endRound } = await loadWorkingPool();
      await loss(ether(10));
      await beginRound();

      expect(await logsOf(pool, endRound(1n))).to.deep.equal([["RoundEnded", 1n, 0n, 0n, 0n, 0n, 0n, RAY]]);
    });

    it("when a write-down ends: what came back, in which part, and the premium if it changes", async () => {
      const { pool, allocator } = await loadWorkingPool();
      const own = pool.connect(allocator);
      await own.reportWriteDown(ether(20));

      expect(await logsOf(pool, own.endWriteDown(0n, 0n, 0n, 0n))).to.deep.equal([]);
      expect(await logsOf(pool, own.endWriteDown(1n, ether(20), 0n, 0n))).to.deep.equal([
        ["LossRestored", 1n],
        ["PremiumChanged", ether(20), 0n],
      ]);
      expect(await logsOf(pool, own.endWriteDown(1n, 0n, 0n, 0n))).to.deep.equal([
        ["LossRestored", 0n],
        ["GainBooked", 1n],
      ]);
    });

    it("when somebody leaves while an operator is written down: what is left of the premium, before the exit", async () => {
      const { pool, allocator, alice } = await loadWorkingPool();
      await pool.connect(allocator).reportWriteDown(ether(20));

      // 10 of 100 shares, at 0.8 wei.
      expect(await logsOf(pool, pool.connect(alice).unstakeShares(ether(10), 0n))).to.deep.equal([
        ["PremiumChanged", ether(20), ether(18)],
        ["Unstaked", alice.address, 1n, ether(8), ether(10), ether(8)],
        ["Transfer", alice.address, ethers.ZeroAddress, ether(10)],
      ]);
    });

    it("when everything is lost while nobody is leaving: no batch is voided", async () => {
      const { pool, loss } = await loadWorkingPool();

      expect(await logsOf(pool, loss(ether(100)))).to.deep.equal([
        ["LossBooked", ether(100), 0n, 0n, ether(100), 0n],
        ["PoolClosed", 0n, ether(100)],
      ]);
      expect(await pool.fillingBatch()).to.equal(1n);
      expect(await pool.fundedThrough()).to.equal(0n);
    });

    it("when somebody stakes at 1.5 wei per share: assets, then shares", async () => {
      const { pool, carol } = await loadGrownPool();

      expect(await logsOf(pool, pool.connect(carol).deposit_and_stake({ value: 4n }))).to.deep.equal([
        ["Staked", carol.address, carol.address, 4n, 2n],
        ["Transfer", ethers.ZeroAddress, carol.address, 2n],
      ]);
    });
  });
});
