// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {AllocatorBook} from "./AllocatorBook.sol";

/// @title Ramps: how much a newcomer may be lifted to, from reading to reading (design §8).
/// @notice Only for who is not established: an Active operator is never looked up here.
///
///     floor = 5 bp of T                     full = poolShare·T'                        both of the last snapshot
///     first reading, or less than can be staked → floor
///     fault → ramp/2, but no less than min(floor, ramp)
///     clean, and it held stake of ours when the last round ended → min(full, ramp·3/2); at full it is established
///
/// @dev Guarantees: once begun, a ramp grows by a half per epoch at most, however T grows, and only while there is stake that
/// it could lose.
library Ramps {
    using Math for uint256;
    using SafeCast for uint256;

    uint256 private constant FLOOR_BPS = 5;

    /// @dev What a reading has to say of an operator that is not established.
    struct Finding {
        bool isFaulted;
        bool isHeld; // watched, not whitelisted, or it lost something since the last reading
        bool hasStake; // it had stake of ours when the last round ended
    }

    /// @dev The ramp after a reading, 0 for none; whether the operator is established by it.
    function follow(
        AllocatorBook.State storage self,
        uint256 id,
        IOperatorRegistry.State state,
        Finding memory finding
    ) internal returns (uint256 ramp, bool isComplete) {
        uint256 before = self.ramps[id];
        if (state == IOperatorRegistry.State.Ramping) (ramp, isComplete) = _next(self, before, finding);
        if (isComplete) ramp = 0;
        if (ramp == before) return (ramp, isComplete);

        self.ramps[id] = ramp.toUint96();
        emit IAllocator.RampChanged(id, self.round, ramp);
    }

    function _next(
        AllocatorBook.State storage self,
        uint256 ramp,
        Finding memory finding
    ) private view returns (uint256 next, bool isComplete) {
        uint256 total = self.snapshot.total;
        uint256 floor = (total * FLOOR_BPS) / AllocatorBook.BPS;
        if (ramp < AllocatorBook.SMALLEST_STAKE) return (floor, false); // with less nobody gets stake, so it would never grow
        if (finding.isFaulted) return (floor.max(ramp / 2).min(ramp), false);
        if (finding.isHeld || !finding.hasStake) return (ramp, false);

        uint256 full = AllocatorBook.shareDown(total + self.snapshot.faultedStake, self.poolShareBps);
        next = full.min((ramp * 3) / 2);
        isComplete = next == full && full != 0;
    }
}
