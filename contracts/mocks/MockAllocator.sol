// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IAllocator} from "../interfaces/IAllocator.sol";

/// @title The views of an allocator that the registry and the notice read, set by tests.
contract MockAllocator {
    uint256 public immutable EPOCH_LENGTH;

    uint256 public currentEpoch = 1;
    uint256 public round;
    bool public isBusy;
    uint16 public graceBps;
    uint96 private _total;
    uint96 private _faultedStake;
    uint96 private _networkStake;
    IAllocator.PoolSnapshot private _poolSnapshot;
    mapping(uint256 id => IAllocator.Position position) private _positions;
    mapping(uint256 group => IAllocator.GroupSnapshot snapshot) private _groups;

    constructor(uint256 epochLength_) {
        EPOCH_LENGTH = epochLength_;
    }

    function setEpoch(uint256 epoch) external {
        currentEpoch = epoch;
    }

    function setRound(uint256 newRound) external {
        round = newRound;
    }

    function setBusy(bool newIsBusy) external {
        isBusy = newIsBusy;
    }

    function setGrace(uint16 newGraceBps) external {
        graceBps = newGraceBps;
    }

    function setTotals(uint96 total, uint96 faultedStake, uint96 networkStake) external {
        _total = total;
        _faultedStake = faultedStake;
        _networkStake = networkStake;
    }

    /// @dev All of T is at operators.
    function setPoolSnapshot(uint96 total, uint96 faultedStake, uint96 networkStake) external {
        _poolSnapshot.total = total;
        _poolSnapshot.healthy = total;
        _poolSnapshot.faultedStake = faultedStake;
        _poolSnapshot.networkStake = networkStake;
    }

    function setHealthy(uint96 healthy) external {
        _poolSnapshot.healthy = healthy;
    }

    function setSnapshotRound(uint32 snapshotRound) external {
        _poolSnapshot.round = snapshotRound;
    }

    function setPosition(uint256 id, uint96 position, uint96 unbonding, bool writtenDown) external {
        _positions[id].position = position;
        _positions[id].unbonding = unbonding;
        _positions[id].writtenDown = writtenDown;
    }

    function setGroup(uint256 group, uint96 position, uint96 others, uint96 faulted) external {
        _groups[group].position = position;
        _groups[group].others = others;
        _groups[group].faulted = faulted;
    }

    function setGroupCap(uint256 group, uint96 cap, uint32 snapshotRound) external {
        _groups[group].cap = cap;
        _groups[group].round = snapshotRound;
    }

    function epochLength() external view returns (uint256) {
        return EPOCH_LENGTH;
    }

    function openRound() external view returns (uint256, uint256) {
        return (round, 0);
    }

    function parameters() external view returns (IAllocator.Parameters memory values) {
        values.graceBps = graceBps;
    }

    function positionOf(uint256 id) external view returns (IAllocator.Position memory) {
        return _positions[id];
    }

    function groupSnapshot(uint256 group) external view returns (IAllocator.GroupSnapshot memory) {
        return _groups[group];
    }

    function poolSnapshot() external view returns (IAllocator.PoolSnapshot memory) {
        return _poolSnapshot;
    }

    function liveTotals() external view returns (uint256, uint256, uint256) {
        return (_total, _faultedStake, _networkStake);
    }
}
