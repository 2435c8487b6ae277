import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { errorResult } from "hardhat/utils/result";
import type { TaskOverrideActionFunction } from "hardhat/types/tasks";

/** What one invariant campaign did: how often each action was called, and how often it was refused. */
export interface Campaign {
  readonly name: string;
  readonly runs: number;
  readonly calls: number;
  readonly actions: Readonly<Record<string, { readonly calls: number; readonly reverts: number }>>;
}

/** Below this an action of a campaign of the full length promises nothing. */
const LEAST_SUCCESSES = 200;
const LEAST_SHARE = 0.1;
const FULL_RUNS = 256;
const FULL_CALLS = FULL_RUNS * 64;

interface Metrics {
  readonly calls: bigint;
  readonly reverts: bigint;
}

interface TestResult {
  readonly name: string;
  readonly status: string;
  readonly kind: { readonly runs?: bigint; readonly metrics?: Readonly<Record<string, Metrics>> };
}

interface SolidityResults {
  readonly summary: { failed: number; passed: number; failureOutput: string };
  readonly suiteResults: readonly {
    readonly id: { readonly name: string };
    readonly testResults: readonly TestResult[];
  }[];
}

/** The campaigns among Solidity test results. */
export function campaignsOf({ suiteResults }: SolidityResults): Campaign[] {
  return suiteResults.flatMap(({ id, testResults }) =>
    testResults.flatMap(({ kind: { metrics, runs } }) => {
      if (metrics === undefined) return [];
      const actions = Object.fromEntries(
        Object.entries(metrics).map(([action, { calls, reverts }]) => [
          action.slice(action.lastIndexOf(".") + 1),
          { calls: Number(calls), reverts: Number(reverts) },
        ]),
      );
      const calls = Object.values(actions).reduce((sum, action) => sum + action.calls, 0);
      return [{ name: id.name, runs: Number(runs), calls, actions }];
    }),
  );
}

/** Actions that succeeded too rarely for the campaign to mean anything; a short one is held to the share alone. */
export function idleActions({ calls, actions }: Pick<Campaign, "calls" | "actions">): string[] {
  return Object.entries(actions).flatMap(([action, { calls: tried, reverts }]) => {
    const successes = tried - reverts;
    const tooFew = calls >= FULL_CALLS && successes < LEAST_SUCCESSES;
    return tooFew || successes < tried * LEAST_SHARE
      ? [`${action} succeeded in ${successes.toString()} of ${tried.toString()} calls`]
      : [];
  });
}

/** Sums over shards of one campaign. */
export function addCampaigns(shards: readonly Campaign[]): Campaign {
  const actions: Record<string, { calls: number; reverts: number }> = {};
  for (const shard of shards) {
    for (const [action, { calls, reverts }] of Object.entries(shard.actions)) {
      const sum = (actions[action] ??= { calls: 0, reverts: 0 });
      sum.calls += calls;
      sum.reverts += reverts;
    }
  }
  return {
    name: shards[0]?.name ?? "",
    runs: shards.reduce((sum, { runs }) => sum + runs, 0),
    calls: shards.reduce((sum, { calls }) => sum + calls, 0),
    actions,
  };
}

/**
 * Runs the Solidity tests and then looks at every campaign as a whole, which no test inside it can: one whose actions
 * mostly fail holds nothing. With TRELLIS_CAMPAIGNS the counts are written there, for whoever adds up shards.
 */
export const runAndCount: TaskOverrideActionFunction = async (args, _hre, runSuper) => {
  const result = (await runSuper(args)) as { success: boolean; value?: SolidityResults; error?: SolidityResults };
  const results = result.value ?? result.error;
  if (results === undefined) return result;

  const campaigns = campaignsOf(results);
  const file = process.env.TRELLIS_CAMPAIGNS;
  if (file !== undefined) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(campaigns));
  }
  if (!result.success) return result;

  const complaints = campaigns
    .filter(({ runs }) => runs >= FULL_RUNS)
    .flatMap((campaign) => idleActions(campaign).map((action) => `  ${campaign.name}: ${action}`));
  if (complaints.length === 0) return result;
  const sentence = `Campaigns that hardly do what they are named for:\n${complaints.join("\n")}\n`;
  process.stdout.write(`\n${sentence}`);
  return errorResult({ ...results, summary: { ...results.summary, failed: results.summary.failed + 1 } });
};
