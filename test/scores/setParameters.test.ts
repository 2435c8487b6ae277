import { expect } from "chai";

import { all, deployWith, FIRST, live, loadScores, PARAMETERS, weightsOf } from "../fixtures/scores.ts";
import { plain } from "../scoring/harness.ts";

const asBigints = (parameters: typeof PARAMETERS) =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, BigInt(value)]));

describe("Scores", () => {
  describe("setParameters", () => {
    it("reverts when the caller is not Notice", async () => {
      const { scores, governance } = await loadScores();

      await expect(scores.connect(governance).setParameters(PARAMETERS))
        .to.be.revertedWithCustomError(scores, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    const refused: [name: keyof typeof PARAMETERS, value: number, minimum: number, maximum: number][] = [
      ["weekSpan", 0, 1, 30],
      ["weekSpan", 31, 1, 30],
      ["monthSpan", 366, 7, 365],
      ["yearSpan", 2_001, 30, 2_000],
      ["power", 0, 1, 16],
      ["power", 3, 1, 16],
      ["power", 32, 1, 16],
      ["sizeLimitBps", 0, 1, 10_000],
      ["sizeLimitBps", 10_001, 1, 10_000],
      ["diversityBps", 2_501, 0, 2_500],
      ["commissionLimitBps", 10_001, 0, 10_000],
      ["commissionRiseBps", 10_001, 0, 10_000],
    ];
    for (const [name, value, minimum, maximum] of refused) {
      it(`reverts for ${value} as ${name}`, async () => {
        const { scores, byNotice } = await loadScores();

        await expect(byNotice.setParameters({ ...PARAMETERS, [name]: value }))
          .to.be.revertedWithCustomError(scores, "OutOfBounds")
          .withArgs(value, minimum, maximum);
      });
    }

    it("reverts at deployment, too", async () => {
      const { scores } = await loadScores();

      await expect(deployWith({ power: 5 }))
        .to.be.revertedWithCustomError(scores, "OutOfBounds")
        .withArgs(5n, 1n, 16n);
    });

    it("takes what is at its bounds", async () => {
      const { scores, byNotice } = await loadScores();
      const widest = {
        weekSpan: 2_000,
        monthSpan: 2_000,
        yearSpan: 2_000,
        power: 16,
        sizeLimitBps: 10_000,
        diversityBps: 2_500,
        commissionLimitBps: 10_000,
        commissionRiseBps: 10_000,
        bondFloor: 2n ** 96n - 1n,
      };
      const narrowest = {
        weekSpan: 1,
        monthSpan: 1,
        yearSpan: 1,
        power: 1,
        sizeLimitBps: 1,
        diversityBps: 0,
        commissionLimitBps: 0,
        commissionRiseBps: 0,
        bondFloor: 0n,
      };

      for (const parameters of [widest, narrowest]) {
        await byNotice.setParameters(parameters);
        expect(plain(await scores.parameters())).to.deep.equal(asBigints(parameters));
      }
    });

    it("says what was, and what is from now on", async () => {
      const { scores, byNotice } = await loadScores();
      expect(plain(await scores.parameters())).to.deep.equal(asBigints(PARAMETERS));
      const next = { ...PARAMETERS, power: 8, bondFloor: 5n };

      await expect(byNotice.setParameters(next))
        .to.emit(scores, "ParametersChanged")
        .withArgs(Object.values(PARAMETERS), Object.values(next));
    });

    it("counts from the next page on", async () => {
      const fixture = await loadScores();
      // A tenth of the network's stake instead of a fiftieth: 1 % of a weight for size, not 5 %.
      await fixture.byNotice.setParameters({ ...PARAMETERS, sizeLimitBps: 1_000 });
      await live(fixture, [all()], FIRST);

      expect(await weightsOf(fixture)).to.deep.equal([9_900n, 9_900n, 9_900n, 9_900n]);
    });
  });
});
