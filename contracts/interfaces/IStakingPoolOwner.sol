// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title What an operator's pool has beside `IOperatorPool`: its owner's bond, commission, pause and key; its book.
/// @notice Amounts in wei, shares in the pool's 18-decimal unit, fractions in basis points, times in seconds since the
/// Unix epoch. Every function that changes something first books what happened at the network.
interface IStakingPoolOwner {
    /// @notice The book, as the next call will find it.
    struct BookView {
        uint256 equity; // wei behind all shares
        uint256 supply; // all shares: accounts', the bond's and the seed
        uint256 bondShares;
        uint256 cash; // came back, for exits that wait
        uint256 owed; // exits not yet funded
        uint256 funded; // all that was ever set aside for exits: reserved is this less what they have taken since
        uint256 free; // deposits and folded exits
        uint256 fillingBatch; // new exits join it
    }

    /* EVENTS */

    /// @notice The network brought `assets`; `fee` of them were paid to the owner as `feeShares`.
    event GainBooked(uint256 assets, uint256 fee, uint256 feeShares);
    /// @notice The network lost `assets`: what `bondSharesBurned`, all other shares and open exits bore.
    event LossBooked(uint256 assets, uint256 bondSharesBurned, uint256 fromBond, uint256 fromShares, uint256 fromExits);
    /// @notice `assets` came back from the network.
    event CashCollected(uint256 assets);
    /// @notice `assets` for which no exit waited were bonded again.
    event CashBonded(uint256 assets);
    /// @notice `assets` were left over by the roundings of exits; they belong to all shares now.
    event DustReleased(uint256 assets);
    /// @notice Later exits join the batch after `batch`.
    event BatchBegun(uint256 indexed batch);
    /// @notice `assets` began to unbond at the network.
    event UnbondingStarted(uint256 assets);
    /// @notice The owner paid `assets` for `shares` of junior stake.
    event BondAdded(address indexed owner, uint256 assets, uint256 shares);
    /// @notice The owner asked for `shares` of the bond, to be had at `readyAt`.
    event BondWithdrawalRequested(address indexed owner, uint256 shares, uint256 readyAt);
    /// @notice `shares` of the bond became ordinary shares of the owner.
    event BondWithdrawn(address indexed owner, uint256 shares);
    /// @notice The commission will be `commissionBps`, not before `earliest`.
    event CommissionAnnounced(uint256 commissionBps, uint256 earliest);
    /// @notice The announced `commissionBps` will not come. A lower commission cancels it without this event.
    event CommissionCancelled(uint256 commissionBps);
    /// @notice The commission is `newBps` from now on.
    event CommissionChanged(uint256 oldBps, uint256 newBps);
    /// @notice New stakes are refused from now on, or no longer.
    event StakingPauseChanged(bool paused);
    /// @notice The validator's key is `newKey` from now on.
    event StakingKeyUpdated(bytes newKey);

    /* ERRORS */

    /// @notice The owner has paused stakes.
    error StakingPaused();
    /// @notice The pool has lost nearly everything: `assets` are left for `supply` shares. Leaving works.
    error PoolInsolvent(uint256 assets, uint256 supply);
    /// @notice Ether is taken only from the network.
    error UnexpectedEther(address sender, uint256 amount);
    /// @notice The bond has `available` shares, fewer than the `requested`.
    error InsufficientBond(uint256 requested, uint256 available);
    /// @notice What would be left of the bond covers `covered` of the `delegated` that delegators have or exits are owed.
    error StakeNotCovered(uint256 delegated, uint256 covered);
    /// @notice No withdrawal from the bond was asked for.
    error NoBondWithdrawal();
    /// @notice The bond can be withdrawn at `readyAt`.
    error BondWithdrawalNotReady(uint256 readyAt, uint256 timestamp);
    /// @notice `commissionBps` is not between `minimum` and `maximum`.
    error CommissionOutOfBounds(uint256 commissionBps, uint256 minimum, uint256 maximum);
    /// @notice A raise to `commissionBps` is pending: cancel it first.
    error CommissionAlreadyAnnounced(uint256 commissionBps);
    /// @notice No raise is pending.
    error NoCommissionAnnounced();
    /// @notice The raise can be applied at `earliest`.
    error CommissionNotReady(uint256 earliest, uint256 timestamp);
    /// @notice Exits up to `batch` asked to leave in time; they are funded up to `fundedThrough`.
    error CommissionWaitsForExits(uint256 batch, uint256 fundedThrough);
    /// @notice A pool always has an owner.
    error OwnershipCannotBeRenounced();

    /* BOND, BY THE OWNER */

    /// @notice Buys junior shares at the current price: a loss takes them first. They are in no account.
    /// @dev Emits `BondAdded`. Requires a solvent pool. Rounds shares down.
    /// @return shares bought.
    function addBond() external payable returns (uint256 shares);

    /// @notice Asks for `shares` of the bond, after two epochs and `unbondingTime`. Replaces an earlier request and
    /// starts anew. From now on these shares are no part of `bond`, though they still bear losses first. What is left of the
    /// bond, times the bond ratio of the pool's factory, must be at least all stake that is not bond and what exits are owed.
    /// @dev Emits `BondWithdrawalRequested`. Losses find the shares until the withdrawal is finished. Rounds what is left
    /// down and what it has to cover up.
    function requestBondWithdrawal(uint256 shares) external;

    /// @notice Makes the shares that were asked for, or what losses left of the bond, ordinary shares of the owner.
    /// @dev Emits `BondWithdrawn`. @return shares moved.
    function finishBondWithdrawal() external returns (uint256 shares);

    /* COMMISSION */

    /// @notice Announces a raise to `newBps`, at most 200 above the commission and at most 5,000. By the
    /// owner. It can be applied after two epochs and `unbondingTime`, once everyone who asked to leave in that time is
    /// funded, or 90 days after the announcement.
    /// @dev Emits `CommissionAnnounced`. Requires that none is pending.
    function announceCommission(uint256 newBps) external;

    /// @notice Takes the announced raise back. By the owner. @dev Emits `CommissionCancelled`.
    function cancelCommission() external;

    /// @notice Makes the announced raise effective once it may be. Anyone may call. @dev Emits `CommissionChanged`.
    function applyCommission() external;

    /// @notice Lowers the commission at once. By the owner. A pending raise is cancelled.
    /// @dev Emits `CommissionChanged`.
    function lowerCommission(uint256 newBps) external;

    /* STAKING, BY THE OWNER */

    /// @notice Refuses new stakes. Nothing else stops. @dev Emits `StakingPauseChanged`.
    function pauseStaking() external;

    /// @notice Takes new stakes again. @dev Emits `StakingPauseChanged`.
    function resumeStaking() external;

    /// @notice Replaces the validator's key. @dev Emits `StakingKeyUpdated`.
    function updateStakingKey(bytes calldata newKey) external;

    /* VIEWS */

    /// @notice The book, as the next call will find it.
    function getBook() external view returns (BookView memory);

    /// @notice Shares of `account`. The bond's and the seed's are in no account.
    function sharesOf(address account) external view returns (uint256);

    /// @notice What was asked of the bond, and when it can be had; zero if nothing was.
    function bondWithdrawal() external view returns (uint256 shares, uint256 readyAt);

    /// @notice The raise that was announced, when it can be applied if exits are funded by then, and when it can
    /// whatever exits wait; all zero if none was.
    function commissionNotice() external view returns (uint256 commissionBps, uint256 earliest, uint256 latest);

    /// @notice The chain's staking module.
    function network() external view returns (address);
}
