/** Keepers who play against the pool (research/allocation.md §5.4), before, between and after what honest ones do. */
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
  deployWorld,
  down,
  ether,
  EPOCH,
  Mode,
  networkHelpers,
  nextEpoch,
  nextRound,
  NO_SHARE,
  PAGE,
  sum,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { IS_DEEP } from "../helpers/deep.ts";
import { Referee } from "../helpers/referee.ts";

const OPERATORS = 6;
const EPOCHS = IS_DEEP ? 8 : 5;
/** How long honest keepers can be away. */
const AWAY = 4;
const EVERYTHING = 2n ** 96n;
/** Epochs after its round by which a batch is funded while all operators pay: unbonding takes hours. */
const PROMPT = 1;

/** When an adversary acts: before the round, between round and honest keepers, and in the middle of the epoch. */
type Moment = "dawn" | "noon" | "dusk";

interface Adversary {
  readonly name: string;
  /** Stakes and leaves itself, so that exits are compared with their bound alone. */
  readonly stakes?: true;
  /** Epochs that an operator which does not answer may add to `PROMPT`. */
  readonly late?: number;
  play(arena: Arena, moment: Moment, epoch: number): Promise<void>;
}

/** Six pools under command in two dimensions, each with a part of 100 ether, by the bounds of the design. */
async function deployArena(): Promise<World> {
  const world = await deployWorld({
    hostile: OPERATORS,
    groups: [
      { dimension: 1, poolShareBps: 5_500 },
      { dimension: 1, poolShareBps: 6_000 },
      { dimension: 2, poolShareBps: 7_500 },
      { dimension: 2, poolShareBps: 4_500 },
    ],
    groupsOf: [
      [1, 3],
      [1, 4],
      [1, 3],
      [2, 4],
      [2, 3],
      [2, 3],
    ],
    weights: [100, 150, 200, 100, 150, 120],
    stake: ether("99.9"),
    parameters: { policy: { poolShareBps: 2_500 }, pool: { bufferTargetBps: 50 } },
  });
  const { metaPool, bob, eve } = world;
  await metaPool.connect(bob).deposit_and_stake({ value: ether(20) });
  await metaPool.connect(eve).deposit_and_stake({ value: ether(30) });
  await nextRound(world);
  expect(await certifyFair(world)).to.equal(true);
  await world.allocator.rebalance(all("up", OPERATORS), PAGE);
  await nextRound(world);
  return world;
}

/** The pool, and a referee who looks at it after every transaction of legs. */
class Arena {
  readonly world: World;
  readonly referee: Referee;
  /** Class 0 of the transaction before. */
  violations = 0n;

  constructor(world: World) {
    this.world = world;
    this.referee = new Referee(world);
  }

  /** Sends legs as the adversary. */
  async legs(legs: readonly Leg[] | ReturnType<typeof all>): Promise<void> {
    const { allocator, eve } = this.world;
    const moves = await this.referee.watch(() => allocator.connect(eve).rebalance([...legs], PAGE));
    this.violations = sum(moves.map(({ charged }) => charged[0]));
  }

  /** What an honest keeper does once an epoch. */
  async keep(): Promise<void> {
    const { allocator, metaPool, lens, keeper } = this.world;
    await this.referee.watchRound();
    if ((await allocator.openRound()).round === 0n) expect(await certifyFair(this.world)).to.equal(true);
    const reading = await readLens(lens);
    for (const legs of planLegs(toSnapshot(reading), toSheet(reading)).chunks) {
      await this.referee.watch(() => allocator.connect(keeper).rebalance([...legs], PAGE));
    }
    await metaPool.connect(keeper).fundExits(32);
  }
}

const ids = Array.from({ length: OPERATORS }, (_, index) => index + 1);

function randomLegs(random: Random): ReturnType<typeof all> {
  return Array.from({ length: 12 }, () => {
    const amount = random.below(3) === 0 ? EVERYTHING : (ether(8) * BigInt(1 + random.below(1_000))) / 1_000n;
    return (random.below(2) === 0 ? up : down)(1 + random.below(OPERATORS), amount);
  });
}

