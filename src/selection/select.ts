import { ascending, sumOf } from "../allocation/amounts.ts";
import type { Fraction } from "../metrics/decentralisation.ts";
import { type EpochReport, isUsable } from "../reports/epoch.ts";
import { dealInRanks, dealSerpentine, ledgersFor, NOMINATIONS_PER_LEDGER } from "../scoring/ledgers.ts";
import { activityOf, aprOf, metricOf, type Windows } from "../scoring/seedMetric.ts";
import { type History, historiesOf } from "./history.ts";
import type { Candidate, Reason, Selection, Settings } from "./types.ts";

const DAYS_PER_YEAR = 365;
const DAYS_PER_WEEK = 7;
const DAYS_PER_MONTH = 30;

/** A week, a month and a year in epochs. */
export function windowsOf(epochsPerYear: number): Windows {
  const epochsOf = (days: number) => Math.max(1, Math.round((days * epochsPerYear) / DAYS_PER_YEAR));
  return {
    week: epochsOf(DAYS_PER_WEEK),
    month: epochsOf(DAYS_PER_MONTH),
    year: epochsPerYear,
    erasPerYear: epochsPerYear,
  };
}

/** As many ledgers as keep each within an average active operator's stake; none where the pool's stake is not known. */
export function ledgersOf({ operators, networkStake }: EpochReport): number {
  const active = operators.filter(({ counters }) => counters.active).length;
  const poolStake = sumOf(operators.map((one) => one.poolStake));
  if (active === 0 || networkStake === 0n) return 0;
  const average = networkStake / BigInt(active);
  return Number(ledgersFor(poolStake, average > 0n ? average : 1n));
}

/**
 * Steps 1 to 9 of Lido's selection on Kusama: who is open to nomination and has no reason against it (1, 2), APR, activity
 * and duties over a week, a month and a year (3 to 5), the metric (6), its order (7), three of the best for each ledger (8),
 * and the deal (9). Reports that are of no use are passed over. Null when none is left.
 */
export function select(reports: readonly EpochReport[], settings: Settings): Selection | null {
  const usable = reports.filter(isUsable);
  const report = usable.at(-1);
  if (report === undefined) return null;

  const all = historiesOf(usable).map((history) => candidateOf(history, settings));
  const eligible = all.filter(({ reasons }) => reasons.length === 0).sort(byRank);
  const others = all.filter(({ reasons }) => reasons.length > 0).sort(byRank);
  const chosen = eligible.slice(0, NOMINATIONS_PER_LEDGER * settings.ledgers);
  const deal = settings.deal === "ranks" ? dealInRanks : dealSerpentine;
  return {
    report,
    settings,
    candidates: [...eligible, ...others],
    eligible: eligible.length,
    chosen,
    ledgers: deal(chosen, settings.ledgers),
  };
}

/** What makes an operator go at once, without waiting for notice: the reasons of steps 1 and 2. */
export function isImmediate({ kind }: Reason): boolean {
  return kind !== "slashedBefore" && kind !== "idle";
}

function candidateOf(history: History, settings: Settings): Candidate {
  const { id, eras, duties, last } = history;
  const apr = aprOf(eras, settings.windows);
  const activity = activityOf(eras, settings.windows);
  const slashed = sumOf(eras.map((era) => era.slashed));
  const metric = metricOf(apr, activity, slashed);
  return {
    id,
    last,
    apr,
    activity,
    duty: sumOf(duties.slice(-settings.windows.week)) / BigInt(settings.windows.week),
    metric,
    reasons: reasonsOf(history, settings, metric),
  };
}

/** Steps 1 and 2: the filter, and what makes an operator lose its nominations at once. */
function reasonsOf({ eras, last, before }: History, settings: Settings, metric: Fraction): Reason[] {
  const { commissionLimitBps: limitBps, commissionRiseBps: riseBps } = settings;
  const earlier = sumOf(eras.slice(0, -1).map(({ slashed }) => slashed));
  const slashedBefore: Reason[] = earlier > 0n ? [{ kind: "slashedBefore", amount: earlier }] : [];
  if (last === null) return [{ kind: "gone" }, ...slashedBefore];

  const { active, slashed, commissionBps: bps } = last.counters;
  const beforeBps = before?.counters.commissionBps;
  const reasons: (Reason | false)[] = [
    slashed > 0n && { kind: "slashed", amount: slashed },
    !last.open && { kind: "closed" },
    !active && { kind: "inactive" },
    bps > limitBps && { kind: "dear", bps, limitBps },
    beforeBps !== undefined && bps > beforeBps + riseBps && { kind: "raised", fromBps: beforeBps, toBps: bps },
    ...slashedBefore,
  ];
  const found = reasons.filter((reason) => reason !== false);
  return found.length === 0 && metric.numerator <= 0n ? [{ kind: "idle" }] : found;
}

/** Step 7: the best metric first; of equals who did more of its duties, then the id. */
function byRank(first: Candidate, second: Candidate): number {
  return compare(second.metric, first.metric) || ascending(second.duty, first.duty) || (first.id < second.id ? -1 : 1);
}

function compare(first: Fraction, second: Fraction): number {
  return ascending(first.numerator * second.denominator, second.numerator * first.denominator);
}
