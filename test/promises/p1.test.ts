/** P1: a staker can always leave, before a change that can hurt it. */
import { expect } from "chai";

import {
  all,
  delegate,
  deployWorld,
  ether,
  ethers,
  LOOSE,
  Mode,
  networkHelpers,
  nextRound,
  PAGE,
  settleAll,
} from "../fixtures/allocator.ts";

const SALT = ethers.ZeroHash;

/** Nine operators, all delegated; a third of them is dead, and nobody but the staker does anything from now on. */
async function deploy() {
  const world = await deployWorld({
    hostile: 3,
    honest: Array.from({ length: 6 }, () => ({ bond: ether(10) })),
    stake: ether("89.9"),
    parameters: { allocator: { ...LOOSE, budget2Bps: 200 } },
  });
  await world.metaPool.connect(world.bob).deposit_and_stake({ value: ether(10) });
  await delegate(world);
  for (const pool of world.hostile) await pool.setMode(Mode.reverts);
  return world;
}

describe("P1: a staker can always leave", () => {
  for (const [rounds, sleep] of [
    [0, 0],
    [0, 7],
    [1, 7],
    [2, 0],
    [2, 7],
  ] as const) {
    it(`who asks ${rounds} rounds after an announcement has its money before the change, by its own calls alone, ${sleep} days late`, async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { metaPool, allocator, notice, governance, alice, bob, eve } = world;
      const { bufferTargetBps, assetCap, treasury } = await metaPool.parameters();
      const announced = { feeBps: 2_000n, bufferTargetBps, assetCap, treasury };
      const call = [
        await metaPool.getAddress(),
        metaPool.interface.encodeFunctionData("setParameters", [announced]),
        SALT,
      ] as const;
      await notice.connect(governance).announce(...call);
      const id = await notice.idOf(...call);
      for (let round = 0; round < rounds; round += 1) await nextRound(world);
      await metaPool.connect(bob).unstake_all();
      const asked = await metaPool.get_account_unstaked_balance(bob);

      if (sleep !== 0) await networkHelpers.time.increase(sleep * 86_400);

      let days = 0;
      expect(await metaPool.withdrawable(bob), "nothing pays bob at once").to.equal(0n);
      const earliest = await notice.earliestOf(id);
      for (; ; days += 1) {
        expect(days, "the change is not held up for ever").to.be.lessThan(30);
        const paid = (await metaPool.withdrawable(bob)) === (await metaPool.get_account_unstaked_balance(bob));
        const now = BigInt(await networkHelpers.time.latest());
        if (await notice.isExecutable(...call)) {
          expect(paid, "executable before bob's exit is funded").to.equal(true);
          expect(now).to.be.at.least(earliest);
          break;
        }
        if (!paid) await expect(notice.connect(eve).execute(...call)).to.revert(ethers);
        // What the staker's own script does: settle, rebalance, fund.
        await nextRound({ ...world, allocator: allocator.connect(bob) });
        await allocator.connect(bob).rebalance(all("down", 9), PAGE);
        await metaPool.connect(bob).fundExits(10);
      }
      const claim = await metaPool.get_account_unstaked_balance(bob);
      await expect(metaPool.connect(bob).withdraw_all()).to.changeEtherBalance(ethers, bob, claim);
      // The dead third is written down meanwhile: who leaves bears its part of that, and no more.
      expect(claim).to.be.at.least((asked * 65n) / 100n);
      await notice.connect(eve).execute(...call);
      expect((await metaPool.parameters()).feeBps).to.equal(2_000n);
      expect(await metaPool.balanceOf(alice)).to.be.greaterThan(0n);
    });
  }

  it("while stakes are paused, a round is open, and every operator is dead", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { metaPool, allocator, guardian, alice, bob, eve } = world;
    await metaPool.connect(guardian).pauseStaking(21 * 86_400);
    await networkHelpers.time.increase(86_400);
    await allocator.settle(1, PAGE);
    await metaPool.connect(alice).unstake(ether(1));
    await metaPool.connect(bob).unstake_all();
    await settleAll(world);
    await metaPool.connect(guardian).resumeStaking();
    await metaPool.connect(eve).deposit_and_stake({ value: ether(1) });
    await nextRound(world);
    await metaPool.fundExits(10);
    // Fresh stakes pay exits, in part if need be.
    expect(await metaPool.withdrawable(bob)).to.be.greaterThan(0n);
    const amount = await metaPool.withdrawable(bob);
    await expect(metaPool.connect(bob).withdraw(amount)).to.changeEtherBalance(ethers, bob, amount);
  });
});
