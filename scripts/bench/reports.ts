import { ZeroHash } from "ethers";

import { buildReport, type PagedReport } from "../../src/reports/pages.ts";
import type { Counters } from "../../src/reports/types.ts";
import { PAGE } from "../steps/rounds.ts";
import { AMOUNTS, type Stage } from "./stage.ts";

export interface ReportCosts {
  /** Delivering a page, and what the scores record of it. */
  readonly reportPerOperator: number;
  /** Averages, conduct and weight, with the calls to the registry. */
  readonly scorePerOperator: number;
  /** A vote that does not agree yet. */
  readonly vote: number;
}

/** Two sizes of a page; the larger one is not the last. */
const PAGES = { few: 9, many: 19 } as const;
const PERFECT = 7_200n;

/**
 * What a report costs per operator, on a stage of twenty operators in four groups each, all of whom were reported and scored
 * the day before: what a page with many costs more than one with few. Every weight changes.
 */
export async function measureReports(stage: Stage): Promise<ReportCosts> {
  const { chain, trellis } = stage;
  const count = Number(await trellis.registry.operatorCount());
  chain.nextDay();
  await deliver(stage, await agree(stage, count, 0n));
  await score(stage, count);
  chain.nextDay();

  const delivering = async (operators: number) =>
    chain.rehearse(async () => deliver(stage, await agree(stage, operators, 1n)));
  const scoring = async (operators: number) =>
    chain.rehearse(async () => {
      await deliver(stage, await agree(stage, count, 1n));
      return score(stage, operators);
    });
  const per = async (gas: (operators: number) => Promise<number>) =>
    Math.round(((await gas(PAGES.many)) - (await gas(PAGES.few))) / (PAGES.many - PAGES.few));
  return {
    reportPerOperator: await per(delivering),
    scorePerOperator: await per(scoring),
    vote: await chain.rehearse(async () => vote(stage, await reportOf(stage, count, 1n), 0)),
  };
}

/** A report of the first `operators`, each a little different from the others and from `turn` to turn. */
async function reportOf({ trellis }: Stage, operators: number, turn: bigint): Promise<PagedReport> {
  const counters = Array.from({ length: operators }, (_, index): Counters => {
    const off = BigInt(index) + turn;
    return {
      assigned: PERFECT,
      done: PERFECT - off,
      active: true,
      commissionBps: 500n,
      stake: AMOUNTS.whale + off,
      external_: AMOUNTS.other + off,
      reward: AMOUNTS.reward * 100n - off * 1_000_000_000_000n,
      slashed: 0n,
    };
  });
  const epoch = (await trellis.allocator.currentEpoch()) - 1n;
  return buildReport(epoch, ZeroHash, { refBlock: 1n, networkStake: AMOUNTS.whale * 1_000n, operators: counters });
}

async function vote({ chain, trellis }: Stage, { report }: PagedReport, member: number): Promise<number> {
  return chain.gasOf(() => trellis.reportOracle.connect(trellis.committee[member]).vote(report));
}

async function agree(stage: Stage, operators: number, turn: bigint): Promise<PagedReport> {
  const paged = await reportOf(stage, operators, turn);
  const quorum = Number(await stage.trellis.reportOracle.quorum());
  for (let member = 0; member < quorum; ++member) await vote(stage, paged, member);
  return paged;
}

/** The gas of the report's one page. */
async function deliver({ chain, trellis, keeper }: Stage, { report, pages }: PagedReport): Promise<number> {
  const [{ page, counters, proof }] = pages as [PagedReport["pages"][0]];
  const oracle = trellis.reportOracle.connect(keeper);
  return chain.gasOf(() => oracle.deliver(report.epoch, page, [...counters], [...proof], PAGE));
}

async function score({ chain, trellis, keeper }: Stage, operators: number): Promise<number> {
  return chain.gasOf(() => trellis.scores.connect(keeper).score(operators, PAGE));
}
