// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Who may hold the pool's stake, and how much of it at most: whitelist, list, weights, caps, groups, states.
/// @notice Ids count from 1 and are never used again. Shares are in basis points, caps in wei.
/// Role names are those of docs/roles.md; "with notice" means: only the Notice contract can make the call.
/// @dev A setter that is given the present value emits its event with both values equal and changes nothing. Nothing is
/// listed, reinstated or removed while a round is open, so that `operatorCount` is constant in a round; nor are a group's caps
/// lowered. None of these can be done from within a call of the allocator's, nor can a guardian tighten anything or
/// governance set a group: they revert with `AllocatorBusy`, since what that call has moved is not in the views yet.
interface IOperatorRegistry {
    /// @notice Ramping → Active → Draining or Delisted → Removed. Removed ones stay as tombstones.
    enum State {
        None,
        Ramping, // listed by Notice, or after the first round
        Active, // listed by the deployer before the first round, or done ramping
        Draining, // target zero; governance can reinstate it with notice, reports readmit what they drained
        Delisted, // target zero for good; removed once nothing is left there
        Removed
    }

    /// @notice What the caps of a dimension's groups do.
    enum DimensionMode {
        Hard, // they hold
        Monitor, // they are shown, and hold nobody
        Off // nobody looks at them
    }

    /// @notice What an operator's position is judged by, read at one moment.
    struct Operator {
        address pool;
        State state;
        bool watch; // no increases: by guardian or allocator, by reports, or by both
        bool whitelisted; // by its factory or by itself, at this moment
        uint24 weight;
        uint40 groups; // five group ids of 8 bits, lowest dimension in the lowest bits; 0 is no group
        uint96 absoluteCap; // wei; the type's maximum is no cap
        uint32 unbondingTime; // seconds, read at listing
    }

    /// @notice How an operator is listed.
    struct Listing {
        address pool;
        address factory; // whitelisted one that deployed the pool; 0 for a pool whitelisted by itself
        uint24 weight;
        uint24 minWeight; // bounds of setWeights
        uint24 maxWeight;
        uint96 absoluteCap;
        uint40 groups;
    }

    /// @notice Caps of a group. NO_SHARE and NO_CAP mean that there is none.
    struct Group {
        uint8 dimension; // 1 to 5; 0 is a group that does not exist
        uint16 poolShareBps; // of T'
        uint16 netShareBps; // of the network's stake, others' stake included
        uint96 absoluteCap;
    }

    /// @notice Caps that hold for every operator.
    struct Policy {
        uint16 poolShareBps; // of T', at most 1/3
        uint16 netShareBps; // of the network's stake, others' stake included; NO_SHARE for none
        uint16 guardianShareBps; // of T: what immediate tightenings may turn into violations per epoch
        uint16 bondRatio; // an operator's stake is at most its bond times this; 0 for a pool without bonds
    }

    /* EVENTS */

    event Connected(address indexed metaPool, address indexed allocator, address indexed notice);
    event UpgradesRenounced();
    event FactoryWhitelisted(address indexed factory, bool whitelisted);
    event PoolWhitelisted(address indexed pool, bool whitelisted);
    event OperatorListed(uint256 indexed id, address indexed pool, State state, Listing listing);
    event StateChanged(uint256 indexed id, State oldState, State newState);
    event WatchChanged(uint256 indexed id, bool watch);
    event WeightChanged(uint256 indexed id, uint256 oldWeight, uint256 newWeight);
    event WeightBoundsChanged(uint256 indexed id, uint256 minWeight, uint256 maxWeight);
    event AbsoluteCapChanged(uint256 indexed id, uint256 oldCap, uint256 newCap);
    event GroupsChanged(uint256 indexed id, uint40 oldGroups, uint40 newGroups);
    event GroupChanged(uint256 indexed group, Group oldGroup, Group newGroup);
    event PolicyChanged(Policy oldPolicy, Policy newPolicy);
    /// @notice An operator sits in the tenure group. `laterGroup`, 0 for none, is its own of that dimension: it is in that once
    /// its ramp ends, unless `GroupsChanged` gives it another before.
    event TenureBegun(uint256 indexed id, uint256 laterGroup);
    event TenureGroupChanged(uint256 indexed oldGroup, uint256 indexed newGroup);
    event DimensionModeChanged(uint256 indexed dimension, DimensionMode oldMode, DimensionMode newMode);
    /// @notice Reports drained an operator, and may bring it back until its state changes or a guardian confirms the drain.
    event DrainedByReport(uint256 indexed id);
    /// @notice A guardian drained what reports had drained: they cannot bring it back any more.
    event DrainConfirmed(uint256 indexed id);
    /// @notice Every operator has the score of the report of `epoch`: class 2 is open for three epochs after it.
    event ScoresNoted(uint256 indexed epoch);
    event LongestUnbondingChanged(uint256 oldUnbondingTime, uint256 newUnbondingTime);
    /// @notice An immediate tightening made `amount` wei a violation; `used` of the epoch's share is gone.
    event GuardianShareUsed(uint256 indexed epoch, uint256 amount, uint256 used);

