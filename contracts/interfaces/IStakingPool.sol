// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title The staking-pool interface: NEAR's names and meanings, for one operator's pool and for the pool of pools.
/// @notice snake_case is NEAR's (near/core-contracts, staking-pool 0.4.1); camelCase is what Trellis adds beside it.
/// Amounts are in wei of the native coin, shares in the pool's 18-decimal unit, times in seconds since the Unix epoch.
/// @dev Every rounding goes against the caller. Leaving (`unstake*`, `withdraw*`, `fundExits`) needs no permission and
/// cannot be paused. An exit's amount is fixed when it is asked for; it earns nothing more and shares losses until funded.
interface IStakingPool {
    /// @notice What a wallet shows of an account.
    struct AccountView {
        address account_id;
        uint256 unstaked_balance; // wei: free, open and matured together
        uint256 staked_balance; // wei
        bool can_withdraw; // whether all of unstaked_balance is funded
    }

    /// @notice One exit of an account: what it asked for in one batch.
    struct ExitView {
        uint256 batch;
        uint256 open; // wei still to be funded, after losses
        uint256 matured; // wei funded and not yet taken
        uint256 earliest; // when it can be funded at the earliest; 0 once it is funded
        uint256 estimated; // when it is funded if keepers do their work; 0 once it is funded
    }

    /* EVENTS */

    /// @notice `account` added `assets` to its free balance.
    event Deposited(address indexed account, uint256 assets);
    /// @notice `account` paid `assets` for `shares` credited to `receiver`.
    event Staked(address indexed account, address indexed receiver, uint256 assets, uint256 shares);
    /// @notice `account` burned `shares` for an exit of `assets` in `batch`, `units` of that batch.
    event Unstaked(address indexed account, uint256 indexed batch, uint256 assets, uint256 shares, uint256 units);
    /// @notice `assets` of the free balance and matured exits of `account` were paid to `receiver`.
    event Withdrawn(address indexed account, address indexed receiver, uint256 assets);
    /// @notice `assets` of the free balance and matured exits of `account` were used for a stake.
    event Restaked(address indexed account, uint256 assets);
    /// @notice `assets` of a finished exit moved to the free balance of `account`.
    event ExitFolded(address indexed account, uint256 indexed batch, uint256 assets);
    /// @notice `assets` were set aside for `batch`; with `closed` it has no open units left.
    event BatchFunded(uint256 indexed batch, uint256 assets, bool closed);
    /// @notice All batches up to `batch` were closed at what they were paid, because nothing is left for them.
    event BatchesVoided(uint256 indexed batch, uint256 assets);
    /// @notice A loss lowered what is owed to open exits: their amounts are now multiplied by `lossIndex` / 1e27.
    event ExitsWrittenDown(uint256 loss, uint256 lossIndex);

    /* ERRORS */

    /// @notice The amount is zero.
    error ZeroAmount();
    /// @notice `account` has `available` wei (or shares) staked, fewer than the `requested`.
    error InsufficientStake(address account, uint256 requested, uint256 available);
    /// @notice `account` can withdraw `available` wei now, less than the `requested`.
    error InsufficientWithdrawable(address account, uint256 requested, uint256 available);
    /// @notice `assets` would buy no share at the current price.
    error StakeTooSmall(uint256 assets);
    /// @notice The call would have given `actual`, less than the caller's `minimum`.
    error BelowMinimum(uint256 actual, uint256 minimum);
    /// @notice The caller's deadline has passed.
    error DeadlineExpired(uint256 deadline, uint256 timestamp);
    /// @notice `receiver` did not take `amount` wei; nothing was changed.
    error TransferFailed(address receiver, uint256 amount);
    /// @notice The receiver is the zero address.
    error InvalidReceiver(address receiver);

    /* NEAR'S INTERFACE */

    /// @notice Does a bounded piece of the pending periodic work. Anyone may call.
    function ping() external;

    /// @notice Adds the value to the caller's free balance: not staked, withdrawable at once.
    function deposit() external payable;

    /// @notice Deposits the value and stakes all of it. @return shares credited, rounded down.
    function deposit_and_stake() external payable returns (uint256 shares);

    /// @notice Stakes `amount` wei from the caller's free balance, then from its matured exits, oldest first.
    function stake(uint256 amount) external returns (uint256 shares);

    /// @notice Stakes the caller's free balance and all of its matured exits.
    function stake_all() external returns (uint256 shares);

