// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IPoolCalls} from "../interfaces/IPoolCalls.sol";
import {AllocatorBook} from "./AllocatorBook.sol";

/// @title Rounds: reading every operator once per epoch, booking what changed, and the snapshot (design §6).
/// @notice A round first reads the operators in pages, then sums up the groups in pages.
/// @dev Linked, so that Allocator stays small. docs/spec.md §3 has the formulas.
library Rounds {
    using AllocatorBook for AllocatorBook.State;
    using Math for uint256;
    using SafeCast for uint256;

    uint256 private constant GROUPS_PER_PAGE = 64;
    uint256 private constant GAS_PER_GROUP = 60_000;
    uint256 private constant FAULTS_TO_WRITE_DOWN = 3;
    uint256 private constant OVERDUE_EPOCHS = 2;
    uint256 private constant SMALLEST_LOSS = 1_000; // wei; less is rounding
    uint256 private constant WRITE_DOWN_TERM = 90 days;

    /// @dev Sums of one page, booked in one call.
    struct Page {
        uint256 gain;
        uint256 loss;
        uint256 arrived;
    }

    /* SETTLE */

    /// @dev Begins the epoch's round if it is due and does a page of it.
    function settle(
        AllocatorBook.State storage self,
        uint256 maxOperators
    ) public returns (uint256 read, bool completed) {
        if (self.round == 0) {
            if (self.currentEpoch() <= self.epoch) return (0, true);
            _begin(self);
        }
        if (self.groupCursor == 0) {
            read = _readPage(self, maxOperators);
            if (self.cursor < self.registry.operatorCount()) return (read, false);
            _finishReading(self);
        }
        return (read, _sumUpGroups(self, read != 0));
    }

    function _begin(AllocatorBook.State storage self) private {
        uint256 round = self.metaPool.beginRound();
        uint256 stake = self.networkStake();
        IOperatorRegistry.Policy memory policy = self.registry.policy();
        self.round = round.toUint32();
        self.cursor = 0;
        self.epoch = uint40(self.currentEpoch());
        self.begunAt = uint40(block.timestamp);
        self.poolShareBps = policy.poolShareBps;
        self.netShareBps = policy.netShareBps;
        self.snapshot.networkStake = uint96(stake);
        self.snapshot.certified = false;
        emit IAllocator.RoundBegun(round, self.epoch, stake);
    }

    function _readPage(AllocatorBook.State storage self, uint256 maxOperators) private returns (uint256 read) {
        uint256 count = self.registry.operatorCount();
        uint256 id = self.cursor;
        Page memory page;
        while (id < count && read < maxOperators && gasleft() >= AllocatorBook.GAS_PER_OPERATOR) {
            ++id;
            ++read;
            _readOperator(self, id, page);
        }
        require(
            read != 0 || id == count || maxOperators == 0,
            IAllocator.TooLittleGas(gasleft(), AllocatorBook.GAS_PER_OPERATOR)
        );

        self.cursor = uint32(id);
        _book(self, page);
    }

    function _book(AllocatorBook.State storage self, Page memory page) private {
        if (page.gain == 0 && page.loss == 0 && page.arrived == 0) return;
        self.roundGain += page.gain.toUint96();
        self.roundLoss += page.loss.toUint96();
        self.metaPool.report{value: page.arrived}(page.gain, page.loss);
    }

    /* ONE OPERATOR */

    function _readOperator(AllocatorBook.State storage self, uint256 id, Page memory page) private {
        IOperatorRegistry.Operator memory operator = self.registry.operator(id);
        if (operator.state == IOperatorRegistry.State.Removed) {
            delete self.snapshots[id];
            return;
        }

        uint256 others = self.snapshots[id].others;
        uint256 bond;
        try IPoolCalls(address(this)).collect{gas: AllocatorBook.STIPEND}(operator.pool) returns (
            IPoolCalls.Reading memory reading
        ) {
            others = reading.total.saturatingSub(reading.staked).min(AllocatorBook.NO_CAP);
            bond = reading.bond;
            _bookReading(self, id, operator, reading, page);
        } catch {
            _fault(self, id, page);
        }
        _endOldWriteDown(self, id);
        _takeSnapshot(self, id, operator, others, bond);
        self.longestUnbonding = uint32(Math.max(self.longestUnbonding, operator.unbondingTime));
    }

    function _bookReading(
        AllocatorBook.State storage self,
        uint256 id,
        IOperatorRegistry.Operator memory operator,
        IPoolCalls.Reading memory reading,
        Page memory page
    ) private {
        IAllocator.Position storage held = self.positions[id];
        IAllocator.Record storage record = self.records[id];
        // A written-down pool that still owes what was due is not back: only its cash counts.
        if (held.writtenDown && _isOverdue(self, record, operator, reading.arrived)) {
            page.arrived += reading.arrived;
            page.gain += reading.arrived;
            record.lost = uint96(uint256(record.lost).saturatingSub(reading.arrived));
            _fault(self, id, page);
            emit IAllocator.OperatorRead(id, self.round, 0, 0, reading.arrived, reading.arrived, 0);
            return;
        }

        bool overdue;
        uint256 gain;
        uint256 loss;
        {
            uint256 vanished = uint256(held.unbonding).saturatingSub(reading.arrived).saturatingSub(reading.unstaked);
            (gain, loss) = _bookDifference(self, held, record, reading);
            // A loss that gains outweigh shows only in what is on its way; who moves stake back must earn as much. A
            // written-down operator's cash was taken off above.
            vanished = vanished.min(gain + SMALLEST_LOSS) + loss + record.lossSince;
            overdue = _isOverdue(self, record, operator, vanished + (held.writtenDown ? 0 : reading.arrived));
        }
        if (record.dueAmount == 0 && held.unbonding != 0) {
            record.dueAmount = held.unbonding;
            record.dueAt = uint40(block.timestamp + operator.unbondingTime);
        }
        _watchForLoss(self, id, operator, record, loss);
        if (held.writtenDown) _recover(self, id, gain, page);
        else page.gain += gain;
        page.loss += loss;
        page.arrived += reading.arrived;
        held.readAt = uint40(block.timestamp);
        if (overdue) {
            _fault(self, id, page);
        } else {
            self.setPosition(held, held.position, held.unbonding, false);
            held.faults = 0;
        }
        emit IAllocator.OperatorRead(id, self.round, held.position, held.unbonding, reading.arrived, gain, loss);
    }

    function _bookDifference(
        AllocatorBook.State storage self,
        IAllocator.Position storage held,
        IAllocator.Record storage record,
        IPoolCalls.Reading memory reading
    ) private returns (uint256 gain, uint256 loss) {
        (gain, loss) = _difference(self, held, record, reading);
        if (held.readAt != 0) self.gainSeconds += gain * (block.timestamp - held.readAt);

        // What the pool says is on its way is booked so, whatever the book expected: it is not there to be earned on.
        uint256 left = uint256(held.position) + held.unbonding + gain - loss - reading.arrived;
        uint256 unbonding = reading.unstaked.min(left);
        self.setPosition(held, left - unbonding, unbonding, held.faulted);
    }

    /// @dev Gain and loss against the book.
    function _difference(
        AllocatorBook.State storage self,
        IAllocator.Position storage held,
        IAllocator.Record storage record,
        IPoolCalls.Reading memory reading
    ) private view returns (uint256 gain, uint256 loss) {
        uint256 rest = uint256(held.unbonding).saturatingSub(reading.arrived);
        uint256 booked = held.position + rest;
        uint256 shown = reading.staked.saturatingAdd(reading.unstaked).min(AllocatorBook.NO_CAP);
        gain = reading.arrived.saturatingSub(held.unbonding);
        if (shown < booked) return (gain, booked - shown);

        uint256 elapsed = held.readAt == 0 ? 0 : block.timestamp - held.readAt;
        uint256 most =
            ((uint256(held.position) + held.unbonding) * self.parameters.maxGainBps * elapsed) /
                (AllocatorBook.BPS * self.epochLength);
        gain += (shown - booked).min(most + record.lost);
    }

    /// @dev Takes what arrived or was lost off the amount that is due; whether the rest should be here for two epochs.
    /// An amount is due as a whole, so a trickle does not renew it, and from the first reading after it was asked for,
    /// because a pool may start to unbond only when somebody calls it.
    function _isOverdue(
        AllocatorBook.State storage self,
        IAllocator.Record storage record,
        IOperatorRegistry.Operator memory operator,
        uint256 settled
    ) private returns (bool) {
        uint256 due = uint256(record.dueAmount).saturatingSub(settled);
        record.dueAmount = uint96(due);
        if (due == 0) return false;
        if (record.dueAt == 0) record.dueAt = uint40(block.timestamp + operator.unbondingTime);
        return block.timestamp > record.dueAt + OVERDUE_EPOCHS * self.epochLength;
    }

    function _watchForLoss(
        AllocatorBook.State storage self,
        uint256 id,
        IOperatorRegistry.Operator memory operator,
        IAllocator.Record storage record,
        uint256 loss
    ) private {
        uint256 total = loss + record.lossSince;
        if (total == 0) return;
        record.lossSince = 0;
        // What legs brought after the last round can be lost, too.
        uint256 base = (self.positions[id].position + total).max(record.base);
        if (operator.watch || total * AllocatorBook.BPS <= base * self.parameters.maxLossBps) return;

        operator.watch = true;
        self.registry.watch(id);
    }

    function _fault(AllocatorBook.State storage self, uint256 id, Page memory page) private {
        IAllocator.Position storage held = self.positions[id];
        uint256 faults = Math.min(uint256(held.faults) + 1, type(uint8).max);
        held.faults = uint8(faults);
        self.setPosition(held, held.position, held.unbonding, true);
        emit IAllocator.OperatorFaulted(id, self.round, faults);
        if (faults >= FAULTS_TO_WRITE_DOWN && uint256(held.position) + held.unbonding != 0)
            _writeDown(self, id, held, page);
    }

    function _writeDown(
        AllocatorBook.State storage self,
        uint256 id,
        IAllocator.Position storage held,
        Page memory page
    ) private {
        _book(self, page); // what was read before it belongs to the price before it
        (page.gain, page.loss, page.arrived) = (0, 0, 0);

        uint256 loss = uint256(held.position) + held.unbonding;
        self.setPosition(held, 0, 0, true);
        held.writtenDown = true;
        self.roundLoss += uint96(loss);

        IAllocator.Record storage record = self.records[id];
        record.lost = (record.lost + loss).toUint96();
        record.writtenDownAt = uint40(block.timestamp);
        uint256 factor = self.metaPool.reportWriteDown(loss);
        if (factor != 0) {
            if (record.factor == 0) ++self.writtenDown;
            record.factor = uint96(
                record.factor == 0
                    ? factor
                    : uint256(record.factor).mulDiv(factor, AllocatorBook.WAD).min(type(uint96).max)
            );
        }
        emit IAllocator.OperatorWrittenDown(id, self.round, loss);
    }

    /// @dev The pool is back: what it has makes up for its factor of D, which ends in the same step.
    function _recover(AllocatorBook.State storage self, uint256 id, uint256 gain, Page memory page) private {
        _book(self, page); // what was read before it belongs to the price before it
        (page.gain, page.loss, page.arrived) = (0, 0, 0);

        IAllocator.Record storage record = self.records[id];
        self.positions[id].writtenDown = false;
        record.lost = 0;
        self.roundGain += gain.toUint96();
        _endFactor(self, record, gain);
        emit IAllocator.OperatorRecovered(id, self.round);
    }

    function _endOldWriteDown(AllocatorBook.State storage self, uint256 id) private {
        IAllocator.Record storage record = self.records[id];
        if (record.factor != 0 && block.timestamp >= record.writtenDownAt + WRITE_DOWN_TERM)
            _endFactor(self, record, 0);
    }

    /// @dev Takes an operator's factor out of D, with what the operator turns out to have.
    function _endFactor(AllocatorBook.State storage self, IAllocator.Record storage record, uint256 gain) private {
        uint256 factor = record.factor;
        if (factor != 0) {
            record.factor = 0;
            --self.writtenDown;
        }
        self.metaPool.endWriteDown(gain, factor, self.writtenDown == 0);
    }

    /* SNAPSHOT */

    function _takeSnapshot(
        AllocatorBook.State storage self,
        uint256 id,
        IOperatorRegistry.Operator memory operator,
        uint256 others,
        uint256 bond
    ) private {
        IAllocator.Position storage held = self.positions[id];
        IAllocator.Snapshot memory snapshot = IAllocator.Snapshot({
            fixedCap: uint96(_fixedCap(self, operator, held, others, bond)),
            others: uint96(others),
            weight: operator.weight,
            groups: operator.groups
        });
        self.snapshots[id] = snapshot;
        self.records[id].base = held.position;

        uint256 netRoom = AllocatorBook.shareDown(self.snapshot.networkStake, self.netShareBps).saturatingSub(others);
        uint256 weight = snapshot.fixedCap != 0 && netRoom != 0 ? snapshot.weight : 0;
        uint256 faulted = held.faulted ? uint256(held.position) + held.unbonding : 0;
        for (uint256 k; k <= AllocatorBook.DIMENSIONS; ++k) {
            uint256 group = AllocatorBook.groupAt(snapshot.groups, k);
            if (k == 0 || group != 0) {
                _addToGroup(self, group, held.faulted ? 0 : held.position, others, faulted, weight);
            }
        }
        emit IAllocator.OperatorSnapshot(id, self.round, held.position, held.faulted, snapshot);
    }

    /// @dev Bond, watch and absolute cap; zero for who may hold nothing.
    function _fixedCap(
        AllocatorBook.State storage self,
        IOperatorRegistry.Operator memory operator,
        IAllocator.Position storage held,
        uint256 others,
        uint256 bond
    ) private view returns (uint256 cap) {
        bool listed =
            operator.state == IOperatorRegistry.State.Active || operator.state == IOperatorRegistry.State.Ramping;
        if (!listed || !operator.whitelisted || held.faulted) return 0;

        cap = operator.absoluteCap;
        uint256 ratio = self.registry.policy().bondRatio;
        if (ratio != 0) cap = cap.min(bond.saturatingMul(ratio).saturatingSub(others));
        if (operator.watch) cap = cap.min(held.position);
    }

    function _addToGroup(
        AllocatorBook.State storage self,
        uint256 group,
        uint256 position,
        uint256 others,
        uint256 faulted,
        uint256 weight
    ) private {
        IAllocator.GroupSnapshot storage held = self.groups[group];
        if (self.groupRounds[group] != self.round) {
            self.groupRounds[group] = self.round;
            delete self.groups[group];
        }
        held.position = (held.position + position).toUint96();
        held.others = (uint256(held.others) + others).min(AllocatorBook.NO_CAP).toUint96();
        held.weight += uint64(weight);
        held.faulted = (held.faulted + faulted).toUint96();
        ++held.members;
    }

    /// @dev All operators are read: ends the round in the pool's book and fixes T.
    function _finishReading(AllocatorBook.State storage self) private {
        (uint256 gain, uint256 loss) = (self.roundGain, self.roundLoss);
        self.metaPool.endRound(self.round, gain.saturatingSub(loss), gain == 0 ? 0 : self.gainSeconds / gain);

        AllocatorBook.Live memory now_ = self.live();
        IAllocator.PoolSnapshot storage snapshot = self.snapshot;
        snapshot.total = now_.total.toUint96();
        snapshot.faultedStake = self.faultedStake;
        snapshot.need = now_.need.toUint96();
        snapshot.healthy = self.committed - (self.faultedStake - self.faultedUnbonding);
        snapshot.round = self.round;
        self.operators = self.cursor;
        self.class0Used = 0;
        self.groupCursor = 1;
    }

    /// @dev Derives C_g and the first levels of a page of groups; the last page closes the round.
    function _sumUpGroups(AllocatorBook.State storage self, bool progressed) private returns (bool completed) {
        uint256 count = self.registry.groupCount();
        uint256 start = self.groupCursor - 1;
        uint256 group = start;
        uint256 end = Math.min(count + 1, group + GROUPS_PER_PAGE);
        for (; group < end && gasleft() >= GAS_PER_GROUP + 100_000; ++group) _sumUpGroup(self, group);
        require(progressed || group != start, IAllocator.TooLittleGas(gasleft(), GAS_PER_GROUP + 100_000));
        self.groupCursor = uint32(group + 1);
        if (group <= count) return false;

        emit IAllocator.RoundCompleted(self.round, self.snapshot, self.roundGain, self.roundLoss);
        if (self.registry.longestUnbonding() != self.longestUnbonding) {
            self.registry.setLongestUnbonding(self.longestUnbonding);
        }
        self.round = 0;
        self.groupCursor = 0;
        self.roundGain = 0;
        self.roundLoss = 0;
        self.gainSeconds = 0;
        self.longestUnbonding = 0;
        return true;
    }

    function _sumUpGroup(AllocatorBook.State storage self, uint256 group) private {
        IAllocator.GroupSnapshot storage held = self.groups[group];
        if (self.groupRounds[group] != self.round) {
            self.groupRounds[group] = self.round;
            delete self.groups[group];
        }

        uint256 cap = self.snapshot.total;
        if (group != AllocatorBook.POOL_GROUP) {
            cap = AllocatorBook.groupCap(
                self.registry.group(group),
                uint256(self.snapshot.total) + self.snapshot.faultedStake,
                self.snapshot.networkStake,
                held.others,
                held.faulted
            );
        }
        uint256 weight = held.weight;
        bool levelled = weight != 0 && cap != AllocatorBook.NO_CAP;
        held.cap = uint96(cap);
        held.level = levelled ? uint160((cap * AllocatorBook.WAD) / weight) : AllocatorBook.NO_LEVEL;
        emit IAllocator.GroupSnapshotTaken(group, self.round, cap, weight, held.level);
    }

    /* ONE OPERATOR, ANY TIME */

    /// @dev Books a loss that the pool shows now.
    function settleOne(AllocatorBook.State storage self, uint256 id) public returns (uint256 loss) {
        require(
            gasleft() >= AllocatorBook.GAS_PER_OPERATOR,
            IAllocator.TooLittleGas(gasleft(), AllocatorBook.GAS_PER_OPERATOR)
        );
        IAllocator.Position storage held = self.positions[id];
        (uint256 position, uint256 unbonding) = (held.position, held.unbonding);
        if (position + unbonding == 0) return 0;

        uint256 staked;
        uint256 unstaked;
        address pool = self.registry.operator(id).pool;
        try IPoolCalls(address(this)).peek{gas: AllocatorBook.STIPEND}(pool) returns (uint256 s, uint256 u) {
            (staked, unstaked) = (s, u);
        } catch {
            return 0;
        }
        uint256 shown = staked.saturatingAdd(unstaked);
        if (shown + SMALLEST_LOSS >= position + unbonding) return 0;

        loss = position + unbonding - shown;
        unbonding = unstaked.min(unbonding);
        self.setPosition(held, shown - unbonding, unbonding, held.faulted);
        self.records[id].lossSince = (self.records[id].lossSince + loss).toUint96();
        // While a round is open, an operator that it has not read yet is not in the sums.
        if (!held.faulted && (self.round == 0 || id <= self.cursor)) {
            self.moveGroups(self.snapshots[id].groups, position, held.position);
        }
        emit IAllocator.LossSeen(id, loss, held.position, held.unbonding);
        self.metaPool.report(0, loss);
    }

    /// @dev Collects from a removed operator: all of it is gain.
    function reclaim(AllocatorBook.State storage self, uint256 id) public returns (uint256 gain) {
        require(
            gasleft() >= AllocatorBook.GAS_PER_OPERATOR,
            IAllocator.TooLittleGas(gasleft(), AllocatorBook.GAS_PER_OPERATOR)
        );
        IOperatorRegistry.Operator memory operator = self.registry.operator(id);
        // A pool that is listed anew belongs to its new id.
        bool removed = operator.state == IOperatorRegistry.State.Removed;
        require(removed && self.registry.idOf(operator.pool) == id, IAllocator.UnknownOperator(id));

        IPoolCalls.Reading memory reading = IPoolCalls(address(this)).collect(operator.pool);
        gain = reading.arrived;
        if (reading.staked != 0) IPoolCalls(address(this)).pull(operator.pool, reading.staked);
        if (gain == 0) return 0;

        IAllocator.Record storage record = self.records[id];
        record.lost = uint96(uint256(record.lost).saturatingSub(gain));
        emit IAllocator.OperatorRead(id, self.round, 0, 0, gain, gain, 0);
        bool restored = record.lost == 0 && record.factor != 0;
        if (restored) _endFactor(self, record, gain);
        self.metaPool.report{value: gain}(restored ? 0 : gain, 0);
    }

    /// @dev Ends the premium of a written-down operator.
    function clearWriteDown(AllocatorBook.State storage self, uint256 id) public {
        IAllocator.Record storage record = self.records[id];
        require(record.factor != 0, IAllocator.NotWrittenDown(id));
        _endFactor(self, record, 0);
    }
}
