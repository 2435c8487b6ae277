import { expect } from "chai";

import { UNKNOWN } from "../../src/scoring/types.ts";
import {
  all,
  deployWith,
  FIRST,
  good,
  live,
  loadScores,
  NETWORK_STAKE,
  networkHelpers,
  ONE,
  pack,
  PAGE,
  report,
  times,
  weightsOf,
} from "../fixtures/scores.ts";
import { plain } from "../scoring/harness.ts";

/** The score of who is as good as the mean and has 0.1 % of the network, of at most 2 %. */
const SCORE = (ONE * 95n) / 100n;

describe("Scores", () => {
  describe("score", () => {
    it("does nothing before a report is closed, and says that there is nothing to do", async () => {
      const { scores, registry, byReporter } = await loadScores();

      expect(await scores.score.staticCall(10)).to.deep.equal([0n, true]);
      await byReporter.record(FIRST, 1, all());
      expect(await scores.score.staticCall(10)).to.deep.equal([0n, true]);
      await expect(scores.score(10, PAGE)).to.not.emit(scores, "OperatorScored");
      expect(await registry.scoredEpoch()).to.equal(0n);
    });

    it("does nothing for nobody, but knows that there is work", async () => {
      const fixture = await loadScores();
      await report(fixture, FIRST, all());

      expect(await fixture.scores.score.staticCall(0)).to.deep.equal([0n, false]);
    });

    it("is anyone's, scores each operator once, and notes at the registry that all are", async () => {
      const fixture = await loadScores();
      const { scores, registry, stranger } = fixture;
      await report(fixture, FIRST, all());

      expect(await scores.score.staticCall(100, PAGE)).to.deep.equal([4n, true]);
      const scoring = scores.connect(stranger).score(100, PAGE);
      for (let id = 1n; id <= 4n; ++id) {
        await expect(scoring).to.emit(scores, "OperatorScored").withArgs(id, FIRST, ONE, SCORE, 9_500n, 0n);
      }
      await expect(scoring).to.emit(scores, "ReportScored").withArgs(FIRST, 190_000_000n, ONE, ONE);
      await expect(scoring).to.emit(registry, "ScoresNoted").withArgs(FIRST);

      expect(await weightsOf(fixture)).to.deep.equal([9_500n, 9_500n, 9_500n, 9_500n]);
      expect(await registry.scoredEpoch()).to.equal(FIRST);
      expect(await scores.score.staticCall(100, PAGE)).to.deep.equal([0n, true]);
      await expect(scores.score(100, PAGE)).to.not.emit(scores, "OperatorScored");
    });

    it("waits until a round has ended, which sums up anew what groups hold", async () => {
      const fixture = await loadScores();
      const { scores, allocator } = fixture;
      await report(fixture, FIRST, all());
      await allocator.setRound(7);

      await expect(scores.score(100, PAGE)).to.be.revertedWithCustomError(scores, "RoundOpen").withArgs(7n);
      await allocator.setRound(0);
      expect(await scores.score.staticCall(100, PAGE)).to.deep.equal([4n, true]);
      await scores.score(100, PAGE);
      // Who has nothing to score does not care.
      await allocator.setRound(8);
      expect(await scores.score.staticCall(100, PAGE)).to.deep.equal([0n, true]);
    });

    it("scores page by page as all at once", async () => {
      const fixture = await loadScores();
      const { scores, registry } = fixture;
      const second = all({ done: 980n }, { reward: (good().reward * 9n) / 10n }, { commissionBps: 700n }, {});
      await live(fixture, [all()]);
      await report(fixture, FIRST + 1n, second);
      const snapshot = await networkHelpers.takeSnapshot();
      const stateOf = async () => ({
        weights: await weightsOf(fixture),
        averages: await Promise.all([1, 2, 3, 4].map(async (id) => plain(await scores.averagesOf(id)))),
        prior: [...(await scores.prior())],
        progress: plain(await scores.progress()),
      });
      await scores.score(100, PAGE);
      const whole = await stateOf();
      await snapshot.restore();

      expect(await scores.score.staticCall(3, PAGE)).to.deep.equal([3n, false]);
      for (const [scored, completed] of [
        [1n, false],
        [3n, false],
        [4n, true],
      ] as const) {
        await scores.score(scored === 1n ? 1 : 2, PAGE);
        expect((await scores.progress()).scored).to.equal(scored);
        expect((await registry.scoredEpoch()) === FIRST + 1n).to.equal(completed);
      }
      expect(await stateOf()).to.deep.equal(whole);
    });

    it("averages what was reported: yields against the mean, and being active", async () => {
      const fixture = await loadScores();
      const half = { reward: good().reward / 2n };
      await live(fixture, [all(half, { active: false, reward: 0n })]);

      // A half, one and one are a mean of 5/6.
      expect(plain(await fixture.scores.averagesOf(1))).to.deep.equal({
        ...UNKNOWN.averages,
        ...{ yieldWeek: 600_000_001n, yieldMonth: 600_000_001n, yieldYear: 600_000_001n },
        ...{ activeWeek: ONE, activeMonth: ONE, activeYear: ONE },
        ...{ yields: 1n, reports: 1n, epoch: FIRST },
      });
      expect(plain(await fixture.scores.averagesOf(2))).to.deep.equal({
        ...UNKNOWN.averages,
        ...{ yields: 1n, reports: 1n, epoch: FIRST },
      });
      // 1.2 at most.
      expect((await fixture.scores.averagesOf(3)).yieldWeek).to.equal(1_200_000_000n);
    });

    it("leaves the averages of yields alone while a reward is set aside", async () => {
      const fixture = await loadScores();
      const double = { reward: 2n * good().reward };
      await live(fixture, [all(), all(double)]);
      const { yields, reports, yieldWeek } = await fixture.scores.averagesOf(1);
      expect([yields, reports, yieldWeek]).to.deep.equal([1n, 2n, ONE]);

      await live(fixture, [all(double)], FIRST + 2n);
      const after = await fixture.scores.averagesOf(1);
      // Two, one, one and one are a mean of 5/4; the second of two yields weighs a half.
      expect([after.yields, after.reports, after.yieldWeek]).to.deep.equal([2n, 3n, 1_100_000_000n]);
    });

    it("leaves everybody's yields alone when nobody earned", async () => {
      const fixture = await loadScores();
      const nothing = { reward: 0n };
      await live(fixture, [all(nothing, nothing, nothing, nothing)]);

      const { yields, reports, activeWeek } = await fixture.scores.averagesOf(1);
      expect([yields, reports, activeWeek]).to.deep.equal([0n, 1n, ONE]);
    });

    it("moves a weight by a fifth per epoch at most, up and down", async () => {
      const fixture = await loadScores();
      const bad = { reward: good().reward / 2n };
      await live(fixture, [all(bad, bad)]);
      // 0.666 and 1.2, to the fourth power.
      expect(await weightsOf(fixture)).to.deep.equal([8_000n, 8_000n, 12_000n, 12_000n]);

      // Two reports say little yet: all are shrunk towards 0.66.
      await live(fixture, [all(bad, bad)], FIRST + 1n);
      expect(await weightsOf(fixture)).to.deep.equal([6_400n, 6_400n, 9_600n, 9_600n]);
    });

    it("keeps a weight within the bounds that governance set", async () => {
      const fixture = await loadScores();
      const { registry, noticeSigner } = fixture;
      await registry.connect(noticeSigner).setWeightBounds(1, 9_700, 9_800);
      await registry.connect(noticeSigner).setWeightBounds(2, 9_000, 9_100);
      await live(fixture, [all()]);

      expect(await weightsOf(fixture)).to.deep.equal([9_700n, 9_100n, 9_500n, 9_500n]);
    });

    it("writes no weight that stays as it is", async () => {
      const fixture = await loadScores();
      const { registry, scores } = fixture;
      await live(fixture, [all()]);
      await report(fixture, FIRST + 1n, all());

      const scoring = scores.score(100, PAGE);
      await expect(scoring)
        .to.emit(scores, "OperatorScored")
        .withArgs(1n, FIRST + 1n, ONE, SCORE, 9_500n, 0n);
      await expect(scoring).to.not.emit(registry, "WeightChanged");
    });

    it("shrinks who has few reports towards the lower quartile of the report before", async () => {
      const fixture = await loadScores();
      const { scores } = fixture;
      const poor = { reward: (good().reward * 8n) / 10n };
      // 0.8, 1, 1 and 1 are a mean of 0.95: 0.842 and 1.053.
      await live(fixture, [all(poor)]);
      expect(await scores.prior()).to.deep.equal([840_000_000n, true]);

      const scoring = await live(fixture, [all(poor)], FIRST + 1n);
      const performance = 842_105_263n;
      // Two reports of its own against fifteen of the prior, to the fourth power, less 5 % for its size.
      const believed = (2n * performance + 15n * 840_000_000n) / 17n;
      const square = (believed * believed) / ONE;
      const score = (((square * square) / ONE) * 950_000_000n) / ONE;
      await expect(scoring)
        .to.emit(scores, "OperatorScored")
        .withArgs(1n, FIRST + 1n, performance, score, 6_400n, 0n);
    });

    it("gives a star of two weeks that does not ramp 41 % more than who is established", async () => {
      const fixture = await loadScores();
      const { scores } = fixture;
      // As large as the others, of which only 1 % earned something that moves the mean: 40 % a year where they have 25.
      const stake = good().stake / 100n;
      const star = good({ stake, external_: good().stake, reward: (good().reward * 40n) / 2_500n });
      await live(fixture, times(60, all().slice(0, 3)));
      await live(fixture, times(14, [...all().slice(0, 3), star]), FIRST + 60n);

      expect(await scores.prior()).to.deep.equal([980_000_000n, true]);
      // (14 · 1.2 + 15 · 0.98) / 29, and (74 · 0.998… + 15 · 0.98) / 89, to the fourth power, less 5 % for the size.
      expect(await weightsOf(fixture)).to.deep.equal([9_335n, 9_335n, 9_335n, 13_224n]);
    });

    it("begins from its own performance as long as no report was scored", async () => {
      const fixture = await loadScores();
      expect(await fixture.scores.prior()).to.deep.equal([0n, false]);
      await report(fixture, FIRST, all());
      await fixture.scores.score(3, PAGE);
      expect(await fixture.scores.prior()).to.deep.equal([0n, false]);

      await expect(fixture.scores.score(1, PAGE))
        .to.emit(fixture.scores, "OperatorScored")
        .withArgs(4n, FIRST, ONE, SCORE, 9_500n, 0n);
    });

    it("keeps the prior when nobody is left to compare with", async () => {
      const fixture = await loadScores();
      const { registry, noticeSigner, foundation, scores } = fixture;
      await live(fixture, [all()]);
      for (let id = 1; id <= 4; id += 1) {
        await registry.connect(foundation).whitelistPool((await registry.operator(id)).pool);
        await registry.connect(noticeSigner).delist(id);
      }
      await expect(live(fixture, [all()], FIRST + 1n).then((tx) => tx))
        .to.emit(scores, "ReportScored")
        .withArgs(FIRST + 1n, 190_000_000n, ONE, ONE);
      expect(await scores.prior()).to.deep.equal([ONE, true]);
    });

    it("adds for groups with room: none for a full one, a quarter for empty ones, as of the last round", async () => {
      const fixture = await loadScores();
      const { allocator, scores } = fixture;
      const ether = 10n ** 18n;
      await allocator.setGroup(1, 30n * ether, 0, 0);
      await allocator.setGroupCap(1, 40n * ether, 1);
      await allocator.setGroup(2, 10n * ether, 0, 0);
      await allocator.setGroupCap(2, 40n * ether, 1);
      await report(fixture, FIRST, all());

      const scoring = scores.score(100, PAGE);
      // Of both groups the mean is a half; operator 4 is in the first one alone.
      const [both, first] = [(SCORE * 1_125n) / 1_000n, (SCORE * 10_625n) / 10_000n];
      await expect(scoring).to.emit(scores, "OperatorScored").withArgs(1n, FIRST, ONE, both, 10_687n, 0n);
      await expect(scoring).to.emit(scores, "OperatorScored").withArgs(4n, FIRST, ONE, first, 10_093n, 0n);
    });

    it("adds for the groups that an operator has, in whichever dimensions they are", async () => {
      const fixture = await loadScores();
      const { allocator, registry, noticeSigner, scores } = fixture;
      await allocator.setGroupCap(2, 40n * 10n ** 18n, 1); // an empty one
      await registry.connect(noticeSigner).setGroups(1, pack(0, 2));
      await report(fixture, FIRST, all());

      const scoring = scores.score(100, PAGE);
      await expect(scoring)
        .to.emit(scores, "OperatorScored")
        .withArgs(1n, FIRST, ONE, (SCORE * 125n) / 100n, 11_875n, 0n);
      // The first group has no cap, so that it counts neither for operator 2 nor for operator 4.
      await expect(scoring)
        .to.emit(scores, "OperatorScored")
        .withArgs(2n, FIRST, ONE, (SCORE * 125n) / 100n, 11_875n, 0n);
      await expect(scoring).to.emit(scores, "OperatorScored").withArgs(4n, FIRST, ONE, SCORE, 9_500n, 0n);
    });

    it("does not add for a group without a cap, or of which no round took a sum", async () => {
      const fixture = await loadScores();
      const { allocator, scores } = fixture;
      await allocator.setGroupCap(1, 2n ** 96n - 1n, 1);
      await allocator.setGroupCap(2, 0, 0);
      await report(fixture, FIRST, all());

      await expect(scores.score(100, PAGE))
        .to.emit(scores, "OperatorScored")
        .withArgs(1n, FIRST, ONE, SCORE, 9_500n, 0n);
    });

    it("takes off for size, by the larger of what earned and what is not ours", async () => {
      const fixture = await loadScores();
      const { scores } = fixture;
      await report(fixture, FIRST, all({ external_: NETWORK_STAKE / 100n }, { external_: NETWORK_STAKE / 50n }));

      const scoring = scores.score(100, PAGE);
      await expect(scoring)
        .to.emit(scores, "OperatorScored")
        .withArgs(1n, FIRST, ONE, ONE / 2n, 8_000n, 0n);
      await expect(scoring).to.emit(scores, "OperatorScored").withArgs(2n, FIRST, ONE, 0n, 8_000n, 0n);
    });

    it("scores nobody that was delisted or removed, and leaves out who was listed after the report", async () => {
      const fixture = await loadScores();
      const { scores, registry, allocator, noticeSigner } = fixture;
      await registry.connect(noticeSigner).delist(1);
      await registry.connect(noticeSigner).delist(2);
      await allocator.setPosition(2, 0, 0, false);
      await registry.remove(2);
      await report(fixture, FIRST, all().slice(0, 3));

      expect(await scores.score.staticCall(100, PAGE)).to.deep.equal([3n, true]);
      const logs = (await (await scores.score(100, PAGE)).wait())!.logs;
      const scored = logs.map((log) => scores.interface.parseLog(log)).filter((log) => log?.name === "OperatorScored");
      expect(scored.map((log) => log!.args[0] as bigint)).to.deep.equal([3n]);
      expect(await weightsOf(fixture)).to.deep.equal([10_000n, 10_000n, 9_500n, 10_000n]);
    });

    it("scores nobody whom the report does not have, whatever its pages were", async () => {
      const { scores, byReporter } = await loadScores();
      // As many as there are, but not the same: no oracle delivers this.
      await byReporter.record(FIRST, 2, times(4, good()));
      await byReporter.close(FIRST, NETWORK_STAKE, 4);
      await scores.score(100, PAGE);

      expect((await scores.averagesOf(1)).reports).to.equal(0n);
      expect((await scores.averagesOf(2)).reports).to.equal(1n);
    });

    it("scores at most 600 operators in a page, whatever it is asked for", async () => {
      const fixture = await networkHelpers.loadFixture(deployMany);
      const { scores } = fixture;

      // All but the four that are listed are nobody, and cost next to nothing.
      expect(await scores.score.staticCall(2n ** 255n, PAGE)).to.deep.equal([600n, false]);
    });
  });
});

async function deployMany() {
  const fixture = await deployWith({});
  const { byReporter } = fixture;
  for (let first = 1; first <= 601; first += 100) {
    await byReporter.record(FIRST, first, times(Math.min(100, 602 - first), good()));
  }
  await byReporter.close(FIRST, NETWORK_STAKE, 601);
  return fixture;
}
