import { artifacts, deployScript, ONCE } from "../rocketh/deploy.ts";
import { changeParameters, type ParameterChanges } from "../rocketh/parameters.ts";

/** Creates operators' pools, and deploys the code that all of them run. */
export default deployScript<ParameterChanges>(
  async ({ deploy, get, data, namedAccounts: { deployer } }, changes) => {
    const { epochLength, policy } = changeParameters(data.parameters, changes);
    await deploy(
      "StakingPoolFactory",
      {
        account: deployer,
        artifact: artifacts.StakingPoolFactory,
        args: [get("Network").address, BigInt(epochLength), BigInt(policy.bondRatio)],
      },
      ONCE,
    );
  },
  { tags: ["StakingPoolFactory", "trellis"], dependencies: ["Network"] },
);
