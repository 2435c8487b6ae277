/**
 * Plain records of what the lens reads in one block. Amounts are wei, shares of a whole are basis points, ids are small
 * numbers. The recorded part is what the last finished round wrote down; `live` is this moment. Source: design §6, §7.
 */

/** Names an operator; ids are append-only. */
export type OperatorId = number;

/** Names a group; 0 is the pool itself, of which every operator is a member without saying so. */
export type GroupId = number;

/** The group that stands for the whole pool. */
export const POOL: GroupId = 0;

/** Rules of the pool that bound one operator. */
export interface CapRules {
  /** Most of the pool's stake that one operator may hold. */
  readonly poolShareBps: bigint;
  /** Most of the network's stake that one operator may hold, others' stake included. */
  readonly netShareBps: bigint;
  /** Stake allowed per wei of the operator's own bond, or null when the deployment has no bond term. */
  readonly bondRatio: bigint | null;
}

/** Rules of a group; a group with none of the three has no cap. */
export interface GroupRules {
  readonly capShareBps: bigint | null;
  readonly netShareBps: bigint | null;
  readonly absolute: bigint | null;
}

/** What a share is taken of. */
export interface Totals {
  /** T' of the design: stake to place, plus the stake at faulted operators. */
  readonly stake: bigint;
  /** N of the design: stake of the whole network. */
  readonly network: bigint;
}

/** Conditions that stop an operator from holding or gaining stake. */
export interface OperatorState {
  readonly draining: boolean;
  readonly delisted: boolean;
  readonly whitelisted: boolean;
  readonly watch: boolean;
  readonly faulted: boolean;
}

/** An operator at this moment. */
export interface LiveOperator extends OperatorState {
  readonly position: bigint;
  readonly unbonding: bigint;
  /** Stake of everyone else at the operator. */
  readonly others: bigint;
  /** Worth of the operator's own junior stake. */
  readonly bond: bigint;
  /** Cap while the operator is ramping, else null. */
  readonly ramp: bigint | null;
  readonly absolute: bigint | null;
  /** What class 1 took from the operator since the round ended. */
  readonly class1Taken: bigint;
}

/** An operator as the round recorded it. */
export interface OperatorRecord extends OperatorState {
  readonly id: OperatorId;
  readonly weight: bigint;
  /** At most five, one per dimension, without the pool. */
  readonly groups: readonly GroupId[];
  /** The smallest of bond room, ramp and absolute cap. */
  readonly fixedCap: bigint;
  readonly others: bigint;
  readonly position: bigint;
  readonly unbonding: bigint;
  readonly live: LiveOperator;
}

/** A group at this moment. */
export interface LiveGroup extends GroupRules {
  /** Stake of everyone else at the members. */
  readonly others: bigint;
  /** Position and unbonding at faulted members. */
  readonly faultedStake: bigint;
}

/** A group as the round recorded it. */
export interface GroupRecord extends GroupRules {
  readonly id: GroupId;
  /** Entity, jurisdiction, infrastructure, client or tenure. */
  readonly dimension: string;
  /** C_g, or null when the group has no cap. */
  readonly cap: bigint | null;
  /** W_g: weights of the members with a cap above 0. */
  readonly weight: bigint;
  readonly live: LiveGroup;
}

/** The pool at this moment. */
export interface LivePool extends CapRules {
  /** Stake to place now. */
  readonly T: bigint;
  readonly networkStake: bigint;
  readonly faultedStake: bigint;
  readonly buffer: bigint;
  readonly owed: bigint;
  /** The buffer target in wei: its share of E. */
  readonly bufferTarget: bigint;
  /** Unbonding at operators that are not faulted. */
  readonly unbonding: bigint;
  /** What class 0 moved since the round ended. */
  readonly class0Moved: bigint;
  /** What class 2 moved within the last unbonding time. */
  readonly class2Moved: bigint;
}

/** Parameters of the legs. */
export interface LegRules {
  readonly graceBps: bigint;
  readonly bandBps: bigint;
  /** Of T, per round. */
  readonly budget0Bps: bigint;
  /** Of T, per unbonding time. */
  readonly budget2Bps: bigint;
  /** Smallest move in wei whatever T is. */
  readonly minMoveFloor: bigint;
}

/** Everything that the planner needs. */
export interface Snapshot extends CapRules {
  /** Stake to place, C_0. */
  readonly T: bigint;
  readonly networkStake: bigint;
  /** Position and unbonding at faulted operators. */
  readonly faultedStake: bigint;
  /** Money that exits lacked when the round ended. */
  readonly need0: bigint;
  /** Sum of the positions of healthy operators when the round ended. */
  readonly X: bigint;
  readonly groups: readonly GroupRecord[];
  readonly operators: readonly OperatorRecord[];
  readonly legRules: LegRules;
  readonly live: LivePool;
}

/** How much each member of a group may hold per unit of weight, 1e18 fixed point. */
export interface Level {
  readonly group: GroupId;
  readonly level: bigint;
}

/** Levels of the groups that bind, strictly ascending by group; a group that is not named is unbounded. */
export type Sheet = readonly Level[];

/** A request to move stake, as `rebalance` takes it. */
export interface Leg {
  readonly operator: OperatorId;
  readonly amount: bigint;
  readonly up: boolean;
}
