import { type artifacts, deployScript } from "../rocketh/deploy.ts";
import { isHandedOver } from "../rocketh/handover.ts";
import { changeParameters, NO_CAP, NO_SHARE, type ParameterChanges } from "../rocketh/parameters.ts";

/** As in contracts/libraries/Tenure.sol. */
const DIMENSION = 5;

/** The group that operators sit in while they ramp: what all of them may hold together. */
export default deployScript<ParameterChanges>(
  async (environment, changes) => {
    const { get, read, execute, data, namedAccounts } = environment;
    const { deployer } = namedAccounts;
    const { tenure } = changeParameters(data.parameters, changes);
    const registry = get<typeof artifacts.OperatorRegistry.abi>("OperatorRegistry");

    if (tenure.poolShareBps === 0 || (await isHandedOver(environment))) return;
    if ((await read(registry, { functionName: "tenureGroup" })) !== 0n) return;

    // The last group is it, if a run broke off between the two transactions.
    const count = await read(registry, { functionName: "groupCount" });
    const last = await read(registry, { functionName: "statedGroup", args: [count] });
    const isMade = last.dimension === DIMENSION && last.poolShareBps === tenure.poolShareBps;
    const group = isMade ? count : count + 1n;
    if (!isMade) {
      const caps = {
        dimension: DIMENSION,
        poolShareBps: tenure.poolShareBps,
        netShareBps: NO_SHARE,
        absoluteCap: NO_CAP,
      };
      await execute(registry, { account: deployer, functionName: "setGroup", args: [group, caps] });
    }
    await execute(registry, { account: deployer, functionName: "setTenureGroup", args: [group] });
  },
  { tags: ["tenure", "trellis"], dependencies: ["connect", "roles"] },
);
