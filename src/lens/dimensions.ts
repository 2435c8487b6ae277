/** Dimensions of groups, by the bytes of the registry that hold them, lowest first; the contracts count them from 1. */
export const DIMENSIONS = ["entity", "jurisdiction", "infrastructure", "client", "tenure"] as const;

export type Dimension = (typeof DIMENSIONS)[number];

/** The contracts' number of a dimension. */
export function dimensionNumber(dimension: Dimension): number {
  return DIMENSIONS.indexOf(dimension) + 1;
}

/** The group of each dimension, lowest first; 0 is none. */
export function unpackGroups(packed: bigint): number[] {
  return DIMENSIONS.map((_, index) => Number((packed >> BigInt(8 * index)) & 0xffn));
}

/** Groups by the names of their dimensions, where there is one. */
export function namedGroups(
  groups: readonly number[],
  nameOf: (group: number) => string = String,
): Record<string, string> {
  return Object.fromEntries(
    DIMENSIONS.flatMap((dimension, index) => {
      const group = groups[index] ?? 0;
      return group === 0 ? [] : [[dimension, nameOf(group)]];
    }),
  );
}
