// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IScores} from "../interfaces/IScores.sol";

/// @title What Scores keeps: parameters, the report, and of each operator a slot of what was reported, one of averages and one
/// of conduct.
library ScoreBook {
    struct State {
        IScores.Parameters parameters;
        IScores.Progress progress;
        Prior prior;
        uint256[4] histogram; // of the performances that the report's earlier pages saw
        mapping(uint256 id => IScores.Reported reported) reported;
        mapping(uint256 id => IScores.Averages averages) averages;
        mapping(uint256 id => IScores.Record record) records;
    }

    /// @dev Where newcomers begin.
    struct Prior {
        uint32 performance;
        bool isKnown;
    }

    /// @dev Whom scores are read from and written to.
    struct System {
        IOperatorRegistry registry;
        IAllocator allocator;
    }

    function isListed(IOperatorRegistry.State state) internal pure returns (bool) {
        return state == IOperatorRegistry.State.Ramping || state == IOperatorRegistry.State.Active;
    }
}
