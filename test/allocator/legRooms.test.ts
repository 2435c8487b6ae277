/** How far legs may move an operator, at the exact bounds that the rules set. */
import { expect } from "chai";

import {
  all,
  asNotice,
  certifyFair,
  deployWorld,
  down,
  ether,
  LOOSE,
  Mode,
  networkHelpers,
  nextRound,
  NO_CAP,
  NO_SHARE,
  Skip,
  up,
  WAD,
  type World,
  type WorldOptions,
} from "../fixtures/allocator.ts";

const GAS = { gasLimit: 8_000_000n } as const;
const GWEI = 10n ** 9n;
const NOTHING = [0n, 0n, 0n];

/** A pool of 100 ether and a few wei with four operators, idle, after a round. */
async function begin(options: WorldOptions = {}): Promise<World> {
  const world = await deployWorld({
    hostile: 4,
    stake: ether("99.9"),
    ...options,
    parameters: { allocator: LOOSE, ...options.parameters },
  });
  await nextRound(world);
  return world;
}

/** Brings each of the operators to its target, and begins another round. */
async function place(world: World): Promise<World> {
  await world.allocator.rebalance(all("up", 4), GAS);
  await nextRound(world);
  return world;
}

async function deployIdle() {
  return begin();
}

async function deployPlaced() {
  return place(await begin());
}

async function deployTwoGroups() {
  return place(await begin({ groups: [{ dimension: 1 }, { dimension: 1 }], groupsOf: [[1], [1], [2], []] }));
}

/** 250 ether each but for the third, which may hold 2 ether and 49 wei, and the fourth, 0.3 ether. */
async function deployThousand() {
  return begin({ stake: ether("999.9") + 12_345n, absoluteCaps: [NO_CAP, NO_CAP, ether(2) + 49n, ether("0.3")] });
}

/** 100 ether and seven wei, of which legs may move a tenth as violations and a fiftieth to optimise. */
async function deployBudgets() {
  const allocator = { ...LOOSE, budget0Bps: 1_000, budget2Bps: 200 };
  return place(await begin({ stake: ether("99.9") + 7n, parameters: { allocator } }));
}

/** The first operator's position is six wei above 22 ether, and its target will be five above 20: the band is a tenth. */
async function deployBand() {
  const allocator = { ...LOOSE, graceBps: 2_000, bandBps: 1_000 };
  const world = await begin({ absoluteCaps: [ether(22) + 6n, NO_CAP, NO_CAP, NO_CAP], parameters: { allocator } });
  await place(world);
  return world;
}

/** Positions of 25 ether, and a twentieth of a cap as grace. */
async function deployGrace() {
  const allocator = { ...LOOSE, graceBps: 500 };
  return place(await begin({ groups: [{ dimension: 1 }], groupsOf: [[1], [1], [], []], parameters: { allocator } }));
}

/** The first operator is in a group of the second dimension and in none of the first. */
async function deployGap() {
  return place(await begin({ groups: [{ dimension: 2 }], groupsOf: [[0, 1], [], [], []] }));
}

/** Operators may hold a fifth of what is at stake on a network where nothing is. */
async function deployEmptyNetwork() {
  return begin({ parameters: { policy: { netShareBps: 2_000 } } });
}

async function deployTen() {
  const world = await begin({ hostile: 10 });
  await world.allocator.rebalance(all("up", 10), GAS);
  await nextRound(world);
  return world;
}

async function deployBonded() {
  return place(await begin({ parameters: { policy: { bondRatio: 100 }, allocator: LOOSE } }));
}

/**
 * T' is 100 ether, of which 10 are at a third operator that is faulted; N is 500. An operator may hold three tenths of T' and
 * a fifth of N; the first group half of T', the second two fifths of N. Others hold 90 ether at the second operator.
 */
