/**
 * Who may call what, by hand: every function of every deployed contract, its callers, and why. access.test.ts compares
 * the rows with the compiled ABIs, and calls each function as each caller. Whoever adds a function adds its row here;
 * what comes from OpenZeppelin says from which contract, or it is not meant.
 */

/** Everybody who could call: people, holders of roles, and the contracts themselves. */
export const CALLERS = [
  "stranger",
  "staker",
  "deployer",
  "treasury",
  "governance",
  "guardian",
  "scores", // hold the scorer's role
  "foundation", // owns DevNetwork, too
  "member", // of the committee
  "attester",
  "poolOwner",
  "heir", // to whom a pool's and DevNetwork's ownership is being transferred
  "metaPool",
  "allocator",
  "registry",
  "notice",
  "accessManager",
  "network",
  "factory",
  "reportOracle",
  "pool",
] as const;

export type Caller = (typeof CALLERS)[number];

export interface Access {
  /** Who is not refused for who it is. */
  readonly who: "anyone" | readonly Caller[];
  /** The error that refuses everybody else; by default its argument is the caller. */
  readonly refusal?: string;
  readonly why: string;
  readonly payable?: true;
  /** The contract of OpenZeppelin that it comes from; absent for our own. */
  readonly from?: string;
}

export interface ContractAccess {
  /** What can change something. `receive()` is plain ether. */
  readonly calls: Readonly<Record<string, Access>>;
  /** Our own views: anyone's. */
  readonly views: readonly string[];
  /** OpenZeppelin's views, by the contract that they come from. */
  readonly inheritedViews?: Readonly<Record<string, readonly string[]>>;
}

type Options = Pick<Access, "payable" | "from">;

const PAYABLE = { payable: true } as const;
const UUPS = { from: "UUPSUpgradeable", payable: true } as const;
const MANAGED = { from: "AccessManagedUpgradeable" } as const;
const MANAGED_FOR_EVER = { from: "AccessManaged" } as const;
const TWO_STEPS = { from: "Ownable2StepUpgradeable" } as const;

const anyone = (why: string, options: Options = {}): Access => ({ who: "anyone", why, ...options });

const only = (refusal: string, who: readonly Caller[], why: string, options: Options = {}): Access => ({
  who,
  refusal,
  why,
  ...options,
});

const role = (who: readonly Caller[], why: string, options: Options = {}) =>
  only("AccessManagedUnauthorized", who, why, options);

/** What needs notice is called by Notice alone. */
const noticed = (why: string, options: Options = {}) => role(["notice"], why, options);

const allocatorOnly = (why: string, options: Options = {}) => only("OnlyAllocator", ["allocator"], why, options);
const selfOnly = (why: string) => only("OnlySelf", ["allocator"], why);
const ownerOnly = (why: string, options: Options = {}) =>
  only("OwnableUnauthorizedAccount", ["poolOwner"], why, options);
const networkOwnerOnly = (why: string, options: Options = {}) =>
  only("OwnableUnauthorizedAccount", ["foundation"], why, options);

const INITIALIZED = "the proxy was initialised in the transaction that created it";
const WIRED =
  "wires the contracts before the handover; since then the admin is Notice, and it reverts when called again";
const UPGRADE = "every rule could change";
const RENOUNCE = "cannot be undone";
const AUTHORITY = "the AccessManager alone moves its targets, when its admin, Notice, tells it to";

