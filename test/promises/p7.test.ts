/** P7: rounding never favours the caller; ether that is forced in changes nothing. */
import { expect } from "chai";

import {
  all,
  delegate,
  deployWorld,
  ether,
  ethers,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
} from "../fixtures/allocator.ts";

async function deploy() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await delegate(world);
  // An odd price.
  await world.hostile[0]!.reward({ value: ether("0.123456789") });
  await nextRound(world);
  await networkHelpers.time.increase(8 * 86_400);
  return world;
}

describe("P7: rounding and ether that nobody sent", () => {
  it("who enters and leaves, in one step or many, gets at most what it paid", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { metaPool, eve } = world;
    for (const [entries, exits] of [
      [Array.from({ length: 40 }, (_, index) => 1_001n + BigInt(index)), []],
      [[1_000_003n], [1_000_000n]],
      [
        [3n, 5n, 7n, 11n],
        [1n, 2n, 3n],
      ],
      [
        [ether(1) + 1n, 17n],
        [ether("0.3"), 1n, 1n, 13n],
      ],
    ] as [bigint[], bigint[]][]) {
      const start = await metaPool.get_account_unstaked_balance(eve);
      let paid = 0n;
      for (const value of entries) {
        await metaPool.connect(eve).deposit_and_stake({ value });
        paid += value;
      }
      for (const amount of exits) await metaPool.connect(eve).unstake(amount);
      if ((await metaPool.balanceOf(eve)) !== 0n) await metaPool.connect(eve).unstake_all();
      const got = (await metaPool.get_account_unstaked_balance(eve)) - start;
      expect(got).to.be.at.most(paid);
    }
  });

  it("ether forced into any contract changes no book, no price and no round", async () => {
    const states: string[] = [];
    for (const forced of [false, true]) {
      const world = await networkHelpers.loadFixture(deploy);
      const { metaPool, allocator, registry, notice } = world;
      if (forced) {
        for (const contract of [metaPool, allocator, registry, notice]) {
          const address = await contract.getAddress();
          const balance = await ethers.provider.getBalance(address);
          await networkHelpers.setBalance(address, balance + ether(50));
        }
      }
      await nextRound(world);
      await move(world, [...all("down", 4), ...all("up", 4)]);
      const book = await metaPool.getBook();
      states.push([book.buffer, book.delegated, book.assets, book.supply, await metaPool.getRate()].join());
    }
    expect(states[0]).to.equal(states[1]);
  });
});
