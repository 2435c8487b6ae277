// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Allocator} from "../../../contracts/Allocator.sol";
import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {Roles} from "../../../contracts/libraries/Roles.sol";
import {MetaPool} from "../../../contracts/MetaPool.sol";
import {DevNetwork} from "../../../contracts/networks/DevNetwork.sol";
import {Notice} from "../../../contracts/Notice.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {ReportOracle} from "../../../contracts/ReportOracle.sol";
import {Scores} from "../../../contracts/Scores.sol";
import {StakingPool} from "../../../contracts/StakingPool.sol";
import {StakingPoolFactory} from "../../../contracts/StakingPoolFactory.sol";
import {vm} from "../Vm.sol";
import {Core, HostilePools} from "./Core.sol";
import {Ledger} from "./Ledger.sol";
import {Watcher} from "./Watcher.sol";

/// @title The whole system: pool, allocator, registry, notice, network and operators, with money at work in all of them.
/// @notice Roles that need notice are held by this contract as well as by Notice, as by the deployer before the handover.
abstract contract World {
    using Ledger for Ledger.Book;

    uint256 internal constant SEED = 0.1 ether;
    uint256 internal constant EPOCH = 1 days;
    uint256 internal constant OPERATORS = 6;
    uint256 internal constant MOST_OPERATORS = 8;
    uint256 internal constant NEWCOMER = 4; // ramps from the beginning; hostile, if any is
    uint256 internal constant ACTORS = 4; // the last one is a contract
    uint256 internal constant GROUPS = 6; // the pool, two in each of two dimensions, and that of newcomers
    address internal constant TREASURY = address(0x7EA);
    address internal constant GUARDIAN = address(0x6A);
    address internal constant GOVERNANCE = address(0x60);
    address internal constant OWNER = address(0x0B0B); // of the operators' pools
    address internal constant DELEGATOR = address(0xDE1E); // at the operators' pools, without us

    /// @notice Whether actions stay within what is legal.
    bool public immutable CLAMPED;

    MetaPool public pool;
    Allocator public allocator;
    OperatorRegistry public registry;
    AccessManager internal manager;
    DevNetwork internal network;
    StakingPoolFactory internal factory;
    Notice internal notice;
    ReportOracle internal oracle;
    Scores internal scores;
    Watcher internal watcher;
    HostilePools internal hostilePools;
    address[] internal operatorPools; // the entry i is of the operator i + 1

    /// @notice The invariants that an action broke.
    string public broken;
    uint256 public steps;
    Ledger.Book internal ledger;
    mapping(address target => uint256 amount) public forced;
    address internal acting;

    constructor(bool clamped, Core core) {
        CLAMPED = clamped;
        hostilePools = core.hostilePools();
        core.handOver(address(this));
        _deploy(core);
        _assignRoles();
        _createGroups();
        watcher = new Watcher(pool);
        for (uint256 i; i < OPERATORS; ++i) _createOperator(i == NEWCOMER - 1);
        ledger.start(SEED);
        for (uint256 i; i < ACTORS; ++i) vm.deal(actor(i), 1e24);
        vm.deal(DELEGATOR, 1e24);
    }

    receive() external payable {}

    /* WHO */

    function actor(uint256 index) public view returns (address) {
        uint256 k = index % ACTORS;
        return k == ACTORS - 1 ? address(watcher) : address(uint160(0xA11CE0 + k));
    }

    function isHostile(uint256 id) internal view returns (bool) {
        return !factory.isPool(operatorPools[id - 1]);
    }

    /// @dev Any operator that is listed, or was.
    function _operator(uint256 seed) internal view returns (uint256 id, address where) {
        id = 1 + (seed % operatorPools.length);
        where = operatorPools[id - 1];
    }

    /// @dev Members of the committee that reports.
    function committee(uint256 index) internal pure returns (address) {
        return address(uint160(0xC0FFEE0 + index));
    }

    /* SET-UP */

    function _deploy(Core core) private {
        vm.deal(address(this), 1e27);
        vm.deal(OWNER, 1e24);
        (manager, network, factory) = (core.manager(), core.network(), core.factory());
        (registry, pool, allocator, notice) = (core.registry(), core.pool(), core.allocator(), core.notice());
        (oracle, scores) = (core.oracle(), core.scores());
        registry.connect(address(pool), address(allocator), address(notice));
        pool.connect{value: SEED}(address(allocator), address(notice));
        network.acceptOwnership();
    }

    function _assignRoles() private {
        manager.grantRole(Roles.GOVERNANCE, GOVERNANCE, 0);
        manager.grantRole(Roles.GUARDIAN, GUARDIAN, 0);
        uint64 noticed = Roles.GOVERNANCE | Roles.NOTICE_BIT;
        manager.grantRole(noticed, address(this), 0);
        manager.grantRole(noticed, address(notice), 0);
        manager.grantRole(Roles.GUARDIAN, address(notice), 0);
        _assign(address(pool), MetaPool.pauseStaking.selector, Roles.GUARDIAN);
        _assign(address(pool), MetaPool.resumeStaking.selector, Roles.GUARDIAN);
        _assign(address(pool), MetaPool.setParameters.selector, noticed);
        _assign(address(allocator), Allocator.setParameters.selector, noticed);
        _assign(address(allocator), Allocator.clearWriteDown.selector, noticed);
        manager.grantRole(Roles.SCORER, address(scores), 0);
        manager.grantRole(Roles.SCORER, address(this), 0);
        manager.grantRole(Roles.REPORTER, address(oracle), 0);
        _assign(address(scores), Scores.record.selector, Roles.REPORTER);
        _assign(address(scores), Scores.close.selector, Roles.REPORTER);
        _assign(address(scores), Scores.resolveReward.selector, noticed);
        _assign(address(scores), Scores.resolveSlash.selector, noticed);
        _assign(address(scores), Scores.pardon.selector, noticed);
        bytes4[6] memory scored = [
            OperatorRegistry.setWeights.selector,
            OperatorRegistry.watchByReport.selector,
            OperatorRegistry.liftWatch.selector,
            OperatorRegistry.drainByReport.selector,
            OperatorRegistry.readmit.selector,
            OperatorRegistry.noteScores.selector
        ];
        for (uint256 i; i < scored.length; ++i) _assign(address(registry), scored[i], Roles.SCORER);
        bytes4[12] memory open = [
            OperatorRegistry.whitelistPool.selector,
            OperatorRegistry.setFactoryWhitelisted.selector,
            OperatorRegistry.list.selector,
            OperatorRegistry.reinstate.selector,
            OperatorRegistry.clearWatch.selector,
            OperatorRegistry.setAbsoluteCap.selector,
            OperatorRegistry.setGroups.selector,
            OperatorRegistry.setGroup.selector,
            OperatorRegistry.setPolicy.selector,
            OperatorRegistry.setTenureGroup.selector,
            OperatorRegistry.setDimensionMode.selector,
            OperatorRegistry.setWeightBounds.selector
        ];
        for (uint256 i; i < open.length; ++i) _assign(address(registry), open[i], noticed);
        bytes4[6] memory immediate = [
            OperatorRegistry.unwhitelistPool.selector,
            OperatorRegistry.drain.selector,
            OperatorRegistry.delist.selector,
            OperatorRegistry.lowerAbsoluteCap.selector,
            OperatorRegistry.lowerGroupCaps.selector,
            OperatorRegistry.watch.selector
        ];
        for (uint256 i; i < immediate.length; ++i) _assign(address(registry), immediate[i], Roles.GUARDIAN);
        registry.setFactoryWhitelisted(address(factory), true);
    }

    function _assign(address target, bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, role);
    }

    /// @dev Two groups in each of two dimensions, and one of newcomers.
    function _createGroups() private {
        registry.setGroup(1, IOperatorRegistry.Group(1, 6_000, type(uint16).max, type(uint96).max));
        registry.setGroup(2, IOperatorRegistry.Group(1, type(uint16).max, 6_000, type(uint96).max));
        registry.setGroup(3, IOperatorRegistry.Group(2, 7_000, type(uint16).max, type(uint96).max));
        registry.setGroup(4, IOperatorRegistry.Group(2, 5_000, type(uint16).max, 1e24));
        registry.setGroup(5, IOperatorRegistry.Group(5, 500, type(uint16).max, type(uint96).max));
        registry.setTenureGroup(5);
    }

    /// @dev Honest ones and, unless the suite is clamped, as many hostile ones. Who is listed with notice ramps.
    function _createOperator(bool withNotice) internal {
        uint256 index = operatorPools.length;
        bool honest = CLAMPED || index % 2 == 0;
        address where = honest ? _createStakingPool(index) : hostilePools.create();
        if (!honest) {
            registry.whitelistPool(where);
            Address.sendValue(payable(where), 1e24); // for what it is said to owe
        }
        operatorPools.push(where);
        if (withNotice) vm.prank(address(notice));
        registry.list(
            IOperatorRegistry.Listing({
                pool: where,
                factory: honest ? address(factory) : address(0),
                weight: uint24(60 + 20 * index),
                minWeight: 0,
                maxWeight: 1_000,
                absoluteCap: index == 2 ? 5e20 : type(uint96).max,
                groups: uint40((1 + (index % 2)) | ((3 + ((index / 2) % 2)) << 8))
            })
        );
    }

    function _createStakingPool(uint256 index) private returns (address where) {
        where = factory.createStakingPool{value: factory.SEED()}(OWNER, hex"01", 500 + 100 * index);
        vm.prank(OWNER);
        StakingPool(payable(where)).addBond{value: 50 ether}();
    }
}
