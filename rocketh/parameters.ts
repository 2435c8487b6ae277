import { parseEther } from "ethers";

import type { Parameters } from "../src/parameters.ts";

/** No cap by shares of the pool or of the network. */
export const NO_SHARE = 65_535;
/** No cap in wei. */
export const NO_CAP = 2n ** 96n - 1n;

/** Changes to a network's parameters, as tests and simulations need them. */
export type ParameterChanges = { readonly [K in keyof Parameters]?: Partial<Parameters[K]> };

/** Section 11 of the design. */
const DEFAULTS: Parameters = {
  name: "Trellis Staked Ether",
  symbol: "trETH",
  epochLength: 86_400,
  seed: parseEther("0.1"),
  devNetwork: { unbondingEpochs: 4 },
  pool: { feeBps: 500, bufferTargetBps: 50, assetCap: NO_CAP },
  policy: { poolShareBps: 200, netShareBps: 100, guardianShareBps: 1_000, bondRatio: 100 },
  tenure: { poolShareBps: 500 },
  allocator: {
    graceBps: 500,
    bandBps: 1_000,
    budget0Bps: 1_000,
    budget2Bps: 200,
    maxLossBps: 3_000,
    maxGainBps: 100,
    minMove: parseEther("0.01"),
  },
  scoring: {
    weekSpan: 7,
    monthSpan: 30,
    yearSpan: 365,
    power: 4,
    sizeLimitBps: 200,
    diversityBps: 2_500,
    commissionLimitBps: 1_000,
    commissionRiseBps: 200,
    bondFloor: 0n,
  },
  committee: { quorum: 3 },
};

/** By name or chain id of the network. */
export const PARAMETERS = {
  default: DEFAULTS,
  31337: { ...DEFAULTS, epochLength: 3_600 },
} as const satisfies Record<string | number, Parameters>;

/** `parameters` with `changes`, group by group. */
export function changeParameters(parameters: Parameters, changes: ParameterChanges = {}): Parameters {
  return {
    ...parameters,
    ...changes,
    devNetwork: { ...parameters.devNetwork, ...changes.devNetwork },
    pool: { ...parameters.pool, ...changes.pool },
    policy: { ...parameters.policy, ...changes.policy },
    tenure: { ...parameters.tenure, ...changes.tenure },
    allocator: { ...parameters.allocator, ...changes.allocator },
    scoring: { ...parameters.scoring, ...changes.scoring },
    committee: { ...parameters.committee, ...changes.committee },
  };
}
