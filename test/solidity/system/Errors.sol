// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAllocator} from "../../../contracts/interfaces/IAllocator.sol";
import {IMetaPool} from "../../../contracts/interfaces/IMetaPool.sol";
import {INotice} from "../../../contracts/interfaces/INotice.sol";
import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {IPoolCalls} from "../../../contracts/interfaces/IPoolCalls.sol";
import {IReportOracle} from "../../../contracts/interfaces/IReportOracle.sol";
import {IScores} from "../../../contracts/interfaces/IScores.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";
import {IStakingPoolOwner} from "../../../contracts/interfaces/IStakingPoolOwner.sol";

/// @title The errors that a call may be refused with: no panic, no empty answer.
library Errors {
    function isOurs(bytes memory reason) internal pure returns (bool) {
        if (reason.length < 4) return false;
        bytes4 selector = bytes4(reason);
        bool isOfCore = _isOfPool(selector) || _isOfAllocator(selector) || _isOfRegistry(selector);
        return isOfCore || _isOfOperator(selector) || _isOfReports(selector);
    }

    function _isOfPool(bytes4 e) private pure returns (bool) {
        return
            e == IStakingPool.ZeroAmount.selector ||
            e == IStakingPool.InsufficientStake.selector ||
            e == IStakingPool.InsufficientWithdrawable.selector ||
            e == IStakingPool.StakeTooSmall.selector ||
            e == IStakingPool.BelowMinimum.selector ||
            e == IStakingPool.InvalidReceiver.selector ||
            e == IMetaPool.PoolInsolvent.selector ||
            e == IMetaPool.StakingIsPaused.selector ||
            e == IMetaPool.ExceedsAssetCap.selector ||
            e == IMetaPool.InstantExitUnavailable.selector ||
            e == IMetaPool.PauseNotAllowedYet.selector ||
            e == IMetaPool.OutOfBounds.selector ||
            e == IERC20Errors.ERC20InsufficientBalance.selector ||
            e == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
    }

    function _isOfAllocator(bytes4 e) private pure returns (bool) {
        return
            e == IAllocator.TooManyLegs.selector ||
            e == IAllocator.SheetNotAscending.selector ||
            e == IAllocator.GroupWithoutLevel.selector ||
            e == IAllocator.UnknownOperator.selector ||
            e == IAllocator.NotWrittenDown.selector ||
            e == IAllocator.TooLittleGas.selector ||
            e == IPoolCalls.PoolFailed.selector;
    }

    function _isOfRegistry(bytes4 e) private pure returns (bool) {
        return
            e == IOperatorRegistry.RoundOpen.selector ||
            e == IOperatorRegistry.GroupNotRead.selector ||
            e == IOperatorRegistry.WrongState.selector ||
            e == IOperatorRegistry.StillHolding.selector ||
            e == IOperatorRegistry.NotLower.selector ||
            e == IOperatorRegistry.GuardianShareExceeded.selector ||
            e == IOperatorRegistry.WeightOutOfBounds.selector ||
            e == IOperatorRegistry.WeightStepTooLarge.selector ||
            e == IOperatorRegistry.UnknownOperator.selector ||
            e == INotice.TooEarly.selector ||
            e == INotice.ExitsWaiting.selector ||
            e == INotice.NotPending.selector ||
            e == INotice.AlreadyPending.selector ||
            e == INotice.CallFailed.selector;
    }

    function _isOfOperator(bytes4 e) private pure returns (bool) {
        return
            e == IStakingPoolOwner.StakingPaused.selector ||
            e == IStakingPoolOwner.PoolInsolvent.selector ||
            e == IStakingPoolOwner.InsufficientBond.selector ||
            e == IStakingPoolOwner.StakeNotCovered.selector ||
            e == IStakingPoolOwner.NoBondWithdrawal.selector ||
            e == IStakingPoolOwner.BondWithdrawalNotReady.selector;
    }

    function _isOfReports(bytes4 e) private pure returns (bool) {
        return
            e == IReportOracle.AlreadyVoted.selector ||
            e == IReportOracle.AlreadyAgreed.selector ||
            e == IReportOracle.TooEarly.selector ||
            e == IReportOracle.TooLate.selector ||
            e == IScores.NothingToEnforce.selector ||
            e == IScores.NothingSetAside.selector;
    }
}
