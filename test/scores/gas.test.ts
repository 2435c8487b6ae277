/** What too little gas does: it ends a page early or undoes it, and never looks like a refusal or a missing bond. */
import { expect } from "chai";

import {
  all,
  deployWith,
  ether,
  FIRST,
  type Fixture,
  loadScores,
  networkHelpers,
  PAGE,
  report,
} from "../fixtures/scores.ts";
import { plain } from "../scoring/harness.ts";

const IDS = [1, 2, 3, 4];

/** Everything that scoring writes. */
async function stateOf({ scores, registry }: Fixture) {
  return {
    progress: plain(await scores.progress()),
    operators: await Promise.all(
      IDS.map(async (id) => ({
        registry: plain(await registry.operator(id)),
        averages: plain(await scores.averagesOf(id)),
        conduct: plain(await scores.conductOf(id)),
      })),
    ),
  };
}

/** Scores from `prepared` with every amount of gas of a sweep: what is done is what the same page does with all gas. */
async function sweep(fixture: Fixture, from: bigint, to: bigint, step: bigint) {
  const { scores } = fixture;
  const prepared = await networkHelpers.takeSnapshot();
  const expected = [await stateOf(fixture)];
  for (const id of IDS) {
    await scores.score(id, PAGE);
    expected.push(await stateOf(fixture));
    await prepared.restore();
  }

  const seen = new Set<bigint>();
  for (let gasLimit = from; gasLimit <= to; gasLimit += step) {
    const refused = await scores.score(100, { gasLimit }).then(
      () => false,
      () => true,
    );
    const { scored } = await scores.progress();
    expect(refused).to.equal(scored === 0n);
    expect(await stateOf(fixture), gasLimit.toString()).to.deep.equal(expected[Number(scored)]);
    seen.add(scored);
    await prepared.restore();
  }
  return seen;
}

describe("Scores", () => {
  describe("gas", () => {
    it("that is too little for one operator reverts, and says what is needed", async () => {
      const fixture = await loadScores();
      await report(fixture, FIRST, all());

      await expect(fixture.scores.score(100, { gasLimit: 900_000n })).to.be.revertedWithCustomError(
        fixture.scores,
        "TooLittleGas",
      );
    });

    it("of any amount drains whom it should, or nobody: none of it is taken for a refusal", async () => {
      const fixture = await loadScores();
      const dear = { commissionBps: 1_001n };
      await report(fixture, FIRST, all(dear, dear, dear, dear));

      const seen = await sweep(fixture, 100_000n, 1_900_000n, 25_000n);
      expect([...seen].toSorted()).to.deep.equal([0n, 1n, 2n, 3n, 4n]);
    });

    it("of any amount reads bonds, or nothing: none of it is taken for a pool without one", async () => {
      const fixture = await networkHelpers.loadFixture(deployBonded);

      const seen = await sweep(fixture, 100_000n, 1_900_000n, 25_000n);
      expect([...seen].toSorted()).to.deep.equal([0n, 1n, 2n, 3n, 4n]);
    });

    it("of a page does not hang on how many were asked for", async () => {
      const fixture = await loadScores();
      await report(fixture, FIRST, all());
      const prepared = await networkHelpers.takeSnapshot();
      const four = (await (await fixture.scores.score(4, PAGE)).wait())!.gasUsed;
      await prepared.restore();

      // But for the bytes of the number itself.
      const many = (await (await fixture.scores.score(10n ** 12n, PAGE)).wait())!.gasUsed;
      expect(many - four).to.be.below(100n);
    });
  });
});

async function deployBonded() {
  const fixture = await deployWith({ bondFloor: ether(1) });
  await report(fixture, FIRST, all());
  return fixture;
}
