// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {MetaPool} from "../../../contracts/MetaPool.sol";
import {Invariants} from "./Invariants.sol";
import {Ledger} from "./Ledger.sol";
import {Steps} from "./Steps.sol";

/// @title Money in, shares about, and requests to leave.
abstract contract Stakers is Steps {
    using Ledger for Ledger.Book;
    using Math for uint256;

    mapping(uint256 epoch => uint256 paid) private _instantPaid;

    /* IN */

    function deposit(uint256 who, uint256 seed) external step {
        address from = actor(who);
        _deposit(from, !CLAMPED && seed % 16 == 0 ? 0 : _size(seed).min(from.balance));
    }

    function _deposit(address from, uint256 value) internal {
        bool legal = value != 0 && _isOpenForDeposits();
        require(legal || !CLAMPED, Unable());
        (bool success, ) = _act(from, address(pool), value, abi.encodeCall(pool.deposit, ()), legal, "I-26: deposit");
        if (!success) return;
        ledger.free += value;
        ledger.paidIn += value;
    }

    function stake(uint256 who, uint256 seed) external step {
        address from = actor(who);
        uint256 value = !CLAMPED && seed % 16 == 0 ? 0 : _size(seed).min(from.balance);
        _stake(from, seed % 4 == 0 ? actor(who + 1 + (seed >> 8)) : from, value, CLAMPED ? 0 : (seed >> 64) % 1e24);
    }

    function restake(uint256 who, uint256 seed) external step {
        address from = _someone(who, true);
        uint256 available = _withdrawable(from);
        if (seed % 4 == 0) {
            bool legal = available != 0;
            require(legal || !CLAMPED, Unable());
            _restake(from, available, abi.encodeCall(pool.stake_all, ()), legal);
        } else {
            (uint256 amount, bool legal) = _upTo(seed, available);
            _restake(from, amount, abi.encodeCall(pool.stake, (amount)), legal);
        }
    }

    function _stake(address from, address receiver, uint256 value, uint256 least) internal {
        uint256 expected = _sharesFor(value);
        bytes memory data = abi.encodeCall(pool.deposit_and_stake, ());
        if (receiver != from) data = abi.encodeCall(pool.stakeFor, (receiver, least, block.timestamp));
        bool legal = expected != 0 && _isOpenForDeposits() && (receiver == from || expected >= least);
        require(legal || !CLAMPED, Unable());
        uint256 wealth = wealthOf(from) + (receiver == from ? 0 : wealthOf(receiver));
        (bool success, bytes memory answer) = _act(from, address(pool), value, data, legal, "I-26: stake");
        if (!success) return;
        if (receiver != from) acting = receiver;
        ledger.paidIn += value;
        _bookStake(value, abi.decode(answer, (uint256)));
        uint256 afterwards = wealthOf(from) + (receiver == from ? 0 : wealthOf(receiver));
        _checkCost(wealth, afterwards, receiver == from ? 1 : 2);
    }

    function _restake(address from, uint256 amount, bytes memory data, bool legal) private {
        uint256 free = account(from).free.min(amount);
        legal = legal && _sharesFor(amount) != 0 && _isOpenForDeposits();
        require(legal || !CLAMPED, Unable());
        uint256 wealth = wealthOf(from);
        (bool success, bytes memory answer) = _act(from, address(pool), 0, data, legal, "I-26: restake");
        if (!success) return;
        ledger.free = ledger.free.saturatingSub(free);
        _take(amount - free);
        _bookStake(amount, abi.decode(answer, (uint256)));
        _checkCost(wealth, wealthOf(from), 1);
    }

    /* ABOUT */

    function transfer(uint256 who, uint256 to, uint256 seed) external step {
        address from = _someone(who, false);
        address receiver = actor(to);
        (uint256 shares, bool legal) = _upTo(seed, pool.balanceOf(from));
        uint256 both = pool.balanceOf(from) + pool.balanceOf(receiver);
        bytes memory data = abi.encodeCall(pool.transfer, (receiver, shares));
        (bool success, ) = _act(from, address(pool), 0, data, legal, "I-26: transfer");
        if (!success) return;
        _promise(pool.balanceOf(from) + pool.balanceOf(receiver) == both, "I-09: a transfer made shares");
        acting = receiver;
    }

    /* OUT */

    function unstake(uint256 who, uint256 seed) external step {
        address from = _someone(who, false);
        uint256 most = pool.get_account_staked_balance(from);
        (uint256 amount, bool legal) = seed % 4 == 0 ? (most, most != 0) : _upTo(seed, most);
        _unstake(from, amount, legal);
    }

    function _unstake(address from, uint256 amount, bool legal) internal {
        require(legal || !CLAMPED, Unable());
        uint256 wealth = wealthOf(from);
        bytes memory data = abi.encodeCall(pool.unstake, (amount));
        (bool success, ) = _act(from, address(pool), 0, data, legal, "I-26: unstake");
        if (!success) return;
        uint256 total = ledger.assets();
        _bookUnstake(amount, amount.mulDiv(ledger.supply, total, Math.Rounding.Ceil));
        _checkCost(wealth, wealthOf(from), 1);
    }

    function unstakeShares(uint256 who, uint256 seed) external step {
        address from = _someone(who, false);
        uint256 most = pool.balanceOf(from);
        bool all = seed % 4 == 0;
        (uint256 shares, bool legal) = all ? (most, most != 0) : _upTo(seed, most);
        require(legal || !CLAMPED, Unable());
        uint256 wealth = wealthOf(from);
        bytes memory data =
            all ? abi.encodeCall(pool.unstake_all, ()) : abi.encodeCall(pool.unstakeShares, (shares, 0));
        (bool success, ) = _act(from, address(pool), 0, data, legal, "I-26: unstakeShares");
        if (!success) return;
        _bookUnstake(shares.mulDiv(ledger.assets(), ledger.supply), shares);
        _checkCost(wealth, wealthOf(from), 1);
    }

    function unstakeInstant(uint256 who, uint256 seed) external step {
        address from = _someone(who, false);
        if (_instantPaid[block.timestamp / EPOCH] != 0 && seed % 2 == 0) _warp(EPOCH); // most of it is used up
        uint256 missing = (ledger.owed + 1 gwei).saturatingSub(ledger.buffer());
        if (missing != 0 && _sharesFor(missing + 1 ether) != 0 && _isOpenForDeposits()) {
            _stake(from, from, missing + 1 ether, 0); // somebody has to bring what is paid at once
        }
        uint256 idle = ledger.buffer().saturatingSub(ledger.owed);
        uint256 most = pool.balanceOf(from).min(pool.convertToShares((_bufferTarget() / 4).min(idle)));
        (uint256 shares, ) = _upTo(seed, most);
        _instant(from, shares, idle);
    }

    /// @dev I-25 and the bounds of instant exits: only beyond owed, at most half of the buffer target in an epoch. Whether
    /// they are closed after a loss is the pool's to say; what they pay is not.
    function _instant(address from, uint256 shares, uint256 idle) private {
        (uint256 quoted, ) = pool.previewInstant(shares);
        watcher.arm(address(0), "");
        uint256 price = pool.convertToAssets(1e27);
        uint256 target = _bufferTarget();
        uint256 balance = from.balance;
        bytes memory data = abi.encodeCall(pool.unstakeInstant, (shares, 0, from));
        (bool success, bytes memory answer) = _act(from, address(pool), 0, data, false, "");
        if (!success) return;
        uint256 pays = abi.decode(answer, (uint256));
        uint256 worth = shares.mulDiv(ledger.assets(), ledger.supply);
        uint256 paid = _instantPaid[block.timestamp / EPOCH] + pays;
        _instantPaid[block.timestamp / EPOCH] = paid;
        _promise(pays == quoted && from.balance == balance + pays, "I-25: an instant exit paid what it did not say");
        _promise(worth <= idle, "I-25: an instant exit took what exits are owed");
        _promise(paid <= target / 2, "I-25: instant exits beyond half of the buffer target");
        _promise(pays * 10_000 <= worth * 9_975, "I-25: an instant exit for less than the lowest fee");
        ledger.instant(pays, shares);
        _checkView(price);
    }

    /// @dev A payee that looks at the price while it is paid sees one that was or will be.
    function _checkView(uint256 before) internal {
        if (watcher.looks() == 0) return;
        uint256 afterwards = pool.convertToAssets(1e27);
        _promise(watcher.lowest() >= before.min(afterwards), "I-21: a view showed a price that never was");
        _promise(watcher.highest() <= before.max(afterwards), "I-21: a view showed a price that never was");
    }

    function _bufferTarget() internal view returns (uint256) {
        return (ledger.assets() * pool.parameters().bufferTargetBps) / 10_000;
    }

    /* GAMES */

    /// @dev Stakes, and leaves at once in `1 + seed % 4` steps: no more comes out than went in.
    function roundTrip(uint256 who, uint256 seed) external step {
        address from = actor(who);
        uint256 value = _size(seed).min(from.balance);
        require(_sharesFor(value) != 0 && _isOpenForDeposits(), Unable());
        uint256 wealth = wealthOf(from);
        (bool success, bytes memory answer) = _act(
            from,
            address(pool),
            value,
            abi.encodeCall(pool.deposit_and_stake, ()),
            true,
            "I-26: round trip"
        );
        if (!success) return;
        ledger.paidIn += value;
        uint256 shares = abi.decode(answer, (uint256));
        _bookStake(value, shares);
        uint256 parts = (1 + (seed % 4)).min(shares);
        for (uint256 i; i < parts; ++i) {
            uint256 part = i + 1 == parts ? shares : shares / (parts - i);
            shares -= part;
            uint256 worth = part.mulDiv(ledger.assets(), ledger.supply);
            _act(from, address(pool), 0, abi.encodeCall(pool.unstakeShares, (part, 0)), true, "I-26: way back");
            _bookUnstake(worth, part);
        }
        _promise(wealthOf(from) <= wealth + parts + 1, "I-12: a round trip paid");
    }

    /// @dev Two parts give at most what their sum gives, and a wei (share) less at most.
    function split(uint256 first, uint256 second) external step {
        // What is more than all that there is cannot be had for any number of shares.
        uint256 most = ledger.assets() / 2;
        require(most != 0, Unable());
        (uint256 a, uint256 b) = (_size(first).min(most), _size(second).min(most));
        uint256 parts = pool.previewStake(a) + pool.previewStake(b);
        uint256 whole = pool.previewStake(a + b);
        _promise(parts <= whole && whole <= parts + 1, "I-13: a stake in parts");
        parts = pool.previewUnstake(a) + pool.previewUnstake(b);
        whole = pool.previewUnstake(a + b);
        _promise(whole <= parts && parts <= whole + 1, "I-13: an exit in parts");
        parts = pool.convertToAssets(a) + pool.convertToAssets(b);
        whole = pool.convertToAssets(a + b);
        _promise(parts <= whole && whole <= parts + 1, "I-13: shares in parts");
    }

    /* INTERNAL */

    function _isOpenForDeposits() internal view returns (bool) {
        return !pool.is_staking_paused();
    }

    /// @dev What the ledger says a stake buys; 0 if none can be had.
    function _sharesFor(uint256 value) internal view returns (uint256) {
        uint256 total = ledger.assets();
        if (ledger.closed || total == 0 || value == 0) return 0;
        uint256 cap = pool.parameters().assetCap;
        if (cap != type(uint96).max && total + value > cap) return 0;
        return value.mulDiv(ledger.supply, total + ledger.premium());
    }

    /// @dev The actor of this index or, if it has nothing to use, the next one that has.
    function _someone(uint256 who, bool unstaked) internal view returns (address from) {
        for (uint256 i; i < ACTORS; ++i) {
            from = actor((who % ACTORS) + i);
            if (unstaked ? _withdrawable(from) != 0 : pool.balanceOf(from) != 0) return from;
        }
        if (CLAMPED) revert Unable();
    }

    function _bookStake(uint256 amount, uint256 shares) internal {
        _note(Invariants.i05Stake(ledger, amount, shares));
        _promise(shares >= ledger.stake(amount), "I-14: a stake gave less than it paid for");
    }

    /// @dev What was folded into the free balance on the way is the caller's as before.
    function _bookUnstake(uint256 amount, uint256 shares) internal {
        _note(Invariants.i05Unstake(ledger, amount, shares));
        ledger.unstake(amount, shares);
        uint256 free = MetaPool(payable(address(pool))).getBook().free;
        _take(free.saturatingSub(ledger.free));
        ledger.free = free;
    }

    /// @dev `amount` left what is reserved for exits.
    function _take(uint256 amount) internal {
        _promise(amount <= ledger.reserved, "I-07: more was taken than was set aside");
        ledger.reserved = ledger.reserved.saturatingSub(amount);
    }

    /// @dev A call costs at most a share's worth and two wei, but for what stakes pay for written-down operators.
    function _checkCost(uint256 before, uint256 afterwards, uint256 accounts) internal {
        _promise(afterwards <= before + accounts, "I-12: a caller became richer");
        if (ledger.premium() != 0 || ledger.supply == 0) return;
        uint256 share = ledger.assets().mulDiv(1, ledger.supply, Math.Rounding.Ceil);
        _promise(afterwards + accounts * (share + 2) >= before, "I-14: a call cost its caller too much");
    }
}
