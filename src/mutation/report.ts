import { renderTable } from "../cli/table.ts";
import type { Campaign } from "./campaign.ts";
import type { Mutant } from "./mutants.ts";
import type { Store } from "./store.ts";
import type { Status, Verdict } from "./trial.ts";

/** Mutants of a target, counted by how they fared. */
export interface Score {
  readonly target: string;
  readonly file: string;
  /** Without those of which the compiler makes the same code as without a mistake. */
  readonly generated: number;
  /** Of how many it is known. */
  readonly judged: number;
  readonly counts: Readonly<Record<Status, number>>;
  /** Killed among the judged, in percent. */
  readonly percent: number | null;
}

export interface Judged {
  readonly mutant: Mutant;
  readonly verdict: Verdict | undefined;
}

export function judge(store: Store, { mutants, sourcesOf, hashes }: Campaign): Judged[] {
  return mutants.map((mutant) => ({ mutant, verdict: store.verdict(mutant, sourcesOf(mutant.file), hashes) }));
}

export function scoreOf(target: string, file: string, judged: readonly Judged[]): Score {
  const counts = { killed: 0, survived: 0, untested: 0, late: 0, uncompilable: 0, equal: 0 };
  for (const { verdict } of judged) if (verdict !== undefined) counts[verdict.status] += 1;
  const known = Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.equal;
  return {
    target,
    file,
    generated: judged.length - counts.equal,
    judged: known,
    counts,
    percent: known === 0 ? null : (100 * counts.killed) / known,
  };
}

export function renderScores(scores: readonly Score[]): string[] {
  const heading = [
    "target",
    "file",
    "generated",
    "judged",
    "killed",
    "survived",
    "untested",
    "late",
    "uncompilable",
    "score",
  ];
  const rows = scores.map(({ target, file, generated, judged, counts, percent }) => [
    target,
    file,
    ...[generated, judged, counts.killed, counts.survived, counts.untested, counts.late, counts.uncompilable].map(
      String,
    ),
    percent === null ? "" : `${percent.toFixed(1)} %`,
  ]);
  return renderTable(heading, rows, [2, 3, 4, 5, 6, 7, 8, 9]);
}

/** Where a mutant is and what it does, in one line. */
export function renderMutant({ file, line, function: name, kind, original, text }: Mutant): string {
  const short = (code: string) => code.replace(/\s+/g, " ").slice(0, 100);
  return `${file}:${line} ${name === "" ? "" : `${name} `}[${kind}] ${short(original)} → ${short(text) || "nothing"}`;
}
