// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IScores} from "../interfaces/IScores.sol";

/// @title What the rules make of an operator's conduct, report by report (docs/spec.md §6). A pure transition of one slot: who
/// calls it does what the verdict says, and notes with `noteDrain` what was done.
library Conduct {
    /// @dev Where the registry has the operator.
    enum Standing {
        Listed, // Ramping or Active
        Draining, // by guardian or governance: reports do not bring it back
        DrainedByReport
    }

    /// @dev What one report says of an operator.
    struct Facts {
        uint256 distance; // epochs since the report before
        bool isActive; // in the network's active set
        bool isLow; // below 70 % of what was assigned
        bool isBehind; // the average of all by more than 3 points
        bool isDear; // commission above the limit
        bool isOdd; // its reward is set aside
        bool isDoubtful; // a slash of it is set aside
        bool isSlashed; // by a slash that was not judged before
        bool isBarred; // slashed ever: reports do not bring it back
    }

    /// @dev What is to be done, if anything.
    struct Verdict {
        IScores.Cause drain;
        IScores.Cause watch;
        bool lift; // a watch by reports, if there is one
        bool readmit;
    }

    uint256 internal constant LOW_DUTY = 0.7e9;
    uint256 internal constant STRIKE_MARGIN = 0.03e9;

    uint8 private constant LOW_DUTY_WINDOW = 0x07; // three epochs
    uint256 private constant LOW_DUTIES_TO_DRAIN = 2;
    uint8 private constant STRIKE_WINDOW = 0x3f; // six epochs
    uint256 private constant STRIKES_TO_DRAIN = 3;
    uint8 private constant CLEAN_TO_LIFT = 3;
    uint8 private constant CLEAN_TO_READMIT = 6;

    /// @dev Judges a report of an operator.
    function judge(
        IScores.Record memory self,
        Facts memory facts,
        Standing standing
    ) internal pure returns (Verdict memory verdict) {
        self.lowDuties = _shift(self.lowDuties, facts.distance, facts.isLow) & LOW_DUTY_WINDOW;
        self.strikes = _shift(self.strikes, facts.distance, facts.isBehind) & STRIKE_WINDOW;
        if (hasFault(facts)) self.clean = 0;
        else if (!facts.isOdd && self.clean < CLEAN_TO_READMIT) ++self.clean;

        IScores.Cause cause = _causeToDrain(self, facts);
        if (standing != Standing.Listed || _isForgiven(self)) self.owed = IScores.Cause.None;
        if (standing == Standing.Listed) verdict.drain = _later(cause, self.owed);

        if (facts.isDoubtful) verdict.watch = IScores.Cause.DoubtfulSlash;
        else if (facts.isLow) verdict.watch = IScores.Cause.Duties;
        verdict.lift = self.clean >= CLEAN_TO_LIFT && verdict.drain == IScores.Cause.None;
        verdict.readmit = standing == Standing.DrainedByReport && self.clean == CLEAN_TO_READMIT && !facts.isBarred;
    }

    /// @dev Notes that a drain was done, or that it could not be. Clean reports count from the drain on.
    function noteDrain(IScores.Record memory self, IScores.Cause cause, bool isDone) internal pure {
        self.owed = isDone ? IScores.Cause.None : cause;
        if (isDone) self.clean = 0;
    }

    /// @dev Forgets why an operator is to be drained.
    function pardon(IScores.Record memory self) internal pure {
        self.owed = IScores.Cause.None;
    }

    /// @dev An odd reward is none: whoever stakes with an operator makes one, so that it counts neither for nor against it.
    function hasFault(Facts memory facts) internal pure returns (bool) {
        bool isBad = facts.isLow || facts.isBehind || facts.isDear || facts.isSlashed;
        return isBad || facts.isDoubtful || !facts.isActive;
    }

    function countLowDuties(IScores.Record memory self) internal pure returns (uint256) {
        return _bits(self.lowDuties);
    }

    function countStrikes(IScores.Record memory self) internal pure returns (uint256) {
        return _bits(self.strikes);
    }

    /// @dev Why this report drains; what it adds nothing to, drained when it was new.
    function _causeToDrain(IScores.Record memory self, Facts memory facts) private pure returns (IScores.Cause) {
        if (facts.isSlashed) return IScores.Cause.Slash;
        if (facts.isDear) return IScores.Cause.Commission;
        if (facts.isLow && _bits(self.lowDuties) >= LOW_DUTIES_TO_DRAIN) return IScores.Cause.Duties;
        if (facts.isBehind && _bits(self.strikes) >= STRIKES_TO_DRAIN) return IScores.Cause.Strikes;
        return IScores.Cause.None;
    }

    /// @dev Whether an owed drain would be undone at once. Of a slash it never is.
    function _isForgiven(IScores.Record memory self) private pure returns (bool) {
        return self.clean == CLEAN_TO_READMIT && self.owed != IScores.Cause.Slash;
    }

    function _later(IScores.Cause first, IScores.Cause second) private pure returns (IScores.Cause) {
        return uint8(first) > uint8(second) ? first : second;
    }

    function _shift(uint8 register, uint256 distance, bool bit) private pure returns (uint8) {
        uint8 shifted = distance < 8 ? register << uint8(distance) : 0;
        return bit ? shifted | 1 : shifted;
    }

    function _bits(uint8 register) private pure returns (uint256 count) {
        for (uint256 rest = register; rest != 0; rest >>= 1) count += rest & 1;
    }
}