const META_POOL: ContractAccess = {
  calls: {
    "receive()": only("UnexpectedEther", [], "ether comes in by a function that books it"),
    "initialize(address,string,string,(uint16,uint16,uint96,address))": only("InvalidInitialization", [], INITIALIZED),

    "deposit()": anyone("adds to the caller's own free balance", PAYABLE),
    "deposit_and_stake()": anyone("stakes the caller's ether", PAYABLE),
    "stakeFor(address,uint256,uint256)": anyone(
      "stakes the caller's ether for someone else, who can only gain",
      PAYABLE,
    ),
    "stake(uint256)": anyone("stakes the caller's own balance"),
    "stake_all()": anyone("stakes the caller's own balance"),
    "unstake(uint256)": anyone("P1: leaving is permissionless"),
    "unstake_all()": anyone("P1: leaving is permissionless"),
    "unstakeShares(uint256,uint256)": anyone("P1: leaving is permissionless"),
    "unstakeInstant(uint256,uint256,address)": anyone("P1: burns the caller's own shares"),
    "withdraw(uint256)": anyone("P1: leaving is permissionless"),
    "withdraw_all()": anyone("P1: leaving is permissionless"),
    "withdrawTo(address,uint256)": anyone("P1: pays out the caller's own balance"),
    "withdrawFor(address)": anyone("pays the account itself, so that a keeper can finish an exit"),
    "ping()": anyone("P3: periodic work is open to anyone"),
    "fundExits(uint256)": anyone("P3: periodic work is open to anyone"),

    "beginRound()": allocatorOnly("numbers the batches of exits"),
    "report(uint256,uint256)": allocatorOnly("moves the price", PAYABLE),
    "reportWriteDown(uint256)": allocatorOnly("moves the price"),
    "endWriteDown(uint256,uint256,uint256,uint256)": allocatorOnly("moves the price"),
    "endRound(uint256,uint256,uint256)": allocatorOnly("takes the fee and lets exits be funded"),
    "fund(uint256)": allocatorOnly("takes ether for operators"),

    "connect(address,address)": role(["notice"], WIRED, PAYABLE),
    "setParameters((uint16,uint16,uint96,address))": noticed("the fee and the buffer target can hurt"),
    "pauseStaking(uint256)": role(["guardian", "notice"], "stops who enters; whoever leaves needs nobody"),
    "resumeStaking()": role(["guardian", "notice"], "ends the guardian's own pause"),
    "renounceUpgrades()": noticed(RENOUNCE),

    "upgradeToAndCall(address,bytes)": noticed(UPGRADE, UUPS),
    "setAuthority(address)": role(["accessManager"], AUTHORITY, MANAGED),
    "transfer(address,uint256)": anyone("moves the caller's own shares", { from: "ERC20Upgradeable" }),
    "approve(address,uint256)": anyone("lets somebody move the caller's own shares", { from: "ERC20Upgradeable" }),
    "transferFrom(address,address,uint256)": anyone("within an allowance that the owner gave", {
      from: "ERC20Upgradeable",
    }),
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)": anyone("carries the owner's signature", {
      from: "ERC20PermitUpgradeable",
    }),
  },
  views: [
    "allocator()",
    "balanceOf(address)",
    "batchOf(uint256)",
    "convertToAssets(uint256)",
    "convertToShares(uint256)",
    "epochLength()",
    "exitsOf(address)",
    "fillingBatch()",
    "fundedThrough()",
    "getBook()",
    "getRate()",
    "get_account(address)",
    "get_account_staked_balance(address)",
    "get_account_total_balance(address)",
    "get_account_unstaked_balance(address)",
    "get_accounts(uint256,uint256)",
    "get_number_of_accounts()",
    "get_owner_id()",
    "get_reward_fee_fraction()",
    "get_staking_key()",
    "get_total_staked_balance()",
    "isMetaPool()",
    "is_account_unstaked_balance_available(address)",
    "is_staking_paused()",
    "parameters()",
    "previewInstant(uint256)",
    "previewStake(uint256)",
    "previewUnstake(uint256)",
    "totalSupply()",
    "withdrawable(address)",
  ],
  inheritedViews: {
    ERC20Upgradeable: ["allowance(address,address)", "decimals()", "name()", "symbol()"],
    ERC20PermitUpgradeable: ["DOMAIN_SEPARATOR()", "nonces(address)"],
    EIP712Upgradeable: ["eip712Domain()"],
    AccessManagedUpgradeable: ["authority()", "isConsumingScheduledOp()"],
    UUPSUpgradeable: ["UPGRADE_INTERFACE_VERSION()", "proxiableUUID()"],
  },
};

