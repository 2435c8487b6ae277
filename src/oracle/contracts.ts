import { getAddress } from "ethers";

import { type KeeperContracts, providerOf, unsigned, WrongDeployment } from "../keeper/contracts.ts";
import { type ReportOracle, type Scores, Scores__factory } from "../../types/index.ts";

/** What a member of the committee works on. Without a signer it only says what it would do. */
export interface OracleContracts extends KeeperContracts {
  readonly oracle: ReportOracle;
  /** What the oracle hands its pages to. */
  readonly scores: Scores;
}

/** The contracts of a deployment, read through the node alone, with its oracle; refuses an oracle of another pool. */
export async function withOracle(contracts: KeeperContracts, oracle: ReportOracle): Promise<OracleContracts> {
  const provider = providerOf(contracts);
  const reader = oracle.connect(provider);
  const address = getAddress(await contracts.allocator.getAddress());
  if ((await reader.ALLOCATOR()) !== address) {
    throw new WrongDeployment(`The oracle does not belong to the allocator at ${address}.`);
  }
  return { ...unsigned(contracts), oracle: reader, scores: Scores__factory.connect(await reader.SCORES(), provider) };
}
