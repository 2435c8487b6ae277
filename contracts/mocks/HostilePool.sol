// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

/// @title An operator pool that misbehaves on command: it stands in for code that the whitelist should not have trusted.
/// @dev In its honest mode it keeps its delegator's stake itself and pays exits after a fixed delay.
contract HostilePool {
    enum Mode {
        Honest,
        Reverts, // every call
        BurnsGas, // every call
        ReturnsFloods, // every view
        RevertsOnPing,
        RevertsOnStake,
        RevertsOnUnstake,
        RevertsOnWithdraw,
        Underpays, // a tenth less than it said
        NeverPays, // nothing is ever withdrawable
        Restakes, // moves what is unstaked back to staked at every ping
        LiesUp, // shows ten times the stake
        LiesDown, // shows a tenth of the stake
        SwallowsStake, // takes a stake and shows none of it
        Reenters, // calls the callee with data at every ping, stake, unstake and withdraw
        KeepsStake // takes an unstake and does nothing
    }

    struct Exit {
        uint256 amount;
        uint256 maturesAt;
    }

    uint256 public constant DELAY = 4 hours;

    Mode public mode;
    uint256 public staked;
    uint256 public unstaked;
    uint256 public bondShown = type(uint96).max;
    Exit[] public exits; // oldest first; a later one never delays an earlier one
    address public callee; // not `target`, which is every contract object's address in ethers
    bytes public data;
    uint256 public reentered; // calls that went through
    uint256 public trickle; // most that is withdrawable at once; 0 for all
    uint256 public others; // stake that is not its delegator's
    bool public feigns; // shows next to no stake from a ping to the next unstake, which does nothing then
    bool private _isFeigning;
    uint256 public cost; // gas that every ping, stake, unstake and withdraw uses up first
    uint256 public stint; // most that one unstake moves, where gas is paid for: a simulation shows more; 0 for all

    error Misbehaving(Mode mode);

    event ReentryFailed(bytes reason);

    receive() external payable {}

    function setMode(Mode newMode) external {
        mode = newMode;
    }

    function setBond(uint256 newBond) external {
        bondShown = newBond;
    }

    function setReentry(address newTarget, bytes calldata newData) external {
        mode = Mode.Reenters;
        callee = newTarget;
        data = newData;
    }

    function setOthers(uint256 newOthers) external {
        others = newOthers;
    }

    function setTrickle(uint256 newTrickle) external {
        trickle = newTrickle;
    }

    function setFeigns(bool newFeigns) external {
        feigns = newFeigns;
    }

    function setCost(uint256 newCost) external {
        cost = newCost;
    }

    function setStint(uint256 newStint) external {
        stint = newStint;
    }

    function exitCount() external view returns (uint256) {
        return exits.length;
    }

    /// @dev Loses stake, as by a slash; the ether stays here, out of the books.
    function lose(uint256 amount) external {
        staked -= amount;
    }

    /// @dev Loses what is on its way, as by a slash of unbonding stake.
    function loseUnstaked(uint256 amount) external {
        unstaked -= amount;
    }

    /// @dev Owes more on its way than was asked back; the ether has to be here.
    function oweMore(uint256 amount) external {
        unstaked += amount;
    }

    /// @dev Gains stake, as by rewards.
    function reward() external payable {
        staked += msg.value;
    }

    function ping() external {
        _misbehave(Mode.RevertsOnPing);
        _isFeigning = feigns;
        if (mode == Mode.Restakes) {
            staked += unstaked;
            unstaked = 0;
        }
    }

    function deposit_and_stake() external payable returns (uint256) {
        _misbehave(Mode.RevertsOnStake);
        if (mode != Mode.SwallowsStake) staked += msg.value;
        return msg.value;
    }

    function unstake(uint256 amount) public {
        _misbehave(Mode.RevertsOnUnstake);
        bool isFeigning = _isFeigning;
        _isFeigning = false;
        if (mode == Mode.KeepsStake || isFeigning) return;
        if (stint != 0 && tx.gasprice != 0 && stint < amount) amount = stint;
        staked -= amount;
        unstaked += amount;
        exits.push(Exit(amount, block.timestamp + DELAY));
    }

    function unstake_all() external {
        unstake(staked);
    }

    function withdraw(uint256 amount) external {
        _misbehave(Mode.RevertsOnWithdraw);
        unstaked -= amount;
        uint256 paid = mode == Mode.Underpays ? amount - amount / 10 : amount;
        (bool success, ) = msg.sender.call{value: paid}("");
        require(success, Misbehaving(mode));
    }

    function withdrawable(address) external view returns (uint256) {
        _check();
        if (mode == Mode.NeverPays) return 0;
        uint256 waiting;
        for (uint256 i = exits.length; i != 0 && exits[i - 1].maturesAt > block.timestamp; --i) {
            waiting += exits[i - 1].amount;
        }
        uint256 due = unstaked > waiting ? unstaked - waiting : 0;
        return trickle != 0 && trickle < due ? trickle : due;
    }

    function get_account_staked_balance(address) external view returns (uint256) {
        _check();
        if (_isFeigning) return 1;
        if (mode == Mode.LiesUp) return staked * 10;
        return mode == Mode.LiesDown ? staked / 10 : staked;
    }

    function get_account_unstaked_balance(address) external view returns (uint256) {
        _check();
        return unstaked;
    }

    function get_total_staked_balance() external view returns (uint256) {
        _check();
        return staked + others;
    }

    function bond() external view returns (uint256) {
        _check();
        return bondShown;
    }

    function unbondingTime() external pure returns (uint256) {
        return DELAY;
    }

    function _misbehave(Mode reverting) private {
        uint256 start = gasleft();
        while (start - gasleft() < cost) {}
        require(mode != reverting, Misbehaving(mode));
        _check();
        if (mode != Mode.Reenters) return;
        (bool success, bytes memory reason) = callee.call(data);
        if (success) ++reentered;
        else emit ReentryFailed(reason);
    }

    function _check() private view {
        Mode current = mode;
        require(current != Mode.Reverts, Misbehaving(mode));
        if (current == Mode.BurnsGas) {
            uint256 x;
            while (true) x += gasleft();
        }
        if (current == Mode.ReturnsFloods) {
            // A megabyte of answer.
            // solhint-disable-next-line no-inline-assembly
            assembly {
                return(0, 1000000)
            }
        }
    }
}
