/** A scorer that turns hostile, as it would if the reports it acts on were false: A24 of docs/attacks.md. */
import { expect } from "chai";

import {
  asNotice,
  connection,
  delegate,
  deployWorld,
  ether,
  impersonated,
  keep,
  LOOSE,
  networkHelpers,
  nextRound,
  positionsOf,
  sum,
} from "../fixtures/allocator.ts";
import { openLedger } from "../helpers/worth.ts";

const OPERATORS = 8;
const CRONY = 3;
const [ENTITY, VETERANS, TENURE] = [1, 2, 3];
/** As in IOperatorRegistry.State. */
const State = { ramping: 1n, draining: 3n, delisted: 4n } as const;

/** Eight operators hold 100 ether; two of one entity, two under a cap in the dimension of tenure, where newcomers sit. */
async function deployScored() {
  const world = await deployWorld({
    hostile: OPERATORS,
    groups: [
      { dimension: 1, poolShareBps: 2_500 },
      { dimension: 5, absoluteCap: ether(20) },
      { dimension: 5, poolShareBps: 500 },
    ],
    groupsOf: [[ENTITY], [ENTITY], [0, 0, 0, 0, VETERANS], [0, 0, 0, 0, VETERANS]],
    stake: ether(99),
    parameters: {
      allocator: LOOSE,
      policy: { poolShareBps: 2_000, guardianShareBps: 1_350 },
    },
  });
  const { registry, guardian, scorer, metaPool, alice } = world;
  const byNotice = registry.connect(await asNotice(world));
  await byNotice.setTenureGroup(TENURE);
  await delegate(world);
  await nextRound(world);
  const ledger = await openLedger(connection, [metaPool], { attacker: [scorer], victim: [alice] });

  return { ...world, ledger, byNotice, byGuardian: registry.connect(guardian), byScorer: registry.connect(scorer) };
}

type Scored = Awaited<ReturnType<typeof deployScored>>;

/** What the operators of `ids` hold. */
async function heldBy(world: Scored, ids: readonly number[]): Promise<bigint> {
  const positions = await positionsOf(world);
  return sum(ids.map((id) => positions[id - 1]!));
}

async function expectNobodyPaid({ ledger }: Scored): Promise<void> {
  const { attacker, victim } = await ledger.changes();
  expect([attacker, victim]).to.deep.equal([0n, 0n]);
}

describe("Attacks", () => {
  describe("a scorer that turns hostile", () => {
    it("A24 lifts neither an operator nor a group above its cap, whatever it does for how long", async () => {
      const world = await networkHelpers.loadFixture(deployScored);
      const { allocator, registry, byScorer } = world;
      const byAllocator = registry.connect(await impersonated(await allocator.getAddress()));
      for (let epoch = 0; epoch < 6; epoch += 1) {
        for (let id = 1; id <= OPERATORS; id += 1) {
          const { lowest, highest } = await registry.weightRange(id);
          await byScorer.setWeights([id], [id === CRONY ? highest : lowest]);
          await byScorer.liftWatch(id);
        }
        await byScorer.noteScores(await allocator.currentEpoch());
        // Out of the group that holds it, and through the ramp.
        await byScorer.drainByReport(CRONY);
        await byScorer.readmit(CRONY);
        if (epoch > 3) await byAllocator.activate(CRONY);
        await keep(world, 1);

        const { total } = await allocator.poolSnapshot();
        for (const position of await positionsOf(world)) expect(position).to.be.at.most(total / 5n);
        expect(await heldBy(world, [1, 2])).to.be.at.most(total / 4n);
        if (epoch > 3) expect(await heldBy(world, [3, 4])).to.be.at.most(ether(20));
        else expect(await heldBy(world, [CRONY])).to.be.at.most(total / 20n);
      }

      expect((await registry.operator(CRONY)).groups).to.equal(BigInt(VETERANS) << 32n);
      await expectNobodyPaid(world);
    });

    it("A24 undoes neither a guardian's watch nor its drain", async () => {
      const world = await networkHelpers.loadFixture(deployScored);
      const { registry, byGuardian, byScorer } = world;
      await byGuardian.watch(1);
      await byGuardian.drain(2);
      await nextRound(world); // with a guardian share of its own
      await byScorer.drainByReport(3);
      await byGuardian.drain(3);

      await byScorer.watchByReport(1);
      await byScorer.liftWatch(1);
      for (const id of [2n, 3n]) {
        await expect(byScorer.readmit(id)).to.be.revertedWithCustomError(registry, "NotDrainedByReport").withArgs(id);
        await expect(byScorer.drainByReport(id))
          .to.be.revertedWithCustomError(registry, "WrongState")
          .withArgs(id, State.draining);
      }
      await byScorer.setWeights([1, 2, 3], [120, 120, 120]);
      const before = await heldBy(world, [1]);
      await world.metaPool.connect(world.bob).deposit_and_stake({ value: ether(20) });
      await keep(world, 3);

      expect((await registry.operator(1)).watch).to.equal(true);
      expect(await heldBy(world, [1])).to.equal(before);
      expect(await heldBy(world, [2, 3])).to.equal(0n);
      await expectNobodyPaid(world);
    });

    it("A24 brings back nobody who was delisted, also of those that reports had drained", async () => {
      const world = await networkHelpers.loadFixture(deployScored);
      const { registry, byGuardian, byNotice, byScorer } = world;
      await byScorer.drainByReport(1);
      await byGuardian.delist(1);
      await byNotice.delist(2);

      for (const id of [1n, 2n]) {
        for (const call of [byScorer.readmit(id), byScorer.drainByReport(id), byScorer.setWeights([id], [100n])]) {
          await expect(call).to.be.revertedWithCustomError(registry, "WrongState").withArgs(id, State.delisted);
        }
        await byScorer.watchByReport(id);
        await byScorer.liftWatch(id);
      }
      await keep(world, 3);

      expect(await heldBy(world, [1, 2])).to.equal(0n);
      for (const id of [1, 2]) expect((await registry.operator(id)).state).to.equal(State.delisted);
      await expectNobodyPaid(world);
    });

    it("A24 makes no more of the pool a violation than the guardian share of every epoch", async () => {
      const world = await networkHelpers.loadFixture(deployScored);
      const { allocator, registry, byGuardian, byScorer } = world;
      let drained = 0n;
      for (let epoch = 1n; epoch <= 3n; epoch += 1n) {
        const { total, healthy } = await allocator.poolSnapshot();
        const share = ((total < healthy ? total : healthy) * 1_350n) / 10_000n;
        const first = Number(epoch) * 2 - 1;
        const [position, next] = [await heldBy(world, [first]), await heldBy(world, [first + 1])];
        await byScorer.drainByReport(first);
        drained += position;
        for (const drain of [byScorer.drainByReport(first + 1), byGuardian.drain(first + 1)]) {
          await expect(drain)
            .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
            .withArgs(next, share - position);
        }
        // What it takes back it can use no second time.
        await byScorer.readmit(first);
        await expect(byScorer.drainByReport(first))
          .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
          .withArgs(position, share - position);
        expect((await registry.operator(first)).state).to.equal(State.ramping);
        expect(drained).to.be.at.most(epoch * share);
        await nextRound(world);
      }
      await expectNobodyPaid(world);
    });
  });
});
