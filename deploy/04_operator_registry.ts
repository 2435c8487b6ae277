import { artifacts, BEHIND_PROXY, deployScript } from "../rocketh/deploy.ts";
import { changeParameters, type ParameterChanges } from "../rocketh/parameters.ts";

/** Whitelist, list, weights, caps, groups and states of operators. */
export default deployScript<ParameterChanges>(
  async ({ deployViaProxy, get, data, namedAccounts: { deployer } }, changes) => {
    const { policy } = changeParameters(data.parameters, changes);
    await deployViaProxy(
      "OperatorRegistry",
      { account: deployer, artifact: artifacts.OperatorRegistry, args: [] },
      { ...BEHIND_PROXY, execute: { methodName: "initialize", args: [get("AccessManager").address, policy] } },
    );
  },
  { tags: ["OperatorRegistry", "trellis"], dependencies: ["AccessManager"] },
);
