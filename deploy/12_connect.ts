import { ZeroAddress } from "ethers";

import { type artifacts, deployScript } from "../rocketh/deploy.ts";
import { changeParameters, type ParameterChanges } from "../rocketh/parameters.ts";

/** Tells pool and registry who the others are, once and for all, and buys the pool's seed shares. */
export default deployScript<ParameterChanges>(
  async ({ get, read, execute, data, namedAccounts: { deployer } }, changes) => {
    const { seed } = changeParameters(data.parameters, changes);
    const metaPool = get<typeof artifacts.MetaPool.abi>("MetaPool");
    const registry = get<typeof artifacts.OperatorRegistry.abi>("OperatorRegistry");
    const allocator = get("Allocator").address;
    const notice = get("Notice").address;

    if ((await read(registry, { functionName: "allocator" })) === ZeroAddress) {
      await execute(registry, {
        account: deployer,
        functionName: "connect",
        args: [metaPool.address, allocator, notice],
      });
    }
    if ((await read(metaPool, { functionName: "allocator" })) === ZeroAddress) {
      await execute(metaPool, {
        account: deployer,
        functionName: "connect",
        args: [allocator, notice],
        value: seed,
      });
    }
  },
  { tags: ["connect", "trellis"], dependencies: ["Notice"] },
);
