// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAttributes} from "./interfaces/IAttributes.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";

/// @title Attributes
/// Assumes: nothing of what attesters say; the registry's views are honest.
/// Guarantees: an attestation says who made it and when; no other contract reads it, so it changes no group and no cap.
contract Attributes is IAttributes, AccessManaged {
    using SafeCast for uint256;

    uint256 private constant MAX_LENGTH = 64;
    uint256 private constant DIMENSION_BITS = 8;

    IOperatorRegistry public immutable REGISTRY;

    mapping(uint256 operator => mapping(Kind kind => Attribute attribute)) private _attributes;

    constructor(address accessManager, IOperatorRegistry registry) AccessManaged(accessManager) {
        REGISTRY = registry;
    }

    /// @inheritdoc IAttributes
    function attest(uint256 operator, Kind kind, uint8 group, string calldata value) external restricted {
        IOperatorRegistry.State state = REGISTRY.operator(operator).state;
        bool isKnown = state != IOperatorRegistry.State.None && state != IOperatorRegistry.State.Removed;
        require(isKnown, UnknownOperator(operator));
        _checkGroup(kind, group);
        require(bytes(value).length <= MAX_LENGTH, ValueTooLong(bytes(value).length, MAX_LENGTH));

        uint32 version = _attributes[operator][kind].version + 1;
        _attributes[operator][kind] = Attribute({
            version: version,
            attestedAt: block.timestamp.toUint40(),
            attester: msg.sender,
            group: group,
            value: value
        });

        emit Attested(operator, kind, msg.sender, version, group, value);
    }

    /* VIEWS */

    /// @inheritdoc IAttributes
    function attributeOf(uint256 operator, Kind kind) external view returns (Attribute memory) {
        return _attributes[operator][kind];
    }

    /// @inheritdoc IAttributes
    function attestedGroups(uint256 operator) external view returns (uint40 groups) {
        for (uint256 k = 0; k < uint256(Kind.Geography); ++k) {
            groups |= uint40(_attributes[operator][Kind(k)].group) << uint40(DIMENSION_BITS * k);
        }
    }

    /* INTERNAL */

    function _checkGroup(Kind kind, uint256 group) private view {
        if (group == 0) return;
        require(kind != Kind.Geography, GroupOfGeography(group));

        uint256 dimension = REGISTRY.group(group).dimension;
        uint256 expected = uint256(kind) + 1;
        require(dimension == expected, WrongDimension(group, dimension, expected));
    }
}
