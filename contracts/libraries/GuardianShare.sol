// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {OperatorBook} from "./OperatorBook.sol";
import {Tenure} from "./Tenure.sol";
import {Tightening} from "./Tightening.sol";

/// @title What may be tightened in the registry without notice, and how much of the pool by it in an epoch.
/// @notice Linked to the registry, which checks who calls. What Notice calls is not counted.
library GuardianShare {
    using Math for uint256;
    using OperatorBook for OperatorBook.State;
    using SafeCast for uint256;

    /* TIGHTENINGS */

    /// @dev Of one that reports drained: it stays drained, and they cannot bring it back.
    function drain(OperatorBook.State storage self, uint256 id) public {
        OperatorBook.Record storage record = self.recordOf(id);
        if (record.marks & OperatorBook.DRAINED_BY_REPORT == 0) {
            _drain(self, id, record);
            return;
        }

        record.marks &= ~OperatorBook.DRAINED_BY_REPORT;

        emit IOperatorRegistry.DrainConfirmed(id);
    }

    function drainByReport(OperatorBook.State storage self, uint256 id) public {
        OperatorBook.Record storage record = self.recordOf(id);

        _drain(self, id, record);
        record.marks |= OperatorBook.DRAINED_BY_REPORT;

        emit IOperatorRegistry.DrainedByReport(id);
    }

    function _drain(OperatorBook.State storage self, uint256 id, OperatorBook.Record storage record) private {
        IOperatorRegistry.State state = record.state;
        require(OperatorBook.isListed(state), IOperatorRegistry.WrongState(id, state));

        _use(self, _soundPosition(self, id));
        record.drainedFrom = state;
        self.setState(id, IOperatorRegistry.State.Draining);
    }

    function delist(OperatorBook.State storage self, uint256 id) public {
        self.liveRecordOf(id);

        _use(self, _soundPosition(self, id));
        self.setState(id, IOperatorRegistry.State.Delisted);
    }

    /// @dev Its pool may never have been listed.
    function unwhitelistPool(OperatorBook.State storage self, address pool) public {
        uint256 id = self.ids[pool];

        if (id != 0) _use(self, _soundPosition(self, id));
        self.setPoolStatus(pool, OperatorBook.PoolStatus.Blocked);

        emit IOperatorRegistry.PoolWhitelisted(pool, false);
    }

    function lowerAbsoluteCap(OperatorBook.State storage self, uint256 id, uint96 cap) public {
        OperatorBook.Record storage record = self.liveRecordOf(id);
        require(cap < record.absoluteCap, IOperatorRegistry.NotLower(record.absoluteCap, cap));

        uint256 before = _soundPosition(self, id);
        self.setAbsoluteCap(id, cap);
        _use(self, before - _soundPosition(self, id));
    }

    function lowerGroupCaps(
        OperatorBook.State storage self,
        uint256 id,
        uint16 poolShareBps,
        uint16 netShareBps,
        uint96 absoluteCap
    ) public {
        IOperatorRegistry.Group memory oldCaps = self.groups[id];
        require(oldCaps.dimension != 0, IOperatorRegistry.UnknownGroup(id));
        OperatorBook.checkShare(poolShareBps);
        OperatorBook.checkShare(netShareBps);
        _checkNotHigher(oldCaps.poolShareBps, poolShareBps);
        _checkNotHigher(oldCaps.netShareBps, netShareBps);
        _checkNotHigher(oldCaps.absoluteCap, absoluteCap);
        self.checkNoRound(); // which sums up anew what the group's members hold
        if (msg.sender != self.notice) _checkCountable(self, id, netShareBps != oldCaps.netShareBps);

        IOperatorRegistry.Group memory newCaps = IOperatorRegistry.Group(
            oldCaps.dimension,
            poolShareBps,
            netShareBps,
            absoluteCap
        );
        uint256 newcomers = oldCaps.dimension == Tenure.DIMENSION ? self.tenureGroup : 0; // of whom any may join it
        _use(self, Tightening.ofGroup(self.allocatorOf(), id, newcomers, oldCaps, newCaps));
        self.setGroup(id, newCaps);
    }

    /* SHARE */

    /// @dev What is left of this epoch's share, in wei.
    function left(OperatorBook.State storage self) public view returns (uint256) {
        return _share(self).saturatingSub(_used(self, self.currentEpoch()));
    }

    function _use(OperatorBook.State storage self, uint256 amount) private {
        if (msg.sender == self.notice) return;
        self.checkIdle();
        if (amount == 0) return;

        uint256 epoch = self.currentEpoch();
        uint256 used = _used(self, epoch);
        uint256 rest = _share(self).saturatingSub(used);
        require(amount <= rest, IOperatorRegistry.GuardianShareExceeded(amount, rest));

        self.guardianEpoch = epoch.toUint40();
        self.guardianUsed = (used + amount).toUint96();

        emit IOperatorRegistry.GuardianShareUsed(epoch, amount, used + amount);
    }

    /// @dev Of the smaller T, and of no more than operators held when the last round ended: a large stake that leaves again,
    /// whether it came before that or after, adds nothing.
    function _share(OperatorBook.State storage self) private view returns (uint256) {
        IAllocator allocator = self.allocatorOf();
        IAllocator.PoolSnapshot memory pool = allocator.poolSnapshot();
        (uint256 total, , ) = allocator.liveTotals();

        return (total.min(pool.total).min(pool.healthy) * self.policy.guardianShareBps) / OperatorBook.BPS;
    }

    function _used(OperatorBook.State storage self, uint256 epoch) private view returns (uint256) {
        return self.guardianEpoch == epoch ? self.guardianUsed : 0;
    }

    /// @dev The part of an operator's position that neither its state nor its absolute cap makes a violation.
    function _soundPosition(OperatorBook.State storage self, uint256 id) private view returns (uint256) {
        OperatorBook.Record storage record = self.records[id];
        if (!self.mayHold(record)) return 0;

        return Tightening.soundPosition(self.allocatorOf(), id, record.absoluteCap);
    }

    /// @dev Else what a group is about to hold, or what exceeds its share of a network that cannot be read, would be tightened
    /// for nothing.
    function _checkCountable(OperatorBook.State storage self, uint256 id, bool isNetShareLower) private view {
        IAllocator allocator = self.allocatorOf();
        IAllocator.PoolSnapshot memory pool = allocator.poolSnapshot();
        uint256 first = self.groupRounds[id];
        require(pool.round >= first, IOperatorRegistry.GroupNotRead(id, pool.round, first));
        if (!isNetShareLower) return;

        (, , uint256 networkStake) = allocator.liveTotals();
        bool isRead = pool.networkStake != 0 && networkStake != 0;
        require(isRead, IOperatorRegistry.NetworkNotRead(pool.networkStake, networkStake));
    }

    function _checkNotHigher(uint256 oldCap, uint256 newCap) private pure {
        require(newCap <= oldCap, IOperatorRegistry.NotLower(oldCap, newCap));
    }
}
