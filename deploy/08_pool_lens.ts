import { artifacts, deployScript, ONCE } from "../rocketh/deploy.ts";

/** Reads everything in one place; holds nothing, so that a better one can stand beside it. */
export default deployScript(
  async ({ deploy, get, namedAccounts: { deployer } }) => {
    await deploy(
      "PoolLens",
      {
        account: deployer,
        artifact: artifacts.PoolLens,
        args: [
          get("MetaPool").address,
          get("Allocator").address,
          get("OperatorRegistry").address,
          get("Notice").address,
        ],
      },
      ONCE,
    );
  },
  { tags: ["PoolLens", "trellis"], dependencies: ["Notice"] },
);
