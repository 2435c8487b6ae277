import { expect } from "chai";

import { loadRegistry, State } from "../fixtures/registry.ts";

/** Operators 1 and 2 weigh 100 within 10 to 1,000. */
async function loadWeights() {
  const base = await loadRegistry();
  const { registry, scorer, noticeSigner } = base;

  return { ...base, byScorer: registry.connect(scorer), byNotice: registry.connect(noticeSigner) };
}

describe("OperatorRegistry", function () {
  describe("setWeights", function () {
    it("reverts when the caller is not the scorer", async function () {
      const { registry, governance } = await loadWeights();

      await expect(registry.connect(governance).setWeights([1], [100]))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    it("reverts when ids and weights differ in number", async function () {
      const { registry, byScorer } = await loadWeights();

      await expect(byScorer.setWeights([1, 2], [100]))
        .to.be.revertedWithCustomError(registry, "LengthMismatch")
        .withArgs(2n, 1n);
    });

    it("reverts for an unknown operator", async function () {
      const { registry, byScorer } = await loadWeights();

      await expect(byScorer.setWeights([1, 3], [100, 100]))
        .to.be.revertedWithCustomError(registry, "UnknownOperator")
        .withArgs(3n);
    });

    it("reverts for a delisted or removed operator", async function () {
      const { registry, byScorer, byNotice } = await loadWeights();
      await byNotice.delist(1);
      await expect(byScorer.setWeights([1], [100]))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.delisted);

      await registry.remove(1);
      await expect(byScorer.setWeights([1], [100]))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.removed);
    });

    for (const weight of [9n, 1_001n]) {
      it(`reverts for a weight of ${weight.toString()}, outside its bounds`, async function () {
        const { registry, byScorer } = await loadWeights();

        await expect(byScorer.setWeights([1], [weight]))
          .to.be.revertedWithCustomError(registry, "WeightOutOfBounds")
          .withArgs(1n, weight, 10n, 1_000n);
      });
    }

    for (const weight of [79n, 121n]) {
      it(`reverts for a step from 100 to ${weight.toString()}`, async function () {
        const { registry, byScorer } = await loadWeights();

        await expect(byScorer.setWeights([1], [weight]))
          .to.be.revertedWithCustomError(registry, "WeightStepTooLarge")
          .withArgs(1n, weight, 80n, 120n);
      });
    }

    it("sets several weights by up to 20 %", async function () {
      const { registry, byScorer } = await loadWeights();

      await expect(byScorer.setWeights([1, 2], [80, 120]))
        .to.emit(registry, "WeightChanged")
        .withArgs(1n, 100n, 80n)
        .and.to.emit(registry, "WeightChanged")
        .withArgs(2n, 100n, 120n);
      expect((await registry.operator(1)).weight).to.equal(80n);
      expect((await registry.operator(2)).weight).to.equal(120n);
    });

    it("attack: many small steps in one epoch go no further than one", async function () {
      const { registry, byScorer } = await loadWeights();
      await byScorer.setWeights([1], [110]);

      await expect(byScorer.setWeights([1, 1], [120, 121]))
        .to.be.revertedWithCustomError(registry, "WeightStepTooLarge")
        .withArgs(1n, 121n, 80n, 120n);
      await byScorer.setWeights([1, 1], [120, 80]);
      expect((await registry.operator(1)).weight).to.equal(80n);
    });

    it("steps on from there in the next epoch", async function () {
      const { registry, allocator, byScorer } = await loadWeights();
      await byScorer.setWeights([1], [120]);
      await allocator.setEpoch(2);

      await expect(byScorer.setWeights([1], [145]))
        .to.be.revertedWithCustomError(registry, "WeightStepTooLarge")
        .withArgs(1n, 145n, 96n, 144n);
      await byScorer.setWeights([1], [144]);
      expect((await registry.operator(1)).weight).to.equal(144n);
    });

    it("moves small weights by one, and off zero", async function () {
      const { registry, byScorer, byNotice } = await loadWeights();
      await byNotice.setWeightBounds(1, 0, 1);
      await byNotice.setWeightBounds(1, 0, 10);
      expect((await registry.operator(1)).weight).to.equal(1n);

      await byScorer.setWeights([1], [0]);
      await expect(byScorer.setWeights([1], [3]))
        .to.be.revertedWithCustomError(registry, "WeightStepTooLarge")
        .withArgs(1n, 3n, 0n, 2n);
      await byScorer.setWeights([1], [2]);
      expect((await registry.operator(1)).weight).to.equal(2n);
    });

    it("works for a draining operator and for no operators", async function () {
      const { registry, byScorer, byNotice } = await loadWeights();
      await byNotice.drain(1);

      await byScorer.setWeights([1], [90]);
      await byScorer.setWeights([], []);

      expect((await registry.operator(1)).weight).to.equal(90n);
    });

    it("emits the same weight and changes nothing", async function () {
      const { registry, byScorer } = await loadWeights();

      await expect(byScorer.setWeights([1], [100]))
        .to.emit(registry, "WeightChanged")
        .withArgs(1n, 100n, 100n);
    });
  });

  describe("setWeightBounds", function () {
    it("reverts without notice", async function () {
      const { registry, scorer } = await loadWeights();

      await expect(registry.connect(scorer).setWeightBounds(1, 0, 1))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(scorer);
    });

    it("reverts for an unknown or delisted operator", async function () {
      const { registry, byNotice } = await loadWeights();
      await byNotice.delist(1);

      await expect(byNotice.setWeightBounds(3, 0, 1))
        .to.be.revertedWithCustomError(registry, "UnknownOperator")
        .withArgs(3n);
      await expect(byNotice.setWeightBounds(1, 0, 1))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.delisted);
    });

    it("reverts when the bounds are the wrong way round", async function () {
      const { registry, byNotice } = await loadWeights();

      await expect(byNotice.setWeightBounds(1, 8, 7))
        .to.be.revertedWithCustomError(registry, "OutOfBounds")
        .withArgs(8n, 0n, 7n);
    });

    it("keeps a weight that lies within", async function () {
      const { registry, byNotice } = await loadWeights();

      const change = byNotice.setWeightBounds(1, 100, 100);

      await expect(change).to.emit(registry, "WeightBoundsChanged").withArgs(1n, 100n, 100n);
      await expect(change).not.to.emit(registry, "WeightChanged");
      expect(await registry.weightBounds(1)).to.deep.equal([100n, 100n]);
      expect((await registry.operator(1)).weight).to.equal(100n);
    });

    for (const { bounds, weight, steps } of [
      { bounds: [200n, 300n] as const, weight: 200n, steps: [160n, 240n] as const },
      { bounds: [20n, 50n] as const, weight: 50n, steps: [40n, 60n] as const },
    ]) {
      it(`moves a weight that lies outside to ${weight.toString()}, where the epoch's steps start`, async function () {
        const { registry, byNotice, byScorer } = await loadWeights();

        await expect(byNotice.setWeightBounds(1, ...bounds))
          .to.emit(registry, "WeightChanged")
          .withArgs(1n, 100n, weight);
        expect((await registry.operator(1)).weight).to.equal(weight);
        await byNotice.setWeightBounds(1, 0, 1_000);
        await expect(byScorer.setWeights([1], [steps[1] + 1n]))
          .to.be.revertedWithCustomError(registry, "WeightStepTooLarge")
          .withArgs(1n, steps[1] + 1n, ...steps);
      });
    }
  });
});
