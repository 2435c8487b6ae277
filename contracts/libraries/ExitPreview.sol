// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStakingPool} from "../interfaces/IStakingPool.sol";
import {ExitBook} from "./ExitBook.sol";

/// @title The view twin of ExitBook: what the book will say once a loss is written down and batches are funded.
/// @notice Batches are funded in order, so all that funding does is said by where it stops and what it pays there.
/// @dev Guarantees: after `writeDown` or `voidOpen`, then `fund(available, maxBatches)`, the book's views say the same.
library ExitPreview {
    using ExitBook for ExitBook.Book;
    using Math for uint256;

    struct Funding {
        uint256 lossIndex; // 0 if voided
        bool voided; // no batch begun or filling has open units any more
        uint256 stop; // the first batch that is not paid in full
        uint256 stopPaid; // what it is paid now
        uint256 funded; // what all of them are paid now
        uint256 dust; // owed to nobody when the last open unit went
    }

    /// @dev What `writeDown(loss)`, `voidOpen` if it says so, and `fund(available, maxBatches)` will do.
    /// With `isEmpty` nothing is left for anybody, and the book is voided too.
    function preview(
        ExitBook.Book storage book,
        uint256 loss,
        bool isEmpty,
        uint256 available,
        uint256 maxBatches
    ) internal view returns (Funding memory funding) {
        uint256 owed = book.owed - loss;
        funding.lossIndex = book.lossIndex;
        if (loss != 0) funding.lossIndex = funding.lossIndex.mulDiv(owed, owed + loss);
        if (isEmpty || funding.lossIndex < ExitBook.INDEX_MIN) {
            funding.lossIndex = 0;
            funding.voided = true;
            funding.stop = uint256(book.fillingBatch) + 1;
            funding.dust = owed;
        } else {
            _fund(book, funding, owed, available, maxBatches);
        }
    }

    /// @dev As `ExitBook.fundedThrough`.
    function fundedThrough(ExitBook.Book storage book, Funding memory funding) internal view returns (uint256) {
        uint256 filling = book.fillingBatch;
        if (funding.stop != filling || book.fillingUnits != 0) return funding.stop - 1;
        return Math.max(book.completedBatch, book.voidedThrough);
    }

    /// @dev As `ExitBook.unstakedOf`.
    function unstakedOf(
        ExitBook.Book storage book,
        Funding memory funding,
        address owner
    ) internal view returns (uint256 free, uint256 waiting, uint256 matured) {
        free = book.freeOf[owner];
        IStakingPool.ExitView[] memory list = exitsOf(book, funding, owner);
        for (uint256 i; i < list.length; ++i) {
            IStakingPool.ExitView memory exit = list[i];
            waiting += exit.open;
            matured += exit.matured;
        }
    }

    /// @dev As `ExitBook.exitsOf`.
    function exitsOf(
        ExitBook.Book storage book,
        Funding memory funding,
        address owner
    ) internal view returns (IStakingPool.ExitView[] memory list) {
        uint256 first = book.accounts[owner].firstExit;
        uint256 count;
        for (uint256 id = first; book.exits[owner][id].units != 0; id = book.exits[owner][id].next) ++count;

        list = new IStakingPool.ExitView[](count);
        uint256 batch = first;
        for (uint256 i; i < count; ++i) {
            ExitBook.Exit storage exit = book.exits[owner][batch];
            IStakingPool.ExitView memory item = list[i];
            item.batch = batch;
            (item.open, item.matured) = _exit(book, funding, exit, batch);
            batch = exit.next;
        }
    }

    /// @dev As `ExitBook.fund`.
    function _fund(
        ExitBook.Book storage book,
        Funding memory funding,
        uint256 owed,
        uint256 available,
        uint256 maxBatches
    ) private view {
        uint256 batch = book.oldestBatch;
        uint256 completed = book.completedBatch;
        for (uint256 i; i < maxBatches && batch != 0 && batch <= completed; ++i) {
            uint256 due = book.openUnits(batch).mulDiv(funding.lossIndex, ExitBook.INDEX_ONE);
            if (available < due) {
                funding.stopPaid = available;
                funding.funded += available;
                break;
            }
            available -= due;
            funding.funded += due;
            batch = book.batches[batch].next;
        }

        funding.stop = batch;
        if (batch != 0) return;

        funding.stop = book.fillingBatch;
        if (book.fillingUnits == 0) funding.dust = owed - funding.funded;
    }

    function _exit(
        ExitBook.Book storage book,
        Funding memory funding,
        ExitBook.Exit storage exit,
        uint256 id
    ) private view returns (uint256 open, uint256 matured) {
        uint256 units = book.unitsOf(id);
        uint256 openUnits = book.openUnits(id);
        uint256 paid = book.batches[id].paid;
        if (id < funding.stop) {
            paid += openUnits.mulDiv(funding.lossIndex, ExitBook.INDEX_ONE);
            openUnits = 0;
        } else if (id == funding.stop && funding.stopPaid != 0) {
            paid += funding.stopPaid;
            openUnits -= funding.stopPaid.mulDiv(ExitBook.INDEX_ONE, funding.lossIndex, Math.Rounding.Ceil);
        }
        open = uint256(exit.units).mulDiv(openUnits.mulDiv(funding.lossIndex, ExitBook.INDEX_ONE), units);
        matured = uint256(exit.units).mulDiv(paid, units) - exit.taken;
    }
}
