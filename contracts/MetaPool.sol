// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {AccessManagedUpgradeable} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {ERC20PermitUpgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAllocator} from "./interfaces/IAllocator.sol";
import {IMetaPool} from "./interfaces/IMetaPool.sol";
import {IStakingPool} from "./interfaces/IStakingPool.sol";
import {ExitBook} from "./libraries/ExitBook.sol";
import {PoolBook} from "./libraries/PoolBook.sol";

/// @title MetaPool
/// Assumes: the allocator reports what it measured; amounts stay below 2^96 wei.
/// Guarantees: contract balance ≥ buffer + reserved + free; shares are minted only for assets, or for the fee of a gain;
/// leaving needs nobody and cannot be paused; user operations call no other contract than the receiver of a payment.
contract MetaPool
    is IMetaPool, ERC20PermitUpgradeable, AccessManagedUpgradeable, UUPSUpgradeable, ReentrancyGuardTransient
    layout at erc7201("trellis.MetaPool")
{
    using ExitBook for ExitBook.Book;
    using Math for uint256;
    using PoolBook for PoolBook.Book;
    using SafeCast for uint256;

    uint256 private constant EXITS_PER_FOLD = 2;
    uint256 private constant BATCHES_PER_WITHDRAWAL = 2;
    uint256 private constant BATCHES_PER_PING = 10;
    uint256 private constant OPERATORS_PER_PING = 5;

    uint256 private immutable EPOCH_LENGTH;

    PoolBook.Book private _book;

    constructor(uint256 epochLength_) {
        EPOCH_LENGTH = epochLength_;
        _disableInitializers();
    }

    /// @notice Sets up the proxy. @param manager the AccessManager.
    function initialize(
        address manager,
        string calldata name_,
        string calldata symbol_,
        Parameters calldata parameters_
    ) external initializer {
        __ERC20_init(name_, symbol_);
        __ERC20Permit_init(name_);
        __AccessManaged_init(manager);

        PoolBook.Book storage $ = _storage();
        $.exits.initialize();
        $.highWater = uint128(PoolBook.HIGH_WATER_ONE);
        $.setParameters(parameters_);
    }

    receive() external payable {
        revert UnexpectedEther(msg.sender, msg.value);
    }

    /* STAKES */

    /// @inheritdoc IStakingPool
    function deposit() external payable {
        require(msg.value != 0, ZeroAmount());
        _checkNotPaused();

        _storage().exits.addFree(msg.sender, msg.value);
        emit Deposited(msg.sender, msg.value);
    }

    /// @inheritdoc IStakingPool
    function deposit_and_stake() external payable returns (uint256 shares) {
        return _stake(msg.sender, msg.value);
    }

    /// @inheritdoc IStakingPool
    function stakeFor(address receiver, uint256 minShares, uint256 deadline) external payable returns (uint256 shares) {
        require(block.timestamp <= deadline, DeadlineExpired(deadline, block.timestamp));

        shares = _stake(receiver, msg.value);
        require(shares >= minShares, BelowMinimum(shares, minShares));
    }

    /// @inheritdoc IStakingPool
    function stake(uint256 amount) external returns (uint256 shares) {
        return _restake(amount, true);
    }

    /// @inheritdoc IStakingPool
    function stake_all() external returns (uint256 shares) {
        return _restake(type(uint256).max, false);
    }

    /* UNSTAKES */

    /// @inheritdoc IStakingPool
    function unstake(uint256 amount) external {
        require(amount != 0, ZeroAmount());

        uint256 shares = previewUnstake(amount);
        // Not `require`, which would work out the error of an unstake that succeeds.
        if (shares > balanceOf(msg.sender)) {
            revert InsufficientStake(msg.sender, amount, get_account_staked_balance(msg.sender));
        }

        _unstake(shares, amount);
    }

    /// @inheritdoc IStakingPool
    function unstake_all() external {
        uint256 shares = balanceOf(msg.sender);
        require(shares != 0, ZeroAmount());

        _unstake(shares, convertToAssets(shares));
    }

    /// @inheritdoc IStakingPool
    function unstakeShares(uint256 shares, uint256 minAssets) external returns (uint256 assets) {
        _checkShares(shares);
        assets = convertToAssets(shares);
        require(assets >= minAssets, BelowMinimum(assets, minAssets));

        _unstake(shares, assets);
    }

    /// @inheritdoc IMetaPool
    function unstakeInstant(
        uint256 shares,
        uint256 minAssets,
        address receiver
    ) external nonReentrant returns (uint256 assets) {
        _checkShares(shares);
        assets = _storage().bookInstantExit(shares, minAssets, receiver, _epoch());
        _burn(msg.sender, shares);

        _pay(receiver, assets);
    }

    /* WITHDRAWALS */

    /// @inheritdoc IStakingPool
    function withdraw(uint256 amount) external nonReentrant {
        _withdraw(msg.sender, msg.sender, amount, true);
    }

    /// @inheritdoc IStakingPool
    function withdraw_all() external nonReentrant returns (uint256 amount) {
        return _withdraw(msg.sender, msg.sender, type(uint256).max, false);
    }

    /// @inheritdoc IStakingPool
    function withdrawTo(address receiver, uint256 amount) external nonReentrant {
        _withdraw(msg.sender, receiver, amount, true);
    }

    /// @inheritdoc IStakingPool
    function withdrawFor(address account) external nonReentrant returns (uint256 amount) {
        return _withdraw(account, account, type(uint256).max, false);
    }

    /* KEEPERS */

    /// @inheritdoc IStakingPool
    function ping() external nonReentrant {
        IAllocator(_storage().allocator).settle(OPERATORS_PER_PING);
        _fundExits(BATCHES_PER_PING);
    }

    /// @inheritdoc IStakingPool
    function fundExits(uint256 maxBatches) external returns (uint256 funded) {
        return _fundExits(maxBatches);
    }

    /* ALLOCATOR */

    /// @inheritdoc IMetaPool
    function beginRound() external returns (uint256 batch) {
        _checkAllocator();
        batch = _storage().exits.begin();
        emit RoundBegun(batch);
    }

    /// @inheritdoc IMetaPool
    function report(uint256 gain, uint256 loss) external payable {
        _checkAllocator();
        PoolBook.Book storage $ = _storage();
        $.delegated = ($.delegated + gain - msg.value).toUint96();
        if (gain != 0) {
            $.roundGain += gain.toUint96();
            emit GainBooked(gain);
        }
        if (msg.value != 0) emit Returned(msg.value);
        if (loss != 0) $.bookLoss(loss);
    }

    /// @inheritdoc IMetaPool
    function reportWriteDown(uint256 loss) external returns (uint256 units, uint256 era) {
        _checkAllocator();
        return _storage().bookWriteDown(loss);
    }

    /// @inheritdoc IMetaPool
    function endWriteDown(uint256 gain, uint256 units, uint256 left, uint256 era) external {
        _checkAllocator();
        _storage().endWriteDown(gain, units, left, era);
    }

    /// @inheritdoc IMetaPool
    function endRound(uint256 batch, uint256 netGain, uint256 accrual) external {
        _checkAllocator();
        uint256 feeShares = _storage().endRound(batch, netGain, accrual.max(EPOCH_LENGTH));
        if (feeShares != 0) _mint(_storage().treasury, feeShares);
    }

    /// @inheritdoc IMetaPool
    function fund(uint256 assets) external nonReentrant {
        _checkAllocator();
        PoolBook.Book storage $ = _storage();
        (uint256 buffer, uint256 owed) = (_storage().buffer(), $.exits.owed);
        require(buffer >= owed + assets, InsufficientBuffer(assets, buffer.saturatingSub(owed)));

        $.delegated += assets.toUint96();
        emit Funded(assets);

        _pay(msg.sender, assets);
    }

    /* ROLES */

    /// @inheritdoc IMetaPool
    function connect(address allocator_, address notice_) external payable restricted {
        _storage().connect(allocator_, notice_, msg.value);
        _mint(address(this), msg.value);
    }

    /// @inheritdoc IMetaPool
    function setParameters(Parameters calldata newParameters) external restricted {
        _storage().setParameters(newParameters);
    }

    /// @inheritdoc IMetaPool
    function pauseStaking(uint256 duration) external restricted {
        _storage().pauseStaking(duration);
    }

    /// @inheritdoc IMetaPool
    function resumeStaking() external restricted {
        _storage().pausedUntil = 0;
        emit StakingResumed();
    }

    /// @inheritdoc IMetaPool
    function renounceUpgrades() external restricted {
        _storage().upgradesRenounced = true;
        emit UpgradesRenounced();
    }

    /* VIEWS: NEAR'S */

    /// @inheritdoc IStakingPool
    function get_account_staked_balance(address account_id) public view returns (uint256) {
        return convertToAssets(balanceOf(account_id));
    }

    /// @inheritdoc IStakingPool
    function get_account_unstaked_balance(address account_id) public view returns (uint256) {
        (uint256 free, uint256 open, uint256 matured) = _storage().unstakedOf(account_id);
        return free + open + matured;
    }

    /// @inheritdoc IStakingPool
    function get_account_total_balance(address account_id) external view returns (uint256) {
        return get_account_staked_balance(account_id) + get_account_unstaked_balance(account_id);
    }

    /// @inheritdoc IStakingPool
    function is_account_unstaked_balance_available(address account_id) public view returns (bool) {
        (, uint256 open, ) = _storage().unstakedOf(account_id);
        return open == 0;
    }

    /// @inheritdoc IStakingPool
    function get_account(address account_id) external view returns (AccountView memory) {
        return _storage().accountOf(account_id);
    }

    /// @inheritdoc IStakingPool
    function get_total_staked_balance() external view returns (uint256) {
        return _storage().assets();
    }

    /// @inheritdoc IStakingPool
    function get_owner_id() external view returns (address) {
        return _storage().notice;
    }

    /// @inheritdoc IStakingPool
    function get_reward_fee_fraction() external view returns (uint256 numerator, uint256 denominator) {
        return (_storage().feeBps, PoolBook.BPS);
    }

    /// @inheritdoc IStakingPool
    function get_staking_key() external pure returns (bytes memory) {
        return "";
    }

    /// @inheritdoc IStakingPool
    function is_staking_paused() external view returns (bool) {
        return block.timestamp < _storage().pausedUntil;
    }

    /// @inheritdoc IStakingPool
    function get_number_of_accounts() external view returns (uint256) {
        return _storage().accountCount;
    }

    /// @inheritdoc IStakingPool
    function get_accounts(uint256, uint256) external pure returns (AccountView[] memory) {
        revert ListFromLogs();
    }

    /* VIEWS */

    /// @inheritdoc IStakingPool
    function fundedThrough() external view returns (uint256) {
        return _storage().exits.fundedThrough();
    }

    /// @inheritdoc IStakingPool
    function withdrawable(address account) external view returns (uint256) {
        (uint256 free, , uint256 matured) = _storage().unstakedOf(account);
        return free + matured;
    }

    /// @inheritdoc IStakingPool
    function exitsOf(address account) external view returns (ExitView[] memory) {
        return _storage().exitsOf(account);
    }

    /// @inheritdoc IStakingPool
    function convertToShares(uint256 assets) external view returns (uint256) {
        uint256 total = _storage().assets();
        return total == 0 ? 0 : assets.mulDiv(totalSupply(), total);
    }

    /// @inheritdoc IStakingPool
    function convertToAssets(uint256 shares) public view returns (uint256) {
        return _storage().worthDown(shares);
    }

    /// @inheritdoc IStakingPool
    function getRate() external view returns (uint256) {
        return convertToAssets(PoolBook.WAD);
    }

    /// @inheritdoc IStakingPool
    function previewStake(uint256 assets) external view returns (uint256 shares) {
        uint256 total = _storage().assets();
        return total == 0 ? 0 : _sharesDown(assets, total);
    }

    /// @inheritdoc IStakingPool
    function previewUnstake(uint256 assets) public view returns (uint256 shares) {
        uint256 total = _storage().assets();
        if (assets > total) return type(uint256).max;
        return assets == 0 ? 0 : (assets * totalSupply()).ceilDiv(total);
    }

    /// @inheritdoc IMetaPool
    function previewInstant(uint256 shares) external view returns (uint256 assets, uint256 fee) {
        (assets, fee, ) = _storage().quoteInstant(shares, _epoch());
    }

    /// @inheritdoc IMetaPool
    function allocator() external view returns (address) {
        return _storage().allocator;
    }

    /// @inheritdoc IMetaPool
    function parameters() external view returns (Parameters memory) {
        return _storage().parameters();
    }

    /// @inheritdoc IMetaPool
    function getBook() external view returns (BookView memory) {
        return _storage().read();
    }

    /// @inheritdoc IMetaPool
    function fillingBatch() external view returns (uint256) {
        return _storage().exits.fillingBatch;
    }

    /// @inheritdoc IMetaPool
    function batchOf(uint256 batch) external view returns (uint256 units, uint256 paid, uint256 open) {
        return _storage().batchOf(batch);
    }

    /// @inheritdoc IMetaPool
    function epochLength() external view returns (uint256) {
        return EPOCH_LENGTH;
    }

    /// @inheritdoc IMetaPool
    function isMetaPool() external pure returns (bool) {
        return true;
    }

    /// @inheritdoc ERC20Upgradeable
    function balanceOf(address account) public view override returns (uint256) {
        return _storage().exits.accounts[account].shares;
    }

    /// @inheritdoc ERC20Upgradeable
    function totalSupply() public view override returns (uint256) {
        return _storage().supply;
    }

    /* INTERNAL: MONEY IN AND OUT */

    function _stake(address receiver, uint256 assets) private returns (uint256 shares) {
        PoolBook.Book storage $ = _storage();
        require(assets != 0, ZeroAmount());
        _checkNotPaused();
        uint256 total = _storage().assets();
        require(!$.closed && total != 0, PoolInsolvent(total, $.supply));
        if ($.isCapped) _checkCap(assets, total);

        shares = _sharesDown(assets, total);
        require(shares != 0, StakeTooSmall(assets));

        $.equity = ($.equity + assets).toUint96();
        ExitBook.Account storage account = $.exits.accounts[receiver];
        if (!account.everStaked) {
            account.everStaked = true;
            ++$.accountCount;
        }
        emit Staked(msg.sender, receiver, assets, shares);
        _mint(receiver, shares);
    }

    function _restake(uint256 limit, bool exact) private returns (uint256 shares) {
        uint256 amount = _take(msg.sender, limit, exact);
        emit Restaked(msg.sender, amount);
        return _stake(msg.sender, amount);
    }

    function _unstake(uint256 shares, uint256 assets) private {
        PoolBook.Book storage $ = _storage();
        uint256 firstExit = $.exits.accounts[msg.sender].firstExit;
        if (firstExit != 0 && firstExit != $.exits.fillingBatch) $.foldExits(msg.sender, EXITS_PER_FOLD);

        uint256 batch;
        uint256 units;
        if (assets != 0) {
            unchecked {
                $.equity -= uint96(assets); // a part of what all shares are worth
            }
            (batch, units) = $.exits.open(msg.sender, assets);
        }
        if ($.hasPremium) $.leavePremium(shares);
        emit Unstaked(msg.sender, batch, assets, shares, units);
        _burn(msg.sender, shares);
    }

    function _withdraw(address owner, address receiver, uint256 limit, bool exact) private returns (uint256 amount) {
        _fundExits(BATCHES_PER_WITHDRAWAL);

        amount = _take(owner, limit, exact);
        emit Withdrawn(owner, receiver, amount);

        _pay(receiver, amount);
    }

    /// @dev Takes up to `limit` of what `owner` can withdraw, or `exact`ly that.
    function _take(address owner, uint256 limit, bool exact) private returns (uint256 amount) {
        amount = _storage().exits.take(owner, limit);
        require(amount == limit || !exact, InsufficientWithdrawable(owner, limit, amount));
        require(amount != 0, ZeroAmount());
    }

    function _pay(address receiver, uint256 amount) private {
        require(receiver != address(0), InvalidReceiver(receiver));
        require(LowLevelCall.callNoReturn(receiver, amount, ""), TransferFailed(receiver, amount));
    }

    function _fundExits(uint256 maxBatches) private returns (uint256 funded) {
        PoolBook.Book storage $ = _storage();
        uint256 oldest = $.exits.oldestBatch;
        if (oldest == 0 || oldest > $.exits.completedBatch) return 0;

        return $.fundExits(maxBatches);
    }

    /// @dev Shares live in the packed account slot; allowances, permits, events and errors are OpenZeppelin's.
    function _update(address from, address to, uint256 value) internal override {
        PoolBook.Book storage $ = _storage();
        if (to == address(this)) require($.supply == 0, ERC20InvalidReceiver(to)); // but for the seed

        if (from == address(0)) {
            $.supply = ($.supply + value).toUint128();
        } else {
            ExitBook.Account storage source = $.exits.accounts[from];
            uint256 balance = source.shares;
            require(balance >= value, ERC20InsufficientBalance(from, balance, value));
            unchecked {
                source.shares = uint128(balance - value); // checked above
            }
        }

        unchecked {
            // Balances add up to the supply, which is below 2^128.
            if (to == address(0)) $.supply -= uint128(value);
            else $.exits.accounts[to].shares += uint128(value);
        }
        emit Transfer(from, to, value);
    }

    /* INTERNAL: CHECKS */

    /// @dev ⌊assets·S/(E + R)⌋; the slot of R is read only if it has something to say.
    function _sharesDown(uint256 assets, uint256 total) private view returns (uint256) {
        uint256 premium = _storage().hasPremium ? _storage().premium : 0;
        return assets.mulDiv(_storage().supply, total + premium);
    }

    function _checkCap(uint256 assets, uint256 total) private view {
        uint256 cap = _storage().assetCap;
        require(total + assets <= cap, ExceedsAssetCap(assets, cap.saturatingSub(total)));
    }

    function _epoch() private view returns (uint256) {
        return block.timestamp / EPOCH_LENGTH;
    }

    function _checkShares(uint256 shares) private view {
        require(shares != 0, ZeroAmount());
        uint256 balance = balanceOf(msg.sender);
        require(shares <= balance, InsufficientStake(msg.sender, shares, balance));
    }

    function _checkNotPaused() private view {
        uint256 until = _storage().pausedUntil;
        require(block.timestamp >= until, StakingIsPaused(until));
    }

    function _checkAllocator() private view {
        require(msg.sender == _storage().allocator, OnlyAllocator(msg.sender));
    }

    function _authorizeUpgrade(address) internal override restricted {
        require(!_storage().upgradesRenounced, UpgradesAreRenounced());
    }

    /// @dev A pointer on the stack: the slot's 32-byte constant at every access would not fit the size limit.
    function _storage() private view returns (PoolBook.Book storage) {
        return _book;
    }
}
