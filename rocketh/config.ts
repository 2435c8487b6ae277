import * as deployExtension from "@rocketh/deploy";
import * as proxyExtension from "@rocketh/proxy";
import * as readExecuteExtension from "@rocketh/read-execute";
import type { UserConfig } from "rocketh/types";

import { PARAMETERS } from "./parameters.ts";

/**
 * Who does what in a deployment. The numbers index the accounts of the network. A public network has one, the deployer's:
 * there everyone else gets an address here, as in `{ default: 1, hoodi: "0x…" }`, and without it nothing is deployed.
 */
export const config = {
  accounts: {
    deployer: { default: 0 },
    governance: { default: 1 },
    guardian: { default: 2 },
    attester: { default: 3 },
    foundation: { default: 4 },
    treasury: { default: 5 },
    oracle1: { default: 6 },
    oracle2: { default: 7 },
    oracle3: { default: 8 },
    oracle4: { default: 9 },
  },
  data: {
    parameters: PARAMETERS,
    /** What the network must say that it is: whoever points a name at another chain is refused. */
    chainId: { default: 31337, hoodi: 560048, sepolia: 11155111 },
  },
  chains: {
    // viem does not know the in-process chain by this id; without this entry every run warns.
    31337: {
      info: {
        id: 31337,
        name: "Hardhat",
        nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
        rpcUrls: { default: { http: ["http://127.0.0.1:8545"] } },
      },
    },
  },
} as const satisfies UserConfig;

export const extensions = { ...deployExtension, ...proxyExtension, ...readExecuteExtension };

export type Extensions = typeof extensions;
export type Accounts = typeof config.accounts;
export type Data = typeof config.data;
