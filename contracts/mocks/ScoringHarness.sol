// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IScores} from "../interfaces/IScores.sol";
import {Conduct} from "../libraries/Conduct.sol";
import {Sanity} from "../libraries/Sanity.sol";
import {Scoring} from "../libraries/Scoring.sol";

/// @title The arithmetic and the rules of scores, one call each, for tests to compare with src/scoring.
contract ScoringHarness {
    using Conduct for IScores.Record;
    using Sanity for IScores.Reported;
    using Scoring for IScores.Averages;

    function rateOf(uint256 reward, uint256 stake) external pure returns (uint256) {
        return Scoring.rateOf(reward, stake);
    }

    function net(uint256 amount, uint256 commissionBps) external pure returns (uint256) {
        return Scoring.net(amount, commissionBps);
    }

    function dutyOf(uint256 assigned, uint256 done) external pure returns (uint256) {
        return Scoring.dutyOf(assigned, done);
    }

    function yieldOf(uint256 rate, uint256 commissionBps, uint256 meanRate) external pure returns (uint256) {
        return Scoring.yieldOf(rate, commissionBps, meanRate);
    }

    function toGwei(uint256 amount) external pure returns (uint256) {
        return Scoring.toGwei(amount);
    }

    function isFar(uint256 value, uint256 known) external pure returns (bool) {
        return Sanity.isFar(value, known);
    }

    function follow(uint256 average, uint256 value, uint256 count, uint256 span) external pure returns (uint256) {
        return Scoring.follow(average, value, count, span);
    }

    function followReport(
        IScores.Averages memory averages,
        uint256 yield_,
        bool active,
        IScores.Parameters memory parameters
    ) external pure returns (IScores.Averages memory) {
        averages.followYield(yield_, parameters);
        averages.followActivity(active, parameters);
        return averages;
    }

    function performanceOf(IScores.Averages memory averages) external pure returns (uint256) {
        return averages.performanceOf();
    }

    function shrink(uint256 performance, uint256 count, uint256 prior) external pure returns (uint256) {
        return Scoring.shrink(performance, count, prior);
    }

    function power(uint256 base, uint256 exponent) external pure returns (uint256) {
        return Scoring.power(base, exponent);
    }

    function sizeFactor(uint256 stake, uint256 networkStake, uint256 limitBps) external pure returns (uint256) {
        return Scoring.sizeFactor(stake, networkStake, limitBps);
    }

    function fullnessOf(uint256 position, uint256 cap) external pure returns (uint256) {
        return Scoring.fullnessOf(position, cap);
    }

    function diversityFactor(uint256 fullness, uint256 count, uint256 diversityBps) external pure returns (uint256) {
        return Scoring.diversityFactor(fullness, count, diversityBps);
    }

    function combine(uint256 powered, uint256 size, uint256 diversity) external pure returns (uint256) {
        return Scoring.combine(powered, size, diversity);
    }

    function lowerQuartile(uint256[] calldata performances) external pure returns (uint256 edge, bool isKnown) {
        uint256[4] memory histogram;
        for (uint256 i; i < performances.length; ++i) Scoring.tally(histogram, performances[i]);
        return Scoring.lowerQuartile(histogram);
    }

    function count(uint256[4] memory histogram, uint256 performance) external pure returns (uint256[4] memory) {
        Scoring.tally(histogram, performance);
        return histogram;
    }

    function take(
        IScores.Reported memory reported,
        IScores.Counters calldata counters,
        uint256 epoch,
        uint256 riseBps
    ) external pure returns (IScores.Reported memory, Sanity.Outcome reward, Sanity.Outcome slash, uint256 rate) {
        (reward, slash, rate) = reported.take(counters, epoch, riseBps);
        return (reported, reward, slash, rate);
    }

    function resolveRate(
        IScores.Reported memory reported,
        uint256 rate
    ) external pure returns (IScores.Reported memory) {
        reported.resolveRate(rate);
        return reported;
    }

    function resolveSlash(
        IScores.Reported memory reported,
        bool accept
    ) external pure returns (IScores.Reported memory) {
        reported.resolveSlash(accept);
        return reported;
    }

    function isEligible(IScores.Reported memory reported, uint256 commissionLimitBps) external pure returns (bool) {
        return reported.isEligible(commissionLimitBps);
    }

    function judge(
        IScores.Record memory record,
        Conduct.Facts memory facts,
        Conduct.Standing standing
    ) external pure returns (IScores.Record memory, Conduct.Verdict memory verdict) {
        verdict = record.judge(facts, standing);
        return (record, verdict);
    }

    function noteDrain(
        IScores.Record memory record,
        IScores.Cause cause,
        bool isDone
    ) external pure returns (IScores.Record memory) {
        record.noteDrain(cause, isDone);
        return record;
    }
}
