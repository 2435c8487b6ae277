/**
 * The numbered invariants (docs/invariants.md) as checks on snapshots, whether they were taken from the model or read
 * from a chain. A check returns what it found broken, as sentences that begin with the number.
 */
import { max, sum } from "./arithmetic.ts";

export interface ExitSnapshot {
  batch: bigint;
  open: bigint;
  matured: bigint;
}

export interface AccountSnapshot {
  account: string;
  shares: bigint;
  free: bigint;
  exits: ExitSnapshot[];
}

export interface BatchSnapshot {
  number: bigint;
  units: bigint;
  paid: bigint;
  open: bigint;
}

export interface OperatorState {
  id: bigint;
  position: bigint;
  unbonding: bigint;
  cap: bigint; // live c_i; what an increase may reach
  groups: bigint[]; // at the last snapshot
  faulted: boolean;
  premiumUnits: bigint;
}

export interface GroupState {
  id: bigint;
  position: bigint; // of its healthy members
  cap: bigint | undefined; // live C_g
}

/** Everything that the book says at one moment. */
export interface Snapshot {
  balance: bigint; // wei at the contract
  buffer: bigint;
  delegated: bigint;
  owed: bigint;
  reserved: bigint;
  free: bigint;
  locked: bigint;
  roundGain: bigint;
  assets: bigint; // E
  supply: bigint; // S
  premium: bigint; // R
  highWater: bigint;
  closed: boolean;
  fundedThrough: bigint;
  accounts: AccountSnapshot[];
  batches: BatchSnapshot[];
  operators: OperatorState[];
  groups: GroupState[];
}

/** What an operation did that the invariants between two moments must know. */
export interface Step {
  loss?: bigint; // booked
  voided?: boolean; // open batches were voided
  read?: boolean; // positions followed what operators' pools say
}

export function brokenInState(state: Snapshot): string[] {
  const open = sum(state.batches.map((batch) => batch.open));
  const exits = state.accounts.flatMap((account) => account.exits);
  return [
    check(
      state.assets + state.locked + state.owed + state.roundGain === state.buffer + state.delegated,
      "I-01: what the pool owns is not what it owes",
    ),
    check(state.assets >= 0n && state.buffer >= 0n && state.owed >= 0n, "I-01: a bucket is negative"),
    check(
      state.balance >= state.buffer + state.reserved + state.free,
      "I-03: the contract holds less than buffer, reserved and free",
    ),
    check(
      state.reserved >= sum(exits.map((exit) => exit.matured)),
      "I-07: matured exits are more than what is reserved",
    ),
    check(
      exits.every((exit) => exit.matured >= 0n && exit.open >= 0n),
      "I-07: an exit is negative",
    ),
    check(state.owed >= open, "I-08: open batches are more than what is owed"),
    ...state.batches.map((batch) =>
      check(
        batch.open >= sum(exits.filter((exit) => exit.batch === batch.number).map((exit) => exit.open)),
        `I-08: the exits of batch ${batch.number.toString()} are more than the batch`,
      ),
    ),
    check(
      state.supply === sum(state.accounts.map((account) => account.shares)),
      "I-09: the supply is not the sum of shares",
    ),
    check(
      state.free === sum(state.accounts.map((account) => account.free)),
      "I-09: free is not the sum of free balances",
    ),
    check(state.closed || state.assets * 10n ** 9n >= state.supply, "I-10: a pool that lost nearly everything is open"),
    check(state.premium >= 0n, "I-51: the premium is negative"),
    check(
      state.premium === 0n ||
        state.operators.length === 0 || // not listed
        state.operators.some((operator) => operator.premiumUnits > 0n),
      "I-51: a premium without a written-down operator",
    ),
    ...state.groups.map((group) =>
      check(
        group.position ===
          sum(
            state.operators
              .filter((member) => !member.faulted && member.groups.includes(group.id))
              .map((member) => member.position),
          ),
        `I-23: the position of group ${group.id.toString()} is not the sum of its members'`,
      ),
    ),
  ].filter((broken) => broken !== undefined);
}

export function brokenInStep(before: Snapshot, after: Snapshot, { loss = 0n, voided, read }: Step = {}): string[] {
  // A leg can only show a loss once its stake has gone out: the caps that it was held to are those before.
  const showsLoss = claimsOf(after) < claimsOf(before);
  return [
    check(
      loss > 0n || after.assets * before.supply >= before.assets * after.supply,
      "I-11: the price fell without a booked loss",
    ),
    check(loss === 0n || voided === true || isLossShared(before, after, loss), "I-15: a loss was not shared pro rata"),
    check(after.highWater >= before.highWater, "I-17: the high-water mark fell"),
    check(after.fundedThrough >= before.fundedThrough, "I-24: funding went backwards"),
    check(!before.closed || after.closed, "I-41: a closed pool opened again"),
    ...after.operators.map((operator) => {
      const old = before.operators.find((candidate) => candidate.id === operator.id)?.position ?? 0n;
      return check(
        read === true || operator.position <= max(operator.cap, old),
        `I-22: operator ${operator.id.toString()} was lifted above its cap`,
      );
    }),
    ...after.groups.map((group) => {
      const old = before.groups.find((candidate) => candidate.id === group.id);
      const most = max(old?.position ?? 0n, showsLoss ? (old?.cap ?? 0n) : 0n);
      return check(
        read === true || group.cap === undefined || group.position <= max(group.cap, most),
        `I-22: group ${group.id.toString()} was lifted above its cap`,
      );
    }),
  ].filter((broken) => broken !== undefined);
}

function claimsOf({ assets, owed, locked, roundGain }: Snapshot): bigint {
  return assets + owed + locked + roundGain;
}

/** What is left of a loss after gains and locked gains falls on shares and exits in proportion, within one wei. */
function isLossShared(before: Snapshot, after: Snapshot, loss: bigint): boolean {
  const eaten = before.roundGain - after.roundGain + (before.locked - after.locked);
  const rest = loss - max(0n, eaten);
  const exact = rest * before.owed; // over assets + owed, borne by the exits
  const borne = before.owed - after.owed;
  const total = before.assets + before.owed;
  return borne * total <= exact && borne * total > exact - total;
}

function check(holds: boolean, sentence: string): string | undefined {
  return holds ? undefined : sentence;
}
