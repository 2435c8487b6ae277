/** What MetaPool refuses to the few who may call more than a user may. */
import { expect } from "chai";

import {
  deployBarePool,
  deployPaidAccount,
  ether,
  ethers,
  loadStakedPool,
  loadWorkingPool,
  networkHelpers,
  wire,
} from "../fixtures/metaPool.ts";

const PANIC_OVERFLOW = 0x11;
const HALF = 2n ** 95n;
const MOST = 2n ** 96n - 1n;

/** A pool whose shares are worth all that its words hold: alice has brought it, and it is idle. */
async function loadFullPool() {
  const fixture = await loadStakedPool();
  const { pool, alice } = fixture;
  await networkHelpers.setBalance(alice.address, 2n * MOST);
  await pool.connect(alice).deposit_and_stake({ value: MOST - ether(100) });
  return fixture;
}

describe("MetaPool", () => {
  describe("amounts that its words do not hold", () => {
    it("are refused in a stake", async () => {
      const { pool, alice } = await loadFullPool();

      await expect(pool.connect(alice).deposit_and_stake({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "SafeCastOverflowedUintDowncast")
        .withArgs(96n, MOST + 1n);
    });

    it("are refused in cash and losses beyond what is delegated", async () => {
      const { cash, fund, loss } = await loadStakedPool();
      await fund(ether(60));

      await expect(cash(ether(60) + 1n)).to.be.revertedWithPanic(PANIC_OVERFLOW);
      await expect(loss(ether(60) + 1n)).to.be.revertedWithPanic(PANIC_OVERFLOW);
    });

    it("are refused in a funding", async () => {
      const { pool, gain, fund } = await loadFullPool();
      await gain(HALF);

      await expect(fund(HALF)).to.be.revertedWithPanic(PANIC_OVERFLOW);
      await fund(HALF - 1n);
      expect((await pool.getBook()).delegated).to.equal(MOST);
    });

    it("are refused in the gains of a round", async () => {
      const { pool, allocator } = await loadWorkingPool();
      const own = pool.connect(allocator);
      await networkHelpers.setBalance(allocator.address, 2n * MOST);
      await own.report(HALF, 0n, { value: HALF });

      await expect(own.report(HALF, 0n, { value: HALF })).to.be.revertedWithPanic(PANIC_OVERFLOW);
      await expect(own.endWriteDown(HALF, 0n, 0n, 0n)).to.be.revertedWithPanic(PANIC_OVERFLOW);
      await own.report(HALF - 1n, 0n, { value: HALF - 1n });
      expect((await pool.getBook()).roundGain).to.equal(MOST);
    });
  });

  describe("fund", () => {
    it("cannot be entered again while it pays", async () => {
      const { pool, governance, notice } = await deployBarePool();
      const { account, address, act } = await deployPaidAccount(pool);
      await wire(pool, governance, address, notice.address, 1000n);
      const fund = (assets: bigint) => pool.interface.encodeFunctionData("fund", [assets]);
      await account.setCalls(await pool.getAddress(), [fund(100n)]);

      await expect(act(fund(5n))).to.changeEtherBalances(ethers, [account, pool], [5n, -5n]);

      expect(await account.answers()).to.deep.equal([
        [false],
        [ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10)],
      ]);
      expect((await pool.getBook()).delegated).to.equal(5n);
    });
  });

  describe("resumeStaking", () => {
    it("reverts for anyone but governance, the guardian included", async () => {
      const { pool, guardian, alice } = await loadStakedPool();
      await pool.connect(guardian).pauseStaking(100n);

      for (const caller of [guardian, alice]) {
        await expect(pool.connect(caller).resumeStaking())
          .to.be.revertedWithCustomError(pool, "AccessManagedUnauthorized")
          .withArgs(caller.address);
      }
      expect(await pool.is_staking_paused()).to.equal(true);
    });
  });
});
