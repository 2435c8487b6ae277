import { expect } from "chai";

import { all, Cause, ether, FIRST, live, loadScores, State, times } from "../fixtures/scores.ts";

/** Operator 1 has more than the guardian share of a hundred ether, and was slashed. */
async function loadOwed() {
  const fixture = await loadScores();
  await fixture.allocator.setPosition(1, ether(101), 0n, false);
  await live(fixture, [all({ slashed: 1n })]);
  return fixture;
}

/** Operator 1 was drained for its commission and is clean again, but a round was open when the reports would have it back. */
async function loadWaiting() {
  const fixture = await loadScores();
  await live(fixture, [all({ commissionBps: 1_001n }), ...times(5, all())]);
  await fixture.allocator.setRound(7);
  await live(fixture, [all()], FIRST + 6n);
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

    it("reverts as the registry does while a round is open", async () => {
      const { scores, registry } = await loadWaiting();

      await expect(scores.enforce(1)).to.be.revertedWithCustomError(registry, "RoundOpen").withArgs(7n);
    });

    it("readmits for anyone once the round is over", async () => {
      const { scores, registry, allocator, stranger } = await loadWaiting();
      await allocator.setRound(0);

      await expect(scores.connect(stranger).enforce(1))
        .to.emit(scores, "OperatorReadmitted")
        .withArgs(1n, FIRST + 6n);
      expect((await registry.operator(1)).state).to.equal(State.ramping);
      await expect(scores.enforce(1)).to.be.revertedWithCustomError(scores, "NothingToEnforce").withArgs(1n);
    });

    it("readmits nobody whose drain a guardian confirmed, or who was slashed", async () => {
      const { scores, registry, allocator, guardian } = await loadWaiting();
      await allocator.setRound(0);
      await registry.connect(guardian).drain(1);
      await expect(scores.enforce(1)).to.be.revertedWithCustomError(scores, "NothingToEnforce").withArgs(1n);

      const slashed = await loadScores();
      await live(slashed, [all({ slashed: 1n }), ...times(7, all())]);
      await expect(slashed.scores.enforce(1)).to.be.revertedWithCustomError(scores, "NothingToEnforce").withArgs(1n);
    });
  });
});
