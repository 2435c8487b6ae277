import { expect } from "chai";

import { ether, State } from "../fixtures/registry.ts";
import { loadOperators } from "../fixtures/curation.ts";

describe("OperatorRegistry", function () {
  describe("readmit", function () {
    it("reverts when the caller is not the scorer", async function () {
      const { registry, byScorer, guardian, noticeSigner } = await loadOperators();
      await byScorer.drainByReport(1);

      for (const caller of [guardian, noticeSigner]) {
        await expect(registry.connect(caller).readmit(1))
          .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    it("reverts for an unknown operator", async function () {
      const { registry, byScorer } = await loadOperators();

      await expect(byScorer.readmit(4)).to.be.revertedWithCustomError(registry, "UnknownOperator").withArgs(4n);
    });

    it("reverts for an operator that is not draining, also when reports had drained it before", async function () {
      const { registry, allocator, byGuardian, byNotice, byScorer } = await loadOperators();
      await byScorer.drainByReport(1);
      await byNotice.reinstate(1);
      await byScorer.drainByReport(2);
      await byGuardian.delist(2);

      for (const [id, state] of [
        [1n, State.active],
        [2n, State.delisted],
        [3n, State.ramping],
      ] as const) {
        await expect(byScorer.readmit(id)).to.be.revertedWithCustomError(registry, "WrongState").withArgs(id, state);
      }
      await allocator.setPosition(2, 0, 0, false);
      await registry.remove(2);
      await expect(byScorer.readmit(2))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(2n, State.removed);
    });

    it("reverts for an operator that a guardian drained", async function () {
      const { registry, byGuardian, byScorer } = await loadOperators();
      await byGuardian.drain(1);

      await expect(byScorer.readmit(1)).to.be.revertedWithCustomError(registry, "NotDrainedByReport").withArgs(1n);
    });

    it("reverts for an operator that a guardian drained after it had been reinstated from a drain by reports", async function () {
      const { registry, byGuardian, byNotice, byScorer } = await loadOperators();
      await byScorer.drainByReport(1);
      await byNotice.reinstate(1);
      await byGuardian.drain(1);

      await expect(byScorer.readmit(1)).to.be.revertedWithCustomError(registry, "NotDrainedByReport").withArgs(1n);
    });

    it("reverts while a round is open", async function () {
      const { registry, allocator, byScorer } = await loadOperators();
      await byScorer.drainByReport(1);
      await allocator.setRound(5);

      await expect(byScorer.readmit(1)).to.be.revertedWithCustomError(registry, "RoundOpen").withArgs(5n);
    });

    for (const id of [1n, 3n]) {
      it(`lets operator ${id.toString()} begin anew, whatever it was drained from, and only once`, async function () {
        const { registry, byScorer } = await loadOperators();
        await byScorer.drainByReport(id);

        const change = byScorer.readmit(id);

        await expect(change).to.emit(registry, "StateChanged").withArgs(id, State.draining, State.ramping);
        await expect(change).not.to.emit(registry, "GroupsChanged");
        expect((await registry.operator(id)).state).to.equal(State.ramping);
        expect(await registry.marksOf(id)).to.deep.equal([false, false, false]);
        await expect(byScorer.readmit(id))
          .to.be.revertedWithCustomError(registry, "WrongState")
          .withArgs(id, State.ramping);
      });
    }

    it("leaves every watch", async function () {
      const { registry, byGuardian, byScorer } = await loadOperators();
      await byGuardian.watch(1);
      await byScorer.watchByReport(1);
      await byScorer.drainByReport(1);

      await byScorer.readmit(1);

      expect(await registry.marksOf(1)).to.deep.equal([true, true, false]);
    });

    it("gives nothing of the guardian share back", async function () {
      const { registry, byScorer } = await loadOperators();
      await byScorer.drainByReport(1);

      await byScorer.readmit(1);
      expect(await registry.guardianShareLeft()).to.equal(ether(70));
      await byScorer.drainByReport(1);

      expect(await registry.guardianShareLeft()).to.equal(ether(40));
    });
  });
});
