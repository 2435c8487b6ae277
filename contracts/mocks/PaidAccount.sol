// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title An account with code: acts through `execute`, and does what it was told when it is paid.
contract PaidAccount {
    enum Mode {
        Accept,
        Reject,
        BurnGas,
        Flood, // rejects with a megabyte of data
        Call // makes the calls that were given, and keeps what they answered
    }

    Mode public mode;
    address private _target;
    bytes[] private _calls;
    bytes[] private _answers;
    bool[] private _successes;

    error Rejected(uint256 amount);
    error Flooded(bytes flood);

    // solhint-disable-next-line no-complex-fallback
    receive() external payable {
        require(mode != Mode.Reject, Rejected(msg.value));
        if (mode == Mode.BurnGas) while (true) {}
        if (mode == Mode.Flood) {
            bytes memory flood = new bytes(1 << 20);
            revert Flooded(flood);
        }
        if (mode == Mode.Call) _makeCalls();
    }

    function setMode(Mode newMode) external {
        mode = newMode;
    }

    /// @notice From now on makes `calls` to `target` when it is paid.
    function setCalls(address target, bytes[] calldata calls) external {
        mode = Mode.Call;
        _target = target;
        delete _calls;
        for (uint256 i; i < calls.length; ++i) _calls.push(calls[i]);
    }

    function execute(address target, uint256 value, bytes calldata data) external payable returns (bytes memory) {
        return Address.functionCallWithValue(target, data, value);
    }

    /// @notice The same call `times` times, within one transaction.
    function repeat(address target, uint256 value, bytes calldata data, uint256 times) external payable {
        for (uint256 i; i < times; ++i) {
            Address.functionCallWithValue(target, data, value);
        }
    }

    function answers() external view returns (bool[] memory successes, bytes[] memory data) {
        return (_successes, _answers);
    }

    function _makeCalls() private {
        delete _answers;
        delete _successes;
        for (uint256 i; i < _calls.length; ++i) {
            (bool success, bytes memory answer) = _target.call(_calls[i]);
            _successes.push(success);
            _answers.push(answer);
        }
    }
}
