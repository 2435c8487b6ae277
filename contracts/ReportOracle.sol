// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IAllocator} from "./interfaces/IAllocator.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IReportOracle} from "./interfaces/IReportOracle.sol";
import {IScores} from "./interfaces/IScores.sol";

/// @title ReportOracle
/// Assumes: fewer than a quorum of the members lie together; the allocator's and the registry's views are honest.
/// Guarantees: per epoch at most one report reaches the scores, each page of it once, and only what a quorum of present
/// members voted for; epochs only rise; nothing here touches money, positions or exits, or loops over operators.
contract ReportOracle is IReportOracle, AccessManaged {
    using BitMaps for BitMaps.BitMap;
    using Math for uint256;
    using SafeCast for uint256;

    /// @dev A membership has a number of its own, so that who comes back is not who left.
    struct Member {
        address account;
        uint32 term;
    }

    /// @dev The last agreed report. Slot 0 is all that a page reads beside the root.
    struct Agreed {
        uint40 epoch;
        uint64 refBlock;
        uint96 networkStake;
        uint32 operators;
        uint24 missingPages;
        bytes32 refBlockHash;
        bytes32 root;
    }

    /// @dev Operators in a page.
    uint256 public constant PAGE = 32;

    uint256 private constant MIN_QUORUM = 3;
    uint256 private constant MAX_MEMBERS = 31;
    uint256 private constant MAX_AGE = 2; // epochs

    IAllocator public immutable ALLOCATOR;
    IOperatorRegistry public immutable REGISTRY;
    IScores public immutable SCORES;

    uint32 private _terms; // memberships so far
    uint8 private _quorum;
    Member[] private _members;
    mapping(uint256 epoch => mapping(uint256 term => bytes32 hash)) private _ballots;

    Agreed private _agreed;
    mapping(uint256 epoch => BitMaps.BitMap pages) private _delivered;

    constructor(
        address accessManager,
        IAllocator allocator,
        IOperatorRegistry registry,
        IScores scores,
        address[] memory firstMembers,
        uint256 firstQuorum
    ) AccessManaged(accessManager) {
        ALLOCATOR = allocator;
        REGISTRY = registry;
        SCORES = scores;

        _setCommittee(firstMembers, firstQuorum);
    }

    /* MEMBERS */

    /// @inheritdoc IReportOracle
    function vote(Report calldata report) external {
        uint256 term = _termOf(msg.sender);
        require(term != 0, NotMember(msg.sender));
        _checkOpen(report);
        bytes32 ballot = _ballots[report.epoch][term];
        require(ballot == 0, AlreadyVoted(msg.sender, report.epoch, ballot));

        bytes32 hash = reportHash(report);
        _ballots[report.epoch][term] = hash;
        uint256 votes = _votesOf(report.epoch, hash);

        emit Voted(report.epoch, msg.sender, hash, votes, report);
        if (votes >= _quorum) _agree(report, hash, votes);
    }

    /* ANYONE */

    /// @inheritdoc IReportOracle
    function agree(Report calldata report) external {
        _checkOpen(report);
        bytes32 hash = reportHash(report);
        uint256 votes = _votesOf(report.epoch, hash);
        require(votes >= _quorum, NotEnoughVotes(hash, votes, _quorum));

        _agree(report, hash, votes);
    }

    /// @inheritdoc IReportOracle
    function deliver(
        uint256 epoch,
        uint256 page,
        IScores.Counters[] calldata counters,
        bytes32[] calldata proof
    ) external {
        require(epoch == _agreed.epoch, NotAgreed(epoch, _agreed.epoch));
        uint256 operators = _agreed.operators;
        uint256 pages = operators.ceilDiv(PAGE);
        require(page < pages, UnknownPage(page, pages));
        require(!isDelivered(page), AlreadyDelivered(epoch, page));
        uint256 expected = PAGE.min(operators - page * PAGE);
        require(counters.length == expected, WrongPageLength(page, counters.length, expected));
        bytes32 leaf = leafOf(page, counters);
        bytes32 root = _agreed.root;
        require(MerkleProof.verifyCalldata(proof, root, leaf), WrongProof(page, leaf, root));

        _delivered[epoch].set(page);
        uint24 missing = --_agreed.missingPages;

        emit PageDelivered(epoch, page, msg.sender, missing);
        SCORES.record(epoch, page * PAGE + 1, counters);
        if (missing != 0) return;
        emit ReportCompleted(epoch, operators);
        SCORES.close(epoch, _agreed.networkStake, operators);
    }

    /* GOVERNANCE */

    /// @inheritdoc IReportOracle
    function setCommittee(address[] calldata newMembers, uint256 newQuorum) external restricted {
        _setCommittee(newMembers, newQuorum);
    }

    /* VIEWS */

    /// @inheritdoc IReportOracle
    function members() public view returns (address[] memory accounts) {
        accounts = new address[](_members.length);
        for (uint256 i = 0; i < accounts.length; ++i) accounts[i] = _members[i].account;
    }

    /// @inheritdoc IReportOracle
    function quorum() external view returns (uint256) {
        return _quorum;
    }

    /// @inheritdoc IReportOracle
    function isMember(address account) external view returns (bool) {
        return _termOf(account) != 0;
    }

    /// @inheritdoc IReportOracle
    function agreed() external view returns (Report memory) {
        return
            Report({
                epoch: _agreed.epoch,
                refBlock: _agreed.refBlock,
                refBlockHash: _agreed.refBlockHash,
                networkStake: _agreed.networkStake,
                operators: _agreed.operators,
                root: _agreed.root
            });
    }

    /// @inheritdoc IReportOracle
    function reportHash(Report calldata report) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), report));
    }

    /// @inheritdoc IReportOracle
    function leafOf(uint256 page, IScores.Counters[] calldata counters) public pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(page, counters))));
    }

    /// @inheritdoc IReportOracle
    function votesOf(bytes32 hash) external view returns (uint256 votes) {
        if (hash == 0) return 0; // as if for it is who has not voted

        uint256 current = ALLOCATOR.currentEpoch();
        for (uint256 age = 1; age <= MAX_AGE.min(current); ++age) votes += _votesOf(current - age, hash);
    }

    /// @inheritdoc IReportOracle
    function ballotOf(address member, uint256 epoch) external view returns (bytes32) {
        return _ballots[epoch][_termOf(member)];
    }

    /// @inheritdoc IReportOracle
    function isDelivered(uint256 page) public view returns (bool) {
        return _delivered[_agreed.epoch].get(page);
    }

    /// @inheritdoc IReportOracle
    function missingPages() external view returns (uint256) {
        return _agreed.missingPages;
    }

    /* INTERNAL */

    /// @dev Whether a report can be voted for and agreed on now.
    function _checkOpen(Report calldata report) private view {
        uint256 current = ALLOCATOR.currentEpoch();
        require(report.epoch < current, TooEarly(report.epoch, current));
        require(current - report.epoch <= MAX_AGE, TooLate(report.epoch, current));
        require(report.epoch > _agreed.epoch, AlreadyAgreed(report.epoch, _agreed.epoch));
        _checkWithin(report.operators, 1, REGISTRY.operatorCount());
    }

    function _agree(Report calldata report, bytes32 hash, uint256 votes) private {
        _agreed = Agreed({
            epoch: report.epoch,
            refBlock: report.refBlock,
            networkStake: report.networkStake,
            operators: report.operators,
            missingPages: uint256(report.operators).ceilDiv(PAGE).toUint24(),
            refBlockHash: report.refBlockHash,
            root: report.root
        });

        emit ReportAgreed(report.epoch, hash, votes, report);
    }

    function _setCommittee(address[] memory newMembers, uint256 newQuorum) private {
        uint256 count = newMembers.length;
        _checkWithin(count, MIN_QUORUM, MAX_MEMBERS);
        _checkWithin(newQuorum, MIN_QUORUM.max(count / 2 + 1), count);
        Member[] memory renewed = new Member[](count);
        uint32 terms = _terms;
        for (uint256 i = 0; i < count; ++i) {
            address account = newMembers[i];
            require(account != address(0), InvalidMember(account));
            for (uint256 j = 0; j < i; ++j) require(newMembers[j] != account, DuplicateMember(account));
            uint32 term = _termOf(account);
            renewed[i] = Member({account: account, term: term == 0 ? ++terms : term});
        }

        address[] memory oldMembers = members();
        uint256 oldQuorum = _quorum;
        delete _members;
        for (uint256 i = 0; i < count; ++i) _members.push(renewed[i]);
        _terms = terms;
        _quorum = newQuorum.toUint8();

        emit CommitteeChanged(oldMembers, oldQuorum, newMembers, newQuorum);
    }

    /// @dev The number of the account's membership, 0 if it is none. Reads at most 31 members.
    function _termOf(address account) private view returns (uint32) {
        for (uint256 i = 0; i < _members.length; ++i) {
            if (_members[i].account == account) return _members[i].term;
        }

        return 0;
    }

    /// @dev Counted anew each time, so that a change of the committee needs no bookkeeping.
    function _votesOf(uint256 epoch, bytes32 hash) private view returns (uint256 votes) {
        for (uint256 i = 0; i < _members.length; ++i) {
            if (_ballots[epoch][_members[i].term] == hash) ++votes;
        }
    }

    function _checkWithin(uint256 value, uint256 minimum, uint256 maximum) private pure {
        require(value >= minimum && value <= maximum, OutOfBounds(value, minimum, maximum));
    }
}
