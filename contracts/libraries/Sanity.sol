// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IScores} from "../interfaces/IScores.sol";
import {Scoring} from "./Scoring.sol";

/// @title What of a report is believed (docs/spec.md §6): a reward or a slash that is too far from what was known before is set
/// aside, for that operator alone, until a second report agrees or governance decides. Pure.
library Sanity {
    using Math for uint256;
    using SafeCast for uint256;

    /// @dev What became of a reward or a slash.
    enum Outcome {
        Taken, // or nothing was reported
        SetAside,
        Confirmed, // what was set aside, by a second report; of a slash: accepted
        Dropped // what was set aside, since the next report is near what was known before
    }

    uint16 internal constant ACTIVE = 1;
    uint16 internal constant RATE_PENDING = 2;
    uint16 internal constant SLASHED = 4; // ever
    uint16 internal constant SLASH_DUE = 8; // accepted, and the rules have not judged it yet
    uint16 internal constant SLASH_PENDING = 16;
    uint16 internal constant RAISED = 32; // the commission, by more than it may
    uint16 private constant ONE_REPORT = ACTIVE | RAISED; // all others stay

    uint256 internal constant LIMIT_BPS = 3_000;

    /// @dev Takes what is reported of an operator for `epoch`. `rate` is the one that was reported.
    function take(
        IScores.Reported memory self,
        IScores.Counters calldata counters,
        uint256 epoch,
        uint256 riseBps
    ) internal pure returns (Outcome reward, Outcome slash, uint256 rate) {
        rate = Scoring.rateOf(counters.reward, counters.stake);
        bool isFirst = self.epoch == 0;
        bool isRaised = !isFirst && counters.commissionBps > self.commissionBps + riseBps;
        self.marks &= ~ONE_REPORT;
        if (counters.active) self.marks |= ACTIVE;
        if (isRaised) self.marks |= RAISED;

        reward = _takeRate(self, rate, isFirst);
        slash = _takeSlash(self, counters.slashed, counters.stake);
        self.stake = Scoring.toGwei(uint256(counters.stake).max(counters.external_)).toUint64();
        self.duty = Scoring.dutyOf(counters.assigned, counters.done).toUint32();
        self.commissionBps = counters.commissionBps;
        self.epoch = epoch.toUint32();
    }

    /// @dev Believes a rate in place of the one that was set aside.
    function resolveRate(IScores.Reported memory self, uint256 rate) internal pure {
        self.rate = rate.toUint48();
        self.pendingRate = 0;
        self.marks &= ~RATE_PENDING;
    }

    /// @dev Takes the slash that was set aside, or drops it.
    function resolveSlash(IScores.Reported memory self, bool accept) internal pure {
        if (accept) self.marks |= SLASHED;
        self.marks &= ~SLASH_PENDING;
    }

    /// @dev Forgets the slashes that were taken.
    function pardon(IScores.Reported memory self) internal pure {
        self.marks &= ~SLASHED;
    }

    function has(IScores.Reported memory self, uint16 mark) internal pure returns (bool) {
        return self.marks & mark != 0;
    }

    /// @dev Whether an operator counts in the mean of rewards.
    function isEligible(IScores.Reported memory self, uint256 commissionLimitBps) internal pure returns (bool) {
        return has(self, ACTIVE) && !has(self, SLASHED | RATE_PENDING) && self.commissionBps <= commissionLimitBps;
    }

    /// @dev Whether a value differs from what it is compared with by more than 30 % of that.
    function isFar(uint256 value, uint256 known) internal pure returns (bool) {
        uint256 difference = value > known ? value - known : known - value;
        return difference * Scoring.BPS > LIMIT_BPS * known;
    }

    function _takeRate(IScores.Reported memory self, uint256 rate, bool isFirst) private pure returns (Outcome) {
        bool wasPending = has(self, RATE_PENDING);
        uint256 pending = self.pendingRate;
        if (isFirst || !isFar(rate, self.rate) || (wasPending && !isFar(rate, pending))) {
            bool isConfirmed = !isFirst && isFar(rate, self.rate);
            (self.rate, self.pendingRate) = (rate.toUint48(), 0);
            self.marks &= ~RATE_PENDING;
            if (!wasPending) return Outcome.Taken;
            return isConfirmed ? Outcome.Confirmed : Outcome.Dropped;
        }

        self.pendingRate = rate.toUint48();
        self.marks |= RATE_PENDING;
        return Outcome.SetAside;
    }

    /// @dev Of a slash that was set aside the amount says nothing: whoever reports one again agrees.
    function _takeSlash(IScores.Reported memory self, uint256 slashed, uint256 stake) private pure returns (Outcome) {
        if (slashed == 0) return Outcome.Taken;
        if (slashed * Scoring.BPS > LIMIT_BPS * stake && !has(self, SLASH_PENDING)) {
            self.marks |= SLASH_PENDING;
            return Outcome.SetAside;
        }

        self.marks = (self.marks & ~SLASH_PENDING) | SLASHED | SLASH_DUE;
        return Outcome.Confirmed;
    }
}
