/** The level checks on small snapshots that are written down here: what a page may hold, which groups take a level. */
import { expect } from "chai";

import type { Problem } from "../../src/allocation/problem.ts";
import type { Sheet } from "../../src/allocation/types.ts";
import type { LevelsHarness } from "../../types/contracts/mocks/LevelsHarness.ts";
import {
  delegate,
  deployWorld,
  ether,
  ethers,
  LOOSE,
  networkHelpers,
  nextRound,
  NO_SHARE,
  PAGE,
  WAD,
  type World,
} from "../fixtures/allocator.ts";
import { deployLevels, pose, send } from "../fixtures/levels.ts";

/** Each of these operators takes 10 ether at that level: ten times its weight. */
const TEN = 10n * WAD * WAD;

const operator = (groups: number[], weight = 1n) => ({ cap: ether(1_000), weight, groups });

/** Three operators of 10 ether each: one in both groups, one in the second alone, one in none. */
const THREE: Problem = {
  total: ether(30),
  operators: [operator([1, 2]), operator([0, 2]), operator([])],
  groups: [
    { id: 1, cap: ether(10) },
    { id: 2, cap: ether(20) },
  ],
};
/** The same with a third group, of nobody. */
const FOUR_SUMS: Problem = { ...THREE, groups: [...THREE.groups, { id: 3, cap: ether(5) }] };
/** Enough for what the tests here check. */
const GAS = { gasLimit: 1_500_000n } as const;
const FULL: Sheet = [{ group: 0, level: TEN }];

/** The checks, about to judge a sheet on a snapshot of `problem`. */
async function judge(problem: Problem) {
  const harness = await networkHelpers.loadFixture(deployLevels);
  await pose(harness, problem);
  return harness;
}

/** Sends a sheet: what the call returns, and the event that comes of it. */
async function check(harness: LevelsHarness, sheet: Sheet, maxOperators = 10) {
  const returned = await harness.certifyLevels.staticCall([...sheet], maxOperators, GAS);
  return { returned, ...(await send(harness, sheet, maxOperators)) };
}

const CERTIFIED = { returned: true, name: "LevelsCertified" };
const progress = (cursor: bigint) => ({ returned: false, name: "LevelsProgress", cursor });
const rejected = (group: bigint, sum: bigint, cap: bigint) => ({
  ...{ returned: false, name: "LevelsRejected" },
  ...{ group, sum, cap },
});

/** What operators may hold once a sheet has passed that is checked one by one. */
async function targetsInPages(problem: Problem, sheet: Sheet): Promise<bigint[]> {
  const harness = await judge(problem);
  for (const cursor of [1n, 2n]) expect(await check(harness, sheet, 1)).to.deep.equal(progress(cursor));
  expect(await check(harness, sheet, 1)).to.deep.equal(CERTIFIED);
  return [...(await harness.targets())];
}

/** Three operators of a pool of 100 ether, without a round yet; its network has no stake but what `honest` ones bring. */
function deploy(netShareBps: number, honest: { bond: bigint }[]) {
  return deployWorld({
    hostile: 3,
    honest,
    stake: ether("99.9"),
    parameters: { policy: { netShareBps }, allocator: LOOSE },
  });
}
const deployUnbounded = () => deploy(NO_SHARE, []);
const deployBounded = () => deploy(2_000, [{ bond: ether(500) }]);

/** Begins a round in which the network does not answer; whether a sheet without levels passes then. */
async function passesUnread(world: World): Promise<boolean> {
  const { allocator, network } = world;
  await networkHelpers.setCode(await network.getAddress(), "0x");
  await nextRound(world);
  expect((await allocator.poolSnapshot()).networkStake).to.equal(0n);
  await allocator.certifyLevels([], 10, PAGE);
  return (await allocator.poolSnapshot()).certified;
}

