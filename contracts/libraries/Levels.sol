// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {AllocatorBook} from "./AllocatorBook.sol";

/// @title Levels: checking that a sheet is the fair allocation (design §7, research/allocation.md §5.1 theorem 1).
/// @notice With t_i = min(c_i, ⌊w_i · lowest level of i's groups / 1e18⌋), a sheet is accepted if
///     (F) no group's sum of t_i exceeds its cap, the pool's being T, and
///     (T) every group with a level is within as many wei of its cap as it has members.
/// Only the weighted max–min fair allocation passes both, but for the slack of (T): nobody needs to trust who wrote the sheet.
/// @dev Linked, so that Allocator stays small.
library Levels {
    using AllocatorBook for AllocatorBook.Bounds;
    using AllocatorBook for AllocatorBook.State;
    using Math for uint256;

    uint256 private constant NONE = type(uint256).max;
    uint32 private constant REJECTED = type(uint32).max;
    uint256 private constant GAS_PER_OPERATOR = 40_000;
    uint256 private constant GAS_PER_GROUP = 35_000;

    /// @dev Of every group, the pool first.
    struct Sheet {
        AllocatorBook.Bounds bounds; // of operators' caps
        uint256[] levels;
        uint256[] caps;
        uint256[] sums;
    }

    /// @dev Checks a page of the snapshot against `levels`. @return certified whether the sheet has passed.
    function certify(
        AllocatorBook.State storage self,
        IAllocator.Level[] calldata levels,
        uint256 maxOperators
    ) public returns (bool certified) {
        IAllocator.PoolSnapshot storage snapshot = self.snapshot;
        if (self.round != 0 || snapshot.round == 0) return false;
        if (snapshot.certified) return true;
        if (_isBlind(self)) return false;

        bytes32 key = keccak256(abi.encode(snapshot.round, levels));
        AllocatorBook.Certification storage progress = self.certifications[key];
        uint256 cursor = progress.cursor;
        if (cursor == REJECTED) return false;

        Sheet memory sheet = _load(self, levels, self.registry.groupCount() + 1);
        if (cursor != 0) _loadSums(progress, sheet.sums);
        uint256 last = self.operators;
        uint256 full;
        (cursor, full) = _addPage(self, sheet, cursor, Math.min(last, cursor.saturatingAdd(maxOperators)));

        if (full == NONE && cursor < last) {
            progress.cursor = uint32(cursor);
            _storeSums(progress, sheet.sums);
            emit IAllocator.LevelsProgress(snapshot.round, key, cursor);
            return false;
        }
        if (full == NONE) full = _slackGroup(self, sheet);
        if (full != NONE) {
            progress.cursor = REJECTED;
            emit IAllocator.LevelsRejected(snapshot.round, key, full, sheet.sums[full], sheet.caps[full]);
            return false;
        }

        for (uint256 group; group < sheet.levels.length; ++group) {
            self.groups[group].level = uint160(sheet.levels[group]);
        }
        snapshot.certified = true;
        emit IAllocator.LevelsCertified(snapshot.round, key, levels);
        return true;
    }

    /// @dev Without N every cap reads as 0, which must not send stake home.
    function _isBlind(AllocatorBook.State storage self) private view returns (bool) {
        return
            self.snapshot.networkStake == 0 && self.netShareBps != AllocatorBook.NO_SHARE && self.snapshot.healthy != 0;
    }

    /// @dev Adds the operators after `cursor` up to `end`. @return the last one added, and the group whose cap that
    /// exceeded, or NONE.
    function _addPage(
        AllocatorBook.State storage self,
        Sheet memory sheet,
        uint256 cursor,
        uint256 end
    ) private view returns (uint256, uint256 full) {
        uint256 needed = GAS_PER_GROUP * (sheet.levels.length + 4) + GAS_PER_OPERATOR;
        uint256 id = cursor;
        full = NONE;
        while (id < end && full == NONE && gasleft() >= needed) full = _add(self, sheet, ++id);

        require(id != cursor || end == cursor, IAllocator.TooLittleGas(gasleft(), needed));
        return (id, full);
    }

    /// @dev Reads caps and the sheet's levels; unnamed groups are unbounded.
    function _load(
        AllocatorBook.State storage self,
        IAllocator.Level[] calldata levels,
        uint256 groups
    ) private view returns (Sheet memory sheet) {
        sheet.bounds = self.recordedBounds();
        sheet.levels = new uint256[](groups);
        sheet.caps = new uint256[](groups);
        sheet.sums = new uint256[](groups);
        for (uint256 group; group < groups; ++group) {
            sheet.levels[group] = AllocatorBook.NO_LEVEL;
            // A group that was added after the snapshot has no member in it.
            IAllocator.GroupSnapshot storage held = self.groups[group];
            sheet.caps[group] = held.round == self.snapshot.round ? held.cap : AllocatorBook.NO_CAP;
        }

        uint256 next;
        for (uint256 i; i < levels.length; ++i) {
            uint256 group = levels[i].group;
            require(group >= next, IAllocator.SheetNotAscending(group));
            require(
                group < groups && sheet.caps[group] != AllocatorBook.NO_CAP && self.groups[group].weight != 0,
                IAllocator.GroupWithoutLevel(group)
            );
            sheet.levels[group] = levels[i].level;
            next = group + 1;
        }
    }

    /// @dev Adds t_i to the sums of i's groups. @return excess the first group whose cap that exceeds, or NONE.
    function _add(
        AllocatorBook.State storage self,
        Sheet memory sheet,
        uint256 id
    ) private view returns (uint256 excess) {
        IAllocator.Snapshot memory snapshot = self.snapshots[id];
        uint256 level = sheet.levels[AllocatorBook.POOL_GROUP];
        for (uint256 groups = snapshot.groups; groups != 0; groups >>= 8) {
            level = level.min(sheet.levels[groups & 0xff]);
        }
        uint256 target = AllocatorBook.target(sheet.bounds.capOf(snapshot), snapshot.weight, level);

        excess = _addToGroup(sheet, AllocatorBook.POOL_GROUP, target);
        for (uint256 groups = snapshot.groups; groups != 0; groups >>= 8) {
            if (groups & 0xff == 0) continue;
            uint256 full = _addToGroup(sheet, groups & 0xff, target);
            if (excess == NONE) excess = full;
        }
    }

    /// @dev @return excess the group if that exceeds its cap, or NONE.
    function _addToGroup(Sheet memory sheet, uint256 group, uint256 target) private pure returns (uint256 excess) {
        uint256 sum = sheet.sums[group] + target;
        sheet.sums[group] = sum;
        return sum > sheet.caps[group] ? group : NONE;
    }

    /// @dev The first group with a level that is not full, or NONE.
    function _slackGroup(AllocatorBook.State storage self, Sheet memory sheet) private view returns (uint256) {
        for (uint256 group; group < sheet.levels.length; ++group) {
            if (sheet.levels[group] == AllocatorBook.NO_LEVEL) continue;
            if (sheet.caps[group] - sheet.sums[group] > self.groups[group].members) return group;
        }
        return NONE;
    }

    function _loadSums(AllocatorBook.Certification storage progress, uint256[] memory sums) private view {
        for (uint256 pair; 2 * pair < sums.length; ++pair) {
            uint256 both = progress.sums[pair];
            sums[2 * pair] = uint128(both);
            if (2 * pair + 1 < sums.length) sums[2 * pair + 1] = both >> 128;
        }
    }

    /// @dev Two sums in a slot: a sum of fewer than 2^32 amounts below 2^96 fits 128 bits.
    function _storeSums(AllocatorBook.Certification storage progress, uint256[] memory sums) private {
        for (uint256 pair; 2 * pair < sums.length; ++pair) {
            uint256 high = 2 * pair + 1 < sums.length ? sums[2 * pair + 1] : 0;
            progress.sums[pair] = sums[2 * pair] | (high << 128);
        }
    }
}
