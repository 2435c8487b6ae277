import { expect } from "chai";

import { ROLES } from "../../src/roles.ts";
import { all, Cause, ether, FIRST, live, loadScores, PAGE, report, State, times } from "../fixtures/scores.ts";

/** Operator 1 has more than the guardian share of a hundred ether, and was slashed. */
async function loadOwed() {
  const fixture = await loadScores();
  await fixture.allocator.setPosition(1, ether(101), 0n, false);
  await live(fixture, [all({ slashed: 1n })]);
  return fixture;
}

describe("Scores", () => {
  describe("enforce", () => {
    it("reverts where nothing is owed", async () => {
      const fixture = await loadScores();
      const { scores } = fixture;
      for (const id of [0n, 1n, 9n]) {
        await expect(scores.enforce(id)).to.be.revertedWithCustomError(scores, "NothingToEnforce").withArgs(id);
      }

      await live(fixture, [all({ commissionBps: 1_001n }), ...times(5, all())]);
      await expect(scores.enforce(1)).to.be.revertedWithCustomError(scores, "NothingToEnforce").withArgs(1n);
    });

    it("reverts as the registry does while the guardian share is too small, and owes the drain still", async () => {
      const { scores, registry } = await loadOwed();

      await expect(scores.enforce(1))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(101), ether(100));
      expect((await scores.conductOf(1)).owed).to.equal(Cause.slash);
    });

    it("takes nothing but a share that is used up for a refusal: any other error undoes the page", async () => {
      const fixture = await loadScores();
      const { accessManager, noticeSigner, scores, registry } = fixture;
      await report(fixture, FIRST, all({ slashed: 1n }));
      const { selector } = registry.interface.getFunction("drainByReport");
      await accessManager.connect(noticeSigner).setTargetFunctionRole(registry, [selector], ROLES.admin);

      await expect(scores.score(100, PAGE))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(scores);
      expect((await scores.conductOf(1)).owed).to.equal(Cause.none);
      expect(await scores.score.staticCall(0)).to.deep.equal([0n, false]);
    });

    it("drains for anyone as soon as the share allows it", async () => {
      const { scores, registry, allocator, stranger } = await loadOwed();
      await allocator.setPosition(1, ether(100), 0n, false);

      await expect(scores.connect(stranger).enforce(1))
        .to.emit(scores, "OperatorDrained")
        .withArgs(1n, FIRST, Cause.slash);
      expect((await registry.operator(1)).state).to.equal(State.draining);
      expect((await registry.marksOf(1)).drainedByReport).to.equal(true);
      expect((await scores.conductOf(1)).owed).to.equal(Cause.none);
      await expect(scores.enforce(1)).to.be.revertedWithCustomError(scores, "NothingToEnforce").withArgs(1n);
    });

    it("reverts for an operator that is drained already, or delisted", async () => {
      const { scores, registry, noticeSigner } = await loadOwed();
      await registry.connect(noticeSigner).drain(1);
      await expect(scores.enforce(1)).to.be.revertedWithCustomError(scores, "NothingToEnforce").withArgs(1n);

      await registry.connect(noticeSigner).delist(1);
      await expect(scores.enforce(1)).to.be.revertedWithCustomError(scores, "NothingToEnforce").withArgs(1n);
    });

    it("lets who is drained so begin again after six clean reports from then on", async () => {
      const fixture = await loadScores();
      const { scores, registry, allocator } = fixture;
      await allocator.setPosition(1, ether(101), 0n, false);
      await live(fixture, [all({ commissionBps: 1_001n }), ...times(5, all())]);
      await allocator.setPosition(1, ether(100), 0n, false);

      await scores.enforce(1);
      expect((await scores.conductOf(1)).clean).to.equal(0n);
      await live(fixture, times(5, all()), FIRST + 6n);
      expect((await registry.operator(1)).state).to.equal(State.draining);
      const scoring = await live(fixture, [all()], FIRST + 11n);
      await expect(scoring)
        .to.emit(scores, "OperatorReadmitted")
        .withArgs(1n, FIRST + 11n);
      expect((await registry.operator(1)).state).to.equal(State.ramping);
    });
  });
});
