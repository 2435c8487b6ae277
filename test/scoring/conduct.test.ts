/**
 * The rules of conduct as a table: everything that is remembered of an operator × everything that a report can say × where the
 * registry has it. The rows are written by hand; Conduct.sol is tried on each, and against src/scoring on random ones.
 */
import { expect } from "chai";
import fc from "fast-check";

import { type Facts, judge, noteDrain, STANDINGS, type Verdict } from "../../src/scoring/conduct.ts";
import { CAUSES, type ConductRecord } from "../../src/scoring/types.ts";
import { CHECKS, loadHarness, plain, records } from "./harness.ts";

const { none, strikes, duties, commission, slash, doubtfulSlash } = CAUSES;

const CLEAN: Facts = {
  distance: 1n,
  isActive: true,
  isLow: false,
  isBehind: false,
  isDear: false,
  isOdd: false,
  isDoubtful: false,
  isSlashed: false,
  isBarred: false,
};

/** What a report can say. */
const TRIGGERS = {
  clean: CLEAN,
  "not active": { ...CLEAN, isActive: false },
  "reward set aside": { ...CLEAN, isOdd: true },
  behind: { ...CLEAN, isBehind: true },
  low: { ...CLEAN, isLow: true, isBehind: true },
  dear: { ...CLEAN, isDear: true },
  "slash in doubt": { ...CLEAN, isDoubtful: true },
  slashed: { ...CLEAN, isSlashed: true, isBarred: true },
} as const satisfies Record<string, Facts>;

type Trigger = keyof typeof TRIGGERS;

const NEW: ConductRecord = { lowDuties: 0n, strikes: 0n, clean: 0n, owed: none };

/** What can be remembered of an operator. */
const STATES = {
  new: NEW,
  "two clean reports": { ...NEW, clean: 2n },
  "three clean reports": { ...NEW, clean: 3n },
  "five clean reports": { ...NEW, clean: 5n },
  "many clean reports": { ...NEW, clean: 6n },
  "one strike": { ...NEW, strikes: 0b1n },
  "two strikes": { ...NEW, strikes: 0b10001n },
  "two strikes, one about to lapse": { ...NEW, strikes: 0b100001n },
  "low last epoch": { ...NEW, lowDuties: 0b1n, strikes: 0b1n },
  "low two epochs ago": { ...NEW, lowDuties: 0b10n, strikes: 0b10n, clean: 1n },
  "low three epochs ago": { ...NEW, lowDuties: 0b100n, strikes: 0b100n, clean: 2n },
  "owed for strikes": { ...NEW, strikes: 0b111n, owed: strikes },
  "owed for duties, five clean reports": { ...NEW, clean: 5n, owed: duties },
  "owed for commission": { ...NEW, owed: commission },
  "owed for a slash, five clean reports": { ...NEW, clean: 5n, owed: slash },
} as const satisfies Record<string, ConductRecord>;

type State = keyof typeof STATES;

interface Row {
  readonly lowDuties?: bigint;
  readonly strikes?: bigint;
  readonly clean?: bigint;
  readonly drain?: bigint;
  readonly watch?: bigint;
  readonly lift?: boolean;
  /** Of a listed operator only; what is left out is as `drain`. */
  readonly owed?: bigint;
}

