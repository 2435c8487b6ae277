/**
 * Where every variable lies, by hand: "slot:offset type name", slots counted from the beginning of the contract's own
 * storage or of the struct, with a reason before each group of slots that belong together. layout.test.ts compares the
 * rows with what the compiler says. Who changes a variable changes its row; once a proxy is in use its storage may only
 * be appended to, and the reason before the new rows says "appended" and why.
 */
export const CONTRACTS: Readonly<Record<string, string>> = {
  MetaPool: `
    # an upgrade appends to the book; nothing lies beside it
    0:0 struct PoolBook.Book _book`,

  Allocator: `
    # an upgrade appends to the state; nothing lies beside it
    0:0 struct AllocatorBook.State _state`,

  OperatorRegistry: `
    # an upgrade appends to the storage; nothing lies beside it
    0:0 struct OperatorBook.State _storage`,

  // Clones of one implementation, never upgraded: from slot 0, beside the namespaces of the owner and the initialiser.
  StakingPool: `
    # the price, which every stake and unstake writes, and what each of them compares with the clock
    0:0  uint96  _equity
    0:12 uint128 _supply
    0:28 uint32  _lastEpoch

    # what every booking reads beside the price: cash, the bond that bears losses first, the commission; the pause is free
    1:0  uint96  _cash
    1:12 uint128 _bondShares
    1:28 uint16  _commissionBps
    1:30 uint8   _announcedRaiseBps
    1:31 bool    _isPaused

    # the owner's own business, rare: whole words save code
    2:0 struct StakingPool.Notice _notice
    5:0 uint256 _bondSharesRequested
    6:0 uint256 _bondReadyAt

    # exits, as in MetaPool
    7:0 struct ExitBook.Book _book

    # who has anything in the pool, for get_accounts
    15:0 struct EnumerableSet.AddressSet _accounts

    # when a batch began, for views alone
    17:0 mapping(uint256 => uint256) _begunAt

    # of any length
    18:0 bytes _stakingKey`,

  StakingPoolFactory: `
    # the pools that it vouches for; the rest is immutable
    0:0 mapping(address => bool) isPool`,

  Notice: `
    # one record per announced call; the rest is immutable
    0:0 mapping(bytes32 => struct INotice.Announcement) _announcements
    1:0 mapping(bytes32 => bytes32) _codeHashes`,

  DevNetwork: `
    # OpenZeppelin's Ownable2Step, whose variables come first
    0:0 address _owner
    1:0 address _pendingOwner

    # the sum over all pools
    2:0 uint256 totalStake

    # what a pool has at stake, and its queue
    3:0 mapping(address => struct DevNetwork.Stake) _stakes
    4:0 mapping(address => mapping(uint256 => struct DevNetwork.Entry)) _entries`,

  // It only reads others.
  PoolLens: ``,

  Scores: `
    # OpenZeppelin's AccessManaged comes first
    0:0  address _authority
    0:20 bool    _consumingSchedule

    # everything else is one struct, so that the library that scores can work on it
    1:0 struct ScoreBook.State _book`,

  ReportOracle: `
    # OpenZeppelin's AccessManaged comes first; beside it how many memberships there were, and how many must agree
    0:0  address _authority
    0:20 bool    _consumingSchedule
    0:21 uint32  _terms
    0:25 uint8   _quorum

    # who reports; memberships are numbered, so that a vote is one membership's
    1:0 struct ReportOracle.Member[] _members
    2:0 mapping(uint256 => mapping(uint256 => bytes32)) _ballots

    # what the last agreed report says, and which of its pages have come
    3:0 struct ReportOracle.Agreed _agreed
    6:0 mapping(uint256 => struct BitMaps.BitMap) _delivered`,

  Attributes: `
    # OpenZeppelin's AccessManaged comes first
    0:0  address _authority
    0:20 bool    _consumingSchedule

    # one record per operator and kind; the rest is immutable
    1:0 mapping(uint256 => mapping(enum IAttributes.Kind => struct IAttributes.Attribute)) _attributes`,
};

