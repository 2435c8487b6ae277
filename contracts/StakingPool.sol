// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IOperatorPool} from "./interfaces/IOperatorPool.sol";
import {IStakeNetwork} from "./interfaces/IStakeNetwork.sol";
import {IStakingPool} from "./interfaces/IStakingPool.sol";
import {IStakingPoolOwner} from "./interfaces/IStakingPoolOwner.sol";
import {ExitBook} from "./libraries/ExitBook.sol";
import {ExitPreview} from "./libraries/ExitPreview.sol";
import {PoolLedger} from "./libraries/PoolLedger.sol";

/// @title StakingPool
/// @notice One operator's pool. Clones of it are immutable.
/// @dev Assumes: a network that is part of the chain (it neither lies nor re-enters), amounts below 2^96 wei.
/// Guarantees: bonded + unbonding + cash = equity + owed after every booking; balance ≥ cash + reserved + free; leaving
/// needs nobody's consent; no rounding favours the caller; ether that is forced in changes nothing.
contract StakingPool is IOperatorPool, IStakingPoolOwner, Ownable2StepUpgradeable, ReentrancyGuardTransient {
    using EnumerableSet for EnumerableSet.AddressSet;
    using ExitBook for ExitBook.Book;
    using ExitPreview for ExitBook.Book;
    using Math for uint256;
    using PoolLedger for PoolLedger.Ledger;
    using SafeCast for uint256;

    /// @dev A raise of the commission. Whole words: it is rare, and code is dearer than storage here.
    struct Notice {
        uint256 announcedAt;
        uint256 end;
        uint256 later; // the first batch without exits asked for until `end`; 0 until that is known
    }

    uint256 private constant MAX_COMMISSION_BPS = 5_000;
    uint256 private constant MAX_COMMISSION_STEP_BPS = 200;
    uint256 private constant MAX_COMMISSION_NOTICE = 90 days;
    /// @dev Batches that a call funds beside its own work, and that `fundExits` funds at most.
    uint256 private constant BATCHES_PER_CALL = 8;
    uint256 private constant MAX_BATCHES = 32;
    /// @dev Less cash than this is not worth a call to the network.
    uint256 private constant MIN_CASH_TO_BOND = 0.001 ether;
    /// @dev Enough for any wallet, too little to settle a pool that delegates here: it would find this pool locked, hence dead.
    uint256 private constant PAYMENT_GAS = 300_000;
    uint256 private constant BPS = 10_000;
    uint256 private constant ONE = 1e18;
    uint256 private constant LEAST_INDEX = 1e21; // of exits, for stakes: below, a small loss may close them unpaid

    IStakeNetwork private immutable NETWORK;
    uint256 private immutable EPOCH_LENGTH;
    uint256 private immutable BOND_RATIO; // stake per wei of bond that a withdrawal from the bond keeps; 0 for any

    // One slot: the price.
    uint96 private _equity;
    uint128 private _supply;
    uint32 private _lastEpoch; // in which a batch last began
    // One slot.
    uint96 private _cash;
    uint128 private _bondShares;
    uint16 private _commissionBps;
    uint8 private _announcedRaiseBps; // 0 for none
    bool private _isPaused;

    Notice private _notice;
    uint256 private _bondSharesRequested;
    uint256 private _bondReadyAt;

    ExitBook.Book private _book;
    EnumerableSet.AddressSet private _accounts;
    mapping(uint256 batch => uint256 timestamp) private _begunAt;
    bytes private _stakingKey;

    constructor(IStakeNetwork stakeNetwork, uint256 epochSeconds, uint256 bondRatio) {
        NETWORK = stakeNetwork;
        EPOCH_LENGTH = epochSeconds;
        BOND_RATIO = bondRatio;
        _disableInitializers();
    }

    /// @notice The value is the pool's seed: shares that belong to nobody.
    function initialize(
        address owner_,
        bytes calldata stakingKey,
        uint256 commissionBps
    ) external payable initializer nonReentrant {
        require(msg.value != 0, ZeroAmount());
        _checkCommission(commissionBps, 0, MAX_COMMISSION_BPS);

        __Ownable_init(owner_);
        _book.initialize();
        _setPrice(msg.value, msg.value);
        _commissionBps = uint16(commissionBps);
        _stakingKey = stakingKey;

        emit Staked(msg.sender, address(this), msg.value, msg.value);

        _bond(msg.value);
    }

    receive() external payable {
        require(msg.sender == address(NETWORK), UnexpectedEther(msg.sender, msg.value));
    }

    /* STAKING */

    /// @inheritdoc IStakingPool
    function ping() external nonReentrant {
        _sync(BATCHES_PER_CALL);
        _settle();
    }

    /// @inheritdoc IStakingPool
    function deposit() external payable nonReentrant {
        require(msg.value != 0, ZeroAmount());
        _sync(BATCHES_PER_CALL);

        _book.addFree(msg.sender, msg.value);
        _accounts.add(msg.sender);

        emit Deposited(msg.sender, msg.value);

        _settle();
    }

    /// @inheritdoc IStakingPool
    function deposit_and_stake() external payable nonReentrant returns (uint256 shares) {
        return _stakeValue(msg.sender);
    }

    /// @inheritdoc IStakingPool
    function stakeFor(
        address receiver,
        uint256 minShares,
        uint256 deadline
    ) external payable nonReentrant returns (uint256 shares) {
        _checkReceiver(receiver);
        require(block.timestamp <= deadline, DeadlineExpired(deadline, block.timestamp));

        shares = _stakeValue(receiver);

        require(shares >= minShares, BelowMinimum(shares, minShares));
    }

    /// @inheritdoc IStakingPool
    function stake(uint256 amount) external nonReentrant returns (uint256 shares) {
        _take(msg.sender, amount);
        return _restake(amount);
    }

    /// @inheritdoc IStakingPool
    function stake_all() external nonReentrant returns (uint256 shares) {
        return _restake(_takeAll(msg.sender));
    }

    /* LEAVING */

    /// @inheritdoc IStakingPool
    function unstake(uint256 amount) external nonReentrant {
        uint256 held = _syncShares();
        uint256 shares = _toSharesUp(amount, _equity, _supply);
        require(shares <= held, InsufficientStake(msg.sender, amount, _worth(held)));

        _unstake(amount, shares);
    }

    /// @inheritdoc IStakingPool
    function unstake_all() external nonReentrant {
        uint256 shares = _syncShares();
        _unstake(_worth(shares), shares);
    }

    /// @inheritdoc IStakingPool
    function unstakeShares(uint256 shares, uint256 minAssets) external nonReentrant returns (uint256 assets) {
        uint256 held = _syncShares();
        require(shares <= held, InsufficientStake(msg.sender, shares, held));
        assets = _worth(shares);
        require(assets >= minAssets, BelowMinimum(assets, minAssets));

        _unstake(assets, shares);
    }

    /// @inheritdoc IStakingPool
    function withdraw(uint256 amount) external nonReentrant {
        _take(msg.sender, amount);
        _pay(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IStakingPool
    function withdrawTo(address receiver, uint256 amount) external nonReentrant {
        _checkReceiver(receiver);
        _take(msg.sender, amount);
        _pay(msg.sender, receiver, amount);
    }

    /// @inheritdoc IStakingPool
    function withdraw_all() external nonReentrant returns (uint256 amount) {
        amount = _takeAll(msg.sender);
        _pay(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IStakingPool
    function withdrawFor(address account) external nonReentrant returns (uint256 amount) {
        amount = _takeAll(account);
        _pay(account, account, amount);
    }

    /// @inheritdoc IStakingPool
    function fundExits(uint256 maxBatches) external nonReentrant returns (uint256 funded) {
        funded = _sync(Math.min(maxBatches, MAX_BATCHES));
        _settle();
    }

    /* BOND */

    /// @inheritdoc IStakingPoolOwner
    function addBond() external payable onlyOwner nonReentrant returns (uint256 shares) {
        _sync(BATCHES_PER_CALL);
        shares = _mint(msg.value);

        _bondShares += shares.toUint128();

        emit BondAdded(msg.sender, msg.value, shares);

        _settle();
        _bond(msg.value);
    }

    /// @inheritdoc IStakingPoolOwner
    function requestBondWithdrawal(uint256 shares) external onlyOwner nonReentrant {
        require(shares != 0, ZeroAmount());
        _sync(BATCHES_PER_CALL);
        uint256 bondShares = _bondShares;
        require(shares <= bondShares, InsufficientBond(shares, bondShares));
        uint256 covered = _worth(bondShares - shares) * BOND_RATIO;
        uint256 delegated = _equity - _worth(bondShares) + _book.owed;
        require(covered >= delegated || BOND_RATIO == 0, StakeNotCovered(delegated, covered));

        uint256 readyAt = block.timestamp + _leavingTime();
        _bondSharesRequested = shares;
        _bondReadyAt = readyAt;

        emit BondWithdrawalRequested(msg.sender, shares, readyAt);

        _settle();
    }

    /// @inheritdoc IStakingPoolOwner
    function finishBondWithdrawal() external onlyOwner nonReentrant returns (uint256 shares) {
        require(_bondSharesRequested != 0, NoBondWithdrawal());
        require(block.timestamp >= _bondReadyAt, BondWithdrawalNotReady(_bondReadyAt, block.timestamp));
        _sync(BATCHES_PER_CALL);

        shares = Math.min(_bondSharesRequested, _bondShares);
        _bondSharesRequested = 0;
        _bondReadyAt = 0;
        _bondShares -= uint128(shares);
        if (shares != 0) _credit(msg.sender, shares);

        emit BondWithdrawn(msg.sender, shares);

        _settle();
    }

    /* COMMISSION */

    /// @inheritdoc IStakingPoolOwner
    function announceCommission(uint256 newBps) external onlyOwner nonReentrant {
        uint256 current = _commissionBps;
        require(_announcedRaiseBps == 0, CommissionAlreadyAnnounced(current + _announcedRaiseBps));
        _checkCommission(newBps, current + 1, Math.min(current + MAX_COMMISSION_STEP_BPS, MAX_COMMISSION_BPS));
        _sync(BATCHES_PER_CALL);

        uint256 end = block.timestamp + _leavingTime();
        _announcedRaiseBps = uint8(newBps - current); // at most 200
        _notice.announcedAt = block.timestamp;
        _notice.end = end;

        emit CommissionAnnounced(newBps, end);

        _settle();
    }

    /// @inheritdoc IStakingPoolOwner
    function cancelCommission() external onlyOwner {
        uint256 raise = _announcedRaiseBps;
        require(raise != 0, NoCommissionAnnounced());

        _clearNotice();

        emit CommissionCancelled(_commissionBps + raise);
    }

    /// @inheritdoc IStakingPoolOwner
    function applyCommission() external nonReentrant {
        (uint256 newBps, uint256 earliest, uint256 latest) = commissionNotice();
        require(newBps != 0, NoCommissionAnnounced());
        require(block.timestamp >= earliest, CommissionNotReady(earliest, block.timestamp));
        _sync(BATCHES_PER_CALL);
        uint256 batch = _notice.later - 1;
        uint256 funded = fundedThrough();
        require(funded >= batch || block.timestamp >= latest, CommissionWaitsForExits(batch, funded));

        _setCommission(newBps);

        _settle();
    }

    /// @inheritdoc IStakingPoolOwner
    function lowerCommission(uint256 newBps) external onlyOwner nonReentrant {
        require(newBps < _commissionBps, CommissionOutOfBounds(newBps, 0, _commissionBps));
        _sync(BATCHES_PER_CALL);

        _setCommission(newBps);

        _settle();
    }

    /* OWNER */

    /// @inheritdoc IStakingPoolOwner
    function pauseStaking() external onlyOwner {
        _setPaused(true);
    }

    /// @inheritdoc IStakingPoolOwner
    function resumeStaking() external onlyOwner {
        _setPaused(false);
    }

    /// @inheritdoc IStakingPoolOwner
    function updateStakingKey(bytes calldata newKey) external onlyOwner {
        _stakingKey = newKey;

        emit StakingKeyUpdated(newKey);
    }

    /// @notice Takes the pool over, bond included. Commission earned so far is paid to the old owner.
    function acceptOwnership() public override nonReentrant {
        _sync(BATCHES_PER_CALL);
        super.acceptOwnership();
        _settle();
    }

    /// @notice Reverts: the commission and the bond always have an owner.
    function renounceOwnership() public pure override {
        revert OwnershipCannotBeRenounced();
    }

    /* VIEWS: ACCOUNTS */

    /// @inheritdoc IStakingPool
    function get_account_staked_balance(address account_id) external view returns (uint256) {
        (PoolLedger.Ledger memory ledger, ) = _synced();
        return _stakedOf(ledger, account_id);
    }

    /// @inheritdoc IStakingPool
    function get_account_unstaked_balance(address account_id) external view returns (uint256) {
        return _get(account_id).unstaked_balance;
    }

    /// @inheritdoc IStakingPool
    function get_account_total_balance(address account_id) external view returns (uint256) {
        AccountView memory account = _get(account_id);
        return account.staked_balance + account.unstaked_balance;
    }

    /// @inheritdoc IStakingPool
    function is_account_unstaked_balance_available(address account_id) external view returns (bool) {
        return _get(account_id).can_withdraw;
    }

    /// @inheritdoc IStakingPool
    function get_account(address account_id) external view returns (AccountView memory) {
        return _get(account_id);
    }

    /// @inheritdoc IStakingPool
    function get_number_of_accounts() external view returns (uint256) {
        return _accounts.length();
    }

    /// @inheritdoc IStakingPool
    function get_accounts(uint256 from_index, uint256 limit) external view returns (AccountView[] memory list) {
        address[] memory page = _accounts.values(
            from_index,
            from_index + Math.min(limit, type(uint256).max - from_index)
        );
        (PoolLedger.Ledger memory ledger, ExitPreview.Funding memory funding) = _synced();

        list = new AccountView[](page.length);
        for (uint256 i; i < page.length; ++i) {
            list[i] = _accountView(ledger, funding, page[i]);
        }
    }

    /// @inheritdoc IStakingPool
    function withdrawable(address account) external view returns (uint256) {
        (, ExitPreview.Funding memory funding) = _synced();
        (uint256 free, , uint256 matured) = _book.unstakedOf(funding, account);
        return free + matured;
    }

    /// @inheritdoc IStakingPool
    function exitsOf(address account) external view returns (ExitView[] memory list) {
        (, ExitPreview.Funding memory funding) = _synced();
        list = _book.exitsOf(funding, account);
        for (uint256 i; i < list.length; ++i) {
            ExitView memory exit = list[i];
            if (exit.open == 0) continue;
            exit.earliest = _earliest(exit.batch);
            exit.estimated = Math.max(exit.earliest, block.timestamp);
        }
    }

    /// @inheritdoc IStakingPoolOwner
    function sharesOf(address account) external view returns (uint256) {
        (PoolLedger.Ledger memory ledger, ) = _synced();
        return _sharesOf(ledger, account);
    }

    /* VIEWS: POOL */

    /// @inheritdoc IStakingPool
    function get_total_staked_balance() external view returns (uint256) {
        (uint256 equity, ) = _price();
        return equity;
    }

    /// @inheritdoc IStakingPool
    function get_owner_id() external view returns (address) {
        return owner();
    }

    /// @inheritdoc IStakingPool
    function get_reward_fee_fraction() external view returns (uint256 numerator, uint256 denominator) {
        return (_commissionBps, BPS);
    }

    /// @inheritdoc IStakingPool
    function get_staking_key() external view returns (bytes memory) {
        return _stakingKey;
    }

    /// @inheritdoc IStakingPool
    function is_staking_paused() external view returns (bool) {
        return _isPaused;
    }

    /// @inheritdoc IStakingPool
    function fundedThrough() public view returns (uint256 batch) {
        (, ExitPreview.Funding memory funding) = _synced();
        return _book.fundedThrough(funding);
    }

    /// @inheritdoc IStakingPool
    function convertToShares(uint256 assets) public view returns (uint256) {
        (uint256 equity, uint256 supply) = _price();
        return equity == 0 ? 0 : assets.mulDiv(supply, equity);
    }

    /// @inheritdoc IStakingPool
    function convertToAssets(uint256 shares) public view returns (uint256) {
        (uint256 equity, uint256 supply) = _price();
        return _toAssetsDown(shares, equity, supply);
    }

    /// @inheritdoc IStakingPool
    function getRate() external view returns (uint256) {
        return convertToAssets(ONE);
    }

    /// @inheritdoc IStakingPool
    function previewStake(uint256 assets) external view returns (uint256 shares) {
        return convertToShares(assets);
    }

    /// @inheritdoc IStakingPool
    function previewUnstake(uint256 assets) external view returns (uint256 shares) {
        (uint256 equity, uint256 supply) = _price();
        return _toSharesUp(assets, equity, supply);
    }

    /// @inheritdoc IOperatorPool
    function bond() external view returns (uint256) {
        (PoolLedger.Ledger memory ledger, ) = _synced();
        return _toAssetsDown(ledger.bondShares.saturatingSub(_bondSharesRequested), ledger.equity, ledger.supply);
    }

    /// @inheritdoc IOperatorPool
    function unbondingTime() public view returns (uint256) {
        return _networkDelay() + EPOCH_LENGTH;
    }

    /// @inheritdoc IStakingPoolOwner
    function getBook() external view returns (BookView memory) {
        (PoolLedger.Ledger memory ledger, ExitPreview.Funding memory funding) = _synced();
        uint256 collectable = _collectable();
        return
            BookView({
                equity: ledger.equity,
                supply: ledger.supply,
                bondShares: ledger.bondShares,
                cash: _cash + collectable - funding.funded,
                owed: ledger.owed,
                funded: _book.funded + funding.funded,
                free: _book.free,
                fillingBatch: funding.voided ? funding.stop : _book.fillingBatch
            });
    }

    /// @inheritdoc IStakingPoolOwner
    function bondWithdrawal() external view returns (uint256 shares, uint256 readyAt) {
        return (_bondSharesRequested, _bondReadyAt);
    }

    /// @inheritdoc IStakingPoolOwner
    function commissionNotice() public view returns (uint256 commissionBps, uint256 earliest, uint256 latest) {
        uint256 raise = _announcedRaiseBps;
        if (raise == 0) return (0, 0, 0);
        commissionBps = _commissionBps + raise;
        earliest = _notice.end;
        latest = _notice.announcedAt + MAX_COMMISSION_NOTICE;
    }

    /// @inheritdoc IStakingPoolOwner
    function network() external view returns (address) {
        return address(NETWORK);
    }

    /* INTERNAL: BOOKING */

    /// @dev Books what happened at the network, collects what has matured there and funds up to `maxBatches` batches.
    function _sync(uint256 maxBatches) private returns (uint256 funded) {
        _writeNoticeBatch();
        (PoolLedger.Ledger memory ledger, uint256 coming) = _booked();
        _write(ledger);

        uint256 cash = _cash + _collect();
        uint256 dust;
        (funded, dust) = _book.fund(cash, maxBatches);
        _cash = (cash - funded).toUint96();
        _releaseDust(dust);

        // What the bond bore, or gains outweigh, is still owed in full, but less of it is on its way. What fills may wait.
        if (ledger.owed > coming && (ledger.loss != 0 || _book.fillingUnits == 0)) _unbondShortfall();
    }

    /// @dev After the call's own work: begins the filling batch if that is due, and bonds cash that nobody waits for.
    function _settle() private {
        ExitBook.Book storage book = _book;
        uint256 epoch = block.timestamp / EPOCH_LENGTH;
        uint256 filling = book.fillingBatch;
        if (book.owed == 0) _bondCash();
        if (epoch == _lastEpoch || book.fillingUnits == 0) return;

        _lastEpoch = epoch.toUint32();
        _begunAt[filling] = block.timestamp;
        book.begin();
        book.complete(filling);
        emit BatchBegun(filling);

        _unbondShortfall();
    }

    function _write(PoolLedger.Ledger memory ledger) private {
        if (ledger.gain == 0 && ledger.loss == 0) return;
        _setPrice(ledger.equity, ledger.supply);
        if (ledger.loss == 0) {
            emit GainBooked(ledger.gain, ledger.fee, ledger.feeShares);
            if (ledger.feeShares != 0) _credit(owner(), ledger.feeShares);
            return;
        }

        _bondShares = ledger.bondShares.toUint128();
        emit LossBooked(
            ledger.loss,
            ledger.bondSharesBurned,
            ledger.lossOnBond,
            ledger.lossOnShares,
            ledger.lossOnExits
        );

        bool isExhausted = _book.writeDown(ledger.lossOnExits);
        if (!isExhausted && ledger.equity + ledger.owed != 0) return;
        _book.complete(_book.fillingBatch);
        _releaseDust(_book.voidOpen());
    }

    function _setPrice(uint256 equity, uint256 supply) private {
        (_equity, _supply) = (equity.toUint96(), supply.toUint128());
    }

    function _credit(address account, uint256 shares) private {
        ExitBook.Account storage record = _book.accounts[account];
        uint128 held = record.shares;
        record.shares = held + shares.toUint128();
        if (held == 0) _accounts.add(account); // with shares it is listed
    }

    /// @dev What was owed to nobody belongs to all shares.
    function _releaseDust(uint256 dust) private {
        if (dust == 0) return;
        _setPrice(_equity + dust, _supply);
        emit DustReleased(dust);
    }

    function _collect() private returns (uint256 assets) {
        if (_collectable() == 0) return 0;
        assets = NETWORK.collect();
        emit CashCollected(assets);
    }

    /// @dev Unbonds what exits lack.
    function _unbondShortfall() private {
        uint256 coming = _ask(NETWORK.unbondingOf) + _cash;
        uint256 owed = _book.owed;
        if (owed <= coming) return;

        uint256 shortfall = owed - coming;
        emit UnbondingStarted(shortfall);

        NETWORK.unbond(shortfall);
    }

    function _bondCash() private {
        uint256 cash = _cash;
        if (cash < MIN_CASH_TO_BOND) return;

        _cash = 0;
        emit CashBonded(cash);

        _bond(cash);
    }

    function _bond(uint256 assets) private {
        NETWORK.bond{value: assets}();
    }

    /// @dev When the notice's time is first seen over, exits asked for in it are in the filling batch or before.
    function _writeNoticeBatch() private {
        if (_announcedRaiseBps == 0 || _notice.later != 0 || block.timestamp < _notice.end) return;

        uint256 filling = _book.fillingBatch;
        _notice.later = _book.fillingUnits == 0 ? filling : filling + 1;
    }

    /* INTERNAL: USERS */

    function _stakeValue(address receiver) private returns (uint256 shares) {
        _sync(BATCHES_PER_CALL);
        return _stake(receiver, msg.value);
    }

    function _restake(uint256 amount) private returns (uint256 shares) {
        emit Restaked(msg.sender, amount);
        return _stake(msg.sender, amount);
    }

    function _stake(address receiver, uint256 assets) private returns (uint256 shares) {
        require(!_isPaused, StakingPaused());
        shares = _mint(assets);

        _credit(receiver, shares);

        emit Staked(msg.sender, receiver, assets, shares);

        _settle();
        _bond(assets);
    }

    /// @dev Mints shares for `assets`, rounded down. The caller says whose they are.
    function _mint(uint256 assets) private returns (uint256 shares) {
        require(assets != 0, ZeroAmount());
        uint256 equity = _equity;
        uint256 supply = _supply;
        bool isWorn = _book.isWrittenDown && _book.lossIndex < LEAST_INDEX;
        require(PoolLedger.isSolvent(equity, supply) && !isWorn, PoolInsolvent(equity, supply));
        shares = assets.mulDiv(supply, equity);
        require(shares != 0, StakeTooSmall(assets));

        _setPrice(equity + assets, supply + shares);
    }

    /// @dev Books, then says what the caller has.
    function _syncShares() private returns (uint256 shares) {
        _sync(BATCHES_PER_CALL);
        return _book.accounts[msg.sender].shares;
    }

    /// @dev Burns `shares` of the caller for an exit of `assets`; for none if they are worth nothing.
    function _unstake(uint256 assets, uint256 shares) private {
        require(shares != 0, ZeroAmount());
        _book.fold(msg.sender, 2);

        _setPrice(_equity - assets, _supply - shares);
        _book.accounts[msg.sender].shares -= shares.toUint128();
        uint256 batch;
        uint256 units;
        if (assets != 0) (batch, units) = _book.open(msg.sender, assets);
        _unlistEmpty(msg.sender);

        emit Unstaked(msg.sender, batch, assets, shares, units);

        _settle();
    }

    /// @dev Takes `amount` wei of free balance and matured exits.
    function _take(address account, uint256 amount) private {
        require(amount != 0, ZeroAmount());
        _sync(BATCHES_PER_CALL);
        uint256 taken = _book.take(account, amount);
        require(taken == amount, InsufficientWithdrawable(account, amount, taken));
    }

    function _takeAll(address account) private returns (uint256 amount) {
        _sync(BATCHES_PER_CALL);
        amount = _book.take(account, type(uint256).max);
        require(amount != 0, ZeroAmount());
    }

    function _pay(address account, address receiver, uint256 amount) private {
        _unlistEmpty(account);

        emit Withdrawn(account, receiver, amount);

        _settle();
        (bool success, ) = receiver.call{value: amount, gas: PAYMENT_GAS}("");
        require(success, TransferFailed(receiver, amount));
    }

    /// @dev Who gets shares or a free balance is listed; `account` is until it has neither, and no exit.
    function _unlistEmpty(address account) private {
        ExitBook.Account storage record = _book.accounts[account];
        if (record.shares != 0 || record.hasFree || _book.exits[account][record.firstExit].units != 0) return;

        _accounts.remove(account);
    }

    /// @dev In which everyone who does not like what was announced can have left.
    function _leavingTime() private view returns (uint256) {
        return unbondingTime() + 2 * EPOCH_LENGTH;
    }

    /* INTERNAL: COMMISSION */

    /// @dev A raise that is still pending was announced from the old commission: it is over, too.
    function _setCommission(uint256 newBps) private {
        uint256 oldBps = _commissionBps;

        _clearNotice();
        _commissionBps = uint16(newBps);

        emit CommissionChanged(oldBps, newBps);
    }

    function _clearNotice() private {
        delete _notice;
        _announcedRaiseBps = 0;
    }

    function _setPaused(bool isPaused) private {
        _isPaused = isPaused;

        emit StakingPauseChanged(isPaused);
    }

    function _checkReceiver(address receiver) private view {
        require(receiver != address(0) && receiver != address(this), InvalidReceiver(receiver));
    }

    function _checkCommission(uint256 bps, uint256 minimum, uint256 maximum) private pure {
        require(bps >= minimum && bps <= maximum, CommissionOutOfBounds(bps, minimum, maximum));
    }

    /* INTERNAL: VIEWS */

    /// @dev What the network says of this pool.
    function _ask(function(address) external view returns (uint256) question) private view returns (uint256) {
        return question(address(this));
    }

    function _networkDelay() private view returns (uint256) {
        return NETWORK.unbondingTime();
    }

    function _collectable() private view returns (uint256) {
        return _ask(NETWORK.collectable);
    }

    /// @dev The ledger after booking what the network says now, and what is here or on its way for exits.
    function _booked() private view returns (PoolLedger.Ledger memory ledger, uint256 coming) {
        ledger.equity = _equity;
        ledger.supply = _supply;
        ledger.bondShares = _bondShares;
        ledger.owed = _book.owed;
        coming = _ask(NETWORK.unbondingOf) + _cash;
        ledger.book(_ask(NETWORK.stakeOf) + coming, _commissionBps);
    }

    /// @dev The state that `_sync(BATCHES_PER_CALL)` will leave.
    function _synced() private view returns (PoolLedger.Ledger memory ledger, ExitPreview.Funding memory funding) {
        (ledger, ) = _booked();
        bool isEmpty = ledger.loss != 0 && ledger.equity + ledger.owed == 0;
        uint256 cash = _cash + _collectable();
        funding = _book.preview(ledger.lossOnExits, isEmpty, cash, BATCHES_PER_CALL);
        ledger.equity += funding.dust;
        ledger.owed -= funding.funded + funding.dust;
    }

    function _price() private view returns (uint256 equity, uint256 supply) {
        (PoolLedger.Ledger memory ledger, ) = _synced();
        return (ledger.equity, ledger.supply);
    }

    function _get(address account) private view returns (AccountView memory) {
        (PoolLedger.Ledger memory ledger, ExitPreview.Funding memory funding) = _synced();
        return _accountView(ledger, funding, account);
    }

    function _accountView(
        PoolLedger.Ledger memory ledger,
        ExitPreview.Funding memory funding,
        address account
    ) private view returns (AccountView memory) {
        (uint256 free, uint256 waiting, uint256 matured) = _book.unstakedOf(funding, account);
        return
            AccountView({
                account_id: account,
                unstaked_balance: free + waiting + matured,
                staked_balance: _stakedOf(ledger, account),
                can_withdraw: waiting == 0
            });
    }

    function _stakedOf(PoolLedger.Ledger memory ledger, address account) private view returns (uint256) {
        return _toAssetsDown(_sharesOf(ledger, account), ledger.equity, ledger.supply);
    }

    function _sharesOf(PoolLedger.Ledger memory ledger, address account) private view returns (uint256 shares) {
        shares = _book.accounts[account].shares;
        if (account == owner()) shares += ledger.feeShares;
    }

    /// @dev When the network gives back what `batch` needs.
    function _earliest(uint256 batch) private view returns (uint256) {
        uint256 begunAt = _begunAt[batch];
        if (begunAt == 0) begunAt = Math.max(block.timestamp, (uint256(_lastEpoch) + 1) * EPOCH_LENGTH);
        return begunAt + _networkDelay();
    }

    function _worth(uint256 shares) private view returns (uint256) {
        return _toAssetsDown(shares, _equity, _supply);
    }

    function _toAssetsDown(uint256 shares, uint256 equity, uint256 supply) private pure returns (uint256) {
        return shares.mulDiv(equity, supply);
    }

    /// @dev No number of shares is enough for assets that are not there.
    function _toSharesUp(uint256 assets, uint256 equity, uint256 supply) private pure returns (uint256) {
        if (assets > equity) return type(uint256).max;
        return assets == 0 ? 0 : assets.mulDiv(supply, equity, Math.Rounding.Ceil);
    }
}
