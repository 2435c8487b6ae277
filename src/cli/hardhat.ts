import { network } from "hardhat";

import type { Connect } from "./session.ts";

/** Connects through hardhat.config.ts. Without keys nobody is asked for a password. */
export const connectHardhat: Connect = ({ network: name, rpc }, keys) =>
  network.create({
    network: name,
    override: {
      ...(rpc === undefined ? {} : { url: rpc }),
      ...(keys || name === "default" ? {} : { accounts: "remote" }),
    },
  });
