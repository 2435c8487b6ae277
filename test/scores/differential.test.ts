/** Random reports on the real registry against src/scoring: averages, marks, conduct, scores and weights to the unit. */
import { expect } from "chai";
import fc from "fast-check";

import type { Counters } from "../../src/reports/types.ts";
import { pardonRecord, STANDINGS } from "../../src/scoring/conduct.ts";
import {
  newScoreBook,
  recordReport,
  type ScoreBook,
  type Scored,
  scoreReport,
  type Seat,
} from "../../src/scoring/report.ts";
import { has, pardonReported, resolveRate, resolveSlash } from "../../src/scoring/sanity.ts";
import { clampWeight, fullnessOf } from "../../src/scoring/score.ts";
import { CAUSES, type ConductRecord, MARKS } from "../../src/scoring/types.ts";
import {
  ether,
  FIRST,
  type Fixture,
  GOOD,
  loadScores,
  NETWORK_STAKE,
  OPERATORS,
  PAGE,
  PARAMETERS,
  State,
} from "../fixtures/scores.ts";
import { IS_DEEP } from "../helpers/deep.ts";
import { CHECKS, plain } from "../scoring/harness.ts";

const RUNS = IS_DEEP ? 100 : 10;
const EPOCHS = { minLength: 8, maxLength: 24 } as const;
/** More than the guardian share of a hundred ether, together. */
const POSITION = ether(60);
const GROUPS = [
  { id: 1, cap: ether(100), position: ether(70) },
  { id: 2, cap: ether(50), position: ether(10) },
] as const;

const odd: fc.Arbitrary<Counters> = fc.record({
  assigned: fc.constantFrom(1_000n, 1_000n, 0n),
  done: fc.constantFrom(1_000n, 1_000n, 1_000n, 990n, 950n, 600n, 0n),
  active: fc.constantFrom(true, true, true, true, false),
  commissionBps: fc.constantFrom(500n, 500n, 500n, 600n, 900n, 1_001n),
  stake: fc.constantFrom(ether(100), ether(100), ether(300), 0n),
  external_: fc.constantFrom(0n, ether(500), ether(3_000)),
  reward: fc.constantFrom(20n, 20n, 21n, 17n, 40n, 0n).map((rate) => (ether(1) * rate) / 1_000n),
  slashed: fc.constantFrom(0n, 0n, 0n, 0n, 0n, 0n, 0n, ether(1), ether(90)),
});

/** Mostly as good as any, now and then what the rules are for. */
const counters = fc.oneof({ weight: 6, arbitrary: fc.constant(GOOD) }, { weight: 1, arbitrary: odd });

const epochs = fc.array(
  fc.record({
    counters: fc.array(counters, { minLength: OPERATORS, maxLength: OPERATORS }),
    /** Epochs without a report before this one. */
    gap: fc.constantFrom(0n, 0n, 0n, 1n, 5n),
    /** Operators in a page. */
    page: fc.integer({ min: 1, max: OPERATORS }),
    /** What governance does before the report: it decides of an operator, or lists it again. */
    resolves: fc.option(
      fc.record({ id: fc.integer({ min: 1, max: OPERATORS }), accept: fc.boolean(), pardons: fc.boolean() }),
    ),
    reinstates: fc.option(fc.integer({ min: 1, max: OPERATORS })),
  }),
  EPOCHS,
);

type Step = typeof epochs extends fc.Arbitrary<(infer Item)[]> ? Item : never;

async function standingOf({ registry }: Fixture, id: number): Promise<bigint> {
  const { state } = await registry.operator(id);
  if (state !== State.draining) return STANDINGS.listed;
  return (await registry.marksOf(id)).drainedByReport ? STANDINGS.drainedByReport : STANDINGS.draining;
}

/** What the registry would do to operators in order, as the guardian share allows. */
async function seatsOf(fixture: Fixture): Promise<Seat[]> {
  const { registry, allocator } = fixture;
  let left = await registry.guardianShareLeft();
  const seats: Seat[] = [];
  for (let id = 1; id <= OPERATORS; id += 1) {
    const { whitelisted } = await registry.operator(id);
    const { position } = await allocator.positionOf(id);
    seats.push({
      standing: await standingOf(fixture, id),
      isWhitelisted: whitelisted,
      mayHold: whitelisted,
      bond: 0n,
      fullness: GROUPS.slice(0, id === OPERATORS ? 1 : 2).map((group) => fullnessOf(group.position, group.cap)),
      drain: () => {
        if (position > left) return false;
        left -= position;
        return true;
      },
    });
  }
  return seats;
}

