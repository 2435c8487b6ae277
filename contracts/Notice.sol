// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IAllocator} from "./interfaces/IAllocator.sol";
import {IMetaPool} from "./interfaces/IMetaPool.sol";
import {INotice} from "./interfaces/INotice.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {Roles} from "./libraries/Roles.sol";

/// @title Notice
/// Assumes: after the handover nobody else holds AccessManager's admin role or a role with `Roles.NOTICE_BIT`.
/// Guarantees: a call is made only as announced, at most once per announcement, and only after everyone who asked to
/// leave within two rounds of the announcement is funded; for calls that are not strict, at the latest after 90 days. A
/// strict one could take what is funded: it waits two epochs more, in which that can be withdrawn.
contract Notice is INotice {
    using Math for uint256;
    using SafeCast for uint256;

    uint256 private constant EPOCHS = 2;
    uint256 private constant ROUNDS = 2;
    uint256 private constant PATIENCE = 90 days;
    uint256 private constant LIFETIME = 120 days;
    bytes3 private constant DELEGATION = 0xef0100; // begins the code of a delegated account, by EIP-7702

    IAccessManager public immutable ACCESS_MANAGER;
    IMetaPool public immutable META_POOL;
    IAllocator public immutable ALLOCATOR;
    IOperatorRegistry public immutable REGISTRY;

    mapping(bytes32 id => Announcement announcement) private _announcements;
    mapping(bytes32 id => bytes32 codeHash) private _codeHashes; // of what the call gives power to; 0 for nothing

    constructor(IAccessManager accessManager, IMetaPool metaPool, IAllocator allocator, IOperatorRegistry registry) {
        ACCESS_MANAGER = accessManager;
        META_POOL = metaPool;
        ALLOCATOR = allocator;
        REGISTRY = registry;
    }

    /// @inheritdoc INotice
    function announce(address target, bytes calldata data, bytes32 salt) external returns (bytes32 id) {
        _checkAllowed(_mayAnnounce(msg.sender, target, data), target, data);
        id = idOf(target, data, salt);
        require(_statusOf(id) != Status.Pending, AlreadyPending(id));
        _checkCode(target, data);
        _checkInnerCall(target, data);

        uint256 batch = META_POOL.fillingBatch();
        _announcements[id] = Announcement({
            announcedAt: block.timestamp.toUint40(),
            unbondingTime: REGISTRY.longestUnbonding().toUint40(),
            fundedAt: 0,
            batch: batch.toUint32(),
            status: Status.Pending,
            announcer: msg.sender
        });
        _codeHashes[id] = _codeHashOf(target, data);

        emit Announced(id, msg.sender, target, data, salt, batch, earliestOf(id), block.timestamp + LIFETIME);
    }

    /// @inheritdoc INotice
    function noteFunded(bytes32 id) external {
        _checkPending(id);
        Announcement storage found = _announcements[id];
        require(found.fundedAt == 0, AlreadyNoted(id, found.fundedAt));
        _checkFunded(id, true);

        found.fundedAt = block.timestamp.toUint40();

        emit ExitsFunded(id, leavingEndOf(id));
    }

    /// @inheritdoc INotice
    function cancel(address target, bytes calldata data, bytes32 salt) external {
        bool mayCancel = _hasRole(Roles.GUARDIAN, msg.sender) || _mayAnnounce(msg.sender, target, data);
        _checkAllowed(mayCancel, target, data);
        bytes32 id = idOf(target, data, salt);
        _checkPending(id);

        _announcements[id].status = Status.Cancelled;

        emit Cancelled(id, msg.sender);
    }

    /// @inheritdoc INotice
    function execute(address target, bytes calldata data, bytes32 salt) external returns (bytes memory result) {
        bytes32 id = idOf(target, data, salt);
        _checkPending(id);
        require(_isDue(id), TooEarly(id, earliestOf(id), block.timestamp));
        bool strict = isStrict(target, data);
        _checkFunded(id, strict);
        require(!strict || _haveLeft(id), ExitsNotWithdrawn(id, leavingEndOf(id), block.timestamp));
        require(_codeHashOf(target, data) == _codeHashes[id], CodeChanged(id));

        _announcements[id].status = Status.Executed;

        bool success;
        (success, result) = target.call(data);
        require(success, CallFailed(id, result));

        emit Executed(id, msg.sender, result);
    }

    /* VIEWS */

    /// @inheritdoc INotice
    function announcement(bytes32 id) external view returns (Announcement memory found) {
        found = _announcements[id];
        found.status = _statusOf(id);
    }

    /// @inheritdoc INotice
    function isExecutable(address target, bytes calldata data, bytes32 salt) external view returns (bool) {
        bytes32 id = idOf(target, data, salt);
        bool strict = isStrict(target, data);

        return
            _statusOf(id) == Status.Pending &&
            _isDue(id) &&
            _areExitsFunded(id, strict) &&
            (!strict || _haveLeft(id)) &&
            _codeHashOf(target, data) == _codeHashes[id];
    }

    /// @inheritdoc INotice
    function earliestOf(bytes32 id) public view returns (uint256) {
        Announcement storage found = _announcements[id];
        uint256 unbondingTime = REGISTRY.longestUnbonding().max(found.unbondingTime);

        return found.announcedAt + EPOCHS * ALLOCATOR.epochLength() + unbondingTime;
    }

    /// @inheritdoc INotice
    function leavingEndOf(bytes32 id) public view returns (uint256) {
        uint256 fundedAt = _announcements[id].fundedAt;

        return fundedAt == 0 ? type(uint256).max : fundedAt + EPOCHS * ALLOCATOR.epochLength();
    }

    /// @inheritdoc INotice
    function idOf(address target, bytes calldata data, bytes32 salt) public pure returns (bytes32 id) {
        return keccak256(abi.encode(target, data, salt));
    }

    /// @inheritdoc INotice
    function isStrict(address target, bytes calldata data) public view returns (bool) {
        bytes4 selector = bytes4(data);

        return
            target == address(ACCESS_MANAGER) ||
            selector == UUPSUpgradeable.upgradeToAndCall.selector ||
            (target == address(REGISTRY) && selector == IOperatorRegistry.setFactoryWhitelisted.selector);
    }

    /* INTERNAL */

    function _statusOf(bytes32 id) private view returns (Status) {
        Announcement storage found = _announcements[id];
        bool expired = found.status == Status.Pending && block.timestamp >= found.announcedAt + LIFETIME;

        return expired ? Status.Expired : found.status;
    }

    function _isDue(bytes32 id) private view returns (bool) {
        return block.timestamp >= earliestOf(id);
    }

    function _areExitsFunded(bytes32 id, bool strict) private view returns (bool) {
        Announcement storage found = _announcements[id];
        if (!strict && block.timestamp >= found.announcedAt + PATIENCE) return true;

        return META_POOL.fundedThrough() >= found.batch + ROUNDS;
    }

    function _haveLeft(bytes32 id) private view returns (bool) {
        return block.timestamp >= leavingEndOf(id);
    }

    /// @dev Whether the account holds the function's role without the bit that asks for notice. AccessManager's own
    /// functions, and those that nobody was given, are governance's, which may also do what the guardian may. A pause that
    /// Notice makes keeps no distance from the last one: it is governance's alone. What would make another call in Notice's
    /// name, by all of its roles, is nobody's.
    function _mayAnnounce(address account, address target, bytes calldata data) private view returns (bool) {
        bytes4 selector = bytes4(data);
        if (target == address(this) || (target == address(ACCESS_MANAGER) && _forwards(selector))) return false;
        uint64 role =
            target == address(ACCESS_MANAGER) ? Roles.ADMIN : ACCESS_MANAGER.getTargetFunctionRole(target, selector);
        uint64 announcer = Roles.announcerOf(role);
        if (announcer == Roles.GUARDIAN && _hasRole(Roles.GOVERNANCE, account)) return true;
        if (target == address(META_POOL) && selector == IMetaPool.pauseStaking.selector) return false;

        return _hasRole(announcer, account);
    }

    function _forwards(bytes4 selector) private pure returns (bool) {
        return selector == IAccessManager.execute.selector || selector == Multicall.multicall.selector;
    }

    function _hasRole(uint64 role, address account) private view returns (bool isMember) {
        (isMember, ) = ACCESS_MANAGER.hasRole(role, account);
    }

    function _checkAllowed(bool allowed, address target, bytes calldata data) private view {
        require(data.length >= 4, MissingSelector(data.length));
        require(allowed, NotAllowed(msg.sender, target, bytes4(data)));
    }

    /// @dev The code that a strict call gives power to is there to be read from the announcement on, and is not that of a
    /// delegated account (EIP-7702), whose owner can replace it.
    function _checkCode(address target, bytes calldata data) private view {
        (bool isNamed, address named) = _codeNamedBy(target, data);
        if (!isNamed) return;

        bytes memory code = named.code;
        require(code.length != 0 && bytes3(code) != DELEGATION, CodeNotReadable(named));
    }

    /// @dev New logic is called in Notice's name, too: with nothing that somebody has a role for.
    function _checkInnerCall(address target, bytes calldata data) private view {
        if (bytes4(data) != UUPSUpgradeable.upgradeToAndCall.selector) return;

        (, bytes memory inner) = abi.decode(data[4:], (address, bytes));
        if (inner.length == 0) return;
        uint64 role = ACCESS_MANAGER.getTargetFunctionRole(target, bytes4(inner));
        require(role == Roles.ADMIN, NotAllowed(msg.sender, target, bytes4(inner)));
    }

    /// @dev 0 for a call that names no code.
    function _codeHashOf(address target, bytes calldata data) private view returns (bytes32) {
        (bool isNamed, address named) = _codeNamedBy(target, data);
        return isNamed ? named.codehash : bytes32(0);
    }

    /// @dev Who gets power by its code: new logic, another AccessManager, a factory that is vouched for. Nobody's address if
    /// the data is too short.
    function _codeNamedBy(address target, bytes calldata data) private view returns (bool isNamed, address named) {
        bytes4 selector = bytes4(data);
        bool isManager = target == address(ACCESS_MANAGER);
        isNamed = isManager ? selector == IAccessManager.updateAuthority.selector : isStrict(target, data);
        if (selector == IOperatorRegistry.setFactoryWhitelisted.selector && data.length >= 68) {
            isNamed = isNamed && bytes32(data[36:68]) != 0;
        }
        uint256 start = isManager ? 36 : 4;
        if (isNamed && data.length >= start + 32) named = address(uint160(uint256(bytes32(data[start:]))));
    }

    function _checkFunded(bytes32 id, bool strict) private view {
        require(
            _areExitsFunded(id, strict),
            ExitsWaiting(id, _announcements[id].batch + ROUNDS, META_POOL.fundedThrough())
        );
    }

    function _checkPending(bytes32 id) private view {
        Status status = _statusOf(id);
        require(status == Status.Pending, NotPending(id, status));
    }
}
