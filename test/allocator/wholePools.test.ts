/** Random pools of real contracts: whatever they start from, positions end on the fair allocation. */
import { expect } from "chai";
import fc from "fast-check";

import { problemOf } from "../../src/allocation/caps.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import { readLens } from "../../src/lens/read.ts";
import { toSnapshot } from "../../src/lens/snapshot.ts";
import {
  certifyFair,
  connection,
  createGroups,
  createOperators,
  ether,
  networkHelpers,
  nextRound,
  NO_CAP,
  NO_SHARE,
  rebalanceAll,
} from "../fixtures/allocator.ts";
import { deployTrellis, type Trellis } from "../fixtures/deployment.ts";
import { casesOf, IS_DEEP } from "../helpers/deep.ts";
import { checkState } from "../helpers/invariants.ts";

const INSTANCES = 20;
const SEED = 0x74726574;
const MOST_EPOCHS = 60;
/** Smaller differences are not worth a leg (docs/decisions/0006), in wei. */
const DUST = 10n ** 9n;
/** Operators' pools round what they are asked for, each time by a wei or two. */
const ROUNDING = 3n;

interface Size {
  readonly weight: number;
  readonly absoluteCap: bigint | undefined;
}

interface Instance {
  readonly operators: readonly (Size & { readonly bond: bigint; readonly groups: number[]; readonly later: Size })[];
  readonly groups: readonly { readonly dimension: number; readonly poolShareBps: number; readonly laterBps: number }[];
  /** In whole coins: what is staked, and what is then staked besides, or leaves if it is negative. */
  readonly stake: number;
  readonly change: number;
}

const GROUPS_PER_DIMENSION = 3;

/** Operators of unlike size; caps, groups, bonds and the pool bind some of them. The size decides nothing else. */
function instances(count: number, dimensions: number): fc.Arbitrary<Instance> {
  const size = fc.record({
    weight: fc.integer({ min: 1, max: 300 }),
    absoluteCap: fc
      .option(fc.integer({ min: 200, max: 3_000 }), { freq: 2, nil: undefined })
      .map((share) => (share === undefined ? undefined : (ether(400) * BigInt(share)) / 10_000n)),
  });
  const operator = fc
    .tuple(
      size,
      size,
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.nat(GROUPS_PER_DIMENSION), { minLength: dimensions, maxLength: dimensions }),
    )
    .map(([first, later, bond, choices]) => ({
      ...first,
      later,
      bond: (ether(16) * BigInt(bond)) / BigInt(10 * count),
      groups: choices.map((choice, k) => (choice === 0 ? 0 : k * GROUPS_PER_DIMENSION + choice)),
    }));
  const shares = fc.integer({ min: 1_500, max: 8_000 });
  return fc.record({
    operators: fc.array(operator, { minLength: count, maxLength: count }),
    groups: fc
      .array(fc.tuple(shares, shares), {
        minLength: dimensions * GROUPS_PER_DIMENSION,
        maxLength: dimensions * GROUPS_PER_DIMENSION,
      })
      .map((all) =>
        all.map(([poolShareBps, laterBps], index) => ({
          dimension: 1 + Math.floor(index / GROUPS_PER_DIMENSION),
          poolShareBps,
          laterBps,
        })),
      ),
    stake: fc.integer({ min: 200, max: 400 }),
    change: fc.integer({ min: -150, max: 150 }),
  });
}

/** The k-th instance. Two in deep have as many operators as an instance may. */
function instance(k: number): Instance {
  const most = IS_DEEP ? (k < 2 ? 200 : 60) : 5;
  const count = IS_DEEP && k < 2 ? most : 2 + ((k * 7) % (most - 1));
  return fc.sample(instances(count, 1 + (k % 5)), { numRuns: 1, seed: SEED + k })[0]!;
}

