// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Deploys operators' pools; who trusts the factory trusts their code.
interface IStakingPoolFactory {
    /// @notice `pool` was created for `owner`.
    event StakingPoolCreated(address indexed pool, address indexed owner, bytes stakingKey, uint256 commissionBps);

    /// @notice The value does not buy the seed shares exactly.
    error WrongSeed(uint256 value, uint256 seed);

    /// @notice Deploys a pool. The value is its seed: shares that belong to nobody. @param commissionBps of rewards.
    function createStakingPool(
        address owner,
        bytes calldata stakingKey,
        uint256 commissionBps
    ) external payable returns (address pool);

    /// @notice Whether this factory deployed `pool`. Never reverts.
    function isPool(address pool) external view returns (bool);
}
