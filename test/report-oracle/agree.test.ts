import { expect } from "chai";

import { agreeOn, honest, lie, loadReports, OPERATORS, structOf, waitForEpoch } from "../fixtures/reports.ts";

/** Four of four must agree, and three have voted; then three are enough again. */
async function lowerQuorum() {
  const reports = await loadReports();
  const { oracle, ended, committee, members, notice } = reports;
  const { report } = honest(ended);
  await oracle.connect(notice).setCommittee(members, 4);
  for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(report);
  await oracle.connect(notice).setCommittee(members, 3);
  return { ...reports, report };
}

describe("ReportOracle", () => {
  describe("agree", () => {
    it("reverts while the votes are fewer than the quorum", async () => {
      const { oracle, ended, committee, stranger } = await loadReports();
      const { report } = honest(ended);
      for (const [index, votes] of [0, 1, 2].entries()) {
        await expect(oracle.connect(stranger).agree(report))
          .to.be.revertedWithCustomError(oracle, "NotEnoughVotes")
          .withArgs(await oracle.reportHash(report), votes, 3);
        if (index < 2) await oracle.connect(committee[index]).vote(report);
      }
    });

    it("reverts for a report that nobody voted for, though another has the votes", async () => {
      const { oracle, ended } = await lowerQuorum();
      const wrong = lie(ended).report;

      await expect(oracle.agree(wrong))
        .to.be.revertedWithCustomError(oracle, "NotEnoughVotes")
        .withArgs(await oracle.reportHash(wrong), 0, 3);
    });

    it("agrees, whoever calls, once a change of the committee has made the votes enough", async () => {
      const { oracle, ended, report, stranger } = await lowerQuorum();

      await expect(oracle.connect(stranger).agree(report))
        .to.emit(oracle, "ReportAgreed")
        .withArgs(ended, await oracle.reportHash(report), 3, structOf(report));

      expect([...(await oracle.agreed())]).to.deep.equal(structOf(report));
      expect(await oracle.missingPages()).to.equal(3n);
    });

    it("reverts when those votes are of members who have left", async () => {
      const { oracle, report, members, newcomer, notice } = await lowerQuorum();
      await oracle.connect(notice).setCommittee([newcomer.address, ...members.slice(1)], 3);

      await expect(oracle.agree(report))
        .to.be.revertedWithCustomError(oracle, "NotEnoughVotes")
        .withArgs(await oracle.reportHash(report), 2, 3);
    });

    it("reverts when the epoch has become too old meanwhile", async () => {
      const reports = await lowerQuorum();
      const { oracle, report, ended } = reports;
      await waitForEpoch(reports, ended + 3n);

      await expect(oracle.agree(report))
        .to.be.revertedWithCustomError(oracle, "TooLate")
        .withArgs(ended, ended + 3n);
    });

    it("reverts for an epoch that has not ended, for one that is agreed, and for an operator too many", async () => {
      const reports = await loadReports();
      const { oracle, ended, current } = reports;
      const { report } = honest(ended);
      await expect(oracle.agree({ ...report, epoch: current }))
        .to.be.revertedWithCustomError(oracle, "TooEarly")
        .withArgs(current, current);
      await expect(oracle.agree({ ...report, operators: OPERATORS + 1 }))
        .to.be.revertedWithCustomError(oracle, "OutOfBounds")
        .withArgs(OPERATORS + 1, 1, OPERATORS);
      await agreeOn(reports, report);
      await expect(oracle.agree(report)).to.be.revertedWithCustomError(oracle, "AlreadyAgreed").withArgs(ended, ended);
    });
  });
});
