import { expect } from "chai";

import { all, Cause, ether, FIRST, good, live, loadScores, State, times } from "../fixtures/scores.ts";

const RATE = 200_000_000n;

/** Operator 1 has a reward and a slash set aside, operator 2 a reward. */
async function loadDoubtful() {
  const fixture = await loadScores();
  const double = { reward: 2n * good().reward };
  await live(fixture, [all(), all({ ...double, slashed: ether(31) }, double)]);
  return fixture;
}

describe("Scores", () => {
  describe("resolve", () => {
    it("reverts when the caller is not Notice", async () => {
      const { scores, governance, reporter } = await loadDoubtful();

      for (const caller of [governance, reporter]) {
        await expect(scores.connect(caller).resolve(1, true))
          .to.be.revertedWithCustomError(scores, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    it("reverts where nothing was set aside", async () => {
      const { scores, byNotice } = await loadDoubtful();

      await expect(byNotice.resolve(3, true)).to.be.revertedWithCustomError(scores, "NothingSetAside").withArgs(3n);
    });

    it("takes the reward as it was reported", async () => {
      const fixture = await loadDoubtful();
      const { scores, byNotice } = fixture;

      await expect(byNotice.resolve(2, true)).to.emit(scores, "Resolved").withArgs(2n, true);

      const { rate, pendingRate, marks } = await scores.reportedOf(2);
      expect([rate, pendingRate, marks]).to.deep.equal([2n * RATE, 0n, 1n]);
      await expect(byNotice.resolve(2, true)).to.be.revertedWithCustomError(scores, "NothingSetAside").withArgs(2n);
      // What it is compared with from now on.
      await live(fixture, [all({}, { reward: 2n * good().reward })], FIRST + 2n);
      expect((await scores.reportedOf(2)).rate).to.equal(2n * RATE);
    });

    it("takes a slash, and drains at once", async () => {
      const { scores, registry, byNotice } = await loadDoubtful();

      await expect(byNotice.resolve(1, true))
        .to.emit(scores, "OperatorDrained")
        .withArgs(1n, FIRST + 1n, Cause.slash);

      expect((await registry.operator(1)).state).to.equal(State.draining);
      expect((await scores.scoreOf(1)).gates).to.equal(3n);
    });

    it("takes a slash, owes the drain that the guardian share does not allow, and stops increases meanwhile", async () => {
      const { scores, registry, allocator, byNotice, noticeSigner } = await loadDoubtful();
      await allocator.setPosition(1, ether(101), 0n, false);
      await registry.connect(noticeSigner).clearWatch(1);

      const resolution = byNotice.resolve(1, true);
      await expect(resolution)
        .to.emit(scores, "DrainRefused")
        .withArgs(1n, FIRST + 1n, Cause.slash);
      await expect(resolution)
        .to.emit(scores, "OperatorWatched")
        .withArgs(1n, FIRST + 1n, Cause.slash);

      const { state, watch } = await registry.operator(1);
      expect([state, watch]).to.deep.equal([State.active, true]);
      await allocator.setPosition(1, ether(100), 0n, false);
      await scores.enforce(1);
      expect((await registry.operator(1)).state).to.equal(State.draining);
    });

    it("takes a slash of who is drained already, and lets reports bring it back no more", async () => {
      const fixture = await loadScores();
      const { scores, registry, byNotice } = fixture;
      await live(fixture, [all({ slashed: ether(31), commissionBps: 1_001n })]);

      await expect(byNotice.resolve(1, true)).to.not.emit(scores, "OperatorDrained");
      await live(fixture, times(7, all()), FIRST + 1n);

      expect((await registry.operator(1)).state).to.equal(State.draining);
    });

    it("drops both, and three clean reports lift the watch", async () => {
      const fixture = await loadDoubtful();
      const { scores, registry, byNotice } = fixture;

      await expect(byNotice.resolve(1, false)).to.emit(scores, "Resolved").withArgs(1n, false);

      const { rate, pendingRate, marks } = await scores.reportedOf(1);
      expect([rate, pendingRate, marks]).to.deep.equal([RATE, 0n, 1n]);
      await live(fixture, times(3, all()), FIRST + 2n);
      const { state, watch } = await registry.operator(1);
      expect([state, watch]).to.deep.equal([State.active, false]);
      expect((await scores.scoreOf(1)).gates).to.equal(0n);
    });
  });
});
