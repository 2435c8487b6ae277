// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @title Many views in one call, hence at one moment.
contract ViewReader {
    struct View {
        address target;
        bytes data;
    }

    /// @notice What each view answers; empty if it fails.
    function read(View[] calldata views) external view returns (bytes[] memory answers) {
        answers = new bytes[](views.length);
        for (uint256 i; i < views.length; ++i) {
            if (LowLevelCall.staticcallNoReturn(views[i].target, views[i].data)) answers[i] = LowLevelCall.returnData();
        }
    }

    function balanceOf(address account) external view returns (uint256) {
        return account.balance;
    }
}
