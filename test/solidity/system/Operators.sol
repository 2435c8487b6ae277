// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStakingPoolOwner} from "../../../contracts/interfaces/IStakingPoolOwner.sol";
import {HostilePool} from "../../../contracts/mocks/HostilePool.sol";
import {StakingPool} from "../../../contracts/StakingPool.sol";
import {vm} from "../Vm.sol";
import {Keepers} from "./Keepers.sol";
import {Ledger} from "./Ledger.sol";

/// @title What happens at operators: rewards, slashes, other delegators, their owners' whims; and, unless the suite is
/// clamped, pools that revert, re-enter, flood, burn gas, pay too little, lie, die and come back.
abstract contract Operators is Keepers {
    using Ledger for Ledger.Book;
    using Math for uint256;

    function reward(uint256 seed, uint256 amount) external step {
        (uint256 id, address where) = _operator(seed);
        uint256 most = (_holdings(id) * (CLAMPED ? 50 : 500)) / 10_000;
        amount = 1 + (amount % (most + 1));
        if (isHostile(id)) {
            HostilePool(payable(where)).reward{value: amount}();
        } else {
            (address[] memory pools, uint256[] memory amounts) = (new address[](1), new uint256[](1));
            (pools[0], amounts[0]) = (where, amount);
            network.reward{value: amount}(pools, amounts);
        }
    }

    /// @dev The bond bears it first: only what is beyond falls on delegators.
    function slash(uint256 seed, uint256 roll) external step {
        (uint256 id, address where) = _operator(seed);
        uint256 bps = roll % 16 == 0 ? 1 + (_mix(roll, 1) % 9_000) : 1 + (_mix(roll, 1) % 500);
        if (isHostile(id)) {
            HostilePool wicked = HostilePool(payable(where));
            wicked.lose((wicked.staked() * bps) / 10_000);
            if (roll % 3 == 0) wicked.loseUnstaked((wicked.unstaked() * bps) / 10_000);
            return;
        }
        _slash(id, StakingPool(payable(where)), bps);
    }

    function _slash(uint256 id, StakingPool victim, uint256 bps) private {
        victim.ping();
        uint256 bondShares = _bondShares(victim); // what is asked for counts: it bears losses until it is gone
        IStakingPoolOwner.BookView memory before = victim.getBook();
        uint256 bond = victim.convertToAssets(bondShares);
        uint256 ours = victim.get_account_total_balance(address(allocator));
        uint256 held = _holdings(id);
        uint256 unbonding = network.unbondingOf(address(victim));
        uint256[] memory bonds = _bondsBut(id);
        network.slash(address(victim), bps);
        _promise(keccak256(abi.encode(bonds)) == keccak256(abi.encode(_bondsBut(id))), "I-32: another's bond paid");
        uint256 loss = held - _holdings(id);
        setBack[id] += (unbonding - network.unbondingOf(address(victim))).min(bond);
        bool felt = _bondShares(victim) < bondShares || bondShares == 0 || loss < 1 gwei;
        _promise(felt, "I-33: a bond bore nothing of a loss");
        _checkSlash(victim, before, bond, ours, loss);
    }

    /// @dev Bond shares, and what they are worth, at the honest pools that are not this one.
    function _bondsBut(uint256 id) private view returns (uint256[] memory bonds) {
        uint256 count = operatorPools.length;
        bonds = new uint256[](2 * count);
        for (uint256 i; i < count; ++i) {
            if (i + 1 == id || isHostile(i + 1)) continue;
            StakingPool where = StakingPool(payable(operatorPools[i]));
            (bonds[2 * i], bonds[2 * i + 1]) = (where.getBook().bondShares, where.bond());
        }
    }

    /// @dev What is nobody else's, once all gains are booked.
    function _bondShares(StakingPool where) private view returns (uint256 shares) {
        shares = where.getBook().supply - factory.SEED();
        address[3] memory accounts = [address(allocator), DELEGATOR, OWNER];
        for (uint256 i; i < 3; ++i) shares -= where.sharesOf(accounts[i]);
    }

    function _checkSlash(
        StakingPool victim,
        IStakingPoolOwner.BookView memory before,
        uint256 bond,
        uint256 ours,
        uint256 loss
    ) private {
        IStakingPoolOwner.BookView memory later = victim.getBook();
        uint256 now_ = victim.get_account_total_balance(address(allocator));
        if (loss <= bond) {
            _promise(now_ + 2 >= ours, "I-31: the bond did not cover");
            _promise(later.owed == before.owed, "I-31: the bond did not cover exits");
            return;
        }
        _promise(later.bondShares == 0, "I-31: delegators lost before the bond was gone");
        uint256 others = before.equity + before.owed - bond;
        uint256 ourPart = others == 0 ? ours : ours.mulDiv(loss - bond, others, Math.Rounding.Ceil).min(ours);
        _promise(now_ + ourPart + 3 >= ours, "I-31: we bore more than our part");
    }

    /// @dev Somebody else delegates to the same pool.
    function delegateElsewhere(uint256 seed, uint256 amount) external step {
        StakingPool where = _honestPool(seed);
        uint256 kind = seed % 3;
        if (kind == 1 && where.get_account_staked_balance(DELEGATOR) == 0) kind = 0;
        if (kind == 2 && where.withdrawable(DELEGATOR) == 0) kind = 0;
        if (kind == 0) {
            amount = (1 gwei + _size(amount)).min(DELEGATOR.balance);
            require(!where.is_staking_paused() && where.previewStake(amount) != 0, Unable());
            vm.prank(DELEGATOR);
            where.deposit_and_stake{value: amount}();
        } else if (kind == 1) {
            vm.prank(DELEGATOR);
            where.unstake_all();
        } else {
            uint256 due = where.withdrawable(DELEGATOR);
            uint256 balance = DELEGATOR.balance;
            where.withdrawFor(DELEGATOR);
            _promise(DELEGATOR.balance == balance + due, "I-28: an operator's pool paid another amount");
        }
    }

    /// @dev Bond in and out, pause, commission.
    function manage(uint256 seed, uint256 roll) external step {
        _manage(_honestPool(seed), roll);
    }

    function _manage(StakingPool where, uint256 roll) private {
        (uint256 asked, uint256 readyAt) = where.bondWithdrawal();
        uint256 kind = roll % 4;
        uint256 shares = where.getBook().bondShares;
        bytes memory data = abi.encodeCall(where.addBond, ());
        if (asked != 0 && block.timestamp >= readyAt) data = abi.encodeCall(where.finishBondWithdrawal, ());
        else if (where.is_staking_paused()) data = abi.encodeCall(where.resumeStaking, ());
        else if (kind == 0 && shares != 0) return _requestBond(where, 1 + ((roll >> 8) % shares));
        else if (kind == 1) data = abi.encodeCall(where.pauseStaking, ());
        else if (kind == 2 && where.sharesOf(OWNER) != 0) data = abi.encodeCall(where.unstake_all, ());
        else require(where.previewStake(1 ether) != 0, Unable());
        bool isBond = bytes4(data) == where.addBond.selector;
        _act(OWNER, address(where), isBond ? uint256(1 ether).min(OWNER.balance) : 0, data, false, "");
    }

    /// @dev What stays of the bond carries the rest of the pool.
    function _requestBond(StakingPool where, uint256 shares) private {
        vm.prank(OWNER);
        where.requestBondWithdrawal(shares);
        IStakingPoolOwner.BookView memory book = where.getBook();
        uint256 rest = book.equity - book.bondShares.mulDiv(book.equity, book.supply) + book.owed;
        _promise(where.bond() * factory.BOND_RATIO() >= rest, "I-33: a bond was asked for that its pool needs");
    }

    /// @dev Enters, has everything that operators earned booked, and leaves in the same moment: for nothing.
    function sandwich(uint256 who, uint256 seed) external step {
        address from = actor(who);
        uint256 value = _size(seed).min(from.balance);
        _waitForRound();
        uint256 expected = _sharesFor(value);
        require(expected != 0 && _isOpenForDeposits(), Unable());
        bytes memory data = abi.encodeCall(pool.deposit_and_stake, ());
        (bool success, bytes memory answer) = _act(from, address(pool), value, data, true, "I-26: sandwich");
        if (!success) return;
        ledger.paidIn += value;
        uint256 shares = abi.decode(answer, (uint256));
        _bookStake(value, shares);
        _finishRound();
        if (ledger.assets() == 0) return;
        uint256 worth = pool.convertToAssets(shares);
        data = abi.encodeCall(pool.unstakeShares, (shares, 0));
        (success, ) = _act(from, address(pool), 0, data, true, "I-26: sandwich's end");
        if (success) _bookUnstake(worth, shares);
        // A recovery belongs to the shares at once, but then the stake was bought at the premium for it. The fee's shares are
        // rounded down: less than one share's worth stays with the others.
        _promise(worth <= value + pool.convertToAssets(1) + 1, "I-16: who came before the gain took part of it");
    }

    /* HOSTILE */

    /// @dev In the clamped suite operators are honest: only their owners act.
    function misbehave(uint256 seed, uint256 roll) external step {
        if (CLAMPED) return _manage(_honestPool(seed), roll);
        if (roll % 3 == 0) return _reform(_wicked(seed), roll);
        HostilePool wicked = _wicked(seed);
        HostilePool.Mode mode = HostilePool.Mode((roll >> 32) % (uint256(type(HostilePool.Mode).max) + 1));
        if (mode == HostilePool.Mode.Reenters) wicked.setReentry(address(watcher), abi.encodeCall(watcher.look, ()));
        else wicked.setMode(mode);
        if ((roll >> 8) % 4 == 0) wicked.setBond(_size(roll));
        if ((roll >> 8) % 4 == 1) wicked.setTrickle((roll >> 16) % 1 ether);
    }

    /// @dev Back to what an honest pool does, so that there is something to come back from.
    function _reform(HostilePool wicked, uint256 seed) private {
        wicked.setMode(HostilePool.Mode.Honest);
        wicked.setBond(type(uint96).max);
        wicked.setTrickle(0);
        if (seed % 4 == 0 && wicked.unstaked() < 1e22) wicked.oweMore(_size(seed).min(1 ether));
    }

    function _wicked(uint256 seed) internal view returns (HostilePool) {
        uint256 count = operatorPools.length;
        for (uint256 i; i < count; ++i) {
            uint256 id = 1 + (((seed % count) + i) % count);
            if (isHostile(id)) return HostilePool(payable(operatorPools[id - 1]));
        }
        revert Unable();
    }

    function _honestPool(uint256 seed) internal view returns (StakingPool) {
        uint256 count = operatorPools.length;
        uint256 id = 1 + (seed % count);
        if (isHostile(id)) id = 1 + (id % count);
        return StakingPool(payable(operatorPools[id - 1]));
    }
}
