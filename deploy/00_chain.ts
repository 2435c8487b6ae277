import { deployScript } from "../rocketh/deploy.ts";

/** Refuses to go on if the network is not the chain that its name stands for. */
export default deployScript(
  async ({ name, data, network }) => {
    const chainId = Number(await network.provider.request({ method: "eth_chainId" }));
    if (chainId !== data.chainId) {
      throw new Error(`The network "${name}" must have chain id ${data.chainId}, but its node says ${chainId}.`);
    }
  },
  { tags: ["chain", "trellis"] },
);