async function deployBounds() {
  const world = await deployWorld({
    hostile: 3,
    honest: [{ bond: ether("499.999"), weight: 0 }],
    groups: [{ dimension: 1, poolShareBps: 5_000 }, { dimension: 2 }],
    groupsOf: [[1], [0, 2], [1, 2], []],
    stake: ether("99.9"),
    parameters: { policy: { poolShareBps: 3_000, netShareBps: 2_000 }, allocator: LOOSE },
  });
  const { registry, hostile, allocator } = world;
  await registry
    .connect(await asNotice(world))
    .setGroup(2, { dimension: 2, poolShareBps: NO_SHARE, netShareBps: 4_000, absoluteCap: NO_CAP });
  await hostile[1]!.setOthers(ether(90));
  await nextRound(world);
  await allocator.rebalance([up(3, ether(10))], GAS);
  await hostile[2]!.setMode(Mode.reverts);
  await nextRound(world);
  return world;
}

/** Sends one leg. What it moved; or, if it was skipped, its room and why. */
async function send({ allocator }: World, leg: ReturnType<typeof up>): Promise<bigint[]> {
  const receipt = (await (await allocator.rebalance([leg], GAS)).wait())!;
  const events = receipt.logs.map((log) => allocator.interface.parseLog(log)).filter((event) => event !== null);
  const skip = events.find(({ name }) => name === "LegSkipped");
  if (skip !== undefined) return [skip.args.getValue("room") as bigint, skip.args.getValue("reason") as bigint];
  return [events.find(({ name }) => name === "Moved")!.args.getValue("moved") as bigint];
}

async function roomsOf({ allocator }: World, id: number) {
  return (await allocator.roomsOf(id, 1))[0]!;
}

async function downOf(world: World, id: number): Promise<bigint[]> {
  return [...(await roomsOf(world, id)).down];
}

