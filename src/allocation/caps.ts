import { larger, lessDown, MAX_AMOUNT, shareDown, smaller } from "./amounts.ts";
import type { Problem } from "./problem.ts";
import type { GroupRecord, GroupRules, LivePool, OperatorRecord, ShareRules, Snapshot, Totals } from "./types.ts";

/** Of the stake at a pool its bond must cover 4 of 5 at least, or what is beyond it is a violation. */
const FREEZE_FROM = 4n;
const FREEZE_OF = 5n;

/** Money in the pool, in wei, from which its stake to place, its free buffer and its need follow. */
export interface PoolMoney {
  readonly buffer: bigint;
  readonly committed: bigint;
  readonly unbonding: bigint;
  readonly owed: bigint;
  /** Share of E that stays in the buffer. */
  readonly bufferTarget: bigint;
  /** Position and unbonding at faulted operators, and the unbonding part of it. */
  readonly faultedStake: bigint;
  readonly faultedUnbonding: bigint;
}

/** T, the free buffer and the need, in wei, each at least zero. Source: design §6, §7. */
export function totalsOf(money: PoolMoney): Pick<LivePool, "T" | "free" | "need"> {
  const claims = money.owed + money.bufferTarget;
  return {
    T: lessDown(money.buffer + money.committed + money.unbonding, money.faultedStake + claims),
    free: lessDown(money.buffer, claims),
    need: lessDown(claims, money.buffer + money.unbonding - money.faultedUnbonding),
  };
}

/** T' and N as the round recorded them. */
export function recordedTotals(snapshot: Snapshot): Totals {
  return { stake: snapshot.T + snapshot.faultedStake, network: snapshot.networkStake };
}

/** The smaller T' and N of the snapshot and of now: what an increase is held to. An unknown N lets nothing rise. */
export function smallerTotals(snapshot: Snapshot): Totals {
  const recorded = recordedTotals(snapshot);
  const { live } = snapshot;
  return {
    stake: smaller(recorded.stake, live.T + live.faultedStake),
    network: smaller(recorded.network, live.networkStake),
  };
}

/** The larger T' and N: what is a violation even so. An unknown N makes nothing a violation. */
export function largerTotals(snapshot: Snapshot): Totals {
  const recorded = recordedTotals(snapshot);
  const { live } = snapshot;
  const unknown = recorded.network === 0n || live.networkStake === 0n;
  return {
    stake: larger(recorded.stake, live.T + live.faultedStake),
    network: unknown ? MAX_AMOUNT : larger(recorded.network, live.networkStake),
  };
}

/** Bound by the pool's stake, in wei. */
export function poolShareCap(rules: ShareRules, totals: Totals): bigint {
  return shareDown(totals.stake, rules.poolShareBps);
}

/** Bound by the network's stake, others' stake taken off, in wei; null when there is none. */
export function netShareCap(bps: bigint | null, totals: Totals, others: bigint): bigint | null {
  return bps === null ? null : lessDown(shareDown(totals.network, bps), others);
}

/**
 * The bond's part of a recorded cap, in wei: bond·ratio less others' stake (docs/decisions/0002). A position beyond that is
 * frozen while the bond covers four fifths of both at least: the cap is then the position.
 */
export function bondCap(
  bond: bigint,
  ratio: bigint,
  others: bigint,
  position: bigint,
): { readonly cap: bigint; readonly isFrozen: boolean } {
  const covered = bond * ratio;
  const cap = lessDown(covered, others);
  const isFrozen = cap < position && covered * FREEZE_OF >= (position + others) * FREEZE_FROM;
  return { cap: isFrozen ? position : cap, isFrozen };
}

/** c_i of the snapshot, in wei. */
export function recordedCap(operator: OperatorRecord, rules: ShareRules, totals: Totals): bigint {
  return smaller(shareCap(operator, rules, totals), operator.fixedCap);
}

/**
 * What an operator may be lifted to at this moment, in wei; its state is not looked at. `unbonding` is what is on its
 * way back from it, which counts. A ramp changes with the round alone: it is in the recorded cap, which bounds the target.
 */
export function increaseCap(operator: OperatorRecord, pool: LivePool, totals: Totals, unbonding: bigint): bigint {
  const { live, others } = operator;
  let cap = shareCap(operator, pool, totals);
  if (pool.bondRatio !== null) cap = smaller(cap, lessDown(live.bond * pool.bondRatio, others));
  return lessDown(smaller(cap, live.absolute ?? cap), unbonding);
}

/**
 * Above what, grace aside, an operator's position is a violation, in wei. Watch by itself makes none: the recorded cap is
 * then the position that was recorded with it.
 */
export function violationCap(operator: OperatorRecord, pool: LivePool, totals: Totals): bigint {
  const { live, fixedCap } = operator;
  const cap = smaller(shareCap(operator, pool, totals), live.absolute ?? MAX_AMOUNT);
  return smaller(cap, fixedCap);
}

/**
 * C_g in wei, null for a group without cap: the smallest of its rules, less the stake at faulted members. Shares are
 * rounded down, a negative result is zero.
 */
export function groupCap(
  rules: GroupRules,
  totals: Totals,
  group: Pick<GroupRecord, "others" | "faultedStake">,
): bigint | null {
  const bounds = [
    rules.capShareBps === null ? null : shareDown(totals.stake, rules.capShareBps),
    netShareCap(rules.netShareBps, totals, group.others),
    rules.absolute,
  ].filter((bound) => bound !== null);
  return bounds.length === 0 ? null : lessDown(bounds.reduce(smaller), group.faultedStake);
}

/** The allocation problem that a snapshot poses. */
export function problemOf(snapshot: Snapshot): Problem {
  const totals = recordedTotals(snapshot);
  return {
    total: snapshot.T,
    operators: snapshot.operators.map((operator) => ({
      weight: operator.weight,
      cap: recordedCap(operator, snapshot, totals),
      groups: operator.groups,
    })),
    groups: snapshot.groups.map(({ id, cap }) => ({ id, cap })),
  };
}

function shareCap(operator: OperatorRecord, rules: ShareRules, totals: Totals): bigint {
  const share = poolShareCap(rules, totals);
  return smaller(share, netShareCap(rules.netShareBps, totals, operator.others) ?? share);
}
