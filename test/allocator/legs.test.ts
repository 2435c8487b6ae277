/** What legs move, charge, book and emit, to the wei. */
import { expect } from "chai";

import {
  all,
  asNotice,
  certifyFair,
  deployWorld,
  down,
  EPOCH,
  ether,
  ethers,
  LOOSE,
  Mode,
  networkHelpers,
  nextRound,
  Skip,
  up,
  type World,
} from "../fixtures/allocator.ts";

/** Enough for the legs of these tests. */
const GAS = { gasLimit: 8_000_000n } as const;
const NOTHING = [0n, 0n, 0n];
const WEI = 1n;

/** Four pools under command and 100 ether of which nothing is delegated; a round has completed. */
async function deployIdle() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  await nextRound(world);
  return world;
}

/** As `deployIdle`, with 25 ether at each pool, and another round. */
async function deployPlaced() {
  const world = await deployIdle();
  await world.allocator.rebalance(all("up", 4), GAS);
  await nextRound(world);
  return world;
}

/** Five ether of the first pool are on their way to exits of eight. */
async function deployAsked() {
  const world = await deployPlaced();
  await world.metaPool.connect(world.alice).unstake(ether(8));
  await nextRound(world);
  await world.allocator.rebalance([down(1, ether(5))], GAS);
  return world;
}

/** Of 25 ether at the first pool, 3 are above its cap, exits need 5, and its target is 14. */
async function deployThreeClasses() {
  const world = await deployPlaced();
  const { metaPool, registry, alice } = world;
  const notice = registry.connect(await asNotice(world));
  for (const [index, weight] of [14, 27, 27, 27].entries()) await notice.setWeightBounds(index + 1, weight, weight);
  await notice.setAbsoluteCap(1, ether(22));
  await metaPool.connect(alice).unstake(ether(5));
  await nextRound(world);
  expect(await certifyFair(world)).to.equal(true);
  return world;
}

