// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title OpenZeppelin's vault as it comes: what the bench compares the pool with.
contract PlainVault is ERC4626 {
    constructor(IERC20 token) ERC20("Plain Vault", "PV") ERC4626(token) {}
}
