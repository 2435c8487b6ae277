// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAllocator} from "../../../contracts/interfaces/IAllocator.sol";
import {IMetaPool} from "../../../contracts/interfaces/IMetaPool.sol";
import {IOperatorPool} from "../../../contracts/interfaces/IOperatorPool.sol";
import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {HostilePool} from "../../../contracts/mocks/HostilePool.sol";
import {vm} from "../Vm.sol";
import {Exits} from "./Exits.sol";
import {Ledger} from "./Ledger.sol";

/// @title Rounds: whoever turns the crank, and however little at a time, the book follows what operators hold and show.
abstract contract Settlements is Exits {
    using Ledger for Ledger.Book;
    using Math for uint256;

    address internal constant KEEPER = address(0xCEE9);

    /// @dev What is known before a call that reads operators.
    struct Watch {
        uint256 round;
        uint256 cursor;
        uint256 supply;
        uint256 treasury;
        uint256 assets;
        uint256 premium;
        IAllocator.Parameters bounds;
        bytes32 book;
        uint256[] holdings;
        IAllocator.Position[] held;
        IAllocator.Record[] records;
        uint256[] ramps;
        uint256 total; // T of the last round
    }

    /* ACTIONS */

    /// @dev Waits for a round to be due, and settles it in pages of a size of its own.
    function settle(uint256 pages) external step {
        _waitForRound();
        _settle(1 + (pages % 4));
    }

    /// @dev Settles whatever is left of the round, or all of the next one.
    function settleAll() external step {
        _waitForRound();
        _finishRound();
    }

    /// @dev Too little gas does a part, or nothing: it never makes an honest operator look dead.
    function settleWithLittleGas(uint256 pages, uint256 gas_) external step {
        _waitForRound();
        _gas = 2_500_000 + (gas_ % 5_000_000);
        _settle(CLAMPED ? 1 + (pages % 8) : pages);
        _gas = ENOUGH_GAS;
    }

    function ping() external step {
        if (block.timestamp % 2 == 0) _waitForRound();
        else _warp(1);
        Watch memory w = _watch();
        (bool success, ) = _act(KEEPER, address(pool), 0, abi.encodeCall(pool.ping, ()), true, "I-27: ping");
        if (!success) return;
        _observeRound(w);
        _bookFunding(0);
    }

    /// @dev A watcher puts a loss into the price.
    function settleOne(uint256 seed) external step {
        (uint256 id, ) = _operator(seed);
        Watch memory w = _watch();
        bytes memory data = abi.encodeCall(allocator.settleOne, (id));
        (bool success, bytes memory answer) = _act(KEEPER, address(allocator), 0, data, true, "I-26: settleOne");
        if (!success) return;
        uint256 loss = abi.decode(answer, (uint256));
        IAllocator.Position memory now_ = allocator.positionOf(id);
        IAllocator.Position memory was = w.held[id - 1];
        _promise(now_.readAt == was.readAt && now_.faults == was.faults, "I-26: settleOne counted as a reading");
        if (loss == 0) return;
        (uint256 staked, uint256 unstaked) = _shown(id);
        _promise(ledger.seeLoss(id, staked, unstaked) == loss, "I-15: settleOne booked another loss");
    }

    /// @dev Collects from who was removed, or ends the premium for who is dead.
    function tidyUp(uint256 seed) external step {
        uint256 id = _operatorThat(seed, true);
        if (id != 0 && seed % 2 == 0) {
            allocator.clearWriteDown(id);
            ledger.endPremium(ledger.operators[id], 0);
            return;
        }
        id = _operatorThat(seed, false);
        bool legal = id != 0 && !isHostile(id);
        if (id == 0) (id, ) = _operator(seed);
        uint256 before = _holdings(id);
        bytes memory data = abi.encodeCall(allocator.reclaim, (id));
        (bool success, ) = _act(KEEPER, address(allocator), 0, data, legal, "I-26: reclaim");
        if (success) ledger.reclaim(id, before - _holdings(id));
    }

    /* INTERNAL: ROUNDS */

    function _waitForRound() internal {
        (uint256 round, ) = allocator.openRound();
        uint256 due = allocator.nextRoundAt();
        // No two rounds read an operator at the same moment: what the second did could not be told.
        if (round == 0) _warp(due.saturatingSub(block.timestamp).max(1));
    }

    function _settle(uint256 maxOperators) internal {
        Watch memory w = _watch();
        bytes memory data = abi.encodeCall(allocator.settle, (maxOperators));
        bool enough = _gas == ENOUGH_GAS;
        acting = address(0);
        (bool success, bytes memory answer) = address(allocator).call{gas: _gas}(data);
        if (!success) {
            if (enough) _note(string.concat("I-27: a page did not fit: ", vm.toString(answer)));
            _promise(_nothingHappened(w), "I-37: a failed page left something behind");
            if (bytes(broken).length == 0) revert Refused(answer);
            return;
        }
        (uint256 read, bool completed) = abi.decode(answer, (uint256, bool));
        (uint256 round, uint256 cursor) = allocator.openRound();
        _promise(completed == (round == 0), "I-27: settle said what is not so");
        if (round != 0) _promise(cursor == (w.round == 0 ? 0 : w.cursor) + read, "I-27: another number was read");
        _observeRound(w);
    }

    /// @dev In pages, until no round is open.
    function _finishRound() internal {
        for (uint256 i; i < 32; ++i) {
            _settle(MOST_OPERATORS);
            (uint256 round, ) = allocator.openRound();
            if (round == 0) return;
        }
        _note("I-27: a round does not end");
    }

    function _watch() internal view returns (Watch memory w) {
        (w.round, w.cursor) = allocator.openRound();
        w.supply = pool.totalSupply();
        w.treasury = pool.balanceOf(TREASURY);
        (w.assets, w.premium) = (ledger.assets(), ledger.premium());
        w.bounds = allocator.parameters();
        w.book = keccak256(abi.encode(pool.getBook()));
        uint256 count = operatorPools.length;
        w.holdings = new uint256[](count);
        w.held = new IAllocator.Position[](count);
        w.records = new IAllocator.Record[](count);
        w.ramps = new uint256[](count);
        w.total = allocator.poolSnapshot().total;
        for (uint256 i; i < count; ++i) {
            w.holdings[i] = _holdings(i + 1);
            w.held[i] = allocator.positionOf(i + 1);
            w.records[i] = allocator.recordOf(i + 1);
            w.ramps[i] = allocator.rampOf(i + 1);
        }
    }

    function _nothingHappened(Watch memory w) internal view returns (bool) {
        return keccak256(abi.encode(w)) == keccak256(abi.encode(_watch()));
    }

    /// @dev Follows a call that may have read operators and ended the round.
    function _observeRound(Watch memory w) internal {
        (uint256 round, uint256 cursor) = allocator.openRound();
        if (w.round == 0 && round == 0 && allocator.poolSnapshot().round == _lastRound) return;
        uint256 from = w.round == 0 ? 0 : w.cursor;
        if (w.round == 0) ledger.reading = true;
        uint256 to = round == 0 ? registry.operatorCount() : cursor;
        if (!ledger.reading) to = from;
        uint256 restored = ledger.restored;
        for (uint256 id = from + 1; id <= to; ++id) {
            _observe(w, id);
            _checkRamp(w, id);
        }
        ledger.endPage();
        _checkGainWaits(w, restored);
        if (ledger.reading && to == registry.operatorCount()) _observeEnd(w);
        if (round == 0) _lastRound = allocator.poolSnapshot().round;
    }

    uint256 private _lastRound;

    /// @dev A fault halves a ramp; else it stays, or grows by a half where stake of ours was and nothing went wrong. What is
    /// lost is the ledger's, since the last reading that was answered.
    function _checkRamp(Watch memory w, uint256 id) private {
        IOperatorRegistry.State state = registry.operator(id).state;
        IAllocator.Position memory held = allocator.positionOf(id);
        uint256 ramp = allocator.rampOf(id);
        bool removed = state == IOperatorRegistry.State.Removed; // not read any more
        if (state == IOperatorRegistry.State.Ramping) _checkRamping(w, id, held.faulted, ramp);
        else _promise(removed || ramp == 0, "I-52: who does not ramp has a ramp");
        if (held.readAt != w.held[id - 1].readAt) _lossesSeen[id] = ledger.operators[id].losses;
    }

    function _checkRamping(Watch memory w, uint256 id, bool faulted, uint256 ramp) private {
        uint256 floor = (w.total * 5) / 10_000;
        uint256 was = w.ramps[id - 1];
        if (was < 1 gwei || faulted) {
            bool begins = was < 1 gwei;
            _promise(ramp == (begins ? floor : was.min(floor.max(was / 2))), "I-52: a ramp began, or fell, otherwise");
            return;
        }
        IOperatorRegistry.Operator memory operator = registry.operator(id);
        bool lost = ledger.operators[id].losses - _lossesSeen[id] > ROUNDING;
        bool clean = !lost && !operator.watch && operator.whitelisted && w.records[id - 1].base != 0;
        _promise(ramp == (clean ? (was * 3) / 2 : was), "I-52: a ramp grew too much, or too little");
    }

    uint256 internal constant ROUNDING = 1_000; // wei: what pools round is no loss
    mapping(uint256 id => uint256 amount) private _lossesSeen;

    /// @dev What slashes took of a pool's unbonding stake and its bond bore: the pool unbonds that anew (decision 0003).
    mapping(uint256 id => uint256 amount) internal setBack;

    /// @dev What was earned is not in the price yet: whoever came a moment before has no part of it. A recovery is, but not in
    /// the price with the premium, which stakes have paid.
    function _checkGainWaits(Watch memory w, uint256 restored) private {
        IMetaPool.BookView memory book = pool.getBook();
        // What `ping` released by funding the last open exit: the ledger follows that afterwards.
        uint256 dust = uint256(ledger.owed).saturatingSub(book.owed + book.funded - ledger.funded);
        // The fee's shares are rounded down: less than one share's worth stays with the others.
        bool rose = (book.assets - dust) * w.supply > w.assets * book.supply + w.assets + book.supply;
        _promise(!rose || ledger.restored != restored, "I-16: who came before the gain took part of it");
        uint256 paid = w.assets + w.premium;
        rose = (book.assets + book.premium - dust) * w.supply > paid * book.supply + paid + book.supply;
        _promise(!rose, "I-16: who came before a recovery took part of it");
    }

    function _observe(Watch memory w, uint256 id) private {
        if (registry.operator(id).state == IOperatorRegistry.State.Removed) return;
        IAllocator.Position memory now_ = allocator.positionOf(id);
        IAllocator.Position memory was = w.held[id - 1];
        Ledger.Reading memory reading;
        reading.answered = now_.readAt == block.timestamp && was.readAt != block.timestamp;
        reading.writtenDown = now_.writtenDown;
        reading.arrived = w.holdings[id - 1].saturatingSub(_holdings(id));
        if (reading.answered) (reading.staked, reading.unstaked) = _shown(id);
        if (w.records[id - 1].refusedBps != 0) reading.insisted = _unstakedNow(id);
        reading.refuses = allocator.recordOf(id).refusedBps != 0;
        (uint256 gain, uint256 loss) = ledger.read(id, reading, w.bounds.maxGainBps, EPOCH);

        _checkGain(w, id, now_, reading.arrived, gain);
        uint256 held = uint256(was.position) + was.unbonding;
        if (!reading.answered) _checkFailed(was, now_);
        else _checkWatch(id, loss, held.max(w.records[id - 1].base), w.bounds.maxLossBps);
        if (isHostile(id)) return;
        _promise(reading.answered, "I-26: an honest operator did not answer");
        _checkPunctual(w.records[id - 1], id, now_.faulted);
    }

    /// @dev What a reading that asked again has had a hostile pool unstake; honest ones never refuse.
    function _unstakedNow(uint256 id) private view returns (uint256 amount) {
        HostilePool wicked = HostilePool(payable(operatorPools[id - 1]));
        uint256 count = wicked.exitCount();
        if (count == 0) return 0;
        uint256 maturesAt;
        (amount, maturesAt) = wicked.exits(count - 1);
        if (maturesAt != block.timestamp + wicked.DELAY()) return 0;
    }

    /// @dev Late is only who lacks more than half of what was due because its bond bore that much of what was on its way.
    /// From a reading that sets a new time on, nothing is missing: the pool unbonds it anew when it is read.
    function _checkPunctual(IAllocator.Record memory was, uint256 id, bool faulted) private {
        _promise(!faulted || 2 * setBack[id] >= was.dueAmount, "I-26: an honest operator was faulted");
        IAllocator.Record memory record = allocator.recordOf(id);
        if (record.dueAmount == 0 || record.dueAt != was.dueAt) setBack[id] = 0;
    }

    function _checkGain(
        Watch memory w,
        uint256 id,
        IAllocator.Position memory now_,
        uint256 arrived,
        uint256 gain
    ) private {
        IAllocator.Position memory was = w.held[id - 1];
        uint256 held = uint256(was.position) + was.unbonding;
        uint256 elapsed = was.readAt == 0 ? 0 : block.timestamp - was.readAt;
        uint256 most = (held * w.bounds.maxGainBps * elapsed) / (10_000 * EPOCH);
        uint256 lost = was.writtenDown ? w.records[id - 1].lost : 0; // comes back once: as cash, or as stake
        most += lost.saturatingSub(arrived) + arrived.saturatingSub(was.unbonding);
        uint256 has = uint256(now_.position) + now_.unbonding + arrived;
        _promise(has <= held + most && gain <= most, "I-06: a reading booked more than a gain may be");
    }

    /// @dev Who fails keeps its entries, or is written down for good after three rounds.
    function _checkFailed(IAllocator.Position memory was, IAllocator.Position memory now_) private {
        _promise(now_.faulted, "I-26: a dead operator was not faulted");
        bool kept = now_.position == was.position && now_.unbonding == was.unbonding;
        bool gone = now_.writtenDown && now_.position + now_.unbonding == 0 && now_.faults >= 3;
        _promise(kept || gone, "I-26: an operator that failed was booked");
    }

    function _checkWatch(uint256 id, uint256 loss, uint256 base, uint256 maxLossBps) private {
        uint256 bound = (base * 21 * maxLossBps) / 20;
        if (loss * 10_000 > bound && loss > 1 gwei)
            _promise(registry.operator(id).watch, "I-18: a large loss unwatched");
    }

    function _observeEnd(Watch memory w) private {
        uint256 gain = ledger.gain.saturatingSub(ledger.loss);
        uint256 worth = ledger.assets();
        uint256 supply = ledger.supply;
        uint256 mark = ledger.highWater;
        uint256 above = (worth + ledger.lockedNow() + ledger.roundGain).saturatingSub(mark.mulDiv(supply, 1e27));
        uint256 feeBps = pool.parameters().feeBps;
        uint256 expected = ledger.endRound(feeBps, EPOCH);
        uint256 minted = pool.balanceOf(TREASURY) - w.treasury;
        _promise(minted == 0 || worth != 0, "I-17: a fee of nothing");
        uint256 fee = worth == 0 ? 0 : minted.mulDiv(worth, supply);
        _promise(fee <= (gain.min(above) * feeBps) / 10_000, "I-17: a fee above its part of the gain");
        _promise(minted == expected, "I-17: the fee's shares");
        _promise(pool.getBook().highWater >= mark, "I-17: the high-water mark fell");
    }

    /* INTERNAL: OPERATORS */

    /// @dev What an operator's pool and the network hold for it, as the network knows.
    function _holdings(uint256 id) internal view returns (uint256) {
        address where = operatorPools[id - 1];
        return where.balance - forced[where] + network.stakeOf(where) + network.unbondingOf(where);
    }

    /// @dev What the operator's pool says that it owes us.
    function _shown(uint256 id) internal view returns (uint256 staked, uint256 unstaked) {
        IOperatorPool where = IOperatorPool(operatorPools[id - 1]);
        staked = where.get_account_staked_balance(address(allocator));
        unstaked = where.get_account_unstaked_balance(address(allocator));
    }

    /// @dev One that has a part in D, or one that was removed; 0 for none.
    function _operatorThat(uint256 seed, bool isDead) private view returns (uint256 id) {
        uint256 count = operatorPools.length;
        for (uint256 i; i < count; ++i) {
            id = 1 + (((seed % count) + i) % count);
            bool isRemoved = registry.operator(id).state == IOperatorRegistry.State.Removed;
            if (isDead ? allocator.recordOf(id).premiumUnits != 0 : isRemoved) return id;
        }
        return 0;
    }
}
