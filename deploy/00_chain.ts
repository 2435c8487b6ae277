import { getAddress, isAddress, ZeroAddress } from "ethers";

import { deployScript, refusal } from "../rocketh/deploy.ts";

/**
 * Refuses to go on if the network is not the chain that its name stands for, or if who is named for it cannot do. Later
 * steps would find out with half of the contracts on chain.
 */
export default deployScript(
  async ({ name, data, network, namedAccounts }) => {
    const chainId = Number(await network.provider.request({ method: "eth_chainId" }));
    if (chainId !== data.chainId) {
      throw refusal(`The network "${name}" must have chain id ${data.chainId}, but its node says ${chainId}.`);
    }

    for (const [part, account] of Object.entries(namedAccounts)) {
      if (isAddress(account) && account !== ZeroAddress) continue;
      throw refusal(
        `rocketh/config.ts names ${account} as ${part} of the network "${name}", which is no account's address.`,
      );
    }

    const { deployer, ...others } = namedAccounts;
    for (const [part, account] of Object.entries(others)) {
      if (getAddress(account) !== getAddress(deployer)) continue;
      throw refusal(`The deployer cannot hand over to itself: it is the ${part}, too.`);
    }

    const { oracle1, oracle2, oracle3, oracle4 } = namedAccounts;
    const members = [oracle1, oracle2, oracle3, oracle4].map((member) => getAddress(member));
    const twice = members.find((member, index) => members.indexOf(member) < index);
    if (twice !== undefined) {
      throw refusal(`The members of the committee have to differ, and ${twice} is named twice.`);
    }
  },
  { tags: ["chain", "trellis"] },
);
