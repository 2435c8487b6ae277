import { expect } from "chai";

import {
  all,
  Cause,
  ether,
  FIRST,
  good,
  live,
  loadScores,
  NETWORK_STAKE,
  ONE,
  PAGE,
  State,
  times,
} from "../fixtures/scores.ts";

const RATE = 200_000_000n;

/** Operator 1 has a reward and a slash set aside, operator 2 a reward. */
async function loadDoubtful() {
  const fixture = await loadScores();
  const double = { reward: 2n * good().reward };
  await live(fixture, [all(), all({ ...double, slashed: ether(31) }, double)]);
  return fixture;
}

describe("Scores", () => {
  for (const [name, args] of [
    ["resolveReward", [1n, 2n * RATE]],
    ["resolveSlash", [1n, true]],
    ["pardon", [1n]],
  ] as const) {
    it(`${name} reverts when the caller is not Notice`, async () => {
      const { scores, governance, reporter } = await loadDoubtful();

      for (const caller of [governance, reporter]) {
        await expect(scores.connect(caller).getFunction(name)(...args))
          .to.be.revertedWithCustomError(scores, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });
  }

  describe("resolveReward", () => {
    it("reverts where none was set aside, and for a rate that nobody could have", async () => {
      const { scores, byNotice } = await loadDoubtful();

      await expect(byNotice.resolveReward(3, RATE))
        .to.be.revertedWithCustomError(scores, "NothingSetAside")
        .withArgs(3n);
      await expect(byNotice.resolveReward(2, 2n ** 48n))
        .to.be.revertedWithCustomError(scores, "SafeCastOverflowedUintDowncast")
        .withArgs(48n, 2n ** 48n);
    });

    it("takes the reward as it was reported", async () => {
      const fixture = await loadDoubtful();
      const { scores, byNotice } = fixture;

      await expect(byNotice.resolveReward(2, 2n * RATE))
        .to.emit(scores, "RewardResolved")
        .withArgs(2n, RATE, 2n * RATE);

      const { rate, pendingRate, marks } = await scores.reportedOf(2);
      expect([rate, pendingRate, marks]).to.deep.equal([2n * RATE, 0n, 1n]);
      await expect(byNotice.resolveReward(2, 2n * RATE))
        .to.be.revertedWithCustomError(scores, "NothingSetAside")
        .withArgs(2n);
      // What it is compared with from now on.
      await live(fixture, [all({}, { reward: 2n * good().reward })], FIRST + 2n);
      expect((await scores.reportedOf(2)).rate).to.equal(2n * RATE);
    });

    it("says what is known of rewards that never are the same twice", async () => {
      const fixture = await loadDoubtful();
      const { scores, byNotice } = fixture;
      const earned = (percent: bigint) => all({}, { reward: (percent * good().reward) / 100n });
      await live(fixture, [earned(300n), earned(150n), earned(400n)], FIRST + 2n);
      expect((await scores.reportedOf(2)).marks).to.equal(3n);

      await byNotice.resolveReward(2, 3n * RATE);
      await live(fixture, [earned(250n)], FIRST + 5n);
      const { rate, marks } = await scores.reportedOf(2);
      expect([rate, marks]).to.deep.equal([(5n * RATE) / 2n, 1n]);
    });

    it("decides of the reward alone: a slash stays set aside", async () => {
      const { scores, byNotice } = await loadDoubtful();

      await expect(byNotice.resolveReward(1, RATE)).to.emit(scores, "RewardResolved").withArgs(1n, RATE, RATE);

      const { rate, pendingRate, marks } = await scores.reportedOf(1);
      expect([rate, pendingRate, marks]).to.deep.equal([RATE, 0n, 17n]);
    });
  });

  describe("resolveSlash", () => {
    it("reverts where none was set aside", async () => {
      const { scores, byNotice } = await loadDoubtful();

      for (const id of [2n, 3n]) {
        await expect(byNotice.resolveSlash(id, true))
          .to.be.revertedWithCustomError(scores, "NothingSetAside")
          .withArgs(id);
      }
    });

    it("takes a slash, and drains at once", async () => {
      const { scores, registry, byNotice, noticeSigner } = await loadDoubtful();
      await registry.connect(noticeSigner).clearWatch(1);

      const resolution = byNotice.resolveSlash(1, true);
      await expect(resolution).to.emit(scores, "SlashResolved").withArgs(1n, true);
      await expect(resolution)
        .to.emit(scores, "OperatorDrained")
        .withArgs(1n, FIRST + 1n, Cause.slash);
      await expect(resolution).not.to.emit(scores, "OperatorWatched");

      const { state, watch } = await registry.operator(1);
      expect([state, watch]).to.deep.equal([State.draining, false]);
      expect((await scores.scoreOf(1)).gates).to.equal(3n);
      expect((await scores.reportedOf(1)).pendingRate).to.equal(2n * RATE);
    });

    it("takes a slash, owes the drain that the guardian share does not allow, and stops increases meanwhile", async () => {
      const { scores, registry, allocator, byNotice, noticeSigner } = await loadDoubtful();
      await allocator.setPosition(1, ether(101), 0n, false);
      await registry.connect(noticeSigner).clearWatch(1);

      const resolution = byNotice.resolveSlash(1, true);
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

      await expect(byNotice.resolveSlash(1, true)).to.not.emit(scores, "OperatorDrained");
      await live(fixture, times(7, all()), FIRST + 1n);

      expect((await registry.operator(1)).state).to.equal(State.draining);
    });

    it("drops it, and three clean reports lift the watch", async () => {
      const fixture = await loadDoubtful();
      const { scores, registry, byNotice } = fixture;

      await expect(byNotice.resolveSlash(1, false)).to.emit(scores, "SlashResolved").withArgs(1n, false);
      await byNotice.resolveReward(1, RATE);

      const { rate, pendingRate, marks } = await scores.reportedOf(1);
      expect([rate, pendingRate, marks]).to.deep.equal([RATE, 0n, 1n]);
      await live(fixture, times(3, all()), FIRST + 2n);
      const { state, watch } = await registry.operator(1);
      expect([state, watch]).to.deep.equal([State.active, false]);
      expect((await scores.scoreOf(1)).gates).to.equal(0n);
    });
  });

  describe("pardon", () => {
    it("reverts where there is nothing to forget", async () => {
      const { scores, byNotice } = await loadDoubtful();

      await expect(byNotice.pardon(2)).to.be.revertedWithCustomError(scores, "NothingToPardon").withArgs(2n);
      await expect(byNotice.pardon(9)).to.be.revertedWithCustomError(scores, "NothingToPardon").withArgs(9n);
    });

    it("forgets a slash: reports bring back whom they drained, and it has a score", async () => {
      const fixture = await loadScores();
      const { scores, registry, byNotice } = fixture;
      await live(fixture, [all({ slashed: 1n }), ...times(7, all())]);
      expect((await registry.operator(1)).state).to.equal(State.draining);
      expect((await scores.scoreOf(1)).gates).to.equal(3n);

      await expect(byNotice.pardon(1)).to.emit(scores, "Pardoned").withArgs(1n);
      expect((await registry.operator(1)).state).to.equal(State.draining);
      await live(fixture, [all()], FIRST + 8n);

      expect((await registry.operator(1)).state).to.equal(State.ramping);
      expect((await scores.scoreOf(1)).gates).to.equal(0n);
    });

    it("leaves aside what is set aside", async () => {
      const { scores, byNotice } = await loadDoubtful();

      await expect(byNotice.pardon(1)).to.be.revertedWithCustomError(scores, "NothingToPardon").withArgs(1n);
      expect((await scores.reportedOf(1)).marks & 20n).to.equal(16n);
    });

    it("forgets no slash that was reported since and that nobody has judged", async () => {
      const fixture = await loadScores();
      const { scores, registry, byNotice, byReporter, noticeSigner, allocator } = fixture;
      await live(fixture, [all({ slashed: 1n })]);
      await registry.connect(noticeSigner).reinstate(1);
      await allocator.setEpoch(FIRST + 2n);
      await byReporter.record(FIRST + 1n, 1, all({ slashed: ether(1) }));

      await expect(byNotice.pardon(1)).to.be.revertedWithCustomError(scores, "SlashNotJudged").withArgs(1n);
      await byReporter.close(FIRST + 1n, NETWORK_STAKE, 4);
      await scores.score(100, PAGE);
      expect((await registry.operator(1)).state).to.equal(State.draining);
      await expect(byNotice.pardon(1)).to.emit(scores, "Pardoned").withArgs(1n);
    });

    it("forgets a drain that is owed, of a committee that said of everyone that it was slashed", async () => {
      const fixture = await loadScores();
      const { scores, registry, allocator, byNotice } = fixture;
      for (const id of [1, 2, 3, 4]) await allocator.setPosition(id, ether(60), 0n, false);
      await live(fixture, [times(4, good({ slashed: 1n }))]);
      // The share of the epoch is a hundred ether: one is drained, three are owed.
      const states = await Promise.all([1, 2, 3, 4].map(async (id) => (await registry.operator(id)).state));
      expect(states).to.deep.equal([State.draining, State.active, State.active, State.active]);

      for (const id of [2, 3, 4]) await byNotice.pardon(id);
      await allocator.setEpoch(FIRST + 2n);
      for (const id of [2n, 3n, 4n]) {
        await expect(scores.enforce(id)).to.be.revertedWithCustomError(scores, "NothingToEnforce").withArgs(id);
        expect((await scores.scoreOf(id)).gates).to.equal(0n);
      }
      await live(fixture, times(3, all()), FIRST + 1n);
      for (const id of [2, 3, 4]) {
        const { state, watch } = await registry.operator(id);
        expect([state, watch]).to.deep.equal([State.active, false]);
      }
      expect((await scores.scoreOf(2)).performance).to.equal(ONE);
    });
  });
});
