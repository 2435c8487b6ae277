import { fraction, multiply, toDecimal } from "../scoring/fractions.ts";
import { displayed, type Percents } from "../scoring/seedMetric.ts";
import type { Candidate, Reason, Selection } from "./types.ts";

/** Who is in before the selection. Null when that is not known. */
export type Before = ReadonlySet<string> | null;

/** Why an operator is in, out or changed, in sentences; null when nobody has heard of it. */
export function explain(selection: Selection, before: Before, id: string): string[] | null {
  const rank = selection.candidates.findIndex((candidate) => candidate.id === id);
  if (rank < 0) return null;
  const candidate = selection.candidates[rank]!;
  const isIn = selection.chosen.includes(candidate);
  return [
    `${id} is ${isIn ? "in" : "out"}: ${verdictOf(selection, candidate, rank)}.`,
    ...(before === null ? [] : [changeInWords(isIn, before.has(id))]),
    ...(isIn ? [nominationInWords(selection, candidate)] : []),
    ...figuresInWords(candidate),
  ];
}

/** A reason as the end of a sentence. */
export function reasonInWords(reason: Reason): string {
  switch (reason.kind) {
    case "gone":
      return "it is not in the last report";
    case "closed":
      return "it does not take stake of the pool";
    case "inactive":
      return "it was not in the active set in the last epoch";
    case "slashed":
      return `it was slashed by ${reason.amount} wei in the last epoch`;
    case "slashedBefore":
      return `it was slashed by ${reason.amount} wei in an earlier epoch, and who was slashed once is never chosen`;
    case "raised":
      return `it raised its commission from ${percent(reason.fromBps)} to ${percent(reason.toBps)}`;
    case "dear":
      return `its commission of ${percent(reason.bps)} is above the limit of ${percent(reason.limitBps)}`;
    case "idle":
      return "it has earned nothing in the last year";
  }
}

/** All that speaks against an operator. */
export function explainReasons({ reasons }: Candidate): string {
  return reasons.map(reasonInWords).join("; ");
}

/** A metric as what it means: the annual rewards in percent, less absences. */
export function metricInWords({ metric }: Candidate): string {
  return metric.numerator < 0n ? "below zero" : toDecimal(displayed(metric), 3);
}

export function percentsInWords(percents: Percents, digits: number): string {
  return [percents.week, percents.month, percents.year].map((each) => toDecimal(each, digits)).join(" / ");
}

function verdictOf({ chosen, eligible }: Selection, candidate: Candidate, rank: number): string {
  if (candidate.reasons.length > 0) return explainReasons(candidate);
  return `it is ${ordinal(rank + 1)} of the ${eligible} that may be chosen, and ${chosen.length} are taken, three per ledger`;
}

function changeInWords(isIn: boolean, wasIn: boolean): string {
  if (isIn) return wasIn ? "It was in before: nothing changes." : "It was not in before: it comes in.";
  return wasIn ? "It was in before: it goes." : "It was not in before either: nothing changes.";
}

function nominationInWords({ ledgers, settings }: Selection, candidate: Candidate): string {
  const ledger = ledgers.findIndex((nominated) => nominated.includes(candidate));
  const others = ledgers[ledger]!.filter((one) => one !== candidate).map(({ id }) => id);
  const company = others.length === 0 ? "nobody else" : others.join(" and ");
  return `Ledger ${ledger + 1} nominates it, with ${company} (dealt ${settings.deal === "ranks" ? "by rank" : "forth and back"}).`;
}

function figuresInWords(candidate: Candidate): string[] {
  const { apr, activity, duty, last } = candidate;
  return [
    `Metric ${metricInWords(candidate)}: APR over week, month and year ${percentsInWords(apr, 2)} %, ` +
      `in the active set ${percentsInWords(activity, 1)} % of the time.`,
    `Duties of the week: ${toDecimal(multiply(fraction(duty), fraction(1n, 10n ** 7n)), 1)} % done.`,
    ...(last === null ? [] : [`Commission ${percent(last.counters.commissionBps)}.`]),
  ];
}

function ordinal(rank: number): string {
  const teen = rank % 100 >= 11 && rank % 100 <= 13;
  const ending = teen ? "th" : (["th", "st", "nd", "rd"][rank % 10] ?? "th");
  return `${rank}${ending}`;
}

function percent(bps: bigint): string {
  return `${toDecimal(fraction(bps, 100n), 2).replace(/\.?0+$/, "")} %`;
}
