/** The custom errors of the interfaces, by name, with their arguments in order. */
export interface Errors {
  // IStakingPool
  ZeroAmount: [];
  InsufficientStake: [account: string, requested: bigint, available: bigint];
  InsufficientWithdrawable: [account: string, requested: bigint, available: bigint];
  StakeTooSmall: [assets: bigint];
  BelowMinimum: [actual: bigint, minimum: bigint];
  DeadlineExpired: [deadline: bigint, timestamp: bigint];
  InvalidReceiver: [receiver: string];
  TransferFailed: [receiver: string, amount: bigint];
  // IMetaPool
  PoolInsolvent: [assets: bigint, supply: bigint];
  StakingIsPaused: [until: bigint];
  ExceedsAssetCap: [assets: bigint, available: bigint];
  InstantExitUnavailable: [requested: bigint, available: bigint];
  InsufficientBuffer: [requested: bigint, available: bigint];
  OutOfBounds: [value: bigint, minimum: bigint, maximum: bigint];
  PauseNotAllowedYet: [allowedAt: bigint];
  // IAllocator
  TooManyLegs: [legs: bigint, maximum: bigint];
  SheetNotAscending: [group: bigint];
  GroupWithoutLevel: [group: bigint];
  UnknownOperator: [id: bigint];
  NotWrittenDown: [id: bigint];
  PoolFailed: [pool: string, selector: string];
  AccessManagedUnauthorized: [caller: string];
  // IOperatorRegistry
  AlreadyListed: [pool: string, id: bigint];
  NotWhitelisted: [pool: string];
  WrongState: [id: bigint, state: bigint];
  StillHolding: [id: bigint, position: bigint, unbonding: bigint];
  RoundOpen: [round: bigint];
  GroupNotRead: [group: bigint, round: bigint, firstRound: bigint];
  NetworkNotRead: [atSnapshot: bigint, live: bigint];
  UnknownGroup: [group: bigint];
  WrongDimension: [group: bigint, dimension: bigint, expected: bigint];
  WeightOutOfBounds: [id: bigint, weight: bigint, minWeight: bigint, maxWeight: bigint];
  WeightStepTooLarge: [id: bigint, weight: bigint, lowest: bigint, highest: bigint];
  NotLower: [oldValue: bigint, newValue: bigint];
  NotDrainedByReport: [id: bigint];
  GuardianShareExceeded: [amount: bigint, left: bigint];
  // IStakingPoolOwner
  InsufficientBond: [requested: bigint, available: bigint];
  StakeNotCovered: [delegated: bigint, covered: bigint];
  NoBondWithdrawal: [];
  BondWithdrawalNotReady: [readyAt: bigint, timestamp: bigint];
  StakingPaused: [];
  CommissionOutOfBounds: [commissionBps: bigint, minimum: bigint, maximum: bigint];
  CommissionAlreadyAnnounced: [commissionBps: bigint];
  NoCommissionAnnounced: [];
  CommissionNotReady: [earliest: bigint, timestamp: bigint];
  CommissionWaitsForExits: [batch: bigint, fundedThrough: bigint];
  OwnableUnauthorizedAccount: [account: string];
  // ERC-20
  ERC20InsufficientBalance: [sender: string, balance: bigint, needed: bigint];
  ERC20InsufficientAllowance: [spender: string, allowance: bigint, needed: bigint];
  ERC2612ExpiredSignature: [deadline: bigint];
}

/** An operation that the contract would revert with the custom error `reason`. */
export class Revert<Reason extends keyof Errors = keyof Errors> extends Error {
  readonly reason: Reason;
  readonly args: Errors[Reason];

  constructor(reason: Reason, ...args: Errors[Reason]) {
    super(`${reason}(${args.join(", ")})`);
    this.name = "Revert";
    this.reason = reason;
    this.args = args;
  }
}

export function required<Reason extends keyof Errors>(
  condition: boolean,
  reason: Reason,
  ...args: Errors[Reason]
): asserts condition {
  if (!condition) throw new Revert(reason, ...args);
}

/** Runs `operation` on states; if it throws, they are as they were. */
export function atomically<Result>(states: object[], operation: () => Result): Result {
  const before = states.map((state) => structuredClone(state));
  try {
    return operation();
  } catch (error) {
    states.forEach((state, index) => Object.assign(state, before[index]));
    throw error;
  }
}
