// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IStakeNetwork} from "../interfaces/IStakeNetwork.sol";
import {StakingPool} from "../StakingPool.sol";

/// @title Deploys pools with any seed, so that a test can start at prices like NEAR's vectors.
contract PoolCloner {
    address public immutable IMPLEMENTATION;

    event Cloned(address pool);

    constructor(IStakeNetwork network, uint256 epochLength, uint256 bondRatio) {
        IMPLEMENTATION = address(new StakingPool(network, epochLength, bondRatio));
    }

    function clone(address owner, uint256 commissionBps) external payable returns (address pool) {
        pool = Clones.clone(IMPLEMENTATION);
        StakingPool(payable(pool)).initialize{value: msg.value}(owner, hex"01", commissionBps);
        emit Cloned(pool);
    }
}
