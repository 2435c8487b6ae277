// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IAllocator} from "./IAllocator.sol";
import {IMetaPool} from "./IMetaPool.sol";
import {IOperatorRegistry} from "./IOperatorRegistry.sol";
import {IStakingPool} from "./IStakingPool.sol";

/// @title One call for what a status screen, a keeper or a planner needs to know.
/// @notice Views only, nothing stored: it may be replaced at any time. Amounts in wei, times in seconds, shares in basis
/// points. Ids count from 1; group 0 is the pool. Pages past the end are empty. Read several pages at one block.
interface IPoolLens {
    /// @notice What decides where an operator's target is: a state first, then a level, then the tightest cap.
    enum Binding {
        WrittenDown,
        Faulted,
        Delisted, // or removed
        NotWhitelisted,
        Draining,
        NotRead, // listed since the last round
        NoWeight,
        Level, // of the pool: its fair part by weight
        Group, // the level of a group that is full
        PoolShare,
        NetShare,
        Bond,
        FrozenBond, // it covers less than the position, but most of it: nothing comes, nothing is sent home
        Ramp,
        AbsoluteCap,
        Watch,
        Recorded // a cap of the last round that nothing of this moment explains
    }

    /// @notice Which legs there is room for: the lowest class of them.
    enum Move {
        Violation,
        Exits,
        Optimisation,
        Up
    }

    /// @notice The rounds of the pool.
    struct RoundView {
        uint256 open; // number of the open round, 0 if none is
        uint256 cursor; // operators read in it
        uint256 nextAt; // when the next round can begin
        uint256 epoch;
        uint256 epochLength;
    }

    /// @notice The pool at this moment.
    struct LiveView {
        uint256 total; // T
        uint256 faultedStake; // T' = T + faultedStake
        uint256 networkStake; // N, 0 if it cannot be read
        uint256 need; // what exits and the buffer lack
        uint256 free; // buffer beyond what is owed and the buffer target
    }

    /// @notice What may be moved: class 0 per round, class 2 per longest unbonding time.
    struct BudgetView {
        uint256 class0Used;
        uint256 class0Limit;
        uint256 class2Used;
        uint256 class2Limit;
    }

    /// @notice The pool: its book, its rules, its round.
    struct PoolView {
        uint256 timestamp;
        IMetaPool.BookView book;
        uint256 rate; // assets per share, 1e18 fixed point
        bool stakingPaused;
        IMetaPool.Parameters poolParameters;
        IAllocator.Parameters parameters;
        IOperatorRegistry.Policy policy;
        RoundView round;
        IAllocator.PoolSnapshot snapshot;
        uint256 snapshotOperators; // that the last round read
        uint256 snapshotPoolShareBps;
        uint256 snapshotNetShareBps;
        LiveView live;
        BudgetView budgets;
        uint256 fillingBatch;
        uint256 fundedThrough;
        uint256 longestUnbonding;
        uint256 guardianShareLeft;
        uint256 scoredEpoch; // of whose report operators have their scores; 0 before the first one
        bool scoresAreOld; // too old for class 2
        uint256 operatorCount; // tombstones included
        uint256 groupCount; // without the pool
        address notice;
    }

    /// @notice One operator: who it is, what it holds, how much it may hold and why.
    struct OperatorView {
        uint256 id;
        IOperatorRegistry.Operator operator;
        uint256 minWeight;
        uint256 maxWeight;
        address factory; // that vouches for it; 0 if its pool is whitelisted by itself
        IAllocator.Position position;
        IAllocator.Record record;
        IAllocator.Snapshot snapshot;
        uint256 ramp; // what it may be lifted to while it is Ramping; 0 before the first round that reads it
        IAllocator.Rooms rooms;
        Binding binding;
        uint256 bindingGroup; // of Group; else 0
    }

    /// @notice One group: its caps, what it holds and how much it may hold.
    struct GroupView {
        uint256 id;
        IOperatorRegistry.Group caps; // that hold: none unless the dimension is Hard; all zero for the pool
        IOperatorRegistry.Group stated; // caps as they were set
        IOperatorRegistry.DimensionMode mode; // of its dimension
        bool isTenure; // operators sit in it while they ramp
        IAllocator.GroupSnapshot snapshot; // C_g, live sum of positions, others' stake, weight, members, level
        IAllocator.GroupCaps live; // C_g at this moment, as legs up and as legs down read it
        uint256 groupsInDimension; // that had members at the last round, the tenure group left out
        bool tight; // its share · these below 1.5: hardly any choice is left; for groups that are counted themselves
    }

    /// @notice An account, as a wallet shows it.
    struct AccountView {
        uint256 shares;
        uint256 staked; // worth of the shares
        uint256 unstaked; // free balance, open and matured exits
        uint256 withdrawable; // free balance and matured exits
        bool canWithdraw; // whether all of `unstaked` can be withdrawn now
        IStakingPool.ExitView[] exits; // with their times
        uint256 instant; // what `unstakeInstant` of all shares would pay, if the pool has it
        uint256 instantFee;
        uint256 sharesPerCoin; // that a stake of 1e18 wei gives now
        uint256 fundedThrough;
        bool stakingPaused;
        bool closed;
    }

    /// @notice Everything of the pool that does not depend on one operator, group or account.
    function pool() external view returns (PoolView memory);

    /// @notice Up to `limit` operators from id `from` on, each as if it were the only one to move.
    function operators(uint256 from, uint256 limit) external view returns (OperatorView[] memory);

    /// @notice Up to `limit` groups from id `from` on; group 0 is the pool.
    function groups(uint256 from, uint256 limit) external view returns (GroupView[] memory);

    /// @notice Whether a leg would move something now; the lowest class of them, and how much of it there is at most:
    /// operators share the rooms of their groups. Reads every operator: with more than 500 of them ask `roomSums` by pages.
    function rebalanceNeeded() external view returns (bool needed, Move class, uint256 amount);

    /// @notice Rooms of classes 0, 1, 2 and up at up to `limit` operators from id `from` on, summed up, without those that
    /// are skipped for their size. Budgets, need and free buffer bound each of them, not their sums.
    function roomSums(uint256 from, uint256 limit) external view returns (uint256[4] memory sums);

    /// @notice Whether a round is complete whose levels are not certified.
    function levelsNeeded() external view returns (bool);

    /// @notice An account. Never reverts for want of a balance.
    function account(address owner) external view returns (AccountView memory);
}
