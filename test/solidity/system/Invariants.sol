// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IMetaPool} from "../../../contracts/interfaces/IMetaPool.sol";
import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";
import {Ledger} from "./Ledger.sol";

/// @title docs/invariants.md on what was seen, a function per number.
/// @notice Each returns what it found broken, a sentence that begins with the number; nothing if it holds.
library Invariants {
    using Ledger for Ledger.Book;
    using Math for uint256;

    struct Account {
        address who;
        uint256 wei_; // outside the pool
        uint256 shares;
        uint256 free;
        uint256 open;
        uint256 matured;
        IStakingPool.ExitView[] exits;
    }

    struct Operator {
        uint256 position;
        uint256 unbonding;
        bool faulted;
        bool writtenDown;
        bool watch;
        bool whitelisted;
        bool drainedByReport;
        IOperatorRegistry.State state;
        uint40 groups; // at the snapshot
    }

    struct State {
        IMetaPool.BookView book;
        uint256 balance; // of the pool, without what was forced in
        uint256 funded; // fundedThrough
        uint256 committed;
        uint256 unbonding;
        uint256 allocatorBalance;
        uint256 reserved; // of the ledger
        uint256 lossCount; // of the ledger
        uint256 steps;
        bool roundOpen;
        Account[] accounts;
        Operator[] operators;
        uint256[] groups; // positions, the pool first
    }

    /// @dev What is kept of a moment until the next one is compared with it.
    struct Before {
        uint256 assets;
        uint256 supply;
        uint256 highWater;
        uint256 roundGain;
        bool closed;
        uint256 funded;
        uint256 lossCount;
        Was[] accounts;
        IOperatorRegistry.State[] states;
        bool[] drainedByReport;
    }

    struct Was {
        address who;
        uint256 wei_;
        uint256 shares;
        uint256 free;
        uint256 open;
        uint256 matured;
        uint256 exits; // how many
        OpenExit[] waiting;
    }

    struct OpenExit {
        uint256 batch;
        uint256 open;
    }

    function keep(State memory s) internal pure returns (Before memory b) {
        (b.assets, b.supply, b.highWater) = (s.book.assets, s.book.supply, s.book.highWater);
        (b.roundGain, b.closed, b.funded, b.lossCount) = (s.book.roundGain, s.book.closed, s.funded, s.lossCount);
        b.accounts = new Was[](s.accounts.length);
        for (uint256 i; i < s.accounts.length; ++i) {
            Account memory a = s.accounts[i];
            OpenExit[] memory waiting = _waiting(a.exits);
            b.accounts[i] = Was(a.who, a.wei_, a.shares, a.free, a.open, a.matured, a.exits.length, waiting);
        }
        uint256 count = s.operators.length;
        (b.states, b.drainedByReport) = (new IOperatorRegistry.State[](count), new bool[](count));
        for (uint256 i; i < count; ++i) {
            (b.states[i], b.drainedByReport[i]) = (s.operators[i].state, s.operators[i].drainedByReport);
        }
    }

    function _waiting(IStakingPool.ExitView[] memory exits) private pure returns (OpenExit[] memory waiting) {
        uint256 count;
        for (uint256 k; k < exits.length; ++k) if (exits[k].open != 0) ++count;
        waiting = new OpenExit[](count);
        count = 0;
        for (uint256 k; k < exits.length; ++k) {
            if (exits[k].open != 0) waiting[count++] = OpenExit(exits[k].batch, exits[k].open);
        }
    }

    /* ONE MOMENT */

    function i01(State memory s) internal pure returns (string memory) {
        uint256 position;
        uint256 unbonding;
        for (uint256 i; i < s.operators.length; ++i) {
            position += s.operators[i].position;
            unbonding += s.operators[i].unbonding;
        }
        if (position != s.committed) return "I-01: committed is not the sum of positions";
        if (unbonding != s.unbonding) return "I-01: unbonding is not the sum of what operators unbond";
        if (s.book.delegated != position + unbonding) return "I-01: pool and allocator disagree";
        IMetaPool.BookView memory b = s.book;
        if (b.assets + b.locked + b.owed + b.roundGain == b.buffer + b.delegated) return "";
        return "I-01: what the pool owns is not what it owes";
    }

    /// @dev The ledger knows stakes, payments, rewards and slashes; it does not ask the pool for its price.
    function i02(State memory s, Ledger.Book storage ledger) internal view returns (string memory) {
        IMetaPool.BookView memory b = s.book;
        if (b.assets != ledger.assets()) return "I-02: assets";
        if (b.supply != ledger.supply) return "I-02: supply";
        if (b.owed != ledger.owed) return "I-02: owed";
        if (b.funded != ledger.funded) return "I-02: funded";
        if (b.free != ledger.free) return "I-02: free";
        if (b.locked != ledger.lockedNow()) return "I-02: locked";
        if (b.roundGain != ledger.roundGain) return "I-02: round's gain";
        if (b.delegated != ledger.delegated) return "I-02: delegated";
        return _i02Sums(s, ledger);
    }

    function _i02Sums(State memory s, Ledger.Book storage ledger) private view returns (string memory) {
        IMetaPool.BookView memory b = s.book;
        uint256 net = ledger.paidIn + ledger.gains - ledger.losses - ledger.paidOut;
        if (b.assets + b.locked + b.roundGain + b.owed + ledger.reserved + b.free != net) return "I-02: conservation";
        for (uint256 i; i < s.operators.length; ++i) {
            Ledger.Operator storage o = ledger.operators[i + 1];
            if (s.operators[i].position != o.position) return "I-02: a position";
            if (s.operators[i].unbonding != o.unbonding) return "I-02: an unbonding";
        }
        return "";
    }

    function i03(State memory s) internal pure returns (string memory) {
        if (s.balance != s.book.buffer + s.reserved + s.book.free) return "I-03: the pool's ether is not its book's";
        return s.allocatorBalance == 0 ? "" : "I-03: the allocator holds ether";
    }

    function i07(State memory s) internal pure returns (string memory) {
        uint256 matured;
        uint256 exits;
        for (uint256 i; i < s.accounts.length; ++i) {
            matured += s.accounts[i].matured;
            exits += s.accounts[i].exits.length;
        }
        if (s.reserved < matured) return "I-07: reserved < matured";
        return s.reserved - matured <= exits + s.steps ? "" : "I-07: more is reserved than matured";
    }

    function i08(State memory s, IMetaPool pool) internal view returns (string memory) {
        uint256 open;
        for (uint256 i; i < s.accounts.length; ++i) {
            open += s.accounts[i].open;
            for (uint256 k; k < s.accounts[i].exits.length; ++k) {
                IStakingPool.ExitView memory exit = s.accounts[i].exits[k];
                (, , uint256 batchOpen) = pool.batchOf(exit.batch);
                if (exit.open > batchOpen) return "I-08: an exit is owed more than its batch";
            }
        }
        if (open > s.book.owed) return "I-08: owed < open exits";
        return s.book.owed - open <= 3 * (s.steps + 10) ? "" : "I-08: more is owed than exits are open";
    }

    function i09(State memory s) internal pure returns (string memory) {
        uint256 shares;
        uint256 free;
        for (uint256 i; i < s.accounts.length; ++i) {
            shares += s.accounts[i].shares;
            free += s.accounts[i].free;
        }
        if (shares != s.book.supply) return "I-09: supply is not the sum of shares";
        return free == s.book.free ? "" : "I-09: free is not the sum of free balances";
    }

    function i10(State memory s, Ledger.Book storage ledger) internal view returns (string memory) {
        bool broke = s.book.assets == 0 || s.book.assets * 1e9 < s.book.supply;
        if (broke && !s.book.closed) return "I-10: a pool without assets is open";
        return s.book.closed == ledger.closed ? "" : "I-10: closed without cause";
    }

    function i23(State memory s) internal pure returns (string memory) {
        if (s.roundOpen) return "";
        uint256[] memory sums = new uint256[](s.groups.length);
        for (uint256 i; i < s.operators.length; ++i) {
            Operator memory o = s.operators[i];
            if (o.faulted) continue;
            sums[0] += o.position;
            for (uint256 groups = o.groups; groups != 0; groups >>= 8) {
                if (groups & 0xff != 0) sums[groups & 0xff] += o.position;
            }
        }
        for (uint256 group; group < sums.length; ++group) {
            if (sums[group] != s.groups[group]) return "I-23: a group's position is not the sum of its members'";
        }
        return "";
    }

    function i51(State memory s, Ledger.Book storage ledger) internal view returns (string memory) {
        if (ledger.writtenDown == 0 && s.book.premium != 0) return "I-51: a premium without a written-down operator";
        bool isSum = s.book.premium == ledger.premium();
        return isSum ? "" : "I-51: the premium is not what write-downs took, less what was left and what ended";
    }

    /* BEFORE AND AFTER ONE CALL */

    function i05Stake(
        Ledger.Book storage ledger,
        uint256 assets,
        uint256 shares
    ) internal view returns (string memory) {
        uint256 worth = (ledger.assets() + ledger.premium()).mulDiv(shares, ledger.supply, Math.Rounding.Ceil);
        return worth <= assets ? "" : "I-05: a stake gave more shares than it paid for";
    }

    function i05Unstake(
        Ledger.Book storage ledger,
        uint256 assets,
        uint256 shares
    ) internal view returns (string memory) {
        return
            shares * ledger.assets() >= assets * ledger.supply ? "" : "I-05: an exit got more than its shares' worth";
    }

    function i11(Before memory before, State memory s) internal pure returns (string memory) {
        if (s.lossCount != before.lossCount) return "";
        bool fell = s.book.assets * before.supply < before.assets * s.book.supply;
        return fell ? "I-11: the price fell without a loss" : "";
    }

    /// @dev Nobody but who acts is touched: shares stay, what is funded stays, what is open falls by losses only.
    function i15(
        Before memory before,
        State memory s,
        address acting,
        uint256 owed
    ) internal pure returns (string memory) {
        bool lost = s.lossCount != before.lossCount;
        if (lost && s.book.owed != owed) return "I-15: exits bore another part of a loss";
        for (uint256 i; i < s.accounts.length; ++i) {
            Was memory was = before.accounts[i];
            Account memory now_ = s.accounts[i];
            if (was.who == acting) continue;
            if (now_.free + now_.matured < was.free + was.matured) return "I-15: what was funded was taken";
            uint256 dust = 2 * (was.exits + 1);
            uint256 funded = now_.free + now_.matured - was.free - was.matured;
            uint256 total = funded + now_.open;
            if (total > was.open + dust && !s.book.closed) return "I-15: an exit grew";
            if (!lost && total + dust < was.open) return "I-15: an exit shrank without a loss";
        }
        return "";
    }

    function i17(Before memory before, State memory s, uint256 treasury) internal pure returns (string memory) {
        if (s.book.highWater < before.highWater) return "I-17: the high-water mark fell";
        uint256 fee = s.accounts[treasury].shares - before.accounts[treasury].shares;
        uint256 gain = before.roundGain + s.book.locked + s.book.assets;
        bool tooMuch = fee != 0 && fee.mulDiv(s.book.assets, s.book.supply) > gain / 5;
        return tooMuch ? "I-17: a fee above a fifth of the gain" : "";
    }

    function i24(Before memory before, State memory s) internal pure returns (string memory) {
        if (s.funded < before.funded) return "I-24: fundedThrough fell";
        uint256 first = type(uint256).max; // oldest batch with an open exit
        for (uint256 i; i < s.accounts.length; ++i) {
            for (uint256 k; k < s.accounts[i].exits.length; ++k) {
                IStakingPool.ExitView memory exit = s.accounts[i].exits[k];
                if (k != 0 && s.accounts[i].exits[k - 1].batch >= exit.batch) return "I-24: exits are out of order";
                if (exit.open != 0) first = first.min(exit.batch);
            }
        }
        for (uint256 i; i < s.accounts.length; ++i) {
            for (uint256 k; k < s.accounts[i].exits.length; ++k) {
                IStakingPool.ExitView memory exit = s.accounts[i].exits[k];
                if (exit.batch > first && exit.matured != 0) return "I-24: a later batch was funded first";
            }
        }
        return "";
    }

    /// @dev Whoever acts, who waits too: an exit that was open stays in its batch until that is funded, and what it is owed
    /// there falls by funding and losses only. What has matured of it is I-15's.
    function i30(Before memory before, State memory s) internal pure returns (string memory) {
        bool lost = s.lossCount != before.lossCount;
        for (uint256 i; i < s.accounts.length; ++i) {
            OpenExit[] memory waiting = before.accounts[i].waiting;
            for (uint256 k; k < waiting.length; ++k) {
                uint256 batch = waiting[k].batch;
                if (batch <= s.funded) continue;
                (bool isThere, uint256 open) = _exitIn(s.accounts[i].exits, batch);
                if (!isThere) return "I-30: an open exit left its batch";
                bool mayFall = lost || batch == s.funded + 1; // a batch may be funded in part
                if (!mayFall && open + 2 < waiting[k].open) return "I-30: an open exit is owed less in its batch";
            }
        }
        return "";
    }

    function _exitIn(
        IStakingPool.ExitView[] memory exits,
        uint256 batch
    ) private pure returns (bool isThere, uint256 open) {
        for (uint256 k; k < exits.length; ++k) if (exits[k].batch == batch) return (true, exits[k].open);
    }

    /// @dev What roles do leaves every account as it is.
    function i38(Before memory before, State memory s) internal pure returns (string memory) {
        bool moved = before.supply != s.book.supply;
        for (uint256 i; i < s.accounts.length; ++i) {
            Was memory was = before.accounts[i];
            Account memory now_ = s.accounts[i];
            moved = moved || was.wei_ != now_.wei_ || was.shares != now_.shares || was.free != now_.free;
            moved = moved || was.open != now_.open || was.matured != now_.matured;
        }
        return moved ? "I-38: a role moved somebody's money" : "";
    }

    /// @dev `drainedFrom` is what was left by the edge to Draining, of operators that took it.
    function i41(
        Before memory before,
        State memory s,
        mapping(uint256 id => IOperatorRegistry.State state) storage drainedFrom
    ) internal view returns (string memory) {
        if (before.closed && !s.book.closed) return "I-41: a closed pool opened again";
        for (uint256 i; i < before.states.length; ++i) {
            (IOperatorRegistry.State a, IOperatorRegistry.State b) = (before.states[i], s.operators[i].state);
            bool isOfDrain = b == IOperatorRegistry.State.Draining || !s.operators[i].drainedByReport;
            if (!isOfDrain) return "I-41: the mark of a drain outlived it";
            if (a == b || isEdge(a, b)) continue;
            bool isBack = a == IOperatorRegistry.State.Draining && b == drainedFrom[i + 1];
            bool isReadmitted = a == IOperatorRegistry.State.Draining && b == IOperatorRegistry.State.Ramping;
            if (!isBack && !(isReadmitted && before.drainedByReport[i])) return "I-41: a state took a wrong edge";
        }
        return "";
    }

    /* INTERNAL */

    function isMember(uint40 groups, uint256 group) internal pure returns (bool) {
        for (uint256 k; k < 5; ++k) if (((groups >> (8 * k)) & 0xff) == group) return true;
        return group == 0;
    }

    /// @dev The edges of docs/spec.md §4 that do not ask how an operator came to drain.
    function isEdge(IOperatorRegistry.State a, IOperatorRegistry.State b) internal pure returns (bool) {
        if (a == IOperatorRegistry.State.Delisted) return b == IOperatorRegistry.State.Removed;
        if (a == IOperatorRegistry.State.Removed) return false;
        if (b == IOperatorRegistry.State.Delisted) return true;
        if (a == IOperatorRegistry.State.Draining) return false;
        if (b == IOperatorRegistry.State.Draining) return true;
        return a == IOperatorRegistry.State.Ramping && b == IOperatorRegistry.State.Active;
    }
}