const ADVERSARIES: readonly Adversary[] = [
  {
    name: "overfills a friend",
    stakes: true,
    async play(arena, moment, epoch) {
      const { metaPool, eve } = arena.world;
      if (moment === "dawn") await metaPool.connect(eve).deposit_and_stake({ value: ether(5 + epoch) });
      const others = ids.filter((id) => id !== 1);
      await arena.legs([...others.map((id) => down(id, EVERYTHING)), up(1, EVERYTHING), up(1, EVERYTHING)]);
    },
  },
  {
    name: "starves a rival",
    async play(arena) {
      const others = ids.filter((id) => id !== OPERATORS);
      await arena.legs([
        ...[1, 2, 3].map(() => down(OPERATORS, EVERYTHING)),
        ...others.map((id) => up(id, EVERYTHING)),
      ]);
    },
  },
  {
    name: "burns the churn budget",
    async play(arena) {
      await arena.legs(all("down", OPERATORS));
      await arena.legs([...all("up", OPERATORS), ...all("down", OPERATORS)]);
    },
  },
  {
    name: "spams dust",
    async play(arena) {
      const sizes = [1n, 10n ** 9n, ether("0.01"), ether("0.02")];
      await arena.legs(ids.flatMap((id) => sizes.flatMap((size) => [down(id, size), up(id, size), down(id, size)])));
    },
  },
  {
    name: "races with a stale plan",
    async play(arena, moment) {
      const { lens } = arena.world;
      if (moment === "noon") await certifyFair(arena.world);
      const reading = await readLens(lens);
      if (reading.pool.round.open !== 0n) return;
      const plan = planLegs(toSnapshot(reading), toSheet(reading)).legs.map(({ operator, amount, up }) => ({
        operator,
        amount,
        up,
      }));
      await arena.legs([...plan].reverse().map((leg) => ({ ...leg, amount: leg.amount / 2n + 1n })));
      await arena.legs(plan);
    },
  },
  {
    name: "hands in bad levels",
    async play({ world }) {
      const { allocator, eve } = world;
      const own = allocator.connect(eve);
      const { certified } = await allocator.poolSnapshot();
      for (const sheet of [[], [{ group: 0, level: 0n }], [{ group: 0, level: 1n }]]) {
        await own.certifyLevels(sheet, 2, PAGE);
        await own.certifyLevels(sheet, 100, PAGE);
      }
      expect((await allocator.poolSnapshot()).certified, "by junk").to.equal(certified);
    },
  },
  {
    name: "holds back",
    async play(arena, moment) {
      const { allocator, eve } = arena.world;
      if (moment === "dawn") {
        await allocator.connect(eve).settle(1, PAGE);
        await allocator.connect(eve).settle(3, { gasLimit: 5_000_000n });
      }
      await arena.legs([down(1, ether(1)), up(2, ether(1))]);
      await allocator.connect(eve).certifyLevels([], 1, PAGE);
    },
  },
  {
    name: "times the snapshot by a flash deposit",
    stakes: true,
    async play(arena, moment) {
      const { metaPool, allocator, eve } = arena.world;
      if (moment !== "dawn") return;
      // Nobody can come between.
      await metaPool.connect(eve).deposit_and_stake({ value: ether(60) });
      await allocator.connect(eve).settle(100, PAGE);
      await arena.legs(all("down", OPERATORS));
      await metaPool.connect(eve).unstake(ether(60) - 10n);
      await arena.legs(all("up", OPERATORS));
    },
  },
  {
    name: "shrinks T to make rivals violators",
    stakes: true,
    async play(arena, moment, epoch) {
      const { metaPool, eve } = arena.world;
      if (moment !== "noon" || epoch !== 1) return;
      await metaPool.connect(eve).unstake_all();
      await arena.legs(all("down", OPERATORS));
      expect(arena.violations, "violations by a smaller T").to.equal(0n);
    },
  },
  {
    name: "owns an operator's pool that reverts, re-enters and burns gas",
    late: 3,
    async play(arena, moment, epoch) {
      const { hostile, allocator } = arena.world;
      const modes = [Mode.revertsOnUnstake, Mode.reverts, Mode.burnsGas, Mode.honest, Mode.revertsOnStake];
      if (moment === "dawn") await hostile[0]!.setMode(modes[epoch % modes.length]!);
      if (moment === "noon" && epoch === 3) {
        const data = allocator.interface.encodeFunctionData("rebalance", [[{ operator: 2, amount: 1n, up: false }]]);
        await hostile[0]!.setReentry(allocator, data);
      }
      await arena.legs([down(1, EVERYTHING), up(1, EVERYTHING)]);
    },
  },
  {
    name: "lies as the scorer",
    async play(arena, moment, epoch) {
      const { registry, scorer } = arena.world;
      if (moment === "dawn") {
        const weights = await Promise.all(ids.map(async (id) => (await registry.operator(id)).weight));
        const lie = weights.map((weight, index) => (weight * ((index + epoch) % 2 === 0 ? 119n : 81n)) / 100n);
        await registry.connect(scorer).setWeights(ids, lie);
      }
      await arena.legs(all("down", OPERATORS));
    },
  },
  ...(IS_DEEP ? [1, 2, 3] : [1]).map((seed) => ({
    name: `sends legs at random (${seed})`,
    play: async (arena: Arena, moment: Moment, epoch: number) => {
      await arena.legs(randomLegs(new Random(seed * 100 + epoch * 3 + moment.length)));
    },
  })),
];

