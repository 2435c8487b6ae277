// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";

/// @title How much of the pool's positions a tightening turns into a violation that was none before, in wei.
/// @dev Steps add up: lowering a cap twice counts as much as lowering it once. Caps of different kinds are not set off
/// against each other, so the sum is never too small.
library Tightening {
    using Math for uint256;

    uint16 internal constant NO_SHARE = type(uint16).max;
    uint256 internal constant BPS = 10_000;

    /// @notice The part of an operator's position that a cap does not make a violation.
    function soundPosition(IAllocator allocator, uint256 id, uint256 cap) internal view returns (uint256) {
        uint256 position = allocator.positionOf(id).position;

        return position - _violation(position, cap, allocator.parameters().graceBps);
    }

    /// @notice What lower caps of a group turn into a violation, by the totals of the last snapshot or the live ones,
    /// whichever gives more: else a large stake that leaves again would make room for it.
    function ofGroup(
        IAllocator allocator,
        uint256 id,
        IOperatorRegistry.Group memory oldCaps,
        IOperatorRegistry.Group memory newCaps
    ) internal view returns (uint256) {
        IAllocator.GroupSnapshot memory held = allocator.groupSnapshot(id);
        IAllocator.PoolSnapshot memory pool = allocator.poolSnapshot();
        (uint256 total, uint256 faultedStake, uint256 networkStake) = allocator.liveTotals();
        uint256 graceBps = allocator.parameters().graceBps;

        uint256 recorded = uint256(pool.total) + pool.faultedStake;
        uint256 byRecord =
            _groupViolation(held, newCaps, recorded, pool.networkStake, graceBps) -
                _groupViolation(held, oldCaps, recorded, pool.networkStake, graceBps);
        uint256 live = total + faultedStake;
        uint256 byLive =
            _groupViolation(held, newCaps, live, networkStake, graceBps) -
                _groupViolation(held, oldCaps, live, networkStake, graceBps);

        return byRecord.max(byLive);
    }

    /// @dev A network stake that could not be read, 0, is no reason for a violation.
    function _groupViolation(
        IAllocator.GroupSnapshot memory held,
        IOperatorRegistry.Group memory caps,
        uint256 total,
        uint256 networkStake,
        uint256 graceBps
    ) private pure returns (uint256) {
        uint256 cap = caps.absoluteCap;
        if (caps.poolShareBps != NO_SHARE) cap = cap.min((total * caps.poolShareBps) / BPS);
        if (caps.netShareBps != NO_SHARE && networkStake != 0) {
            cap = cap.min(((networkStake * caps.netShareBps) / BPS).saturatingSub(held.others));
        }

        return _violation(held.position, cap.saturatingSub(held.faulted), graceBps);
    }

    /// @dev What exceeds a cap, once that is more than the grace.
    function _violation(uint256 position, uint256 cap, uint256 graceBps) private pure returns (uint256) {
        return position * BPS > cap * (BPS + graceBps) ? position - cap : 0;
    }
}
