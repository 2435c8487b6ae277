import { expect } from "chai";

import { ether, GROUPS, loadRegistry, NO_CAP, NO_SHARE } from "../fixtures/registry.ts";

/** As in IOperatorRegistry.DimensionMode. */
const Mode = { hard: 0n, monitor: 1n, off: 2n } as const;
const DIMENSIONS = [1, 2, 3, 4, 5];

async function loadDimensions() {
  const base = await loadRegistry();
  const { registry, noticeSigner, guardian } = base;

  return { ...base, byNotice: registry.connect(noticeSigner), byGuardian: registry.connect(guardian) };
}

describe("OperatorRegistry", function () {
  describe("setDimensionMode", function () {
    it("reverts without notice", async function () {
      const { registry, governance, guardian, scorer } = await loadDimensions();

      for (const caller of [governance, guardian, scorer]) {
        await expect(registry.connect(caller).setDimensionMode(1, Mode.monitor))
          .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    for (const dimension of [0n, 6n, 255n]) {
      it(`reverts for dimension ${dimension.toString()}`, async function () {
        const { registry, byNotice } = await loadDimensions();

        await expect(byNotice.setDimensionMode(dimension, Mode.off))
          .to.be.revertedWithCustomError(registry, "OutOfBounds")
          .withArgs(dimension, 1n, 5n);
        await expect(registry.dimensionMode(dimension))
          .to.be.revertedWithCustomError(registry, "OutOfBounds")
          .withArgs(dimension, 1n, 5n);
      });
    }

    it("changes one dimension and no other, there and back", async function () {
      const { registry, byNotice } = await loadDimensions();
      const modes = () => Promise.all(DIMENSIONS.map((dimension) => registry.dimensionMode(dimension)));
      expect(await modes()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);

      await expect(byNotice.setDimensionMode(5, Mode.off))
        .to.emit(registry, "DimensionModeChanged")
        .withArgs(5n, Mode.hard, Mode.off);
      await byNotice.setDimensionMode(1, Mode.off);
      await expect(byNotice.setDimensionMode(1, Mode.monitor))
        .to.emit(registry, "DimensionModeChanged")
        .withArgs(1n, Mode.off, Mode.monitor);
      expect(await modes()).to.deep.equal([1n, 0n, 0n, 0n, 2n]);
      await byNotice.setDimensionMode(5, Mode.hard);
      await expect(byNotice.setDimensionMode(5, Mode.hard))
        .to.emit(registry, "DimensionModeChanged")
        .withArgs(5n, Mode.hard, Mode.hard);

      expect(await modes()).to.deep.equal([1n, 0n, 0n, 0n, 0n]);
      expect(await registry.tenureGroup()).to.equal(0n);
      expect(await registry.groupCount()).to.equal(3n);
      expect(await registry.areUpgradesRenounced()).to.equal(false);
    });
  });

  describe("group", function () {
    for (const [mode, name] of [
      [Mode.monitor, "monitored"],
      [Mode.off, "off"],
    ] as const) {
      it(`has no caps while its dimension is ${name}, and statedGroup has them as they were set`, async function () {
        const { registry, byNotice } = await loadDimensions();
        await byNotice.setDimensionMode(1, mode);

        expect(await registry.group(1)).to.deep.equal([1n, NO_SHARE, NO_SHARE, NO_CAP]);
        expect(await registry.statedGroup(1)).to.deep.equal(Object.values(GROUPS[0]));
        expect(await registry.group(2)).to.deep.equal(Object.values(GROUPS[1]));

        await byNotice.setDimensionMode(1, Mode.hard);
        expect(await registry.group(1)).to.deep.equal(Object.values(GROUPS[0]));
      });
    }

    it("keeps caps that are set meanwhile", async function () {
      const { registry, byNotice } = await loadDimensions();
      await byNotice.setDimensionMode(1, Mode.off);

      await byNotice.setGroup(1, { ...GROUPS[0], poolShareBps: 2_500n });

      expect((await registry.statedGroup(1)).poolShareBps).to.equal(2_500n);
      await byNotice.setDimensionMode(1, Mode.hard);
      expect((await registry.group(1)).poolShareBps).to.equal(2_500n);
    });

    it("does not exist any more for its dimension being off", async function () {
      const { registry, byNotice } = await loadDimensions();
      await byNotice.setDimensionMode(1, Mode.off);

      for (const id of [0, 4]) {
        expect(await registry.group(id)).to.deep.equal([0n, 0n, 0n, 0n]);
        expect(await registry.statedGroup(id)).to.deep.equal([0n, 0n, 0n, 0n]);
      }
    });
  });

  describe("lowerGroupCaps of a dimension that is monitored", function () {
    it("attack: counts as if it were hard, so that a change that was announced brings down no more than the share", async function () {
      const { registry, allocator, byNotice, byGuardian } = await loadDimensions();
      await allocator.setGroup(1, ether(400), 0, 0);
      await byNotice.setDimensionMode(1, Mode.monitor);

      await expect(byGuardian.lowerGroupCaps(1, 2_999, NO_SHARE, NO_CAP))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(100.1), ether(100));
      await expect(byGuardian.lowerGroupCaps(1, 3_000, NO_SHARE, NO_CAP))
        .to.emit(registry, "GuardianShareUsed")
        .withArgs(1n, ether(100), ether(100));

      expect((await registry.statedGroup(1)).poolShareBps).to.equal(3_000n);
    });
  });
});
