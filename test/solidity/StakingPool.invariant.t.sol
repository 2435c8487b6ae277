// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStakingPool} from "../../contracts/interfaces/IStakingPool.sol";
import {IStakingPoolOwner} from "../../contracts/interfaces/IStakingPoolOwner.sol";
import {DevNetwork} from "../../contracts/networks/DevNetwork.sol";
import {StakingPool} from "../../contracts/StakingPool.sol";
import {StakingPoolFactory} from "../../contracts/StakingPoolFactory.sol";
import {Campaign} from "./Campaign.sol";
import {forceTransfer} from "./ForcedTransfer.sol";
import {vm} from "./Vm.sol";

/// @notice Stakers, the pool's owner, validators' luck and time. An action reverts if there is nothing that it could do.
/// A call of the pool must succeed, and do what its views promised: if not, `broken` says so.
contract StakingPoolHandler {
    using Math for uint256;

    uint256 public constant USERS = 4;
    uint256 public constant EPOCH = 1 days;
    uint256 public constant UNBONDING = 3 days;
    uint256 public constant BOND_RATIO = 3;

    DevNetwork public immutable NETWORK;
    StakingPool public immutable POOL;
    address public immutable OWNER = address(0xB0B0);
    uint256 public immutable SEED;

    string public broken;
    uint256 public forced;
    uint256 public deposited;
    uint256 public taken;
    /// @notice The epoch in which gains last outweighed a loss before the pool was called.
    uint256 public outweighedIn;

    uint256 private _equityBefore;
    uint256 private _supplyBefore;

    error Unable();

    constructor() {
        NETWORK = new DevNetwork(address(this), UNBONDING);
        StakingPoolFactory factory = new StakingPoolFactory(NETWORK, EPOCH, BOND_RATIO);
        SEED = factory.SEED();
        vm.deal(address(this), 1e30);
        POOL = StakingPool(payable(factory.createStakingPool{value: SEED}(OWNER, hex"01", 1_000)));
        vm.warp(100 * EPOCH);
        vm.deal(OWNER, 1e30);
        for (uint256 i; i < USERS; ++i) vm.deal(user(i), 1e30);
    }

    function user(uint256 index) public pure returns (address) {
        return address(uint160(0xA11CE000 + (index % USERS)));
    }

    /// @dev Nothing but a loss lowers the price.
    modifier keepsPrice() {
        (_equityBefore, _supplyBefore) = _price();
        _;
        (uint256 equity, uint256 supply) = _price();
        _promise(equity * _supplyBefore >= _equityBefore * supply, "the price fell without a loss");
    }

    /* STAKERS */

    function stake(uint256 who, uint256 amount) external keepsPrice {
        address account = user(who);
        amount = _amount(amount);
        uint256 expected = _sharesFor(amount);
        uint256 shares = POOL.sharesOf(account);
        vm.prank(account);
        try POOL.deposit_and_stake{value: amount}() returns (uint256 got) {
            _promise(got == expected, "previewStake");
            _promise(POOL.sharesOf(account) == shares + got, "stake: shares");
        } catch {
            _failed("stake");
        }
    }

    function unstake(uint256 who, uint256 part) external keepsPrice {
        address account = _first(who, POOL.get_account_staked_balance);
        uint256 staked = POOL.get_account_staked_balance(account);
        uint256 amount = part % 4 == 0 ? staked : 1 + ((part >> 2) % staked);
        uint256 shares = POOL.sharesOf(account);
        uint256 expected = POOL.previewUnstake(amount);
        uint256 unstaked = POOL.get_account_unstaked_balance(account);
        vm.prank(account);
        try POOL.unstake(amount) {
            _promise(shares - POOL.sharesOf(account) == expected, "previewUnstake");
            uint256 got = POOL.get_account_unstaked_balance(account) - unstaked;
            _promise(got <= amount + 1 && got + 2 >= amount, "unstake: amount");
        } catch {
            _failed("unstake");
        }
    }

    function unstakeAll(uint256 who) external keepsPrice {
        address account = _first(who, POOL.sharesOf);
        vm.prank(account);
        try POOL.unstake_all() {
            _promise(POOL.sharesOf(account) == 0, "unstake_all leaves shares");
        } catch {
            _failed("unstakeAll");
        }
    }

    function deposit(uint256 who, uint256 amount) external keepsPrice {
        address account = user(who);
        amount = _amount(amount);
        vm.prank(account);
        try POOL.deposit{value: amount}() {
            deposited += amount;
        } catch {
            _failed("deposit");
        }
    }

    function restake(uint256 who, uint256 part) external keepsPrice {
        address account = _first(who, POOL.withdrawable);
        uint256 available = POOL.withdrawable(account);
        uint256 amount = part % 2 == 0 ? available : 1 + (part % available);
        uint256 expected = _sharesFor(amount);
        uint256 unstaked = POOL.get_account_unstaked_balance(account);
        vm.prank(account);
        try POOL.stake(amount) returns (uint256 got) {
            taken += amount;
            _promise(got == expected, "previewStake of a balance");
            _promise(POOL.withdrawable(account) >= available - amount, "stake: withdrawable");
            _promise(_isLeft(account, unstaked - amount), "stake: balance");
        } catch {
            _failed("restake");
        }
    }

    function withdraw(uint256 who, uint256 part) external keepsPrice {
        address account = _first(who, POOL.withdrawable);
        uint256 available = POOL.withdrawable(account);
        uint256 amount = part % 2 == 0 ? available : 1 + (part % available);
        bool isAll = POOL.is_account_unstaked_balance_available(account);
        uint256 unstaked = POOL.get_account_unstaked_balance(account);
        uint256 balance = account.balance;
        vm.prank(account);
        try POOL.withdraw(amount) {
            taken += amount;
            _promise(account.balance == balance + amount, "withdraw: paid");
            _promise(_isLeft(account, unstaked - amount), "withdraw: balance");
            _promise(!isAll || available == unstaked, "is_available");
        } catch {
            _failed("withdraw");
        }
    }

    /* THE OWNER */

    function addBond(uint256 amount) external keepsPrice {
        amount = _amount(amount);
        uint256 expected = _sharesFor(amount);
        vm.prank(OWNER);
        try POOL.addBond{value: amount}() returns (uint256 got) {
            _promise(got == expected, "previewStake of a bond");
        } catch {
            _failed("addBond");
        }
    }

    function requestBond(uint256 part) external keepsPrice {
        (uint256 requested, ) = POOL.bondWithdrawal();
        uint256 held = POOL.getBook().bondShares;
        require(requested == 0 && held != 0, Unable());
        uint256 asked = 1 + (part % held);
        IStakingPoolOwner.BookView memory book = POOL.getBook();
        uint256 covered = (held - asked).mulDiv(book.equity, book.supply) * BOND_RATIO;
        uint256 rest = book.equity - held.mulDiv(book.equity, book.supply) + book.owed;
        vm.prank(OWNER);
        try POOL.requestBondWithdrawal(asked) {
            (requested, ) = POOL.bondWithdrawal();
            _promise(requested == asked, "requestBondWithdrawal");
            _promise(covered >= rest, "a bond was asked for that its pool needs");
        } catch (bytes memory reason) {
            bytes memory refusal = abi.encodeWithSelector(IStakingPoolOwner.StakeNotCovered.selector, rest, covered);
            if (covered >= rest || keccak256(reason) != keccak256(refusal)) _failed("requestBond");
        }
    }

    /// @dev The owner waits for it if need be.
    function finishBond() external {
        (uint256 requested, uint256 readyAt) = POOL.bondWithdrawal();
        require(requested != 0, Unable());
        if (block.timestamp < readyAt) vm.warp(readyAt);
        _finishBond(requested);
    }

    function _finishBond(uint256 requested) private keepsPrice {
        uint256 held = POOL.getBook().bondShares;
        vm.prank(OWNER);
        try POOL.finishBondWithdrawal() returns (uint256 moved) {
            _promise(moved == Math.min(requested, held), "finishBondWithdrawal");
        } catch {
            _failed("finishBond");
        }
    }

    function leaveAsOwner() external keepsPrice {
        require(POOL.sharesOf(OWNER) != 0, Unable());
        vm.prank(OWNER);
        try POOL.unstake_all() {
            _promise(POOL.sharesOf(OWNER) == 0, "unstake_all leaves the owner's shares");
        } catch {
            _failed("leaveAsOwner");
        }
    }

    /* KEEPERS */

    /// @dev Views say before a call what they say after it, but that cash which came early is of a batch once that begins.
    function ping() external keepsPrice {
        bytes memory before = seen();
        uint256[USERS] memory unstaked;
        for (uint256 i; i < USERS; ++i) unstaked[i] = POOL.get_account_unstaked_balance(user(i));
        IStakingPoolOwner.BookView memory book = POOL.getBook();
        try POOL.ping() {
            bool isEarly = book.cash != 0 && book.owed != 0 && POOL.getBook().fillingBatch != book.fillingBatch;
            _promise(isEarly || keccak256(before) == keccak256(seen()), "views differ after a ping");
            for (uint256 i; i < USERS; ++i) _promise(_isLeft(user(i), unstaked[i]), "a ping takes a balance");
        } catch {
            _failed("ping");
        }
    }

    function fundExits(uint256 maxBatches) external keepsPrice {
        try POOL.fundExits(maxBatches % 10) {} catch {
            _failed("fundExits");
        }
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + (time % (2 days)));
    }

    /* LUCK */

    function reward(uint256 amount) external {
        POOL.ping(); // what is lost and won between two calls is booked as one
        _rewardAlone(_amount(amount));
    }

    function _rewardAlone(uint256 amount) private keepsPrice {
        _reward(amount);
    }

    /// @dev Before anybody calls the pool: no loss is ever booked.
    function slashAndReward(uint256 bps, uint256 amount) external keepsPrice {
        POOL.ping();
        IStakingPoolOwner.BookView memory before = POOL.getBook();
        uint256 staked = NETWORK.stakeOf(address(POOL)) + NETWORK.unbondingOf(address(POOL));
        NETWORK.slash(address(POOL), 1 + (bps % 200));
        uint256 loss = staked - NETWORK.stakeOf(address(POOL)) - NETWORK.unbondingOf(address(POOL));
        require(loss != 0, Unable());

        outweighedIn = block.timestamp / EPOCH;
        _reward(loss + (amount % loss));
        IStakingPoolOwner.BookView memory later = POOL.getBook();
        _promise(later.bondShares == before.bondShares, "the bond bore what gains outweigh");
        _promise(later.owed == before.owed, "exits bore what gains outweigh");
    }

    function _reward(uint256 amount) private {
        address[] memory pools = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (pools[0], amounts[0]) = (address(POOL), amount);
        NETWORK.reward{value: amount}(pools, amounts);
    }

    /// @dev Mostly small; sometimes half of everything, rarely all of it.
    function slash(uint256 kind, uint256 bps) external {
        POOL.ping(); // what was not booked yet would soften the blow
        IStakingPoolOwner.BookView memory before = POOL.getBook();
        uint256 bond = before.bondShares.mulDiv(before.equity, before.supply);
        uint256 staked = NETWORK.stakeOf(address(POOL)) + NETWORK.unbondingOf(address(POOL));
        NETWORK.slash(address(POOL), kind % 64 == 0 ? 10_000 : 1 + (bps % (kind % 8 == 0 ? 5_000 : 200)));
        uint256 loss = staked - NETWORK.stakeOf(address(POOL)) - NETWORK.unbondingOf(address(POOL));
        require(loss != 0, Unable());

        IStakingPoolOwner.BookView memory later = POOL.getBook();
        if (loss <= bond) {
            _promise(later.equity * before.supply >= before.equity * later.supply, "the bond did not cover");
            _promise(later.owed == before.owed, "the bond did not cover exits");
            return;
        }
        // What the bond does not cover falls on the others' equity and on exits in proportion, never more on shares.
        uint256 others = before.equity - bond;
        uint256 share = (loss - bond).mulDiv(others, others + before.owed);
        _promise(later.equity + share + 1 >= others, "shares bore more than their part");
        _promise(later.bondShares == 0, "the bond is not gone");
    }

    function forceEther(uint256 amount) external keepsPrice {
        amount = _amount(amount);
        forced += amount;
        forceTransfer(address(POOL), amount);
    }

    /* CHECKS */

    /// @dev Everything that views say.
    function seen() public view returns (bytes memory) {
        IStakingPool.ExitView[][] memory exits = new IStakingPool.ExitView[][](USERS);
        IStakingPool.AccountView[] memory accounts = new IStakingPool.AccountView[](USERS + 1);
        for (uint256 i; i < USERS; ++i) {
            exits[i] = POOL.exitsOf(user(i));
            for (uint256 j; j < exits[i].length; ++j) (exits[i][j].earliest, exits[i][j].estimated) = (0, 0);
            accounts[i] = POOL.get_account(user(i));
        }
        accounts[USERS] = POOL.get_account(OWNER);
        IStakingPoolOwner.BookView memory book = POOL.getBook();
        // A ping may begin a batch and bond cash that nobody waits for; neither moves anybody's balance.
        uint256 cash = book.cash + NETWORK.stakeOf(address(POOL)) + NETWORK.unbondingOf(address(POOL));
        (book.fillingBatch, book.cash) = (0, cash - NETWORK.collectable(address(POOL)));
        return abi.encode(exits, accounts, book, POOL.bond(), POOL.sharesOf(OWNER), POOL.getRate());
    }

    /// @dev Deposits and funded exits that nobody has taken: what the pool must have beside its cash.
    function setAside() external view returns (uint256) {
        return POOL.getBook().funded + deposited - taken;
    }

    /// @dev Not always: it leaves little to do for the others.
    function everybodyLeaves(uint256 chance) external {
        require(chance % 4 == 0, Unable());
        for (uint256 i; i <= USERS; ++i) _leave(i == USERS ? OWNER : user(i));
        for (uint256 i; i < 12; ++i) {
            vm.warp(block.timestamp + EPOCH);
            POOL.ping();
        }
        for (uint256 i; i <= USERS; ++i) _collect(i == USERS ? OWNER : user(i));
        _keep(POOL.getBook().owed == 0, "P-8: something is owed");
    }

    function _leave(address account) private {
        if (POOL.sharesOf(account) == 0) return;
        vm.prank(account);
        try POOL.unstake_all() {} catch {
            _keep(false, "P-8: cannot leave");
        }
    }

    function _collect(address account) private {
        uint256 unstaked = POOL.get_account_unstaked_balance(account);
        _keep(POOL.is_account_unstaked_balance_available(account), "P-8: not funded");
        if (unstaked == 0) return;
        uint256 balance = account.balance;
        try POOL.withdrawFor(account) returns (uint256 paid) {
            taken += paid;
            _keep(paid == unstaked && account.balance == balance + unstaked, "P-8: not paid");
        } catch {
            _keep(false, "P-8: cannot withdraw");
        }
    }

    function _price() private view returns (uint256 equity, uint256 supply) {
        IStakingPoolOwner.BookView memory book = POOL.getBook();
        return (book.equity, book.supply);
    }

    /// @dev A wei less if the call began a batch that is paid in part: what it got and what it is owed are each rounded down.
    function _isLeft(address account, uint256 expected) private view returns (bool) {
        uint256 unstaked = POOL.get_account_unstaked_balance(account);
        return unstaked == expected || unstaked + 1 == expected;
    }

    /// @dev What the pool must give for `amount`, if it takes it.
    function _sharesFor(uint256 amount) private view returns (uint256 expected) {
        (uint256 equity, uint256 supply) = _price();
        expected = POOL.previewStake(amount);
        require(expected != 0 && equity * 1e9 >= supply, Unable());
    }

    /// @dev The first user from `who` on that has something.
    function _first(
        uint256 who,
        function(address) external view returns (uint256) has
    ) private view returns (address account) {
        for (uint256 i; i < USERS; ++i) {
            account = user((who % USERS) + i);
            if (has(account) != 0) return account;
        }
        revert Unable();
    }

    /// @dev From a wei to 100 ether, small ones as often as large ones.
    function _amount(uint256 roll) private pure returns (uint256) {
        uint256 magnitude = 10 ** (roll % 21);
        return 1 + ((roll >> 8) % magnitude);
    }

    function _failed(string memory action) private {
        _promise(false, string.concat("reverted: ", action));
    }

    function _promise(bool isKept, string memory what) private {
        if (!isKept) broken = string.concat("P-1: ", what);
    }

    function _keep(bool holds, string memory what) private {
        if (!holds) broken = what;
    }
}

