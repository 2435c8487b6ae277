// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Core} from "./system/Core.sol";
import {System} from "./system/System.sol";
import {SystemTest} from "./system/SystemTest.sol";

/// @notice Half of the operators are hostile and calls are anything: what is refused is refused with an error of ours, and
/// all invariants hold.
contract SystemHostileTest is SystemTest {
    function setUp() external {
        system = new System(false, new Core());
    }
}