/** What becomes of a listed operator; everything that a row leaves out is nothing. */
const LISTED: Readonly<Record<State, Readonly<Record<Trigger, Row>>>> = {
  new: {
    clean: { clean: 1n },
    "not active": {},
    "reward set aside": {},
    behind: { strikes: 0b1n },
    low: { lowDuties: 0b1n, strikes: 0b1n, watch: duties },
    dear: { drain: commission },
    "slash in doubt": { watch: doubtfulSlash },
    slashed: { drain: slash },
  },
  "two clean reports": {
    clean: { clean: 3n, lift: true },
    "not active": {},
    "reward set aside": { clean: 2n },
    behind: { strikes: 0b1n },
    low: { lowDuties: 0b1n, strikes: 0b1n, watch: duties },
    dear: { drain: commission },
    "slash in doubt": { watch: doubtfulSlash },
    slashed: { drain: slash },
  },
  "three clean reports": {
    clean: { clean: 4n, lift: true },
    "not active": {},
    "reward set aside": { clean: 3n, lift: true },
    behind: { strikes: 0b1n },
    low: { lowDuties: 0b1n, strikes: 0b1n, watch: duties },
    dear: { drain: commission },
    "slash in doubt": { watch: doubtfulSlash },
    slashed: { drain: slash },
  },
  "five clean reports": {
    clean: { clean: 6n, lift: true },
    "not active": {},
    "reward set aside": { clean: 5n, lift: true },
    behind: { strikes: 0b1n },
    low: { lowDuties: 0b1n, strikes: 0b1n, watch: duties },
    dear: { drain: commission },
    "slash in doubt": { watch: doubtfulSlash },
    slashed: { drain: slash },
  },
  "many clean reports": {
    clean: { clean: 6n, lift: true },
    "not active": {},
    "reward set aside": { clean: 6n, lift: true },
    behind: { strikes: 0b1n },
    low: { lowDuties: 0b1n, strikes: 0b1n, watch: duties },
    dear: { drain: commission },
    "slash in doubt": { watch: doubtfulSlash },
    slashed: { drain: slash },
  },
  "one strike": {
    clean: { strikes: 0b10n, clean: 1n },
    "not active": { strikes: 0b10n },
    "reward set aside": { strikes: 0b10n },
    behind: { strikes: 0b11n },
    low: { lowDuties: 0b1n, strikes: 0b11n, watch: duties },
    dear: { strikes: 0b10n, drain: commission },
    "slash in doubt": { strikes: 0b10n, watch: doubtfulSlash },
    slashed: { strikes: 0b10n, drain: slash },
  },
  "two strikes": {
    clean: { strikes: 0b100010n, clean: 1n },
    "not active": { strikes: 0b100010n },
    "reward set aside": { strikes: 0b100010n },
    behind: { strikes: 0b100011n, drain: strikes },
    low: { lowDuties: 0b1n, strikes: 0b100011n, watch: duties, drain: strikes },
    dear: { strikes: 0b100010n, drain: commission },
    "slash in doubt": { strikes: 0b100010n, watch: doubtfulSlash },
    slashed: { strikes: 0b100010n, drain: slash },
  },
  "two strikes, one about to lapse": {
    clean: { strikes: 0b10n, clean: 1n },
    "not active": { strikes: 0b10n },
    "reward set aside": { strikes: 0b10n },
    behind: { strikes: 0b11n },
    low: { lowDuties: 0b1n, strikes: 0b11n, watch: duties },
    dear: { strikes: 0b10n, drain: commission },
    "slash in doubt": { strikes: 0b10n, watch: doubtfulSlash },
    slashed: { strikes: 0b10n, drain: slash },
  },
  "low last epoch": {
    clean: { lowDuties: 0b10n, strikes: 0b10n, clean: 1n },
    "not active": { lowDuties: 0b10n, strikes: 0b10n },
    "reward set aside": { lowDuties: 0b10n, strikes: 0b10n },
    behind: { lowDuties: 0b10n, strikes: 0b11n },
    low: { lowDuties: 0b11n, strikes: 0b11n, watch: duties, drain: duties },
    dear: { lowDuties: 0b10n, strikes: 0b10n, drain: commission },
    "slash in doubt": { lowDuties: 0b10n, strikes: 0b10n, watch: doubtfulSlash },
    slashed: { lowDuties: 0b10n, strikes: 0b10n, drain: slash },
  },
  "low two epochs ago": {
    clean: { lowDuties: 0b100n, strikes: 0b100n, clean: 2n },
    "not active": { lowDuties: 0b100n, strikes: 0b100n },
    "reward set aside": { lowDuties: 0b100n, strikes: 0b100n, clean: 1n },
    behind: { lowDuties: 0b100n, strikes: 0b101n },
    low: { lowDuties: 0b101n, strikes: 0b101n, watch: duties, drain: duties },
    dear: { lowDuties: 0b100n, strikes: 0b100n, drain: commission },
    "slash in doubt": { lowDuties: 0b100n, strikes: 0b100n, watch: doubtfulSlash },
    slashed: { lowDuties: 0b100n, strikes: 0b100n, drain: slash },
  },
  "low three epochs ago": {
    clean: { strikes: 0b1000n, clean: 3n, lift: true },
    "not active": { strikes: 0b1000n },
    "reward set aside": { strikes: 0b1000n, clean: 2n },
    behind: { strikes: 0b1001n },
    low: { lowDuties: 0b1n, strikes: 0b1001n, watch: duties },
    dear: { strikes: 0b1000n, drain: commission },
    "slash in doubt": { strikes: 0b1000n, watch: doubtfulSlash },
    slashed: { strikes: 0b1000n, drain: slash },
  },
  "owed for strikes": {
    clean: { strikes: 0b1110n, clean: 1n, drain: strikes },
    "not active": { strikes: 0b1110n, drain: strikes },
    "reward set aside": { strikes: 0b1110n, drain: strikes },
    behind: { strikes: 0b1111n, drain: strikes },
    low: { lowDuties: 0b1n, strikes: 0b1111n, watch: duties, drain: strikes },
    dear: { strikes: 0b1110n, drain: commission, owed: strikes },
    "slash in doubt": { strikes: 0b1110n, watch: doubtfulSlash, drain: strikes },
    slashed: { strikes: 0b1110n, drain: slash, owed: strikes },
  },
  "owed for duties, five clean reports": {
    clean: { clean: 6n, lift: true },
    "not active": { drain: duties },
    "reward set aside": { clean: 5n, drain: duties },
    behind: { strikes: 0b1n, drain: duties },
    low: { lowDuties: 0b1n, strikes: 0b1n, watch: duties, drain: duties },
    dear: { drain: commission, owed: duties },
    "slash in doubt": { watch: doubtfulSlash, drain: duties },
    slashed: { drain: slash, owed: duties },
  },
  "owed for commission": {
    clean: { clean: 1n, drain: commission },
    "not active": { drain: commission },
    "reward set aside": { drain: commission },
    behind: { strikes: 0b1n, drain: commission },
    low: { lowDuties: 0b1n, strikes: 0b1n, watch: duties, drain: commission },
    dear: { drain: commission },
    "slash in doubt": { watch: doubtfulSlash, drain: commission },
    slashed: { drain: slash, owed: commission },
  },
  "owed for a slash, five clean reports": {
    clean: { clean: 6n, drain: slash },
    "not active": { drain: slash },
    "reward set aside": { clean: 5n, drain: slash },
    behind: { strikes: 0b1n, drain: slash },
    low: { lowDuties: 0b1n, strikes: 0b1n, watch: duties, drain: slash },
    dear: { drain: slash },
    "slash in doubt": { watch: doubtfulSlash, drain: slash },
    slashed: { drain: slash },
  },
};

