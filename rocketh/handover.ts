import { BrowserProvider } from "ethers";

import { type artifacts, type DeployEnvironment, refusal } from "./deploy.ts";
import { accessDifferences } from "../src/access.ts";
import { parameterDifferences, type Parameters } from "../src/parameters.ts";
import { type Member, membersOf, ROLES } from "../src/roles.ts";

type Environment = Pick<DeployEnvironment, "get" | "read" | "namedAccounts">;

/** Who is to hold which role after the handover. */
export function finalMembers({ get, namedAccounts }: Pick<DeployEnvironment, "get" | "namedAccounts">): Member[] {
  const { governance, guardian, foundation, attester } = namedAccounts;
  return membersOf({
    governance,
    guardian,
    foundation,
    attester,
    Scores: get("Scores").address,
    ReportOracle: get("ReportOracle").address,
    Notice: get("Notice").address,
  });
}

/** Refuses access that differs from what src/roles.ts and `members` say. */
export async function checkAccess({ get, network }: DeployEnvironment, members: readonly Member[]): Promise<void> {
  const { address: accessManager, receipt } = get("AccessManager");
  const provider = providerOf(network);
  const differences = await accessDifferences({
    accessManager,
    provider,
    firstBlock: Number(receipt?.blockNumber ?? 0),
    lastBlock: await provider.getBlockNumber(),
    contracts: {
      MetaPool: get("MetaPool").address,
      Allocator: get("Allocator").address,
      OperatorRegistry: get("OperatorRegistry").address,
      Scores: get("Scores").address,
      ReportOracle: get("ReportOracle").address,
      Attributes: get("Attributes").address,
    },
    members,
  });
  if (differences.length === 0) return;
  throw refusal(["The handover needs access as the files say, and it is not:", ...differences].join("\n"));
}

/** Refuses parameters on chain that differ from `parameters` and the accounts that rocketh/config.ts names. */
export async function checkParameters(
  { get, network, namedAccounts }: DeployEnvironment,
  parameters: Parameters,
): Promise<void> {
  const { treasury, oracle1, oracle2, oracle3, oracle4 } = namedAccounts;
  const provider = providerOf(network);
  const differences = await parameterDifferences({
    provider,
    block: await provider.getBlockNumber(),
    contracts: {
      Network: get("Network").address,
      StakingPoolFactory: get("StakingPoolFactory").address,
      MetaPool: get("MetaPool").address,
      OperatorRegistry: get("OperatorRegistry").address,
      Allocator: get("Allocator").address,
      Scores: get("Scores").address,
      ReportOracle: get("ReportOracle").address,
    },
    parameters,
    treasury,
    committee: [oracle1, oracle2, oracle3, oracle4],
  });
  if (differences.length === 0) return;
  throw refusal(["The handover needs parameters as the files say, and they are not:", ...differences].join("\n"));
}

function providerOf({ provider }: DeployEnvironment["network"]): BrowserProvider {
  return new BrowserProvider(provider, undefined, { cacheTimeout: -1 });
}

/** Whether `account` is a member of the AccessManager's `role`. */
export async function hasRole(
  { get, read }: Pick<DeployEnvironment, "get" | "read">,
  role: bigint,
  account: string,
): Promise<boolean> {
  const accessManager = get<typeof artifacts.AccessManager.abi>("AccessManager");
  const [isMember] = await read(accessManager, { functionName: "hasRole", args: [role, account as `0x${string}`] });

  return isMember;
}

/** Whether the deployer has given everything away: from then on only Notice changes what is set up. */
export async function isHandedOver(environment: Environment): Promise<boolean> {
  return !(await hasRole(environment, ROLES.admin, environment.namedAccounts.deployer));
}
