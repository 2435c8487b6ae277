// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IMetaPool} from "../interfaces/IMetaPool.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IPoolLens} from "../interfaces/IPoolLens.sol";
import {AllocatorBook} from "../libraries/AllocatorBook.sol";

/// @title PoolLens
/// Assumes: the four contracts belong together.
/// Guarantees: caps, targets and rooms are those of the code that moves stake, not a copy of it.
contract PoolLens is IPoolLens {
    using Math for uint256;

    uint256 private constant BPS = 10_000;
    uint256 private constant COIN = 1e18;
    uint256 private constant HEADROOM_BPS = 15_000;

    IMetaPool public immutable META_POOL;
    IAllocator public immutable ALLOCATOR;
    IOperatorRegistry public immutable REGISTRY;
    address public immutable NOTICE;

    /// @dev What the caps of a snapshot are derived from, read once per page.
    struct Scope {
        IOperatorRegistry.Policy policy;
        uint256 operators;
        uint256 poolShareCap;
        uint256 netShareCap; // before others' stake is taken off
        uint256[] levels; // of every group
    }

    constructor(IMetaPool metaPool, IAllocator allocator, IOperatorRegistry registry, address notice) {
        META_POOL = metaPool;
        ALLOCATOR = allocator;
        REGISTRY = registry;
        NOTICE = notice;
    }

    /* POOL */

    /// @inheritdoc IPoolLens
    function pool() external view returns (PoolView memory view_) {
        view_.timestamp = block.timestamp;
        view_.book = META_POOL.getBook();
        view_.rate = META_POOL.getRate();
        view_.stakingPaused = META_POOL.is_staking_paused();
        view_.poolParameters = META_POOL.parameters();
        view_.parameters = ALLOCATOR.parameters();
        view_.policy = REGISTRY.policy();
        view_.round = _round();
        view_.snapshot = ALLOCATOR.poolSnapshot();
        (view_.snapshotOperators, view_.snapshotPoolShareBps, view_.snapshotNetShareBps) = ALLOCATOR.snapshotScope();
        view_.live = _live();
        view_.budgets = _budgets();
        view_.fillingBatch = META_POOL.fillingBatch();
        view_.fundedThrough = META_POOL.fundedThrough();
        view_.longestUnbonding = REGISTRY.longestUnbonding();
        view_.guardianShareLeft = REGISTRY.guardianShareLeft();
        view_.scoredEpoch = REGISTRY.scoredEpoch();
        view_.scoresAreOld = ALLOCATOR.areScoresOld();
        view_.operatorCount = REGISTRY.operatorCount();
        view_.groupCount = REGISTRY.groupCount();
        view_.notice = NOTICE;
    }

    /// @inheritdoc IPoolLens
    function levelsNeeded() external view returns (bool) {
        IAllocator.PoolSnapshot memory snapshot = ALLOCATOR.poolSnapshot();
        (uint256 open, ) = ALLOCATOR.openRound();
        return open == 0 && snapshot.round != 0 && !snapshot.certified;
    }

    /// @inheritdoc IPoolLens
    function rebalanceNeeded() external view returns (bool needed, Move class, uint256 amount) {
        uint256[4] memory sums = roomSums(1, type(uint256).max);
        BudgetView memory budgets = _budgets();
        LiveView memory now_ = _live();
        uint256[4] memory limits = [
            budgets.class0Limit.saturatingSub(budgets.class0Used),
            now_.need,
            budgets.class2Limit.saturatingSub(budgets.class2Used),
            now_.free
        ];
        for (uint256 i; i < 4; ++i) {
            if (sums[i] != 0) return (true, Move(i), sums[i].min(limits[i]));
        }
    }

    /// @inheritdoc IPoolLens
    function roomSums(uint256 from, uint256 limit) public view returns (uint256[4] memory sums) {
        IAllocator.Rooms[] memory rooms = ALLOCATOR.roomsOf(from, limit);
        for (uint256 i; i < rooms.length; ++i) {
            if (!rooms[i].downIsDust) {
                for (uint256 class; class < 3; ++class) sums[class] += rooms[i].down[class];
            }
            if (!rooms[i].upIsDust) sums[3] += rooms[i].up;
        }
    }

    /* OPERATORS */

    /// @inheritdoc IPoolLens
    function operators(uint256 from, uint256 limit) external view returns (OperatorView[] memory page) {
        uint256 first = from.max(1);
        IAllocator.Rooms[] memory rooms = ALLOCATOR.roomsOf(first, limit);
        page = new OperatorView[](rooms.length);
        if (rooms.length == 0) return page;

        Scope memory scope = _scope();
        for (uint256 i; i < rooms.length; ++i) page[i] = _operator(scope, first + i, rooms[i]);
    }

    function _operator(
        Scope memory scope,
        uint256 id,
        IAllocator.Rooms memory rooms
    ) private view returns (OperatorView memory view_) {
        view_.id = id;
        view_.operator = REGISTRY.operator(id);
        (view_.minWeight, view_.maxWeight) = REGISTRY.weightBounds(id);
        view_.factory = REGISTRY.factoryOf(id);
        view_.position = ALLOCATOR.positionOf(id);
        view_.record = ALLOCATOR.recordOf(id);
        view_.snapshot = ALLOCATOR.snapshotOf(id);
        view_.ramp = ALLOCATOR.rampOf(id);
        view_.rooms = rooms;
        (view_.binding, view_.bindingGroup) = _binding(scope, view_);
    }

    /* WHY */

    function _binding(Scope memory scope, OperatorView memory view_) private pure returns (Binding, uint256 group) {
        (bool bound, Binding state) = _bindingState(scope, view_);
        if (bound) return (state, 0);
        if (view_.rooms.target == view_.rooms.cap) return (_bindingCap(scope, view_), 0);

        group = _bindingLevel(scope.levels, view_.snapshot.groups);
        return (group == AllocatorBook.POOL_GROUP ? Binding.Level : Binding.Group, group);
    }

    function _bindingState(Scope memory scope, OperatorView memory view_) private pure returns (bool, Binding) {
        IOperatorRegistry.State state = view_.operator.state;
        if (view_.position.writtenDown) return (true, Binding.WrittenDown);
        if (view_.position.faulted) return (true, Binding.Faulted);
        if (state == IOperatorRegistry.State.Delisted || state == IOperatorRegistry.State.Removed) {
            return (true, Binding.Delisted);
        }
        if (!view_.operator.whitelisted) return (true, Binding.NotWhitelisted);
        if (state == IOperatorRegistry.State.Draining) return (true, Binding.Draining);
        if (view_.id > scope.operators) return (true, Binding.NotRead);
        return (view_.snapshot.weight == 0, Binding.NoWeight);
    }

    /// @dev The group with the lowest level, the first of equals.
    function _bindingLevel(uint256[] memory levels, uint40 groupIds) private pure returns (uint256 lowest) {
        for (uint256 k = 1; k <= AllocatorBook.DIMENSIONS; ++k) {
            uint256 group = AllocatorBook.groupAt(groupIds, k);
            if (group != 0 && levels[group] < levels[lowest]) lowest = group;
        }
    }

    /// @dev The tightest of the caps that the snapshot recorded, the first of equals; what its fixed part consists of is
    /// read from this moment.
    function _bindingCap(Scope memory scope, OperatorView memory view_) private pure returns (Binding binding) {
        (uint256 others, uint256 fixedCap) = (view_.snapshot.others, view_.snapshot.fixedCap);
        uint256 netShareCap = scope.netShareCap.saturatingSub(others);
        if (scope.poolShareCap <= netShareCap && scope.poolShareCap <= fixedCap) return Binding.PoolShare;
        if (netShareCap <= fixedCap) return Binding.NetShare;

        binding = Binding.Recorded;
        uint256 tightest = AllocatorBook.NO_CAP;
        uint256 position = view_.record.base;
        if (scope.policy.bondRatio != 0) {
            uint256 covered = view_.rooms.bond.saturatingMul(scope.policy.bondRatio);
            (tightest, binding) = (covered.saturatingSub(others), Binding.Bond);
            if (tightest < position && AllocatorBook.isFrozen(covered, others + position)) {
                (tightest, binding) = (position, Binding.FrozenBond);
            }
        }
        bool isRamping = view_.operator.state == IOperatorRegistry.State.Ramping;
        uint256 ramp = view_.ramp.max(position);
        if (isRamping && ramp < tightest) (tightest, binding) = (ramp, Binding.Ramp);
        if (view_.operator.absoluteCap < tightest)
            (tightest, binding) = (view_.operator.absoluteCap, Binding.AbsoluteCap);
        if (view_.operator.watch && position < tightest) binding = Binding.Watch;
    }

    function _scope() private view returns (Scope memory scope) {
        IAllocator.PoolSnapshot memory snapshot = ALLOCATOR.poolSnapshot();
        scope.policy = REGISTRY.policy();
        uint256 poolShareBps;
        uint256 netShareBps;
        (scope.operators, poolShareBps, netShareBps) = ALLOCATOR.snapshotScope();
        scope.poolShareCap = AllocatorBook.shareDown(uint256(snapshot.total) + snapshot.faultedStake, poolShareBps);
        scope.netShareCap = AllocatorBook.shareDown(snapshot.networkStake, netShareBps);
        scope.levels = new uint256[](REGISTRY.groupCount() + 1);
        for (uint256 group; group < scope.levels.length; ++group) {
            scope.levels[group] = ALLOCATOR.groupSnapshot(group).level;
        }
    }

    /* GROUPS */

    /// @inheritdoc IPoolLens
    function groups(uint256 from, uint256 limit) external view returns (GroupView[] memory page) {
        IAllocator.GroupCaps[] memory caps = ALLOCATOR.groupCapsOf(from, limit);
        uint256[] memory sizes = _dimensionSizes();
        page = new GroupView[](caps.length);
        for (uint256 i; i < caps.length; ++i) page[i] = _group(sizes, from + i, caps[i]);
    }

    function _group(
        uint256[] memory sizes,
        uint256 id,
        IAllocator.GroupCaps memory live
    ) private view returns (GroupView memory view_) {
        view_.id = id;
        view_.caps = REGISTRY.group(id);
        view_.stated = REGISTRY.statedGroup(id);
        uint8 dimension = view_.caps.dimension;
        if (dimension != 0) view_.mode = REGISTRY.dimensionMode(dimension);
        view_.isTenure = id != AllocatorBook.POOL_GROUP && id == REGISTRY.tenureGroup();
        view_.snapshot = ALLOCATOR.groupSnapshot(id);
        view_.live = live;
        view_.groupsInDimension = sizes[dimension];
        view_.tight =
            _leavesChoice(id, dimension) &&
            view_.caps.poolShareBps != AllocatorBook.NO_SHARE &&
            view_.caps.poolShareBps * view_.groupsInDimension < HEADROOM_BPS;
    }

    /// @dev How many groups each dimension has to choose from; those of dimension 0 do not exist.
    function _dimensionSizes() private view returns (uint256[] memory sizes) {
        sizes = new uint256[](AllocatorBook.DIMENSIONS + 1);
        uint256 count = REGISTRY.groupCount();
        for (uint256 group = 1; group <= count; ++group) {
            uint256 dimension = REGISTRY.group(group).dimension;
            if (_leavesChoice(group, dimension)) ++sizes[dimension];
        }
        sizes[0] = 1; // the pool
    }

    /// @dev Nothing is placed in a group without members, and whoever is established sits outside the tenure group.
    function _leavesChoice(uint256 group, uint256 dimension) private view returns (bool) {
        if (dimension == 0 || group == REGISTRY.tenureGroup()) return false;

        return ALLOCATOR.groupSnapshot(group).members != 0;
    }

    /* ACCOUNTS */

    /// @inheritdoc IPoolLens
    function account(address owner) external view returns (AccountView memory view_) {
        view_.shares = IERC20(address(META_POOL)).balanceOf(owner);
        view_.staked = META_POOL.get_account_staked_balance(owner);
        view_.unstaked = META_POOL.get_account_unstaked_balance(owner);
        view_.withdrawable = META_POOL.withdrawable(owner);
        view_.canWithdraw = META_POOL.is_account_unstaked_balance_available(owner);
        view_.exits = META_POOL.exitsOf(owner);
        (view_.instant, view_.instantFee) = META_POOL.previewInstant(view_.shares);
        view_.sharesPerCoin = META_POOL.previewStake(COIN);
        view_.fundedThrough = META_POOL.fundedThrough();
        view_.stakingPaused = META_POOL.is_staking_paused();
        view_.closed = META_POOL.getBook().closed;
    }

    /* PARTS */

    function _round() private view returns (RoundView memory round) {
        (round.open, round.cursor) = ALLOCATOR.openRound();
        round.nextAt = ALLOCATOR.nextRoundAt();
        round.epoch = ALLOCATOR.currentEpoch();
        round.epochLength = ALLOCATOR.epochLength();
    }

    function _live() private view returns (LiveView memory now_) {
        IMetaPool.BookView memory book = META_POOL.getBook();
        (now_.total, now_.faultedStake, now_.networkStake) = ALLOCATOR.liveTotals();
        now_.need = ALLOCATOR.liveNeed();
        now_.free = book.buffer.saturatingSub(book.owed + book.bufferTarget);
    }

    function _budgets() private view returns (BudgetView memory budgets) {
        IAllocator.Parameters memory parameters = ALLOCATOR.parameters();
        uint256 total = ALLOCATOR.poolSnapshot().total;
        (budgets.class0Used, budgets.class2Used) = ALLOCATOR.budgetsUsed();
        budgets.class0Limit = (total * parameters.budget0Bps) / BPS;
        budgets.class2Limit = (total * parameters.budget2Bps) / BPS;
    }
}