    /* ERRORS */

    error AlreadyConnected(address allocator);
    error NotConnected();
    error InvalidAddress(address account);
    error UpgradesAreRenounced();
    error OnlyAllocator(address caller);
    error UnknownOperator(uint256 id);
    error NotWhitelisted(address pool);
    error AlreadyListed(address pool, uint256 id);
    error NestedMetaPool(address pool);
    error WrongState(uint256 id, State state);
    error StillHolding(uint256 id, uint256 position, uint256 unbonding);
    error RoundOpen(uint256 round);
    error AllocatorBusy();
    error GroupNotRead(uint256 group, uint256 round, uint256 firstRound);
    error NetworkNotRead(uint256 atSnapshot, uint256 live);
    error WeightOutOfBounds(uint256 id, uint256 weight, uint256 minWeight, uint256 maxWeight);
    error WeightStepTooLarge(uint256 id, uint256 weight, uint256 lowest, uint256 highest);
    error LengthMismatch(uint256 ids, uint256 weights);
    error UnknownGroup(uint256 group);
    error WrongDimension(uint256 group, uint256 dimension, uint256 expected);
    error TooManyGroups(uint256 groups);
    error NotLower(uint256 oldValue, uint256 newValue);
    error OutOfBounds(uint256 value, uint256 minimum, uint256 maximum);
    error NotDrainedByReport(uint256 id);
    error GuardianShareExceeded(uint256 amount, uint256 left);
    error UnbondingTooLong(uint256 unbondingTime, uint256 maximum);

    /* WIRING */

    /// @notice Names the other contracts, once. By the deployer.
    function connect(address metaPool, address allocator, address notice) external;

    /// @notice Gives up upgrades for ever. By governance, with notice.
    function renounceUpgrades() external;

    /* WHITELIST: FOUNDATION */

    /// @notice Vouches, or stops vouching, for every pool of `factory`. With notice.
    function setFactoryWhitelisted(address factory, bool whitelisted) external;

    /// @notice Vouches for a single pool. Immediate: listing it needs notice.
    function whitelistPool(address pool) external;

    /// @notice Stops vouching for a single pool, whoever deployed it. Immediate within the guardian share.
    function unwhitelistPool(address pool) external;

    /* LIST: GOVERNANCE, WITH NOTICE */

    /// @notice Lists a whitelisted pool. @return id the next free one.
    /// @dev Requires that the pool is not listed, is no pool of pools, and unbonds within 24 epochs.
    function list(Listing calldata listing) external returns (uint256 id);

    /// @notice Gives a draining operator the state back that it was drained from, whoever drained it.
    function reinstate(uint256 id) external;

    /// @notice Allows increases again, whoever stopped them.
    function clearWatch(uint256 id) external;

    /// @notice Sets the bounds of `setWeights`. The weight moves to the nearer one if it lies outside.
    function setWeightBounds(uint256 id, uint24 minWeight, uint24 maxWeight) external;

    function setAbsoluteCap(uint256 id, uint96 cap) external;

    /// @notice Sets the operator's groups: byte k is 0 or a group of dimension k + 1.
    /// @dev A ramping operator sits in the tenure group, if there is one; another group of that dimension that it is given is
    /// kept until it is active.
    function setGroups(uint256 id, uint40 groups) external;

    /// @notice Sets a group's caps, or creates the group with the next free id. Its dimension is fixed at its creation.
    function setGroup(uint256 group, Group calldata caps) external;

    /// @notice Sets what holds for every operator. Whether bonds count is fixed at deployment.
    function setPolicy(Policy calldata policy) external;

    /// @notice Names the group of dimension 5 that operators sit in while they ramp; 0 for none.
    /// @dev For who begins to ramp from now on: who ramps already stays where it is until its groups are set.
    function setTenureGroup(uint256 group) external;

    /// @notice Says whether the caps of a dimension's groups hold, at once as in the next snapshot.
    function setDimensionMode(uint8 dimension, DimensionMode mode) external;

    /* RISK REDUCTIONS: GUARDIAN, IMMEDIATE WITHIN THE GUARDIAN SHARE; BEYOND IT WITH NOTICE */

    /// @notice Sends all stake home, until governance reinstates the operator.
    /// @dev Of one that reports drained: takes from them the power to readmit it, and counts nothing.
    function drain(uint256 id) external;

    /// @notice Sends all stake home for good.
    function delist(uint256 id) external;

    function lowerAbsoluteCap(uint256 id, uint96 cap) external;

