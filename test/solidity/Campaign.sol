// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

/// @title What the campaigns have in common: who is called, and by whom.
abstract contract Campaign {
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = _target();
    }

    /// @dev Nobody else. Left alone the fuzzer also sends as addresses that it has seen, and the test chain leaves a sender
    /// whose call fails without ether: a staker, or an operator's pool.
    function targetSenders() external pure returns (address[] memory senders) {
        senders = new address[](1);
        senders[0] = address(0xCA11);
    }

    function _target() internal view virtual returns (address);
}
