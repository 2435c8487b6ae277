/** The contracts' arithmetic and rules of scores, one call each, and random values for them. */
import fc from "fast-check";
import { network as hardhat } from "hardhat";

import type { Counters } from "../../src/reports/types.ts";
import { CAUSES, type Averages, type Parameters, type ConductRecord, type Reported } from "../../src/scoring/types.ts";
import { IS_DEEP } from "../helpers/deep.ts";

const connection = await hardhat.create();
export const { ethers, networkHelpers } = connection;

export const CHECKS = { seed: 0x74726574, numRuns: IS_DEEP ? 5_000 : 150 } as const;

export const PARAMETERS: Parameters = {
  weekSpan: 7n,
  monthSpan: 30n,
  yearSpan: 365n,
  power: 4n,
  sizeLimitBps: 200n,
  diversityBps: 2_500n,
  commissionLimitBps: 1_000n,
  commissionRiseBps: 200n,
  bondFloor: 0n,
};

export function loadHarness() {
  return networkHelpers.loadFixture(deployHarness);
}

async function deployHarness() {
  return ethers.deployContract("ScoringHarness");
}

/** Any value of a type with so many bits, its limits more often than chance would have them. */
export function bits(count: number): fc.Arbitrary<bigint> {
  const max = 2n ** BigInt(count) - 1n;
  return fc.oneof(fc.bigInt({ min: 0n, max }), fc.constantFrom(0n, 1n, max));
}

export const ppb = fc.oneof(
  fc.bigInt({ min: 0n, max: 1_200_000_000n }),
  fc.constantFrom(0n, 10n ** 9n, 1_200_000_000n),
);
export const commissions = fc.oneof(fc.bigInt({ min: 0n, max: 12_000n }), fc.constantFrom(0n, 10_000n, 65_535n));
export const spans = fc.oneof(fc.bigInt({ min: 1n, max: 400n }), fc.constantFrom(1n, 2n, 65_535n));

/** Amounts of every order, as often small as large. */
export const amounts = fc
  .tuple(fc.integer({ min: 0, max: 96 }), bits(96))
  .map(([shift, value]) => value >> BigInt(shift));

export const counters: fc.Arbitrary<Counters> = fc.record({
  assigned: bits(32),
  done: bits(32),
  active: fc.boolean(),
  commissionBps: commissions,
  stake: amounts,
  external_: amounts,
  reward: amounts,
  slashed: fc.oneof(fc.constant(0n), amounts),
});

export const reports: fc.Arbitrary<Reported> = fc.record({
  stake: bits(64),
  rate: bits(48),
  pendingRate: bits(48),
  epoch: fc.oneof(fc.constant(0n), bits(32)),
  duty: ppb,
  commissionBps: commissions,
  marks: bits(6),
});

export const averages: fc.Arbitrary<Averages> = fc.record({
  yieldWeek: ppb,
  yieldMonth: ppb,
  yieldYear: ppb,
  activeWeek: ppb,
  activeMonth: ppb,
  activeYear: ppb,
  yields: fc.oneof(fc.bigInt({ min: 0n, max: 500n }), fc.constant(65_535n)),
  reports: fc.oneof(fc.bigInt({ min: 0n, max: 500n }), fc.constant(65_535n)),
  epoch: bits(32),
});

export const parameters: fc.Arbitrary<Parameters> = fc.record({
  weekSpan: spans,
  monthSpan: spans,
  yearSpan: spans,
  power: fc.constantFrom(1n, 2n, 4n, 8n, 16n),
  sizeLimitBps: fc.bigInt({ min: 1n, max: 10_000n }),
  diversityBps: fc.bigInt({ min: 0n, max: 2_500n }),
  commissionLimitBps: fc.bigInt({ min: 0n, max: 10_000n }),
  commissionRiseBps: fc.bigInt({ min: 0n, max: 10_000n }),
  bondFloor: amounts,
});

export const records: fc.Arbitrary<ConductRecord> = fc.record({
  lowDuties: bits(3),
  strikes: bits(6),
  clean: fc.bigInt({ min: 0n, max: 6n }),
  owed: fc.constantFrom(CAUSES.none, CAUSES.strikes, CAUSES.duties, CAUSES.commission, CAUSES.slash),
});

/** A struct that a contract returned, as src/scoring has it. */
export function plain(struct: object): unknown {
  return (struct as { toObject(): unknown }).toObject();
}
