/** A committee that lies, changes, stalls or is impersonated: A24 to A28 of docs/attacks.md. */
import { expect } from "chai";

import type { PagedReport } from "../../src/reports/pages.ts";
import { Random } from "../differential/random.ts";
import {
  all,
  certifyFair,
  deployWorld,
  EPOCH,
  ether,
  ethers,
  impersonated,
  keep,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  positionsOf,
  waitUntil,
  type World,
} from "../fixtures/allocator.ts";
import { changeWithNotice } from "../fixtures/changes.ts";
import {
  COUNTERS,
  deliver,
  deployCommittee,
  DUST,
  endedEpoch,
  FAIR,
  favour,
  FAVOURED,
  harvest,
  report,
  reportOf,
  reportOn,
  score,
  watch,
} from "../fixtures/committee.ts";

/** What both sides earn of a harvest together. */
const EARNED = ether("1.640104");
const MOST = 2n ** 96n - 1n;

/** What the first operator's owner and its friends earn, and that others earn the rest: what one side wins the other one loses. */
async function expectHarvest(world: World, profit: bigint, note?: string): Promise<void> {
  const { attacker, victim } = await harvest(world);
  expect(attacker, note).to.be.closeTo(profit, DUST);
  expect(victim, note).to.be.closeTo(EARNED - profit, DUST);
}

/** Everything that a staker has a claim on. */
async function moneyOf(world: World) {
  const { metaPool, allocator, alice, bob } = world;
  const { assets, locked, owed, buffer, delegated } = await metaPool.getBook();
  return {
    book: [assets, locked, owed, buffer, delegated],
    supply: await metaPool.totalSupply(),
    rate: await metaPool.getRate(),
    positions: await positionsOf(world),
    unbonding: await allocator.unbonding(),
    stakes: [await metaPool.get_account_total_balance(alice), await metaPool.get_account_total_balance(bob)],
    needed: await allocator.liveNeed(),
  };
}

/** Bob leaves with everything; what it had and what it got. */
async function leave(world: World): Promise<{ had: bigint; got: bigint }> {
  const { metaPool, bob } = world;
  const had = await metaPool.get_account_staked_balance(bob);
  await metaPool.connect(bob).unstake_all();
  await keep(world, 6);
  const before = await ethers.provider.getBalance(bob);
  const withdrawal = await metaPool.connect(bob).withdraw_all();
  const { fee } = (await withdrawal.wait())!;
  return { had, got: (await ethers.provider.getBalance(bob)) - before + fee };
}