const ALLOCATOR: ContractAccess = {
  calls: {
    "receive()": only(
      "UnexpectedEther",
      ["metaPool"],
      "money to delegate; an operator pool pays only while it is called",
    ),
    "initialize(address,address,address,address,uint32,(uint16,uint16,uint16,uint16,uint16,uint16,uint96))": only(
      "InvalidInitialization",
      [],
      INITIALIZED,
    ),

    "settle(uint256)": anyone("P3: periodic work is open to anyone"),
    "settleOne(uint256)": anyone("P3: a watcher books a slash at once"),
    "certifyLevels((uint8,uint160)[],uint256)": anyone("P3: only the fair allocation passes, whoever wrote the sheet"),
    "rebalance((uint32,uint128,bool)[])": anyone("P3: clipped to the room that the contract derives"),
    "reclaim(uint256)": anyone("brings home what a removed operator still has"),

    "setParameters((uint16,uint16,uint16,uint16,uint16,uint16,uint96))": noticed("clips of gains and losses can hurt"),
    "clearWriteDown(uint256)": noticed("ends the premium on stakes; open to anyone after 90 days"),
    "renounceUpgrades()": noticed(RENOUNCE),

    "collect(address)": selfOnly("a frame of its own for each pool, so that it fails and spends gas alone"),
    "push(address,uint256)": selfOnly("a frame of its own for each pool"),
    "pull(address,uint256)": selfOnly("a frame of its own for each pool"),

    "upgradeToAndCall(address,bytes)": noticed(UPGRADE, UUPS),
    "setAuthority(address)": role(["accessManager"], AUTHORITY, MANAGED),
  },
  views: [
    "areScoresOld()",
    "budgetsUsed()",
    "committed()",
    "currentEpoch()",
    "epochLength()",
    "exitTimes(uint256)",
    "groupCapsOf(uint256,uint256)",
    "groupSnapshot(uint256)",
    "isBusy()",
    "liveNeed()",
    "liveTotals()",
    "nextRoundAt()",
    "openRound()",
    "parameters()",
    "peek(address)",
    "peekBond(address)",
    "poolSnapshot()",
    "positionOf(uint256)",
    "rampOf(uint256)",
    "recordOf(uint256)",
    "roomsOf(uint256,uint256)",
    "snapshotOf(uint256)",
    "snapshotScope()",
    "targetOf(uint256)",
    "unbonding()",
  ],
  inheritedViews: {
    AccessManagedUpgradeable: ["authority()", "isConsumingScheduledOp()"],
    UUPSUpgradeable: ["UPGRADE_INTERFACE_VERSION()", "proxiableUUID()"],
  },
};

