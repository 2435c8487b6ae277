import { parseEther } from "ethers";

/** No cap by shares of the pool or of the network. */
export const NO_SHARE = 65_535;
/** No cap in wei. */
export const NO_CAP = 2n ** 96n - 1n;

/** What a deployment is set up with. Times in seconds, amounts in wei, shares in basis points. */
export interface Parameters {
  readonly name: string;
  readonly symbol: string;
  readonly epochLength: number;
  /** Buys the seed shares, which belong to nobody. */
  readonly seed: bigint;
  /** The chain's staking module; without one a DevNetwork is deployed. */
  readonly stakingModule?: `0x${string}`;
  readonly devNetwork: { readonly unbondingEpochs: number };
  readonly pool: { readonly feeBps: number; readonly bufferTargetBps: number; readonly assetCap: bigint };
  readonly policy: {
    readonly poolShareBps: number;
    readonly netShareBps: number;
    readonly guardianShareBps: number;
    /** 0 for a pool that asks for no bonds; fixed at deployment. */
    readonly bondRatio: number;
  };
  /** What operators that ramp may hold together; 0 for no group of theirs. */
  readonly tenure: { readonly poolShareBps: number };
  readonly allocator: {
    readonly graceBps: number;
    readonly bandBps: number;
    readonly budget0Bps: number;
    readonly budget2Bps: number;
    readonly maxLossBps: number;
    readonly maxGainBps: number;
    readonly minMove: bigint;
  };
  readonly scoring: {
    readonly weekSpan: number;
    readonly monthSpan: number;
    readonly yearSpan: number;
    readonly power: number;
    readonly sizeLimitBps: number;
    readonly diversityBps: number;
    readonly commissionLimitBps: number;
    readonly commissionRiseBps: number;
    readonly bondFloor: bigint;
  };
  /** Of the members that rocketh/config.ts names, how many have to report the same. */
  readonly committee: { readonly quorum: number };
}

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
