/** What legs can do whoever sends them (research/allocation.md §11, G11), on chain and at random. */
import { expect } from "chai";

import { planLegs } from "../../src/allocation/plan.ts";
import type { Leg } from "../../src/allocation/types.ts";
import { readLens } from "../../src/lens/read.ts";
import { toSheet, toSnapshot } from "../../src/lens/snapshot.ts";
import { Random } from "../differential/random.ts";
import {
  all,
  asNotice,
  certifyFair,
  delegate,
  deployWorld,
  ether,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  NO_CAP,
  NO_SHARE,
  PAGE,
  positionsOf,
  sum,
  type World,
} from "../fixtures/allocator.ts";
import { IS_DEEP } from "../helpers/deep.ts";
import { checkDistance, Referee } from "../helpers/referee.ts";

const POOLS = IS_DEEP ? 40 : 2;
const OPERATORS = 5;
const DRAINED = OPERATORS;
const MOST_EPOCHS = 40;
const MOST_PASSES = 10;
/** Smaller differences are not worth a leg (docs/decisions/0006), in wei. */
const DUST = 10n ** 9n;

/** A pool at its targets, which then has other weights and caps, one operator drained, and some of its stake leaving. */
async function deployChanged(seed: number): Promise<World> {
  const random = new Random(seed);
  const weight = () => 50 + random.below(250);
  const share = () => 4_500 + random.below(4_000);
  const world = await deployWorld({
    hostile: OPERATORS,
    weights: Array.from({ length: OPERATORS }, weight),
    groups: [1, 1, 2, 2].map((dimension) => ({ dimension, poolShareBps: share() })),
    groupsOf: Array.from({ length: OPERATORS }, () => [1 + random.below(2), 3 + random.below(2)]),
    stake: ether("99.9"),
    parameters: { allocator: { ...LOOSE, budget0Bps: 1_000, budget2Bps: 400 } },
  });
  const { registry, metaPool, alice, bob } = world;
  await delegate(world);
  expect(await certifyFair(world)).to.equal(true);
  await move(world, all("up", OPERATORS));

  const notice = registry.connect(await asNotice(world));
  for (let id = 1; id < DRAINED; id += 1) {
    const changed = weight();
    await notice.setWeightBounds(id, changed, changed);
  }
  await notice.drain(DRAINED);
  await notice.setAbsoluteCap(1 + random.below(DRAINED - 1), ether(8 + random.below(10)));
  for (const [index, dimension] of [1, 1, 2, 2].entries()) {
    const caps = { netShareBps: NO_SHARE, absoluteCap: NO_CAP };
    await notice.setGroup(index + 1, { dimension, poolShareBps: share(), ...caps });
  }
  await metaPool.connect(alice).unstake(ether(1 + random.below(8)));
  await metaPool.connect(bob).deposit_and_stake({ value: ether(1 + random.below(12)) });
  await nextRound(world);
  expect(await certifyFair(world)).to.equal(true);
  return world;
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const rest = [...items];
  return items.map(() => rest.splice(random.below(rest.length), 1)[0]!);
}

/** Legs over everybody, up and down, of all sizes. */
function anyLegs(random: Random): Leg[] {
  const ids = Array.from({ length: OPERATORS }, (_, index) => index + 1);
  const legs = ids.flatMap((operator) =>
    [true, false].map((up) => ({ operator, up, amount: random.amount(ether(40)) })),
  );
  return shuffled(legs, random);
}

/** Plans and sends in some order until nothing is left to plan, and then all of it once more, which does nothing. */
async function carryOutAll(world: World, order: (legs: Leg[]) => Leg[]): Promise<number> {
  const done: Leg[] = [];
  for (let pass = 1; pass <= MOST_PASSES; pass += 1) {
    const reading = await readLens(world.lens);
    const legs = order([...planLegs(toSnapshot(reading), toSheet(reading)).legs]);
    if (legs.length === 0) {
      const positions = await positionsOf(world);
      expect(sum(await move(world, done)), "moved by a replay").to.equal(0n);
      expect(await positionsOf(world)).to.deep.equal(positions);
      return done.length;
    }
    await move(world, legs);
    done.push(...legs);
  }
  return expect.fail(`a plan is not through after ${MOST_PASSES} passes`);
}

describe("Allocator", () => {
  describe("legs at random (G11)", () => {
    for (let seed = 0; seed < POOLS; seed += 1) {
      const deploy = () => deployChanged(seed);
      const random = new Random(1_000 + seed);

      it(`(${seed}) lift nothing above a cap, come nearer by what they move, and keep stake and budgets`, async () => {
        const world = await networkHelpers.loadFixture(deploy);
        const { allocator, lens, eve } = world;
        const referee = new Referee(world);
        let moved = 0;
        for (let round = 0; round < 2; round += 1) {
          for (const leg of [...anyLegs(random), ...anyLegs(random)]) {
            const before = await readLens(lens);
            const moves = await referee.watch(() => allocator.connect(eve).rebalance([leg], PAGE));
            // Exits may take from who is below its target; nothing else moves away from it.
            if (moves.every(({ charged }) => charged[1] === 0n)) checkDistance(before, await readLens(lens), moves);
            moved += moves.length;
          }
          await networkHelpers.time.increase(86_400n);
          await referee.watchRound();
          expect(await certifyFair(world)).to.equal(true);
        }
        expect(moved, "legs that moved").to.be.at.least(OPERATORS);
      });

      it(`(${seed}) end on the targets in any order, the drained operator at zero, and do nothing again`, async () => {
        const orders = [
          (legs: Leg[]) => legs,
          (legs: Leg[]) => legs.reverse(),
          (legs: Leg[]) => shuffled(legs, random),
        ];
        for (const order of orders) {
          const world = await networkHelpers.loadFixture(deploy);
          let epochs = 0;
          for (let legs = 1; legs !== 0 || (await world.allocator.unbonding()) !== 0n; epochs += 1) {
            expect(epochs, "epochs until nothing moves").to.be.lessThan(MOST_EPOCHS);
            legs = await carryOutAll(world, order);
            await world.metaPool.fundExits(10);
            await nextRound(world);
            expect(await certifyFair(world)).to.equal(true);
          }

          const { operators } = await readLens(world.lens);
          expect(operators[DRAINED - 1]!.position.position).to.equal(0n);
          for (const { id, position, rooms } of operators) {
            expect(position.position, `operator ${id}`).to.be.closeTo(rooms.target, DUST);
          }
        }
      });
    }
  });
});
