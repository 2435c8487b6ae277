// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";

/// @title How much of the pool's positions a tightening turns into a violation that was none before, in wei.
/// @dev Steps add up: lowering a cap twice counts as much as lowering it once. An operator's own cap and its groups' are not
/// set off against each other. What a group holds beyond one of its caps already, another one makes no violation again.
library Tightening {
    using Math for uint256;

    /// @dev T' and N.
    struct Totals {
        uint256 stake;
        uint256 network;
    }

    uint16 internal constant NO_SHARE = type(uint16).max;
    uint256 internal constant BPS = 10_000;

    /// @notice The part of an operator's position that a cap does not make a violation.
    function soundPosition(IAllocator allocator, uint256 id, uint256 cap) internal view returns (uint256) {
        uint256 position = allocator.positionOf(id).position;

        return position - _violation(position, cap, allocator.parameters().graceBps);
    }

    /// @notice What lower caps of a group turn into a violation, of what it holds or is about to hold, whichever is more.
    /// T' is that of the last snapshot, the live one, or what operators held at the snapshot: else a large stake that leaves
    /// again would make room for it.
    /// @param newcomers The group whose members may join this one without notice, 0 for none.
    function ofGroup(
        IAllocator allocator,
        uint256 id,
        uint256 newcomers,
        IOperatorRegistry.Group memory oldCaps,
        IOperatorRegistry.Group memory newCaps
    ) internal view returns (uint256 most) {
        IAllocator.GroupSnapshot memory held = allocator.groupSnapshot(id);
        IAllocator.GroupSnapshot memory awaited = _awaited(allocator, id, newcomers);
        Totals[3] memory moments = _moments(allocator);
        uint256 graceBps = allocator.parameters().graceBps;

        for (uint256 k; k < moments.length; ++k) {
            most = most.max(_increase(held, oldCaps, newCaps, moments[k], graceBps));
            most = most.max(_increase(awaited, oldCaps, newCaps, moments[k], graceBps));
        }
    }

    /// @dev What a group holds once its faulted members answer again and all newcomers have joined it.
    function _awaited(
        IAllocator allocator,
        uint256 id,
        uint256 newcomers
    ) private view returns (IAllocator.GroupSnapshot memory held) {
        held = allocator.groupSnapshot(id);
        held.position += held.faulted;
        held.faulted = 0;
        if (newcomers == 0 || newcomers == id) return held;

        IAllocator.GroupSnapshot memory joining = allocator.groupSnapshot(newcomers);
        held.position += joining.position + joining.faulted;
    }

    function _moments(IAllocator allocator) private view returns (Totals[3] memory) {
        IAllocator.PoolSnapshot memory pool = allocator.poolSnapshot();
        (uint256 total, uint256 faultedStake, uint256 networkStake) = allocator.liveTotals();

        return
            [
                Totals(uint256(pool.total) + pool.faultedStake, pool.networkStake),
                Totals(uint256(pool.healthy) + pool.faultedStake, pool.networkStake),
                Totals(total + faultedStake, networkStake)
            ];
    }

    function _increase(
        IAllocator.GroupSnapshot memory held,
        IOperatorRegistry.Group memory oldCaps,
        IOperatorRegistry.Group memory newCaps,
        Totals memory totals,
        uint256 graceBps
    ) private pure returns (uint256) {
        return _groupViolation(held, newCaps, totals, graceBps) - _groupViolation(held, oldCaps, totals, graceBps);
    }

    /// @dev A network stake that could not be read, 0, is no reason for a violation.
    function _groupViolation(
        IAllocator.GroupSnapshot memory held,
        IOperatorRegistry.Group memory caps,
        Totals memory totals,
        uint256 graceBps
    ) private pure returns (uint256) {
        uint256 cap = caps.absoluteCap;
        if (caps.poolShareBps != NO_SHARE) cap = cap.min((totals.stake * caps.poolShareBps) / BPS);
        if (caps.netShareBps != NO_SHARE && totals.network != 0) {
            cap = cap.min(((totals.network * caps.netShareBps) / BPS).saturatingSub(held.others));
        }

        return _violation(held.position, cap.saturatingSub(held.faulted), graceBps);
    }

    /// @dev What exceeds a cap, once that is more than the grace.
    function _violation(uint256 position, uint256 cap, uint256 graceBps) private pure returns (uint256) {
        return position * BPS > cap * (BPS + graceBps) ? position - cap : 0;
    }
}