const OPERATOR_REGISTRY: ContractAccess = {
  calls: {
    "initialize(address,(uint16,uint16,uint16,uint16))": only("InvalidInitialization", [], INITIALIZED),

    "connect(address,address,address)": role(["notice"], WIRED),
    "renounceUpgrades()": noticed(RENOUNCE),
    "setFactoryWhitelisted(address,bool)": noticed("vouches for the code of all of a factory's pools"),
    "whitelistPool(address)": role(["foundation", "notice"], "a vouch lists nothing"),
    "unwhitelistPool(address)": role(["foundation", "notice"], "tightens, within the guardian share"),
    "list((address,address,uint24,uint24,uint24,uint96,uint40))": noticed("lets stake go to a new operator"),
    "reinstate(uint256)": noticed("lets stake go to an operator again"),
    "clearWatch(uint256)": noticed("allows increases again"),
    "setWeightBounds(uint256,uint24,uint24)": noticed("moves stake between operators"),
    "setAbsoluteCap(uint256,uint96)": noticed("can lift a cap"),
    "setGroups(uint256,uint40)": noticed("can lift a cap"),
    "setGroup(uint256,(uint8,uint16,uint16,uint96))": noticed("can lift a cap"),
    "setPolicy((uint16,uint16,uint16,uint16))": noticed("can lift every cap"),
    "setTenureGroup(uint256)": noticed("says which cap newcomers share"),
    "setDimensionMode(uint8,uint8)": noticed("can lift the caps of a whole dimension"),

    "drain(uint256)": role(["guardian", "notice"], "tightens, within the guardian share"),
    "delist(uint256)": role(["guardian", "notice"], "tightens, within the guardian share"),
    "lowerAbsoluteCap(uint256,uint96)": role(["guardian", "notice"], "tightens, within the guardian share"),
    "lowerGroupCaps(uint256,uint16,uint16,uint96)": role(["guardian", "notice"], "tightens, within the guardian share"),
    "watch(uint256)": role(["guardian", "notice", "allocator"], "the allocator, too, when it sees a large loss"),
    "setWeights(uint256[],uint24[])": role(["scores"], "within bounds and a step per epoch"),
    "watchByReport(uint256)": role(["scores"], "stops increases"),
    "liftWatch(uint256)": role(["scores"], "takes back what reports did, never what a guardian did"),
    "drainByReport(uint256)": role(["scores"], "tightens, within the guardian share"),
    "readmit(uint256)": role(["scores"], "of what reports drained alone: it begins anew, with the ramp of a newcomer"),
    "noteScores(uint256)": role(["scores"], "opens class 2 for three epochs after the one reported, within its budget"),

    "remove(uint256)": anyone("a tombstone for an operator that is delisted and holds nothing"),
    "activate(uint256)": allocatorOnly("a clean ramp is seen in rounds"),
    "setLongestUnbonding(uint256)": allocatorOnly("what the last round saw"),

    "upgradeToAndCall(address,bytes)": noticed(UPGRADE, UUPS),
    "setAuthority(address)": role(["accessManager"], AUTHORITY, MANAGED),
  },
  views: [
    "NO_CAP()",
    "NO_SHARE()",
    "allocator()",
    "areUpgradesRenounced()",
    "dimensionMode(uint8)",
    "factoryOf(uint256)",
    "group(uint256)",
    "groupCount()",
    "guardianShareLeft()",
    "idOf(address)",
    "isFactoryWhitelisted(address)",
    "isWhitelisted(address)",
    "longestUnbonding()",
    "marksOf(uint256)",
    "metaPool()",
    "notice()",
    "operator(uint256)",
    "operatorCount()",
    "policy()",
    "scoredEpoch()",
    "standing(uint256)",
    "statedGroup(uint256)",
    "tenureGroup()",
    "weightBounds(uint256)",
    "weightRange(uint256)",
  ],
  inheritedViews: {
    AccessManagedUpgradeable: ["authority()", "isConsumingScheduledOp()"],
    UUPSUpgradeable: ["UPGRADE_INTERFACE_VERSION()", "proxiableUUID()"],
  },
};

