/** Numbers that many losses wear out, small ones before others come: A43 and A54 of docs/attacks.md. */
import { expect } from "chai";

import {
  all,
  connection,
  deployWorld,
  ether,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
  up,
  type World,
} from "../fixtures/allocator.ts";
import * as operators from "../fixtures/operator.ts";
import { openLedger } from "../helpers/worth.ts";

const MOST = ether(100_000);
/** An exit of all, four times, of which so many of 10,000 are left: a loss index of about 1e18, from 1e27. */
const LEFT = [10n, 100n, 73n, 137n];
const LEAST_INDEX = 10n ** 21n;

/** Three pools under command hold a third of 3 ether each, nearly all of it alice's. */
async function deployLaunch() {
  const world = await deployWorld({ hostile: 3, stake: ether(3), parameters: { allocator: LOOSE } });
  await nextRound(world);
  await move(world, all("up", 3));
  return world;
}

/** The same beside three honest ones; two of those under command and one of the honest can be given up. */
async function deployMixed() {
  const world = await deployWorld({
    hostile: 3,
    honest: [{}, {}, {}],
    weights: [100, 100, 100],
    stake: ether(3),
    parameters: { allocator: LOOSE },
  });
  for (const { address } of [world.alice, world.bob]) await networkHelpers.setBalance(address, MOST);
  await nextRound(world);
  await move(world, all("up", 6));
  return world;
}

