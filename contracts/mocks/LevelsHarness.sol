// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {AllocatorBook} from "../libraries/AllocatorBook.sol";
import {Levels} from "../libraries/Levels.sol";

/// @title The level checks on a snapshot that a test writes down. It is its own registry: the checks ask it for its groups.
contract LevelsHarness {
    using AllocatorBook for AllocatorBook.State;
    using Levels for AllocatorBook.State;

    /// @notice An operator of the snapshot. Its cap stands for all of c_i: no share of T or N bounds it.
    struct Operator {
        uint96 cap;
        uint24 weight;
        uint40 groups;
    }

    AllocatorBook.State private _state;
    uint256 public groupCount;

    /// @notice Begins a new snapshot of T = `total` and these caps of the groups from 1 on. Operators follow with `add`.
    function begin(uint96 total, uint96[] calldata groupCaps) external {
        uint32 round = _state.snapshot.round + 1;
        _state.registry = IOperatorRegistry(address(this));
        (_state.poolShareBps, _state.netShareBps) = (AllocatorBook.NO_SHARE, AllocatorBook.NO_SHARE);
        delete _state.snapshot;
        (_state.snapshot.round, _state.snapshot.total) = (round, total);
        _state.operators = 0;
        groupCount = groupCaps.length;
        for (uint256 group; group <= groupCaps.length; ++group) {
            delete _state.groups[group];
            _state.groups[group].cap = group == 0 ? total : groupCaps[group - 1];
            _state.groups[group].level = AllocatorBook.NO_LEVEL;
            _state.groups[group].round = round;
        }
    }

    /// @notice Adds operators with the next ids.
    function add(Operator[] calldata operators) external {
        for (uint256 i; i < operators.length; ++i) {
            Operator calldata operator = operators[i];
            _state.snapshots[++_state.operators] = IAllocator.Snapshot({
                fixedCap: operator.cap,
                others: 0,
                weight: operator.weight,
                groups: operator.groups
            });
            for (uint256 k; k <= AllocatorBook.DIMENSIONS; ++k) {
                uint256 group = AllocatorBook.groupAt(operator.groups, k);
                if (k != 0 && group == 0) continue;
                if (operator.cap != 0) _state.groups[group].weight += operator.weight;
                ++_state.groups[group].members;
            }
        }
    }

    function certifyLevels(IAllocator.Level[] calldata sheet, uint256 maxOperators) external returns (bool) {
        return _state.certify(sheet, maxOperators);
    }

    function isCertified() external view returns (bool) {
        return _state.snapshot.certified;
    }

    function targets() external view returns (uint256[] memory list) {
        list = new uint256[](_state.operators);
        for (uint256 i; i < list.length; ++i) list[i] = _state.targetOf(_state.snapshots[i + 1]);
    }
}
