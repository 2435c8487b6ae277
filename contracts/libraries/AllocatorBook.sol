// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IMetaPool} from "../interfaces/IMetaPool.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IStakeNetwork} from "../interfaces/IStakeNetwork.sol";

/// @title The allocator's state, and what rounds, levels and legs share: totals, caps and targets (design §6 and §7).
/// @dev Guarantees: committed = Σ position, unbonding = Σ unbonding, faultedStake and faultedUnbonding the same sums over
/// faulted operators; a group's position is the sum over its members of the last snapshot.
library AllocatorBook {
    using Math for uint256;
    using SafeCast for uint256;

    uint256 internal constant BPS = 10_000;
    uint256 internal constant WAD = 1e18;
    uint256 internal constant DIMENSIONS = 5;
    uint256 internal constant POOL_GROUP = 0;
    uint16 internal constant NO_SHARE = type(uint16).max;
    uint96 internal constant NO_CAP = type(uint96).max;
    uint160 internal constant NO_LEVEL = type(uint160).max;

    /// @dev A bond that covers less than four fifths of its pool's stake makes what is beyond it a violation.
    uint256 private constant FREEZE_FROM = 4;
    uint256 private constant FREEZE_OF = 5;

    /// @dev Epochs after the one that was reported in which its scores may be acted on: they are made in the first of them, and
    /// then two epochs old at most.
    uint256 private constant MAX_SCORE_AGE = 3;

    /// @dev Less may be worth no share at an operator's pool, and is less than what their roundings leave behind.
    uint256 internal constant SMALLEST_STAKE = 1 gwei;

    uint256 internal constant SMALLEST_LOSS = 1_000; // wei; less is rounding

    /// @dev Gas of one frame of calls to an operator pool, and what must be left beside it (EIP-150 keeps 1/64).
    uint256 internal constant STIPEND = 1_250_000;
    uint256 internal constant RESERVE = 1_200_000;
    uint256 internal constant GAS_PER_FRAME = (STIPEND * 64) / 63;
    uint256 internal constant GAS_PER_OPERATOR = GAS_PER_FRAME + RESERVE;

    struct Certification {
        uint32 cursor; // operators checked; the type's maximum once rejected
        mapping(uint256 pair => uint256 sums) sums; // of two groups each, 128 bits
    }

    struct State {
        // Slot 0.
        IMetaPool metaPool;
        uint32 round; // the open one, 0 for none
        uint32 cursor; // operators read
        uint32 groupCursor; // groups summed up, plus one; 0 while operators are read
        // Slot 1.
        IOperatorRegistry registry;
        uint40 epoch; // in which the last round began
        uint32 epochLength;
        // Slot 2.
        IStakeNetwork network;
        bool upgradesRenounced;
        // Slot 3: totals, and what the last round held operators to.
        uint96 committed;
        uint96 unbonding;
        uint32 operators; // read in the last round
        uint16 poolShareBps;
        uint16 netShareBps;
        // Slot 4.
        uint96 faultedStake;
        uint96 faultedUnbonding;
        uint32 longestUnbonding; // seen in the open round
        // Slots 5 and 6: gains and losses of the open round.
        uint96 roundGain;
        uint96 roundLoss;
        uint256 gainSeconds; // Σ gain · time that it took to accrue
        // Slot 7.
        uint96 class0Used; // since the last round
        // One slot or more each.
        IAllocator.PoolSnapshot snapshot;
        IAllocator.Parameters parameters;
        mapping(uint256 id => IAllocator.Position) positions;
        mapping(uint256 id => IAllocator.Record) records;
        mapping(uint256 id => IAllocator.Snapshot) snapshots;
        mapping(uint256 group => IAllocator.GroupSnapshot) groups;
        mapping(bytes32 sheet => Certification) certifications;
        mapping(uint256 round => uint256 amount) class2Used;
        mapping(uint256 id => uint96 ramp) ramps;
    }

    /// @dev Sums over operators, kept in memory while a page of them changes.
    struct Totals {
        uint256 committed;
        uint256 unbonding;
        uint256 faultedStake;
        uint256 faultedUnbonding;
    }

    /// @dev The pool at this moment, read once per call.
    struct Live {
        uint256 total; // T
        uint256 faultedStake;
        uint256 networkStake; // N; 0 if it cannot be read
        uint256 free; // buffer beyond owed and the buffer target
        uint256 need; // what exits and the buffer lack
        IOperatorRegistry.Policy policy;
    }

    /// @dev T' and N as caps read them, and what the policy's shares make of them.
    struct Bounds {
        uint256 total; // T'
        uint256 network; // N
        uint256 poolShareCap; // of an operator
        uint256 netShareCap; // before others' stake is taken off
    }

    /* TOTALS */

    /// @dev N, or 0 if the network does not answer in one word.
    function networkStake(State storage self) internal view returns (uint256) {
        (bool success, bytes32 word, ) = LowLevelCall.staticcallReturn64Bytes(
            address(self.network),
            abi.encodeCall(IStakeNetwork.totalStake, ())
        );
        if (!success || LowLevelCall.returnDataSize() < 32) return 0;
        return uint256(word).min(type(uint96).max);
    }

    function live(State storage self) internal view returns (Live memory now_) {
        IMetaPool.BookView memory book = self.metaPool.getBook();
        now_.faultedStake = self.faultedStake;
        now_.networkStake = networkStake(self);
        now_.policy = self.registry.policy();

        uint256 claims = book.owed + book.bufferTarget;
        now_.free = book.buffer.saturatingSub(claims);
        now_.total = (book.buffer + self.committed + self.unbonding).saturatingSub(now_.faultedStake + claims);
        now_.need = (claims + self.faultedUnbonding).saturatingSub(book.buffer + self.unbonding);
        // Exits are paid out of the buffer target before such a rest is worth a call to a pool.
        if (now_.need < SMALLEST_STAKE && book.bufferTarget >= SMALLEST_STAKE) now_.need = 0;
    }

    function currentEpoch(State storage self) internal view returns (uint256) {
        return block.timestamp / self.epochLength;
    }

    /// @dev What class 2 took since the rounds that one unbonding time can span: a pool may begin to unbond at the next round,
    /// and no two rounds are in one epoch. In rounds, because what nobody collects is still unbonding, however long ago it
    /// was asked for.
    function class2InWindow(State storage self) internal view returns (uint256 used) {
        uint256 round = self.snapshot.round;
        uint256 window = self.registry.longestUnbonding().ceilDiv(self.epochLength) + 1;
        for (uint256 i; i <= window && i <= round; ++i) used += self.class2Used[round - i];
    }

    /// @dev Whether operators have been scored before, and not for too long: then nothing is moved for a better score.
    function areScoresOld(State storage self) internal view returns (bool) {
        uint256 scoredEpoch = self.registry.scoredEpoch();
        return scoredEpoch != 0 && currentEpoch(self) > scoredEpoch + MAX_SCORE_AGE;
    }

    /* POSITIONS */

    function loadTotals(State storage self) internal view returns (Totals memory) {
        return Totals(self.committed, self.unbonding, self.faultedStake, self.faultedUnbonding);
    }

    function storeTotals(State storage self, Totals memory totals) internal {
        (self.committed, self.unbonding) = (totals.committed.toUint96(), totals.unbonding.toUint96());
        (self.faultedStake, self.faultedUnbonding) = (
            totals.faultedStake.toUint96(),
            totals.faultedUnbonding.toUint96()
        );
    }

    /// @dev Takes an operator out of the sums, before what it holds changes.
    function remove(Totals memory totals, IAllocator.Position memory held) internal pure {
        totals.committed -= held.position;
        totals.unbonding -= held.unbonding;
        if (!held.faulted) return;
        totals.faultedStake -= uint256(held.position) + held.unbonding;
        totals.faultedUnbonding -= held.unbonding;
    }

    /// @dev Adds what an operator holds to the sums.
    function add(Totals memory totals, IAllocator.Position memory held) internal pure {
        totals.committed += held.position;
        totals.unbonding += held.unbonding;
        if (!held.faulted) return;
        totals.faultedStake += uint256(held.position) + held.unbonding;
        totals.faultedUnbonding += held.unbonding;
    }

    /// @dev Replaces what a healthy operator holds in the sums.
    function move(
        Totals memory totals,
        IAllocator.Position memory held,
        uint256 position,
        uint256 unbonding
    ) internal pure {
        totals.committed = totals.committed + position - held.position;
        totals.unbonding = totals.unbonding + unbonding - held.unbonding;
    }

    /// @dev Replaces what an operator holds, in the sums, too, but for the groups.
    function setPosition(State storage self, uint256 id, uint256 position, uint256 unbonding) internal {
        IAllocator.Position memory held = self.positions[id];
        Totals memory totals = loadTotals(self);
        remove(totals, held);
        (held.position, held.unbonding) = (position.toUint96(), unbonding.toUint96());
        add(totals, held);
        self.positions[id] = held;
        storeTotals(self, totals);
    }

    /// @dev Notes a loss that was booked between two rounds, for the next reading: it watches for losses, and takes them
    /// off what is due.
    function noteLoss(State storage self, uint256 id, uint256 loss) internal {
        IAllocator.Record storage record = self.records[id];
        record.lossSince = (record.lossSince + loss).toUint96();
        record.hasMore = true;
    }

    /// @dev Leaves the groups no room for what a member lost, rounding aside, before the next reading: another one would
    /// have it, and could lose it, too.
    function closeGroups(State storage self, uint40 groups, uint256 loss) internal {
        if (loss <= SMALLEST_LOSS) return;
        for (uint256 k; k <= DIMENSIONS; ++k) {
            uint256 group = groupAt(groups, k);
            if (k == 0 || group != 0) self.groups[group].unbonding += loss.toUint96();
        }
    }

    /// @dev Moves the sums of an operator's groups by what its position moved.
    function moveGroups(State storage self, uint40 groups, uint256 oldPosition, uint256 newPosition) internal {
        for (uint256 k; k <= DIMENSIONS; ++k) {
            uint256 group = groupAt(groups, k);
            if (k != 0 && group == 0) continue;
            IAllocator.GroupSnapshot storage held = self.groups[group];
            held.position = (held.position + newPosition).saturatingSub(oldPosition).toUint96();
        }
    }

    /// @dev Group of dimension k, from 1; the pool for k = 0.
    function groupAt(uint40 groups, uint256 k) internal pure returns (uint256) {
        return k == 0 ? POOL_GROUP : (groups >> (8 * (k - 1))) & 0xff;
    }

    /* CAPS AND TARGETS */

    /// @dev Share of an amount. NO_SHARE leaves any amount: what others have staked must not use it up.
    function shareDown(uint256 amount, uint256 shareBps) internal pure returns (uint256) {
        return shareBps == NO_SHARE ? type(uint256).max : (amount * shareBps) / BPS;
    }

    /// @dev The part of a cap that depends on T and N.
    function shareCap(
        uint256 totalAndFaulted,
        uint256 network,
        uint256 others,
        uint256 poolShareBps,
        uint256 netShareBps
    ) internal pure returns (uint256) {
        return
            shareDown(totalAndFaulted, poolShareBps).min(shareDown(network, netShareBps).saturatingSub(others)).min(
                NO_CAP
            );
    }

    function bounds(
        uint256 totalAndFaulted,
        uint256 network,
        uint256 poolShareBps,
        uint256 netShareBps
    ) internal pure returns (Bounds memory) {
        return
            Bounds(totalAndFaulted, network, shareDown(totalAndFaulted, poolShareBps), shareDown(network, netShareBps));
    }

    /// @dev Those of the snapshot.
    function recordedBounds(State storage self) internal view returns (Bounds memory) {
        return
            bounds(
                uint256(self.snapshot.total) + self.snapshot.faultedStake,
                self.snapshot.networkStake,
                self.poolShareBps,
                self.netShareBps
            );
    }

    /// @dev The part of an operator's cap that depends on T' and N.
    function shareCapOf(Bounds memory self, uint256 others) internal pure returns (uint256) {
        return self.poolShareCap.min(self.netShareCap.saturatingSub(others)).min(NO_CAP);
    }

    /// @dev Of stake that a bond does not cover: whether what the bond carries is most of it. Then nothing comes, and nothing
    /// is sent home.
    function isFrozen(uint256 covered, uint256 stake) internal pure returns (bool) {
        return covered * FREEZE_OF >= stake * FREEZE_FROM;
    }

    /// @dev c_i, by the bounds of the snapshot.
    function capOf(Bounds memory self, IAllocator.Snapshot memory snapshot) internal pure returns (uint256) {
        return shareCapOf(self, snapshot.others).min(snapshot.fixedCap);
    }

    /// @dev t_i at the snapshot.
    function targetOf(State storage self, IAllocator.Snapshot memory snapshot) internal view returns (uint256) {
        uint256 level = NO_LEVEL;
        for (uint256 k; k <= DIMENSIONS; ++k) {
            level = level.min(self.groups[groupAt(snapshot.groups, k)].level);
        }
        return target(capOf(recordedBounds(self), snapshot), snapshot.weight, level);
    }

    /// @dev min(cap, ⌊weight·level/1e18⌋). NO_LEVEL bounds nobody with a weight: it is more than 1e18 times any cap.
    function target(uint256 cap, uint256 weight, uint256 level) internal pure returns (uint256) {
        return cap.min((weight * level) / WAD);
    }

    /// @dev C_g from its parts, given T' and N; faulted members' stake is taken off at the end.
    function groupCap(
        IOperatorRegistry.Group memory caps,
        uint256 totalAndFaulted,
        uint256 network,
        uint256 others,
        uint256 faulted
    ) internal pure returns (uint256) {
        if (caps.poolShareBps == NO_SHARE && caps.netShareBps == NO_SHARE && caps.absoluteCap == NO_CAP) return NO_CAP;
        return
            shareCap(totalAndFaulted, network, others, caps.poolShareBps, caps.netShareBps)
                .min(caps.absoluteCap)
                .saturatingSub(faulted);
    }
}
