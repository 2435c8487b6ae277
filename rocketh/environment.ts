import { setupEnvironmentFromFiles } from "@rocketh/node";
import { setupHardhatDeploy } from "hardhat-deploy/helpers";

import { type Accounts, type Data, type Extensions, extensions } from "./config.ts";

/** Runs the deploy scripts against any provider. */
export const { loadAndExecuteDeploymentsFromFiles } = setupEnvironmentFromFiles<Extensions, Accounts, Data>(extensions);

/** Reads what an earlier deployment recorded. */
export const { loadEnvironmentFromHardhat } = setupHardhatDeploy<Extensions, Accounts, Data>(extensions);
