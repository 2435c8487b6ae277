/** The roles of the AccessManager, as in contracts/libraries/Roles.sol. */
export const ROLES = {
  admin: 0n,
  governance: 1n,
  guardian: 2n,
  scorer: 3n,
  foundation: 4n,
  reporter: 5n,
  attester: 6n,
} as const;

export type Role = keyof typeof ROLES;

/** Marks the role that only Notice holds, so that members of the role without it can announce a call but not make it. */
export const NOTICE_BIT = 1n << 32n;

/** The contracts that ask the AccessManager who may call them. */
export const MANAGED = ["MetaPool", "Allocator", "OperatorRegistry", "Scores", "ReportOracle", "Attributes"] as const;

export type ManagedContract = (typeof MANAGED)[number];

/** One function that not everyone may call. */
export interface Restriction {
  readonly contract: ManagedContract;
  readonly signature: string;
  readonly role: Role;
  /** Whether only Notice may make the call, after the role has announced it. */
  readonly notice: boolean;
}

/** The role that `role` becomes for a function that needs notice. */
export function noticed(role: Role): bigint {
  return ROLES[role] | NOTICE_BIT;
}

/** A role in words, such as "role 4294967297 (noticed governance)". */
export function roleInWords(id: bigint): string {
  const role = (Object.keys(ROLES) as Role[]).find((name) => ROLES[name] === (id & ~NOTICE_BIT));
  if (role === undefined) return `role ${id}`;
  return `role ${id} (${id === ROLES[role] ? role : `noticed ${role}`})`;
}

/** The role that the AccessManager is told for a function. */
export function roleIdOf(restriction: Restriction): bigint {
  return restriction.notice ? noticed(restriction.role) : ROLES[restriction.role];
}

/**
 * What Notice holds after the handover: nobody else holds the first three; the last two let it carry out, beyond the
 * guardian share, what guardian and foundation may do at once within it.
 */
export const NOTICE_ROLES: readonly bigint[] = [
  ROLES.admin,
  noticed("governance"),
  noticed("foundation"),
  ROLES.guardian,
  ROLES.foundation,
];

/** Who holds a role after the handover: an account of rocketh/config.ts, or a contract. */
export const MEMBERS = [
  { role: ROLES.governance, holder: "governance" },
  { role: ROLES.guardian, holder: "guardian" },
  { role: ROLES.scorer, holder: "Scores" },
  { role: ROLES.foundation, holder: "foundation" },
  { role: ROLES.reporter, holder: "ReportOracle" },
  { role: ROLES.attester, holder: "attester" },
  ...NOTICE_ROLES.map((role) => ({ role, holder: "Notice" as const })),
] as const;

export type Holder = (typeof MEMBERS)[number]["holder"];

/** What the deployer holds until the handover, to set up and to list operators in the place of Notice. */
export const DEPLOYER_ROLES: readonly bigint[] = [ROLES.admin, noticed("governance"), noticed("foundation")];

/** An account that holds a role. */
export interface Member {
  readonly role: bigint;
  readonly account: string;
}

/** `MEMBERS` with their addresses; who has none is left out. */
export function membersOf(addresses: Readonly<Partial<Record<Holder, string>>>): Member[] {
  return MEMBERS.flatMap(({ role, holder }) => {
    const account = addresses[holder];
    return account === undefined ? [] : [{ role, account }];
  });
}

const UPGRADE = "upgradeToAndCall(address,bytes)";
const RENOUNCE = "renounceUpgrades()";

const META_POOL: readonly Restriction[] = [
  { contract: "MetaPool", signature: "connect(address,address)", role: "admin", notice: false },
  { contract: "MetaPool", signature: "pauseStaking(uint256)", role: "guardian", notice: false },
  { contract: "MetaPool", signature: "resumeStaking()", role: "guardian", notice: false },
  {
    contract: "MetaPool",
    signature: "setParameters((uint16,uint16,uint96,address))",
    role: "governance",
    notice: true,
  },
  { contract: "MetaPool", signature: UPGRADE, role: "governance", notice: true },
  { contract: "MetaPool", signature: RENOUNCE, role: "governance", notice: true },
];

const ALLOCATOR: readonly Restriction[] = [
  {
    contract: "Allocator",
    signature: "setParameters((uint16,uint16,uint16,uint16,uint16,uint16,uint96))",
    role: "governance",
    notice: true,
  },
  { contract: "Allocator", signature: "clearWriteDown(uint256)", role: "governance", notice: true },
  { contract: "Allocator", signature: UPGRADE, role: "governance", notice: true },
  { contract: "Allocator", signature: RENOUNCE, role: "governance", notice: true },
];

