/** What the rules make of an operator's conduct, as contracts/libraries/Conduct.sol does. */
import { CAUSES, type ConductRecord } from "./types.ts";

/** Where the registry has the operator, as in Conduct.Standing. */
export const STANDINGS = { listed: 0n, draining: 1n, drainedByReport: 2n } as const;

/** What one report says of an operator. */
export interface Facts {
  /** Epochs since the report before. */
  readonly distance: bigint;
  readonly isActive: boolean;
  readonly isLow: boolean;
  readonly isBehind: boolean;
  readonly isDear: boolean;
  readonly isOdd: boolean;
  readonly isDoubtful: boolean;
  readonly isSlashed: boolean;
  readonly isBarred: boolean;
}

/** What is to be done. */
export interface Verdict {
  /** One of CAUSES, as `watch`. */
  readonly drain: bigint;
  readonly watch: bigint;
  readonly lift: boolean;
  readonly readmit: boolean;
}

export const LOW_DUTY = 700_000_000n;
export const STRIKE_MARGIN = 30_000_000n;

const LOW_DUTY_WINDOW = 0b111n;
const LOW_DUTIES_TO_DRAIN = 2;
const STRIKE_WINDOW = 0b111111n;
const STRIKES_TO_DRAIN = 3;
const CLEAN_TO_LIFT = 3n;
const CLEAN_TO_READMIT = 6n;

/** Judges a report of an operator: what the rules remember from now on, and what is to be done. */
export function judge(
  before: ConductRecord,
  facts: Facts,
  standing: bigint,
): { record: ConductRecord; verdict: Verdict } {
  const lowDuties = shift(before.lowDuties, facts.distance, facts.isLow) & LOW_DUTY_WINDOW;
  const strikes = shift(before.strikes, facts.distance, facts.isBehind) & STRIKE_WINDOW;
  const further = before.clean < CLEAN_TO_READMIT && !facts.isOdd ? before.clean + 1n : before.clean;
  const clean = hasFault(facts) ? 0n : further;

  const isListed = standing === STANDINGS.listed;
  const isForgiven = clean === CLEAN_TO_READMIT && before.owed !== CAUSES.slash;
  const owed = !isListed || isForgiven ? CAUSES.none : before.owed;
  const cause = causeToDrain(facts, lowDuties, strikes);
  const drain = !isListed ? CAUSES.none : cause > owed ? cause : owed;

  const record = { lowDuties, strikes, clean, owed };
  const verdict = {
    drain,
    watch: facts.isDoubtful ? CAUSES.doubtfulSlash : facts.isLow ? CAUSES.duties : CAUSES.none,
    lift: clean >= CLEAN_TO_LIFT && drain === CAUSES.none,
    readmit: standing === STANDINGS.drainedByReport && clean === CLEAN_TO_READMIT && !facts.isBarred,
  };
  return { record, verdict };
}

/** Notes that a drain was done, or that it could not be. Clean reports count from the drain on. */
export function noteDrain(record: ConductRecord, cause: bigint, isDone: boolean): ConductRecord {
  return isDone ? { ...record, owed: CAUSES.none, clean: 0n } : { ...record, owed: cause };
}

/** Forgets why an operator is to be drained, as governance says. */
export function pardonRecord(record: ConductRecord): ConductRecord {
  return { ...record, owed: CAUSES.none };
}

/** An odd reward is none: it counts neither for nor against an operator. */
function hasFault(facts: Facts): boolean {
  const isBad = facts.isLow || facts.isBehind || facts.isDear || facts.isSlashed;
  return isBad || facts.isDoubtful || !facts.isActive;
}

function causeToDrain(facts: Facts, lowDuties: bigint, strikes: bigint): bigint {
  if (facts.isSlashed) return CAUSES.slash;
  if (facts.isDear) return CAUSES.commission;
  if (facts.isLow && bits(lowDuties) >= LOW_DUTIES_TO_DRAIN) return CAUSES.duties;
  return facts.isBehind && bits(strikes) >= STRIKES_TO_DRAIN ? CAUSES.strikes : CAUSES.none;
}

function shift(register: bigint, distance: bigint, bit: boolean): bigint {
  const shifted = distance < 8n ? register << distance : 0n;
  return shifted | (bit ? 1n : 0n);
}

function bits(register: bigint): number {
  return register.toString(2).replaceAll("0", "").length;
}
