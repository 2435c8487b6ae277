// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title The pool's delegations: positions, rounds, the snapshot, levels and legs; the account at the operator pools.
/// @notice All periodic work is open to anyone, bounded in gas and clipped to what the contract derives. Amounts in wei,
/// times in seconds, shares in basis points, levels in 1e18 fixed point (wei per unit of weight). Ids count from 1.
interface IAllocator {
    /// @notice A request to move `amount` to (up) or from an operator.
    struct Leg {
        uint32 operator;
        uint128 amount;
        bool up;
    }

    /// @notice One line of a sheet: the level of a group; group 0 is the pool.
    struct Level {
        uint8 group;
        uint160 level;
    }

    /// @notice What the allocator holds at an operator.
    struct Position {
        uint96 position; // booked, earning
        uint96 unbonding; // booked, on its way back
        uint40 readAt; // last reading by a round
        uint8 faults; // faulted rounds in a row
        bool faulted;
        bool writtenDown; // and not recovered
    }

    /// @notice What the last round recorded of an operator; section 7 of the design reads it until the next round begins.
    struct Snapshot {
        uint96 fixedCap; // what does not depend on T or N: bond, ramp and absolute cap; 0 if it may hold nothing
        uint96 others; // stake at its pool that is not ours
        uint24 weight;
        uint40 groups;
    }

    /// @notice The pool at the end of the last round.
    struct PoolSnapshot {
        uint96 total; // T
        uint96 faultedStake; // T' = T + faultedStake
        uint96 networkStake; // N, 0 if it could not be read
        uint96 need; // need₀: what exits and the buffer lacked
        uint96 healthy; // X: positions of healthy operators
        uint32 round;
        bool certified;
    }

    /// @notice A group at the end of the last round; group 0 is the pool.
    struct GroupSnapshot {
        // Slot 0.
        uint160 level; // certified, or ⌊cap·1e18/weight⌋ before that; the type's maximum is none
        uint96 cap; // C_g; the type's maximum is none
        // Slot 1: what every round changes.
        uint96 position; // live sum of its healthy members' positions
        uint96 others; // others' stake at its members
        uint32 members;
        uint32 round; // that summed it up
        // Slot 2: what few rounds change.
        uint96 faulted; // stake of its faulted members
        uint64 weight; // W_g: weights of its members with a cap above 0
        uint96 unbonding; // of its healthy members, when they were read; what they lost since, and what was written down
    }

    /// @notice Bounds and budgets of rounds and legs.
    struct Parameters {
        uint16 graceBps; // of a cap, before what is above it is a violation
        uint16 bandBps; // of a target, before optimisation trims a position
        uint16 budget0Bps; // of T per round, for violations
        uint16 budget2Bps; // of T per unbonding time, counted in rounds, for optimisation
        uint16 maxLossBps; // of a position since the last completed round, before the operator is put on watch
        uint16 maxGainBps; // of position and unbonding per epoch, booked at most
        uint96 minMove; // wei; smallest leg, beside 1 bp of T and 2 % of the operator's target or position
    }

    /// @notice What rounds and legs keep of an operator beside its position.
    struct Record {
        // Slot 0: all that a reading needs of an operator that loses nothing.
        uint96 base; // p_i: position at the end of the last round
        uint96 dueAmount; // of the unbonding that must have arrived by dueAt
        uint40 dueAt; // 0 until the first reading by which the pool can have begun
        bool hasMore; // lossSince or premiumUnits may be not 0
        uint16 refusedBps; // of the position: what legs asked for in vain. The next reading asks again
        // Slot 1.
        uint96 lossSince; // booked by settleOne and legs since the last reading
        uint96 class1Taken; // in class1Round
        uint32 class1Round;
        uint32 lostBps; // of its stake, booked as losses since losses last put it on watch
        // Slots 2 and 3: all 0 unless the operator is written down, or came back with less.
        uint128 premiumUnits; // of the pool's premium R, 0 if it has none
        uint96 lost; // written down and not recovered
        uint32 premiumEra; // of the units: each later one makes a millionth of them
        uint40 writtenDownAt;
    }

