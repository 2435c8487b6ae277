// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {INotice} from "../interfaces/INotice.sol";

/// @title Something to announce calls of.
contract MockTarget {
    uint256 public value;

    error TooLarge(uint256 value);

    function setValue(uint256 newValue) external returns (uint256 oldValue) {
        require(newValue <= 100, TooLarge(newValue));

        oldValue = value;
        value = newValue;
    }

    /// @notice Tries to have its own announcement executed once more while it is being executed.
    function reenter(bytes32 salt) external {
        ++value;
        INotice(msg.sender).execute(address(this), msg.data, salt);
    }
}
