// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Allocator} from "../../../contracts/Allocator.sol";
import {IAllocator} from "../../../contracts/interfaces/IAllocator.sol";
import {IMetaPool} from "../../../contracts/interfaces/IMetaPool.sol";
import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {MetaPool} from "../../../contracts/MetaPool.sol";
import {HostilePool} from "../../../contracts/mocks/HostilePool.sol";
import {DevNetwork} from "../../../contracts/networks/DevNetwork.sol";
import {Notice} from "../../../contracts/Notice.sol";
import {OperatorRegistry} from "../../../contracts/OperatorRegistry.sol";
import {StakingPoolFactory} from "../../../contracts/StakingPoolFactory.sol";
import {vm} from "../Vm.sol";

/// @title Deploys the contracts, not yet connected, and hands them over to who plays with them.
/// @dev Apart from the handler, whose code would otherwise hold theirs.
contract Core {
    uint256 private constant EPOCH = 1 days;
    uint256 private constant UNBONDING = 2 days;
    uint16 private constant BOND_RATIO = 20;

    AccessManager public manager;
    DevNetwork public network;
    StakingPoolFactory public factory;
    OperatorRegistry public registry;
    MetaPool public pool;
    Allocator public allocator;
    Notice public notice;
    HostilePools public hostilePools;

    constructor() {
        vm.warp(1_000 * EPOCH);
        manager = new AccessManager(address(this));
        network = new DevNetwork(address(this), UNBONDING);
        factory = new StakingPoolFactory(network, EPOCH, BOND_RATIO);
        hostilePools = new HostilePools();
        IOperatorRegistry.Policy memory policy = IOperatorRegistry.Policy(2_500, 4_000, 1_000, BOND_RATIO);
        bytes memory data = abi.encodeCall(OperatorRegistry.initialize, (address(manager), policy));
        registry = OperatorRegistry(_proxy(address(new OperatorRegistry()), data));

        IMetaPool.Parameters memory terms = IMetaPool.Parameters(1_000, 500, type(uint96).max, address(0x7EA));
        data = abi.encodeCall(MetaPool.initialize, (address(manager), "Pool", "POOL", terms));
        pool = MetaPool(payable(_proxy(address(new MetaPool(EPOCH)), data)));

        IAllocator.Parameters memory bounds = IAllocator.Parameters(500, 1_000, 2_000, 500, 3_000, 100, 0.01 ether);
        data = abi.encodeCall(Allocator.initialize, (address(manager), pool, registry, network, uint32(EPOCH), bounds));
        allocator = Allocator(payable(_proxy(address(new Allocator()), data)));
        notice = new Notice(manager, pool, allocator, registry);
    }

    function handOver(address owner) external {
        manager.grantRole(manager.ADMIN_ROLE(), owner, 0);
        network.transferOwnership(owner);
    }

    function _proxy(address implementation, bytes memory initialization) private returns (address) {
        return address(new ERC1967Proxy(implementation, initialization));
    }
}

/// @title Makes hostile pools.
contract HostilePools {
    function create() external returns (address) {
        return address(new HostilePool());
    }
}
