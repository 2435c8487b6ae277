import { artifacts, deployScript, ONCE } from "../rocketh/deploy.ts";
import { changeParameters, type ParameterChanges } from "../rocketh/parameters.ts";

/** Makes weights of what is reported, and drains whom the rules say. */
export default deployScript<ParameterChanges>(
  async ({ deploy, get, data, namedAccounts: { deployer } }, changes) => {
    const { scoring } = changeParameters(data.parameters, changes);
    const pages = await deploy("ScorePages", { account: deployer, artifact: artifacts.ScorePages, args: [] }, ONCE);

    await deploy(
      "Scores",
      {
        account: deployer,
        artifact: artifacts.Scores,
        args: [get("AccessManager").address, get("OperatorRegistry").address, get("Allocator").address, scoring],
      },
      { ...ONCE, libraries: { ScorePages: pages.address } },
    );
  },
  { tags: ["Scores", "trellis"], dependencies: ["Allocator", "OperatorRegistry"] },
);
