// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDevNetwork} from "../interfaces/IDevNetwork.sol";
import {IStakeNetwork} from "../interfaces/IStakeNetwork.sol";

/// @title DevNetwork
/// @dev Assumes: amounts below 2^96 wei; an owner who does not slash a pool to dust twice within one unbonding time.
/// Guarantees: only a pool moves its own stake; balance ≥ Σ bonded + Σ unbonding; no rounding changes
/// `stakeOf + unbondingOf` of a pool in `unbond`, nor `unbondingOf + balance` in `collect`.
contract DevNetwork is IDevNetwork, Ownable2Step {
    using Math for uint256;
    using SafeCast for uint256;

    /// @dev What one pool has at stake. Entries hold units of `unbonding`, so that a slash lowers all of them at once.
    struct Stake {
        uint96 bonded;
        uint96 unbonding; // worth of all units
        uint32 head; // oldest entry that is not collected
        uint32 tail; // where the next entry goes
        uint256 units;
    }

    /// @dev One slot.
    struct Entry {
        uint208 units;
        uint48 maturesAt;
    }

    /// @dev How many matured entries one `collect` takes.
    uint256 public constant COLLECT_PAGE = 32;
    uint256 private constant BPS = 10_000;

    uint256 private immutable UNBONDING_TIME;

    /// @inheritdoc IStakeNetwork
    uint256 public totalStake;
    mapping(address pool => Stake stake) private _stakes;
    mapping(address pool => mapping(uint256 index => Entry entry)) private _entries;

    constructor(address owner, uint256 unbondingPeriod) Ownable(owner) {
        UNBONDING_TIME = unbondingPeriod;
    }

    /* POOLS */

    /// @inheritdoc IStakeNetwork
    function bond() external payable {
        require(msg.value != 0, ZeroAmount());

        _stakes[msg.sender].bonded += msg.value.toUint96();
        totalStake += msg.value;

        emit Bonded(msg.sender, msg.value);
    }

    /// @inheritdoc IStakeNetwork
    function unbond(uint256 amount) external {
        Stake storage stake = _stakes[msg.sender];
        uint256 bonded = stake.bonded;
        require(amount != 0, ZeroAmount());
        require(amount <= bonded, InsufficientBonded(msg.sender, amount, bonded));

        // units ≥ unbonding, so an entry never has fewer units than wei.
        uint256 unbonding = stake.unbonding;
        uint256 units = unbonding == 0 ? amount : amount.mulDiv(stake.units, unbonding);
        uint256 maturesAt = block.timestamp + UNBONDING_TIME;

        _entries[msg.sender][stake.tail] = Entry({units: units.toUint208(), maturesAt: maturesAt.toUint48()});
        stake.tail += 1;
        stake.units += units;
        stake.bonded = uint96(bonded - amount);
        stake.unbonding = (unbonding + amount).toUint96();
        totalStake -= amount;

        emit Unbonding(msg.sender, amount, maturesAt);
    }

    /// @inheritdoc IStakeNetwork
    function collect() external returns (uint256 amount) {
        Stake storage stake = _stakes[msg.sender];
        (uint256 units, uint256 head) = _matured(msg.sender);
        if (units == 0) return 0;

        amount = units.mulDiv(stake.unbonding, stake.units);
        stake.units -= units;
        stake.unbonding -= uint96(amount);
        stake.head = uint32(head);

        emit Collected(msg.sender, amount);

        _send(msg.sender, amount);
    }

    /* OWNER */

    /// @inheritdoc IDevNetwork
    function reward(address[] calldata pools, uint256[] calldata amounts) external payable onlyOwner {
        require(pools.length == amounts.length, LengthMismatch(pools.length, amounts.length));

        uint256 sum;
        for (uint256 i; i < pools.length; ++i) {
            sum += amounts[i];
            _stakes[pools[i]].bonded += amounts[i].toUint96();
            emit Rewarded(pools[i], amounts[i]);
        }
        require(sum == msg.value, WrongValue(msg.value, sum));

        totalStake += sum;
    }

    /// @inheritdoc IDevNetwork
    function slash(address pool, uint256 bps) external onlyOwner {
        require(bps != 0 && bps <= BPS, InvalidFraction(bps));

        Stake storage stake = _stakes[pool];
        uint256 fromBonded = (stake.bonded * bps) / BPS;
        uint256 fromUnbonding = (stake.unbonding * bps) / BPS;
        stake.bonded -= uint96(fromBonded);
        stake.unbonding -= uint96(fromUnbonding);
        totalStake -= fromBonded;
        // Entries that are worth nothing are dropped: units could no longer be priced.
        if (stake.unbonding == 0) (stake.head, stake.units) = (stake.tail, 0);

        emit Slashed(pool, bps, fromBonded, fromUnbonding);

        _send(address(0), fromBonded + fromUnbonding);
    }

    /// @inheritdoc IDevNetwork
    function countDuties(
        address[] calldata pools,
        uint256[] calldata assigned,
        uint256[] calldata done
    ) external onlyOwner {
        require(pools.length == assigned.length, LengthMismatch(pools.length, assigned.length));
        require(pools.length == done.length, LengthMismatch(pools.length, done.length));

        for (uint256 i; i < pools.length; ++i) {
            require(done[i] <= assigned[i], InvalidDuties(assigned[i], done[i]));
            emit DutiesCounted(pools[i], assigned[i], done[i]);
        }
    }

    /* VIEWS */

    /// @inheritdoc IStakeNetwork
    function stakeOf(address pool) external view returns (uint256) {
        return _stakes[pool].bonded;
    }

    /// @inheritdoc IStakeNetwork
    function unbondingOf(address pool) external view returns (uint256) {
        return _stakes[pool].unbonding;
    }

    /// @inheritdoc IStakeNetwork
    function collectable(address pool) external view returns (uint256) {
        (uint256 units, ) = _matured(pool);
        return units == 0 ? 0 : units.mulDiv(_stakes[pool].unbonding, _stakes[pool].units);
    }

    /// @inheritdoc IStakeNetwork
    function unbondingTime() external view returns (uint256) {
        return UNBONDING_TIME;
    }

    /// @inheritdoc IDevNetwork
    function entriesOf(address pool) external view returns (uint256) {
        return _stakes[pool].tail - _stakes[pool].head;
    }

    /* INTERNAL */

    /// @dev Units of the matured entries of one page, and the entry after them.
    function _matured(address pool) private view returns (uint256 units, uint256 head) {
        Stake storage stake = _stakes[pool];
        head = stake.head;
        uint256 end = Math.min(stake.tail, head + COLLECT_PAGE);
        for (; head < end; ++head) {
            Entry storage entry = _entries[pool][head];
            if (entry.maturesAt > block.timestamp) break;
            units += entry.units;
        }
    }

    function _send(address receiver, uint256 amount) private {
        bool success = LowLevelCall.callNoReturn(receiver, amount, "");
        require(success, TransferFailed(receiver, amount));
    }
}
