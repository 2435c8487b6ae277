// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {PoolLedger} from "../../contracts/libraries/PoolLedger.sol";

contract PoolLedgerTest {
    using Math for uint256;
    using PoolLedger for PoolLedger.Ledger;

    /// @dev NEAR: reward 101 and fee 10 % at 1330/1000 give the owner 7 shares, and 1431/1007.
    function test_BooksNearsReward() external pure {
        PoolLedger.Ledger memory ledger = _ledger(1_330, 1_000, 0, 0);

        ledger.book(1_431, 1_000);

        require(ledger.gain == 101 && ledger.fee == 10 && ledger.feeShares == 7, "fee");
        require(ledger.equity == 1_431 && ledger.supply == 1_007, "after");
    }

    function test_BooksNothingWhenNothingHappened() external pure {
        PoolLedger.Ledger memory ledger = _ledger(100, 90, 10, 7);

        ledger.book(107, 5_000);

        require(keccak256(abi.encode(ledger)) == keccak256(abi.encode(_ledger(100, 90, 10, 7))), "changed");
    }

    /// @dev 30 of 100 are the bond's; a loss of 50 leaves 20, on 70 of equity and 10 owed: 2.5 on exits, rounded down.
    function test_BooksALossAboveTheBond() external pure {
        PoolLedger.Ledger memory ledger = _ledger(100, 50, 15, 10);

        ledger.book(60, 0);

        require(ledger.bondSharesBurned == 15 && ledger.lossOnBond == 30, "bond");
        require(ledger.lossOnExits == 2 && ledger.lossOnShares == 18, "rest");
        require(ledger.equity == 52 && ledger.supply == 35 && ledger.owed == 8 && ledger.bondShares == 0, "after");
    }

    /// @dev Who keeps two wei in an open exit cannot make small losses halve the loss index of everybody's exits.
    function test_KeepsALossOfAWeiOffATinyExit() external pure {
        PoolLedger.Ledger memory ledger = _ledger(1e18, 1e18, 0, 2);

        ledger.book(1e18 + 1, 0);

        require(ledger.lossOnExits == 0 && ledger.lossOnShares == 1, "exits");
    }

    function testFuzz_AGainNeverLowersThePrice(
        uint96 equity,
        uint112 supply,
        uint96 owed,
        uint96 gain,
        uint16 bps
    ) external pure {
        uint256 assets = 1 + uint256(equity);
        uint256 shares = 1 + (supply % (assets.mulDiv(1e9, 1) + 1));
        PoolLedger.Ledger memory ledger = _ledger(assets, shares, 0, owed);

        ledger.book(assets + owed + gain, bps % 5_001);

        require(ledger.gain == gain && ledger.equity == assets + gain && ledger.owed == owed, "books");
        require(ledger.equity * shares >= assets * ledger.supply, "price");
        require(ledger.fee <= uint256(gain).mulDiv(5_000, 10_000), "fee");
        // The fee's shares are never worth more than the fee.
        require(ledger.feeShares.mulDiv(ledger.equity, ledger.supply) <= ledger.fee, "fee shares");
        require(ledger.supply < 2 ** 128, "supply");
    }

    function testFuzz_ALossFallsWhereItShould(
        uint96 equity,
        uint96 supply,
        uint96 bond,
        uint96 owed,
        uint256 lost
    ) external pure {
        uint256 shares = 1 + uint256(supply);
        PoolLedger.Ledger memory ledger = _ledger(equity, shares, bond % shares, owed);
        uint256 holdings = uint256(equity) + owed;
        uint256 loss = lost % (holdings + 1);
        uint256 worth = ledger.bondShares.mulDiv(equity, shares);

        ledger.book(holdings - loss, 0);

        // Everything is somewhere.
        require(ledger.equity + ledger.owed == holdings - loss, "books");
        require(ledger.lossOnBond + ledger.lossOnShares + ledger.lossOnExits == loss, "parts");
        require(ledger.supply == shares - ledger.bondSharesBurned, "supply");
        require(ledger.bondShares == (bond % shares) - ledger.bondSharesBurned, "bond shares");

        if (loss <= worth) {
            require(ledger.lossOnBond == loss && ledger.owed == owed, "the bond covers");
            require(ledger.equity * shares >= equity * ledger.supply, "price");
        } else if (equity != 0) {
            require(ledger.bondShares == 0 && ledger.lossOnBond <= worth, "the bond covers what it is worth");
            uint256 left = equity - ledger.lossOnBond;
            uint256 exact = (loss - ledger.lossOnBond).mulDiv(owed, left + owed);
            require(ledger.lossOnExits == exact, "exits bear their part");
        }
    }

    function _ledger(
        uint256 equity,
        uint256 supply,
        uint256 bondShares,
        uint256 owed
    ) private pure returns (PoolLedger.Ledger memory ledger) {
        (ledger.equity, ledger.supply, ledger.bondShares, ledger.owed) = (equity, supply, bondShares, owed);
    }
}
