// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

// solhint-disable-next-line max-line-length
import {AccessManagedUpgradeable} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "./interfaces/IAllocator.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {Curation} from "./libraries/Curation.sol";
import {GuardianShare} from "./libraries/GuardianShare.sol";
import {OperatorBook} from "./libraries/OperatorBook.sol";
import {Tenure} from "./libraries/Tenure.sol";

/// @title OperatorRegistry
/// Assumes: the AccessManager is set up as docs/roles.md says; the allocator's views are honest.
/// Guarantees: only whitelisted pools are listed, none twice, no pool of pools; what is done without notice turns
/// at most the guardian share of T into violations per epoch; nothing here loops over operators.
contract OperatorRegistry
    is IOperatorRegistry, AccessManagedUpgradeable, UUPSUpgradeable
    layout at erc7201("trellis.OperatorRegistry")
{
    using Curation for OperatorBook.State;
    using GuardianShare for OperatorBook.State;
    using Math for uint256;
    using OperatorBook for OperatorBook.State;
    using SafeCast for uint256;
    using Tenure for OperatorBook.State;

    uint16 public constant NO_SHARE = type(uint16).max;
    uint96 public constant NO_CAP = type(uint96).max;

    uint256 private constant MAX_UNBONDING_EPOCHS = 24; // as many exits a reading has the gas for

    OperatorBook.State private _storage;

    constructor() {
        _disableInitializers();
    }

    function initialize(address accessManager, Policy calldata newPolicy) external initializer {
        __AccessManaged_init(accessManager);

        _storage.initializePolicy(newPolicy);
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
        _storage.unwhitelistPool(pool);
    }

    /* LIST */

    /// @inheritdoc IOperatorRegistry
    function list(Listing calldata listing) external restricted returns (uint256 id) {
        id = _storage.list(listing, _maxUnbondingTime());
    }

    /// @inheritdoc IOperatorRegistry
    function reinstate(uint256 id) external restricted {
        _storage.reinstate(id);
    }

    /// @inheritdoc IOperatorRegistry
    function clearWatch(uint256 id) external restricted {
        _storage.liveRecordOf(id);

        _storage.clearMarks(id, OperatorBook.WATCHED | OperatorBook.WATCHED_BY_REPORT);
    }

    /// @inheritdoc IOperatorRegistry
    function setWeightBounds(uint256 id, uint24 minWeight, uint24 maxWeight) external restricted {
        _storage.setWeightBounds(id, minWeight, maxWeight);
    }

    /// @inheritdoc IOperatorRegistry
    function setAbsoluteCap(uint256 id, uint96 cap) external restricted {
        _storage.liveRecordOf(id);

        _storage.setAbsoluteCap(id, cap);
    }

    /// @inheritdoc IOperatorRegistry
    function setGroups(uint256 id, uint40 groups) external restricted {
        _storage.setGroups(id, groups);
    }

    /// @inheritdoc IOperatorRegistry
    function setGroup(uint256 id, Group calldata caps) external restricted {
        Curation.setGroup(_storage, id, caps);
    }

    /// @inheritdoc IOperatorRegistry
    function setPolicy(Policy calldata newPolicy) external restricted {
        _storage.setPolicy(newPolicy);
    }

    /// @inheritdoc IOperatorRegistry
    function setTenureGroup(uint256 newGroup) external restricted {
        _storage.setTenureGroup(newGroup);
    }

    /// @inheritdoc IOperatorRegistry
    function setDimensionMode(uint8 dimension, DimensionMode mode) external restricted {
        _storage.setDimensionMode(dimension, mode);
    }

    /* RISK REDUCTIONS */

    /// @inheritdoc IOperatorRegistry
    function drain(uint256 id) external restricted {
        _storage.drain(id);
    }

    /// @inheritdoc IOperatorRegistry
    function delist(uint256 id) external restricted {
        _storage.delist(id);
    }

    /// @inheritdoc IOperatorRegistry
    function lowerAbsoluteCap(uint256 id, uint96 cap) external restricted {
        _storage.lowerAbsoluteCap(id, cap);
    }

    /// @inheritdoc IOperatorRegistry
    function lowerGroupCaps(
        uint256 id,
        uint16 poolShareBps,
        uint16 netShareBps,
        uint96 absoluteCap
    ) external restricted {
        _storage.lowerGroupCaps(id, poolShareBps, netShareBps, absoluteCap);
    }

    /// @inheritdoc IOperatorRegistry
    function watch(uint256 id) external {
        if (msg.sender != _storage.allocator) _checkCanCall(msg.sender, msg.data);
        _storage.recordOf(id);

        _storage.addMark(id, OperatorBook.WATCHED);
    }

    /* REPORTS */

    /// @inheritdoc IOperatorRegistry
    function setWeights(uint256[] calldata ids, uint24[] calldata weights) external restricted {
        require(ids.length == weights.length, LengthMismatch(ids.length, weights.length));

        uint32 epoch = _storage.currentEpoch().toUint32();
        for (uint256 i = 0; i < ids.length; ++i) {
            _storage.setWeight(ids[i], weights[i], epoch);
        }
    }

    /// @inheritdoc IOperatorRegistry
    function watchByReport(uint256 id) external restricted {
        _storage.recordOf(id);

        _storage.addMark(id, OperatorBook.WATCHED_BY_REPORT);
    }

    /// @inheritdoc IOperatorRegistry
    function liftWatch(uint256 id) external restricted {
        _storage.recordOf(id);

        _storage.clearMarks(id, OperatorBook.WATCHED_BY_REPORT);
    }

    /// @inheritdoc IOperatorRegistry
    function drainByReport(uint256 id) external restricted {
        _storage.drainByReport(id);
    }

    /// @inheritdoc IOperatorRegistry
    function readmit(uint256 id) external restricted {
        OperatorBook.Record storage record = _storage.recordOf(id);
        require(record.state == State.Draining, WrongState(id, record.state));
        require(record.marks & OperatorBook.DRAINED_BY_REPORT != 0, NotDrainedByReport(id));
        _storage.checkNoRound();

        _storage.beginRamp(id);
    }

    /// @inheritdoc IOperatorRegistry
    function noteScores(uint256 epoch) external restricted {
        OperatorBook.checkWithin(epoch, 0, _storage.currentEpoch());
        if (epoch > _storage.scoredEpoch) _storage.scoredEpoch = epoch.toUint40();

        emit ScoresNoted(epoch);
    }

    /* ANYONE */

    /// @inheritdoc IOperatorRegistry
    function remove(uint256 id) external {
        OperatorBook.Record storage record = _storage.recordOf(id);
        require(record.state == State.Delisted, WrongState(id, record.state));
        _storage.checkNoRound();
        IAllocator.Position memory held = _storage.allocatorOf().positionOf(id);
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
        State state = _storage.recordOf(id).state;
        require(state == State.Ramping, WrongState(id, state));

        _storage.endRamp(id);
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
                watch: OperatorBook.isWatched(record),
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

        return (record.pool, _storage.mayHold(record), OperatorBook.isWatched(record), record.absoluteCap);
    }

    /// @inheritdoc IOperatorRegistry
    function marksOf(
        uint256 id
    ) external view returns (bool watchedByGuardian, bool watchedByReport, bool drainedByReport) {
        uint8 marks = _storage.records[id].marks;

        return (
            marks & OperatorBook.WATCHED != 0,
            marks & OperatorBook.WATCHED_BY_REPORT != 0,
            marks & OperatorBook.DRAINED_BY_REPORT != 0
        );
    }

    /// @inheritdoc IOperatorRegistry
    function weightBounds(uint256 id) external view returns (uint256 minWeight, uint256 maxWeight) {
        return (_storage.records[id].minWeight, _storage.records[id].maxWeight);
    }

    /// @inheritdoc IOperatorRegistry
    function weightRange(uint256 id) external view returns (uint256 lowest, uint256 highest) {
        OperatorBook.Record storage record = _storage.liveRecordOf(id);

        (lowest, highest) = OperatorBook.weightSteps(record, _storage.currentEpoch());
        return (lowest.max(record.minWeight), highest.min(record.maxWeight));
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
    function group(uint256 id) external view returns (Group memory caps) {
        caps = _storage.groups[id];
        if (_storage.isHard(caps.dimension)) return caps;

        (caps.poolShareBps, caps.netShareBps, caps.absoluteCap) = (
            OperatorBook.NO_SHARE,
            OperatorBook.NO_SHARE,
            OperatorBook.NO_CAP
        );
    }

    /// @inheritdoc IOperatorRegistry
    function statedGroup(uint256 id) external view returns (Group memory) {
        return _storage.groups[id];
    }

    /// @inheritdoc IOperatorRegistry
    function tenureGroup() external view returns (uint256) {
        return _storage.tenureGroup;
    }

    /// @inheritdoc IOperatorRegistry
    function dimensionMode(uint8 dimension) external view returns (DimensionMode) {
        OperatorBook.checkWithin(dimension, 1, OperatorBook.DIMENSIONS);

        return _storage.modeOf(dimension);
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
    function scoredEpoch() external view returns (uint256) {
        return _storage.scoredEpoch;
    }

    /// @inheritdoc IOperatorRegistry
    function guardianShareLeft() external view returns (uint256) {
        return _storage.left();
    }

    /// @inheritdoc IOperatorRegistry
    function areUpgradesRenounced() external view returns (bool) {
        return _storage.upgradesRenounced;
    }

    /* READS */

    function _maxUnbondingTime() private view returns (uint256) {
        return MAX_UNBONDING_EPOCHS * _storage.allocatorOf().epochLength();
    }

    /* CHECKS */

    function _checkAllocator() private view {
        require(msg.sender == _storage.allocator, OnlyAllocator(msg.sender));
    }

    function _authorizeUpgrade(address) internal override restricted {
        require(!_storage.upgradesRenounced, UpgradesAreRenounced());
    }
}
