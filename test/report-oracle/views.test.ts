import { expect } from "chai";

import { agreeOn, ethers, honest, loadReports, QUORUM, waitForEpoch } from "../fixtures/reports.ts";

describe("ReportOracle", () => {
  describe("views", () => {
    it("show the committee of the deployment, and no report", async () => {
      const { oracle, members, scores, allocator, registry, stranger } = await loadReports();
      expect(await oracle.members()).to.deep.equal(members);
      expect(await oracle.quorum()).to.equal(QUORUM);
      for (const member of members) expect(await oracle.isMember(member)).to.equal(true);
      expect(await oracle.isMember(stranger)).to.equal(false);
      expect(await oracle.isMember(ethers.ZeroAddress)).to.equal(false);
      expect((await oracle.agreed()).epoch).to.equal(0n);
      expect(await oracle.missingPages()).to.equal(0n);
      expect(await oracle.PAGE()).to.equal(32n);
      expect([await oracle.SCORES(), await oracle.ALLOCATOR(), await oracle.REGISTRY()]).to.deep.equal(
        await Promise.all([scores, allocator, registry].map((contract) => contract.getAddress())),
      );
    });

    it("count no votes for nothing, though nobody has voted", async () => {
      const { oracle } = await loadReports();
      expect(await oracle.votesOf(ethers.ZeroHash)).to.equal(0n);
    });

    it("count votes for either epoch that can be voted for, and none once it is too old", async () => {
      const reports = await loadReports();
      const { oracle, ended, committee } = reports;
      const older = honest(ended - 1n).report;
      const younger = honest(ended).report;
      const [olderHash, youngerHash] = await Promise.all([older, younger].map((each) => oracle.reportHash(each)));
      await oracle.connect(committee[0]).vote(older);
      for (const member of committee.slice(0, 2)) await oracle.connect(member).vote(younger);

      expect(await oracle.votesOf(olderHash!)).to.equal(1n);
      expect(await oracle.votesOf(youngerHash!)).to.equal(2n);
      await waitForEpoch(reports, ended + 2n);
      expect(await oracle.votesOf(olderHash!)).to.equal(0n);
      expect(await oracle.votesOf(youngerHash!)).to.equal(2n);
      await waitForEpoch(reports, ended + 3n);
      expect(await oracle.votesOf(youngerHash!)).to.equal(0n);
      expect(await oracle.ballotOf(committee[0]!, ended)).to.equal(youngerHash);
    });

    it("show whether a page of the last agreed report has come, however many pages there could be", async () => {
      const reports = await loadReports();
      const { oracle, ended } = reports;
      await agreeOn(reports, honest(ended).report);
      for (const page of [0n, 2n, 3n, 2n ** 256n - 1n]) expect(await oracle.isDelivered(page)).to.equal(false);
    });
  });
});
