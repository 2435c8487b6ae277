// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IStakingPoolOwner} from "../../../contracts/interfaces/IStakingPoolOwner.sol";
import {HostilePool} from "../../../contracts/mocks/HostilePool.sol";
import {StakingPool} from "../../../contracts/StakingPool.sol";
import {vm} from "../Vm.sol";
import {Core} from "./Core.sol";
import {Elements} from "./Elements.sol";
import {Invariants} from "./Invariants.sol";
import {Ledger} from "./Ledger.sol";
import {Steps} from "./Steps.sol";
import {World} from "./World.sol";

/// @title All actions on one system, what must hold after each of them, and at the end.
contract System is Elements {
    using Ledger for Ledger.Book;

    /// @dev Nobody begins with an empty pool: everybody has shares, a deposit and an exit; operators hold most of it, and
    /// one of them was removed.
    constructor(bool clamped, Core core) World(clamped, core) {
        for (uint256 i; i < ACTORS; ++i) _stake(actor(i), actor(i), (20 + 30 * i) * 1 ether, 0);
        for (uint256 i; i < ACTORS; ++i) _deposit(actor(i), (1 + i) * 1 ether);
        vm.startPrank(GUARDIAN);
        registry.delist(OPERATORS);
        vm.stopPrank();
        registry.remove(OPERATORS);
        _keepHouse(0);
        for (uint256 i; i < ACTORS; ++i) _unstake(actor(i), (1 + i) * 1 ether, true);
        for (uint256 i; i < 5; ++i) _keepHouse(0);
        for (uint256 i; i < ACTORS; ++i) _unstake(actor(i), (1 + i) * 1 ether, true);
        _checkState(_remember());
    }

    function _checkState(Invariants.State memory s) internal override(Steps) {
        _note(Invariants.i01(s));
        _note(Invariants.i03(s));
        _note(_i04());
        _note(Invariants.i07(s));
        _note(Invariants.i08(s, pool));
        _note(Invariants.i09(s));
        _note(Invariants.i10(s, ledger));
        _note(Invariants.i23(s));
        _note(Invariants.i51(s, ledger));
        _note(Invariants.i02(s, ledger));
    }

    /// @notice I-43: whatever has happened, honest rounds bring everybody's money back.
    function everybodyLeaves() external {
        for (uint256 i; i < operatorPools.length; ++i) {
            if (isHostile(i + 1)) HostilePool(payable(operatorPools[i])).setMode(HostilePool.Mode.Honest);
            if (isHostile(i + 1)) HostilePool(payable(operatorPools[i])).setTrickle(0);
        }
        for (uint256 i; i < ACTORS; ++i) _leave(i);
        for (uint256 i; i < 24 && ledger.owed != 0; ++i) _keepHouse(i);
        _remember();
        for (uint256 i; i < ACTORS; ++i) _collect(i);
    }

    function _leave(uint256 who) private step {
        address from = actor(who);
        uint256 shares = pool.balanceOf(from);
        if (shares == 0) return;
        uint256 worth = pool.convertToAssets(shares);
        bytes memory data = abi.encodeCall(pool.unstake_all, ());
        (bool success, ) = _act(from, address(pool), 0, data, true, "I-43: cannot ask to leave");
        if (success) _bookUnstake(worth, shares);
    }

    function _collect(uint256 who) private step {
        address whose = actor(who);
        uint256 unstaked = pool.get_account_unstaked_balance(whose);
        _promise(pool.is_account_unstaked_balance_available(whose), "I-43: an exit is not funded by honest rounds");
        if (unstaked == 0) return;
        uint256 balance = whose.balance;
        _pay(KEEPER, whose, abi.encodeCall(pool.withdrawFor, (whose)), 0, true);
        _promise(whose.balance >= balance + unstaked, "I-43: an exit is not paid");
    }

    /// @dev At one operator a step: pool and network hold what the pool's own book says. The network's sum
    /// once in as many steps: what is lost there stays lost.
    function _i04() private view returns (string memory) {
        uint256 id = 1 + (steps % operatorPools.length);
        if (isHostile(id)) return "";
        StakingPool where = StakingPool(payable(operatorPools[id - 1]));
        IStakingPoolOwner.BookView memory book = where.getBook();
        // What exits left behind when they were rounded down is nobody's.
        address[3] memory accounts = [address(allocator), DELEGATOR, OWNER];
        uint256 due = book.equity + book.owed;
        for (uint256 i; i < 3; ++i) due += where.withdrawable(accounts[i]);
        uint256 held = _holdings(id);
        if (held < due || held > due + steps + 10) return "I-04: an operator's pool lost ether, or found some";
        if (id != 1) return "";
        uint256 sum;
        for (uint256 i; i < operatorPools.length; ++i) {
            sum += network.stakeOf(operatorPools[i]) + network.unbondingOf(operatorPools[i]);
        }
        bool covered = address(network).balance - forced[address(network)] == sum;
        return covered ? "" : "I-04: the network does not hold what is staked";
    }
}
