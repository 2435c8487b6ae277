// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAllocator} from "../../../contracts/interfaces/IAllocator.sol";
import {IMetaPool} from "../../../contracts/interfaces/IMetaPool.sol";
import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {vm} from "../Vm.sol";
import {Ledger} from "./Ledger.sol";
import {Operators} from "./Operators.sol";

/// @title Lists, caps, weights, parameters, pauses and notices: whatever those with a role do, nobody's money moves (I-38).
abstract contract Governance is Operators {
    using Ledger for Ledger.Book;
    using Math for uint256;

    struct Announced {
        bytes data;
        uint256 since;
        uint256 batch;
        bool over;
    }

    Announced[] private _announced;

    /// @dev Weights as they were when an epoch began: whoever changes one notes all of them first.
    mapping(uint256 epoch => mapping(uint256 id => uint256 weight)) internal weights;
    mapping(uint256 epoch => bool isKnown) private _isKnown;

    /// @dev Draining and back, delisting, removal, the whitelist.
    function setState(uint256 seed, uint256 roll) external step harmless {
        if (roll % 4 == 0 && operatorPools.length < MOST_OPERATORS && !_isRoundOpen()) return _list();
        uint256 id = _movable(seed);
        address where = operatorPools[id - 1];
        IOperatorRegistry.Operator memory operator = registry.operator(id);
        if (operator.state == IOperatorRegistry.State.Delisted) {
            registry.remove(id);
        } else if (!operator.whitelisted) {
            registry.whitelistPool(where);
        } else if (operator.state == IOperatorRegistry.State.Draining) {
            if (roll % 2 == 0 || !_confirmDrain(id, roll)) registry.reinstate(id);
        } else if (roll % 8 == 0) {
            _ask(_restrictor(roll), address(registry), abi.encodeCall(registry.delist, (id)));
        } else if (roll % 8 == 1 && isHostile(id)) {
            _ask(_restrictor(roll), address(registry), abi.encodeCall(registry.unwhitelistPool, (where)));
        } else {
            _ask(_restrictor(roll), address(registry), abi.encodeCall(registry.drain, (id)));
        }
    }

    /// @dev One whose state the rules let change now.
    function _movable(uint256 seed) private view returns (uint256 id) {
        uint256 count = operatorPools.length;
        for (uint256 i; i < count; ++i) {
            id = 1 + (((seed % count) + i) % count);
            IOperatorRegistry.State state = registry.operator(id).state;
            IAllocator.Position memory held = allocator.positionOf(id);
            bool holds = !held.writtenDown && held.position + held.unbonding != 0;
            bool listed = state == IOperatorRegistry.State.Active || state == IOperatorRegistry.State.Ramping;
            if (listed || (!_isRoundOpen() && state == IOperatorRegistry.State.Draining)) return id;
            if (!_isRoundOpen() && state == IOperatorRegistry.State.Delisted && !holds) return id;
        }
        revert Unable();
    }

    /// @dev The guardian may restrict for its share of the stake only, what has had notice for all of it.
    function _restrictor(uint256 roll) private view returns (address) {
        return _mix(roll, 9) % 4 == 0 ? GUARDIAN : address(notice);
    }

    /// @dev A guardian makes the drain of reports last: nothing moves by it, so it counts nothing.
    function _confirmDrain(uint256 id, uint256 roll) private returns (bool) {
        (, , bool byReport) = registry.marksOf(id);
        if (!byReport) return false;
        uint256 left = registry.guardianShareLeft();
        bytes memory data = abi.encodeCall(registry.drain, (id));
        _act(_restrictor(roll), address(registry), 0, data, true, "I-54: a drain cannot be confirmed");
        (, , byReport) = registry.marksOf(id);
        bool kept = registry.operator(id).state == IOperatorRegistry.State.Draining;
        _promise(kept && !byReport, "I-54: a drain was not confirmed");
        _promise(registry.guardianShareLeft() == left, "I-54: confirming a drain counted");
        return true;
    }

    function _list() private {
        _createOperator(true);
        uint256 id = operatorPools.length;
        weights[allocator.currentEpoch()][id] = registry.operator(id).weight;
        _promise(registry.operatorCount() == id && registry.idOf(operatorPools[id - 1]) == id, "I-41: listed wrongly");
    }

    function watch(uint256 seed) external step harmless {
        (uint256 id, ) = _operator(seed);
        IOperatorRegistry.Operator memory operator = registry.operator(id);
        if (operator.watch && operator.state != IOperatorRegistry.State.Removed) registry.clearWatch(id);
        else _ask(GUARDIAN, address(registry), abi.encodeCall(registry.watch, (id)));
    }

    function setCap(uint256 seed, uint256 roll) external step harmless {
        (uint256 id, ) = _operator(seed);
        IOperatorRegistry.Operator memory operator = registry.operator(id);
        require(operator.state != IOperatorRegistry.State.Removed, Unable());
        uint96 cap = uint96(_size(roll));
        if (roll % 3 != 0) registry.setAbsoluteCap(id, roll % 3 == 1 ? type(uint96).max : cap);
        else _ask(_restrictor(roll), address(registry), abi.encodeCall(registry.lowerAbsoluteCap, (id, cap)));
    }

    function setGroupCaps(uint256 seed, uint256 roll) external step harmless {
        if (roll % 8 == 3) return _setMode(seed, roll);
        uint256 id = 1 + (seed % (GROUPS - 1));
        IOperatorRegistry.Group memory caps = registry.statedGroup(id);
        uint16 share = uint16(2_000 + (_mix(roll, 1) % 6_000));
        if (roll % 2 == 0) {
            caps.poolShareBps = roll % 4 == 0 ? type(uint16).max : share;
            caps.netShareBps = roll % 8 == 0 ? type(uint16).max : share;
            registry.setGroup(id, caps);
        } else {
            bytes memory data = abi.encodeCall(
                registry.lowerGroupCaps,
                (id, share < caps.poolShareBps ? share : caps.poolShareBps, caps.netShareBps, caps.absoluteCap)
            );
            _ask(_restrictor(roll), address(registry), data);
        }
    }

    /// @dev Of a dimension with groups; Hard as often as not, or no cap of a group would ever bind.
    function _setMode(uint256 seed, uint256 roll) private {
        uint8 dimension = seed % 3 == 2 ? 5 : uint8(1 + (seed % 3));
        uint256 mode = _mix(roll, 3) % 4;
        registry.setDimensionMode(dimension, IOperatorRegistry.DimensionMode(mode < 3 ? mode : 0));
    }

    function setGroupsAndWeight(uint256 seed, uint256 roll) external step harmless {
        (uint256 id, ) = _operator(seed);
        IOperatorRegistry.Operator memory operator = registry.operator(id);
        require(operator.state != IOperatorRegistry.State.Removed, Unable());
        if (roll % 2 == 0) {
            registry.setGroups(id, uint40((1 + ((roll >> 8) % 2)) | ((3 + ((roll >> 16) % 2)) << 8)));
            return;
        }
        _rememberWeights();
        if (roll % 8 == 1) return _setBounds(id, operator.weight);
        (uint256[] memory ids, uint24[] memory changed) = (new uint256[](1), new uint24[](1));
        (ids[0], changed[0]) = (id, operator.weight);
        uint256 part = operator.weight / 12;
        changed[0] = uint24(roll % 4 == 1 ? (operator.weight + part).min(1_000) : operator.weight - part);
        _ask(address(this), address(registry), abi.encodeCall(registry.setWeights, (ids, changed)));
    }

    /// @dev Nobody's weight but that of who has none: by steps of one, however long it takes.
    function _setBounds(uint256 id, uint256 weight) private {
        registry.setWeightBounds(id, weight == 0 ? 60 : 0, weight == 0 ? 1_000 : 0);
        registry.setWeightBounds(id, 0, 1_000);
        weights[allocator.currentEpoch()][id] = registry.operator(id).weight;
    }

    function setParameters(uint256 roll) external step harmless {
        if (roll % 3 == 0) {
            uint16 share = uint16(1_000 + (_mix(roll, 1) % 2_000));
            registry.setPolicy(IOperatorRegistry.Policy(share, roll % 2 == 0 ? 4_000 : type(uint16).max, 1_000, 20));
        } else if (roll % 3 == 1) {
            uint96 cap = roll % 4 == 0 ? uint96(ledger.assets() + _size(roll)) : type(uint96).max;
            uint16 target = uint16(_mix(roll, 2) % 1_001);
            pool.setParameters(IMetaPool.Parameters(uint16(_mix(roll, 1) % 2_001), target, cap, TREASURY));
        } else {
            IAllocator.Parameters memory bounds = allocator.parameters();
            bounds.graceBps = uint16(_mix(roll, 1) % 1_000);
            bounds.bandBps = uint16(_mix(roll, 2) % 1_500);
            bounds.budget2Bps = uint16(_mix(roll, 3) % 1_001);
            allocator.setParameters(bounds);
        }
    }

    function pause(uint256 roll) external step harmless {
        bool paused = pool.is_staking_paused();
        bytes memory data =
            paused ? abi.encodeCall(pool.resumeStaking, ()) : abi.encodeCall(pool.pauseStaking, (1 + (roll % 1 days)));
        // Governance need not keep the guardian's spacing.
        _ask(roll % 4 == 0 || paused ? GUARDIAN : address(notice), address(pool), data);
    }

    /// @dev A call goes through only as announced, once, late enough, and not before those who asked to leave are funded.
    function _announce(uint256 roll) private harmless {
        uint256 salt = _announced.length;
        bytes memory data = abi.encodeCall(registry.setAbsoluteCap, (1 + (roll % OPERATORS), uint96(roll)));
        (bool success, ) = _try(
            GOVERNANCE,
            address(notice),
            abi.encodeCall(notice.announce, (address(registry), data, bytes32(salt)))
        );
        _promise(success, "I-39: an announcement was refused");
        _announced.push(Announced(data, block.timestamp, pool.fillingBatch(), false));
    }

    function giveNotice(uint256 seed, uint256 roll) external step {
        if (_announced.length == 0 || seed % 3 == 0) return _announce(roll);
        uint256 salt = seed % _announced.length;
        bool waits = !_announced[salt].over && roll % 8 != 0 && roll % 2 == 0;
        if (waits) _warp(registry.longestUnbonding() + 2 * EPOCH);
        _carryOut(salt, roll);
    }

    function _carryOut(uint256 salt, uint256 roll) private harmless {
        Announced storage a = _announced[salt];
        if (roll % 8 == 0 && !a.over) {
            bytes memory cancel = abi.encodeCall(notice.cancel, (address(registry), a.data, bytes32(salt)));
            (bool cancelled, ) = _try(GUARDIAN, address(notice), cancel);
            _promise(cancelled || block.timestamp >= a.since + 120 days, "I-39: cannot be cancelled");
            a.over = true;
            return;
        }
        bool due = block.timestamp >= a.since + 2 * EPOCH + registry.longestUnbonding();
        bool funded = pool.fundedThrough() >= a.batch + 2 || block.timestamp >= a.since + 90 days;
        bool alive = !a.over && block.timestamp < a.since + 120 days;
        (bool success, ) = _try(
            address(0xAB),
            address(notice),
            abi.encodeCall(notice.execute, (address(registry), a.data, bytes32(salt)))
        );
        _promise(!success || (due && funded && alive), "I-39: carried out too early, or twice");
        if (success) a.over = true;
    }

    /* INTERNAL */

    function _rememberWeights() internal {
        uint256 epoch = allocator.currentEpoch();
        if (_isKnown[epoch]) return;
        _isKnown[epoch] = true;
        for (uint256 i; i < operatorPools.length; ++i) weights[epoch][i + 1] = registry.operator(i + 1).weight;
    }

    /// @dev A call that the rules may refuse.
    function _ask(address from, address target, bytes memory data) private {
        _act(from, target, 0, data, false, "");
    }

    function _try(address from, address target, bytes memory data) internal returns (bool, bytes memory) {
        vm.prank(from);
        return target.call(data);
    }

    function _isRoundOpen() internal view returns (bool) {
        (uint256 round, ) = allocator.openRound();
        return round != 0;
    }
}
