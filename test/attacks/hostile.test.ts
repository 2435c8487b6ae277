/** Pools that should not have been trusted: A43 and A44 of docs/attacks.md (P6). */
import { expect } from "chai";

import {
  all,
  connection,
  DAY,
  delegate,
  deployWorld,
  ether,
  ethers,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextEpoch,
  nextRound,
  PAGE,
  sum,
  type World,
} from "../fixtures/allocator.ts";
import { reservedOf } from "../helpers/reserved.ts";
import { openLedger } from "../helpers/worth.ts";

const POSITION = ether(25);

/** An entry and a reading lose up to a wei each. */
const DUST = 10n;

/**
 * What the owner of a pool keeps of the 25 ether: all that never comes back, a tenth less than is due, or, of one that
 * paid half back as it was asked to, all that it was sent afterwards. Others keep nothing.
 */
const KEPT: Partial<Record<string, bigint>> = {
  reverts: POSITION,
  burnsGas: POSITION,
  returnsFloods: POSITION,
  revertsOnPing: POSITION,
  revertsOnUnstake: POSITION,
  revertsOnWithdraw: POSITION,
  underpays: POSITION / 10n,
  neverPays: POSITION,
  restakes: POSITION,
  keepsStake: POSITION,
  swallowsStake: ether("12.7625"),
};

function load() {
  return networkHelpers.loadFixture(deploy);
}

