// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IPoolCalls} from "../interfaces/IPoolCalls.sol";
import {AllocatorBook} from "./AllocatorBook.sol";

/// @title LegRooms: how far the rules let an operator's position move now, and why (design §7).
/// @notice Only derives; Legs moves. What does not change during a call is read once.
/// @dev The views are linked, so that Allocator stays small.
library LegRooms {
    using AllocatorBook for AllocatorBook.Bounds;
    using AllocatorBook for AllocatorBook.State;
    using Math for uint256;
    using SafeCast for uint256;

    uint256 private constant CLASS1_MULTIPLE = 4; // an operator's part of a need, over its fair part
    uint256 private constant SMALLEST_STAKE = AllocatorBook.SMALLEST_STAKE;
    uint256 private constant MIN_MOVE_TOTAL_BPS = 1;
    uint256 private constant MIN_MOVE_OPERATOR_BPS = 200;

    /// @dev What legs are judged by.
    struct Scope {
        AllocatorBook.Live now_; // free and need change with the legs
        IAllocator.PoolSnapshot snapshot;
        IAllocator.Parameters parameters;
        AllocatorBook.Bounds recorded; // T' and N of the snapshot, with the policy of then
        AllocatorBook.Bounds smaller; // the smaller of the snapshot's and the live ones
        AllocatorBook.Bounds larger; // the larger
        uint256 operators;
        uint256 groupsRead;
        uint256[] levels; // of groups, plus one; 0 until they are read
        uint256[] positions;
        uint256[] increaseCaps;
        uint256[] violationCaps;
        uint256 used2; // of the budget of class 2, once it is known; the type's maximum while scores are old
        bool knowsUsed2;
    }

    /// @dev An operator, as it stands.
    struct Place {
        uint256 id;
        address pool;
        bool mayHold; // stake at all; on watch it may, but no more than it has
        bool isWatched;
        uint256 absoluteCap;
        IAllocator.Snapshot snapshot;
        IAllocator.Position held;
        uint256 target;
    }

    /// @dev What a downward leg may take.
    struct Down {
        uint256[3] charged; // classes 0, 1, 2
        uint256 amount; // their sum
        bool whole; // class 1 takes all that it may from this operator
    }

    /* SCOPE */

    function load(AllocatorBook.State storage self) internal view returns (Scope memory scope) {
        scope.now_ = self.live();
        scope.snapshot = self.snapshot;
        scope.parameters = self.parameters;
        scope.recorded = self.recordedBounds();
        (scope.smaller, scope.larger) = _bounds(scope.now_, scope.snapshot);
        scope.operators = self.registry.operatorCount();
        uint256 groups = self.registry.groupCount() + 1;
        scope.levels = new uint256[](groups);
        scope.positions = new uint256[](groups);
        scope.increaseCaps = new uint256[](groups);
        scope.violationCaps = new uint256[](groups);
    }

    /// @dev T' and N: the smaller of the snapshot's and the live ones, and the larger. An N that cannot be read lets nothing
    /// rise and makes nothing a violation.
    function _bounds(
        AllocatorBook.Live memory now_,
        IAllocator.PoolSnapshot memory then_
    ) private pure returns (AllocatorBook.Bounds memory smaller, AllocatorBook.Bounds memory larger) {
        (uint256 poolShare, uint256 netShare) = (now_.policy.poolShareBps, now_.policy.netShareBps);
        uint256 total = now_.total + now_.faultedStake;
        uint256 totalThen = uint256(then_.total) + then_.faultedStake;
        uint256 network = now_.networkStake;
        smaller = AllocatorBook.bounds(total.min(totalThen), network.min(then_.networkStake), poolShare, netShare);

        bool unknown = network == 0 || then_.networkStake == 0;
        network = unknown ? AllocatorBook.NO_CAP : network.max(then_.networkStake);
        larger = AllocatorBook.bounds(total.max(totalThen), network, poolShare, netShare);
    }

    /// @dev Fills `place`, which one call uses for all of its legs.
    function read(
        AllocatorBook.State storage self,
        Scope memory scope,
        Place memory place,
        uint256 id,
        IAllocator.Position memory held
    ) internal view {
        place.id = id;
        (place.pool, place.mayHold, place.isWatched, place.absoluteCap) = self.registry.standing(id);
        place.snapshot = self.snapshots[id];
        place.held = held;
        place.target = _target(self, scope, place.snapshot);
    }

    /// @dev Notes that an operator's position moved, in the sums of its groups.
    function moveGroups(
        AllocatorBook.State storage self,
        Scope memory scope,
        uint256 groups,
        uint256 oldPosition,
        uint256 newPosition
    ) internal view {
        _moveGroup(self, scope, AllocatorBook.POOL_GROUP, oldPosition, newPosition);
        for (; groups != 0; groups >>= 8) {
            uint256 group = groups & 0xff;
            if (group != 0) _moveGroup(self, scope, group, oldPosition, newPosition);
        }
    }

    function _moveGroup(
        AllocatorBook.State storage self,
        Scope memory scope,
        uint256 group,
        uint256 oldPosition,
        uint256 newPosition
    ) private view {
        uint256 sum = _position(self, scope, group) + newPosition;
        scope.positions[group] = sum > oldPosition ? sum - oldPosition + 1 : 1;
    }

    /// @dev What an operator's groups may be lifted to is read again.
    function forgetCaps(Scope memory scope, uint256 groups) internal pure {
        for (; groups != 0; groups >>= 8) scope.increaseCaps[groups & 0xff] = 0;
    }

    /// @dev Writes the groups' positions that legs have moved.
    function storeGroups(AllocatorBook.State storage self, Scope memory scope) internal {
        for (uint256 group; scope.groupsRead != 0; ++group) {
            uint256 known = scope.positions[group];
            if (known == 0) continue;
            --scope.groupsRead;
            self.groups[group].position = (known - 1).toUint96();
        }
    }

    /// @dev A group's position, as the legs so far have left it.
    function _position(
        AllocatorBook.State storage self,
        Scope memory scope,
        uint256 group
    ) private view returns (uint256) {
        uint256 known = scope.positions[group];
        if (known != 0) return known - 1;

        uint256 position = self.groups[group].position;
        ++scope.groupsRead;
        scope.positions[group] = position + 1;
        return position;
    }

    /// @dev t_i at the snapshot. A dimension without a group reads the pool's own level again.
    function _target(
        AllocatorBook.State storage self,
        Scope memory scope,
        IAllocator.Snapshot memory snapshot
    ) private view returns (uint256) {
        uint256[] memory levels = scope.levels;
        uint256 level = _level(self, levels, AllocatorBook.POOL_GROUP);
        for (uint256 groups = snapshot.groups; groups != 0; groups >>= 8) {
            uint256 ofGroup = _level(self, levels, groups & 0xff);
            if (ofGroup < level) level = ofGroup;
        }
        return AllocatorBook.target(scope.recorded.capOf(snapshot), snapshot.weight, level);
    }

    function _level(
        AllocatorBook.State storage self,
        uint256[] memory levels,
        uint256 group
    ) private view returns (uint256 level) {
        uint256 known = levels[group];
        if (known != 0) return known - 1;

        level = self.groups[group].level;
        levels[group] = level + 1;
    }

    /// @dev A group's cap by the larger or the smaller T' and N.
    function _groupCap(
        AllocatorBook.State storage self,
        Scope memory scope,
        uint256 group,
        bool larger
    ) private view returns (uint256 cap) {
        uint256[] memory known = larger ? scope.violationCaps : scope.increaseCaps;
        if (known[group] != 0) return known[group] - 1;

        AllocatorBook.Bounds memory bounds = larger ? scope.larger : scope.smaller;
        IAllocator.GroupSnapshot storage sums = self.groups[group];
        cap = AllocatorBook.groupCap(
            self.registry.group(group),
            bounds.total,
            bounds.network,
            sums.others,
            sums.faulted
        );
        // What grows is held to the snapshot's cap, too, and leaves room for what was on its way back then.
        if (!larger) cap = cap.min(sums.cap);
        if (!larger && cap != AllocatorBook.NO_CAP) cap = cap.saturatingSub(sums.unbonding);
        known[group] = cap + 1;
    }

    /// @dev min(1 bp of T, 2 % of `size`), but not below the parameter.
    function _minMove(Scope memory scope, uint256 size) private pure returns (uint256) {
        uint256 ofTotal = (scope.now_.total * MIN_MOVE_TOTAL_BPS) / AllocatorBook.BPS;
        uint256 ofOperator = (size * MIN_MOVE_OPERATOR_BPS) / AllocatorBook.BPS;
        return ofTotal.min(ofOperator).max(scope.parameters.minMove);
    }

    /* UP */

    /// @dev What an operator can still take, as its target and caps, its groups' caps, the pool's T and the free buffer allow.
    function roomUp(
        AllocatorBook.State storage self,
        Scope memory scope,
        Place memory place,
        uint256 cap
    ) internal view returns (uint256 room) {
        uint256 pool = scope.now_.total.min(scope.snapshot.total);
        uint256 unbonding = place.held.unbonding;
        if (unbonding != 0) cap = cap.min(scope.recorded.capOf(place.snapshot).saturatingSub(unbonding));
        room = place.target.min(cap).saturatingSub(place.held.position + _lossOf(self, place.id)).min(
            scope.now_.free.min(pool.saturatingSub(_position(self, scope, AllocatorBook.POOL_GROUP)))
        );
        for (uint256 groups = place.snapshot.groups; groups != 0 && room != 0; groups >>= 8) {
            uint256 group = groups & 0xff;
            if (group == 0) continue;
            uint256 groupCap = _groupCap(self, scope, group, false);
            if (groupCap == AllocatorBook.NO_CAP) continue;
            room = room.min(groupCap.saturatingSub(_position(self, scope, group)));
        }
    }

    /// @dev What the operator lost since the last reading, rounding aside. Nobody makes up for it before a reading has seen it
    /// and watches: who loses what legs bring would be filled again and again.
    function _lossOf(AllocatorBook.State storage self, uint256 id) private view returns (uint256 loss) {
        IAllocator.Record storage record = self.records[id];
        if (record.hasMore) loss = record.lossSince;
        if (loss <= AllocatorBook.SMALLEST_LOSS) loss = 0;
    }

    /// @dev The cap for increases: the smaller of both T and N, and the state, bond and absolute cap of this moment. What is on
    /// its way back can still be lost, or not come at all: it counts.
    function increaseCap(Scope memory scope, Place memory place) internal view returns (uint256 cap, uint256 bond) {
        if (!place.mayHold || place.held.faulted) return (0, 0);

        bond = _bond(scope.now_, place.pool);
        cap = scope.smaller.shareCapOf(place.snapshot.others).min(place.absoluteCap);
        uint256 ratio = scope.now_.policy.bondRatio;
        if (ratio != 0) cap = cap.min(bond.saturatingMul(ratio).saturatingSub(place.snapshot.others));
        cap = cap.saturatingSub(place.held.unbonding);
        if (place.isWatched) cap = cap.min(place.held.position);
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
    function isDustUp(Scope memory scope, Place memory place, uint256 moved) internal pure returns (bool) {
        if (moved < SMALLEST_STAKE) return true;
        return moved < _minMove(scope, place.target) && place.held.position + moved != place.target;
    }

    /* DOWN */

    /// @dev The classes of a leg: 0, then 1, then 2, each on the position that the ones before it leave.
    function down(
        AllocatorBook.State storage self,
        Scope memory scope,
        Place memory place,
        uint256 amount
    ) internal view returns (Down memory leg) {
        uint256 left = place.held.position;
        leg.charged[0] = _room0(self, scope, place).min(amount);
        left -= leg.charged[0];
        uint256 need = scope.now_.need.saturatingSub(leg.charged[0]); // what the same leg moves as a violation is coming
        uint256 room1 = _room1(self, scope, place, left).min(need);
        leg.charged[1] = room1.min(amount - leg.charged[0]);
        bool matters = room1 >= SMALLEST_STAKE || room1 == need;
        leg.whole = room1 != 0 && matters && leg.charged[1] == room1;
        left -= leg.charged[1];
        if (scope.snapshot.certified) {
            leg.charged[2] = _room2(self, scope, left, place.target).min(amount - leg.charged[0] - leg.charged[1]);
        }
        leg.amount = leg.charged[0] + leg.charged[1] + leg.charged[2];
    }

    /// @dev Below the smallest move, unless it lands on the target or on zero, or is all that exits may take from this
    /// operator: a need of many small parts is funded, too.
    function isDustDown(Scope memory scope, Place memory place, Down memory leg) internal pure returns (bool) {
        uint256 left = place.held.position - leg.amount;
        if (left == 0 || left == place.target || leg.whole) return false;
        return leg.amount < _minMove(scope, place.held.position);
    }

    /// @dev Violations: everything of who may hold nothing; else what exceeds the own cap, else the groups' caps, by grace.
    function _room0(
        AllocatorBook.State storage self,
        Scope memory scope,
        Place memory place
    ) private view returns (uint256 room) {
        uint256 position = place.held.position;
        if (!place.mayHold) {
            room = position;
        } else {
            uint256 grace = AllocatorBook.BPS + scope.parameters.graceBps;
            uint256 cap = violationCap(scope, place);
            if (position > ((cap * grace) / AllocatorBook.BPS)) room = position - cap;
            else room = _groupExcess(self, scope, place, grace).min(position.saturatingSub(place.target));
        }
        if (room == 0) return 0;

        uint256 budget = (uint256(scope.snapshot.total) * scope.parameters.budget0Bps) / AllocatorBook.BPS;
        return room.min(budget.saturatingSub(self.class0Used));
    }

    /// @dev The cap with the larger of both T and N; the absolute cap as it is now if that is lower. On watch the snapshot's
    /// cap is at most the position of then, which cannot have grown since: no violation by itself.
    function violationCap(Scope memory scope, Place memory place) internal pure returns (uint256) {
        uint256 cap = scope.larger.shareCapOf(place.snapshot.others);
        return cap.min(place.absoluteCap).min(place.snapshot.fixedCap);
    }

    /// @dev The largest excess over a group's cap and grace; the pool itself is exempt.
    function _groupExcess(
        AllocatorBook.State storage self,
        Scope memory scope,
        Place memory place,
        uint256 grace
    ) private view returns (uint256 excess) {
        for (uint256 groups = place.snapshot.groups; groups != 0; groups >>= 8) {
            uint256 group = groups & 0xff;
            if (group == 0) continue;
            uint256 cap = _groupCap(self, scope, group, true);
            if (cap == AllocatorBook.NO_CAP) continue;
            uint256 most = (cap * grace) / AllocatorBook.BPS;
            excess = excess.max(_position(self, scope, group).saturatingSub(most));
        }
    }

    /// @dev Money for exits: down to the target once that is certified, else at most four times the fair part of the need,
    /// and at least the smallest stake: a need of few gwei is funded, too.
    function _room1(
        AllocatorBook.State storage self,
        Scope memory scope,
        Place memory place,
        uint256 position
    ) private view returns (uint256 room) {
        if (scope.now_.need == 0) return 0;
        IAllocator.PoolSnapshot memory snapshot = scope.snapshot;
        if (snapshot.healthy != 0) {
            IAllocator.Record storage record = self.records[place.id];
            uint256 part = (CLASS1_MULTIPLE * uint256(snapshot.need) * record.base).ceilDiv(snapshot.healthy);
            if (part != 0) part = part.max(SMALLEST_STAKE);
            room = part.saturatingSub(record.class1Round == snapshot.round ? record.class1Taken : 0);
        }
        if (snapshot.certified) room = room.max(position.saturatingSub(place.target));
        return room.min(position);
    }

    /// @dev Optimisation: what exceeds the target by more than the band, within the budget of one unbonding time; nothing
    /// while scores are old.
    function _room2(
        AllocatorBook.State storage self,
        Scope memory scope,
        uint256 position,
        uint256 target
    ) private view returns (uint256) {
        if (position <= (target * (AllocatorBook.BPS + scope.parameters.bandBps)) / AllocatorBook.BPS) return 0;

        if (!scope.knowsUsed2) {
            scope.used2 = self.areScoresOld() ? type(uint256).max : self.class2InWindow();
            scope.knowsUsed2 = true;
        }
        uint256 used = scope.used2;
        uint256 budget = (uint256(scope.snapshot.total) * scope.parameters.budget2Bps) / AllocatorBook.BPS;
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
        Scope memory scope = load(self);
        uint256 count = (scope.operators + 1).saturatingSub(first).min(limit);
        rooms = new IAllocator.Rooms[](count);
        Place memory place;
        for (uint256 i; i < count; ++i) {
            // Less would make a bond that needs it read as none.
            require(
                gasleft() >= AllocatorBook.GAS_PER_OPERATOR,
                IAllocator.TooLittleGas(gasleft(), AllocatorBook.GAS_PER_OPERATOR)
            );
            read(self, scope, place, first + i, self.positions[first + i]);
            rooms[i] = _roomsOf(self, scope, place);
        }
    }

    function _roomsOf(
        AllocatorBook.State storage self,
        Scope memory scope,
        Place memory place
    ) private view returns (IAllocator.Rooms memory rooms) {
        rooms.target = place.target;
        rooms.cap = scope.recorded.capOf(place.snapshot);
        (rooms.increaseCap, rooms.bond) = increaseCap(scope, place);
        rooms.violationCap = place.mayHold ? violationCap(scope, place) : 0;
        if (self.round != 0 || scope.snapshot.round == 0 || place.held.faulted) return rooms;

        rooms.up = roomUp(self, scope, place, rooms.increaseCap);
        rooms.upIsDust = isDustUp(scope, place, rooms.up);
        Down memory leg = down(self, scope, place, type(uint256).max);
        rooms.down = leg.charged;
        rooms.downIsDust = isDustDown(scope, place, leg);
    }

    /// @dev The caps that legs sent now would hold the groups from `from` on to.
    function groupCapsOf(
        AllocatorBook.State storage self,
        uint256 from,
        uint256 limit
    ) public view returns (IAllocator.GroupCaps[] memory caps) {
        Scope memory scope = load(self);
        uint256 count = scope.levels.length.saturatingSub(from).min(limit);
        caps = new IAllocator.GroupCaps[](count);
        for (uint256 i; i < count; ++i) {
            uint256 group = from + i;
            caps[i] =
                group == AllocatorBook.POOL_GROUP
                    ? IAllocator.GroupCaps(scope.now_.total.min(scope.snapshot.total), AllocatorBook.NO_CAP)
                    : IAllocator.GroupCaps(_groupCap(self, scope, group, false), _groupCap(self, scope, group, true));
        }
    }
}
