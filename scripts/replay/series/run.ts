import type { NetworkConnection } from "hardhat/types/network";

import { audit } from "../../../src/audit/audit.ts";
import type { Finding } from "../../../src/audit/events.ts";
import { runOnce } from "../../../src/keeper/runOnce.ts";
import type { Moved } from "../../../src/keeper/report.ts";
import { type EpochReport, faultInWords } from "../../../src/reports/epoch.ts";
import { collectLogs, readEndState } from "../../steps/logs.ts";
import { nextEpoch } from "../../steps/time.ts";
import { KEEPER } from "../keeper.ts";
import { type Reporting, reportEpoch } from "./committee.ts";
import { type Figures, readFigures } from "./figures.ts";
import { followOthers, followPool } from "./flows.ts";
import { Governance, type Governed } from "./governance.ts";
import { type Measure, measuresSince } from "./measures.ts";
import type { SeriesSettings } from "./settings.ts";
import { type SeriesStage, setUpSeries } from "./stage.ts";

/** The promise that no call lifts anyone above a cap. */
const CAPS = "P2";

/** What happened in one epoch of the series. */
export interface PlayedEpoch {
  /** The chain's block that it ended at. */
  readonly block: number;
  readonly epoch: number;
  readonly faults: readonly string[];
  readonly reporting: Reporting;
  readonly governed: Governed;
  readonly measures: readonly Measure[];
  readonly listed: number;
  readonly moved: Moved;
  /** Of what was at operators and in the buffer, by class. */
  readonly churn: { readonly class0: number; readonly class1: number; readonly class2: number };
  readonly keeper: { readonly transactions: number; readonly gas: bigint; readonly complete: boolean };
  readonly figures: Figures;
}

/** An epoch, and how often the logs show that somebody was lifted above a cap in it. */
export interface JudgedEpoch extends PlayedEpoch {
  readonly breaches: number;
}

export interface SeriesReplay {
  readonly epochs: readonly JudgedEpoch[];
  /** What the logs, replayed on their own, say against the promises. */
  readonly findings: readonly string[];
  readonly logs: number;
}

/** Plays a series until `signal` ends it: in each epoch flows, a report by quorum, scores, what governance does with notice, then the keeper. */
export async function replaySeries(
  connection: NetworkConnection,
  reports: readonly EpochReport[],
  settings: SeriesSettings,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<SeriesReplay> {
  const played = reports.slice(0, settings.epochs);
  const stage = await setUpSeries(connection, played, settings, say);
  const governance = new Governance(stage);
  const epochs: PlayedEpoch[] = [];
  let targets: readonly bigint[] = [];
  for (const report of played) {
    if (signal?.aborted === true) break;
    const { epoch, targets: next } = await playEpoch(stage, governance, report, targets);
    epochs.push(epoch);
    targets = next;
    say(progressOf(epoch));
  }
  const events = await collectLogs(stage.trellis);
  const { findings } = audit(events, await readEndState(stage.trellis, events));
  return {
    epochs: epochs.map((epoch, index) => ({ ...epoch, breaches: breachesIn(findings, epochs[index - 1], epoch) })),
    findings: findings.map(({ promise, message }) => `${promise}: ${message}`),
    logs: events.length,
  };
}

function breachesIn(
  findings: readonly Finding[],
  before: PlayedEpoch | undefined,
  { block: last }: PlayedEpoch,
): number {
  const first = before?.block ?? 0;
  return findings.filter(({ promise, block }) => promise === CAPS && block !== null && block > first && block <= last)
    .length;
}

async function playEpoch(
  stage: SeriesStage,
  governance: Governance,
  report: EpochReport,
  before: readonly bigint[],
): Promise<{ readonly epoch: PlayedEpoch; readonly targets: readonly bigint[] }> {
  const { trellis, keeper } = stage;
  await followOthers(stage, report);
  await followPool(stage, report);
  await nextEpoch(trellis);

  const { provider } = trellis.connection.ethers;
  const block = await provider.getBlockNumber();
  const reporting = await reportEpoch(stage, report);
  const governed = await governance.follow(report);
  const kept = await runOnce({ ...trellis, signer: keeper }, KEEPER);
  const { moved } = kept.rebalance;
  const { figures, targets } = await readFigures(stage, report, before);
  const whole = figures.placed + figures.idle + figures.unbonding;
  const epoch = {
    block: await provider.getBlockNumber(),
    epoch: report.epoch,
    faults: report.faults.map(faultInWords),
    reporting,
    governed,
    measures: await measuresSince(stage, block + 1),
    listed: stage.actors.length,
    moved,
    churn: {
      class0: shareOf(moved.class0, whole),
      class1: shareOf(moved.class1, whole),
      class2: shareOf(moved.class2, whole),
    },
    keeper: { transactions: kept.transactions, gas: kept.gasUsed, complete: kept.complete },
    figures,
  };
  return { epoch, targets };
}

function progressOf({ epoch, churn, figures, measures, reporting, governed }: PlayedEpoch): string {
  const percent = (part: number) => `${(part * 100).toFixed(2)} %`;
  return (
    `epoch ${epoch}  votes ${reporting.votes}  churn ${[churn.class0, churn.class1, churn.class2].map(percent).join(" / ")}  ` +
    `effective ${figures.spread.operator.effectiveNumber.toFixed(0)}  yield ${percent(figures.yieldOfOptimum)} of the LP  ` +
    `measures ${measures.length}  new ${governed.listed.length}`
  );
}

function shareOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 1_000_000n) / whole) / 1_000_000;
}
