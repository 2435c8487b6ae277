/** What the rules do at the registry. test/scoring/conduct.test.ts has the rules themselves, as a table. */
import { expect } from "chai";

import {
  all,
  Cause,
  ether,
  FIRST,
  type Fixture,
  good,
  live,
  loadScores,
  PAGE,
  report,
  State,
  times,
  weightsOf,
} from "../fixtures/scores.ts";

const LOW = { done: 699n };
const BEHIND = { done: 960n };
const CLEAN = all();

async function stateOf({ registry }: Fixture, id = 1) {
  const { state, watch } = await registry.operator(id);
  const { watchedByReport, drainedByReport } = await registry.marksOf(id);
  return { state, watch, watchedByReport, drainedByReport };
}

const ACTIVE = { state: State.active, watch: false, watchedByReport: false, drainedByReport: false };
const WATCHED = { ...ACTIVE, watch: true, watchedByReport: true };
const DRAINED = { ...ACTIVE, state: State.draining, drainedByReport: true };

describe("Scores", () => {
  describe("duties", () => {
    it("below 70 % put an operator on watch, and so do they twice in four epochs", async () => {
      const fixture = await loadScores();
      const { scores, registry } = fixture;
      await report(fixture, FIRST, all(LOW));

      const scoring = scores.score(100, PAGE);
      await expect(scoring).to.emit(scores, "LowDutiesCounted").withArgs(1n, FIRST, 699_000_000n, 1n);
      await expect(scoring).to.emit(scores, "OperatorWatched").withArgs(1n, FIRST, Cause.duties);
      await expect(scoring).to.emit(registry, "WatchChanged").withArgs(1n, true);
      expect(await stateOf(fixture)).to.deep.equal(WATCHED);

      await live(fixture, [CLEAN, CLEAN, all(LOW)], FIRST + 1n);
      expect(await stateOf(fixture)).to.deep.equal(WATCHED);
    });

    it("of 70 % do not", async () => {
      const fixture = await loadScores();
      await live(fixture, [all({ done: 700n })]);

      expect(await stateOf(fixture)).to.deep.equal(ACTIVE);
    });

    it("below 70 % twice in three epochs drain", async () => {
      const fixture = await loadScores();
      const { scores, registry } = fixture;
      await live(fixture, [all(LOW), CLEAN]);
      await report(fixture, FIRST + 2n, all(LOW));

      const scoring = scores.score(100, PAGE);
      await expect(scoring)
        .to.emit(scores, "LowDutiesCounted")
        .withArgs(1n, FIRST + 2n, 699_000_000n, 2n);
      await expect(scoring)
        .to.emit(scores, "OperatorDrained")
        .withArgs(1n, FIRST + 2n, Cause.duties);
      await expect(scoring).to.emit(registry, "DrainedByReport").withArgs(1n);
      await expect(scoring)
        .to.emit(registry, "GuardianShareUsed")
        .withArgs(FIRST + 3n, ether(10), ether(10));
      expect(await stateOf(fixture)).to.deep.equal({ ...DRAINED, watch: true, watchedByReport: true });
    });

    it("below the average less 3 points are a strike, and three strikes in six epochs drain", async () => {
      const fixture = await loadScores();
      const { scores } = fixture;
      // 96 % where the average is 99 % is no strike; 95.5 % where it is 98.875 % is one.
      await live(fixture, [all({ done: 960n }), CLEAN]);
      expect((await scores.conductOf(1)).strikes).to.equal(0n);
      await live(fixture, [all({ done: 955n }), CLEAN, all({ done: 955n }), CLEAN], FIRST + 2n);
      expect(await stateOf(fixture)).to.deep.equal(ACTIVE);
      await report(fixture, FIRST + 6n, all({ done: 955n }));

      const scoring = scores.score(100, PAGE);
      await expect(scoring)
        .to.emit(scores, "StrikeCounted")
        .withArgs(1n, FIRST + 6n, 955_000_000n, 3n);
      await expect(scoring)
        .to.emit(scores, "OperatorDrained")
        .withArgs(1n, FIRST + 6n, Cause.strikes);
      expect(await stateOf(fixture)).to.deep.equal(DRAINED);
    });

    it("of three strikes in seven epochs do not", async () => {
      const fixture = await loadScores();
      const strike = all({ done: 955n });
      await live(fixture, [strike, CLEAN, CLEAN, strike, CLEAN, CLEAN, strike]);

      expect(await stateOf(fixture)).to.deep.equal(ACTIVE);
    });

    it("are nobody's fault where all are bad", async () => {
      const fixture = await loadScores();
      const { scores } = fixture;
      await live(fixture, times(4, all(BEHIND, BEHIND, BEHIND, BEHIND)));

      expect((await scores.conductOf(1)).strikes).to.equal(0n);
      expect(await stateOf(fixture)).to.deep.equal(ACTIVE);
    });
  });

  describe("commission", () => {
    it("above the limit drains, and six clean reports bring the operator back to ramp anew", async () => {
      const fixture = await loadScores();
      const { scores, registry } = fixture;
      await report(fixture, FIRST, all({ commissionBps: 1_001n }));
      await expect(scores.score(100, PAGE)).to.emit(scores, "OperatorDrained").withArgs(1n, FIRST, Cause.commission);
      expect(await stateOf(fixture)).to.deep.equal(DRAINED);

      await live(fixture, times(5, CLEAN), FIRST + 1n);
      expect(await stateOf(fixture)).to.deep.equal(DRAINED);
      await report(fixture, FIRST + 6n, CLEAN);
      const scoring = scores.score(100, PAGE);
      await expect(scoring)
        .to.emit(scores, "OperatorReadmitted")
        .withArgs(1n, FIRST + 6n);
      await expect(scoring).to.emit(registry, "StateChanged").withArgs(1n, State.draining, State.ramping);
      expect(await stateOf(fixture)).to.deep.equal({ ...ACTIVE, state: State.ramping });
      // It has its score again in the same report.
      expect((await scores.scoreOf(1)).gates).to.equal(0n);
    });

    it("brings nobody back whose drain a guardian confirmed", async () => {
      const fixture = await loadScores();
      const { registry, guardian } = fixture;
      await live(fixture, [all({ commissionBps: 1_001n })]);
      await registry.connect(guardian).drain(1);
      await live(fixture, times(8, CLEAN), FIRST + 1n);

      expect(await stateOf(fixture)).to.deep.equal({ ...DRAINED, drainedByReport: false });
    });

    it("brings nobody back whom a guardian drained", async () => {
      const fixture = await loadScores();
      const { registry, guardian } = fixture;
      await registry.connect(guardian).drain(1);
      await live(fixture, times(8, CLEAN));

      expect(await stateOf(fixture)).to.deep.equal({ ...DRAINED, drainedByReport: false });
    });
  });

  describe("slashes", () => {
    it("drain at once, and for good", async () => {
      const fixture = await loadScores();
      const { scores } = fixture;
      await report(fixture, FIRST, all({ slashed: 1n }));
      await expect(scores.score(100, PAGE)).to.emit(scores, "OperatorDrained").withArgs(1n, FIRST, Cause.slash);
      await live(fixture, times(8, CLEAN), FIRST + 1n);

      expect(await stateOf(fixture)).to.deep.equal(DRAINED);
      expect((await scores.conductOf(1)).clean).to.equal(6n);
    });

    it("drain once: governance can list the operator again, and another slash drains again", async () => {
      const fixture = await loadScores();
      const { registry, noticeSigner } = fixture;
      await live(fixture, [all({ slashed: 1n })]);
      await registry.connect(noticeSigner).reinstate(1);
      await live(fixture, times(3, CLEAN), FIRST + 1n);
      expect(await stateOf(fixture)).to.deep.equal(ACTIVE);

      await live(fixture, [all({ slashed: 1n })], FIRST + 4n);
      expect(await stateOf(fixture)).to.deep.equal(DRAINED);
    });

    it("that are set aside put on watch until a second report agrees", async () => {
      const fixture = await loadScores();
      const { scores, registry } = fixture;
      const large = { slashed: ether(31) };
      await report(fixture, FIRST, all(large));
      const scoring = scores.score(100, PAGE);
      await expect(scoring).to.emit(scores, "OperatorWatched").withArgs(1n, FIRST, Cause.doubtfulSlash);
      expect(await stateOf(fixture)).to.deep.equal(WATCHED);

      // Clean reports do not lift it, and it is not put on watch again and again.
      await live(fixture, times(3, CLEAN), FIRST + 1n);
      const later = await live(fixture, [CLEAN], FIRST + 4n);
      await expect(later).to.not.emit(registry, "WatchChanged");
      expect(await stateOf(fixture)).to.deep.equal(WATCHED);
      expect((await weightsOf(fixture))[0]).to.equal(9_500n);

      await report(fixture, FIRST + 5n, all(large));
      await expect(scores.score(100, PAGE))
        .to.emit(scores, "OperatorDrained")
        .withArgs(1n, FIRST + 5n, Cause.slash);
    });

    it("that are set aside put on watch again whom governance takes off it", async () => {
      const fixture = await loadScores();
      const { registry, noticeSigner } = fixture;
      await live(fixture, [all({ slashed: ether(31) })]);
      await registry.connect(noticeSigner).clearWatch(1);
      await live(fixture, [CLEAN], FIRST + 1n);

      expect(await stateOf(fixture)).to.deep.equal(WATCHED);
    });
  });

  describe("watch", () => {
    it("is lifted by three clean reports in a row, those whose reward is set aside not counted", async () => {
      const fixture = await loadScores();
      const { scores, registry } = fixture;
      const odd = all({ reward: 3n * good().reward });
      await live(fixture, [CLEAN, all(LOW), CLEAN, CLEAN, all({ active: false }), CLEAN, odd, CLEAN]);
      expect(await stateOf(fixture)).to.deep.equal(WATCHED);
      await report(fixture, FIRST + 8n, CLEAN);

      const scoring = scores.score(100, PAGE);
      await expect(scoring)
        .to.emit(scores, "WatchLifted")
        .withArgs(1n, FIRST + 8n);
      await expect(scoring).to.emit(registry, "WatchChanged").withArgs(1n, false);
      expect(await stateOf(fixture)).to.deep.equal(ACTIVE);
    });

    it("of the guardian stays, and that of reports is set and lifted beside it", async () => {
      const fixture = await loadScores();
      const { scores, registry, guardian } = fixture;
      await registry.connect(guardian).watch(1);
      await live(fixture, [all(LOW)]);
      expect(await stateOf(fixture)).to.deep.equal(WATCHED);
      const scoring = await live(fixture, times(3, CLEAN), FIRST + 1n);
      await expect(scoring)
        .to.emit(scores, "WatchLifted")
        .withArgs(1n, FIRST + 3n);

      expect(await stateOf(fixture)).to.deep.equal({ ...ACTIVE, watch: true });
      await expect(live(fixture, [CLEAN], FIRST + 4n).then((each) => each)).to.not.emit(scores, "WatchLifted");
    });
  });

  describe("a drain by reports", () => {
    it("attack: ends after six clean reports, though somebody stakes with the operator in the last block of every other epoch", async () => {
      const fixture = await loadScores();
      // The reward of an epoch in which 100 ether earned, over the 143 ether that there are in its last block.
      const odd = all({ stake: ether(143) });
      await live(fixture, [CLEAN, all({ commissionBps: 1_001n }), CLEAN, odd, CLEAN, odd, CLEAN, odd, CLEAN, odd]);
      expect(await stateOf(fixture)).to.deep.equal(DRAINED);

      await live(fixture, [CLEAN, odd, CLEAN], FIRST + 10n);
      expect(await stateOf(fixture)).to.deep.equal({ ...ACTIVE, state: State.ramping });
    });
  });

  describe("a drain beyond the guardian share", () => {
    /** Operator 1 has 60 and operator 2 has 70 of a thousand ether; the guardian share is a hundred. */
    async function loadLarge() {
      const fixture = await loadScores();
      await fixture.allocator.setPosition(1, ether(60), 0n, false);
      await fixture.allocator.setPosition(2, ether(70), 0n, false);
      return fixture;
    }

    it("is owed, the operator is watched, and the next report's score drains it", async () => {
      const fixture = await loadLarge();
      const { scores } = fixture;
      await report(fixture, FIRST, all({ slashed: 1n }, { commissionBps: 1_001n }));

      const scoring = scores.score(100, PAGE);
      await expect(scoring).to.emit(scores, "OperatorDrained").withArgs(1n, FIRST, Cause.slash);
      await expect(scoring).to.emit(scores, "DrainRefused").withArgs(2n, FIRST, Cause.commission);
      await expect(scoring).to.emit(scores, "OperatorWatched").withArgs(2n, FIRST, Cause.commission);
      expect(await stateOf(fixture, 2)).to.deep.equal(WATCHED);
      expect((await scores.conductOf(2)).owed).to.equal(Cause.commission);

      await report(fixture, FIRST + 1n, CLEAN);
      await expect(scores.score(100, PAGE))
        .to.emit(scores, "OperatorDrained")
        .withArgs(2n, FIRST + 1n, Cause.commission);
      expect((await stateOf(fixture, 2)).state).to.equal(State.draining);
      expect((await scores.conductOf(2)).owed).to.equal(Cause.none);
    });

    it("stays owed while the share is used up, and is forgiven after six clean reports", async () => {
      const fixture = await loadLarge();
      const { scores, allocator } = fixture;
      await allocator.setPosition(2, ether(101), 0n, false);
      await live(fixture, [all({}, { commissionBps: 1_001n }), ...times(5, CLEAN)]);
      expect([(await scores.conductOf(2)).owed, (await stateOf(fixture, 2)).watch]).to.deep.equal([
        Cause.commission,
        true,
      ]);

      await expect(live(fixture, [CLEAN], FIRST + 6n).then((scoring) => scoring))
        .to.emit(scores, "DrainDropped")
        .withArgs(2n, FIRST + 6n, Cause.commission);
      expect((await scores.conductOf(2)).owed).to.equal(Cause.none);
      expect(await stateOf(fixture, 2)).to.deep.equal(ACTIVE);
    });

    it("for a slash is owed for ever, until it is done", async () => {
      const fixture = await loadLarge();
      const { scores, allocator } = fixture;
      await allocator.setPosition(2, ether(101), 0n, false);
      await live(fixture, [all({}, { slashed: 1n }), ...times(7, CLEAN)]);
      expect((await scores.conductOf(2)).owed).to.equal(Cause.slash);
      expect(await stateOf(fixture, 2)).to.deep.equal(WATCHED);

      await allocator.setPosition(2, ether(99), 0n, false);
      await live(fixture, [CLEAN], FIRST + 8n);
      expect((await stateOf(fixture, 2)).state).to.equal(State.draining);
    });

    it("is owed no more once somebody else has drained the operator", async () => {
      const fixture = await loadLarge();
      const { scores, registry, allocator, noticeSigner } = fixture;
      await allocator.setPosition(2, ether(101), 0n, false);
      await live(fixture, [all({}, { slashed: 1n })]);
      await registry.connect(noticeSigner).drain(2);
      await expect(live(fixture, [CLEAN], FIRST + 1n).then((scoring) => scoring))
        .to.emit(scores, "DrainDropped")
        .withArgs(2n, FIRST + 1n, Cause.slash);

      expect((await scores.conductOf(2)).owed).to.equal(Cause.none);
      expect(await stateOf(fixture, 2)).to.deep.equal({ ...WATCHED, state: State.draining });
    });

    it("takes no more than the share in an epoch, however many are at fault", async () => {
      const fixture = await loadScores();
      const { registry, allocator } = fixture;
      for (let id = 1; id <= 4; id += 1) await allocator.setPosition(id, ether(40), 0n, false);
      const dear = { commissionBps: 2_000n };
      await live(fixture, [all(dear, dear, dear, dear)]);

      const states = await Promise.all([1, 2, 3, 4].map(async (id) => (await stateOf(fixture, id)).state));
      expect(states).to.deep.equal([State.draining, State.draining, State.active, State.active]);
      expect(await registry.guardianShareLeft()).to.equal(ether(20));
      await live(fixture, [all(dear, dear, dear, dear)], FIRST + 1n);
      expect((await stateOf(fixture, 4)).state).to.equal(State.draining);
    });
  });

  it("never asks the registry to drain, watch or lift where nothing happened", async () => {
    const fixture = await loadScores();
    const { registry } = fixture;
    const scoring = await live(fixture, times(8, CLEAN));

    for (const event of ["StateChanged", "WatchChanged", "DrainedByReport"])
      await expect(scoring).to.not.emit(registry, event);
    expect(await stateOf(fixture)).to.deep.equal(ACTIVE);
  });
});