const STAKING_POOL: ContractAccess = {
  calls: {
    "receive()": only("UnexpectedEther", ["network"], "what has unbonded"),
    "initialize(address,bytes,uint256)": only(
      "InvalidInitialization",
      [],
      "the clone was initialised in the transaction that created it",
      PAYABLE,
    ),

    "deposit()": anyone("adds to the caller's own free balance", PAYABLE),
    "deposit_and_stake()": anyone("stakes the caller's ether", PAYABLE),
    "stakeFor(address,uint256,uint256)": anyone(
      "stakes the caller's ether for someone else, who can only gain",
      PAYABLE,
    ),
    "stake(uint256)": anyone("stakes the caller's own balance"),
    "stake_all()": anyone("stakes the caller's own balance"),
    "unstake(uint256)": anyone("P1: leaving is permissionless"),
    "unstake_all()": anyone("P1: leaving is permissionless"),
    "unstakeShares(uint256,uint256)": anyone("P1: leaving is permissionless"),
    "withdraw(uint256)": anyone("P1: leaving is permissionless"),
    "withdraw_all()": anyone("P1: leaving is permissionless"),
    "withdrawTo(address,uint256)": anyone("P1: pays out the caller's own balance"),
    "withdrawFor(address)": anyone("pays the account itself"),
    "ping()": anyone("P3: periodic work is open to anyone"),
    "fundExits(uint256)": anyone("P3: periodic work is open to anyone"),

    "addBond()": ownerOnly("bond shares are the owner's", PAYABLE),
    "requestBondWithdrawal(uint256)": ownerOnly("bond shares are the owner's"),
    "finishBondWithdrawal()": ownerOnly("bond shares are the owner's"),
    "announceCommission(uint256)": ownerOnly("the owner's price"),
    "cancelCommission()": ownerOnly("the owner's price"),
    "lowerCommission(uint256)": ownerOnly("the owner's price"),
    "applyCommission()": anyone("what the owner announced, once its time has come"),
    "pauseStaking()": ownerOnly("stops who enters; whoever leaves needs nobody"),
    "resumeStaking()": ownerOnly("ends the owner's own pause"),
    "updateStakingKey(bytes)": ownerOnly("the operator's key"),

    "transferOwnership(address)": ownerOnly("takes two steps: the new owner accepts", TWO_STEPS),
    "acceptOwnership()": only("OwnableUnauthorizedAccount", ["heir"], "pays the old owner's commission first"),
    "renounceOwnership()": only("OwnershipCannotBeRenounced", [], "commission and bond always have an owner"),
  },
  views: [
    "bond()",
    "bondWithdrawal()",
    "commissionNotice()",
    "convertToAssets(uint256)",
    "convertToShares(uint256)",
    "exitsOf(address)",
    "fundedThrough()",
    "getBook()",
    "getRate()",
    "get_account(address)",
    "get_account_staked_balance(address)",
    "get_account_total_balance(address)",
    "get_account_unstaked_balance(address)",
    "get_accounts(uint256,uint256)",
    "get_number_of_accounts()",
    "get_owner_id()",
    "get_reward_fee_fraction()",
    "get_staking_key()",
    "get_total_staked_balance()",
    "is_account_unstaked_balance_available(address)",
    "is_staking_paused()",
    "network()",
    "previewStake(uint256)",
    "previewUnstake(uint256)",
    "sharesOf(address)",
    "unbondingTime()",
    "withdrawable(address)",
  ],
  inheritedViews: {
    OwnableUpgradeable: ["owner()"],
    Ownable2StepUpgradeable: ["pendingOwner()"],
  },
};

const STAKING_POOL_FACTORY: ContractAccess = {
  calls: {
    "createStakingPool(address,bytes,uint256)": anyone("an operator needs nobody; only listing does", PAYABLE),
  },
  views: ["BOND_RATIO()", "EPOCH_LENGTH()", "IMPLEMENTATION()", "NETWORK()", "SEED()", "isPool(address)"],
};

const NOTICE: ContractAccess = {
  calls: {
    // Tried with a call of governance's; notice.test.ts tries each restricted function.
    "announce(address,bytes,bytes32)": only("NotAllowed", ["governance"], "who could make the call but for the notice"),
    "cancel(address,bytes,bytes32)": only(
      "NotAllowed",
      ["governance", "guardian", "notice"],
      "who could announce it, or a guardian, whose role Notice holds, too",
    ),
    "noteFunded(bytes32)": anyone("it is so, and can be said once"),
    "execute(address,bytes,bytes32)": anyone("what is due has been announced by who may"),
  },
  views: [
    "ACCESS_MANAGER()",
    "ALLOCATOR()",
    "META_POOL()",
    "REGISTRY()",
    "announcement(bytes32)",
    "earliestOf(bytes32)",
    "idOf(address,bytes,bytes32)",
    "isExecutable(address,bytes,bytes32)",
    "isStrict(address,bytes)",
    "leavingEndOf(bytes32)",
  ],
};

const DEV_NETWORK: ContractAccess = {
  calls: {
    "bond()": anyone("the caller's own stake", PAYABLE),
    "unbond(uint256)": anyone("the caller's own stake"),
    "collect()": anyone("the caller's own stake"),
    "reward(address[],uint256[])": networkOwnerOnly("plays the chain's luck", PAYABLE),
    "slash(address,uint256)": networkOwnerOnly("plays the chain's luck"),
    "countDuties(address[],uint256[],uint256[])": networkOwnerOnly("plays the validators' diligence"),
    "transferOwnership(address)": networkOwnerOnly("takes two steps: the new owner accepts", { from: "Ownable2Step" }),
    "acceptOwnership()": only("OwnableUnauthorizedAccount", ["heir"], "the second step", { from: "Ownable2Step" }),
    "renounceOwnership()": networkOwnerOnly("a network without luck: no rewards, no slashes", { from: "Ownable" }),
  },
  views: [
    "COLLECT_PAGE()",
    "collectable(address)",
    "entriesOf(address)",
    "stakeOf(address)",
    "totalStake()",
    "unbondingOf(address)",
    "unbondingTime()",
  ],
  inheritedViews: { Ownable: ["owner()"], Ownable2Step: ["pendingOwner()"] },
};

