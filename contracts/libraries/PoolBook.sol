// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAllocator} from "../interfaces/IAllocator.sol";
import {IMetaPool} from "../interfaces/IMetaPool.sol";
import {IStakingPool} from "../interfaces/IStakingPool.sol";
import {ExitBook} from "./ExitBook.sol";

/// @title MetaPool's book: what belongs to the shares, what is owed, what is locked.
/// @notice docs/spec.md §1 has the formulas. The public functions, which only the allocator and views need, are linked
/// rather than inlined, so that MetaPool stays small; user operations use the internal ones.
/// @dev Guarantees: buffer = equity + owed + roundGain − delegated never changes by a gain or a loss.
library PoolBook {
    using ExitBook for ExitBook.Book;
    using Math for uint256;
    using SafeCast for uint256;

    uint256 internal constant BPS = 10_000;
    uint256 internal constant WAD = 1e18;
    uint256 internal constant HIGH_WATER_ONE = 1e27;
    uint256 private constant MAX_FEE_BPS = 2_000;
    uint256 private constant MAX_BUFFER_TARGET_BPS = 1_000;
    uint256 private constant MAX_PAUSE = 21 days;
    uint256 private constant PAUSE_SPACING = 60 days;
    uint256 private constant MAX_RELEASE = 7 days;
    uint256 private constant INSTANT_FEE_MIN_BPS = 25;
    uint256 private constant INSTANT_FEE_MAX_BPS = 180;
    uint256 private constant INSTANT_LOSS_DIVISOR = 100_000; // 0.1 bp
    uint256 private constant PREMIUM_DIVISOR = 1e6; // 0.01 bp
    uint256 private constant CLOSING_DIVISOR = 1e9;
    uint256 private constant CLOSING_INDEX = 1e21; // of exits: below, a small loss may close them unpaid
    uint256 private constant UNITS_PER_ERA = 1e6;
    uint256 private constant SMALLEST_UNITS = 1_000; // of R together; fewer are rounding

    struct Book {
        // Slot 0: written by stakes and unstakes.
        uint96 equity;
        uint128 supply;
        uint32 accountCount; // accounts that ever staked
        // Slot 1: read by stakes and unstakes.
        uint96 locked;
        uint40 releaseEnd;
        uint24 releaseDuration;
        uint40 pausedUntil;
        bool closed;
        bool hasPremium; // R is not 0: only then stakes and unstakes read it
        bool isCapped; // there is an asset cap: only then stakes read it
        // Slot 2: read by stakes and unstakes if need be.
        uint96 premium; // R, wei
        uint96 assetCap;
        uint40 pauseAllowedAt;
        uint16 feeBps;
        bool upgradesRenounced;
        // Slot 3: written by the allocator, read by instant exits.
        uint96 delegated;
        uint96 roundGain;
        uint16 bufferTargetBps;
        // Slot 4: written by rounds and instant exits.
        uint128 highWater; // 1e27 fixed point
        uint96 instantUsed;
        // Slot 5: read and written by instant exits; the treasury fills it.
        uint40 instantEpoch;
        uint32 instantClosedBatch; // closed until this batch's round has completed
        address treasury;
        // One slot each.
        address allocator;
        address notice;
        uint128 premiumUnits; // U, of all written-down operators
        uint32 premiumEra; // how often all units became a millionth of what they were
        ExitBook.Book exits;
    }

    /* ALLOCATOR */

    /// @dev Eats the round's gain, then the locked gain; the rest falls on shares and open exits in proportion.
    function bookLoss(Book storage self, uint256 loss) public {
        uint256 locked = lockedNow(self);
        uint256 assetsBefore = self.equity - locked;
        uint256 owed = self.exits.owed;
        if (loss > assetsBefore / INSTANT_LOSS_DIVISOR) self.instantClosedBatch = self.exits.fillingBatch;

        uint256 fromRoundGain = loss.min(self.roundGain);
        uint256 fromLocked = (loss - fromRoundGain).min(locked);
        uint256 rest = loss - fromRoundGain - fromLocked;
        // Down: rounded up, a wei of loss would halve the loss index of all exits while only two wei are owed.
        uint256 fromExits = rest == 0 ? 0 : rest.mulDiv(owed, assetsBefore + owed);
        uint256 fromShares = rest - fromExits;

        self.delegated -= loss.toUint96();
        self.roundGain -= uint96(fromRoundGain);
        if (fromLocked != 0) {
            self.locked = uint96(locked - fromLocked);
            self.releaseDuration = uint24(self.releaseEnd - block.timestamp);
        }
        self.equity -= uint96(fromLocked + fromShares);
        emit IMetaPool.LossBooked(loss, fromRoundGain, fromLocked, fromShares, fromExits);

        uint256 left = assetsBefore - fromShares;
        if (self.exits.writeDown(fromExits)) {
            uint256 rescued = self.exits.voidOpen();
            self.equity += uint96(rescued);
            left += rescued;
        }
        bool isWorn = self.exits.lossIndex < CLOSING_INDEX;
        if (!self.closed && (isWorn || left * CLOSING_DIVISOR < self.supply)) {
            self.closed = true;
            emit IMetaPool.PoolClosed(left, self.supply);
        }
    }

    /// @dev Books the loss of a written-down operator. What the shares lose joins R, and the operator gets units of it.
    /// @return units of R, 0 if the loss does not count. @return era of the units.
    function bookWriteDown(Book storage self, uint256 loss) public returns (uint256 units, uint256 era) {
        uint256 assetsBefore = assets(self);
        bookLoss(self, loss);

        uint256 assetsAfter = assets(self);
        uint256 lost = assetsBefore.saturatingSub(assetsAfter);
        bool counts = assetsAfter != 0 && lost * PREMIUM_DIVISOR >= assetsAfter;
        if (counts) {
            units = _addUnits(self, lost);
            _setPremium(self, self.premium + lost);
        }
        era = self.premiumEra;
    }

    /// @dev Ends `units` of R, given in an `era`, but for those that are `left`. As much of the `gain` that the operator turns
    /// out to have as their part of R belongs to the shares at once: released over time, it would go to those who enter
    /// afterwards. The rest is a gain of the round. E + R never rises: nobody gains by a stake before, between or after
    /// recoveries.
    function endWriteDown(Book storage self, uint256 gain, uint256 units, uint256 left, uint256 era) public {
        uint256 premium = self.premium;
        uint256 all = self.premiumUnits;
        uint256 eras = self.premiumEra - era;
        uint256 ending = unitsAfter(units, eras) - unitsAfter(left, eras);
        uint256 ended;
        if (ending != 0) {
            // A unit is worth a wei at most. Who still has so few has none in the next era.
            bool isAll = all - ending <= SMALLEST_UNITS;
            ended = isAll ? premium : premium.mulDiv(ending, all);
            self.premiumUnits = isAll ? 0 : uint128(all - ending);
            if (isAll) ++self.premiumEra;
        }
        if (gain != 0) _restore(self, gain, gain.min(ended));
        _setPremium(self, premium - ended);
    }

    /// @dev Takes the fee, locks the rest of the round's gain. @return feeShares that the caller mints to the treasury.
    function endRound(
        Book storage self,
        uint256 batch,
        uint256 netGain,
        uint256 period
    ) public returns (uint256 feeShares) {
        uint256 gain = self.roundGain;
        uint256 joining = lockedNow(self);
        uint256 equity = self.equity + gain;

        uint256 fee;
        uint256 claimable = self.equity - joining;
        (fee, feeShares) = _fee(self, netGain.min(gain), equity, claimable);
        // As much as leaves the price as it is. The fee's shares get the rest of the fee as everybody's gains are released.
        uint256 claimed = feeShares.mulDiv(claimable, self.supply, Math.Rounding.Ceil);
        _lock(self, joining, joining + gain - claimed, period);
        self.equity = equity.toUint96();
        self.roundGain = 0;

        uint256 price = equity.mulDiv(HIGH_WATER_ONE, self.supply + feeShares, Math.Rounding.Ceil);
        if (price > self.highWater) self.highWater = uint128(price.min(type(uint128).max));
        self.exits.complete(batch);
        _emitRoundEnded(self, batch, gain, fee, feeShares);
    }

    /* EXITS */

    /// @dev `shares` are about to be burned, and their part of R ends: what comes back of it is a gain of the round. What is
    /// left of R is rounded up, against who stakes.
    function leavePremium(Book storage self, uint256 shares) public {
        uint256 premium = self.premium;
        _setPremium(self, premium - premium.mulDiv(shares, self.supply));
    }

    /// @dev Sets aside what the buffer has for up to `maxBatches` waiting batches.
    function fundExits(Book storage self, uint256 maxBatches) public returns (uint256 funded) {
        uint256 dust;
        (funded, dust) = self.exits.fund(buffer(self), maxBatches);
        if (dust != 0) self.equity += uint96(dust);
    }

    /// @dev Moves what is left of up to `maxExits` finished exits of `account` to its free balance.
    function foldExits(Book storage self, address account, uint256 maxExits) public {
        self.exits.fold(account, maxExits);
    }

    /// @dev Checks and books an instant exit of `shares` of the caller; the caller burns them and pays. @return pays wei.
    function bookInstantExit(
        Book storage self,
        uint256 shares,
        uint256 minAssets,
        address receiver,
        uint256 epoch
    ) public returns (uint256 pays) {
        uint256 fee;
        uint256 available;
        (pays, fee, available) = quoteInstant(self, shares, epoch);
        require(pays <= available && pays != 0, IMetaPool.InstantExitUnavailable(pays, available));
        require(pays >= minAssets, IStakingPool.BelowMinimum(pays, minAssets));

        self.instantUsed = (self.instantEpoch == epoch ? self.instantUsed + pays : pays).toUint96();
        self.instantEpoch = uint40(epoch);
        self.equity -= uint96(pays);
        if (self.hasPremium) leavePremium(self, shares);
        emit IMetaPool.InstantExit(msg.sender, receiver, shares, pays, fee);
    }

    /* SETTINGS */

    /// @dev Wires the pool, once, and books its seed.
    function connect(Book storage self, address allocator, address notice, uint256 seed) public {
        require(self.allocator == address(0), IMetaPool.AlreadyConnected(self.allocator));
        require(allocator != address(0), IMetaPool.InvalidAddress(allocator));
        require(notice != address(0), IMetaPool.InvalidAddress(notice));
        require(seed != 0, IStakingPool.ZeroAmount());

        self.allocator = allocator;
        self.notice = notice;
        self.equity = seed.toUint96();
        emit IMetaPool.Connected(allocator, notice);
        emit IStakingPool.Staked(msg.sender, address(this), seed, seed);
    }

    function setParameters(Book storage self, IMetaPool.Parameters calldata newParameters) public {
        _checkBound(newParameters.feeBps, MAX_FEE_BPS);
        _checkBound(newParameters.bufferTargetBps, MAX_BUFFER_TARGET_BPS);
        address treasury = newParameters.treasury;
        require(treasury != address(0) && treasury != address(this), IMetaPool.InvalidAddress(treasury));

        emit IMetaPool.ParametersChanged(parameters(self), newParameters);
        self.feeBps = newParameters.feeBps;
        self.bufferTargetBps = newParameters.bufferTargetBps;
        self.assetCap = newParameters.assetCap;
        self.isCapped = newParameters.assetCap != type(uint96).max;
        self.treasury = treasury;
    }

    /// @dev Stops stakes for `duration`; governance need not keep the spacing.
    function pauseStaking(Book storage self, uint256 duration) public {
        require(duration != 0 && duration <= MAX_PAUSE, IMetaPool.OutOfBounds(duration, 1, MAX_PAUSE));
        uint256 allowedAt = self.pauseAllowedAt;
        require(block.timestamp >= allowedAt || msg.sender == self.notice, IMetaPool.PauseNotAllowedYet(allowedAt));

        uint256 until = block.timestamp + duration;
        self.pausedUntil = until.toUint40();
        self.pauseAllowedAt = (block.timestamp + PAUSE_SPACING).toUint40();
        emit IMetaPool.StakingPaused(until);
    }

    /* VIEWS, LINKED */

    function parameters(Book storage self) public view returns (IMetaPool.Parameters memory) {
        return IMetaPool.Parameters(self.feeBps, self.bufferTargetBps, self.assetCap, self.treasury);
    }

    /// @dev Of an account: free balance, open exits, matured exits.
    function unstakedOf(Book storage self, address account) public view returns (uint256, uint256, uint256) {
        return self.exits.unstakedOf(account);
    }

    /// @dev An account's exits with the times at which the open ones can be funded.
    function exitsOf(Book storage self, address account) public view returns (IStakingPool.ExitView[] memory list) {
        list = self.exits.exitsOf(account);
        IAllocator allocator = IAllocator(self.allocator);
        for (uint256 i; i < list.length; ++i) {
            if (list[i].open != 0) (list[i].earliest, list[i].estimated) = allocator.exitTimes(list[i].batch);
        }
    }

    /// @dev The whole book.
    function read(Book storage self) public view returns (IMetaPool.BookView memory) {
        return
            IMetaPool.BookView({
                buffer: buffer(self),
                delegated: self.delegated,
                owed: self.exits.owed,
                funded: self.exits.funded,
                free: self.exits.free,
                locked: lockedNow(self),
                roundGain: self.roundGain,
                assets: assets(self),
                supply: self.supply,
                premium: self.premium,
                highWater: self.highWater,
                bufferTarget: bufferTarget(self),
                closed: self.closed
            });
    }

    /// @dev What an account holds, as wallets read it.
    function accountOf(Book storage self, address account) public view returns (IStakingPool.AccountView memory) {
        (uint256 free, uint256 open, uint256 matured) = self.exits.unstakedOf(account);
        return
            IStakingPool.AccountView({
                account_id: account,
                unstaked_balance: free + open + matured,
                staked_balance: worthDown(self, self.exits.accounts[account].shares),
                can_withdraw: open == 0
            });
    }

    /// @dev Units of a batch, what it was paid and is still owed.
    function batchOf(Book storage self, uint256 batch) public view returns (uint256 units, uint256 paid, uint256 open) {
        return (self.exits.unitsOf(batch), self.exits.batches[batch].paid, self.exits.batchOpen(batch));
    }

    /// @dev What an instant exit of `shares` pays and costs, and how much may be paid at once now.
    function quoteInstant(
        Book storage self,
        uint256 shares,
        uint256 epoch
    ) public view returns (uint256 pays, uint256 fee, uint256 available) {
        uint256 worth = worthDown(self, shares);
        uint256 idle = buffer(self).saturatingSub(self.exits.owed);
        uint256 target = bufferTarget(self);
        uint256 left = idle.saturatingSub(worth).min(target);

        uint256 feeBps = INSTANT_FEE_MAX_BPS;
        if (target != 0) feeBps -= ((INSTANT_FEE_MAX_BPS - INSTANT_FEE_MIN_BPS) * left) / target;
        fee = worth.mulDiv(feeBps, BPS, Math.Rounding.Ceil);
        pays = worth - fee;

        if (self.instantClosedBatch > self.exits.completedBatch || worth > idle) return (pays, fee, 0);
        uint256 used = self.instantEpoch == epoch ? self.instantUsed : 0;
        available = (target / 2).saturatingSub(used);
    }

    /* VIEWS, INLINED */

    /// @dev What units are so many eras later: a millionth each time, rounded down.
    function unitsAfter(uint256 units, uint256 eras) internal pure returns (uint256) {
        return units / UNITS_PER_ERA ** eras.min(7);
    }

    /// @dev E: what the shares are worth together.
    function assets(Book storage self) internal view returns (uint256) {
        return self.equity - lockedNow(self);
    }

    /// @dev ⌊shares·E/S⌋.
    function worthDown(Book storage self, uint256 shares) internal view returns (uint256) {
        uint256 supply = self.supply;
        return supply == 0 ? 0 : shares.mulDiv(assets(self), supply);
    }

    /// @dev Gain not yet released, rounded up.
    function lockedNow(Book storage self) internal view returns (uint256) {
        uint256 end = self.releaseEnd;
        if (block.timestamp >= end) return 0;
        return (uint256(self.locked) * (end - block.timestamp)).ceilDiv(self.releaseDuration);
    }

    /// @dev Idle money of the pool; exits are owed part of it.
    function buffer(Book storage self) internal view returns (uint256) {
        return uint256(self.equity) + self.exits.owed + self.roundGain - self.delegated;
    }

    function bufferTarget(Book storage self) internal view returns (uint256) {
        return (assets(self) * self.bufferTargetBps) / BPS;
    }

    /* INTERNAL */

    function _checkBound(uint256 value, uint256 maximum) private pure {
        require(value <= maximum, IMetaPool.OutOfBounds(value, 0, maximum));
    }

    /// @dev Books the `gain` of an operator that is back, of which `restored` belongs to the shares at once.
    function _restore(Book storage self, uint256 gain, uint256 restored) private {
        self.delegated = (self.delegated + gain).toUint96();
        self.equity += restored.toUint96();
        self.roundGain += (gain - restored).toUint96();
        emit IMetaPool.LossRestored(restored);
        if (gain != restored) emit IMetaPool.GainBooked(gain - restored);
    }

    /// @dev Locks `amount`, of which `joining` was locked before, until the later of both ends.
    function _lock(Book storage self, uint256 joining, uint256 amount, uint256 period) private {
        uint256 end = self.releaseEnd;
        if (amount > joining) {
            uint256 newEnd = block.timestamp + period.min(MAX_RELEASE);
            end = joining == 0 ? newEnd : end.max(newEnd);
        }

        self.locked = amount.toUint96();
        self.releaseEnd = end.toUint40();
        self.releaseDuration = end.saturatingSub(block.timestamp).toUint24();
    }

    /// @dev ⌊lost·U/R⌋: as many of all units as `lost` will be of R. Leavers make R less and leave U: once a unit is worth less
    /// than a millionth of a wei a new era begins, so that R ≤ U ≤ 1e6·R, and units always fit their type.
    function _addUnits(Book storage self, uint256 lost) private returns (uint256 units) {
        uint256 premium = self.premium;
        uint256 all = self.premiumUnits;
        for (; all > premium * UNITS_PER_ERA; all /= UNITS_PER_ERA) ++self.premiumEra;
        units = all == 0 ? lost : lost.mulDiv(all, premium);
        self.premiumUnits = (all + units).toUint128();
    }

    function _setPremium(Book storage self, uint256 newPremium) private {
        uint256 oldPremium = self.premium;
        if (newPremium == oldPremium) return;
        self.premium = newPremium.toUint96();
        bool hasPremium = newPremium != 0;
        if (self.hasPremium != hasPremium) self.hasPremium = hasPremium;
        emit IMetaPool.PremiumChanged(oldPremium, newPremium);
    }

    /// @dev Of the gain, only what lifts the price above the highest one at which a fee was taken pays. The shares are worth
    /// the fee once all gains are released and all of the premium is back.
    /// @param equity everything of the shares, locked or not; @param assetsBefore what they can claim now.
    function _fee(
        Book storage self,
        uint256 gain,
        uint256 equity,
        uint256 assetsBefore
    ) private view returns (uint256 fee, uint256 feeShares) {
        if (assetsBefore == 0) return (0, 0);
        uint256 supply = self.supply;
        uint256 paidFor = uint256(self.highWater).mulDiv(supply, HIGH_WATER_ONE, Math.Rounding.Ceil);
        fee = (equity.saturatingSub(paidFor).min(gain) * self.feeBps) / BPS;
        feeShares = fee.mulDiv(supply, equity + self.premium - fee);
    }

    function _emitRoundEnded(Book storage self, uint256 batch, uint256 gain, uint256 fee, uint256 feeShares) private {
        emit IMetaPool.RoundEnded(batch, gain, fee, feeShares, self.locked, self.releaseEnd, self.highWater);
    }
}
