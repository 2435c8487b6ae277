import { expect } from "chai";

import { EPOCH, ether, gasOf, loadStakedPool, networkHelpers, type PoolFixture } from "../fixtures/metaPool.ts";

/** As a pool is on any day: with a gain being released, exits waiting, and accounts with exits behind them. */
async function loadUsedPool(): Promise<PoolFixture> {
  const fixture = await loadStakedPool();
  const { pool, bob, fund, gain, round } = fixture;
  await fund(ether(50));
  await gain(ether(1));
  await pool.connect(bob).unstake(1000n);
  await round({ netGain: ether(1), accrual: 3n * EPOCH });
  await networkHelpers.time.increase(EPOCH / 2n);
  return fixture;
}

describe("MetaPool", () => {
  describe("gas", () => {
    const measured: Record<string, { gas: bigint; bound: bigint }> = {};

    function within(name: string, gas: bigint, bound: bigint): void {
      measured[name] = { gas, bound };
      expect(gas, name).to.be.at.most(bound);
    }

    after(() => {
      // eslint-disable-next-line no-console
      if (process.env.TRELLIS_GAS === "1") console.table(measured);
    });

    it("of deposit_and_stake", async () => {
      const { pool, carol } = await loadUsedPool();

      within(
        "deposit_and_stake, first",
        await gasOf(pool.connect(carol).deposit_and_stake({ value: ether(1) })),
        66_000n,
      );
      within("deposit_and_stake", await gasOf(pool.connect(carol).deposit_and_stake({ value: ether(1) })), 49_000n);
    });

    it("of unstake", async () => {
      const { pool, alice, bob } = await loadUsedPool();
      await pool.connect(bob).unstake(1000n);

      within("unstake, new record", await gasOf(pool.connect(alice).unstake(ether(1))), 82_000n);
      within("unstake, same record", await gasOf(pool.connect(alice).unstake(ether(1))), 60_000n);
    });

    it("of unstake, first of its batch", async () => {
      const { pool, alice } = await loadUsedPool();

      within("unstake, first of its batch", await gasOf(pool.connect(alice).unstake(ether(1))), 82_000n);
    });

    it("of withdraw_all", async () => {
      const { pool, alice, bob, round } = await loadUsedPool();
      await pool.connect(alice).unstake(ether(1));
      await pool.connect(bob).unstake(ether(1));
      await round();
      await pool.fundExits(10);

      within("withdraw_all, one matured exit", await gasOf(pool.connect(alice).withdraw_all()), 46_000n);
    });

    it("of withdraw_all, a later exit remains", async () => {
      const { pool, alice, bob, round } = await loadUsedPool();
      await pool.connect(alice).unstake(ether(1));
      await pool.connect(bob).unstake(ether(1));
      await round();
      await pool.connect(alice).unstake(ether(1));
      await pool.fundExits(10);

      within("withdraw_all, a later exit remains", await gasOf(pool.connect(alice).withdraw_all()), 48_000n);
    });

    it("of transfer", async () => {
      const { pool, alice, carol } = await loadUsedPool();

      within("transfer, new receiver", await gasOf(pool.connect(alice).transfer(carol, ether(1))), 57_000n);
      within("transfer", await gasOf(pool.connect(alice).transfer(carol, ether(1))), 40_000n);
    });

    it("of the rest", async () => {
      const { pool, alice, carol } = await loadUsedPool();

      within("deposit, first", await gasOf(pool.connect(carol).deposit({ value: ether(2) })), 80_000n);
      within("stake from free", await gasOf(pool.connect(carol).stake(ether(1))), 75_000n);
      within("stake_all", await gasOf(pool.connect(carol).stake_all()), 67_000n);
      within("unstakeInstant", await gasOf(pool.connect(alice).unstakeInstant(ether("0.1"), 0n, alice)), 85_000n);
      within("fundExits, one batch", await gasOf(pool.fundExits(1)), 58_000n);
    });
  });
});
