// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

/// @title A staker with code: whenever it is called or paid it looks at the price and tries one call.
contract Watcher {
    IStakingPool private immutable POOL;

    address public target;
    bytes public attempt;
    uint256 public looks;
    uint256 public lowest;
    uint256 public highest;
    uint256 public entered; // attempts that went through

    constructor(IStakingPool pool) {
        POOL = pool;
    }

    receive() external payable {
        look();
    }

    /// @notice What it tries from now on; forgets what it saw.
    function arm(address newTarget, bytes calldata newAttempt) external {
        (target, attempt) = (newTarget, newAttempt);
        (looks, lowest, highest, entered) = (0, type(uint256).max, 0, 0);
    }

    function look() public {
        uint256 worth = POOL.convertToAssets(1e27);
        ++looks;
        if (worth < lowest) lowest = worth;
        if (worth > highest) highest = worth;
        if (target != address(0) && LowLevelCall.callNoReturn(target, attempt)) ++entered;
    }
}
