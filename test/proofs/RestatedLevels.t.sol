// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {IAllocator} from "./../../contracts/interfaces/IAllocator.sol";
import {IOperatorRegistry} from "./../../contracts/interfaces/IOperatorRegistry.sol";
import {AllocatorBook} from "./../../contracts/libraries/AllocatorBook.sol";
import {Levels} from "./../../contracts/libraries/Levels.sol";
import {Rounds} from "./../../contracts/libraries/Rounds.sol";
import {Restated} from "./Restated.sol";

/// @notice Levels and their sums, as the prover is given them, are what rounds and certificates write into the book. The test
/// is its own registry.
contract RestatedLevelsTest {
    uint32 private constant ROUND = 7;
    uint256 private constant GROUPS = 2;

    AllocatorBook.State private state;
    IOperatorRegistry.Group private caps;

    error Differs(string what, uint256 contracts, uint256 restated);

    function setUp() public {
        state.registry = IOperatorRegistry(address(this));
        (state.poolShareBps, state.netShareBps) = (AllocatorBook.NO_SHARE, AllocatorBook.NO_SHARE);
    }

    /* THE REGISTRY */

    function groupCount() external pure returns (uint256) {
        return GROUPS;
    }

    function group(uint256) external view returns (IOperatorRegistry.Group memory) {
        return caps;
    }

    function longestUnbonding() external pure returns (uint256) {
        return 0;
    }

    /* FIRST LEVELS */

    /// @dev Of the pool, of a group with a share of it, and of one with an absolute cap.
    function testFuzz_FirstLevels(uint96 total, uint96 cap, uint16 bps, uint64[3] calldata weights) external {
        bps %= 10_001;
        total %= AllocatorBook.NO_CAP; // which stands for no cap at all
        caps = IOperatorRegistry.Group(1, bps, AllocatorBook.NO_SHARE, cap);
        (state.round, state.snapshot.round, state.snapshot.total) = (ROUND, ROUND, total);
        state.groupCursor = 1;
        for (uint256 id; id <= GROUPS; ++id) (state.groups[id].round, state.groups[id].weight) = (ROUND, weights[id]);

        (, bool completed) = Rounds.settle(state, 0);

        require(completed, "the round is not complete");
        uint256 ofGroup = Restated.share(total, bps);
        if (cap < ofGroup) ofGroup = cap;
        for (uint256 id; id <= GROUPS; ++id) {
            uint256 held = id == AllocatorBook.POOL_GROUP ? total : ofGroup;
            uint256 first = weights[id] == 0 ? AllocatorBook.NO_LEVEL : Restated.firstLevel(held, weights[id]);
            _same("cap", state.groups[id].cap, held);
            _same("level", state.groups[id].level, first);
        }
    }

    /* SUMS BETWEEN TWO PAGES */

    /// @dev Each page adds one operator: what is kept for the next one are the sums until then, two in a slot.
    function testFuzz_SumsOfPages(
        uint96[3] calldata fixedCaps,
        uint24[3] calldata weights,
        uint8[3] calldata groups,
        uint80 poolLevel,
        uint80 groupLevel
    ) external {
        (state.snapshot.round, state.snapshot.total) = (ROUND, type(uint96).max);
        state.operators = 3;
        for (uint256 id; id <= GROUPS; ++id) {
            state.groups[id].round = ROUND;
            // No sum exceeds its cap: every page is kept.
            (state.groups[id].cap, state.groups[id].weight) = (type(uint96).max - 1, 1);
        }
        IAllocator.Level[] memory sheet = new IAllocator.Level[](2);
        (sheet[0], sheet[1]) = (IAllocator.Level(0, poolLevel), IAllocator.Level(1, groupLevel));

        uint256[GROUPS + 1] memory sums;
        for (uint256 i; i < 2; ++i) {
            uint8 member = groups[i] % uint8(GROUPS + 1);
            uint96 cap = fixedCaps[i] / 4;
            state.snapshots[i + 1] = IAllocator.Snapshot(cap, 0, weights[i], member);
            uint256 lowest = member == 1 && groupLevel < poolLevel ? groupLevel : poolLevel;
            uint256 target = Restated.target(cap, weights[i], lowest);
            sums[0] += target;
            if (member != 0) sums[member] += target;

            require(!this.certify(sheet), "certified before the last page");

            AllocatorBook.Certification storage kept = state.certifications[keccak256(abi.encode(ROUND, sheet))];
            _same("cursor", kept.cursor, i + 1);
            _same("sums of the pool and group 1", kept.sums[0], Restated.pack(sums[0], sums[1]));
            _same("sum of group 2", kept.sums[1], Restated.pack(sums[2], 0));
        }
    }

    function certify(IAllocator.Level[] calldata sheet) external returns (bool) {
        return Levels.certify(state, sheet, 1);
    }

    function _same(string memory what, uint256 contracts, uint256 restated) private pure {
        require(contracts == restated, Differs(what, contracts, restated));
    }
}
