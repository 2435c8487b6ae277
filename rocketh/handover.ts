import { type artifacts, type DeployEnvironment } from "./deploy.ts";
import { ROLES } from "../src/roles.ts";

type Environment = Pick<DeployEnvironment, "get" | "read" | "namedAccounts">;

/** Whether `account` is a member of the AccessManager's `role`. */
export async function hasRole(
  { get, read }: Pick<DeployEnvironment, "get" | "read">,
  role: bigint,
  account: `0x${string}`,
): Promise<boolean> {
  const accessManager = get<typeof artifacts.AccessManager.abi>("AccessManager");
  const [isMember] = await read(accessManager, { functionName: "hasRole", args: [role, account] });

  return isMember;
}

/** Whether the deployer has given everything away: from then on only Notice changes what is set up. */
export async function isHandedOver(environment: Environment): Promise<boolean> {
  return !(await hasRole(environment, ROLES.admin, environment.namedAccounts.deployer));
}
