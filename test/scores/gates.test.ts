import { expect } from "chai";

import { GATES } from "../../src/scoring/value.ts";
import type { Counters } from "../../src/reports/types.ts";
import { Mode } from "../fixtures/allocator.ts";
import { Answer, deployPool } from "../fixtures/registry.ts";
import {
  all,
  deployWith,
  ether,
  ethers,
  FIRST,
  type Fixture,
  good,
  live,
  loadScores,
  networkHelpers,
  ONE,
  PAGE,
  report,
  weightsOf,
} from "../fixtures/scores.ts";

/** As `gates` in IScores.OperatorScored. */
const { notListed, slashed, delinquent, dear, raised, bondTooLow } = GATES;

/** Operators' bonds have to be an ether. */
async function deployWithFloor() {
  const fixture = await deployWith({ bondFloor: ether(1) });
  await report(fixture, FIRST, all());
  return fixture;
}

/** Expects that operator 1 has a score of 0 for these reasons, and the others have one. */
async function expectGates({ scores, ...fixture }: Fixture, epoch: bigint, gates: bigint, weight: bigint) {
  const scoring = scores.score(100, PAGE);
  const isFirst = ([id]: bigint[]) => id === 1n;
  const logs = (await (await scoring).wait())!.logs.map((log) => scores.interface.parseLog(log));
  const events = logs.filter((log) => log?.name === "OperatorScored").map((log) => [...log!.args] as bigint[]);

  const [id, at, , score, given, why] = events.find(isFirst)!;
  expect([id, at, score, given, why]).to.deep.equal([1n, epoch, 0n, weight, gates]);
  const others = events.filter((event) => !isFirst(event));
  expect(others.length).to.equal(3);
  for (const [, , , each, , none] of others) expect([each! > 0n, none]).to.deep.equal([true, 0n]);
  expect((await weightsOf({ scores, ...fixture }))[0]).to.equal(weight);
  return logs;
}

