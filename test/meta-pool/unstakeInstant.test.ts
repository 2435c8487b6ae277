import { expect } from "chai";

import {
  at,
  BPS,
  ceilDiv,
  EPOCH,
  ether,
  ethers,
  loadStakedPool,
  loadWorkingPool,
  MAX_UINT256,
  nextEpoch,
  now,
} from "../fixtures/metaPool.ts";

describe("MetaPool", () => {
  describe("unstakeInstant", () => {
    it("reverts on zero, above the balance and below the minimum", async () => {
      const { pool, alice } = await loadStakedPool();

      await expect(pool.connect(alice).unstakeInstant(0n, 0n, alice)).to.be.revertedWithCustomError(pool, "ZeroAmount");
      await expect(pool.connect(alice).unstakeInstant(MAX_UINT256, 0n, alice))
        .to.be.revertedWithCustomError(pool, "InsufficientStake")
        .withArgs(alice.address, MAX_UINT256, ether(59));
      await expect(pool.connect(alice).unstakeInstant(10_000n, 9976n, alice))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(9975n, 9976n);
    });

    it("reverts for the zero address, the pool, and a receiver that rejects ether", async () => {
      const { pool, address, alice } = await loadStakedPool();

      await expect(pool.connect(alice).unstakeInstant(10_000n, 0n, ethers.ZeroAddress))
        .to.be.revertedWithCustomError(pool, "InvalidReceiver")
        .withArgs(ethers.ZeroAddress);
      await expect(pool.connect(alice).unstakeInstant(10_000n, 0n, address))
        .to.be.revertedWithCustomError(pool, "TransferFailed")
        .withArgs(address, 9975n);
    });

    it("pays at once, for 25 bp while the buffer stays above its target", async () => {
      const { pool, alice, bob } = await loadStakedPool();
      expect(await pool.previewInstant(ether("0.1"))).to.deep.equal([ether("0.09975"), ether("0.00025")]);

      const exit = pool.connect(alice).unstakeInstant(ether("0.1"), ether("0.09975"), bob);

      await expect(exit)
        .to.emit(pool, "InstantExit")
        .withArgs(alice.address, bob.address, ether("0.1"), ether("0.09975"), ether("0.00025"));
      await expect(exit).to.emit(pool, "Transfer").withArgs(alice.address, ethers.ZeroAddress, ether("0.1"));
      await expect(exit).to.changeEtherBalances(ethers, [alice, bob, pool], [0n, ether("0.09975"), -ether("0.09975")]);
      const book = await pool.getBook();
      expect([book.assets, book.supply]).to.deep.equal([ether(100) - ether("0.09975"), ether("99.9")]);
    });

    it("costs more the smaller the buffer beyond what exits are owed is afterwards", async () => {
      // E = 100, target = 0.5; what is left is the buffer − 0.1
      for (const [buffer, bps] of [
        ["5", 25n],
        ["0.6", 25n],
        ["0.35", 180n - 77n], // half of the target: ⌊155 / 2⌋
        ["0.2", 180n - 31n],
        ["0.1", 180n],
      ] as const) {
        const { pool, alice, cash } = await loadWorkingPool();
        await cash(ether(buffer));

        const fee = ceilDiv(ether("0.1") * bps, BPS);

        expect(await pool.previewInstant(ether("0.1"))).to.deep.equal([ether("0.1") - fee, fee]);
        await expect(pool.connect(alice).unstakeInstant(ether("0.1"), 0n, alice)).to.changeEtherBalance(
          ethers,
          alice,
          ether("0.1") - fee,
        );
      }
    });

    it("reaches only the buffer that exits are not owed", async () => {
      const { pool, alice, bob, cash } = await loadWorkingPool();
      await cash(ether(10));
      await pool.connect(bob).unstake(ether(10) - 999n);

      await expect(pool.connect(alice).unstakeInstant(1000n, 0n, alice))
        .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
        .withArgs(1000n - 18n, 0n);
      await expect(pool.connect(alice).unstakeInstant(999n, 0n, alice)).to.changeEtherBalance(
        ethers,
        alice,
        999n - 18n,
      );
    });

    it("pays at most half of the buffer target in an epoch, over all accounts", async () => {
      const { pool, alice, bob } = await loadStakedPool(); // half of the target: 0.25
      await nextEpoch();
      await pool.connect(alice).unstakeInstant(ether("0.2"), 0n, alice); // pays 0.1995
      const target = (await pool.getBook()).bufferTarget;
      const available = target / 2n - ether("0.1995");
      const worth = (ether("0.06") * (ether(100) - ether("0.1995"))) / ether("99.8"); // the fee is in the price

      await expect(pool.connect(bob).unstakeInstant(ether("0.06"), 0n, bob))
        .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
        .withArgs(worth - ceilDiv(worth * 25n, BPS), available);
      await pool.connect(bob).unstakeInstant(ether("0.05"), 0n, bob);
      await nextEpoch();
      await pool.connect(bob).unstakeInstant(ether("0.2"), 0n, bob);
    });

    it("lets nobody leave for nothing", async () => {
      const { pool, alice } = await loadStakedPool();

      await expect(pool.connect(alice).unstakeInstant(1n, 0n, alice))
        .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
        .withArgs(0n, ether("0.25"));
    });

    it("is closed from a loss above 0.1 bp until a round that began after it completes", async () => {
      const { pool, alice, loss, beginRound, endRound, cash } = await loadWorkingPool();
      await cash(ether(20));
      await beginRound(); // 1: had begun before
      await loss(ether("0.001") + 1n);
      const leave = () => pool.connect(alice).unstakeInstant(10_000n, 0n, alice);

      await expect(leave()).to.be.revertedWithCustomError(pool, "InstantExitUnavailable");
      await endRound(1n);
      await expect(leave()).to.be.revertedWithCustomError(pool, "InstantExitUnavailable");
      await beginRound();
      await expect(leave()).to.be.revertedWithCustomError(pool, "InstantExitUnavailable");
      await endRound(2n);
      await leave();
    });

    it("stays open after a loss of 0.1 bp", async () => {
      const { pool, alice, loss, cash } = await loadWorkingPool();
      await cash(ether(20));
      await loss(ether("0.001"));

      await pool.connect(alice).unstakeInstant(10_000n, 0n, alice);
    });

    it("is closed by a loss that a gain has eaten, too", async () => {
      const { pool, alice, gain, loss, cash } = await loadWorkingPool();
      await cash(ether(20));
      await gain(ether(1));
      await loss(ether(1));

      await expect(pool.connect(alice).unstakeInstant(10_000n, 0n, alice)).to.be.revertedWithCustomError(
        pool,
        "InstantExitUnavailable",
      );
    });

    it("is closed without a buffer target, and opens again after everything was lost and voided", async () => {
      const { pool, governance, parameters, alice } = await loadStakedPool();
      await pool.connect(governance).setParameters({ ...parameters, bufferTargetBps: 0n });

      await expect(pool.connect(alice).unstakeInstant(10_000n, 0n, alice))
        .to.be.revertedWithCustomError(pool, "InstantExitUnavailable")
        .withArgs(10_000n - 180n, 0n);
    });

    it("pays what previewInstant says in the same block, at any price and buffer", async () => {
      const { pool, alice, cash, gain, round, loss } = await loadWorkingPool();
      await gain(ether(7) + 3n);
      await round();
      await cash(ether("0.3"));
      for (let i = 1n; i <= 12n; i++) {
        const [assets, fee] = await pool.previewInstant(i * 1_234_567_890_123n, { blockTag: "pending" });
        const paid = await pool
          .connect(alice)
          .unstakeInstant.staticCall(i * 1_234_567_890_123n, 0n, alice, { blockTag: "pending" });
        expect(paid).to.equal(assets);
        expect(fee).to.be.above(0n);
        await pool.connect(alice).unstakeInstant(i * 1_234_567_890_123n, 0n, alice);
        await loss(100_000n * i);
        await at((await now()) + EPOCH / 13n);
      }
    });
  });
});