/** Decides what is set aside of an operator, or pardons it, on both. */
async function resolveBoth(
  { byNotice, scores }: Fixture,
  book: ScoreBook,
  { id, accept, pardons }: { readonly id: number; readonly accept: boolean; readonly pardons: boolean },
): Promise<ScoreBook> {
  const before = book.standings[id - 1];
  if (before === undefined) return book;
  let { reported, record } = before;
  if (has(reported, MARKS.ratePending)) {
    const rate = accept ? reported.pendingRate : reported.rate;
    await byNotice.resolveReward(id, rate);
    reported = resolveRate(reported, rate);
  }
  if (has(reported, MARKS.slashPending)) {
    await byNotice.resolveSlash(id, accept);
    reported = resolveSlash(reported, accept);
    // Whether the drain was done is the registry's to say.
    if (accept) record = plain(await scores.conductOf(id)) as ConductRecord;
  }
  const isBlamed = has(reported, MARKS.slashed) || record.owed !== CAUSES.none;
  if (pardons && isBlamed && !has(reported, MARKS.slashDue)) {
    await byNotice.pardon(id);
    [reported, record] = [pardonReported(reported), pardonRecord(record)];
  }
  return { ...book, standings: book.standings.with(id - 1, { ...before, reported, record }) };
}

/** Plays an epoch on both; compares everything that is kept. */
async function play(fixture: Fixture, before: ScoreBook, epoch: bigint, step: Step): Promise<ScoreBook> {
  const { scores, registry, allocator, byReporter, noticeSigner } = fixture;
  await allocator.setEpoch(epoch + 1n);
  let book = before;
  if (step.resolves !== null) book = await resolveBoth(fixture, book, step.resolves);
  if (step.reinstates !== null && (await standingOf(fixture, step.reinstates)) !== STANDINGS.listed) {
    await registry.connect(noticeSigner).reinstate(step.reinstates);
  }

  await byReporter.record(epoch, 1, step.counters);
  await byReporter.close(epoch, NETWORK_STAKE, OPERATORS);
  const recorded = recordReport(book, epoch, NETWORK_STAKE, step.counters);
  const progress = await scores.progress();
  for (const [name, value] of Object.entries(recorded.totals)) {
    expect(progress[name as keyof typeof recorded.totals], name).to.equal(value);
  }

  const seats = await seatsOf(fixture);
  const ranges = await Promise.all(seats.map((_, index) => registry.weightRange(index + 1)));
  const scored = scoreReport(recorded.book, recorded.totals, seats);
  const events: bigint[][] = [];
  while (!(await scores.progress()).isScored) {
    const receipt = (await (await scores.score(step.page, PAGE)).wait())!;
    for (const log of receipt.logs.map((each) => scores.interface.parseLog(each))) {
      if (log?.name === "OperatorScored") events.push([...log.args] as bigint[]);
    }
  }

  for (const [index, { performance, score, gates, standing }] of (scored.scores as Scored[]).entries()) {
    const id = index + 1;
    const weight = clampWeight(score, ...(ranges[index]! as unknown as [bigint, bigint]));
    expect(events[index]).to.deep.equal([BigInt(id), epoch, performance, score, weight, gates]);
    expect(await standingOf(fixture, id), `standing of ${id}`).to.equal(standing);
    expect((await registry.operator(id)).weight).to.equal(weight);
    const kept = scored.book.standings[index]!;
    expect(plain(await scores.reportedOf(id))).to.deep.equal(kept.reported);
    expect(plain(await scores.averagesOf(id))).to.deep.equal(kept.averages);
    expect(plain(await scores.conductOf(id))).to.deep.equal(kept.record);
  }
  const [edge, isKnown] = await scores.prior();
  expect(isKnown ? edge : undefined).to.equal(scored.book.prior);
  return scored.book;
}

describe("Scores", () => {
  it("are what src/scoring computes, report after report, whatever governance does between", async () => {
    const parameters = Object.fromEntries(Object.entries(PARAMETERS).map(([name, value]) => [name, BigInt(value)]));
    await fc.assert(
      fc.asyncProperty(epochs, async (steps) => {
        const fixture = await loadScores();
        for (let id = 1; id <= OPERATORS; id += 1) await fixture.allocator.setPosition(id, POSITION, 0n, false);
        for (const { id, cap, position } of GROUPS) {
          await fixture.allocator.setGroup(id, position, 0, 0);
          await fixture.allocator.setGroupCap(id, cap, 1);
        }
        let book = newScoreBook(parameters as unknown as ScoreBook["parameters"]);
        let epoch = FIRST;
        for (const step of steps) {
          epoch += 1n + step.gap;
          book = await play(fixture, book, epoch, step);
        }
      }),
      { ...CHECKS, numRuns: RUNS },
    );
  });
});