const POOL_LENS: ContractAccess = {
  calls: {},
  views: [
    "ALLOCATOR()",
    "META_POOL()",
    "NOTICE()",
    "REGISTRY()",
    "account(address)",
    "groups(uint256,uint256)",
    "levelsNeeded()",
    "operators(uint256,uint256)",
    "pool()",
    "rebalanceNeeded()",
    "roomSums(uint256,uint256)",
  ],
};

const REPORT_OF = "(uint40,uint64,bytes32,uint96,uint32,bytes32)";
const COUNTERS_OF = "(uint32,uint32,bool,uint16,uint96,uint96,uint96,uint96)[]";
const PARAMETERS_OF = "(uint16,uint16,uint16,uint8,uint16,uint16,uint16,uint16,uint96)";
const SCORES: ContractAccess = {
  calls: {
    [`record(uint256,uint256,${COUNTERS_OF})`]: role(
      ["reportOracle"],
      "what a quorum reported, and nobody else's word",
    ),
    "close(uint256,uint256,uint256)": role(["reportOracle"], "what a quorum reported, and nobody else's word"),
    "score(uint256)": anyone("P3: what was reported is scored by whoever wants it to be"),
    "enforce(uint256)": anyone("P3: what the rules said is done by whoever wants it to be, within the guardian share"),
    [`setParameters(${PARAMETERS_OF})`]: noticed("it moves stake between operators"),
    "resolveReward(uint256,uint256)": noticed("it decides what a report was not believed"),
    "resolveSlash(uint256,bool)": noticed("it decides what a report was not believed"),
    "pardon(uint256)": noticed("it takes back what reports said"),
    "setAuthority(address)": role(["accessManager"], AUTHORITY, MANAGED_FOR_EVER),
  },
  views: [
    "ALLOCATOR()",
    "REGISTRY()",
    "averagesOf(uint256)",
    "bondOf(address)",
    "conductOf(uint256)",
    "parameters()",
    "prior()",
    "progress()",
    "reportedOf(uint256)",
    "scoreOf(uint256)",
  ],
  inheritedViews: { AccessManaged: ["authority()", "isConsumingScheduledOp()"] },
};

const REPORT_ORACLE: ContractAccess = {
  calls: {
    [`vote(${REPORT_OF})`]: only("NotMember", ["member"], "the committee's: a quorum of its votes is a report"),
    [`agree(${REPORT_OF})`]: anyone("P3: what has a quorum is agreed, whoever says so"),
    [`deliver(uint256,uint256,${COUNTERS_OF},bytes32[])`]: anyone("P3: a page proves itself against the agreed root"),
    "setCommittee(address[],uint256)": noticed("who reports moves weights, and drains"),
    "setAuthority(address)": role(["accessManager"], AUTHORITY, MANAGED_FOR_EVER),
  },
  views: [
    "ALLOCATOR()",
    "PAGE()",
    "REGISTRY()",
    "SCORES()",
    "agreed()",
    "ballotOf(address,uint256)",
    "isDelivered(uint256)",
    "isMember(address)",
    `leafOf(uint256,${COUNTERS_OF})`,
    "members()",
    "missingPages()",
    "quorum()",
    `reportHash(${REPORT_OF})`,
    "votesOf(bytes32)",
  ],
  inheritedViews: { AccessManaged: ["authority()", "isConsumingScheduledOp()"] },
};

const ATTRIBUTES: ContractAccess = {
  calls: {
    "attest(uint256,uint8,uint8,string)": role(["attester"], "a word with its author and time; it moves nothing"),
    "setAuthority(address)": role(["accessManager"], AUTHORITY, MANAGED_FOR_EVER),
  },
  views: ["REGISTRY()", "attestedGroups(uint256)", "attributeOf(uint256,uint8)"],
  inheritedViews: { AccessManaged: ["authority()", "isConsumingScheduledOp()"] },
};

