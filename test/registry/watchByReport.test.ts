import { expect } from "chai";

import { ether, State } from "../fixtures/registry.ts";
import { loadOperators } from "../fixtures/curation.ts";

describe("OperatorRegistry", function () {
  describe("watchByReport", function () {
    it("reverts when the caller is not the scorer", async function () {
      const { registry, guardian, noticeSigner } = await loadOperators();

      for (const caller of [guardian, noticeSigner]) {
        await expect(registry.connect(caller).watchByReport(1))
          .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    it("reverts for an unknown operator", async function () {
      const { registry, byScorer } = await loadOperators();

      for (const id of [0n, 4n]) {
        await expect(byScorer.watchByReport(id))
          .to.be.revertedWithCustomError(registry, "UnknownOperator")
          .withArgs(id);
      }
    });

    it("stops increases, and does no harm a second time", async function () {
      const { registry, byScorer } = await loadOperators();

      await expect(byScorer.watchByReport(1)).to.emit(registry, "WatchChanged").withArgs(1n, true);
      await expect(byScorer.watchByReport(1)).to.emit(registry, "WatchChanged").withArgs(1n, true);

      expect((await registry.operator(1)).watch).to.equal(true);
      expect((await registry.standing(1)).isWatched).to.equal(true);
      expect(await registry.marksOf(1)).to.deep.equal([false, true, false]);
      expect((await registry.operator(1)).state).to.equal(State.active);
      expect((await registry.operator(2)).watch).to.equal(false);
    });

    it("is told from the watch of a guardian", async function () {
      const { registry, byGuardian, byAllocator, byScorer } = await loadOperators();
      await byGuardian.watch(1);
      await byAllocator.watch(2);
      await byScorer.watchByReport(2);

      expect(await registry.marksOf(1)).to.deep.equal([true, false, false]);
      expect(await registry.marksOf(2)).to.deep.equal([true, true, false]);
      expect(await registry.marksOf(3)).to.deep.equal([false, false, false]);
    });

    it("counts nothing, and works in every state and while a round is open", async function () {
      const { registry, allocator, byGuardian, byScorer } = await loadOperators();
      await allocator.setRound(2);
      await expect(byScorer.watchByReport(1)).not.to.emit(registry, "GuardianShareUsed");
      expect(await registry.guardianShareLeft()).to.equal(ether(100));
      await allocator.setRound(0);

      await byGuardian.drain(1);
      await byScorer.watchByReport(1);
      await byGuardian.delist(1);
      await byScorer.watchByReport(1);
      await allocator.setPosition(1, 0, 0, false);
      await registry.remove(1);
      await byScorer.watchByReport(1);

      expect(await registry.marksOf(1)).to.deep.equal([false, true, false]);
    });
  });
});