    /// @notice What a leg sent now would find at an operator. Rooms are in wei, as if it were the only leg; all are 0 while
    /// legs wait for a round, and at a faulted operator.
    struct Rooms {
        uint256 target; // t_i
        uint256 cap; // c_i at the snapshot
        uint256 bond; // at this moment; 0 if it cannot be read, in a pool without bonds, and of who could take nothing anyway
        uint256 increaseCap; // what it may be lifted to, by the smaller T and N and the state and bond of this moment
        uint256 violationCap; // above what, grace aside, it is a violation; 0 if it may hold nothing
        uint256 up;
        uint256[3] down; // classes 0, 1 and 2 of a leg for everything, each on what the ones before it leave
        bool upIsDust; // the largest leg is skipped for its size
        bool downIsDust;
    }

    /// @notice The caps that a leg sent now would hold a group to; the type's maximum of uint96 is none.
    struct GroupCaps {
        uint256 increaseCap; // what it may be lifted to
        uint256 violationCap; // above what, grace aside, it is a violation; none for the pool
    }

    /* EVENTS */

    event RoundBegun(uint256 indexed round, uint256 indexed epoch, uint256 networkStake);
    event RoundCompleted(uint256 indexed round, PoolSnapshot snapshot, uint256 gain, uint256 loss);
    event OperatorRead(
        uint256 indexed id,
        uint256 indexed round,
        uint256 position,
        uint256 unbonding,
        uint256 arrived,
        uint256 gain,
        uint256 loss
    );
    event OperatorSnapshot(
        uint256 indexed id,
        uint256 indexed round,
        uint256 position,
        bool faulted,
        Snapshot snapshot
    );
    event GroupSnapshotTaken(uint256 indexed group, uint256 indexed round, uint256 cap, uint256 weight, uint256 level);
    /// @notice What a newcomer may be lifted to is `ramp` from now on; 0: it is established, or its ramp begins anew.
    event RampChanged(uint256 indexed id, uint256 indexed round, uint256 ramp);
    event OperatorFaulted(uint256 indexed id, uint256 indexed round, uint256 faults);
    event OperatorRecovered(uint256 indexed id, uint256 indexed round);
    event OperatorWrittenDown(uint256 indexed id, uint256 indexed round, uint256 loss);
    event LossSeen(uint256 indexed id, uint256 loss, uint256 position, uint256 unbonding);
    event LevelsProgress(uint256 indexed round, bytes32 indexed sheet, uint256 cursor);
    event LevelsCertified(uint256 indexed round, bytes32 indexed sheet, Level[] levels);
    event LevelsRejected(uint256 indexed round, bytes32 indexed sheet, uint256 group, uint256 sum, uint256 cap);
    /// @notice A leg moved `moved`; of a downward leg the parts charged to classes 0, 1 and 2 are given.
    event Moved(
        uint256 indexed id,
        bool indexed up,
        uint256 requested,
        uint256 moved,
        uint256 position,
        uint256 unbonding,
        uint256[3] charged
    );
    event LegSkipped(uint256 indexed id, bool indexed up, uint256 requested, uint256 room, SkipReason reason);
    event UpgradesRenounced();
    event ParametersChanged(Parameters oldParameters, Parameters newParameters);

    enum SkipReason {
        NoRoom,
        BelowMinMove,
        Faulted,
        PoolFailed,
        UnknownOperator
    }

    /* ERRORS */

    error TooManyLegs(uint256 legs, uint256 maximum);
    error SheetNotAscending(uint256 group);
    error GroupWithoutLevel(uint256 group);
    error UnknownOperator(uint256 id);
    error UnexpectedEther(address sender, uint256 amount);
    error OnlySelf(address caller);
    error OutOfBounds(uint256 value, uint256 minimum, uint256 maximum);
    error NotWrittenDown(uint256 id);
    error UpgradesAreRenounced();
    error TooLittleGas(uint256 gasLeft, uint256 needed);

    /* KEEPERS: ANYONE */