    /// @notice Lowers one or more caps of a group; none may rise. Reverts while a round is open: until it ends nobody knows
    /// what the group's members hold, hence what this would make a violation; without notice also, with `GroupNotRead`, until
    /// a round has read whom the group has lost and got, and, with `NetworkNotRead`, a lower share of a network whose stake
    /// could not be read at the last snapshot, or cannot now. Counted as if the dimension were Hard, since it may become so
    /// by what is announced already.
    function lowerGroupCaps(uint256 group, uint16 poolShareBps, uint16 netShareBps, uint96 absoluteCap) external;

    /// @notice Stops increases. By the guardian or the allocator. Reverts for no known id.
    function watch(uint256 id) external;

    /* REPORTS: SCORER, IMMEDIATE */

    /// @notice Sets weights, each within its bounds and within 20 % (at least 1) of what it was when the epoch began.
    function setWeights(uint256[] calldata ids, uint24[] calldata weights) external;

    /// @notice Stops increases, until `liftWatch` or governance. Reverts for no known id.
    function watchByReport(uint256 id) external;

    /// @notice Takes back what `watchByReport` did, and nothing else: a watch by guardian or allocator stays.
    function liftWatch(uint256 id) external;

    /// @notice Sends all stake home, within the guardian share, until `readmit` or governance.
    function drainByReport(uint256 id) external;

    /// @notice Lets an operator that reports drained begin anew: it ramps, in the tenure group if there is one.
    /// @dev Requires that no guardian has drained it as well, and that no round is open.
    function readmit(uint256 id) external;

    /// @notice Notes that every operator has the score of the report of `epoch`, which is not in the future. An older one than
    /// before changes nothing.
    function noteScores(uint256 epoch) external;

    /* ANYONE */

    /// @notice Turns a delisted operator that holds nothing, or was written down, into a tombstone.
    function remove(uint256 id) external;

    /* ALLOCATOR */

    /// @notice Ends an operator's ramp: Ramping becomes Active, and leaves the tenure group.
    function activate(uint256 id) external;

    /// @notice Records the longest unbonding time that a finished round saw among listed operators, at most 24 epochs.
    function setLongestUnbonding(uint256 unbondingTime) external;

    /* VIEWS */

    function metaPool() external view returns (address);
    function allocator() external view returns (address);
    function notice() external view returns (address);
    /// @notice Number of ids given so far, tombstones included; ids are 1 to this.
    function operatorCount() external view returns (uint256);
    /// @notice All zero for an unknown id. Never reverts, calls nobody.
    function operator(uint256 id) external view returns (Operator memory);
    /// @notice What legs judge an operator by: its pool; whether it may hold stake at all, listed and whitelisted at this
    /// moment; whether it is on watch; its absolute cap in wei.
    function standing(
        uint256 id
    ) external view returns (address pool, bool mayHold, bool isWatched, uint256 absoluteCap);
    /// @notice Who stopped increases at an operator, guardian and allocator or reports, and whether reports may readmit it.
    function marksOf(
        uint256 id
    ) external view returns (bool watchedByGuardian, bool watchedByReport, bool drainedByReport);
    function weightBounds(uint256 id) external view returns (uint256 minWeight, uint256 maxWeight);
    /// @notice The weights that `setWeights` would take now: never none. Reverts where it would revert for any weight.
    function weightRange(uint256 id) external view returns (uint256 lowest, uint256 highest);
    /// @notice The factory that vouches for the operator; 0 if its pool is whitelisted by itself.
    function factoryOf(uint256 id) external view returns (address);
    /// @notice The latest id of `pool`, which may be a tombstone; 0 if it was never listed.
    function idOf(address pool) external view returns (uint256);
    /// @notice Whether the foundation vouches for `pool`. A factory's pool counts once it is listed. Never reverts.
    function isWhitelisted(address pool) external view returns (bool);
    function isFactoryWhitelisted(address factory) external view returns (bool);
    /// @notice Number of groups beside the pool itself, which is group 0; ids are 1 to this.
    function groupCount() external view returns (uint256);
    /// @notice A group's caps as they hold: none unless its dimension is Hard.
    function group(uint256 id) external view returns (Group memory);
    /// @notice A group's caps as they were set, whatever the mode of its dimension.
    function statedGroup(uint256 id) external view returns (Group memory);
    /// @notice The group that operators sit in while they ramp; 0 for none.
    function tenureGroup() external view returns (uint256);
    /// @notice Reverts for a dimension that does not exist.
    function dimensionMode(uint8 dimension) external view returns (DimensionMode);
    function policy() external view returns (Policy memory);
    /// @notice Longest unbonding time among listed operators, in seconds.
    function longestUnbonding() external view returns (uint256);
    /// @notice The last epoch of whose report every operator has its score; 0 before the first one.
    function scoredEpoch() external view returns (uint256);
    /// @notice What is left of this epoch's guardian share, in wei.
    function guardianShareLeft() external view returns (uint256);
    function areUpgradesRenounced() external view returns (bool);
}
