// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

/// @title The arithmetic of the contracts in plain multiplications and divisions.
/// @notice A prover cannot follow `Math.mulDiv`, so it is given these. `Restated.t.sol` and `RestatedLevels.t.sol` hold each
/// one to the function of the contracts that it restates. Inputs are below 2^96, which keeps every product within 256 bits.
library Restated {
    uint256 internal constant UNITS_PER_ERA = 1e6;

    uint256 internal constant BPS = 10_000;
    uint256 internal constant WAD = 1e18;
    uint256 internal constant INDEX_ONE = 1e27;

    /* SHARES (design §5) */

    /// @dev Of a stake: ⌊assets·S/(E + R)⌋.
    function minted(uint256 assets, uint256 supply, uint256 equity, uint256 premium) internal pure returns (uint256) {
        return (assets * supply) / (equity + premium);
    }

    /// @dev For an exit: ⌈assets·S/E⌉.
    function burned(uint256 assets, uint256 supply, uint256 equity) internal pure returns (uint256) {
        return _divideUp(assets * supply, equity);
    }

    /// @dev ⌊shares·E/S⌋.
    function worth(uint256 shares, uint256 supply, uint256 equity) internal pure returns (uint256) {
        return (shares * equity) / supply;
    }

    /* THE PREMIUM (decision 0005) */

    /// @dev Units for what a write-down takes from the shares, in an era in which all units are at least R.
    function granted(uint256 lost, uint256 premium, uint256 all) internal pure returns (uint256) {
        return all == 0 ? lost : (lost * all) / premium;
    }

    /// @dev What units are in the next era.
    function nextEra(uint256 units_) internal pure returns (uint256) {
        return units_ / UNITS_PER_ERA;
    }

    /// @dev What ends of R with `units` of `all` units; a thousand that would be left are rounding.
    function ended(uint256 premium, uint256 units_, uint256 all) internal pure returns (uint256) {
        if (units_ == 0) return 0;
        return all - units_ <= 1_000 ? premium : (premium * units_) / all;
    }

    /// @dev What belongs to the shares at once of the `gain` of an operator whose part of R ends.
    function restored(uint256 gain, uint256 premium, uint256 units_, uint256 all) internal pure returns (uint256) {
        return _least(gain, ended(premium, units_, all));
    }

    /// @dev R after `shares` have left.
    function premiumAfter(uint256 premium, uint256 shares, uint256 supply) internal pure returns (uint256) {
        return premium - (premium * shares) / supply;
    }

    /* GAINS */

    /// @dev The part of `locked` that is not yet released with `left` of `duration` seconds to go.
    function lockedAt(uint256 locked, uint256 left, uint256 duration) internal pure returns (uint256) {
        return _divideUp(locked * left, duration);
    }

    /// @dev ⌊fee·S/rest⌋, the rest being all that the shares have, locked or not, less the fee.
    function feeShares(uint256 fee, uint256 supply, uint256 rest) internal pure returns (uint256) {
        return (fee * supply) / rest;
    }

    /// @dev ⌈shares·E/S⌉: what the fee's shares can claim at once, E and S before the fee.
    function feeClaim(uint256 shares, uint256 supply, uint256 equity) internal pure returns (uint256) {
        return _divideUp(shares * equity, supply);
    }

    /* LOSSES */

    struct Split {
        uint256 fromRoundGain;
        uint256 fromLocked;
        uint256 fromExits;
        uint256 fromShares;
    }

    function split(
        uint256 loss,
        uint256 roundGain,
        uint256 locked,
        uint256 owed,
        uint256 equity
    ) internal pure returns (Split memory parts) {
        parts.fromRoundGain = _least(loss, roundGain);
        parts.fromLocked = _least(loss - parts.fromRoundGain, locked);
        uint256 rest = loss - parts.fromRoundGain - parts.fromLocked;
        if (rest != 0) parts.fromExits = (rest * owed) / (equity + owed);
        parts.fromShares = rest - parts.fromExits;
    }

    /// @dev The loss index after exits that were owed `owed` lost `loss`.
    function indexAfter(uint256 index, uint256 owed, uint256 loss) internal pure returns (uint256) {
        return (index * (owed - loss)) / owed;
    }

    /// @dev What an operator's bond pays of a loss, and the shares of it that are burned for that.
    function bond(
        uint256 loss,
        uint256 supply,
        uint256 equity,
        uint256 bondShares
    ) internal pure returns (uint256 shares, uint256 assets) {
        shares = _least(_divideUp(loss * supply, equity), bondShares);
        assets = _least(loss, (shares * equity) / supply);
    }

    /* EXITS */

    /// @dev Units that an exit of `assets` buys.
    function units(uint256 assets, uint256 index) internal pure returns (uint256) {
        return (assets * INDEX_ONE) / index;
    }

    /// @dev wei that open units are still owed.
    function due(uint256 openUnits, uint256 index) internal pure returns (uint256) {
        return (openUnits * index) / INDEX_ONE;
    }

    /// @dev Open units after a part of them was funded with `funding` wei.
    function unitsAfter(uint256 openUnits, uint256 index, uint256 funding) internal pure returns (uint256) {
        return openUnits - _divideUp(funding * INDEX_ONE, index);
    }

    /// @dev The share of an exit in what its batch was paid, or is still owed.
    function part(uint256 exitUnits, uint256 batchUnits, uint256 amount) internal pure returns (uint256) {
        return (exitUnits * amount) / batchUnits;
    }

    /* CAPS AND LEVELS (design §7) */

    function share(uint256 amount, uint256 shareBps) internal pure returns (uint256) {
        return (amount * shareBps) / BPS;
    }

    /// @dev The level at which a group starts: ⌊cap·1e18/weight⌋.
    function firstLevel(uint256 cap, uint256 weight) internal pure returns (uint256) {
        return (cap * WAD) / weight;
    }

    function target(uint256 cap, uint256 weight, uint256 level) internal pure returns (uint256) {
        return _least(cap, (weight * level) / WAD);
    }

    /// @dev Two sums of targets in one slot.
    function pack(uint256 low, uint256 high) internal pure returns (uint256) {
        return low + high * 2 ** 128;
    }

    function unpack(uint256 pair) internal pure returns (uint256 low, uint256 high) {
        return (pair % 2 ** 128, pair / 2 ** 128);
    }

    /* INTERNAL */

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _divideUp(uint256 a, uint256 b) private pure returns (uint256) {
        return (a + b - 1) / b;
    }
}