    /// @notice Begins the epoch's round if it is due and reads up to `maxOperators` operators, fewer if gas runs short.
    /// @return read operators; @return completed whether no round is open any more. Never reverts for want of work.
    function settle(uint256 maxOperators) external returns (uint256 read, bool completed);

    /// @notice Books a loss above 1,000 wei that the operator's pool shows now. @return loss booked.
    function settleOne(uint256 id) external returns (uint256 loss);

    /// @notice Checks a sheet of levels against the snapshot, a page at a time. The first one to pass is final.
    /// @return certified whether the sheet has passed.
    function certifyLevels(Level[] calldata sheet, uint256 maxOperators) external returns (bool certified);

    /// @notice Carries out up to 200 legs, each clipped to its room. @return moved amount of each.
    function rebalance(Leg[] calldata legs) external returns (uint256[] memory moved);

    /// @notice Collects what a removed operator returns. As large a part of its premium ends as that is of what was written
    /// down; what that does not restore is a gain.
    function reclaim(uint256 id) external returns (uint256 gain);

    /* GOVERNANCE, WITH NOTICE */

    function setParameters(Parameters calldata parameters) external;

    /// @notice Ends the premium that stakes pay because of a written-down operator. Anyone may after 90 days.
    function clearWriteDown(uint256 id) external;

    /// @notice Gives up upgrades for ever.
    function renounceUpgrades() external;

    /* VIEWS */

    function epochLength() external view returns (uint256);
    function currentEpoch() external view returns (uint256);
    /// @notice Whether one of its calls is under way: what that keeps in memory until its end is not in the views.
    function isBusy() external view returns (bool);
    /// @notice When the next round can begin; in the past if it is due.
    function nextRoundAt() external view returns (uint256);
    /// @notice The open round and how far it has read; round 0 if none is open.
    function openRound() external view returns (uint256 round, uint256 cursor);
    function committed() external view returns (uint256);
    function unbonding() external view returns (uint256);
    function parameters() external view returns (Parameters memory);
    function positionOf(uint256 id) external view returns (Position memory);
    function recordOf(uint256 id) external view returns (Record memory);
    function snapshotOf(uint256 id) external view returns (Snapshot memory);
    /// @notice What a Ramping operator may be lifted to, in wei; 0 before its first reading. In another state it means nothing,
    /// and the next reading deletes it.
    function rampOf(uint256 id) external view returns (uint256);
    function poolSnapshot() external view returns (PoolSnapshot memory);
    function groupSnapshot(uint256 group) external view returns (GroupSnapshot memory);
    /// @notice T and N at this moment, T' = T + faulted stake.
    function liveTotals() external view returns (uint256 total, uint256 faultedStake, uint256 networkStake);
    /// @notice What exits and the buffer lack at this moment.
    function liveNeed() external view returns (uint256);
    /// @notice What class 0 took since the last round, and class 2 since the rounds that one unbonding time can span: of that
    /// nothing need have come back yet.
    function budgetsUsed() external view returns (uint256 class0, uint256 class2);
    /// @notice Whether the last epoch of whose report all have their scores is more than three epochs ago: class 2 is closed
    /// then, and nothing else. False before the first scores.
    function areScoresOld() external view returns (bool);
    /// @notice t_i at the snapshot.
    function targetOf(uint256 id) external view returns (uint256);
    /// @notice Rooms of up to `limit` operators from id `from` on, by the code that moves. Needs gas as legs do.
    function roomsOf(uint256 from, uint256 limit) external view returns (Rooms[] memory);
    /// @notice Caps of up to `limit` groups from id `from` on, by the code that moves; group 0 is the pool.
    function groupCapsOf(uint256 from, uint256 limit) external view returns (GroupCaps[] memory);
    /// @notice Of the last round: how many operators it read, and the shares of the policy that it holds them to.
    function snapshotScope() external view returns (uint256 operators, uint256 poolShareBps, uint256 netShareBps);
    /// @notice When exits of `batch` can be funded at the earliest, and when if keepers do their work.
    function exitTimes(uint256 batch) external view returns (uint256 earliest, uint256 estimated);
}
