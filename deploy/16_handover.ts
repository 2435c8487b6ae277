import { getAddress, Interface } from "ethers";

import { artifacts, deployScript } from "../rocketh/deploy.ts";
import { checkAccess, finalMembers, hasRole } from "../rocketh/handover.ts";
import { DEPLOYER_ROLES } from "../src/roles.ts";

const ACCESS_MANAGER = new Interface(artifacts.AccessManager.abi);

/** The deployer gives up every role that it holds. Operators are listed before this, or with notice after it. */
export default deployScript(
  async (environment) => {
    const { get, read, execute, namedAccounts } = environment;
    const { deployer, ...others } = namedAccounts;
    const accessManager = get<typeof artifacts.AccessManager.abi>("AccessManager");
    const metaPool = get<typeof artifacts.MetaPool.abi>("MetaPool");

    for (const [name, account] of Object.entries(others)) {
      if (getAddress(account) === getAddress(deployer))
        throw new Error(`The deployer cannot hand over to itself: it is the ${name}, too.`);
    }
    if ((await read(metaPool, { functionName: "get_owner_id" })) !== getAddress(get("Notice").address)) {
      throw new Error("The handover needs a pool that is connected to Notice.");
    }

    const held: bigint[] = [];
    for (const role of DEPLOYER_ROLES) {
      if (await hasRole(environment, role, deployer)) held.push(role);
    }
    const members = finalMembers(environment);
    await checkAccess(environment, [...members, ...held.map((role) => ({ role, account: deployer }))]);
    if (held.length === 0) return;

    // Admin last: it is what the others could be given again with.
    const calls = held.toReversed().map((role) => ACCESS_MANAGER.encodeFunctionData("renounceRole", [role, deployer]));
    await execute(accessManager, {
      account: deployer,
      functionName: "multicall",
      args: [calls as `0x${string}`[]],
    });
    await checkAccess(environment, members);
  },
  { tags: ["handover"], dependencies: ["trellis"] },
);
