import { accessDifferences } from "../access.ts";
import { type Holder, MANAGED, type ManagedContract, membersOf } from "../roles.ts";
import { findAddress, readAddress, readBlock } from "./deployment.ts";
import type { Session } from "./session.ts";

const CONTRACTS = ["Scores", "ReportOracle", "Notice"] as const satisfies readonly Holder[];
const ACCOUNTS = ["governance", "guardian", "foundation", "attester"] as const satisfies readonly Holder[];

/** Who does what, as in rocketh/config.ts: by network an address, or an index among the accounts of its node. */
export type NamedAccounts<Name extends string> = Readonly<Record<Name, Readonly<Record<string, string | number>>>>;

export type Accounts = NamedAccounts<(typeof ACCOUNTS)[number]>;

/** Where roles on chain are, as of `block`, not what the files say. */
export async function readAccess(session: Session, accounts: Accounts, block: number): Promise<string[]> {
  const { provider, place } = session;
  const { deployments, network } = place;
  const addressOf = (name: string): string => readAddress(deployments, network, name);
  const missing = ["AccessManager", ...CONTRACTS, ...MANAGED].find(
    (name) => findAddress(deployments, network, name) === null,
  );
  if (missing !== undefined) return [`access cannot be compared with the files: the deployment has no ${missing}`];

  return accessDifferences({
    accessManager: addressOf("AccessManager"),
    provider,
    firstBlock: readBlock(deployments, network, "AccessManager"),
    lastBlock: block,
    contracts: Object.fromEntries(MANAGED.map((name) => [name, addressOf(name)])) as Record<ManagedContract, string>,
    members: membersOf({
      ...Object.fromEntries(CONTRACTS.map((name) => [name, addressOf(name)])),
      ...(await addressesOf(session, ACCOUNTS, accounts)),
    }),
  });
}

/** What files say for the session's network. */
export function valueFor<T>({ place, deployment }: Session, by: Readonly<Record<string, T>>): T | undefined {
  return by[place.network] ?? by[deployment.chainId.toString()] ?? by.default;
}

/** The addresses of accounts. Who is named by an index at a node without accounts has none. */
export async function addressesOf<Name extends string>(
  session: Session,
  names: readonly Name[],
  accounts: NamedAccounts<Name>,
): Promise<Partial<Record<Name, string>>> {
  const { connection } = session;
  const named = names.map((name) => ({ name, account: valueFor(session, accounts[name]) }));
  const isByIndex = named.some(({ account }) => typeof account === "number");
  const signers = isByIndex ? await connection.ethers.getSigners() : [];
  return Object.fromEntries(
    named.map(({ name, account }) => [name, typeof account === "number" ? signers[account]?.address : account]),
  ) as Partial<Record<Name, string>>;
}
