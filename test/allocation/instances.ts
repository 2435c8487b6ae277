import fc from "fast-check";

import type { Problem } from "../../src/allocation/problem.ts";
import type { Sheet } from "../../src/allocation/types.ts";

/** Whole coins in wei. */
export function coins(amount: number): bigint {
  return BigInt(amount) * 10n ** 18n;
}

/** A level written as coins per unit of weight. */
export function level(group: number, amount: number): { group: number; level: bigint } {
  return { group, level: coins(amount) * 10n ** 18n };
}

/** Groups of the golden vectors: entity 1 and the rest, infrastructure 3 and the rest. */
export const GOLDEN = { g1: 1, g2: 2, h1: 3, h2: 4 } as const;

/** The golden vector of research/allocation.md §11 with caps that do not follow the total. */
export function golden(total: number): Problem {
  const caps = [300, 300, 300, 40, 300, 300];
  const inEntity = [0, 1];
  const inCloud = [0, 2, 4];
  return {
    total: coins(total),
    operators: [4n, 3n, 2n, 1n, 1n, 1n].map((weight, index) => ({
      weight,
      cap: coins(caps[index] ?? 0),
      groups: [inEntity.includes(index) ? GOLDEN.g1 : GOLDEN.g2, inCloud.includes(index) ? GOLDEN.h1 : GOLDEN.h2],
    })),
    groups: [
      { id: GOLDEN.g1, cap: coins(420) },
      { id: GOLDEN.g2, cap: coins(1000) },
      { id: GOLDEN.h1, cap: coins(570) },
      { id: GOLDEN.h2, cap: coins(1000) },
    ],
  };
}

/** Levels that prove the golden vector at a total of 1000. */
export const GOLDEN_SHEET: Sheet = [level(0, 210), level(GOLDEN.g1, 60), level(GOLDEN.h1, 110)];

/** Amounts of any size, from nothing over single wei to a large pool, so that most caps do not bind. */
function wildAmounts(): fc.Arbitrary<bigint> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(0n) },
    { weight: 3, arbitrary: fc.bigInt(0n, 40n) },
    { weight: 3, arbitrary: fc.constantFrom(10n ** 18n, 2n * 10n ** 18n, 10n ** 20n) },
    { weight: 4, arbitrary: fc.bigInt(0n, 10n ** 24n) },
  );
}

/** Amounts of one size, many of them equal or a few wei apart, so that caps of all kinds bind together. */
function closeAmounts(unit: bigint, most: number): fc.Arbitrary<bigint> {
  return fc.tuple(fc.nat(most), fc.nat(3)).map(([count, extra]) => BigInt(count) * unit + BigInt(extra === 3 ? 1 : 0));
}

/** Weights with many ties, zeros, and some as large as the bound allows. */
function weights(largest: bigint): fc.Arbitrary<bigint> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(0n) },
    { weight: 4, arbitrary: fc.bigInt(1n, 5n) },
    { weight: 3, arbitrary: fc.bigInt(1n, 1_000_000n) },
    { weight: 1, arbitrary: fc.bigInt(1n, largest) },
  );
}

/** Sizes of problems, each within both bounds. */
export interface Sizes {
  readonly operators?: readonly [least: number, most: number];
  readonly dimensions?: readonly [least: number, most: number];
  /** The default is as much as 200 operators may have. */
  readonly largestWeight?: bigint;
}

/**
 * Problems with up to 200 operators in up to five dimensions: ties, zero caps and weights, groups without cap, without
 * member or without room, and totals below, at and above what the caps can hold.
 */
export function problems(most = 200, sizes: Sizes = {}): fc.Arbitrary<Problem> {
  const { operators = [1, most], dimensions: [least, deepest] = [0, 5], largestWeight = 5n * 10n ** 15n } = sizes;
  return fc
    .record({
      count: fc.integer({ min: operators[0], max: operators[1] }),
      dimensions: fc.integer({ min: least, max: deepest }),
      unit: fc.constantFrom(0n, 1n, 7n, 10n ** 18n, 10n ** 21n + 7n),
    })
    .chain(({ count, dimensions, unit }) => {
      const amounts = (most: number): fc.Arbitrary<bigint> => (unit === 0n ? wildAmounts() : closeAmounts(unit, most));
      const perOperator = { minLength: count, maxLength: count };
      return fc.record({
        total: amounts(20 * count),
        weights: fc.oneof(
          fc.array(weights(largestWeight), perOperator),
          fc.constant(Array.from({ length: count }, () => 3n)),
        ),
        caps: fc.oneof(
          fc.array(amounts(60), perOperator),
          amounts(60).map((cap) => Array.from({ length: count }, () => cap)),
        ),
        choices: fc.array(fc.array(fc.nat(7), { minLength: 5, maxLength: 5 }), perOperator),
        groupCaps: fc.array(fc.option(amounts(6 * count), { nil: null, freq: 5 }), { minLength: 35, maxLength: 35 }),
        dimensions: fc.constant(dimensions),
      });
    })
    .map(({ total, weights, caps, choices, groupCaps, dimensions }) => ({
      total,
      operators: weights.map((weight, index) => ({
        weight,
        cap: caps[index] ?? 0n,
        // A choice of 7 leaves the operator without a group in that dimension.
        groups: (choices[index] ?? [])
          .slice(0, dimensions)
          .map((choice, dimension) => (choice === 7 ? 0 : 1 + dimension * 7 + choice))
          .filter((group) => group !== 0),
      })),
      groups: groupCaps.slice(0, dimensions * 7).map((cap, index) => ({ id: index + 1, cap })),
    }));
}
