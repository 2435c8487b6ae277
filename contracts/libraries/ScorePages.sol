// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IScores} from "../interfaces/IScores.sol";
import {Enforcement} from "./Enforcement.sol";
import {Sanity} from "./Sanity.sol";
import {ScoreBook} from "./ScoreBook.sol";
import {Scoring} from "./Scoring.sol";
import {Valuation} from "./Valuation.sol";

/// @title Scores the operators of a closed report, a page at a time. Linked to Scores.
/// @dev A page stops while there is gas enough for all that it has yet to do: what is called with too little gas could seem
/// to fail by itself.
library ScorePages {
    using Enforcement for ScoreBook.State;
    using Math for uint256;
    using SafeCast for uint256;
    using Sanity for IScores.Reported;
    using Scoring for IScores.Averages;
    using Valuation for ScoreBook.State;
    using Valuation for Valuation.Page;

    /// @dev Weights that a page has yet to write: the first `count` of both lists.
    struct Changes {
        uint256 count;
        uint256[] ids;
        uint24[] weights;
    }

    uint256 private constant MAX_PAGE = 600; // more would not fit in a transaction

    uint256 private constant GAS_PER_OPERATOR = 800_000;
    uint256 private constant GAS_PER_WEIGHT = 20_000;
    uint256 private constant GAS_TO_FINISH = 200_000;

    function score(
        ScoreBook.State storage self,
        ScoreBook.System memory system,
        uint256 maxOperators
    ) public returns (uint256 scored, bool completed) {
        uint256 before = self.progress.scored;
        uint256 left = self.progress.operators - before; // none, too, before the report is closed
        uint256 size = maxOperators.min(left).min(MAX_PAGE);
        if (size == 0) return (0, left == 0);
        (uint256 round, ) = system.allocator.openRound();
        require(round == 0, IScores.RoundOpen(round)); // which sums up anew what groups hold, and readmits nobody

        Valuation.Page memory page = self.open(system);
        Changes memory changes = Changes(0, new uint256[](size), new uint24[](size));
        uint256[4] memory histogram;
        if (before != 0) histogram = self.histogram;
        for (; scored < size && gasleft() >= _gasFor(changes); ++scored) {
            _scoreOne(self, page, changes, histogram, before + scored + 1);
        }
        require(scored != 0, IScores.TooLittleGas(gasleft(), _gasFor(changes)));

        completed = scored == left;
        self.progress.scored = (before + scored).toUint32();
        if (completed) _finish(self, page, histogram);
        else self.histogram = histogram;
        _write(system.registry, changes);
    }

    /// @notice What an operator's averages and its last report are worth at this moment.
    function valueOf(
        ScoreBook.State storage self,
        ScoreBook.System memory system,
        uint256 id
    ) public view returns (Valuation.Value memory) {
        IOperatorRegistry.Operator memory operator = system.registry.operator(id);

        return self.open(system).valueOf(operator, self.reported[id], self.averages[id]);
    }

    function enforce(ScoreBook.State storage self, ScoreBook.System memory system, uint256 id) public {
        Enforcement.enforce(self, system, id);
    }

    function resolveReward(ScoreBook.State storage self, uint256 id, uint256 rate) public {
        Enforcement.resolveReward(self, id, rate);
    }

    function resolveSlash(
        ScoreBook.State storage self,
        ScoreBook.System memory system,
        uint256 id,
        bool accept
    ) public {
        Enforcement.resolveSlash(self, system, id, accept);
    }

    function pardon(ScoreBook.State storage self, uint256 id) public {
        Enforcement.pardon(self, id);
    }

    function _gasFor(Changes memory changes) private pure returns (uint256) {
        return GAS_PER_OPERATOR + GAS_TO_FINISH + changes.count * GAS_PER_WEIGHT;
    }

    /// @dev Averages first, then conduct, which may change the operator's state, then the score.
    function _scoreOne(
        ScoreBook.State storage self,
        Valuation.Page memory page,
        Changes memory changes,
        uint256[4] memory histogram,
        uint256 id
    ) private {
        IOperatorRegistry.Operator memory operator = page.system.registry.operator(id);
        bool isDraining = operator.state == IOperatorRegistry.State.Draining;
        if (!ScoreBook.isListed(operator.state) && !isDraining) return;

        IScores.Reported memory reported = self.reported[id];
        if (reported.epoch != page.report.epoch) return;
        IScores.Averages memory averages = self.averages[id];
        uint256 distance = page.report.epoch - averages.epoch;
        _follow(page, averages, reported);
        self.averages[id] = averages;
        self.judge(page, id, operator, reported, distance);

        Valuation.Value memory value = page.valueOf(operator, reported, averages);
        bool isOneOfAll = value.gates & (Valuation.NOT_LISTED | Valuation.SLASHED) == 0;
        if (isOneOfAll) Scoring.tally(histogram, value.performance);
        uint256 weight = _weigh(page.system.registry, changes, id, operator.weight, value.score);

        emit IScores.OperatorScored(id, page.report.epoch, value.performance, value.score, weight, value.gates);
    }

    /// @dev A reward that is set aside, or that there is nothing to compare with, leaves the averages of yields alone.
    function _follow(
        Valuation.Page memory page,
        IScores.Averages memory averages,
        IScores.Reported memory reported
    ) private pure {
        uint256 meanRate = page.report.meanRate;
        if (meanRate != 0 && !reported.has(Sanity.RATE_PENDING)) {
            uint256 yield_ = Scoring.yieldOf(reported.rate, reported.commissionBps, meanRate);
            averages.followYield(yield_, page.settings);
        }
        averages.followActivity(reported.has(Sanity.ACTIVE), page.settings);
        averages.epoch = reported.epoch;
    }

    /// @dev The weight that an operator gets at the end of the page.
    function _weigh(
        IOperatorRegistry registry,
        Changes memory changes,
        uint256 id,
        uint256 oldWeight,
        uint256 wanted
    ) private view returns (uint256 weight) {
        (uint256 lowest, uint256 highest) = registry.weightRange(id);
        weight = Scoring.weightOf(wanted).max(lowest).min(highest);
        if (weight == oldWeight) return weight;

        changes.ids[changes.count] = id;
        changes.weights[changes.count] = weight.toUint24();
        ++changes.count;
    }

    function _write(IOperatorRegistry registry, Changes memory changes) private {
        uint256 count = changes.count;
        if (count == 0) return;

        uint256[] memory ids = new uint256[](count);
        uint24[] memory weights = new uint24[](count);
        for (uint256 i; i < count; ++i) (ids[i], weights[i]) = (changes.ids[i], changes.weights[i]);
        registry.setWeights(ids, weights);
    }

    /// @dev If nobody is left to compare with, newcomers begin where they began before.
    function _finish(ScoreBook.State storage self, Valuation.Page memory page, uint256[4] memory histogram) private {
        self.progress.isScored = true;
        (uint256 quartile, bool isKnown) = Scoring.lowerQuartile(histogram);
        if (isKnown) self.prior = ScoreBook.Prior(quartile.toUint32(), true);

        emit IScores.ReportScored(
            page.report.epoch,
            page.report.meanRate,
            page.report.averageDuty,
            self.prior.performance
        );
        page.system.registry.noteScores(page.report.epoch);
    }
}
