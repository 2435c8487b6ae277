// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title The roles of the AccessManager; docs/roles.md says what each may do.
/// @notice A function that needs notice is assigned `role | NOTICE_BIT`, which only the Notice contract holds; members of
/// `role` may announce it there.
library Roles {
    uint64 internal constant ADMIN = 0; // of the AccessManager; after the handover only Notice
    uint64 internal constant GOVERNANCE = 1;
    uint64 internal constant GUARDIAN = 2;
    uint64 internal constant SCORER = 3;
    uint64 internal constant FOUNDATION = 4;
    uint64 internal constant REPORTER = 5;
    uint64 internal constant ATTESTER = 6;

    uint64 internal constant NOTICE_BIT = 1 << 32;

    /// @notice The role whose members may announce a function of `role`.
    function announcerOf(uint64 role) internal pure returns (uint64) {
        uint64 announcer = role & ~NOTICE_BIT;

        return announcer == ADMIN ? GOVERNANCE : announcer;
    }
}
