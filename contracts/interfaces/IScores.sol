// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Scores of operators, from what a quorum of the committee reports.
/// @notice Amounts in wei, commissions in basis points, epochs as the allocator numbers them. Ids are the registry's. What is
/// said in ppb has 1e9 for one; rates of reward have 1e12 for one, and are per epoch. docs/spec.md has the formulas.
interface IScores {
    /// @notice What is reported of one operator for one epoch: raw, so that anyone can count it again.
    struct Counters {
        uint32 assigned; // duties that the network gave its validators
        uint32 done; // of these
        bool active; // in the network's active set
        uint16 commissionBps;
        uint96 stake; // that earned: all delegators'
        uint96 external_; // stake at the operator that is not this pool's; may exceed what its own pool shows
        uint96 reward; // before commission
        uint96 slashed; // in this epoch
    }

    /// @notice Why reports drain an operator or put it on watch; of two reasons to drain the later one here counts.
    enum Cause {
        None,
        Strikes, // three in six epochs
        Duties, // below 70 %; twice in three epochs drains
        Commission, // above the limit
        Slash,
        DoubtfulSlash // set aside for its size: no reason to drain
    }

    /// @notice What scores are made with.
    struct Parameters {
        uint16 weekSpan; // of the averages, in reports
        uint16 monthSpan;
        uint16 yearSpan;
        uint8 power; // 1, 2, 4, 8 or 16
        uint16 sizeLimitBps; // share of the network's stake at which a score is 0
        uint16 diversityBps; // most that room in its groups adds to a score
        uint16 commissionLimitBps; // above it: score 0, and drained
        uint16 commissionRiseBps; // a rise by more since the report before: score 0
        uint96 bondFloor; // wei; score 0 below it; 0 if it is not asked
    }

    /// @notice What was reported of an operator last, and what of it is believed. One slot.
    struct Reported {
        uint64 stake; // gwei: the larger of what earned and what is not this pool's
        uint48 rate; // of reward before commission, as accepted last
        uint48 pendingRate; // set aside, if marked so
        uint32 epoch;
        uint32 duty; // ppb of what was assigned that was done; one if nothing was assigned
        uint16 commissionBps;
        uint16 marks; // as in Sanity
    }

    /// @notice Moving averages in ppb. One slot.
    struct Averages {
        uint32 yieldWeek; // of the operator's net rate relative to the mean, at most 1.2
        uint32 yieldMonth;
        uint32 yieldYear;
        uint32 activeWeek; // of being in the active set
        uint32 activeMonth;
        uint32 activeYear;
        uint16 yields; // reports whose yield counts
        uint16 reports;
        uint32 epoch; // of the last report
    }

    /// @notice What the rules remember of an operator. One slot.
    struct Record {
        uint8 lowDuties; // bit k: below 70 % k epochs before the last report; three bits
        uint8 strikes; // bit k: a strike k epochs before the last report; six bits
        uint8 clean; // reports in a row without fault, at most six
        Cause owed; // why it is to be drained, which the guardian share did not allow yet
    }

    /// @notice A report, from its first page until the next one's.
    struct Progress {
        uint40 epoch;
        uint32 operators; // 0 until the report is closed
        uint32 recorded;
        uint32 scored; // operators 1 to this
        uint96 networkStake;
        bool isScored;
        uint128 stake; // of eligible operators
        uint128 netReward; // theirs
        uint64 assigned; // everybody's
        uint64 done;
        uint64 meanRate; // netReward / stake, from the close on
        uint32 averageDuty; // done / assigned in ppb, one if nothing was assigned, from the close on
    }

    /* EVENTS */

    event ParametersChanged(Parameters oldParameters, Parameters newParameters);
    event ReportBegun(uint256 indexed epoch);
    event ReportClosed(
        uint256 indexed epoch,
        uint256 networkStake,
        uint256 operators,
        uint256 meanRate,
        uint256 averageDuty
    );
    /// @notice The next report began when `scored` of `operators` had their scores; 0 operators if it was never closed.
    event ReportDropped(uint256 indexed epoch, uint256 scored, uint256 operators);
    /// @notice Every operator has its score of this report. `prior` is what newcomers begin from in the next.
    event ReportScored(uint256 indexed epoch, uint256 meanRate, uint256 averageDuty, uint256 prior);
    event RewardSetAside(uint256 indexed id, uint256 indexed epoch, uint256 previousRate, uint256 reportedRate);
    /// @notice A second report agreed with the rate that was set aside.
    event RewardConfirmed(uint256 indexed id, uint256 indexed epoch, uint256 previousRate, uint256 newRate);
    /// @notice The next report is near the rate of before again: the one that was set aside is forgotten.
    event RewardDropped(uint256 indexed id, uint256 indexed epoch, uint256 previousRate, uint256 newRate);
    event SlashSetAside(uint256 indexed id, uint256 indexed epoch, uint256 slashed, uint256 stake);
    event SlashAccepted(uint256 indexed id, uint256 indexed epoch, uint256 slashed);
    event RewardResolved(uint256 indexed id, uint256 oldRate, uint256 newRate);
    event SlashResolved(uint256 indexed id, bool accepted);
    event Pardoned(uint256 indexed id);
    event OperatorScored(
        uint256 indexed id,
        uint256 indexed epoch,
        uint256 performance,
        uint256 score,
        uint256 weight,
        uint256 gates
    );
    event LowDutiesCounted(uint256 indexed id, uint256 indexed epoch, uint256 duty, uint256 lowDuties);
    event StrikeCounted(uint256 indexed id, uint256 indexed epoch, uint256 duty, uint256 strikes);
    event OperatorDrained(uint256 indexed id, uint256 indexed epoch, Cause cause);
    /// @notice The guardian share does not allow a drain yet: it is owed.
    event DrainRefused(uint256 indexed id, uint256 indexed epoch, Cause cause);
    /// @notice A drain is not owed any more: clean reports forgave it, or somebody else drained the operator.
    event DrainDropped(uint256 indexed id, uint256 indexed epoch, Cause cause);
    event OperatorWatched(uint256 indexed id, uint256 indexed epoch, Cause cause);
    event WatchLifted(uint256 indexed id, uint256 indexed epoch);
    event OperatorReadmitted(uint256 indexed id, uint256 indexed epoch);

