import { id, Interface } from "ethers";

import { artifacts, deployScript, refusal } from "../rocketh/deploy.ts";
import { finalMembers, hasRole, isHandedOver } from "../rocketh/handover.ts";
import { DEPLOYER_ROLES, RESTRICTIONS, roleIdOf } from "../src/roles.ts";

const ACCESS_MANAGER = new Interface(artifacts.AccessManager.abi);

/**
 * Sets the role of every restricted function and who holds which role, in one transaction of what differs. Until the
 * handover the deployer lists operators and whitelists in the place of Notice.
 */
export default deployScript(
  async (environment) => {
    const { get, read, execute, namedAccounts } = environment;
    const { deployer } = namedAccounts;
    const accessManager = get<typeof artifacts.AccessManager.abi>("AccessManager");
    const isOver = await isHandedOver(environment);

    const selectorsOf = new Map<string, { target: `0x${string}`; role: bigint; selectors: string[] }>();
    for (const restriction of RESTRICTIONS) {
      const target = get(restriction.contract).address;
      const selector = id(restriction.signature).slice(0, 10) as `0x${string}`;
      const role = roleIdOf(restriction);
      if ((await read(accessManager, { functionName: "getTargetFunctionRole", args: [target, selector] })) === role) {
        continue;
      }
      const key = `${target} ${role.toString()}`;
      const entry = selectorsOf.get(key) ?? { target, role, selectors: [] };
      entry.selectors.push(selector);
      selectorsOf.set(key, entry);
    }

    const deployers = isOver ? [] : DEPLOYER_ROLES.map((role) => ({ role, account: deployer }));
    const members = [...finalMembers(environment), ...deployers];

    const calls = [...selectorsOf.values()].map(({ target, role, selectors }) =>
      ACCESS_MANAGER.encodeFunctionData("setTargetFunctionRole", [target, selectors, role]),
    );
    for (const { role, account } of members) {
      if (await hasRole(environment, role, account)) continue;
      calls.push(ACCESS_MANAGER.encodeFunctionData("grantRole", [role, account, 0]));
    }
    if (calls.length === 0) return;
    if (isOver) throw refusal("Roles differ from src/roles.ts, and since the handover only Notice can change them.");

    await execute(accessManager, {
      account: deployer,
      functionName: "multicall",
      args: [calls as `0x${string}`[]],
    });
  },
  { tags: ["roles", "trellis"], dependencies: ["connect", "ReportOracle", "Attributes"] },
);
