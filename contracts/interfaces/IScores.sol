// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Scores of operators, from what a quorum of the committee reports.
/// @notice Amounts in wei, commissions in basis points, epochs as the allocator numbers them. Ids are the registry's.
interface IScores {
    /// @notice What is reported of one operator for one epoch: raw, so that anyone can count it again.
    struct Counters {
        uint32 assigned; // duties that the network gave its validators
        uint32 done; // of these
        bool active; // in the network's active set
        uint16 commissionBps;
        uint96 stake; // that earned: all delegators'
        uint96 external_; // stake at the operator that is not this pool's; may exceed what its own pool shows
        uint96 reward; // before commission
        uint96 slashed; // in this epoch
    }

    /* REPORTER */

    /// @notice Takes the counters of operators `firstId`, `firstId` + 1, … for `epoch`. By the reporter.
    /// @dev Pages come in any order, each once; no page of another epoch comes before `close` or the next report.
    function record(uint256 epoch, uint256 firstId, Counters[] calldata counters) external;

    /// @notice Ends the report of `epoch`: operators 1 to `operators` have been recorded, and the network's stake was
    /// `networkStake` wei. By the reporter.
    function close(uint256 epoch, uint256 networkStake, uint256 operators) external;
}
