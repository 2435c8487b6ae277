import { type artifacts, deployScript } from "../rocketh/deploy.ts";
import { isHandedOver } from "../rocketh/handover.ts";

/** Vouches for the code of the factory's pools. */
export default deployScript(
  async (environment) => {
    const { get, read, execute, namedAccounts } = environment;
    const registry = get<typeof artifacts.OperatorRegistry.abi>("OperatorRegistry");
    const factory = get("StakingPoolFactory").address;

    if (await read(registry, { functionName: "isFactoryWhitelisted", args: [factory] })) return;
    if (await isHandedOver(environment)) return;
    await execute(registry, {
      account: namedAccounts.deployer,
      functionName: "setFactoryWhitelisted",
      args: [factory, true],
    });
  },
  { tags: ["whitelist", "trellis"], dependencies: ["StakingPoolFactory", "roles"] },
);
