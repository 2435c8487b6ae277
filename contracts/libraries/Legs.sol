// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IPoolCalls} from "../interfaces/IPoolCalls.sol";
import {AllocatorBook} from "./AllocatorBook.sol";

/// @title Legs: moving stake to and from operators, each move clipped to the room that the rules leave (design §7).
/// @notice Up: to the target, never above a cap as it is now. Down: class 0 for violations, class 1 for exits, class 2 to
/// optimise. Who sends the legs, and in which order, does not matter to where they can lead.
/// @dev Linked, so that Allocator stays small.
library Legs {
    using AllocatorBook for AllocatorBook.State;
    using Math for uint256;
    using SafeCast for uint256;

    uint256 private constant CLASS1_MULTIPLE = 4; // an operator's part of a need, over its fair part
    uint256 private constant SMALLEST_STAKE = AllocatorBook.SMALLEST_STAKE;
    uint256 private constant MIN_MOVE_TOTAL_BPS = 1;
    uint256 private constant MIN_MOVE_OPERATOR_BPS = 200;

    /// @dev One downward leg, as it is derived.
    struct Down {
        uint256 position;
        uint256 unbonding;
        uint256 target;
        uint256[3] charged; // classes 0, 1, 2
        uint256 amount; // their sum
        bool whole; // class 1 takes all that it may from this operator
        uint256 newPosition; // these three: what the pool says after the call
        uint256 newUnbonding;
        uint256 moved;
    }

    function rebalance(
        AllocatorBook.State storage self,
        IAllocator.Leg[] calldata legs
    ) public returns (uint256[] memory moved) {
        moved = new uint256[](legs.length);
        if (self.round != 0 || self.snapshot.round == 0) return moved;

        AllocatorBook.Live memory now_ = _live(self);
        uint256 losses;
        for (uint256 i; i < legs.length; ++i) {
            if (gasleft() < AllocatorBook.GAS_PER_OPERATOR) {
                require(i != 0, IAllocator.TooLittleGas(gasleft(), AllocatorBook.GAS_PER_OPERATOR));
                break;
            }
            uint256 loss;
            (moved[i], loss) = _leg(self, now_, legs[i]);
            losses += loss;
        }
        if (losses != 0) self.metaPool.report(0, losses);
    }

    function _leg(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        IAllocator.Leg calldata leg
    ) private returns (uint256 moved, uint256 loss) {
        uint256 id = leg.operator;
        if (id == 0 || id > self.registry.operatorCount()) {
            return _skip(leg, 0, IAllocator.SkipReason.UnknownOperator);
        }
        if (self.positions[id].faulted) return _skip(leg, 0, IAllocator.SkipReason.Faulted);
        return leg.up ? _up(self, now_, leg, id) : _down(self, now_, leg, id);
    }

    function _skip(
        IAllocator.Leg calldata leg,
        uint256 room,
        IAllocator.SkipReason reason
    ) private returns (uint256, uint256) {
        emit IAllocator.LegSkipped(leg.operator, leg.up, leg.amount, room, reason);
        return (0, 0);
    }

    /* UP */

    function _up(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        IAllocator.Leg calldata leg,
        uint256 id
    ) private returns (uint256 moved, uint256 loss) {
        IOperatorRegistry.Operator memory operator = self.registry.operator(id);
        IAllocator.Snapshot memory snapshot = self.snapshots[id];
        uint256 position = self.positions[id].position;
        {
            uint256 target = self.targetOf(snapshot);
            (uint256 cap, ) = _increaseCap(self, now_, operator, snapshot, self.positions[id]);
            uint256 room = _roomUp(self, now_, snapshot.groups, position, target.min(cap));
            moved = room.min(leg.amount);
            if (moved == 0) return _skip(leg, room, IAllocator.SkipReason.NoRoom);
            if (_isDustUp(self, now_, moved, position, target)) {
                return _skip(leg, room, IAllocator.SkipReason.BelowMinMove);
            }
        }
        (bool success, uint256 shown) = _push(self, operator.pool, moved);
        if (!success) return _skip(leg, moved, IAllocator.SkipReason.PoolFailed);

        now_.free -= moved;
        loss = _writeUp(self, id, snapshot.groups, moved, shown);
        self.noteLoss(id, loss);
        _emitMovedUp(self, leg, moved);
    }

    /// @dev The book follows what the pool says; what it does not show, staked or on its way, is a loss.
    function _writeUp(
        AllocatorBook.State storage self,
        uint256 id,
        uint40 groups,
        uint256 moved,
        uint256 shown
    ) private returns (uint256 loss) {
        IAllocator.Position storage held = self.positions[id];
        (uint256 position, uint256 unbonding) = (held.position, held.unbonding);
        uint256 booked = position + unbonding + moved;
        uint256 left = shown.min(booked);
        unbonding = unbonding.min(left);
        self.setPosition(id, left - unbonding, unbonding);
        self.moveGroups(groups, position, left - unbonding);
        return booked - left;
    }

    function _emitMovedUp(AllocatorBook.State storage self, IAllocator.Leg calldata leg, uint256 moved) private {
        IAllocator.Position storage held = self.positions[leg.operator];
        uint256[3] memory charged;
        emit IAllocator.Moved(leg.operator, true, leg.amount, moved, held.position, held.unbonding, charged);
    }

    /// @dev Sends `amount` of the buffer to the pool; on failure it is back in the buffer.
    function _push(
        AllocatorBook.State storage self,
        address pool,
        uint256 amount
    ) private returns (bool success, uint256 shown) {
        try self.metaPool.fund(amount) {} catch {
            return (false, 0);
        }
        try IPoolCalls(address(this)).push{gas: AllocatorBook.STIPEND}(pool, amount) returns (
            uint256 staked,
            uint256 unstaked
        ) {
            return (true, staked.saturatingAdd(unstaked));
        } catch {
            self.metaPool.report{value: amount}(0, 0);
            return (false, 0);
        }
    }

    /// @dev What an operator can still take: up to `most`, as its groups' caps, the pool's T and the free buffer allow.
    function _roomUp(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        uint40 groups,
        uint256 position,
        uint256 most
    ) private view returns (uint256 room) {
        uint256 pool = now_.total.min(self.snapshot.total);
        room = most.saturatingSub(position).min(now_.free).min(
            pool.saturatingSub(self.groups[AllocatorBook.POOL_GROUP].position)
        );
        for (uint256 k = 1; k <= AllocatorBook.DIMENSIONS && room != 0; ++k) {
            uint256 group = AllocatorBook.groupAt(groups, k);
            if (group == 0) continue;
            uint256 cap = _groupCap(self, now_, group, false);
            if (cap != AllocatorBook.NO_CAP) room = room.min(cap.saturatingSub(self.groups[group].position));
        }
    }

    /// @dev The cap for increases: the smaller of both T and N, and the state, bond and absolute cap of this moment.
    function _increaseCap(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        IOperatorRegistry.Operator memory operator,
        IAllocator.Snapshot memory snapshot,
        IAllocator.Position storage held
    ) private view returns (uint256 cap, uint256 bond) {
        bond = _bond(now_, operator.pool);
        if (!AllocatorBook.mayHold(operator)) return (0, bond);

        (uint256 total, uint256 network) = _bounds(self, now_, false);
        cap = AllocatorBook
            .shareCap(total, network, snapshot.others, now_.policy.poolShareBps, now_.policy.netShareBps)
            .min(operator.absoluteCap);
        if (operator.watch) cap = cap.min(held.position);

        uint256 ratio = now_.policy.bondRatio;
        if (ratio != 0) cap = cap.min(bond.saturatingMul(ratio).saturatingSub(snapshot.others + held.unbonding));
    }

    /// @dev The operator's bond, 0 if it cannot be read, or in a pool without bonds.
    function _bond(AllocatorBook.Live memory now_, address pool) private view returns (uint256) {
        if (now_.policy.bondRatio == 0) return 0;
        try IPoolCalls(address(this)).peekBond{gas: AllocatorBook.STIPEND}(pool) returns (uint256 bond) {
            return bond;
        } catch {
            return 0;
        }
    }

    /// @dev Below the smallest move, unless it lands on the target.
    function _isDustUp(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        uint256 moved,
        uint256 position,
        uint256 target
    ) private view returns (bool) {
        return moved < SMALLEST_STAKE || (moved < _minMove(self, now_, target) && position + moved != target);
    }

    /* DOWN */

    function _down(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        IAllocator.Leg calldata leg,
        uint256 id
    ) private returns (uint256 moved, uint256 loss) {
        IOperatorRegistry.Operator memory operator = self.registry.operator(id);
        IAllocator.Snapshot memory snapshot = self.snapshots[id];
        Down memory down = _derive(self, now_, operator, snapshot, id, leg.amount);
        if (down.amount == 0) return _skip(leg, 0, IAllocator.SkipReason.NoRoom);
        if (_isDust(self, now_, down)) return _skip(leg, down.amount, IAllocator.SkipReason.BelowMinMove);

        if (!_pull(operator.pool, down)) return _skip(leg, down.amount, IAllocator.SkipReason.PoolFailed);

        moved = down.moved;
        loss = down.position + down.unbonding - down.newPosition - down.newUnbonding;
        self.noteLoss(id, loss);
        now_.need = now_.need.saturatingSub(moved);
        self.setPosition(id, down.newPosition, down.newUnbonding);
        self.moveGroups(snapshot.groups, down.position, down.newPosition);
        _charge(self, id, down.charged, moved);
        _expect(self.records[id], down);
        emit IAllocator.Moved(id, false, leg.amount, moved, down.newPosition, down.newUnbonding, down.charged);
    }

    /// @dev Asks the pool for the leg; the book follows what it says then. The whole position is asked for as more than the
    /// pool may show, so that nothing stays behind.
    function _pull(address pool, Down memory down) private returns (bool success) {
        uint256 amount = down.amount == down.position ? type(uint256).max : down.amount;
        try IPoolCalls(address(this)).pull{gas: AllocatorBook.STIPEND}(pool, amount) returns (
            uint256 staked,
            uint256 unstaked
        ) {
            uint256 shown = staked.saturatingAdd(unstaked).min(down.position + down.unbonding);
            down.newUnbonding = unstaked.min(down.unbonding + down.amount).min(shown);
            down.newPosition = shown - down.newUnbonding;
            down.moved = down.newUnbonding.saturatingSub(down.unbonding);
            return true;
        } catch {
            return false;
        }
    }

    /// @dev Notes what must arrive; the time runs from the next reading. What is waited for already keeps its time.
    function _expect(IAllocator.Record storage record, Down memory down) private {
        if (down.moved == 0 || record.dueAmount != 0) return;
        record.dueAmount = uint96(down.newUnbonding);
        record.dueAt = 0;
    }

    /// @dev Charges what really moved to the classes in order.
    function _charge(AllocatorBook.State storage self, uint256 id, uint256[3] memory charged, uint256 moved) private {
        uint256 rest = moved;
        for (uint256 class; class < 3; ++class) {
            charged[class] = charged[class].min(rest);
            rest -= charged[class];
        }
        if (charged[0] != 0) self.class0Used += charged[0].toUint96();
        if (charged[1] != 0) {
            IAllocator.Record storage record = self.records[id];
            uint256 taken = record.class1Round == self.snapshot.round ? record.class1Taken : 0;
            record.class1Taken = (taken + charged[1]).toUint96();
            record.class1Round = self.snapshot.round;
        }
        if (charged[2] != 0) self.class2Used[self.snapshot.round] += charged[2];
    }

    /// @dev Below the smallest move, unless it lands on the target or on zero, or is all that exits may take from this
    /// operator: a need of many small parts is funded, too.
    function _isDust(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        Down memory down
    ) private view returns (bool) {
        uint256 left = down.position - down.amount;
        if (left == 0 || left == down.target || down.whole) return false;
        return down.amount < _minMove(self, now_, down.position);
    }

    /// @dev The classes of a leg: 0, then 1, then 2, each on the position that the ones before it leave.
    function _derive(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        IOperatorRegistry.Operator memory operator,
        IAllocator.Snapshot memory snapshot,
        uint256 id,
        uint256 amount
    ) private view returns (Down memory down) {
        IAllocator.Position storage held = self.positions[id];
        down.position = held.position;
        down.unbonding = held.unbonding;
        down.target = self.targetOf(snapshot);

        uint256 left = down.position;
        down.charged[0] = _room0(self, now_, operator, snapshot, left, down.target).min(amount);
        left -= down.charged[0];
        uint256 room1 = _room1(self, now_, id, left, down.target, down.charged[0]);
        down.charged[1] = room1.min(amount - down.charged[0]);
        bool matters = room1 >= SMALLEST_STAKE || room1 == now_.need.saturatingSub(down.charged[0]);
        down.whole = room1 != 0 && matters && down.charged[1] == room1;
        left -= down.charged[1];
        if (self.snapshot.certified) {
            uint256 room = _room2(self, left, down.target);
            down.charged[2] = room.min(amount - down.charged[0] - down.charged[1]);
        }
        down.amount = down.charged[0] + down.charged[1] + down.charged[2];
    }

    /// @dev Violations: everything of who may hold nothing; else what exceeds the own cap, else the groups' caps, by grace.
    function _room0(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        IOperatorRegistry.Operator memory operator,
        IAllocator.Snapshot memory snapshot,
        uint256 position,
        uint256 target
    ) private view returns (uint256 room) {
        if (!AllocatorBook.mayHold(operator)) {
            room = position;
        } else {
            uint256 grace = AllocatorBook.BPS + self.parameters.graceBps;
            uint256 cap = _violationCap(self, now_, operator, snapshot);
            if (position > cap.mulDiv(grace, AllocatorBook.BPS)) room = position - cap;
            else room = _groupExcess(self, now_, snapshot.groups, grace).min(position.saturatingSub(target));
        }

        uint256 budget = (uint256(self.snapshot.total) * self.parameters.budget0Bps) / AllocatorBook.BPS;
        return room.min(budget.saturatingSub(self.class0Used));
    }

    /// @dev The cap with the larger of both T and N; the absolute cap as it is now if that is lower. On watch the snapshot's
    /// cap is at most the position of then, which cannot have grown since: no violation by itself.
    function _violationCap(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        IOperatorRegistry.Operator memory operator,
        IAllocator.Snapshot memory snapshot
    ) private view returns (uint256) {
        (uint256 total, uint256 network) = _bounds(self, now_, true);
        uint256 cap = AllocatorBook.shareCap(
            total,
            network,
            snapshot.others,
            now_.policy.poolShareBps,
            now_.policy.netShareBps
        );
        return cap.min(operator.absoluteCap).min(snapshot.fixedCap);
    }

    /// @dev The largest excess over a group's cap and grace; the pool itself is exempt.
    function _groupExcess(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        uint40 groups,
        uint256 grace
    ) private view returns (uint256 excess) {
        for (uint256 k = 1; k <= AllocatorBook.DIMENSIONS; ++k) {
            uint256 group = AllocatorBook.groupAt(groups, k);
            if (group == 0) continue;
            uint256 cap = _groupCap(self, now_, group, true);
            if (cap == AllocatorBook.NO_CAP) continue;
            uint256 most = cap.mulDiv(grace, AllocatorBook.BPS);
            excess = excess.max(uint256(self.groups[group].position).saturatingSub(most));
        }
    }

    /// @dev Money for exits: down to the target once that is certified, else at most four times the fair part of the need. What
    /// the same leg moves as a violation is `coming` already.
    function _room1(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        uint256 id,
        uint256 position,
        uint256 target,
        uint256 coming
    ) private view returns (uint256 room) {
        IAllocator.Record storage record = self.records[id];
        IAllocator.PoolSnapshot storage snapshot = self.snapshot;
        if (snapshot.healthy != 0) {
            uint256 part = (CLASS1_MULTIPLE * uint256(snapshot.need)).mulDiv(
                record.base,
                snapshot.healthy,
                Math.Rounding.Ceil
            );
            room = part.saturatingSub(record.class1Round == snapshot.round ? record.class1Taken : 0);
        }
        if (snapshot.certified) room = room.max(position.saturatingSub(target));
        return room.min(position).min(now_.need.saturatingSub(coming));
    }

    /// @dev Optimisation: what exceeds the target by more than the band, within the budget of one unbonding time.
    function _room2(AllocatorBook.State storage self, uint256 position, uint256 target) private view returns (uint256) {
        if (position <= target.mulDiv(AllocatorBook.BPS + self.parameters.bandBps, AllocatorBook.BPS)) return 0;

        (, uint256 used) = self.budgetsUsed();
        uint256 budget = (uint256(self.snapshot.total) * self.parameters.budget2Bps) / AllocatorBook.BPS;
        return (position - target).min(budget.saturatingSub(used));
    }

    /* VIEWS */

    /// @dev What legs sent now would find at the operators from `from` on.
    function roomsOf(
        AllocatorBook.State storage self,
        uint256 from,
        uint256 limit
    ) public view returns (IAllocator.Rooms[] memory rooms) {
        uint256 first = from.max(1);
        uint256 count = (self.registry.operatorCount() + 1).saturatingSub(first).min(limit);
        AllocatorBook.Live memory now_ = _live(self);
        rooms = new IAllocator.Rooms[](count);
        for (uint256 i; i < count; ++i) {
            // Less would make a bond that needs it read as none.
            require(
                gasleft() >= AllocatorBook.GAS_PER_OPERATOR,
                IAllocator.TooLittleGas(gasleft(), AllocatorBook.GAS_PER_OPERATOR)
            );
            rooms[i] = _roomsOf(self, now_, first + i);
        }
    }

    function _roomsOf(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        uint256 id
    ) private view returns (IAllocator.Rooms memory rooms) {
        IOperatorRegistry.Operator memory operator = self.registry.operator(id);
        IAllocator.Snapshot memory snapshot = self.snapshots[id];
        IAllocator.Position storage held = self.positions[id];
        rooms.target = self.targetOf(snapshot);
        rooms.cap = self.capOf(snapshot);
        (rooms.increaseCap, rooms.bond) = _increaseCap(self, now_, operator, snapshot, held);
        rooms.violationCap = AllocatorBook.mayHold(operator) ? _violationCap(self, now_, operator, snapshot) : 0;
        if (self.round != 0 || self.snapshot.round == 0 || held.faulted) return rooms;

        rooms.up = _roomUp(self, now_, snapshot.groups, held.position, rooms.target.min(rooms.increaseCap));
        rooms.upIsDust = _isDustUp(self, now_, rooms.up, held.position, rooms.target);
        Down memory down = _derive(self, now_, operator, snapshot, id, type(uint256).max);
        rooms.down = down.charged;
        rooms.downIsDust = _isDust(self, now_, down);
    }

    /// @dev The caps that legs sent now would hold the groups from `from` on to.
    function groupCapsOf(
        AllocatorBook.State storage self,
        uint256 from,
        uint256 limit
    ) public view returns (IAllocator.GroupCaps[] memory caps) {
        uint256 count = (self.registry.groupCount() + 1).saturatingSub(from).min(limit);
        AllocatorBook.Live memory now_ = _live(self);
        caps = new IAllocator.GroupCaps[](count);
        for (uint256 i; i < count; ++i) {
            caps[i] =
                from + i == AllocatorBook.POOL_GROUP
                    ? IAllocator.GroupCaps(now_.total.min(self.snapshot.total), AllocatorBook.NO_CAP)
                    : IAllocator.GroupCaps(
                        _groupCap(self, now_, from + i, false),
                        _groupCap(self, now_, from + i, true)
                    );
        }
    }

    /* BOTH */

    /// @dev The pool at this moment, with room for the groups' caps.
    function _live(AllocatorBook.State storage self) private view returns (AllocatorBook.Live memory now_) {
        now_ = self.live();
        uint256 groups = self.registry.groupCount() + 1;
        now_.increaseCaps = new uint256[](groups);
        now_.violationCaps = new uint256[](groups);
    }

    /// @dev T' and N: the larger of the snapshot's and the live ones, or the smaller. An N that cannot be read lets nothing
    /// rise and makes nothing a violation.
    function _bounds(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        bool larger
    ) private view returns (uint256 total, uint256 network) {
        IAllocator.PoolSnapshot storage snapshot = self.snapshot;
        uint256 then_ = uint256(snapshot.total) + snapshot.faultedStake;
        total = now_.total + now_.faultedStake;
        network = now_.networkStake;
        if (!larger) return (total.min(then_), network.min(snapshot.networkStake));

        bool unknown = network == 0 || snapshot.networkStake == 0;
        return (total.max(then_), unknown ? AllocatorBook.NO_CAP : network.max(snapshot.networkStake));
    }

    /// @dev A group's cap by the smaller or the larger T' and N, which stay as they are during a call.
    function _groupCap(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        uint256 group,
        bool larger
    ) private view returns (uint256 cap) {
        uint256[] memory known = larger ? now_.violationCaps : now_.increaseCaps;
        if (known[group] != 0) return known[group] - 1;

        (uint256 total, uint256 network) = _bounds(self, now_, larger);
        IAllocator.GroupSnapshot storage sums = self.groups[group];
        cap = AllocatorBook.groupCap(self.registry.group(group), total, network, sums.others, sums.faulted);
        if (!larger) cap = cap.min(sums.cap); // what grows is held to the snapshot's cap, too
        known[group] = cap + 1;
    }

    /// @dev min(1 bp of T, 2 % of `size`), but not below the parameter.
    function _minMove(
        AllocatorBook.State storage self,
        AllocatorBook.Live memory now_,
        uint256 size
    ) private view returns (uint256) {
        uint256 ofTotal = (now_.total * MIN_MOVE_TOTAL_BPS) / AllocatorBook.BPS;
        uint256 ofOperator = (size * MIN_MOVE_OPERATOR_BPS) / AllocatorBook.BPS;
        return ofTotal.min(ofOperator).max(self.parameters.minMove);
    }
}
