import { renderPairs, renderTable } from "../cli/table.ts";
import { toDecimal } from "../scoring/fractions.ts";
import type { Changes } from "./changes.ts";
import { type Before, explainReasons, metricInWords, percentsInWords, reasonInWords } from "./explain.ts";
import { type TightDimension, tightInWords, tightJson } from "./headroom.ts";
import { isImmediate } from "./select.ts";
import type { Candidate, Reason, Selection } from "./types.ts";

/** What a selection is told with. */
export interface Told {
  readonly selection: Selection;
  readonly before: Before;
  readonly tight: readonly TightDimension[];
  /** Null without a deployed pool to change. */
  readonly changes: Changes | null;
}

/** A selection as lines of text. */
export function renderSelection(told: Told): string[] {
  const { selection, before, tight, changes } = told;
  const { chosen, ledgers } = selection;
  return [
    ...renderPairs(summaryOf(told)),
    ...tight.map((one) => `Warning: ${tightInWords(one)}`),
    "",
    ...renderTable(
      ["rank", "operator", "metric", "APR % week / month / year", "active % week / month / year", "ledger", ""],
      chosen.map((candidate, index) => [
        (index + 1).toString(),
        candidate.id,
        metricInWords(candidate),
        percentsInWords(candidate.apr, 2),
        percentsInWords(candidate.activity, 0),
        (ledgers.findIndex((nominated) => nominated.includes(candidate)) + 1).toString(),
        before === null || before.has(candidate.id) ? "" : "new",
      ]),
      [0, 2, 3, 4, 5],
    ),
    ...section(
      "Goes",
      leavingOf(selection, before).map((one) => `${one.id}: ${whyOut(one)}`),
    ),
    ...section("Proposed", changes?.changes.map(({ by, why }) => `${by}: ${why}`) ?? []),
    ...section("Left as it is", changes?.obstacles.map(({ operator, why }) => `${operator}: ${why}`) ?? []),
  ];
}

/** The same as one value for programs. */
export function selectionJson({ selection, before, tight, changes }: Told): object {
  const { report, settings, ledgers, chosen, candidates } = selection;
  return {
    epoch: report.epoch,
    settings,
    ledgers: ledgers.map((nominated) => nominated.map(({ id }) => id)),
    chosen: chosen.map((candidate, index) => ({
      ...figuresOf(candidate),
      rank: index + 1,
      isNew: before === null ? null : !before.has(candidate.id),
    })),
    others: candidates
      .filter((candidate) => !chosen.includes(candidate))
      .map((candidate) => ({
        ...figuresOf(candidate),
        goes: before === null ? null : before.has(candidate.id),
        goesAtOnce: before === null ? null : before.has(candidate.id) && candidate.reasons.some(isImmediate),
        reasons: candidate.reasons.map((reason) => ({ ...reason, inWords: reasonInWords(reason) })),
      })),
    tight: tightJson(tight),
    ...(changes ?? {}),
  };
}

function summaryOf({ selection, before }: Told): [string, string][] {
  const { report, settings, eligible, candidates, chosen } = selection;
  const kinds = candidates.flatMap(({ reasons }) => reasons.map(({ kind }) => kind));
  const counts = [...new Set(kinds)].map((kind) => `${REASONS[kind]} (${kinds.filter((one) => one === kind).length})`);
  const { week, month, year } = settings.windows;
  return [
    ["epoch", report.epoch.toString()],
    ["week, month, year", `${week}, ${month}, ${year} epochs`],
    ["known, may be chosen", `${candidates.length}, ${eligible}`],
    ["may not be chosen", counts.length === 0 ? "nobody" : counts.join(", ")],
    ["ledgers, chosen", `${settings.ledgers}, ${chosen.length}`],
    ...(before === null
      ? []
      : ([
          ["come in", chosen.filter(({ id }) => !before.has(id)).length.toString()],
          ["go, at once", `${leavingOf(selection, before).length}, ${atOnce(selection, before)}`],
        ] as [string, string][])),
  ];
}

const REASONS: Readonly<Record<Reason["kind"], string>> = {
  gone: "gone",
  closed: "not open",
  inactive: "inactive",
  slashed: "slashed now",
  slashedBefore: "slashed before",
  raised: "commission raised",
  dear: "commission above the limit",
  idle: "nothing earned",
};

/** Whom the pool has and the selection does not take, those that go at once first. */
function leavingOf({ candidates, chosen }: Selection, before: Before): Candidate[] {
  const leaving = candidates.filter((candidate) => before?.has(candidate.id) === true && !chosen.includes(candidate));
  const rankOf = ({ reasons }: Candidate) => (reasons.some(isImmediate) ? 0 : 1);
  return leaving.sort((first, second) => rankOf(first) - rankOf(second));
}

function atOnce(selection: Selection, before: Before): number {
  return leavingOf(selection, before).filter(({ reasons }) => reasons.some(isImmediate)).length;
}

function whyOut(candidate: Candidate): string {
  const { reasons } = candidate;
  if (reasons.length > 0) return `${explainReasons(candidate)}${reasons.some(isImmediate) ? ", so at once" : ""}`;
  return `metric ${metricInWords(candidate)}, others are better`;
}

function figuresOf({ id, metric, apr, activity, duty }: Candidate) {
  const decimals = ({ week, month, year }: Candidate["apr"]) => [week, month, year].map((each) => toDecimal(each, 6));
  return { id, metric: toDecimal(metric, 6), apr: decimals(apr), activity: decimals(activity), duty };
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}
