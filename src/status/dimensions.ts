import { formatAmount } from "../cli/amounts.ts";
import { groupCap } from "../allocation/caps.ts";
import { DIMENSIONS, dimensionNumber } from "../lens/dimensions.ts";
import type { GroupView, PoolView } from "../lens/read.ts";
import { groupRulesOf } from "../lens/snapshot.ts";

/** What the caps of a dimension's groups do. */
export interface DimensionStatus {
  readonly dimension: string;
  readonly mode: string;
  /** Ids of its groups. */
  readonly groups: readonly bigint[];
  /** The group that operators sit in while they ramp, if it is one of these. */
  readonly tenureGroup: bigint | null;
}

/** In the order of IOperatorRegistry.DimensionMode. */
const MODES = ["hard", "monitor", "off"];
const MONITOR = 1n;

/** Every dimension that has groups. */
export function dimensionsOf(groups: readonly GroupView[]): DimensionStatus[] {
  return DIMENSIONS.flatMap((dimension) => {
    const members = groups.filter(({ caps }) => caps.dimension === BigInt(dimensionNumber(dimension)));
    const [first] = members;
    if (first === undefined) return [];
    return {
      dimension,
      mode: MODES[Number(first.mode)] ?? "unknown",
      groups: members.map(({ id }) => id),
      tenureGroup: members.find(({ isTenure }) => isTenure)?.id ?? null,
    };
  });
}

/** Groups whose caps leave hardly any choice, and monitored ones that hold more than their caps say. */
export function groupWarnings({ snapshot }: PoolView, groups: readonly GroupView[]): string[] {
  const totals = { stake: snapshot.total + snapshot.faultedStake, network: snapshot.networkStake };
  return groups.flatMap((group) => {
    const { id, caps, stated, mode, groupsInDimension, tight } = group;
    if (tight) {
      return (
        `group ${id} may hold ${percent(caps.poolShareBps)} and is one of ${groupsInDimension} in its dimension: ` +
        "hardly any choice is left"
      );
    }
    if (mode !== MONITOR) return [];
    const { others, faulted, position } = group.snapshot;
    const cap = groupCap(groupRulesOf(stated), totals, { others, faultedStake: faulted });
    if (cap === null || position <= cap) return [];
    return `group ${id} holds ${formatAmount(position)} ETH, above the ${formatAmount(cap)} ETH that are only monitored`;
  });
}

function percent(bps: bigint): string {
  return `${Number(bps) / 100} %`;
}
