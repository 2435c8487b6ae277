import { expect } from "chai";
import type { Signer } from "ethers";

import { withOracle } from "../../src/oracle/contracts.ts";
import type { KeeperOptions } from "../../src/keeper/options.ts";
import type { LogEntry } from "../../src/keeper/log.ts";
import { reportOnce } from "../../src/oracle/member.ts";
import { seriesSource } from "../../src/reports/series.ts";
import type { CounterSource } from "../../src/reports/types.ts";
import { impersonated } from "../fixtures/allocator.ts";
import {
  contractsOf,
  ethers,
  loadMembers,
  lyingSource,
  type Members,
  OPERATORS,
  reportFrom,
  waitForEpoch,
} from "../fixtures/members.ts";
import { refusalOf } from "../fixtures/refusal.ts";
import { settleAll } from "../fixtures/rounds.ts";
import { Crash, dyingAfter, Wrapped } from "../fixtures/signers.ts";

/** Asks again without a pause. */
const IMPATIENT = { patience: { attempts: 3, backOff: 1 } };

/** One cycle of a member. */
async function run(
  members: Members,
  signer: Signer | null,
  source: CounterSource = members.source,
  options: KeeperOptions = {},
) {
  return reportOnce(await contractsOf(members, signer), source, { ...IMPATIENT, ...options });
}

const outcomes = ({ vote, deliver, score }: Awaited<ReturnType<typeof reportOnce>>) => [
  vote.outcome,
  deliver.outcome,
  score.outcome,
];

