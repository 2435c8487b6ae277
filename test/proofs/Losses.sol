// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Restated} from "./Restated.sol";

/// @title A loss falls on everyone in proportion, and on nobody more than he has (design §5 and §8, P5).
contract Losses {
    uint256 private constant LIMIT = 2 ** 96;

    /* THE SPLIT OF A LOSS */

    function partsAreTheLoss(uint256 l, uint256 g, uint256 k, uint256 o, uint256 e) external pure {
        require(g < LIMIT && k < LIMIT && o < LIMIT && e < LIMIT && l <= g + k + e + o);
        Restated.Split memory parts = Restated.split(l, g, k, o, e);
        assert(parts.fromRoundGain + parts.fromLocked + parts.fromExits + parts.fromShares == l);
    }

    function nobodyLosesMoreThanHeHas(uint256 l, uint256 g, uint256 k, uint256 o, uint256 e) external pure {
        require(g < LIMIT && k < LIMIT && o < LIMIT && e < LIMIT && l <= g + k + e + o);
        Restated.Split memory parts = Restated.split(l, g, k, o, e);
        assert(parts.fromRoundGain <= g && parts.fromLocked <= k);
        assert(parts.fromExits <= o);
        assert(parts.fromShares <= e);
    }

    /// @dev Gains are eaten whole before a wei falls on shares or exits.
    function gainsAreEatenFirst(uint256 l, uint256 g, uint256 k, uint256 o, uint256 e) external pure {
        require(g < LIMIT && k < LIMIT && o < LIMIT && e < LIMIT && l <= g + k);
        Restated.Split memory parts = Restated.split(l, g, k, o, e);
        assert(parts.fromShares == 0 && parts.fromExits == 0);
    }

    /// @dev Exits bear their proportion, rounded down: less than a wei less than exact, never more.
    function exitsBearTheirProportion(uint256 l, uint256 o, uint256 e) external pure {
        require(l > 0 && o < LIMIT && e < LIMIT && l <= e + o);
        Restated.Split memory parts = Restated.split(l, 0, 0, o, e);
        assert(parts.fromExits * (e + o) <= l * o);
        assert((parts.fromExits + 1) * (e + o) > l * o);
    }

    /// @dev What open exits are owed by their units stays within what the book owes them.
    function unitsStayWithinWhatIsOwed(uint256 u, uint256 i, uint256 o, uint256 l) external pure {
        require(u < LIMIT && i < LIMIT && o < LIMIT && l <= o && o > 0 && u * i <= o * Restated.INDEX_ONE);
        assert(u * Restated.indexAfter(i, o, l) <= (o - l) * Restated.INDEX_ONE);
    }

    function lossIndexNeverRises(uint256 i, uint256 o, uint256 l) external pure {
        require(i < LIMIT && o < LIMIT && l <= o && o > 0);
        assert(Restated.indexAfter(i, o, l) <= i);
    }

    /* THE BOND OF AN OPERATOR */

    /// @dev While the bond covers a loss, the price of the pool's shares does not fall.
    function coveredLossLeavesThePrice(uint256 l, uint256 s, uint256 e, uint256 b) external pure {
        require(s < LIMIT && e < LIMIT && b < s && l <= e && e > 0);
        (uint256 shares, uint256 assets) = Restated.bond(l, s, e, b);
        require(shares < b);
        assert(assets == l);
        assert((e - assets) * s >= e * (s - shares));
    }

    function bondPaysNoMoreThanItsWorth(uint256 l, uint256 s, uint256 e, uint256 b) external pure {
        require(s < LIMIT && e < LIMIT && b <= s && l <= e && e > 0 && s > 0);
        (uint256 shares, uint256 assets) = Restated.bond(l, s, e, b);
        assert(shares <= b && assets <= l);
        assert(assets * s <= b * e);
    }

    /* EXITS */

    function exitOpensAtMostItsAmount(uint256 a, uint256 i) external pure {
        require(a < LIMIT && i < LIMIT && i > 0);
        assert(Restated.due(Restated.units(a, i), i) <= a);
    }

    function exitWithoutLossIsExact(uint256 a) external pure {
        require(a < LIMIT);
        assert(Restated.due(Restated.units(a, Restated.INDEX_ONE), Restated.INDEX_ONE) == a);
    }

    /// @dev Funding a part takes at least as much from what is owed as it pays, and never more units than there are.
    function partialFundingOwesNoMore(uint256 u, uint256 i, uint256 f) external pure {
        require(u < LIMIT && i < LIMIT && i > 0 && f < Restated.due(u, i));
        uint256 left = Restated.unitsAfter(u, i, f);
        assert(Restated.due(left, i) + f <= Restated.due(u, i));
    }

    function exitsOfABatchTakeNoMoreThanItsMoney(uint256 u, uint256 v, uint256 batch, uint256 paid) external pure {
        require(u < LIMIT && v < LIMIT && batch < LIMIT && paid < LIMIT && u + v <= batch && batch > 0);
        assert(Restated.part(u, batch, paid) + Restated.part(v, batch, paid) <= paid);
    }

    function maturedPartNeverShrinks(uint256 u, uint256 batch, uint256 paid, uint256 more) external pure {
        require(u <= batch && batch < LIMIT && paid < LIMIT && more < LIMIT && batch > 0);
        assert(Restated.part(u, batch, paid) <= Restated.part(u, batch, paid + more));
    }
}