describe("Allocator", () => {
  describe("caps", () => {
    const scenarios = [
      ["as at the snapshot", [100n, 100n], [500n, 500n]],
      ["after a deposit of 50 ether", [100n, 150n], [500n, 500n]],
      ["after exits of 20 ether", [80n, 100n], [500n, 500n]],
      ["after the network won 100 ether", [100n, 100n], [500n, 600n]],
      ["after the network lost 100 ether", [100n, 100n], [400n, 500n]],
    ] as const;
    scenarios.forEach(([when, [least, most], [leastN, mostN]], index) => {
      it(`let nothing grow by the larger, and make no violation by the smaller T or N: ${when}`, async () => {
        const world = await networkHelpers.loadFixture(deployBounds);
        const { allocator, metaPool, network, foundation, honest, alice } = world;
        const { total, faultedStake, networkStake } = await allocator.poolSnapshot();
        expect([total, faultedStake, networkStake]).to.deep.equal([ether(90), ether(10), ether(500)]);
        const pool = honest[0]!.address;
        const change = [
          () => undefined,
          () => metaPool.connect(alice).deposit_and_stake({ value: ether(50) }),
          () => metaPool.connect(alice).unstake(ether(20)),
          () => network.connect(foundation).reward([pool], [ether(100)], { value: ether(100) }),
          () => network.connect(foundation).slash(pool, 2_000),
        ][index]!;
        await change();
        expect((await allocator.liveTotals()).networkStake).to.equal(ether(Number(index === 4 ? leastN : mostN)));

        // Three tenths of T', and a fifth of N less the 90 ether that others hold at the second.
        const [first, second] = await allocator.roomsOf(1, 2);
        const ofN = (n: bigint, part: bigint) => (n / 5n) * part - 90n;
        expect([first!.increaseCap, first!.violationCap]).to.deep.equal([
          ether(Number((least * 3n) / 10n)),
          ether(Number((most * 3n) / 10n)),
        ]);
        expect([second!.increaseCap, second!.violationCap]).to.deep.equal([
          leastN === 400n ? 0n : ether(10),
          ether(Number(ofN(mostN, 1n))),
        ]);
        // Half of T', less the 10 ether that are faulted; two fifths of N, less what others hold and those.
        expect(await allocator.groupCapsOf(1, 5)).to.deep.equal([
          [ether(Number(least / 2n - 10n)), ether(Number(most / 2n - 10n))],
          [ether(Number(ofN(leastN, 2n) - 10n)), ether(Number(ofN(mostN, 2n) - 10n))],
        ]);
        // The pool's own is T, without what is faulted.
        expect(await allocator.groupCapsOf(0, 1)).to.deep.equal([[ether(Number(least - 10n)), NO_CAP]]);
        expect(await allocator.groupCapsOf(4, 1)).to.deep.equal([]);
      });
    });

    it("by an absolute amount are the lower of then and now for a violation", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const { registry } = world;
      const notice = registry.connect(await asNotice(world));
      expect((await roomsOf(world, 1)).violationCap).to.equal(ether("33.33"));
      await notice.setAbsoluteCap(1, ether(21));
      expect((await roomsOf(world, 1)).violationCap).to.equal(ether(21));
      await nextRound(world);
      await notice.setAbsoluteCap(1, ether(23));
      expect((await roomsOf(world, 1)).violationCap).to.equal(ether(21));
      expect((await roomsOf(world, 1)).increaseCap).to.equal(ether(23));
    });

    it("by a bond take off what others hold and what is on its way, and end at none", async () => {
      const world = await networkHelpers.loadFixture(deployBonded);
      const { hostile, registry } = world;
      const notice = registry.connect(await asNotice(world));
      await notice.setAbsoluteCap(1, ether(21));
      expect(await send(world, down(1, ether(100)))).to.deep.equal([ether(4)]);
      await notice.setAbsoluteCap(1, NO_CAP);
      await hostile[0]!.setOthers(ether("1.5"));
      await hostile[0]!.setMode(Mode.neverPays);
      await nextRound(world);
      for (const [bond, cap] of [
        [ether("0.1"), ether("4.5")],
        [ether("0.05"), 0n], // all but half an ether of the 5.5 before us
        [0n, 0n],
      ] as const) {
        await hostile[0]!.setBond(bond);
        const rooms = await roomsOf(world, 1);
        expect([rooms.bond, rooms.increaseCap, rooms.up]).to.deep.equal([bond, cap, 0n]);
      }
    });

    it("by a share of the network bind however little there is at stake: one wei is known, nothing is not", async () => {
      const world = await networkHelpers.loadFixture(deployEmptyNetwork);
      const { network, eve } = world;
      const caps = async () => {
        const { increaseCap, violationCap } = await roomsOf(world, 1);
        return [increaseCap, violationCap];
      };
      expect(await caps()).to.deep.equal([0n, ether("33.33")]);
      await network.connect(eve).bond({ value: 1n });
      await nextRound(world);
      expect(await caps()).to.deep.equal([0n, 0n]);
    });

    it("are none of who may hold nothing", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      await world.registry.connect(await asNotice(world)).drain(1);
      const { increaseCap, violationCap } = await roomsOf(world, 1);
      expect([increaseCap, violationCap]).to.deep.equal([0n, 0n]);
    });

    it("know no bond in a pool that asks for none", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      expect((await roomsOf(world, 1)).bond).to.equal(0n);
    });
  });

  describe("a leg up", () => {
    it("finds no room above a cap, a group's cap or T that shrank below what is held", async () => {
      const world = await networkHelpers.loadFixture(deployTwoGroups);
      const { registry, metaPool, alice, bob } = world;
      const notice = registry.connect(await asNotice(world));
      await notice.setAbsoluteCap(3, ether(20));
      await notice.setGroup(1, { dimension: 1, poolShareBps: NO_SHARE, netShareBps: NO_SHARE, absoluteCap: ether(40) });
      for (const id of [1, 3]) expect(await send(world, up(id, ether(1)))).to.deep.equal([0n, Skip.noRoom]);
      await notice.setWeightBounds(4, 200, 200);
      await metaPool.connect(bob).deposit_and_stake({ value: ether(5) });
      await nextRound(world);
      await metaPool.connect(alice).unstake(ether(50));
      expect(await send(world, up(4, ether(1)))).to.deep.equal([0n, Skip.noRoom]);
    });

    it("is dust below a ten-thousandth of T, or of a small operator a fiftieth, unless it lands on the target", async () => {
      const world = await networkHelpers.loadFixture(deployThousand);
      const { total } = await world.allocator.poolSnapshot();
      expect(total).to.equal(ether(1_000) + 12_345n);
      const least = ether("0.1") + 1n; // and 0.2345 wei, which nobody can send
      const [first] = await world.allocator.roomsOf(1, 1);
      expect(await send(world, up(1, least - 1n))).to.deep.equal([first!.up, Skip.belowMinMove]);
      expect(await send(world, up(1, least))).to.deep.equal([least]);

      expect(await send(world, up(3, ether("0.04") - 1n))).to.deep.equal([ether(2) + 49n, Skip.belowMinMove]);
      expect(await send(world, up(3, ether("0.04")))).to.deep.equal([ether("0.04")]);
      expect(await send(world, up(4, ether("0.01") - 1n))).to.deep.equal([ether("0.3"), Skip.belowMinMove]);
      expect(await send(world, up(4, ether("0.01")))).to.deep.equal([ether("0.01")]);

      // What is left to the target is no dust from the smallest stake on.
      expect(await send(world, up(4, ether("0.29") - GWEI))).to.deep.equal([ether("0.29") - GWEI]);
      expect((await roomsOf(world, 4)).upIsDust).to.equal(false);
      expect(await send(world, up(4, ether(1)))).to.deep.equal([GWEI]);
      await send(world, up(3, ether("1.96") + 49n - GWEI + 1n));
      expect((await roomsOf(world, 3)).upIsDust).to.equal(true);
      expect(await send(world, up(3, ether(1)))).to.deep.equal([GWEI - 1n, Skip.belowMinMove]);
    });
  });

  describe("a leg down", () => {
    it("is dust below the smallest move, unless it lands on zero or on the target", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const notice = world.registry.connect(await asNotice(world));
      const min = ether("0.01");
      await notice.drain(1);
      expect(await send(world, down(1, min - 1n))).to.deep.equal([min - 1n, Skip.belowMinMove]);
      expect(await send(world, down(1, min))).to.deep.equal([min]);
      expect(await send(world, down(1, ether("24.99") - min / 2n))).to.deep.equal([ether("24.99") - min / 2n]);
      expect(await send(world, down(1, min / 2n - 1n))).to.deep.equal([min / 2n - 1n, Skip.belowMinMove]);
      expect(await send(world, down(1, ether(1)))).to.deep.equal([min / 2n]);

      await notice.setAbsoluteCap(2, ether(25) - min / 2n);
      await nextRound(world);
      expect(await world.allocator.targetOf(2)).to.equal(ether(25) - min / 2n);
      expect(await send(world, down(2, min / 2n - 1n))).to.deep.equal([min / 2n - 1n, Skip.belowMinMove]);
      expect(await send(world, down(2, ether(1)))).to.deep.equal([min / 2n]);
    });

    it("of class 0 begins at the first wei above a cap and its grace, and goes down to the cap", async () => {
      const world = await networkHelpers.loadFixture(deployGrace);
      const notice = world.registry.connect(await asNotice(world));
      // With a twentieth, 24,999,999,999,999,999,999.15 wei, and with a wei more 25 ether and 0.2 wei.
      const cap = 23_809_523_809_523_809_523n;
      await notice.setAbsoluteCap(3, cap + 1n);
      expect(await downOf(world, 3)).to.deep.equal(NOTHING);
      await notice.setAbsoluteCap(3, cap);
      expect(await downOf(world, 3)).to.deep.equal([ether(25) - cap, 0n, 0n]);

      // Of a group with 50 ether; its first member is above its target, the second is not.
      await notice.setWeightBounds(1, 50, 50);
      await nextRound(world);
      const group = { dimension: 1, poolShareBps: NO_SHARE, netShareBps: NO_SHARE };
      expect(await world.allocator.targetOf(1)).to.be.lessThan(ether(20));
      expect(await world.allocator.targetOf(2)).to.be.greaterThan(ether(25));
      await notice.setGroup(1, { ...group, absoluteCap: 47_619_047_619_047_619_048n }); // 50 ether and 0.4 wei
      expect([await downOf(world, 1), await downOf(world, 2)]).to.deep.equal([NOTHING, NOTHING]);
      await notice.setGroup(1, { ...group, absoluteCap: 47_619_047_619_047_619_047n }); // 0.65 wei less than 50 ether
      expect([await downOf(world, 1), await downOf(world, 2)]).to.deep.equal([[1n, 0n, 0n], NOTHING]);
    });

    it("of class 0 takes nothing for a dimension in which an operator is in no group", async () => {
      const world = await networkHelpers.loadFixture(deployGap);
      await world.registry.connect(await asNotice(world)).setWeightBounds(1, 50, 50);
      await nextRound(world);
      expect(await world.allocator.targetOf(1)).to.be.lessThan(ether(20));
      expect(await downOf(world, 1)).to.deep.equal(NOTHING);
    });

    it("of class 0 takes a tenth of T rounded down, and nothing if the budget is lowered below what was used", async () => {
      const world = await networkHelpers.loadFixture(deployBudgets);
      const { allocator, registry } = world;
      const notice = await asNotice(world);
      await registry.connect(notice).drain(1);
      expect((await allocator.poolSnapshot()).total).to.equal(ether(100) + 7n);
      expect((await downOf(world, 1))[0]).to.equal(ether(10));
      expect(await send(world, down(1, ether(100)))).to.deep.equal([ether(10)]);
      await allocator.connect(notice).setParameters({ ...LOOSE, budget0Bps: 500, budget2Bps: 200 });
      expect(await downOf(world, 1)).to.deep.equal(NOTHING);
      expect(await send(world, down(1, ether(100)))).to.deep.equal([0n, Skip.noRoom]);
    });

    it("of class 1 takes nothing for exits that the snapshot has not seen, with stake then or without", async () => {
      for (const fixture of [deployPlaced, deployIdle]) {
        const world = await networkHelpers.loadFixture(fixture);
        const { allocator, metaPool, alice } = world;
        if (fixture === deployIdle) await allocator.rebalance(all("up", 4), GAS);
        await metaPool.connect(alice).unstake(ether(8));
        expect(await allocator.liveNeed()).to.equal(ether(8));
        expect(await downOf(world, 1)).to.deep.equal(NOTHING);
        expect(await send(world, down(1, ether(8)))).to.deep.equal([0n, Skip.noRoom]);
      }
    });

    it("of class 1 takes a last wei, and a small part if that is all of it", async () => {
      const wei = await networkHelpers.loadFixture(deployPlaced);
      await wei.metaPool.connect(wei.alice).unstake(1n);
      await nextRound(wei);
      expect(await wei.allocator.liveNeed()).to.equal(1n);
      expect(await send(wei, down(1, ether(1)))).to.deep.equal([1n]);
      expect((await wei.allocator.recordOf(1)).class1Taken).to.equal(1n);

      // Four tenths of a need of 0.02 ether is less than the smallest move.
      const part = await networkHelpers.loadFixture(deployTen);
      await part.metaPool.connect(part.alice).unstake(ether("0.02"));
      await nextRound(part);
      expect(await send(part, down(1, ether("0.007")))).to.deep.equal([ether("0.007"), Skip.belowMinMove]);
      expect(await send(part, down(1, ether(1)))).to.deep.equal([ether("0.008")]);
    });

    it("of class 1 leaves a rest that is no stake where it is", async () => {
      const world = await networkHelpers.loadFixture(deployTen);
      await world.metaPool.connect(world.alice).unstake(ether("0.05"));
      await nextRound(world);
      expect(await send(world, down(1, ether("0.02") - GWEI + 1n))).to.deep.equal([ether("0.02") - GWEI + 1n]);
      expect(await send(world, down(1, ether(1)))).to.deep.equal([GWEI - 1n, Skip.belowMinMove]);
      expect((await roomsOf(world, 1)).downIsDust).to.equal(true);
    });

    it("of class 2 begins at the first wei above the band, and goes down to the target", async () => {
      const world = await networkHelpers.loadFixture(deployBand);
      const notice = world.registry.connect(await asNotice(world));
      expect((await world.allocator.positionOf(1)).position).to.equal(ether(22) + 6n);
      for (const [wei, room] of [
        [6n, 0n], // the band ends at 6.6 wei above 22 ether
        [5n, ether(2) + 1n], // at 5.5
      ] as const) {
        await notice.setAbsoluteCap(1, ether(20) + wei);
        await nextRound(world);
        expect(await certifyFair(world)).to.equal(true);
        expect(await world.allocator.targetOf(1)).to.equal(ether(20) + wei);
        expect(await downOf(world, 1)).to.deep.equal([0n, 0n, room]);
      }
    });

    it("of class 2 shares its budget with all legs of the unbonding time, and takes nothing if T shrank since", async () => {
      const world = await networkHelpers.loadFixture(deployBudgets);
      const { allocator, registry, metaPool, alice } = world;
      const notice = registry.connect(await asNotice(world));
      for (const id of [1, 2]) await notice.setWeightBounds(id, 60, 60);
      await nextRound(world);
      expect(await certifyFair(world)).to.equal(true);
      // A fiftieth of 100 ether and seven wei, rounded down.
      const legs = [down(1, ether("0.5")), down(2, ether("0.5")), down(1, ether(100)), down(2, ether(100))];
      const moved = await allocator.rebalance.staticCall(legs, GAS);
      expect(moved).to.deep.equal([ether("0.5"), ether("0.5"), ether(1), 0n]);
      await allocator.rebalance(legs, GAS);

      await metaPool.connect(alice).unstake(ether(20));
      await nextRound(world);
      expect(await certifyFair(world)).to.equal(true);
      expect((await allocator.budgetsUsed()).class2).to.equal(ether(2));
      expect((await downOf(world, 1))[2]).to.equal(0n);
      expect(await downOf(world, 3)).to.have.lengthOf(3);
    });
  });

  describe("roomsOf", () => {
    it("shows nothing before the first round", async () => {
      const world = await deployWorld({ hostile: 1, parameters: { allocator: LOOSE } });
      const rooms = await roomsOf(world, 1);
      expect([rooms.target, rooms.cap, rooms.bond, rooms.increaseCap, rooms.up]).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
      expect([...rooms.down]).to.deep.equal(NOTHING);
      expect([rooms.upIsDust, rooms.downIsDust]).to.deep.equal([false, false]);
    });

    it("asks nobody for a bond who could take nothing anyway: pools that burn gas then cost no page of theirs", async () => {
      const world = await deployWorld({
        stake: ether(100),
        hostile: 13,
        honest: [{ bond: ether(5) }],
        parameters: { policy: { bondRatio: 50 } },
      });
      for (const pool of world.hostile) await pool.setMode(Mode.burnsGas);
      await nextRound(world);
      await world.registry.connect(await asNotice(world)).delist(13);

      const views = await world.lens.operators(1, 30, { gasLimit: 16_777_216n });
      expect(views.map(({ position }) => position.faulted)).to.deep.equal([...Array<boolean>(13).fill(true), false]);
      expect(views.map(({ rooms }) => rooms.bond)).to.deep.equal([...Array<bigint>(13).fill(0n), ether(5)]);
      expect(views.map(({ rooms }) => rooms.increaseCap > 0n)).to.deep.equal([...Array<boolean>(13).fill(false), true]);
    });

    it("begins at the first operator and ends at the last", async () => {
      const { allocator } = await networkHelpers.loadFixture(deployPlaced);
      const every = await allocator.roomsOf(1, 4);
      expect(every.map(({ target }) => target)).to.deep.equal([ether(25), ether(25), ether(25), ether(25)]);
      expect(await allocator.roomsOf(0, 2)).to.deep.equal(every.slice(0, 2));
      expect(await allocator.roomsOf(4, 9)).to.deep.equal(every.slice(3));
      for (const from of [5, 6, 900]) expect(await allocator.roomsOf(from, 1)).to.deep.equal([]);
    });

    it("shows the same target for operators of a level, whoever is read first", async () => {
      const world = await networkHelpers.loadFixture(deployTwoGroups);
      const { allocator } = world;
      const rooms = async () => (await allocator.roomsOf(1, 4)).map(({ target }) => target);
      const exact = ether(25) * (WAD / 100n);
      // At the first level a step less is a wei less for a weight of 100; at the second, a step more a wei more.
      for (const level of [exact, exact + WAD / 100n - 1n]) {
        await nextRound(world);
        await allocator.certifyLevels([{ group: 0, level }], 100, GAS);
        expect((await allocator.poolSnapshot()).certified).to.equal(true);
        expect(await rooms()).to.deep.equal([ether(25), ether(25), ether(25), ether(25)]);
      }
    });
  });
});
