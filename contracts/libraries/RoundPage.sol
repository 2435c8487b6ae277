// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {AllocatorBook} from "./AllocatorBook.sol";

/// @title RoundPage: what a page of readings adds up, in memory until the page ends.
/// @notice Storage is written once per page and group, not once per operator.
library RoundPage {
    using AllocatorBook for AllocatorBook.State;
    using Math for uint256;
    using SafeCast for uint256;

    /// @dev Both slots of a group's sums for the first time.
    uint256 private constant GAS_PER_GROUP = 50_000;
    uint256 private constant MEMBER = 1 << 224;
    uint256 private constant WEIGHT = 1 << 192;

    struct Page {
        // Rules, read once.
        uint256 round;
        uint256 bondRatio;
        uint256 networkRoom; // of a pool that holds nobody else's stake
        uint256 epochLength;
        IAllocator.Parameters parameters;
        // Money, booked in one call.
        uint256 gain;
        uint256 loss;
        uint256 arrived;
        // Sums.
        uint256 gainSeconds;
        uint256 longestUnbonding;
        AllocatorBook.Totals totals;
        uint256[] stakes; // of each group: positions, others' stake << 96, members << 224; 0 for one without members here
        uint256[] rest; // of each group: faulted stake, healthy unbonding << 96, weight << 192
        uint256 groups; // that have members in this page
    }

    function open(AllocatorBook.State storage self) internal view returns (Page memory page) {
        page.round = self.round;
        page.bondRatio = self.registry.policy().bondRatio;
        page.networkRoom = AllocatorBook.shareDown(self.snapshot.networkStake, self.netShareBps);
        page.epochLength = self.epochLength;
        page.parameters = self.parameters;
        page.gainSeconds = self.gainSeconds;
        page.longestUnbonding = self.longestUnbonding;
        page.totals = self.loadTotals();
        uint256 groups = self.registry.groupCount() + 1;
        page.stakes = new uint256[](groups);
        page.rest = new uint256[](groups);
    }

    /// @dev Whether the gas left is enough for one more operator, `more` beyond that, and for what the page has to write.
    function hasGas(Page memory page, uint256 more) internal view returns (bool) {
        return gasleft() >= AllocatorBook.GAS_PER_OPERATOR + more + page.groups * GAS_PER_GROUP;
    }

    /// @dev Adds an operator to the sums of the pool and of its groups.
    function addToGroups(
        Page memory page,
        IAllocator.Position memory held,
        uint256 groups,
        uint256 others,
        uint256 weight
    ) internal pure {
        uint256 stakes = (others << 96) + MEMBER;
        uint256 rest = weight * WEIGHT;
        if (held.faulted) {
            rest += uint256(held.position) + held.unbonding;
        } else {
            stakes += held.position;
            rest += uint256(held.unbonding) << 96;
        }

        _addToGroup(page, AllocatorBook.POOL_GROUP, stakes, rest);
        for (; groups != 0; groups >>= 8) {
            if (groups & 0xff != 0) _addToGroup(page, groups & 0xff, stakes, rest);
        }
    }

    /// @dev Adds what an operator that was given up may come back with: its groups leave room for that, too.
    function addWaiting(Page memory page, uint256 groups, uint256 lost) internal pure {
        _addToGroup(page, AllocatorBook.POOL_GROUP, 0, lost << 96);
        for (; groups != 0; groups >>= 8) {
            if (groups & 0xff != 0) _addToGroup(page, groups & 0xff, 0, lost << 96);
        }
    }

    /// @dev Books the money so far: what was read before a write-down or a recovery belongs to the price before it.
    function book(Page memory page, AllocatorBook.State storage self) internal {
        (uint256 gain, uint256 loss, uint256 arrived) = (page.gain, page.loss, page.arrived);
        (page.gain, page.loss, page.arrived) = (0, 0, 0);
        self.roundGain += gain.toUint96();
        self.roundLoss += loss.toUint96();
        self.metaPool.report{value: arrived}(gain, loss);
    }

    function close(Page memory page, AllocatorBook.State storage self, uint256 cursor) internal {
        self.cursor = uint32(cursor);
        self.gainSeconds = page.gainSeconds;
        self.longestUnbonding = uint32(page.longestUnbonding);
        self.storeTotals(page.totals);
        for (uint256 group; page.groups != 0; ++group) {
            if (page.stakes[group] == 0) continue;
            --page.groups;
            _write(page, self.groups[group], page.stakes[group], page.rest[group]);
        }
        book(page, self);
    }

    function _addToGroup(Page memory page, uint256 group, uint256 stakes, uint256 rest) private pure {
        uint256 before = page.stakes[group];
        if (before == 0) ++page.groups;
        page.stakes[group] = before + stakes;
        page.rest[group] += rest;
    }

    function _write(Page memory page, IAllocator.GroupSnapshot storage held, uint256 stakes, uint256 rest) private {
        uint256 position = uint96(stakes);
        uint256 others = uint128(stakes >> 96);
        uint256 members = stakes >> 224;
        uint256 faulted = uint96(rest);
        uint256 unbonding = uint96(rest >> 96);
        uint256 weight = rest >> 192;
        if (held.round == page.round) {
            position += held.position;
            others += held.others;
            faulted += held.faulted;
            unbonding += held.unbonding;
            weight += held.weight;
            members += held.members;
        }
        (held.position, held.others) = (position.toUint96(), uint96(others.min(AllocatorBook.NO_CAP)));
        (held.members, held.round) = (uint32(members), uint32(page.round));
        (held.faulted, held.weight, held.unbonding) = (faulted.toUint96(), uint64(weight), unbonding.toUint96());
    }
}
