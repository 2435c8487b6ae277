/** T, N, what exits lack and what budgets are used, as they are at this moment, to the wei. */
import { expect } from "chai";

import {
  asNotice,
  delegate,
  deployWorld,
  down,
  ether,
  ethers,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
  NO_CAP,
  type World,
} from "../fixtures/allocator.ts";

/** Three pools under command, full with 20 of 100 ether each, the first with 5 more on their way. */
async function deploy() {
  const world = await deployWorld({
    hostile: 3,
    stake: ether("99.9"),
    absoluteCaps: [ether(25), ether(20), ether(20)],
    parameters: { allocator: LOOSE, pool: { bufferTargetBps: 1_000 } },
  });
  await delegate(world);
  await world.registry.connect(await asNotice(world)).lowerAbsoluteCap(1, ether(20));
  await move(world, [down(1, ether(5))]);
  return world;
}

function load() {
  return networkHelpers.loadFixture(deploy);
}

/** Code that answers every call with `bytes` of a word, or reverts with them. */
function answering(word: bigint, bytes: number, opcode: "f3" | "fd" = "f3"): string {
  return ethers.concat(["0x7f", ethers.toBeHex(word, 32), "0x60005260", ethers.toBeHex(bytes), `0x6000${opcode}`]);
}

async function liveOf({ allocator }: World): Promise<bigint[]> {
  const { total, faultedStake } = await allocator.liveTotals();
  return [total, faultedStake, await allocator.liveNeed()];
}

describe("Allocator", () => {
  describe("liveTotals and liveNeed", () => {
    it("leave out what exits and the buffer are to have, and what faulted operators hold or owe", async () => {
      const world = await load();
      const { metaPool, hostile, alice } = world;
      // The buffer's 35 cover its target of 10.
      expect(await liveOf(world)).to.deep.equal([ether(90), 0n, 0n]);
      // 50 are owed; the target is a tenth of the other 50. The buffer and what is on its way are 40.
      await metaPool.connect(alice).unstake(ether(50));
      expect(await liveOf(world)).to.deep.equal([ether(45), 0n, ether(15)]);

      await hostile[0]!.setMode(Mode.reverts);
      await nextRound(world);
      // The first has 25, of which 5 were to come.
      expect(await liveOf(world)).to.deep.equal([ether(20), ether(25), ether(20)]);
      const { total, faultedStake, need, healthy } = await world.allocator.poolSnapshot();
      expect([total, faultedStake, need, healthy]).to.deep.equal([ether(20), ether(25), ether(20), ether(40)]);
    });

    it("ask for nothing while the buffer's target pays for what lacks to a gwei", async () => {
      const world = await networkHelpers.loadFixture(deployFull);
      const { metaPool, alice } = world;
      // Each wei that leaves lowers the target by a tenth of it.
      for (const [amount, need] of [
        [1_111_111_111n, 0n],
        [1n, 1_000_000_000n],
      ] as const) {
        await metaPool.connect(alice).unstake(amount);
        expect(await world.allocator.liveNeed()).to.equal(need);
      }
    });

    it("ask for a single wei where there is no target", async () => {
      const world = await networkHelpers.loadFixture(deployWithoutTarget);
      await world.metaPool.connect(world.alice).unstake(1n);
      expect(await world.allocator.liveNeed()).to.equal(1n);
    });

    it("read the network's stake from one whole word, up to what a slot holds, and from nothing less", async () => {
      const { allocator, network } = await load();
      const address = await network.getAddress();
      for (const [code, expected] of [
        [answering(ether(7), 32), ether(7)],
        [answering(ether(7), 64), ether(7)],
        [answering(NO_CAP, 32), NO_CAP],
        [answering(ethers.MaxUint256, 32), NO_CAP],
        [answering(ethers.MaxUint256, 31), 0n],
        [answering(ether(7), 32, "fd"), 0n],
        ["0x", 0n],
      ] as const) {
        await networkHelpers.setCode(address, code);
        expect((await allocator.liveTotals()).networkStake, code).to.equal(expected);
      }
    });
  });

  describe("budgetsUsed", () => {
    it("begins with nothing, before the first round, too", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployNew);
      expect([...(await allocator.budgetsUsed())]).to.deep.equal([0n, 0n]);
    });

    it("counts what class 0 took since the last round", async () => {
      const world = await load();
      const { allocator } = world;
      expect([...(await allocator.budgetsUsed())]).to.deep.equal([ether(5), 0n]);
      await nextRound(world);
      expect([...(await allocator.budgetsUsed())]).to.deep.equal([0n, 0n]);
    });
  });
});

/** Four pools that hold all but the buffer's target, of which exactly a tenth of the assets is there. */
async function deployFull() {
  const world = await deployWorld({
    hostile: 4,
    stake: ether("99.9"),
    parameters: { allocator: LOOSE, pool: { bufferTargetBps: 1_000 } },
  });
  await delegate(world);
  return world;
}

async function deployWithoutTarget() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await delegate(world);
  return world;
}

function deployNew() {
  return deployWorld();
}
