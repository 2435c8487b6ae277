// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IMetaPool} from "../interfaces/IMetaPool.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IStakingPoolFactory} from "../interfaces/IStakingPoolFactory.sol";

/// @title The registry's state: operators, whitelist, groups and policy; what may be written there, and how it is read.
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
        bool watch;
        PoolStatus status; // as in `pools`, while the pool is listed under this id
        IOperatorRegistry.State drainedFrom;
        uint24 weight;
        uint40 groups;
        uint96 absoluteCap; // second slot: 248 bits
        uint32 unbondingTime;
        uint16 factory; // its index; 0 for none
        uint24 minWeight;
        uint24 maxWeight;
        uint24 epochWeight; // when the epoch `weightEpoch` began
        uint32 weightEpoch;
    }

    struct Factory {
        address factory;
        bool whitelisted;
    }

    struct State {
        address metaPool; // first slot: 208 bits
        uint32 longestUnbonding;
        uint16 factoryCount;
        address allocator; // second slot: 160 bits
        address notice; // third slot: 248 bits
        uint32 operatorCount;
        uint8 groupCount;
        bool upgradesRenounced;
        uint40 guardianEpoch;
        IOperatorRegistry.Policy policy; // fourth slot: 64 bits
        uint96 guardianUsed; // fifth slot; structs end theirs
        mapping(uint256 id => Record) records;
        mapping(address pool => uint256 id) ids;
        mapping(address pool => PoolStatus) pools;
        mapping(uint256 index => Factory) factories; // from 1, in the order in which they were first named
        mapping(address factory => uint256 index) factoryIndexes;
        mapping(uint256 group => IOperatorRegistry.Group) groups;
    }

    uint16 internal constant NO_SHARE = type(uint16).max;
    uint256 internal constant BPS = 10_000;
    uint256 internal constant DIMENSIONS = 5;
    uint256 private constant MAX_POOL_SHARE_BPS = 3_333;
    uint256 private constant MAX_GUARDIAN_SHARE_BPS = 3_333;
    uint256 private constant WEIGHT_STEP_BPS = 2_000;
    uint256 private constant PROBE_GAS = 50_000; // bounds what a pool can return, too

    /* WRITES */

    function setPolicy(State storage self, IOperatorRegistry.Policy calldata newPolicy) internal {
        checkWithin(newPolicy.poolShareBps, 1, MAX_POOL_SHARE_BPS);
        checkWithin(newPolicy.guardianShareBps, 0, MAX_GUARDIAN_SHARE_BPS);
        if (newPolicy.netShareBps != NO_SHARE) checkWithin(newPolicy.netShareBps, 1, BPS);

        IOperatorRegistry.Policy memory oldPolicy = self.policy;
        self.policy = newPolicy;

        emit IOperatorRegistry.PolicyChanged(oldPolicy, newPolicy);
    }

    function setPoolStatus(State storage self, address pool, PoolStatus status) internal {
        uint256 id = self.ids[pool];
        self.pools[pool] = status;
        if (id != 0) self.records[id].status = status;
    }

    function setState(State storage self, uint256 id, IOperatorRegistry.State newState) internal {
        IOperatorRegistry.State oldState = self.records[id].state;
        self.records[id].state = newState;

        emit IOperatorRegistry.StateChanged(id, oldState, newState);
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
        uint256 base = record.epochWeight;
        uint256 step = ((base * WEIGHT_STEP_BPS) / BPS).max(1);
        require(
            isWithin(newWeight, base.saturatingSub(step), base + step),
            IOperatorRegistry.WeightStepTooLarge(id, newWeight, base.saturatingSub(step), base + step)
        );
        record.weight = newWeight;

        emit IOperatorRegistry.WeightChanged(id, oldWeight, newWeight);
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

    /* CHECKS */

    function checkPool(State storage self, address pool, address factory) internal view {
        uint256 id = self.ids[pool];
        require(
            id == 0 || self.records[id].state == IOperatorRegistry.State.Removed,
            IOperatorRegistry.AlreadyListed(pool, id)
        );
        require(_isVouchedFor(self, pool, factory), IOperatorRegistry.NotWhitelisted(pool));
        require(pool != self.metaPool && !_isMetaPool(pool), IOperatorRegistry.NestedMetaPool(pool));
    }

    function _isVouchedFor(State storage self, address pool, address factory) private view returns (bool) {
        PoolStatus status = self.pools[pool];
        if (factory == address(0)) return status == PoolStatus.Whitelisted;
        if (status == PoolStatus.Blocked || !isFactoryWhitelisted(self, factory)) return false;

        return IStakingPoolFactory(factory).isPool(pool);
    }

    /// @dev Bounded in gas, hence in what comes back. A caller that leaves too little gas for an honest answer has not
    /// enough left to list the pool.
    function _isMetaPool(address pool) private view returns (bool) {
        (bool success, bytes memory answer) = pool.staticcall{gas: PROBE_GAS}(abi.encodeCall(IMetaPool.isMetaPool, ()));

        return success && answer.length >= 32 && bytes32(answer) != 0;
    }

    function checkGroups(State storage self, uint40 groups) internal view {
        for (uint256 k = 0; k < DIMENSIONS; ++k) {
            uint256 id = uint8(groups >> (8 * k));
            if (id == 0) continue;
            require(id <= self.groupCount, IOperatorRegistry.UnknownGroup(id));
            uint256 dimension = self.groups[id].dimension;
            require(dimension == k + 1, IOperatorRegistry.WrongDimension(id, dimension, k + 1));
        }
    }

    function checkWeightBounds(uint256 minWeight, uint256 maxWeight) internal pure {
        checkWithin(minWeight, 0, maxWeight);
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
