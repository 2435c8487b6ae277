/** Making an honest operator look dead or poor while somebody holds a lock of its pool: A12 of docs/attacks.md. */
import { expect } from "chai";

import {
  all,
  connection,
  delegate,
  deployWorld,
  ether,
  EPOCH,
  networkHelpers,
  ethers,
  move,
  nextRound,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { openLedger } from "../helpers/worth.ts";

const POOL_FAILED = 3n; // IAllocator.SkipReason
/** An entry and a reading lose up to a wei each. */
const DUST = 10n;

function load() {
  return networkHelpers.loadFixture(deploy);
}

async function deploy() {
  const world = await deployWorld({ honest: [{ bond: ether(1) }, { bond: ether(1) }, { bond: ether(1) }] });
  await delegate(world);
  return world;
}

/** What eve wins with her contract, and what alice loses, who has staked. */
async function watch({ metaPool, honest, eve, alice }: World, user: { getAddress(): Promise<string> }) {
  const attacker = [eve, { address: await user.getAddress() }];
  return openLedger(connection, [metaPool, honest[0]!.pool], { attacker, victim: [alice] });
}

/** Eve buys, in case that stake is cheaper than it was, and the round after it puts right whatever was wrong. */
async function expectNothingWon(world: World, ledger: Awaited<ReturnType<typeof watch>>): Promise<void> {
  await world.metaPool.connect(world.eve).deposit_and_stake({ value: ether(100) });
  await nextRound(world);
  const { attacker, victim } = await ledger.changes();
  expect(attacker).to.be.within(-DUST, 0n);
  expect(victim).to.be.within(-DUST, DUST);
}

describe("Attacks", () => {
  describe("through a payment's callback", () => {
    it("A12 withdrawing from an honest staking pool cannot fault it by settling inside", async () => {
      const world = await load();
      const { allocator, honest, eve } = world;
      const { pool, address } = honest[0]!;
      const user = await ethers.deployContract("PoolUser");
      await user.execute(address, pool.interface.encodeFunctionData("deposit"), { value: ether(1) });
      await user.setCallback(allocator, allocator.interface.encodeFunctionData("settle", [1_000n]));
      const ledger = await watch(world, user);
      await networkHelpers.time.increase(EPOCH);

      const withdrawal = pool.interface.encodeFunctionData("withdraw", [ether(1)]);
      const attack = user.connect(eve).execute(address, withdrawal, { gasLimit: 16_000_000n });
      await expect(attack).to.changeEtherBalance(ethers, user, ether(1));
      expect(await user.calledBack()).to.equal(true);
      expect(await user.succeeded()).to.equal(false);
      expect((await allocator.positionOf(1n)).faulted).to.equal(false);
      await expectNothingWon(world, ledger);
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
      const ledger = await watch(world, user);

      const collection = network.interface.encodeFunctionData("collect");
      await user.connect(eve).execute(target, collection, { gasLimit: 16_000_000n });
      expect(await user.calledBack()).to.equal(true);
      for (const id of [1n, 2n, 3n]) expect((await allocator.positionOf(id)).faulted).to.equal(false);
      // What it collects is the ether that it had bonded itself.
      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.equal(ether(1));
      expect(victim).to.be.within(-DUST, DUST);
      await metaPool.connect(alice).withdraw_all();
      await expectNothingWon(world, await watch(world, user));
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
      const ledger = await watch(world, user);

      const withdrawal = metaPool.interface.encodeFunctionData("withdraw", [ether(1)]);
      const attack = user.connect(eve).execute(metaPool, withdrawal, { gasLimit: 16_000_000n });

      await expect(attack).to.changeEtherBalances(ethers, [user, metaPool, allocator], [ether(1), -ether(1), 0n]);
      expect(await user.succeeded()).to.equal(true);
      await expect(attack).to.emit(allocator, "LegSkipped").withArgs(1n, true, ether("0.5"), ether("0.5"), POOL_FAILED);
      const { buffer, delegated } = await metaPool.getBook();
      expect([buffer, delegated]).to.deep.equal([before.buffer, before.delegated]);
      await expectNothingWon(world, ledger);
    });

    it("A12 withdrawing from an honest staking pool cannot book a loss that is none", async () => {
      const world = await load();
      const { metaPool, allocator, honest, eve } = world;
      const { pool, address } = honest[0]!;
      const user = await ethers.deployContract("PoolUser");
      await user.execute(address, pool.interface.encodeFunctionData("deposit"), { value: ether(1) });
      await user.setCallback(allocator, allocator.interface.encodeFunctionData("settleOne", [1n]));
      const before = await metaPool.getRate();
      const ledger = await watch(world, user);

      const withdrawal = pool.interface.encodeFunctionData("withdraw", [ether(1)]);
      await user.connect(eve).execute(address, withdrawal, { gasLimit: 16_000_000n });
      expect(await user.calledBack()).to.equal(true);
      expect(await user.succeeded()).to.equal(false);
      expect(await metaPool.getRate()).to.equal(before);
      await expectNothingWon(world, ledger);
    });
  });
});
