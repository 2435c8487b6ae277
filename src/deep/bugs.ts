import { Failure } from "../cli/failure.ts";

/** A bug that one invariant must catch. */
export interface Bug {
  readonly name: string;
  readonly invariant: string;
  readonly campaign: "clamped" | "hostile" | "pool" | "operator";
  readonly file: string;
  /** Text that is in the file once. */
  readonly find: string;
  readonly replace: string;
  /** Sequences that it takes to find; 64 if not given. */
  readonly runs?: number;
}

const POOL = "contracts/MetaPool.sol";
const POOL_BOOK = "contracts/libraries/PoolBook.sol";
const EXITS = "contracts/libraries/ExitBook.sol";
const ROUNDS = "contracts/libraries/Rounds.sol";
const RAMPS = "contracts/libraries/Ramps.sol";
const LEGS = "contracts/libraries/Legs.sol";
const ROOMS = "contracts/libraries/LegRooms.sol";
const ALLOCATOR_BOOK = "contracts/libraries/AllocatorBook.sol";
const OPERATOR = "contracts/StakingPool.sol";
const OPERATOR_BOOK = "contracts/libraries/PoolLedger.sol";

/** The source with the bug in it. */
export function plant({ name, file, find, replace }: Bug, source: string): string {
  if (source.split(find).length !== 2) {
    throw new Failure(`The bug "${name}" does not fit: its text is not in ${file}, or not only once.`);
  }
  return source.replace(find, () => replace);
}