/** The contracts by themselves; budgets as large as they may be, no band, an unbonding time of an epoch. */
function deployBare() {
  return deployTrellis(connection, {
    handover: false,
    parameters: {
      devNetwork: { unbondingEpochs: 1 },
      pool: { feeBps: 0 },
      policy: { poolShareBps: 3_333, netShareBps: NO_SHARE },
      allocator: { bandBps: 0, budget0Bps: 10_000, budget2Bps: 1_000 },
    },
  });
}

async function deployInstance({ operators, groups, stake }: Instance) {
  const trellis = await networkHelpers.loadFixture(deployBare);
  await createGroups(trellis, groups);
  const specs = operators.map((operator) => ({ ...operator, minWeight: 0, maxWeight: 1_000 }));
  await createOperators(trellis, specs);
  const staker = trellis.others.at(-1)!;
  await trellis.metaPool.connect(staker).deposit_and_stake({ value: ether(stake) });
  return { trellis, staker };
}

/** Other weights and caps of operators and groups; and some of the stake leaves, or more comes. */
async function changeAll(
  { trellis, staker }: Awaited<ReturnType<typeof deployInstance>>,
  { operators, groups, change }: Instance,
) {
  const registry = trellis.registry.connect(trellis.deployer);
  for (const [index, { later }] of operators.entries()) {
    await registry.setWeightBounds(index + 1, later.weight, later.weight);
    await registry.setAbsoluteCap(index + 1, later.absoluteCap ?? NO_CAP);
  }
  for (const [index, { dimension, laterBps }] of groups.entries()) {
    const caps = { netShareBps: NO_SHARE, absoluteCap: NO_CAP };
    await registry.setGroup(index + 1, { dimension, poolShareBps: laterBps, ...caps });
  }
  const metaPool = trellis.metaPool.connect(staker);
  if (change > 0) await metaPool.deposit_and_stake({ value: ether(change) });
  else if (change < 0) await metaPool.unstake(ether(-change));
}

/** Rounds of keepers' work until nothing moves any more. Returns how many. */
async function settleDown(trellis: Trellis): Promise<number> {
  for (let epoch = 1; epoch <= MOST_EPOCHS; epoch += 1) {
    await nextRound(trellis);
    expect(await certifyFair(trellis), `epoch ${epoch}: the true sheet`).to.equal(true);
    for (const { operator, moved, amount } of await rebalanceAll(trellis)) {
      expect(moved, `epoch ${epoch}: a planned leg of operator ${operator}`).to.be.closeTo(amount, ROUNDING);
    }
    await trellis.metaPool.fundExits(10);

    const reading = await readLens(trellis.lens);
    const { pool, operators } = reading;
    const { targets } = fairAllocation(problemOf(toSnapshot(reading)));
    expect(
      operators.map(({ rooms }) => rooms.target),
      `epoch ${epoch}: targets`,
    ).to.deep.equal(targets);
    const away = operators.filter(({ position, rooms }) => {
      const difference = position.position - rooms.target;
      return difference > DUST || difference < -DUST;
    });
    if (away.length === 0 && operators.every(({ position }) => position.unbonding === 0n)) {
      expect(pool.book.owed, "exits that wait").to.equal(0n);
      return epoch;
    }
  }
  return expect.fail(`positions are not on the fair allocation after ${MOST_EPOCHS} epochs`);
}

describe("Allocator", () => {
  describe("random pools of real contracts", () => {
    for (const k of casesOf(INSTANCES)) {
      const random = instance(k);
      const { operators, groups } = random;
      const dimensions = groups.length / GROUPS_PER_DIMENSION;
      it(`${k}: ${operators.length} operators in ${dimensions} dimensions end on the fair allocation`, async function () {
        this.timeout(IS_DEEP ? 3_600_000 : 120_000);
        const pool = await deployInstance(random);
        const users = [pool.staker];
        await settleDown(pool.trellis);
        await checkState(pool.trellis, users);
        if (!IS_DEEP && k % 2 === 1) return;
        await changeAll(pool, random);
        await settleDown(pool.trellis);
        await checkState(pool.trellis, users);
      });
    }
  });
});
