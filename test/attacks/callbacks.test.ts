/** Making an honest operator look dead or poor while somebody holds a lock of its pool: A12 of docs/attacks.md. */
import { expect } from "chai";

import {
  all,
  delegate,
  deployWorld,
  ether,
  EPOCH,
  networkHelpers,
  ethers,
  move,
  nextRound,
  up,
} from "../fixtures/allocator.ts";

const POOL_FAILED = 3n; // IAllocator.SkipReason

function load() {
  return networkHelpers.loadFixture(deploy);
}

async function deploy() {
  const world = await deployWorld({ honest: [{ bond: ether(1) }, { bond: ether(1) }, { bond: ether(1) }] });
  await delegate(world);
  return world;
}

describe("Attacks", () => {
  describe("through a payment's callback", () => {
    it("A12 withdrawing from an honest staking pool cannot fault it by settling inside", async () => {
      const { allocator, honest, eve } = await load();
      const { pool, address } = honest[0]!;
      const user = await ethers.deployContract("PoolUser");
      await user.execute(address, pool.interface.encodeFunctionData("deposit"), { value: ether(1) });
      await user.setCallback(allocator, allocator.interface.encodeFunctionData("settle", [1_000n]));
      await networkHelpers.time.increase(EPOCH);

      const withdrawal = pool.interface.encodeFunctionData("withdraw", [ether(1)]);
      const attack = user.connect(eve).execute(address, withdrawal, { gasLimit: 16_000_000n });
      await expect(attack).to.changeEtherBalance(ethers, user, ether(1));
      expect(await user.calledBack()).to.equal(true);
      expect(await user.succeeded()).to.equal(false);
      expect((await allocator.positionOf(1n)).faulted).to.equal(false);
    });

    it("A12 collecting from the network cannot fault every operator by settling inside", async () => {
      const world = await load();
      const { allocator, metaPool, network, alice, eve } = world;
      // Every operator has something to collect.
      await metaPool.connect(alice).unstake(ether(30));
      await nextRound(world);
      await move(world, all("down", 3));
      await nextRound(world);
      const user = await ethers.deployContract("PoolUser");
      const target = await network.getAddress();
      await user.execute(target, network.interface.encodeFunctionData("bond"), { value: ether(1) });
      await user.execute(target, network.interface.encodeFunctionData("unbond", [ether(1)]));
      await networkHelpers.time.increase(5n * EPOCH);
      await user.setCallback(allocator, allocator.interface.encodeFunctionData("settle", [1_000n]));

      await user
        .connect(eve)
        .execute(target, network.interface.encodeFunctionData("collect"), { gasLimit: 16_000_000n });
      expect(await user.calledBack()).to.equal(true);
      for (const id of [1n, 2n, 3n]) expect((await allocator.positionOf(id)).faulted).to.equal(false);
    });

    it("A12 withdrawing from the meta pool cannot move its money by legs sent inside: they are skipped", async () => {
      const world = await load();
      const { allocator, metaPool, alice, eve } = world;
      await metaPool.connect(alice).deposit_and_stake({ value: ether(3) });
      await nextRound(world);
      await networkHelpers.setBalance(await allocator.getAddress(), ether(7)); // forced in: no leg may send it
      const user = await ethers.deployContract("PoolUser");
      await user.execute(metaPool, metaPool.interface.encodeFunctionData("deposit"), { value: ether(1) });
      await user.setCallback(allocator, allocator.interface.encodeFunctionData("rebalance", [[up(1, ether("0.5"))]]));
      const before = await metaPool.getBook();

      const withdrawal = metaPool.interface.encodeFunctionData("withdraw", [ether(1)]);
      const attack = user.connect(eve).execute(metaPool, withdrawal, { gasLimit: 16_000_000n });

      await expect(attack).to.changeEtherBalances(ethers, [user, metaPool, allocator], [ether(1), -ether(1), 0n]);
      expect(await user.succeeded()).to.equal(true);
      await expect(attack).to.emit(allocator, "LegSkipped").withArgs(1n, true, ether("0.5"), ether("0.5"), POOL_FAILED);
      const { buffer, delegated } = await metaPool.getBook();
      expect([buffer, delegated]).to.deep.equal([before.buffer, before.delegated]);
    });

    it("A12 withdrawing from an honest staking pool cannot book a loss that is none", async () => {
      const { metaPool, allocator, honest, eve } = await load();
      const { pool, address } = honest[0]!;
      const user = await ethers.deployContract("PoolUser");
      await user.execute(address, pool.interface.encodeFunctionData("deposit"), { value: ether(1) });
      await user.setCallback(allocator, allocator.interface.encodeFunctionData("settleOne", [1n]));
      const before = await metaPool.getRate();

      const withdrawal = pool.interface.encodeFunctionData("withdraw", [ether(1)]);
      await user.connect(eve).execute(address, withdrawal, { gasLimit: 16_000_000n });
      expect(await user.calledBack()).to.equal(true);
      expect(await user.succeeded()).to.equal(false);
      expect(await metaPool.getRate()).to.equal(before);
    });
  });
});
