// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IMetaPool} from "../../contracts/interfaces/IMetaPool.sol";
import {MetaPool} from "../../contracts/MetaPool.sol";
import {forceTransfer} from "./ForcedTransfer.sol";
import {vm} from "./Vm.sol";

/// @title Does to MetaPool what stakers, an allocator and time do, and keeps its own ledger of it.
/// @notice Every action is one step. After each it compares prices and everybody's wealth with those before.
contract MetaPoolHandler {
    struct Price {
        uint256 assets;
        uint256 supply;
    }

    /// @dev Of the premium, of a written-down operator.
    struct Part {
        uint256 units;
        uint256 era;
        uint256 left; // 1e18 fixed point: what it took from the shares, less what leavers left of that
    }

    uint256 public constant ACTORS = 5;
    uint256 public constant SEED = 1e9;
    uint256 private constant PART_ROUNDING = 2_000; // wei: a thousand units, and of R a wei a call

    MetaPool public pool;
    address public constant TREASURY = address(0x77);

    // The ledger.
    uint256 public paidIn = SEED;
    uint256 public paidOut;
    uint256 public deposited;
    uint256 public taken; // paid or staked, of deposits and exits
    uint256 public gains;
    uint256 public losses;
    uint256 public atOperators;
    uint256 public forced;
    uint256 public bestFunded;
    uint256 public steps;
    mapping(uint256 action => uint256 times) public succeeded;
    string public broken;

    uint256 private _openRound;
    uint256 private _roundGain;
    uint256 private _roundLoss;
    Part[] private _parts; // of written-down operators

    error Unable();

    constructor(MetaPool pool_) {
        pool = pool_;
        for (uint256 i; i < ACTORS; ++i) vm.deal(actor(i), 1e24);
    }

    receive() external payable {}

    function exitTimes(uint256) external pure returns (uint256, uint256) {
        return (1, 2);
    }

    function settle(uint256) external pure returns (uint256, bool) {
        return (0, true);
    }

    /* STAKERS */

    function deposit(uint256 who, uint256 size) external {
        address caller = actor(who);
        uint256 value = _amount(size);
        Price memory before = price();
        uint256 wealth = wealthOf(caller);
        vm.prank(caller);
        pool.deposit{value: value}();
        paidIn += value;
        deposited += value;
        _check(0, before, caller, wealth, 0);
    }

    function depositAndStake(uint256 who, uint256 size) external {
        address caller = actor(who);
        uint256 value = _amount(size);
        Price memory before = price();
        uint256 wealth = wealthOf(caller);
        vm.prank(caller);
        pool.deposit_and_stake{value: value}();
        paidIn += value;
        _check(1, before, caller, wealth, 0);
    }

    function stake(uint256 who, uint256 size) external {
        address caller = _depositor(who);
        Price memory before = price();
        uint256 wealth = wealthOf(caller);
        uint256 amount = size % (pool.withdrawable(caller) + 1);
        vm.prank(caller);
        pool.stake(amount);
        taken += amount;
        _check(2, before, caller, wealth, 1);
    }

    function stakeAll(uint256 who) external {
        address caller = _depositor(who);
        Price memory before = price();
        uint256 wealth = wealthOf(caller);
        uint256 amount = pool.withdrawable(caller);
        vm.prank(caller);
        pool.stake_all();
        taken += amount;
        _check(3, before, caller, wealth, 1);
    }

    function unstake(uint256 who, uint256 size) external {
        address caller = _staker(who);
        Price memory before = price();
        uint256 wealth = wealthOf(caller);
        uint256 amount = size % (pool.get_account_staked_balance(caller) + 1);
        if (size % 5 == 0) amount = pool.get_account_staked_balance(caller);
        vm.prank(caller);
        pool.unstake(amount);
        _check(4, before, caller, wealth, 1);
    }

    function unstakeAll(uint256 who) external {
        address caller = _staker(who);
        Price memory before = price();
        uint256 wealth = wealthOf(caller);
        vm.prank(caller);
        pool.unstake_all();
        _check(5, before, caller, wealth, 1);
    }

    function unstakeShares(uint256 who, uint256 size) external {
        address caller = _staker(who);
        Price memory before = price();
        uint256 wealth = wealthOf(caller);
        uint256 shares = size % (pool.balanceOf(caller) + 1);
        if (size % 3 == 0) shares = shares % 1000;
        vm.prank(caller);
        pool.unstakeShares(shares, 0);
        _check(6, before, caller, wealth, 1);
    }

    function unstakeInstant(uint256 who, uint256 size) external {
        address caller = _staker(who);
        Price memory before = price();
        uint256 wealth = wealthOf(caller);
        IMetaPool.BookView memory book = pool.getBook();
        uint256 most = pool.convertToShares(book.bufferTarget / 3);
        uint256 shares = size % ((pool.balanceOf(caller) < most ? pool.balanceOf(caller) : most) + 1);
        vm.prank(caller);
        paidOut += pool.unstakeInstant(shares, 0, caller);
        _check(7, before, caller, wealth, 0);
    }

    function transfer(uint256 from, uint256 to, uint256 size) external {
        address caller = actor(from);
        address receiver = actor(to);
        Price memory before = price();
        uint256 both = wealthOf(caller) + wealthOf(receiver);
        uint256 shares = size % (pool.balanceOf(caller) + 1);
        vm.prank(caller);
        pool.transfer(receiver, shares);
        // solhint-disable-next-line reentrancy
        if (wealthOf(caller) + wealthOf(receiver) > both + 1) broken = "I-09: a transfer made wealth";
        _check(8, before, caller, type(uint256).max, 0);
    }

    /* WITHDRAWALS */

    function withdraw(uint256 who, uint256 size) external {
        address caller = _depositor(who);
        Price memory before = price();
        uint256 wealth = wealthOf(caller);
        uint256 amount = size % (pool.withdrawable(caller) + 1);
        vm.prank(caller);
        pool.withdraw(amount);
        _tookOut(amount);
        _check(9, before, caller, wealth, 30);
    }

    function withdrawAll(uint256 who) external {
        address caller = _depositor(who);
        Price memory before = price();
        uint256 wealth = wealthOf(caller);
        vm.prank(caller);
        _tookOut(pool.withdraw_all());
        _check(10, before, caller, wealth, 30);
    }

    function withdrawFor(uint256 who) external {
        address account = _depositor(who);
        Price memory before = price();
        uint256 wealth = wealthOf(account);
        _tookOut(pool.withdrawFor(account));
        _check(11, before, account, wealth, 30);
    }

    function fundExits(uint256 batches) external {
        Price memory before = price();
        pool.fundExits(batches % 4);
        _check(12, before, address(0), 0, 0);
    }

    /* THE ALLOCATOR */

    function beginRound() external {
        Price memory before = price();
        require(_openRound == 0, Unable());
        _openRound = pool.beginRound();
        _check(13, before, address(0), 0, 0);
    }

    function endRound(uint256 accrual) external {
        require(_openRound != 0, Unable());
        Price memory before = price();
        uint256 feeBefore = pool.balanceOf(TREASURY);
        uint256 net = _roundGain > _roundLoss ? _roundGain - _roundLoss : 0;
        pool.endRound(_openRound, net, accrual % 10 days);
        if (net == 0 && pool.balanceOf(TREASURY) != feeBefore) broken = "I-17: a fee without a gain";
        (_openRound, _roundGain, _roundLoss) = (0, 0, 0);
        _check(14, before, address(0), 0, 0);
    }

    function fund(uint256 size) external {
        Price memory before = price();
        IMetaPool.BookView memory book = pool.getBook();
        uint256 idle = book.buffer > book.owed ? book.buffer - book.owed : 0;
        uint256 amount = size % 4 == 0 ? idle : size % (idle + 1);
        require(amount != 0, Unable());
        pool.fund(amount);
        atOperators += amount;
        _check(15, before, address(0), 0, 0);
    }

    function gain(uint256 size) external {
        Price memory before = price();
        uint256 amount = 1 + (size % (atOperators / 50 + 1));
        pool.report(amount, 0);
        gains += amount;
        atOperators += amount;
        _roundGain += amount;
        _check(16, before, address(0), 0, 0);
    }

    /// @dev Now and then everything is at operators, and lost.
    function loss(uint256 size) external {
        if (size % 32 == 1) _fundAll();
        uint256 amount = _loss(size);
        uint256[] memory claims = _claims();
        Price memory before = price();
        pool.report(0, amount);
        _bookLoss(17, amount, before, claims);
    }

    function cash(uint256 size) external {
        Price memory before = price();
        uint256 amount = size % 3 == 0 ? atOperators : size % (atOperators + 1);
        require(amount != 0, Unable());
        pool.report{value: amount}(0, 0);
        atOperators -= amount;
        _check(18, before, address(0), 0, 0);
    }

    function writeDown(uint256 size) public {
        require(_parts.length < 4, Unable());
        uint256 amount = _loss(size);
        uint256[] memory claims = _claims();
        Price memory before = price();
        uint256 premium = pool.getBook().premium;
        (uint256 units, uint256 era) = pool.reportWriteDown(amount);
        _parts.push(Part(units, era, 0));
        _bookLoss(19, amount, before, claims);
        Price memory afterwards = price();
        uint256 lost = before.assets > afterwards.assets ? before.assets - afterwards.assets : 0;
        bool counts = afterwards.assets != 0 && lost * 1e6 >= afterwards.assets;
        if (counts) _parts[_parts.length - 1].left = lost * 1e18;
        if (!counts && units != 0) broken = "I-51: a loss counts that is none";
        if (pool.getBook().premium != premium + (counts ? lost : 0)) broken = "I-51: not what the shares lost";
    }

    /// @dev In any order.
    function endWriteDown(uint256 size) external {
        if (_parts.length == 0) writeDown(size);
        Price memory before = price();
        uint256 premium = pool.getBook().premium;
        uint256 paid = before.assets + premium;
        uint256 which = (size / 3) % _parts.length;
        uint256 amount = size % 3 == 0 ? 0 : size % (atOperators / 10 + 1);
        Part memory part = _parts[which];
        uint256 left = size % 5 == 0 ? part.units / (2 + (size % 1e9)) : 0;
        pool.endWriteDown(amount, part.units, left, part.era);
        uint256 ended = premium - pool.getBook().premium;
        uint256 expected = part.units == 0 ? 0 : (part.left - (part.left * left) / part.units) / 1e18;
        bool isPart = ended <= expected + PART_ROUNDING && ended + PART_ROUNDING >= expected;
        if (!isPart) broken = "I-51: what ended is not what the operator took";
        _parts[which] = left == 0 ? _parts[_parts.length - 1] : Part(left, part.era, part.left - expected * 1e18);
        if (left == 0) _parts.pop();
        gains += amount;
        atOperators += amount;
        _check(20, before, address(0), 0, 0);
        if (price().assets + pool.getBook().premium > paid)
            broken = "I-16: a recovery lifted the price that stakes pay";
    }

    /* THE WORLD */

    function pass(uint256 time) external {
        Price memory before = price();
        vm.warp(block.timestamp + 1 + (time % 3 days));
        _check(21, before, address(0), 0, 0);
    }

    function forceEther(uint256 size) external {
        Price memory before = price();
        uint256 amount = 1 + (size % 1e22);
        forced += amount;
        forceTransfer(address(pool), amount);
        if (price().assets != before.assets) broken = "I-03: forced ether moved the price";
        _check(22, before, address(0), 0, 0);
    }

    /// @dev Everything comes back from operators, all batches are completed and funded: everybody is paid in full.
    function payEverybody(uint256 chance) external {
        require(chance % 2 == 0, Unable()); // not always: it leaves little to do for the others
        if (atOperators != 0) pool.report{value: atOperators}(0, 0);
        atOperators = 0;
        if (_openRound == 0) _openRound = pool.beginRound();
        pool.endRound(_openRound, 0, 0);
        pool.endRound(pool.beginRound(), 0, 0);
        (_openRound, _roundGain, _roundLoss) = (0, 0, 0);
        pool.fundExits(1000);
        for (uint256 i; i < ACTORS; ++i) _payOut(actor(i));
        if (pool.getBook().owed != 0) broken = "I-08: something is owed to nobody";
        _check(23, price(), address(0), 0, 0);
    }

    /* VIEWS */

    function actor(uint256 index) public pure returns (address) {
        return address(uint160(0x1000 + (index % ACTORS)));
    }

    function price() public view returns (Price memory) {
        IMetaPool.BookView memory book = pool.getBook();
        return Price(book.assets, book.supply);
    }

    function wealthOf(address account) public view returns (uint256) {
        return account.balance + pool.get_account_total_balance(account);
    }

    /// @dev Deposits and funded exits that nobody has taken: what the pool must have beside its buffer.
    function setAside() external view returns (uint256) {
        return pool.getBook().funded + deposited - taken;
    }

    /* INTERNAL */

    function _tookOut(uint256 amount) private {
        taken += amount;
        paidOut += amount;
    }

    /// @dev The first from this actor on that has something to withdraw or stake; with none, it deposits.
    function _depositor(uint256 who) private returns (address account) {
        for (uint256 i; i < ACTORS; ++i) {
            account = actor((who % ACTORS) + i);
            if (pool.withdrawable(account) != 0) return account;
        }
        account = actor(who);
        vm.prank(account);
        pool.deposit{value: 1 ether}();
        paidIn += 1 ether;
        deposited += 1 ether;
    }

    /// @dev The first from this actor on that has shares; with none, it stakes.
    function _staker(uint256 who) private returns (address account) {
        for (uint256 i; i < ACTORS; ++i) {
            account = actor((who % ACTORS) + i);
            if (pool.balanceOf(account) != 0) return account;
        }
        account = actor(who);
        vm.prank(account);
        pool.deposit_and_stake{value: 1 ether}();
        paidIn += 1 ether;
    }

    function _payOut(address account) private {
        uint256 unstaked = pool.get_account_unstaked_balance(account);
        if (!pool.is_account_unstaked_balance_available(account)) broken = "I-43: an exit was not funded";
        if (unstaked == 0) return;
        uint256 paid = pool.withdrawFor(account);
        if (paid != unstaked) broken = "I-28: an exit was not paid in full";
        if (pool.exitsOf(account).length != 0) broken = "I-28: a paid exit was left";
        _tookOut(paid);
    }

    /// @dev Small, middling and large amounts.
    function _amount(uint256 size) private pure returns (uint256) {
        if (size % 3 == 0) return 1 + ((size / 3) % 100);
        if (size % 3 == 1) return 1 + ((size / 3) % 1e12);
        return 1 + ((size / 3) % 1e21);
    }

    function _fundAll() private {
        IMetaPool.BookView memory book = pool.getBook();
        if (book.buffer <= book.owed) return;
        pool.fund(book.buffer - book.owed);
        atOperators += book.buffer - book.owed;
    }

    function _loss(uint256 size) private view returns (uint256 amount) {
        amount = 1 + ((size / 128) % (atOperators / 20 + 1));
        if (size % 8 == 0) amount = 1 + ((size / 128) % 20);
        if (size % 32 == 1) amount = atOperators - ((size / 128) % 3);
        require(amount <= atOperators && atOperators != 0, Unable());
    }

    function _claims() private view returns (uint256[] memory claims) {
        claims = new uint256[](ACTORS);
        for (uint256 i; i < ACTORS; ++i) claims[i] = wealthOf(actor(i));
    }

    function _bookLoss(uint256 action, uint256 amount, Price memory before, uint256[] memory claims) private {
        losses += amount;
        atOperators -= amount;
        _roundLoss += amount;
        for (uint256 i; i < ACTORS; ++i) {
            if (wealthOf(actor(i)) > claims[i] && !pool.getBook().closed) broken = "I-15: a loss made somebody richer";
        }
        if (before.assets > price().assets + amount) broken = "I-15: the shares lost more than there was to lose";
        _check(action, price(), address(0), 0, 0);
    }

    function _unitsLeft() private view returns (uint256 left) {
        for (uint256 i; i < _parts.length; ++i) left += _parts[i].units;
    }

    /// @dev No price fell, and `caller` is no richer but by `dust` wei of everybody's that its call released.
    function _check(uint256 action, Price memory before, address caller, uint256 wealth, uint256 dust) private {
        ++steps;
        ++succeeded[action];
        Price memory afterwards = price();
        if (afterwards.assets * before.supply < before.assets * afterwards.supply)
            broken = "I-11: the price fell without a loss";
        for (uint256 i; i < _parts.length && afterwards.supply < before.supply; ++i) {
            _parts[i].left = (_parts[i].left * afterwards.supply) / before.supply;
        }
        if (caller != address(0) && wealth != type(uint256).max && wealthOf(caller) > wealth + dust) {
            broken = "I-12: a caller became richer";
        }
        uint256 funded = pool.fundedThrough();
        if (funded < bestFunded) broken = "I-24: fundedThrough fell";
        bestFunded = funded;
        if (_unitsLeft() == 0 && pool.getBook().premium != 0) broken = "I-51: a premium that nobody can end";
        if (action > 0 && action < 4 && pool.getBook().closed) broken = "I-10: a closed pool took a stake";
    }
}
