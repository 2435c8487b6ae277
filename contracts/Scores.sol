// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "./interfaces/IAllocator.sol";
import {IOperatorPool} from "./interfaces/IOperatorPool.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IScores} from "./interfaces/IScores.sol";
import {Sanity} from "./libraries/Sanity.sol";
import {ScoreBook} from "./libraries/ScoreBook.sol";
import {ScorePages} from "./libraries/ScorePages.sol";
import {Scoring} from "./libraries/Scoring.sol";
import {Valuation} from "./libraries/Valuation.sol";

/// @title Scores
/// Assumes: fewer than a quorum of the committee lie together; the views of registry and allocator are honest.
/// Guarantees: a report moves a weight by a step of the registry at most, and drains within the guardian share; it touches
/// no money, no position and no exit. What a pool of an operator does, or too little gas, never looks like an operator's fault
/// or a refusal: it undoes the page, or counts as no bond.
contract Scores is IScores, AccessManaged {
    using Math for uint256;
    using SafeCast for uint256;
    using Sanity for Reported;
    using ScorePages for ScoreBook.State;

    uint256 private constant MAX_SPAN = 2_000;
    uint256 private constant MAX_POWER = 16;
    uint256 private constant MAX_DIVERSITY_BPS = 2_500;

    IOperatorRegistry public immutable REGISTRY;
    IAllocator public immutable ALLOCATOR;

    ScoreBook.State private _book;

    constructor(
        address accessManager,
        IOperatorRegistry registry,
        IAllocator allocator,
        Parameters memory firstParameters
    ) AccessManaged(accessManager) {
        REGISTRY = registry;
        ALLOCATOR = allocator;

        _setParameters(firstParameters);
    }

    /* REPORTER */

    /// @inheritdoc IScores
    function record(uint256 epoch, uint256 firstId, Counters[] calldata counters) external restricted {
        Progress memory report = _begun(epoch);
        Parameters memory settings = _book.parameters;

        for (uint256 i; i < counters.length; ++i) _take(report, settings, firstId + i, counters[i]);
        _book.progress = report;
    }

    /// @inheritdoc IScores
    function close(uint256 epoch, uint256 networkStake, uint256 operators) external restricted {
        Progress memory report = _book.progress;
        require(epoch == report.epoch, WrongReport(epoch, report.epoch));
        require(report.operators == 0, AlreadyClosed(epoch));
        require(operators != 0 && operators == report.recorded, IncompleteReport(report.recorded, operators));

        report.operators = operators.toUint32();
        report.networkStake = networkStake.toUint96();
        report.meanRate = Scoring.rateOf(report.netReward, report.stake).toUint64();
        report.averageDuty = Scoring.dutyOf(report.assigned, report.done).toUint32();
        _book.progress = report;

        emit ReportClosed(epoch, networkStake, operators, report.meanRate, report.averageDuty);
    }

    /* ANYONE */

    /// @inheritdoc IScores
    function score(uint256 maxOperators) external returns (uint256 scored, bool completed) {
        return _book.score(_system(), maxOperators);
    }

    /// @inheritdoc IScores
    function enforce(uint256 id) external {
        _book.enforce(_system(), id);
    }

    /* GOVERNANCE */

    /// @inheritdoc IScores
    function setParameters(Parameters calldata newParameters) external restricted {
        _setParameters(newParameters);
    }

    /// @inheritdoc IScores
    function resolveReward(uint256 id, uint256 rate) external restricted {
        _book.resolveReward(id, rate);
    }

    /// @inheritdoc IScores
    function resolveSlash(uint256 id, bool accept) external restricted {
        _book.resolveSlash(_system(), id, accept);
    }

    /// @inheritdoc IScores
    function pardon(uint256 id) external restricted {
        _book.pardon(id);
    }

    /* VIEWS */

    /// @inheritdoc IScores
    function parameters() external view returns (Parameters memory) {
        return _book.parameters;
    }

    /// @inheritdoc IScores
    function progress() external view returns (Progress memory) {
        return _book.progress;
    }

    /// @inheritdoc IScores
    function prior() external view returns (uint256 performance, bool isKnown) {
        return (_book.prior.performance, _book.prior.isKnown);
    }

    /// @inheritdoc IScores
    function reportedOf(uint256 id) external view returns (Reported memory) {
        return _book.reported[id];
    }

    /// @inheritdoc IScores
    function averagesOf(uint256 id) external view returns (Averages memory) {
        return _book.averages[id];
    }

    /// @inheritdoc IScores
    function conductOf(uint256 id) external view returns (Record memory) {
        return _book.records[id];
    }

    /// @inheritdoc IScores
    function scoreOf(
        uint256 id
    ) external view returns (uint256 performance, uint256 score_, uint256 weight, uint256 gates) {
        Valuation.Value memory value = _book.valueOf(_system(), id);

        return (value.performance, value.score, Scoring.weightOf(value.score), value.gates);
    }

    /// @inheritdoc IScores
    function bondOf(address pool) external view returns (uint256) {
        return IOperatorPool(pool).bond();
    }

    /* RECORDING */

    /// @dev The report of `epoch`; if it is a new one it takes the place of the one before, scored or not.
    function _begun(uint256 epoch) private returns (Progress memory report) {
        report = _book.progress;
        if (epoch == report.epoch) {
            require(report.operators == 0, AlreadyClosed(epoch));
            return report;
        }

        require(epoch > report.epoch, StaleReport(epoch, report.epoch));
        bool isOpen = report.epoch != 0 && !report.isScored;
        if (isOpen) emit ReportDropped(report.epoch, report.scored, report.operators);
        Progress memory empty;
        report = empty;
        report.epoch = epoch.toUint40();

        emit ReportBegun(epoch);
    }

    /// @dev Reverts for no counters, whatever they say: one operator's would keep all others' from being taken.
    function _take(Progress memory report, Parameters memory settings, uint256 id, Counters calldata counters) private {
        Reported memory reported = _book.reported[id];
        require(reported.epoch != report.epoch, AlreadyRecorded(id, report.epoch));
        uint256 rateBefore = reported.rate;

        (Sanity.Outcome reward, Sanity.Outcome slash, uint256 rate) = reported.take(
            counters,
            report.epoch,
            settings.commissionRiseBps
        );
        _book.reported[id] = reported;

        ++report.recorded;
        report.assigned += counters.assigned;
        report.done += uint64(uint256(counters.done).min(counters.assigned)); // at most 32 bits
        if (reported.isEligible(settings.commissionLimitBps)) {
            report.stake += counters.stake;
            report.netReward += uint128(Scoring.net(counters.reward, counters.commissionBps)); // at most 96 bits
        }

        if (reward == Sanity.Outcome.SetAside) emit RewardSetAside(id, report.epoch, rateBefore, rate);
        if (reward == Sanity.Outcome.Confirmed) emit RewardConfirmed(id, report.epoch, rateBefore, rate);
        if (reward == Sanity.Outcome.Dropped) emit RewardDropped(id, report.epoch, rateBefore, rate);
        if (slash == Sanity.Outcome.SetAside) emit SlashSetAside(id, report.epoch, counters.slashed, counters.stake);
        if (slash == Sanity.Outcome.Confirmed) emit SlashAccepted(id, report.epoch, counters.slashed);
    }

    /* PARAMETERS */

    function _setParameters(Parameters memory newParameters) private {
        _checkWithin(newParameters.weekSpan, 1, newParameters.monthSpan);
        _checkWithin(newParameters.monthSpan, newParameters.weekSpan, newParameters.yearSpan);
        _checkWithin(newParameters.yearSpan, newParameters.monthSpan, MAX_SPAN);
        uint256 power = newParameters.power;
        _checkWithin(power, 1, MAX_POWER);
        require(power & (power - 1) == 0, OutOfBounds(power, 1, MAX_POWER));
        _checkWithin(newParameters.sizeLimitBps, 1, Scoring.BPS);
        _checkWithin(newParameters.diversityBps, 0, MAX_DIVERSITY_BPS);
        _checkWithin(newParameters.commissionLimitBps, 0, Scoring.BPS);
        _checkWithin(newParameters.commissionRiseBps, 0, Scoring.BPS);

        Parameters memory oldParameters = _book.parameters;
        _book.parameters = newParameters;

        emit ParametersChanged(oldParameters, newParameters);
    }

    function _system() private view returns (ScoreBook.System memory) {
        return ScoreBook.System(REGISTRY, ALLOCATOR);
    }

    function _checkWithin(uint256 value, uint256 minimum, uint256 maximum) private pure {
        require(minimum <= value && value <= maximum, OutOfBounds(value, minimum, maximum));
    }
}
