// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IStakingPool} from "./IStakingPool.sol";

/// @title The pool of pools: users' money, shares (ERC-20 and ERC-2612) and exits.
/// @notice Assets of all shares: E = buffer + committed + unbonding − owed − locked(now). Amounts in wei, times in
/// seconds, fees in basis points. User operations touch no other contract.
interface IMetaPool is IStakingPool {
    /// @notice The book, read at one moment.
    struct BookView {
        uint256 buffer; // idle, the pool's
        uint256 delegated; // committed and unbonding at operators, as booked
        uint256 owed; // exits not yet funded
        uint256 funded; // all that was ever set aside for exits: reserved is this less what they have taken since
        uint256 free; // deposits not staked
        uint256 locked; // gain not yet released
        uint256 roundGain; // gain of the open round, not yet released
        uint256 assets; // E
        uint256 supply; // S
        uint256 premium; // R, wei: stakes pay (E + R)/S for a share
        uint256 highWater; // 1e27 fixed point
        uint256 bufferTarget; // wei: bufferTargetBps of E
        bool closed;
    }

    struct Parameters {
        uint16 feeBps; // of gains, at most 20 %
        uint16 bufferTargetBps; // of E, at most 10 %
        uint96 assetCap; // stakes that would lift E above it revert; the type's maximum is none
        address treasury; // receives the fee's shares
    }

    /* EVENTS */

    event Connected(address indexed allocator, address indexed notice);
    event RoundBegun(uint256 indexed batch);
    event GainBooked(uint256 assets);
    /// @notice A written-down operator turned out to have `assets`: they belong to the shares at once.
    event LossRestored(uint256 assets);
    /// @notice A loss: what the round's gain, the locked gain, the shares and the open exits bore.
    event LossBooked(uint256 assets, uint256 fromRoundGain, uint256 fromLocked, uint256 fromShares, uint256 fromExits);
    event RoundEnded(
        uint256 indexed batch,
        uint256 gain,
        uint256 fee,
        uint256 feeShares,
        uint256 locked,
        uint256 releaseEnd,
        uint256 highWater
    );
    event Funded(uint256 assets);
    event Returned(uint256 assets);
    /// @notice R, in wei: what write-downs took from the shares and may still come back. Who stakes pays for it, who leaves
    /// leaves its part behind.
    event PremiumChanged(uint256 oldPremium, uint256 newPremium);
    event InstantExit(address indexed account, address indexed receiver, uint256 shares, uint256 assets, uint256 fee);
    event PoolClosed(uint256 assets, uint256 supply);
    event ParametersChanged(Parameters oldParameters, Parameters newParameters);
    event StakingPaused(uint256 until);
    event StakingResumed();
    event UpgradesRenounced();

    /* ERRORS */

    /// @notice The pool has closed for good after losing nearly everything; leaving works.
    error PoolInsolvent(uint256 assets, uint256 supply);
    /// @notice Deposits and stakes are paused until `until`.
    error StakingIsPaused(uint256 until);
    /// @notice A stake of `assets` does not fit below the cap; `available` would.
    error ExceedsAssetCap(uint256 assets, uint256 available);
    /// @notice Only `assets` can leave at once now.
    error InstantExitUnavailable(uint256 requested, uint256 available);
    /// @notice The pool is too large for a list: read `Staked` and `Transfer` logs as docs/integrating.md shows.
    error ListFromLogs();
    error OnlyAllocator(address caller);
    error AlreadyConnected(address allocator);
    error UnexpectedEther(address sender, uint256 amount);
    error InsufficientBuffer(uint256 requested, uint256 available);
    error OutOfBounds(uint256 value, uint256 minimum, uint256 maximum);
    error PauseNotAllowedYet(uint256 allowedAt);
    error UpgradesAreRenounced();
    error InvalidAddress(address account);

    /* USERS */

    /// @notice Burns `shares` and pays their worth less a fee from the buffer at once.
    /// The fee rises linearly from 25 to 180 bp as the buffer beyond what exits are owed shrinks.
    function unstakeInstant(uint256 shares, uint256 minAssets, address receiver) external returns (uint256 assets);

    /// @notice What `unstakeInstant(shares, ...)` pays in this block, and the fee that stays in the pool.
    function previewInstant(uint256 shares) external view returns (uint256 assets, uint256 fee);

    /* ALLOCATOR */

    /// @notice Begins a round: later exits join the next batch. @return batch that the round will let be funded.
    function beginRound() external returns (uint256 batch);

    /// @notice Books what the allocator saw at operators; the value is cash that came back.
    function report(uint256 gain, uint256 loss) external payable;

    /// @notice Books a written-down operator's loss. What it takes from the shares joins the premium R. Emits PremiumChanged.
    /// @param loss wei.
    /// @return units of R, below 2^128; rounded down: an operator's part of R is what its units are of all units. 0 if the
    /// shares lose less than a millionth of what they keep, or keep nothing: then R stays as it is.
    /// @return era in which they are given: each later one makes a millionth of them.
    function reportWriteDown(uint256 loss) external returns (uint256 units, uint256 era);

    /// @notice Ends a written-down operator's part of the premium R, or some of it. Of the `gain` that it turns out to have, as
    /// much as what ends belongs to the shares at once; the rest is a gain of the round. Emits LossRestored, GainBooked,
    /// PremiumChanged.
    /// @param gain wei, 0 if it is not back.
    /// @param units of R as `reportWriteDown` gave them, 0 for none. @param left of them, that do not end. What ends is rounded
    /// down; the last one takes all that is left of R.
    /// @param era of the units.
    function endWriteDown(uint256 gain, uint256 units, uint256 left, uint256 era) external;

    /// @notice Ends the round: mints the fee's shares, and locks the gain but for what these can claim.
    /// @param netGain gains less losses of the round, at least 0.
    /// @param accrual amount-weighted average time that the gains took to accrue, in seconds.
    function endRound(uint256 batch, uint256 netGain, uint256 accrual) external;

    /// @notice Sends `assets` of the buffer to the allocator.
    function fund(uint256 assets) external;

    /* ROLES */

    /// @notice Wires the pool, once. The value buys the seed shares, which belong to nobody.
    function connect(address allocator, address notice) external payable;
    function setParameters(Parameters calldata parameters) external;
    /// @notice Stops deposits and stakes for up to 21 days, not again within 60 days. By the guardian.
    function pauseStaking(uint256 duration) external;
    function resumeStaking() external;
    /// @notice Gives up upgrades for ever.
    function renounceUpgrades() external;

    /* VIEWS */

    function allocator() external view returns (address);
    function parameters() external view returns (Parameters memory);
    function getBook() external view returns (BookView memory);
    /// @notice The batch that exits asked for now join.
    function fillingBatch() external view returns (uint256);
    /// @notice What `batch` has been paid and is still owed, in wei.
    function batchOf(uint256 batch) external view returns (uint256 units, uint256 paid, uint256 open);
    /// @notice Marks a pool of pools, which must never be listed by another one.
    function isMetaPool() external pure returns (bool);
    function epochLength() external view returns (uint256);
}
