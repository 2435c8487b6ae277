// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAllocator} from "../../../contracts/interfaces/IAllocator.sol";

/// @title The fair allocation, searched: what an honest keeper works out before it certifies a sheet.
/// @notice Raises one level over all groups until one is full, fixes that group's level, and goes on with the others.
library FairSheet {
    using Math for uint256;

    struct Problem {
        uint256[] caps; // of operators
        uint256[] weights;
        uint256[] groupCaps; // the pool first
        bool[][] isMember; // of operators, by group
        bool[] hasLevel; // whether a sheet may name the group
    }

    uint256 private constant WAD = 1e18;
    uint256 private constant NONE = type(uint256).max;

    function search(Problem memory p) internal pure returns (IAllocator.Level[] memory sheet) {
        uint256[] memory levels = new uint256[](p.groupCaps.length);
        uint256 count;
        for (uint256 g; g < levels.length; ++g) levels[g] = NONE;
        while (true) {
            (uint256 group, uint256 level) = _nextFull(p, levels);
            if (group == NONE) break;
            levels[group] = level;
            ++count;
        }
        sheet = new IAllocator.Level[](count);
        uint256 next;
        for (uint256 g; g < levels.length; ++g) {
            if (levels[g] != NONE) sheet[next++] = IAllocator.Level(uint8(g), uint160(levels[g]));
        }
    }

    /// @dev The group without a level that is full first, and its level.
    function _nextFull(Problem memory p, uint256[] memory levels) private pure returns (uint256 group, uint256 lowest) {
        (group, lowest) = (NONE, NONE);
        for (uint256 g; g < levels.length; ++g) {
            if (levels[g] != NONE || !p.hasLevel[g]) continue;
            uint256 level = _levelOf(p, levels, g);
            if (level < lowest) (group, lowest) = (g, level);
        }
    }

    /// @dev The level at which group `g` is full while all levels but the given ones rise; NONE if it never is.
    function _levelOf(Problem memory p, uint256[] memory levels, uint256 g) private pure returns (uint256 level) {
        bool[] memory stopped = new bool[](p.caps.length);
        do {
            (uint256 left, uint256 weight) = _leftFor(p, levels, g, stopped);
            if (weight == 0) return NONE;
            level = (left * WAD) / weight;
        } while (_stop(p, levels, g, level, stopped));
    }

    /// @dev What is left of the group for those of its members that are not stopped, and their weight.
    function _leftFor(
        Problem memory p,
        uint256[] memory levels,
        uint256 g,
        bool[] memory stopped
    ) private pure returns (uint256 left, uint256 weight) {
        left = p.groupCaps[g];
        for (uint256 i; i < stopped.length; ++i) {
            if (!_counts(p, g, i)) continue;
            if (!stopped[i]) {
                weight += p.weights[i];
                continue;
            }
            uint256 most = _most(p, levels, i);
            if (most > left) return (0, 0); // cannot be: it stopped below the level that fills the group
            left -= most;
        }
    }

    /// @dev Stops the members that cannot rise to `level`. @return changed whether there was another one.
    function _stop(
        Problem memory p,
        uint256[] memory levels,
        uint256 g,
        uint256 level,
        bool[] memory stopped
    ) private pure returns (bool changed) {
        for (uint256 i; i < stopped.length; ++i) {
            if (stopped[i] || !_counts(p, g, i)) continue;
            if (_most(p, levels, i) < (p.weights[i] * level) / WAD) (stopped[i], changed) = (true, true);
        }
    }

    function _counts(Problem memory p, uint256 g, uint256 i) private pure returns (bool) {
        return p.isMember[g][i] && p.weights[i] != 0;
    }

    /// @dev What the operator's own cap and the given levels allow.
    function _most(Problem memory p, uint256[] memory levels, uint256 i) private pure returns (uint256 most) {
        most = p.caps[i];
        for (uint256 g; g < levels.length; ++g) {
            if (levels[g] != NONE && p.isMember[g][i]) most = most.min((p.weights[i] * levels[g]) / WAD);
        }
    }
}
