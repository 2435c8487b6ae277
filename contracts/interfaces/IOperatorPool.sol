// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IStakingPool} from "./IStakingPool.sol";

/// @title What a pool of pools needs to know of an operator's pool beside `IStakingPool`.
interface IOperatorPool is IStakingPool {
    /// @notice Worth of the operator's own junior stake, in wei, rounded down: a loss takes it first. What
    /// was asked to be withdrawn is not counted any more, though a loss takes it, too.
    function bond() external view returns (uint256);

    /// @notice How long an exit takes at most after it was asked for, in seconds.
    function unbondingTime() external view returns (uint256);
}
