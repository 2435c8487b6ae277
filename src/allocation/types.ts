/**
 * Plain records of what the lens reads in one block. Amounts are wei, shares of a whole are basis points (null for none),
 * ids are small numbers. The recorded part is what the last finished round wrote down; `live` is this moment.
 * Source: design §6 and §7, IAllocator and IOperatorRegistry.
 */

/** Names an operator; ids count from 1 and are never used again. */
export type OperatorId = number;

/** Names a group; 0 is the pool itself, of which every operator is a member without saying so. */
export type GroupId = number;

/** The group that stands for the whole pool. */
export const POOL: GroupId = 0;

/** Shares that bound one operator. */
export interface ShareRules {
  /** Most of the pool's stake that one operator may hold. */
  readonly poolShareBps: bigint;
  /** Most of the network's stake that one operator may hold, others' stake included. */
  readonly netShareBps: bigint | null;
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

/** An operator at this moment. */
export interface LiveOperator {
  readonly draining: boolean;
  /** De-listed or removed. */
  readonly delisted: boolean;
  readonly whitelisted: boolean;
  readonly watch: boolean;
  readonly faulted: boolean;
  readonly position: bigint;
  readonly unbonding: bigint;
  /** Worth of the operator's own junior stake. */
  readonly bond: bigint;
  /** Of an operator that is ramping what it may be lifted to, else null; the last round's, as is the cap it is part of. */
  readonly ramp: bigint | null;
  readonly absolute: bigint | null;
  /** What class 1 took from the operator since the round ended. */
  readonly class1Taken: bigint;
  /** What it lost since the last reading, rounding aside: nobody makes up for it before the next. */
  readonly lost: bigint;
}

/** An operator as the round recorded it. */
export interface OperatorRecord {
  readonly id: OperatorId;
  readonly weight: bigint;
  /** At most five, one per dimension, without the pool. */
  readonly groups: readonly GroupId[];
  /**
   * What depends on neither T nor N: the smallest of what the bond covers, ramp and absolute cap; on watch at most the
   * position; a ramp, or a bond that covers most of the position, is never below it; 0 for an operator that was draining,
   * de-listed, not whitelisted or faulted.
   */
  readonly fixedCap: bigint;
  /** Stake of everyone else at the operator. */
  readonly others: bigint;
  /** p_i: position when the round ended. */
  readonly position: bigint;
  readonly live: LiveOperator;
}

/** A group at this moment. */
export interface LiveGroup extends GroupRules {
  /** Sum of its members' positions, as the contract keeps it. */
  readonly position: bigint;
}

/** A group as the round recorded it. */
export interface GroupRecord {
  readonly id: GroupId;
  /** Entity, jurisdiction, infrastructure, client or tenure. */
  readonly dimension: string;
  /** C_g, or null when the group has no cap. */
  readonly cap: bigint | null;
  /** W_g: weights of the members with a cap above 0. */
  readonly weight: bigint;
  /** Stake of everyone else at its members. */
  readonly others: bigint;
  /** Position and unbonding at faulted members. */
  readonly faultedStake: bigint;
  /** Unbonding at healthy members, which increases leave room for. */
  readonly unbonding: bigint;
  readonly live: LiveGroup;
}

/** The pool at this moment. */
export interface LivePool extends ShareRules {
  /** Stake allowed per wei of an operator's own bond, or null when the deployment has no bond term. */
  readonly bondRatio: bigint | null;
  /** Stake to place now. */
  readonly T: bigint;
  readonly faultedStake: bigint;
  /** Zero when it cannot be read. */
  readonly networkStake: bigint;
  /** Buffer beyond what is owed and the buffer target. */
  readonly free: bigint;
  /** What exits and the buffer lack, unbonding that is not faulted counted. */
  readonly need: bigint;
  /** What class 0 moved since the round ended. */
  readonly class0Moved: bigint;
  /** What class 2 moved within the last unbonding time. */
  readonly class2Moved: bigint;
  /** Operators were scored before, and not for too long: class 2 is closed. */
  readonly scoresAreOld: boolean;
}

/** Parameters of the legs. */
export interface LegRules {
  readonly graceBps: bigint;
  readonly bandBps: bigint;
  /** Of T, per round. */
  readonly budget0Bps: bigint;
  /** Of T, per unbonding time. */
  readonly budget2Bps: bigint;
  /** Smallest move in wei, whatever T is. */
  readonly minMove: bigint;
}

/** Everything that the planner needs. */
export interface Snapshot extends ShareRules {
  /** Stake to place, C_0. */
  readonly T: bigint;
  /** Position and unbonding at faulted operators. */
  readonly faultedStake: bigint;
  /** Zero when it could not be read. */
  readonly networkStake: bigint;
  /** Money that exits and the buffer lacked when the round ended. */
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
