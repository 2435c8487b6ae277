import { checkDeployment, providerOf } from "../keeper/contracts.ts";
import { type KeeperOptions, withDefaults } from "../keeper/options.ts";
import { withRetries } from "../keeper/retry.ts";
import type { CounterSource } from "../reports/types.ts";
import type { OracleContracts } from "./contracts.ts";
import { deliverJob } from "./deliver.ts";
import { makerOf } from "./maker.ts";
import type { MemberReport } from "./outcomes.ts";
import { scoreJob } from "./score.ts";
import { voteJob } from "./vote.ts";

/**
 * Does what a member of the committee has to do now, in order: vote → deliver → score. All that it knows it reads from the
 * chain and from its source, so it may be repeated at any time, and after a crash at any point.
 */
export async function reportOnce(
  contracts: OracleContracts,
  source: CounterSource,
  options: KeeperOptions = {},
): Promise<MemberReport> {
  const { patience, chainId: expected, dryRun } = withDefaults(options);
  const chainId = await withRetries(patience, () => checkDeployment(contracts, expected));
  const provider = providerOf(contracts);
  const make = makerOf({ source, provider, chainId, oracle: await contracts.oracle.getAddress(), patience });

  const vote = await voteJob(contracts, make, options);
  const deliver = await deliverJob(contracts, make, options);
  const score = await scoreJob(contracts, options);
  const jobs = [vote, deliver, score];
  return {
    chainId,
    dryRun: dryRun || contracts.signer === null,
    vote,
    deliver,
    score,
    transactions: jobs.reduce((sum, { transactions }) => sum + transactions, 0),
    gasUsed: jobs.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
    complete: jobs.every(({ outcome }) => outcome === "done" || outcome === "nothing"),
  };
}
