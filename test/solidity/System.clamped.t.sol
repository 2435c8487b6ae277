// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Core} from "./system/Core.sol";
import {System} from "./system/System.sol";
import {SystemTest} from "./system/SystemTest.sol";

/// @notice Honest operators and legal calls: every call must succeed, and all invariants hold.
contract SystemClampedTest is SystemTest {
    function setUp() external {
        system = new System(true, new Core());
    }
}