describe("Scores", () => {
  describe("gates", () => {
    const cases: { why: string; changes: Partial<Counters>; gates: bigint }[] = [
      { why: "not active", changes: { active: false, assigned: 0n, done: 0n }, gates: delinquent },
      { why: "nothing done of what was assigned", changes: { done: 0n }, gates: delinquent },
      { why: "a commission that rose by more than 2 points", changes: { commissionBps: 701n }, gates: raised },
    ];
    for (const { why, changes, gates } of cases) {
      it(`give a score of 0 for ${why}`, async () => {
        const fixture = await loadScores();
        await live(fixture, [all()]);
        await report(fixture, FIRST + 1n, all(changes));

        await expectGates(fixture, FIRST + 1n, gates, 7_600n);
      });
    }

    it("let a commission rise by 2 points, and a high one pass that did not rise", async () => {
      const fixture = await loadScores();
      const { scores } = fixture;
      const steps = [500n, 700n, 900n, 1_000n].map((commissionBps) => all({ commissionBps }));
      await live(fixture, steps.slice(0, 3));
      const scoring = await live(fixture, steps.slice(3), FIRST + 3n);

      const logs = (await scoring.wait())!.logs.map((log) => scores.interface.parseLog(log));
      const gates = logs.filter((log) => log?.name === "OperatorScored").map((log) => log!.args.gates as bigint);
      expect(gates).to.deep.equal([0n, 0n, 0n, 0n]);
    });

    it("give a score of 0 for a commission above the limit, from the first report on, and drain", async () => {
      const fixture = await loadScores();
      await report(fixture, FIRST, all({ commissionBps: 1_001n }));

      await expectGates(fixture, FIRST, dear | notListed, 8_000n);
    });

    it("give a score of 0 for ever to who was slashed, when it is listed again, too", async () => {
      const fixture = await loadScores();
      const { registry, noticeSigner } = fixture;
      await live(fixture, [all({ slashed: 1n })]);
      await registry.connect(noticeSigner).reinstate(1);
      await report(fixture, FIRST + 1n, all());

      await expectGates(fixture, FIRST + 1n, slashed, 6_400n);
    });

    it("give a score of 0 to a pool that the foundation does not vouch for any more", async () => {
      const fixture = await loadScores();
      const { registry, foundation, pools } = fixture;
      await registry.connect(foundation).unwhitelistPool(pools[0]!);
      await report(fixture, FIRST, all());

      await expectGates(fixture, FIRST, notListed, 8_000n);
    });

    it("give a score of 0 to who is drained", async () => {
      const fixture = await loadScores();
      const { registry, guardian } = fixture;
      await registry.connect(guardian).drain(1);
      await report(fixture, FIRST, all());

      await expectGates(fixture, FIRST, notListed, 8_000n);
    });

    it("name all reasons at once", async () => {
      const fixture = await loadScores();
      const { registry, guardian } = fixture;
      await live(fixture, [all()]);
      await registry.connect(guardian).drain(1);
      await report(fixture, FIRST + 1n, all({ slashed: 1n, active: false, commissionBps: 1_500n }));

      await expectGates(fixture, FIRST + 1n, notListed | slashed | delinquent | dear | raised, 7_600n);
    });

    describe("of bonds", () => {
      for (const [bond, gates] of [
        [ether(1), 0n],
        [ether(1) - 1n, bondTooLow],
        [0n, bondTooLow],
      ] as const) {
        it(`${gates === 0n ? "let pass" : "give a score of 0 for"} ${bond.toString()} wei where an ether is asked`, async () => {
          const fixture = await networkHelpers.loadFixture(deployWithFloor);
          await fixture.pools[0]!.setBond(bond);

          if (gates !== 0n) await expectGates(fixture, FIRST, gates, 8_000n);
          else {
            await fixture.scores.score(100, PAGE);
            expect(await weightsOf(fixture)).to.deep.equal([9_500n, 9_500n, 9_500n, 9_500n]);
          }
        });
      }

      for (const mode of ["reverts", "burnsGas", "returnsFloods"] as const) {
        it(`take a pool that ${mode} for one without a bond, and score the others`, async () => {
          const fixture = await networkHelpers.loadFixture(deployWithFloor);
          await fixture.pools[0]!.setMode(Mode[mode]);

          await expectGates(fixture, FIRST, bondTooLow, 8_000n);
        });
      }

      it("ask no pool where there is no floor", async () => {
        const fixture = await loadScores();
        for (const pool of fixture.pools) await pool.setMode(Mode.reverts);
        await live(fixture, [all()]);

        expect(await weightsOf(fixture)).to.deep.equal([9_500n, 9_500n, 9_500n, 9_500n]);
      });
    });
  });

  describe("bondOf", () => {
    it("is what a pool shows", async () => {
      const { scores, pools } = await loadScores();
      await pools[0]!.setBond(ether(7));

      expect(await scores.bondOf(pools[0]!)).to.equal(ether(7));
    });

    it("reverts for an account without code, a pool that reverts, and one that answers less than a word", async () => {
      const { scores, pools, stranger } = await loadScores();
      const short = await deployPool(Answer.short);
      await pools[0]!.setMode(Mode.reverts);

      await expect(scores.bondOf(stranger)).to.be.revertedWithoutReason(ethers);
      await expect(scores.bondOf(pools[0]!))
        .to.be.revertedWithCustomError(pools[0]!, "Misbehaving")
        .withArgs(Mode.reverts);
      await expect(scores.bondOf(short)).to.be.revertedWithoutReason(ethers);
    });
  });

  describe("scoreOf", () => {
    it("is what the last report made, by the prior of the next one", async () => {
      const fixture = await loadScores();
      const { scores } = fixture;
      await live(fixture, [all()]);

      expect(await scores.scoreOf(1)).to.deep.equal([ONE, (ONE * 95n) / 100n, 9_500n, 0n]);
      // Nobody: not listed, and not active.
      expect(await scores.scoreOf(9)).to.deep.equal([0n, 0n, 0n, notListed | delinquent]);
    });

    it("goes by the state of this moment", async () => {
      const fixture = await loadScores();
      const { scores, registry, guardian } = fixture;
      await live(fixture, [all({ reward: (good().reward * 9n) / 10n })]);
      const [performance] = await scores.scoreOf(1);
      await registry.connect(guardian).drain(1);

      expect(await scores.scoreOf(1)).to.deep.equal([performance, 0n, 0n, notListed]);
    });
  });
});
