// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IScores} from "../interfaces/IScores.sol";
import {Sanity} from "./Sanity.sol";
import {ScoreBook} from "./ScoreBook.sol";
import {Scoring} from "./Scoring.sol";

/// @title What an operator's averages are worth at this moment: gates, size, diversity, score.
library Valuation {
    using Sanity for IScores.Reported;
    using Scoring for IScores.Averages;

    /// @dev What the operators of a page are valued by, read once.
    struct Page {
        ScoreBook.System system;
        IScores.Progress report;
        IScores.Parameters settings;
        ScoreBook.Prior prior;
        uint256[] fullness; // of groups, as `_fullnessOf` keeps it
    }

    /// @dev A score, and why it is 0.
    struct Value {
        uint256 performance;
        uint256 score;
        uint256 gates;
    }

    uint256 internal constant NOT_LISTED = 1;
    uint256 internal constant SLASHED = 2;
    uint256 internal constant DELINQUENT = 4;
    uint256 internal constant DEAR = 8;
    uint256 internal constant RAISED = 16;
    uint256 internal constant BOND_TOO_LOW = 32;

    /// @dev What a pool may use to show its operator's bond, and what a value may take beside it.
    uint256 internal constant BOND_GAS = 200_000;
    uint256 private constant GAS_BESIDE = 20_000;

    uint256 private constant GROUPS = 256;
    uint96 private constant NO_CAP = type(uint96).max;

    function open(
        ScoreBook.State storage self,
        ScoreBook.System memory system
    ) internal view returns (Page memory page) {
        page.system = system;
        page.report = self.progress;
        page.settings = self.parameters;
        page.prior = self.prior;
        page.fullness = new uint256[](GROUPS);
    }

    function valueOf(
        Page memory page,
        IOperatorRegistry.Operator memory operator,
        IScores.Reported memory reported,
        IScores.Averages memory averages
    ) internal view returns (Value memory value) {
        value.performance = averages.performanceOf();
        value.gates = _gatesOf(page.settings, operator, reported);
        if (value.gates != 0) return value;

        IScores.Parameters memory settings = page.settings;
        uint256 believed = value.performance;
        if (page.prior.isKnown) believed = Scoring.shrink(believed, averages.yields, page.prior.performance);
        uint256 stake = reported.stake * Scoring.GWEI;
        value.score = Scoring.combine(
            Scoring.power(believed, settings.power),
            Scoring.sizeFactor(stake, page.report.networkStake, settings.sizeLimitBps),
            _diversityOf(page, operator.groups)
        );
    }

    function _gatesOf(
        IScores.Parameters memory settings,
        IOperatorRegistry.Operator memory operator,
        IScores.Reported memory reported
    ) private view returns (uint256 gates) {
        if (!ScoreBook.isListed(operator.state) || !operator.whitelisted) gates |= NOT_LISTED;
        if (reported.has(Sanity.SLASHED)) gates |= SLASHED;
        if (!reported.has(Sanity.ACTIVE) || reported.duty == 0) gates |= DELINQUENT;
        if (reported.commissionBps > settings.commissionLimitBps) gates |= DEAR;
        if (reported.has(Sanity.RAISED)) gates |= RAISED;
        if (settings.bondFloor != 0 && _bondOf(operator.pool) < settings.bondFloor) gates |= BOND_TOO_LOW;
    }

    /// @dev 0 if the pool does not answer within its gas, which must be there: else who calls could make it look so.
    function _bondOf(address pool) private view returns (uint256) {
        uint256 needed = (BOND_GAS * 64) / 63 + GAS_BESIDE;
        require(gasleft() >= needed, IScores.TooLittleGas(gasleft(), needed));

        try IScores(address(this)).bondOf{gas: BOND_GAS}(pool) returns (uint256 bond) {
            return bond;
        } catch {
            return 0;
        }
    }

    function _diversityOf(Page memory page, uint256 groups) private view returns (uint256) {
        uint256 sum;
        uint256 count;
        for (uint256 rest = groups; rest != 0; rest >>= 8) {
            uint256 group = rest & 0xff;
            if (group == 0) continue;
            (uint256 fullness, bool isCapped) = _fullnessOf(page, group);
            if (!isCapped) continue;
            sum += fullness;
            ++count;
        }
        return Scoring.diversityFactor(sum, count, page.settings.diversityBps);
    }

    /// @dev Of a group as it is now, by its cap at the end of the last round. A page reads it once: it keeps 1 for a group
    /// without a cap, else its fullness and 2.
    function _fullnessOf(Page memory page, uint256 group) private view returns (uint256 fullness, bool isCapped) {
        uint256 kept = page.fullness[group];
        if (kept == 0) {
            IAllocator.GroupSnapshot memory held = page.system.allocator.groupSnapshot(group);
            bool hasCap = held.round != 0 && held.cap != NO_CAP;
            kept = hasCap ? Scoring.fullnessOf(held.position, held.cap) + 2 : 1;
            page.fullness[group] = kept;
        }
        return kept == 1 ? (0, false) : (kept - 2, true);
    }
}
