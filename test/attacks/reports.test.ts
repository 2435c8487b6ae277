/** A committee that lies, changes, stalls or is impersonated: A24 to A28 of docs/attacks.md. */
import { expect } from "chai";
import { Contract } from "ethers";

import { buildReport, type PagedReport } from "../../src/reports/pages.ts";
import type { Counters } from "../../src/reports/types.ts";
import { Random } from "../differential/random.ts";
import { changeWithNotice } from "../fixtures/changes.ts";
import {
  all,
  certifyFair,
  delegate,
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
  PAGE,
  positionsOf,
  waitUntil,
  type World,
} from "../fixtures/allocator.ts";

const MOST = 2n ** 96n - 1n;
const SCORE = ["function score(uint256 maxOperators) returns (uint256 scored, bool completed)"];

async function deploy() {
  const bond = ether(10);
  const world = await deployWorld({
    honest: [{ bond }, { bond }, { bond }, { bond }],
    parameters: { allocator: LOOSE, devNetwork: { unbondingEpochs: 2 } },
  });
  await delegate(world);
  await world.metaPool.connect(world.bob).deposit_and_stake({ value: ether(20) });
  await nextRound(world);
  await certifyFair(world);
  await move(world, all("up", 4));
  return world;
}

const COUNTERS: Counters = {
  assigned: 100n,
  done: 99n,
  active: true,
  commissionBps: 0n,
  stake: ether(40),
  external_: ether(10),
  reward: ether(1) / 100n,
  slashed: 0n,
};

/** A report of the four operators, each with `changes`. */
function reportOf(epoch: bigint, changes: Partial<Counters> = {}, networkStake = ether(1_000)): PagedReport {
  const operators = Array.from({ length: 4 }, () => ({ ...COUNTERS, ...changes }));
  return buildReport(epoch, ethers.id("block"), { refBlock: 1n, networkStake, operators });
}

async function endedEpoch({ allocator }: World): Promise<bigint> {
  return (await allocator.currentEpoch()) - 1n;
}

