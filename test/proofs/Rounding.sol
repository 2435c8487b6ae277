// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Restated} from "./Restated.sol";

/// @title No rounding favours the caller (design §4 and §5, P7).
contract Rounding {
    uint256 private constant LIMIT = 2 ** 96;

    /* STAKES */

    function stakeGivesNoMoreThanItsWorth(uint256 a, uint256 s, uint256 e, uint256 r) external pure {
        require(a < LIMIT && s < LIMIT && e < LIMIT && r < LIMIT && e > 0);
        assert(Restated.minted(a, s, e, r) * e <= a * s);
    }

    function stakeNeverLowersThePrice(uint256 a, uint256 s, uint256 e, uint256 r) external pure {
        require(a < LIMIT && s < LIMIT && e < LIMIT && r < LIMIT && e > 0);
        assert((e + a) * s >= e * (s + Restated.minted(a, s, e, r)));
    }

    function premiumNeverGivesMore(uint256 a, uint256 s, uint256 e, uint256 r) external pure {
        require(a < LIMIT && s < LIMIT && e < LIMIT && r < LIMIT && e > 0);
        assert(Restated.minted(a, s, e, r) <= Restated.minted(a, s, e, 0));
    }

    function splittingAStakeGivesNoMore(uint256 a, uint256 b, uint256 s, uint256 e) external pure {
        require(a < LIMIT && b < LIMIT && s < LIMIT && e < LIMIT && e > 0);
        uint256 apart = Restated.minted(a, s, e, 0) + Restated.minted(b, s, e, 0);
        assert(apart <= Restated.minted(a + b, s, e, 0));
    }

    function stakingAndLeavingPaysNoMore(uint256 a, uint256 s, uint256 e) external pure {
        require(a < LIMIT && s < LIMIT && e < LIMIT && s > 0 && e > 0);
        uint256 shares = Restated.minted(a, s, e, 0);
        require(shares < LIMIT);
        assert(Restated.worth(shares, s + shares, e + a) <= a);
    }

    /* THE PREMIUM */

    /// @dev Whoever stakes pays the price at which all that may come back is in it …
    function stakeNeverLowersThePriceWithThePremium(uint256 a, uint256 s, uint256 e, uint256 r) external pure {
        require(a < LIMIT && s < LIMIT && e < LIMIT && r < LIMIT && e > 0);
        assert((e + a + r) * s >= (e + r) * (s + Restated.minted(a, s, e, r)));
    }

    /// @dev … and no recovery lifts that price: the number of shares stays.
    function recoveryNeverLiftsThePriceWithThePremium(
        uint256 g,
        uint256 e,
        uint256 r,
        uint256 u,
        uint256 all
    ) external pure {
        require(g < LIMIT && e < LIMIT && r < LIMIT && all < LIMIT && u <= all);
        uint256 left = r - Restated.ended(r, u, all);
        assert(e + Restated.restored(g, r, u, all) + left <= e + r);
    }

    /// @dev A unit is worth a wei at most after a write-down …
    function writeDownLeavesUnitsWorthAWeiAtMost(uint256 lost, uint256 r, uint256 all) external pure {
        require(lost < LIMIT && all < LIMIT && r <= all && (r > 0 || all == 0));
        assert(r + lost <= all + Restated.granted(lost, r, all));
    }

    /// @dev … and after an end, so that units of which a thousand are left are a thousand wei …
    function endLeavesUnitsWorthAWeiAtMost(uint256 r, uint256 u, uint256 all) external pure {
        require(all < LIMIT && r <= all && u <= all);
        assert(r - Restated.ended(r, u, all) <= all - u);
    }

    /// @dev … and at the beginning of an era, which begins when it is worth less than a millionth of a wei.
    function eraLeavesUnitsWorthAWeiAtMost(uint256 r, uint256 all) external pure {
        require(all < LIMIT && r < LIMIT && all > r * Restated.UNITS_PER_ERA);
        assert(r <= Restated.nextEra(all));
    }

    /// @dev A unit is worth a millionth of a wei at least after a write-down: units fit their type.
    function writeDownGivesNoMoreUnitsThanFit(uint256 lost, uint256 r, uint256 all) external pure {
        require(lost < LIMIT && r < LIMIT && all <= r * Restated.UNITS_PER_ERA);
        assert(all + Restated.granted(lost, r, all) <= (r + lost) * Restated.UNITS_PER_ERA);
    }

    /// @dev In the next era operators have no more units than there are: an end finds what it ends.
    function erasMakeNoUnits(uint256 u, uint256 others) external pure {
        require(u < LIMIT && others < LIMIT);
        assert(Restated.nextEra(u) + Restated.nextEra(others) <= Restated.nextEra(u + others));
    }

    /// @dev Who leaves takes no more off the premium than its part.
    function leavingNeverLowersThePremiumOfAShare(uint256 r, uint256 x, uint256 s) external pure {
        require(r < LIMIT && s < LIMIT && x <= s && s > 0);
        assert(Restated.premiumAfter(r, x, s) * s >= r * (s - x));
    }

    /* EXITS */

    function exitBurnsNoLessThanItsWorth(uint256 a, uint256 s, uint256 e) external pure {
        require(a < LIMIT && s < LIMIT && e < LIMIT && e > 0);
        assert(Restated.burned(a, s, e) * e >= a * s);
    }

    function exitNeverLowersThePrice(uint256 a, uint256 s, uint256 e) external pure {
        require(a <= e && s < LIMIT && e < LIMIT && e > 0);
        uint256 shares = Restated.burned(a, s, e);
        assert(shares <= s);
        assert((e - a) * s >= e * (s - shares));
    }

    function exitIsNeverFree(uint256 a, uint256 s, uint256 e) external pure {
        require(a > 0 && a < LIMIT && s > 0 && s < LIMIT && e > 0 && e < LIMIT);
        assert(Restated.burned(a, s, e) > 0);
    }

    /// @dev Law L1: `unstake(get_account_staked_balance(a))` never reverts.
    function stakedBalanceCanBeUnstaked(uint256 x, uint256 s, uint256 e) external pure {
        require(x <= s && s < LIMIT && e < LIMIT && s > 0 && e > 0);
        assert(Restated.burned(Restated.worth(x, s, e), s, e) <= x);
    }

    function splittingAnExitBurnsNoLess(uint256 a, uint256 b, uint256 s, uint256 e) external pure {
        require(a < LIMIT && b < LIMIT && s < LIMIT && e < LIMIT && e > 0);
        assert(Restated.burned(a, s, e) + Restated.burned(b, s, e) >= Restated.burned(a + b, s, e));
    }

    function unstakingAllNeverLowersThePrice(uint256 x, uint256 s, uint256 e) external pure {
        require(x <= s && s < LIMIT && e < LIMIT && s > 0);
        uint256 assets = Restated.worth(x, s, e);
        assert(assets <= e);
        assert((e - assets) * s >= e * (s - x));
    }

    /* GAINS */

    function feeNeverLowersThePrice(uint256 x, uint256 s, uint256 e) external pure {
        require(x < LIMIT && s < LIMIT && e < LIMIT && s > 0);
        assert((e + Restated.feeClaim(x, s, e)) * s >= e * (s + x));
    }

    function feeSharesAreWorthTheFeeAtMost(uint256 f, uint256 s, uint256 rest) external pure {
        require(f < LIMIT && s < LIMIT && rest < LIMIT && rest > 0);
        assert(Restated.feeShares(f, s, rest) * rest <= f * s);
    }

    function lockedGainIsNeverMoreThanWasLocked(uint256 l, uint256 left, uint256 duration) external pure {
        require(l < LIMIT && left <= duration && duration > 0 && duration < 2 ** 24);
        assert(Restated.lockedAt(l, left, duration) <= l);
    }

    function lockedGainNeverGrows(uint256 l, uint256 left, uint256 later, uint256 duration) external pure {
        require(l < LIMIT && later <= left && left <= duration && duration > 0 && duration < 2 ** 24);
        assert(Restated.lockedAt(l, later, duration) <= Restated.lockedAt(l, left, duration));
    }
}