/** Two operators that share the third of four groups, another in none; all in the second dimension alone. */
async function deployGrouped() {
  const world = await deployWorld({
    hostile: 3,
    groups: [{ dimension: 2 }, { dimension: 2 }, { dimension: 2 }, { dimension: 2 }],
    groupsOf: [[0, 3], [0, 3], []],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await nextRound(world);
  return world;
}

/** Sends legs; returns all that allocator and meta pool said, each event as its name and arguments. */
async function eventsOf({ allocator, metaPool }: World, ...legs: ReturnType<typeof up>[]): Promise<unknown[][]> {
  const receipt = (await (await allocator.rebalance(legs, GAS)).wait())!;
  const own = ethers.getAddress(await allocator.getAddress());
  return receipt.logs.flatMap((log) => {
    const event = (log.address === own ? allocator : metaPool).interface.parseLog(log);
    return event === null ? [] : [[event.name, ...(event.args.toArray(true) as unknown[])]];
  });
}

/** Says that these operators may hold nothing. */
async function drain(world: World, ...ids: number[]): Promise<void> {
  const notice = await asNotice(world);
  for (const id of ids) await world.registry.connect(notice).drain(id);
}

/** What an operator holds: position and unbonding. */
async function heldBy({ allocator }: World, id: number): Promise<bigint[]> {
  const { position, unbonding } = await allocator.positionOf(id);
  return [position, unbonding];
}

describe("Allocator", () => {
  describe("legs", () => {
    it("say what one of them needs, and are carried out whole as far as that is there", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployIdle);
      // Two frames of one and a quarter million with the 64th that EIP-150 keeps, and half a million beside them.
      await expect(allocator.rebalance.staticCall(all("up", 4), { gasLimit: 3_000_000n }))
        .to.be.revertedWithCustomError(allocator, "TooLittleGas")
        .withArgs((left: bigint) => left < 3_000_000n, 3_039_682n);

      let moved: bigint[] = [];
      for (let gasLimit = 3_050_000n; (moved[0] ?? 0n) === 0n && gasLimit < 4_000_000n; gasLimit += 25_000n) {
        moved = await allocator.rebalance.staticCall(all("up", 4), { gasLimit }).catch(() => []);
      }
      expect(moved).to.deep.equal([ether(25), 0n, 0n, 0n]);
    });

    it("take what they ask for out of the buffer once, and return what they did not use, to the wei", async () => {
      const world = await networkHelpers.loadFixture(deployIdle);
      const { allocator, metaPool } = world;
      expect(await eventsOf(world, up(1, ether(25) + WEI))).to.deep.equal([
        ["Funded", ether(25) + WEI],
        ["Moved", 1n, true, ether(25) + WEI, ether(25), ether(25), 0n, NOTHING],
        ["Returned", WEI],
      ]);
      expect(await eventsOf(world, up(2, WEI))).to.deep.equal([
        ["Funded", WEI],
        ["LegSkipped", 2n, true, WEI, ether(25), Skip.belowMinMove],
        ["Returned", WEI],
      ]);
      expect(await ethers.provider.getBalance(allocator)).to.equal(0n);
      const { buffer, delegated } = await metaPool.getBook();
      expect([buffer, delegated]).to.deep.equal([ether(75), ether(25)]);
    });

    it("down touch neither the buffer nor what exits were charged with, if they are of class 0", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const { allocator } = world;
      await drain(world, 1);
      expect(await eventsOf(world, down(1, WEI), down(1, ether(4)), down(1, ether(100)))).to.deep.equal([
        ["LegSkipped", 1n, false, WEI, WEI, Skip.belowMinMove],
        ["Moved", 1n, false, ether(4), ether(4), ether(21), ether(4), [ether(4), 0n, 0n]],
        ["Moved", 1n, false, ether(100), ether(21), 0n, ether(25), [ether(21), 0n, 0n]],
      ]);
      expect(await allocator.budgetsUsed()).to.deep.equal([ether(25), 0n]);
      const { class1Taken, class1Round } = await allocator.recordOf(1);
      expect([class1Taken, class1Round]).to.deep.equal([0n, 0n]);
      expect([await allocator.committed(), await allocator.unbonding()]).to.deep.equal([ether(75), ether(25)]);
    });

    it("spend nobody else's ether when the meta pool is in the middle of a payment", async () => {
      const world = await networkHelpers.loadFixture(deployIdle);
      const { allocator, metaPool, alice, hostile } = world;
      const account = await ethers.deployContract("PaidAccount");
      await metaPool.connect(alice).transfer(account, ether(10));
      const call = (name: "unstake" | "withdraw_all", args: bigint[]) =>
        account.execute(metaPool, 0n, metaPool.interface.encodeFunctionData(name as "unstake", args as [bigint]), GAS);
      await call("unstake", [ether(10)]);
      await nextRound(world);
      await metaPool.fundExits(10);
      await networkHelpers.time.increase(8n * EPOCH);
      await networkHelpers.setBalance(await allocator.getAddress(), ether(3));
      await account.setCalls(allocator, [allocator.interface.encodeFunctionData("rebalance", [[up(1, ether(2))]])]);

      const payment = call("withdraw_all", []);
      await expect(payment).to.emit(allocator, "LegSkipped").withArgs(1n, true, ether(2), ether(2), Skip.poolFailed);
      await expect(payment).not.to.emit(metaPool, "LossBooked");
      expect((await account.answers()).successes).to.deep.equal([true]);
      expect(await ethers.provider.getBalance(allocator)).to.equal(ether(3));
      expect(await hostile[0]!.staked()).to.equal(0n);
      expect(await heldBy(world, 1)).to.deep.equal([0n, 0n]);
    });
  });

  describe("a leg down of three classes", () => {
    it("charges each in order with what it takes", async () => {
      const world = await networkHelpers.loadFixture(deployThreeClasses);
      const { allocator } = world;
      const { round } = await allocator.poolSnapshot();
      expect((await allocator.roomsOf(1, 1))[0]!.down).to.deep.equal([ether(3), ether(2), ether(6)]);
      const untouched = await networkHelpers.takeSnapshot();
      for (const [amount, charged] of [
        [ether(100), [ether(3), ether(2), ether(6)]],
        [ether(5) + WEI, [ether(3), ether(2), WEI]],
        [ether(3) + WEI, [ether(3), WEI, 0n]],
        [ether(2), [ether(2), 0n, 0n]],
      ] as const) {
        const moved = charged[0] + charged[1] + charged[2];
        expect(await eventsOf(world, down(1, amount))).to.deep.equal([
          ["Moved", 1n, false, amount, moved, ether(25) - moved, moved, [...charged]],
        ]);
        expect(await allocator.budgetsUsed()).to.deep.equal([charged[0], charged[2]]);
        const { class1Taken, class1Round } = await allocator.recordOf(1);
        expect([class1Taken, class1Round]).to.deep.equal([charged[1], charged[1] === 0n ? 0n : round]);
        expect(await allocator.liveNeed()).to.equal(moved < ether(5) ? ether(5) - moved : 0n);
        await untouched.restore();
      }
      // In two legs of one call: what the first has taken is no violation any more, and no need.
      expect((await eventsOf(world, down(1, ether(4)), down(1, ether(100)))).map((event) => event[7])).to.deep.equal([
        [ether(3), ether(1), 0n],
        [0n, ether(1), ether(6)],
      ]);
      expect((await allocator.recordOf(1)).class1Taken).to.equal(ether(2));
    });

    it("charges the first wei above a cap", async () => {
      const world = await networkHelpers.loadFixture(deployThreeClasses);
      const { allocator, registry } = world;
      await registry.connect(await asNotice(world)).setAbsoluteCap(1, ether(25) - WEI);
      await nextRound(world);
      const [, , , , , , , charged] = (await eventsOf(world, down(1, ether(1))))[0]!;
      expect(charged).to.deep.equal([WEI, ether(1) - WEI, 0n]);
      expect(await allocator.budgetsUsed()).to.deep.equal([WEI, 0n]);
    });

    it("charges only what the pool still had, the first classes first", async () => {
      const world = await networkHelpers.loadFixture(deployThreeClasses);
      const { allocator, hostile } = world;
      const untouched = await networkHelpers.takeSnapshot();
      for (const [left, charged] of [
        [ether(9), [ether(3), ether(2), ether(4)]],
        [ether(4), [ether(3), ether(1), 0n]],
        [ether(2), [ether(2), 0n, 0n]],
      ] as const) {
        await hostile[0]!.lose(ether(25) - left);
        const [moved, booked] = await eventsOf(world, down(1, ether(100)));
        expect(moved).to.deep.equal(["Moved", 1n, false, ether(100), left, 0n, left, [...charged]]);
        expect(booked!.slice(0, 2)).to.deep.equal(["LossBooked", ether(25) - left]);
        expect(await allocator.budgetsUsed()).to.deep.equal([charged[0], charged[2]]);
        expect((await allocator.recordOf(1)).class1Taken).to.equal(charged[1]);
        await untouched.restore();
      }
    });

    it("charges exits with a new round's legs alone", async () => {
      const world = await networkHelpers.loadFixture(deployAsked);
      const { allocator, metaPool, alice } = world;
      expect((await allocator.recordOf(1)).class1Taken).to.equal(ether(5));
      await allocator.rebalance([down(2, ether(3))], GAS);
      await nextRound(world);
      await metaPool.connect(alice).unstake(ether(4));
      await nextRound(world);
      const { need } = await allocator.poolSnapshot();
      expect(need).to.be.greaterThan(ether(1));
      await allocator.rebalance([down(1, ether(1))], GAS);
      const { class1Taken, class1Round } = await allocator.recordOf(1);
      expect([class1Taken, class1Round]).to.deep.equal([ether(1), (await allocator.poolSnapshot()).round]);
    });
  });

  describe("a leg at a pool that shows less or more than is booked", () => {
    it("adds up the losses of all pools, a wei too, and notes each for the next reading", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const { allocator, metaPool, hostile } = world;
      await drain(world, 1, 2, 3);
      for (const [index, loss] of [ether(1), ether(2), WEI].entries()) await hostile[index]!.lose(loss);
      const losses = async (...legs: ReturnType<typeof up>[]) =>
        (await eventsOf(world, ...legs)).filter(([name]) => name === "LossBooked").map((event) => event[1]);
      expect(await losses(down(1, ether(5)), down(2, ether(5)))).to.deep.equal([ether(3)]);
      expect(await losses(down(3, ether(5)))).to.deep.equal([WEI]);
      expect(await losses(down(3, ether(5)))).to.deep.equal([]);

      const held = [await heldBy(world, 1), await heldBy(world, 2), await heldBy(world, 3)];
      expect(held).to.deep.equal([
        [ether(19), ether(5)],
        [ether(18), ether(5)],
        [ether(15) - WEI, ether(10)],
      ]);
      const noted: unknown[] = [];
      for (const id of [1, 2, 3, 4]) {
        const { lossSince, hasMore } = await allocator.recordOf(id);
        noted.push([lossSince, hasMore]);
      }
      expect(noted).to.deep.equal([
        [ether(1), true],
        [ether(2), true],
        [WEI, true],
        [0n, false],
      ]);
      expect((await metaPool.getBook()).delegated).to.equal(ether(97) - WEI);
    });

    it("moves nothing, down, if what was on its way lost more than the leg asks for", async () => {
      const world = await networkHelpers.loadFixture(deployAsked);
      const { allocator, hostile } = world;
      await hostile[0]!.loseUnstaked(ether(3));
      const [moved, booked] = await eventsOf(world, down(1, ether(2)));
      expect(moved).to.deep.equal(["Moved", 1n, false, ether(2), 0n, ether(18), ether(4), NOTHING]);
      expect(booked!.slice(0, 2)).to.deep.equal(["LossBooked", ether(3)]);
      expect((await allocator.recordOf(1)).class1Taken).to.equal(ether(5));
      expect(await allocator.liveNeed()).to.equal(ether("3.76")); // exits of eight in a hundred bear 0.24 of the loss
    });

    it("leaves what was on its way alone, up, whatever the pool shows", async () => {
      const world = await networkHelpers.loadFixture(deployAsked);
      const { metaPool, bob, hostile } = world;
      await drain(world, 3);
      await eventsOf(world, down(3, ether(100)));
      await metaPool.connect(bob).deposit_and_stake({ value: ether(20) });
      expect((await eventsOf(world, up(1, ether(1))))[1]).to.deep.equal([
        ...["Moved", 1n, true, ether(1), ether(1), ether(21), ether(5), NOTHING],
      ]);
      await hostile[0]!.reward({ value: ether(7) });
      expect(await eventsOf(world, up(1, ether(1)))).to.deep.equal([
        ["Funded", ether(1)],
        ["Moved", 1n, true, ether(1), ether(1), ether(22), ether(5), NOTHING],
      ]);
      await hostile[0]!.lose(ether(9));
      const [, moved, booked] = await eventsOf(world, up(1, ether(1)));
      expect(moved).to.deep.equal(["Moved", 1n, true, ether(1), ether(1), ether(21), ether(5), NOTHING]);
      expect(booked!.slice(0, 2)).to.deep.equal(["LossBooked", ether(2)]);
    });

    it("leaves nothing behind of who may hold nothing, and books no more than it held", async () => {
      const world = await networkHelpers.loadFixture(deployAsked);
      const { hostile } = world;
      await drain(world, 1);
      await hostile[0]!.reward({ value: WEI });
      await hostile[0]!.oweMore(ether(2));
      expect(await eventsOf(world, down(1, ether(6)), down(1, ether(14)))).to.deep.equal([
        ["Moved", 1n, false, ether(6), ether(6), ether(14), ether(11), [ether(6), 0n, 0n]],
        ["Moved", 1n, false, ether(14), ether(14), 0n, ether(25), [ether(14), 0n, 0n]],
      ]);
      expect([await hostile[0]!.staked(), await hostile[0]!.unstaked()]).to.deep.equal([0n, ether(27) + WEI]);
    });

    it("books what a pool refuses as not moved", async () => {
      const world = await networkHelpers.loadFixture(deployAsked);
      await world.hostile[0]!.setMode(Mode.revertsOnUnstake);
      expect(await eventsOf(world, down(1, ether(2)))).to.deep.equal([
        ["LegSkipped", 1n, false, ether(2), ether(2), Skip.poolFailed],
      ]);
      expect(await heldBy(world, 1)).to.deep.equal([ether(20), ether(5)]);
    });
  });

  describe("what a leg asks back", () => {
    it("is due as the first leg asked for it, and not before the reading while a round is due", async () => {
      const world = await networkHelpers.loadFixture(deployAsked);
      const { allocator } = world;
      const dueOf = async (id: number) => {
        const { dueAmount, dueAt } = await allocator.recordOf(id);
        return [dueAmount, dueAt];
      };
      expect(await dueOf(1)).to.deep.equal([ether(5), 0n]);
      await allocator.rebalance([down(1, ether(1))], GAS);
      expect(await heldBy(world, 1)).to.deep.equal([ether(19), ether(6)]);
      expect(await dueOf(1)).to.deep.equal([ether(5), 0n]);

      await networkHelpers.time.increase(EPOCH);
      await allocator.rebalance([down(2, ether(1))], GAS);
      expect(await heldBy(world, 2)).to.deep.equal([ether(24), ether(1)]);
      expect(await dueOf(2)).to.deep.equal([0n, 0n]);
    });
  });

  describe("the sums of groups", () => {
    it("follow every leg of a call, down to zero, in the groups of each operator alone", async () => {
      const world = await networkHelpers.loadFixture(deployGrouped);
      const { allocator } = world;
      const sums = async () => {
        const positions: bigint[] = [];
        for (let group = 0; group <= 4; group += 1) positions.push((await allocator.groupSnapshot(group)).position);
        return positions;
      };
      await allocator.rebalance([up(1, ether(20)), up(2, ether(10)), up(1, ether(3)), up(3, ether(5))], GAS);
      expect(await sums()).to.deep.equal([ether(38), 0n, 0n, ether(33), 0n]);

      await drain(world, 1, 2);
      await allocator.rebalance([down(1, ether(100)), down(2, ether(100))], GAS);
      expect(await sums()).to.deep.equal([ether(5), 0n, 0n, 0n, 0n]);
      await drain(world, 3);
      await allocator.rebalance([down(3, ether(2)), down(3, ether(100))], GAS);
      expect(await sums()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      expect(await allocator.committed()).to.equal(0n);
    });
  });
});