/** In the order of docs/invariants.md, which has them in its tables. */
export const BUGS: readonly Bug[] = [
  {
    name: "half of a loss stays in delegated",
    invariant: "I-01",
    campaign: "clamped",
    file: POOL_BOOK,
    find: "self.delegated -= loss.toUint96();",
    replace: "self.delegated -= (loss / 2).toUint96();",
  },
  {
    name: "locked gains bear no loss",
    invariant: "I-02",
    campaign: "clamped",
    file: POOL_BOOK,
    find: "uint256 fromLocked = (loss - fromRoundGain).min(locked);",
    replace: "uint256 fromLocked = 0;",
  },
  {
    name: "the allocator keeps what legs do not use",
    invariant: "I-03",
    campaign: "clamped",
    file: LEGS,
    find: "if (batch.purse != 0 || batch.losses != 0) self.metaPool.report{value: batch.purse}(0, batch.losses);",
    replace: "if (batch.losses != 0) self.metaPool.report{value: batch.purse}(0, batch.losses);",
  },
  {
    name: "a slash keeps what was unbonding",
    invariant: "I-04",
    campaign: "clamped",
    file: "contracts/networks/DevNetwork.sol",
    find: "_send(address(0), fromBonded + fromUnbonding);",
    replace: "_send(address(0), fromBonded);",
  },
  {
    name: "a share for nothing",
    invariant: "I-05",
    campaign: "clamped",
    file: POOL,
    find: "return assets.mulDiv(_storage().supply, total + premium);",
    replace: "return assets.mulDiv(_storage().supply, total + premium) + 1;",
  },
  {
    name: "a gain without bound",
    invariant: "I-06",
    campaign: "hostile",
    file: ROUNDS,
    find: "gain += (shown - booked).min(most);",
    replace: "gain += shown - booked;",
  },
  {
    name: "what an exit takes is not noted",
    invariant: "I-07",
    campaign: "clamped",
    file: EXITS,
    find: "if (amount != 0) exit.taken += uint96(amount);",
    replace: "",
  },
  {
    name: "an exit has more units than its batch got",
    invariant: "I-08",
    campaign: "clamped",
    file: EXITS,
    find: "exits[batch].units += uint120(units);",
    replace: "exits[batch].units += uint120(units + units / 2);",
  },
  {
    name: "a transfer takes half of what it gives",
    invariant: "I-09",
    campaign: "clamped",
    file: POOL,
    find: "source.shares = uint128(balance - value);",
    replace: "source.shares = uint128(balance - value / 2);",
  },
  {
    name: "a pool that lost everything stays open",
    invariant: "I-10",
    campaign: "pool",
    file: POOL_BOOK,
    find: "self.closed = true;",
    replace: "",
    runs: 256,
  },
  {
    name: "the fee is locked as well",
    invariant: "I-11",
    campaign: "clamped",
    file: POOL_BOOK,
    find: "_lock(self, joining, joining + gain - fee, period);",
    replace: "_lock(self, joining, joining + gain, period);",
  },
  {
    name: "an exit burns one percent less",
    invariant: "I-12",
    campaign: "clamped",
    file: POOL,
    find: "(assets * totalSupply()).ceilDiv(total);",
    replace: "((assets * totalSupply()).ceilDiv(total) * 99) / 100;",
  },
  {
    name: "a preview shows a share more",
    invariant: "I-13",
    campaign: "clamped",
    file: POOL,
    find: "return total == 0 ? 0 : _sharesDown(assets, total);",
    replace: "return total == 0 ? 0 : _sharesDown(assets, total) + 1;",
  },
  {
    name: "an exit costs a gwei more",
    invariant: "I-14",
    campaign: "clamped",
    file: POOL,
    find: "(assets * totalSupply()).ceilDiv(total);",
    replace: "(assets * totalSupply()).ceilDiv(total) + 1 gwei;",
  },
  {
    name: "exits bear less of a loss than shares",
    invariant: "I-15",
    campaign: "clamped",
    file: POOL_BOOK,
    find: "rest.mulDiv(owed, assetsBefore + owed);",
    replace: "rest.mulDiv(owed, assetsBefore + 2 * owed);",
    runs: 256,
  },
  {
    name: "a gain is not locked",
    invariant: "I-16",
    campaign: "clamped",
    file: POOL_BOOK,
    find: "_lock(self, joining, joining + gain - fee, period);",
    replace: "_lock(self, joining, joining, period);",
  },
  {
    name: "a fee on the gain before losses",
    invariant: "I-17",
    campaign: "hostile",
    file: POOL_BOOK,
    find: "_fee(self, netGain.min(gain), equity",
    replace: "_fee(self, gain, equity",
  },
  {
    name: "a large loss is not watched",
    invariant: "I-18",
    campaign: "hostile",
    file: ROUNDS,
    find: "self.registry.watch(subject.id);",
    replace: "",
  },
  {
    name: "ping is not locked",
    invariant: "I-20",
    campaign: "clamped",
    file: POOL,
    find: "function ping() external nonReentrant {",
    replace: "function ping() external {",
  },
  {
    name: "an instant exit pays before it burns",
    invariant: "I-21",
    campaign: "clamped",
    file: POOL,
    find: "        _burn(msg.sender, shares);\n\n        _pay(receiver, assets);",
    replace: "        _pay(receiver, assets);\n        _burn(msg.sender, shares);",
  },
  {
    name: "a leg up looks at the target alone",
    invariant: "I-22",
    campaign: "hostile",
    file: LEGS,
    find: "moved = room.min(leg.amount);",
    replace: "moved = place.target.saturatingSub(place.held.position).min(leg.amount);",
  },
  {
    name: "legs do not move groups",
    invariant: "I-23",
    campaign: "clamped",
    file: LEGS,
    find: "self.moveGroups(batch.scope, place.snapshot.groups, oldPosition, position);",
    replace: "",
  },
  {
    name: "fundedThrough forgets what was completed",
    invariant: "I-24",
    campaign: "clamped",
    file: EXITS,
    find: "return Math.max(book.completedBatch, book.voidedThrough);",
    replace: "return book.voidedThrough;",
  },
  {
    name: "legs may take the buffer target",
    invariant: "I-25",
    campaign: "clamped",
    file: ALLOCATOR_BOOK,
    find: "now_.free = book.buffer.saturatingSub(claims);",
    replace: "now_.free = book.buffer.saturatingSub(book.owed);",
  },
  {
    name: "too little gas for an honest pool",
    invariant: "I-26",
    campaign: "clamped",
    file: ALLOCATOR_BOOK,
    find: "uint256 internal constant STIPEND = 1_000_000;",
    replace: "uint256 internal constant STIPEND = 90_000;",
  },
  {
    name: "an unfinished page says that it is done",
    invariant: "I-27",
    campaign: "clamped",
    file: ROUNDS,
    find: "if (self.cursor < count) return (read, false);",
    replace: "if (self.cursor < count) return (read, true);",
  },
  {
    name: "withdrawals end with the first exit",
    invariant: "I-28",
    campaign: "clamped",
    file: EXITS,
    find: "(id == first || _mayBePaid(book, id))",
    replace: "id == first",
  },
  {
    name: "the bond bears half",
    invariant: "I-31",
    campaign: "clamped",
    file: OPERATOR_BOOK,
    find: "Math.Rounding.Ceil), ledger.bondShares);",
    replace: "Math.Rounding.Ceil), ledger.bondShares / 2);",
  },
  {
    name: "bond that was asked for bears nothing",
    invariant: "I-33",
    campaign: "clamped",
    file: OPERATOR,
    find: "ledger.bondShares = _bondShares;",
    replace: "ledger.bondShares = _bondSharesRequested == 0 ? _bondShares : 0;",
  },
  {
    name: "optimisation forgets what it used",
    invariant: "I-35",
    campaign: "clamped",
    file: ROOMS,
    find: "return (position - target).min(budget.saturatingSub(used));",
    replace: "return (position - target).min(budget);",
  },
  {
    name: "more than there is fails as a panic",
    invariant: "I-37",
    campaign: "hostile",
    file: POOL,
    find: "            require(balance >= value, ERC20InsufficientBalance(from, balance, value));\n            unchecked {",
    replace: "            {",
  },
  {
    name: "governance pays itself",
    invariant: "I-38",
    campaign: "clamped",
    file: POOL,
    find: "_storage().pauseStaking(duration);",
    replace: "_storage().pauseStaking(duration);\n        _mint(_storage().treasury, 1 gwei);",
  },
  {
    name: "a notice does not wait for exits",
    invariant: "I-39",
    campaign: "clamped",
    file: "contracts/Notice.sol",
    find: "return META_POOL.fundedThrough() >= found.batch + ROUNDS;",
    replace: "return true;",
  },
  {
    name: "reinstating removes",
    invariant: "I-41",
    campaign: "clamped",
    file: "contracts/libraries/Curation.sol",
    find: "else self.setState(id, record.drainedFrom);",
    replace: "else self.setState(id, IOperatorRegistry.State.Removed);",
  },
  {
    name: "nothing is unbonded for exits",
    invariant: "I-43",
    campaign: "hostile",
    file: ROOMS,
    find: "if (scope.now_.need == 0) return 0;",
    replace: "if (scope.now_.need != type(uint256).max) return 0;",
  },
  {
    name: "the last premium stays",
    invariant: "I-51",
    campaign: "hostile",
    file: POOL_BOOK,
    find: "_setPremium(self, premium - ended);",
    replace: "if (units != all) _setPremium(self, premium - ended);",
  },
  {
    name: "a ramp grows without stake",
    invariant: "I-52",
    campaign: "clamped",
    file: RAMPS,
    find: "finding.isHeld || !finding.hasStake)",
    replace: "finding.isHeld)",
  },
  {
    name: "a weight moves by half",
    invariant: "I-53",
    campaign: "clamped",
    file: "contracts/libraries/OperatorBook.sol",
    find: "uint256 private constant WEIGHT_STEP_BPS = 2_000;",
    replace: "uint256 private constant WEIGHT_STEP_BPS = 5_000;",
  },
  {
    name: "reports drain without a share",
    invariant: "I-54",
    campaign: "clamped",
    file: "contracts/libraries/GuardianShare.sol",
    find: "_use(self, _soundPosition(self, id));\n        record.drainedFrom = state;",
    replace: "record.drainedFrom = state;",
  },
  {
    name: "a vote counts for any report",
    invariant: "I-55",
    campaign: "clamped",
    file: "contracts/ReportOracle.sol",
    find: "if (_ballots[epoch][_members[i].term] == hash) ++votes;",
    replace: "if (_ballots[epoch][_members[i].term] != 0 && hash != 0) ++votes;",
  },
  {
    name: "an operator's preview shows a share more",
    invariant: "P-1",
    campaign: "operator",
    file: OPERATOR,
    find: "return convertToShares(assets);",
    replace: "return convertToShares(assets) + 1;",
  },
  {
    name: "half of a loss stays in an operator's equity",
    invariant: "P-2",
    campaign: "operator",
    file: OPERATOR_BOOK,
    find: "ledger.equity = left - ledger.lossOnShares;",
    replace: "ledger.equity = left - ledger.lossOnShares / 2;",
  },
  {
    name: "cash that was set aside stays cash",
    invariant: "P-3",
    campaign: "operator",
    file: OPERATOR,
    find: "_cash = (cash - funded).toUint96();",
    replace: "_cash = cash.toUint96();",
  },
  {
    name: "bond that was withdrawn is nobody's",
    invariant: "P-4",
    campaign: "operator",
    file: OPERATOR,
    find: "if (shares != 0) _credit(msg.sender, shares);",
    replace: "",
  },
  {
    name: "what can be withdrawn is shown twice",
    invariant: "P-5",
    campaign: "operator",
    file: OPERATOR,
    find: "unstaked_balance: free + waiting + matured,",
    replace: "unstaked_balance: free + waiting + 2 * matured,",
  },
  {
    name: "a batch begins, and nothing is unbonded",
    invariant: "P-6",
    campaign: "operator",
    file: OPERATOR,
    find: "emit BatchBegun(filling);\n\n        _unbondShortfall();",
    replace: "emit BatchBegun(filling);",
  },
  {
    name: "a loss that gains outweigh is let be",
    invariant: "P-6",
    campaign: "operator",
    file: OPERATOR,
    find: "(ledger.loss != 0 || _book.fillingUnits == 0)",
    replace: "ledger.loss != 0",
  },
  {
    name: "who deposits is not listed",
    invariant: "P-7",
    campaign: "operator",
    file: OPERATOR,
    find: "        _accounts.add(msg.sender);\n",
    replace: "",
  },
  {
    name: "batches are never complete",
    invariant: "P-8",
    campaign: "operator",
    file: OPERATOR,
    find: "book.complete(filling);",
    replace: "",
  },
];
