// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IPoolCalls} from "../interfaces/IPoolCalls.sol";
import {AllocatorBook} from "./AllocatorBook.sol";
import {Ramps} from "./Ramps.sol";
import {RoundPage} from "./RoundPage.sol";
import {WriteDowns} from "./WriteDowns.sol";

/// @title Rounds: reading every operator once per epoch, booking what changed, and the snapshot (design §6).
/// @notice A round first reads the operators in pages, then sums up the groups in pages.
/// @dev Linked, so that Allocator stays small. docs/spec.md §3 has the formulas.
library Rounds {
    using AllocatorBook for AllocatorBook.State;
    using AllocatorBook for AllocatorBook.Totals;
    using Math for uint256;
    using Ramps for AllocatorBook.State;
    using RoundPage for RoundPage.Page;
    using SafeCast for uint256;
    using WriteDowns for AllocatorBook.State;

    uint256 private constant GROUPS_PER_PAGE = 64;
    uint256 private constant GAS_PER_GROUP = 60_000;
    uint256 private constant FAULTS_TO_WRITE_DOWN = 3;
    uint256 private constant OVERDUE_EPOCHS = 2;
    uint256 private constant SMALLEST_LOSS = AllocatorBook.SMALLEST_LOSS;

    /// @dev One operator while it is read.
    struct Subject {
        uint256 id;
        IOperatorRegistry.Operator operator;
        IAllocator.Position held;
        uint256 base; // position at the end of the last round
        uint256 due; // of the unbonding that must have arrived by dueAt
        uint256 dueAt;
        uint256 refusedBps; // of the position: asked for again
        uint256 insisted; // of what is on its way, unstaked by this reading
        uint256 lossSince; // booked since the last reading
        bool owes; // it has units of the premium
        bool hasLost; // more than rounding since the last reading, this one included; false of who is established
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
            uint256 count = self.registry.operatorCount();
            read = _readPage(self, count, maxOperators);
            if (self.cursor < count) return (read, false);
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
        self.poolShareBps = policy.poolShareBps;
        self.netShareBps = policy.netShareBps;
        self.snapshot.networkStake = uint96(stake);
        self.snapshot.certified = false;
        emit IAllocator.RoundBegun(round, self.epoch, stake);
    }

    function _readPage(
        AllocatorBook.State storage self,
        uint256 count,
        uint256 maxOperators
    ) private returns (uint256 read) {
        uint256 id = self.cursor;
        RoundPage.Page memory page = RoundPage.open(self);
        Subject memory subject; // one for all
        uint256 more; // gas beyond an operator's
        while (id < count && read < maxOperators && page.hasGas(more)) {
            _load(self, subject, id + 1);
            more = subject.refusedBps == 0 && !subject.held.faulted ? 0 : _gasBeside(subject);
            if (more != 0 && !page.hasGas(more)) break;
            ++id;
            ++read;
            _readOperator(self, page, subject);
            more = 0;
        }
        require(
            read != 0 || id == count || maxOperators == 0,
            IAllocator.TooLittleGas(gasleft(), AllocatorBook.GAS_PER_OPERATOR + more)
        );

        page.close(self, id);
    }

    /// @dev Gas of what a reading does beyond one frame.
    function _gasBeside(Subject memory subject) private pure returns (uint256) {
        uint256 frames = subject.held.faulted ? 1 : 0;
        if (subject.refusedBps != 0) frames += frames + 1;
        return frames * AllocatorBook.GAS_PER_FRAME;
    }

    /// @dev A faulted pool may be honest, and have more exits of ours to go through than one stipend pays for. It gets no legs,
    /// so there are no more of them by the next reading.
    function _stipend(IAllocator.Position memory held) private pure returns (uint256) {
        return held.faulted ? 2 * AllocatorBook.STIPEND : AllocatorBook.STIPEND;
    }

    /* ONE OPERATOR */

    function _readOperator(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        Subject memory subject
    ) private {
        if (subject.operator.state == IOperatorRegistry.State.Removed) {
            delete self.snapshots[subject.id];
            return;
        }

        IAllocator.Position memory held = subject.held;
        page.totals.remove(held);
        uint256 others;
        uint256 bond;
        try IPoolCalls(address(this)).collect{gas: _stipend(held)}(subject.operator.pool) returns (
            IPoolCalls.Reading memory reading
        ) {
            others = reading.total.saturatingSub(reading.staked).min(AllocatorBook.NO_CAP);
            if (subject.refusedBps != 0) _insist(self, subject, reading);
            bond = reading.bond;
            _bookReading(self, page, subject, reading);
        } catch {
            others = self.snapshots[subject.id].others;
            _fault(self, page, subject);
        }
        if (held.writtenDown) self.endOld(subject.id);
        page.totals.add(held);
        _store(self, subject);
        _takeSnapshot(self, page, subject, others, bond);
    }

    function _load(AllocatorBook.State storage self, Subject memory subject, uint256 id) private view {
        subject.id = id;
        subject.operator = self.registry.operator(id);
        subject.held = _positionOf(self, id);
        subject.insisted = 0;
        _loadRecord(self.records[id], subject);
    }

    /// @dev These three by themselves: with few variables the compiler makes one read or write of a word.
    function _positionOf(
        AllocatorBook.State storage self,
        uint256 id
    ) private view returns (IAllocator.Position memory) {
        return self.positions[id];
    }

    function _loadRecord(IAllocator.Record storage record, Subject memory subject) private view {
        subject.base = record.base;
        subject.due = record.dueAmount;
        subject.dueAt = record.dueAt;
        subject.refusedBps = record.refusedBps;
        bool hasMore = record.hasMore;
        subject.lossSince = hasMore ? record.lossSince : 0;
        subject.owes = hasMore && record.premiumUnits != 0;
    }

    function _storeSnapshot(AllocatorBook.State storage self, uint256 id, IAllocator.Snapshot memory snapshot) private {
        self.snapshots[id] = snapshot;
    }

    function _store(AllocatorBook.State storage self, Subject memory subject) private {
        IAllocator.Record storage record = self.records[subject.id];
        self.positions[subject.id] = subject.held;
        bool hasMore = subject.lossSince != 0;
        if (record.hasMore && !hasMore) record.lossSince = 0;
        if (subject.owes && record.premiumUnits != 0) hasMore = true;
        (record.base, record.dueAmount, record.dueAt, record.hasMore, record.refusedBps) = (
            subject.held.position,
            uint96(subject.due),
            uint40(subject.dueAt),
            hasMore,
            uint16(subject.refusedBps)
        );
    }

    /// @dev Asks for what legs asked for in vain, as far as it is there; of what was written down, if the pool has been given
    /// up since. What is noted stays so unless the pool then shows it as on its way, and as staked no longer: both, since what
    /// it showed before may be made up.
    function _insist(
        AllocatorBook.State storage self,
        Subject memory subject,
        IPoolCalls.Reading memory reading
    ) private {
        uint256 base = subject.held.writtenDown ? self.records[subject.id].lost : subject.held.position;
        uint256 asked = base.mulDiv(subject.refusedBps, AllocatorBook.BPS, Math.Rounding.Ceil).min(reading.staked);
        bool isHeeded = asked == 0;
        if (!isHeeded) {
            try IPoolCalls(address(this)).pull{gas: _stipend(subject.held)}(subject.operator.pool, asked) returns (
                uint256 staked,
                uint256 unstaked
            ) {
                isHeeded =
                    unstaked.saturatingAdd(SMALLEST_LOSS) >= reading.unstaked.saturatingAdd(asked) &&
                    staked.saturatingAdd(asked) <= reading.staked.saturatingAdd(SMALLEST_LOSS);
                subject.insisted = unstaked.saturatingSub(reading.unstaked);
                (reading.staked, reading.unstaked) = (staked, unstaked);
            } catch {}
        }
        if (isHeeded) subject.refusedBps = 0;
    }

    function _bookReading(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        Subject memory subject,
        IPoolCalls.Reading memory reading
    ) private {
        IAllocator.Position memory held = subject.held;
        // A written-down pool that still owes what was due is not back: only its cash counts.
        if (held.writtenDown && (_isOverdue(page, subject, reading.arrived) || subject.refusedBps != 0)) {
            if (reading.arrived != 0) _bookPart(self, page, subject, reading.arrived);
            _fault(self, page, subject);
            emit IAllocator.OperatorRead(subject.id, page.round, 0, 0, reading.arrived, reading.arrived, 0);
            return;
        }

        (uint256 gain, uint256 loss, bool overdue) = _bookDifference(self, page, subject, reading);
        // Some of it may have been asked for in this epoch: its time runs from the next reading.
        if (subject.dueAt == 0) subject.due = subject.due.max(held.unbonding);
        uint256 missing;
        if (held.writtenDown) missing = self.recover(page, subject.id, held, gain);
        else if (subject.owes && gain > loss) self.payBack(page, subject.id, gain, loss);
        else page.gain += gain;
        _watchForLoss(self, page, subject, loss + missing);
        page.loss += loss;
        page.arrived += reading.arrived; // may be more than all others hold, so what came back is booked before it
        held.readAt = uint40(block.timestamp);
        if (overdue || subject.refusedBps != 0) _fault(self, page, subject);
        else (held.faulted, held.faults) = (false, 0);
        emit IAllocator.OperatorRead(
            subject.id,
            page.round,
            held.position,
            held.unbonding,
            reading.arrived,
            gain,
            loss
        );
    }

    /// @dev A written-down operator has paid, and is not back.
    function _bookPart(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        Subject memory subject,
        uint256 gain
    ) private {
        page.book(self);
        self.roundGain += gain.toUint96();
        _accrue(page, subject.held, gain);
        self.recoverPart(subject.id, gain);
        page.arrived = gain;
    }

    /// @dev What is gained has accrued since the last reading. Who was never read holds nothing to earn on.
    function _accrue(RoundPage.Page memory page, IAllocator.Position memory held, uint256 gain) private view {
        if (held.readAt != 0) page.gainSeconds += gain * (block.timestamp - held.readAt);
    }

    /// @dev Books gain and loss; whether the operator owes what was due.
    function _bookDifference(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        Subject memory subject,
        IPoolCalls.Reading memory reading
    ) private view returns (uint256 gain, uint256 loss, bool overdue) {
        IAllocator.Position memory held = subject.held;
        uint256 vanished = uint256(held.unbonding).saturatingSub(reading.arrived).saturatingSub(reading.unstaked);
        (gain, loss) = _difference(self, page, subject, reading);
        _accrue(page, held, gain);

        // What the pool says is on its way is booked so, whatever the book expected: it is not there to be earned on.
        uint256 left = uint256(held.position) + held.unbonding + gain - loss - reading.arrived;
        uint256 unbonding = reading.unstaked.min(left);
        (held.position, held.unbonding) = ((left - unbonding).toUint96(), unbonding.toUint96());

        // A loss that gains outweigh shows only in what is on its way; who moves stake back must earn as much. A
        // written-down operator's cash was taken off before, and so was what it had lost.
        vanished = vanished.min(gain + SMALLEST_LOSS) + loss;
        overdue = _isOverdue(page, subject, vanished + (held.writtenDown ? 0 : reading.arrived + subject.lossSince));
    }

    /// @dev Gain and loss against the book.
    function _difference(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        Subject memory subject,
        IPoolCalls.Reading memory reading
    ) private view returns (uint256 gain, uint256 loss) {
        IAllocator.Position memory held = subject.held;
        uint256 coming = uint256(held.unbonding).saturatingSub(reading.arrived);
        gain = reading.arrived.saturatingSub(held.unbonding);

        uint256 most = _mostGain(self, page, subject, reading.arrived);
        // What was on its way comes back or is lost: stake that a pool makes of it does not count, but for what it may earn.
        uint256 staked = reading.staked;
        uint256 unstaked = reading.unstaked - subject.insisted;
        if (unstaked.saturatingAdd(SMALLEST_LOSS) < coming) {
            staked = staked.min((held.position + most).saturatingSub(subject.insisted));
        }
        uint256 shown = staked.saturatingAdd(reading.unstaked).min(AllocatorBook.NO_CAP);
        uint256 booked = held.position + coming;
        if (shown < booked) return (gain, booked - shown);
        gain += (shown - booked).min(most);
    }

    /// @dev What may be booked as gain, beside cash. Who was never read holds nothing to earn on. Who is written down has what
    /// was lost and has not arrived, and who refuses what legs asked for earns nothing.
    function _mostGain(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        Subject memory subject,
        uint256 arrived
    ) private view returns (uint256) {
        IAllocator.Position memory held = subject.held;
        if (held.writtenDown) return uint256(self.records[subject.id].lost).saturatingSub(arrived);
        if (subject.refusedBps != 0) return 0;
        uint256 stake = uint256(held.position) + held.unbonding;
        uint256 elapsed = block.timestamp - held.readAt;
        return (stake * page.parameters.maxGainBps * elapsed) / (AllocatorBook.BPS * page.epochLength);
    }

    /// @dev Takes what arrived or was lost off the amount that is due; whether the rest should be here for two epochs.
    /// An amount is due as a whole, so a trickle does not renew it, and from the first reading after it was asked for,
    /// because a pool may start to unbond only when somebody calls it. Who pays at least half of it has the same time
    /// again for the rest, with all that is on its way by then: a pool whose bond bears a slash of it has to unbond the
    /// difference anew.
    function _isOverdue(
        RoundPage.Page memory page,
        Subject memory subject,
        uint256 settled
    ) private view returns (bool) {
        subject.due = subject.due.saturatingSub(settled);
        bool isSettled = subject.due == 0 || (settled >= subject.due && !subject.held.writtenDown);
        if (isSettled) subject.dueAt = 0;
        else if (subject.dueAt == 0) subject.dueAt = block.timestamp + subject.operator.unbondingTime;
        return !isSettled && block.timestamp > subject.dueAt + OVERDUE_EPOCHS * page.epochLength;
    }

    function _watchForLoss(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        Subject memory subject,
        uint256 loss
    ) private {
        uint256 total = loss + subject.lossSince;
        if (total == 0) return;
        subject.lossSince = 0;
        if (total <= SMALLEST_LOSS) return;
        if (subject.operator.state != IOperatorRegistry.State.Active) subject.hasLost = true;
        if (!_isTooMuch(self, page, subject, total)) return;
        subject.operator.watch = true;
        self.registry.watch(subject.id);
    }

    /// @dev Whether losses put the operator on watch: all since they last did count, each as a part of what it held, rounded
    /// up. A pool that hides a part, which comes back as a gain, and hides it again would else do so for ever.
    function _isTooMuch(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        Subject memory subject,
        uint256 loss
    ) private returns (bool isTooMuch) {
        // What legs brought after the last round can be lost, too.
        uint256 base = (uint256(subject.held.position) + subject.held.unbonding + loss).max(subject.base);
        IAllocator.Record storage record = self.records[subject.id];
        uint256 lostBps = record.lostBps + loss.mulDiv(AllocatorBook.BPS, base, Math.Rounding.Ceil);
        isTooMuch = lostBps > page.parameters.maxLossBps;
        record.lostBps = isTooMuch ? 0 : uint32(lostBps.min(type(uint32).max));
    }

    function _fault(AllocatorBook.State storage self, RoundPage.Page memory page, Subject memory subject) private {
        IAllocator.Position memory held = subject.held;
        // What is due and has no time yet would never be late of a pool that fails each time it would get one.
        if (subject.due != 0 && subject.dueAt == 0) subject.dueAt = block.timestamp + subject.operator.unbondingTime;
        uint256 faults = Math.min(uint256(held.faults) + 1, type(uint8).max);
        (held.faulted, held.faults) = (true, uint8(faults));
        emit IAllocator.OperatorFaulted(subject.id, page.round, faults);
        if (faults >= FAULTS_TO_WRITE_DOWN && uint256(held.position) + held.unbonding != 0) {
            self.writeDown(page, subject.id, held);
            subject.owes = true;
            subject.due = subject.due.saturatingSub(subject.lossSince); // no reading takes it off before the pool is back
        }
    }

    /* SNAPSHOT */

    function _takeSnapshot(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        Subject memory subject,
        uint256 others,
        uint256 bond
    ) private {
        uint256 cap = _fixedCap(self, page, subject, others, bond); // first: it may end a ramp
        IOperatorRegistry.Operator memory operator = subject.operator;
        IAllocator.Position memory held = subject.held;
        IAllocator.Snapshot memory snapshot = IAllocator.Snapshot({
            fixedCap: uint96(cap),
            others: uint96(others),
            weight: operator.weight,
            groups: operator.groups
        });
        uint256 id = subject.id;
        _storeSnapshot(self, id, snapshot);
        page.longestUnbonding = page.longestUnbonding.max(operator.unbondingTime);

        uint256 weight = snapshot.fixedCap != 0 && page.networkRoom > others ? operator.weight : 0;
        page.addToGroups(held, operator.groups, others, weight);
        if (held.writtenDown) page.addWaiting(operator.groups, self.records[id].lost);
        emit IAllocator.OperatorSnapshot(id, page.round, held.position, held.faulted, snapshot);
    }

    /// @dev Bond, watch, ramp and absolute cap; zero for who may hold nothing.
    function _fixedCap(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        Subject memory subject,
        uint256 others,
        uint256 bond
    ) private returns (uint256 cap) {
        cap = subject.operator.absoluteCap;
        if (subject.operator.state != IOperatorRegistry.State.Active) cap = cap.min(_followRamp(self, subject));
        if (subject.held.faulted || !subject.operator.whitelisted) return 0;

        uint256 position = subject.held.position;
        if (page.bondRatio != 0) {
            uint256 covered = bond.saturatingMul(page.bondRatio);
            uint256 bondCap = covered.saturatingSub(others);
            if (bondCap < position && AllocatorBook.isFrozen(covered, others + position)) bondCap = position;
            cap = cap.min(bondCap);
        }
        if (subject.operator.watch) cap = cap.min(position);
    }

    /// @dev The part of the cap that an operator's state and ramp leave. A ramp stops increases: below the position it takes
    /// nothing away.
    function _followRamp(AllocatorBook.State storage self, Subject memory subject) private returns (uint256 cap) {
        IOperatorRegistry.Operator memory operator = subject.operator;
        bool isHeld = operator.watch || !operator.whitelisted || subject.hasLost;
        subject.hasLost = false;
        (uint256 ramp, bool isComplete) = self.follow(
            subject.id,
            operator.state,
            Ramps.Finding(subject.held.faulted, isHeld, subject.base != 0)
        );
        bool isRamping = operator.state == IOperatorRegistry.State.Ramping;
        if (!isComplete) return isRamping ? ramp.max(subject.held.position) : 0;

        // Its pool has been called since it was looked up, and may have executed a notice that drains it.
        isRamping = self.registry.operator(subject.id).state == IOperatorRegistry.State.Ramping;
        if (isRamping) self.registry.activate(subject.id);
        subject.operator = self.registry.operator(subject.id);
        return isRamping ? AllocatorBook.NO_CAP : 0;
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
        if (held.round != self.round) {
            delete self.groups[group];
            held.round = self.round;
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
        uint256 shown = staked.saturatingAdd(unstaked).min(AllocatorBook.NO_CAP);
        if (shown + SMALLEST_LOSS >= position + unbonding) return 0;

        loss = position + unbonding;
        unbonding = unstaked.min(unbonding);
        shown = (shown - unbonding).min(position); // what was on its way becomes no stake
        loss -= shown + unbonding;
        self.setPosition(id, shown, unbonding);
        self.noteLoss(id, loss);
        // While a round is open, an operator that it has not read yet is not in the sums.
        if (!held.faulted && (self.round == 0 || id <= self.cursor)) {
            self.moveGroups(self.snapshots[id].groups, position, held.position);
            self.closeGroups(self.snapshots[id].groups, loss);
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

        emit IAllocator.OperatorRead(id, self.round, 0, 0, gain, gain, 0);
        self.recoverPart(id, gain);
        self.metaPool.report{value: gain}(0, 0);
    }

    /// @dev Ends the premium of a written-down operator.
    function clearWriteDown(AllocatorBook.State storage self, uint256 id) public {
        IAllocator.Record storage record = self.records[id];
        require(record.premiumUnits != 0, IAllocator.NotWrittenDown(id));
        self.endPremium(record);
    }
}