export const STRUCTS: Readonly<Record<string, string>> = {
  "PoolBook.Book": `
    # the price, which stakes and unstakes write; a first stake counts its account in the same word
    0:0  uint96  equity
    0:12 uint128 supply
    0:28 uint32  accountCount

    # what stakes and unstakes read: the locked gain, the pause, and whether they need the next slot at all
    1:0  uint96 locked
    1:12 uint40 releaseEnd
    1:17 uint24 releaseDuration
    1:20 uint40 pausedUntil
    1:25 bool   closed
    1:26 bool   hasPremium
    1:27 bool   isCapped

    # read by a stake while an operator is written down or there is a cap, written by an unstake in the first case; the rest
    # is for rounds and governance
    2:0  uint96 premium
    2:12 uint96 assetCap
    2:24 uint40 pauseAllowedAt
    2:29 uint16 feeBps
    2:31 bool   upgradesRenounced

    # what the allocator writes when it takes ether or reports; an instant exit reads it beside the price
    3:0  uint96 delegated
    3:12 uint96 roundGain
    3:24 uint16 bufferTargetBps

    # for the fee once per round; the compiler fits in what an instant exit has used of its epoch
    4:0  uint128 highWater
    4:16 uint96  instantUsed

    # of which epoch that is, when instant exits are closed, and who is paid the fee
    5:0 uint40  instantEpoch
    5:5 uint32  instantClosedBatch
    5:9 address treasury

    # wired once; either is read alone
    6:0 address allocator
    7:0 address notice

    # needed only when an operator is written down or comes back
    8:0  uint128 premiumUnits
    8:16 uint32  premiumEra

    # exits: the last, so that nothing of the pool moves when the book of exits grows by an upgrade
    9:0 struct ExitBook.Book exits`,

  "ExitBook.Book": `
    # read by payments, written by funding: what was ever set aside, and which batches may be paid next
    0:0  uint128 funded
    0:16 uint32  oldestBatch
    0:20 uint32  completedBatch
    0:24 uint32  voidedThrough

    # touched by requests: an unstake writes this word and no other of the book, and reads the next only after a loss
    1:0  uint96  owed
    1:12 uint120 fillingUnits
    1:27 uint32  fillingBatch
    1:31 bool    isWrittenDown

    # written by losses and when a batch begins; and free balances in sum, which few ever have
    2:0  uint96 lossIndex
    2:12 uint32 lastBatch
    2:16 uint96 free

    # an account's word; free balances lie apart, since few have one
    3:0 mapping(address => struct ExitBook.Account) accounts
    4:0 mapping(address => uint256) freeOf

    # a batch's word; its open units lie apart, since they are needed only while it is partly funded
    5:0 mapping(uint256 => struct ExitBook.Batch) batches
    6:0 mapping(uint256 => uint256) openUnitsOf

    # one word per account and batch
    7:0 mapping(address => mapping(uint256 => struct ExitBook.Exit)) exits`,

  "ExitBook.Account": `
    # all that a stake, an unstake or a transfer needs of an account
    0:0  uint128 shares
    0:16 uint32  firstExit
    0:20 uint32  lastExit
    0:24 bool    hasFree
    0:25 bool    everStaked`,

  "ExitBook.Batch": `
    # all that funding a batch and taking from it need; it fills the word
    0:0  uint120 units
    0:15 uint96  paid
    0:27 uint32  next
    0:31 enum ExitBook.Phase phase`,

  "ExitBook.Exit": `
    # all that an account asked for in one batch; it fills the word but for a byte
    0:0  uint120 units
    0:15 uint96  taken
    0:27 uint32  next`,

  "AllocatorBook.State": `
    # the page that the open round has reached, beside the pool that every page reports to
    0:0  contract IMetaPool metaPool
    0:20 uint32 round
    0:24 uint32 cursor
    0:28 uint32 groupCursor

    # when the round began and how long an epoch is, beside the list that every page reads
    1:0  contract IOperatorRegistry registry
    1:20 uint40 epoch
    1:25 uint32 epochLength

    # asked for N by rounds and legs
    2:0  contract IStakeNetwork network
    2:20 bool upgradesRenounced

    # totals that every leg moves, and the policy's shares at the last round, which its caps need
    3:0  uint96 committed
    3:12 uint96 unbonding
    3:24 uint32 operators
    3:28 uint16 poolShareBps
    3:30 uint16 netShareBps

    # what lies with faulted operators: unchanged while none is
    4:0  uint96 faultedStake
    4:12 uint96 faultedUnbonding
    4:24 uint32 longestUnbonding

    # what the open round has seen so far, page by page
    5:0  uint96  roundGain
    5:12 uint96  roundLoss
    6:0  uint256 gainSeconds

    # the budget for violations: a word of its own, which only such legs write
    7:0 uint96 class0Used

    # the pool at the last round
    8:0 struct IAllocator.PoolSnapshot snapshot

    # governance's; one word
    11:0 struct IAllocator.Parameters parameters

    # what each operator, group, sheet and round has of its own
    12:0 mapping(uint256 => struct IAllocator.Position) positions
    13:0 mapping(uint256 => struct IAllocator.Record) records
    14:0 mapping(uint256 => struct IAllocator.Snapshot) snapshots
    15:0 mapping(uint256 => struct IAllocator.GroupSnapshot) groups
    16:0 mapping(bytes32 => struct AllocatorBook.Certification) certifications
    17:0 mapping(uint256 => uint256) class2Used

    # appended: what newcomers may be lifted to, which nobody asks for of an established operator
    18:0 mapping(uint256 => uint96) ramps`,

  "AllocatorBook.Certification": `
    # how far a sheet is checked, and its sums of groups by pairs
    0:0 uint32 cursor
    1:0 mapping(uint256 => uint256) sums`,

  "IAllocator.PoolSnapshot": `
    # T and T', which caps need
    0:0  uint96 total
    0:12 uint96 faultedStake

    # N and the need, which caps and class 1 need
    1:0  uint96 networkStake
    1:12 uint96 need

    # for targets and rooms: what is shared out, by which round, and whether its levels are certified
    2:0  uint96 healthy
    2:12 uint32 round
    2:16 bool   certified`,

  "IAllocator.Parameters": `
    # one word: a leg or a page reads most of them
    0:0  uint16 graceBps
    0:2  uint16 bandBps
    0:4  uint16 budget0Bps
    0:6  uint16 budget2Bps
    0:8  uint16 maxLossBps
    0:10 uint16 maxGainBps
    0:12 uint96 minMove`,

  "IAllocator.Position": `
    # the whole operator as rounds and legs move it; it fills the word
    0:0  uint96 position
    0:12 uint96 unbonding
    0:24 uint40 readAt
    0:29 uint8  faults
    0:30 bool   faulted
    0:31 bool   writtenDown`,

  "IAllocator.Record": `
    # all that a reading needs of an operator that loses nothing; it fills the word
    0:0  uint96 base
    0:12 uint96 dueAmount
    0:24 uint40 dueAt
    0:29 bool   hasMore
    0:30 uint16 refusedBps

    # written by losses between rounds and by legs of class 1
    1:0  uint96 lossSince
    1:12 uint96 class1Taken
    1:24 uint32 class1Round
    1:28 uint32 lostBps

    # all zero unless the operator is written down, or came back with less; it fills the word
    2:0  uint128 premiumUnits
    2:16 uint96  lost
    2:28 uint32  premiumEra

    # from when the ninety days run
    3:0 uint40 writtenDownAt`,

  "IAllocator.Snapshot": `
    # one word per operator and round: what legs need to derive its cap and target; it fills the word
    0:0  uint96 fixedCap
    0:12 uint96 others
    0:24 uint24 weight
    0:27 uint40 groups`,

  "IAllocator.GroupSnapshot": `
    # what targets need; it fills the word
    0:0  uint160 level
    0:20 uint96  cap

    # what every round changes, and legs; it fills the word
    1:0  uint96 position
    1:12 uint96 others
    1:24 uint32 members
    1:28 uint32 round

    # what fewer rounds change, so that the others only read it; it fills the word
    2:0  uint96 faulted
    2:12 uint64 weight
    2:20 uint96 unbonding`,

  "OperatorBook.State": `
    # wired once, beside a count and what class 2 asks for: the longest unbonding time, and when scores came last
    0:0  address metaPool
    0:20 uint32  longestUnbonding
    0:24 uint16  factoryCount
    0:26 uint40  scoredEpoch

    # wired once: every check of the allocator's calls reads it alone
    1:0 address allocator

    # Notice beside counts and a flag, and what reading a group needs: whoever reads one has counted them, so that it is warm
    2:0  address notice
    2:20 uint32  operatorCount
    2:24 uint8   groupCount
    2:25 bool    upgradesRenounced
    2:26 uint40  modes
    2:31 uint8   tenureGroup

    # read whole, once per round and leg
    3:0 struct IOperatorRegistry.Policy policy

    # what an epoch has used of the guardian share, and which: written together
    4:0  uint96 guardianUsed
    4:12 uint40 guardianEpoch

    # what each operator, pool, factory and group has of its own
    5:0 mapping(uint256 => struct OperatorBook.Record) records
    6:0 mapping(address => uint256) ids
    7:0 mapping(address => enum OperatorBook.PoolStatus) pools
    8:0 mapping(uint256 => struct OperatorBook.Factory) factories
    9:0 mapping(address => uint256) factoryIndexes
    10:0 mapping(uint256 => struct IOperatorRegistry.Group) groups
    11:0 mapping(uint256 => uint256) groupRounds`,

  "OperatorBook.Record": `
    # what a round and a leg read of every operator, with the state from which it was drained; it fills the word
    0:0  address pool
    0:20 enum IOperatorRegistry.State state
    0:21 uint8  marks
    0:22 enum OperatorBook.PoolStatus status
    0:23 enum IOperatorRegistry.State drainedFrom
    0:24 uint24 weight
    0:27 uint40 groups

    # the rest of that, a factory by its index for want of room, what bounds a change of the weight, a group that waits
    1:0  uint96 absoluteCap
    1:12 uint32 unbondingTime
    1:16 uint16 factory
    1:18 uint24 minWeight
    1:21 uint24 maxWeight
    1:24 uint24 epochWeight
    1:27 uint32 weightEpoch
    1:31 uint8  laterGroup`,

  "OperatorBook.Factory": `
    # one word, which all operators of the factory share
    0:0  address factory
    0:20 bool    whitelisted`,

  "IOperatorRegistry.Policy": `
    # one word: the caps of everybody
    0:0 uint16 poolShareBps
    0:2 uint16 netShareBps
    0:4 uint16 guardianShareBps
    0:6 uint16 bondRatio`,

  "IOperatorRegistry.Group": `
    # one word: all caps of a group
    0:0 uint8  dimension
    0:1 uint16 poolShareBps
    0:3 uint16 netShareBps
    0:5 uint96 absoluteCap`,

  "StakingPool.Notice": `
    # a raise of the commission: rare, and code is dearer than storage there
    0:0 uint256 announcedAt
    1:0 uint256 end
    2:0 uint256 later`,

  "INotice.Announcement": `
    # all that decides when a call may be made
    0:0  uint40 announcedAt
    0:5  uint40 unbondingTime
    0:10 uint40 fundedAt
    0:15 uint32 batch
    0:19 enum INotice.Status status

    # for who reads the announcement; no rule needs it
    1:0 address announcer`,

  "DevNetwork.Stake": `
    # a pool's stake and its queue's ends; they fill the word
    0:0  uint96 bonded
    0:12 uint96 unbonding
    0:24 uint32 head
    0:28 uint32 tail

    # units grow when a slash makes them cheap: a word of their own
    1:0 uint256 units`,

  "DevNetwork.Entry": `
    # one word per unbonding
    0:0  uint208 units
    0:26 uint48  maturesAt`,

  // OpenZeppelin's.
  "EnumerableSet.AddressSet": `
    # a set of words underneath
    0:0 struct EnumerableSet.Set _inner`,

  "EnumerableSet.Set": `
    # the members, and where each of them is
    0:0 bytes32[] _values
    1:0 mapping(bytes32 => uint256) _positions`,

  "ScoreBook.State": `
    # what scores are made with, one read a page
    0:0 struct IScores.Parameters parameters

    # the report, which every page of counters and of scores reads and writes
    1:0 struct IScores.Progress progress

    # where newcomers begin: what a report leaves to the next
    4:0 struct ScoreBook.Prior prior

    # performances of the report's earlier pages; one page alone never writes it
    5:0 uint256[4] histogram

    # of each operator a slot of what was reported, one of averages and one of conduct
    9:0  mapping(uint256 => struct IScores.Reported) reported
    10:0 mapping(uint256 => struct IScores.Averages) averages
    11:0 mapping(uint256 => struct IScores.Record) records`,

  "IScores.Parameters": `
    # all of it in one read
    0:0  uint16 weekSpan
    0:2  uint16 monthSpan
    0:4  uint16 yearSpan
    0:6  uint8  power
    0:7  uint16 sizeLimitBps
    0:9  uint16 diversityBps
    0:11 uint16 commissionLimitBps
    0:13 uint16 commissionRiseBps
    0:15 uint96 bondFloor`,

  "IScores.Progress": `
    # how far the report is
    0:0  uint40 epoch
    0:5  uint32 operators
    0:9  uint32 recorded
    0:13 uint32 scored
    0:17 uint96 networkStake
    0:29 bool   isScored

    # the mean's two sums
    1:0  uint128 stake
    1:16 uint128 netReward

    # the average's, and what both come to
    2:0  uint64 assigned
    2:8  uint64 done
    2:16 uint64 meanRate
    2:24 uint32 averageDuty`,

  "ScoreBook.Prior": `
    # one read a page, one write a report
    0:0 uint32 performance
    0:4 bool   isKnown`,

  "IScores.Reported": `
    # one word, full: written when an operator is recorded, read when it is scored
    0:0  uint64 stake
    0:8  uint48 rate
    0:14 uint48 pendingRate
    0:20 uint32 epoch
    0:24 uint32 duty
    0:28 uint16 commissionBps
    0:30 uint16 marks`,

  "IScores.Averages": `
    # one word, full: six averages, and how many reports are in them
    0:0  uint32 yieldWeek
    0:4  uint32 yieldMonth
    0:8  uint32 yieldYear
    0:12 uint32 activeWeek
    0:16 uint32 activeMonth
    0:20 uint32 activeYear
    0:24 uint16 yields
    0:26 uint16 reports
    0:28 uint32 epoch`,

  "IScores.Record": `
    # of an operator without a fault it stays as it is, so that nothing is written
    0:0 uint8              lowDuties
    0:1 uint8              strikes
    0:2 uint8              clean
    0:3 enum IScores.Cause owed`,

  "ReportOracle.Member": `
    # one read per member, for who votes and for each count
    0:0  address account
    0:20 uint32  term`,

  "ReportOracle.Agreed": `
    # all that a page reads and writes beside the root
    0:0  uint40 epoch
    0:5  uint64 refBlock
    0:13 uint96 networkStake
    0:25 uint32 operators
    0:29 uint24 missingPages

    # for whoever checks what was reported
    1:0 bytes32 refBlockHash

    # what proofs end in
    2:0 bytes32 root`,

  "BitMaps.BitMap": `
    # OpenZeppelin's: 256 pages a word
    0:0 mapping(uint256 => uint256) _data`,

  "IAttributes.Attribute": `
    # who said it, when, and for which group
    0:0  uint32  version
    0:4  uint40  attestedAt
    0:9  address attester
    0:29 uint8   group

    # for people
    1:0 string value`,
};

