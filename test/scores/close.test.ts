import { expect } from "chai";

import { all, FIRST, good, loadScores, NETWORK_STAKE } from "../fixtures/scores.ts";

describe("Scores", () => {
  describe("close", () => {
    it("reverts when the caller is not the reporter", async () => {
      const { scores, stranger } = await loadScores();

      await expect(scores.connect(stranger).close(FIRST, NETWORK_STAKE, 4))
        .to.be.revertedWithCustomError(scores, "AccessManagedUnauthorized")
        .withArgs(stranger);
    });

    it("reverts for a report that has not begun", async () => {
      const { scores, byReporter } = await loadScores();
      await byReporter.record(FIRST, 1, all());

      for (const epoch of [FIRST - 1n, FIRST + 1n]) {
        await expect(byReporter.close(epoch, NETWORK_STAKE, 4))
          .to.be.revertedWithCustomError(scores, "WrongReport")
          .withArgs(epoch, FIRST);
      }
    });

    it("reverts when an operator is missing, or one too many was recorded", async () => {
      const { scores, byReporter } = await loadScores();
      await byReporter.record(FIRST, 1, [good(), good(), good()]);

      for (const operators of [2n, 4n]) {
        await expect(byReporter.close(FIRST, NETWORK_STAKE, operators))
          .to.be.revertedWithCustomError(scores, "IncompleteReport")
          .withArgs(3n, operators);
      }
    });

    it("reverts for a report of nobody", async () => {
      const { scores, byReporter } = await loadScores();
      await byReporter.record(FIRST, 1, []);

      await expect(byReporter.close(FIRST, NETWORK_STAKE, 0))
        .to.be.revertedWithCustomError(scores, "IncompleteReport")
        .withArgs(0n, 0n);
    });

    it("reverts the second time", async () => {
      const { scores, byReporter } = await loadScores();
      await byReporter.record(FIRST, 1, all());
      await byReporter.close(FIRST, NETWORK_STAKE, 4);

      await expect(byReporter.close(FIRST, NETWORK_STAKE, 4))
        .to.be.revertedWithCustomError(scores, "AlreadyClosed")
        .withArgs(FIRST);
    });

    it("says the mean of net rewards by stake, and the average of duties", async () => {
      const { scores, byReporter } = await loadScores();
      // 300 ether at 0.04 % and a hundred at 0.02 %, both less 5 %; nine of ten duties.
      const large = { stake: 3n * good().stake, reward: 6n * good().reward };
      const counters = [good(large), good(), good({ active: false }), good({ active: false, done: 600n })];
      await byReporter.record(FIRST, 1, counters);

      const mean = (7n * 95n * 10n ** 12n) / (4n * 5_000n * 100n);
      expect(mean).to.equal(332_500_000n);
      await expect(byReporter.close(FIRST, NETWORK_STAKE, 4))
        .to.emit(scores, "ReportClosed")
        .withArgs(FIRST, NETWORK_STAKE, 4n, mean, 900_000_000n);

      const progress = await scores.progress();
      expect(progress.meanRate).to.equal(mean);
      expect(progress.averageDuty).to.equal(900_000_000n);
      expect([progress.networkStake, progress.operators, progress.scored]).to.deep.equal([NETWORK_STAKE, 4n, 0n]);
    });

    it("says that nobody earned where nobody is eligible", async () => {
      const { scores, byReporter } = await loadScores();
      const idle = { active: false, assigned: 0n, done: 0n };
      await byReporter.record(FIRST, 1, all(idle, idle, idle, idle));

      await expect(byReporter.close(FIRST, 0, 4))
        .to.emit(scores, "ReportClosed")
        .withArgs(FIRST, 0n, 4n, 0n, 1_000_000_000n);
    });
  });
});
