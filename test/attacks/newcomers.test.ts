/** Newcomers that want to be trusted sooner, or together with more, than one of them may be: A32 and A46 of docs/attacks.md. */
import { expect } from "chai";

import {
  all,
  asNotice,
  connection,
  deployWorld,
  ether,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
  sum,
  up,
} from "../fixtures/allocator.ts";
import { listNewcomer, type Newcomer } from "../fixtures/newcomers.ts";
import { certifyFair } from "../fixtures/rounds.ts";
import { openLedger } from "../helpers/worth.ts";

const BPS = 10_000n;
const STAKE = ether(100_000);
const TENURE = 1;
const TENURE_BPS = 500n;
const EPOCHS = 10;
/** A reading and an exit lose up to a wei each. */
const DUST = 10n;

/** One established operator; newcomers may hold 5 % together while they ramp, and a tenth each when they are done. */
async function deploy(newcomers: number) {
  const world = await deployWorld({
    hostile: 1,
    stake: 0n,
    groups: [{ dimension: 5, poolShareBps: Number(TENURE_BPS) }],
    parameters: { allocator: LOOSE, policy: { poolShareBps: 1_000 } },
  });
  const { metaPool, registry, alice } = world;
  await networkHelpers.setBalance(alice.address, 2n * STAKE);
  await metaPool.connect(alice).deposit_and_stake({ value: STAKE });
  await nextRound(world);
  await registry.connect(await asNotice(world)).setTenureGroup(TENURE);
  const crowd: Newcomer[] = [];
  for (let i = 0; i < newcomers; i += 1) crowd.push(await listNewcomer(world));
  await nextRound(world);
  return { ...world, crowd };
}

const deployOne = () => deploy(1);
const deployTwenty = () => deploy(20);

/** Each newcomer keeps all stake that it was given, and the loss is booked. */
async function steal({ allocator }: Awaited<ReturnType<typeof deploy>>, crowd: readonly Newcomer[]): Promise<void> {
  for (const { id, pool } of crowd) {
    await pool.lose(await pool.staked());
    await allocator.settleOne(id);
  }
}

async function parties({ metaPool, alice }: Awaited<ReturnType<typeof deploy>>, crowd: readonly Newcomer[]) {
  const attacker = await Promise.all(crowd.map(async ({ pool }) => ({ address: await pool.getAddress() })));
  return openLedger(connection, [metaPool], { attacker, victim: [alice] });
}

describe("Attacks", () => {
  describe("newcomers", () => {
    it("A32 an operator that takes no stake for ten epochs, so that nothing can go wrong, is trusted with 5 bp after them", async () => {
      const world = await networkHelpers.loadFixture(deployOne);
      const { allocator, crowd } = world;
      const [newcomer] = crowd as [Newcomer];
      const ledger = await parties(world, crowd);
      await newcomer.pool.setMode(Mode.revertsOnStake);
      for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
        expect(await move(world, [up(newcomer.id, STAKE)])).to.deep.equal([0n]);
        await nextRound(world);
      }
      await newcomer.pool.setMode(Mode.honest);
      const most = ((await allocator.poolSnapshot()).total * 5n) / BPS;
      expect(await move(world, [up(newcomer.id, STAKE)])).to.deep.equal([most]);
      await steal(world, crowd);

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.equal(most);
      expect(victim).to.be.within(-most, 0n);
    });

    it("A32 an operator that gives stake back and takes it again between two rounds is none the sooner trusted", async () => {
      const world = await networkHelpers.loadFixture(deployOne);
      const { allocator, crowd } = world;
      const [newcomer] = crowd as [Newcomer];
      await move(world, [up(newcomer.id, STAKE)]);
      await nextRound(world);
      const ledger = await parties(world, crowd);
      // It says that all is on its way whenever a round looks, and that nothing is afterwards.
      await newcomer.pool.setMode(Mode.restakes);
      const ramp = await allocator.rampOf(newcomer.id);
      for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
        await newcomer.pool.setMode(Mode.neverPays);
        await newcomer.pool.unstake(await newcomer.pool.staked());
        await nextRound(world);
        await newcomer.pool.setMode(Mode.restakes);
        await newcomer.pool.ping();
      }
      await newcomer.pool.setMode(Mode.honest);

      // The first round found what the one before had left there; none after it found a position.
      expect(await allocator.rampOf(newcomer.id)).to.be.at.most((ramp * 3n) / 2n);
      await steal(world, crowd);
      const { attacker, victim } = await ledger.changes();
      expect(attacker, "it held the stake before").to.be.at.most(0n);
      expect(victim).to.be.at.least(-(ramp * 3n) / 2n - DUST);
    });

    it("A46 twenty newcomers that are one party are trusted with 5 % of the pool together, not with a tenth each", async function () {
      this.timeout(300_000);
      const world = await networkHelpers.loadFixture(deployTwenty);
      const { allocator, crowd } = world;
      const ledger = await parties(world, crowd);
      for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
        expect(await certifyFair(world)).to.equal(true);
        await move(world, all("up", crowd.length + 1));
        await nextRound(world);
      }
      const ramps = sum(await Promise.all(crowd.map(({ id }) => allocator.rampOf(id))));
      const most = ((await allocator.poolSnapshot()).total * TENURE_BPS) / BPS;
      expect(ramps, "what each of them alone could have").to.be.above(STAKE / 3n);
      await steal(world, crowd);

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(most - BigInt(crowd.length), most);
      expect(victim).to.be.within(-most, 0n);
    });
  });
});