/** What users, the scorer and governance do anyway. */
async function happen(world: World, epoch: number): Promise<void> {
  const { metaPool, registry, alice, bob, carol, scorer } = world;
  const notice = registry.connect(await asNotice(world));
  if (epoch === 0) await metaPool.connect(alice).unstake(ether(12));
  if (epoch === 1) await metaPool.connect(carol).deposit_and_stake({ value: ether(9) });
  if (epoch === 1) await registry.connect(scorer).setWeights([2, 5], [180, 120]);
  if (epoch === 2) await metaPool.connect(bob).unstake(ether(15));
  if (epoch === 2) await notice.setAbsoluteCap(3, ether(22));
  if (epoch === 3) await metaPool.connect(alice).unstake(ether(7));
  if (epoch === 3) {
    await notice.setGroup(1, { dimension: 1, poolShareBps: 5_000, netShareBps: NO_SHARE, absoluteCap: ether(60) });
  }
}

interface Outcome {
  /** The last batch that is funded, epoch by epoch; and the last whose round had completed. */
  readonly funded: bigint[];
  readonly completed: bigint[];
}

/** A few epochs of everybody's life with an adversary, and with honest keepers from epoch `honestFrom` on. */
async function live(adversary: Adversary | null, honestFrom: number, epochs: number): Promise<Outcome> {
  const world = await networkHelpers.loadFixture(deployArena);
  const arena = new Arena(world);
  const outcome: Outcome = { funded: [], completed: [] };
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const isHonest = epoch >= honestFrom;
    await happen(world, epoch);
    await nextEpoch(world);
    await adversary?.play(arena, "dawn", epoch);
    if (isHonest) await arena.referee.watchRound();
    await adversary?.play(arena, "noon", epoch);
    if (isHonest) await arena.keep();
    await networkHelpers.time.increase(EPOCH / 2n);
    await adversary?.play(arena, "dusk", epoch);
    outcome.funded.push(await world.metaPool.fundedThrough());
    outcome.completed.push((await world.allocator.poolSnapshot()).round);
  }
  return outcome;
}

let honest: Outcome | undefined;
async function honestLife(): Promise<Outcome> {
  return (honest ??= await live(null, 0, EPOCHS));
}

describe("Allocator", () => {
  describe("a keeper who", () => {
    for (const adversary of ADVERSARIES) {
      it(`${adversary.name} breaks no cap or budget, singles nobody out and delays no exit`, async function () {
        this.timeout(120_000);
        const baseline = await honestLife();
        const { funded, completed } = await live(adversary, 0, EPOCHS);
        const prompt = PROMPT + (adversary.late ?? 0);
        funded.forEach((batch, epoch) => {
          if (adversary.stakes === undefined && adversary.late === undefined) {
            expect(batch, `epoch ${epoch}`).to.be.at.least(baseline.funded[epoch]!);
          }
          if (epoch >= prompt) expect(batch, `epoch ${epoch}`).to.be.at.least(completed[epoch - prompt]!);
        });
      });

      if (!IS_DEEP && adversary.name !== "burns the churn budget") continue;
      it(`${adversary.name} can do no more while honest keepers are away, nor undo that they come back`, async function () {
        this.timeout(120_000);
        const { funded, completed } = await live(adversary, AWAY, AWAY + 4);
        expect(funded.at(-1)).to.be.at.least(completed.at(-2 - (adversary.late ?? 0)));
      });
    }
  });
});
