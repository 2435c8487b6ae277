import { artifacts, deployScript, ONCE } from "../rocketh/deploy.ts";

/** What named parties attest of operators; no other contract reads it. */
export default deployScript(
  async ({ deploy, get, namedAccounts: { deployer } }) => {
    await deploy(
      "Attributes",
      {
        account: deployer,
        artifact: artifacts.Attributes,
        args: [get("AccessManager").address, get("OperatorRegistry").address],
      },
      ONCE,
    );
  },
  { tags: ["Attributes", "trellis"], dependencies: ["OperatorRegistry"] },
);
