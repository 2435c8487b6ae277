// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IScores} from "../interfaces/IScores.sol";
import {Conduct} from "./Conduct.sol";
import {Sanity} from "./Sanity.sol";
import {ScoreBook} from "./ScoreBook.sol";
import {Valuation} from "./Valuation.sol";

/// @title Carries out at the registry what the rules of conduct say.
library Enforcement {
    using Conduct for IScores.Record;
    using Sanity for IScores.Reported;

    /// @dev Judges the report's counters of an operator; `operator` has its new state.
    function judge(
        ScoreBook.State storage self,
        Valuation.Page memory page,
        uint256 id,
        IOperatorRegistry.Operator memory operator,
        IScores.Reported memory reported,
        uint256 distance
    ) internal {
        IScores.Record memory record = self.records[id];
        IScores.Cause owed = record.owed;
        Conduct.Facts memory facts = _factsOf(page, reported, distance);
        Conduct.Verdict memory verdict = record.judge(facts, _standingOf(page.system, id, operator.state));
        _count(page, id, facts, record, reported.duty);
        if (owed != record.owed) emit IScores.DrainDropped(id, page.report.epoch, owed);

        IScores.Cause watch = verdict.watch;
        if (verdict.drain != IScores.Cause.None) {
            bool isDone = _drain(self, page.system, id, record, verdict.drain);
            if (isDone) operator.state = IOperatorRegistry.State.Draining;
            else if (watch == IScores.Cause.None) watch = verdict.drain;
        }
        self.records[id] = record;

        if (watch != IScores.Cause.None) _watch(page.system, page.report.epoch, id, operator.watch, watch);
        else if (verdict.lift && operator.watch) _lift(page, id);
        if (verdict.readmit) {
            operator.state = IOperatorRegistry.State.Ramping;
            emit IScores.OperatorReadmitted(id, page.report.epoch);
            page.system.registry.readmit(id);
        }
        if (!facts.isSlashed) return;
        reported.marks &= ~Sanity.SLASH_DUE;
        self.reported[id] = reported;
    }

    /// @dev Drains who is to be drained since the guardian share did not allow it. Reverts as the registry does, if it still
    /// does not.
    function enforce(ScoreBook.State storage self, ScoreBook.System memory system, uint256 id) internal {
        IScores.Record memory record = self.records[id];
        IScores.Cause cause = record.owed;
        bool isListed = ScoreBook.isListed(system.registry.operator(id).state);
        require(isListed && cause != IScores.Cause.None, IScores.NothingToEnforce(id));

        record.noteDrain(cause, true);
        self.records[id] = record;
        emit IScores.OperatorDrained(id, self.progress.epoch, cause);
        system.registry.drainByReport(id);
    }

    /// @dev Whatever was set aside: by the time that a notice has run out reports have set aside another rate.
    function resolveReward(ScoreBook.State storage self, uint256 id, uint256 rate) internal {
        IScores.Reported memory reported = self.reported[id];
        require(reported.has(Sanity.RATE_PENDING), IScores.NothingSetAside(id));
        uint256 oldRate = reported.rate;

        reported.resolveRate(rate);
        self.reported[id] = reported;
        emit IScores.RewardResolved(id, oldRate, rate);
    }

    /// @dev A slash that is taken drains at once, or is owed.
    function resolveSlash(
        ScoreBook.State storage self,
        ScoreBook.System memory system,
        uint256 id,
        bool accept
    ) internal {
        IScores.Reported memory reported = self.reported[id];
        require(reported.has(Sanity.SLASH_PENDING), IScores.NothingSetAside(id));

        reported.resolveSlash(accept);
        self.reported[id] = reported;
        emit IScores.SlashResolved(id, accept);

        if (!accept) return;
        IOperatorRegistry.Operator memory operator = system.registry.operator(id);
        if (!ScoreBook.isListed(operator.state)) return;
        IScores.Record memory record = self.records[id];
        bool isDone = _drain(self, system, id, record, IScores.Cause.Slash);
        self.records[id] = record;
        if (!isDone) _watch(system, self.progress.epoch, id, operator.watch, IScores.Cause.Slash);
    }

    /// @dev What was said of an operator that drains it, or bars it: a committee that lied, or erred. Not what nobody has
    /// judged yet, which may be true.
    function pardon(ScoreBook.State storage self, uint256 id) internal {
        IScores.Reported memory reported = self.reported[id];
        IScores.Record memory record = self.records[id];
        require(reported.has(Sanity.SLASHED) || record.owed != IScores.Cause.None, IScores.NothingToPardon(id));
        require(!reported.has(Sanity.SLASH_DUE), IScores.SlashNotJudged(id));

        reported.pardon();
        record.pardon();
        (self.reported[id], self.records[id]) = (reported, record);
        emit IScores.Pardoned(id);
    }

    function _factsOf(
        Valuation.Page memory page,
        IScores.Reported memory reported,
        uint256 distance
    ) private pure returns (Conduct.Facts memory) {
        return
            Conduct.Facts({
                distance: distance,
                isActive: reported.has(Sanity.ACTIVE),
                isLow: reported.duty < Conduct.LOW_DUTY,
                isBehind: reported.duty + Conduct.STRIKE_MARGIN < page.report.averageDuty,
                isDear: reported.commissionBps > page.settings.commissionLimitBps,
                isOdd: reported.has(Sanity.RATE_PENDING),
                isDoubtful: reported.has(Sanity.SLASH_PENDING),
                isSlashed: reported.has(Sanity.SLASH_DUE),
                isBarred: reported.has(Sanity.SLASHED)
            });
    }

    function _count(
        Valuation.Page memory page,
        uint256 id,
        Conduct.Facts memory facts,
        IScores.Record memory record,
        uint256 duty
    ) private {
        uint256 epoch = page.report.epoch;
        if (facts.isLow) emit IScores.LowDutiesCounted(id, epoch, duty, record.countLowDuties());
        if (facts.isBehind) emit IScores.StrikeCounted(id, epoch, duty, record.countStrikes());
    }

    /// @dev Drains, if the guardian share allows it now. Only the registry's own word that it does not is a refusal: whatever
    /// else goes wrong, too little gas before all, undoes the page.
    function _drain(
        ScoreBook.State storage self,
        ScoreBook.System memory system,
        uint256 id,
        IScores.Record memory record,
        IScores.Cause cause
    ) private returns (bool isDone) {
        try system.registry.drainByReport(id) {
            isDone = true;
            emit IScores.OperatorDrained(id, self.progress.epoch, cause);
        } catch (bytes memory reason) {
            if (bytes4(reason) != IOperatorRegistry.GuardianShareExceeded.selector) LowLevelCall.bubbleRevert(reason);
            emit IScores.DrainRefused(id, self.progress.epoch, cause);
        }
        record.noteDrain(cause, isDone);
    }

    function _watch(
        ScoreBook.System memory system,
        uint256 epoch,
        uint256 id,
        bool isWatched,
        IScores.Cause cause
    ) private {
        if (isWatched) {
            (, bool byReport, ) = system.registry.marksOf(id);
            if (byReport) return;
        }

        emit IScores.OperatorWatched(id, epoch, cause);
        system.registry.watchByReport(id);
    }

    function _lift(Valuation.Page memory page, uint256 id) private {
        IOperatorRegistry registry = page.system.registry;
        (, bool byReport, ) = registry.marksOf(id);
        if (!byReport) return;

        emit IScores.WatchLifted(id, page.report.epoch);
        registry.liftWatch(id);
    }

    function _standingOf(
        ScoreBook.System memory system,
        uint256 id,
        IOperatorRegistry.State state
    ) private view returns (Conduct.Standing) {
        if (ScoreBook.isListed(state)) return Conduct.Standing.Listed;

        (, , bool byReport) = system.registry.marksOf(id);
        return byReport ? Conduct.Standing.DrainedByReport : Conduct.Standing.Draining;
    }
}
