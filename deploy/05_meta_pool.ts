import { artifacts, BEHIND_PROXY, deployScript, ONCE } from "../rocketh/deploy.ts";
import { changeParameters, type ParameterChanges } from "../rocketh/parameters.ts";

/** Users' money, shares and exits. */
export default deployScript<ParameterChanges>(
  async ({ deploy, deployViaProxy, get, data, namedAccounts: { deployer, treasury } }, changes) => {
    const { name, symbol, epochLength, pool } = changeParameters(data.parameters, changes);
    const book = await deploy("PoolBook", { account: deployer, artifact: artifacts.PoolBook, args: [] }, ONCE);

    await deployViaProxy(
      "MetaPool",
      { account: deployer, artifact: artifacts.MetaPool, args: [BigInt(epochLength)] },
      {
        ...BEHIND_PROXY,
        libraries: { PoolBook: book.address },
        execute: {
          methodName: "initialize",
          args: [get("AccessManager").address, name, symbol, { ...pool, treasury }],
        },
      },
    );
  },
  { tags: ["MetaPool", "trellis"], dependencies: ["AccessManager"] },
);
