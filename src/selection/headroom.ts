import { BPS } from "../allocation/amounts.ts";

/** A dimension whose caps leave the chosen hardly any choice of where stake goes. */
export interface TightDimension {
  readonly dimension: string;
  /** Groups that a chosen operator is in. */
  readonly groups: number;
  /** What their caps allow together, of the pool. */
  readonly headroomBps: bigint;
}

/** Of the pool, below which the fair allocation strands stake: research/allocation.md §3.3. */
const ENOUGH_BPS = (15n * BPS) / 10n;

/**
 * Dimensions in which the caps of all groups that are not empty add up to less than one and a half times the pool. `capOf`
 * is a group's share of the pool, null where it has no cap that holds: one such group is room enough, and so is an operator
 * in no group, as it is under no cap of the dimension.
 */
export function tightDimensions(
  memberships: readonly Readonly<Record<string, string>>[],
  dimensions: readonly string[],
  capOf: (dimension: string, group: string) => bigint | null,
): TightDimension[] {
  return dimensions.flatMap((dimension) => {
    const groups = [...new Set(memberships.map((each) => each[dimension]))];
    const caps = groups.map((group) => (group === undefined ? null : capOf(dimension, group)));
    if (groups.length === 0 || caps.includes(null)) return [];
    const headroomBps = caps.reduce<bigint>((sum, cap) => sum + (cap ?? 0n), 0n);
    return headroomBps < ENOUGH_BPS ? [{ dimension, groups: groups.length, headroomBps }] : [];
  });
}

/** A warning for whoever is to sign. */
export function tightInWords({ dimension, groups, headroomBps }: TightDimension): string {
  return (
    `${dimension}: the caps of the ${groups} groups of the chosen add up to ${Number(headroomBps) / 100} % of the pool, ` +
    "less than 150 %: some of its stake may fit nowhere."
  );
}

/** As values for programs, with the warning. */
export function tightJson(tight: readonly TightDimension[]): (TightDimension & { readonly inWords: string })[] {
  return tight.map((one) => ({ ...one, inWords: tightInWords(one) }));
}