describe("A member of the committee", () => {
  it("votes, and when enough have voted delivers every page and has everybody scored", async () => {
    const members = await loadMembers();
    const { oracle, committee, source, ended } = members;
    const { report } = await reportFrom(source, ended);
    const hash = await oracle.reportHash(report);

    for (const member of committee.slice(0, 2)) {
      const cycle = await run(members, member);
      expect(outcomes(cycle)).to.deep.equal(["done", "nothing", "nothing"]);
      expect(cycle.vote).to.include({ epoch: ended, hash, transactions: 1 });
      expect(await oracle.ballotOf(member, ended)).to.equal(hash);
    }
    const last = await run(members, committee[2]!, source, { pageSize: 20 });

    expect(outcomes(last)).to.deep.equal(["done", "done", "done"]);
    expect(last.deliver).to.include({ epoch: ended, pages: 2, transactions: 2 });
    expect(last.score).to.include({ operators: BigInt(OPERATORS), transactions: 2 });
    expect(last).to.include({ complete: true, dryRun: false, transactions: 5 });
    expect((await oracle.agreed()).root).to.equal(report.root);
    expect(await oracle.missingPages()).to.equal(0n);
  });

  it("sends nothing when there is nothing left to do, however often it runs", async () => {
    const members = await loadMembers();
    const { committee } = members;
    for (const member of committee.slice(0, 2)) await run(members, member);
    const again = await run(members, committee[0]!);
    expect(outcomes(again)).to.deep.equal(["nothing", "nothing", "nothing"]);
    expect(again).to.include({ transactions: 0, complete: true });

    await run(members, committee[2]!);
    for (const member of committee) {
      const idle = await run(members, member);
      expect(outcomes(idle)).to.deep.equal(["nothing", "nothing", "nothing"]);
      expect(idle.transactions).to.equal(0);
    }
  });

  it("waits with the scores while a round is open, and says so", async () => {
    const members = await loadMembers();
    const { allocator, committee } = members;
    for (const member of committee.slice(0, 2)) await run(members, member);
    await allocator.settle(1);
    const { round } = await allocator.openRound();
    expect(round).to.be.above(0n);

    const last = await run(members, committee[2]!);
    expect(outcomes(last)).to.deep.equal(["done", "done", "incomplete"]);
    expect(last.score.reason).to.equal(`round ${round} is open, and has to be settled first`);
    await settleAll(members);
    expect(outcomes(await run(members, committee[3]!))).to.deep.equal(["nothing", "nothing", "done"]);
    await waitForEpoch(members, members.ended + 2n);
    // Who has nothing to score does not care.
    await allocator.settle(1);
    expect((await run(members, committee[3]!)).score.outcome).to.equal("nothing");
  });

  it("does not make its report again once it has voted, until the votes are enough", async () => {
    const members = await loadMembers();
    const { committee, source } = members;
    let asked = 0;
    const counted: CounterSource = {
      countersOf: (epoch) => {
        asked += 1;
        return source.countersOf(epoch);
      },
    };
    await run(members, committee[0]!, counted);
    expect(asked).to.equal(1);
    for (let look = 0; look < 3; look += 1) await run(members, committee[0]!, counted);
    expect(asked).to.equal(1);

    for (const member of committee.slice(1, 3)) await run(members, member);
    expect(outcomes(await run(members, committee[0]!, counted))).to.deep.equal(["nothing", "nothing", "nothing"]);
    expect(asked).to.equal(1);
  });

  it("goes on where it was when its process died, whatever it had sent", async () => {
    for (let sent = 0; sent < 5; sent += 1) {
      const members = await loadMembers();
      const { oracle, committee, source } = members;
      for (const member of committee.slice(0, 2)) await run(members, member);
      const [, , third] = committee;
      const died = await run(members, dyingAfter(third!, sent), source, { pageSize: 20 }).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
        return null;
      });
      expect(died).to.equal(null);

      const resumed = await run(members, third!, source, { pageSize: 20 });

      expect(resumed).to.include({ complete: true, transactions: 5 - sent });
      expect(await oracle.missingPages()).to.equal(0n);
    }
  });

  it("works beside others at the same moment: pages are delivered once", async () => {
    const members = await loadMembers();
    const { oracle, committee, ended } = members;

    const cycles = await Promise.all(committee.map((member) => run(members, member)));
    const pages = cycles.reduce((sum, { deliver }) => sum + deliver.pages, 0);
    // Who voted first may have looked for an agreed report too early.
    const later = await Promise.all(committee.map((member) => run(members, member)));

    expect(pages + later.reduce((sum, { deliver }) => sum + deliver.pages, 0)).to.equal(2);
    expect((await oracle.agreed()).epoch).to.equal(ended);
    expect(await oracle.missingPages()).to.equal(0n);
    for (const member of committee) expect((await run(members, member)).complete).to.equal(true);
  });

  it("is out-voted when it lies, by three, and cannot deliver its own pages", async () => {
    const members = await loadMembers();
    const { oracle, committee, source, ended } = members;
    const liar = lyingSource(source);
    await run(members, committee[0]!, liar);
    for (const member of committee.slice(1, 3)) await run(members, member);
    const hash = await oracle.reportHash((await reportFrom(source, ended)).report);
    await oracle.connect(committee[3]).vote((await reportFrom(source, ended)).report);

    const lying = await run(members, committee[0]!, liar);
    expect(lying.deliver).to.include({
      outcome: "incomplete",
      reason: `the agreed report of epoch ${ended} is not what our source says`,
      transactions: 0,
    });
    expect(lying.complete).to.equal(false);
    expect(await oracle.votesOf(hash)).to.equal(3n);

    expect((await run(members, committee[1]!)).deliver.pages).to.equal(2);
  });

  it("agrees on nothing with one lying, one down and one too late, and goes on once the one is back", async () => {
    const members = await loadMembers();
    const { oracle, committee, source, ended, network, foundation, honest } = members;
    const [honestOne, lying, , late] = committee;
    await run(members, honestOne!);
    await run(members, lying!, lyingSource(source));
    expect((await oracle.agreed()).epoch).to.equal(0n);

    // An epoch later, when more has happened: the epoch that ended then is what it reports.
    await network.connect(foundation).slash(honest[3]!.address, 100n);
    await waitForEpoch(members, ended + 2n);
    const cycle = await run(members, late!);
    expect(cycle.vote.epoch).to.equal(ended + 1n);
    expect((await oracle.agreed()).epoch, "two honest votes of different epochs").to.equal(0n);

    await run(members, lying!, lyingSource(source));
    await run(members, honestOne!);
    expect((await oracle.agreed()).epoch, "two honest votes and a lie").to.equal(0n);

    // The one that was down is back.
    const back = await run(members, committee[2]!);
    expect(back.complete).to.equal(true);
    expect((await oracle.agreed()).epoch).to.equal(ended + 1n);
    expect((await oracle.agreed()).root).to.equal((await reportFrom(source, ended + 1n)).report.root);
    expect(await oracle.missingPages()).to.equal(0n);
  });

  it("agrees with one down and one late, within the epoch", async () => {
    const members = await loadMembers();
    const { oracle, committee, ended } = members;
    for (const member of committee.slice(0, 2)) await run(members, member);
    await ethers.provider.send("evm_increaseTime", [86_000]);

    expect((await run(members, committee[3]!)).complete).to.equal(true);
    expect((await oracle.agreed()).epoch).to.equal(ended);
  });

  it("can do nothing against three that lie: they agree, deliver and leave it nothing to do", async () => {
    const members = await loadMembers();
    const { oracle, committee, source } = members;
    for (const member of committee.slice(0, 3)) await run(members, member, lyingSource(source));

    const cycle = await run(members, committee[3]!);
    expect(outcomes(cycle)).to.deep.equal(["nothing", "nothing", "nothing"]);
    expect((await oracle.agreed()).root).to.not.equal((await reportFrom(source, cycle.vote.epoch)).report.root);
  });

  it("says that enough have voted since the committee changed", async () => {
    const members = await loadMembers();
    const { oracle, committee, notice, ended } = members;
    const authority = await impersonated(await notice.getAddress());
    const accounts = committee.map(({ address }) => address);
    await oracle.connect(authority).setCommittee(accounts, 4);
    for (const member of committee.slice(0, 3)) await run(members, member);
    expect((await oracle.agreed()).epoch).to.equal(0n);
    await oracle.connect(authority).setCommittee(accounts, 3);

    const cycle = await run(members, committee[0]!);

    expect(outcomes(cycle)).to.deep.equal(["done", "done", "done"]);
    expect((await oracle.agreed()).epoch).to.equal(ended);
  });

  it("does not agree on what its source no longer says", async () => {
    const members = await loadMembers();
    const { oracle, committee, source, notice, ended } = members;
    const authority = await impersonated(await notice.getAddress());
    const accounts = committee.map(({ address }) => address);
    await oracle.connect(authority).setCommittee(accounts, 4);
    for (const member of committee.slice(0, 3)) await run(members, member);
    await oracle.connect(authority).setCommittee(accounts, 3);

    const cycle = await run(members, committee[0]!, lyingSource(source));

    expect(cycle.vote).to.include({
      outcome: "incomplete",
      reason: `our source does not say any more what we voted for in epoch ${ended}`,
      transactions: 0,
    });
    expect((await oracle.agreed()).epoch).to.equal(0n);
  });

  it("delivers though it is in no committee, and says that it cannot vote", async () => {
    const members = await loadMembers();
    const { oracle, committee, source, ended, eve } = members;
    const { report } = await reportFrom(source, ended);
    const before = await run(members, eve);
    expect(before.vote).to.include({
      outcome: "skipped",
      reason: `${eve.address} is not in the committee`,
      transactions: 0,
    });
    for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(report);

    const cycle = await run(members, eve);

    expect(outcomes(cycle)).to.deep.equal(["nothing", "done", "done"]);
    expect(await oracle.missingPages()).to.equal(0n);
  });

  it("sends nothing in a dry run, and says what it would do, without a key", async () => {
    const members = await loadMembers();
    const { oracle, committee, source, ended } = members;
    const { report } = await reportFrom(source, ended);
    const entries: LogEntry[] = [];
    const options = { dryRun: true, log: (entry: LogEntry) => entries.push(entry) };
    for (const signer of [committee[0]!, null]) {
      const cycle = await run(members, signer, source, options);
      expect(cycle).to.include({ dryRun: true, transactions: 0 });
      expect(cycle.vote.outcome).to.equal("skipped");
      expect(entries.at(-1)).to.deep.include({ job: "vote", message: "would vote" });
      expect(entries.at(-1)!.fields).to.include({ epoch: ended, root: report.root, operators: BigInt(OPERATORS) });
    }
    expect(await oracle.ballotOf(committee[0]!, ended)).to.equal(ethers.ZeroHash);

    for (const member of committee.slice(0, 3)) await oracle.connect(member).vote(report);
    const cycle = await run(members, null, source, options);
    expect(cycle.deliver).to.include({ outcome: "skipped", transactions: 0 });
    expect(entries.at(-1)).to.deep.include({ job: "deliver", message: "would deliver pages" });
    expect(await oracle.missingPages()).to.equal(2n);
  });

  it("waits for a source that knows nothing of the epoch", async () => {
    const members = await loadMembers();
    const { committee, ended } = members;
    const cycle = await run(members, committee[0]!, seriesSource(new Map()));

    expect(cycle.vote).to.include({ outcome: "incomplete", reason: `The series has nothing of epoch ${ended}` });
    expect(cycle).to.include({ complete: false, transactions: 0 });
  });

  it("does not vote for a block that the chain does not have, nor for no operator", async () => {
    const members = await loadMembers();
    const { committee, ended, source } = members;
    const counters = await source.countersOf(ended);
    const future = seriesSource(new Map([[ended, { ...counters, refBlock: 10_000n }]]));
    expect((await run(members, committee[0]!, future)).vote.reason).to.equal(
      `The chain has no block 10000, at which epoch ${ended} is reported`,
    );
    const empty = seriesSource(new Map([[ended, { ...counters, operators: [] }]]));
    expect((await run(members, committee[0]!, empty)).vote.reason).to.equal(`There was no operator in epoch ${ended}`);
  });

  it("ends a job that the contract refuses, and says why", async () => {
    const members = await loadMembers();
    const { committee, ended, source, oracle } = members;
    const counters = await source.countersOf(ended);
    const operators = [...counters.operators, counters.operators[0]!];
    const tooMany = seriesSource(new Map([[ended, { ...counters, operators }]]));

    const cycle = await run(members, committee[0]!, tooMany);

    expect(cycle.vote).to.include({ outcome: "incomplete", transactions: 0 });
    expect(cycle.vote.reason).to.contain("OutOfBounds");
    expect(await oracle.ballotOf(committee[0]!, ended)).to.equal(ethers.ZeroHash);
  });

  it("survives a vote of its own that another process of it has sent meanwhile", async () => {
    const members = await loadMembers();
    const { committee, oracle, source, ended } = members;
    const [member] = committee;
    const { report } = await reportFrom(source, ended);
    const slow = new Wrapped(member!, async (sent) => {
      if (sent === 0) await oracle.connect(member).vote(report);
    });

    const cycle = await run(members, slow);

    expect(cycle.complete).to.equal(true);
    expect(await oracle.votesOf(await oracle.reportHash(report))).to.equal(1n);
  });

  it("refuses another chain, and an oracle of another pool", async () => {
    const members = await loadMembers();
    const { committee, source, args } = { ...members, args: await argsOfTwin(members) };
    expect(await refusalOf(run(members, committee[0]!, source, { chainId: 1n }))).to.equal(
      "The node is on chain 31337, the deployment on chain 1.",
    );
    const twin = await ethers.deployContract("ReportOracle", args);
    const { metaPool, allocator, registry, lens } = members;
    expect(await refusalOf(withOracle({ metaPool, allocator, registry, lens, signer: null }, twin))).to.equal(
      `The oracle does not belong to the allocator at ${ethers.getAddress(await allocator.getAddress())}.`,
    );
  });
});

/** An oracle that reads the epoch from the registry, which is no allocator. */
async function argsOfTwin({ accessManager, registry, committee, oracle }: Members) {
  const members = committee.map(({ address }) => address);
  return [accessManager, registry, registry, await oracle.SCORES(), members, 3n];
}