describe("Levels", () => {
  describe("a page", () => {
    it("that cannot hold one operator is refused, and told what it needs", async () => {
      const harness = await judge(THREE);
      expect(await harness.certifyLevels.staticCall([...FULL], 10, GAS)).to.equal(true);
      const errors = await ethers.getContractAt("IAllocator", ethers.ZeroAddress);
      // 35,000 for each of three groups and four more, 40,000 for the operator.
      await expect(harness.certifyLevels([...FULL], 10, { gasLimit: 300_000 }))
        .to.be.revertedWithCustomError(errors, "TooLittleGas")
        .withArgs((left: bigint) => left < 279_000n, 285_000n);
    });

    it("of no operators says that it checked none, and does no harm", async () => {
      const harness = await judge(THREE);
      expect(await check(harness, FULL, 0)).to.deep.equal(progress(0n));
      expect(await harness.isCertified()).to.equal(false);
      expect(await check(harness, FULL)).to.deep.equal(CERTIFIED);
    });

    it("hands the sums of an even and of an odd number of groups on to the next", async () => {
      for (const problem of [THREE, FOUR_SUMS]) {
        expect(await targetsInPages(problem, FULL)).to.deep.equal([ether(10), ether(10), ether(10)]);
      }
      // The last group's sum counts over pages, too: two of its members fill it, a third is too much.
      const last = { id: 3, cap: ether(20) };
      const members = [operator([3]), operator([3]), operator([])];
      const full = { ...FOUR_SUMS, groups: [...THREE.groups, last], operators: members };
      const both = [...FULL, { group: 3, level: TEN }];
      expect(await targetsInPages(full, both)).to.deep.equal([ether(10), ether(10), ether(10)]);
      const harness = await judge({ ...full, operators: [...members.slice(0, 2), operator([3])] });
      for (const cursor of [1n, 2n]) expect(await check(harness, both, 1)).to.deep.equal(progress(cursor));
      expect(await check(harness, both, 1)).to.deep.equal(rejected(3n, ether(30), ether(20)));
      // For good, and whoever sends it.
      expect(await harness.certifyLevels.staticCall([...both], 10, GAS)).to.equal(false);
    });
  });

  describe("a sheet", () => {
    it("may not name a group without a cap, or without a member that can take stake", async () => {
      const harness = await judge({
        total: ether(30),
        operators: [operator([1]), operator([2], 0n), { ...operator([3]), cap: 0n }, operator([4])],
        groups: [
          { id: 1, cap: null },
          { id: 2, cap: ether(1) },
          { id: 3, cap: ether(1) },
          { id: 4, cap: ether(10) },
        ],
      });
      const errors = await ethers.getContractAt("IAllocator", ethers.ZeroAddress);
      for (const group of [1, 2, 3]) {
        await expect(harness.certifyLevels([{ group, level: TEN }], 10, GAS))
          .to.be.revertedWithCustomError(errors, "GroupWithoutLevel")
          .withArgs(group);
      }
      // A weight of one is enough. The other operator takes the rest of the pool.
      const sheet = [
        { group: 0, level: 2n * TEN },
        { group: 4, level: TEN },
      ];
      expect(await check(harness, sheet)).to.deep.equal(CERTIFIED);
      expect([...(await harness.targets())]).to.deep.equal([ether(20), 0n, 0n, ether(10)]);
    });

    it("that bounds nobody gives nothing to who has no weight", async () => {
      const none = { cap: ether(1_000), weight: 0n, groups: [] };
      const harness = await judge({
        total: ether(30),
        operators: [none, { ...operator([]), cap: ether(20) }],
        groups: [],
      });
      expect(await check(harness, [])).to.deep.equal(CERTIFIED);
      expect([...(await harness.targets())]).to.deep.equal([0n, ether(20)]);
    });

    it("is rejected for the first cap that an operator exceeds, the pool's before its groups'", async () => {
      const rejections = [
        [{ ...THREE, total: ether(5) }, 0n, ether(5)],
        [
          {
            ...THREE,
            groups: [
              { id: 1, cap: ether(9) },
              { id: 2, cap: ether(8) },
            ],
          },
          1n,
          ether(9),
        ],
        [
          {
            ...THREE,
            groups: [
              { id: 1, cap: ether(10) },
              { id: 2, cap: ether(8) },
            ],
          },
          2n,
          ether(8),
        ],
        [
          {
            ...THREE,
            groups: [
              { id: 1, cap: ether(9) },
              { id: 2, cap: ether(20) },
            ],
          },
          1n,
          ether(9),
        ],
      ] as const;
      for (const [problem, group, cap] of rejections) {
        expect(await check(await judge(problem), FULL)).to.deep.equal(rejected(group, ether(10), cap));
      }
    });

    it("waits for a network that cannot be read only where a share of it bounds stake that there is", async () => {
      const unbounded = await networkHelpers.loadFixture(deployUnbounded);
      await delegate(unbounded);
      expect(await passesUnread(unbounded)).to.equal(true);
      expect(await unbounded.allocator.targetOf(1)).to.equal(ether("33.33"));

      const empty = await networkHelpers.loadFixture(deployBounded);
      expect(await passesUnread(empty)).to.equal(true);
      expect(await empty.allocator.targetOf(1)).to.equal(0n);

      const bounded = await networkHelpers.loadFixture(deployBounded);
      await delegate(bounded);
      expect((await bounded.allocator.positionOf(1)).position).to.equal(ether("33.33"));
      await nextRound(bounded);
      expect(await bounded.allocator.certifyLevels.staticCall([], 10, PAGE)).to.equal(true);
      expect(await passesUnread(bounded)).to.equal(false);
    });
  });
});
