import { expect } from "chai";

import { ether, POLICY, State } from "../fixtures/registry.ts";
import { loadOperators } from "../fixtures/curation.ts";

describe("OperatorRegistry", function () {
  describe("drainByReport", function () {
    it("reverts when the caller is not the scorer", async function () {
      const { registry, guardian, noticeSigner } = await loadOperators();

      for (const caller of [guardian, noticeSigner]) {
        await expect(registry.connect(caller).drainByReport(1))
          .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    it("reverts for an unknown operator", async function () {
      const { registry, byScorer } = await loadOperators();

      for (const id of [0n, 4n]) {
        await expect(byScorer.drainByReport(id))
          .to.be.revertedWithCustomError(registry, "UnknownOperator")
          .withArgs(id);
      }
    });

    it("reverts for an operator that is draining, delisted or removed", async function () {
      const { registry, allocator, byGuardian, byScorer } = await loadOperators();
      await byGuardian.drain(1);
      await byScorer.drainByReport(2);
      await byGuardian.delist(3);

      for (const [id, state] of [
        [1n, State.draining],
        [2n, State.draining],
        [3n, State.delisted],
      ] as const) {
        await expect(byScorer.drainByReport(id))
          .to.be.revertedWithCustomError(registry, "WrongState")
          .withArgs(id, state);
      }
      await allocator.setPosition(3, 0, 0, false);
      await registry.remove(3);
      await expect(byScorer.drainByReport(3))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(3n, State.removed);
    });

    for (const [id, state] of [
      [1n, State.active],
      [3n, State.ramping],
    ] as const) {
      it(`drains operator ${id.toString()} from state ${state.toString()}, counting its position`, async function () {
        const { registry, byScorer } = await loadOperators();

        await expect(byScorer.drainByReport(id))
          .to.emit(registry, "StateChanged")
          .withArgs(id, state, State.draining)
          .and.to.emit(registry, "GuardianShareUsed")
          .withArgs(1n, ether(30), ether(30))
          .and.to.emit(registry, "DrainedByReport")
          .withArgs(id);

        expect((await registry.operator(id)).state).to.equal(State.draining);
        expect(await registry.marksOf(id)).to.deep.equal([false, false, true]);
        expect(await registry.guardianShareLeft()).to.equal(ether(70));
      });
    }

    it("works while a round is open", async function () {
      const { registry, allocator, byScorer } = await loadOperators();
      await allocator.setRound(3);

      await byScorer.drainByReport(1);

      expect((await registry.operator(1)).state).to.equal(State.draining);
    });

    it("counts only what neither whitelist nor absolute cap make a violation already", async function () {
      const { registry, byNotice, byScorer, foundation, pools } = await loadOperators();
      await byNotice.setAbsoluteCap(1, ether(12));
      await registry.connect(foundation).unwhitelistPool(pools[1]!);
      expect(await registry.guardianShareLeft()).to.equal(ether(70));

      await expect(byScorer.drainByReport(1)).to.emit(registry, "GuardianShareUsed").withArgs(1n, ether(12), ether(42));
      await expect(byScorer.drainByReport(2)).not.to.emit(registry, "GuardianShareUsed");
      expect((await registry.operator(2)).state).to.equal(State.draining);
    });

    it("can use the guardian share to the last wei, and reverts beyond it with what is left", async function () {
      const { registry, allocator, byScorer } = await loadOperators();
      await allocator.setPosition(1, ether(100), 0, false);
      await allocator.setPosition(2, ether(100) + 1n, 0, false);

      await expect(byScorer.drainByReport(2))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(100) + 1n, ether(100));
      await byScorer.drainByReport(1);
      await expect(byScorer.drainByReport(3))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(30), 0n);

      expect((await registry.operator(3)).state).to.equal(State.ramping);
      expect(await registry.marksOf(3)).to.deep.equal([false, false, false]);
    });

    it("shares the guardian share with the guardian, whoever comes first", async function () {
      const { registry, allocator, byGuardian, byScorer } = await loadOperators();
      await allocator.setPosition(2, ether(80), 0, false);
      await byGuardian.drain(1);

      await expect(byScorer.drainByReport(2))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(80), ether(70));
      await allocator.setEpoch(2);
      await byScorer.drainByReport(2);
      await expect(byGuardian.drain(3))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(30), ether(20));
    });

    it("drains nobody under a guardian share of zero", async function () {
      const { registry, byNotice, byScorer } = await loadOperators();
      await byNotice.setPolicy({ ...POLICY, guardianShareBps: 0n });

      await expect(byScorer.drainByReport(1))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(30), 0n);
    });
  });
});
