// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title What a captured governance would upgrade the pool to.
contract ThievingPool {
    /// @notice Pays all that is there to whoever calls.
    function take() external {
        Address.sendValue(payable(msg.sender), address(this).balance);
    }

    function proxiableUUID() external pure returns (bytes32) {
        return ERC1967Utils.IMPLEMENTATION_SLOT;
    }
}
