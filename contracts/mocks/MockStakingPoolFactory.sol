// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

/// @title A factory that knows the pools that tests tell it of.
contract MockStakingPoolFactory {
    mapping(address pool => bool known) public isPool;

    function setPool(address pool, bool known) external {
        isPool[pool] = known;
    }
}
