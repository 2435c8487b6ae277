import { PARAMETERISED, parameterDifferences, type Parameters, type ParameterSources } from "../parameters.ts";
import { type Accounts, addressesOf, type NamedAccounts, valueFor } from "./access.ts";
import { findAddress, readAddress } from "./deployment.ts";
import type { Session } from "./session.ts";

const MEMBERS = ["oracle1", "oracle2", "oracle3", "oracle4"] as const;
const ACCOUNTS = ["treasury", ...MEMBERS] as const;

/** What rocketh/config.ts says: accounts and, by network, parameters. */
export interface Files {
  readonly accounts: Accounts & NamedAccounts<(typeof ACCOUNTS)[number]>;
  readonly data: { readonly parameters: Readonly<Record<string, Parameters>> };
}

/** Where parameters on chain are, as of `block`, not what the files say. */
export async function readParameters(session: Session, { accounts, data }: Files, block: number): Promise<string[]> {
  const { provider, place } = session;
  const { deployments, network } = place;
  const missing = PARAMETERISED.find((name) => findAddress(deployments, network, name) === null);
  if (missing !== undefined) return [`cannot be compared with the files: the deployment has no ${missing}`];
  const parameters = valueFor(session, data.parameters);
  if (parameters === undefined) return ["cannot be compared with the files: they have none"];

  const { treasury, ...members } = await addressesOf(session, ACCOUNTS, accounts);
  return parameterDifferences({
    provider,
    block,
    contracts: Object.fromEntries(
      PARAMETERISED.map((name) => [name, readAddress(deployments, network, name)]),
    ) as ParameterSources["contracts"],
    parameters,
    treasury,
    committee: Object.values(members),
  });
}
