// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title What named parties attest of operators: who runs them, under which law, where and on what.
/// @notice An attestation moves no stake. The first four kinds are dimensions 1 to 4 of the registry and name the group that
/// they stand for; a group that differs from the registry's counts once governance has set it there, with notice.
interface IAttributes {
    enum Kind {
        Entity,
        Jurisdiction,
        Infrastructure,
        Client,
        Geography // no dimension: it stands for no group
    }

    /// @notice The last attestation of one kind; earlier ones are in the logs.
    struct Attribute {
        uint32 version; // counts from 1; 0 is never attested
        uint40 attestedAt; // seconds
        address attester;
        uint8 group; // of the registry, 0 for none
        string value; // for people, at most 64 bytes; empty is withdrawn
    }

    event Attested(
        uint256 indexed operator,
        Kind indexed kind,
        address indexed attester,
        uint256 version,
        uint256 group,
        string value
    );

    error UnknownOperator(uint256 operator);
    /// @notice The group is of another dimension than the kind, or does not exist: it is of dimension 0.
    error WrongDimension(uint256 group, uint256 dimension, uint256 expected);
    /// @notice Geography stands for no group.
    error GroupOfGeography(uint256 group);
    error ValueTooLong(uint256 length, uint256 maximum);

    /// @notice Attests, anew or for the first time. By the attester. Emits `Attested` with the next version.
    /// @dev Requires an operator that is not removed, and group 0 or one of the kind's dimension.
    function attest(uint256 operator, Kind kind, uint8 group, string calldata value) external;

    /// @notice All zero if it was never attested.
    function attributeOf(uint256 operator, Kind kind) external view returns (Attribute memory);

    /// @notice The groups that attestations imply, packed as the registry packs them; 0 where none is attested, and in the
    /// fifth byte, which is tenure. To be compared with the registry's groups, where a change needs notice.
    function attestedGroups(uint256 operator) external view returns (uint40);
}
