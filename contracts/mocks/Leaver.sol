// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IStakingPool} from "../interfaces/IStakingPool.sol";

/// @title One of the crowd.
contract Leaver {
    constructor(IStakingPool pool) payable {
        pool.deposit_and_stake{value: msg.value}();
        pool.unstake_all();
    }
}
