import { certifyJob } from "./certify.ts";
import { checkDeployment, type KeeperContracts } from "./contracts.ts";
import { fundExitsJob } from "./fund.ts";
import { type KeeperOptions, withDefaults } from "./options.ts";
import { rebalanceJob } from "./rebalance.ts";
import type { KeeperReport } from "./report.ts";
import { withRetries } from "./retry.ts";
import { settleJob } from "./settle.ts";

/** Does everything that is due now, in order: settle → certify → rebalance → fund exits. May be repeated at any time. */
export async function runOnce(contracts: KeeperContracts, options: KeeperOptions = {}): Promise<KeeperReport> {
  const { patience, chainId: expected, dryRun } = withDefaults(options);
  const chainId = await withRetries(patience, () => checkDeployment(contracts, expected));

  const settle = await settleJob(contracts, options);
  const certify = await certifyJob(contracts, options);
  const rebalance = await rebalanceJob(contracts, options);
  const fundExits = await fundExitsJob(contracts, options);
  const jobs = [settle, certify, rebalance, fundExits];
  return {
    chainId,
    dryRun: dryRun || contracts.signer === null,
    settle,
    certify,
    rebalance,
    fundExits,
    transactions: jobs.reduce((sum, { transactions }) => sum + transactions, 0),
    gasUsed: jobs.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
    complete: jobs.every(({ outcome }) => outcome === "done" || outcome === "nothing"),
  };
}
