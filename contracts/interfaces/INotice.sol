// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Announce → executable → expired, for every change that can hurt a staker.
/// @notice A call is announced by who could make it, can be executed by anyone once those who asked to leave within two
/// rounds have been funded, and expires after 120 days. A strict one could take what is funded and not withdrawn: it waits
/// two epochs more, from when `noteFunded` says so. An announcement may be repeated once it is no longer pending.
/// Times in seconds. An announcement's id is keccak256(abi.encode(target, data, salt)).
interface INotice {
    enum Status {
        None,
        Pending,
        Executed,
        Cancelled,
        Expired
    }

    struct Announcement {
        uint40 announcedAt;
        uint40 unbondingTime; // longest among listed operators at the announcement
        uint40 fundedAt; // when it was noted that the exits are funded; 0 before
        uint32 batch; // that was filling at the announcement
        Status status;
        address announcer;
    }

    event Announced(
        bytes32 indexed id,
        address indexed announcer,
        address indexed target,
        bytes data,
        bytes32 salt,
        uint256 batch,
        uint256 earliest,
        uint256 expiry
    );
    /// @notice The exits that a call waits for are funded; a strict one can be made from `leavingEnd` on.
    event ExitsFunded(bytes32 indexed id, uint256 leavingEnd);
    event Cancelled(bytes32 indexed id, address indexed canceller);
    event Executed(bytes32 indexed id, address indexed executor, bytes result);

    /// @notice `caller` does not hold the role that may make this call, with notice or at once.
    error NotAllowed(address caller, address target, bytes4 selector);
    /// @notice The data is too short to name a function.
    error MissingSelector(uint256 length);
    error AlreadyPending(bytes32 id);
    /// @notice There is no code at `account`, or one that its owner can replace: nobody can read what is announced.
    error CodeNotReadable(address account);
    /// @notice The code that the call gives power to is not what it was at the announcement.
    error CodeChanged(bytes32 id);
    error NotPending(bytes32 id, Status status);
    error TooEarly(bytes32 id, uint256 earliest, uint256 timestamp);
    /// @notice Exits up to batch `needed` are not funded yet; `fundedThrough` are.
    error ExitsWaiting(bytes32 id, uint256 needed, uint256 fundedThrough);
    /// @notice A strict call gives until `leavingEnd` to withdraw what is funded; the largest number before `noteFunded`.
    error ExitsNotWithdrawn(bytes32 id, uint256 leavingEnd, uint256 timestamp);
    error AlreadyNoted(bytes32 id, uint256 fundedAt);
    error CallFailed(bytes32 id, bytes reason);

    /// @notice Announces a call. Only by who could make it, or by governance what the guardian could; `pauseStaking`, which
    /// keeps no spacing with notice, by governance alone. Nobody announces a call of this contract, nor one through the
    /// AccessManager, nor an upgrade that calls what somebody has a role for. New logic, a factory and another AccessManager
    /// must have the code that they have when the call is made. Emits the full call.
    function announce(address target, bytes calldata data, bytes32 salt) external returns (bytes32 id);

    /// @notice Notes, once, that the exits which an announcement waits for are funded. Two epochs later they can have been
    /// withdrawn, and a strict call can be made. Anyone may call.
    function noteFunded(bytes32 id) external;

    /// @notice Cancels a pending announcement. Only by who could announce it, or by the guardian.
    function cancel(address target, bytes calldata data, bytes32 salt) external;

    /// @notice Makes an announced call once its time has come. Anyone may call.
    function execute(address target, bytes calldata data, bytes32 salt) external returns (bytes memory result);

    function announcement(bytes32 id) external view returns (Announcement memory);
    function idOf(address target, bytes calldata data, bytes32 salt) external pure returns (bytes32 id);
    /// @notice When (a) is met: two epochs plus the longest unbonding time after the announcement.
    function earliestOf(bytes32 id) external view returns (uint256);
    /// @notice When a strict call has waited for who withdraws; the largest number before `noteFunded`.
    function leavingEndOf(bytes32 id) external view returns (uint256);
    /// @notice Whether `execute` would make the call now, if the call itself succeeds.
    function isExecutable(address target, bytes calldata data, bytes32 salt) external view returns (bool);
    /// @notice Whether a call never skips waiting for the exits, nor for who withdraws: upgrades, factories and changes of
    /// roles.
    function isStrict(address target, bytes calldata data) external view returns (bool);
}
