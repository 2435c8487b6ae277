import { setupDeployScripts } from "rocketh";

import { type Accounts, type Data, type Extensions, extensions } from "./config.ts";

export const { deployScript } = setupDeployScripts<Extensions, Accounts, Data>(extensions);

/** The compiled contracts, typed, as the build writes them. */
export * as artifacts from "../generated/artifacts/index.js";