    /// @notice Starts an exit of exactly `amount` wei. Burns shares, rounded up.
    function unstake(uint256 amount) external;

    /// @notice Burns all of the caller's shares; opens an exit of their worth, rounded down, unless that is zero.
    function unstake_all() external;

    /// @notice Pays exactly `amount` wei of free balance, then of matured exits, oldest first, to the caller.
    /// First tries to fund a few waiting batches: two of the meta pool, eight of an operator's pool.
    function withdraw(uint256 amount) external;

    /// @notice Pays the caller's free balance and all of its matured exits. @return amount paid, in wei.
    function withdraw_all() external returns (uint256 amount);

    /// @notice Worth of the account's shares in wei, rounded down. Never reverts.
    function get_account_staked_balance(address account_id) external view returns (uint256);

    /// @notice Free balance, open and matured exits together, in wei. Never reverts.
    function get_account_unstaked_balance(address account_id) external view returns (uint256);

    /// @notice Staked and unstaked balance together, in wei. Never reverts.
    function get_account_total_balance(address account_id) external view returns (uint256);

    /// @notice Whether all of the unstaked balance can be withdrawn now, counting only what is funded; true for zero.
    function is_account_unstaked_balance_available(address account_id) external view returns (bool);

    /// @notice The account's balances in one call. Never reverts.
    function get_account(address account_id) external view returns (AccountView memory);

    /// @notice Assets behind all shares, in wei.
    function get_total_staked_balance() external view returns (uint256);

    /// @notice Who owns the pool.
    function get_owner_id() external view returns (address);

    /// @notice The part of gains that is taken as a fee.
    function get_reward_fee_fraction() external view returns (uint256 numerator, uint256 denominator);

    /// @notice The validator's staking key; empty on a pool of pools.
    function get_staking_key() external view returns (bytes memory);

    /// @notice Whether new stakes are refused now.
    function is_staking_paused() external view returns (bool);

    /// @notice Number of accounts (on a pool of pools: that ever staked).
    function get_number_of_accounts() external view returns (uint256);

    /// @notice A page of accounts. Reverts on a pool of pools: list its accounts from logs.
    function get_accounts(uint256 from_index, uint256 limit) external view returns (AccountView[] memory);

    /* BESIDE IT */

    /// @notice Stakes the value for `receiver`. @param minShares fewer revert. @param deadline later reverts (seconds).
    function stakeFor(address receiver, uint256 minShares, uint256 deadline) external payable returns (uint256 shares);

    /// @notice Burns exactly `shares` for an exit of their worth, rounded down. @param minAssets less reverts (wei).
    function unstakeShares(uint256 shares, uint256 minAssets) external returns (uint256 assets);

    /// @notice As `withdraw`, but pays `receiver`.
    function withdrawTo(address receiver, uint256 amount) external;

    /// @notice Pays all that `account` can withdraw to `account`. Anyone may call; nothing changes if it rejects ether.
    function withdrawFor(address account) external returns (uint256 amount);

    /// @notice Sets aside money for up to `maxBatches` waiting batches, oldest first. Anyone may call.
    /// @return funded wei set aside.
    function fundExits(uint256 maxBatches) external returns (uint256 funded);

    /// @notice The last batch before the oldest one with open units; with none open, the last completed or voided one.
    function fundedThrough() external view returns (uint256 batch);

    /// @notice What `account` can withdraw now, in wei.
    function withdrawable(address account) external view returns (uint256);

    /// @notice All exits of `account` that are not yet paid out, oldest first.
    function exitsOf(address account) external view returns (ExitView[] memory);

    /// @notice Shares worth `assets` at the current price, rounded down.
    function convertToShares(uint256 assets) external view returns (uint256);

    /// @notice Worth of `shares` in wei, rounded down.
    function convertToAssets(uint256 shares) external view returns (uint256);

    /// @notice Assets per share, 1e18 fixed point, rounded down.
    function getRate() external view returns (uint256);

    /// @notice Shares that a stake of `assets` gives in this block.
    function previewStake(uint256 assets) external view returns (uint256 shares);

    /// @notice Shares that `unstake(assets)` burns in this block, rounded up; 0 for 0.
    /// @dev 2^256 − 1 for more than all shares are worth, 2^256 − 1 wei among it: no number of shares is enough, and
    /// `unstake` reverts with `InsufficientStake`. It knows nothing of the caller, so `unstake` can revert below that, too.
    function previewUnstake(uint256 assets) external view returns (uint256 shares);
}
