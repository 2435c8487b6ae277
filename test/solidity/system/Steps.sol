// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IAllocator} from "../../../contracts/interfaces/IAllocator.sol";
import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";
import {vm} from "../Vm.sol";
import {Errors} from "./Errors.sol";
import {Invariants} from "./Invariants.sol";
import {Ledger} from "./Ledger.sol";
import {World} from "./World.sol";

/// @title What every action shares: looking before and after, making a call, and saying what was broken.
abstract contract Steps is World {
    using Ledger for Ledger.Book;

    /// @notice There is nothing to do for this action now.
    error Unable();
    /// @notice The call was refused, as it had to be.
    error Refused(bytes reason);

    bytes private _seen; // what the last step left: nothing happens between two
    mapping(bytes32 what => bool isNoted) private _isNoted;
    bool private _harmless;
    uint256 private _time = block.timestamp; // of the last step
    mapping(uint256 id => IOperatorRegistry.State state) private _drainedFrom;

    /// @dev An action of nobody in particular, or of `acting`: what it left is compared with what it found.
    modifier step() {
        vm.warp(_time); // the test chain keeps the time that an action passed before it reverted
        acting = address(0);
        _harmless = false;
        _;
        ++steps;
        Invariants.Before memory before = abi.decode(_seen, (Invariants.Before));
        _compare(before, _remember());
    }

    /// @dev A step that must leave every account as it is.
    modifier harmless() {
        _harmless = true;
        _;
    }

    /* LOOKING */

    function look() public view returns (Invariants.State memory s) {
        s.book = pool.getBook();
        s.balance = address(pool).balance - forced[address(pool)];
        s.allocatorBalance = address(allocator).balance - forced[address(allocator)];
        s.funded = pool.fundedThrough();
        s.committed = allocator.committed();
        s.unbonding = allocator.unbonding();
        (s.reserved, s.lossCount) = (ledger.reserved, ledger.lossCount);
        s.steps = steps;
        (uint256 round, ) = allocator.openRound();
        s.roundOpen = round != 0;
        s.accounts = new Invariants.Account[](ACTORS + 2);
        for (uint256 i; i < ACTORS; ++i) s.accounts[i] = account(actor(i));
        (s.accounts[ACTORS].who, s.accounts[ACTORS + 1].who) = (TREASURY, address(pool));
        for (uint256 i = ACTORS; i < ACTORS + 2; ++i) s.accounts[i].shares = pool.balanceOf(s.accounts[i].who);
        s.operators = _lookAtOperators();
        s.groups = _groupPositions();
    }

    function account(address who) public view returns (Invariants.Account memory a) {
        a.who = who;
        a.wei_ = who.balance;
        a.shares = pool.balanceOf(who);
        a.exits = pool.exitsOf(who);
        for (uint256 i; i < a.exits.length; ++i) {
            a.open += a.exits[i].open;
            a.matured += a.exits[i].matured;
        }
        a.free = pool.withdrawable(who) - a.matured;
    }

    function _lookAtOperators() internal view returns (Invariants.Operator[] memory operators) {
        operators = new Invariants.Operator[](operatorPools.length);
        for (uint256 i; i < operators.length; ++i) operators[i] = _lookAt(i + 1);
    }

    function _groupPositions() internal view returns (uint256[] memory positions) {
        positions = new uint256[](GROUPS);
        for (uint256 i; i < GROUPS; ++i) positions[i] = allocator.groupSnapshot(i).position;
    }

    function _lookAt(uint256 id) private view returns (Invariants.Operator memory) {
        IAllocator.Position memory held = allocator.positionOf(id);
        IOperatorRegistry.Operator memory listed = registry.operator(id);
        (, , bool drainedByReport) = registry.marksOf(id);
        return
            Invariants.Operator({
                position: held.position,
                unbonding: held.unbonding,
                faulted: held.faulted,
                writtenDown: held.writtenDown,
                watch: listed.watch,
                whitelisted: listed.whitelisted,
                drainedByReport: drainedByReport,
                state: listed.state,
                groups: allocator.snapshotOf(id).groups
            });
    }

    function _remember() internal returns (Invariants.State memory s) {
        _time = block.timestamp;
        s = look();
        _seen = abi.encode(Invariants.keep(s));
    }

    /// @notice What an account has, in the pool and outside.
    function wealthOf(address who) public view returns (uint256) {
        return who.balance + pool.get_account_total_balance(who);
    }

    /// @dev What holds between two moments, whatever was done.
    function _compare(Invariants.Before memory before, Invariants.State memory s) private {
        _note(Invariants.i11(before, s));
        _note(Invariants.i15(before, s, acting, ledger.owed));
        _note(Invariants.i17(before, s, ACTORS));
        _note(Invariants.i24(before, s));
        _note(Invariants.i30(before, s));
        if (_harmless) _note(Invariants.i38(before, s));
        _note(Invariants.i41(before, s, _drainedFrom));
        _noteDrains(before, s);
        _checkState(s);
    }

    function _noteDrains(Invariants.Before memory before, Invariants.State memory s) private {
        for (uint256 i; i < before.states.length; ++i) {
            bool drains = s.operators[i].state == IOperatorRegistry.State.Draining;
            if (drains && before.states[i] != s.operators[i].state) _drainedFrom[i + 1] = before.states[i];
        }
    }

    /// @dev What holds at any moment.
    function _checkState(Invariants.State memory s) internal virtual;

    function _note(string memory what) internal {
        if (bytes(what).length == 0 || bytes(broken).length > 300 || _isNoted[keccak256(bytes(what))]) return;
        _isNoted[keccak256(bytes(what))] = true;
        broken = bytes(broken).length == 0 ? what : string.concat(broken, "; ", what);
    }

    function _promise(bool kept, string memory what) internal {
        if (!kept) _note(what);
    }

    /* CALLING */

    uint256 internal constant ENOUGH_GAS = 8_000_000; // I-27: what any call may need
    uint256 internal _gas = ENOUGH_GAS;

    /// @dev Calls as `from`. A call that is legal must succeed: `held` says which invariant it breaks else. One that is
    /// not may be refused, but only by an error of ours.
    function _act(
        address from,
        address target,
        uint256 value,
        bytes memory data,
        bool legal,
        string memory held
    ) internal returns (bool success, bytes memory answer) {
        acting = from;
        vm.prank(from);
        (success, answer) = target.call{value: value, gas: _gas}(data);
        if (success) return (true, answer);
        if (legal) _note(string.concat(held, ": ", vm.toString(answer)));
        else if (!Errors.isOurs(answer)) _note(string.concat("I-37: failed without an error: ", vm.toString(answer)));
        else revert Refused(answer);
    }

    function _warp(uint256 time) internal {
        vm.warp(block.timestamp + time);
    }

    /* RANDOM */

    function _mix(uint256 seed, uint256 salt) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt)));
    }

    /// @dev From a wei to a thousand ether, small ones as often as large ones.
    function _size(uint256 seed) internal pure returns (uint256) {
        return 1 + (_mix(seed, 1) % (10 ** (_mix(seed, 2) % 22)));
    }

    /// @dev Up to `most`; in the hostile suite also none, a wei too much, or anything.
    function _upTo(uint256 seed, uint256 most) internal view returns (uint256 amount, bool legal) {
        uint256 kind = _mix(seed, 3) % 16;
        amount = most == 0 ? 0 : 1 + (_mix(seed, 4) % most);
        if (kind == 0) amount = most;
        if (!CLAMPED && kind == 1) amount = 0;
        if (!CLAMPED && kind == 2) amount = most + 1;
        if (!CLAMPED && kind == 3) amount = seed;
        legal = amount != 0 && amount <= most;
        require(legal || !CLAMPED, Unable());
    }

    /// @dev What somebody can withdraw now.
    function _withdrawable(address who) internal view returns (uint256) {
        return IStakingPool(address(pool)).withdrawable(who);
    }
}
