import { sumOf } from "../allocation/amounts.ts";
import { decentralisation, type Decentralisation, stakeBy } from "./decentralisation.ts";

/** What one operator holds. Amounts in any one unit. */
export interface Holding {
  readonly name: string;
  /** Of the pool's stake. */
  readonly pool: bigint;
  /** Of all delegators' stake, the pool's included. */
  readonly network: bigint;
  /** Its group in each dimension; who names none is in a group of those. */
  readonly groups: Readonly<Record<string, string>>;
}

/** Whose stake is measured. */
export type Whole = "pool" | "network";

/** An operator or a group, with its parts of the pool's and of the network's stake, 0 to 1. */
export interface Share {
  readonly name: string;
  readonly pool: number;
  readonly network: number;
}

/** How stake is spread over operators, or over the groups of one dimension. Who has none of it is not counted. */
export interface Measured {
  readonly dimension: string;
  /** Null when the pool holds nothing. */
  readonly pool: Decentralisation | null;
  readonly network: Decentralisation;
  /** The pool's largest first. */
  readonly shares: readonly Share[];
}

/** Every measure of a pool beside those of the operators' whole stake. */
export interface Measurement {
  /** Per operator first. */
  readonly measured: readonly Measured[];
  readonly poolStake: bigint;
  /** At the operators that are listed here. */
  readonly listedStake: bigint;
  /** Of the whole network, or null when it is not known. */
  readonly networkStake: bigint | null;
}

export const OPERATOR = "operator";
const NONE = "none";
/** Fixed point in which shares are taken before they become numbers. */
const SHARE_ONE = 10n ** 15n;

/** Measures holdings per operator and per group of every dimension that one of them names. */
export function measure(holdings: readonly Holding[], networkStake: bigint | null): Measurement {
  const dimensions = [...new Set(holdings.flatMap(({ groups }) => Object.keys(groups)))];
  return {
    measured: [
      measureBy(holdings, OPERATOR, ({ name }) => name),
      ...dimensions.map((dimension) => measureBy(holdings, dimension, ({ groups }) => groups[dimension] ?? NONE)),
    ],
    poolStake: sumOf(holdings.map(({ pool }) => pool)),
    listedStake: sumOf(holdings.map(({ network }) => network)),
    networkStake,
  };
}

function measureBy(holdings: readonly Holding[], dimension: string, key: (holding: Holding) => string): Measured {
  const pool = stakeBy(holdings, key, (holding) => holding.pool);
  const network = stakeBy(holdings, key, (holding) => holding.network);
  const [ofPool, ofNetwork] = [sumOf(pool.values()), sumOf(network.values())];
  const shares = [...network].map(([name, stake]) => ({
    name,
    pool: part(pool.get(name)!, ofPool),
    network: part(stake, ofNetwork),
  }));
  return {
    dimension,
    pool: ofPool === 0n ? null : decentralisation([...pool.values()].filter((stake) => stake > 0n)),
    network: decentralisation([...network.values()].filter((stake) => stake > 0n)),
    shares: shares.sort((first, second) => second.pool - first.pool || second.network - first.network),
  };
}

function part(stake: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((stake * SHARE_ONE) / whole) / Number(SHARE_ONE);
}
