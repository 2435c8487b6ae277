/** D, when several operators are written down and their factors do not divide evenly: it ends at one, exactly. */
import { expect } from "chai";

import {
  asNotice,
  deployWorld,
  ether,
  LOOSE,
  Mode,
  move,
  networkHelpers,
  nextRound,
  up,
  WAD,
} from "../fixtures/allocator.ts";

/** Of 100 ether 25, 20 and less than a basis point have been given up: the third has no factor. */
async function deploy() {
  const world = await deployWorld({ hostile: 4, stake: ether("99.9"), parameters: { allocator: LOOSE } });
  const { hostile } = world;
  await nextRound(world);
  await move(world, [up(1, ether(25)), up(2, ether(20)), up(3, ether("0.02")), up(4, ether(20))]);
  await hostile[2]!.lose(ether("0.015"));
  await nextRound(world);
  for (const pool of hostile.slice(0, 3)) await pool.setMode(Mode.reverts);
  for (let round = 0; round < 3; round += 1) await nextRound(world);
  return world;
}

// Each up: 99.985 / 74.985, 74.985 / 54.985, and the product of both.
const FIRST = 1_333_400_013_336_000_534n;
const SECOND = 1_363_735_564_244_794_035n;
const BOTH = 1_818_405_019_550_786_580n;

describe("Allocator", () => {
  describe("the dilution of stakes", () => {
    it("is the product of all factors, and one again as soon as nobody has any, whatever was rounded", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, metaPool, hostile } = world;
      const dilution = async () => (await metaPool.getBook()).dilution;
      const factors = [1, 2, 3].map(async (id) => (await allocator.recordOf(id)).factor);
      expect(await Promise.all(factors)).to.deep.equal([FIRST, SECOND, 0n]);
      expect(await dilution()).to.equal(BOTH);

      await hostile[0]!.setMode(Mode.honest);
      await nextRound(world);
      expect(await dilution()).to.equal(SECOND + 1n); // up once more
      await hostile[1]!.setMode(Mode.honest);
      await nextRound(world);
      expect(await dilution()).to.equal(WAD);
      expect((await allocator.positionOf(3)).writtenDown).to.equal(true);
    });

    it("is one again when governance has cleared the last factor, too", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { metaPool } = world;
      const allocator = world.allocator.connect(await asNotice(world));
      await allocator.clearWriteDown(1);
      expect((await metaPool.getBook()).dilution).to.equal(SECOND + 1n);
      await expect(allocator.clearWriteDown(2))
        .to.emit(metaPool, "DilutionChanged")
        .withArgs(SECOND + 1n, WAD);
      await expect(allocator.clearWriteDown(2)).to.be.revertedWithCustomError(allocator, "NotWrittenDown").withArgs(2n);
    });
  });
});
