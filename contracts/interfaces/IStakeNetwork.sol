// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title The chain's staking module, as one operator's pool sees it.
/// @notice The caller is always the pool whose stake is meant. Amounts in wei, times in seconds.
interface IStakeNetwork {
    /// @notice Bonds the value as stake of the caller.
    function bond() external payable;

    /// @notice Starts unbonding `amount` of the caller's stake; it can be collected after `unbondingTime`.
    function unbond(uint256 amount) external;

    /// @notice Sends all that has finished unbonding to the caller. @return amount sent.
    function collect() external returns (uint256 amount);

    /// @notice Stake bonded by `pool`, after rewards and slashes.
    function stakeOf(address pool) external view returns (uint256);

    /// @notice Stake of `pool` that is unbonding or waits to be collected, after slashes.
    function unbondingOf(address pool) external view returns (uint256);

    /// @notice Part of `unbondingOf` that `collect` would send now.
    function collectable(address pool) external view returns (uint256);

    /// @notice Stake bonded by everybody.
    function totalStake() external view returns (uint256);

    /// @notice How long unbonding takes.
    function unbondingTime() external view returns (uint256);
}