contract StakingPoolInvariantTest is Campaign {
    StakingPoolHandler private handler;
    StakingPool private pool;
    DevNetwork private network;

    function setUp() public {
        handler = new StakingPoolHandler();
        pool = handler.POOL();
        network = handler.NETWORK();
        // Nobody begins with an empty pool.
        for (uint256 i; i < handler.USERS(); ++i) handler.stake(i, ((10 ** (16 + i)) << 8) | 20);
        handler.addBond((5e18 << 8) | 20);
    }

    /// @dev The numbers are those of docs/invariants.md. The state comes before what actions met because of it, and P-6,
    /// which pings, comes last.
    function invariant_TheOperatorsPoolHolds() external {
        _checkState();
        _checkActions();
        _checkBegunExits();
    }

    function _checkState() private view {
        _checkHoldings();
        _checkBalance();
        _checkShares();
        _checkAccounts();
        _checkList();
    }

    /// @dev P-1: no action reverts that must not, and every action does what it promises. P-8, if everybody left.
    function _checkActions() private view {
        require(bytes(handler.broken()).length == 0, handler.broken());
    }

    /// @dev P-2: nothing appears or disappears.
    function _checkHoldings() private view {
        IStakingPoolOwner.BookView memory book = pool.getBook();
        uint256 staked = network.stakeOf(address(pool)) + network.unbondingOf(address(pool));
        uint256 holdings = staked + book.cash - network.collectable(address(pool));
        require(holdings == book.equity + book.owed, "P-2: holdings differ");
    }

    /// @dev P-3: the pool has what it says that it has, apart from what was forced in.
    function _checkBalance() private view {
        IStakingPoolOwner.BookView memory book = pool.getBook();
        uint256 balance = address(pool).balance + network.collectable(address(pool));
        uint256 held = book.cash + handler.setAside() + handler.forced();
        if (balance == held) return;
        string memory parts = string.concat(vm.toString(book.cash), " + ", vm.toString(handler.setAside()));
        parts = string.concat(parts, " + ", vm.toString(handler.forced()));
        revert(string.concat("P-3: ", vm.toString(balance), " is not cash + set aside + forced = ", parts));
    }

    /// @dev P-4: every share is an account's, the bond's or the seed's.
    function _checkShares() private view {
        IStakingPoolOwner.BookView memory book = pool.getBook();
        uint256 shares = handler.SEED() + book.bondShares + pool.sharesOf(handler.OWNER());
        for (uint256 i; i < handler.USERS(); ++i) shares += pool.sharesOf(handler.user(i));
        require(shares == book.supply, "P-4: shares are not the supply");
    }

    /// @dev P-5: what accounts see is there.
    function _checkAccounts() private view {
        IStakingPoolOwner.BookView memory book = pool.getBook();
        IStakingPool.AccountView memory owner = pool.get_account(handler.OWNER());
        uint256 staked = owner.staked_balance;
        uint256 unstaked = owner.unstaked_balance;
        uint256 open;
        for (uint256 i; i < handler.USERS(); ++i) {
            IStakingPool.AccountView memory account = pool.get_account(handler.user(i));
            staked += account.staked_balance;
            unstaked += account.unstaked_balance;
            IStakingPool.ExitView[] memory exits = pool.exitsOf(handler.user(i));
            for (uint256 j; j < exits.length; ++j) open += exits[j].open;
        }
        require(staked + pool.bond() <= book.equity, "P-5: staked");
        require(unstaked <= book.owed + handler.setAside(), "P-5: unstaked");
        require(open <= book.owed, "P-5: open exits");
    }

    /// @dev P-6: once its batch has begun, all that an exit is owed is on its way, or here. What was lost of it, and
    /// outweighed by gains, may wait for the next epoch.
    function _checkBegunExits() private {
        pool.ping();
        IStakingPoolOwner.BookView memory book = pool.getBook();
        uint256 coming = network.unbondingOf(address(pool)) + book.cash - network.collectable(address(pool));
        uint256 begun;
        for (uint256 i; i <= handler.USERS(); ++i) {
            address account = i == handler.USERS() ? handler.OWNER() : handler.user(i);
            IStakingPool.ExitView[] memory exits = pool.exitsOf(account);
            for (uint256 j; j < exits.length; ++j) {
                if (exits[j].batch < book.fillingBatch) begun += exits[j].open;
            }
        }
        bool mayWait = handler.outweighedIn() == block.timestamp / handler.EPOCH();
        require(begun <= coming || mayWait, "P-6: begun exits are not covered");
    }

    /// @dev P-7: who has something is listed, who has nothing is not; the list has no doubles.
    function _checkList() private view {
        IStakingPool.AccountView[] memory list = pool.get_accounts(0, 100);
        for (uint256 i; i < list.length; ++i) {
            address account = list[i].account_id;
            bool hasNothing = list[i].unstaked_balance + list[i].staked_balance + pool.sharesOf(account) == 0;
            require(!hasNothing || pool.exitsOf(account).length != 0, "P-7: who has nothing is listed");
            for (uint256 j; j < i; ++j) require(account != list[j].account_id, "P-7: listed twice");
        }
        // Not the owner: the first commission is listed when it is booked.
        for (uint256 i; i < handler.USERS(); ++i) {
            address account = handler.user(i);
            bool isListed = pool.get_account_total_balance(account) == 0;
            for (uint256 j; j < list.length; ++j) isListed = isListed || list[j].account_id == account;
            require(isListed, "P-7: an account is not listed");
        }
    }

    /// @dev P-8: whatever has happened, everybody can leave and is paid what they see.
    function afterInvariant() external {
        handler.everybodyLeaves(0);
        _checkState();
        _checkActions();
    }

    function _target() internal view override returns (address) {
        return address(handler);
    }
}
