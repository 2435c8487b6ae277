/** Operators, keepers and reports that play the scores: A26, A30 to A32, A47 and A81 of docs/attacks.md. */
import { expect } from "chai";

import type { Counters } from "../../src/reports/types.ts";
import * as chain from "../fixtures/allocator.ts";
import * as committee from "../fixtures/committee.ts";
import { listing } from "../fixtures/registry.ts";
import {
  all,
  Cause,
  ether,
  ethers,
  FIRST,
  type Fixture,
  good,
  live,
  loadScores,
  NETWORK_STAKE,
  ONE,
  PAGE,
  report,
  State,
  times,
  weightsOf,
} from "../fixtures/scores.ts";

const CLEAN = all();
const { DUST } = committee;
/** What an operator's owner earns of a harvest by 30 ether of ours and ten of its own, and by its own alone. */
const [OF_ALL, OF_BOND] = [chain.ether("0.040026"), chain.ether("0.010001")];
/** A hundredth of what three operators together may not hold: a basis point of the pool. */
const IDLE = chain.ether("0.0002");

/** A report of the real committee in which one operator, counted from 0, differs from the others. */
async function reportOnOne(world: chain.World, index: number, changes: Partial<Counters>) {
  const operators = Array.from({ length: 4 }, (_, each) => ({ ...committee.COUNTERS, ...(each === index && changes) }));
  return committee.reportOn(await committee.endedEpoch(world), operators);
}

function loadCommittee(): Promise<chain.World> {
  return chain.networkHelpers.loadFixture(committee.deployCommittee);
}

async function stateOf({ registry }: Fixture, id: number): Promise<bigint> {
  return (await registry.operator(id)).state;
}

/** Weights of operators 1 and 2 after each of many reports. */
async function race(fixture: Fixture, epochs: readonly (readonly Counters[])[]): Promise<[bigint[], bigint[]]> {
  const weights: [bigint[], bigint[]] = [[], []];
  for (const [index, counters] of epochs.entries()) {
    await live(fixture, [counters], FIRST + BigInt(index));
    const [first, second] = await weightsOf(fixture);
    weights[0].push(first!);
    weights[1].push(second!);
  }
  return weights;
}

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, each) => total + each, 0n);

