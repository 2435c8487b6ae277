import { type artifacts, deployScript } from "../rocketh/deploy.ts";
import { isHandedOver } from "../rocketh/handover.ts";
import { changeParameters, NO_CAP, NO_SHARE, type ParameterChanges } from "../rocketh/parameters.ts";

/** As in contracts/libraries/Tenure.sol. */
const DIMENSION = 5;
const GROUP = 1n;

/** The group that operators sit in while they ramp: what all of them may hold together. It is the first group. */
export default deployScript<ParameterChanges>(
  async (environment, changes) => {
    const { get, read, execute, data, namedAccounts } = environment;
    const { deployer } = namedAccounts;
    const { tenure } = changeParameters(data.parameters, changes);
    const registry = get<typeof artifacts.OperatorRegistry.abi>("OperatorRegistry");

    if (tenure.poolShareBps === 0 || (await isHandedOver(environment))) return;
    if ((await read(registry, { functionName: "groupCount" })) === 0n) {
      const caps = {
        dimension: DIMENSION,
        poolShareBps: tenure.poolShareBps,
        netShareBps: NO_SHARE,
        absoluteCap: NO_CAP,
      };
      await execute(registry, { account: deployer, functionName: "setGroup", args: [GROUP, caps] });
    }
    if ((await read(registry, { functionName: "tenureGroup" })) !== 0n) return;
    await execute(registry, { account: deployer, functionName: "setTenureGroup", args: [GROUP] });
  },
  { tags: ["tenure", "trellis"], dependencies: ["connect", "roles"] },
);