    /* ERRORS */

    error OutOfBounds(uint256 value, uint256 minimum, uint256 maximum);
    error StaleReport(uint256 epoch, uint256 lastEpoch);
    error AlreadyClosed(uint256 epoch);
    error AlreadyRecorded(uint256 id, uint256 epoch);
    error WrongReport(uint256 epoch, uint256 openEpoch);
    error IncompleteReport(uint256 recorded, uint256 operators);
    error NothingSetAside(uint256 id);
    error NothingToEnforce(uint256 id);
    error NothingToPardon(uint256 id);
    error SlashNotJudged(uint256 id);
    error RoundOpen(uint256 round);
    error TooLittleGas(uint256 gasLeft, uint256 needed);

    /* REPORTER */

    /// @notice Takes the counters of operators `firstId`, `firstId` + 1, … for `epoch`. By the reporter.
    /// @dev Pages come in any order, each once; no page of another epoch comes before `close` or the next report.
    function record(uint256 epoch, uint256 firstId, Counters[] calldata counters) external;

    /// @notice Ends the report of `epoch`: operators 1 to `operators` have been recorded, and the network's stake was
    /// `networkStake` wei. By the reporter.
    function close(uint256 epoch, uint256 networkStake, uint256 operators) external;

    /* ANYONE */

    /// @notice Scores up to `maxOperators` operators of the closed report, fewer if gas runs short: averages, what the rules
    /// say of their conduct, weights. The last one notes at the registry that there are scores.
    /// @dev Reverts with `RoundOpen` while a round is settled, which anyone can finish; never for want of work.
    /// @return scored operators; @return completed whether there is nothing left to score.
    function score(uint256 maxOperators) external returns (uint256 scored, bool completed);

    /// @notice Does what the rules said and could not be done then: drains an operator that the guardian share did not allow
    /// to be drained.
    function enforce(uint256 id) external;

    /* GOVERNANCE, WITH NOTICE */

    function setParameters(Parameters calldata newParameters) external;

    /// @notice Believes `rate` of reward, 1e12 for one, of an operator of which one was set aside: the next ones are compared
    /// with it. Reverts with `NothingSetAside` if none is.
    function resolveReward(uint256 id, uint256 rate) external;

    /// @notice Takes the slash that was set aside of an operator, which drains it, or drops it.
    function resolveSlash(uint256 id, bool accept) external;

    /// @notice Forgets that an operator was slashed and why it is still to be drained. What is set aside stays so. Who is
    /// draining goes on: reports bring it back if they drained it, else `reinstate` of the registry. Reverts with
    /// `SlashNotJudged` if the last report has a slash and nobody has scored the operator since.
    function pardon(uint256 id) external;

    /* VIEWS */

    function parameters() external view returns (Parameters memory);
    function progress() external view returns (Progress memory);
    /// @notice Where newcomers begin, in ppb: the lower quartile of the last report that was scored to its end. Until there is
    /// one, `isKnown` is false, and everybody begins from its own performance.
    function prior() external view returns (uint256 performance, bool isKnown);
    function reportedOf(uint256 id) external view returns (Reported memory);
    function averagesOf(uint256 id) external view returns (Averages memory);
    function conductOf(uint256 id) external view returns (Record memory);
    /// @notice The score that the operator's averages and its last report make at this moment, and the weight of such a score
    /// before bounds and steps. Bits of `gates`, each a reason for a score of 0: 1 not listed or not whitelisted, 2 slashed
    /// ever, 4 delinquent, 8 commission above the limit, 16 commission raised, 32 bond below the floor.
    function scoreOf(
        uint256 id
    ) external view returns (uint256 performance, uint256 score, uint256 weight, uint256 gates);
    /// @notice What `pool` shows as its operator's bond; reverts if it does not answer. Only what `score` asks itself: there
    /// that is no bond.
    function bondOf(address pool) external view returns (uint256);
}