const NOTHING: Verdict = { drain: none, watch: none, lift: false, readmit: false };

const names = <K extends string>(table: Readonly<Record<K, unknown>>) => Object.keys(table) as K[];

/** What Conduct.sol makes of it. */
async function judgeOnChain(
  before: ConductRecord,
  facts: Facts,
  standing: bigint,
): Promise<{ record: ConductRecord; verdict: Verdict }> {
  const harness = await loadHarness();
  const answer = await harness.judge(before, facts, standing);
  return { record: plain(answer[0]) as ConductRecord, verdict: plain(answer.verdict) as Verdict };
}

describe("Conduct", () => {
  describe("of a listed operator", () => {
    for (const state of names(LISTED)) {
      for (const trigger of names(LISTED[state])) {
        it(`${state}, then ${trigger}`, async () => {
          const before: ConductRecord = STATES[state];
          const { owed, drain = none, watch = none, lift = false, ...rest }: Row = LISTED[state][trigger];
          const expected = { ...NEW, ...rest };

          const { record, verdict } = await judgeOnChain(before, TRIGGERS[trigger], STANDINGS.listed);

          const stillOwed = owed ?? (before.owed === none ? none : drain);
          expect(record).to.deep.equal({ ...expected, owed: stillOwed });
          expect(verdict).to.deep.equal({ ...NOTHING, drain, watch, lift });
        });
      }
    }
  });

  for (const standing of ["draining", "drainedByReport"] as const) {
    describe(`of an operator that ${standing === "draining" ? "guardian or governance" : "reports"} drained`, () => {
      for (const state of names(LISTED)) {
        it(`${state}, then anything: remembers the same, drains nothing, owes nothing`, async () => {
          for (const trigger of names(TRIGGERS)) {
            const { record, verdict } = await judgeOnChain(STATES[state], TRIGGERS[trigger], STANDINGS[standing]);
            const { lowDuties = 0n, strikes: struck = 0n, clean = 0n, watch = none }: Row = LISTED[state][trigger];

            expect(record, trigger).to.deep.equal({ lowDuties, strikes: struck, clean, owed: none });
            expect(verdict, trigger).to.deep.equal({
              drain: none,
              watch,
              lift: clean >= 3n,
              readmit: standing === "drainedByReport" && clean === 6n,
            });
          }
        });
      }
    });
  }

  it("never readmits whoever was slashed ever", async () => {
    const facts = { ...CLEAN, isBarred: true };
    const { record, verdict } = await judgeOnChain(STATES["many clean reports"], facts, STANDINGS.drainedByReport);

    expect([record.clean, verdict.readmit]).to.deep.equal([6n, false]);
  });

  it("lets epochs without a report pass, too", async () => {
    const before = { ...NEW, lowDuties: 0b1n, strikes: 0b11n };
    const after = async (distance: bigint, facts: Facts) =>
      judgeOnChain(before, { ...facts, distance }, STANDINGS.listed);

    // The second low epoch of three, and one that is the fourth.
    expect((await after(2n, TRIGGERS.low)).verdict.drain).to.equal(duties);
    expect((await after(3n, TRIGGERS.low)).verdict.drain).to.equal(strikes);
    // The third strike in six epochs, and in seven.
    expect((await after(4n, TRIGGERS.behind)).verdict.drain).to.equal(strikes);
    expect((await after(5n, TRIGGERS.behind)).verdict.drain).to.equal(none);
    expect((await after(300n, CLEAN)).record).to.deep.equal({ ...NEW, clean: 1n });
  });

  it("owes a drain that was refused, and nothing after one that was done", async () => {
    const harness = await loadHarness();
    const record = { ...NEW, strikes: 0b111n, owed: strikes };

    for (const [cause, isDone, owed] of [
      [slash, false, slash],
      [slash, true, none],
      [strikes, true, none],
    ] as const) {
      expect(plain(await harness.noteDrain(record, cause, isDone))).to.deep.equal({ ...record, owed });
      expect(noteDrain(record, cause, isDone)).to.deep.equal({ ...record, owed });
    }
  });

  it("is the same in src/scoring, whatever is remembered and reported", async () => {
    const facts: fc.Arbitrary<Facts> = fc.record({
      distance: fc.oneof(fc.bigInt({ min: 1n, max: 9n }), fc.constantFrom(1n, 20_000n, 2n ** 32n - 1n)),
      isActive: fc.boolean(),
      isLow: fc.boolean(),
      isBehind: fc.boolean(),
      isDear: fc.boolean(),
      isOdd: fc.boolean(),
      isDoubtful: fc.boolean(),
      isSlashed: fc.boolean(),
      isBarred: fc.boolean(),
    });
    const mostlyClean = fc.oneof(facts, fc.constant(CLEAN));

    await fc.assert(
      fc.asyncProperty(records, mostlyClean, fc.constantFrom(0n, 1n, 2n), async (before, report, standing) => {
        const { record, verdict } = judge(before, report, standing);
        expect(await judgeOnChain(before, report, standing)).to.deep.equal({ record, verdict });
      }),
      { ...CHECKS, numRuns: 3 * CHECKS.numRuns },
    );
  });
});