const OPERATOR_REGISTRY: readonly Restriction[] = [
  { contract: "OperatorRegistry", signature: "connect(address,address,address)", role: "admin", notice: false },
  { contract: "OperatorRegistry", signature: "setFactoryWhitelisted(address,bool)", role: "foundation", notice: true },
  { contract: "OperatorRegistry", signature: "whitelistPool(address)", role: "foundation", notice: false },
  { contract: "OperatorRegistry", signature: "unwhitelistPool(address)", role: "foundation", notice: false },
  {
    contract: "OperatorRegistry",
    signature: "list((address,address,uint24,uint24,uint24,uint96,uint40))",
    role: "governance",
    notice: true,
  },
  { contract: "OperatorRegistry", signature: "reinstate(uint256)", role: "governance", notice: true },
  { contract: "OperatorRegistry", signature: "clearWatch(uint256)", role: "governance", notice: true },
  {
    contract: "OperatorRegistry",
    signature: "setWeightBounds(uint256,uint24,uint24)",
    role: "governance",
    notice: true,
  },
  { contract: "OperatorRegistry", signature: "setAbsoluteCap(uint256,uint96)", role: "governance", notice: true },
  { contract: "OperatorRegistry", signature: "setGroups(uint256,uint40)", role: "governance", notice: true },
  {
    contract: "OperatorRegistry",
    signature: "setGroup(uint256,(uint8,uint16,uint16,uint96))",
    role: "governance",
    notice: true,
  },
  {
    contract: "OperatorRegistry",
    signature: "setPolicy((uint16,uint16,uint16,uint16))",
    role: "governance",
    notice: true,
  },
  { contract: "OperatorRegistry", signature: "setTenureGroup(uint256)", role: "governance", notice: true },
  { contract: "OperatorRegistry", signature: "setDimensionMode(uint8,uint8)", role: "governance", notice: true },
  { contract: "OperatorRegistry", signature: UPGRADE, role: "governance", notice: true },
  { contract: "OperatorRegistry", signature: RENOUNCE, role: "governance", notice: true },
  { contract: "OperatorRegistry", signature: "drain(uint256)", role: "guardian", notice: false },
  { contract: "OperatorRegistry", signature: "delist(uint256)", role: "guardian", notice: false },
  { contract: "OperatorRegistry", signature: "lowerAbsoluteCap(uint256,uint96)", role: "guardian", notice: false },
  {
    contract: "OperatorRegistry",
    signature: "lowerGroupCaps(uint256,uint16,uint16,uint96)",
    role: "guardian",
    notice: false,
  },
  { contract: "OperatorRegistry", signature: "watch(uint256)", role: "guardian", notice: false },
  { contract: "OperatorRegistry", signature: "setWeights(uint256[],uint24[])", role: "scorer", notice: false },
  { contract: "OperatorRegistry", signature: "watchByReport(uint256)", role: "scorer", notice: false },
  { contract: "OperatorRegistry", signature: "liftWatch(uint256)", role: "scorer", notice: false },
  { contract: "OperatorRegistry", signature: "drainByReport(uint256)", role: "scorer", notice: false },
  { contract: "OperatorRegistry", signature: "readmit(uint256)", role: "scorer", notice: false },
  { contract: "OperatorRegistry", signature: "noteScores(uint256)", role: "scorer", notice: false },
];

const REPORTS: readonly Restriction[] = [
  {
    contract: "Scores",
    signature: "record(uint256,uint256,(uint32,uint32,bool,uint16,uint96,uint96,uint96,uint96)[])",
    role: "reporter",
    notice: false,
  },
  { contract: "Scores", signature: "close(uint256,uint256,uint256)", role: "reporter", notice: false },
  {
    contract: "Scores",
    signature: "setParameters((uint16,uint16,uint16,uint8,uint16,uint16,uint16,uint16,uint96))",
    role: "governance",
    notice: true,
  },
  { contract: "Scores", signature: "resolveReward(uint256,uint256)", role: "governance", notice: true },
  { contract: "Scores", signature: "resolveSlash(uint256,bool)", role: "governance", notice: true },
  { contract: "Scores", signature: "pardon(uint256)", role: "governance", notice: true },
  { contract: "ReportOracle", signature: "setCommittee(address[],uint256)", role: "governance", notice: true },
  { contract: "Attributes", signature: "attest(uint256,uint8,uint8,string)", role: "attester", notice: false },
];

/** Every restricted function; docs/roles.md says what each can and cannot do to a staker. */
export const RESTRICTIONS: readonly Restriction[] = [...META_POOL, ...ALLOCATOR, ...OPERATOR_REGISTRY, ...REPORTS];
