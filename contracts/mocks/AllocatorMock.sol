// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

/// @title Stands in for the Allocator: a test impersonates it and calls MetaPool as it likes.
contract AllocatorMock {
    event Settled(uint256 maxOperators);

    receive() external payable {}

    function settle(uint256 maxOperators) external returns (uint256 read, bool completed) {
        emit Settled(maxOperators);
        return (0, true);
    }

    /// @dev Times that a test can tell from the batch.
    function exitTimes(uint256 batch) external pure returns (uint256 earliest, uint256 estimated) {
        return (batch * 1000, batch * 2000);
    }
}
