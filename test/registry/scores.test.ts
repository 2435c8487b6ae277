import { expect } from "chai";

import { loadOperators } from "../fixtures/curation.ts";
import { loadUnconnectedRegistry, State } from "../fixtures/registry.ts";

describe("OperatorRegistry", function () {
  describe("noteScores", function () {
    it("reverts when the caller is not the scorer", async function () {
      const { registry, governance, noticeSigner } = await loadOperators();

      for (const caller of [governance, noticeSigner]) {
        await expect(registry.connect(caller).noteScores(1))
          .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    it("reverts before the registry is connected", async function () {
      const { registry } = await loadUnconnectedRegistry();

      await expect(registry.noteScores(0)).to.be.revertedWithCustomError(registry, "NotConnected").withArgs();
    });

    it("reverts for an epoch to come", async function () {
      const { registry, byScorer } = await loadOperators();

      await expect(byScorer.noteScores(2)).to.be.revertedWithCustomError(registry, "OutOfBounds").withArgs(2n, 0n, 1n);
    });

    it("keeps the last epoch of those that it is told", async function () {
      const { registry, allocator, byScorer } = await loadOperators();
      expect(await registry.scoredEpoch()).to.equal(0n);

      await expect(byScorer.noteScores(1)).to.emit(registry, "ScoresNoted").withArgs(1n);
      expect(await registry.scoredEpoch()).to.equal(1n);
      await allocator.setEpoch(2n ** 40n - 1n);
      await expect(byScorer.noteScores(2n ** 40n - 1n))
        .to.emit(registry, "ScoresNoted")
        .withArgs(2n ** 40n - 1n);
      await expect(byScorer.noteScores(7)).to.emit(registry, "ScoresNoted").withArgs(7n);

      expect(await registry.scoredEpoch()).to.equal(2n ** 40n - 1n);
      expect(await registry.longestUnbonding()).to.equal(172_800n);
    });
  });

  describe("weightRange", function () {
    it("reverts where setWeights would revert for any weight", async function () {
      const { registry, byNotice } = await loadOperators();
      await byNotice.delist(1);

      await expect(registry.weightRange(4)).to.be.revertedWithCustomError(registry, "UnknownOperator").withArgs(4n);
      await expect(registry.weightRange(1))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.delisted);
    });

    it("is the step of a fifth, at least one, within the bounds", async function () {
      const { registry, byNotice } = await loadOperators();
      expect(await registry.weightRange(1)).to.deep.equal([80n, 120n]);

      await byNotice.setWeightBounds(1, 90, 110);
      expect(await registry.weightRange(1)).to.deep.equal([90n, 110n]);
      await byNotice.setWeightBounds(1, 0, 2);
      expect(await registry.weightRange(1)).to.deep.equal([1n, 2n]);
      await byNotice.setWeightBounds(1, 0, 0);
      expect(await registry.weightRange(1)).to.deep.equal([0n, 0n]);
      await byNotice.setWeightBounds(1, 0, 9);
      expect(await registry.weightRange(1)).to.deep.equal([0n, 1n]);
    });

    it("starts from what the weight was when the epoch began", async function () {
      const { registry, allocator, byScorer } = await loadOperators();
      await byScorer.setWeights([1], [120]);
      expect(await registry.weightRange(1)).to.deep.equal([80n, 120n]);

      await allocator.setEpoch(2);

      expect(await registry.weightRange(1)).to.deep.equal([96n, 144n]);
    });

    it("has the weight itself in it after its bounds were moved in the same epoch", async function () {
      const { registry, byScorer, byNotice } = await loadOperators();
      await byScorer.setWeights([1], [120]);

      await byNotice.setWeightBounds(1, 115, 1_000);

      expect(await registry.weightRange(1)).to.deep.equal([115n, 120n]);
    });

    it("is exactly what setWeights takes", async function () {
      const { registry, allocator, byScorer, byNotice } = await loadOperators();
      await byNotice.setWeightBounds(2, 95, 1_000);
      await allocator.setEpoch(7);
      const ranges = await Promise.all([1, 2, 3].map(async (id) => registry.weightRange(id)));
      const ids = [1n, 2n, 3n];

      await byScorer.setWeights(
        ids,
        ranges.map(({ lowest }) => lowest),
      );
      await byScorer.setWeights(
        ids,
        ranges.map(({ highest }) => highest),
      );

      for (const [index, { lowest, highest }] of ranges.entries()) {
        const id = ids[index]!;
        const below = byScorer.setWeights([id], [lowest - 1n]);
        if (id === 2n) {
          await expect(below)
            .to.be.revertedWithCustomError(registry, "WeightOutOfBounds")
            .withArgs(id, lowest - 1n, 95n, 1_000n);
        } else {
          await expect(below)
            .to.be.revertedWithCustomError(registry, "WeightStepTooLarge")
            .withArgs(id, lowest - 1n, lowest, highest);
        }
        await expect(byScorer.setWeights([id], [highest + 1n]))
          .to.be.revertedWithCustomError(registry, "WeightStepTooLarge")
          .withArgs(id, highest + 1n, 80n, highest);
      }
    });
  });
});
