// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IReportOracle} from "../../../contracts/interfaces/IReportOracle.sol";
import {IScores} from "../../../contracts/interfaces/IScores.sol";
import {Errors} from "./Errors.sol";
import {Governance} from "./Governance.sol";

/// @title A committee that reports, anyone who scores and enforces: no account, no position and no cap changes by it, a weight
/// by a step at most, and no more is drained than the guardian share allows (I-38, I-53, I-54).
abstract contract Reporters is Governance {
    using Math for uint256;

    uint256 private constant BPS = 10_000;

    /// @dev What reports drained in an epoch.
    mapping(uint256 epoch => uint256 amount) private _drained;

    /// @dev Three members vote for one report of the last epoch, one for another, or not at all; somebody delivers its page.
    function report(uint256 seed) external step harmless {
        uint256 epoch = allocator.currentEpoch() - 1;
        if (oracle.agreed().epoch >= epoch) {
            _warp(EPOCH);
            ++epoch;
        }
        IScores.Counters[] memory counters = _counters(seed);
        IReportOracle.Report memory made = _reportOf(epoch, counters);
        IReportOracle.Report memory lie = _reportOf(epoch, counters);
        lie.networkStake += 1;
        uint256 liar = seed % 4;
        for (uint256 k; k < 4; ++k) {
            if (k != liar) _vote(k, made);
            else if (seed % 8 < 4) _vote(k, lie);
        }
        IReportOracle.Report memory agreed = oracle.agreed();
        _promise(agreed.epoch == epoch, "I-55: a quorum did not agree");
        _promise(agreed.networkStake == made.networkStake, "I-55: a lie was agreed on");
        bytes memory data = abi.encodeCall(oracle.deliver, (epoch, 0, counters, new bytes32[](0)));
        _act(KEEPER, address(oracle), 0, data, true, "I-55: an agreed page was refused");
    }

    /// @dev A page of scores; a report first, if there is none to score.
    function score(uint256 seed) external step harmless {
        _rememberWeights();
        Held memory before = _hold();
        _scorePage(1 + (seed % 8));
        _check(before);
    }

    /// @dev Anyone carries out what was owed; governance forgets it.
    function enforce(uint256 seed) external step harmless {
        _rememberWeights();
        Held memory before = _hold();
        (uint256 id, ) = _operator(seed);
        if (seed % 2 == 0 && scores.conductOf(id).owed != IScores.Cause.None) {
            _act(KEEPER, address(scores), 0, abi.encodeCall(scores.enforce, (id)), false, "");
        } else if (seed % 8 == 1 && scores.conductOf(id).owed != IScores.Cause.None) {
            scores.pardon(id);
        } else {
            _scorePage(8);
        }
        _check(before);
    }

    /* INTERNAL */

    function _scorePage(uint256 operators) private {
        (uint256 round, ) = allocator.openRound();
        bytes memory data = abi.encodeCall(scores.score, (operators));
        _gas = 3 * ENOUGH_GAS;
        (bool success, bytes memory answer) = _act(KEEPER, address(scores), 0, data, round == 0, "I-55: score");
        _gas = ENOUGH_GAS;
        if (!success || round == 0) return;
        _promise(abi.decode(answer, (uint256)) == 0, "I-55: scored by groups that are summed up in part");
    }

    /// @dev What scoring must leave as it is, or change by little.
    struct Held {
        IOperatorRegistry.State[] states;
        uint256[] positions;
        uint256 share; // what may be drained in an epoch
    }

    function _hold() private view returns (Held memory held) {
        uint256 count = operatorPools.length;
        (held.states, held.positions) = (new IOperatorRegistry.State[](count), new uint256[](count));
        for (uint256 i; i < count; ++i) {
            held.states[i] = registry.operator(i + 1).state;
            held.positions[i] = allocator.positionOf(i + 1).position;
        }
        held.share = (uint256(allocator.poolSnapshot().total) * registry.policy().guardianShareBps) / BPS;
    }

    function _check(Held memory before) private {
        uint256 epoch = allocator.currentEpoch();
        for (uint256 i; i < before.states.length; ++i) {
            IOperatorRegistry.Operator memory operator = registry.operator(i + 1);
            bool kept = allocator.positionOf(i + 1).position == before.positions[i];
            _promise(kept, "I-53: scoring moved stake");
            bool isGone = operator.state == IOperatorRegistry.State.Delisted;
            isGone = isGone || operator.state == IOperatorRegistry.State.Removed;
            if (!isGone) _checkWeight(epoch, i + 1, operator.weight);
            if (operator.state == before.states[i]) continue;
            if (operator.state == IOperatorRegistry.State.Draining) {
                // What is a violation already is not counted.
                if (operator.whitelisted) _drained[epoch] += before.positions[i].min(operator.absoluteCap);
                _promise(_drained[epoch] <= before.share, "I-54: reports drained more than the guardian share");
            } else {
                bool readmitted =
                    before.states[i] == IOperatorRegistry.State.Draining &&
                        operator.state == IOperatorRegistry.State.Ramping;
                _promise(readmitted, "I-54: reports did more than drain and readmit");
            }
        }
    }

    /// @dev Governance moves a weight as well, by bounds that it changes: the step is then from what it made of it.
    function _checkWeight(uint256 epoch, uint256 id, uint256 weight) private {
        (uint256 lowest, uint256 highest) = registry.weightRange(id);
        _promise(lowest <= weight && weight <= highest, "I-53: a weight beyond its range");
        uint256 base = weights[epoch][id];
        uint256 stride = (base / 5).max(1);
        bool isNear = weight + stride >= base && weight <= base + stride;
        _promise(isNear, "I-53: a weight changed by more than a fifth in an epoch");
    }

    function _counters(uint256 seed) private view returns (IScores.Counters[] memory counters) {
        counters = new IScores.Counters[](operatorPools.length);
        for (uint256 i; i < counters.length; ++i) {
            uint256 roll = _mix(seed, i);
            uint256 stake_ = uint256(allocator.positionOf(i + 1).position) + 10 ether;
            counters[i] = IScores.Counters({
                assigned: 100,
                done: uint32(roll % 8 == 0 ? roll % 101 : 96 + (roll % 5)),
                active: roll % 16 != 1,
                commissionBps: uint16(roll % 32 == 2 ? 9_000 : 500 + (roll % 3) * 100),
                stake: uint96(stake_),
                external_: 10 ether,
                reward: uint96((stake_ * (95 + (_mix(roll, 1) % 10))) / 1_000_000),
                slashed: uint96(roll % 64 == 3 ? stake_ / 100 : (roll % 64 == 4 ? stake_ / 2 : 0))
            });
        }
    }

    function _reportOf(
        uint256 epoch,
        IScores.Counters[] memory counters
    ) private view returns (IReportOracle.Report memory) {
        return
            IReportOracle.Report({
                epoch: uint40(epoch),
                refBlock: uint64(block.number),
                refBlockHash: bytes32(block.number),
                networkStake: uint96(network.totalStake()),
                operators: uint32(counters.length),
                root: oracle.leafOf(0, counters) // one page: its leaf is the root
            });
    }

    /// @dev Refused once a report is agreed: the others' votes are cast all the same.
    function _vote(uint256 member, IReportOracle.Report memory made) private {
        bytes memory data = abi.encodeCall(oracle.vote, (made));
        (bool success, bytes memory answer) = _try(committee(member), address(oracle), data);
        _promise(success || Errors.isOurs(answer), "I-37: a vote failed without an error");
    }
}
