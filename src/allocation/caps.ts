import type { Problem } from "./problem.ts";
import type { CapRules, GroupRules, OperatorRecord, OperatorState, Snapshot, Totals } from "./types.ts";

/** Which rule a cap comes from. */
export type CapKind = "poolShare" | "netShare" | "bond" | "ramp" | "absolute" | "fixed" | "watch";

/** One bound on an operator's position, in wei. */
export interface CapTerm {
  readonly kind: CapKind;
  readonly amount: bigint;
}

/** One in basis points. */
export const BPS = 10_000n;

/** A share of an amount, rounded down. */
export function shareDown(amount: bigint, bps: bigint): bigint {
  return (amount * bps) / BPS;
}

/** The first amount less the second, zero when it is smaller. */
export function lessDown(amount: bigint, taken: bigint): bigint {
  return amount > taken ? amount - taken : 0n;
}

export function smaller(first: bigint, second: bigint): bigint {
  return first < second ? first : second;
}

export function larger(first: bigint, second: bigint): bigint {
  return first > second ? first : second;
}

/** Whether the state alone forbids any stake. */
export function isBarred(state: OperatorState): boolean {
  return state.faulted || mustLeave(state);
}

/** Whether all of the stake has to go, at once. */
export function mustLeave(state: OperatorState): boolean {
  return state.draining || state.delisted || !state.whitelisted;
}

/** Stake that the bond still covers, in wei: bond·ratio less others' stake and what is unbonding there. */
export function bondRoom(bond: bigint, ratio: bigint, others: bigint, unbonding: bigint): bigint {
  return lessDown(bond * ratio, others + unbonding);
}

/** T' and N as the round recorded them. */
export function recordedTotals(snapshot: Snapshot): Totals {
  return { stake: snapshot.T + snapshot.faultedStake, network: snapshot.networkStake };
}

/** The terms of c_i in the snapshot, in the order of the design; the state is not among them. */
export function recordedTerms(operator: OperatorRecord, rules: CapRules, totals: Totals): CapTerm[] {
  const terms = shareTerms(operator.others, rules, totals);
  terms.push({ kind: "fixed", amount: operator.fixedCap });
  if (operator.watch) terms.push({ kind: "watch", amount: operator.position });
  return terms;
}

/** c_i in the snapshot, in wei, every term rounded down. */
export function recordedCap(operator: OperatorRecord, rules: CapRules, totals: Totals): bigint {
  return isBarred(operator) ? 0n : lowest(recordedTerms(operator, rules, totals)).amount;
}

/**
 * The terms of an operator's cap at this moment. The ramp bounds increases only, so a reading for violations goes
 * without it (design §8).
 */
export function liveTerms(
  operator: OperatorRecord,
  rules: CapRules,
  totals: Totals,
  position: bigint,
  unbonding: bigint,
  withRamp: boolean,
): CapTerm[] {
  const { live } = operator;
  const terms = shareTerms(live.others, rules, totals);
  if (rules.bondRatio !== null) {
    terms.push({ kind: "bond", amount: bondRoom(live.bond, rules.bondRatio, live.others, unbonding) });
  }
  if (withRamp && live.ramp !== null) terms.push({ kind: "ramp", amount: live.ramp });
  if (live.absolute !== null) terms.push({ kind: "absolute", amount: live.absolute });
  if (live.watch) terms.push({ kind: "watch", amount: position });
  return terms;
}

/** The term that binds: the smallest, the first one of equals. */
export function lowest(terms: readonly CapTerm[]): CapTerm {
  return terms.reduce((best, term) => (term.amount < best.amount ? term : best));
}

/**
 * C_g in wei, null for a group without cap: the smallest of its rules, less the stake at faulted members. A share is
 * rounded down, a negative result is zero.
 */
export function groupCap(rules: GroupRules, totals: Totals, others: bigint, faultedStake: bigint): bigint | null {
  const bounds: bigint[] = [];
  if (rules.capShareBps !== null) bounds.push(shareDown(totals.stake, rules.capShareBps));
  if (rules.netShareBps !== null) bounds.push(lessDown(shareDown(totals.network, rules.netShareBps), others));
  if (rules.absolute !== null) bounds.push(rules.absolute);
  if (bounds.length === 0) return null;
  return lessDown(bounds.reduce(smaller), faultedStake);
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

function shareTerms(others: bigint, rules: CapRules, totals: Totals): CapTerm[] {
  return [
    { kind: "poolShare", amount: shareDown(totals.stake, rules.poolShareBps) },
    { kind: "netShare", amount: lessDown(shareDown(totals.network, rules.netShareBps), others) },
  ];
}
