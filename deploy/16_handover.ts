import { getAddress, Interface } from "ethers";

import { artifacts, deployScript, refusal } from "../rocketh/deploy.ts";
import { checkAccess, checkParameters, finalMembers, hasRole } from "../rocketh/handover.ts";
import { changeParameters, type ParameterChanges } from "../rocketh/parameters.ts";
import { DEPLOYER_ROLES } from "../src/roles.ts";

const ACCESS_MANAGER = new Interface(artifacts.AccessManager.abi);

/** The deployer gives up every role that it holds. Operators are listed before this, or with notice after it. */
export default deployScript<ParameterChanges>(
  async (environment, changes) => {
    const { get, read, execute, showMessage, data, namedAccounts } = environment;
    const { deployer } = namedAccounts;
    const accessManager = get<typeof artifacts.AccessManager.abi>("AccessManager");
    const metaPool = get<typeof artifacts.MetaPool.abi>("MetaPool");

    if ((await read(metaPool, { functionName: "get_owner_id" })) !== getAddress(get("Notice").address)) {
      throw refusal("The handover needs a pool that is connected to Notice.");
    }

    const held: bigint[] = [];
    for (const role of DEPLOYER_ROLES) {
      if (await hasRole(environment, role, deployer)) held.push(role);
    }
    const members = finalMembers(environment);
    await checkAccess(environment, [...members, ...held.map((role) => ({ role, account: deployer }))]);
    if (held.length === 0) {
      showMessage("Handed over before; nothing is left to do.");
      return;
    }
    // Afterwards governance may change them.
    await checkParameters(environment, changeParameters(data.parameters, changes));

    // Admin last: it is what the others could be given again with.
    const calls = held.toReversed().map((role) => ACCESS_MANAGER.encodeFunctionData("renounceRole", [role, deployer]));
    await execute(accessManager, {
      account: deployer,
      functionName: "multicall",
      args: [calls as `0x${string}`[]],
    });
    await checkAccess(environment, members);
    showMessage(`Handed over: ${deployer} holds no role any more, and Notice is the only admin.`);
  },
  { tags: ["handover"], dependencies: ["trellis"] },
);
