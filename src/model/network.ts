/** The chain's staking module as the model needs it: rewards, slashes and an unbonding time, every entry in full. */
import { sum } from "./arithmetic.ts";

export interface Unbonding {
  amount: bigint;
  maturesAt: bigint;
}

/** What one pool has at the network. */
export interface NetworkStake {
  bonded: bigint;
  unbonding: Unbonding[];
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
    stake = { bonded: 0n, unbonding: [] };
    network.stakes.set(pool, stake);
  }
  return stake;
}

export function unbondingOf(network: Network, pool: string): bigint {
  return sum(stakeAt(network, pool).unbonding.map((entry) => entry.amount));
}

export function totalStake(network: Network): bigint {
  return sum([...network.stakes.values()].map((stake) => stake.bonded));
}

export function bond(network: Network, pool: string, amount: bigint): void {
  stakeAt(network, pool).bonded += amount;
}

export function unbond(network: Network, pool: string, now: bigint, amount: bigint): void {
  const stake = stakeAt(network, pool);
  stake.bonded -= amount;
  stake.unbonding.push({ amount, maturesAt: now + network.unbondingTime });
}

/** Hands over all that has finished unbonding. */
export function collect(network: Network, pool: string, now: bigint): bigint {
  const stake = stakeAt(network, pool);
  const collected = sum(stake.unbonding.filter((entry) => entry.maturesAt <= now).map((entry) => entry.amount));
  stake.unbonding = stake.unbonding.filter((entry) => entry.maturesAt > now);
  return collected;
}

export function reward(network: Network, pool: string, amount: bigint): void {
  stakeAt(network, pool).bonded += amount;
}

/** Burns `bps` of what is bonded and of every entry that is unbonding, each rounded down. */
export function slash(network: Network, pool: string, bps: bigint): void {
  const stake = stakeAt(network, pool);
  stake.bonded -= (stake.bonded * bps) / 10_000n;
  for (const entry of stake.unbonding) entry.amount -= (entry.amount * bps) / 10_000n;
}
