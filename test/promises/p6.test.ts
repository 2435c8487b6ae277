/** P6: one bad operator pool stops nothing and nobody else; test/attacks/hostile.test.ts has each kind of it alone. */
import { expect } from "chai";

import {
  all,
  delegate,
  deployWorld,
  ether,
  ethers,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
} from "../fixtures/allocator.ts";

/** A pool of every kind, and as many honest ones. */
async function deploy() {
  const modes = Object.values(Mode).filter((mode) => mode !== Mode.honest);
  const world = await deployWorld({
    hostile: modes.length,
    honest: modes.map(() => ({ bond: ether(1) })),
    stake: ether(999),
    parameters: { policy: { poolShareBps: 500 }, allocator: LOOSE },
  });
  await delegate(world);
  for (const [index, mode] of modes.entries()) await world.hostile[index]!.setMode(mode);
  const target = await world.allocator.getAddress();
  await world.hostile.at(-1)!.setReentry(target, world.allocator.interface.encodeFunctionData("settle", [1_000n]));
  return { ...world, modes };
}

describe("P6: bad operator pools", () => {
  it("of every kind at once leave rounds, legs, exits and the honest ones alone", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { metaPool, allocator, modes, alice, bob } = world;
    const count = modes.length;
    await metaPool.connect(bob).deposit_and_stake({ value: ether(10) });
    await metaPool.connect(alice).unstake(ether(300));
    for (let round = 0; round < 9; round += 1) {
      const before = (await allocator.poolSnapshot()).round;
      await nextRound(world);
      expect((await allocator.poolSnapshot()).round).to.equal(before + 1n);
      const legs = all("down", 2 * count);
      for (let first = 0; first < legs.length; first += 4) await move(world, legs.slice(first, first + 4));
      await metaPool.fundExits(10);
    }
    for (let id = count + 1; id <= 2 * count; id += 1) {
      const { faulted, faults } = await allocator.positionOf(id);
      expect([faulted, faults]).to.deep.equal([false, 0n]);
    }
    expect((await metaPool.getBook()).owed).to.equal(0n);
    const claim = await metaPool.get_account_unstaked_balance(alice);
    await expect(metaPool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, claim);
    await metaPool.connect(bob).unstake_all();
    expect(await ethers.provider.getBalance(allocator)).to.equal(0n);
  });
});
