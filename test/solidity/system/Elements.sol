// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {forceTransfer} from "../ForcedTransfer.sol";
import {Ledger} from "./Ledger.sol";
import {Reporters} from "./Reporters.sol";

/// @title Time, ether from nowhere, and callers that call back.
abstract contract Elements is Reporters {
    using Ledger for Ledger.Book;
    using Math for uint256;

    function pass(uint256 time) external step {
        _warp(1 + (time % (time % 32 == 0 ? 40 days : 2 days)));
    }

    /// @dev Ether that comes without a call changes nothing but a balance.
    function forceEther(uint256 seed, uint256 amount) external step {
        address[4] memory targets = [address(pool), address(allocator), address(network), address(0)];
        address target = targets[seed % 4];
        if (target == address(0)) (, target) = _operator(seed >> 8);
        uint256 rate = pool.getRate();
        amount = 1 + (amount % 1e22);
        forceTransfer(target, amount);
        forced[target] += amount;
        _promise(pool.getRate() == rate, "I-03: forced ether moved the price");
    }

    /// @dev A payee looks at the price while it is paid, and tries to come in again.
    function callBack(uint256 seed) external step {
        address payee = address(watcher);
        if (_withdrawable(payee) == 0) {
            require(payee.balance != 0, Unable());
            _deposit(payee, uint256(1 ether).min(payee.balance));
        }
        uint256 due = _withdrawable(payee);
        uint256 free = account(payee).free.min(due);
        bytes[3] memory attempts = [
            abi.encodeCall(pool.withdraw_all, ()),
            abi.encodeCall(pool.unstakeInstant, (1, 0, payee)),
            abi.encodeCall(pool.ping, ())
        ];
        watcher.arm(address(pool), attempts[seed % 3]);
        uint256 before = pool.convertToAssets(1e27);
        bytes memory data = abi.encodeCall(pool.withdraw, (due));
        (bool success, ) = _act(payee, address(pool), 0, data, true, "I-28: a payee that calls back is not paid");
        if (!success) return;
        ledger.paidOut += due;
        ledger.free = ledger.free.saturatingSub(free);
        _bookFunding(due - free);
        _checkWatcher(before);
    }

    /// @dev Pools that call back find the doors of the allocator locked, and true prices.
    function settleAmongCallbacks(uint256 seed) external step {
        _waitForRound();
        bytes[3] memory attempts = [
            abi.encodeCall(allocator.settle, (1)),
            abi.encodeCall(allocator.settleOne, (1 + ((seed >> 8) % OPERATORS))),
            abi.encodeCall(allocator.reclaim, (1))
        ];
        watcher.arm(address(allocator), attempts[seed % 3]);
        if (!CLAMPED) _wicked(seed).setReentry(address(watcher), abi.encodeCall(watcher.look, ()));
        uint256 before = pool.convertToAssets(1e27);
        uint256 losses = ledger.lossCount;
        _finishRound();
        if (ledger.lossCount == losses) _checkWatcher(before);
        _promise(watcher.entered() == 0, "I-20: a locked door opened");
        watcher.arm(address(0), "");
    }

    /* INTERNAL */

    function _checkWatcher(uint256 before) private {
        _checkView(before);
        _promise(watcher.entered() == 0, "I-20: a locked door opened");
        watcher.arm(address(0), "");
    }
}
