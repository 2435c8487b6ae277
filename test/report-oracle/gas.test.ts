import { expect } from "chai";

import { agreeOn, honest, loadReports, pageOf, waitForEpoch } from "../fixtures/reports.ts";

/** A later report: what the first one writes for the first time has been written. */
async function loadSecond() {
  const reports = await loadReports();
  const { oracle, ended } = reports;
  const first = honest(ended);
  await agreeOn(reports, first.report);
  for (const page of [0, 1, 2]) await oracle.deliver(ended, page, ...pageOf(first, page));
  await waitForEpoch(reports, ended + 2n);
  return { ...reports, made: honest(ended + 1n), epoch: ended + 1n };
}

describe("ReportOracle", () => {
  describe("gas", () => {
    it("of a vote is below 110,000, and of the one that agrees below 125,000", async () => {
      const { oracle, committee, made } = await loadSecond();
      const used: bigint[] = [];
      for (const member of committee.slice(0, 3)) {
        const vote = await oracle.connect(member).vote(made.report);
        used.push((await vote.wait())!.gasUsed);
      }
      expect(used[0]).to.be.below(110_000n);
      expect(used[1]).to.be.below(110_000n);
      expect(used[2]).to.be.below(125_000n);
    });

    it("of a full page is below 9,000 per operator, beside what the scores do", async () => {
      const reports = await loadSecond();
      const { oracle, made, epoch } = reports;
      await agreeOn(reports, made.report);
      await oracle.deliver(epoch, 0, ...pageOf(made, 0));

      const delivery = await oracle.deliver(epoch, 1, ...pageOf(made, 1));
      expect((await delivery.wait())!.gasUsed / 32n).to.be.below(9_000n);
    });
  });
});
