// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAllocator} from "../../../contracts/interfaces/IAllocator.sol";
import {IOperatorPool} from "../../../contracts/interfaces/IOperatorPool.sol";
import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {FairSheet} from "./FairSheet.sol";
import {Invariants} from "./Invariants.sol";
import {Ledger} from "./Ledger.sol";
import {Settlements} from "./Settlements.sol";

/// @title Sheets and legs, by keepers who are honest, lazy or hostile.
abstract contract Keepers is Settlements {
    using Ledger for Ledger.Book;
    using Math for uint256;

    uint256 private constant NO_CAP = type(uint96).max;

    /// @dev What legs are judged by, worked out before they are sent.
    struct Rules {
        uint256 free; // buffer beyond owed and the buffer target
        uint256 need;
        uint256 class0;
        uint256 class2;
        uint256[] caps; // of operators, but for their bonds
        uint256[] covered; // what their bonds allow
        uint256[] groupCaps;
        uint256[] targets;
        Invariants.Operator[] operators;
        uint256[] groups;
    }

    /* SHEETS */

    function certify(uint256 pages) external step {
        if (!_isSheetDue()) _waitForRound();
        if (!_isSheetDue()) _finishRound();
        IAllocator.Level[] memory sheet = _fairSheet();
        bool passed;
        for (uint256 i; i < 8 && !passed; ++i) passed = _certify(sheet, 1 + (pages % 8), true);
        _promise(passed, "I-35: the fair sheet was refused");
    }

    /// @dev A sheet that is wrong passes only if it is within the tolerance of the right one.
    function certifyJunk(uint256 seed) external step {
        IAllocator.Level[] memory sheet = _fairSheet();
        bool wasCertified = allocator.poolSnapshot().certified;
        uint256 kind = seed % 4;
        if (sheet.length == 0 || kind == 0) {
            sheet = new IAllocator.Level[](1);
            sheet[0] = IAllocator.Level(uint8(CLAMPED ? 0 : seed >> 8), uint160(seed >> 16));
        } else if (kind == 1) {
            sheet[seed % sheet.length].level += uint160(1e15 + ((seed >> 64) % 1e36));
        } else if (kind == 2) {
            sheet[seed % sheet.length].level /= 2;
        } else {
            sheet[0].group = sheet[sheet.length - 1].group;
        }
        bool passed = _certify(sheet, 1 + ((seed >> 8) % 8), false);
        if (passed && !wasCertified) _checkSums();
    }

    /* LEGS */

    /// @dev Everybody down to where it belongs, then up.
    function rebalance(uint256 seed) external step {
        _rebalance(_honestLegs(), seed % 4 == 0);
    }

    /// @dev Waits for a round, and does everything that an honest keeper does for it.
    function keepHouse(uint256 pages) external step {
        _keepHouse(pages);
    }

    /// @dev Unknown operators, dust, doubles, any order, any amount.
    function rebalanceJunk(uint256 seed) external step {
        IAllocator.Leg[] memory legs = new IAllocator.Leg[](1 + (seed % 6));
        for (uint256 i; i < legs.length; ++i) {
            uint256 roll = _mix(seed, i);
            uint256 amount = roll % 3 == 0 ? type(uint128).max : _size(roll);
            legs[i] = IAllocator.Leg(uint32(roll % (operatorPools.length + 2)), uint128(amount), roll % 2 == 0);
        }
        _rebalance(legs, false);
    }

    /* INTERNAL: SHEETS */

    function _keepHouse(uint256 pages) internal {
        _waitForRound();
        _finishRound();
        IAllocator.Level[] memory sheet = _fairSheet();
        for (uint256 i; i < 8 && !_certify(sheet, 1 + (pages % 8), true); ++i) {}
        _rebalance(_honestLegs(), false);
        _fundExits(16);
    }

    function _isSheetDue() private view returns (bool) {
        (uint256 round, ) = allocator.openRound();
        return round == 0 && allocator.poolSnapshot().round != 0;
    }

    function _certify(IAllocator.Level[] memory sheet, uint256 pages, bool legal) private returns (bool passed) {
        bytes memory data = abi.encodeCall(allocator.certifyLevels, (sheet, pages));
        (bool success, bytes memory answer) = _act(KEEPER, address(allocator), 0, data, legal, "I-35: certifyLevels");
        if (success) passed = abi.decode(answer, (bool));
    }

    function _fairSheet() private view returns (IAllocator.Level[] memory) {
        if (!_isSheetDue()) return new IAllocator.Level[](0);
        FairSheet.Problem memory p;
        (uint256 count, , ) = allocator.snapshotScope();
        p.caps = new uint256[](count);
        p.weights = new uint256[](count);
        p.groupCaps = new uint256[](GROUPS);
        p.isMember = new bool[][](GROUPS);
        p.hasLevel = new bool[](GROUPS);
        for (uint256 g; g < GROUPS; ++g) {
            IAllocator.GroupSnapshot memory group = allocator.groupSnapshot(g);
            p.groupCaps[g] = group.cap;
            p.hasLevel[g] = group.cap != NO_CAP && group.weight != 0;
            p.isMember[g] = new bool[](count);
        }
        for (uint256 i; i < count; ++i) {
            IAllocator.Snapshot memory snapshot = allocator.snapshotOf(i + 1);
            p.caps[i] = _capThen(snapshot);
            p.weights[i] = snapshot.weight;
            for (uint256 g; g < GROUPS; ++g) p.isMember[g][i] = Invariants.isMember(snapshot.groups, g);
        }
        return FairSheet.search(p);
    }

    /// @dev c_i at the snapshot.
    function _capThen(IAllocator.Snapshot memory snapshot) private view returns (uint256) {
        IAllocator.PoolSnapshot memory then_ = allocator.poolSnapshot();
        (, uint256 poolShare, uint256 netShare) = allocator.snapshotScope();
        uint256 ofPool = ((uint256(then_.total) + then_.faultedStake) * poolShare) / 10_000;
        return ofPool.min(_ofNetwork(then_.networkStake, netShare, snapshot.others)).min(snapshot.fixedCap);
    }

    function _ofNetwork(uint256 stake_, uint256 shareBps, uint256 others) private pure returns (uint256) {
        return shareBps == type(uint16).max ? NO_CAP : ((stake_ * shareBps) / 10_000).saturatingSub(others);
    }

    /// @dev (F) of the certificate, from the targets that the allocator derives now.
    function _checkSums() private {
        (uint256 count, , ) = allocator.snapshotScope();
        uint256[] memory sums = new uint256[](GROUPS);
        for (uint256 id = 1; id <= count; ++id) {
            uint40 groups = allocator.snapshotOf(id).groups;
            uint256 target = allocator.targetOf(id);
            _promise(target <= _capThen(allocator.snapshotOf(id)), "I-22: a target above its cap");
            for (uint256 g; g < GROUPS; ++g) if (Invariants.isMember(groups, g)) sums[g] += target;
        }
        for (uint256 g; g < GROUPS; ++g) {
            _promise(sums[g] <= allocator.groupSnapshot(g).cap, "I-22: a sheet passed that overfills a group");
        }
    }

    /* INTERNAL: LEGS */

    function _honestLegs() private view returns (IAllocator.Leg[] memory legs) {
        uint256 count = operatorPools.length;
        legs = new IAllocator.Leg[](2 * count);
        for (uint256 i; i < count; ++i) {
            legs[i] = IAllocator.Leg(uint32(i + 1), type(uint128).max, false);
            legs[count + i] = IAllocator.Leg(uint32(i + 1), type(uint128).max, true);
        }
    }

    function _rebalance(IAllocator.Leg[] memory legs, bool twice) private {
        Rules memory rules = _rules();
        Watch memory w = _watch();
        bytes memory data = abi.encodeCall(allocator.rebalance, (legs));
        _gas = 3 * ENOUGH_GAS; // as many legs as fit; a keeper sends what a transaction holds
        (bool success, bytes memory answer) = _act(KEEPER, address(allocator), 0, data, true, "I-26: rebalance");
        _gas = ENOUGH_GAS;
        if (!success) return;
        uint256[] memory moved = abi.decode(answer, (uint256[]));
        _bookLegs(w, legs, moved);
        _checkCaps(rules);
        _checkBudgets(rules, legs, moved);
        if (twice) _checkRepeated(data);
    }

    /// @dev What is sent is at the operators, and the book follows what they show.
    function _bookLegs(Watch memory w, IAllocator.Leg[] memory legs, uint256[] memory moved) private {
        uint256 losses;
        uint256 sum;
        for (uint256 id = 1; id <= operatorPools.length; ++id) {
            (uint256 sent, uint256 down) = _sumsOf(id, legs, moved);
            sum += sent + down;
            losses += _bookLegsOf(w, id, sent, down);
        }
        ledger.bookLoss(losses);
        if (sum == 0 && losses == 0) _promise(_nothingHappened(w), "I-37: legs that moved nothing changed something");
    }

    function _bookLegsOf(Watch memory w, uint256 id, uint256 sent, uint256 down) private returns (uint256 loss) {
        IAllocator.Position memory was = w.held[id - 1];
        IAllocator.Position memory now_ = allocator.positionOf(id);
        uint16 refused = allocator.recordOf(id).refusedBps;
        _promise(refused == 0 || isHostile(id), "I-26: an honest pool is said to have refused a leg");
        w.records[id - 1].refusedBps = refused; // all that a leg may change which moves nothing
        uint256 booked = uint256(was.position) + was.unbonding + sent;
        uint256 held = uint256(now_.position) + now_.unbonding;
        _promise(held <= booked, "I-06: legs booked a gain");
        _promise(_holdings(id) == w.holdings[id - 1] + sent, "I-04: what was sent up is not at the operator");
        if (sent != 0 || down != 0) {
            (uint256 staked, uint256 unstaked) = _shown(id);
            _promise(held <= staked.saturatingAdd(unstaked), "I-06: a leg booked more than the operator shows");
            _promise(!was.faulted, "I-23: a leg to a faulted operator");
            if (sent != 0) _checkFilled(id, was.position + w.records[id - 1].lossSince + sent, down);
        } else if (held != booked) {
            // A slash that no reading has seen: as much was asked for as it took of what was on its way.
            (uint256 staked, uint256 unstaked) = _shown(id);
            bool isThere = isHostile(id) || held == staked + unstaked;
            _promise(isThere, "I-26: a leg that moved nothing lost what its pool shows");
        }
        if (held > booked) return 0;
        return ledger.leg(id, sent, now_.position, now_.unbonding);
    }

    /// @dev `filled`: what it held before, had lost since the last reading, and was sent.
    function _checkFilled(uint256 id, uint256 filled, uint256 down) private {
        bool isWithin = filled <= allocator.targetOf(id) + down + ROUNDING;
        _promise(isWithin, "I-22: what an operator lost was made up for unseen");
    }

    function _rules() private view returns (Rules memory rules) {
        (rules.operators, rules.groups) = (_lookAtOperators(), _groupPositions());
        uint256 claims = ledger.owed + _bufferTarget();
        (uint256 faulted, uint256 coming) = _faulted(rules.operators);
        rules.free = ledger.buffer().saturatingSub(claims);
        rules.need = claims.saturatingSub(ledger.buffer() + coming);
        (rules.class0, rules.class2) = allocator.budgetsUsed();
        _setCaps(rules, (ledger.buffer() + ledger.delegated).saturatingSub(faulted + claims) + faulted);
    }

    /// @dev By the smaller of then and now, of T' and of N.
    function _setCaps(Rules memory rules, uint256 total) private view {
        IAllocator.PoolSnapshot memory then_ = allocator.poolSnapshot();
        total = total.min(uint256(then_.total) + then_.faultedStake);
        uint256 stake_ = network.totalStake().min(then_.networkStake);
        uint256 count = operatorPools.length;
        (rules.caps, rules.covered) = (new uint256[](count), new uint256[](count));
        rules.targets = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            rules.caps[i] = _capNow(rules.operators[i], i + 1, total, stake_);
            rules.covered[i] = _coveredNow(i + 1);
            rules.targets[i] = allocator.targetOf(i + 1);
        }
        rules.groupCaps = new uint256[](GROUPS);
        for (uint256 g = 1; g < GROUPS; ++g) rules.groupCaps[g] = _groupCapNow(g, total, stake_);
        rules.groupCaps[0] = NO_CAP;
    }

    function _faulted(Invariants.Operator[] memory operators) private pure returns (uint256 stake_, uint256 coming) {
        for (uint256 i; i < operators.length; ++i) {
            Invariants.Operator memory o = operators[i];
            if (o.faulted) stake_ += o.position + o.unbonding;
            else coming += o.unbonding;
        }
    }

    /// @dev What an operator may be lifted to, with what is on its way back and whatever its bond: nothing if it may not hold,
    /// or is watched; while it ramps, to its ramp or back to where the last round found it.
    function _capNow(
        Invariants.Operator memory o,
        uint256 id,
        uint256 total,
        uint256 stake_
    ) private view returns (uint256 cap) {
        bool listed = o.state == IOperatorRegistry.State.Active || o.state == IOperatorRegistry.State.Ramping;
        if (!listed || !o.whitelisted || o.watch || o.faulted) return 0;
        IOperatorRegistry.Policy memory policy = registry.policy();
        uint256 others = allocator.snapshotOf(id).others;
        cap = ((total * policy.poolShareBps) / 10_000).min(_ofNetwork(stake_, policy.netShareBps, others));
        cap = cap.min(registry.operator(id).absoluteCap);
        bool ramps = o.state == IOperatorRegistry.State.Ramping;
        if (ramps) cap = cap.min(allocator.rampOf(id).max(allocator.recordOf(id).base));
    }

    /// @dev What the operator's bond allows us to have there: nothing if it cannot be read.
    function _coveredNow(uint256 id) private view returns (uint256) {
        (bool success, bytes memory answer) = operatorPools[id - 1].staticcall{gas: 500_000}(
            abi.encodeCall(IOperatorPool.bond, ())
        );
        uint256 bond = success && answer.length == 32 ? abi.decode(answer, (uint256)) : 0;
        return bond.saturatingMul(registry.policy().bondRatio).saturatingSub(allocator.snapshotOf(id).others);
    }

    function _groupCapNow(uint256 g, uint256 total, uint256 stake_) private view returns (uint256 cap) {
        IOperatorRegistry.Group memory caps = registry.group(g);
        IAllocator.GroupSnapshot memory sums = allocator.groupSnapshot(g);
        cap = caps.poolShareBps == type(uint16).max ? NO_CAP : (total * caps.poolShareBps) / 10_000;
        cap = cap.min(_ofNetwork(stake_, caps.netShareBps, sums.others)).min(caps.absoluteCap);
        cap = (cap == NO_CAP ? cap : cap.saturatingSub(sums.faulted)).min(sums.cap);
        return cap == NO_CAP ? cap : cap.saturatingSub(sums.unbonding);
    }

    function _checkCaps(Rules memory rules) private {
        for (uint256 i; i < rules.operators.length; ++i) {
            IAllocator.Position memory held = allocator.positionOf(i + 1);
            if (held.position <= rules.operators[i].position) continue;
            uint256 held_ = uint256(held.position) + held.unbonding;
            _promise(held_ <= rules.caps[i], "I-22: an operator was lifted above its cap");
            _promise(held_ <= rules.covered[i], "I-34: an operator was lifted above what its bond covers");
        }
        uint256[] memory groups = _groupPositions();
        for (uint256 g; g < GROUPS; ++g) {
            uint256 most = rules.groups[g].max(rules.groupCaps[g]);
            _promise(groups[g] <= most, "I-22: a group was lifted above its cap");
        }
    }

    function _checkBudgets(Rules memory rules, IAllocator.Leg[] memory legs, uint256[] memory moved) private {
        (uint256 up, uint256 down) = _sumsOf(0, legs, moved);
        _promise(up <= rules.free, "I-25: legs up took what exits are owed");
        (uint256 class0, uint256 class2) = allocator.budgetsUsed();
        IAllocator.PoolSnapshot memory then_ = allocator.poolSnapshot();
        IAllocator.Parameters memory bounds = allocator.parameters();
        if (class0 != rules.class0) {
            uint256 budget = (uint256(then_.total) * bounds.budget0Bps) / 10_000;
            _promise(class0 <= budget, "I-35: violations beyond their budget");
        }
        if (class2 != rules.class2) {
            uint256 budget = (uint256(then_.total) * bounds.budget2Bps) / 10_000;
            _promise(class2 <= budget, "I-35: optimisation beyond its budget");
            _promise(then_.certified, "I-35: optimisation without a sheet");
            uint256 scored = registry.scoredEpoch();
            bool isFresh = scored == 0 || allocator.currentEpoch() <= scored + 3;
            _promise(isFresh, "I-35: optimisation by old scores");
        }
        uint256 allowed = class0 - rules.class0 + class2 - rules.class2 + rules.need;
        _promise(down <= allowed, "I-35: more was unbonded than budgets and need allow");
        bool isOnlyClass2 = class0 == rules.class0 && rules.need == 0;
        if (down == 0 || isOnlyClass2) _checkPotential(rules, legs, moved);
    }

    /// @dev Of one operator, or of all for 0.
    function _sumsOf(
        uint256 id,
        IAllocator.Leg[] memory legs,
        uint256[] memory moved
    ) private pure returns (uint256 up, uint256 down) {
        for (uint256 k; k < legs.length; ++k) {
            if (id != 0 && legs[k].operator != id) continue;
            if (legs[k].up) up += moved[k];
            else down += moved[k];
        }
    }

    /// @dev Legs up and those of class 2 come nearer to the targets by all that they move; what operators lose on the way
    /// aside. What a hostile pool shows may be anything: only honest ones are summed.
    function _checkPotential(Rules memory rules, IAllocator.Leg[] memory legs, uint256[] memory moved) private {
        (uint256 before, uint256 afterwards, uint256 lost, uint256 sum) = (0, 0, 0, 0);
        for (uint256 i; i < rules.targets.length; ++i) {
            if (isHostile(i + 1)) continue;
            (uint256 up, uint256 down) = _sumsOf(i + 1, legs, moved);
            uint256 position = allocator.positionOf(i + 1).position;
            uint256 was = rules.operators[i].position;
            before += _distance(was, rules.targets[i]);
            afterwards += _distance(position, rules.targets[i]);
            lost += (was + up).saturatingSub(position + down);
            sum += up + down;
        }
        bool nearer = afterwards + sum <= before + 2 * lost + rules.targets.length;
        _promise(nearer, "I-35: legs led away from the targets");
    }

    /// @dev The same legs again move once more at most: an operator's own excess goes before its groups', and the last gwei of
    /// a need only when they are all of it. Then nothing but what pools round; and if the network has shrunk since the
    /// snapshot, what a share of it leaves room for, since it has grown by what was moved: no share is above four fifths.
    function _checkRepeated(bytes memory data) private {
        (, , uint256 network) = allocator.liveTotals();
        bool hasShrunk = network < allocator.poolSnapshot().networkStake;
        uint256 once = _repeat(data);
        if (once == 0) return;
        uint256 twice = _repeat(data);
        bool isLess = twice < 1 gwei || (hasShrunk && twice <= (once * 4) / 5);
        _promise(!CLAMPED || isLess, "I-35: repeating legs moves more and more"); // hostile pools need not answer alike
    }

    function _repeat(bytes memory data) private returns (uint256 sum) {
        uint256 committed = allocator.committed();
        Watch memory w = _watch();
        (bool success, bytes memory answer) = address(allocator).call{gas: 3 * ENOUGH_GAS}(data);
        if (!success) {
            _note("I-35: legs cannot be repeated");
            return 0;
        }
        uint256[] memory moved = abi.decode(answer, (uint256[]));
        for (uint256 k; k < moved.length; ++k) sum += moved[k];
        if (CLAMPED && sum == 0) _promise(allocator.committed() == committed, "I-35: legs moved what they do not say");
        if (!CLAMPED || sum != 0) _bookLegs(w, _honestLegs(), moved);
    }

    function _distance(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : b - a;
    }
}
