import { expect } from "chai";

import { agreeOn, honest, lie, loadReports, OPERATORS, structOf, waitForEpoch } from "../fixtures/reports.ts";

describe("ReportOracle", () => {
  describe("vote", () => {
    it("reverts for whoever is no member", async () => {
      const { oracle, ended, stranger, governance, scorer } = await loadReports();
      for (const caller of [stranger, governance, scorer]) {
        await expect(oracle.connect(caller).vote(honest(ended).report))
          .to.be.revertedWithCustomError(oracle, "NotMember")
          .withArgs(caller);
      }
    });

    it("reverts for an epoch that has not ended", async () => {
      const { oracle, current, committee } = await loadReports();
      for (const epoch of [current, current + 1n]) {
        await expect(oracle.connect(committee[0]).vote(honest(epoch).report))
          .to.be.revertedWithCustomError(oracle, "TooEarly")
          .withArgs(epoch, current);
      }
    });

    it("reverts for an epoch that ended more than two epochs ago, and takes the one before that limit", async () => {
      const { oracle, current, committee } = await loadReports();
      await expect(oracle.connect(committee[0]).vote(honest(current - 3n).report))
        .to.be.revertedWithCustomError(oracle, "TooLate")
        .withArgs(current - 3n, current);

      await oracle.connect(committee[0]).vote(honest(current - 2n).report);

      expect(await oracle.ballotOf(committee[0]!, current - 2n)).to.not.equal(`0x${"00".repeat(32)}`);
    });

    it("reverts for an epoch whose report is agreed, and for an older one", async () => {
      const reports = await loadReports();
      const { oracle, ended, committee } = reports;
      await agreeOn(reports, honest(ended).report);

      for (const report of [honest(ended).report, lie(ended).report, honest(ended - 1n).report]) {
        await expect(oracle.connect(committee[3]).vote(report))
          .to.be.revertedWithCustomError(oracle, "AlreadyAgreed")
          .withArgs(report.epoch, ended);
      }
    });

    it("reverts for a report that has been agreed before, an epoch later", async () => {
      const reports = await loadReports();
      const { oracle, ended, committee } = reports;
      await agreeOn(reports, honest(ended).report);
      await waitForEpoch(reports, ended + 2n);

      await expect(oracle.connect(committee[0]).vote(honest(ended).report))
        .to.be.revertedWithCustomError(oracle, "AlreadyAgreed")
        .withArgs(ended, ended);
    });

    it("reverts when the member votes for an epoch again, for the same report or another", async () => {
      const { oracle, ended, committee } = await loadReports();
      const [member] = committee;
      const { report } = honest(ended);
      await oracle.connect(member).vote(report);

      for (const second of [report, lie(ended).report]) {
        await expect(oracle.connect(member).vote(second))
          .to.be.revertedWithCustomError(oracle, "AlreadyVoted")
          .withArgs(member, ended, await oracle.reportHash(report));
      }
    });

    it("reverts for no operator, and for more than the registry has", async () => {
      const { oracle, ended, committee } = await loadReports();
      for (const operators of [0n, BigInt(OPERATORS + 1)]) {
        await expect(oracle.connect(committee[0]).vote({ ...honest(ended).report, operators }))
          .to.be.revertedWithCustomError(oracle, "OutOfBounds")
          .withArgs(operators, 1, OPERATORS);
      }
    });

    it("counts the votes for each report by itself, and says what was voted for", async () => {
      const { oracle, ended, committee, members } = await loadReports();
      const truth = honest(ended).report;
      const wrong = lie(ended).report;
      for (const [index, report, votes] of [
        [0, truth, 1],
        [1, wrong, 1],
        [2, truth, 2],
        [3, wrong, 2],
      ] as const) {
        const hash = await oracle.reportHash(report);
        await expect(oracle.connect(committee[index]).vote(report))
          .to.emit(oracle, "Voted")
          .withArgs(ended, members[index], hash, votes, structOf(report));
        expect(await oracle.votesOf(hash)).to.equal(votes);
        expect(await oracle.ballotOf(members[index]!, ended)).to.equal(hash);
      }
      expect((await oracle.agreed()).epoch).to.equal(0n);
    });

    it("agrees with the vote that makes the quorum, not before", async () => {
      const { oracle, ended, committee } = await loadReports();
      const { report } = honest(ended);
      const hash = await oracle.reportHash(report);
      await expect(oracle.connect(committee[0]).vote(report)).to.not.emit(oracle, "ReportAgreed");
      await expect(oracle.connect(committee[1]).vote(report)).to.not.emit(oracle, "ReportAgreed");

      await expect(oracle.connect(committee[3]).vote(report))
        .to.emit(oracle, "ReportAgreed")
        .withArgs(ended, hash, 3, structOf(report));

      expect([...(await oracle.agreed())]).to.deep.equal(structOf(report));
      expect(await oracle.missingPages()).to.equal(3n);
      for (const page of [0, 1, 2]) expect(await oracle.isDelivered(page)).to.equal(false);
    });

    it("takes votes for two epochs side by side, and drops the older one once the younger is agreed", async () => {
      const { oracle, ended, committee } = await loadReports();
      const older = honest(ended - 1n).report;
      const younger = honest(ended).report;
      for (const member of committee.slice(0, 2)) {
        await oracle.connect(member).vote(younger);
        await oracle.connect(member).vote(older);
      }
      await oracle.connect(committee[2]).vote(younger);

      expect((await oracle.agreed()).epoch).to.equal(ended);
      await expect(oracle.connect(committee[2]).vote(older))
        .to.be.revertedWithCustomError(oracle, "AlreadyAgreed")
        .withArgs(ended - 1n, ended);
    });

    it("takes the older epoch first and then the younger one", async () => {
      const reports = await loadReports();
      const { oracle, ended } = reports;
      await agreeOn(reports, honest(ended - 1n).report);
      await agreeOn(reports, honest(ended).report);

      expect((await oracle.agreed()).epoch).to.equal(ended);
    });

    it("does not add up votes for reports that differ in one field", async () => {
      const { oracle, ended, committee } = await loadReports();
      const { report } = honest(ended);
      const others = [
        { ...report, refBlock: report.refBlock + 1n },
        { ...report, refBlockHash: `0x${"12".repeat(32)}` },
        { ...report, networkStake: report.networkStake - 1n },
        { ...report, operators: report.operators - 1n },
        { ...report, root: `0x${"34".repeat(32)}` },
      ];
      const hashes = await Promise.all([report, ...others].map((each) => oracle.reportHash(each)));
      expect(new Set(hashes).size).to.equal(6);

      for (const [index, each] of [report, ...others.slice(0, 3)].entries()) {
        await oracle.connect(committee[index]).vote(each);
        expect(await oracle.votesOf(hashes[index]!)).to.equal(1n);
      }
      expect((await oracle.agreed()).epoch).to.equal(0n);
    });
  });
});
