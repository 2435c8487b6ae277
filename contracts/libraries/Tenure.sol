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

    /// @dev Lets an operator ramp that is listed already.
    function beginRamp(OperatorBook.State storage self, uint256 id) internal {
        uint40 oldGroups = self.records[id].groups;
        self.setState(id, IOperatorRegistry.State.Ramping);

        uint40 newGroups = enter(self, id);
        if (newGroups == oldGroups) return;
        self.noteRegrouping(oldGroups, newGroups);

        emit IOperatorRegistry.GroupsChanged(id, oldGroups, newGroups);
    }

    function endRamp(OperatorBook.State storage self, uint256 id) internal {
        self.setState(id, IOperatorRegistry.State.Active);

        OperatorBook.Record storage record = self.records[id];
        if (record.marks & OperatorBook.IN_TENURE == 0) return;
        uint40 oldGroups = record.groups;
        uint40 newGroups = _with(oldGroups, record.laterGroup);
        record.groups = newGroups;
        record.laterGroup = 0;
        record.marks &= ~OperatorBook.IN_TENURE;

        if (newGroups != oldGroups) emit IOperatorRegistry.GroupsChanged(id, oldGroups, newGroups);
    }

    /// @dev Gives an operator its groups. Who is given back the tenure group that it sits in keeps what waits.
    function give(OperatorBook.State storage self, uint256 id, uint40 groups) internal returns (uint40 newGroups) {
        OperatorBook.Record storage record = self.records[id];
        if (_groupIn(groups) != _groupIn(record.groups)) record.marks &= ~OperatorBook.IN_TENURE;
        record.groups = groups;

        return enter(self, id);
    }

    /// @dev Puts an operator into the tenure group if it ramps and there is one. What it was given in that dimension waits, so
    /// that no ramp takes a cap away for longer than it lasts.
    function enter(OperatorBook.State storage self, uint256 id) internal returns (uint40 groups) {
        OperatorBook.Record storage record = self.records[id];
        uint8 tenure = self.tenureGroup;
        groups = record.groups;
        if (record.state != IOperatorRegistry.State.Ramping || tenure == 0) return groups;

        if (record.marks & OperatorBook.IN_TENURE == 0) _keep(record, id, _groupIn(groups), tenure);
        groups = _with(groups, tenure);
        record.groups = groups;
    }

    /// @dev Who was established in the tenure group stays there afterwards; who is new does not.
    function _keep(OperatorBook.Record storage record, uint256 id, uint8 own, uint8 tenure) private {
        bool isNew = record.drainedFrom != IOperatorRegistry.State.Active;
        uint8 later = own == tenure && isNew ? 0 : own;
        record.laterGroup = later;
        record.marks |= OperatorBook.IN_TENURE;

        emit IOperatorRegistry.TenureBegun(id, later);
    }

    function _groupIn(uint40 groups) private pure returns (uint8) {
        return uint8(groups >> SHIFT);
    }

    function _with(uint40 groups, uint8 group) private pure returns (uint40) {
        return (groups & ~(uint40(0xff) << SHIFT)) | (uint40(group) << SHIFT);
    }
}
