// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Restated} from "./Restated.sol";

/// @title Caps and levels put nobody above what he may hold (design §7, P2).
contract LevelChecks {
    uint256 private constant LIMIT = 2 ** 96;

    /// @dev The first level of a group fills it at most, if all its weight were in one operator …
    function firstLevelFillsAtMostTheCap(uint256 c, uint256 w) external pure {
        require(c < LIMIT && w < LIMIT && w > 0);
        assert(Restated.target(type(uint256).max, w, Restated.firstLevel(c, w)) <= c);
    }

    /// @dev … and spreading the weight over more operators never places more.
    function spreadingWeightPlacesNoMore(uint256 v, uint256 w, uint256 level) external pure {
        require(v < LIMIT && w < LIMIT && level < LIMIT);
        uint256 none = type(uint256).max;
        uint256 apart = Restated.target(none, v, level) + Restated.target(none, w, level);
        assert(apart <= Restated.target(none, v + w, level));
    }

    function targetIsWithinTheCap(uint256 c, uint256 w, uint256 level) external pure {
        require(c < LIMIT && w < LIMIT && level < LIMIT);
        assert(Restated.target(c, w, level) <= c);
    }

    function targetGrowsWithTheLevel(uint256 c, uint256 w, uint256 low, uint256 high) external pure {
        require(c < LIMIT && w < LIMIT && low <= high && high < LIMIT);
        assert(Restated.target(c, w, low) <= Restated.target(c, w, high));
    }

    /// @dev Two sheets that differ by d in a level differ by less than w·d/1e18 + 1 in a target: the tolerance of a wei
    /// per member covers the rounding of one.
    function levelStepMovesATargetByItsPart(uint256 w, uint256 low, uint256 high) external pure {
        require(w < LIMIT && low <= high && high < LIMIT);
        uint256 none = type(uint256).max;
        uint256 step = Restated.target(none, w, high) - Restated.target(none, w, low);
        assert(step * Restated.WAD < w * (high - low) + Restated.WAD);
    }

    function capFollowsTheSmallerTotal(uint256 t, uint256 now_, uint256 bps) external pure {
        require(t < LIMIT && now_ < LIMIT && bps <= Restated.BPS);
        uint256 smaller = t < now_ ? t : now_;
        uint256 cap = Restated.share(smaller, bps);
        assert(cap <= Restated.share(t, bps) && cap <= Restated.share(now_, bps) && cap <= smaller);
    }

    function sumsSurviveTheirSlot(uint256 low, uint256 high) external pure {
        require(low < 2 ** 128 && high < 2 ** 128);
        (uint256 lowRead, uint256 highRead) = Restated.unpack(Restated.pack(low, high));
        assert(lowRead == low && highRead == high);
    }
}
