// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {AllocatorBook} from "./AllocatorBook.sol";
import {PoolBook} from "./PoolBook.sol";
import {RoundPage} from "./RoundPage.sol";

/// @title WriteDowns: operators whose stake is given up, and those that come back (design §6).
/// @notice A write-down is a loss and a part of the premium R. Its units and the rest of the loss are kept until the operator
/// is back.
library WriteDowns {
    using AllocatorBook for AllocatorBook.State;
    using Math for uint256;
    using RoundPage for RoundPage.Page;
    using SafeCast for uint256;

    uint256 private constant TERM = 90 days;

    function writeDown(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        uint256 id,
        IAllocator.Position memory held
    ) internal {
        page.book(self);

        uint256 loss = uint256(held.position) + held.unbonding;
        (held.position, held.unbonding, held.writtenDown) = (0, 0, true);
        self.roundLoss += loss.toUint96();

        (uint256 units, uint256 era) = self.metaPool.reportWriteDown(loss);
        // Who came back with less, and is given up again, still has units for what is missing.
        IAllocator.Record storage record = self.records[id];
        uint256 left = PoolBook.unitsAfter(record.premiumUnits, era - record.premiumEra);
        uint256 missing = left == 0 ? 0 : record.lost;
        // By what is missing of each: an old wei ends no new loss's part of R early, nor does a new wei keep an old one's.
        uint256 mean = (record.writtenDownAt * missing + block.timestamp * loss) / (missing + loss);
        (record.lost, record.writtenDownAt) = (uint96((missing + loss).min(type(uint96).max)), uint40(mean));
        (record.premiumUnits, record.premiumEra) = ((left + units).toUint128(), uint32(era));
        emit IAllocator.OperatorWrittenDown(id, page.round, loss);
    }

    /// @dev The pool is back: what it has makes up for its part of R, which ends in the same step. If it has less than was
    /// lost, as large a part ends: else a pool that answers with nothing, and pays afterwards, would sell cheap shares.
    /// @return missing wei that are not back.
    function recover(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        uint256 id,
        IAllocator.Position memory held,
        uint256 gain
    ) internal returns (uint256 missing) {
        page.book(self);

        held.writtenDown = false;
        self.roundGain += gain.toUint96();
        missing = uint256(self.records[id].lost).saturatingSub(gain);
        if (missing <= AllocatorBook.SMALLEST_LOSS) missing = 0; // rounding
        _recover(self, id, gain, missing);
        emit IAllocator.OperatorRecovered(id, page.round);
    }

    /// @dev Who came back with less has more now: what its gain exceeds its loss by makes up for what is missing.
    function payBack(
        AllocatorBook.State storage self,
        RoundPage.Page memory page,
        uint256 id,
        uint256 gain,
        uint256 loss
    ) internal {
        page.gain += loss;
        page.book(self);

        self.roundGain += (gain - loss).toUint96();
        recoverPart(self, id, gain - loss);
    }

    /// @dev The pool has paid `gain` and is not back.
    function recoverPart(AllocatorBook.State storage self, uint256 id, uint256 gain) internal {
        _recover(self, id, gain, uint256(self.records[id].lost).saturatingSub(gain));
    }

    /// @dev As large a part of its units ends as `gain` is of what is lost, rounded down; all of them if nothing is missing.
    function _recover(AllocatorBook.State storage self, uint256 id, uint256 gain, uint256 missing) private {
        IAllocator.Record storage record = self.records[id];
        (uint256 lost, uint256 units) = (record.lost, record.premiumUnits);
        record.lost = uint96(missing);
        _end(self, record, missing == 0 ? units : units.mulDiv(gain, lost), gain);
    }

    /// @dev An operator that stays away is no reason to charge stakes for ever.
    function endOld(AllocatorBook.State storage self, uint256 id) internal {
        IAllocator.Record storage record = self.records[id];
        if (block.timestamp >= record.writtenDownAt + TERM) endPremium(self, record);
    }

    /// @dev Ends an operator's part of R: what it returns later is a gain.
    function endPremium(AllocatorBook.State storage self, IAllocator.Record storage record) internal {
        _end(self, record, record.premiumUnits, 0);
    }

    /// @dev Ends so many units of R, with what the operator turns out to have.
    function _end(
        AllocatorBook.State storage self,
        IAllocator.Record storage record,
        uint256 ending,
        uint256 gain
    ) private {
        uint256 units = record.premiumUnits;
        if (ending != 0) record.premiumUnits = uint128(units - ending);
        self.metaPool.endWriteDown(gain, units, units - ending, record.premiumEra);
    }
}
