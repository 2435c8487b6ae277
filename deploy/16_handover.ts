import { getAddress, Interface } from "ethers";

import { artifacts, deployScript } from "../rocketh/deploy.ts";
import { hasRole } from "../rocketh/handover.ts";
import { NOTICE_BIT, NOTICE_ROLES, ROLES } from "../src/roles.ts";

const ACCESS_MANAGER = new Interface(artifacts.AccessManager.abi);
const EVERY_ROLE = Object.values(ROLES).flatMap((role) => [role, role | NOTICE_BIT]);

/** The deployer gives up every role that it holds. Operators are listed before this, or with notice after it. */
export default deployScript(
  async (environment) => {
    const { get, read, execute, namedAccounts } = environment;
    const { deployer, ...others } = namedAccounts;
    const accessManager = get<typeof artifacts.AccessManager.abi>("AccessManager");
    const metaPool = get<typeof artifacts.MetaPool.abi>("MetaPool");
    const notice = get("Notice").address;

    for (const [name, account] of Object.entries(others)) {
      if (getAddress(account) === getAddress(deployer))
        throw new Error(`The deployer cannot hand over to itself: it is the ${name}, too.`);
    }
    if ((await read(metaPool, { functionName: "get_owner_id" })) !== getAddress(notice)) {
      throw new Error("The handover needs a pool that is connected to Notice.");
    }
    for (const role of NOTICE_ROLES) {
      if (await hasRole(environment, role, notice)) continue;
      throw new Error(`The handover needs Notice to hold role ${role.toString()}.`);
    }

    // Admin last: it is what the others could be given again with.
    const calls: string[] = [];
    for (const role of EVERY_ROLE.toReversed()) {
      if (!(await hasRole(environment, role, deployer))) continue;
      calls.push(ACCESS_MANAGER.encodeFunctionData("renounceRole", [role, deployer]));
    }
    if (calls.length === 0) return;
    await execute(accessManager, {
      account: deployer,
      functionName: "multicall",
      args: [calls as `0x${string}`[]],
    });

    for (const role of EVERY_ROLE) {
      if (!(await hasRole(environment, role, deployer))) continue;
      throw new Error(`The deployer still holds role ${role.toString()} after the handover.`);
    }
  },
  { tags: ["handover"], dependencies: ["trellis"] },
);