/** Of 100 ether, one that is hostile has 0.02, and one that is honest 20. */
async function deployPair() {
  const world = await deployWorld({ hostile: 2, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await networkHelpers.setBalance(world.eve.address, MOST);
  await nextRound(world);
  await move(world, [up(1, ether("0.02")), up(2, ether(20))]);
  return world;
}

async function die(world: World, ...ids: number[]): Promise<void> {
  for (const id of ids) await world.hostile[id - 1]!.setMode(Mode.reverts);
  for (let round = 0; round < 3; round += 1) await nextRound(world);
}

async function back(world: World, ...ids: number[]): Promise<void> {
  for (const id of ids) await world.hostile[id - 1]!.setMode(Mode.honest);
  await nextRound(world);
}

/** Stakes and leaves at once, so many times: each time most of the premium goes along. */
async function comeAndGo(world: World, who: World["eve"], value: bigint, times: number): Promise<void> {
  const pool = world.metaPool.connect(who);
  for (let time = 0; time < times; time += 1) {
    await pool.deposit_and_stake({ value });
    await pool.unstake_all();
    await nextRound(world);
    await pool.withdraw_all();
  }
}

describe("Attacks", () => {
  describe("worn", () => {
    it("A54 an operator's pool whose exits lost nearly all, while there was dust, takes nobody's stake, and no bond", async () => {
      const { pool, owner, alice, bob, slash, reward } = await operators.loadPool();
      await pool.connect(alice).deposit_and_stake({ value: ether("0.009") });
      for (const left of LEFT) {
        await pool.connect(alice).unstake((await pool.get_account_staked_balance(alice)) / 4n);
        await slash(10_000n - left);
        await pool.ping();
        await operators.networkHelpers.time.increase(5n * operators.DAY);
      }
      // Gains bring the price back, not the index of exits.
      const { equity, supply } = await pool.getBook();
      await reward(supply - equity);
      await pool.ping();
      expect(await pool.getRate()).to.be.greaterThan(8n * 10n ** 17n);
      const [last] = (await pool.queryFilter(pool.filters.ExitsWrittenDown())).slice(-1);
      expect(last!.args.lossIndex).to.be.lessThan(LEAST_INDEX);

      const after = await pool.getBook();
      for (const call of [
        pool.connect(bob).deposit_and_stake({ value: ether(100) }),
        pool.connect(owner).addBond({ value: ether(1) }),
      ]) {
        await expect(call).to.be.revertedWithCustomError(pool, "PoolInsolvent").withArgs(after.equity, after.supply);
      }
      await pool.connect(alice).unstake_all();
    });

    it("A54 a pool whose exits lost nearly all to operators that play dead, at its launch, takes nobody's stake", async () => {
      const world = await networkHelpers.loadFixture(deployLaunch);
      const { metaPool, alice, bob } = world;
      await metaPool.connect(alice).unstake(ether("0.01"));
      const indexOf = async () => {
        const [last] = (await metaPool.queryFilter(metaPool.filters.ExitsWrittenDown())).slice(-1);
        return last?.args.lossIndex ?? 10n ** 27n;
      };
      let cycles = 0;
      for (; (await indexOf()) >= LEAST_INDEX && cycles < 9; cycles += 1) {
        await die(world, 1, 2, 3);
        await back(world, 1, 2, 3);
      }
      expect(cycles).to.equal(2);
      const { closed, assets, supply } = await metaPool.getBook();
      expect(closed).to.equal(true);
      expect(await metaPool.getRate()).to.be.greaterThan(9n * 10n ** 17n);
      await expect(metaPool.connect(bob).deposit_and_stake({ value: ether(100) }))
        .to.be.revertedWithCustomError(metaPool, "PoolInsolvent")
        .withArgs((left: bigint) => left >= assets, supply);
      await metaPool.connect(alice).unstake_all();
    });

    it("A43 of a premium that leavers made dust the next losses get units by what each of them is", async () => {
      const world = await networkHelpers.loadFixture(deployMixed);
      const { allocator, metaPool, alice, bob } = world;
      await die(world, 1);
      // Who stakes nine hundred times the pool and leaves takes all but dust of the premium along.
      await comeAndGo(world, bob, ether(1_000), 7);
      expect((await metaPool.getBook()).premium).to.be.within(1n, 9n);
      await metaPool.connect(alice).deposit_and_stake({ value: ether(600) });
      await nextRound(world);
      await move(world, all("up", 6));
      const given = await allocator.positionOf(3);
      await die(world, 2, 3);
      const [second, third] = [await allocator.recordOf(2), await allocator.recordOf(3)];
      expect(third.premiumUnits).to.be.greaterThan(third.lost); // a unit is worth a wei at most
      const share = (third.lost * second.premiumUnits) / second.lost;
      expect(third.premiumUnits).to.be.closeTo(share, share / 10n ** 9n);

      await back(world, 2);
      const { premium } = await metaPool.getBook();
      expect(premium, "what the third one may bring").to.be.closeTo(given.position, given.position / 100n);
      const ledger = await openLedger(connection, [metaPool], { attacker: [bob], victim: [alice] });
      await metaPool.connect(bob).deposit_and_stake({ value: ether(2_000) });
      await back(world, 3);
      for (let round = 0; round < 8; round += 1) await nextRound(world);
      const { attacker, victim } = await ledger.changes();
      expect(attacker, "a millionth of what the second one brought").to.be.at.most(ether("0.001"));
      expect(victim).to.be.at.least((given.position * 98n) / 100n);
    });

    it("A43 one that comes back with half each time, while friends make its premium dust, takes no units of who dies after it", async () => {
      const world = await networkHelpers.loadFixture(deployPair);
      const { allocator, metaPool, hostile, alice, eve } = world;
      const bad = hostile[0]!;
      for (let time = 0; time < 6; time += 1) {
        await die(world, 1);
        await comeAndGo(world, eve, ether(20_000), 3);
        await bad.lose((await bad.staked()) / 2n);
        await back(world, 1);
      }
      await die(world, 1);

      // An honest operator has an outage; then the first one shows all that it has ever lost.
      await die(world, 2);
      await bad.reward({ value: (await allocator.recordOf(1)).lost - (await bad.staked()) });
      await back(world, 1);
      const { premium } = await metaPool.getBook();
      expect(premium, "what the honest one may bring").to.be.closeTo(ether(20), ether("0.001"));
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
      await metaPool.connect(eve).deposit_and_stake({ value: ether(900) });
      await back(world, 2);
      for (let round = 0; round < 8; round += 1) await nextRound(world);
      const { attacker, victim } = await ledger.changes();
      expect(attacker, "part of what the first one's own gain brought all").to.be.at.most(ether("0.02"));
      expect(victim).to.be.at.least(ether("19.97"));
    });
  });
});
