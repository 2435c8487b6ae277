// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Campaign} from "../Campaign.sol";
import {System} from "./System.sol";

/// @title A campaign against the whole system; docs/invariants.md says what each number means.
abstract contract SystemTest is Campaign {
    struct FuzzSelector {
        address target;
        bytes4[] selectors;
    }

    System internal system;

    function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0].target = address(system);
        excluded[0].selectors = new bytes4[](1);
        excluded[0].selectors[0] = System.everybodyLeaves.selector;
    }

    function invariant_TheSystemHolds() external view {
        string memory what = system.broken();
        require(bytes(what).length == 0, what);
    }

    function afterInvariant() external {
        system.everybodyLeaves();
        string memory what = system.broken();
        require(bytes(what).length == 0, what);
    }

    function _target() internal view override returns (address) {
        return address(system);
    }
}
