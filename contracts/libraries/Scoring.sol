// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IScores} from "../interfaces/IScores.sol";

/// @title The arithmetic of scores (docs/spec.md §6): pure, and floored throughout. src/scoring is equal to the unit.
library Scoring {
    using Math for uint256;

    uint256 internal constant ONE = 1e9;
    uint256 internal constant RATE_ONE = 1e12;
    uint256 internal constant BPS = 10_000;
    uint256 internal constant GWEI = 1 gwei;

    uint256 internal constant MAX_RATE = type(uint48).max;
    uint256 internal constant MAX_YIELD = 1.2e9;
    uint256 internal constant MAX_REPORTS = type(uint16).max;

    /// @dev Reports after which an operator's own performance counts as much as the prior.
    uint256 internal constant SHRINKAGE = 15;
    uint256 private constant SCORE_PER_WEIGHT = 1e5;

    uint256 internal constant BUCKET = 2e7;
    uint256 internal constant BUCKETS = 64;
    uint256 private constant COUNTER_BITS = 16;
    uint256 private constant COUNTERS_PER_WORD = 16;

    /* COUNTERS */

    /// @dev Reward per stake; 0 without stake.
    function rateOf(uint256 reward, uint256 stake) internal pure returns (uint256) {
        return stake == 0 ? 0 : ((reward * RATE_ONE) / stake).min(MAX_RATE);
    }

    /// @dev What a commission leaves.
    function net(uint256 amount, uint256 commissionBps) internal pure returns (uint256) {
        return (amount * BPS.saturatingSub(commissionBps)) / BPS;
    }

    /// @dev Part of the assigned duties that was done; ONE if none was assigned.
    function dutyOf(uint256 assigned, uint256 done) internal pure returns (uint256) {
        return assigned == 0 ? ONE : (done.min(assigned) * ONE) / assigned;
    }

    /// @dev An operator's net rate relative to the mean of those that count; `meanRate` is above 0.
    function yieldOf(uint256 rate, uint256 commissionBps, uint256 meanRate) internal pure returns (uint256) {
        return ((rate * BPS.saturatingSub(commissionBps) * ONE) / (BPS * meanRate)).min(MAX_YIELD);
    }

    /// @dev At most what a slot holds: no report of one operator keeps the others' from being taken.
    function toGwei(uint256 amount) internal pure returns (uint256) {
        return (amount / GWEI).min(type(uint64).max);
    }

    /* AVERAGES */

    /// @dev The average of `count` values, the last of them `value`: moving over `span` of them, the plain mean until that
    /// weighs a new value less. Average and value are at most MAX_YIELD, so is the result; count and span have 16 bits.
    function follow(uint256 average, uint256 value, uint256 count, uint256 span) internal pure returns (uint32) {
        unchecked {
            // Below 2^50: 31 bits for an average, 17 for a number of reports, one for the sum.
            bool isMean = 2 * count < span + 1;
            return
                uint32(
                    isMean ? (average * (count - 1) + value) / count : (average * (span - 1) + 2 * value) / (span + 1)
                );
        }
    }

    function followYield(
        IScores.Averages memory self,
        uint256 yield_,
        IScores.Parameters memory parameters
    ) internal pure {
        uint256 count = _next(self.yields);
        self.yields = uint16(count);
        self.yieldWeek = follow(self.yieldWeek, yield_, count, parameters.weekSpan);
        self.yieldMonth = follow(self.yieldMonth, yield_, count, parameters.monthSpan);
        self.yieldYear = follow(self.yieldYear, yield_, count, parameters.yearSpan);
    }

    function followActivity(
        IScores.Averages memory self,
        bool active,
        IScores.Parameters memory parameters
    ) internal pure {
        uint256 value = active ? ONE : 0;
        uint256 count = _next(self.reports);
        self.reports = uint16(count);
        self.activeWeek = follow(self.activeWeek, value, count, parameters.weekSpan);
        self.activeMonth = follow(self.activeMonth, value, count, parameters.monthSpan);
        self.activeYear = follow(self.activeYear, value, count, parameters.yearSpan);
    }

    /// @dev The number of reports after one more, as far as 16 bits count.
    function _next(uint256 count) private pure returns (uint256) {
        return count == MAX_REPORTS ? count : count + 1;
    }

    /* SCORE */

    /// @dev The seed's metric: one for an operator that is as good as the mean, and always active.
    function performanceOf(IScores.Averages memory self) internal pure returns (uint256) {
        uint256 yields = uint256(self.yieldWeek) + 3 * uint256(self.yieldMonth) + self.yieldYear;
        uint256 activity = 2 * uint256(self.activeWeek) + self.activeMonth + self.activeYear;
        return (yields * activity) / (20 * ONE);
    }

    /// @dev What is believed of a performance that `count` reports show.
    function shrink(uint256 performance, uint256 count, uint256 prior) internal pure returns (uint256) {
        return (count * performance + SHRINKAGE * prior) / (count + SHRINKAGE);
    }

    /// @dev `exponent` is a power of two.
    function power(uint256 base, uint256 exponent) internal pure returns (uint256) {
        for (; exponent > 1; exponent /= 2) base = (base * base) / ONE;
        return base;
    }

    /// @dev Falls from ONE to 0 as an operator's stake grows to its limit; ONE if nobody knows the network's stake.
    function sizeFactor(uint256 stake, uint256 networkStake, uint256 limitBps) internal pure returns (uint256) {
        if (networkStake == 0) return ONE;
        return ONE.saturatingSub((stake * ONE * BPS) / (networkStake * limitBps));
    }

    /// @dev How full a group is, at most ONE.
    function fullnessOf(uint256 position, uint256 cap) internal pure returns (uint256) {
        return position >= cap ? ONE : (position * ONE) / cap;
    }

    /// @dev Grows from ONE by `diversityBps` as the operator's capped groups, `count` of them, are empty.
    function diversityFactor(uint256 fullness, uint256 count, uint256 diversityBps) internal pure returns (uint256) {
        if (count == 0) return ONE;
        return ONE + (diversityBps * (ONE - fullness / count)) / BPS;
    }

    function combine(uint256 powered, uint256 size, uint256 diversity) internal pure returns (uint256) {
        return (((powered * size) / ONE) * diversity) / ONE;
    }

    /// @dev The weight that a score asks for: 10,000 for a score of ONE.
    function weightOf(uint256 score) internal pure returns (uint256) {
        return score / SCORE_PER_WEIGHT;
    }

    /* PRIOR */

    /// @dev Counts a performance in a histogram of 16-bit counters, which stay at their maximum.
    function tally(uint256[4] memory histogram, uint256 performance) internal pure {
        uint256 bucket = (performance / BUCKET).min(BUCKETS - 1);
        (uint256 word, uint256 shift) = (bucket / COUNTERS_PER_WORD, COUNTER_BITS * (bucket % COUNTERS_PER_WORD));
        if (uint16(histogram[word] >> shift) != type(uint16).max) histogram[word] += 1 << shift;
    }

    /// @dev The lower edge of the bucket that the lower quartile is in.
    function lowerQuartile(uint256[4] memory histogram) internal pure returns (uint256 edge, bool isKnown) {
        uint256 total;
        for (uint256 bucket; bucket < BUCKETS; ++bucket) total += _counter(histogram, bucket);
        if (total == 0) return (0, false);

        uint256 bucketOfQuartile;
        for (uint256 sum = _counter(histogram, 0); 4 * sum < total; sum += _counter(histogram, bucketOfQuartile)) {
            ++bucketOfQuartile;
        }
        return (bucketOfQuartile * BUCKET, true);
    }

    function _counter(uint256[4] memory histogram, uint256 bucket) private pure returns (uint256) {
        return uint16(histogram[bucket / COUNTERS_PER_WORD] >> (COUNTER_BITS * (bucket % COUNTERS_PER_WORD)));
    }
}