/** OpenZeppelin's as it is: all of it is inherited. After the handover its admin is Notice. */
const OF_MANAGER = { from: "AccessManager" } as const;
const adminOnly = (why: string) => only("AccessManagerUnauthorizedAccount", ["notice"], why, OF_MANAGER);
const ACCESS_MANAGER: ContractAccess = {
  calls: {
    "labelRole(uint64,string)": adminOnly("names a role"),
    "grantRole(uint64,address,uint32)": adminOnly("who holds a role"),
    "revokeRole(uint64,address)": adminOnly("who holds a role"),
    "renounceRole(uint64,address)": anyone("gives up the caller's own role", OF_MANAGER),
    "setRoleAdmin(uint64,uint64)": adminOnly("who may grant a role"),
    "setRoleGuardian(uint64,uint64)": adminOnly("who may cancel what a role has scheduled"),
    "setGrantDelay(uint64,uint32)": adminOnly("how long a grant waits"),
    "setTargetFunctionRole(address,bytes4[],uint64)": adminOnly("which role a function needs"),
    "setTargetAdminDelay(address,uint32)": adminOnly("how long the admin waits"),
    "setTargetClosed(address,bool)": adminOnly("closes restricted functions; none of a staker's is one"),
    "updateAuthority(address,address)": adminOnly("moves a contract to another manager"),
    // Tried with MetaPool.pauseStaking.
    "execute(address,bytes)": only(
      "AccessManagerUnauthorizedCall",
      ["guardian", "notice"],
      "a roundabout way to what the caller may call anyway",
      { ...PAYABLE, ...OF_MANAGER },
    ),
    "schedule(address,bytes,uint48)": only(
      "AccessManagerUnauthorizedCall",
      [],
      "nobody holds a role with a delay: Notice stands in for it",
      OF_MANAGER,
    ),
    "cancel(address,address,bytes)": anyone("finds nothing, since nothing can be scheduled", OF_MANAGER),
    "consumeScheduledOp(address,bytes)": only(
      "AccessManagerUnauthorizedConsume",
      [],
      "a managed contract may, while it carries out something scheduled, which nothing is",
      OF_MANAGER,
    ),
    "multicall(bytes[])": anyone("each call is checked by itself", { from: "Multicall" }),
  },
  views: [],
  inheritedViews: {
    AccessManager: [
      "ADMIN_ROLE()",
      "PUBLIC_ROLE()",
      "canCall(address,address,bytes4)",
      "expiration()",
      "getAccess(uint64,address)",
      "getNonce(bytes32)",
      "getRoleAdmin(uint64)",
      "getRoleGrantDelay(uint64)",
      "getRoleGuardian(uint64)",
      "getSchedule(bytes32)",
      "getTargetAdminDelay(address)",
      "getTargetFunctionRole(address,bytes4)",
      "hashOperation(address,address,bytes)",
      "hasRole(uint64,address)",
      "isTargetClosed(address)",
      "minSetback()",
    ],
  },
};

/** Passes every call on to its implementation, and has no function of its own. */
const PROXY: ContractAccess = { calls: {}, views: [] };

const CONTRACTS = {
  MetaPool: META_POOL,
  Allocator: ALLOCATOR,
  OperatorRegistry: OPERATOR_REGISTRY,
  StakingPool: STAKING_POOL,
  StakingPoolFactory: STAKING_POOL_FACTORY,
  Notice: NOTICE,
  DevNetwork: DEV_NETWORK,
  PoolLens: POOL_LENS,
  Scores: SCORES,
  ReportOracle: REPORT_ORACLE,
  Attributes: ATTRIBUTES,
  AccessManager: ACCESS_MANAGER,
  ERC1967Proxy: PROXY,
} as const;

export type ContractName = keyof typeof CONTRACTS;

export const ACCESS: Readonly<Record<ContractName, ContractAccess>> = CONTRACTS;

/** Everything that is deployed. */
export const NAMES = Object.keys(ACCESS) as ContractName[];
