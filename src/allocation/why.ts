import { larger, MAX_AMOUNT } from "./amounts.ts";
import { bondCap, netShareCap, poolShareCap, problemOf, recordedTotals } from "./caps.ts";
import { initialLevels, lowestLevel, targetsAt } from "./certificate.ts";
import { takenAt } from "./problem.ts";
import type { GroupId, Level, OperatorId, OperatorRecord, Sheet, Snapshot } from "./types.ts";
import { POOL } from "./types.ts";

/**
 * What keeps an operator's target where it is. `level` is the level of the whole pool: the operator gets its fair part by
 * weight. `recorded` is a cap of the round's end that nothing of this moment explains.
 */
export type Binding =
  | { readonly kind: "faulted" | "delisted" | "notWhitelisted" | "draining" | "noWeight" | "level" | "recorded" }
  | { readonly kind: Term["kind"]; readonly cap: bigint }
  | { readonly kind: "group"; readonly group: GroupId; readonly cap: bigint | null };

/** Why an operator stands where it stands, in wei. */
export interface Reason {
  readonly operator: OperatorId;
  readonly position: bigint;
  readonly target: bigint;
  readonly binding: Binding;
}

/** A bound with its name; a frozen bond covers less than the position, and too much for any of it to be sent home. */
interface Term {
  readonly kind: "poolShare" | "netShare" | "bond" | "frozenBond" | "ramp" | "absolute" | "watch";
  readonly cap: bigint;
}

/**
 * Explains every operator, in the order of the snapshot. A state comes first, then the tightest cap, the first one of
 * equals in the order of the design, then the lowest level.
 */
export function whyAll(snapshot: Snapshot, certified: Sheet | null): Reason[] {
  const problem = problemOf(snapshot);
  const sheet = certified ?? initialLevels(problem);
  const targets = targetsAt(problem, sheet);
  const levels = new Map(sheet.map(({ group, level }) => [group, level]));
  const groupCaps = new Map(snapshot.groups.map(({ id, cap }) => [id, cap]));

  return snapshot.operators.map((operator, index) => {
    const cap = problem.operators[index]?.cap ?? 0n;
    const level = lowestLevel({ ...operator, cap }, levels);
    const taken = level === null ? cap : takenAt(operator.weight, level.level);
    return {
      operator: operator.id,
      position: operator.live.position,
      target: targets[index] ?? 0n,
      binding:
        stateOf(operator) ??
        (level !== null && taken < cap ? levelBinding(level, groupCaps) : capBinding(snapshot, operator)),
    };
  });
}

/** Explains one operator. */
export function why(snapshot: Snapshot, certified: Sheet | null, operator: OperatorId): Reason {
  const reason = whyAll(snapshot, certified).find((candidate) => candidate.operator === operator);
  if (reason === undefined) throw new RangeError(`The snapshot has no operator ${operator}.`);
  return reason;
}

function stateOf({ live, weight }: OperatorRecord): Binding | null {
  if (live.faulted) return { kind: "faulted" };
  if (live.delisted) return { kind: "delisted" };
  if (!live.whitelisted) return { kind: "notWhitelisted" };
  if (live.draining) return { kind: "draining" };
  return weight === 0n ? { kind: "noWeight" } : null;
}

function levelBinding({ group }: Level, groupCaps: ReadonlyMap<GroupId, bigint | null>): Binding {
  return group === POOL ? { kind: "level" } : { kind: "group", group, cap: groupCaps.get(group) ?? null };
}

/** The tightest of the caps that the snapshot recorded; what its fixed part consists of is read from this moment. */
function capBinding(snapshot: Snapshot, operator: OperatorRecord): Binding {
  const totals = recordedTotals(snapshot);
  const share = poolShareCap(snapshot, totals);
  const netShare = netShareCap(snapshot.netShareBps, totals, operator.others) ?? MAX_AMOUNT;
  if (share <= netShare && share <= operator.fixedCap) return { kind: "poolShare", cap: share };
  if (netShare <= operator.fixedCap) return { kind: "netShare", cap: netShare };

  const parts = fixedParts(snapshot, operator);
  const first = parts[0];
  if (first === undefined) return { kind: "recorded" };
  const tightest = parts.reduce((best, part) => (part.cap < best.cap ? part : best), first);
  return { kind: tightest.kind, cap: operator.fixedCap };
}

function fixedParts({ live: pool }: Snapshot, { live, others, position }: OperatorRecord): Term[] {
  const parts: Term[] = [];
  if (pool.bondRatio !== null) {
    const { cap, isFrozen } = bondCap(live.bond, pool.bondRatio, others, position);
    parts.push({ kind: isFrozen ? "frozenBond" : "bond", cap });
  }
  if (live.ramp !== null) parts.push({ kind: "ramp", cap: larger(live.ramp, position) });
  if (live.absolute !== null) parts.push({ kind: "absolute", cap: live.absolute });
  if (live.watch) parts.push({ kind: "watch", cap: position });
  return parts;
}
