// SPDX-License-Identifier: MIT
pragma solidity ^0.8.35;

error ForcedTransferFailed(address target, uint256 amount);

/// @notice Sends ether of the caller that `target` cannot refuse: a contract that ends with its constructor leaves it.
/// @dev Not `vm.deal`, which stays when the call that used it is undone in the middle of a transaction.
function forceTransfer(address target, uint256 amount) {
    bytes memory code = abi.encodePacked(hex"73", target, hex"ff"); // PUSH20 target SELFDESTRUCT
    address created;
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        created := create(amount, add(code, 32), mload(code))
    }
    require(created != address(0), ForcedTransferFailed(target, amount));
}
