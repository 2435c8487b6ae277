// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStakingPool} from "../../contracts/interfaces/IStakingPool.sol";
import {ExitBook} from "../../contracts/libraries/ExitBook.sol";
import {ExitPreview} from "../../contracts/libraries/ExitPreview.sol";

/// @notice Random sequences on one book, all guarantees checked after every step.
/// @dev The book is used as pools use it: `complete` trails `begin`, and a book that is exhausted is voided.
contract ExitBookTest {
    using ExitBook for ExitBook.Book;
    using ExitPreview for ExitBook.Book;
    using Math for uint256;

    uint256 private constant OWNERS = 4;
    uint256 private constant STEPS = 48;
    uint256 private constant ONE = 1e27;

    ExitBook.Book private book;

    // What happened, counted apart from the book.
    uint256 private asked;
    uint256 private deposited;
    uint256 private fundedSum;
    uint256 private takenSum;
    mapping(uint256 batch => uint256 assets) private takenOf;
    uint256 private writtenDown;
    uint256 private voided;
    uint256 private dustSum;
    uint256 private rolls;

    struct Seen {
        uint256 free;
        uint256 waiting;
        uint256 matured;
    }

    function setUp() public {
        book.initialize();
    }

    /// @dev Mostly small numbers, where roundings show.
    function testFuzz_KeepsItsGuaranteesWithSmallAmounts(uint256 seed) external {
        _run(seed, 50);
    }

    function testFuzz_KeepsItsGuaranteesWithLargeAmounts(uint256 seed) external {
        _run(seed, 1e24);
    }

    /// @dev An exit that no loss touches gets exactly what it asked for, however funding comes in.
    function testFuzz_PaysExactlyWithoutLosses(uint256 seed, uint96[6] memory amounts) external {
        uint256[] memory due = new uint256[](OWNERS);
        for (uint256 i; i < amounts.length; ++i) {
            uint256 amount = 1 + (amounts[i] % 1e26);
            uint256 owner = _random(seed, i) % OWNERS;
            book.open(_owner(owner), amount);
            due[owner] += amount;
            if (_random(seed, i + 100) % 2 == 0) book.complete(book.begin());
        }
        book.complete(book.begin());

        uint256 owed = book.owed;
        uint256 sum;
        for (uint256 i; i < amounts.length; ++i) {
            (uint256 funded, uint256 dust) = book.fund(owed.mulDiv(i + 1, amounts.length) - sum, 100);
            sum += funded;
            require(dust == 0, "dust without a loss");
        }
        require(sum == owed && book.owed == 0, "not funded");
        for (uint256 i; i < OWNERS; ++i) {
            require(book.take(_owner(i), type(uint256).max) == due[i], "not exact");
            sum -= due[i];
        }
        require(sum == 0 && book.funded == owed, "something is left");
    }

    /// @dev Open exits bear a loss in proportion, whichever batch they are in.
    function testFuzz_SharesALossInProportion(uint96 first, uint96 second, uint256 share) external {
        uint256 a = 1e9 + (first % 1e26);
        uint256 b = 1e9 + (second % 1e26);
        book.open(_owner(0), a);
        book.begin();
        book.open(_owner(1), b);
        uint256 loss = (a + b).mulDiv(share % 1e6, 1e6);

        bool exhausted = book.writeDown(loss);

        require(!exhausted, "exhausted");
        _near(_see(0).waiting, a - a.mulDiv(loss, a + b), 2, "first");
        _near(_see(1).waiting, b - b.mulDiv(loss, a + b), 2, "second");
        require(_see(0).waiting + _see(1).waiting <= book.owed, "more than is owed");
    }

    /// @dev A whale cannot hold up small exits: what there is goes to the oldest batch in proportion.
    function testFuzz_FundsABatchInPart(uint96 small, uint96 large, uint256 part) external {
        uint256 a = 1 + (small % 1e20);
        uint256 b = 1e20 + (large % 1e26);
        book.open(_owner(0), a);
        book.open(_owner(1), b);
        book.complete(book.begin());
        uint256 available = (a + b).mulDiv(part % 1e6, 1e6);

        (uint256 funded, ) = book.fund(available, 1);

        require(funded == available, "not all used");
        require(book.owed == a + b - available, "owed");
        _near(_see(0).matured, a.mulDiv(available, a + b), 1, "small");
        _near(_see(0).matured + _see(0).waiting, a, 2, "small in sum");
        _near(_see(1).matured + _see(1).waiting, b, 2, "large in sum");
    }

    /// @dev Nothing that happens to others moves an exit that is funded.
    function testFuzz_LeavesFundedExitsAlone(uint256 seed) external {
        book.open(_owner(0), 1e18);
        book.complete(book.begin());
        book.fund(1e18, 1);
        deposited = 0;

        rolls = seed;
        for (uint256 i; i < STEPS; ++i) {
            _step(1e20, 1 + (_roll() % (OWNERS - 1)));
            require(_see(0).matured == 1e18 && _see(0).waiting == 0, "moved");
        }
    }

    /// @dev Near the least index an exit has so many units that two may not fit: the second is refused, the first stays.
    function test_RefusesAnExitWhoseUnitsDoNotFit() external {
        book.open(_owner(0), 1e20);
        require(!book.writeDown(1e20 - 1e11), "exhausted");
        this.openLargest();
        uint256 units = book.fillingUnits;
        require(units > type(uint120).max / 2, "too few units");

        (bool success, bytes memory reason) = address(this).call(abi.encodeCall(this.openLargest, ()));

        require(!success && keccak256(reason) == keccak256(abi.encodeWithSignature("Panic(uint256)", 0x11)), "fits");
        require(book.fillingUnits == units && book.owed == 1e11 + 1e27, "changed");
    }

    function openLargest() external {
        book.open(_owner(1), 1e27);
    }

    /* SEQUENCES */

    function _run(uint256 seed, uint256 scale) private {
        rolls = seed;
        for (uint256 i; i < STEPS; ++i) {
            _step(scale, _roll() % OWNERS);
            _check();
        }
    }

    function _step(uint256 scale, uint256 owner) private {
        uint256 action = _roll() % 16;
        if (action < 4) _open(owner, 1 + (_roll() % scale));
        else if (action < 6) book.begin();
        else if (action == 6) book.complete(uint256(book.fillingBatch) - 1);
        else if (action < 10) _fund(_roll() % (2 * scale), _roll() % 4);
        else if (action == 10) _writeDown(_roll());
        else if (action < 13) _take(owner, _roll() % scale);
        else if (action == 13) _take(owner, type(uint256).max);
        else if (action == 14) _fold(owner);
        else _deposit(owner, _roll() % scale);
    }

    function _open(uint256 owner, uint256 amount) private {
        Seen memory before = _see(owner);
        uint256 owed = book.owed;

        (uint256 batch, uint256 units) = book.open(_owner(owner), amount);

        asked += amount;
        require(batch == book.fillingBatch && units != 0, "open");
        require(book.owed == owed + amount, "open: owed");
        // What is seen is the amount but for what keeping it in units costs, never more.
        Seen memory later = _see(owner);
        require(later.waiting <= before.waiting + amount + 1, "open: too much");
        require(later.waiting + 2 >= before.waiting + amount, "open: too little");
        require(later.matured == before.matured && later.free == before.free, "open: others");
    }

    function _fund(uint256 available, uint256 maxBatches) private {
        ExitPreview.Funding memory expected = book.preview(0, false, available, maxBatches);
        Seen[] memory shown = _seeAll(expected);
        uint256 through = book.fundedThrough(expected);
        Seen[] memory before = _seeAll();
        uint256 owed = book.owed;

        (uint256 funded, uint256 dust) = book.fund(available, maxBatches);

        fundedSum += funded;
        dustSum += dust;
        require(funded <= available, "fund: more than there is");
        require(book.owed + funded + dust == owed, "fund: owed");
        require(funded == expected.funded && dust == expected.dust, "preview: sums");
        require(through == book.fundedThrough(), "preview: through");
        _checkShown(shown);
        for (uint256 i; i < OWNERS; ++i) {
            Seen memory later = _see(i);
            require(later.matured >= before[i].matured, "fund: takes back");
            require(later.waiting <= before[i].waiting, "fund: opens");
            // Each batch that is funded in part may round an exit in it down by two.
            uint256 most = before[i].matured + before[i].waiting + (maxBatches + 1) * 2;
            require(later.matured + later.waiting <= most, "fund: too much");
            require(
                later.matured + later.waiting + (maxBatches + 1) * 2 >= before[i].matured + before[i].waiting,
                "fund"
            );
        }
    }

    function _writeDown(uint256 roll) private {
        uint256 owed = book.owed;
        if (owed == 0) return;
        // Mostly up to a tenth; sometimes anything, and sometimes all of it.
        uint256 loss = owed.mulDiv((roll >> 8) % 1_001, 1e4);
        if (roll % 8 == 0) loss = owed;
        else if (roll % 4 == 0) loss = owed.mulDiv((roll >> 8) % 1_000_000_001, 1e9);
        ExitPreview.Funding memory expected = book.preview(loss, false, 0, 0);
        Seen[] memory shown = _seeAll(expected);
        uint256 through = book.fundedThrough(expected);
        Seen[] memory before = _seeAll();

        bool exhausted = book.writeDown(loss);

        writtenDown += loss;
        require(book.owed == owed - loss, "writeDown: owed");
        require(exhausted == expected.voided, "preview: exhausted");
        if (exhausted) {
            book.complete(book.fillingBatch);
            voided += book.voidOpen();
            require(book.owed == 0 && book.lossIndex == ONE, "void");
        }
        require(through == book.fundedThrough() || !exhausted, "preview: through");
        if (loss != 0) _checkShown(shown);
        for (uint256 i; i < OWNERS; ++i) {
            Seen memory later = _see(i);
            require(later.matured == before[i].matured && later.free == before[i].free, "writeDown: funded");
            require(later.waiting <= before[i].waiting, "writeDown: gives");
            if (exhausted) require(later.waiting == 0, "void: open");
        }
    }

    function _take(uint256 owner, uint256 limit) private {
        Seen memory before = _see(owner);
        IStakingPool.ExitView[] memory exits = book.exitsOf(_owner(owner));

        uint256 taken = book.take(_owner(owner), limit);

        takenSum += taken;
        _countTaken(owner, exits);
        require(taken == Math.min(limit, before.free + before.matured), "take: not all, or too much");
        Seen memory later = _see(owner);
        require(later.free + later.matured + taken == before.free + before.matured, "take: books");
        require(later.free == before.free - Math.min(before.free, limit), "take: free first");
        require(later.waiting == before.waiting, "take: open");
    }

    function _fold(uint256 owner) private {
        Seen memory before = _see(owner);
        IStakingPool.ExitView[] memory exits = book.exitsOf(_owner(owner));

        book.fold(_owner(owner), 2);

        _countTaken(owner, exits);
        Seen memory later = _see(owner);
        require(later.free + later.matured == before.free + before.matured, "fold: books");
        require(later.waiting == before.waiting, "fold: open");
        require(book.exitsOf(_owner(owner)).length + 2 >= exits.length, "fold: more than two");
    }

    /// @dev What an owner's exits can take no more, they have taken.
    function _countTaken(uint256 owner, IStakingPool.ExitView[] memory before) private {
        IStakingPool.ExitView[] memory later = book.exitsOf(_owner(owner));
        for (uint256 i; i < before.length; ++i) takenOf[before[i].batch] += before[i].matured;
        for (uint256 i; i < later.length; ++i) takenOf[later[i].batch] -= later[i].matured;
    }

    function _deposit(uint256 owner, uint256 amount) private {
        if (amount == 0) return;
        book.addFree(_owner(owner), amount);
        deposited += amount;
    }

    /* WHAT ALWAYS HOLDS */

    function _check() private view {
        uint256 freeSum;
        uint256 waitingSum;
        uint256 maturedSum;
        for (uint256 i; i < OWNERS; ++i) {
            Seen memory seen = _see(i);
            freeSum += seen.free;
            waitingSum += seen.waiting;
            maturedSum += seen.matured;
            _checkList(_owner(i));
        }
        require(freeSum == book.free, "free = sum of freeOf");
        require(book.funded == fundedSum, "funded");
        // Free and funded money that nobody took: no word says it, so it must never be less than what can be taken.
        require(freeSum + maturedSum + takenSum <= deposited + fundedSum, "the rest covers what is matured");
        require(waitingSum <= book.owed, "owed covers what is open");
        require(book.owed + fundedSum + writtenDown + voided + dustSum == asked, "owed = asked - gone");

        uint256 openUnits;
        uint256 paid;
        for (uint256 id = 1; id <= book.fillingBatch; ++id) {
            uint256 units = book.openUnits(id);
            openUnits += units;
            paid += book.batches[id].paid;
            require(takenOf[id] <= book.batches[id].paid, "a batch pays more than it got");
            require(units <= book.unitsOf(id), "too many open units");
            if (units != 0) require(id > book.fundedThrough(), "a funded batch is open");
        }
        require(paid == fundedSum, "paid");
        require(openUnits * book.lossIndex <= uint256(book.owed) * ONE, "owed covers open units");
        if (openUnits == 0) require(book.owed == 0, "owed is 0 without open units");
        if (book.oldestBatch != 0) require(book.openUnits(book.oldestBatch) != 0, "the oldest batch is open");
    }

    /// @dev Batches ascend, and finished exits come first.
    function _checkList(address owner) private view {
        IStakingPool.ExitView[] memory list = book.exitsOf(owner);
        bool isOpen;
        for (uint256 i; i < list.length; ++i) {
            if (i != 0) require(list[i].batch > list[i - 1].batch, "order");
            if (book.openUnits(list[i].batch) != 0) isOpen = true;
            else require(!isOpen, "finished exits are a prefix");
        }
    }

    function _checkShown(Seen[] memory shown) private view {
        for (uint256 i; i < OWNERS; ++i) {
            Seen memory seen = _see(i);
            require(seen.free == shown[i].free, "preview: free");
            require(seen.waiting == shown[i].waiting, "preview: waiting");
            require(seen.matured == shown[i].matured, "preview: matured");
        }
    }

    /* READING */

    function _see(uint256 owner) private view returns (Seen memory seen) {
        (seen.free, seen.waiting, seen.matured) = book.unstakedOf(_owner(owner));
    }

    function _seeAll() private view returns (Seen[] memory all) {
        all = new Seen[](OWNERS);
        for (uint256 i; i < OWNERS; ++i) all[i] = _see(i);
    }

    function _seeAll(ExitPreview.Funding memory funding) private view returns (Seen[] memory all) {
        all = new Seen[](OWNERS);
        for (uint256 i; i < OWNERS; ++i) {
            (all[i].free, all[i].waiting, all[i].matured) = book.unstakedOf(funding, _owner(i));
        }
    }

    function _near(uint256 actual, uint256 expected, uint256 most, string memory what) private pure {
        require(actual <= expected + 1 && actual + most >= expected, what);
    }

    function _owner(uint256 index) private pure returns (address) {
        return address(uint160(index + 1));
    }

    function _roll() private returns (uint256) {
        rolls = uint256(keccak256(abi.encode(rolls)));
        return rolls >> 16;
    }

    function _random(uint256 seed, uint256 salt) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt)));
    }
}
