// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IPoolCalls} from "../interfaces/IPoolCalls.sol";
import {AllocatorBook} from "./AllocatorBook.sol";
import {LegRooms} from "./LegRooms.sol";

/// @title Legs: moving stake to and from operators, each move clipped to the room that the rules leave (design §7).
/// @notice Up: to the target, never above a cap as it is now. Down: class 0 for violations, class 1 for exits, class 2 to
/// optimise. Who sends the legs, and in which order, does not matter to where they can lead.
/// @dev Linked, so that Allocator stays small. Sums are kept in memory and written at the end.
library Legs {
    using AllocatorBook for AllocatorBook.State;
    using AllocatorBook for AllocatorBook.Totals;
    using Math for uint256;
    using LegRooms for AllocatorBook.State;
    using LegRooms for LegRooms.Scope;
    using SafeCast for uint256;

    /// @dev The frames of a leg, for the bond and for the move, and what must be left beside them.
    uint256 private constant GAS_PER_LEG = (2 * AllocatorBook.STIPEND * 64) / 63 + 500_000;
    uint256 private constant GAS_PER_GROUP = 25_000; // to write its sum
    uint256 private constant BPS = AllocatorBook.BPS;

    /// @dev What the legs of a call have to share.
    struct Batch {
        LegRooms.Scope scope;
        AllocatorBook.Totals totals;
        uint256 purse; // taken from the buffer for upward legs, and not yet sent to a pool
        uint256 losses;
    }

    function rebalance(
        AllocatorBook.State storage self,
        IAllocator.Leg[] calldata legs
    ) public returns (uint256[] memory moved) {
        moved = new uint256[](legs.length);
        if (self.round != 0 || self.snapshot.round == 0 || legs.length == 0) return moved;

        Batch memory batch;
        batch.scope = self.load();
        batch.totals = self.loadTotals();
        require(_hasGas(batch), IAllocator.TooLittleGas(gasleft(), GAS_PER_LEG));
        _fillPurse(self, batch, legs);
        LegRooms.Place memory place; // one for all
        for (uint256 i; i < legs.length && _hasGas(batch); ++i) moved[i] = _leg(self, batch, legs[i], place);

        self.storeTotals(batch.totals);
        self.storeGroups(batch.scope);
        if (batch.purse != 0 || batch.losses != 0) self.metaPool.report{value: batch.purse}(0, batch.losses);
    }

    /// @dev Whether the gas left is enough for one more leg, and for the sums that have to be written.
    function _hasGas(Batch memory batch) private view returns (bool) {
        return gasleft() >= GAS_PER_LEG + batch.scope.groupsRead * GAS_PER_GROUP;
    }

    /// @dev Takes what the upward legs ask for at once; what they do not use returns at the end. Nothing if the meta pool
    /// is in the middle of a payment.
    function _fillPurse(AllocatorBook.State storage self, Batch memory batch, IAllocator.Leg[] calldata legs) private {
        uint256 asked;
        for (uint256 i; i < legs.length; ++i) {
            if (legs[i].up) asked += legs[i].amount;
        }
        asked = asked.min(batch.scope.now_.free);
        if (asked == 0) return;
        try self.metaPool.fund(asked) {
            batch.purse = asked;
        } catch {}
    }

    function _leg(
        AllocatorBook.State storage self,
        Batch memory batch,
        IAllocator.Leg calldata leg,
        LegRooms.Place memory place
    ) private returns (uint256 moved) {
        uint256 id = leg.operator;
        if (id == 0 || id > batch.scope.operators) return _skip(leg, 0, IAllocator.SkipReason.UnknownOperator);
        IAllocator.Position memory held = self.positions[id];
        if (held.faulted) return _skip(leg, 0, IAllocator.SkipReason.Faulted);

        self.read(batch.scope, place, id, held);
        return leg.up ? _up(self, batch, leg, place) : _down(self, batch, leg, place);
    }

    function _skip(IAllocator.Leg calldata leg, uint256 room, IAllocator.SkipReason reason) private returns (uint256) {
        emit IAllocator.LegSkipped(leg.operator, leg.up, leg.amount, room, reason);
        return 0;
    }

    /* UP */

    function _up(
        AllocatorBook.State storage self,
        Batch memory batch,
        IAllocator.Leg calldata leg,
        LegRooms.Place memory place
    ) private returns (uint256 moved) {
        (uint256 cap, ) = batch.scope.increaseCap(place);
        uint256 room = self.roomUp(batch.scope, place, cap);
        moved = room.min(leg.amount);
        if (moved == 0) return _skip(leg, room, IAllocator.SkipReason.NoRoom);
        if (batch.scope.isDustUp(place, moved)) return _skip(leg, room, IAllocator.SkipReason.BelowMinMove);

        (bool success, uint256 shown) = _push(batch, place.pool, moved);
        if (!success) return _skip(leg, moved, IAllocator.SkipReason.PoolFailed);

        // The book follows what the pool says; what it does not show, staked or on its way, is a loss.
        batch.scope.now_.free -= moved;
        IAllocator.Position memory held = place.held;
        uint256 left = shown.min(uint256(held.position) + held.unbonding + moved);
        uint256 unbonding = uint256(held.unbonding).min(left);
        _book(self, batch, place, moved, left - unbonding, unbonding);
        uint256[3] memory charged;
        emit IAllocator.Moved(place.id, true, leg.amount, moved, held.position, held.unbonding, charged);
    }

    /// @dev Sends `amount` of the purse to the pool; on failure it is back in the purse.
    function _push(Batch memory batch, address pool, uint256 amount) private returns (bool success, uint256 shown) {
        if (amount > batch.purse) return (false, 0);
        try IPoolCalls(address(this)).push{gas: AllocatorBook.STIPEND}(pool, amount) returns (
            uint256 staked,
            uint256 unstaked
        ) {
            batch.purse -= amount;
            (success, shown) = (true, staked.saturatingAdd(unstaked));
        } catch {}
    }

    /* DOWN */

    function _down(
        AllocatorBook.State storage self,
        Batch memory batch,
        IAllocator.Leg calldata leg,
        LegRooms.Place memory place
    ) private returns (uint256 moved) {
        LegRooms.Down memory down = self.down(batch.scope, place, leg.amount);
        if (down.amount == 0) return _skip(leg, 0, IAllocator.SkipReason.NoRoom);
        if (batch.scope.isDustDown(place, down)) {
            return _skip(leg, down.amount, IAllocator.SkipReason.BelowMinMove);
        }

        IAllocator.Position memory held = place.held;
        (bool success, uint256 shown, uint256 unbonding) = _pull(place, down.amount);
        IAllocator.Record storage record = self.records[place.id];
        if (!success) {
            _noteRefusal(record, held.position, down.amount);
            return _skip(leg, down.amount, IAllocator.SkipReason.PoolFailed);
        }

        moved = unbonding.saturatingSub(held.unbonding);
        uint256 gone = uint256(held.position) + held.unbonding - shown;
        _noteRefusal(record, held.position, down.amount.saturatingSub(moved + gone));
        batch.scope.now_.need = batch.scope.now_.need.saturatingSub(moved);
        _book(self, batch, place, 0, shown - unbonding, unbonding);
        if (moved != down.amount) _clip(down.charged, moved);
        _charge(self, batch, record, down.charged);
        _expect(self, record, moved, unbonding);
        emit IAllocator.Moved(place.id, false, leg.amount, moved, held.position, held.unbonding, down.charged);
    }

    /// @dev Asks the pool for the leg; the book follows what it says then, but for stake that it makes of what was on its way.
    /// The whole position is asked for as more than the pool may show, so that nothing stays behind.
    function _pull(
        LegRooms.Place memory place,
        uint256 amount
    ) private returns (bool success, uint256 shown, uint256 unbonding) {
        IAllocator.Position memory held = place.held;
        uint256 asked = amount == held.position ? type(uint256).max : amount;
        try IPoolCalls(address(this)).pull{gas: AllocatorBook.STIPEND}(place.pool, asked) returns (
            uint256 staked,
            uint256 unstaked
        ) {
            unbonding = unstaked.min(held.unbonding + amount);
            shown = (staked.min(held.position) + unbonding).min(uint256(held.position) + held.unbonding);
            success = true;
        } catch {}
    }

    /// @dev Notes what must arrive; the time runs from the next reading. What is waited for already keeps its time. While
    /// a round is due, that reading may come before the pool can begin to unbond: the reading notes it, and the time runs
    /// from the one after.
    function _expect(
        AllocatorBook.State storage self,
        IAllocator.Record storage record,
        uint256 moved,
        uint256 unbonding
    ) private {
        if (moved == 0 || record.dueAmount != 0 || self.currentEpoch() > self.epoch) return;
        (record.dueAmount, record.dueAt) = (uint96(unbonding), 0);
    }

    /// @dev Notes what the pool did not unstake, though asked; the next reading asks again, and a pool that refuses then is
    /// faulted. Legs that are heeded change nothing of it: anyone can send small ones.
    function _noteRefusal(IAllocator.Record storage record, uint256 position, uint256 refused) private {
        if (refused <= AllocatorBook.SMALLEST_LOSS) return;
        uint256 bps = refused.mulDiv(BPS, position, Math.Rounding.Ceil);
        if (bps > record.refusedBps) record.refusedBps = uint16(bps);
    }

    /// @dev Leaves the classes, in order, what really moved.
    function _clip(uint256[3] memory charged, uint256 moved) private pure {
        uint256 rest = moved;
        for (uint256 class; class < 3; ++class) {
            charged[class] = charged[class].min(rest);
            rest -= charged[class];
        }
    }

    function _charge(
        AllocatorBook.State storage self,
        Batch memory batch,
        IAllocator.Record storage record,
        uint256[3] memory charged
    ) private {
        if (charged[0] != 0) self.class0Used += charged[0].toUint96();
        if (charged[1] != 0) {
            uint32 round = batch.scope.snapshot.round;
            uint256 taken = record.class1Round == round ? record.class1Taken : 0;
            (record.class1Taken, record.class1Round) = ((taken + charged[1]).toUint96(), round);
        }
        if (charged[2] != 0) {
            self.class2Used[batch.scope.snapshot.round] += charged[2];
            batch.scope.used2 += charged[2];
        }
    }

    /* BOTH */

    /// @dev Books what an operator holds after a leg that sent it `sent`; what is missing is a loss.
    function _book(
        AllocatorBook.State storage self,
        Batch memory batch,
        LegRooms.Place memory place,
        uint256 sent,
        uint256 position,
        uint256 unbonding
    ) private {
        IAllocator.Position memory held = place.held;
        uint256 oldPosition = held.position;
        uint256 loss = oldPosition + held.unbonding + sent - position - unbonding;
        batch.totals.move(held, position, unbonding);
        (held.position, held.unbonding) = (position.toUint96(), unbonding.toUint96());
        self.positions[place.id] = held;
        self.moveGroups(batch.scope, place.snapshot.groups, oldPosition, position);
        if (loss == 0) return;
        batch.losses += loss;
        self.noteLoss(place.id, loss);
        self.closeGroups(place.snapshot.groups, loss);
        batch.scope.forgetCaps(place.snapshot.groups);
    }
}
