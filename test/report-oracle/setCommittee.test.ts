import { expect } from "chai";

import { ethers, honest, lie, loadReports, QUORUM, structOf } from "../fixtures/reports.ts";

/** As many accounts as asked for, which nobody has the keys of. */
function accounts(count: number): string[] {
  return Array.from({ length: count }, (_, index) => ethers.toBeHex(index + 1, 20));
}

describe("ReportOracle", () => {
  describe("setCommittee", () => {
    it("reverts for everybody but Notice", async () => {
      const { oracle, members, governance, guardian, committee, stranger } = await loadReports();
      for (const caller of [governance, guardian, committee[0]!, stranger]) {
        await expect(oracle.connect(caller).setCommittee(members, QUORUM))
          .to.be.revertedWithCustomError(oracle, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    for (const [members, quorum, value, minimum, maximum] of [
      [2, 2, 2, 3, 31],
      [32, 17, 32, 3, 31],
      [4, 2, 2, 3, 4],
      [4, 5, 5, 3, 4],
      [5, 2, 2, 3, 5],
      [6, 3, 3, 4, 6],
      [31, 15, 15, 16, 31],
      [0, 3, 0, 3, 31],
      [4, 2n ** 255n, 2n ** 255n, 3, 4],
    ] as const) {
      it(`reverts for ${members} members with a quorum of ${quorum}`, async () => {
        const { oracle, notice } = await loadReports();
        await expect(oracle.connect(notice).setCommittee(accounts(members), quorum))
          .to.be.revertedWithCustomError(oracle, "OutOfBounds")
          .withArgs(value, minimum, maximum);
      });
    }

    for (const [members, quorum] of [
      [3, 3],
      [4, 3],
      [5, 3],
      [5, 5],
      [6, 4],
      [31, 16],
      [31, 31],
    ] as const) {
      it(`takes ${members} members with a quorum of ${quorum}`, async () => {
        const { oracle, notice } = await loadReports();
        await oracle.connect(notice).setCommittee(accounts(members), quorum);

        expect(await oracle.members()).to.deep.equal(accounts(members));
        expect(await oracle.quorum()).to.equal(quorum);
      });
    }

    it("reverts for nobody as a member, and for one member twice", async () => {
      const { oracle, members, notice } = await loadReports();
      await expect(oracle.connect(notice).setCommittee([...members.slice(0, 3), ethers.ZeroAddress], QUORUM))
        .to.be.revertedWithCustomError(oracle, "InvalidMember")
        .withArgs(ethers.ZeroAddress);
      for (const twice of members.slice(0, 3)) {
        await expect(oracle.connect(notice).setCommittee([...members.slice(0, 3), twice], QUORUM))
          .to.be.revertedWithCustomError(oracle, "DuplicateMember")
          .withArgs(twice);
      }
    });

    it("checks the committee of the deployment as well", async () => {
      const { oracle, args } = await loadReports();
      const factory = await ethers.getContractFactory("ReportOracle");
      const [manager, allocator, registry, scores, members] = args;
      await expect(factory.deploy(manager, allocator, registry, scores, [...members], 5n))
        .to.be.revertedWithCustomError(oracle, "OutOfBounds")
        .withArgs(5, 3, 4);
    });

    it("replaces members, and says who they were and are", async () => {
      const { oracle, members, newcomer, notice } = await loadReports();
      const next = [members[2]!, newcomer.address, members[0]!];
      await expect(oracle.connect(notice).setCommittee(next, 3))
        .to.emit(oracle, "CommitteeChanged")
        .withArgs(members, QUORUM, next, 3);

      expect(await oracle.members()).to.deep.equal(next);
      for (const member of next) expect(await oracle.isMember(member)).to.equal(true);
      for (const member of [members[1]!, members[3]!]) expect(await oracle.isMember(member)).to.equal(false);
    });

    it("keeps a vote of who stays, wherever in the committee", async () => {
      const { oracle, ended, committee, members, newcomer, notice } = await loadReports();
      const { report } = honest(ended);
      const hash = await oracle.reportHash(report);
      await oracle.connect(committee[0]).vote(report);
      await oracle.connect(committee[1]).vote(report);

      await oracle.connect(notice).setCommittee([newcomer.address, members[1]!, members[0]!, members[3]!], QUORUM);

      expect(await oracle.votesOf(hash)).to.equal(2n);
      await expect(oracle.connect(committee[0]).vote(report))
        .to.be.revertedWithCustomError(oracle, "AlreadyVoted")
        .withArgs(committee[0], ended, hash);
      await expect(oracle.connect(newcomer).vote(report))
        .to.emit(oracle, "ReportAgreed")
        .withArgs(ended, hash, 3, structOf(report));
    });

    it("takes the vote from who is removed, and the right to vote", async () => {
      const { oracle, ended, committee, members, newcomer, notice } = await loadReports();
      const { report } = honest(ended);
      const hash = await oracle.reportHash(report);
      for (const member of committee.slice(0, 2)) await oracle.connect(member).vote(report);

      await oracle.connect(notice).setCommittee([...members.slice(1), newcomer.address], QUORUM);

      expect(await oracle.votesOf(hash)).to.equal(1n);
      expect(await oracle.ballotOf(members[0]!, ended)).to.equal(ethers.ZeroHash);
      await expect(oracle.connect(committee[0]).vote(report))
        .to.be.revertedWithCustomError(oracle, "NotMember")
        .withArgs(committee[0]);
      await expect(oracle.connect(committee[2]).vote(report)).to.not.emit(oracle, "ReportAgreed");
      await expect(oracle.connect(newcomer).vote(report)).to.emit(oracle, "ReportAgreed");
    });

    it("does not give a vote back to who is removed and added again, who votes anew", async () => {
      const { oracle, ended, committee, members, newcomer, notice } = await loadReports();
      const wrong = lie(ended).report;
      const truth = honest(ended).report;
      for (const member of committee.slice(0, 2)) await oracle.connect(member).vote(wrong);
      await oracle.connect(notice).setCommittee([newcomer.address, ...members.slice(1)], QUORUM);
      await oracle.connect(notice).setCommittee(members, QUORUM);

      expect(await oracle.votesOf(await oracle.reportHash(wrong))).to.equal(1n);
      expect(await oracle.ballotOf(members[0]!, ended)).to.equal(ethers.ZeroHash);
      await expect(oracle.connect(committee[2]).vote(wrong)).to.not.emit(oracle, "ReportAgreed");
      await oracle.connect(committee[0]).vote(truth);
      expect(await oracle.ballotOf(members[0]!, ended)).to.equal(await oracle.reportHash(truth));
      expect(await oracle.votesOf(await oracle.reportHash(wrong))).to.equal(2n);
      expect(await oracle.votesOf(await oracle.reportHash(truth))).to.equal(1n);
    });

    it("with a higher quorum makes votes wait for more, with all that were cast", async () => {
      const { oracle, ended, committee, members, notice } = await loadReports();
      const { report } = honest(ended);
      for (const member of committee.slice(0, 2)) await oracle.connect(member).vote(report);

      await oracle.connect(notice).setCommittee(members, 4);

      await expect(oracle.connect(committee[2]).vote(report)).to.not.emit(oracle, "ReportAgreed");
      await expect(oracle.connect(committee[3]).vote(report)).to.emit(oracle, "ReportAgreed");
    });

    it("changes nothing of a report that is agreed", async () => {
      const { oracle, ended, committee, members, newcomer, notice } = await loadReports();
      const { report } = honest(ended);
      for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(report);

      await oracle.connect(notice).setCommittee([newcomer.address, ...members.slice(2)], 3);

      expect([...(await oracle.agreed())]).to.deep.equal(structOf(report));
      expect(await oracle.missingPages()).to.equal(3n);
    });
  });
});
