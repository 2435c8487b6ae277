// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What the pool's book must say, kept beside it from what actors paid and got and what operators hold and show.
/// @notice Written from docs/spec.md §1 and §3 alone; it calls no contract. What it takes from outside: the wei that moved,
/// what an operator's pool showed after a call, and when an operator was written down.
library Ledger {
    using Math for uint256;

    struct Operator {
        uint256 position;
        uint256 unbonding;
        uint256 readAt;
        uint256 lost;
        uint256 units; // of the premium
        uint256 era; // of the units
        uint256 writtenDownAt;
        bool writtenDown;
        // Since the beginning.
        uint256 sent;
        uint256 received;
        uint256 gains;
        uint256 losses;
    }

    struct Book {
        uint256 equity;
        uint256 supply;
        uint256 owed;
        uint256 funded; // ever set aside for exits
        uint256 reserved; // that less what they have taken
        uint256 free;
        uint256 delegated;
        uint256 roundGain;
        uint256 locked;
        uint256 releaseEnd;
        uint256 releaseDuration;
        uint256 highWater;
        uint256 lossIndex;
        bool closed;
        // The open round.
        bool reading;
        uint256 gain;
        uint256 loss;
        uint256 gainSeconds;
        uint256 pageGain;
        uint256 pageLoss;
        uint256 pageArrived;
        // The premium R, since the beginning: what write-downs took from the shares, what leavers left of it, what ended.
        uint256 premiumTaken;
        uint256 premiumLeft;
        uint256 premiumEnded;
        uint256 premiumUnits;
        uint256 premiumEra;
        uint256 writtenDown; // operators with units of it
        // What was paid in and out by users, since the beginning; losses that were booked, how often.
        uint256 paidIn;
        uint256 paidOut;
        uint256 gains;
        uint256 losses;
        uint256 lossCount;
        uint256 restored;
        uint256 feeShares;
        mapping(uint256 id => Operator) operators;
    }

    struct Reading {
        bool answered;
        bool writtenDown; // after the reading
        uint256 arrived;
        uint256 staked;
        uint256 unstaked;
        uint256 insisted; // of it, unstaked by the reading itself
        bool refuses; // to unstake what it was asked for again
    }

    uint256 internal constant WAD = 1e18;
    uint256 internal constant RAY = 1e27;
    uint256 private constant MAX_RELEASE = 7 days;
    uint256 private constant TERM = 90 days;
    uint256 private constant UNITS_PER_ERA = 1e6;
    uint256 private constant SMALLEST_UNITS = 1_000;

    function start(Book storage self, uint256 seed) internal {
        self.equity = seed;
        self.supply = seed;
        self.paidIn = seed;
        self.highWater = RAY;
        self.lossIndex = RAY;
    }

    /* VIEWS */

    function lockedNow(Book storage self) internal view returns (uint256) {
        if (block.timestamp >= self.releaseEnd) return 0;
        return self.locked.mulDiv(self.releaseEnd - block.timestamp, self.releaseDuration, Math.Rounding.Ceil);
    }

    /// @dev E.
    function assets(Book storage self) internal view returns (uint256) {
        return self.equity - lockedNow(self);
    }

    /// @dev R.
    function premium(Book storage self) internal view returns (uint256) {
        return self.premiumTaken - self.premiumLeft - self.premiumEnded;
    }

    function buffer(Book storage self) internal view returns (uint256) {
        return self.equity + self.owed + self.roundGain - self.delegated;
    }

    /* USERS */

    function stake(Book storage self, uint256 amount) internal returns (uint256 shares) {
        shares = amount.mulDiv(self.supply, assets(self) + premium(self));
        self.equity += amount;
        self.supply += shares;
    }

    function unstake(Book storage self, uint256 amount, uint256 shares) internal {
        self.equity -= amount;
        self.owed += amount;
        _burn(self, shares);
    }

    function instant(Book storage self, uint256 pays, uint256 shares) internal {
        self.equity -= pays;
        self.paidOut += pays;
        _burn(self, shares);
    }

    /// @dev Who leaves leaves its part of the premium.
    function _burn(Book storage self, uint256 shares) private {
        self.premiumLeft += premium(self).mulDiv(shares, self.supply);
        self.supply -= shares;
    }

    function fund(Book storage self, uint256 funded, uint256 dust) internal {
        self.owed -= funded + dust;
        self.funded += funded;
        self.reserved += funded;
        self.equity += dust;
    }

    /* LOSSES */

    function bookLoss(Book storage self, uint256 amount) internal {
        if (amount == 0) return;
        uint256 lockedBefore = lockedNow(self);
        uint256 worth = self.equity - lockedBefore;
        uint256 fromGain = amount.min(self.roundGain);
        uint256 fromLocked = (amount - fromGain).min(lockedBefore);
        uint256 rest = amount - fromGain - fromLocked;
        uint256 owed = self.owed;
        uint256 fromExits = rest == 0 ? 0 : rest.mulDiv(owed, worth + owed);

        self.losses += amount;
        ++self.lossCount;
        self.delegated -= amount;
        self.roundGain -= fromGain;
        if (fromLocked != 0) {
            self.locked = lockedBefore - fromLocked;
            self.releaseDuration = self.releaseEnd - block.timestamp;
        }
        self.equity -= fromLocked + rest - fromExits;
        if (fromExits != 0) {
            self.lossIndex = self.lossIndex.mulDiv(owed - fromExits, owed);
            self.owed = owed - fromExits;
        }
        uint256 left = worth + fromExits - rest;
        if (owed != 0 && (self.lossIndex < WAD || left + self.owed == 0)) {
            left += self.owed;
            self.equity += self.owed;
            (self.owed, self.lossIndex) = (0, RAY);
        }
        if (left == 0 || left * 1e9 < self.supply || self.lossIndex < 1e21) self.closed = true;
    }

    function _writeDown(Book storage self, Operator storage operator) private {
        _bookPage(self);
        uint256 amount = operator.position + operator.unbonding;
        self.loss += amount;
        operator.losses += amount;
        (operator.position, operator.unbonding) = (0, 0);
        uint256 before = assets(self);
        bookLoss(self, amount);
        uint256 left = assets(self);
        uint256 units;
        if (left != 0 && left <= before && (before - left) * 1e6 >= left) units = _addUnits(self, before - left);

        // Its time counts as the mean of what is missing and of what is lost now.
        uint256 kept = _unitsNow(self, operator, operator.units);
        uint256 missing = kept == 0 ? 0 : operator.lost;
        uint256 times = operator.writtenDownAt * missing + block.timestamp * amount;
        operator.lost = missing + amount;
        operator.writtenDown = true;
        operator.writtenDownAt = times / operator.lost;
        if (operator.units != 0) --self.writtenDown;
        if (kept + units != 0) ++self.writtenDown;
        (operator.units, operator.era) = (kept + units, self.premiumEra);
    }

    /// @dev As many of all units as the loss will be of the premium, of which leavers have left a millionth at least since
    /// the era began.
    function _addUnits(Book storage self, uint256 lost) private returns (uint256 units) {
        for (; self.premiumUnits > premium(self) * UNITS_PER_ERA; ++self.premiumEra) self.premiumUnits /= UNITS_PER_ERA;
        units = self.premiumUnits == 0 ? lost : lost.mulDiv(self.premiumUnits, premium(self));
        self.premiumUnits += units;
        self.premiumTaken += lost;
    }

    function _unitsNow(Book storage self, Operator storage operator, uint256 units) private view returns (uint256) {
        return units / UNITS_PER_ERA ** (self.premiumEra - operator.era).min(7);
    }

    /// @dev A pool that was given up has `amount` after all: what stakes pay for it falls by as large a part.
    function _recoverPart(Book storage self, Operator storage operator, uint256 amount) private {
        uint256 lost = operator.lost;
        bool isAll = amount >= lost;
        operator.lost = isAll ? 0 : lost - amount;
        _endUnits(self, operator, isAll ? operator.units : operator.units.mulDiv(amount, lost), amount);
    }

    /// @dev The operator has `amount` after all, or its premium has ended.
    function endPremium(Book storage self, Operator storage operator, uint256 amount) internal {
        _endUnits(self, operator, operator.units, amount);
    }

    function _endUnits(Book storage self, Operator storage operator, uint256 units, uint256 amount) private {
        uint256 part;
        uint256 ending = _unitsNow(self, operator, operator.units) - _unitsNow(self, operator, operator.units - units);
        if (ending != 0) {
            bool isAll = self.premiumUnits - ending <= SMALLEST_UNITS;
            part = isAll ? premium(self) : premium(self).mulDiv(ending, self.premiumUnits);
            self.premiumEnded += part;
            self.premiumUnits = isAll ? 0 : self.premiumUnits - ending;
            if (isAll) ++self.premiumEra;
        }
        if (units != 0 && operator.units == units) --self.writtenDown;
        operator.units -= units;
        uint256 restored = amount.min(part);
        self.delegated += amount;
        self.equity += restored;
        self.restored += restored;
        self.roundGain += amount - restored;
        self.gains += amount;
    }

    /* ROUNDS */

    /// @dev One operator was read. @return gain and loss of it.
    function read(
        Book storage self,
        uint256 id,
        Reading memory reading,
        uint256 maxGainBps,
        uint256 epoch
    ) internal returns (uint256 gain, uint256 loss) {
        Operator storage operator = self.operators[id];
        operator.received += reading.arrived;
        if (operator.writtenDown && reading.writtenDown) {
            gain = reading.arrived;
            operator.gains += gain;
            if (gain != 0) {
                _bookPage(self);
                self.gain += gain;
                if (operator.readAt != 0) self.gainSeconds += gain * (block.timestamp - operator.readAt);
                _recoverPart(self, operator, gain);
                self.pageArrived = gain;
            }
        } else {
            if (reading.answered) (gain, loss) = _bookReading(self, operator, reading, maxGainBps, epoch);
            if (reading.writtenDown && !operator.writtenDown) _writeDown(self, operator);
        }
        bool isOld = block.timestamp >= operator.writtenDownAt + TERM;
        if (operator.writtenDown && operator.units != 0 && isOld) endPremium(self, operator, 0);
    }

    /// @dev What is staked, but for what a pool has made of what was on its way.
    function _counted(
        Operator storage operator,
        Reading memory reading,
        uint256 most
    ) private view returns (uint256 staked) {
        staked = reading.staked;
        uint256 before = reading.unstaked - reading.insisted;
        bool isMovedBack = reading.arrived + before.saturatingAdd(1_000) < operator.unbonding;
        if (isMovedBack) staked = staked.min((operator.position + most).saturatingSub(reading.insisted));
    }

    function _bookReading(
        Book storage self,
        Operator storage operator,
        Reading memory reading,
        uint256 maxGainBps,
        uint256 epoch
    ) private returns (uint256 gain, uint256 loss) {
        uint256 held = operator.position + operator.unbonding;
        uint256 booked = operator.position + operator.unbonding.saturatingSub(reading.arrived);
        gain = reading.arrived.saturatingSub(operator.unbonding);
        uint256 elapsed = operator.readAt == 0 ? 0 : block.timestamp - operator.readAt;
        uint256 most = (held * maxGainBps * elapsed) / (10_000 * epoch);
        if (operator.writtenDown) most += operator.lost.saturatingSub(reading.arrived);
        if (reading.refuses) most = 0;
        uint256 shown = _counted(operator, reading, most).saturatingAdd(reading.unstaked).min(type(uint96).max);
        if (shown < booked) loss = booked - shown;
        else gain += (shown - booked).min(most);

        self.gainSeconds += gain * elapsed;
        uint256 left = held + gain - loss - reading.arrived;
        operator.unbonding = reading.unstaked.min(left);
        operator.position = left - operator.unbonding;
        operator.readAt = block.timestamp;
        operator.gains += gain;
        operator.losses += loss;

        if (operator.writtenDown) {
            _bookPage(self);
            operator.writtenDown = false;
            self.gain += gain;
            // A thousand wei are rounding.
            if (operator.lost > gain && operator.lost - gain <= 1_000) operator.lost = gain;
            _recoverPart(self, operator, gain);
        } else if (operator.units != 0 && gain > loss) {
            self.pageGain += loss; // makes up for nothing
            _bookPage(self);
            self.gain += gain - loss;
            _recoverPart(self, operator, gain - loss);
        } else {
            self.pageGain += gain;
        }
        self.pageLoss += loss;
        self.pageArrived += reading.arrived;
    }

    /// @dev What one call of `settle` read is booked: gains first.
    function endPage(Book storage self) internal {
        _bookPage(self);
    }

    function _bookPage(Book storage self) private {
        self.gain += self.pageGain;
        self.loss += self.pageLoss;
        self.gains += self.pageGain;
        self.delegated = self.delegated + self.pageGain - self.pageArrived;
        self.roundGain += self.pageGain;
        uint256 loss = self.pageLoss;
        (self.pageGain, self.pageLoss, self.pageArrived) = (0, 0, 0);
        bookLoss(self, loss);
    }

    /// @dev All operators are read. @return feeShares for the treasury.
    function endRound(Book storage self, uint256 feeBps, uint256 epoch) internal returns (uint256 feeShares) {
        feeShares = _feeShares(self, feeBps);
        uint256 locked = lockedNow(self);
        uint256 gain = self.roundGain;
        // The price stays where it is.
        uint256 claimed = feeShares.mulDiv(assets(self), self.supply, Math.Rounding.Ceil);
        if (gain > claimed) {
            uint256 accrual = self.gain == 0 ? 0 : self.gainSeconds / self.gain;
            uint256 end = block.timestamp + accrual.max(epoch).min(MAX_RELEASE);
            self.releaseEnd = locked == 0 ? end : end.max(self.releaseEnd);
        }
        self.locked = locked + gain - claimed;
        self.releaseDuration = self.releaseEnd.saturatingSub(block.timestamp);
        self.equity += gain;
        self.supply += feeShares;
        self.feeShares += feeShares;
        self.highWater = self.highWater.max(self.equity.mulDiv(RAY, self.supply, Math.Rounding.Ceil));
        self.reading = false;
        self.gainSeconds = 0;
        (self.roundGain, self.gain, self.loss) = (0, 0, 0);
    }

    /// @dev Of the net gain, what lifts the price above the mark; nothing if nothing is left.
    function _feeShares(Book storage self, uint256 feeBps) private view returns (uint256) {
        if (assets(self) == 0) return 0;
        uint256 net = self.gain.saturatingSub(self.loss).min(self.roundGain);
        uint256 paidFor = self.highWater.mulDiv(self.supply, RAY, Math.Rounding.Ceil);
        uint256 fee = ((self.equity + self.roundGain).saturatingSub(paidFor).min(net) * feeBps) / 10_000;
        return fee.mulDiv(self.supply, self.equity + self.roundGain + premium(self) - fee);
    }

    /* OUTSIDE ROUNDS */

    /// @dev A watcher showed a loss.
    function seeLoss(Book storage self, uint256 id, uint256 staked, uint256 unstaked) internal returns (uint256 loss) {
        Operator storage operator = self.operators[id];
        uint256 shown = staked.saturatingAdd(unstaked);
        uint256 booked = operator.position + operator.unbonding;
        if (shown + 1_000 >= booked) return 0;
        operator.unbonding = unstaked.min(operator.unbonding);
        operator.position = operator.position.min(shown - operator.unbonding);
        loss = booked - operator.position - operator.unbonding;
        operator.losses += loss;
        bookLoss(self, loss);
    }

    /// @dev Legs moved `sent` up and left the operator with `position` and `unbonding`. @return loss, booked by the caller.
    function leg(
        Book storage self,
        uint256 id,
        uint256 sent,
        uint256 position,
        uint256 unbonding
    ) internal returns (uint256 loss) {
        Operator storage operator = self.operators[id];
        loss = operator.position + operator.unbonding + sent - position - unbonding;
        operator.sent += sent;
        operator.losses += loss;
        (operator.position, operator.unbonding) = (position, unbonding);
        self.delegated += sent;
    }

    /// @dev A removed operator returned `arrived`.
    function reclaim(Book storage self, uint256 id, uint256 arrived) internal {
        Operator storage operator = self.operators[id];
        operator.received += arrived;
        operator.gains += arrived;
        if (arrived == 0) return;
        _recoverPart(self, operator, arrived);
        self.delegated -= arrived;
    }
}
