// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IStakeNetwork} from "./interfaces/IStakeNetwork.sol";
import {IStakingPoolFactory} from "./interfaces/IStakingPoolFactory.sol";
import {StakingPool} from "./StakingPool.sol";

/// @title StakingPoolFactory
/// @dev Guarantees: every pool for which `isPool` is true runs the code of IMPLEMENTATION, on NETWORK, for ever.
contract StakingPoolFactory is IStakingPoolFactory {
    /// @dev What a pool's seed shares cost: enough that nobody can make a share worth more than dust.
    uint256 public constant SEED = 0.001 ether;

    IStakeNetwork public immutable NETWORK;
    uint256 public immutable EPOCH_LENGTH;
    /// @dev Stake per wei of its bond that a pool keeps when its owner withdraws from the bond; 0 for any.
    uint256 public immutable BOND_RATIO;
    address public immutable IMPLEMENTATION;

    /// @inheritdoc IStakingPoolFactory
    mapping(address pool => bool isKnown) public isPool;

    constructor(IStakeNetwork network, uint256 epochLength, uint256 bondRatio) {
        NETWORK = network;
        EPOCH_LENGTH = epochLength;
        BOND_RATIO = bondRatio;
        IMPLEMENTATION = address(new StakingPool(network, epochLength, bondRatio));
    }

    /// @inheritdoc IStakingPoolFactory
    function createStakingPool(
        address owner,
        bytes calldata stakingKey,
        uint256 commissionBps
    ) external payable returns (address pool) {
        require(msg.value == SEED, WrongSeed(msg.value, SEED));

        pool = Clones.clone(IMPLEMENTATION);
        isPool[pool] = true;

        emit StakingPoolCreated(pool, owner, stakingKey, commissionBps);

        StakingPool(payable(pool)).initialize{value: msg.value}(owner, stakingKey, commissionBps);
    }
}