/** Enums that are stored, in the order of their numbers: a new member comes last. */
export const ENUMS: Readonly<Record<string, { readonly members: string; readonly why: string }>> = {
  "ExitBook.Phase": { members: "Whole Partial Closed", why: "a batch starts whole, as an empty word says" },
  "IAttributes.Kind": {
    members: "Entity Jurisdiction Infrastructure Client Geography",
    why: "the first four are the registry's dimensions 1 to 4; what has no dimension comes last",
  },
  "IScores.Cause": {
    members: "None Strikes Duties Commission Slash DoubtfulSlash",
    why: "an empty word owes nothing; of two reasons to drain the later one counts",
  },
  "INotice.Status": {
    members: "None Pending Executed Cancelled Expired",
    why: "an empty word is no announcement; Expired is never stored, only derived, hence last",
  },
  "IOperatorRegistry.State": {
    members: "None Ramping Active Draining Delisted Removed",
    why: "an empty word is no operator; then in the order of its life",
  },
  "OperatorBook.PoolStatus": {
    members: "None Whitelisted Blocked",
    why: "an empty word leaves it to the factory; Blocked wins over it",
  },
};

interface Namespace {
  readonly at: string;
  readonly of: readonly string[];
  /** The members of OpenZeppelin's struct, which the compiler does not lay out for us; ours are above. */
  readonly members?: string;
  readonly why: string;
}

