// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IScores} from "./IScores.sol";

/// @title A committee that reports, once per epoch, what every operator did: raw counters by quorum.
/// @notice Members vote on one hash, which binds chain, contract, epoch, reference block, the network's stake, the number of
/// operators and the root of all pages; whoever has the pages then delivers them. Epochs are numbered as the allocator
/// numbers them, operators as the registry does, pages from 0: page p holds operators 32p + 1 to 32p + 32, the last one fewer.
interface IReportOracle {
    /// @notice What a quorum agrees on.
    struct Report {
        uint40 epoch;
        uint64 refBlock; // the last one of the epoch; what is reported is read there
        bytes32 refBlockHash;
        uint96 networkStake; // wei, others' included
        uint32 operators; // that are reported: ids 1 to this
        bytes32 root; // of the pages' leaves: sorted pairs, as OpenZeppelin's MerkleProof has them
    }

    /* EVENTS */

    event CommitteeChanged(address[] oldMembers, uint256 oldQuorum, address[] newMembers, uint256 newQuorum);
    /// @notice `member` voted for `report`, which has now as many `votes` of present members.
    event Voted(uint256 indexed epoch, address indexed member, bytes32 indexed hash, uint256 votes, Report report);
    event ReportAgreed(uint256 indexed epoch, bytes32 indexed hash, uint256 votes, Report report);
    event PageDelivered(uint256 indexed epoch, uint256 indexed page, address indexed caller, uint256 missingPages);
    /// @notice All pages have been delivered.
    event ReportCompleted(uint256 indexed epoch, uint256 operators);

    /* ERRORS */

    error NotMember(address caller);
    /// @notice The epoch that is reported has not ended.
    error TooEarly(uint256 epoch, uint256 currentEpoch);
    /// @notice The epoch that is reported ended more than two epochs ago.
    error TooLate(uint256 epoch, uint256 currentEpoch);
    /// @notice A report of that epoch, or of a later one, has been agreed.
    error AlreadyAgreed(uint256 epoch, uint256 agreedEpoch);
    /// @notice The member has voted for `hash` in that epoch: a vote is final.
    error AlreadyVoted(address member, uint256 epoch, bytes32 hash);
    error NotEnoughVotes(bytes32 hash, uint256 votes, uint256 quorum);
    /// @notice The last agreed report is of another epoch.
    error NotAgreed(uint256 epoch, uint256 agreedEpoch);
    error UnknownPage(uint256 page, uint256 pages);
    error AlreadyDelivered(uint256 epoch, uint256 page);
    error WrongPageLength(uint256 page, uint256 length, uint256 expected);
    /// @notice The leaf of these counters as page `page` is not under the agreed root.
    error WrongProof(uint256 page, bytes32 leaf, bytes32 root);
    error InvalidMember(address account);
    error DuplicateMember(address account);
    error OutOfBounds(uint256 value, uint256 minimum, uint256 maximum);

    /* MEMBERS */

    /// @notice Votes for a report of an epoch that ended at most two epochs ago; a quorum of equal votes agrees on it.
    /// @dev Requires that the caller has not voted for that epoch, that no report of that epoch or a later one is agreed, and
    /// 1 to as many operators as the registry has. Emits `Voted`, and `ReportAgreed` if the quorum is reached.
    function vote(Report calldata report) external;

    /* ANYONE */

    /// @notice Agrees on a report that has the votes of a quorum since the committee changed: nobody may be left to vote.
    function agree(Report calldata report) external;

    /// @notice Hands a page of the last agreed report on to the scores, once, in any order; the last one closes the report.
    /// @dev Requires as many counters as the page has operators. Once a later report is agreed, what is missing is dropped.
    function deliver(
        uint256 epoch,
        uint256 page,
        IScores.Counters[] calldata counters,
        bytes32[] calldata proof
    ) external;

    /* GOVERNANCE, WITH NOTICE */

    /// @notice Sets who reports. Votes of who stays count on; votes of who leaves do not, not even after coming back.
    /// @dev Requires distinct members, at most 31, and 3 ≤ quorum ≤ members < 2·quorum.
    function setCommittee(address[] calldata newMembers, uint256 newQuorum) external;

    /* VIEWS */

    function members() external view returns (address[] memory);
    function quorum() external view returns (uint256);
    function isMember(address account) external view returns (bool);
    /// @notice The last agreed report; all zero before the first.
    function agreed() external view returns (Report memory);
    /// @notice keccak256(abi.encode(chain id, this contract, report)).
    function reportHash(Report calldata report) external view returns (bytes32);
    /// @notice keccak256(bytes.concat(keccak256(abi.encode(page, counters)))).
    function leafOf(uint256 page, IScores.Counters[] calldata counters) external pure returns (bytes32);
    /// @notice Votes of present members for a report; 0 once its epoch is too old to vote for.
    function votesOf(bytes32 hash) external view returns (uint256);
    /// @notice What a present member voted for in an epoch; 0 if it has not.
    function ballotOf(address member, uint256 epoch) external view returns (bytes32);
    /// @notice Whether a page of the last agreed report has been delivered.
    function isDelivered(uint256 page) external view returns (bool);
    /// @notice Pages of the last agreed report that have not been delivered.
    function missingPages() external view returns (uint256);
}
