// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title The allocator's calls to one operator pool, each made by the allocator to itself with a fixed stipend of gas.
/// @notice Such a frame is all or nothing: a pool that fails, burns its gas or answers nonsense undoes only its own frame.
interface IPoolCalls {
    /// @notice What a pool said and sent.
    struct Reading {
        uint256 arrived; // wei that came in, as measured
        uint256 staked; // wei that we have staked there
        uint256 unstaked; // wei of ours on its way out
        uint256 total; // wei that everybody has staked there
        uint256 bond; // wei of the operator's own junior stake; 0 if it has none to show
    }

    /// @notice `pool` failed a call or did not answer in one word.
    error PoolFailed(address pool, bytes4 selector);

    /// @notice Pings the pool, withdraws what can be withdrawn, reads it.
    function collect(address pool) external returns (Reading memory);

    /// @notice Reads what we have staked and unstaked there.
    function peek(address pool) external view returns (uint256 staked, uint256 unstaked);

    /// @notice Reads the operator's bond.
    function peekBond(address pool) external view returns (uint256 bond);

    /// @notice Stakes `amount` there. @return staked and unstaked what the pool then says.
    function push(address pool, uint256 amount) external returns (uint256 staked, uint256 unstaked);

    /// @notice Unstakes `amount` there, or all if it is no more. @return staked and unstaked what the pool then says.
    function pull(address pool, uint256 amount) external returns (uint256 staked, uint256 unstaked);
}