describe("Attacks", () => {
  it("A24 two members that lie agree on nothing, with whatever they vote for in whatever epoch", async () => {
    const world = await networkHelpers.loadFixture(deployCommittee);
    const { reportOracle: oracle, committee, eve } = world;
    const ended = await endedEpoch(world);
    const [first, second] = committee as [(typeof committee)[number], (typeof committee)[number]];
    for (const epoch of [ended - 1n, ended]) {
      const { report: wrong, pages } = favour(epoch);
      for (const liar of [first, second]) {
        await oracle.connect(liar).vote(wrong);
        await expect(oracle.connect(liar).vote(reportOf(epoch, { slashed: MOST }).report))
          .to.be.revertedWithCustomError(oracle, "AlreadyVoted")
          .withArgs(liar, epoch, await oracle.reportHash(wrong));
      }
      await expect(oracle.connect(eve).agree(wrong))
        .to.be.revertedWithCustomError(oracle, "NotEnoughVotes")
        .withArgs(await oracle.reportHash(wrong), 2, 3);
      await expect(oracle.connect(eve).deliver(epoch, 0, [...pages[0]!.counters], []))
        .to.be.revertedWithCustomError(oracle, "NotAgreed")
        .withArgs(epoch, 0);
    }
    await expectHarvest(world, FAIR);

    // With a third liar they get what they want.
    await report(world, favour(ended), [2]);
    await expectHarvest(world, FAVOURED);
  });

  for (const [what, lie] of [
    ["gives everybody the most that can be said", { reward: MOST, stake: 1n }],
    ["slashes everybody of everything", { slashed: MOST, stake: MOST, active: false, done: 0n }],
    ["says that nobody else stakes there", { external_: 0n, stake: 0n }],
  ] as const) {
    it(`A24 a quorum that ${what} moves neither price nor stake, and stops nobody from leaving`, async () => {
      const world = await networkHelpers.loadFixture(deployCommittee);
      const before = await moneyOf(world);
      const ledger = await watch(world);
      await report(world, reportOf(await endedEpoch(world), lie, 1n));

      expect((await world.reportOracle.agreed()).networkStake).to.equal(1n);
      expect(await moneyOf(world)).to.deep.equal(before);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });

      const { had, got } = await leave(world);
      expect(got).to.equal(had);
      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-DUST, 0n);
      expect(victim).to.be.within(-DUST, DUST);
    });
  }

  it("A25 votes of who has left never make a quorum, in any order of votes and changes", async () => {
    const agreements = new Set<number>();
    let refusals = 0;
    for (let seed = 0; seed < 12; seed += 1) {
      const world = await networkHelpers.loadFixture(deployCommittee);
      const { reportOracle: oracle, committee, others, eve } = world;
      const random = new Random(seed);
      const notice = await impersonated(await world.notice.getAddress());
      const accounts = [...committee, ...others.slice(0, 3)];
      const reports = [reportOf(await endedEpoch(world)), favour(await endedEpoch(world))];
      let profit = FAIR;

      /** What each present member has voted for since it came. */
      let votes = new Map<string, number | null>(committee.map(({ address }) => [address, null]));
      let quorum = 3;
      const count = (report: number) => [...votes.values()].filter((each) => each === report).length;

      for (let step = 0; step < 24; step += 1) {
        const choice = random.below(2);
        const { report: chosen } = reports[choice]!;
        const hash = await oracle.reportHash(chosen);
        let isAgreed = false;
        if (random.below(3) === 0) {
          const next = accounts.filter(() => random.below(3) !== 0).map(({ address }) => address);
          if (next.length < 3) continue;
          quorum = Math.max(3, Math.floor(next.length / 2) + 1, next.length - random.below(3));
          await oracle.connect(notice).setCommittee(next, quorum);
          votes = new Map(next.map((address) => [address, votes.get(address) ?? null]));
          expect(await oracle.votesOf(hash), `seed ${seed}`).to.equal(count(choice));
        } else if (random.below(4) === 0) {
          isAgreed = count(choice) >= quorum;
          const attempt = oracle.connect(eve).agree(chosen);
          if (isAgreed) await attempt;
          else {
            await expect(attempt)
              .to.be.revertedWithCustomError(oracle, "NotEnoughVotes")
              .withArgs(hash, count(choice), quorum);
          }
        } else {
          const account = random.pick(accounts);
          const vote = oracle.connect(account).vote(chosen);
          const ballot = votes.get(account.address);
          if (ballot === undefined) {
            await expect(vote).to.be.revertedWithCustomError(oracle, "NotMember").withArgs(account);
            refusals += 1;
          } else if (ballot !== null) {
            await expect(vote).to.be.revertedWithCustomError(oracle, "AlreadyVoted");
            refusals += 1;
          } else {
            await vote;
            votes.set(account.address, choice);
            isAgreed = count(choice) >= quorum;
          }
        }
        const { epoch, root } = await oracle.agreed();
        expect(epoch !== 0n, `seed ${seed}, step ${step}`).to.equal(isAgreed);
        if (!isAgreed) continue;
        expect(root).to.equal(chosen.root);
        agreements.add(choice);
        await deliver(world, reports[choice]!);
        await score(world);
        if (choice === 1) profit = FAVOURED; // a quorum of who is there wanted it
        break;
      }
      await expectHarvest(world, profit, `seed ${seed}`);
    }
    expect([...agreements].sort(), "some agree on the one, some on the other").to.deep.equal([0, 1]);
    expect(refusals, "votes of who has voted or left").to.be.at.least(12);
  });

  it("A25 a quorum that falls to what has been voted is met at once, by whoever says so", async () => {
    const world = await networkHelpers.loadFixture(deployCommittee);
    const { reportOracle: oracle, committee, eve } = world;
    const notice = await impersonated(await world.notice.getAddress());
    const members = committee.map(({ address }) => address);
    const made = favour(await endedEpoch(world));
    await oracle.connect(notice).setCommittee(members, 4);
    for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(made.report);
    await oracle.connect(notice).setCommittee(members, 3);

    await expectHarvest(world, FAIR, "not before");

    await expect(oracle.connect(eve).agree(made.report)).to.emit(oracle, "ReportAgreed");
    expect((await oracle.agreed()).root).to.equal(made.report.root);
    await deliver(world, made);
    await score(world);
    await expectHarvest(world, FAVOURED, "as if they had been three of three");
  });

  it("A26 pages of the report before do not pass for pages of the next, nor what is left of them later", async () => {
    const world = await networkHelpers.loadFixture(deployLarge);
    const { reportOracle: oracle, committee, eve } = world;
    const older = await endedEpoch(world);
    // The last one, alone in the second page, does as well as all others at first, and half as well later.
    const operators = Array.from({ length: 33 }, () => COUNTERS);
    const first = reportOn(older, operators);
    const second = reportOn(older + 1n, [...operators.slice(1), { ...COUNTERS, reward: COUNTERS.reward / 2n }]);
    for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(first.report);
    const [head, tail] = first.pages as [PagedReport["pages"][number], PagedReport["pages"][number]];
    await oracle.connect(eve).deliver(older, 0, [...head.counters], [...head.proof]);
    await waitUntil(world, (older + 2n) * EPOCH);
    const start = await networkHelpers.takeSnapshot();
    await report(world, second);
    const fair = await harvest(world, { crony: 32 });
    await start.restore();
    await report(world, reportOn(older + 1n, operators));
    const believed = await harvest(world, { crony: 32 });
    await start.restore();
    for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(second.report);

    await expect(oracle.connect(eve).deliver(older, 1, [...tail.counters], [...tail.proof]))
      .to.be.revertedWithCustomError(oracle, "NotAgreed")
      .withArgs(older, older + 1n);
    await expect(oracle.connect(eve).deliver(older + 1n, 1, [...tail.counters], [...tail.proof]))
      .to.be.revertedWithCustomError(oracle, "WrongProof")
      .withArgs(1, await oracle.leafOf(1, [...tail.counters]), second.report.root);
    expect(await oracle.missingPages()).to.equal(2n);
    await deliver(world, second);
    expect(await oracle.missingPages()).to.equal(0n);
    await score(world);

    const { attacker, victim } = await harvest(world, { crony: 32 });
    expect(attacker).to.be.closeTo(fair.attacker, DUST);
    expect(victim).to.be.closeTo(fair.victim, DUST);
    expect(believed.attacker - attacker, "what its old page would have earned it").to.be.above(ether("0.0008"));
  });

  it("A26 a report with the root of one report and the header of another is a third one, which nobody voted for", async () => {
    const world = await networkHelpers.loadFixture(deployCommittee);
    const { reportOracle: oracle, committee, eve } = world;
    const ended = await endedEpoch(world);
    const { report: made, pages } = favour(ended);
    for (const member of committee.slice(0, 2)) await oracle.connect(member).vote(made);

    const mixed = { ...made, networkStake: made.networkStake * 2n };
    await oracle.connect(committee[2]).vote(mixed);

    for (const [each, votes] of [
      [made, 2],
      [mixed, 1],
    ] as const) {
      await expect(oracle.connect(eve).agree(each))
        .to.be.revertedWithCustomError(oracle, "NotEnoughVotes")
        .withArgs(await oracle.reportHash(each), votes, 3);
    }
    await expect(oracle.connect(eve).deliver(ended, 0, [...pages[0]!.counters], []))
      .to.be.revertedWithCustomError(oracle, "NotAgreed")
      .withArgs(ended, 0);
    await expectHarvest(world, FAIR);

    await report(world, favour(ended), [3]);
    await expectHarvest(world, FAVOURED, "with a third vote for the same header");
  });

  it("A27 thirty epochs without a report stop no exit, and the next report is taken as any other", async () => {
    const world = await networkHelpers.loadFixture(deployCommittee);
    const { reportOracle: oracle, committee } = world;
    const [member] = committee;
    await report(world, reportOf(await endedEpoch(world)));
    const ledger = await watch(world);
    await keep(world, 30);

    const { had, got } = await leave(world);
    expect(got).to.equal(had);
    const { attacker, victim } = await ledger.changes();
    expect(attacker, "what silence earns").to.equal(0n);
    expect(victim).to.be.within(-DUST, DUST);

    const ended = await endedEpoch(world);
    await expect(oracle.connect(member).vote(reportOf(ended - 2n).report))
      .to.be.revertedWithCustomError(oracle, "TooLate")
      .withArgs(ended - 2n, ended + 1n);
    await report(world, reportOf(ended));
    expect((await oracle.agreed()).epoch).to.equal(ended);
    expect(await oracle.missingPages()).to.equal(0n);
  });

  it("A27 the last page of a report of thirty epochs ago opens class 2 for nobody", async () => {
    const world = await networkHelpers.loadFixture(deployCommittee);
    const { allocator, registry, reportOracle: oracle, committee } = world;
    await report(world, favour(await endedEpoch(world)));
    await waitUntil(world, ((await endedEpoch(world)) + 2n) * EPOCH);
    const late = favour(await endedEpoch(world));
    for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(late.report);
    /** The page comes, and legs of all classes go: what they moved, and what is earned then without new stake. */
    const attack = async () => {
      await deliver(world, late);
      await score(world);
      await nextRound(world);
      expect(await certifyFair(world)).to.equal(true);
      const moved = await move(world, all("down", 4));
      await keep(world, 4); // until what has moved is where it goes
      return { moved, ...(await harvest(world, { stake: 0n })) };
    };
    const start = await networkHelpers.takeSnapshot();
    const inTime = await attack();
    await start.restore();
    await keep(world, 30);
    expect(await allocator.areScoresOld()).to.equal(true);
    const [before, fair] = [await positionsOf(world), await harvest(world, { stake: 0n })];

    const { moved, attacker, victim } = await attack();

    expect(await registry.scoredEpoch()).to.equal(late.report.epoch);
    expect(await allocator.areScoresOld()).to.equal(true);
    for (const { down } of await allocator.roomsOf(1, 4)) expect(down[2]).to.equal(0n);
    expect(moved).to.deep.equal([0n, 0n, 0n, 0n]);
    expect(await positionsOf(world)).to.deep.equal(before);
    expect(attacker).to.be.closeTo(fair.attacker, DUST);
    expect(victim).to.be.closeTo(fair.victim, DUST);
    expect(inTime.attacker, "with ten more of forty ether").to.be.closeTo(
      attacker + (inTime.moved[1]! * 3n) / 1_000n,
      DUST,
    );
  });

  it("A27 a committee that is gone is replaced with notice, and reports go on", async () => {
    const world = await networkHelpers.loadFixture(deployCommittee);
    const { reportOracle: oracle, governance, committee, others } = world;
    const next = others.slice(0, 4);
    const call = {
      target: await oracle.getAddress(),
      data: oracle.interface.encodeFunctionData("setCommittee", [next.map(({ address }) => address), 3n]),
    };
    await changeWithNotice(world, governance, call);

    const [wrong, made] = [favour(await endedEpoch(world)), reportOf(await endedEpoch(world))];
    for (const member of committee) {
      await expect(oracle.connect(member).vote(wrong.report))
        .to.be.revertedWithCustomError(oracle, "NotMember")
        .withArgs(member);
    }
    for (const member of next.slice(0, 3)) await oracle.connect(member).vote(made.report);
    expect((await oracle.agreed()).root).to.equal(made.report.root);
    await deliver(world, made);
    await score(world);
    await expectHarvest(world, FAIR);
  });

  it("A28 rewards that are reported are in no price, neither then nor a year later", async () => {
    const world = await networkHelpers.loadFixture(deployCommittee);
    const { metaPool, alice } = world;
    const before = await moneyOf(world);
    const ledger = await watch(world);
    for (let epoch = 0; epoch < 3; epoch += 1) {
      await report(world, reportOf(await endedEpoch(world), { reward: ether(10) }));
      await waitUntil(world, ((await endedEpoch(world)) + 2n) * EPOCH);
    }
    expect(await moneyOf(world)).to.deep.equal(before);

    await waitUntil(world, ((await endedEpoch(world)) + 366n) * EPOCH);
    await nextRound(world);

    expect(await metaPool.getRate()).to.equal(before.rate);
    expect(await metaPool.get_account_total_balance(alice)).to.equal(before.stakes[0]);
    expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
  });
});

/** Enough operators for two pages, with three ether each. */
async function deployLarge() {
  const operator = { bond: ether(10), commissionBps: 1_000, weight: 10_000 };
  const world = await deployWorld({
    honest: Array.from({ length: 33 }, () => operator),
    stake: ether(99),
    parameters: { allocator: LOOSE },
  });
  await nextRound(world);
  await certifyFair(world);
  for (let first = 0; first < 33; first += 8) await move(world, all("up", 33).slice(first, first + 8));
  await waitUntil(world, ((await world.allocator.currentEpoch()) + 2n) * EPOCH);
  return world;
}
