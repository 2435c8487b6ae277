import { artifacts, deployScript, ONCE } from "../rocketh/deploy.ts";

/** Makes every change that can hurt a staker wait until who wants to leave has left. */
export default deployScript(
  async ({ deploy, get, namedAccounts: { deployer } }) => {
    await deploy(
      "Notice",
      {
        account: deployer,
        artifact: artifacts.Notice,
        args: [
          get("AccessManager").address,
          get("MetaPool").address,
          get("Allocator").address,
          get("OperatorRegistry").address,
        ],
      },
      ONCE,
    );
  },
  { tags: ["Notice", "trellis"], dependencies: ["Allocator"] },
);
