import type { ProxyDeployOptions } from "@rocketh/proxy";
import { HardhatPluginError } from "hardhat/plugins";
import { setupDeployScripts } from "rocketh";

import { type Accounts, type Data, type Extensions, extensions } from "./config.ts";
import * as artifacts from "../generated/artifacts/index.js";

export const { deployScript } = setupDeployScripts<Extensions, Accounts, Data>(extensions);

/** What a deploy script is given. */
export type DeployEnvironment = Parameters<Parameters<typeof deployScript>[0]>[0];

/** What the caller can put right: Hardhat prints the sentence and no stack. */
export function refusal(sentence: string): HardhatPluginError {
  return new HardhatPluginError("trellis", sentence);
}

/** The compiled contracts, typed, as the build writes them. */
export { artifacts };

/** A contract that was deployed stays: what has a proxy changes by an upgrade, with notice. */
export const ONCE = { skipIfAlreadyDeployed: true } as const;

/** An ERC-1967 proxy of our own build. Deployed once, too: a second run neither upgrades nor initialises again. */
export const BEHIND_PROXY: ProxyDeployOptions = {
  proxyContract: { type: "custom", artifact: artifacts.ERC1967Proxy, args: ["{implementation}", "{data}"] },
  checkABIConflict: false,
  checkProxyAdmin: false,
  upgradeIndex: 0,
};
