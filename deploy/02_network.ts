import { artifacts, deployScript, ONCE } from "../rocketh/deploy.ts";
import { changeParameters, type ParameterChanges } from "../rocketh/parameters.ts";

/** The chain's staking module; where it has none, one whose luck the foundation plays. */
export default deployScript<ParameterChanges>(
  async ({ deploy, getOrNull, save, data, namedAccounts: { deployer, foundation } }, changes) => {
    const { stakingModule, epochLength, devNetwork } = changeParameters(data.parameters, changes);
    if (stakingModule !== undefined) {
      if (getOrNull("Network") !== null) return;
      await save("Network", { ...artifacts.IStakeNetwork, address: stakingModule, argsData: "0x" });
      return;
    }

    const unbondingTime = BigInt(devNetwork.unbondingEpochs * epochLength);
    await deploy(
      "Network",
      { account: deployer, artifact: artifacts.DevNetwork, args: [foundation, unbondingTime] },
      ONCE,
    );
  },
  { tags: ["Network", "trellis"], dependencies: ["chain"] },
);
