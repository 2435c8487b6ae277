import { getAddress, type Provider, Result } from "ethers";

import {
  Allocator__factory,
  IStakeNetwork__factory,
  MetaPool__factory,
  OperatorRegistry__factory,
  ReportOracle__factory,
  Scores__factory,
  StakingPoolFactory__factory,
} from "../types/index.ts";

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

/** The contracts that keep parameters. */
export const PARAMETERISED = [
  "Network",
  "StakingPoolFactory",
  "MetaPool",
  "OperatorRegistry",
  "Allocator",
  "Scores",
  "ReportOracle",
] as const;

/** What is compared, as of `block`. */
export interface ParameterSources {
  readonly provider: Provider;
  readonly block: number;
  readonly contracts: Readonly<Record<(typeof PARAMETERISED)[number], string>>;
  readonly parameters: Parameters;
  /** Who has no address at this node is left out. */
  readonly treasury?: string;
  readonly committee: readonly string[];
}

/** By contract and name, such as "MetaPool.feeBps". */
type Values = Readonly<Record<string, string>>;

/**
 * Where parameters on chain differ from the files, each as half a sentence that names the difference; empty if they are the
 * same. The seed is not compared: nothing keeps it.
 */
export async function parameterDifferences(sources: ParameterSources): Promise<string[]> {
  const found = await readValues(sources);
  return Object.entries(expectedValues(sources)).flatMap(([name, want]) =>
    found[name] === want ? [] : [`${name} is ${found[name]}, and the files say ${want}`],
  );
}

function expectedValues({ parameters, treasury, committee }: ParameterSources): Values {
  const { name, symbol, epochLength, stakingModule, devNetwork, pool, policy, tenure, allocator, scoring } = parameters;
  return {
    ...(stakingModule === undefined
      ? valuesOf("Network", { unbondingTime: devNetwork.unbondingEpochs * epochLength })
      : valuesOf("StakingPoolFactory", { NETWORK: getAddress(stakingModule) })),
    ...valuesOf("StakingPoolFactory", { EPOCH_LENGTH: epochLength, BOND_RATIO: policy.bondRatio }),
    ...valuesOf("MetaPool", { name, symbol, epochLength, ...pool, treasury: treasury && getAddress(treasury) }),
    ...valuesOf("OperatorRegistry", { ...policy, tenureShareBps: tenure.poolShareBps }),
    ...valuesOf("Allocator", { epochLength, ...allocator }),
    ...valuesOf("Scores", scoring),
    ...valuesOf("ReportOracle", { members: listed(committee), quorum: parameters.committee.quorum }),
  };
}

async function readValues({ provider, block, contracts }: ParameterSources): Promise<Values> {
  const at = { blockTag: block };
  const network = IStakeNetwork__factory.connect(contracts.Network, provider);
  const factory = StakingPoolFactory__factory.connect(contracts.StakingPoolFactory, provider);
  const metaPool = MetaPool__factory.connect(contracts.MetaPool, provider);
  const registry = OperatorRegistry__factory.connect(contracts.OperatorRegistry, provider);
  const allocator = Allocator__factory.connect(contracts.Allocator, provider);
  const scores = Scores__factory.connect(contracts.Scores, provider);
  const oracle = ReportOracle__factory.connect(contracts.ReportOracle, provider);

  const tenureGroup = await registry.tenureGroup(at);
  const tenureShareBps = tenureGroup === 0n ? 0n : (await registry.statedGroup(tenureGroup, at)).poolShareBps;
  return {
    ...valuesOf("Network", { unbondingTime: await network.unbondingTime(at) }),
    ...valuesOf("StakingPoolFactory", {
      NETWORK: await factory.NETWORK(at),
      EPOCH_LENGTH: await factory.EPOCH_LENGTH(at),
      BOND_RATIO: await factory.BOND_RATIO(at),
    }),
    ...valuesOf("MetaPool", await metaPool.parameters(at)),
    ...valuesOf("MetaPool", {
      name: await metaPool.name(at),
      symbol: await metaPool.symbol(at),
      epochLength: await metaPool.epochLength(at),
    }),
    ...valuesOf("OperatorRegistry", await registry.policy(at)),
    ...valuesOf("OperatorRegistry", { tenureShareBps }),
    ...valuesOf("Allocator", await allocator.parameters(at)),
    ...valuesOf("Allocator", { epochLength: await allocator.epochLength(at) }),
    ...valuesOf("Scores", await scores.parameters(at)),
    ...valuesOf("ReportOracle", { members: listed(await oracle.members(at)), quorum: await oracle.quorum(at) }),
  };
}

/** A struct of the chain, or an object, by names that begin with the contract's. */
function valuesOf(contract: string, values: object): Values {
  const named = values instanceof Result ? values.toObject() : values;
  return Object.fromEntries(
    Object.entries(named).map(([name, value]) => [
      `${contract}.${name}`,
      value === undefined ? "nobody" : String(value),
    ]),
  );
}

/** In one order, whatever order they were named in. */
function listed(addresses: readonly string[]): string {
  return addresses
    .map((address) => getAddress(address))
    .sort()
    .join(", ");
}
