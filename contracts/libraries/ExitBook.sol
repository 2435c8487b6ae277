// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IStakingPool} from "../interfaces/IStakingPool.sol";

/// @title The book of exits that StakingPool and MetaPool share.
/// @notice An exit of `a` wei buys ⌊a·1e27/lossIndex⌋ units of the batch that is filling. Batches are funded in order.
///
///     batchOpen = ⌊openUnits·lossIndex/1e27⌋          what a batch is still owed
///     open      = ⌊units·batchOpen/batch.units⌋       what an exit is still owed
///     matured   = ⌊units·paid/batch.units⌋ − taken    what an exit can take
///
/// @dev Guarantees: Σ openUnits·lossIndex/1e27 ≤ owed (every rounding lowers the left side first); funded = Σ paid; no
/// exit takes more than its part of what its batch was paid; free = Σ freeOf; an account's exits are a list in batch
/// order, so its finished exits are a prefix of it. What is reserved, funded − Σ taken, is in no word: decision 0010.
/// Assumes: amounts below 2^96 wei; `fund` is given only money that the pool has.
library ExitBook {
    using Math for uint256;
    using SafeCast for uint256;

    /// @dev lossIndex of an exit that has seen no loss.
    uint256 internal constant INDEX_ONE = 1e27;
    /// @dev Below this index the open batches are closed: what is left of them could no longer be told apart.
    uint256 internal constant INDEX_MIN = 1e18;

    enum Phase {
        Whole, // all units are open
        Partial, // openUnitsOf holds the open units
        Closed // no unit is open
    }

    /// @dev One slot: an account's shares, the ends of its list of exits, flags; 56 bits are spare.
    struct Account {
        uint128 shares;
        uint32 firstExit; // batch of the oldest exit; stale when that exit has no units: the list is empty
        uint32 lastExit;
        bool hasFree; // freeOf is not zero
        bool everStaked;
    }

    /// @dev One slot.
    struct Batch {
        uint120 units; // 0 while the batch is filling: they are in the book's slot 1
        uint96 paid;
        uint32 next; // the next batch that has units
        Phase phase;
    }

    /// @dev One slot: what an account asked for in one batch.
    struct Exit {
        uint120 units;
        uint96 taken;
        uint32 next; // batch of the account's next exit
    }

    struct Book {
        // Slot 0: read by payments, written when batches are funded.
        uint128 funded; // all that was ever set aside for exits: it only grows
        uint32 oldestBatch; // oldest begun batch with open units, 0 for none
        uint32 completedBatch; // batches up to here may be funded
        uint32 voidedThrough; // batches up to here have no open units
        // Slot 1: touched by requests.
        uint96 owed; // exits not yet funded
        uint120 fillingUnits;
        uint32 fillingBatch; // new exits join it
        bool isWrittenDown; // lossIndex is below one: only then requests read it
        // Slot 2.
        uint96 lossIndex;
        uint32 lastBatch; // last begun batch that had units; stale while oldestBatch is 0
        uint96 free; // deposits and folded exits
        mapping(address account => Account) accounts;
        mapping(address account => uint256 assets) freeOf;
        mapping(uint256 batch => Batch) batches;
        mapping(uint256 batch => uint256 units) openUnitsOf;
        mapping(address account => mapping(uint256 batch => Exit)) exits;
    }

    /* REQUESTS */

    function initialize(Book storage book) internal {
        book.lossIndex = uint96(INDEX_ONE);
        book.fillingBatch = 1;
    }

    /// @dev Opens an exit of `assets` for `owner`, in the record that it has in the filling batch if there is one.
    function open(Book storage book, address owner, uint256 assets) internal returns (uint256 batch, uint256 units) {
        batch = book.fillingBatch;
        units = book.isWrittenDown ? assets.mulDiv(INDEX_ONE, book.lossIndex) : assets;
        (uint96 owed, uint120 filling) = (book.owed + assets.toUint96(), book.fillingUnits + units.toUint120());
        (book.owed, book.fillingUnits) = (owed, filling); // one write

        Account storage account = book.accounts[owner];
        mapping(uint256 batch => Exit) storage exits = book.exits[owner];
        uint256 last = account.lastExit;
        if (last != batch) {
            if (last != 0 && exits[last].units != 0) exits[last].next = uint32(batch);
            else account.firstExit = uint32(batch);
            account.lastExit = uint32(batch);
        }
        exits[batch].units += uint120(units); // ≤ fillingUnits
    }

    /* BATCHES */

    /// @dev Begins the filling batch: later exits join the next one.
    function begin(Book storage book) internal returns (uint256 batch) {
        batch = book.fillingBatch;
        uint120 units = book.fillingUnits;
        book.fillingBatch = (batch + 1).toUint32();
        if (units == 0) return batch;

        book.fillingUnits = 0;
        book.batches[batch].units = units;
        if (book.oldestBatch == 0) book.oldestBatch = uint32(batch);
        else book.batches[book.lastBatch].next = uint32(batch);
        book.lastBatch = uint32(batch);
    }

    /// @dev Lets batches up to `batch` be funded.
    function complete(Book storage book, uint256 batch) internal {
        book.completedBatch = batch.toUint32();
    }

    /// @dev Sets aside up to `available` wei for up to `maxBatches` batches, oldest first, the last one in part if need be.
    /// @return funded wei set aside; @return dust wei that were owed to nobody when the last open unit went.
    function fund(
        Book storage book,
        uint256 available,
        uint256 maxBatches
    ) internal returns (uint256 funded, uint256 dust) {
        uint256 oldest = book.oldestBatch;
        uint256 completed = book.completedBatch;
        uint256 batch = oldest;
        for (uint256 i; i < maxBatches && batch != 0 && batch <= completed; ++i) {
            (uint256 paid, bool closed) = _fundBatch(book, batch, available - funded);
            funded += paid;
            if (!closed) break;
            batch = book.batches[batch].next;
        }
        if (batch == oldest && funded == 0) return (0, 0);

        book.oldestBatch = uint32(batch);
        book.funded += uint96(funded); // funded ≤ owed
        uint256 owed = book.owed - funded;
        if (batch == 0 && owed != 0 && book.fillingUnits == 0) (dust, owed) = (owed, 0);
        book.owed = uint96(owed);
    }

    /// @dev Lowers what open exits are owed by `loss`. The caller voids the book if it says that too little is left.
    function writeDown(Book storage book, uint256 loss) internal returns (bool exhausted) {
        uint256 owed = book.owed;
        if (loss == 0) return false;

        uint256 index = uint256(book.lossIndex).mulDiv(owed - loss, owed);
        book.owed = uint96(owed - loss);
        book.lossIndex = uint96(index);
        book.isWrittenDown = true;
        emit IStakingPool.ExitsWrittenDown(loss, index);
        return index < INDEX_MIN;
    }

    /// @dev Closes every open batch at what it was paid. @return rest wei that were owed to them.
    function voidOpen(Book storage book) internal returns (uint256 rest) {
        uint256 batch = book.fillingBatch;
        rest = book.owed;
        book.batches[batch].units = book.fillingUnits;
        book.owed = 0;
        book.fillingUnits = 0;
        book.lossIndex = uint96(INDEX_ONE);
        book.isWrittenDown = false;
        book.oldestBatch = 0;
        book.voidedThrough = uint32(batch);
        book.fillingBatch = (batch + 1).toUint32();
        emit IStakingPool.BatchesVoided(batch, rest);
    }

    /* PAYMENTS */

    /// @dev Adds `assets` to the free balance of `owner`.
    function addFree(Book storage book, address owner, uint256 assets) internal {
        book.free += assets.toUint96();
        book.freeOf[owner] += assets;
        book.accounts[owner].hasFree = true;
    }

    /// @dev Takes up to `limit` wei of the free balance, then of matured exits, oldest first; deletes what is finished.
    function take(Book storage book, address owner, uint256 limit) internal returns (uint256 taken) {
        Account storage account = book.accounts[owner];
        if (account.hasFree) {
            uint256 free = book.freeOf[owner];
            taken = Math.min(free, limit);
            book.freeOf[owner] = free - taken;
            if (free == taken) account.hasFree = false;
            book.free -= uint96(taken);
        }

        unchecked {
            // Neither part is more than is left of the limit.
            taken += _takeExits(book, account, book.exits[owner], limit - taken);
        }
    }

    /// @dev Moves what is left of up to `maxExits` finished exits to the free balance.
    function fold(Book storage book, address owner, uint256 maxExits) internal {
        Account storage account = book.accounts[owner];
        uint256 id = account.firstExit;
        uint256 folded;
        for (uint256 i; i < maxExits && id != 0; ++i) {
            Exit storage exit = book.exits[owner][id];
            Batch storage batch = book.batches[id];
            if (exit.units == 0 || !_isClosed(book, batch, id)) break;

            uint256 matured = _matured(exit, batch);
            folded += matured;
            emit IStakingPool.ExitFolded(owner, id, matured);
            id = exit.next;
            _clear(exit);
            if (id != 0) account.firstExit = uint32(id);
        }
        if (folded != 0) addFree(book, owner, folded);
    }

    /* VIEWS */

    /// @dev wei that `batch` is still owed, rounded down.
    function batchOpen(Book storage book, uint256 batch) internal view returns (uint256) {
        return openUnits(book, batch).mulDiv(book.lossIndex, INDEX_ONE);
    }

    /// @dev Units of batch `id` that are not yet funded.
    function openUnits(Book storage book, uint256 id) internal view returns (uint256) {
        Batch storage batch = book.batches[id];
        if (batch.phase == Phase.Closed || id <= book.voidedThrough) return 0;
        return batch.phase == Phase.Partial ? book.openUnitsOf[id] : unitsOf(book, id);
    }

    /// @dev Units of batch `id`, funded or not.
    function unitsOf(Book storage book, uint256 id) internal view returns (uint256) {
        return id == book.fillingBatch ? book.fillingUnits : book.batches[id].units;
    }

    /// @dev The last batch before the oldest one with open units; with none open, the last completed or voided one.
    function fundedThrough(Book storage book) internal view returns (uint256) {
        if (book.oldestBatch != 0) return book.oldestBatch - 1;
        if (book.fillingUnits != 0) return book.fillingBatch - 1;
        return Math.max(book.completedBatch, book.voidedThrough);
    }

    /// @dev Sums over the exits of `owner`: free and matured can be taken now, open waits to be funded.
    function unstakedOf(
        Book storage book,
        address owner
    ) internal view returns (uint256 free, uint256 waiting, uint256 matured) {
        free = book.freeOf[owner];
        uint256 batch = book.accounts[owner].firstExit;
        while (batch != 0) {
            // A stale one has no units, and nothing behind it.
            Exit storage exit = book.exits[owner][batch];
            waiting += _open(book, exit, batch);
            matured += _matured(exit, book.batches[batch]);
            batch = exit.next;
        }
    }

    /// @dev All exits of `owner`, oldest first, without their times.
    function exitsOf(Book storage book, address owner) internal view returns (IStakingPool.ExitView[] memory list) {
        uint256 first = book.accounts[owner].firstExit;
        uint256 count;
        for (uint256 batch = first; batch != 0; batch = book.exits[owner][batch].next) {
            if (book.exits[owner][batch].units == 0) break;
            ++count;
        }

        list = new IStakingPool.ExitView[](count);
        uint256 id = first;
        for (uint256 i; i < count; ++i) {
            Exit storage exit = book.exits[owner][id];
            list[i].batch = id;
            list[i].open = _open(book, exit, id);
            list[i].matured = _matured(exit, book.batches[id]);
            id = exit.next;
        }
    }

    /* INTERNAL */

    function _fundBatch(Book storage book, uint256 id, uint256 available) private returns (uint256 paid, bool closed) {
        Batch storage batch = book.batches[id];
        // A batch on the list of those that wait has begun, and is neither closed nor voided.
        uint256 units = batch.phase == Phase.Partial ? book.openUnitsOf[id] : batch.units;
        uint256 index = book.isWrittenDown ? book.lossIndex : INDEX_ONE;
        uint256 due = (units * index) / INDEX_ONE; // 2^120 · 2^96: the product fits
        closed = available >= due;
        paid = closed ? due : available;
        if (!closed && paid == 0) return (0, false);

        if (closed) {
            batch.phase = Phase.Closed;
        } else {
            batch.phase = Phase.Partial;
            book.openUnitsOf[id] = units - paid.mulDiv(INDEX_ONE, index, Math.Rounding.Ceil);
        }
        batch.paid += uint96(paid); // paid ≤ owed
        emit IStakingPool.BatchFunded(id, paid, closed);
    }

    function _takeExits(
        Book storage book,
        Account storage account,
        mapping(uint256 batch => Exit) storage exits,
        uint256 limit
    ) private returns (uint256 taken) {
        uint256 first = account.firstExit;
        uint256 id = first;
        while (id != 0 && taken < limit && (id == first || _mayBePaid(book, id))) {
            Exit storage exit = exits[id];
            if (exit.units == 0) break;

            Batch storage batch = book.batches[id];
            uint256 matured = _matured(exit, batch);
            unchecked {
                // What is taken is at most the limit; what an exit takes, at most what its batch was paid.
                if (matured > limit - taken || !_isClosed(book, batch, id)) {
                    uint256 amount = matured.min(limit - taken);
                    if (amount != 0) exit.taken += uint96(amount);
                    taken += amount;
                    break;
                }
                taken += matured;
            }
            id = exit.next;
            _clear(exit);
        }
        if (id != 0 && id != first) account.firstExit = uint32(id);
    }

    /// @dev False for batches that nothing can have been paid to, and that are not over: they need not be looked at.
    function _mayBePaid(Book storage book, uint256 batch) private view returns (bool) {
        // Together, so that they are one read.
        (uint256 oldest, uint256 completed, uint256 voided) = (
            book.oldestBatch,
            book.completedBatch,
            book.voidedThrough
        );
        return batch <= (oldest == 0 ? completed : oldest) || batch <= voided;
    }

    function _clear(Exit storage exit) private {
        (exit.units, exit.taken, exit.next) = (0, 0, 0);
    }

    function _isClosed(Book storage book, Batch storage batch, uint256 id) private view returns (bool) {
        return batch.phase == Phase.Closed || id <= book.voidedThrough;
    }

    function _open(Book storage book, Exit storage exit, uint256 id) private view returns (uint256) {
        return uint256(exit.units).mulDiv(batchOpen(book, id), unitsOf(book, id));
    }

    function _matured(Exit storage exit, Batch storage batch) private view returns (uint256 matured) {
        // Each word is read once.
        (uint256 units, uint256 paid) = (batch.units, batch.paid);
        (uint256 part, uint256 taken) = (exit.units, exit.taken);
        if (paid == 0) return 0;
        unchecked {
            matured = (part * paid) / units; // 2^120 · 2^96: the product fits
        }
        matured -= taken;
    }
}
