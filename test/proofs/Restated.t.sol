// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IMetaPool} from "./../../contracts/interfaces/IMetaPool.sol";
import {AllocatorBook} from "./../../contracts/libraries/AllocatorBook.sol";
import {ExitBook} from "./../../contracts/libraries/ExitBook.sol";
import {PoolBook} from "./../../contracts/libraries/PoolBook.sol";
import {PoolLedger} from "./../../contracts/libraries/PoolLedger.sol";
import {MetaPool} from "./../../contracts/MetaPool.sol";
import {vm} from "./../solidity/Vm.sol";
import {Restated} from "./Restated.sol";

/// @notice What the prover is given is what the contracts compute.
contract RestatedTest {
    using ExitBook for ExitBook.Book;
    using PoolBook for PoolBook.Book;
    using PoolLedger for PoolLedger.Ledger;

    address private constant OWNER = address(0xa11ce);

    PoolBook.Book private pool;
    ExitBook.Book private exits;

    error Differs(string what, uint256 contracts, uint256 restated);

    function setUp() public {
        pool.exits.initialize();
        exits.initialize();
    }

    /// @dev This contract is the pool's allocator: it takes money to operators.
    receive() external payable {}

    /* SHARES AND GAINS */

    /// @dev Of a pool with losses, some of them of a written-down operator, so that E/S and R are odd.
    function testFuzz_MintedAndBurned(uint96 staked, uint96 loss, uint96 writtenDown, uint96 amount) external {
        MetaPool metaPool = _deploy();
        uint256 value = 1e18 + (staked % 1e26);
        vm.deal(address(this), value);
        metaPool.deposit_and_stake{value: value}();
        metaPool.fund(value);
        metaPool.report(0, loss % (value / 2));
        metaPool.reportWriteDown(writtenDown % (value / 2));

        IMetaPool.BookView memory book = metaPool.getBook();
        (uint256 e, uint256 s) = (book.assets, book.supply);
        _same("minted", metaPool.previewStake(amount), Restated.minted(amount, s, e, book.premium));
        uint256 exit = 1 + (amount % metaPool.get_account_staked_balance(address(this)));
        _same("burned", metaPool.previewUnstake(exit), Restated.burned(exit, s, e));
    }

    function testFuzz_Worth(uint96 shares, uint96 equity, uint96 supply) external {
        (pool.equity, pool.supply) = (equity, uint128(supply) + 1);
        _same("worth", pool.worthDown(shares), Restated.worth(shares, pool.supply, equity));
    }

    /* THE PREMIUM */

    /// @dev Some of all units end, and all the others after them.
    function testFuzz_EndOfAPremium(uint96 premium, uint96 units, uint96 others, uint96 gain) external {
        (uint256 u, uint256 all) = (units, uint256(units) + others);
        (pool.premium, pool.premiumUnits, pool.hasPremium) = (premium, uint128(all), premium != 0);
        if (all == 0) return;
        uint256 part = Restated.ended(premium, u, all);

        pool.endWriteDown(gain / 2, all, others, 0);

        _same("restored", pool.equity, Restated.restored(gain / 2, premium, u, all));
        _same("left", pool.premium, premium - part);

        pool.endWriteDown(gain / 2, others, 0, 0);

        _same("left by the last", pool.premium, 0);
        _same("units left", pool.premiumUnits, 0);
        uint256 rest = Restated.restored(gain / 2, premium - part, others, others);
        _same("restored by the last", pool.equity, Restated.restored(gain / 2, premium, u, all) + rest);
    }

    /// @dev A write-down when nobody is owed and nothing is locked: the shares lose all of it.
    function testFuzz_UnitsOfAWriteDown(uint96 loss, uint96 premium, uint128 units, uint96 kept) external {
        loss = 1 + loss / 4;
        (uint256 all, uint256 era) = (premium == 0 ? 0 : Math.max(units, premium), 0);
        (pool.equity, pool.delegated, pool.supply) = (loss + kept / 4 + 1, loss, 1);
        (pool.premium, pool.premiumUnits, pool.hasPremium) = (premium / 2, uint128(all), premium / 2 != 0);
        for (; all > (premium / 2) * Restated.UNITS_PER_ERA; ++era) all = Restated.nextEra(all);

        (uint256 given, uint256 givenIn) = pool.bookWriteDown(loss);

        bool counts = uint256(loss) * 1e6 >= pool.equity;
        if (!counts) return;
        _same("units", given, Restated.granted(loss, premium / 2, all));
        _same("era", givenIn, era);
        _same("all units", pool.premiumUnits, all + given);
        _same("in the next era", PoolBook.unitsAfter(given, 1), Restated.nextEra(given));
    }

    function testFuzz_PremiumAfter(uint96 premium, uint96 shares, uint96 others) external {
        uint256 supply = 1 + uint256(shares) + others;
        (pool.premium, pool.supply, pool.hasPremium) = (premium, uint128(supply), premium != 0);

        pool.leavePremium(shares);

        _same("premium", pool.premium, Restated.premiumAfter(premium, shares, supply));
    }

    function testFuzz_LockedAt(uint96 locked, uint24 left, uint24 duration) external {
        duration = duration == 0 ? 1 : duration;
        left %= duration;
        vm.warp(1e9);
        (pool.locked, pool.releaseEnd, pool.releaseDuration) = (locked, uint40(1e9 + left), duration);
        _same("locked", pool.lockedNow(), Restated.lockedAt(locked, left, duration));
    }

    function testFuzz_FeeShares(uint96 equity, uint96 locked, uint96 gain, uint96 supply) external {
        (equity, locked, gain, supply) = (1 + equity / 4, locked / 4, gain / 4, 1 + supply / 2);
        vm.warp(1e9);
        (pool.equity, pool.supply, pool.roundGain, pool.feeBps) = (equity + locked, supply, gain, 2_000);
        (pool.locked, pool.releaseEnd, pool.releaseDuration) = (locked, uint40(1e9 + 100), 100);
        uint256 fee = (uint256(gain) * 2_000) / 10_000;
        uint256 shares = Restated.feeShares(fee, supply, uint256(equity) + locked + gain - fee);
        _same("feeShares", pool.endRound(1, gain, 1 days), shares);
        _same("feeClaim", pool.assets() - equity, Restated.feeClaim(shares, supply, equity));
    }

    /* LOSSES */

    function testFuzz_Split(uint96 loss, uint96 roundGain, uint96 locked, uint96 owed, uint96 equity) external {
        (uint256 g, uint256 k, uint256 o, uint256 e) = (roundGain / 8, locked / 8, owed / 8, 1 + equity / 8);
        uint256 l = loss % (g + k + o + e);
        vm.warp(1e9);
        (pool.equity, pool.supply, pool.roundGain) = (uint96(e + k), 1, uint96(g));
        (pool.locked, pool.releaseEnd, pool.releaseDuration) = (uint96(k), uint40(1e9 + 100), 100);
        (pool.delegated, pool.exits.owed) = (uint96(e + k + g + o), uint96(o));

        Restated.Split memory parts = Restated.split(l, g, k, o, e);
        uint256 index = o == 0 ? 0 : Restated.indexAfter(ExitBook.INDEX_ONE, o, parts.fromExits);
        pool.bookLoss(l);

        _same("fromRoundGain", g - pool.roundGain, parts.fromRoundGain);
        _same("fromLocked", k - pool.lockedNow(), parts.fromLocked);
        // Exits of which too little is left are closed, and their rest goes to the shares.
        if (pool.exits.voidedThrough != 0) return;
        _same("fromExits", o - pool.exits.owed, parts.fromExits);
        _same("fromShares", e - pool.assets(), parts.fromShares);
        if (parts.fromExits != 0) _same("index", pool.exits.lossIndex, index);
    }

    function testFuzz_Bond(uint96 loss, uint96 equity, uint96 supply, uint96 bondShares) external pure {
        (uint256 e, uint256 s) = (1 + uint256(equity), 1 + uint256(supply));
        (uint256 l, uint256 b) = (1 + (loss % e), 1 + (bondShares % s));
        PoolLedger.Ledger memory ledger = PoolLedger.Ledger(e, s, b, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        (uint256 shares, uint256 assets) = Restated.bond(l, s, e, b);

        ledger.book(e - l, 0);

        _same("bond shares", ledger.bondSharesBurned, shares);
        _same("bond", ledger.lossOnBond, assets);
    }

    function testFuzz_SplitOfAnOperatorsPool(uint96 loss, uint96 equity, uint96 owed) external pure {
        uint256 l = loss % (uint256(equity) + owed + 1);
        PoolLedger.Ledger memory ledger = PoolLedger.Ledger(equity, 1, 0, owed, 0, 0, 0, 0, 0, 0, 0, 0);
        Restated.Split memory parts = Restated.split(l, 0, 0, owed, equity);

        ledger.book(uint256(equity) + owed - l, 0);

        _same("fromExits", ledger.lossOnExits, parts.fromExits);
        _same("fromShares", ledger.lossOnShares, parts.fromShares);
    }

    /* EXITS */

    /// @dev Up to 1e26 wei, about all ether there is: at the lowest index more would not fit a batch's units.
    function testFuzz_UnitsAndFunding(uint96 amount, uint96 index, uint96 funding) external {
        uint256 a = 1 + (amount % 1e26);
        uint256 i = ExitBook.INDEX_MIN + (index % (ExitBook.INDEX_ONE - ExitBook.INDEX_MIN + 1));
        (exits.lossIndex, exits.isWrittenDown) = (uint96(i), true);
        uint256 units = Restated.units(a, i);
        (uint256 batch, uint256 bought) = exits.open(OWNER, a);
        _same("units", bought, units);
        _same("due", exits.batchOpen(batch), Restated.due(units, i));

        exits.complete(exits.begin());
        uint256 due = Restated.due(units, i);
        if (due < 2) return;
        uint256 f = 1 + (funding % (due - 1));
        exits.fund(f, 1);
        _same("unitsAfter", exits.openUnits(batch), Restated.unitsAfter(units, i, f));
    }

    function testFuzz_PartsOfABatch(uint96 mine, uint96 others, uint96 funding) external {
        (uint256 a, uint256 b) = (1 + mine / 4, 1 + others / 4);
        exits.open(OWNER, a);
        exits.open(address(0xb0b), b);
        exits.complete(exits.begin());
        uint256 f = funding % (a + b);
        exits.fund(f, 1);

        (, uint256 waiting, uint256 matured) = exits.unstakedOf(OWNER);
        _same("matured", matured, Restated.part((a * Restated.INDEX_ONE) / 1e27, a + b, f));
        _same("open", waiting, Restated.part(a, a + b, a + b - f));
    }

    /* CAPS AND LEVELS */

    function testFuzz_Share(uint96 amount, uint16 bps) external pure {
        bps %= 10_001;
        _same("share", AllocatorBook.shareDown(amount, bps), Restated.share(amount, bps));
    }

    function testFuzz_Target(uint96 cap, uint96 weight, uint96 level) external pure {
        uint256 target = AllocatorBook.target(cap, weight, level);
        _same("target", target, Restated.target(cap, weight, level));
    }

    function _deploy() private returns (MetaPool metaPool) {
        IMetaPool.Parameters memory parameters = IMetaPool.Parameters(0, 0, type(uint96).max, address(0x77));
        bytes memory initialization = abi.encodeCall(
            MetaPool.initialize,
            (address(new AccessManager(address(this))), "Pool", "POOL", parameters)
        );
        metaPool = MetaPool(payable(new ERC1967Proxy(address(new MetaPool(1 days)), initialization)));
        vm.deal(address(this), 1 ether);
        metaPool.connect{value: 1e9}(address(this), address(this));
    }

    function _same(string memory what, uint256 contracts, uint256 restated) private pure {
        require(contracts == restated, Differs(what, contracts, restated));
    }
}
