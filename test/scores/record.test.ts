import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { all, FIRST, good, loadScores, NETWORK_STAKE, ONE, PAGE, report } from "../fixtures/scores.ts";

const ETHER = 10n ** 18n;

describe("Scores", () => {
  describe("record", () => {
    it("reverts when the caller is not the reporter", async () => {
      const { scores, noticeSigner, governance } = await loadScores();

      for (const caller of [noticeSigner, governance]) {
        await expect(scores.connect(caller).record(FIRST, 1, all()))
          .to.be.revertedWithCustomError(scores, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    it("reverts for an epoch that is not after the last one", async () => {
      const fixture = await loadScores();
      const { scores, byReporter } = fixture;
      await report(fixture, FIRST, all());

      await expect(byReporter.record(FIRST - 1n, 1, all()))
        .to.be.revertedWithCustomError(scores, "StaleReport")
        .withArgs(FIRST - 1n, FIRST);
      await expect(byReporter.record(0, 1, all()))
        .to.be.revertedWithCustomError(scores, "StaleReport")
        .withArgs(0n, FIRST);
    });

    it("reverts for epoch 0, before any report", async () => {
      const { scores, byReporter } = await loadScores();

      // What was never reported has epoch 0, so that 0 takes nothing twice, and closes nothing.
      await expect(byReporter.record(0, 1, all()))
        .to.be.revertedWithCustomError(scores, "AlreadyRecorded")
        .withArgs(1n, 0n);
    });

    it("reverts once the report is closed", async () => {
      const fixture = await loadScores();
      const { scores, byReporter } = fixture;
      await report(fixture, FIRST, all());

      await expect(byReporter.record(FIRST, 5, [good()]))
        .to.be.revertedWithCustomError(scores, "AlreadyClosed")
        .withArgs(FIRST);
    });

    it("reverts for an operator that the report has already", async () => {
      const { scores, byReporter } = await loadScores();
      await byReporter.record(FIRST, 1, [good(), good()]);

      await expect(byReporter.record(FIRST, 2, [good(), good()]))
        .to.be.revertedWithCustomError(scores, "AlreadyRecorded")
        .withArgs(2n, FIRST);
    });

    it("takes pages in any order, and sums up what they say", async () => {
      const { scores, byReporter } = await loadScores();

      await expect(byReporter.record(FIRST, 3, [good({ assigned: 300n, done: 200n }), good({ active: false })]))
        .to.emit(scores, "ReportBegun")
        .withArgs(FIRST);
      await expect(byReporter.record(FIRST, 1, [good(), good({ commissionBps: 0n })])).to.not.emit(
        scores,
        "ReportBegun",
      );

      const progress = await scores.progress();
      expect([progress.epoch, progress.recorded, progress.operators]).to.deep.equal([FIRST, 4n, 0n]);
      expect([progress.assigned, progress.done]).to.deep.equal([3_300n, 3_200n]);
      // Of the three that were active, before and after commissions of 5, 5 and 0 %.
      expect(progress.stake).to.equal(300n * ETHER);
      expect(progress.netReward).to.equal((2n * 95n + 100n) * (ETHER / 5_000n));
    });

    it("counts no more duties done than were assigned", async () => {
      const { scores, byReporter } = await loadScores();

      await byReporter.record(FIRST, 1, [good({ assigned: 10n, done: 2n ** 32n - 1n })]);

      const { assigned, done } = await scores.progress();
      expect([assigned, done]).to.deep.equal([10n, 10n]);
      expect((await scores.reportedOf(1)).duty).to.equal(ONE);
    });

    it("leaves out of the mean whoever is dear, slashed, not active, or whose reward is set aside", async () => {
      const fixture = await loadScores();
      const { scores, byReporter } = fixture;
      await report(fixture, FIRST, all());

      await byReporter.record(FIRST + 1n, 1, [
        good({ commissionBps: 1_001n }),
        good({ slashed: 1n }),
        good({ active: false }),
        good({ reward: 2n * good().reward }),
      ]);

      const { stake, netReward } = await scores.progress();
      expect([stake, netReward]).to.deep.equal([0n, 0n]);
    });

    it("takes any counters whatever: the largest numbers of one operator stop nobody's report", async () => {
      const { scores, byReporter } = await loadScores();
      const most = 2n ** 96n - 1n;
      const absurd = {
        assigned: 2n ** 32n - 1n,
        done: 2n ** 32n - 1n,
        active: true,
        commissionBps: 2n ** 16n - 1n,
        stake: most,
        external_: most,
        reward: most,
        slashed: most,
      };
      const rich = { ...absurd, commissionBps: 0n, stake: 1n, slashed: 0n };

      await byReporter.record(FIRST, 1, [absurd, rich, good(), good()]);
      await byReporter.close(FIRST, most, 4);
      await scores.score(10, PAGE);

      expect((await scores.progress()).isScored).to.equal(true);
    });

    it("says of whom a reward or a slash was set aside, and what was taken instead", async () => {
      const fixture = await loadScores();
      const { scores, byReporter } = fixture;
      await report(fixture, FIRST, all());
      const double = { reward: 2n * good().reward };
      const saidIn = async (recording: Promise<ContractTransactionResponse>) => {
        const logs = (await (await recording).wait())!.logs.map((log) => scores.interface.parseLog(log)!);
        return logs.filter(({ args }) => args.id !== undefined).map(({ name, args }) => [name, args.id as bigint]);
      };

      const first = byReporter.record(FIRST + 1n, 1, all(double, { slashed: 31n * ETHER }, { slashed: 30n * ETHER }));
      await expect(first)
        .to.emit(scores, "RewardSetAside")
        .withArgs(1n, FIRST + 1n, 200_000_000n, 400_000_000n);
      await expect(first)
        .to.emit(scores, "SlashSetAside")
        .withArgs(2n, FIRST + 1n, 31n * ETHER, 100n * ETHER);
      await expect(first)
        .to.emit(scores, "SlashAccepted")
        .withArgs(3n, FIRST + 1n, 30n * ETHER);
      const odd = [
        ["RewardSetAside", 1n],
        ["SlashSetAside", 2n],
        ["SlashAccepted", 3n],
      ];
      expect(await saidIn(first)).to.deep.equal(odd);

      const second = byReporter.record(FIRST + 2n, 1, all(double, { slashed: 1n }));
      await expect(second)
        .to.emit(scores, "RewardConfirmed")
        .withArgs(1n, FIRST + 2n, 200_000_000n, 400_000_000n);
      await expect(second)
        .to.emit(scores, "SlashAccepted")
        .withArgs(2n, FIRST + 2n, 1n);
      expect(await saidIn(second)).to.deep.equal([
        ["RewardConfirmed", 1n],
        ["SlashAccepted", 2n],
      ]);

      await byReporter.record(FIRST + 3n, 1, all());
      const fourth = byReporter.record(FIRST + 4n, 1, all(double));
      await expect(fourth)
        .to.emit(scores, "RewardDropped")
        .withArgs(1n, FIRST + 4n, 400_000_000n, 400_000_000n);
      expect(await saidIn(fourth)).to.deep.equal([["RewardDropped", 1n]]);
    });

    it("drops a report that was not scored to its end, and says how far it was", async () => {
      const fixture = await loadScores();
      const { scores, byReporter } = fixture;
      await report(fixture, FIRST, all());
      await scores.score(3, PAGE);

      await expect(byReporter.record(FIRST + 1n, 1, all()))
        .to.emit(scores, "ReportDropped")
        .withArgs(FIRST, 3n, 4n);
      // One that was never closed, too.
      await expect(byReporter.record(FIRST + 2n, 1, all()))
        .to.emit(scores, "ReportDropped")
        .withArgs(FIRST + 1n, 0n, 0n);
    });

    it("drops nothing of a report that was scored", async () => {
      const fixture = await loadScores();
      const { scores, byReporter } = fixture;
      await report(fixture, FIRST, all());
      await scores.score(4, PAGE);

      await expect(byReporter.record(FIRST + 1n, 1, all())).to.not.emit(scores, "ReportDropped");
      const { epoch, recorded, scored, isScored, networkStake, stake } = await scores.progress();
      expect([epoch, recorded, scored, isScored, networkStake]).to.deep.equal([FIRST + 1n, 4n, 0n, false, 0n]);
      expect(stake).to.equal(400n * ETHER);
      expect(NETWORK_STAKE).to.not.equal(0n);
    });
  });
});
