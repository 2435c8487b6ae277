/** The development network's staking module as the model needs it: rewards, slashes and an unbonding time. */
import { mulDivDown, sum } from "./arithmetic.ts";

/** How many matured entries one collection takes. */
const COLLECT_PAGE = 32;

/** Of what a pool unbonds: in units, so that a slash lowers all entries alike. */
export interface Unbonding {
  units: bigint;
  maturesAt: bigint;
}

/** What one pool has at the network. */
export interface NetworkStake {
  bonded: bigint;
  unbonding: bigint; // worth of all entries
  entries: Unbonding[]; // oldest first
}

export interface Network {
  unbondingTime: bigint;
  stakes: Map<string, NetworkStake>;
}

export function newNetwork(unbondingTime: bigint): Network {
  return { unbondingTime, stakes: new Map() };
}

export function stakeAt(network: Network, pool: string): NetworkStake {
  let stake = network.stakes.get(pool);
  if (stake === undefined) {
    stake = { bonded: 0n, unbonding: 0n, entries: [] };
    network.stakes.set(pool, stake);
  }
  return stake;
}

export function unbondingOf(network: Network, pool: string): bigint {
  return stakeAt(network, pool).unbonding;
}

export function totalStake(network: Network): bigint {
  return sum([...network.stakes.values()].map((stake) => stake.bonded));
}

export function bond(network: Network, pool: string, amount: bigint): void {
  stakeAt(network, pool).bonded += amount;
}

function unitsOf(entries: Unbonding[]): bigint {
  return sum(entries.map((entry) => entry.units));
}

export function unbond(network: Network, pool: string, now: bigint, amount: bigint): void {
  const stake = stakeAt(network, pool);
  const units = stake.unbonding === 0n ? amount : mulDivDown(amount, unitsOf(stake.entries), stake.unbonding);
  stake.entries.push({ units, maturesAt: now + network.unbondingTime });
  stake.bonded -= amount;
  stake.unbonding += amount;
}

/** Hands over what has finished unbonding, as far as one page goes. */
export function collect(network: Network, pool: string, now: bigint): bigint {
  const stake = stakeAt(network, pool);
  const matured = stake.entries.slice(0, COLLECT_PAGE).filter((entry) => entry.maturesAt <= now);
  if (matured.length === 0) return 0n;
  const collected = mulDivDown(unitsOf(matured), stake.unbonding, unitsOf(stake.entries));
  if (collected === 0n) return 0n;
  stake.entries = stake.entries.slice(matured.length);
  stake.unbonding -= collected;
  return collected;
}

export function reward(network: Network, pool: string, amount: bigint): void {
  stakeAt(network, pool).bonded += amount;
}

/** Burns `bps` of what is bonded and of what is unbonding, each rounded down. */
export function slash(network: Network, pool: string, bps: bigint): void {
  const stake = stakeAt(network, pool);
  stake.bonded -= (stake.bonded * bps) / 10_000n;
  stake.unbonding -= (stake.unbonding * bps) / 10_000n;
  if (stake.unbonding === 0n) stake.entries = [];
}
