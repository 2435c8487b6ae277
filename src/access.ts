import { getAddress, id, type Log, type Provider } from "ethers";

import { formatTime } from "./cli/amounts.ts";
import { type Blocks, inRanges } from "./logs.ts";
import { MANAGED, type ManagedContract, type Member, RESTRICTIONS, roleIdOf, roleInWords, ROLES } from "./roles.ts";
import { AccessManager__factory, MetaPool__factory } from "../types/index.ts";

/** What is compared; the first block is that of the AccessManager. */
export interface AccessSources extends Blocks {
  readonly accessManager: string;
  readonly provider: Provider;
  readonly contracts: Readonly<Record<ManagedContract, string>>;
  /** Everyone who is to hold a role. */
  readonly members: readonly Member[];
}

/** Something that an AccessManager remembers, such as "the admin of role 2". */
interface Setting {
  readonly subject: string;
  readonly value: string;
  /** What it is as long as nobody sets it. */
  readonly initial: string;
}

const EVENTS = AccessManager__factory.createInterface();
const NOT_HELD = "not held";
const NO_DELAY = "0 s";
const NO_ROLE = roleInWords(ROLES.admin);

/**
 * Where access differs from what src/roles.ts and `members` say, each as half a sentence that names the difference; empty
 * if it is the same. All logs of the AccessManager count: nobody is left out for not being known. What takes effect only
 * later is a difference, too.
 */
export async function accessDifferences(sources: AccessSources): Promise<string[]> {
  const { accessManager: address, provider, contracts, lastBlock } = sources;
  const now = BigInt((await provider.getBlock(lastBlock))?.timestamp ?? 0);
  const logs = await inRanges(sources, (fromBlock, toBlock) => [provider.getLogs({ address, fromBlock, toBlock })]);
  const found = [...logs.flatMap((log) => settingsOf(log, contracts, now)), ...(await readAuthorities(sources))];

  return differencesOf(found, expectedSettings(sources));
}

/** The last setting of a subject counts. */
function differencesOf(found: readonly Setting[], expected: readonly Setting[]): string[] {
  const values = new Map(found.map(({ subject, value }) => [subject, value]));
  const wanted = new Map(expected.map(({ subject, value }) => [subject, value]));
  const initials = new Map([...found, ...expected].map(({ subject, initial }) => [subject, initial]));
  return [...initials].flatMap(([subject, initial]) => {
    const value = values.get(subject) ?? initial;
    const want = wanted.get(subject) ?? initial;
    return value === want ? [] : [`${subject} is ${value}, and the files say ${want}`];
  });
}

function expectedSettings({ contracts, members }: AccessSources): Setting[] {
  return [
    ...members.map(({ role, account }) => membership(role, getAddress(account), "held")),
    ...RESTRICTIONS.map((restriction) => {
      const selector = id(restriction.signature).slice(0, 10);
      return functionRole(contracts, contracts[restriction.contract], selector, roleIdOf(restriction));
    }),
  ];
}

async function readAuthorities({ accessManager, provider, contracts, lastBlock }: AccessSources): Promise<Setting[]> {
  return Promise.all(
    MANAGED.map(async (name) => ({
      subject: `the authority of ${name}`,
      // All managed contracts answer this alike.
      value: await MetaPool__factory.connect(contracts[name], provider).authority({ blockTag: lastBlock }),
      initial: getAddress(accessManager),
    })),
  );
}

/** What a log says is set from now on. */
function settingsOf(log: Log, contracts: AccessSources["contracts"], now: bigint): Setting[] {
  const event = EVENTS.parseLog(log);
  if (event === null) return [];
  const number = (name: string): bigint => event.args.getValue(name) as bigint;
  const text = (name: string): string => event.args.getValue(name) as string;
  const later = (): string => (number("since") > now ? ` from ${formatTime(number("since"))}` : "");
  switch (event.name) {
    case "RoleGranted": {
      const [role, account] = [number("roleId"), text("account")];
      // `since` is of the membership if that is new, else of the delay.
      return event.args.getValue("newMember") === true
        ? [membership(role, account, `held${later()}`), executionDelay(role, account, `${number("delay")} s`)]
        : [executionDelay(role, account, `${number("delay")} s${later()}`)];
    }
    case "RoleRevoked": {
      const [role, account] = [number("roleId"), text("account")];
      return [membership(role, account, NOT_HELD), executionDelay(role, account, NO_DELAY)];
    }
    case "RoleAdminChanged":
      return [ofRole(`the admin of ${roleInWords(number("roleId"))}`, number("admin"))];
    case "RoleGuardianChanged":
      return [ofRole(`the guardian of ${roleInWords(number("roleId"))}`, number("guardian"))];
    case "RoleGrantDelayChanged":
      return [delay(`the grant delay of ${roleInWords(number("roleId"))}`, `${number("delay")} s${later()}`)];
    case "TargetClosed": {
      const value = event.args.getValue("closed") === true ? "closed" : "open";
      return [{ subject: nameOf(contracts, text("target")), value, initial: "open" }];
    }
    case "TargetFunctionRoleUpdated":
      return [functionRole(contracts, text("target"), text("selector"), number("roleId"))];
    case "TargetAdminDelayUpdated":
      return [delay(`the admin delay of ${nameOf(contracts, text("target"))}`, `${number("delay")} s${later()}`)];
    default:
      return [];
  }
}

function membership(role: bigint, account: string, value: string): Setting {
  return { subject: `${roleInWords(role)} of ${account}`, value, initial: NOT_HELD };
}

function executionDelay(role: bigint, account: string, value: string): Setting {
  return delay(`the execution delay of ${roleInWords(role)} of ${account}`, value);
}

function delay(subject: string, value: string): Setting {
  return { subject, value, initial: NO_DELAY };
}

function ofRole(subject: string, role: bigint): Setting {
  return { subject, value: roleInWords(role), initial: NO_ROLE };
}

function functionRole(contracts: AccessSources["contracts"], target: string, selector: string, role: bigint): Setting {
  const contract = nameOf(contracts, target);
  const restriction = RESTRICTIONS.find(
    (candidate) => candidate.contract === contract && id(candidate.signature).startsWith(selector),
  );
  return ofRole(`the role of ${contract}.${restriction?.signature ?? selector}`, role);
}

/** A contract's name, or the address of one that is not of the deployment. */
function nameOf(contracts: AccessSources["contracts"], target: string): string {
  return MANAGED.find((name) => getAddress(contracts[name]) === getAddress(target)) ?? target;
}