describe("scores", () => {
  it("A26 a report that is dropped half-way scores nobody twice, and loses no slash and no doubt", async () => {
    const fixture = await loadScores();
    const { scores, registry } = fixture;
    await live(fixture, [CLEAN]);
    const prior = [...(await scores.prior())];
    await report(fixture, FIRST + 1n, all({}, {}, { slashed: ether(31) }, { slashed: 1n }));
    await scores.score(2, PAGE);
    expect(await stateOf(fixture, 4)).to.equal(State.active);

    // Nobody who was slashed scores the rest before the next report begins, which says nothing of it.
    await report(fixture, FIRST + 2n, CLEAN);
    expect([...(await scores.prior())]).to.deep.equal(prior);
    expect(await registry.scoredEpoch()).to.equal(FIRST);
    const scoring = scores.score(100, PAGE);
    await expect(scoring)
      .to.emit(scores, "OperatorDrained")
      .withArgs(4n, FIRST + 2n, Cause.slash);
    await expect(scoring)
      .to.emit(scores, "OperatorWatched")
      .withArgs(3n, FIRST + 2n, Cause.doubtfulSlash);

    const reports = await Promise.all([1, 2, 3, 4].map(async (id) => (await scores.averagesOf(id)).reports));
    expect(reports).to.deep.equal([3n, 3n, 2n, 2n]);
    expect((await scores.scoreOf(4)).gates).to.equal(3n);
  });

  it("A26 a report that is dropped half-way leaves a slashed operator nothing of what others had staked with it", async () => {
    const world = await loadCommittee();
    const { registry } = world;
    const [ledger, fair] = [await committee.watch(world, 3), await committee.harvest(world, { stake: 0n, crony: 3 })];
    await committee.report(world, await reportOnOne(world, 3, {}));
    await chain.nextRound(world);
    await committee.agree(world, await reportOnOne(world, 3, { slashed: ether(10) }));
    await committee.score(world, 2n);
    await chain.nextRound(world);
    await committee.report(world, await reportOnOne(world, 3, {}));
    expect((await registry.operator(4)).state).to.equal(State.draining);
    await chain.keep(world, 6);

    const { attacker, victim } = await ledger.changes();
    expect([attacker, victim >= -DUST]).to.deep.equal([0n, true]);
    const after = await committee.harvest(world, { stake: 0n, crony: 3 });
    expect(fair.attacker).to.be.closeTo(OF_ALL, DUST);
    expect(after.attacker).to.be.closeTo(OF_BOND, DUST);
    expect(after.victim).to.be.closeTo(fair.victim + OF_ALL - OF_BOND, IDLE);
  });

  it("A30 a slash that several reports repeat costs stakers once what they lost, and moves their stake once", async () => {
    const world = await loadCommittee();
    const { network, foundation, honest, registry } = world;
    const results = [];
    for (const repeats of [1, 4]) {
      const start = await chain.networkHelpers.takeSnapshot();
      const ledger = await committee.watch(world, 1);
      await network.connect(foundation).slash(honest[0]!.address, 4_000n);
      for (let epoch = 0; epoch < 4; epoch += 1) {
        await chain.keep(world, 1);
        await committee.report(world, await reportOnOne(world, 0, epoch < repeats ? { slashed: ether(10) } : {}));
      }
      expect((await registry.operator(1)).state).to.equal(State.draining);
      await chain.keep(world, 6);
      results.push({ lost: await ledger.changes(), earned: await committee.harvest(world, { crony: 1 }) });
      await start.restore();
    }
    const [once, often] = results as [(typeof results)[number], (typeof results)[number]];
    expect(once.lost.attacker).to.equal(0n);
    // Four tenths of 40 ether, less the bond of ten.
    expect(once.lost.victim).to.be.closeTo(-chain.ether("6.005"), chain.ether("0.001"));
    expect(often).to.deep.equal(once);
  });

  it("A30 a slash that several reports repeat drains once, and counts once against the guardian share", async () => {
    const fixture = await loadScores();
    const { scores, registry, byReporter } = fixture;
    const slashed = all({ slashed: ether(1) });
    await report(fixture, FIRST, slashed);
    await expect(byReporter.record(FIRST, 1, slashed)).to.be.revertedWithCustomError(scores, "AlreadyClosed");
    await report(fixture, FIRST + 1n, slashed);
    const first = scores.score(100, PAGE);
    await expect(first)
      .to.emit(registry, "GuardianShareUsed")
      .withArgs(FIRST + 2n, ether(10), ether(10));

    const second = await live(fixture, [slashed], FIRST + 2n);
    await expect(second).to.not.emit(registry, "GuardianShareUsed");
    await expect(second).to.not.emit(scores, "OperatorDrained");
    await expect(scores.enforce(1)).to.be.revertedWithCustomError(scores, "NothingToEnforce").withArgs(1n);
    expect(await stateOf(fixture, 1)).to.equal(State.draining);
  });

  it("A31 an operator that empties its pool before the slash is known gets no more, and is drained by the next word", async () => {
    const fixture = await loadScores();
    const { registry } = fixture;
    await live(fixture, [CLEAN]);
    const [weight] = await weightsOf(fixture);
    // Four ether of a hundred are slashed; all but ours have left by the time that it is reported.
    const emptied = { stake: ether(10), reward: good().reward / 10n, slashed: ether(4) };
    await live(fixture, [all(emptied), CLEAN, CLEAN, CLEAN], FIRST + 1n);

    // Too much to be believed at once, but no stake comes in, and clean reports do not talk it away.
    expect((await registry.operator(1)).watch).to.equal(true);
    expect((await weightsOf(fixture))[0]).to.be.at.most(weight!);
    expect(await stateOf(fixture, 1)).to.equal(State.active);

    await live(fixture, [all({ slashed: 1n })], FIRST + 5n);
    expect(await stateOf(fixture, 1)).to.equal(State.draining);
    // Nor need anybody wait for it.
    const other = await loadScores();
    await live(other, [all(emptied)]);
    await other.registry.connect(other.guardian).drain(1);
    expect(await stateOf(other, 1)).to.equal(State.draining);
  });

  it("A31 an operator that empties its pool before the slash is known earns nothing of new stake, and then of none", async () => {
    const world = await loadCommittee();
    const fair = await committee.harvest(world);
    await committee.report(world, await reportOnOne(world, 0, {}));
    await chain.nextRound(world);
    const { stake, reward } = committee.COUNTERS;
    const emptied = { stake: stake / 10n, reward: reward / 10n, slashed: (stake * 4n) / 100n };
    await committee.report(world, await reportOnOne(world, 0, emptied));
    const watched = await committee.harvest(world);
    await chain.nextRound(world);
    await committee.report(world, await reportOnOne(world, 0, { slashed: 1n }));
    await chain.keep(world, 6);
    const drained = await committee.harvest(world);

    expect(fair.attacker).to.be.closeTo(committee.FAIR, DUST);
    expect(watched.attacker).to.be.closeTo(OF_ALL, DUST);
    expect(watched.victim).to.be.closeTo(fair.victim + committee.FAIR - OF_ALL, DUST);
    expect(drained.attacker).to.be.closeTo(OF_BOND, DUST);
    expect(drained.victim).to.be.closeTo(fair.victim + committee.FAIR - OF_BOND, IDLE);
  });

  it("A32 several reports that are scored in one epoch pump a weight by one step, not by one each", async () => {
    const fixture = await loadScores();
    const { scores, allocator, byReporter } = fixture;
    await live(fixture, [all({ reward: good().reward * 3n })]);
    const before = await weightsOf(fixture);
    expect(before[0]).to.equal(12_000n);

    await allocator.setEpoch(FIRST + 5n);
    for (let epoch = FIRST + 1n; epoch < FIRST + 4n; ++epoch) {
      await byReporter.record(epoch, 1, all({ reward: good().reward * 3n }));
      await byReporter.close(epoch, NETWORK_STAKE, 4);
      await scores.score(100, PAGE);
    }

    const after = await weightsOf(fixture);
    for (const [index, weight] of after.entries()) {
      expect(weight).to.be.within((before[index]! * 4n) / 5n, (before[index]! * 6n) / 5n);
    }
  });

  it("A32 a commission that is low whenever one looks and high between wins less than a steady one", async () => {
    const fixture = await loadScores();
    const epochs = Array.from({ length: 20 }, (_, index) =>
      all({ commissionBps: index % 2 === 0 ? 0n : 1_000n }, { commissionBps: 1_000n }),
    );
    const [gamer, steady] = await race(fixture, epochs);

    // It looks better every second time, by a tenth, and has a score of 0 in between.
    expect(sum(gamer)).to.be.below(sum(steady));
    expect(gamer.at(-1)).to.be.below((steady.at(-1)! * 7n) / 10n);
  });

  it("A32 a commission that rises by less than is gated at every report is paid by the operator's own yield", async () => {
    const fixture = await loadScores();
    const creeping = (index: number) => BigInt(Math.min(200 * index, 1_000));
    const epochs = Array.from({ length: 12 }, (_, index) =>
      all({ commissionBps: creeping(index) }, { commissionBps: 0n }),
    );
    const [creeper, honest] = await race(fixture, epochs);

    for (const [index, weight] of creeper.entries()) expect(weight).to.be.at.most(honest[index]!);
    expect(creeper.at(-1)).to.be.below(honest.at(-1)!);
  });

  it("A32 rewards that an operator pays itself count once two reports agree, and as a fifth more at most", async () => {
    const fixture = await loadScores();
    const { scores } = fixture;
    const spike = { reward: 10n * good().reward };
    // Now and then: never.
    await live(fixture, [CLEAN, ...times(3, [all(spike), CLEAN]).flat()]);
    const { yieldWeek, yields } = await scores.averagesOf(1);
    expect([yieldWeek, yields]).to.deep.equal([ONE, 4n]);

    // Always: not more than 1.2, and never above the step.
    const before = (await weightsOf(fixture))[0]!;
    await live(fixture, times(2, all(spike)), FIRST + 7n);
    expect((await scores.averagesOf(1)).yieldWeek).to.equal((3n * ONE + 1_200_000_000n) / 4n);
    expect((await weightsOf(fixture))[0]).to.be.at.most((before * 6n) / 5n);
  });

  it("A32 a newcomer that looks perfect is believed a sixteenth of it in its first report", async () => {
    const fixture = await loadScores();
    const { scores, registry, foundation, noticeSigner } = fixture;
    await live(fixture, times(3, CLEAN));
    const pool = await ethers.deployContract("HostilePool");
    await registry.connect(foundation).whitelistPool(pool);
    const terms = { ...(await listing(pool)), weight: 10_000n, minWeight: 0n, maxWeight: 100_000n };
    await registry.connect(noticeSigner).list(terms);
    expect(await stateOf(fixture, 5)).to.equal(State.ramping);

    const star = good({ reward: 2n * good().reward });
    const scoring = await live(fixture, [[...CLEAN, star]], FIRST + 3n);
    const believed = (1_200_000_000n + 15n * ONE) / 16n;
    const square = (believed * believed) / ONE;
    const score = (((square * square) / ONE) * 950_000_000n) / ONE;
    await expect(scoring)
      .to.emit(scores, "OperatorScored")
      .withArgs(5n, FIRST + 3n, 1_200_000_000n, score, score / 100_000n, 0n);
    // A twentieth more than an operator as good as the mean; its performance alone made it twice as much.
    const mean = (ONE * 95n) / 100n;
    expect(score).to.be.within((mean * 105n) / 100n, (mean * 106n) / 100n);
  });

  it("A47 a network stake, or others' stake, that is reported a hundred times too large costs a step of the weight at most", async () => {
    // A giant that 1.9 % of the network is at, of 2 % at most, and three that a tenth of a percent is at.
    const others = ether(100);
    const giant = { external_: ether(1_900) };
    const truth = all(giant, { external_: others });
    const exact = [500n, 9_500n, 9_500n, 9_500n];
    const lies = {
      "others' stake": { counters: all(giant, { external_: 100n * others }), weights: [500n, 7_600n, 9_500n, 9_500n] },
      "stake, and not what it earned": {
        counters: all(giant, { stake: 100n * good().stake }),
        weights: [500n, 7_600n, 9_500n, 9_500n],
      },
      "stake, and what it earned": {
        counters: all(giant, { stake: 100n * good().stake, reward: 100n * good().reward }),
        weights: [500n, 7_600n, 9_500n, 9_500n],
      },
      "the network's stake": {
        counters: truth,
        network: 100n * NETWORK_STAKE,
        weights: [600n, 9_995n, 9_995n, 9_995n],
      },
    };
    for (const [what, { counters, weights, ...lie }] of Object.entries(lies)) {
      const fixture = await loadScores();
      const { scores } = fixture;
      await live(fixture, times(20, truth));
      expect(await weightsOf(fixture), "before").to.deep.equal(exact);

      await report(fixture, FIRST + 20n, counters, "network" in lie ? lie.network : NETWORK_STAKE);
      await scores.score(100, PAGE);
      expect(await weightsOf(fixture), what).to.deep.equal(weights);

      // Two true reports, and it is as if nothing had been said.
      await live(fixture, times(2, truth), FIRST + 21n);
      expect(await weightsOf(fixture), `after ${what}`).to.deep.equal(exact);
    }
  });

  it("A47 a stake reported a hundred times too large with a rate that is believed moves all others alike, by a twentieth", async () => {
    const fixture = await loadScores();
    await live(fixture, times(20, CLEAN));
    expect(await weightsOf(fixture)).to.deep.equal([9_500n, 9_500n, 9_500n, 9_500n]);

    // It is 97 % of the mean now, and says that it earned 30 % more than ever: all others seem to earn a fifth less than that.
    const stake = 100n * good().stake;
    await live(fixture, [all({ stake, reward: 130n * good().reward })], FIRST + 20n);
    expect(await weightsOf(fixture)).to.deep.equal([7_600n, 9_018n, 9_018n, 9_018n]);

    await live(fixture, times(20, CLEAN), FIRST + 21n);
    // The prior is in a bucket lower for all; beside that, three weeks later the others are a hundredth behind.
    expect(await weightsOf(fixture)).to.deep.equal([9_300n, 9_204n, 9_204n, 9_204n]);
  });

  it("A81 whoever opens a round ahead of every score only makes it wait until the round is done", async () => {
    const fixture = await loadScores();
    const { scores, registry, allocator } = fixture;
    await live(fixture, [all({ commissionBps: 1_001n }), ...times(5, CLEAN)]);
    await report(fixture, FIRST + 6n, CLEAN);
    await allocator.setRound(7);
    await expect(scores.score(100, PAGE)).to.be.revertedWithCustomError(scores, "RoundOpen").withArgs(7n);
    expect(await registry.scoredEpoch()).to.equal(FIRST + 5n);

    await allocator.setRound(0);
    await scores.score(100, PAGE);
    expect(await registry.scoredEpoch()).to.equal(FIRST + 6n);
    expect(await stateOf(fixture, 1)).to.equal(State.ramping);
  });

  it("A81 a round that is opened ahead of a score saves an operator nothing of what the score costs it", async () => {
    const world = await loadCommittee();
    const { scores, allocator, eve } = world;
    const start = await chain.networkHelpers.takeSnapshot();
    await committee.report(world, await reportOnOne(world, 0, { reward: committee.COUNTERS.reward / 2n }));
    const fair = await committee.harvest(world);
    await start.restore();

    await committee.agree(world, await reportOnOne(world, 0, { reward: committee.COUNTERS.reward / 2n }));
    await chain.nextEpoch(world);
    await allocator.connect(eve).settle(0, PAGE);
    await expect(committee.score(world)).to.be.revertedWithCustomError(scores, "RoundOpen");
    await chain.settleAll(world);
    await committee.score(world);

    const { attacker, victim } = await committee.harvest(world);
    expect(fair.attacker, "what the score costs").to.be.below(committee.FAIR - chain.ether("0.01"));
    expect(attacker).to.be.closeTo(fair.attacker, DUST);
    expect(victim).to.be.closeTo(fair.victim, DUST);
  });
});
