// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IStakeNetwork} from "./IStakeNetwork.sol";

/// @title A staking module for local chains and test networks that have none: its owner plays the validators' luck.
/// @notice Rewards are paid in by the owner; a slash burns a part of a pool's bonded and unbonding stake, also of what
/// waits to be collected. Duties are the owner's word, for who reports. Amounts in wei, times in seconds, fractions in bps.
interface IDevNetwork is IStakeNetwork {
    /* EVENTS */

    /// @notice `pool` bonded `amount`.
    event Bonded(address indexed pool, uint256 amount);
    /// @notice `pool` started to unbond `amount`, which can be collected from `maturesAt` on.
    event Unbonding(address indexed pool, uint256 amount, uint256 maturesAt);
    /// @notice `pool` collected `amount`.
    event Collected(address indexed pool, uint256 amount);
    /// @notice `amount` was added to the bonded stake of `pool`.
    event Rewarded(address indexed pool, uint256 amount);
    /// @notice `bps` of the stake of `pool` were burned: `fromBonded` and `fromUnbonding`.
    event Slashed(address indexed pool, uint256 bps, uint256 fromBonded, uint256 fromUnbonding);
    /// @notice Of `assigned` duties more, the validators of `pool` did `done`.
    event DutiesCounted(address indexed pool, uint256 assigned, uint256 done);

    /* ERRORS */

    /// @notice The amount is zero.
    error ZeroAmount();
    /// @notice `pool` has bonded `available`, less than the `requested`.
    error InsufficientBonded(address pool, uint256 requested, uint256 available);
    /// @notice There are as many `pools` as `amounts` only in a well-formed call.
    error LengthMismatch(uint256 pools, uint256 amounts);
    /// @notice The amounts add up to `sum`, not to the `value` that came with the call.
    error WrongValue(uint256 value, uint256 sum);
    /// @notice More than everything cannot be slashed.
    error InvalidFraction(uint256 bps);
    /// @notice Nobody does more than is `assigned`.
    error InvalidDuties(uint256 assigned, uint256 done);
    /// @notice `receiver` did not take `amount`.
    error TransferFailed(address receiver, uint256 amount);

    /* OWNER */

    /// @notice Adds `amounts[i]` to the bonded stake of `pools[i]`. The amounts must add up to the value.
    function reward(address[] calldata pools, uint256[] calldata amounts) external payable;

    /// @notice Burns `bps` of the bonded stake of `pool` and of all that it is unbonding, rounded down each.
    /// @dev Costs the same however many entries are unbonding. What is burned is sent to the zero address.
    function slash(address pool, uint256 bps) external;

    /// @notice Says that of `assigned[i]` duties the validators of `pools[i]` did `done[i]`. Kept in the logs alone.
    function countDuties(address[] calldata pools, uint256[] calldata assigned, uint256[] calldata done) external;

    /* VIEWS */

    /// @notice How many unbonding entries of `pool` are not yet collected.
    function entriesOf(address pool) external view returns (uint256);
}
