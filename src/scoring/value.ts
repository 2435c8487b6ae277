/** What an operator's averages are worth at this moment, as contracts/libraries/Valuation.sol says. */
import { combine, diversityFactor, GWEI, performanceOf, power, shrink, sizeFactor } from "./score.ts";
import { has } from "./sanity.ts";
import { type Averages, MARKS, type Parameters, type Reported } from "./types.ts";

/** Reasons for a score of 0: bits of IScores.OperatorScored's gates. */
export const GATES = { notListed: 1n, slashed: 2n, delinquent: 4n, dear: 8n, raised: 16n, bondTooLow: 32n } as const;

/** What the registry, the allocator and the operator's pool say of an operator. */
export interface Place {
  /** Ramping or Active, and whitelisted. */
  readonly mayHold: boolean;
  /** Its bond in wei; asked only if there is a floor. */
  readonly bond: bigint;
  /** How full each of its capped groups is, in ppb. */
  readonly fullness: readonly bigint[];
}

export interface Value {
  readonly performance: bigint;
  readonly score: bigint;
  readonly gates: bigint;
}

/** What holds for all operators of a report. */
export interface Scale {
  readonly parameters: Parameters;
  readonly networkStake: bigint;
  /** Where newcomers begin; undefined before the first report is scored. */
  readonly prior: bigint | undefined;
}

export function valueOf(scale: Scale, place: Place, reported: Reported, averages: Averages): Value {
  const { parameters, networkStake, prior } = scale;
  const performance = performanceOf(averages);
  const gates = gatesOf(parameters, place, reported);
  if (gates !== 0n) return { performance, score: 0n, gates };

  const believed = prior === undefined ? performance : shrink(performance, averages.yields, prior);
  const size = sizeFactor(reported.stake * GWEI, networkStake, parameters.sizeLimitBps);
  const fullness = place.fullness.reduce((sum, each) => sum + each, 0n);
  const diversity = diversityFactor(fullness, BigInt(place.fullness.length), parameters.diversityBps);
  return { performance, score: combine(power(believed, parameters.power), size, diversity), gates };
}

function gatesOf(parameters: Parameters, place: Place, reported: Reported): bigint {
  const isDelinquent = !has(reported, MARKS.active) || reported.duty === 0n;
  let gates = 0n;
  if (!place.mayHold) gates |= GATES.notListed;
  if (has(reported, MARKS.slashed)) gates |= GATES.slashed;
  if (isDelinquent) gates |= GATES.delinquent;
  if (reported.commissionBps > parameters.commissionLimitBps) gates |= GATES.dear;
  if (has(reported, MARKS.raised)) gates |= GATES.raised;
  if (place.bond < parameters.bondFloor) gates |= GATES.bondTooLow;
  return gates;
}

/** The gates by name, for people. */
export function namesOfGates(gates: bigint): (keyof typeof GATES)[] {
  return (Object.keys(GATES) as (keyof typeof GATES)[]).filter((name) => (gates & GATES[name]) !== 0n);
}
