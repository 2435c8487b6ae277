// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

// solhint-disable-next-line max-line-length
import {AccessManagedUpgradeable} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "./interfaces/IAllocator.sol";
import {IOperatorPool} from "./interfaces/IOperatorPool.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {OperatorBook} from "./libraries/OperatorBook.sol";
import {Tightening} from "./libraries/Tightening.sol";

/// @title OperatorRegistry
/// Assumes: the AccessManager is set up as docs/roles.md says; the allocator's views are honest.
/// Guarantees: only whitelisted pools are listed, none twice, no pool of pools; what is done without notice turns
/// at most the guardian share of T into violations per epoch; nothing here loops over operators.
contract OperatorRegistry
    is IOperatorRegistry, AccessManagedUpgradeable, UUPSUpgradeable
    layout at erc7201("trellis.OperatorRegistry")
{
    using Math for uint256;
    using OperatorBook for OperatorBook.State;
    using SafeCast for uint256;

    uint16 public constant NO_SHARE = type(uint16).max;
    uint96 public constant NO_CAP = type(uint96).max;

    uint256 private constant MIN_BOND_RATIO = 3;
    uint256 private constant MAX_BOND_RATIO = 250;
    uint256 private constant MAX_UNBONDING_EPOCHS = 24; // as many exits a reading has the gas for
    uint256 private constant MAX_GROUPS = 255;

    OperatorBook.State private _storage;

    constructor() {
        _disableInitializers();
    }

    function initialize(address accessManager, Policy calldata newPolicy) external initializer {
        __AccessManaged_init(accessManager);

        require(
            newPolicy.bondRatio == 0 || OperatorBook.isWithin(newPolicy.bondRatio, MIN_BOND_RATIO, MAX_BOND_RATIO),
            OutOfBounds(newPolicy.bondRatio, MIN_BOND_RATIO, MAX_BOND_RATIO)
        );

        _storage.setPolicy(newPolicy);
    }

    /* WIRING */

    /// @inheritdoc IOperatorRegistry
    function connect(address newMetaPool, address newAllocator, address newNotice) external restricted {
        require(_storage.allocator == address(0), AlreadyConnected(_storage.allocator));
        require(newMetaPool != address(0), InvalidAddress(newMetaPool));
        require(newAllocator != address(0), InvalidAddress(newAllocator));
        require(newNotice != address(0), InvalidAddress(newNotice));

        _storage.metaPool = newMetaPool;
        _storage.allocator = newAllocator;
        _storage.notice = newNotice;

        emit Connected(newMetaPool, newAllocator, newNotice);
    }

    /// @inheritdoc IOperatorRegistry
    function renounceUpgrades() external restricted {
        _storage.upgradesRenounced = true;

        emit UpgradesRenounced();
    }

    /* WHITELIST */

    /// @inheritdoc IOperatorRegistry
    function setFactoryWhitelisted(address factory, bool whitelisted) external restricted {
        uint256 index = _storage.factoryIndexes[factory];
        if (index == 0) {
            index = ++_storage.factoryCount;
            _storage.factoryIndexes[factory] = index;
            _storage.factories[index].factory = factory;
        }
        _storage.factories[index].whitelisted = whitelisted;

        emit FactoryWhitelisted(factory, whitelisted);
    }

    /// @inheritdoc IOperatorRegistry
    function whitelistPool(address pool) external restricted {
        _storage.setPoolStatus(pool, OperatorBook.PoolStatus.Whitelisted);

        emit PoolWhitelisted(pool, true);
    }

    /// @inheritdoc IOperatorRegistry
    function unwhitelistPool(address pool) external restricted {
        uint256 id = _storage.ids[pool];

        if (id != 0) _useGuardianShare(_soundPosition(id));
        _storage.setPoolStatus(pool, OperatorBook.PoolStatus.Blocked);

        emit PoolWhitelisted(pool, false);
    }

    /* LIST */

    /// @inheritdoc IOperatorRegistry
    function list(Listing calldata listing) external restricted returns (uint256 id) {
        _checkNoRound();
        _storage.checkPool(listing.pool, listing.factory);
        _storage.checkGroups(listing.groups);
        id = _storage.operatorCount + 1;
        OperatorBook.checkWeightBounds(listing.minWeight, listing.maxWeight);
        OperatorBook.checkWeight(id, listing.weight, listing.minWeight, listing.maxWeight);

        uint256 unbondingTime = IOperatorPool(listing.pool).unbondingTime();
        uint256 maximum = _maxUnbondingTime();
        require(unbondingTime <= maximum, UnbondingTooLong(unbondingTime, maximum));

        State state = msg.sender == _storage.notice ? State.Ramping : State.Active;
        _storage.operatorCount = id.toUint32();
        _storage.ids[listing.pool] = id;
        _storage.records[id] = OperatorBook.Record({
            pool: listing.pool,
            state: state,
            watch: false,
            status: _storage.pools[listing.pool],
            drainedFrom: State.None,
            weight: listing.weight,
            groups: listing.groups,
            absoluteCap: listing.absoluteCap,
            unbondingTime: unbondingTime.toUint32(),
            factory: _storage.factoryIndexes[listing.factory].toUint16(),
            minWeight: listing.minWeight,
            maxWeight: listing.maxWeight,
            epochWeight: listing.weight,
            weightEpoch: _currentEpoch().toUint32()
        });

        emit OperatorListed(id, listing.pool, state, listing);
        if (unbondingTime > _storage.longestUnbonding) _storage.setLongestUnbonding(unbondingTime);
    }

    /// @inheritdoc IOperatorRegistry
    function reinstate(uint256 id) external restricted {
        OperatorBook.Record storage record = _storage.recordOf(id);
        require(record.state == State.Draining, WrongState(id, record.state));
        _checkNoRound();

        _storage.setState(id, record.drainedFrom);
    }

    /// @inheritdoc IOperatorRegistry
    function clearWatch(uint256 id) external restricted {
        _storage.liveRecordOf(id).watch = false;

        emit WatchChanged(id, false);
    }

    /// @inheritdoc IOperatorRegistry
    function setWeightBounds(uint256 id, uint24 minWeight, uint24 maxWeight) external restricted {
        OperatorBook.Record storage record = _storage.liveRecordOf(id);
        OperatorBook.checkWeightBounds(minWeight, maxWeight);

        uint256 oldWeight = record.weight;
        uint256 newWeight = oldWeight.max(minWeight).min(maxWeight);
        record.minWeight = minWeight;
        record.maxWeight = maxWeight;
        emit WeightBoundsChanged(id, minWeight, maxWeight);

        if (newWeight == oldWeight) return;
        record.weight = newWeight.toUint24();
        record.epochWeight = newWeight.toUint24();
        record.weightEpoch = _currentEpoch().toUint32();
        emit WeightChanged(id, oldWeight, newWeight);
    }

    /// @inheritdoc IOperatorRegistry
    function setAbsoluteCap(uint256 id, uint96 cap) external restricted {
        _storage.liveRecordOf(id);

        _storage.setAbsoluteCap(id, cap);
    }

    /// @inheritdoc IOperatorRegistry
    function setGroups(uint256 id, uint40 groups) external restricted {
        OperatorBook.Record storage record = _storage.liveRecordOf(id);
        _storage.checkGroups(groups);

        uint40 oldGroups = record.groups;
        record.groups = groups;

        emit GroupsChanged(id, oldGroups, groups);
    }

    /// @inheritdoc IOperatorRegistry
    function setGroup(uint256 id, Group calldata caps) external restricted {
        uint256 count = _storage.groupCount;
        require(id != 0 && id <= count + 1, UnknownGroup(id));
        require(id <= MAX_GROUPS, TooManyGroups(id));
        OperatorBook.checkWithin(caps.dimension, 1, OperatorBook.DIMENSIONS);
        OperatorBook.checkShare(caps.poolShareBps);
        OperatorBook.checkShare(caps.netShareBps);

        if (id > count) {
            _storage.groupCount = id.toUint8();
        } else {
            uint256 dimension = _storage.groups[id].dimension;
            require(caps.dimension == dimension, WrongDimension(id, caps.dimension, dimension));
        }

        _storage.setGroup(id, caps);
    }

    /// @inheritdoc IOperatorRegistry
    function setPolicy(Policy calldata newPolicy) external restricted {
        if (_storage.policy.bondRatio == 0) OperatorBook.checkWithin(newPolicy.bondRatio, 0, 0);
        else OperatorBook.checkWithin(newPolicy.bondRatio, MIN_BOND_RATIO, MAX_BOND_RATIO);

        _storage.setPolicy(newPolicy);
    }

    /* RISK REDUCTIONS */

    /// @inheritdoc IOperatorRegistry
    function drain(uint256 id) external restricted {
        OperatorBook.Record storage record = _storage.recordOf(id);
        State state = record.state;
        require(OperatorBook.isListed(state), WrongState(id, state));

        _useGuardianShare(_soundPosition(id));
        record.drainedFrom = state;
        _storage.setState(id, State.Draining);
    }

    /// @inheritdoc IOperatorRegistry
    function delist(uint256 id) external restricted {
        _storage.liveRecordOf(id);

        _useGuardianShare(_soundPosition(id));
        _storage.setState(id, State.Delisted);
    }

    /// @inheritdoc IOperatorRegistry
    function lowerAbsoluteCap(uint256 id, uint96 cap) external restricted {
        OperatorBook.Record storage record = _storage.liveRecordOf(id);
        require(cap < record.absoluteCap, NotLower(record.absoluteCap, cap));

        uint256 before = _soundPosition(id);
        _storage.setAbsoluteCap(id, cap);
        _useGuardianShare(before - _soundPosition(id));
    }

    /// @inheritdoc IOperatorRegistry
    function lowerGroupCaps(
        uint256 id,
        uint16 poolShareBps,
        uint16 netShareBps,
        uint96 absoluteCap
    ) external restricted {
        Group memory oldCaps = _storage.groups[id];
        require(oldCaps.dimension != 0, UnknownGroup(id));
        OperatorBook.checkShare(poolShareBps);
        OperatorBook.checkShare(netShareBps);
        require(poolShareBps <= oldCaps.poolShareBps, NotLower(oldCaps.poolShareBps, poolShareBps));
        require(netShareBps <= oldCaps.netShareBps, NotLower(oldCaps.netShareBps, netShareBps));
        require(absoluteCap <= oldCaps.absoluteCap, NotLower(oldCaps.absoluteCap, absoluteCap));
        _checkNoRound(); // which sums up anew what the group's members hold

        Group memory newCaps = Group(oldCaps.dimension, poolShareBps, netShareBps, absoluteCap);
        _useGuardianShare(Tightening.ofGroup(_allocator(), id, oldCaps, newCaps));
        _storage.setGroup(id, newCaps);
    }

    /// @inheritdoc IOperatorRegistry
    function watch(uint256 id) external {
        if (msg.sender != _storage.allocator) _checkCanCall(msg.sender, msg.data);

        _storage.recordOf(id).watch = true;

        emit WatchChanged(id, true);
    }

    /* WEIGHTS */

    /// @inheritdoc IOperatorRegistry
    function setWeights(uint256[] calldata ids, uint24[] calldata weights) external restricted {
        require(ids.length == weights.length, LengthMismatch(ids.length, weights.length));

        uint32 epoch = _currentEpoch().toUint32();
        for (uint256 i = 0; i < ids.length; ++i) {
            _storage.setWeight(ids[i], weights[i], epoch);
        }
    }

    /* ANYONE */

    /// @inheritdoc IOperatorRegistry
    function remove(uint256 id) external {
        OperatorBook.Record storage record = _storage.recordOf(id);
        require(record.state == State.Delisted, WrongState(id, record.state));
        _checkNoRound();
        IAllocator.Position memory held = _allocator().positionOf(id);
        require(
            held.writtenDown || (held.position == 0 && held.unbonding == 0),
            StillHolding(id, held.position, held.unbonding)
        );

        _storage.setState(id, State.Removed);
    }

    /* ALLOCATOR */

    /// @inheritdoc IOperatorRegistry
    function activate(uint256 id) external {
        _checkAllocator();
        OperatorBook.Record storage record = _storage.recordOf(id);
        require(record.state == State.Ramping, WrongState(id, record.state));

        _storage.setState(id, State.Active);
    }

    /// @inheritdoc IOperatorRegistry
    function setLongestUnbonding(uint256 unbondingTime) external {
        _checkAllocator();

        _storage.setLongestUnbonding(unbondingTime.min(_maxUnbondingTime()));
    }

    /* VIEWS */

    /// @inheritdoc IOperatorRegistry
    function metaPool() external view returns (address) {
        return _storage.metaPool;
    }

    /// @inheritdoc IOperatorRegistry
    function allocator() external view returns (address) {
        return _storage.allocator;
    }

    /// @inheritdoc IOperatorRegistry
    function notice() external view returns (address) {
        return _storage.notice;
    }

    /// @inheritdoc IOperatorRegistry
    function operatorCount() external view returns (uint256) {
        return _storage.operatorCount;
    }

    /// @inheritdoc IOperatorRegistry
    function operator(uint256 id) external view returns (Operator memory) {
        OperatorBook.Record storage record = _storage.records[id];

        return
            Operator({
                pool: record.pool,
                state: record.state,
                watch: record.watch,
                whitelisted: _storage.isWhitelisted(record),
                weight: record.weight,
                groups: record.groups,
                absoluteCap: record.absoluteCap,
                unbondingTime: record.unbondingTime
            });
    }

    /// @inheritdoc IOperatorRegistry
    function standing(
        uint256 id
    ) external view returns (address pool, bool mayHold, bool isWatched, uint256 absoluteCap) {
        OperatorBook.Record storage record = _storage.records[id];

        return (record.pool, _storage.mayHold(record), record.watch, record.absoluteCap);
    }

    /// @inheritdoc IOperatorRegistry
    function weightBounds(uint256 id) external view returns (uint256 minWeight, uint256 maxWeight) {
        return (_storage.records[id].minWeight, _storage.records[id].maxWeight);
    }

    /// @inheritdoc IOperatorRegistry
    function factoryOf(uint256 id) external view returns (address) {
        return _storage.factories[_storage.records[id].factory].factory;
    }

    /// @inheritdoc IOperatorRegistry
    function idOf(address pool) external view returns (uint256) {
        return _storage.ids[pool];
    }

    /// @inheritdoc IOperatorRegistry
    function isWhitelisted(address pool) external view returns (bool) {
        uint256 id = _storage.ids[pool];

        return
            id == 0
                ? _storage.pools[pool] == OperatorBook.PoolStatus.Whitelisted
                : _storage.isWhitelisted(_storage.records[id]);
    }

    /// @inheritdoc IOperatorRegistry
    function isFactoryWhitelisted(address factory) external view returns (bool) {
        return _storage.isFactoryWhitelisted(factory);
    }

    /// @inheritdoc IOperatorRegistry
    function groupCount() external view returns (uint256) {
        return _storage.groupCount;
    }

    /// @inheritdoc IOperatorRegistry
    function group(uint256 id) external view returns (Group memory) {
        return _storage.groups[id];
    }

    /// @inheritdoc IOperatorRegistry
    function policy() external view returns (Policy memory) {
        return _storage.policy;
    }

    /// @inheritdoc IOperatorRegistry
    function longestUnbonding() external view returns (uint256) {
        return _storage.longestUnbonding;
    }

    /// @inheritdoc IOperatorRegistry
    function guardianShareLeft() external view returns (uint256) {
        return _guardianShare().saturatingSub(_guardianUsed(_currentEpoch()));
    }

    /// @inheritdoc IOperatorRegistry
    function areUpgradesRenounced() external view returns (bool) {
        return _storage.upgradesRenounced;
    }

    /* GUARDIAN SHARE */

    function _useGuardianShare(uint256 amount) private {
        if (amount == 0 || msg.sender == _storage.notice) return;

        uint256 epoch = _currentEpoch();
        uint256 used = _guardianUsed(epoch);
        uint256 left = _guardianShare().saturatingSub(used);
        require(amount <= left, GuardianShareExceeded(amount, left));

        _storage.guardianEpoch = epoch.toUint40();
        _storage.guardianUsed = (used + amount).toUint96();

        emit GuardianShareUsed(epoch, amount, used + amount);
    }

    /// @dev Of the smaller T: a large stake that leaves again adds nothing.
    function _guardianShare() private view returns (uint256) {
        IAllocator allocator_ = _allocator();
        (uint256 total, , ) = allocator_.liveTotals();

        return (total.min(allocator_.poolSnapshot().total) * _storage.policy.guardianShareBps) / OperatorBook.BPS;
    }

    function _guardianUsed(uint256 epoch) private view returns (uint256) {
        return _storage.guardianEpoch == epoch ? _storage.guardianUsed : 0;
    }

    /// @dev The part of an operator's position that neither its state nor its absolute cap makes a violation.
    function _soundPosition(uint256 id) private view returns (uint256) {
        OperatorBook.Record storage record = _storage.records[id];
        if (!_storage.mayHold(record)) return 0;

        return Tightening.soundPosition(_allocator(), id, record.absoluteCap);
    }

    /* READS */

    function _allocator() private view returns (IAllocator) {
        require(_storage.allocator != address(0), NotConnected());

        return IAllocator(_storage.allocator);
    }

    function _currentEpoch() private view returns (uint256) {
        return _allocator().currentEpoch();
    }

    function _maxUnbondingTime() private view returns (uint256) {
        return MAX_UNBONDING_EPOCHS * _allocator().epochLength();
    }

    /* CHECKS */

    function _checkAllocator() private view {
        require(msg.sender == _storage.allocator, OnlyAllocator(msg.sender));
    }

    function _checkNoRound() private view {
        (uint256 round, ) = _allocator().openRound();
        require(round == 0, RoundOpen(round));
    }

    function _authorizeUpgrade(address) internal override restricted {
        require(!_storage.upgradesRenounced, UpgradesAreRenounced());
    }
}
