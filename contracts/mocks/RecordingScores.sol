// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IScores} from "../interfaces/IScores.sol";

/// @title Stands in for the scores: says what it is given, and refuses when a test wants it to.
contract RecordingScores {
    bool public refuses;
    uint256 public unscored;

    event Recorded(uint256 indexed epoch, uint256 firstId, IScores.Counters[] counters);
    event Closed(uint256 indexed epoch, uint256 networkStake, uint256 operators);
    event Scored(uint256 operators);

    error Refused();

    function setRefuses(bool newRefuses) external {
        refuses = newRefuses;
    }

    function record(uint256 epoch, uint256 firstId, IScores.Counters[] calldata counters) external {
        require(!refuses, Refused());

        emit Recorded(epoch, firstId, counters);
    }

    function close(uint256 epoch, uint256 networkStake, uint256 operators) external {
        unscored = operators;

        emit Closed(epoch, networkStake, operators);
    }

    function score(uint256 maxOperators) external returns (uint256 scored, bool completed) {
        scored = maxOperators < unscored ? maxOperators : unscored;
        unscored -= scored;

        emit Scored(scored);
        return (scored, unscored == 0);
    }
}
