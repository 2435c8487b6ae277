// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IMetaPool} from "../interfaces/IMetaPool.sol";
import {IOperatorPool} from "../interfaces/IOperatorPool.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IStakingPoolFactory} from "../interfaces/IStakingPoolFactory.sol";
import {OperatorBook} from "./OperatorBook.sol";
import {Tenure} from "./Tenure.sol";

/// @title What governance decides in the registry, with notice: who is listed, and within which bounds, groups and caps.
/// @notice Linked to the registry, which checks who calls.
library Curation {
    using Math for uint256;
    using OperatorBook for OperatorBook.State;
    using SafeCast for uint256;
    using Tenure for OperatorBook.State;

    uint256 private constant MIN_BOND_RATIO = 3;
    uint256 private constant MAX_BOND_RATIO = 250;
    uint256 private constant MAX_GROUPS = 255;
    uint256 private constant MAX_POOL_SHARE_BPS = 3_333;
    uint256 private constant MAX_GUARDIAN_SHARE_BPS = 3_333;
    uint256 private constant PROBE_GAS = 50_000; // bounds what a pool can return, too

    /* LIST */

    /// @dev Lists a pool that unbonds within `maxUnbondingTime` seconds.
    function list(
        OperatorBook.State storage self,
        IOperatorRegistry.Listing calldata listing,
        uint256 maxUnbondingTime
    ) public returns (uint256 id) {
        self.checkNoRound();
        _checkPool(self, listing.pool, listing.factory);
        _checkGroups(self, listing.groups);
        id = self.operatorCount + 1;
        OperatorBook.checkWithin(listing.minWeight, 0, listing.maxWeight);
        OperatorBook.checkWeight(id, listing.weight, listing.minWeight, listing.maxWeight);

        uint256 unbondingTime = IOperatorPool(listing.pool).unbondingTime();
        require(unbondingTime <= maxUnbondingTime, IOperatorRegistry.UnbondingTooLong(unbondingTime, maxUnbondingTime));

        // Who is listed before the first round begins with what it gets; whoever comes later has to ramp.
        bool ramps = msg.sender == self.notice || self.allocatorOf().poolSnapshot().round != 0;
        IOperatorRegistry.State state = ramps ? IOperatorRegistry.State.Ramping : IOperatorRegistry.State.Active;
        self.operatorCount = id.toUint32();
        self.ids[listing.pool] = id;
        self.records[id] = OperatorBook.Record({
            pool: listing.pool,
            state: state,
            marks: 0,
            status: self.pools[listing.pool],
            drainedFrom: IOperatorRegistry.State.None,
            weight: listing.weight,
            groups: listing.groups,
            absoluteCap: listing.absoluteCap,
            unbondingTime: unbondingTime.toUint32(),
            factory: self.factoryIndexes[listing.factory].toUint16(),
            minWeight: listing.minWeight,
            maxWeight: listing.maxWeight,
            epochWeight: listing.weight,
            weightEpoch: self.currentEpoch().toUint32(),
            laterGroup: 0
        });

        IOperatorRegistry.Listing memory entry = listing;
        entry.groups = self.enter(id);
        self.noteRegrouping(0, entry.groups);
        emit IOperatorRegistry.OperatorListed(id, listing.pool, state, entry);
        if (unbondingTime > self.longestUnbonding) self.setLongestUnbonding(unbondingTime);
    }

    function reinstate(OperatorBook.State storage self, uint256 id) public {
        OperatorBook.Record storage record = self.recordOf(id);
        IOperatorRegistry.State state = record.state;
        require(state == IOperatorRegistry.State.Draining, IOperatorRegistry.WrongState(id, state));
        self.checkNoRound();

        if (record.drainedFrom == IOperatorRegistry.State.Ramping) self.beginRamp(id);
        else self.setState(id, record.drainedFrom);
    }

    function setWeightBounds(OperatorBook.State storage self, uint256 id, uint24 minWeight, uint24 maxWeight) public {
        OperatorBook.Record storage record = self.liveRecordOf(id);
        OperatorBook.checkWithin(minWeight, 0, maxWeight);

        uint256 oldWeight = record.weight;
        uint256 newWeight = oldWeight.max(minWeight).min(maxWeight);
        record.minWeight = minWeight;
        record.maxWeight = maxWeight;
        emit IOperatorRegistry.WeightBoundsChanged(id, minWeight, maxWeight);

        if (newWeight == oldWeight) return;
        record.weight = newWeight.toUint24();
        record.epochWeight = newWeight.toUint24();
        record.weightEpoch = self.currentEpoch().toUint32();
        emit IOperatorRegistry.WeightChanged(id, oldWeight, newWeight);
    }

    /* GROUPS */

    function setGroups(OperatorBook.State storage self, uint256 id, uint40 groups) public {
        OperatorBook.Record storage record = self.liveRecordOf(id);
        _checkGroups(self, groups);

        uint40 oldGroups = record.groups;
        uint40 newGroups = self.give(id, groups);
        self.noteRegrouping(oldGroups, newGroups);

        emit IOperatorRegistry.GroupsChanged(id, oldGroups, newGroups);
    }

    function setGroup(OperatorBook.State storage self, uint256 id, IOperatorRegistry.Group calldata caps) public {
        self.checkIdle(); // a page of readings has room for the groups that there were when it began
        uint256 count = self.groupCount;
        require(id != 0 && id <= count + 1, IOperatorRegistry.UnknownGroup(id));
        require(id <= MAX_GROUPS, IOperatorRegistry.TooManyGroups(id));
        OperatorBook.checkWithin(caps.dimension, 1, OperatorBook.DIMENSIONS);
        OperatorBook.checkShare(caps.poolShareBps);
        OperatorBook.checkShare(caps.netShareBps);

        if (id > count) {
            self.groupCount = id.toUint8();
        } else {
            _checkDimension(self, id, caps.dimension);
        }

        self.setGroup(id, caps);
    }

    function setTenureGroup(OperatorBook.State storage self, uint256 newGroup) public {
        if (newGroup != 0) _checkMember(self, newGroup, Tenure.DIMENSION);

        uint256 oldGroup = self.tenureGroup;
        self.tenureGroup = newGroup.toUint8();

        emit IOperatorRegistry.TenureGroupChanged(oldGroup, newGroup);
    }

    function setDimensionMode(
        OperatorBook.State storage self,
        uint8 dimension,
        IOperatorRegistry.DimensionMode newMode
    ) public {
        OperatorBook.checkWithin(dimension, 1, OperatorBook.DIMENSIONS);

        IOperatorRegistry.DimensionMode oldMode = self.modeOf(dimension);
        uint8 shift = 8 * (dimension - 1);
        self.modes = (self.modes & ~(uint40(0xff) << shift)) | (uint40(uint8(newMode)) << shift);

        emit IOperatorRegistry.DimensionModeChanged(dimension, oldMode, newMode);
    }

    /* POLICY */

    /// @dev Whether bonds count is fixed when the registry is set up.
    function initializePolicy(OperatorBook.State storage self, IOperatorRegistry.Policy calldata newPolicy) public {
        if (newPolicy.bondRatio != 0) _checkBondRatio(newPolicy.bondRatio);

        _setPolicy(self, newPolicy);
    }

    function setPolicy(OperatorBook.State storage self, IOperatorRegistry.Policy calldata newPolicy) public {
        if (self.policy.bondRatio == 0) OperatorBook.checkWithin(newPolicy.bondRatio, 0, 0);
        else _checkBondRatio(newPolicy.bondRatio);

        _setPolicy(self, newPolicy);
    }

    function _setPolicy(OperatorBook.State storage self, IOperatorRegistry.Policy calldata newPolicy) private {
        OperatorBook.checkWithin(newPolicy.poolShareBps, 1, MAX_POOL_SHARE_BPS);
        OperatorBook.checkWithin(newPolicy.guardianShareBps, 0, MAX_GUARDIAN_SHARE_BPS);
        if (newPolicy.netShareBps != OperatorBook.NO_SHARE) {
            OperatorBook.checkWithin(newPolicy.netShareBps, 1, OperatorBook.BPS);
        }

        IOperatorRegistry.Policy memory oldPolicy = self.policy;
        self.policy = newPolicy;

        emit IOperatorRegistry.PolicyChanged(oldPolicy, newPolicy);
    }

    /* CHECKS */

    function _checkBondRatio(uint256 bondRatio) private pure {
        OperatorBook.checkWithin(bondRatio, MIN_BOND_RATIO, MAX_BOND_RATIO);
    }

    function _checkPool(OperatorBook.State storage self, address pool, address factory) private view {
        uint256 id = self.ids[pool];
        require(
            id == 0 || self.records[id].state == IOperatorRegistry.State.Removed,
            IOperatorRegistry.AlreadyListed(pool, id)
        );
        require(_isVouchedFor(self, pool, factory), IOperatorRegistry.NotWhitelisted(pool));
        require(pool != self.metaPool && !_isMetaPool(pool), IOperatorRegistry.NestedMetaPool(pool));
    }

    function _isVouchedFor(OperatorBook.State storage self, address pool, address factory) private view returns (bool) {
        OperatorBook.PoolStatus status = self.pools[pool];
        if (factory == address(0)) return status == OperatorBook.PoolStatus.Whitelisted;
        if (status == OperatorBook.PoolStatus.Blocked || !self.isFactoryWhitelisted(factory)) return false;

        return IStakingPoolFactory(factory).isPool(pool);
    }

    /// @dev Bounded in gas, hence in what comes back. A caller that leaves too little gas for an honest answer has not
    /// enough left to list the pool.
    function _isMetaPool(address pool) private view returns (bool) {
        (bool success, bytes memory answer) = pool.staticcall{gas: PROBE_GAS}(abi.encodeCall(IMetaPool.isMetaPool, ()));

        return success && answer.length >= 32 && bytes32(answer) != 0;
    }

    function _checkGroups(OperatorBook.State storage self, uint40 groups) private view {
        for (uint256 k = 0; k < OperatorBook.DIMENSIONS; ++k) {
            uint256 id = uint8(groups >> (8 * k));
            if (id != 0) _checkMember(self, id, k + 1);
        }
    }

    function _checkMember(OperatorBook.State storage self, uint256 group, uint256 expected) private view {
        require(group <= self.groupCount, IOperatorRegistry.UnknownGroup(group));
        uint256 dimension = self.groups[group].dimension;
        require(dimension == expected, IOperatorRegistry.WrongDimension(group, dimension, expected));
    }

    /// @dev A group keeps its dimension.
    function _checkDimension(OperatorBook.State storage self, uint256 group, uint256 dimension) private view {
        uint256 expected = self.groups[group].dimension;
        require(dimension == expected, IOperatorRegistry.WrongDimension(group, dimension, expected));
    }
}
