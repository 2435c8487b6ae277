import { expect } from "chai";

import { honest, lie, loadReports, QUORUM, structOf } from "../fixtures/reports.ts";

const BEHAVIOURS = ["honest", "lying", "silent"] as const;
type Behaviour = (typeof BEHAVIOURS)[number];

/** How four members behave, in every way that there is. */
const COMMITTEES: readonly (readonly Behaviour[])[] = BEHAVIOURS.flatMap((first) =>
  BEHAVIOURS.flatMap((second) =>
    BEHAVIOURS.flatMap((third) => BEHAVIOURS.map((fourth) => [first, second, third, fourth] as const)),
  ),
);

/** What the committee comes to: that with as many votes as the quorum. Liars agree with each other. */
function outcomeOf(committee: readonly Behaviour[]): "honest" | "lying" | null {
  for (const behaviour of ["honest", "lying"] as const) {
    if (committee.filter((each) => each === behaviour).length >= 3) return behaviour;
  }
  return null;
}

describe("ReportOracle", () => {
  describe("quorum of three of four", () => {
    it("is tried with every committee of honest, lying and silent members", () => {
      expect(new Set(COMMITTEES.map((committee) => committee.join())).size).to.equal(81);
      const outcomes = COMMITTEES.map(outcomeOf);
      expect(outcomes.filter((each) => each === "honest")).to.have.length(9);
      expect(outcomes.filter((each) => each === "lying")).to.have.length(9);
    });

    for (const behaviours of COMMITTEES) {
      const outcome = outcomeOf(behaviours);
      const title = outcome === null ? "agrees on nothing" : `agrees on the ${outcome} report`;
      it(`${title} when the members are ${behaviours.join(", ")}`, async () => {
        const { oracle, ended, committee } = await loadReports();
        const reports = { honest: honest(ended).report, lying: lie(ended).report };
        const cast = { honest: 0n, lying: 0n };

        for (const [index, behaviour] of behaviours.entries()) {
          if (behaviour === "silent") continue;
          const vote = oracle.connect(committee[index]).vote(reports[behaviour]);
          if (cast.honest >= QUORUM || cast.lying >= QUORUM) {
            await expect(vote).to.be.revertedWithCustomError(oracle, "AlreadyAgreed").withArgs(ended, ended);
            continue;
          }
          await vote;
          cast[behaviour] += 1n;
          expect(await oracle.votesOf(await oracle.reportHash(reports[behaviour]))).to.equal(cast[behaviour]);
        }

        const agreed = [...(await oracle.agreed())];
        if (outcome === null)
          expect(agreed).to.deep.equal([0n, 0n, `0x${"00".repeat(32)}`, 0n, 0n, `0x${"00".repeat(32)}`]);
        else expect(agreed).to.deep.equal(structOf(reports[outcome]));
        expect(await oracle.missingPages()).to.equal(outcome === null ? 0n : 3n);
      });
    }
  });
});
