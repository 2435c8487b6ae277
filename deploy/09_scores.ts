import { artifacts, deployScript, ONCE } from "../rocketh/deploy.ts";

/** What reports are handed to. */
export default deployScript(
  async ({ deploy, namedAccounts: { deployer } }) => {
    await deploy("Scores", { account: deployer, artifact: artifacts.RecordingScores, args: [] }, ONCE);
  },
  { tags: ["Scores", "trellis"], dependencies: ["chain"] },
);
