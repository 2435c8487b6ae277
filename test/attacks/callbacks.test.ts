/**
 * Making an honest operator look dead or poor while somebody holds a lock of its pool, and deciding by what the allocator
 * shows while it works: A12 and A13 of docs/attacks.md.
 */
import { expect } from "chai";

import {
  all,
  asNotice,
  connection,
  delegate,
  deployWorld,
  ether,
  EPOCH,
  networkHelpers,
  ethers,
  impersonated,
  LOOSE,
  move,
  nextRound,
  NO_CAP,
  NO_SHARE,
  positionsOf,
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

/** A hostile pool, and three honest ones in a group. */
async function deployGroup() {
  const spec = { bond: ether(50), groups: [1] };
  const world = await deployWorld({
    hostile: 2,
    honest: [spec, spec, spec],
    groups: [{ dimension: 1, poolShareBps: 9_000 }],
    stake: ether(100),
    parameters: { allocator: LOOSE },
  });
  await nextRound(world);
  const busy = world.registry.interface.encodeErrorResult("AllocatorBusy");
  return { ...world, pool: world.hostile[0]!, busy };
}

describe("Attacks", () => {
  describe("through an operator's callback", () => {
    it("A13 a guardian that an operator calls in a leg cannot lower a group's cap by what it held before the legs", async () => {
      const { busy, pool, ...world } = await networkHelpers.loadFixture(deployGroup);
      const { accessManager, registry } = world;
      await accessManager.connect(await asNotice(world)).grantRole(2n, pool, 0n); // the guardian is a contract
      const lower = registry.interface.encodeFunctionData("lowerGroupCaps", [1, 0, 0, 0]);
      const [caps, left] = [await registry.statedGroup(1), await registry.guardianShareLeft()];
      await pool.setReentry(registry, lower);

      await move(world, [up(3, ether(20)), up(4, ether(20)), up(5, ether(20)), up(1, ether(1))]);

      expect(await pool.queryFilter(pool.filters.ReentryFailed())).to.have.lengthOf(1);
      const [failed] = await pool.queryFilter(pool.filters.ReentryFailed());
      expect(failed!.args.reason).to.equal(busy);
      expect(await registry.statedGroup(1)).to.deep.equal(caps);
      expect(await registry.guardianShareLeft()).to.equal(left);
      expect(await positionsOf(world)).to.deep.equal([ether(1), 0n, ether(20), ether(20), ether(20)]);
      await expect(registry.connect(await impersonated(await pool.getAddress())).lowerGroupCaps(1, 0, 0, 0))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(60), left);
    });

    it("A13 nobody is drained by a guardian that is called in a leg for what it held before", async () => {
      const { busy, pool, ...world } = await networkHelpers.loadFixture(deployGroup);
      const { accessManager, registry } = world;
      await accessManager.connect(await asNotice(world)).grantRole(2n, pool, 0n);
      await pool.setReentry(registry, registry.interface.encodeFunctionData("drain", [1]));

      await move(world, [up(1, ether(20))]);

      const [failed] = await pool.queryFilter(pool.filters.ReentryFailed());
      expect(failed!.args.reason).to.equal(busy);
      expect((await registry.operator(1)).state).to.equal(2n); // Active
      expect(await positionsOf(world)).to.deep.equal([ether(20), 0n, 0n, 0n, 0n]);
    });

    it("A13 no operator is removed from within a leg, before what a leg brings is booked", async () => {
      const { busy, pool, ...world } = await networkHelpers.loadFixture(deployGroup);
      const { registry } = world;
      await registry.connect(await asNotice(world)).delist(2);
      await pool.setReentry(registry, registry.interface.encodeFunctionData("remove", [2]));

      await move(world, [up(1, ether(20))]);

      const [failed] = await pool.queryFilter(pool.filters.ReentryFailed());
      expect(failed!.args.reason).to.equal(busy);
      await registry.remove(2);
      expect((await registry.operator(2)).state).to.equal(5n); // Removed
    });

    it("A13 a notice for a new group is not executed by a pool in the middle of a page, and later by anyone", async () => {
      const { busy, pool, ...world } = await networkHelpers.loadFixture(deployGroup);
      const { governance, notice, registry } = world;
      await delegate(world);
      const caps = { dimension: 2, poolShareBps: NO_SHARE, netShareBps: NO_SHARE, absoluteCap: NO_CAP };
      const call = registry.interface.encodeFunctionData("setGroup", [2, caps]);
      await notice.connect(governance).announce(registry, call, ethers.ZeroHash);
      for (let round = 0; round < 8; round += 1) await nextRound(world);
      const target = await registry.getAddress();
      await pool.setReentry(notice, notice.interface.encodeFunctionData("execute", [target, call, ethers.ZeroHash]));

      await nextRound(world);

      const [failed] = await pool.queryFilter(pool.filters.ReentryFailed());
      expect(failed!.args.reason).to.include(busy.slice(2));
      expect(await registry.groupCount()).to.equal(1n);
      await notice.execute(target, call, ethers.ZeroHash);
      expect(await registry.groupCount()).to.equal(2n);
    });
  });

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
