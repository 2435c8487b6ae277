/** P5: the price falls only by a real loss, at once and for everyone; entering before a gain earns nothing. */
import { expect } from "chai";

import {
  DAY,
  delegate,
  deployWorld,
  ether,
  LOOSE,
  move,
  networkHelpers,
  nextEpoch,
  nextRound,
  down,
  PAGE,
  settleAll,
} from "../fixtures/allocator.ts";

async function deploy() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await delegate(world);
  return world;
}

describe("P5: the share price", () => {
  it("falls by a loss at once, for shares and open exits alike, however it is booked", async () => {
    for (const booked of ["settle", "settleOne", "leg"] as const) {
      const world = await networkHelpers.loadFixture(deploy);
      const { metaPool, allocator, hostile, alice } = world;
      await metaPool.connect(alice).unstake(ether(40));
      await nextRound(world);
      await hostile[0]!.lose(ether(10));
      const before = await metaPool.get_account_staked_balance(alice);
      const claim = await metaPool.get_account_unstaked_balance(alice);
      if (booked === "settleOne") await allocator.settleOne(1, PAGE);
      else if (booked === "leg") await move(world, [down(1, ether(1))]);
      else await nextRound(world);
      expect(await metaPool.get_account_staked_balance(alice)).to.be.closeTo((before * 9n) / 10n, 10n);
      expect(await metaPool.get_account_unstaked_balance(alice)).to.be.closeTo((claim * 9n) / 10n, 10n);
    }
  });

  it("lets nobody leave ahead of a loss that has been booked", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { metaPool, allocator, hostile, alice, bob } = world;
    await metaPool.connect(bob).deposit_and_stake({ value: ether(100) });
    await hostile[0]!.lose(ether(20));
    await allocator.settleOne(1, PAGE);
    const [a, b] = [await metaPool.get_account_staked_balance(alice), await metaPool.get_account_staked_balance(bob)];
    await metaPool.connect(bob).unstake_all();
    expect(await metaPool.get_account_unstaked_balance(bob)).to.be.closeTo(ether(90), 10n);
    expect(b).to.be.closeTo(ether(90), 10n);
    expect(await metaPool.get_account_staked_balance(alice)).to.be.at.least(a);
  });

  it("does not fall by anything else", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { metaPool, allocator, hostile, alice, bob, eve } = world;
    let rate = await metaPool.getRate();
    const check = async () => {
      const next = await metaPool.getRate();
      expect(next).to.be.at.least(rate);
      rate = next;
    };
    for (let round = 0; round < 5; round += 1) {
      await hostile[round % 4]!.reward({ value: ether("0.05") });
      await metaPool.connect(bob).deposit_and_stake({ value: ether(7) + 3n });
      await check();
      await metaPool.connect(alice).unstake(ether(3) + 1n);
      await check();
      await nextEpoch(world);
      await allocator.connect(eve).settle(2, PAGE);
      await check();
      await settleAll(world);
      await check();
      await move(world, [down(1, ether(5)), { operator: 2, amount: ether(5), up: true }]);
      await check();
      await metaPool.fundExits(10);
      await check();
    }
  });

  it("gives nothing to who enters just before a gain is booked and leaves just after", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { metaPool, hostile, alice, eve } = world;
    const alices = await metaPool.get_account_staked_balance(alice);
    await nextEpoch(world);
    await hostile[0]!.reward({ value: ether("0.25") });
    await metaPool.connect(eve).deposit_and_stake({ value: ether(1_000) });
    await settleAll(world);
    await metaPool.connect(eve).unstake_all();
    const profit = (await metaPool.get_account_unstaked_balance(eve)) - ether(1_000);
    // A second or two of the release have passed.
    expect(profit).to.be.at.most(ether("0.25") / 10_000n);
    await networkHelpers.time.increase(8n * DAY);
    expect(await metaPool.get_account_staked_balance(alice)).to.be.greaterThan(alices);
  });
});
