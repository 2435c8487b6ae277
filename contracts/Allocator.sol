// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {AccessManagedUpgradeable} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAllocator} from "./interfaces/IAllocator.sol";
import {IMetaPool} from "./interfaces/IMetaPool.sol";
import {IOperatorPool} from "./interfaces/IOperatorPool.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IPoolCalls} from "./interfaces/IPoolCalls.sol";
import {IStakeNetwork} from "./interfaces/IStakeNetwork.sol";
import {IStakingPool} from "./interfaces/IStakingPool.sol";
import {AllocatorBook} from "./libraries/AllocatorBook.sol";
import {LegRooms} from "./libraries/LegRooms.sol";
import {Legs} from "./libraries/Legs.sol";
import {Levels} from "./libraries/Levels.sol";
import {Rounds} from "./libraries/Rounds.sol";

/// @title Allocator
/// Assumes: nothing of operator pools; the registry's and the meta pool's answers are true.
/// Guarantees: no leg lifts an operator or a group above its cap, whoever sends it; a pool that fails, lies or burns gas
/// costs at most its own position; ether is held only within a call.
contract Allocator
    is IAllocator, IPoolCalls, AccessManagedUpgradeable, UUPSUpgradeable, ReentrancyGuardTransient
    layout at erc7201("trellis.Allocator")
{
    using AllocatorBook for AllocatorBook.State;
    using LegRooms for AllocatorBook.State;
    using Legs for AllocatorBook.State;
    using Levels for AllocatorBook.State;
    using Rounds for AllocatorBook.State;

    uint256 private constant MAX_LEGS = 200;
    uint256 private constant WRITE_DOWN_TERM = 90 days;

    AllocatorBook.State private _state;

    /// @dev The pool that may send ether now.
    address private transient _payer;

    constructor() {
        _disableInitializers();
    }

    /// @notice Sets up the proxy. @param epochLength_ in seconds, fixed for ever.
    function initialize(
        address manager,
        IMetaPool metaPool,
        IOperatorRegistry registry,
        IStakeNetwork network,
        uint32 epochLength_,
        Parameters calldata parameters_
    ) external initializer {
        __AccessManaged_init(manager);
        _state.metaPool = metaPool;
        _state.registry = registry;
        _state.network = network;
        _state.epochLength = epochLength_;
        _state.epoch = uint40(block.timestamp / epochLength_);
        _setParameters(parameters_);
    }

    /// @dev Only the meta pool, and the operator pool that is being called, may send ether.
    receive() external payable {
        require(msg.sender == address(_state.metaPool) || msg.sender == _payer, UnexpectedEther(msg.sender, msg.value));
    }

    /* KEEPERS */

    /// @inheritdoc IAllocator
    function settle(uint256 maxOperators) external nonReentrant returns (uint256 read, bool completed) {
        return _state.settle(maxOperators);
    }

    /// @inheritdoc IAllocator
    function settleOne(uint256 id) external nonReentrant returns (uint256 loss) {
        return _state.settleOne(id);
    }

    /// @inheritdoc IAllocator
    function certifyLevels(
        Level[] calldata sheet,
        uint256 maxOperators
    ) external nonReentrant returns (bool certified) {
        return _state.certify(sheet, maxOperators);
    }

    /// @inheritdoc IAllocator
    function rebalance(Leg[] calldata legs) external nonReentrant returns (uint256[] memory moved) {
        require(legs.length <= MAX_LEGS, TooManyLegs(legs.length, MAX_LEGS));
        return _state.rebalance(legs);
    }

    /// @inheritdoc IAllocator
    function reclaim(uint256 id) external nonReentrant returns (uint256 gain) {
        return _state.reclaim(id);
    }

    /* GOVERNANCE */

    /// @inheritdoc IAllocator
    function setParameters(Parameters calldata newParameters) external restricted {
        _setParameters(newParameters);
    }

    /// @inheritdoc IAllocator
    function clearWriteDown(uint256 id) external {
        if (block.timestamp < _state.records[id].writtenDownAt + WRITE_DOWN_TERM) {
            _checkCanCall(msg.sender, msg.data);
        }
        _state.clearWriteDown(id);
    }

    /// @inheritdoc IAllocator
    function renounceUpgrades() external restricted {
        _state.upgradesRenounced = true;
        emit UpgradesRenounced();
    }

    /* CALLS TO ONE POOL, BY SELF */

    /// @inheritdoc IPoolCalls
    function collect(address pool) external returns (Reading memory reading) {
        _checkSelf();
        _call(pool, 0, abi.encodeCall(IStakingPool.ping, ()));
        uint256 due = _word(pool, abi.encodeCall(IStakingPool.withdrawable, (address(this))));
        if (due != 0) {
            uint256 balance = address(this).balance;
            _payer = pool;
            _call(pool, 0, abi.encodeCall(IStakingPool.withdraw, (due)));
            _payer = address(0);
            reading.arrived = address(this).balance - balance;
        }
        (reading.staked, reading.unstaked) = peek(pool);
        reading.total = _word(pool, abi.encodeCall(IStakingPool.get_total_staked_balance, ()));
        (, reading.bond) = _tryWord(pool, abi.encodeCall(IOperatorPool.bond, ()));
    }

    /// @inheritdoc IPoolCalls
    function peek(address pool) public view returns (uint256 staked, uint256 unstaked) {
        staked = _word(pool, abi.encodeCall(IStakingPool.get_account_staked_balance, (address(this))));
        unstaked = _word(pool, abi.encodeCall(IStakingPool.get_account_unstaked_balance, (address(this))));
    }

    /// @inheritdoc IPoolCalls
    function peekBond(address pool) external view returns (uint256 bond) {
        return _word(pool, abi.encodeCall(IOperatorPool.bond, ()));
    }

    /// @inheritdoc IPoolCalls
    function push(address pool, uint256 amount) external returns (uint256 staked, uint256 unstaked) {
        _checkSelf();
        _call(pool, amount, abi.encodeCall(IStakingPool.deposit_and_stake, ()));
        return peek(pool);
    }

    /// @inheritdoc IPoolCalls
    function pull(address pool, uint256 amount) external returns (uint256 staked, uint256 unstaked) {
        _checkSelf();
        staked = _word(pool, abi.encodeCall(IStakingPool.get_account_staked_balance, (address(this))));
        if (amount >= staked) _call(pool, 0, abi.encodeCall(IStakingPool.unstake_all, ()));
        else _call(pool, 0, abi.encodeCall(IStakingPool.unstake, (amount)));
        return peek(pool);
    }

    /* VIEWS */

    /// @inheritdoc IAllocator
    function epochLength() external view returns (uint256) {
        return _state.epochLength;
    }

    /// @inheritdoc IAllocator
    function currentEpoch() external view returns (uint256) {
        return _state.currentEpoch();
    }

    /// @inheritdoc IAllocator
    function isBusy() external view returns (bool) {
        return _reentrancyGuardEntered();
    }

    /// @inheritdoc IAllocator
    function nextRoundAt() public view returns (uint256) {
        return (uint256(_state.epoch) + 1) * _state.epochLength;
    }

    /// @inheritdoc IAllocator
    function openRound() external view returns (uint256 round, uint256 cursor) {
        return (_state.round, _state.cursor);
    }

    /// @inheritdoc IAllocator
    function committed() external view returns (uint256) {
        return _state.committed;
    }

    /// @inheritdoc IAllocator
    function unbonding() external view returns (uint256) {
        return _state.unbonding;
    }

    /// @inheritdoc IAllocator
    function parameters() external view returns (Parameters memory) {
        return _state.parameters;
    }

    /// @inheritdoc IAllocator
    function positionOf(uint256 id) external view returns (Position memory) {
        return _state.positions[id];
    }

    /// @inheritdoc IAllocator
    function recordOf(uint256 id) external view returns (Record memory) {
        return _state.records[id];
    }

    /// @inheritdoc IAllocator
    function snapshotOf(uint256 id) external view returns (Snapshot memory) {
        return _state.snapshots[id];
    }

    /// @inheritdoc IAllocator
    function rampOf(uint256 id) external view returns (uint256) {
        return _state.ramps[id];
    }

    /// @inheritdoc IAllocator
    function poolSnapshot() external view returns (PoolSnapshot memory) {
        return _state.snapshot;
    }

    /// @inheritdoc IAllocator
    function groupSnapshot(uint256 group) external view returns (GroupSnapshot memory) {
        return _state.groups[group];
    }

    /// @inheritdoc IAllocator
    function liveTotals() external view returns (uint256 total, uint256 faultedStake, uint256 networkStake) {
        AllocatorBook.Live memory now_ = _state.live();
        return (now_.total, now_.faultedStake, now_.networkStake);
    }

    /// @inheritdoc IAllocator
    function liveNeed() external view returns (uint256) {
        return _state.live().need;
    }

    /// @inheritdoc IAllocator
    function targetOf(uint256 id) external view returns (uint256) {
        return _state.targetOf(_state.snapshots[id]);
    }

    /// @inheritdoc IAllocator
    function budgetsUsed() external view returns (uint256 class0, uint256 class2) {
        return (_state.class0Used, _state.class2InWindow());
    }

    /// @inheritdoc IAllocator
    function areScoresOld() external view returns (bool) {
        return _state.areScoresOld();
    }

    /// @inheritdoc IAllocator
    function roomsOf(uint256 from, uint256 limit) external view returns (Rooms[] memory) {
        return _state.roomsOf(from, limit);
    }

    /// @inheritdoc IAllocator
    function groupCapsOf(uint256 from, uint256 limit) external view returns (GroupCaps[] memory) {
        return _state.groupCapsOf(from, limit);
    }

    /// @inheritdoc IAllocator
    function snapshotScope() external view returns (uint256 operators, uint256 poolShareBps, uint256 netShareBps) {
        return (_state.operators, _state.poolShareBps, _state.netShareBps);
    }

    /// @inheritdoc IAllocator
    function exitTimes(uint256 batch) external view returns (uint256 earliest, uint256 estimated) {
        bool begun = batch < _state.metaPool.fillingBatch();
        earliest = begun ? block.timestamp : Math.max(block.timestamp, nextRoundAt());
        estimated = earliest + _state.registry.longestUnbonding() + _state.epochLength;
    }

    /* INTERNAL */

    function _setParameters(Parameters calldata newParameters) private {
        _checkBound(newParameters.graceBps, 0, 2_000);
        _checkBound(newParameters.bandBps, 0, 5_000);
        _checkBound(newParameters.budget0Bps, 100, 10_000);
        _checkBound(newParameters.budget2Bps, 0, 1_000);
        _checkBound(newParameters.maxLossBps, 1, 10_000);
        _checkBound(newParameters.maxGainBps, 1, 1_000);
        _checkBound(newParameters.minMove, 0.01 ether, 100 ether);

        emit ParametersChanged(_state.parameters, newParameters);
        _state.parameters = newParameters;
    }

    function _checkBound(uint256 value, uint256 minimum, uint256 maximum) private pure {
        require(value >= minimum && value <= maximum, OutOfBounds(value, minimum, maximum));
    }

    function _call(address pool, uint256 value, bytes memory data) private {
        require(LowLevelCall.callNoReturn(pool, value, data), PoolFailed(pool, bytes4(data)));
    }

    function _word(address pool, bytes memory data) private view returns (uint256 word) {
        bool success;
        (success, word) = _tryWord(pool, data);
        require(success, PoolFailed(pool, bytes4(data)));
    }

    function _tryWord(address pool, bytes memory data) private view returns (bool success, uint256 word) {
        bytes32 result;
        (success, result, ) = LowLevelCall.staticcallReturn64Bytes(pool, data);
        success = success && LowLevelCall.returnDataSize() >= 32;
        word = success ? uint256(result) : 0;
    }

    function _checkSelf() private view {
        require(msg.sender == address(this), OnlySelf(msg.sender));
    }

    function _authorizeUpgrade(address) internal override restricted {
        require(!_state.upgradesRenounced, UpgradesAreRenounced());
    }
}
