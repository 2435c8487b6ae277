import { artifacts, deployScript, ONCE } from "../rocketh/deploy.ts";

/** Who may call what. The deployer is the first admin, until the handover. */
export default deployScript(
  async ({ deploy, namedAccounts: { deployer } }) => {
    await deploy("AccessManager", { account: deployer, artifact: artifacts.AccessManager, args: [deployer] }, ONCE);
  },
  { tags: ["AccessManager", "trellis"], dependencies: ["chain"] },
);
