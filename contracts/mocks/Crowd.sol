// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IStakingPool} from "../interfaces/IStakingPool.sol";
import {Leaver} from "./Leaver.sol";

/// @title Accounts by the dozen: each stakes, and asks for all of it back.
contract Crowd {
    IStakingPool public immutable POOL;

    constructor(IStakingPool pool) {
        POOL = pool;
    }

    /// @notice So many new accounts, with an equal part of the value each.
    function stakeAndLeave(uint256 accounts) external payable {
        for (uint256 i; i < accounts; ++i) {
            new Leaver{value: msg.value / accounts}(POOL);
        }
    }
}
