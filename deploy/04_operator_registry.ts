import { artifacts, BEHIND_PROXY, deployScript, ONCE } from "../rocketh/deploy.ts";
import { changeParameters, type ParameterChanges } from "../rocketh/parameters.ts";

/** Whitelist, list, weights, caps, groups and states of operators. */
export default deployScript<ParameterChanges>(
  async ({ deploy, deployViaProxy, get, data, namedAccounts: { deployer } }, changes) => {
    const { policy } = changeParameters(data.parameters, changes);
    const curation = await deploy("Curation", { account: deployer, artifact: artifacts.Curation, args: [] }, ONCE);
    const guardianShare = await deploy(
      "GuardianShare",
      { account: deployer, artifact: artifacts.GuardianShare, args: [] },
      ONCE,
    );

    await deployViaProxy(
      "OperatorRegistry",
      { account: deployer, artifact: artifacts.OperatorRegistry, args: [] },
      {
        ...BEHIND_PROXY,
        libraries: { Curation: curation.address, GuardianShare: guardianShare.address },
        execute: { methodName: "initialize", args: [get("AccessManager").address, policy] },
      },
    );
  },
  { tags: ["OperatorRegistry", "trellis"], dependencies: ["AccessManager"] },
);