/** One pool under command and three honest ones, each with 25 of 100 ether. */
async function deploy() {
  const bond = ether(10);
  const world = await deployWorld({
    hostile: 1,
    honest: [{ bond }, { bond }, { bond }],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  return world;
}

/** What stakers lose from now on. */
function watch({ metaPool, alice, bob }: World) {
  return openLedger(connection, [metaPool], { victim: [alice, bob] });
}

/** What pools under command have in hand and nobody's books say that they owe: what their owner gets if they never pay. */
async function keptBy({ allocator, hostile }: World): Promise<bigint> {
  const each = hostile.map(async (pool, index) => {
    const { position, unbonding } = await allocator.positionOf(index + 1);
    return (await ethers.provider.getBalance(pool)) - position - unbonding;
  });
  return sum(await Promise.all(each));
}

/** A staker leaves with half of everything, another one enters, and all rounds go on: what the first one got. */
async function live(world: World): Promise<bigint> {
  const { allocator, metaPool, registry, alice, bob } = world;
  const count = Number(await registry.operatorCount());
  await metaPool.connect(bob).deposit_and_stake({ value: ether(1) });
  await metaPool.connect(alice).unstake((await metaPool.get_account_staked_balance(alice)) / 2n);
  for (let round = 0; round < 15; round += 1) {
    const before = (await allocator.poolSnapshot()).round;
    await nextRound(world);
    expect((await allocator.poolSnapshot()).round).to.equal(before + 1n);
    await move(world, all("down", count));
    await move(world, all("up", count));
    await metaPool.fundExits(10);
  }
  const { buffer, free } = await metaPool.getBook();
  expect(await ethers.provider.getBalance(metaPool)).to.be.at.least(buffer + (await reservedOf(metaPool)) + free);
  expect(await ethers.provider.getBalance(allocator)).to.equal(0n);
  expect((await metaPool.getBook()).owed, "everybody has been funded").to.equal(0n);

  const claim = await metaPool.get_account_unstaked_balance(alice);
  await expect(metaPool.connect(alice).withdraw_all()).to.changeEtherBalance(ethers, alice, claim);
  await metaPool.connect(bob).unstake_all();
  return claim;
}

describe("Attacks", () => {
  describe("hostile pools", () => {
    for (const [name, mode] of Object.entries(Mode)) {
      if (name === "reenters") continue;
      it(`A44 one that is "${name}" costs at most its position, and stops nobody`, async () => {
        const world = await load();
        const { allocator, metaPool, hostile, alice } = world;
        const before = await metaPool.get_account_staked_balance(alice);
        const ledger = await watch(world);
        await hostile[0]!.setMode(mode);
        const claim = await live(world);

        expect(claim).to.be.at.least((before - POSITION) / 2n - ether("0.01"));
        const total = claim + (await metaPool.get_account_staked_balance(alice));
        expect(total, "alice loses no more than the position").to.be.at.least(before - POSITION - ether("0.1"));
        // One per cent per epoch is what a pool can make up.
        expect(total, "alice gains no more than is booked at most").to.be.at.most(before + (POSITION * 16n) / 100n);
        for (const id of [2n, 3n, 4n]) expect((await allocator.positionOf(id)).faults).to.equal(0n);

        const { victim } = await ledger.changes();
        const kept = await keptBy(world);
        if (name === "liesUp" || name === "liesDown") {
          // It keeps nothing: what stakers win or lose is what it makes up, or is the seed's.
          expect(kept).to.be.within((-POSITION * 16n) / 100n, 0n);
          expect(victim).to.be.within(-ether("0.03"), -kept);
        } else {
          expect(kept, "what its owner keeps").to.equal(KEPT[name] ?? 0n);
          expect(victim, "which is what stakers lose, but for the seed's part").to.be.within(
            -kept - DUST,
            (-kept * 998n) / 1_000n,
          );
        }
      });
    }

    it("A44 one that swallows what it is sent shows a loss at once, once, of what was sent", async () => {
      const world = await load();
      const { allocator, metaPool, hostile, bob } = world;
      await metaPool.connect(bob).deposit_and_stake({ value: ether(20) });
      await nextRound(world);
      await hostile[0]!.setMode(Mode.swallowsStake);
      const [ledger, before] = [await watch(world), await keptBy(world)];
      const { assets } = await metaPool.getBook();
      const moved = await move(world, all("up", 1));
      expect(moved[0]).to.be.greaterThan(0n);
      expect((await allocator.positionOf(1n)).position).to.equal(POSITION);
      expect((await metaPool.getBook()).assets).to.equal(assets - moved[0]!);
      expect((await keptBy(world)) - before).to.equal(moved[0]!);
      const { victim } = await ledger.changes();
      expect(victim, "but for the seed's tenth of an ether in 120").to.be.closeTo((-moved[0]! * 1_199n) / 1_200n, DUST);
      await nextRound(world);
      expect((await keptBy(world)) - before).to.equal(moved[0]!);
      expect((await ledger.changes()).victim).to.equal(victim);
    });

    it("A43 one that lies upwards earns its friends one per cent per epoch at most, and a loss when it is asked back", async () => {
      const world = await load();
      const { allocator, metaPool, hostile } = world;
      const ledger = await watch(world);
      const { assets } = await metaPool.getBook();
      await hostile[0]!.setMode(Mode.liesUp);
      await nextRound(world);
      const { position } = await allocator.positionOf(1n);
      expect(position - POSITION).to.be.closeTo(POSITION / 100n, POSITION / 10_000n);
      await networkHelpers.time.increase(DAY);
      expect((await ledger.changes()).victim, "what its friends among them could leave with").to.be.closeTo(
        POSITION / 100n,
        POSITION / 1_000n,
      );
      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      expect((await metaPool.getBook()).assets).to.equal(assets);
      expect((await ledger.changes()).victim).to.be.within(-DUST, DUST);
      expect(await keptBy(world)).to.equal(0n);
    });

    it("A43 nobody profits who stakes before a pool stops lying downwards", async () => {
      const world = await load();
      const { metaPool, hostile, eve, alice } = world;
      const before = await metaPool.get_account_staked_balance(alice);
      await hostile[0]!.setMode(Mode.liesDown);
      await nextRound(world);
      await metaPool.connect(eve).deposit_and_stake({ value: ether(100) });
      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      // What was a loss is clipped like any gain; an entrant earns its part of what is released while it stays.
      const profit = (await metaPool.get_account_staked_balance(eve)) - ether(100);
      expect(profit).to.be.at.most(0n);
      expect(before - (await metaPool.get_account_staked_balance(alice))).to.be.at.most((POSITION * 9n) / 10n + 2n);
    });

    describe("that call back", () => {
      const calls = [
        ["MetaPool", "ping", []],
        ["MetaPool", "deposit", []],
        ["MetaPool", "withdraw_all", []],
        ["MetaPool", "unstake_all", []],
        ["MetaPool", "fundExits", [10n]],
        ["MetaPool", "beginRound", []],
        ["MetaPool", "report", [10n ** 18n, 0n]],
        ["MetaPool", "reportWriteDown", [10n ** 18n]],
        ["MetaPool", "endWriteDown", [10n ** 18n, 10n ** 18n, 0n, 0n]],
        ["MetaPool", "endRound", [1n, 0n, 0n]],
        ["MetaPool", "fund", [0n]],
        ["Allocator", "settle", [100n]],
        ["Allocator", "settleOne", [2n]],
        ["Allocator", "certifyLevels", [[], 100n]],
        ["Allocator", "rebalance", [[{ operator: 2n, amount: 10n ** 18n, up: false }]]],
        ["Allocator", "reclaim", [1n]],
        ["Allocator", "clearWriteDown", [1n]],
        ["Allocator", "collect", [ethers.ZeroAddress]],
        ["Allocator", "push", [ethers.ZeroAddress, 1n]],
        ["Allocator", "pull", [ethers.ZeroAddress, 1n]],
      ] as const;
      /** What anybody may call at any time, and what does nothing here. */
      const harmless = ["ping", "fundExits"];

      for (const [contract, name, args] of calls) {
        it(`A12 gain nothing from ${contract}.${name}`, async () => {
          const world = await load();
          const { metaPool, allocator, hostile, alice } = world;
          const target = contract === "MetaPool" ? metaPool : allocator;
          const data = target.interface.encodeFunctionData(name as never, args as never);
          const before = await metaPool.get_account_staked_balance(alice);
          const balance = await ethers.provider.getBalance(hostile[0]!);
          await hostile[0]!.setReentry(target, data);
          const claim = await live(world);

          if (!harmless.includes(name)) expect(await hostile[0]!.reentered()).to.equal(0n);
          const total = claim + (await metaPool.get_account_staked_balance(alice));
          expect(total).to.be.closeTo(before, ether("0.001"));
          expect(await ethers.provider.getBalance(hostile[0]!)).to.be.at.most(balance);
        });
      }

      it("A12 gain nothing from any of these while the money of upward legs is out of the pool", async () => {
        const world = await load();
        const { metaPool, allocator, hostile, alice, bob } = world;
        const pool = hostile[0]!;
        await metaPool.connect(bob).deposit_and_stake({ value: ether(40) });
        await metaPool.connect(bob).transfer(pool, ether(1));
        await nextRound(world);
        const rest = { receiver: await pool.getAddress(), assets: ether("0.1") };
        const attempts = [
          ...calls,
          ["MetaPool", "unstake", [rest.assets]],
          ["MetaPool", "unstakeInstant", [rest.assets, 0n, rest.receiver]],
        ] as const;
        const worthOf = async () => ({
          victims: sum(await Promise.all([alice, bob].map((each) => metaPool.get_account_total_balance(each)))),
          attacker: (await metaPool.get_account_total_balance(pool)) + (await ethers.provider.getBalance(pool)),
        });
        const [start, before] = [await networkHelpers.takeSnapshot(), await worthOf()];
        const moved = await move(world, all("up", 4));
        expect(moved.every((amount) => amount > ether(9))).to.equal(true);
        await start.restore();

        for (const [contract, name, args] of attempts) {
          const target = contract === "MetaPool" ? metaPool : allocator;
          await pool.setReentry(target, target.interface.encodeFunctionData(name as never, args as never));
          expect(await move(world, all("up", 4)), name).to.deep.equal(moved);

          const { victims, attacker } = await worthOf();
          expect(victims, name).to.be.at.least(before.victims - 10n);
          expect(attacker - (await pool.staked()), name).to.be.at.most(before.attacker - POSITION + 10n);
          const { buffer, free, delegated } = await metaPool.getBook();
          const held = buffer + (await reservedOf(metaPool)) + free;
          expect(await ethers.provider.getBalance(metaPool), name).to.equal(held);
          expect(delegated, name).to.equal((await allocator.committed()) + (await allocator.unbonding()));
          expect(await ethers.provider.getBalance(allocator), name).to.equal(0n);
          await start.restore();
        }
      });
    });
  });

  describe("gas of a round", () => {
    it("A44 with a third of the pools burning theirs stays within a transaction's, and ends", async () => {
      const world = await networkHelpers.loadFixture(deployMany);
      const { allocator, hostile } = world;
      const [ledger, before] = [await watch(world), await keptBy(world)];
      for (const pool of hostile.slice(0, 8)) await pool.setMode(Mode.burnsGas);
      await nextEpoch(world);
      let transactions = 0;
      let read = 0n;
      for (;;) {
        read += (await allocator.settle.staticCall(25, PAGE))[0];
        const receipt = (await (await allocator.settle(25, PAGE)).wait())!;
        expect(receipt.gasUsed).to.be.at.most(PAGE.gasLimit);
        transactions += 1;
        expect(transactions).to.be.at.most(3);
        if ((await allocator.openRound()).round === 0n) break;
      }
      expect(read).to.equal(25n);
      const faulted = await Promise.all(
        Array.from({ length: 25 }, async (_, index) => (await allocator.positionOf(index + 1)).faulted),
      );
      expect(faulted.filter(Boolean).length).to.equal(8);
      // Nobody's stake is written off, and no pool keeps more than it has been trusted with.
      expect(await ledger.changes()).to.deep.equal({ victim: 0n });
      expect([before, await keptBy(world)]).to.deep.equal([0n, 0n]);
    });

    it("A44 of legs to pools that burn theirs is bounded, and the honest ones move", async () => {
      const world = await networkHelpers.loadFixture(deployMany);
      const { metaPool, hostile, bob } = world;
      await metaPool.connect(bob).deposit_and_stake({ value: ether(50) });
      await nextRound(world);
      const [ledger, before] = [await watch(world), await keptBy(world)];
      const held = await Promise.all(hostile.map((pool) => ethers.provider.getBalance(pool)));
      for (const pool of hostile.slice(0, 8)) await pool.setMode(Mode.burnsGas);
      const moved: bigint[] = [];
      for (let first = 0; first < 25; first += 5) {
        moved.push(...(await move(world, all("up", 25).slice(first, first + 5))));
      }
      expect(moved.filter((amount) => amount !== 0n).length).to.equal(17);
      expect(sum(moved)).to.be.greaterThan(0n);
      // The ones that burn gas got nothing, and have what they had.
      for (const [index, pool] of hostile.entries()) {
        expect((await ethers.provider.getBalance(pool)) - held[index]!).to.equal(index < 8 ? 0n : moved[index]);
      }
      expect(await ledger.changes()).to.deep.equal({ victim: 0n });
      expect([before, await keptBy(world)]).to.deep.equal([0n, 0n]);
    });
  });
});

/** Twenty-five pools with four ether each. */
async function deployMany() {
  const world = await deployWorld({ hostile: 25, parameters: { allocator: LOOSE } });
  await nextRound(world);
  for (let first = 0; first < 25; first += 5) await move(world, all("up", 25).slice(first, first + 5));
  return world;
}
