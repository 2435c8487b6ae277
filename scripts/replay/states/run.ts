import { PARAMETERS } from "../../../rocketh/parameters.ts";
import { decentralisation, type Decentralisation } from "../../../src/metrics/decentralisation.ts";
import { countersOf, type EpochReport, faultInWords, isUsable } from "../../../src/reports/epoch.ts";
import { STANDINGS, type Verdict } from "../../../src/scoring/conduct.ts";
import { newScoreBook, recordReport, type Scored, scoreReport, type Seat } from "../../../src/scoring/report.ts";
import { clampWeight, weightSteps } from "../../../src/scoring/score.ts";
import { CAUSES, causeOf, type Parameters } from "../../../src/scoring/types.ts";
import { namesOfGates } from "../../../src/scoring/value.ts";
import { windowsOf } from "../../../src/selection/select.ts";
import type { Measure } from "../series/measures.ts";
import { FIRST_WEIGHT, HIGHEST_WEIGHT } from "../series/settings.ts";

/** What scores and states are played under. */
export interface StatesSettings {
  /** Exponent of the scores. */
  readonly power: number;
  readonly epochsPerYear: number;
  /** Most epochs of the series that are played. */
  readonly epochs: number;
}

/** Where scores and states are after an epoch. */
export interface StatesEpoch {
  readonly epoch: number;
  readonly faults: readonly string[];
  /** Operators in the report, and all that were ever in one. */
  readonly reported: number;
  readonly listed: number;
  /** None, if the report is of no use. */
  readonly scored: number;
  readonly watched: number;
  readonly drained: number;
  readonly measures: readonly Measure[];
  /** How evenly the weights are spread over all that may hold stake. */
  readonly weights: Decentralisation;
}

/** Where an operator is at the end. */
export interface OperatorState {
  readonly name: string;
  readonly isDrained: boolean;
  readonly isWatched: boolean;
  readonly weight: bigint;
  /** In ppb; null if it was never scored. */
  readonly performance: bigint | null;
  readonly score: bigint | null;
  /** Why its score is 0. */
  readonly gates: readonly string[];
}

export interface StatesReplay {
  readonly epochs: readonly StatesEpoch[];
  readonly operators: readonly OperatorState[];
}

/** An operator while the series is played. */
interface Actor {
  readonly name: string;
  standing: bigint;
  isWatched: boolean;
  weight: bigint;
  scored: Scored | null;
}

/**
 * Plays scores and states of a series that knows no pool: no chain, the formulas of src/scoring alone. Who is reported for
 * the first time is listed. Nobody holds stake of a pool, so the guardian share refuses no drain and no round is in the way.
 */
export function playStates(reports: readonly EpochReport[], settings: StatesSettings): StatesReplay {
  const actors: Actor[] = [];
  const known = new Set<string>();
  let book = newScoreBook(parametersOf(settings));
  const epochs = reports.slice(0, settings.epochs).map((report): StatesEpoch => {
    for (const { id } of report.operators) {
      if (known.has(id)) continue;
      known.add(id);
      actors.push(newActor(id));
    }
    let scores: readonly (Scored | undefined)[] = [];
    if (isUsable(report)) {
      const ids = actors.map(({ name }) => name);
      // The chain has no epoch 0 that is reported.
      const recorded = recordReport(book, BigInt(report.epoch) + 1n, report.networkStake, countersOf(report, ids));
      ({ book, scores } = scoreReport(recorded.book, recorded.totals, actors.map(seatOf)));
    }
    const measures = scores.flatMap((scored, index) => (scored === undefined ? [] : follow(actors[index]!, scored)));
    return {
      epoch: report.epoch,
      faults: report.faults.map(faultInWords),
      reported: report.operators.length,
      listed: actors.length,
      scored: scores.filter((scored) => scored !== undefined).length,
      watched: actors.filter(({ isWatched }) => isWatched).length,
      drained: actors.filter(isDrained).length,
      measures,
      weights: decentralisation(actors.filter((actor) => !isDrained(actor)).map(({ weight }) => weight)),
    };
  });
  return { epochs, operators: actors.map(stateOf) };
}

function parametersOf({ power, epochsPerYear }: StatesSettings): Parameters {
  const { week, month, year } = windowsOf(epochsPerYear);
  const { sizeLimitBps, diversityBps, commissionLimitBps, commissionRiseBps, bondFloor } = PARAMETERS.default.scoring;
  return {
    weekSpan: BigInt(week),
    monthSpan: BigInt(month),
    yearSpan: BigInt(year),
    power: BigInt(power),
    sizeLimitBps: BigInt(sizeLimitBps),
    diversityBps: BigInt(diversityBps),
    commissionLimitBps: BigInt(commissionLimitBps),
    commissionRiseBps: BigInt(commissionRiseBps),
    bondFloor,
  };
}

function newActor(name: string): Actor {
  return { name, standing: STANDINGS.listed, isWatched: false, weight: BigInt(FIRST_WEIGHT), scored: null };
}

function seatOf({ standing }: Actor): Seat {
  return {
    standing,
    isWhitelisted: true,
    mayHold: standing === STANDINGS.listed,
    bond: 0n,
    fullness: [],
    drain: () => true,
  };
}

/** Puts an operator where its score has it, and says what was done: drains first, as the contract logs them. */
function follow(actor: Actor, scored: Scored): Measure[] {
  const { verdict, standing, score } = scored;
  const measures = measuresOf(actor, verdict);
  actor.standing = standing;
  actor.isWatched = (actor.isWatched && !verdict.lift) || verdict.watch !== CAUSES.none;
  const [lowest, highest] = weightSteps(actor.weight);
  actor.weight = clampWeight(score, lowest, highest < HIGHEST_WEIGHT ? highest : BigInt(HIGHEST_WEIGHT));
  actor.scored = scored;
  return measures;
}

function measuresOf({ name, isWatched }: Actor, { drain, watch, lift, readmit }: Verdict): Measure[] {
  const isPutOnWatch = watch !== CAUSES.none && !isWatched;
  const isLifted = watch === CAUSES.none && lift && isWatched;
  const measures: (Measure | false)[] = [
    drain !== CAUSES.none && { name, what: "drained", cause: causeOf(drain) },
    isPutOnWatch && { name, what: "put on watch", cause: causeOf(watch) },
    isLifted && { name, what: "watch lifted", cause: null },
    readmit && { name, what: "readmitted", cause: null },
  ];
  return measures.filter((measure) => measure !== false);
}

function isDrained({ standing }: Actor): boolean {
  return standing !== STANDINGS.listed;
}

function stateOf(actor: Actor): OperatorState {
  const { name, isWatched, weight, scored } = actor;
  return {
    name,
    isDrained: isDrained(actor),
    isWatched,
    weight,
    performance: scored?.performance ?? null,
    score: scored?.score ?? null,
    gates: scored === null ? [] : namesOfGates(scored.gates),
  };
}
