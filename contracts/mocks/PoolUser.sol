// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @title A contract that uses a pool: it can refuse ether, and can call back when it is paid.
contract PoolUser {
    bool public refuses;
    address public callee;
    bytes public callback;
    /// @notice What became of the last callback.
    bool public calledBack;
    bool public succeeded;
    bytes public result;

    error Refused(uint256 amount);

    // solhint-disable-next-line no-complex-fallback
    receive() external payable {
        require(!refuses, Refused(msg.value));
        if (callback.length == 0) return;
        calledBack = true;
        succeeded = LowLevelCall.callNoReturn(callee, callback);
        result = LowLevelCall.returnData();
    }

    function setRefuses(bool newRefuses) external {
        refuses = newRefuses;
    }

    function setCallback(address newCallee, bytes calldata newCallback) external {
        (callee, callback) = (newCallee, newCallback);
    }

    function execute(address to, bytes calldata data) external payable returns (bytes memory) {
        return Address.functionCallWithValue(to, data, msg.value);
    }
}
