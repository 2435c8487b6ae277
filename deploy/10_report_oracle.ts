import { artifacts, deployScript, ONCE } from "../rocketh/deploy.ts";
import { changeParameters, type ParameterChanges } from "../rocketh/parameters.ts";

/** What operators did, reported by a quorum of the committee. */
export default deployScript<ParameterChanges>(
  async ({ deploy, get, data, namedAccounts: { deployer, oracle1, oracle2, oracle3, oracle4 } }, changes) => {
    const { committee } = changeParameters(data.parameters, changes);
    await deploy(
      "ReportOracle",
      {
        account: deployer,
        artifact: artifacts.ReportOracle,
        args: [
          get("AccessManager").address,
          get("Allocator").address,
          get("OperatorRegistry").address,
          get("Scores").address,
          [oracle1, oracle2, oracle3, oracle4],
          BigInt(committee.quorum),
        ],
      },
      ONCE,
    );
  },
  { tags: ["ReportOracle", "trellis"], dependencies: ["Allocator", "Scores"] },
);
