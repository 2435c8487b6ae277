// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IStakingPool} from "../interfaces/IStakingPool.sol";
import {ExitBook} from "../libraries/ExitBook.sol";
import {ExitPreview} from "../libraries/ExitPreview.sol";

/// @title A book of exits by itself, with all that it keeps in sight. Who uses it checks nothing.
contract ExitBookHarness {
    using ExitBook for ExitBook.Book;
    using ExitPreview for ExitBook.Book;

    struct BatchView {
        uint256 units;
        uint256 openUnits;
        uint256 open;
        uint256 paid;
    }

    struct OwnerView {
        uint256 free;
        uint256 waiting;
        uint256 matured;
        bool hasFree;
        IStakingPool.ExitView[] exits;
        ExitBook.Exit[] records; // by batch, from 0 on
    }

    struct Look {
        uint256 lossIndex;
        bool isWrittenDown;
        uint256 owed;
        uint256 funded;
        uint256 free;
        uint256 filling;
        uint256 completed;
        uint256 voidedThrough;
        uint256 oldest;
        uint256 fundedThrough;
        BatchView[] batches; // from 0 on
        OwnerView[] owners;
    }

    struct Foresight {
        ExitPreview.Funding funding;
        uint256 fundedThrough;
        OwnerView[] owners; // without what is kept
    }

    ExitBook.Book private _book; // from slot 0 on

    constructor() {
        _book.initialize();
    }

    function open(address owner, uint256 assets) external returns (uint256 batch, uint256 units) {
        return _book.open(owner, assets);
    }

    function begin() external returns (uint256 batch) {
        return _book.begin();
    }

    function complete(uint256 batch) external {
        _book.complete(batch);
    }

    function fund(uint256 available, uint256 maxBatches) external returns (uint256 funded, uint256 dust) {
        return _book.fund(available, maxBatches);
    }

    function writeDown(uint256 loss) external returns (bool exhausted) {
        return _book.writeDown(loss);
    }

    function voidOpen() external returns (uint256 rest) {
        return _book.voidOpen();
    }

    function addFree(address owner, uint256 assets) external {
        _book.addFree(owner, assets);
    }

    function take(address owner, uint256 limit) external returns (uint256 taken) {
        return _book.take(owner, limit);
    }

    function fold(address owner, uint256 maxExits) external {
        _book.fold(owner, maxExits);
    }

    function look(address[] calldata owners) external view returns (Look memory seen) {
        ExitBook.Book storage book = _book;
        (seen.lossIndex, seen.isWrittenDown) = (book.lossIndex, book.isWrittenDown);
        (seen.owed, seen.funded, seen.free) = (book.owed, book.funded, book.free);
        (seen.filling, seen.completed, seen.voidedThrough) = (
            book.fillingBatch,
            book.completedBatch,
            book.voidedThrough
        );
        (seen.oldest, seen.fundedThrough) = (book.oldestBatch, book.fundedThrough());
        seen.batches = new BatchView[](seen.filling + 1);
        for (uint256 id; id <= seen.filling; ++id) {
            seen.batches[id] = BatchView(
                book.unitsOf(id),
                book.openUnits(id),
                book.batchOpen(id),
                book.batches[id].paid
            );
        }
        seen.owners = new OwnerView[](owners.length);
        for (uint256 i; i < owners.length; ++i) {
            OwnerView memory owner = seen.owners[i];
            (owner.free, owner.waiting, owner.matured) = book.unstakedOf(owners[i]);
            owner.hasFree = book.accounts[owners[i]].hasFree;
            owner.exits = book.exitsOf(owners[i]);
            owner.records = new ExitBook.Exit[](seen.filling + 1);
            for (uint256 id; id <= seen.filling; ++id) owner.records[id] = book.exits[owners[i]][id];
        }
    }

    /// @notice What the views will say after a loss, after everything is lost if `isEmpty`, and after `fund`.
    function foresee(
        address[] calldata owners,
        uint256 loss,
        bool isEmpty,
        uint256 available,
        uint256 maxBatches
    ) external view returns (Foresight memory seen) {
        seen.funding = _book.preview(loss, isEmpty, available, maxBatches);
        seen.fundedThrough = _book.fundedThrough(seen.funding);
        seen.owners = new OwnerView[](owners.length);
        for (uint256 i; i < owners.length; ++i) {
            OwnerView memory owner = seen.owners[i];
            (owner.free, owner.waiting, owner.matured) = _book.unstakedOf(seen.funding, owners[i]);
            owner.exits = _book.exitsOf(seen.funding, owners[i]);
        }
    }
}
