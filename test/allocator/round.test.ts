/** One round of seven operators, each in another condition, to the wei: what it says, books and records. */
import { expect } from "chai";

import {
  asNotice,
  DAY,
  deployWorld,
  down,
  ether,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  NO_CAP,
  NO_LEVEL,
  NO_SHARE,
  PAGE,
  packGroups,
  up,
  WAD,
} from "../fixtures/allocator.ts";
import { logsOf } from "./logs.ts";

/** What is at stake on the network. */
/** HostilePool.DELAY. */
const UNBONDING = 14_400n;
const N = ether(1_000);
const GAIN = ether("0.1");
/** One per cent a day of 4 ether, over the 87,100 seconds since the reading before. */
const MOST_GAIN = 40_324_074_074_074_074n;
const EARNED = ether("0.05");

function load() {
  return networkHelpers.loadFixture(deploy);
}

/**
 * 140 ether, of which 65 are delegated; all operators have been read at `start`, the end of round 2. Of what happens
 * then, round 3 is to see: the first gains, the second loses, the third fails with 2 of its 8 ether on their way, the
 * fourth loses a third, the fifth pays back 4, the sixth shows more than it can have earned, the seventh is drained
 * and has left the fifth group.
 */
async function deploy() {
  const world = await deployWorld({
    hostile: 7,
    stake: ether("139.9"),
    groups: [
      { dimension: 1, poolShareBps: 6_000 },
      { dimension: 2, absoluteCap: ether(30) },
      { dimension: 1 },
      { dimension: 2 },
      { dimension: 3, absoluteCap: ether(90) },
    ],
    groupsOf: [[1, 2], [1, 4], [1, 2], [3, 4], [3], [1, 4], [0, 4, 5]],
    weights: [100, 200, 100, 150, 100, 50, 80],
    absoluteCaps: Array.from({ length: 7 }, () => ether(20)),
    parameters: { allocator: LOOSE, policy: { netShareBps: 500, bondRatio: 10 } },
  });
  const { allocator, registry, network, hostile, eve } = world;
  const governed = registry.connect(await asNotice(world));
  await network.connect(eve).bond({ value: N });
  await governed.setGroup(4, { dimension: 2, poolShareBps: NO_SHARE, netShareBps: 400, absoluteCap: NO_CAP });

  await at(await allocator.nextRoundAt());
  await allocator.settle(100, PAGE);
  const amounts = [12, 10, 8, 10, 15, 4, 6].map(ether);
  expect(
    await move(
      world,
      amounts.map((amount, index) => up(index + 1, amount)),
    ),
  ).to.deep.equal(amounts);

  await hostile[2]!.setOthers(ether(5));
  const start = await allocator.nextRoundAt();
  await at(start);
  await allocator.settle(100, PAGE);

  await registry.connect(await asNotice(world)).lowerAbsoluteCap(3, ether(6));
  await registry.connect(await asNotice(world)).lowerAbsoluteCap(5, ether(11));
  expect(await move(world, [down(3, ether(2)), down(5, ether(4))])).to.deep.equal([ether(2), ether(4)]);
  await registry.connect(await asNotice(world)).drain(7);
  await governed.setGroups(7, packGroups([0, 4]));
  await hostile[0]!.reward({ value: GAIN });
  await hostile[1]!.lose(ether(1));
  await hostile[2]!.setMode(Mode.reverts);
  await hostile[3]!.lose(ether("3.5"));
  await hostile[4]!.reward({ value: EARNED });
  await hostile[5]!.reward({ value: ether(1) });
  await hostile[5]!.setOthers(ether(7));
  await hostile[5]!.setBond(ether(2));
  return { ...world, start };
}

async function at(time: bigint): Promise<void> {
  await networkHelpers.time.setNextBlockTimestamp(time);
}

