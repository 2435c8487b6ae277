/** What a bond covers, what it freezes and what it sends home, to the wei (design, section 8). */
import { expect } from "chai";

import {
  deployWorld,
  down,
  ether,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { BINDING } from "../lens/pools.ts";

const EVERYTHING = ether(1_000);
const RATIO = 100n;
const POSITION = ether(30);
const OTHERS = ether(10);
/** Covers all of both. */
const WHOLE = (POSITION + OTHERS) / RATIO;
const FOUR_FIFTHS = (WHOLE * 4n) / 5n;

/** Of 100 ether the first of two operators holds 30, beside 10 of others, with a bond that covers far more. */
async function deploy() {
  const world = await deployWorld({
    hostile: 2,
    stake: ether("99.9"),
    parameters: { allocator: { ...LOOSE, graceBps: 500 }, policy: { bondRatio: Number(RATIO) } },
  });
  const { hostile } = world;
  await hostile[0]!.setOthers(OTHERS);
  await nextRound(world);
  await move(world, [up(1, POSITION)]);
  return world;
}

/** After a round that finds this bond. */
async function bonded(bond: bigint): Promise<World> {
  const world = await networkHelpers.loadFixture(deploy);
  await world.hostile[0]!.setBond(bond);
  await nextRound(world);
  return world;
}

async function roomsOf({ allocator }: World) {
  const [{ cap, up: upward, down: downward }] = (await allocator.roomsOf(1, 1)) as unknown as [
    { cap: bigint; up: bigint; down: bigint[] },
  ];
  return { cap, up: upward, class0: downward[0]! };
}

async function bindingOf({ lens }: World): Promise<bigint> {
  return (await lens.operators(1, 1))[0]!.binding;
}

describe("Allocator", () => {
  describe("a bond", () => {
    it("that covers an ether more than the position and others' stake leaves that room", async () => {
      const world = await bonded(WHOLE + 10n ** 16n);

      expect(await roomsOf(world)).to.deep.equal({ cap: POSITION + ether(1), up: ether(1), class0: 0n });
      expect(await bindingOf(world)).to.equal(BINDING.bond);
    });

    it("that covers both exactly leaves the position", async () => {
      const world = await bonded(WHOLE);

      expect(await roomsOf(world)).to.deep.equal({ cap: POSITION, up: 0n, class0: 0n });
      expect(await bindingOf(world)).to.equal(BINDING.bond);
    });

    it("that covers a wei less freezes the position: nothing comes, nothing is sent home", async () => {
      const world = await bonded(WHOLE - 1n);

      expect(await roomsOf(world)).to.deep.equal({ cap: POSITION, up: 0n, class0: 0n });
      expect(await bindingOf(world)).to.equal(BINDING.frozenBond);
      expect(await move(world, [up(1, EVERYTHING), down(1, EVERYTHING)])).to.deep.equal([0n, 0n]);
    });

    it("that covers four fifths of both exactly still freezes it", async () => {
      const world = await bonded(FOUR_FIFTHS);

      expect(await roomsOf(world)).to.deep.equal({ cap: POSITION, up: 0n, class0: 0n });
      expect(await bindingOf(world)).to.equal(BINDING.frozenBond);
      expect(await move(world, [up(1, EVERYTHING), down(1, EVERYTHING)])).to.deep.equal([0n, 0n]);
    });

    it("that covers a wei less than four fifths sends home what it does not cover", async () => {
      const world = await bonded(FOUR_FIFTHS - 1n);
      const covered = (FOUR_FIFTHS - 1n) * RATIO - OTHERS;

      expect(await roomsOf(world)).to.deep.equal({ cap: covered, up: 0n, class0: POSITION - covered });
      expect(await bindingOf(world)).to.equal(BINDING.bond);
      expect(await move(world, [down(1, EVERYTHING)])).to.deep.equal([POSITION - covered]);
    });

    it("that sent stake home covers what is left, and freezes nothing", async () => {
      const world = await bonded(FOUR_FIFTHS - 1n);
      const covered = (FOUR_FIFTHS - 1n) * RATIO - OTHERS;
      await move(world, [down(1, EVERYTHING)]);
      await nextRound(world);

      expect((await world.allocator.positionOf(1)).position).to.equal(covered);
      expect(await roomsOf(world)).to.deep.equal({ cap: covered, up: 0n, class0: 0n });
    });

    it("that is topped up lets the position grow again", async () => {
      const world = await bonded(FOUR_FIFTHS);
      await world.hostile[0]!.setBond(WHOLE + ether("0.02"));
      await nextRound(world);

      expect(await roomsOf(world)).to.deep.equal({ cap: POSITION + ether(2), up: ether(2), class0: 0n });
    });

    it("that others' stake uses up freezes a position, and more of it sends it home", async () => {
      const world = await bonded(WHOLE);
      const { hostile } = world;
      await hostile[0]!.setOthers(OTHERS + ether(10));
      await nextRound(world);
      expect(await roomsOf(world), "40 of 50 are covered").to.deep.equal({ cap: POSITION, up: 0n, class0: 0n });
      await hostile[0]!.setOthers(OTHERS + ether(10) + 1n);
      await nextRound(world);

      const covered = POSITION - ether(10) - 1n;
      expect(await roomsOf(world)).to.deep.equal({ cap: covered, up: 0n, class0: POSITION - covered });
    });

    it("of nothing covers nothing", async () => {
      const world = await bonded(0n);

      expect(await roomsOf(world)).to.deep.equal({ cap: 0n, up: 0n, class0: POSITION });
    });

    it("that lies about its worth overflows nothing", async () => {
      const world = await bonded(2n ** 256n - 1n);

      expect((await roomsOf(world)).cap).to.equal((ether(100) * 3_333n) / 10_000n);
    });
  });
});