/** Three members vote, and the pages are delivered and scored. */
async function report({ reportOracle: oracle, committee, eve }: World, made: PagedReport): Promise<void> {
  for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(made.report);
  for (const { page, counters, proof } of made.pages) {
    await oracle.connect(eve).deliver(made.report.epoch, page, [...counters], [...proof]);
  }
  await new Contract(await oracle.SCORES(), SCORE, eve).getFunction("score")(100n, PAGE);
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
    const world = await networkHelpers.loadFixture(deploy);
    const { reportOracle: oracle, committee, eve } = world;
    const ended = await endedEpoch(world);
    const [first, second] = committee as [(typeof committee)[number], (typeof committee)[number]];
    for (const epoch of [ended - 1n, ended]) {
      const { report: wrong, pages } = reportOf(epoch, { reward: MOST });
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
  });

  for (const [what, lie] of [
    ["gives everybody the most that can be said", { reward: MOST, stake: 1n }],
    ["slashes everybody of everything", { slashed: MOST, stake: MOST, active: false, done: 0n }],
    ["says that nobody else stakes there", { external_: 0n, stake: 0n }],
  ] as const) {
    it(`A24 a quorum that ${what} moves neither price nor stake, and stops nobody from leaving`, async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const before = await moneyOf(world);
      await report(world, reportOf(await endedEpoch(world), lie, 1n));

      expect((await world.reportOracle.agreed()).networkStake).to.equal(1n);
      expect(await moneyOf(world)).to.deep.equal(before);

      const { had, got } = await leave(world);
      expect(got).to.equal(had);
    });
  }

  it("A25 votes of who has left never make a quorum, in any order of votes and changes", async () => {
    let agreements = 0;
    let refusals = 0;
    for (let seed = 0; seed < 12; seed += 1) {
      const world = await networkHelpers.loadFixture(deploy);
      const { reportOracle: oracle, committee, others, eve } = world;
      const random = new Random(seed);
      const notice = await impersonated(await world.notice.getAddress());
      const accounts = [...committee, ...others.slice(0, 3)];
      const reports = [reportOf(await endedEpoch(world)), reportOf(await endedEpoch(world), { reward: MOST })];

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
        agreements += 1;
        break;
      }
    }
    expect(agreements, "committees that agreed").to.be.at.least(3);
    expect(refusals, "votes of who has voted or left").to.be.at.least(12);
  });

  it("A25 a quorum that falls to what has been voted is met at once, by whoever says so", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { reportOracle: oracle, committee, eve } = world;
    const notice = await impersonated(await world.notice.getAddress());
    const members = committee.map(({ address }) => address);
    const { report: made } = reportOf(await endedEpoch(world));
    await oracle.connect(notice).setCommittee(members, 4);
    for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(made);
    await oracle.connect(notice).setCommittee(members, 3);

    await expect(oracle.connect(eve).agree(made)).to.emit(oracle, "ReportAgreed");
    expect((await oracle.agreed()).root).to.equal(made.root);
  });

  it("A26 pages of the report before do not pass for pages of the next, nor what is left of them later", async () => {
    const world = await networkHelpers.loadFixture(deployLarge);
    const { reportOracle: oracle, committee, eve } = world;
    const older = await endedEpoch(world);
    const operators = Array.from({ length: 33 }, () => COUNTERS);
    const content = { refBlock: 1n, networkStake: ether(1_000), operators };
    const first = buildReport(older, ethers.id("block"), content);
    const changed = operators.map((each) => ({ ...each, done: 98n }));
    const second = buildReport(older + 1n, ethers.id("block"), { ...content, operators: changed });
    for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(first.report);
    const [head, tail] = first.pages as [PagedReport["pages"][number], PagedReport["pages"][number]];
    await oracle.connect(eve).deliver(older, 0, [...head.counters], [...head.proof]);
    await waitUntil(world, (older + 2n) * EPOCH);
    for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(second.report);

    await expect(oracle.connect(eve).deliver(older, 1, [...tail.counters], [...tail.proof]))
      .to.be.revertedWithCustomError(oracle, "NotAgreed")
      .withArgs(older, older + 1n);
    for (const { page, counters, proof } of [head, tail]) {
      await expect(oracle.connect(eve).deliver(older + 1n, page, [...counters], [...proof]))
        .to.be.revertedWithCustomError(oracle, "WrongProof")
        .withArgs(page, await oracle.leafOf(page, [...counters]), second.report.root);
    }
    expect(await oracle.missingPages()).to.equal(2n);
    for (const { page, counters, proof } of second.pages) {
      await oracle.connect(eve).deliver(older + 1n, page, [...counters], [...proof]);
    }
    expect(await oracle.missingPages()).to.equal(0n);
  });

  it("A26 a report with the root of one report and the header of another is a third one, which nobody voted for", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { reportOracle: oracle, committee, eve } = world;
    const ended = await endedEpoch(world);
    const { report: made } = reportOf(ended);
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
  });

  it("A27 thirty epochs without a report stop no exit, and the next report is taken as any other", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { reportOracle: oracle, committee } = world;
    const [member] = committee;
    await report(world, reportOf(await endedEpoch(world)));
    await keep(world, 30);

    const { had, got } = await leave(world);
    expect(got).to.equal(had);

    const ended = await endedEpoch(world);
    await expect(oracle.connect(member).vote(reportOf(ended - 2n).report))
      .to.be.revertedWithCustomError(oracle, "TooLate")
      .withArgs(ended - 2n, ended + 1n);
    await report(world, reportOf(ended));
    expect((await oracle.agreed()).epoch).to.equal(ended);
    expect(await oracle.missingPages()).to.equal(0n);
  });

  it("A27 the last page of a report of thirty epochs ago opens class 2 for nobody", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { allocator, registry, reportOracle: oracle, committee, eve } = world;
    await report(world, reportOf(await endedEpoch(world)));
    await waitUntil(world, ((await endedEpoch(world)) + 2n) * EPOCH);
    const { report: agreed, pages } = reportOf(await endedEpoch(world));
    for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(agreed);
    await keep(world, 30);
    expect(await allocator.areScoresOld()).to.equal(true);

    const { page, counters, proof } = pages[0]!;
    await oracle.connect(eve).deliver(agreed.epoch, page, [...counters], [...proof]);
    await new Contract(await oracle.SCORES(), SCORE, eve).getFunction("score")(100n, PAGE);

    expect(await registry.scoredEpoch()).to.equal(agreed.epoch);
    expect(await allocator.areScoresOld()).to.equal(true);
    for (const { down } of await allocator.roomsOf(1, 4)) expect(down[2]).to.equal(0n);
  });

  it("A27 a committee that is gone is replaced with notice, and reports go on", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { reportOracle: oracle, governance, committee, others } = world;
    const next = others.slice(0, 4);
    const call = {
      target: await oracle.getAddress(),
      data: oracle.interface.encodeFunctionData("setCommittee", [next.map(({ address }) => address), 3n]),
    };
    await changeWithNotice(world, governance, call);

    const { report: made } = reportOf(await endedEpoch(world));
    await expect(oracle.connect(committee[0]).vote(made))
      .to.be.revertedWithCustomError(oracle, "NotMember")
      .withArgs(committee[0]);
    for (const member of next.slice(0, 3)) await oracle.connect(member).vote(made);
    expect((await oracle.agreed()).root).to.equal(made.root);
  });

  it("A28 rewards that are reported are in no price, neither then nor a year later", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { metaPool, alice } = world;
    const before = await moneyOf(world);
    for (let epoch = 0; epoch < 3; epoch += 1) {
      await report(world, reportOf(await endedEpoch(world), { reward: ether(10) }));
      await waitUntil(world, ((await endedEpoch(world)) + 2n) * EPOCH);
    }
    expect(await moneyOf(world)).to.deep.equal(before);

    await waitUntil(world, ((await endedEpoch(world)) + 366n) * EPOCH);
    await nextRound(world);

    expect(await metaPool.getRate()).to.equal(before.rate);
    expect(await metaPool.get_account_total_balance(alice)).to.equal(before.stakes[0]);
  });
});

/** Enough operators for two pages. */
async function deployLarge() {
  const world = await deployWorld({ honest: Array.from({ length: 33 }, () => ({})), stake: 0n });
  await waitUntil(world, ((await world.allocator.currentEpoch()) + 2n) * EPOCH);
  return world;
}
