import { expect } from "chai";

import { loadOperators } from "../fixtures/curation.ts";

describe("OperatorRegistry", function () {
  describe("liftWatch", function () {
    it("reverts when the caller is not the scorer", async function () {
      const { registry, guardian, noticeSigner } = await loadOperators();

      for (const caller of [guardian, noticeSigner]) {
        await expect(registry.connect(caller).liftWatch(1))
          .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    it("reverts for an unknown operator", async function () {
      const { registry, byScorer } = await loadOperators();

      await expect(byScorer.liftWatch(4)).to.be.revertedWithCustomError(registry, "UnknownOperator").withArgs(4n);
    });

    it("takes back what reports did", async function () {
      const { registry, byScorer } = await loadOperators();
      await byScorer.watchByReport(1);

      await expect(byScorer.liftWatch(1)).to.emit(registry, "WatchChanged").withArgs(1n, false);

      expect((await registry.operator(1)).watch).to.equal(false);
      expect((await registry.standing(1)).isWatched).to.equal(false);
    });

    for (const who of ["guardian", "allocator"] as const) {
      it(`leaves a watch by the ${who}, and says that it is still on`, async function () {
        const { registry, byGuardian, byAllocator, byScorer } = await loadOperators();
        await byScorer.watchByReport(1);
        await (who === "guardian" ? byGuardian : byAllocator).watch(1);

        await expect(byScorer.liftWatch(1)).to.emit(registry, "WatchChanged").withArgs(1n, true);

        expect(await registry.marksOf(1)).to.deep.equal([true, false, false]);
        expect((await registry.standing(1)).isWatched).to.equal(true);
      });
    }

    it("leaves a drain by reports", async function () {
      const { registry, byScorer } = await loadOperators();
      await byScorer.watchByReport(1);
      await byScorer.drainByReport(1);

      await byScorer.liftWatch(1);

      expect(await registry.marksOf(1)).to.deep.equal([false, false, true]);
    });

    it("changes nothing where there is no watch", async function () {
      const { registry, byScorer } = await loadOperators();

      await expect(byScorer.liftWatch(1)).to.emit(registry, "WatchChanged").withArgs(1n, false);

      expect(await registry.marksOf(1)).to.deep.equal([false, false, false]);
    });
  });
});
