import type { NetworkConnection } from "hardhat/types/network";
import { setupLogger } from "named-logs-console";
import type { UserConfig } from "rocketh/types";

import handOver from "../../deploy/16_handover.ts";
import { loadAndExecuteDeploymentsFromFiles } from "../../rocketh/environment.ts";
import type { ParameterChanges } from "../../rocketh/parameters.ts";

export interface DeployOptions {
  /** Changes to the network's parameters, group by group. */
  readonly parameters?: ParameterChanges;
  /** Whether the deployer gives up its roles; without it, it may list operators and set up groups. Default true. */
  readonly handover?: boolean;
  /** Whose accounts and parameters count, if not those of the connection's network. */
  readonly environment?: string;
  /** Who does what, if not as in rocketh/config.ts. */
  readonly accounts?: UserConfig["accounts"];
  /** A folder that remembers addresses, so that a later call finds what this one deployed. Default none. */
  readonly records?: string;
}

/** A deployment as its users see it. */
export type Trellis = Awaited<ReturnType<typeof deployTrellis>>;

/** Runs the real deploy scripts, silently, and without writing files unless told to. */
export async function deployTrellis(connection: NetworkConnection, options: DeployOptions = {}) {
  setupLogger(["rocketh", "@rocketh/node", "@rocketh/deploy", "@rocketh/proxy"], { enabled: true, level: 1 });
  const { ethers } = connection;
  const config = { deployments: options.records, accounts: options.accounts };
  const environment = await loadAndExecuteDeploymentsFromFiles(
    {
      provider: connection.provider,
      environment: options.environment ?? connection.networkName,
      saveDeployments: options.records !== undefined,
      config,
      askBeforeProceeding: false,
      tags: options.handover === false ? ["trellis"] : ["handover"],
      extra: { connection },
    },
    options.parameters,
  );

  const named = environment.namedAccounts;
  const names = Object.values(named).map((address) => address.toLowerCase());
  const signers = await ethers.getSigners();
  const signerOf = (address: string) => ethers.getSigner(address);

  return {
    connection,
    metaPool: await ethers.getContractAt("MetaPool", environment.get("MetaPool").address),
    allocator: await ethers.getContractAt("Allocator", environment.get("Allocator").address),
    registry: await ethers.getContractAt("OperatorRegistry", environment.get("OperatorRegistry").address),
    notice: await ethers.getContractAt("Notice", environment.get("Notice").address),
    accessManager: await ethers.getContractAt("AccessManager", environment.get("AccessManager").address),
    factory: await ethers.getContractAt("StakingPoolFactory", environment.get("StakingPoolFactory").address),
    lens: await ethers.getContractAt("PoolLens", environment.get("PoolLens").address),
    network: await ethers.getContractAt("DevNetwork", environment.get("Network").address),
    scores: await ethers.getContractAt("Scores", environment.get("Scores").address),
    reportOracle: await ethers.getContractAt("ReportOracle", environment.get("ReportOracle").address),
    attributes: await ethers.getContractAt("Attributes", environment.get("Attributes").address),
    deployer: await signerOf(named.deployer),
    governance: await signerOf(named.governance),
    guardian: await signerOf(named.guardian),
    foundation: await signerOf(named.foundation),
    treasury: await signerOf(named.treasury),
    /** The members of the committee, which report. */
    committee: await Promise.all([named.oracle1, named.oracle2, named.oracle3, named.oracle4].map(signerOf)),
    attester: await signerOf(named.attester),
    /** Accounts without a part. */
    others: signers.filter(({ address }) => !names.includes(address.toLowerCase())),
    /** Ends the deployer's powers; `changes` are those to parameters since. */
    handOver: async (changes: ParameterChanges = {}) => {
      await handOver(environment, { ...options.parameters, ...changes });
    },
  };
}
