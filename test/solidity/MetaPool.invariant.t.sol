// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {IMetaPool} from "../../contracts/interfaces/IMetaPool.sol";
import {IStakingPool} from "../../contracts/interfaces/IStakingPool.sol";
import {MetaPool} from "../../contracts/MetaPool.sol";
import {Campaign} from "./Campaign.sol";
import {MetaPoolHandler} from "./MetaPoolHandler.sol";
import {vm} from "./Vm.sol";

/// @title MetaPool's promises under any sequence of stakers, allocator and time.
contract MetaPoolInvariantTest is Campaign {
    uint256 private constant STEPS = 700;
    uint256 private constant OFTEN = 2;

    MetaPoolHandler private _handler;
    MetaPool private _pool;
    uint256[24] private _succeeded;

    error Broken(string rule, uint256 left, uint256 right);

    function setUp() public {
        AccessManager manager = new AccessManager(address(this));
        IMetaPool.Parameters memory parameters = IMetaPool.Parameters(1000, 500, type(uint96).max, address(0x77));
        bytes memory initialization = abi.encodeCall(
            MetaPool.initialize,
            (address(manager), "Pool", "POOL", parameters)
        );
        _pool = MetaPool(payable(new ERC1967Proxy(address(new MetaPool(1 days)), initialization)));
        _handler = new MetaPoolHandler(_pool);
        vm.deal(address(this), 1e30);
        vm.deal(address(_handler), 1e30);
        _pool.connect{value: _handler.SEED()}(address(_handler), address(this));
    }

    function invariant_TheBookHolds() public view {
        IMetaPool.BookView memory book = _pool.getBook();
        _checkMoney(book);
        _checkClosed(book);
        _checkAccounts(book);
        if (bytes(_handler.broken()).length != 0) revert Broken(_handler.broken(), 0, 0);
    }

    /// @dev The handler would promise nothing if its actions failed: each must succeed often in a long sequence.
    function test_EveryActionSucceedsOften() public {
        uint256 random = uint256(keccak256("trellis"));
        for (uint256 i; i < STEPS; ++i) {
            random = uint256(keccak256(abi.encode(random)));
            (bool success, ) = address(_handler).call(_action(random));
            if (success && i % 16 == 0) invariant_TheBookHolds();
            if (_pool.getBook().closed && i % 64 == 0) _startOver();
        }
        _startOver();
        for (uint256 action; action < _succeeded.length; ++action) {
            _require(_succeeded[action] >= OFTEN, "succeeds often", action, _succeeded[action]);
        }
    }

    function _startOver() private {
        for (uint256 action; action < _succeeded.length; ++action) _succeeded[action] += _handler.succeeded(action);
        setUp();
    }

    function _checkMoney(IMetaPool.BookView memory book) private view {
        uint256 held = book.buffer + _handler.setAside() + _handler.forced();
        if (address(_pool).balance != held) revert Broken(_moneyIsNotThere(book), address(_pool).balance, held);
        _require(book.delegated == _handler.atOperators(), "I-01: delegated", book.delegated, _handler.atOperators());
        uint256 inBook = book.assets + book.locked + book.roundGain + book.owed + _handler.setAside();
        uint256 inLedger = _handler.paidIn() + _handler.gains() - _handler.losses() - _handler.paidOut();
        _require(inBook == inLedger, "I-02: the ledger agrees", inBook, inLedger);
    }

    function _moneyIsNotThere(IMetaPool.BookView memory book) private view returns (string memory rule) {
        rule = string.concat("I-03: balance is not buffer ", vm.toString(book.buffer));
        rule = string.concat(rule, " + set aside ", vm.toString(_handler.setAside()));
        return string.concat(rule, " + forced ", vm.toString(_handler.forced()));
    }

    function _checkClosed(IMetaPool.BookView memory book) private pure {
        bool isLost = book.assets == 0 || book.assets * 1e9 < book.supply;
        _require(book.closed || !isLost, "I-10: a pool that lost everything is open", book.assets, book.supply);
    }

    function _checkAccounts(IMetaPool.BookView memory book) private view {
        uint256 shares = _pool.balanceOf(address(_pool)) + _pool.balanceOf(_handler.TREASURY());
        uint256 free;
        uint256 open;
        uint256 matured;
        uint256 exits;
        for (uint256 i; i < _handler.ACTORS(); ++i) {
            address account = _handler.actor(i);
            shares += _pool.balanceOf(account);
            free += _pool.withdrawable(account);
            IStakingPool.ExitView[] memory list = _pool.exitsOf(account);
            exits += list.length;
            for (uint256 k; k < list.length; ++k) {
                open += list[k].open;
                matured += list[k].matured;
                free -= list[k].matured;
                _require(k == 0 || list[k - 1].batch < list[k].batch, "I-24: exits are in order", k, list[k].batch);
            }
        }
        _require(shares == book.supply, "I-09: shares are the supply", shares, book.supply);
        _require(_pool.balanceOf(address(_pool)) == _handler.SEED(), "I-10: the seed stays", 0, 0);
        _require(free == book.free, "I-09: free balances are free", free, book.free);
        _require(open <= book.owed, "I-08: open exits are owed", open, book.owed);
        uint256 reserved = _handler.setAside() - free;
        _require(matured <= reserved, "I-07: matured exits are reserved", matured, reserved);
        // An exit that was deleted may have left a wei of its batch behind.
        _require(
            reserved - matured <= exits + _handler.steps(),
            "I-07: little is reserved for nobody",
            matured,
            reserved
        );
    }

    function _action(uint256 random) private view returns (bytes memory) {
        bytes4[24] memory actions = [
            _handler.deposit.selector,
            _handler.depositAndStake.selector,
            _handler.stake.selector,
            _handler.stakeAll.selector,
            _handler.unstake.selector,
            _handler.unstakeAll.selector,
            _handler.unstakeShares.selector,
            _handler.unstakeInstant.selector,
            _handler.transfer.selector,
            _handler.withdraw.selector,
            _handler.withdrawAll.selector,
            _handler.withdrawFor.selector,
            _handler.fundExits.selector,
            _handler.beginRound.selector,
            _handler.endRound.selector,
            _handler.fund.selector,
            _handler.gain.selector,
            _handler.loss.selector,
            _handler.cash.selector,
            _handler.writeDown.selector,
            _handler.endWriteDown.selector,
            _handler.pass.selector,
            _handler.forceEther.selector,
            _handler.payEverybody.selector
        ];
        return abi.encodePacked(actions[random % 24], random >> 8, random >> 16, random >> 24);
    }

    function _target() internal view override returns (address) {
        return address(_handler);
    }

    function _require(bool holds, string memory rule, uint256 left, uint256 right) private pure {
        if (!holds) revert Broken(rule, left, right);
    }
}
