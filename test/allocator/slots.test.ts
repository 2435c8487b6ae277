/** What of the allocator's book legs, certificates and rounds touch: each word that does not change once, and none without need. */
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import {
  asNotice,
  certifyFair,
  delegate,
  deployWorld,
  down,
  ether,
  ethers,
  LOOSE,
  networkHelpers,
  nextEpoch,
  nextRound,
  NO_SHARE,
  PAGE,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { countsOf, slotIn, type SlotNames } from "../helpers/slots.ts";

const GAS = { gasLimit: 8_000_000n } as const;
const STATE = (BigInt(ethers.keccak256(ethers.toBeHex(BigInt(ethers.id("trellis.Allocator")) - 1n, 32))) >> 8n) << 8n;
/** As in AllocatorBook.State. */
const [CLASS0, RECORDS, GROUPS, CERTIFICATIONS, CLASS2] = [7n, 13n, 15n, 16n, 17n].map((slot) => STATE + slot);

const groupWords: SlotNames = new Map(
  [0n, 1n].flatMap((group): [bigint, string][] => {
    const first = slotIn(group, GROUPS!);
    return [
      [first, `level of ${group}`],
      [first + 1n, `sums of ${group}`],
      [first + 2n, `faulted of ${group}`],
    ];
  }),
);

/** Three pools under command with a third each of the first of two groups, which is capped; a round has completed. */
async function deploy() {
  const world = await deployWorld({
    hostile: 4,
    groups: [{ dimension: 1, absoluteCap: ether(90) }],
    groupsOf: [[1], [1], [1], []],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await nextRound(world);
  return world;
}

/** As `deploy`, with 25 ether at each pool, and another round. */
async function deployPlaced() {
  const world = await deploy();
  await delegate(world);
  await nextRound(world);
  return world;
}

/** Counts of reads and writes of named words by what `send` sends. */
function touched(send: Promise<ContractTransactionResponse>, names: SlotNames) {
  return countsOf(ethers.provider, send, names);
}

/** The same for legs of the first operator, and of the first two. */
async function ofOneAndTwo(load: () => Promise<World>, prepare: (world: World) => Promise<void>, legs: typeof up) {
  const counts = [];
  for (const ids of [[1], [1, 2]]) {
    const world = await load();
    await prepare(world);
    const sent = ids.map((id) => legs(id, ether(5)));
    expect(await world.allocator.rebalance.staticCall(sent, GAS)).to.deep.equal(ids.map(() => ether(5)));
    counts.push(await touched(world.allocator.rebalance(sent, GAS), groupWords));
  }
  return counts;
}

describe("Allocator", () => {
  describe("touches nothing twice or without need", () => {
    it("of groups: a second leg up in the same groups reads and writes none of their words again", async () => {
      const [one, two] = await ofOneAndTwo(
        () => networkHelpers.loadFixture(deploy),
        async () => undefined,
        up,
      );
      expect(Object.keys(one!).sort()).to.deep.equal([
        "faulted of 1",
        "level of 0",
        "level of 1",
        "sums of 0",
        "sums of 1",
      ]);
      expect(two).to.deep.equal(one);
      expect(one!["sums of 1"]!.writes).to.equal(1);
    });

    it("of groups: nor does a second leg down, out of a group that exceeds its cap", async () => {
      const [one, two] = await ofOneAndTwo(
        () => networkHelpers.loadFixture(deployPlaced),
        async (world) => {
          const group = { dimension: 1, poolShareBps: NO_SHARE, netShareBps: NO_SHARE, absoluteCap: ether(60) };
          await world.registry.connect(await asNotice(world)).setGroup(1, group);
          await nextRound(world);
        },
        down,
      );
      expect(two).to.deep.equal(one);
      expect(one!["sums of 1"]!.writes).to.equal(1);
    });

    it("of what violations and optimisation used: only legs of that class", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const { allocator, registry } = world;
      await registry.connect(await asNotice(world)).setWeightBounds(1, 10, 10);
      await registry.connect(await asNotice(world)).lowerAbsoluteCap(2, ether(20));
      await nextRound(world);
      expect(await certifyFair(world)).to.equal(true);
      const { round } = await allocator.poolSnapshot();
      const names = new Map([
        [CLASS0!, "class 0"],
        [slotIn(round, CLASS2!), "class 2"],
        [slotIn(1n, RECORDS!) + 1n, "class 1"],
      ]);

      const optimising = await touched(allocator.rebalance([down(1, ether(3))], GAS), names);
      expect(Object.keys(optimising)).to.deep.equal(["class 2"]);
      const violating = await touched(allocator.rebalance([down(2, ether(3))], GAS), names);
      expect(Object.keys(violating).filter((name) => violating[name]!.writes !== 0)).to.deep.equal(["class 0"]);
    });

    it("of what optimisation used in earlier rounds: once, however many legs ask", async () => {
      const counts = [];
      for (const amounts of [[ether(2)], [ether(1), ether(1)]]) {
        const world = await networkHelpers.loadFixture(deployPlaced);
        const { allocator, registry } = world;
        await registry.connect(await asNotice(world)).setWeightBounds(1, 10, 10);
        await nextRound(world);
        expect(await certifyFair(world)).to.equal(true);
        const { round } = await allocator.poolSnapshot();
        const names = new Map([[slotIn(round - 1n, CLASS2!), "class 2 of the round before"]]);
        const legs = amounts.map((amount) => down(1, amount));
        expect(await allocator.rebalance.staticCall(legs, GAS)).to.deep.equal(amounts);
        counts.push(await touched(allocator.rebalance(legs, GAS), names));
      }
      expect(counts[0]).to.deep.equal({ "class 2 of the round before": { reads: 1, writes: 0 } });
      expect(counts[1]).to.deep.equal(counts[0]);
    });

    it("of a sheet: the first page reads no sums, the next one all that it wrote", async () => {
      const { allocator } = await networkHelpers.loadFixture(deploy);
      const { round } = await allocator.poolSnapshot();
      const { level } = await allocator.groupSnapshot(0);
      const sheet = [{ group: 0n, level }];
      const coder = ethers.AbiCoder.defaultAbiCoder();
      const key = ethers.keccak256(coder.encode(["uint32", "tuple(uint256 group, uint256 level)[]"], [round, sheet]));
      const names = new Map([[slotIn(0n, slotIn(key, CERTIFICATIONS!) + 1n), "sums"]]);

      const first = await touched(allocator.certifyLevels(sheet, 2, PAGE), names);
      expect(first).to.deep.equal({ sums: { reads: 0, writes: 1 } });
      const next = await touched(allocator.certifyLevels(sheet, 1, PAGE), names);
      expect(next).to.deep.equal({ sums: { reads: 1, writes: 1 } });
    });

    it("of what losses left: a reading without any", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      await nextEpoch(world);
      const names = new Map([1n, 2n, 3n, 4n].map((id) => [slotIn(id, RECORDS!) + 1n, `record of ${id}`]));
      expect(await touched(world.allocator.settle(100, PAGE), names)).to.deep.equal({});
    });
  });
});