describe("Allocator", () => {
  describe("a round", () => {
    it("says, books and records what each operator is in, page by page, to the wei", async () => {
      const { allocator, metaPool, registry, start } = await load();
      const log = (maxOperators: number) => logsOf(allocator.settle(maxOperators, PAGE), allocator, metaPool, registry);
      const capped = (groups: bigint, weight: bigint) => [ether(20), 0n, weight, groups];

      await at(start + 87_000n);
      expect(await log(3)).to.deep.equal([
        ["RoundBegun", 3n],
        ["RoundBegun", 3n, (start + 87_000n) / DAY, N],
        ["OperatorRead", 1n, 3n, ether("12.1"), 0n, 0n, GAIN, 0n],
        ["OperatorSnapshot", 1n, 3n, ether("12.1"), false, capped(0x201n, 100n)],
        ["OperatorRead", 2n, 3n, ether(9), 0n, 0n, 0n, ether(1)],
        ["OperatorSnapshot", 2n, 3n, ether(9), false, capped(0x401n, 200n)],
        ["OperatorFaulted", 3n, 3n, 1n],
        // What the others have at a pool that does not answer is what it was the last time.
        ["OperatorSnapshot", 3n, 3n, ether(6), true, [0n, ether(5), 100n, 0x201n]],
        ["GainBooked", GAIN],
        ["LossBooked", ether(1), GAIN, 0n, ether("0.9"), 0n],
      ]);
      expect([...(await allocator.openRound())]).to.deep.equal([3n, 3n]);

      await at(start + 87_100n);
      expect(await log(3)).to.deep.equal([
        ["WatchChanged", 4n, true],
        ["OperatorRead", 4n, 3n, ether("6.5"), 0n, 0n, 0n, ether("3.5")],
        ["OperatorSnapshot", 4n, 3n, ether("6.5"), false, [ether("6.5"), 0n, 150n, 0x403n]],
        ["OperatorRead", 5n, 3n, ether("11.05"), 0n, ether(4), EARNED, 0n],
        ["OperatorSnapshot", 5n, 3n, ether("11.05"), false, [ether(11), 0n, 100n, 3n]],
        ["OperatorRead", 6n, 3n, ether(4) + MOST_GAIN, 0n, 0n, MOST_GAIN, 0n],
        // Ten times its bond of 2, less what others have there.
        ["OperatorSnapshot", 6n, 3n, ether(4) + MOST_GAIN, false, [ether(13), ether(7), 50n, 0x401n]],
        ["GainBooked", EARNED + MOST_GAIN],
        ["Returned", ether(4)],
        ["LossBooked", ether("3.5"), EARNED + MOST_GAIN, 0n, 3_409_675_925_925_925_926n, 0n],
      ]);

      await at(start + 90_400n);
      // 140 less 4.5, and the gains.
      const total = 135_690_324_074_074_074_074n - ether(8);
      const healthy = 48_690_324_074_074_074_074n;
      const snapshot = [total, ether(8), N, 0n, healthy, 3n, false];
      const caps = [
        total,
        73_414_194_444_444_444_444n, // 60 % of 135.69 less the third's 8
        ether(22), // 30 less 8
        NO_CAP,
        ether(33), // 4 % of N less what others have at the sixth
        ether(90),
      ];
      const weights = [600n, 350n, 100n, 250n, 400n, 0n]; // of those with a cap of their own above 0
      const levels = [
        212_817_206_790_123_456_790_000_000_000_000_000n,
        209_754_841_269_841_269_840_000_000_000_000_000n,
        ether("0.22") * WAD,
        NO_LEVEL,
        ether("0.0825") * WAD,
        NO_LEVEL,
      ];
      expect(await log(100)).to.deep.equal([
        ["OperatorRead", 7n, 3n, ether(6), 0n, 0n, 0n, 0n],
        ["OperatorSnapshot", 7n, 3n, ether(6), false, [0n, 0n, 80n, 0x400n]],
        ["RoundEnded", 3n, 0n, 0n, 0n, 0n, 0n, 10n ** 27n],
        ...caps.map((cap, group) => ["GroupSnapshotTaken", BigInt(group), 3n, cap, weights[group], levels[group]]),
        ["RoundCompleted", 3n, snapshot, GAIN + EARNED + MOST_GAIN, ether("4.5")],
      ]);

      expect([...(await allocator.poolSnapshot())]).to.deep.equal(snapshot);
      expect([...(await allocator.snapshotScope())]).to.deep.equal([7n, 3_333n, 500n]);
      expect((await allocator.openRound()).round).to.equal(0n);
      expect([await allocator.committed(), await allocator.unbonding()]).to.deep.equal([healthy + ether(6), ether(2)]);

      const fourth = ether("25.5") + MOST_GAIN;
      const sums = [
        [healthy, ether(12), 7n, ether(8)],
        [ether("25.1") + MOST_GAIN, ether(12), 4n, ether(8)],
        [ether("12.1"), ether(5), 2n, ether(8)],
        [ether("17.55"), 0n, 2n, 0n],
        [fourth, ether(7), 4n, 0n],
        [0n, 0n, 0n, 0n], // nobody is left in it
      ];
      for (const [group, [position, others, members, faulted]] of sums.entries()) {
        const expected = [levels[group], caps[group], position, others, members, 3n, faulted, weights[group], 0n];
        expect([...(await allocator.groupSnapshot(group))], `group ${group}`).to.deep.equal(expected);
      }

      const [first, second, third] = [start + 87_000n, start + 87_100n, start + 90_400n];
      const positions = [
        [ether("12.1"), 0n, first, 0n, false, false],
        [ether(9), 0n, first, 0n, false, false],
        [ether(6), ether(2), start, 1n, true, false],
        [ether("6.5"), 0n, second, 0n, false, false],
        [ether("11.05"), 0n, second, 0n, false, false],
        [ether(4) + MOST_GAIN, 0n, second, 0n, false, false],
        [ether(6), 0n, third, 0n, false, false],
      ];
      for (const [index, expected] of positions.entries()) {
        expect([...(await allocator.positionOf(index + 1))], `operator ${index + 1}`).to.deep.equal(expected);
        const { base, dueAmount, dueAt, hasMore, lossSince } = await allocator.recordOf(index + 1);
        // What a pool owes that fails has its time from then on.
        const [due, until] = index === 2 ? [ether(2), first + UNBONDING] : [0n, 0n];
        expect([base, dueAmount, dueAt, hasMore, lossSince]).to.deep.equal([expected[0], due, until, false, 0n]);
      }

      const targets = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((id) => allocator.targetOf(id)));
      // Of the second and the sixth by the level of the fourth group, of the others by their own caps.
      const bound = [20, "16.5", 0, "6.5", 11, "4.125", 0, 0].map(ether);
      expect(targets).to.deep.equal(bound);
    });

    it("holds operators to the policy's shares as they were when it began", async () => {
      const world = await load();
      const { allocator, registry, start } = world;
      await at(start + 87_000n);
      await allocator.settle(100, PAGE);
      const before = await allocator.targetOf(1);
      const { guardianShareBps } = await registry.policy();
      await registry
        .connect(await asNotice(world))
        .setPolicy({ poolShareBps: 500, netShareBps: 100, guardianShareBps, bondRatio: 10 });
      expect(await allocator.targetOf(1))
        .to.equal(before)
        .and.to.equal(ether(20));

      await at(start + 2n * DAY);
      await allocator.settle(100, PAGE);

      const { total, faultedStake } = await allocator.poolSnapshot();
      expect(await allocator.targetOf(1)).to.equal((total + faultedStake) / 20n);
      expect(await allocator.targetOf(6)).to.equal(ether(3)); // one per cent of N less the 7 of others
      expect([...(await allocator.snapshotScope())]).to.deep.equal([7n, 500n, 100n]);
    });

    it("releases gains over the time that they took on average, each by its amount, and at least a day", async () => {
      const { allocator, metaPool, hostile } = await networkHelpers.loadFixture(deployTwo);
      // Money that nobody asked for, at the first reading, which knows of no time: not since 1970.
      await hostile[0]!.oweMore(ether(1));
      const begin = await allocator.nextRoundAt();
      await at(begin);
      expect(await logsOf(allocator.settle(100, PAGE), metaPool)).to.deep.equal([
        ["RoundBegun", 1n],
        ["GainBooked", ether(1)],
        ["Returned", ether(1)],
        ["RoundEnded", 1n, ether(1), 0n, 0n, ether(1), begin + DAY, (101n * 10n ** 27n) / 100n],
      ]);
      await allocator.rebalance([up(1, ether(20)), up(2, ether(20))], PAGE);

      await hostile[0]!.reward({ value: ether("0.1") });
      await at(begin + 2n * DAY);
      await allocator.settle(1, PAGE);
      await hostile[1]!.reward({ value: ether("0.3") });
      await at(begin + 216_000n);
      const price = (amount: string) => (ether(amount) * 10n ** 27n) / ether(100);
      // A quarter of it took 172,800 seconds and three quarters 216,000.
      expect(await logsOf(allocator.settle(100, PAGE), metaPool)).to.deep.equal([
        ["GainBooked", ether("0.3")],
        ["RoundEnded", 2n, ether("0.4"), 0n, 0n, ether("0.4"), begin + 216_000n + 205_200n, price("101.4")],
      ]);

      await hostile[0]!.reward({ value: ether("0.2") });
      await at(begin + 6n * DAY);
      expect(await logsOf(allocator.settle(100, PAGE), metaPool)).to.deep.equal([
        ["RoundBegun", 3n],
        ["GainBooked", ether("0.2")],
        ["RoundEnded", 3n, ether("0.2"), 0n, 0n, ether("0.2"), begin + 10n * DAY, price("101.6")],
      ]);
    });
  });
});

async function deployTwo() {
  const world = await deployWorld({ hostile: 2, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await world.eve.sendTransaction({ to: world.hostile[0]!, value: ether(1) });
  return world;
}
