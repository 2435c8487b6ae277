// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {OperatorBook} from "./OperatorBook.sol";

/// @title Ramps in the registry: how they begin and end, and the group that operators sit in meanwhile.
library Tenure {
    using OperatorBook for OperatorBook.State;

    /// @dev Of the tenure group; the last one.
    uint8 internal constant DIMENSION = 5;
    uint8 private constant SHIFT = 8 * (DIMENSION - 1);

    /// @dev Lets an operator ramp that is listed already. Who was established in the tenure group stays there afterwards.
    function beginRamp(OperatorBook.State storage self, uint256 id) internal {
        OperatorBook.Record storage record = self.records[id];
        uint40 oldGroups = record.groups;
        bool wasEstablished = record.drainedFrom == IOperatorRegistry.State.Active;
        if (wasEstablished && _groupIn(oldGroups) == self.tenureGroup) record.laterGroup = self.tenureGroup;
        self.setState(id, IOperatorRegistry.State.Ramping);

        uint40 newGroups = enter(self, id);
        if (newGroups == oldGroups) return;
        self.noteRegrouping(oldGroups, newGroups);

        emit IOperatorRegistry.GroupsChanged(id, oldGroups, newGroups);
    }

    function endRamp(OperatorBook.State storage self, uint256 id) internal {
        self.setState(id, IOperatorRegistry.State.Active);

        OperatorBook.Record storage record = self.records[id];
        (uint40 oldGroups, uint8 tenure) = (record.groups, self.tenureGroup);
        if (tenure == 0 || _groupIn(oldGroups) != tenure) return;
        uint40 newGroups = _with(oldGroups, record.laterGroup);
        record.groups = newGroups;
        record.laterGroup = 0;

        if (newGroups != oldGroups) emit IOperatorRegistry.GroupsChanged(id, oldGroups, newGroups);
    }

    /// @dev Puts an operator into the tenure group if it ramps and there is one. What it was given in that dimension waits, so
    /// that no ramp takes a cap away for longer than it lasts.
    function enter(OperatorBook.State storage self, uint256 id) internal returns (uint40 groups) {
        OperatorBook.Record storage record = self.records[id];
        uint8 tenure = self.tenureGroup;
        groups = record.groups;
        uint8 own = _groupIn(groups);
        if (record.state != IOperatorRegistry.State.Ramping || tenure == 0 || own == tenure) return groups;

        groups = _with(groups, tenure);
        record.groups = groups;
        record.laterGroup = own;
    }

    function _groupIn(uint40 groups) private pure returns (uint8) {
        return uint8(groups >> SHIFT);
    }

    function _with(uint40 groups, uint8 group) private pure returns (uint40) {
        return (groups & ~(uint40(0xff) << SHIFT)) | (uint40(group) << SHIFT);
    }
}
