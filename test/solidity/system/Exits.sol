// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IMetaPool} from "../../../contracts/interfaces/IMetaPool.sol";
import {Invariants} from "./Invariants.sol";
import {Ledger} from "./Ledger.sol";
import {Stakers} from "./Stakers.sol";

/// @title Money out: what is free or funded is paid, exactly and once, in every state.
abstract contract Exits is Stakers {
    using Ledger for Ledger.Book;
    using Math for uint256;

    function withdraw(uint256 who, uint256 seed) external step {
        address from = _someone(who, true);
        (uint256 amount, bool legal) = _upTo(seed, _withdrawable(from));
        bytes memory data =
            seed % 2 == 0 ? abi.encodeCall(pool.withdraw, (amount)) : abi.encodeCall(pool.withdrawTo, (from, amount));
        _pay(from, from, data, amount, legal);
    }

    function withdrawAll(uint256 who) external step {
        address from = _someone(who, true);
        uint256 amount = _withdrawable(from);
        require(amount != 0 || !CLAMPED, Unable());
        _pay(from, from, abi.encodeCall(pool.withdraw_all, ()), 0, amount != 0);
    }

    function withdrawFor(uint256 who) external step {
        address whose = _someone(who, true);
        uint256 amount = _withdrawable(whose);
        require(amount != 0 || !CLAMPED, Unable());
        _pay(address(0xAB), whose, abi.encodeCall(pool.withdrawFor, (whose)), 0, amount != 0);
    }

    function fundExits(uint256 batches) external step {
        _fundExits(CLAMPED ? 1 + (batches % 8) : batches);
    }

    function _fundExits(uint256 most) internal {
        uint256 owed = ledger.owed;
        bytes memory data = abi.encodeCall(pool.fundExits, (most));
        (bool success, bytes memory answer) = _act(address(0xAB), address(pool), 0, data, true, "I-28: fundExits");
        if (!success) return;
        uint256 funded = _bookFunding(0);
        _promise(abi.decode(answer, (uint256)) == funded, "I-07: fundExits funded what it did not say");
        _promise(funded <= owed, "I-25: more was funded than was owed");
    }

    /// @dev All of it if `amount` is 0. A payment may fund exits first, and may pay what it funded if it is for all.
    function _pay(address from, address whose, bytes memory data, uint256 amount, bool legal) internal {
        Invariants.Account memory was = account(whose);
        uint256 wealth = wealthOf(whose);
        (bool success, ) = _act(from, address(pool), 0, data, legal, "I-28: what can be withdrawn is not paid");
        if (!success) return;
        acting = whose;
        uint256 paid = whose.balance.saturatingSub(was.wei_);
        ledger.paidOut += paid;
        ledger.free = ledger.free.saturatingSub(was.free.min(paid));
        _bookFunding(paid - was.free.min(paid));
        if (amount != 0) _promise(paid == amount, "I-28: paid another amount");
        else _promise(paid >= was.free + was.matured, "I-28: not all was paid");
        // Parts of an exit are each rounded down: together they may be a wei more.
        uint256 most = was.free + was.matured + was.open + was.exits.length;
        _promise(paid <= most, "I-28: more was paid than was there");
        uint256 dust = 2 * (was.exits.length + 1) + _dustFor(whose);
        _promise(wealthOf(whose) <= wealth + dust, "I-28: a payment made wealth");
        _promise(wealthOf(whose) + dust >= wealth, "I-28: a payment lost wealth");
    }

    /// @dev `paid` came out of exits, some of it funded on the way. Takes over what the pool moved from owed to reserved,
    /// and the dust that the last open exit left behind.
    function _bookFunding(uint256 paid) internal returns (uint256 funded) {
        IMetaPool.BookView memory book = pool.getBook();
        _promise(book.funded >= ledger.funded, "I-07: what was ever set aside fell");
        funded = book.funded.saturatingSub(ledger.funded);
        _promise(ledger.owed >= funded + book.owed, "I-08: more was reserved than was owed");
        if (ledger.owed < funded + book.owed) return funded;
        uint256 dust = ledger.owed - funded - book.owed;
        _promise(dust == 0 || book.owed == 0, "I-08: owed fell without a payment");
        _promise(dust <= 3 * (steps + 10), "I-08: more than dust was owed to nobody");
        ledger.fund(funded, dust);
        _take(paid);
    }

    /// @dev What shares gain when dust is released to them.
    function _dustFor(address whose) private view returns (uint256) {
        return pool.balanceOf(whose) == 0 ? 0 : 3 * (steps + 10);
    }
}
