import type { NetworkConnection } from "hardhat/types/network";

import { audit } from "../../../src/audit/audit.ts";
import { runOnce } from "../../../src/keeper/runOnce.ts";
import type { Moved } from "../../../src/keeper/report.ts";
import { type EpochReport, faultInWords } from "../../../src/reports/epoch.ts";
import { collectLogs, readEndState } from "../../steps/logs.ts";
import { nextEpoch } from "../../steps/time.ts";
import { KEEPER } from "../keeper.ts";
import { type Reporting, reportEpoch } from "./committee.ts";
import { type Measure, measuresSince } from "./conduct.ts";
import { type Figures, readFigures } from "./figures.ts";
import { followOthers, followPool } from "./flows.ts";
import { Governance, type Governed } from "./governance.ts";
import type { SeriesSettings } from "./settings.ts";
import { type SeriesStage, setUpSeries } from "./stage.ts";

/** What happened in one epoch of the series. */
export interface PlayedEpoch {
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

export interface SeriesReplay {
  readonly epochs: readonly PlayedEpoch[];
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
  for (const report of played) {
    if (signal?.aborted === true) break;
    const epoch = await playEpoch(stage, governance, report);
    epochs.push(epoch);
    say(progressOf(epoch));
  }
  const events = await collectLogs(stage.trellis);
  const { findings } = audit(events, await readEndState(stage.trellis, events));
  return { epochs, findings: findings.map(({ promise, message }) => `${promise}: ${message}`), logs: events.length };
}

async function playEpoch(stage: SeriesStage, governance: Governance, report: EpochReport): Promise<PlayedEpoch> {
  const { trellis, keeper } = stage;
  await followOthers(stage, report);
  await followPool(stage, report);
  await nextEpoch(trellis);

  const block = await trellis.connection.ethers.provider.getBlockNumber();
  const reporting = await reportEpoch(stage, report);
  const governed = await governance.follow(report);
  const kept = await runOnce({ ...trellis, signer: keeper }, KEEPER);
  const { moved } = kept.rebalance;
  const figures = await readFigures(stage, report);
  const whole = figures.placed + figures.idle + figures.unbonding;
  return {
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
