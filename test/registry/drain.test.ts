import { expect } from "chai";

import { ether, State } from "../fixtures/registry.ts";
import { loadOperators } from "../fixtures/curation.ts";

describe("OperatorRegistry", function () {
  describe("drain of an operator that reports drained", function () {
    for (const who of ["guardian", "notice"] as const) {
      it(`takes from them the power to bring it back, by the ${who}, and counts nothing`, async function () {
        const { registry, byGuardian, byNotice, byScorer } = await loadOperators();
        await byScorer.drainByReport(1);

        const change = (who === "guardian" ? byGuardian : byNotice).drain(1);

        await expect(change).to.emit(registry, "DrainConfirmed").withArgs(1n);
        await expect(change).not.to.emit(registry, "GuardianShareUsed");
        await expect(change).not.to.emit(registry, "StateChanged");
        expect((await registry.operator(1)).state).to.equal(State.draining);
        expect(await registry.marksOf(1)).to.deep.equal([false, false, false]);
        expect(await registry.guardianShareLeft()).to.equal(ether(70));
        await expect(byScorer.readmit(1)).to.be.revertedWithCustomError(registry, "NotDrainedByReport").withArgs(1n);
      });
    }

    it("works when nothing is left of the guardian share, and once", async function () {
      const { registry, allocator, byGuardian, byScorer } = await loadOperators();
      await allocator.setPosition(1, ether(100), 0, false);
      await byScorer.drainByReport(1);
      expect(await registry.guardianShareLeft()).to.equal(0n);

      await byGuardian.drain(1);

      await expect(byGuardian.drain(1))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.draining);
    });

    for (const [id, state] of [
      [1n, State.active],
      [3n, State.ramping],
    ] as const) {
      it(`keeps the state of ${state.toString()} that governance reinstates`, async function () {
        const { registry, byGuardian, byNotice, byScorer } = await loadOperators();
        await byScorer.drainByReport(id);
        await byGuardian.drain(id);

        await expect(byNotice.reinstate(id)).to.emit(registry, "StateChanged").withArgs(id, State.draining, state);
      });
    }

    it("keeps a watch", async function () {
      const { registry, byGuardian, byScorer } = await loadOperators();
      await byScorer.watchByReport(1);
      await byScorer.drainByReport(1);

      await byGuardian.drain(1);

      expect(await registry.marksOf(1)).to.deep.equal([false, true, false]);
    });
  });

  describe("reinstate of an operator that reports drained", function () {
    it("takes from them the power to bring it back", async function () {
      const { registry, byNotice, byScorer } = await loadOperators();
      await byScorer.drainByReport(1);

      await byNotice.reinstate(1);

      expect((await registry.operator(1)).state).to.equal(State.active);
      expect(await registry.marksOf(1)).to.deep.equal([false, false, false]);
    });
  });

  describe("clearWatch of an operator that both watch", function () {
    it("allows increases again, whoever stopped them", async function () {
      const { registry, byGuardian, byNotice, byScorer } = await loadOperators();
      await byGuardian.watch(1);
      await byScorer.watchByReport(1);
      await byScorer.drainByReport(1);

      await expect(byNotice.clearWatch(1)).to.emit(registry, "WatchChanged").withArgs(1n, false);

      expect(await registry.marksOf(1)).to.deep.equal([false, false, true]);
    });
  });
});
