import { expect } from "chai";

import { ether, ethers, gasOf, loadStakedPool, nextEpoch, networkHelpers, UNBONDING } from "../fixtures/operator.ts";

const LIMIT = 250_000n;
/** When a single call has to book a gain, collect, fund a batch, fold an exit, open one and begin a batch. */
const LIMIT_OF_ALL_AT_ONCE = 300_000n;

describe("StakingPool", () => {
  describe("gas and code size", () => {
    for (const name of ["StakingPool", "StakingPoolFactory", "DevNetwork"]) {
      it(`${name} stays below 22,000 bytes`, async () => {
        const { factory, network } = await loadStakedPool();
        const addresses: Record<string, string> = {
          StakingPool: await factory.IMPLEMENTATION(),
          StakingPoolFactory: await factory.getAddress(),
          DevNetwork: await network.getAddress(),
        };

        const size = ethers.dataLength(await ethers.provider.getCode(addresses[name]!));

        expect(size).to.be.below(22_000);
      });
    }

    it("a delegator with a few open exits pays less than 250,000 for each call", async () => {
      const { pool, alice, bob, carol, reward } = await loadStakedPool();
      const paid = new Map<string, bigint>();
      paid.set(
        "deposit_and_stake, new account",
        await gasOf(pool.connect(carol).deposit_and_stake({ value: ether(1) })),
      );
      paid.set("deposit_and_stake", await gasOf(pool.connect(carol).deposit_and_stake({ value: ether(1) })));
      paid.set("unstake, first of the epoch", await gasOf(pool.connect(alice).unstake(ether(1))));
      paid.set("unstake, another account's first in its batch", await gasOf(pool.connect(bob).unstake(ether(1))));
      paid.set("unstake, again in the same batch", await gasOf(pool.connect(bob).unstake(ether(1))));
      await nextEpoch();
      paid.set("ping, begins a batch", await gasOf(pool.ping()));
      paid.set("ping, nothing to do", await gasOf(pool.ping()));
      await reward(ether(1));
      paid.set("ping, books a gain", await gasOf(pool.ping()));
      for (let exit = 0; exit < 3; exit++) {
        await pool.connect(alice).unstake(ether(1));
        await nextEpoch();
      }
      await reward(ether(1));
      const all = await gasOf(pool.connect(alice).unstake(ether(1)));
      await networkHelpers.time.increase(UNBONDING);
      await reward(ether(1));
      paid.set(
        "withdraw_all, four exits, all still to be collected and funded",
        await gasOf(pool.connect(alice).withdraw_all()),
      );
      await pool.connect(alice).deposit({ value: ether(1) });
      paid.set("stake from the free balance", await gasOf(pool.connect(alice).stake(ether(1))));
      paid.set("deposit", await gasOf(pool.connect(alice).deposit({ value: ether(1) })));
      paid.set("withdraw from the free balance", await gasOf(pool.connect(alice).withdraw(ether(1))));

      for (const [name, gas] of paid) expect(gas, name).to.be.below(LIMIT);
      expect(all).to.be.below(LIMIT_OF_ALL_AT_ONCE);
    });
  });
});
