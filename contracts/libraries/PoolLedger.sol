// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What a gain or a loss does to an operator's pool.
/// @notice Pure arithmetic on memory, so that views show in the same block what the next call will write.
///
///     holdings = equity + owed                      bonded, unbonding and cash at the last booking
///     gain, loss = what holdings are more, or less, than at the last booking: rewards and slashes of one booking are one sum
///     gain     → fee = ⌊gain·commission⌋, paid in shares at the price after the rest of the gain
///     loss     → bond shares first, ⌈loss·supply/equity⌉; the rest falls on equity and owed in proportion
///
/// @dev Guarantees: no gain lowers the price; a loss that the bond covers does not lower it either; the loss on exits
/// is never above its proportion; supply stays below 2^128, as nothing is minted above MAX_DILUTION.
library PoolLedger {
    using Math for uint256;

    struct Ledger {
        uint256 equity;
        uint256 supply;
        uint256 bondShares;
        uint256 owed;
        // What booking did.
        uint256 gain;
        uint256 fee;
        uint256 feeShares;
        uint256 loss;
        uint256 bondSharesBurned;
        uint256 lossOnBond;
        uint256 lossOnShares;
        uint256 lossOnExits;
    }

    /// @dev A pool with more shares per wei of equity has lost nearly everything: it takes no stakes and no commission.
    uint256 internal constant MAX_DILUTION = 1e9;
    uint256 internal constant BPS = 10_000;

    /// @dev Brings the ledger to `holdings`.
    function book(Ledger memory ledger, uint256 holdings, uint256 commissionBps) internal pure {
        uint256 booked = ledger.equity + ledger.owed;
        if (holdings > booked) _bookGain(ledger, holdings - booked, commissionBps);
        else if (holdings < booked) _bookLoss(ledger, booked - holdings);
    }

    function isSolvent(uint256 equity, uint256 supply) internal pure returns (bool) {
        return equity * MAX_DILUTION >= supply;
    }

    function _bookGain(Ledger memory ledger, uint256 gain, uint256 commissionBps) private pure {
        uint256 fee = isSolvent(ledger.equity, ledger.supply) ? (gain * commissionBps) / BPS : 0;
        uint256 equity = ledger.equity + gain - fee;
        uint256 feeShares = fee.mulDiv(ledger.supply, equity);

        ledger.gain = gain;
        ledger.fee = fee;
        ledger.feeShares = feeShares;
        ledger.equity = equity + fee;
        ledger.supply += feeShares;
    }

    function _bookLoss(Ledger memory ledger, uint256 loss) private pure {
        uint256 equity = ledger.equity;
        uint256 supply = ledger.supply;
        uint256 burned;
        uint256 onBond;
        if (equity != 0 && ledger.bondShares != 0) {
            burned = Math.min(loss.mulDiv(supply, equity, Math.Rounding.Ceil), ledger.bondShares);
            onBond = Math.min(loss, burned.mulDiv(equity, supply));
        }

        uint256 rest = loss - onBond;
        uint256 left = equity - onBond;
        // Down: rounded up, a wei of loss would halve the loss index of all exits while only two wei are owed.
        uint256 onExits = rest == 0 ? 0 : rest.mulDiv(ledger.owed, left + ledger.owed);

        ledger.loss = loss;
        ledger.bondSharesBurned = burned;
        ledger.lossOnBond = onBond;
        ledger.lossOnShares = rest - onExits;
        ledger.lossOnExits = onExits;
        ledger.equity = left - ledger.lossOnShares;
        ledger.supply = supply - burned;
        ledger.bondShares -= burned;
        ledger.owed -= onExits;
    }
}