const PROXIES = ["MetaPool", "Allocator", "OperatorRegistry"] as const;

/** ERC-7201: at keccak256(keccak256(name) − 1), the last byte zero, so that no two of them and no plain variable meet. */
export const NAMESPACES: Readonly<Record<string, Namespace>> = {
  "trellis.MetaPool": {
    at: "0x69fa0ef0d8805ffbc0cbb18de594091c5b54d9e891495ff1f185ad436fc59000",
    of: ["MetaPool"],
    why: "behind a proxy: what comes from OpenZeppelin may grow without moving ours",
  },
  "trellis.Allocator": {
    at: "0xabfd250d77f5965c911b3fc47b9948ef8aa2091f879d2e9d143971a0b318c300",
    of: ["Allocator"],
    why: "the same",
  },
  "trellis.OperatorRegistry": {
    at: "0x26163e822f7e31742bfa2df3dd6c2b2c9e80f6ca5bd75b1013d6cd92f3a33800",
    of: ["OperatorRegistry"],
    why: "the same",
  },
  "openzeppelin.storage.Initializable": {
    at: "0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00",
    of: [...PROXIES, "StakingPool"],
    members: "uint64 _initialized, bool _initializing",
    why: "whoever initialised it once cannot again",
  },
  "openzeppelin.storage.AccessManaged": {
    at: "0xf3177357ab46d8af007ab3fdb9af81da189e1068fefdc0073dca88a2cab40a00",
    of: PROXIES,
    members: "address _authority, bool _consumingSchedule",
    why: "who says which role a caller has",
  },
  "openzeppelin.storage.ERC20": {
    at: "0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00",
    of: ["MetaPool"],
    members:
      "mapping(address => uint256) _balances, mapping(address => mapping(address => uint256)) _allowances, " +
      "uint256 _totalSupply, string _name, string _symbol",
    why: "allowances and names; balances and the supply are in our book, in a word with what belongs to them",
  },
  "openzeppelin.storage.EIP712": {
    at: "0xa16a46d94261c7517cc8ff89f61c0ce93598e3c849801011dee649a6a557d100",
    of: ["MetaPool"],
    members: "bytes32 _hashedName, bytes32 _hashedVersion, string _name, string _version",
    why: "the domain of permits",
  },
  "openzeppelin.storage.Nonces": {
    at: "0x5ab42ced628888259c08ac98db1eb0cf702fc1501344311d8b100cd1bfe4bb00",
    of: ["MetaPool"],
    members: "mapping(address => uint256) _nonces",
    why: "each permit is used once",
  },
  "openzeppelin.storage.Ownable": {
    at: "0x9016d09d72d40fdae2fd8ceac6b6234c7706214fd39c1cd1e609a0528c199300",
    of: ["StakingPool"],
    members: "address _owner",
    why: "the operator",
  },
  "openzeppelin.storage.Ownable2Step": {
    at: "0x237e158222e3e6968b72b9db0d8043aacf074ad9f650f0d1606b4d82ee432c00",
    of: ["StakingPool"],
    members: "address _pendingOwner",
    why: "who may take a pool over",
  },
};
