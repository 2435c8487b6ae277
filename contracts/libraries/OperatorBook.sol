// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";

/// @title The registry's state: operators, whitelist, groups and policy; the writes that several doors share, and the reads.
/// @notice Who may write what, and how much of it without notice, is the registry's to check.
library OperatorBook {
    using Math for uint256;
    using SafeCast for uint256;

    /// @dev What the foundation says of a single pool. Blocked wins over the pool's factory.
    enum PoolStatus {
        None,
        Whitelisted,
        Blocked
    }

    /// @dev All that rounds and legs ask for is in two slots.
    struct Record {
        address pool; // first slot, full
        IOperatorRegistry.State state;
        uint8 marks; // of those below
        PoolStatus status; // as in `pools`, while the pool is listed under this id
        IOperatorRegistry.State drainedFrom;
        uint24 weight;
        uint40 groups;
        uint96 absoluteCap; // second slot, full
        uint32 unbondingTime;
        uint16 factory; // its index; 0 for none
        uint24 minWeight;
        uint24 maxWeight;
        uint24 epochWeight; // when the epoch `weightEpoch` began
        uint32 weightEpoch;
        uint8 laterGroup; // while it is IN_TENURE: its own group of that dimension, once it has ramped up
    }

    struct Factory {
        address factory;
        bool whitelisted;
    }

    struct State {
        address metaPool; // first slot: 248 bits
        uint32 longestUnbonding;
        uint16 factoryCount;
        uint40 scoredEpoch;
        address allocator; // second slot: 160 bits
        address notice; // third slot, full: whoever reads a group has counted them
        uint32 operatorCount;
        uint8 groupCount;
        bool upgradesRenounced;
        uint40 modes; // byte k is the mode of dimension k + 1
        uint8 tenureGroup;
        IOperatorRegistry.Policy policy; // fourth slot: 64 bits
        uint96 guardianUsed; // fifth slot: 136 bits; structs end theirs
        uint40 guardianEpoch;
        mapping(uint256 id => Record) records;
        mapping(address pool => uint256 id) ids;
        mapping(address pool => PoolStatus) pools;
        mapping(uint256 index => Factory) factories; // from 1, in the order in which they were first named
        mapping(address factory => uint256 index) factoryIndexes;
        mapping(uint256 group => IOperatorRegistry.Group) groups;
        mapping(uint256 group => uint256 round) groupRounds; // the first whose snapshot has its members as they are
    }

    /// @dev The marks of an operator.
    uint8 internal constant WATCHED = 1; // by guardian or allocator
    uint8 internal constant WATCHED_BY_REPORT = 2;
    uint8 internal constant DRAINED_BY_REPORT = 4; // while it is draining, unless a guardian has drained it as well
    uint8 internal constant IN_TENURE = 8; // it sits in a tenure group instead of its own

    uint16 internal constant NO_SHARE = type(uint16).max;
    uint96 internal constant NO_CAP = type(uint96).max;
    uint256 internal constant BPS = 10_000;
    uint256 internal constant DIMENSIONS = 5;
    uint256 private constant WEIGHT_STEP_BPS = 2_000;

    /* WRITES */

    /// @dev No mark on a state outlives it.
    function setState(State storage self, uint256 id, IOperatorRegistry.State newState) internal {
        Record storage record = self.records[id];
        IOperatorRegistry.State oldState = record.state;
        record.state = newState;
        record.marks &= ~DRAINED_BY_REPORT;

        emit IOperatorRegistry.StateChanged(id, oldState, newState);
    }

    function addMark(State storage self, uint256 id, uint8 mark) internal {
        Record storage record = self.records[id];
        record.marks |= mark;

        emit IOperatorRegistry.WatchChanged(id, isWatched(record));
    }

    function clearMarks(State storage self, uint256 id, uint8 marks) internal {
        Record storage record = self.records[id];
        record.marks &= ~marks;

        emit IOperatorRegistry.WatchChanged(id, isWatched(record));
    }

    function setPoolStatus(State storage self, address pool, PoolStatus status) internal {
        uint256 id = self.ids[pool];
        self.pools[pool] = status;
        if (id != 0) self.records[id].status = status;
    }

    function setAbsoluteCap(State storage self, uint256 id, uint96 cap) internal {
        uint96 oldCap = self.records[id].absoluteCap;
        self.records[id].absoluteCap = cap;

        emit IOperatorRegistry.AbsoluteCapChanged(id, oldCap, cap);
    }

    function setGroup(State storage self, uint256 id, IOperatorRegistry.Group memory caps) internal {
        IOperatorRegistry.Group memory oldCaps = self.groups[id];
        self.groups[id] = caps;

        emit IOperatorRegistry.GroupChanged(id, oldCaps, caps);
    }

    function setWeight(State storage self, uint256 id, uint24 newWeight, uint32 epoch) internal {
        Record storage record = liveRecordOf(self, id);
        checkWeight(id, newWeight, record.minWeight, record.maxWeight);

        uint24 oldWeight = record.weight;
        if (record.weightEpoch != epoch) {
            record.weightEpoch = epoch;
            record.epochWeight = oldWeight;
        }
        (uint256 lowest, uint256 highest) = weightSteps(record, epoch);
        require(
            isWithin(newWeight, lowest, highest),
            IOperatorRegistry.WeightStepTooLarge(id, newWeight, lowest, highest)
        );
        record.weight = newWeight;

        emit IOperatorRegistry.WeightChanged(id, oldWeight, newWeight);
    }

    /// @dev The groups of an operator have changed: what those that it left and joined hold is read in the next round.
    function noteRegrouping(State storage self, uint40 oldGroups, uint40 newGroups) internal {
        IAllocator allocator = allocatorOf(self);
        (uint256 open, ) = allocator.openRound();
        uint256 round = open.max(allocator.poolSnapshot().round) + 1;
        for (uint256 k; k < DIMENSIONS; ++k) {
            (uint8 left, uint8 joined) = (uint8(oldGroups >> (8 * k)), uint8(newGroups >> (8 * k)));
            if (left == joined) continue;
            if (left != 0) self.groupRounds[left] = round;
            if (joined != 0) self.groupRounds[joined] = round;
        }
    }

    function setLongestUnbonding(State storage self, uint256 unbondingTime) internal {
        uint256 oldUnbondingTime = self.longestUnbonding;
        self.longestUnbonding = unbondingTime.toUint32();

        emit IOperatorRegistry.LongestUnbondingChanged(oldUnbondingTime, unbondingTime);
    }

    /* READS */

    function recordOf(State storage self, uint256 id) internal view returns (Record storage record) {
        record = self.records[id];
        require(record.state != IOperatorRegistry.State.None, IOperatorRegistry.UnknownOperator(id));
    }

    /// @dev Of an operator that is listed: neither delisted nor removed.
    function liveRecordOf(State storage self, uint256 id) internal view returns (Record storage record) {
        record = recordOf(self, id);
        require(
            isListed(record.state) || record.state == IOperatorRegistry.State.Draining,
            IOperatorRegistry.WrongState(id, record.state)
        );
    }

    function isListed(IOperatorRegistry.State state) internal pure returns (bool) {
        return state == IOperatorRegistry.State.Ramping || state == IOperatorRegistry.State.Active;
    }

    function isWatched(Record storage record) internal view returns (bool) {
        return record.marks & (WATCHED | WATCHED_BY_REPORT) != 0;
    }

    /// @dev Whether an operator may hold stake at all.
    function mayHold(State storage self, Record storage record) internal view returns (bool) {
        return isListed(record.state) && isWhitelisted(self, record);
    }

    function isWhitelisted(State storage self, Record storage record) internal view returns (bool) {
        PoolStatus status = record.status;
        if (status != PoolStatus.None) return status == PoolStatus.Whitelisted;

        return self.factories[record.factory].whitelisted;
    }

    function isFactoryWhitelisted(State storage self, address factory) internal view returns (bool) {
        return self.factories[self.factoryIndexes[factory]].whitelisted;
    }

    /// @dev How far a weight may move in an epoch from what it was when that began.
    function weightSteps(Record storage record, uint256 epoch) internal view returns (uint256 lowest, uint256 highest) {
        uint256 base = record.weightEpoch == epoch ? record.epochWeight : record.weight;
        uint256 step = ((base * WEIGHT_STEP_BPS) / BPS).max(1);

        return (base.saturatingSub(step), base + step);
    }

    /// @dev Whether caps of a dimension hold. There is no dimension 0, of a group that there is not: its caps are 0.
    function isHard(State storage self, uint256 dimension) internal view returns (bool) {
        return uint8((uint256(self.modes) << 8) >> (dimension << 3)) == uint8(IOperatorRegistry.DimensionMode.Hard);
    }

    function modeOf(State storage self, uint256 dimension) internal view returns (IOperatorRegistry.DimensionMode) {
        return IOperatorRegistry.DimensionMode(uint8(self.modes >> (8 * (dimension - 1))));
    }

    function allocatorOf(State storage self) internal view returns (IAllocator) {
        require(self.allocator != address(0), IOperatorRegistry.NotConnected());

        return IAllocator(self.allocator);
    }

    function currentEpoch(State storage self) internal view returns (uint256) {
        return allocatorOf(self).currentEpoch();
    }

    /* CHECKS */

    function checkNoRound(State storage self) internal view {
        (uint256 round, ) = allocatorOf(self).openRound();
        require(round == 0, IOperatorRegistry.RoundOpen(round));
        checkIdle(self);
    }

    /// @dev From within a call of the allocator's, what it keeps in memory until the end of that would not be seen.
    function checkIdle(State storage self) internal view {
        require(!allocatorOf(self).isBusy(), IOperatorRegistry.AllocatorBusy());
    }

    function checkWeight(uint256 id, uint256 weight, uint256 minWeight, uint256 maxWeight) internal pure {
        require(
            isWithin(weight, minWeight, maxWeight),
            IOperatorRegistry.WeightOutOfBounds(id, weight, minWeight, maxWeight)
        );
    }

    function checkShare(uint16 shareBps) internal pure {
        if (shareBps != NO_SHARE) checkWithin(shareBps, 0, BPS);
    }

    function checkWithin(uint256 value, uint256 minimum, uint256 maximum) internal pure {
        require(isWithin(value, minimum, maximum), IOperatorRegistry.OutOfBounds(value, minimum, maximum));
    }

    function isWithin(uint256 value, uint256 minimum, uint256 maximum) internal pure returns (bool) {
        return minimum <= value && value <= maximum;
    }
}
