import { artifacts, deployScript, ONCE } from "../rocketh/deploy.ts";

/** One call for what a status screen or a planner needs. Views only: it may be replaced. */
export default deployScript(
  async ({ deploy, get, namedAccounts: { deployer } }) => {
    const args = ["MetaPool", "Allocator", "OperatorRegistry", "Notice"].map((name) => get(name).address);
    await deploy("PoolLens", { account: deployer, artifact: artifacts.PoolLens, args }, ONCE);
  },
  { tags: ["PoolLens", "trellis"], dependencies: ["Notice"] },
);
