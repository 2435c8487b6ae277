// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

/// @title The views of a pool of pools that the notice reads, set by tests. It does not say what it is.
contract MockMetaPool {
    uint256 public fillingBatch = 1;
    uint256 public fundedThrough;

    function setBatches(uint256 filling, uint256 funded) external {
        fillingBatch = filling;
        fundedThrough = funded;
    }
}
